"""What can be set: one entry per setting, added by whoever owns it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from strategy_tester.ui import i18n
from strategy_tester.ui.i18n import mark
from strategy_tester.ui.search.matching import Query, Texts
from strategy_tester.ui.search.synonyms import synonyms_of

PAGES: dict[str, tuple[str, str]] = {
    "appearance": (mark("Appearance"), "palette"),
    "keyboard": (mark("Keyboard"), "keyboard"),
    "charts": (mark("Charts"), "chart"),
    "data": (mark("Data"), "data"),
}
"""Pages of the dialog in their order: title and icon. One without entries is not shown."""


@dataclass(frozen=True)
class SettingEntry:
    """One setting.

    Attributes:
        id: Stable name, `font_size`.
        page: Key of PAGES.
        title: English; translated when shown.
        synonyms: More words by which it is found, in any language.
        make_widget: Makes the control; called each time the dialog is opened. The control shows the state and
            applies a choice at once.
        help: A sentence in English under the title.
        is_wide: The control takes the whole width and height of its page.
    """

    id: str
    page: str
    title: str
    synonyms: tuple[str, ...]
    make_widget: Callable[[], QWidget]
    help: str = ""
    is_wide: bool = False

    def texts(self) -> Texts:
        """What it is found by, with weights."""
        texts = [(i18n.translate(self.title, code), 1.0) for code in i18n.LANGUAGES]
        words = (*self.synonyms, *synonyms_of(f"setting.{self.id}"))
        page = [(i18n.translate(PAGES[self.page][0], code), 0.5) for code in i18n.LANGUAGES]
        return texts + [(word, 0.9) for word in words] + page

    def fits(self, text: str) -> bool:
        """Whether a search in the dialog shows it."""
        return Query(text).score(self.texts()) > 0


class SettingEntries(QObject):
    """Every entry, in the order in which they were added."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, SettingEntry] = {}

    def add(self, *entries: SettingEntry) -> None:
        """Add entries; one with a known id takes the place of the older one.

        Raises:
            ValueError: there is no such page.
        """
        for entry in entries:
            if entry.page not in PAGES:
                raise ValueError(f"{entry.id}: there is no page {entry.page}")
            self._entries[entry.id] = entry
        self.changed.emit()

    def remove(self, entry_id: str) -> None:
        """Show it no more."""
        if self._entries.pop(entry_id, None) is not None:
            self.changed.emit()

    def all(self) -> list[SettingEntry]:
        """Every entry, by page."""
        order = list(PAGES)
        return sorted(self._entries.values(), key=lambda entry: order.index(entry.page))
