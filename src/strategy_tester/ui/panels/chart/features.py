"""What a chart panel is made of besides the chart: each feature is a class of its own, listed once in `FEATURES`.

A feature is made for every chart panel. It may put widgets into the panel's header, rail and foot, add tools and
painters to the canvas, contribute layers and panes to the chart, and remember its state with the workspace. Its actions
are declared once for the program and go to the chart used last.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from strategy_tester.ui.actions import Action

if TYPE_CHECKING:
    from strategy_tester.services.jobs import Checkpoint
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

FEATURES: tuple[str, ...] = (
    "look:LookFeature",
    "indicators:IndicatorsFeature",
    "compare:CompareFeature",
    "extra_panes:ExtraPanesFeature",
    "volume_profile:VolumeProfileFeature",
    "templates:TemplatesFeature",
    "pictures:PicturesFeature",
    "drawing:DrawingFeature",
    "live:LiveFeature",
    "replay:ReplayFeature",
)
"""`module:Class` of every feature, in the order in which their widgets stand in header, rail and foot."""

F = TypeVar("F", bound="ChartFeature")


class ChartFeature(QObject):
    """Base of all features.

    Args:
        panel: The chart panel it belongs to; its `context`, `chart`, `view_model`, `header`, `rail` and `foot` exist.
    """

    key = ""
    """Names the feature in saved states."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.panel = panel

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Actions to declare once; `on_current(context, cls, method)` makes them go to the chart used last."""
        return ()

    def start_job(
        self,
        title: str,
        work: Callable[["Checkpoint"], Any],
        on_done: Callable[[Any], object],
        *,
        group: str = "",
        is_quiet: bool = False,
    ) -> None:
        """Run `work(checkpoint)` in the background for this chart.

        The answer goes to `on_done`, an error into the panel's strip; neither to a chart that is gone by then. A newer
        job of the same non-empty group of this feature replaces an older one. A quiet job is not listed.
        """

        def done(answer: Any) -> None:
            if isValid(self):
                on_done(answer)

        def failed(error: BaseException) -> None:
            if isValid(self):
                self.panel.errors.show_error(error)

        own_group = f"{type(self).__name__}-{group}-{id(self)}" if group else ""
        self.panel.context.jobs.start(title, work, on_done=done, on_failed=failed, group=own_group, is_quiet=is_quiet)

    def save_state(self) -> Any:
        """What to remember of this chart, as JSON values; None for nothing."""
        return None

    def restore_state(self, state: Any) -> None:
        """Take up what `save_state` gave, perhaps in an older program: whatever does not fit is passed over.

        None when nothing was saved: the chart may come from another workspace and is to have nothing left of that.
        """


def feature_classes() -> list[type[ChartFeature]]:
    """Every feature's class, imported."""
    return [
        getattr(import_module(f"strategy_tester.ui.panels.chart.{module}"), name)
        for module, _, name in (path.partition(":") for path in FEATURES)
    ]


def on_current(context: "ViewContext", kind: type[F], act: Callable[[F], object]) -> Callable[[], None]:
    """A function without arguments that does something with a feature of the chart used last."""

    def run() -> None:
        panel = context.charts.current
        if panel is not None:
            act(panel.feature(kind))

    return run
