"""What the user can do with workspaces, copies of panels and floating windows: actions, and the menu in the top bar."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.ui import i18n
from strategy_tester.ui.actions import Action, ActionRegistry
from strategy_tester.ui.dialogs import ask, ask_name, choose_file
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.workspaces.book import FILE_SUFFIX, MOST_COPIES
from strategy_tester.ui.workspaces.manager import Workspaces

if TYPE_CHECKING:
    from strategy_tester.ui.main_window import MainWindow

KEYS = 9
_LONGEST_SHOWN = 24
Value = TypeVar("Value")


class WorkspaceCommands:
    """Asks the user and tells the workspaces."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._workspaces = window.workspaces
        self._dialog: QObject | None = None

    def declare(self, actions: ActionRegistry) -> None:
        """Put the actions into the registry."""
        actions.add(*self._workspace_actions(), *self._number_actions(), *self._window_actions())

    def _workspace_actions(self) -> list[Action]:
        spaces = self._workspaces
        group = "workspace"
        return [
            Action("workspace.save", mark("Save the workspace"), spaces.save_for_good, group, icon="save",
                   help=mark("Resetting the layout comes back to how it is now.")),
            Action("workspace.save_as", mark("Save as another workspace…"), self.save_as, group, icon="duplicate",
                   synonyms=("new workspace", "layout", "profile")),
            Action("workspace.rename", mark("Rename the workspace…"), self.rename, group, icon="edit"),
            Action("workspace.delete", mark("Delete the workspace"), self.delete, group, icon="delete",
                   is_enabled=spaces.can_delete),
            Action("workspace.up", mark("Move the workspace up the list"), lambda: spaces.move(-1), group, icon="up",
                   is_enabled=lambda: spaces.current is not spaces.book.items[0], is_in_menu=False),
            Action("workspace.down", mark("Move the workspace down the list"), lambda: spaces.move(1), group,
                   icon="down", is_enabled=lambda: spaces.current is not spaces.book.items[-1], is_in_menu=False),
            Action("workspace.export", mark("Export the workspace to a file…"), self.export, group, icon="export"),
            Action("workspace.import", mark("Import a workspace from a file…"), self.import_file, group,
                   icon="import"),
        ]  # fmt: skip

    def _number_actions(self) -> list[Action]:
        spaces = self._workspaces

        def title(number: int) -> str:
            names = spaces.names()
            return names[number - 1] if number <= len(names) else tr("Workspace {number}", number=number)

        return [
            Action(
                f"workspace.{number}",
                mark("Workspace"),
                partial(spaces.switch_to_number, number),
                "workspace",
                shortcuts=(f"Ctrl+Alt+{number}",),
                icon="layout",
                is_enabled=lambda number=number: number <= len(spaces.book.items),
                is_in_menu=False,
                text=lambda number=number: tr("Workspace: {name}", name=title(number)),
            )
            for number in range(1, KEYS + 1)
        ]

    def _window_actions(self) -> list[Action]:
        window = self._window
        return [
            Action("chart.duplicate", mark("Duplicate the chart"), self.duplicate_chart, "chart", ("Ctrl+Shift+N",),
                   "duplicate", is_enabled=self._has_chart, synonyms=("new chart", "second chart", "copy")),
            Action("chart.reopen", mark("Reopen the chart closed last"), window.panel_host.reopen, "chart", (),
                   "undo", is_enabled=window.panel_host.can_reopen),
            Action("panel.pin", mark("Pin on top"), self.pin, "panels", ("Ctrl+Shift+T",), "pin",
                   is_enabled=lambda: self._panel() is not None, is_checked=self._is_pinned,
                   synonyms=("always on top", "stay on top"),
                   help=mark("The window of the panel stays above all other windows.")),
            Action("panel.next_screen", mark("Move the window to the next monitor"), self.next_screen, "panels",
                   ("Ctrl+Shift+M",), "detach", synonyms=("screen", "display")),
        ]  # fmt: skip

    def duplicate_chart(self) -> None:
        """One more chart beside the one in use, showing the same."""
        context = self._window.context
        if context is None or context.charts.current is None:
            return
        if len(self._window.panel_host.copies) >= MOST_COPIES:
            self._window.toaster(tr("There are {count} charts already.", count=MOST_COPIES), kind="warn")
            return
        panel_id = context.charts.current.context.panel_id
        self._window.docks.show(self._window.add_panel_copy(panel_id))

    def pin(self) -> None:
        """Keep the current panel's window on top, or no longer."""
        panel_id = self._panel()
        if panel_id is not None:
            self._workspaces.floating.toggle_on_top(panel_id)
            self._workspaces.save()

    def next_screen(self) -> None:
        """Move the window one works in to the next monitor."""
        panel_id = self._panel()
        active = self._window.docks.window_of(panel_id) if panel_id is not None else self._window
        if not self._workspaces.keeper.send_to_next_screen(active):
            self._window.status.show_message(tr("There is only one monitor."))

    def save_as(self) -> None:
        """Ask for a name and keep the screen under it."""
        book = self._workspaces.book
        self._dialog = ask_name(
            self._window, tr("Name of the workspace"), tr("Save"), self._try(self._workspaces.save_as),
            name=book.free_name(self._workspaces.current_name()), problem=book.problem_with_name,
        )  # fmt: skip

    def rename(self) -> None:
        """Ask for another name."""
        spaces = self._workspaces
        self._dialog = ask_name(
            self._window, tr("Name of the workspace"), tr("Rename"), self._try(spaces.rename),
            name=spaces.current_name(),
            problem=lambda name: spaces.book.problem_with_name(name, spaces.current),
        )  # fmt: skip

    def delete(self) -> None:
        """Ask, then delete."""
        spaces = self._workspaces
        self._dialog = ask(
            self._window,
            tr("Delete the workspace “{name}”?", name=spaces.current_name()),
            tr("Delete"),
            spaces.delete,
            is_dangerous=True,
        )

    def export(self) -> None:
        """Ask for a file and write the workspace into it."""
        choose_file(
            self._window, self._window.settings, tr("Export the workspace"), _filters(),
            self._try(lambda path: self._workspaces.export(_with_suffix(path))), mode="save",
            name=_file_name(self._workspaces.current_name()),
        )  # fmt: skip

    def import_file(self) -> None:
        """Ask for a file and take its workspace up."""
        choose_file(
            self._window, self._window.settings, tr("Import a workspace"), _filters(),
            self._try(self._workspaces.import_file),
        )  # fmt: skip

    def _try(self, act: Callable[[Value], object]) -> Callable[[Value], None]:
        def run(value: Value) -> None:
            try:
                act(value)
            except (StrategyTesterError, OSError) as error:
                self._window.toaster(str(error), kind="danger")

        return run

    def _panel(self) -> str | None:
        """The panel one works in; the chart used last when the keyboard was nowhere yet."""
        current = self._window.docks.current_panel()
        context = self._window.context
        if current is None and context is not None and context.charts.current is not None:
            return context.charts.current.context.panel_id
        return current

    def _has_chart(self) -> bool:
        context = self._window.context
        return context is not None and context.charts.current is not None

    def _is_pinned(self) -> bool:
        panel_id = self._panel()
        return panel_id is not None and self._workspaces.floating.is_on_top(panel_id)


class WorkspaceMenu(QObject):
    """The button in the top bar that names the workspace, and the list behind it."""

    def __init__(self, button: QToolButton, workspaces: Workspaces, actions: ActionRegistry) -> None:
        super().__init__(button)
        self._button, self._workspaces, self._actions = button, workspaces, actions
        self.menu = QMenu(button)
        self._group: QActionGroup | None = None
        button.setMenu(self.menu)
        self.menu.aboutToShow.connect(self.fill)
        workspaces.changed.connect(self.write)
        i18n.retranslate_now_and_later(self.write)

    def write(self) -> None:
        """Show the name of the workspace in use."""
        name = self._workspaces.current_name()
        shown = name if len(name) <= _LONGEST_SHOWN else f"{name[: _LONGEST_SHOWN - 1]}…"
        self._button.setText(f"{shown} ▾".replace("&", "&&"))
        self._button.setToolTip(tr("Workspace"))
        self._button.setAccessibleName(f"{tr('Workspace')}: {name}")

    def fill(self) -> None:
        """List the workspaces, and what can be done with the one in use."""
        self._actions.refresh()
        self.menu.clear()
        self._group = QActionGroup(self.menu)
        for number, name in enumerate(self._workspaces.names(), start=1):
            self.menu.addAction(self._entry(number, name))
        self.menu.addSeparator()
        for action_id in ("workspace.save", "workspace.save_as", "view.reset_layout"):
            self.menu.addAction(self._actions.qaction(action_id))
        self.menu.addSeparator()
        for name in ("rename", "up", "down", "delete"):
            self.menu.addAction(self._actions.qaction(f"workspace.{name}"))
        self.menu.addSeparator()
        for name in ("export", "import"):
            self.menu.addAction(self._actions.qaction(f"workspace.{name}"))

    def _entry(self, number: int, name: str) -> QAction:
        # A tab divides a menu's text from its keys; the keys themselves belong to the declared action.
        keys = self._actions.shortcut_text(f"workspace.{number}") if number <= KEYS else ""
        entry = QAction(f"{name.replace('&', '&&')}\t{keys}" if keys else name.replace("&", "&&"), self.menu)
        entry.setCheckable(True)
        entry.setChecked(number == self._workspaces.book.items.index(self._workspaces.current) + 1)
        entry.triggered.connect(lambda _on=False: self._workspaces.switch_to_number(number))
        if self._group is not None:
            self._group.addAction(entry)
        return entry


def _filters() -> str:
    return f"{tr('Workspaces')} (*{FILE_SUFFIX} *.json)"


def _file_name(name: str) -> str:
    allowed = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in name).strip()
    return f"{allowed or 'workspace'}{FILE_SUFFIX}"


def _with_suffix(path: Path) -> Path:
    return path if path.name.endswith(FILE_SUFFIX) else path.with_name(path.name.removesuffix(".json") + FILE_SUFFIX)
