"""The list of panels. A panel exists by having an entry in `PANELS`; only entries appear in the window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from strategy_tester.ui.docks import Area
from strategy_tester.ui.i18n import mark

if TYPE_CHECKING:
    from strategy_tester.ui.view_context import ViewContext


@dataclass(frozen=True)
class PanelFactory:
    """How to make one panel.

    Attributes:
        id: Stable name; layouts are saved under it.
        title: English text of the tab.
        icon: Name in `icons.NAMES`.
        area: Where it stands in the default layout; entries of one area become tabs in the order of the list.
        create: Makes the content; called on the UI thread once the services are open.
        shortcut: Keys that bring the panel to the front.
        is_open: Whether the default layout shows it.
        is_multiple: Whether there may be several of it, each with its own state.
    """

    id: str
    title: str
    icon: str
    area: Area
    create: "Callable[[ViewContext], QWidget]"
    shortcut: str = ""
    is_open: bool = True
    is_multiple: bool = False


@dataclass(frozen=True)
class from_module:  # noqa: N801  reads as a function
    """A `create` that imports its module when it is called: `from_module("jobs.view:JobsPanel")`."""

    path: str

    def load(self) -> ModuleType:
        """Import the module; may be done ahead on another thread."""
        return import_module(f"strategy_tester.ui.panels.{self.path.partition(':')[0]}")

    def __call__(self, context: "ViewContext") -> QWidget:
        return getattr(self.load(), self.path.partition(":")[2])(context)


PANELS: tuple[PanelFactory, ...] = (
    PanelFactory(
        "chart", mark("Chart"), "chart", "center", from_module("chart.view:ChartPanel"), "Ctrl+1", is_multiple=True
    ),
    PanelFactory(
        "strategy", mark("Strategy"), "strategy", "right", from_module("strategy.view:StrategyPanel"), "Ctrl+2"
    ),
    PanelFactory(
        "backtest", mark("Backtest"), "backtest", "right_below", from_module("backtest.view:BacktestPanel"), "Ctrl+3"
    ),
    PanelFactory("results", mark("Results"), "results", "bottom", from_module("results.view:ResultsPanel"), "Ctrl+4"),
    PanelFactory("trades", mark("Trades"), "trades", "bottom", from_module("trades.view:TradesPanel"), "Ctrl+5"),
    PanelFactory("runs", mark("Runs"), "runs", "bottom", from_module("runs.view:RunsPanel"), "Ctrl+6"),
    PanelFactory("data", mark("Data"), "data", "bottom", from_module("data.view:DataPanel"), "Ctrl+7"),
    PanelFactory("jobs", mark("Jobs"), "jobs", "bottom", from_module("jobs.view:JobsPanel"), "Ctrl+9"),
    PanelFactory(
        "markets",
        mark("Markets"),
        "market",
        "right",
        from_module("markets.view:MarketsPanel"),
        "Ctrl+8",
        is_open=False,
    ),
    PanelFactory(
        "ticker",
        mark("Ticker"),
        "info",
        "right",
        from_module("ticker.view:TickerPanel"),
        is_open=False,
        is_multiple=True,
    ),
    PanelFactory(
        "ladder",
        mark("Depth ladder"),
        "align-horizontal-center",
        "right",
        from_module("ladder.view:LadderPanel"),
        is_open=False,
        is_multiple=True,
    ),
    PanelFactory(
        "practice",
        mark("Practice exchange"),
        "access-point",
        "right",
        from_module("practice.view:PracticePanel"),
        is_open=False,
    ),
    PanelFactory(
        "tape",
        mark("Time and sales"),
        "format-list-text",
        "right",
        from_module("tape.view:TapePanel"),
        is_open=False,
        is_multiple=True,
    ),
    PanelFactory(
        "depth",
        mark("Depth chart"),
        "chart-areaspline",
        "bottom",
        from_module("depth.view:DepthPanel"),
        is_open=False,
        is_multiple=True,
    ),
    PanelFactory(
        "heat_map",
        mark("Heat map of the order book"),
        "gradient-vertical",
        "center",
        from_module("heat_map.view:HeatMapPanel"),
        is_open=False,
        is_multiple=True,
    ),
    PanelFactory(
        "welcome", mark("Welcome"), "welcome", "center", from_module("welcome.view:WelcomePanel"), is_open=False
    ),
)


def preload(panels: Sequence[PanelFactory]) -> None:
    """Import the modules of panels, pyqtgraph and all; for a worker thread while the window waits for its data."""
    for panel in panels:
        if isinstance(panel.create, from_module):
            load_more = getattr(panel.create.load(), "load_ahead", None)
            if load_more is not None:
                load_more()
