"""The ladder itself: every row painted by one kernel into a picture, head and foot around it."""

import time

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from strategy_tester.numeric.pixel_ladder import LadderColors, LadderLook, LadderRows, paint_ladder
from strategy_tester.numeric.pixel_text import gray_out
from strategy_tester.ui import numbers, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.visible import OncePerFrame
from strategy_tester.ui.panels.books.feed import MarketFeed
from strategy_tester.ui.panels.books.panel import paint_notice
from strategy_tester.ui.panels.books.sheet import PixelSheet, glyph_font, rgb
from strategy_tester.ui.panels.ladder.model import GROUPS, LadderModel

_SHARES = (0.24, 0.5, 0.74)
"""Right ends of traded, bids and price, as shares of the width."""
_WHEEL_ROWS = 3
_FADED = 96


class LadderWidget(QWidget):
    """Paints a LadderModel; nothing in it can send an order.

    Args:
        model: What is shown.
    """

    group_wanted = Signal(int)
    """The user asks for so many ticks in a row."""
    follow_changed = Signal(bool)
    """The ladder keeps the middle in sight from now on, or not."""

    def __init__(self, model: LadderModel) -> None:
        super().__init__()
        self.model = model
        self.feed: MarketFeed | None = None
        self.frame_ms = 0.0
        """What the latest frame cost."""
        self.frame = OncePerFrame(self.update, self)
        self._sheet, self._hover = PixelSheet(), -1
        self._wheel = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.theme_changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        """Four columns of figures."""
        return QSize(theme.step(60), theme.step(40))

    def sizeHint(self) -> QSize:
        return QSize(theme.step(100), theme.step(200))

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        begun = time.perf_counter()
        colors = theme.current_theme()
        painter = QPainter(self)
        feed = self.feed
        if feed is None or feed.instrument is None:
            painter.fillRect(self.rect(), colors.color("panel"))
        if feed is not None:
            self._paint_rows(painter, feed)
            self._paint_head(painter)
            self._paint_foot(painter, feed)
            paint_notice(painter, QRectF(self.rect()), feed)
        painter.end()
        self.frame_ms = (time.perf_counter() - begun) * 1000.0

    @property
    def row_height(self) -> int:
        """Device pixels of a row."""
        return glyph_font(self.devicePixelRatioF()).height + 2 * round(theme.step(0.5) * self.devicePixelRatioF())

    def _bar_height(self) -> int:
        return self.fontMetrics().height() + theme.step(1.5)

    def _paint_rows(self, painter: QPainter, feed: MarketFeed) -> None:
        ratio, bar = self.devicePixelRatioF(), self._bar_height()
        height = self.height() - 2 * bar
        if height <= 0 or feed.instrument is None:
            return
        self._sheet.fit(self.width(), height, ratio)
        pixels = self._sheet.pixels
        model = self.model
        model.set_count(-(-pixels.shape[0] // self.row_height))
        book = feed.usable_book()
        if book is not None:
            model.levels.read(book, feed.instrument.tick_size)
        rows = model.rows()
        font = glyph_font(ratio)
        last = (model.last_row, model.last_direction)
        paint_ladder(
            pixels, rows, self._look(rows, pixels.shape[1], feed), _colors(theme.current_theme()),
            (font.sheet, font.advances), last, self._hover,
        )  # fmt: skip
        if not feed.is_live:
            gray_out(pixels, rgb(theme.current_theme().panel), _FADED)
        painter.drawImage(QPoint(0, bar), self._sheet.image)

    def _look(self, rows: LadderRows, width: int, feed: MarketFeed) -> LadderLook:
        edges = (*(round(width * share) for share in _SHARES), width)
        model, instrument = self.model, feed.instrument
        tick = instrument.tick_size if instrument is not None else 1.0
        return LadderLook(
            edges, self.row_height, round(theme.step(1.5) * self.devicePixelRatioF()), model.group * tick,
            feed.price_decimals, feed.size_decimals, model.largest(rows), float(rows.traded.sum(axis=0).max()),
        )  # fmt: skip

    def _paint_head(self, painter: QPainter) -> None:
        colors, bar = theme.current_theme(), self._bar_height()
        painter.fillRect(0, 0, self.width(), bar, colors.color("raised"))
        painter.setPen(colors.color("muted"))
        is_sum = self.model.is_cumulative
        since = tr("Traded since {time}", time=numbers.format_clock(self.model.traded_since_ms, zone=False))
        room = round(self.width() * _SHARES[0]) - theme.step(3)
        traded = since if painter.fontMetrics().horizontalAdvance(since) < room else tr("Traded")
        if self.model.has_missed_trades:
            traded = tr("Traded, with gaps")
        titles = (traded, tr("Σ Bids") if is_sum else tr("Bids"), tr("Price"),
                  tr("Σ Asks") if is_sum else tr("Asks"))  # fmt: skip
        edges = [0, *(round(self.width() * share) for share in _SHARES), self.width()]
        align = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for number, title in enumerate(titles):
            area = QRectF(edges[number], 0, edges[number + 1] - edges[number] - theme.step(1.5), bar)
            painter.drawText(area, align, painter.fontMetrics().elidedText(
                title, Qt.TextElideMode.ElideRight, round(area.width())))  # fmt: skip

    def _paint_foot(self, painter: QPainter, feed: MarketFeed) -> None:
        colors, bar = theme.current_theme(), self._bar_height()
        top = self.height() - bar
        painter.fillRect(0, top, self.width(), bar, colors.color("raised"))
        spread, share = self.model.spread_ticks(), self.model.buyers_share()
        if spread is None or feed.instrument is None:
            return
        middle = self.model.levels.middle_ticks
        price = numbers.format_price(spread * feed.instrument.tick_size, feed.price_decimals)
        percent = numbers.format_percent(spread / middle * 100.0, decimals=3)
        painter.setPen(colors.color("muted" if feed.is_live else "disabled"))
        area = QRectF(theme.step(1.5), top, self.width() - theme.step(3), bar)
        center = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(area, center, tr("Spread {price} ({percent})", price=price, percent=percent))
        if share is not None:
            text = tr("Buyers {percent}", percent=numbers.format_percent(share * 100.0, decimals=0))
            painter.drawText(area, center | int(Qt.AlignmentFlag.AlignRight), text)

    # --- mouse and keys

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl more or fewer ticks in a row."""
        self._wheel += event.angleDelta().y()
        steps, self._wheel = int(self._wheel / 120), self._wheel - 120 * int(self._wheel / 120)
        if steps and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._change_group(-1 if steps > 0 else 1)
        elif steps:
            self._scroll(steps * _WHEEL_ROWS)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        page = max(1, self.model.count - 2)
        moves = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: page, Qt.Key.Key_PageDown: -page}
        if key in {Qt.Key.Key_C, Qt.Key.Key_Home}:
            self.center()
        elif key in moves:
            self._scroll(moves[Qt.Key(key)])
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self._change_group(1)
        elif key == Qt.Key.Key_Minus:
            self._change_group(-1)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(int((event.position().y() - self._bar_height()) * self.devicePixelRatioF()) // self.row_height)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(-1)

    def center(self) -> None:
        """Keep the middle of the market in sight."""
        self.model.center()
        self.follow_changed.emit(True)
        self.frame.wish()

    def fix(self) -> None:
        """Stay at the prices that are in sight."""
        self.model.follows = False
        self.follow_changed.emit(False)

    def _scroll(self, rows: int) -> None:
        self.model.scroll(rows)
        self.follow_changed.emit(False)
        self.frame.wish()

    def _change_group(self, step: int) -> None:
        place = GROUPS.index(self.model.group) + step
        if 0 <= place < len(GROUPS):
            self.group_wanted.emit(GROUPS[place])

    def _point_at(self, place: int) -> None:
        place = place if 0 <= place < self.model.count else -1
        if place != self._hover:
            self._hover = place
            self.frame.wish()


def _colors(colors: theme.Theme) -> LadderColors:
    mixed, panel = theme.mixed, colors.panel
    bid, ask = colors.up, colors.down
    last_up, last_down = theme.readable(bid, "#FFFFFF"), theme.readable(ask, "#FFFFFF")
    parts = (
        panel, mixed(panel, colors.window, 0.8), mixed(panel, colors.accent, 0.10), colors.grid, colors.text,
        mixed(panel, bid, 0.34), mixed(panel, ask, 0.34), mixed(panel, bid, 0.22),
        mixed(panel, ask, 0.22), mixed(panel, bid, 0.22), mixed(panel, ask, 0.22), last_up, last_down, "#FFFFFF",
        colors.hover_row,
    )  # fmt: skip
    return LadderColors(*map(rgb, parts))
