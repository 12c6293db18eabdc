"""What a panel is given when it is made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtGui import QUndoGroup
from PySide6.QtWidgets import QWidget

from strategy_tester.ui.actions import ActionRegistry
from strategy_tester.ui.docks import Docks
from strategy_tester.ui.job_bridge import JobBridge
from strategy_tester.ui.open_charts import OpenCharts
from strategy_tester.ui.preferences import SettingEntries
from strategy_tester.ui.search.hits import SearchProviders

if TYPE_CHECKING:
    from strategy_tester.services.context import Services
    from strategy_tester.services.ports import SettingsStore
    from strategy_tester.ui.live.desk import LiveDesk
    from strategy_tester.ui.workbench import Workbench


class StatusLine(Protocol):
    """What panels may say in the status bar."""

    def show_data_state(self, text: str, kind: str = "good") -> None:
        """One sentence on the data in hand; kind "good", "warn" or "danger"."""
        ...

    def show_duration(self, milliseconds: float | None) -> None:
        """How long the last backtest took."""
        ...

    def set_environment(self, name: str) -> None:
        """Say what is going on: a key of `status_bar.ENVIRONMENTS`."""
        ...


class ToastShower(Protocol):
    """Shows a short message over the window."""

    def __call__(
        self,
        text: str,
        *,
        kind: str = "good",
        button: str = "",
        on_click: Callable[[], Any] | None = None,
    ) -> Any:
        """Show text; kind "good", "info", "warn" or "danger"; the button leads to the result."""
        ...


class TopBarSlots(Protocol):
    """Where panels may put widgets into the bar at the top."""

    def add_widget(self, widget: QWidget) -> None:
        """Add to the left part, after what is there."""
        ...

    def add_action(self, action_id: str) -> None:
        """Add a button for a declared action to the left part."""
        ...


@dataclass(frozen=True)
class ViewContext:
    """The services, and the parts of the window that panels share.

    Attributes:
        services: Stores and jobs; call them inside `jobs.start`, never on the UI thread.
        jobs: Starts background work and calls back on the UI thread.
        workbench: The series, strategy, result and trade in hand; panels talk to it, not to each other.
        actions: Where panels declare their actions.
        docks: To bring panels to the front.
        settings: Small preferences; quick enough for the UI thread.
        status: The status bar.
        toast: Shows a short message.
        top_bar: The bar at the top.
        window: The main window, as the parent of dialogs.
        charts: The open charts and the one in use.
        undo: Stacks of edits; the one set active is what undo and redo work on.
        live: Live data of the exchange that the user listens to.
        search: Where features say what the quick search finds of theirs.
        preferences: Where features add entries to the settings dialog.
        panel_id: The panel this context was handed to; states are saved under it.
    """

    services: "Services"
    jobs: JobBridge
    workbench: "Workbench"
    actions: ActionRegistry
    docks: Docks
    settings: "SettingsStore"
    status: StatusLine
    toast: ToastShower
    top_bar: TopBarSlots
    window: QWidget
    charts: OpenCharts
    undo: QUndoGroup
    live: "LiveDesk"
    panel_id: str = ""
    search: SearchProviders = field(default_factory=SearchProviders)
    preferences: SettingEntries = field(default_factory=SettingEntries)
