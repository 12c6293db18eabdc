"""Ctrl+, : every setting on a page of its kind, found by a few letters, applied when it is changed."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.preferences import PAGES, SettingEntries, SettingEntry
from strategy_tester.ui.scrolling import PageScroll


class SettingRow(QWidget):
    """Title and help on the left, the control on the right; a wide one stands below its title."""

    def __init__(self, entry: SettingEntry) -> None:
        super().__init__()
        self.entry = entry
        self.title, self.help, self.control = QLabel(), QLabel(), entry.make_widget()
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self.title.setBuddy(self.control)
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.step(2), theme.step(2), theme.step(2), theme.step(2))
        grid.setHorizontalSpacing(theme.step(6))
        grid.setVerticalSpacing(theme.step(0.5))
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.help, 1, 0)
        if entry.is_wide:
            grid.addWidget(self.control, 2, 0)
            grid.setRowStretch(2, 1)
        else:
            grid.addWidget(self.control, 0, 1, 2, 1, Qt.AlignmentFlag.AlignVCenter)
            grid.setColumnStretch(0, 3)
            grid.setColumnStretch(1, 2)
        i18n.retranslate_now_and_later(self._write_texts)

    def mark_found(self, is_found: bool) -> None:  # noqa: FBT001  like setVisible
        """Show that this is the entry that was asked for."""
        self.setProperty("role", "found" if is_found else "")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme.refresh_style(self)

    def _write_texts(self) -> None:
        title, text = tr(self.entry.title), tr(self.entry.help) if self.entry.help else ""
        self.title.setText(title)
        self.help.setText(text)
        self.help.setVisible(bool(text))
        for widget in (self.control, self.control.focusProxy()):
            if widget is not None:
                widget.setAccessibleName(title)
                widget.setAccessibleDescription(text)


class SettingsDialog(QDialog):
    """Stands beside the window and does not block it; there is nothing to confirm."""

    def __init__(self, entries: SettingEntries, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModal(False)
        self._entries = entries
        self.search, self.pages, self.stack = QLineEdit(), QListWidget(), QStackedWidget()
        self.nothing = QLabel()
        self.rows: dict[str, SettingRow] = {}
        self._page_ids: list[str] = []
        self._build()
        entries.changed.connect(self._fill)
        i18n.retranslate_now_and_later(self._write_texts)
        self._fill()
        self.resize(theme.step(210), theme.step(150))

    def show_entry(self, entry_id: str) -> None:
        """Open the page of an entry and put the keyboard into its control."""
        row = self.rows.get(entry_id)
        if row is None:
            return
        self.search.clear()
        self.pages.setCurrentRow(self._page_ids.index(row.entry.page))
        for other in self.rows.values():
            other.mark_found(other is row and not row.entry.is_wide)
        row.control.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def page_ids(self) -> list[str]:
        """Pages that have entries, in order."""
        return list(self._page_ids)

    def visible_entries(self) -> list[str]:
        """Entries that fit the search, by id."""
        return [entry_id for entry_id, row in self.rows.items() if not row.isHidden()]

    def _build(self) -> None:
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._filter)
        self.pages.setIconSize(QSize(theme.step(4.5), theme.step(4.5)))
        self.pages.setFixedWidth(theme.step(48))
        self.pages.setProperty("role", "pages")
        self.pages.currentRowChanged.connect(self.stack.setCurrentIndex)
        self.nothing.setProperty("role", "empty")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        right = QVBoxLayout()
        right.addWidget(self.nothing)
        right.addWidget(self.stack, 1)
        below = QHBoxLayout()
        below.setSpacing(theme.step(3))
        below.addWidget(self.pages)
        below.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(3), theme.step(3), theme.step(3), theme.step(3))
        layout.setSpacing(theme.step(3))
        layout.addWidget(self.search)
        layout.addLayout(below, 1)

    def _fill(self) -> None:
        """Make every row anew: entries came or went."""
        shown = self._page_ids[self.pages.currentRow()] if self.pages.currentRow() >= 0 else ""
        self.pages.clear()
        while (page := self.stack.widget(0)) is not None:
            self.stack.removeWidget(page)
            page.deleteLater()
        self.rows.clear()
        entries = self._entries.all()
        self._page_ids = [page for page in PAGES if any(entry.page == page for entry in entries)]
        for page in self._page_ids:
            self.stack.addWidget(self._page([entry for entry in entries if entry.page == page]))
            self.pages.addItem(QListWidgetItem(icons.icon(PAGES[page][1]), ""))
        self.pages.setCurrentRow(self._page_ids.index(shown) if shown in self._page_ids else 0)
        self._write_texts()
        self._filter(self.search.text())

    def _page(self, entries: list[SettingEntry]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, theme.step(1), 0)
        column.setSpacing(theme.step(1))
        for entry in entries:
            row = SettingRow(entry)
            self.rows[entry.id] = row
            column.addWidget(row, 1 if entry.is_wide else 0)
        if not any(entry.is_wide for entry in entries):
            column.addStretch(1)
            return PageScroll(page)
        return page

    def _filter(self, text: str) -> None:
        found: dict[str, int] = dict.fromkeys(self._page_ids, 0)
        for row in self.rows.values():
            fits = not text.strip() or row.entry.fits(text)
            row.setVisible(fits)
            row.mark_found(False)
            found[row.entry.page] += fits
        for number, page in enumerate(self._page_ids):
            self.pages.item(number).setHidden(not found[page])
        pages = [number for number, page in enumerate(self._page_ids) if found[page]]
        if pages and self.pages.currentRow() not in pages:
            self.pages.setCurrentRow(pages[0])
        self.nothing.setVisible(not pages)
        self.stack.setVisible(bool(pages))

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Settings"))
        self.search.setPlaceholderText(tr("Find a setting"))
        self.search.setAccessibleName(tr("Find a setting"))
        self.pages.setAccessibleName(tr("Pages of settings"))
        self.nothing.setText(tr("Nothing found"))
        for number, page in enumerate(self._page_ids):
            self.pages.item(number).setText(tr(PAGES[page][0]))
