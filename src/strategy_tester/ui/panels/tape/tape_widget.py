"""The list of trades itself, every row written by a kernel: five hundred trades a second without a flicker."""

import time
from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QEnterEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from strategy_tester.numeric.pixel_tape import TapeColors, TapeLook, paint_tape
from strategy_tester.numeric.pixel_text import gray_out
from strategy_tester.ui import numbers, theme
from strategy_tester.ui.i18n import plural, tr
from strategy_tester.ui.live.visible import OncePerFrame
from strategy_tester.ui.panels.books.feed import MarketFeed
from strategy_tester.ui.panels.books.panel import paint_notice
from strategy_tester.ui.panels.books.sheet import PixelSheet, glyph_font, rgb
from strategy_tester.ui.panels.tape.model import TapeModel

_SHARES = (0.3, 0.54, 0.78)
"""Right ends of time, price and size, as shares of the width."""
_WHEEL_ROWS = 3
_FADED = 96
_MEASURE_MS = 1000


class TapeWidget(QWidget):
    """Paints a TapeModel; stands still while the pointer is over it or while older trades are in sight.

    Args:
        model: What is shown.
    """

    def __init__(self, model: TapeModel) -> None:
        super().__init__()
        self.model = model
        self.feed: MarketFeed | None = None
        self.frame_ms = 0.0
        """What the latest frame cost."""
        self.frame = OncePerFrame(self.update, self)
        self._sheet, self._hover, self._wheel = PixelSheet(), -1, 0
        self._measuring = QTimer(self, interval=_MEASURE_MS)
        self._measuring.timeout.connect(self._measure)
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
        painter = QPainter(self)
        if self.feed is None or self.feed.instrument is None:
            painter.fillRect(self.rect(), theme.current_theme().color("panel"))
        if self.feed is not None:
            self._paint_head(painter)
            self._paint_rows(painter, self.feed)
            self._paint_pause(painter)
            paint_notice(painter, QRectF(self.rect()), self.feed)
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
        if self.height() <= bar or feed.instrument is None:
            return
        self._sheet.fit(self.width(), self.height() - bar, ratio)
        pixels = self._sheet.pixels
        picked = self.model.rows(-(-pixels.shape[0] // self.row_height))
        width = pixels.shape[1]
        look = TapeLook(
            (*(round(width * share) for share in _SHARES), width), self.row_height, round(theme.step(1.5) * ratio),
            feed.price_decimals, feed.size_decimals, self.model.large, _zone_ms(),
        )  # fmt: skip
        font = glyph_font(ratio)
        paint_tape(
            pixels, picked, len(picked), self.model.ring.columns, look, _colors(theme.current_theme()),
            (font.sheet, font.advances), self._hover,
        )  # fmt: skip
        if not feed.is_live:
            gray_out(pixels, rgb(theme.current_theme().panel), _FADED)
        painter.drawImage(QPoint(0, bar), self._sheet.image)

    def _paint_head(self, painter: QPainter) -> None:
        colors, bar = theme.current_theme(), self._bar_height()
        painter.fillRect(0, 0, self.width(), bar, colors.color("raised"))
        painter.setPen(colors.color("muted"))
        titles = (f"{tr('Time')} {numbers.zone_name()}", tr("Price"), tr("Size"), tr("Trade value"))
        edges = [0, *(round(self.width() * share) for share in _SHARES), self.width()]
        align = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for number, title in enumerate(titles):
            area = QRectF(edges[number], 0, edges[number + 1] - edges[number] - theme.step(1.5), bar)
            text = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, round(area.width()))
            painter.drawText(area, align, text)

    def _paint_pause(self, painter: QPainter) -> None:
        if not self.model.is_held or not self.model.unseen:
            return
        colors = theme.current_theme()
        text = tr("Paused") + " · " + plural("{count} new trade|{count} new trades", self.model.unseen)
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + theme.step(5), metrics.height() + theme.step(2)
        box = QRectF((self.width() - width) / 2, self.height() - height - theme.step(2), width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colors.color("accent"))
        painter.setBrush(colors.color("raised"))
        painter.drawRoundedRect(box, theme.step(1), theme.step(1))
        painter.setPen(colors.color("text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)

    # --- mouse and keys

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Towards older trades and back; back at the newest the list goes on once the pointer leaves."""
        self._wheel += event.angleDelta().y()
        steps, self._wheel = int(self._wheel / 120), self._wheel - 120 * int(self._wheel / 120)
        if steps:
            self._scroll(-steps * _WHEEL_ROWS)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        page = max(1, self.height() * round(self.devicePixelRatioF()) // self.row_height - 2)
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        if key in moves:
            self._scroll(moves[Qt.Key(key)])
        elif key in {Qt.Key.Key_Home, Qt.Key.Key_Escape}:
            self.model.go_on()
            self.frame.wish()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.model.hold()
        self.frame.wish()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover = -1
        if not self.model.skip:
            self.model.go_on()
        self.frame.wish()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = int((event.position().y() - self._bar_height()) * self.devicePixelRatioF()) // self.row_height
        if place != self._hover:
            self._hover = place
            self.frame.wish()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the note of a paused list brings the newest trades."""
        super().mousePressEvent(event)
        if self.model.is_held and event.position().y() > self.height() - self._bar_height() * 2:
            self.model.go_on()
            self.frame.wish()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measuring.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._measuring.stop()

    def _scroll(self, rows: int) -> None:
        self.model.hold()
        self.model.scroll(rows)
        if not self.model.skip and not self.underMouse():
            self.model.go_on()
        self.frame.wish()

    def _measure(self) -> None:
        before = self.model.large
        self.model.measure()
        if self.model.large != before:
            self.frame.wish()


def _zone_ms() -> int:
    if not numbers.is_local_time():
        return 0
    offset = datetime.now(UTC).astimezone().utcoffset()
    return round(offset.total_seconds() * 1000) if offset is not None else 0


def _colors(colors: theme.Theme) -> TapeColors:
    mixed, panel = theme.mixed, colors.panel
    parts = (
        panel, colors.stripe, colors.grid, colors.text, theme.readable(colors.muted, panel), colors.up_text,
        colors.down_text, mixed(panel, colors.up, 0.16), mixed(panel, colors.down, 0.16),
        mixed(panel, colors.up, 0.3), mixed(panel, colors.down, 0.3), colors.hover_row,
        colors.warn_text,
    )  # fmt: skip
    return TapeColors(*map(rgb, parts))
