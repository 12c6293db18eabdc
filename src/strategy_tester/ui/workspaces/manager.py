"""Workspaces at work: switched, saved by themselves, named, ordered, exported and imported."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from strategy_tester.domain.errors import InvalidSettings
from strategy_tester.ui.docks import Docks, layout_in
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.screens import WindowPlace, current_screens
from strategy_tester.ui.workspaces.book import (
    Arrangement,
    Book,
    Workspace,
    read_file,
    shown_name,
    write_file,
)
from strategy_tester.ui.workspaces.builtin import builtin_workspaces, recipe
from strategy_tester.ui.workspaces.floating import FloatingWindows
from strategy_tester.ui.workspaces.panel_host import PanelHost
from strategy_tester.ui.workspaces.window_keeper import WindowKeeper

if TYPE_CHECKING:  # kept from loading numpy before the first paint
    from strategy_tester.services.ports import SettingsStore

logger = logging.getLogger(__name__)
BOOK_KEY = "workspaces"
DAMAGED_KEY = "workspaces.damaged"
OLD_LAYOUT_KEY = "window.layout"
_LARGEST_FILE = 4_000_000


class Workspaces(QObject):
    """The workspaces of one window."""

    changed = Signal()
    """Another workspace is in use, or the list is another."""
    message = Signal(str)
    """A sentence for the status bar."""

    def __init__(
        self, window: QMainWindow, docks: Docks, host: PanelHost, settings: "SettingsStore", keeper: WindowKeeper
    ) -> None:
        super().__init__(window)
        self._window, self._docks, self._host, self._settings = window, docks, host, settings
        self.keeper = keeper
        self.floating = FloatingWindows(window, docks, keeper)
        saved = settings.get(BOOK_KEY)
        self.book, self._problems = Book.from_json(saved, builtin_workspaces())
        if self._problems:
            settings.set(DAMAGED_KEY, saved)
        self._is_switching = False
        self._is_open = False
        keeper.watch(window)

    @property
    def current(self) -> Workspace:
        """The workspace in use."""
        return self.book.current

    def names(self) -> list[str]:
        """Names in the order of their keys, in the language in use."""
        return [shown_name(item) for item in self.book.items]

    def current_name(self) -> str:
        """The name of the one in use, in the language in use."""
        return shown_name(self.current)

    def has_place(self) -> bool:
        """Whether the window was open before, so that it has a place to come back to."""
        return self._main_place() is not None

    def open_first(self) -> None:
        """Take up the workspace used last; called before the window is shown for the first time."""
        self._take_over_old_layout()
        if (place := self._main_place()) is not None:
            self.keeper.put(self._window, place)
        self._apply(self.current, self.current.now)
        self._is_open = True
        if self._problems:
            # A window tells what happened once it can be read.
            QTimer.singleShot(0, self, lambda: self.message.emit(" ".join(self._problems)))

    def close(self) -> None:
        """Nothing that happens from now on is kept: windows disappear one by one."""
        self._is_open = False

    def reload(self) -> None:
        """Take up what the settings hold now, as after a kept session was put back."""
        self.book, self._problems = Book.from_json(self._settings.get(BOOK_KEY), builtin_workspaces())
        self.open_first()
        self.changed.emit()

    def switch(self, name: str) -> bool:
        """Change to another workspace; False when there is none of this name."""
        item = self.book.find(name)
        if item is None:
            return False
        if item is self.current:
            return True
        self.current.now = self.arrangement()
        self.book.current = item
        self._apply(item, item.now)
        self._store()
        self.changed.emit()
        return True

    def switch_to_number(self, number: int) -> bool:
        """Change to the workspace at a place in the list, from 1."""
        if not 1 <= number <= len(self.book.items):
            return False
        return self.switch(self.book.items[number - 1].name)

    def save(self) -> None:
        """Keep the workspace in use as it is now; done by itself whenever something moved.

        Before `open_first` nothing is kept: what is on the screen is then nobody's workspace.
        """
        if self._is_switching or not self._is_open:
            return
        self.current.now = self.arrangement()
        self._store()

    def save_for_good(self) -> None:
        """Make the workspace as it is now what `reset` goes back to."""
        self.save()
        self.current.saved = self.current.now
        self._store()
        self.message.emit(tr("The workspace “{name}” is saved.", name=self.current_name()))

    def save_as(self, name: str) -> None:
        """Keep what is on the screen as another workspace and go on in that one.

        Raises:
            InvalidSettings: the name cannot be used.
        """
        if problem := self.book.problem_with_name(name):
            raise InvalidSettings(problem)
        self.save()
        now = self.arrangement()
        item = Workspace(name.strip(), now=now, saved=now)
        self.book.items.append(item)
        self.book.current = item
        self._store()
        self.changed.emit()

    def reset(self) -> None:
        """Back to how the workspace was saved last, or to its plan."""
        self._apply(self.current, self.current.saved)
        self.save()

    def rename(self, name: str) -> None:
        """Give the workspace in use another name.

        Raises:
            InvalidSettings: the name cannot be used.
        """
        if problem := self.book.problem_with_name(name, self.current):
            raise InvalidSettings(problem)
        self.current.name = name.strip()
        self._store()
        self.changed.emit()

    def can_delete(self) -> bool:
        """Whether the workspace in use is the user's own; built-in ones stay."""
        return not self.current.builtin

    def delete(self) -> None:
        """Delete the workspace in use and change to the one before it."""
        if not self.can_delete():
            return
        gone = self.current
        number = self.book.items.index(gone)
        self.book.current = self.book.items[max(number - 1, 0)]
        self.book.items.remove(gone)
        self._apply(self.current, self.current.now)
        self._store()
        self.changed.emit()

    def move(self, steps: int) -> None:
        """Move the workspace in use up (-1) or down (1) the list; its key follows."""
        items, here = self.book.items, self.book.items.index(self.current)
        there = min(max(here + steps, 0), len(items) - 1)
        items.insert(there, items.pop(here))
        self._store()
        self.changed.emit()

    def export(self, path: Path) -> None:
        """Write the workspace in use to a file.

        Raises:
            OSError: it cannot be written.
        """
        path.write_text(write_file(self.current_name(), self.arrangement()), encoding="utf-8")

    def import_file(self, path: Path) -> str:
        """Add the workspace of a file and change to it; nothing is changed when the file is not one.

        Returns:
            Its name.

        Raises:
            InvalidSettings: it is no workspace file; the sentence names the place.
            OSError: it cannot be read.
        """
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidSettings(tr("This is not a workspace file: it is too large."))
        try:
            item = read_file(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise InvalidSettings(tr("This is not a workspace file: it is not text.")) from error
        item.name = self.book.free_name(item.name)
        item.now = item.saved
        self.book.items.append(item)
        self.switch(item.name)
        return item.name

    def arrangement(self) -> Arrangement:
        """Everything as it stands now."""
        return Arrangement(
            self._docks.save(),
            self.keeper.place_of(self._window),
            self.floating.save(),
            self._host.current_copies(),
            self._host.collect_states(),
        )

    def _apply(self, item: Workspace, wanted: Arrangement | None) -> None:
        """Bring a workspace onto the screen; its saved form or its plan when it cannot be used."""
        self._is_switching = True
        self._window.setUpdatesEnabled(False)
        try:
            for arrangement in (wanted, item.saved if wanted is not item.saved else None):
                if arrangement is not None and self._restore(arrangement):
                    return
            self._follow_plan(item)
            if wanted is not None:
                self.message.emit(tr("The saved layout could not be used; this is the default one."))
        finally:
            self._host.finish_match()
            for window in (self._window, *(floating.widget for floating in self._docks.floating_windows())):
                window.setUpdatesEnabled(True)  # windows are made with what their parent has at that moment
            self._is_switching = False

    def _restore(self, wanted: Arrangement) -> bool:
        if layout_in(wanted.layout) is None:
            return False
        self._host.match(wanted.copies, wanted.panels)
        if not self._docks.restore(wanted.layout):
            return False
        self.floating.restore(wanted.windows)
        self._use_new_screen(wanted)
        if self._window.isVisible() and wanted.main is not None:
            self._follow_to_screen(wanted)
        return True

    def _use_new_screen(self, wanted: Arrangement) -> None:
        """A workspace for two screens that was only ever seen on one takes the second when it is there."""
        screens = wanted.layout.get("screens")
        was_alone = isinstance(screens, list) and len(screens) < 2
        made = recipe(self.current.builtin, self._host.factories)
        if made.is_on_second_screen and was_alone and len(current_screens()) > 1:
            self.floating.spread()

    def _follow_to_screen(self, wanted: Arrangement) -> None:
        """The main window goes to the workspace's screen; on the same screen it stays as large as it is."""
        here = self.keeper.place_of(self._window)
        if wanted.main is not None and wanted.main.screen.geometry != here.screen.geometry:
            self.keeper.put(self._window, wanted.main)

    def _follow_plan(self, item: Workspace) -> None:
        made = recipe(item.builtin, self._host.factories)
        self._host.match(made.copies, {})
        if made.plan is None:
            self._docks.reset()
            return
        size = self._docks.widget.size() if self._window.isVisible() else self._window.size()
        self._docks.restore(self._docks.draw_up(made.plan, size.width(), size.height()))
        if made.is_on_second_screen and not self.floating.spread() and QGuiApplication.platformName() != "minimal":
            self.message.emit(tr("There is only one monitor; the second window stands on it too."))

    def _main_place(self) -> WindowPlace | None:
        current = self.current
        for arrangement in (current.now, current.saved):
            if arrangement is not None and arrangement.main is not None:
                return arrangement.main
        others = (item.now.main for item in self.book.items if item.now is not None)
        return next((place for place in others if place is not None), None)

    def _take_over_old_layout(self) -> None:
        """A layout of an older version of the program becomes the first workspace."""
        old = self._settings.get(OLD_LAYOUT_KEY)
        if old is not None and self._settings.get(BOOK_KEY) is None:
            self.current.now = Arrangement(old if isinstance(old, dict) else {})

    def _store(self) -> None:
        self._settings.set(BOOK_KEY, self.book.to_json())
