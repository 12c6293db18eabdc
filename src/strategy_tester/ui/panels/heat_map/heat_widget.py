"""The heat map itself: a picture that is moved as time goes on, prices and trades over it, scales around it."""

import math
import time

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strategy_tester.numeric.heat_columns import (
    HeatColors,
    HeatView,
    OverlayColors,
    paint_slots,
    paint_trades,
    shift_left,
)
from strategy_tester.numeric.pixel_text import gray_out
from strategy_tester.ui import numbers, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.visible import OncePerFrame
from strategy_tester.ui.panels.books.feed import MarketFeed
from strategy_tester.ui.panels.books.panel import paint_notice
from strategy_tester.ui.panels.books.sheet import PixelSheet, rgb
from strategy_tester.ui.panels.heat_map.model import COLUMN_MS, GAP, HeatModel
from strategy_tester.ui.panels.heat_map.palette import heat_levels
from strategy_tester.ui.panels.heat_map.sight import Sight

_FADED = 96
_LARGEST_RADIUS = 11.0
_SMALLEST_RADIUS = 1.6
_TIME_STEPS_MS = (1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000)


class HeatWidget(QWidget):
    """Paints a HeatModel.

    Args:
        model: What is shown.
    """

    follow_changed = Signal(bool)
    """The newest column and the middle stay in sight from now on, or not."""

    def __init__(self, model: HeatModel) -> None:
        super().__init__()
        self.model, self.sight = model, Sight()
        self.feed: MarketFeed | None = None
        self.has_trades = True
        self.frame_ms = 0.0
        """What the latest frame cost."""
        self.frame = OncePerFrame(self.update, self)
        self._map, self._shown = PixelSheet(), PixelSheet()
        self._painted: tuple[object, ...] = ()
        self._painted_left, self._newest_painted = 0, 0
        self._view: HeatView | None = None
        self._pointer: QPointF | None = None
        self._drag: QPointF | None = None
        self._wheel = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.theme_changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        """A minute and a few prices."""
        return QSize(theme.step(60), theme.step(40))

    def sizeHint(self) -> QSize:
        return QSize(theme.step(200), theme.step(120))

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        begun = time.perf_counter()
        colors, feed = theme.current_theme(), self.feed
        painter = QPainter(self)
        if feed is None or self.model.newest < 0 or not self.model.group:
            painter.fillRect(self.rect(), colors.color("panel"))
        else:
            self._paint_market(painter, feed)
        if feed is not None:
            paint_notice(painter, self._plot(), feed)
        painter.end()
        self.frame_ms = (time.perf_counter() - begun) * 1000.0

    def _plot(self) -> QRectF:
        metrics = self.fontMetrics()
        decimals = self.feed.price_decimals if self.feed is not None else 2
        widest = numbers.format_price(88_888.0 if decimals < 4 else 8.0, decimals)
        right, bottom = metrics.horizontalAdvance(widest) + theme.step(3), metrics.height() + theme.step(2)
        return QRectF(0, 0, max(self.width() - right, 1), max(self.height() - bottom, 1))

    def _paint_market(self, painter: QPainter, feed: MarketFeed) -> None:
        plot, ratio, colors = self._plot(), self.devicePixelRatioF(), theme.current_theme()
        self._map.fit(round(plot.width()), round(plot.height()), ratio)
        self._shown.fit(round(plot.width()), round(plot.height()), ratio)
        height, width = self._map.pixels.shape
        view = self.sight.view(self.model, width, height)
        self._view = view
        self._paint_map(view, _heat_colors(colors, self.model.reference))
        shown = self._shown.pixels
        np.copyto(shown, self._map.pixels)
        if self.has_trades:
            scale = _LARGEST_RADIUS / math.sqrt(max(self.model.largest_trade, 1e-12))
            thickness = max(1, round(1.4 * ratio))
            reach = (scale * ratio, _LARGEST_RADIUS * ratio, _SMALLEST_RADIUS * ratio)
            paint_trades(shown, self.model.ring, view, _overlay_colors(colors), reach, thickness)
        if not feed.is_live:
            gray_out(shown, rgb(colors.panel), _FADED)
        painter.drawImage(QPoint(0, 0), self._shown.image)
        self._paint_scales(painter, plot, view, feed)
        self._paint_pointer(painter, plot, view, feed)

    def _paint_map(self, view: HeatView, colors: HeatColors) -> None:
        """Only what is new: the picture moves on with time, and the newest slots are painted."""
        pixels, model = self._map.pixels, self.model
        slots = -(-pixels.shape[1] // view.slot_width)
        key = (
            model.version, view.slot_width, view.merged, view.top, view.row_height, pixels.shape, rgb_key(colors),
            self._map.image.cacheKey(),
        )  # fmt: skip
        moved = (view.left - self._painted_left) // view.merged
        newest_slot = (model.newest - view.left) // view.merged
        if key != self._painted or not 0 <= moved < slots:
            paint_slots(pixels, model.ring, view, colors, 0, slots - 1)
        else:
            if moved:
                shift_left(pixels, moved * view.slot_width)
            # Of the slots that were painted, the newest one was not complete.
            first = min(self._newest_painted - view.left // view.merged, slots - moved)
            paint_slots(pixels, model.ring, view, colors, max(first, 0), slots - 1)
        self._painted, self._painted_left = key, view.left
        self._newest_painted = view.left // view.merged + newest_slot

    def _paint_scales(self, painter: QPainter, plot: QRectF, view: HeatView, feed: MarketFeed) -> None:
        colors, ratio = theme.current_theme(), self.devicePixelRatioF()
        panel = colors.color("panel")
        painter.fillRect(QRectF(plot.right(), 0, self.width() - plot.right(), self.height()), panel)
        painter.fillRect(QRectF(0, plot.bottom(), self.width(), self.height() - plot.bottom()), panel)
        painter.setPen(colors.color("line"))
        painter.drawLine(QLineF(plot.right(), 0, plot.right(), plot.bottom()))
        painter.drawLine(QLineF(0, plot.bottom(), plot.right(), plot.bottom()))
        painter.setFont(theme.figures_font(0.92))
        metrics, instrument = painter.fontMetrics(), feed.instrument
        if instrument is None:
            return
        bucket_size = instrument.tick_size * self.model.group
        painter.setPen(colors.color("muted"))
        rows = plot.height() * ratio / view.row_height
        step = _round_step(rows / max(plot.height() / 44.0, 1.0))
        bucket = math.ceil((view.top - rows) / step) * step
        last = float(self.model.ring.price[self.model.newest % self.model.columns])
        taken = (view.top - last) * view.row_height / ratio if not math.isnan(last) else -1e9
        while bucket <= view.top:
            y = (view.top - bucket) * view.row_height / ratio
            if abs(y - taken) < metrics.height() + 2:
                bucket += step
                continue
            text = numbers.format_price(bucket * bucket_size, feed.price_decimals)
            if metrics.height() / 2 < y < plot.bottom() - metrics.height() / 2:
                painter.drawText(QPointF(plot.right() + theme.step(1.5), y + metrics.ascent() / 2 - 1), text)
            bucket += step
        self._paint_times(painter, plot, view)
        self._paint_last(painter, plot, view, feed, bucket_size)

    def _paint_times(self, painter: QPainter, plot: QRectF, view: HeatView) -> None:
        ratio, metrics = self.devicePixelRatioF(), painter.fontMetrics()
        pixel_ms = COLUMN_MS * view.merged / view.slot_width * ratio
        width = metrics.horizontalAdvance("00:00:00") + theme.step(8)
        step = next((one for one in _TIME_STEPS_MS if one / pixel_ms >= width), _TIME_STEPS_MS[-1])
        start = view.left * COLUMN_MS
        moment = -(-start // step) * step
        while (x := (moment - start) / pixel_ms) < plot.right():
            text = numbers.format_clock(moment, zone=False)
            half = metrics.horizontalAdvance(text) / 2
            if x - half > 0 and x + half < plot.right():
                painter.drawText(QPointF(x - half, plot.bottom() + metrics.height()), text)
            moment += step
        painter.drawText(QPointF(plot.right() + theme.step(1.5), plot.bottom() + metrics.height()), numbers.zone_name())

    def _paint_last(
        self, painter: QPainter, plot: QRectF, view: HeatView, feed: MarketFeed, bucket_size: float
    ) -> None:
        bucket = float(self.model.ring.price[self.model.newest % self.model.columns])
        y = (view.top - bucket) * view.row_height / self.devicePixelRatioF()
        if math.isnan(bucket) or not 0 <= y <= plot.bottom():
            return
        colors, metrics = theme.current_theme(), painter.fontMetrics()
        box = QRectF(
            plot.right() + 1, y - metrics.height() / 2 - 1, self.width() - plot.right() - 1, metrics.height() + 2
        )
        painter.fillRect(box, QColor(colors.accent_fill if feed.is_live else colors.disabled))
        painter.setPen(QColor(colors.on_accent))
        text = numbers.format_price(bucket * bucket_size, feed.price_decimals)
        painter.drawText(QPointF(plot.right() + theme.step(1.5), y + metrics.ascent() / 2 - 1), text)

    def _paint_pointer(self, painter: QPainter, plot: QRectF, view: HeatView, feed: MarketFeed) -> None:
        if self._pointer is None or self._drag is not None or not plot.contains(self._pointer):
            return
        colors, place = theme.current_theme(), self._pointer
        painter.setPen(QPen(colors.color("muted"), 0, Qt.PenStyle.DotLine))
        painter.drawLine(QLineF(place.x(), 0, place.x(), plot.bottom()))
        painter.drawLine(QLineF(0, place.y(), plot.right(), place.y()))
        text = self.reading(place)
        painter.setFont(theme.figures_font())
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + theme.step(4), metrics.height() + theme.step(2)
        left = min(place.x() + theme.step(3), plot.right() - width)
        top = place.y() - height - theme.step(2)
        box = QRectF(max(left, 0), top if top > 0 else place.y() + theme.step(3), width, height)
        painter.setPen(colors.color("line"))
        painter.setBrush(colors.color("raised"))
        painter.drawRoundedRect(box, theme.step(1), theme.step(1))
        painter.setPen(colors.color("text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    def reading(self, place: QPointF) -> str:
        """What the map says at a point: time, price, size, in words."""
        view, feed = self._view, self.feed
        if view is None or feed is None or feed.instrument is None:
            return ""
        ratio = self.devicePixelRatioF()
        number = view.left + int(place.x() * ratio / view.slot_width) * view.merged
        bucket = round(view.top - place.y() * ratio / view.row_height)
        moment = numbers.format_clock(number * COLUMN_MS, zone=False)
        price = numbers.format_price(bucket * feed.instrument.tick_size * self.model.group, feed.price_decimals)
        if self.model.kind_of(number) == GAP:
            return f"{moment} · {tr('no data')}"
        size = self.model.size_at(number, bucket)
        known = tr("not known") if size is None else numbers.format_number(size, feed.size_decimals)
        return f"{moment} · {price} · {known}"

    def picture(self) -> QImage:
        """The map with trades as it was painted last."""
        return self._shown.image.copy()

    # --- mouse and keys

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Time closer or further; with Ctrl prices; with Shift other prices."""
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        steps, self._wheel = int(self._wheel / 120), self._wheel - 120 * int(self._wheel / 120)
        if steps and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_price(steps, event.position().y())
        elif steps and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._pan(0, steps * self._map.pixels.shape[0] / self.sight.row_height / 10.0)
        elif steps:
            self.sight.zoom_time(steps)
        self.frame.wish()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        slots = max(1, self._map.pixels.shape[1] // self.sight.slot_width // 10)
        buckets = self._map.pixels.shape[0] / self.sight.row_height / 10.0
        moves = {Qt.Key.Key_Left: (slots, 0.0), Qt.Key.Key_Right: (-slots, 0.0), Qt.Key.Key_Up: (0, buckets),
                 Qt.Key.Key_Down: (0, -buckets)}  # fmt: skip
        if key in {Qt.Key.Key_C, Qt.Key.Key_End}:
            self.follow()
        elif key in moves:
            self._pan(*moves[Qt.Key(key)])
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus}:
            self.sight.zoom_time(-1 if key == Qt.Key.Key_Minus else 1)
        else:
            super().keyPressEvent(event)
        self.frame.wish()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if self._drag is not None:
            ratio = self.devicePixelRatioF()
            moved = event.position() - self._drag
            slots = int(moved.x() * ratio / self.sight.slot_width)
            self._pan(slots, moved.y() * ratio / self.sight.row_height)
            self._drag = QPointF(self._drag.x() + slots * self.sight.slot_width / ratio, event.position().y())
        self.frame.wish()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.frame.wish()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.follow()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None
        self.frame.wish()

    def follow(self) -> None:
        """The newest column and the middle of the market in sight."""
        self.sight.follow()
        self.follow_changed.emit(True)
        self.frame.wish()

    def hold(self) -> None:
        """Stay at the time and the prices that are in sight."""
        self.sight.follows_time = self.sight.follows_price = False
        self.follow_changed.emit(False)

    def _pan(self, slots: int, buckets: float) -> None:
        self.sight.pan(slots, buckets)
        if self.model.newest >= 0:
            self.sight.right = min(max(self.sight.right, self.model.oldest), self.model.newest)
        if slots or buckets:
            self.follow_changed.emit(self.sight.follows_time and self.sight.follows_price)
        self.frame.wish()

    def _zoom_price(self, steps: int, y: float) -> None:
        self.sight.zoom_price(steps, self._map.pixels.shape[0], y * self.devicePixelRatioF())


def rgb_key(colors: HeatColors) -> tuple[int, int, float]:
    """What tells the colors of one theme and scale from another's."""
    return int(colors.levels[0]), int(colors.gap), float(colors.reference)


def _round_step(least: float) -> int:
    power = 10 ** max(0, math.floor(math.log10(max(least, 1.0))))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def _heat_colors(colors: theme.Theme, reference: float) -> HeatColors:
    unknown = colors.window if colors.is_dark else theme.mixed(colors.panel, colors.raised, 1.0)
    gap_line = theme.mixed(colors.panel, colors.warn, 0.35)
    return HeatColors(heat_levels(colors.is_dark), rgb(unknown), rgb(colors.raised), rgb(gap_line), reference)


def _overlay_colors(colors: theme.Theme) -> OverlayColors:
    price = "#FFFFFF" if colors.is_dark else "#111827"
    return OverlayColors(rgb(price), rgb(colors.up), rgb(colors.down), rgb("#0B0F1A" if colors.is_dark else "#FFFFFF"))
