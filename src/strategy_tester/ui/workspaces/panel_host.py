"""The panels of the window: made one by one, some of them several times, each with what it remembers."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from strategy_tester.ui import icons, theme
from strategy_tester.ui.docks import Docks
from strategy_tester.ui.empty_state import Skeleton
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.registry import PanelFactory
from strategy_tester.ui.tables.table_view import RecordTable
from strategy_tester.ui.workspaces.book import MOST_COPIES, copy_number

if TYPE_CHECKING:  # kept from loading numpy before the first paint
    from strategy_tester.services.ports import SettingsStore
    from strategy_tester.ui.view_context import ViewContext

logger = logging.getLogger(__name__)
COLUMNS_KEY = "tables.columns"
_MOST_REMEMBERED = 10
_AREA_ORDER = ("center", "left", "right", "right_below", "bottom")


class PanelHost(QObject):
    """Puts panels into docks. A panel exists as a skeleton in its dock until it is made.

    What panels may have, all of it optional: `save_state()` and `restore_state(state)` with JSON values;
    `copy_state()`, what a copy of the panel starts with if that is not what the panel saves;
    `dock_title()`, the text of the tab, "" for the usual one, and a signal `title_changed`; `shut_down()`, called
    before a copy is deleted.
    """

    all_created = Signal()
    """Nothing is left to be made."""
    panels_changed = Signal()
    """A panel shows something else, or a copy came or went: worth remembering."""

    def __init__(
        self, docks: Docks, factories: Mapping[str, PanelFactory], settings: "SettingsStore", parent: QObject
    ) -> None:
        super().__init__(parent)
        self.docks, self.factories = docks, factories
        self.copies: dict[str, str] = {}
        self.failed: list[str] = []
        self._settings = settings
        self._context: ViewContext | None = None
        self._states: dict[str, Any] = {}
        self._created: set[str] = set()
        self._to_create: list[str] = []
        self._leaving: list[str] = []
        self._closed: list[tuple[str, Any]] = []
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._create_next)
        docks.removal_wanted.connect(self.remove)

    def add_docks(self) -> None:
        """A dock for every panel."""
        for panel in sorted(self.factories.values(), key=lambda panel: _AREA_ORDER.index(panel.area)):
            self._add_dock(panel.id, panel)

    def start(self, context: "ViewContext") -> None:
        """Make the panels in the passes of the event loop that follow."""
        self._context = context
        self._to_create = self._creation_order(self.docks.panel_ids())
        self._next.start()

    def factory(self, instance_id: str) -> PanelFactory:
        """How a panel or a copy of one is made."""
        return self.factories[self.copies.get(instance_id, instance_id)]

    def add_copy(self, panel_id: str, *, beside: str = "", state: Any = None) -> str:
        """One more panel of a kind, beside another one.

        Args:
            panel_id: The panel to have once more, or a copy of it; it must be one that may exist several times.
            beside: Whose room it shares; the panel itself by default.
            state: What the copy shows; the same as the panel by default.

        Returns:
            The copy's id.

        Raises:
            ValueError: the panel can exist only once, or there are too many.
        """
        factory = self.factory(panel_id)
        if not factory.is_multiple:
            raise ValueError(f"{factory.id} exists only once")
        if len(self.copies) >= MOST_COPIES:
            raise ValueError(f"there are {MOST_COPIES} copies already")
        numbers = {copy_number(copy_id) for copy_id, kind in self.copies.items() if kind == factory.id}
        number = next(number for number in range(2, MOST_COPIES + 3) if number not in numbers)
        copy_id = f"{factory.id}-{number}"
        if state is None:
            copy_state: Callable[[], Any] | None = getattr(self.docks.content(panel_id), "copy_state", None)
            state = self._state_of(panel_id) if copy_state is None else copy_state()
        self._states[copy_id] = state
        self.copies[copy_id] = factory.id
        self._add_dock(copy_id, factory, beside=beside or panel_id)
        self._create_soon([copy_id])
        return copy_id

    def remove(self, copy_id: str) -> None:
        """Take a copy away; `reopen` brings one like it back."""
        if copy_id not in self.copies:
            return
        self._closed = [*self._closed, (self.copies[copy_id], self._state_of(copy_id))][-_MOST_REMEMBERED:]
        self._states.pop(copy_id, None)
        self._drop(copy_id)

    def can_reopen(self) -> bool:
        """Whether a copy was removed that can come back."""
        return bool(self._closed)

    def reopen(self) -> str | None:
        """A new copy that shows what the one removed last showed; its id."""
        if not self._closed:
            return None
        kind, state = self._closed.pop()
        beside = kind if self.docks.is_open(kind) else next((c for c in self.copies if self.docks.is_open(c)), kind)
        copy_id = self.add_copy(kind, beside=beside, state=state or {})
        self.docks.show(copy_id)
        return copy_id

    def match(self, copies: Mapping[str, str], states: Mapping[str, Any]) -> None:
        """Have exactly these copies, as docks; `finish_match` fills the new ones and lets the others go.

        Copies that are there already stay as they are and take up their state.
        """
        self._leaving = [copy_id for copy_id in self.copies if copy_id not in copies]
        self._states = dict(states)
        for copy_id, panel_id in copies.items():
            factory = self.factories.get(panel_id)
            if copy_id not in self.copies and factory is not None and factory.is_multiple:
                self.copies[copy_id] = panel_id
                self._add_dock(copy_id, factory)

    def finish_match(self) -> None:
        """After the layout was restored: panels take up their states, new ones are made, others go, bit by bit."""
        for instance_id in list(self._created):
            if instance_id not in self._leaving:
                self._restore(instance_id)
        self._create_soon([name for name in self.docks.panel_ids() if name not in self._created])

    def collect_states(self) -> dict[str, Any]:
        """What every panel remembers, by id, ready for JSON."""
        present = [name for name in self.docks.panel_ids() if name not in self._leaving]
        states = {name: self._state_of(name) for name in present}
        self._states = {name: state for name, state in states.items() if state is not None}
        return dict(self._states)

    def current_copies(self) -> dict[str, str]:
        """The copies of this workspace: id, and the panel it is a copy of."""
        return {name: kind for name, kind in self.copies.items() if name not in self._leaving}

    def is_busy(self) -> bool:
        """Whether panels are still being made."""
        return bool(self._to_create or self._leaving)

    def columns(self) -> dict[str, Any]:
        """Widths and order of the columns of every table."""
        return {table.objectName(): table.save_columns() for table in self._named_tables()}

    def write_titles(self) -> None:
        """Every tab's text, in the language in use."""
        for instance_id in self.docks.panel_ids():
            self._write_title(instance_id)

    def _add_dock(self, instance_id: str, factory: PanelFactory, *, beside: str = "") -> None:
        icon = icons.icon(factory.icon, "muted")
        is_copy = instance_id != factory.id
        self.docks.add_panel(
            instance_id, self._usual_title(instance_id), Skeleton(), factory.area, icon, beside=beside, is_copy=is_copy
        )

    def _creation_order(self, instance_ids: Iterable[str]) -> list[str]:
        """What can be seen first, then the rest; the middle last, because a chart loads the most."""

        def rank(instance_id: str) -> tuple[bool, bool]:
            return self.factory(instance_id).area == "center", not self.docks.is_current(instance_id)

        return sorted(instance_ids, key=rank)

    def _create_soon(self, instance_ids: Iterable[str]) -> None:
        waiting = dict.fromkeys([*self._to_create, *instance_ids])
        self._to_create = self._creation_order(name for name in waiting if name in self.docks.panel_ids())
        if self._context is not None:
            self._next.start()

    def _create_next(self) -> None:
        """One panel per pass of the event loop, then one that leaves: nothing of it is felt."""
        if self._context is None:
            return
        if self._to_create:
            self._create(self._to_create.pop(0), self._context)
        elif self._leaving:
            self._drop(self._leaving.pop(0))
        if self._to_create or self._leaving:
            self._next.start()
        else:
            self.all_created.emit()

    def _create(self, instance_id: str, context: "ViewContext") -> None:
        factory = self.factory(instance_id)
        try:
            widget = factory.create(replace(context, panel_id=instance_id))
        except Exception as error:
            logger.exception("the panel %s cannot be made", instance_id)
            self.failed.append(instance_id)
            widget = _failed_panel(error)
        self.docks.set_content(instance_id, widget)
        self._created.add(instance_id)
        columns = self._settings.get(COLUMNS_KEY) or {}
        for table in widget.findChildren(RecordTable):
            if table.objectName():
                table.restore_columns(columns.get(table.objectName()))
        self._restore(instance_id)
        changed = getattr(widget, "title_changed", None)
        if changed is not None:
            changed.connect(lambda *_: self._title_changed(instance_id))
        self._write_title(instance_id)

    def _restore(self, instance_id: str) -> None:
        state = self._states.get(instance_id)
        restore: Callable[[Any], None] | None = getattr(self.docks.content(instance_id), "restore_state", None)
        if state is None or restore is None:
            return
        try:
            restore(state)
        except Exception:
            logger.exception("the panel %s cannot take up its state", instance_id)

    def _state_of(self, instance_id: str) -> Any:
        """A panel's state; what is waiting for it while it is not made yet."""
        content = self.docks.content(instance_id) if instance_id in self._created else None
        save: Callable[[], Any] | None = getattr(content, "save_state", None)
        if save is None:
            return self._states.get(instance_id)
        try:
            state = save()
            json.dumps(state)
        except Exception:
            logger.exception("the state of the panel %s cannot be kept", instance_id)
            return self._states.get(instance_id)
        return state

    def _drop(self, copy_id: str) -> None:
        content = self.docks.content(copy_id)
        if copy_id in self._created and self._context is not None:
            self._context.charts.remove(content)  # type: ignore[arg-type]  others than charts are passed over
            shut_down: Callable[[], object] | None = getattr(content, "shut_down", None)
            if shut_down is not None:
                shut_down()
        self._created.discard(copy_id)
        self._to_create = [name for name in self._to_create if name != copy_id]
        del self.copies[copy_id]
        self.docks.remove_panel(copy_id)

    def _title_changed(self, instance_id: str) -> None:
        self._write_title(instance_id)
        self.panels_changed.emit()

    def _write_title(self, instance_id: str) -> None:
        if instance_id not in self.docks.panel_ids():
            return
        own: Callable[[], str] | None = getattr(self.docks.content(instance_id), "dock_title", None)
        title = own() if own is not None else ""
        self.docks.set_title(instance_id, title or self._usual_title(instance_id))

    def _usual_title(self, instance_id: str) -> str:
        title = tr(self.factory(instance_id).title)
        number = copy_number(instance_id)
        return title if number == 1 else f"{title} {number}"

    def _named_tables(self) -> list[RecordTable]:
        tables: list[RecordTable] = []
        for instance_id in self.docks.panel_ids():
            content = self.docks.content(instance_id)
            tables += [table for table in content.findChildren(RecordTable) if table.objectName()]
        return tables


def _failed_panel(error: BaseException) -> QWidget:
    """The panel's place holder when it could not be made: the error, where it happened."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    margin = theme.step(3)
    layout.setContentsMargins(margin, margin, margin, margin)
    strip = ErrorStrip()
    layout.addWidget(strip)
    strip.show_error(error)
    layout.addStretch(1)
    return widget
