"""The depth chart itself: two staircases around the middle, a scale, and what lies under the pointer."""

import math
import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strategy_tester.numeric.pixel_depth import paint_staircase
from strategy_tester.ui import numbers, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.visible import OncePerFrame
from strategy_tester.ui.panels.books.feed import MarketFeed
from strategy_tester.ui.panels.books.panel import paint_notice
from strategy_tester.ui.panels.books.sheet import PixelSheet, rgb
from strategy_tester.ui.panels.depth.model import DepthModel, Reading

_LEAST_PRICE_GAP = 90.0
_LEAST_SIZE_GAP = 40.0


class DepthWidget(QWidget):
    """Paints a DepthModel.

    Args:
        model: What is shown.
    """

    def __init__(self, model: DepthModel) -> None:
        super().__init__()
        self.model = model
        self.feed: MarketFeed | None = None
        self.frame_ms = 0.0
        """What the latest frame cost."""
        self.frame = OncePerFrame(self.update, self)
        self._pointer: QPointF | None = None
        self._wheel = 0
        self._top = 1.0
        self._sheet = PixelSheet()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.theme_changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        """Both sides and a scale."""
        return QSize(theme.step(60), theme.step(30))

    def sizeHint(self) -> QSize:
        return QSize(theme.step(150), theme.step(80))

    def reading(self) -> Reading | None:
        """What lies under the pointer."""
        plot = self._plot()
        if self._pointer is None or not self.model.has_both_sides or not plot.contains(self._pointer):
            return None
        low, high = self.model.range
        return self.model.reading(low + (self._pointer.x() - plot.left()) / plot.width() * (high - low))

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        begun = time.perf_counter()
        colors = theme.current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.color("panel"))
        feed = self.feed
        if feed is not None:
            book = feed.usable_book()
            if book is not None:
                self.model.read(book)
            if self.model.has_both_sides:
                self._paint_market(painter, feed)
            paint_notice(painter, QRectF(self.rect()), feed)
        painter.end()
        self.frame_ms = (time.perf_counter() - begun) * 1000.0

    def _plot(self) -> QRectF:
        metrics = self.fontMetrics()
        right, bottom = metrics.horizontalAdvance("0 000.0 K") + theme.step(2), metrics.height() + theme.step(2)
        return QRectF(0, theme.step(2), max(self.width() - right, 1), max(self.height() - bottom - theme.step(2), 1))

    def _paint_market(self, painter: QPainter, feed: MarketFeed) -> None:
        plot = self._plot()
        # The scale grows and shrinks in steps: a scale that breathes with every message cannot be read.
        wanted = self.model.highest() * 1.08
        if not 0.6 * self._top < wanted <= self._top:
            self._top = wanted * 1.15
        colors = theme.current_theme()
        self._sheet.fit(round(plot.width()), round(plot.height()), self.devicePixelRatioF())
        self._sheet.pixels.fill(rgb(colors.panel))
        self._paint_sides(plot, feed)
        painter.drawImage(plot.topLeft(), self._sheet.image)
        self._paint_scales(painter, plot, feed)
        painter.save()
        painter.setClipRect(plot)
        self._paint_unknown(painter, plot)
        painter.setPen(QPen(colors.color("muted"), 0, Qt.PenStyle.DashLine))
        middle = self._x(plot, self.model.middle)
        painter.drawLine(QLineF(middle, plot.top(), middle, plot.bottom()))
        painter.restore()
        self._paint_reading(painter, plot, feed)

    def _x(self, plot: QRectF, price: float) -> float:
        low, high = self.model.range
        return plot.left() + (price - low) / (high - low) * plot.width()

    def _y(self, plot: QRectF, total: float) -> float:
        return float(self._y_of(plot, np.array([total]))[0])

    def _y_of(self, plot: QRectF, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.model.is_log:
            return plot.bottom() - totals / self._top * plot.height()
        base = self.model.lowest() / 2.0
        shares = np.log(np.maximum(totals, base) / base) / math.log(max(self._top / base, 1.001))
        return plot.bottom() - shares * plot.height()

    def _paint_sides(self, plot: QRectF, feed: MarketFeed) -> None:
        colors = theme.current_theme()
        panel, ratio = colors.panel, self._sheet.ratio
        pixels = self._sheet.pixels
        for side, direction, token in ((self.model.bids, -1, "up"), (self.model.asks, 1, "down")):
            color = getattr(colors, token) if feed.is_live else colors.disabled
            low, high = self.model.range
            shown = side.price <= high if direction > 0 else side.price >= low
            count = int(shown.sum())
            if not count:
                continue
            places = (side.price[:count] - low) / (high - low) * plot.width() * ratio
            tops = (self._y_of(plot, side.total[:count]) - plot.top()) * ratio
            if count < len(side.price):  # the staircase goes on beyond the edge
                places = np.append(places, pixels.shape[1] if direction > 0 else -1.0)
                tops = np.append(tops, tops[-1])
            paint = (rgb(theme.mixed(panel, color, 0.24)), rgb(color))
            paint_staircase(pixels, places, tops, direction, paint, max(1, round(1.5 * ratio)))

    def _paint_unknown(self, painter: QPainter, plot: QRectF) -> None:
        """Beyond the last level that is known nothing may be read: hatched, never drawn on."""
        brush = QBrush(theme.current_theme().color("line"), Qt.BrushStyle.BDiagPattern)
        left = self._x(plot, float(self.model.bids.price[-1]))
        right = self._x(plot, float(self.model.asks.price[-1]))
        if left > plot.left():
            painter.fillRect(QRectF(plot.left(), plot.top(), left - plot.left(), plot.height()), brush)
        if right < plot.right():
            painter.fillRect(QRectF(right, plot.top(), plot.right() - right, plot.height()), brush)

    def _paint_scales(self, painter: QPainter, plot: QRectF, feed: MarketFeed) -> None:
        colors = theme.current_theme()
        painter.setFont(theme.figures_font(0.92))
        muted, grid = colors.color("muted"), QPen(colors.color("grid"), 0)
        height = self.fontMetrics().height()
        for total in self._size_marks(plot):
            y = self._y(plot, total)
            painter.setPen(grid)
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            painter.setPen(muted)
            area = QRectF(plot.right() + theme.step(1), y - height / 2, self.width() - plot.right(), height)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), numbers.format_compact(total))
        low, high = self.model.range
        for price in _marks(low, high, plot.width() / _LEAST_PRICE_GAP):
            x = self._x(plot, price)
            painter.setPen(grid)
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
            text = numbers.format_price(price, feed.price_decimals)
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.setPen(muted)
            if plot.left() <= x - width / 2 and x + width / 2 <= self.width():
                painter.drawText(QPointF(x - width / 2, plot.bottom() + height), text)
        painter.setPen(QPen(colors.color("line"), 0))
        painter.drawLine(QLineF(plot.left(), plot.bottom(), plot.right(), plot.bottom()))

    def _size_marks(self, plot: QRectF) -> list[float]:
        if not self.model.is_log:
            return _marks(0.0, self._top, plot.height() / _LEAST_SIZE_GAP)
        first = math.ceil(math.log10(max(self.model.lowest() / 2.0, 1e-12)))
        last = math.floor(math.log10(self._top))
        return [10.0**power for power in range(first, last + 1)]

    def _paint_reading(self, painter: QPainter, plot: QRectF, feed: MarketFeed) -> None:
        reading = self.reading()
        if reading is None or self._pointer is None:
            return
        colors = theme.current_theme()
        token = "down" if reading.is_ask else "up"
        x = self._pointer.x()
        painter.setPen(QPen(colors.color("muted"), 0, Qt.PenStyle.DotLine))
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        if reading.size is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colors.color("panel"), 1.5))
            painter.setBrush(colors.color(token))
            painter.drawEllipse(QPointF(x, self._y(plot, reading.size)), theme.step(1), theme.step(1))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        lines = reading_lines(reading, feed)
        painter.setFont(theme.figures_font())
        metrics = painter.fontMetrics()
        width = max(map(metrics.horizontalAdvance, lines)) + theme.step(4)
        height = metrics.height() * len(lines) + theme.step(2)
        left = x + theme.step(3) if x + theme.step(3) + width < plot.right() else x - theme.step(3) - width
        box = QRectF(left, plot.top() + theme.step(2), width, height)
        painter.setPen(colors.color("line"))
        painter.setBrush(colors.color("raised"))
        painter.drawRoundedRect(box, theme.step(1), theme.step(1))
        for number, text in enumerate(lines):
            side = colors.down if reading.is_ask else colors.up
            color = QColor(theme.readable(side, colors.raised)) if number == 0 else colors.color("text")
            painter.setPen(color)
            baseline = box.top() + theme.step(1) + number * metrics.height() + metrics.ascent()
            painter.drawText(QPointF(box.left() + theme.step(2), baseline), text)

    # --- mouse and keys

    def wheelEvent(self, event: QWheelEvent) -> None:
        """More or less around the middle."""
        self._wheel += event.angleDelta().y()
        steps, self._wheel = int(self._wheel / 120), self._wheel - 120 * int(self._wheel / 120)
        if steps:
            self._zoom(-steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self._zoom(-1)
        elif event.key() == Qt.Key.Key_Minus:
            self._zoom(1)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        self.frame.wish()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None
        self.frame.wish()

    def _zoom(self, steps: int) -> None:
        self.model.zoom(steps)
        self.frame.wish()


def reading_lines(reading: Reading, feed: MarketFeed) -> list[str]:
    """What lies under the pointer, in words."""
    side = "▼ " + tr("Asks") if reading.is_ask else "▲ " + tr("Bids")
    price = numbers.format_price(reading.price, feed.price_decimals)
    lines = [f"{side}  {price}  {numbers.format_percent(reading.distance_percent, sign=True)}"]
    if reading.size is None:
        return [*lines, tr("Beyond the known depth")]
    instrument = feed.instrument
    base, quote = (instrument.base_currency, instrument.quote_currency) if instrument is not None else ("", "")
    size = f"{numbers.format_number(reading.size, feed.size_decimals)} {base}".strip()
    return [*lines, tr("Size {size}", size=size), tr("Value {value}", value=numbers.format_money(reading.value, quote))]


def _marks(low: float, high: float, most: float) -> list[float]:
    """Round numbers between two others, about so many."""
    rough = (high - low) / max(most, 1.0)
    if rough <= 0.0 or not math.isfinite(rough):
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough), power * 10.0)
    return [float(value) for value in np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step]
