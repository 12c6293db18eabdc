"""The table of symbols: says which rows are in sight, keeps the order still while the user is at work in it."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from strategy_tester.ui import theme
from strategy_tester.ui.panels.markets.model import MarketsModel
from strategy_tester.ui.panels.markets.painting import FLASH_S, MarketPainter
from strategy_tester.ui.panels.markets.rows import LAST, RANGE, STAR, MarketRow
from strategy_tester.ui.tables.table_view import RecordTable

MARGIN_ROWS = 8
"""Rows above and below those in sight that are listened to as well, so that slow scrolling shows live figures."""
SETTLE_MS = 150
"""How long the table must have stood still before other rows are listened to."""
SORT_MS = 1000
_BUSY_S = 1.0
_FADE_MS = 80
_SAMPLED_ROWS = 80
_MOVES = {
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
}  # fmt: skip


class MarketsTable(RecordTable):
    """Rows of a MarketsModel.

    Args:
        model: The rows.
        clock: Seconds, as the model's.
        parent: Qt's parent.
    """

    sight_changed = Signal(int, int)
    """First and last row to listen to; last < first for none."""
    typed = Signal(str)
    """A letter or figure was typed: the beginning of a search."""
    row_chosen = Signal(object)
    """A MarketRow was clicked or opened with Enter."""
    row_moved_to = Signal(object)
    """The keyboard moved to a MarketRow."""
    chart_wanted = Signal(object)
    """A MarketRow was double-clicked or opened with Ctrl+Enter."""
    star_wanted = Signal(object)
    """The star of a MarketRow is to be switched."""
    shift_wanted = Signal(object, int)
    """A MarketRow is to be moved up or down its list."""
    held_changed = Signal()
    """The order is held still, or not any more."""

    def __init__(
        self, model: MarketsModel, clock: Callable[[], float] = time.monotonic, parent: QWidget | None = None
    ) -> None:
        self._markets, self._clock = model, clock
        self._hovered, self._used_at, self._was_held = -1, -_BUSY_S, False
        self._fading = QTimer(interval=_FADE_MS)
        super().__init__(model, parent)
        self._fading.setParent(self)
        self._fading.timeout.connect(self._fade)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.look_again)
        self._sorting = QTimer(self, interval=SORT_MS)
        self._sorting.timeout.connect(self.sort_if_idle)
        self.setItemDelegate(MarketPainter(model, clock, lambda: self._hovered, self))
        self.setMouseTracking(True)
        header = self.horizontalHeader()
        header.setSectionResizeMode(STAR, QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(theme.step(6))
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        model.layoutChanged.connect(self._settle.start)
        model.modelReset.connect(self._settle.start)
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell_held())
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)

    # --- what is in sight

    def begin(self) -> None:
        """The table is in sight."""
        self._sorting.start()
        self._settle.start()

    def end(self) -> None:
        """It is out of sight."""
        self._sorting.stop()
        self._settle.stop()
        self._fading.stop()

    def rows_in_sight(self) -> tuple[int, int]:
        """First and last row that can be seen; last < first for none."""
        count, height = self._markets.rowCount(), self.viewport().height()
        if not count or height <= 0:
            return 0, -1
        first, last = self.rowAt(0), self.rowAt(height - 1)
        return max(first, 0), count - 1 if last < 0 else last

    def look_again(self) -> None:
        """Tell which rows are in sight, with the margin around them."""
        first, last = self.rows_in_sight()
        if last >= first:
            first, last = max(first - MARGIN_ROWS, 0), min(last + MARGIN_ROWS, self._markets.rowCount() - 1)
        self._markets.sight = (first, last)
        self.sight_changed.emit(first, last)

    # --- order

    @property
    def is_held(self) -> bool:
        """Whether rows are selected by somebody who is at work in the table: then nothing may jump."""
        return self.selectionModel().hasSelection() and self.hasFocus()

    @property
    def is_in_use(self) -> bool:
        """Whether the user scrolls, types or presses a button just now."""
        bar = self.verticalScrollBar()
        is_recent = self._clock() - self._used_at < _BUSY_S
        return is_recent or bar.isSliderDown() or self.state() != RecordTable.State.NoState

    def note_use(self) -> None:
        """The user is doing something: the order stays for another second."""
        self._used_at = self._clock()

    def sort_if_idle(self) -> bool:
        """Put the rows in order again unless the user is at work; whether any moved."""
        if self.is_held or self.is_in_use:
            return False
        has_changed = not self.selectionModel().hasSelection() and self._markets.filter_again()
        return self._markets.sort_again() or has_changed

    def let_go(self) -> None:
        """Nothing is selected any more."""
        self.clearSelection()
        self.setCurrentIndex(QModelIndex())

    # --- Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.note_use()
        record, key = self.current_record(), event.key()
        modifiers = event.modifiers()
        if key == Qt.Key.Key_Escape:
            self.let_go()
        elif record is not None and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            (self.chart_wanted if modifiers & Qt.KeyboardModifier.ControlModifier else self.row_chosen).emit(record)
        elif record is not None and key == Qt.Key.Key_Space:
            self.star_wanted.emit(record)
        elif record is not None and key in {Qt.Key.Key_Up, Qt.Key.Key_Down} and _is_alt(modifiers):
            self.shift_wanted.emit(record, -1 if key == Qt.Key.Key_Up else 1)
        elif event.text().isalnum() and not modifiers & ~Qt.KeyboardModifier.ShiftModifier:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)
            if key in _MOVES and (moved := self.current_record()) is not None and moved is not record:
                self.row_moved_to.emit(moved)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index.column() == STAR:
            self.star_wanted.emit(self._markets.record(index.row()))
            return
        self.note_use()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == STAR:
            self.mousePressEvent(event)
            return
        super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(event.position().toPoint())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._tell_held()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._tell_held()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle.start()

    def current_record(self) -> MarketRow | None:
        """The row with the keyboard."""
        index = self.currentIndex()
        return self._markets.record(index.row()) if index.isValid() else None

    def _needed_width(self, number: int) -> int:
        if number in {STAR, RANGE}:
            return theme.step(7 if number == STAR else 20)
        model, metrics = self._markets, self.fontMetrics()
        heading = QFontMetrics(theme.figures_font(bold=True)).horizontalAdvance(
            str(model.headerData(number, Qt.Orientation.Horizontal))
        )
        rows = range(min(model.rowCount(), _SAMPLED_ROWS))
        cells = (metrics.horizontalAdvance(model.record(row).text(number)) for row in rows)
        return max(heading + theme.step(5), max(cells, default=0) + theme.step(4.5))

    # --- inside

    def _grow_columns(self, top: QModelIndex, bottom: QModelIndex) -> None:
        """Columns keep their widths while figures change; a changed price begins to fade."""
        if top.column() <= LAST <= bottom.column() and self._markets.flashing and not self._fading.isActive():
            self._fading.start()

    def _fade(self) -> None:
        now, first, last = self._clock(), *self.rows_in_sight()
        model = self._markets
        for row in list(model.flashing):
            if now - row.flash >= FLASH_S:
                model.flashing.discard(row)
                row.flash = 0.0
            place = model.place_of(row.market)
            if place is not None and first <= place <= last:
                self.update(model.index(place, LAST))
        if not model.flashing:
            self._fading.stop()

    def _scrolled(self, _value: int) -> None:
        self.note_use()
        self._settle.start()

    def _hover(self, position: QPoint | None) -> None:
        row = -1 if position is None else self.rowAt(position.y())
        if row != self._hovered:
            before, self._hovered = self._hovered, row
            for touched in (before, row):
                if touched >= 0:
                    area = self.viewport().rect()
                    area.setTop(self.rowViewportPosition(touched))
                    area.setHeight(self.rowHeight(touched))
                    self.viewport().update(area)

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() != STAR and len(self.selectionModel().selectedRows()) == 1:
            self.row_chosen.emit(self._markets.record(index.row()))

    def _double_clicked(self, index: QModelIndex) -> None:
        self.chart_wanted.emit(self._markets.record(index.row()))

    def _tell_held(self) -> None:
        if self.is_held != self._was_held:
            self._was_held = self.is_held
            self.held_changed.emit()

    def save_columns(self) -> dict[str, Any]:
        saved = super().save_columns()
        saved["columns"].get("favorite", [0, 0, False])[1] = 0  # its width is that of a star
        return saved


def _is_alt(modifiers: Qt.KeyboardModifier) -> bool:
    return bool(modifiers & Qt.KeyboardModifier.AltModifier)
