"""The overlay of palette and quick search: a field, a list, a line that says which keys work."""

import shiboken6
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QListView, QMainWindow, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.recent import Remembered
from strategy_tester.ui.search.hits import Hit
from strategy_tester.ui.search.matching import Query
from strategy_tester.ui.search.rows import RowDelegate, RowsModel, Section, row_height, spoken, star_area

_MOST_LINES = 14
_STAR_KEYS = QKeySequence("Ctrl+D")


class SearchOverlay(QFrame):
    """Base of both. A subclass says what is found (`sections`) and what the field is called (`placeholder`)."""

    def __init__(self, window: QWidget, memory: Remembered | None = None) -> None:
        super().__init__(window)
        self.setProperty("role", "palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.memory = memory
        self._home, self._window = window, window
        self._focus_before: QWidget | None = None
        self._was_moved = False
        self.search, self.list, self.empty, self.footer = QLineEdit(), QListView(), QLabel(), QLabel()
        self._model = RowsModel(self)
        self._delegate = RowDelegate(memory, self.list)
        self._build()
        i18n.retranslate_now_and_later(self._write_texts)
        self.hide()

    def sections(self, query: str) -> list[Section]:
        """What is found for a text, in groups."""
        raise NotImplementedError

    def placeholder(self) -> str:
        """What the empty field says, in the language in use."""
        raise NotImplementedError

    def remember(self, memory: Remembered) -> None:
        """Keep recent and favorite hits there from now on."""
        self.memory = self._delegate.memory = memory
        self._write_texts()

    def about_to_open(self) -> None:
        """A place for a subclass to bring itself up to date."""

    def open(self) -> None:
        """Show the overlay with an empty search, over the window the user works in."""
        self._move_to_active_window()
        for other in self._window.findChildren(SearchOverlay):
            other.close_palette()
        self._was_moved = False
        self._focus_before = self._window.focusWidget()
        self.about_to_open()
        self.search.clear()
        self.search_again()
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Hide it and give the keyboard back."""
        if self.isHidden():
            return
        self.hide()
        if self._focus_before is not None and shiboken6.isValid(self._focus_before):
            self._focus_before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._focus_before = None
        self._move_to(self._home)

    def toggle(self) -> None:
        """Open or close."""
        if self.isHidden():
            self.open()
        else:
            self.close_palette()

    def hits(self) -> list[Hit]:
        """What is listed now, best first."""
        return self._model.hits

    def current_hit(self) -> Hit | None:
        """What Enter would choose."""
        return self._model.hit_at(self.list.currentIndex())

    def search_again(self) -> None:
        """Search again, for example because there is more to find."""
        query = self.search.text()
        before = self.current_hit() if self._was_moved else None
        self._delegate.query = Query(query)
        self._model.show(self.sections(query))
        self._place()
        keys = [hit.key for hit in self._model.hits]
        wanted = keys.index(before.key) if before is not None and before.key in keys and before.key else 0
        row = self._model.next_hit(-1, 1)
        for _ in range(wanted):
            row = self._model.next_hit(row, 1)
        self._choose_row(row)

    def switch_favorite(self, hit: Hit | None = None) -> None:
        """Give the current hit, or this one, a star, or take it away."""
        hit = hit or self.current_hit()
        if hit is not None and self.memory is not None:
            self.memory.switch_favorite(hit.key)
            self.list.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and not self.isHidden():
            self._follow_window(event.type())
        if watched is self.search and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyPress:
                return self._take_key(event)
            if event.type() == QEvent.Type.ShortcutOverride and _is_star_key(event):
                event.accept()
                return True
        if watched is self.search and isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self._lose_focus(event.reason())
        if watched is self.list.viewport() and event.type() == QEvent.Type.MouseButtonRelease:
            return isinstance(event, QMouseEvent) and self._click(event.position().toPoint())
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        self.list.setModel(self._model)
        self.list.setItemDelegate(self._delegate)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.entered.connect(self._point_at)
        self.list.viewport().installEventFilter(self)
        self.search.textChanged.connect(self._text_changed)
        self.search.installEventFilter(self)
        self._window.installEventFilter(self)
        self.empty.setProperty("role", "empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.footer.setProperty("role", "footer")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(1), theme.step(1), theme.step(1), theme.step(1))
        layout.setSpacing(theme.step(1))
        layout.addWidget(self.search)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.footer)

    def _text_changed(self) -> None:
        self._was_moved = False
        self.search_again()

    def _move_to_active_window(self) -> None:
        """A floating window may be on another monitor: the field appears where the user looks."""
        active = QApplication.activeWindow()
        floats = active is not None and active.inherits("ads::CFloatingDockContainer")
        self._move_to(active if active is not None and (floats or isinstance(active, QMainWindow)) else self._home)

    def _move_to(self, host: QWidget) -> None:
        if host is not self._window:
            self._window.removeEventFilter(self)
            self._window = host
            self.setParent(host)
            host.installEventFilter(self)

    def _follow_window(self, event: QEvent.Type) -> None:
        if event == QEvent.Type.Resize:
            self._place()
        elif event in {QEvent.Type.Close, QEvent.Type.Hide} and self._window is not self._home:
            self.close_palette()  # back to the main window, before this one takes it along

    def _lose_focus(self, reason: Qt.FocusReason) -> None:
        """A click elsewhere closes the overlay; a window that is switched away keeps it."""
        leaving = {Qt.FocusReason.MouseFocusReason, Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
        if reason in leaving and not self.isHidden():
            self._focus_before = None
            self.close_palette()

    def _take_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        key = Qt.Key(event.key())
        if key in steps:
            self._was_moved = True
            self._choose_row(self._model.next_hit(self.list.currentIndex().row(), steps[key]))
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._run_current()
        elif key == Qt.Key.Key_Escape:
            self.close_palette()
        elif _is_star_key(event):
            self.switch_favorite()
        else:
            return key in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}
        return True

    def _choose_row(self, row: int) -> None:
        index = self._model.index(row) if row >= 0 else QModelIndex()
        self.list.setCurrentIndex(index)
        if row == 1 and isinstance(self._model.rows[0], str):
            self.list.scrollToTop()
        hit = self._model.hit_at(index)
        self.search.setAccessibleDescription(spoken(hit) if hit is not None else tr("Nothing found"))

    def _point_at(self, index: QModelIndex) -> None:
        if self._model.hit_at(index) is not None:
            self._was_moved = True
            self.list.setCurrentIndex(index)

    def _click(self, place: QPoint) -> bool:
        index = self.list.indexAt(place)
        hit = self._model.hit_at(index)
        if hit is None:
            return True
        if self.memory is not None and hit.key and star_area(self.list.visualRect(index)).contains(place):
            self.switch_favorite(hit)
            return True
        self.list.setCurrentIndex(index)
        self._run_current()
        return True

    def _run_current(self) -> None:
        hit = self.current_hit()
        if hit is None or not hit.is_enabled:
            return
        self.close_palette()
        if self.memory is not None:
            self.memory.note(hit.key)
        hit.run()

    def _place(self) -> None:
        nothing = not self._model.rows
        self.empty.setVisible(nothing)
        self.list.setVisible(not nothing)
        width = min(theme.step(160), self._window.width() - theme.step(8))
        lines = sum(row_height(is_heading=isinstance(row, str)) for row in self._model.rows[:_MOST_LINES])
        rest = self.search.sizeHint().height() + self.footer.sizeHint().height() + theme.step(7)
        height = min(rest + max(lines, row_height(is_heading=False)), self._window.height() - theme.step(24))
        self.setGeometry((self._window.width() - width) // 2, theme.step(14), width, height)

    def _write_texts(self) -> None:
        self.search.setPlaceholderText(self.placeholder())
        self.search.setAccessibleName(self.placeholder())
        self.list.setAccessibleName(tr("Found"))
        self.empty.setText(tr("Nothing found"))
        keys = tr("↑ ↓  choose     Enter  open     Ctrl+D  favorite     Esc  close")
        self.footer.setText(keys)
        self.footer.setVisible(self.memory is not None)


def _is_star_key(event: QKeyEvent) -> bool:
    return QKeySequence(event.keyCombination()) == _STAR_KEYS
