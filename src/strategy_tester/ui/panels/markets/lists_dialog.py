"""The dialog in which watch lists are made, named, put in order, and their symbols with them."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from strategy_tester.domain.market_events import Category
from strategy_tester.services.watch_lists import LONGEST_NAME, WatchLists
from strategy_tester.ui import i18n, theme
from strategy_tester.ui.dialogs import ask_name
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.markets.search import CATEGORY_WORDS
from strategy_tester.ui.panels.parts import IconButton, TextButton, TextLabel, row_layout

_ENTRY = Qt.ItemDataRole.UserRole


class WatchListsDialog(QDialog):
    """Lists at the left, the symbols of the chosen one at the right. Changes are kept at once.

    Args:
        lists: What is edited.
        name: The list to begin with.
        parent: The window.
    """

    def __init__(self, lists: WatchLists, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._lists = lists
        self.names, self.entries = QListWidget(), QListWidget()
        self.names.setObjectName("watch-list-names")
        self.entries.setObjectName("watch-list-entries")
        self.entries.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.new_button = IconButton("add", mark("New list"), self.create_list)
        self.rename_button = IconButton("edit", mark("Rename"), self.rename)
        self.delete_button = IconButton("delete", mark("Delete the list"), self.delete)
        self.up_button = IconButton("up", mark("Move up"), lambda: self._move_list(-1))
        self.down_button = IconButton("down", mark("Move down"), lambda: self._move_list(1))
        self.remove_button = IconButton("close", mark("Remove from the list"), self.remove_entries)
        self.entry_up_button = IconButton("up", mark("Move up"), lambda: self._move_entry(-1))
        self.entry_down_button = IconButton("down", mark("Move down"), lambda: self._move_entry(1))
        self.buttons = QDialogButtonBox()
        self.buttons.addButton(TextButton(mark("Close"), self.reject), QDialogButtonBox.ButtonRole.RejectRole)
        self._build()
        self.names.currentRowChanged.connect(lambda _row: self._show_entries())
        self.entries.itemSelectionChanged.connect(self._show_buttons)
        i18n.retranslate_now_and_later(self._write_texts)
        self._show_names(name)

    @property
    def current(self) -> str:
        """The chosen list, "" for none."""
        item = self.names.currentItem()
        return item.text() if item is not None else ""

    def create_list(self) -> None:
        """Ask for the name of a new list."""
        ask_new_list(self, self._lists, self._show_names)

    def rename(self) -> None:
        """Ask for another name."""
        old = self.current

        def take(name: str) -> None:
            self._show_names(self._lists.rename(old, name))

        ask_name(
            self, tr("Name of the list"), tr("Rename"), take, name=old,
            problem=lambda name: "" if name == old else problem_of_name(self._lists, name),
        )  # fmt: skip

    def delete(self) -> None:
        """Remove the chosen list; another one can be made as quickly."""
        row = self.names.currentRow()
        self._lists.delete(self.current)
        names = self._lists.names
        self._show_names(names[min(row, len(names) - 1)] if names else "")

    def remove_entries(self) -> None:
        """Take the selected symbols off the list."""
        self._lists.remove(self.current, *(item.data(_ENTRY) for item in self.entries.selectedItems()))
        self._show_entries()

    def _build(self) -> None:
        sides = QHBoxLayout()
        sides.setSpacing(theme.step(3))
        for title, view, buttons in (
            (
                mark("Watch lists"), self.names,
                (self.new_button, self.rename_button, self.delete_button, self.up_button, self.down_button),
            ),
            (
                mark("Symbols"), self.entries,
                (self.remove_button, self.entry_up_button, self.entry_down_button),
            ),
        ):  # fmt: skip
            column = QVBoxLayout()
            column.setSpacing(theme.step(1))
            column.addWidget(TextLabel(title, "section"))
            column.addWidget(view, 1)
            column.addLayout(row_layout(*buttons))
            sides.addLayout(column, 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.step(3))
        layout.addLayout(sides, 1)
        layout.addWidget(self.buttons)
        self.resize(theme.step(130), theme.step(100))

    def _show_names(self, name: str) -> None:
        names = self._lists.names
        self.names.blockSignals(True)
        self.names.clear()
        self.names.addItems(names)
        self.names.setCurrentRow(names.index(name) if name in names else 0 if names else -1)
        self.names.blockSignals(False)
        self._show_entries()

    def _show_entries(self, selected: str = "") -> None:
        self.entries.clear()
        for entry in self._lists.entries(self.current):
            item = QListWidgetItem(_shown(entry), self.entries)
            item.setData(_ENTRY, entry)
            if entry == selected:
                self.entries.setCurrentRow(self.entries.count() - 1)
        self._show_buttons()

    def _show_buttons(self) -> None:
        has_list, chosen = bool(self.current), len(self.entries.selectedItems())
        for button in (self.rename_button, self.delete_button, self.up_button, self.down_button):
            button.setEnabled(has_list)
        self.remove_button.setEnabled(chosen > 0)
        for button in (self.entry_up_button, self.entry_down_button):
            button.setEnabled(chosen == 1)

    def _move_list(self, steps: int) -> None:
        name = self.current
        self._lists.move(name, steps)
        self._show_names(name)

    def _move_entry(self, steps: int) -> None:
        items = self.entries.selectedItems()
        if len(items) == 1:
            entry = str(items[0].data(_ENTRY))
            self._lists.move_entry(self.current, entry, steps)
            self._show_entries(entry)

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Watch lists"))
        self.names.setAccessibleName(tr("Watch lists"))
        self.entries.setAccessibleName(tr("Symbols"))


def ask_new_list(parent: QWidget, lists: WatchLists, then: Callable[[str], object]) -> None:
    """Ask for a name, make a list of it, and go on with the name."""
    ask_name(
        parent, tr("Name of the list"), tr("Create"), lambda name: then(lists.create(name)),
        problem=lambda name: problem_of_name(lists, name),
    )  # fmt: skip


def problem_of_name(lists: WatchLists, name: str) -> str:
    """Why a list cannot be called so, in the user's language; "" when it can."""
    if len(name) > LONGEST_NAME:
        return tr("At most {count} characters.", count=LONGEST_NAME)
    taken = name.casefold() in {known.casefold() for known in lists.names}
    return tr("There is a list of this name already.") if taken else ""


def _shown(entry: str) -> str:
    category, _, symbol = entry.partition(":")
    return f"{symbol} · {tr(CATEGORY_WORDS[Category(category)])}"
