"""How a chart looks: its type, its scale, its panes; and going to a date. Remembered for each chart."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMenu, QToolButton

from strategy_tester.ui import i18n
from strategy_tester.ui.actions import Action, FixedKey
from strategy_tester.ui.charts.candle_layer import CHART_TYPES
from strategy_tester.ui.charts.chart_model import SCALES
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current
from strategy_tester.ui.panels.chart.look_date import DateField
from strategy_tester.ui.panels.chart.look_icons import chart_type_icon

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

TYPE_TITLES = {
    "candles": mark("Candles"),
    "hollow": mark("Hollow candles"),
    "bars": mark("Bars"),
    "line": mark("Line"),
    "area": mark("Area"),
    "heikin_ashi": mark("Heikin-Ashi"),
}
TYPE_KEYS = {"bars": "Alt+1", "candles": "Alt+2", "line": "Alt+3"}
SCALE_ACTIONS = ("chart.auto_scale", "chart.log", "chart.percent", "chart.invert")
PANE_ACTIONS = ("chart.pane_up", "chart.pane_down", "chart.pane_maximize", "chart.pane_close")
GESTURES = (
    FixedKey("chart", mark("Fit the scale again"), (mark("Double click on the price axis"),)),
    FixedKey("chart", mark("Give the chart to one pane, and back"), (mark("Double click on a pane"),)),
    FixedKey("chart", mark("Move a pane"), (mark("Drag its title"),)),
)


class LookFeature(ChartFeature):
    """Button and menu in the header, actions, and what is remembered of a chart's look."""

    key = "look"

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.chart = panel.chart
        self.button, self.menu = QToolButton(), QMenu()
        self.date = DateField(self.chart)
        self.button.setObjectName("chart-look")
        self.button.setAutoRaise(True)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self.menu.aboutToShow.connect(self._fill_menu)
        panel.header.addWidget(self.button)
        for signal in (self.chart.look_changed, self.chart.panes_changed):
            signal.connect(self._refresh)
        self.chart.zone_clicked.connect(self._switch_zone)
        panel.context.charts.current_changed.connect(self._refresh)
        i18n.retranslate_now_and_later(self._refresh)

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Types, scales, panes, going to a date."""
        context.actions.note_keys(*GESTURES)
        return (*_type_actions(context), *_scale_actions(context), *_pane_actions(context))

    # --- state

    def save_state(self) -> dict[str, Any]:
        """Type, scale and panes."""
        model = self.chart.model
        return {
            "type": self.chart.chart_type,
            "scale": self.chart.scale,
            "inverted": model.is_inverted,
            "hidden": sorted(model.hidden_lines),
            "panes": self.chart.save_panes(),
        }

    def restore_state(self, state: Any) -> None:
        """Take up what `save_state` gave; what does not fit is passed over."""
        if not isinstance(state, dict):
            return
        if state.get("type") in CHART_TYPES:
            self.chart.set_chart_type(state["type"])
        if state.get("scale") in SCALES:
            self.chart.set_scale(state["scale"])
        if isinstance(state.get("inverted"), bool):
            self.chart.set_inverted(state["inverted"])
        hidden = state.get("hidden")
        if isinstance(hidden, list):
            self.chart.model.hidden_lines = {str(title) for title in hidden}
        self.chart.restore_panes(state.get("panes"))

    # --- acts

    def toggle_scale(self, kind: str) -> None:
        """A scale, or prices at equal distances when it is in use already."""
        self.chart.set_scale("linear" if self.chart.scale == kind else kind)

    def pane_in_hand(self) -> str | None:
        """The pane that actions mean: the one the pointer was over last."""
        shown = self.chart.model.shown_keys()
        key = self.chart.canvas.pane_key
        return key if key in shown else None

    def with_pane(self, act: Callable[[str], object]) -> None:
        """Do something with the pane in hand."""
        key = self.pane_in_hand()
        if key is not None:
            act(key)

    def maximize(self) -> None:
        """Give the chart to the pane in hand, or show all panes again."""
        alone = self.chart.model.shown_alone()
        self.chart.maximize_pane(None if alone is not None else self.pane_in_hand())

    def _switch_zone(self) -> None:
        self.panel.context.actions.trigger("view.local_time")

    # --- button and menu

    def _refresh(self, *_: object) -> None:
        kind = self.chart.chart_type
        title = tr(TYPE_TITLES[kind])
        self.button.setIcon(chart_type_icon(kind))
        self.button.setText(tr("Chart type"))
        self.button.setToolTip(f"{tr('Chart type and scale')}: {title}")
        self.button.setAccessibleName(tr("Chart type and scale"))
        actions = self.panel.context.actions
        if "chart.auto_scale" in actions and self.panel.context.charts.current is self.panel:
            actions.refresh_only(*(f"chart.type_{one}" for one in CHART_TYPES), *SCALE_ACTIONS, "chart.volume")

    def _fill_menu(self) -> None:
        # The menu's actions go to the chart in use: the one whose menu this is.
        context = self.panel.context
        context.charts.set_current(self.panel)
        context.actions.refresh()
        self.menu.clear()
        for kind in TYPE_TITLES:
            context.actions.qaction(f"chart.type_{kind}").setIcon(chart_type_icon(kind))
        self._add([f"chart.type_{kind}" for kind in TYPE_TITLES])
        self._add(SCALE_ACTIONS)
        self._add(["chart.volume"])
        self._add_closed_panes()
        self._add(["chart.go_to_date", "view.local_time", "chart.reset"])

    def _add(self, ids: Sequence[str]) -> None:
        actions = self.panel.context.actions
        if not self.menu.isEmpty():
            self.menu.addSeparator()
        for action_id in ids:
            if action_id in actions:
                self.menu.addAction(actions.qaction(action_id))

    def _add_closed_panes(self) -> None:
        shown = {pane.key for pane in self.chart.model.panes}
        closed = {key: title for key, title in self.chart.model.pane_titles().items() if key not in shown}
        for key, title in closed.items():
            if key != "volume":
                action = self.menu.addAction(tr("Show {pane} again", pane=title))
                action.triggered.connect(lambda _on=False, key=key: self.chart.open_pane(key))


def _asked(context: "ViewContext", ask: Callable[[LookFeature], bool]) -> Callable[[], bool]:
    """A question to the chart in use; False while there is none."""

    def answer() -> bool:
        panel = context.charts.current
        return panel is not None and ask(panel.feature(LookFeature))

    return answer


def _type_actions(context: "ViewContext") -> list[Action]:
    def show(kind: str) -> Callable[[], None]:
        return on_current(context, LookFeature, lambda look: look.chart.set_chart_type(kind))

    return [
        Action(
            f"chart.type_{kind}", title, show(kind), "chart", (TYPE_KEYS[kind],) if kind in TYPE_KEYS else (),
            is_checked=_asked(context, lambda look, kind=kind: look.chart.chart_type == kind),
            synonyms=("chart type", "ohlc"), is_in_menu=False,
        )
        for kind, title in TYPE_TITLES.items()
    ]  # fmt: skip


def _scale_actions(context: "ViewContext") -> list[Action]:
    def on(act: Callable[[LookFeature], object]) -> Callable[[], None]:
        return on_current(context, LookFeature, act)

    return [
        Action(
            "chart.auto_scale", mark("Fit the price scale by itself"),
            on(lambda look: look.chart.set_auto_scale(not look.chart.is_auto_scale)), "chart",
            is_checked=_asked(context, lambda look: look.chart.is_auto_scale), synonyms=("auto scale", "manual"),
        ),
        Action(
            "chart.log", mark("Logarithmic scale"), on(lambda look: look.toggle_scale("log")), "chart", ("Alt+L",),
            is_checked=_asked(context, lambda look: look.chart.scale == "log"), synonyms=("log",),
        ),
        Action(
            "chart.percent", mark("Percent scale"), on(lambda look: look.toggle_scale("percent")), "chart", ("Alt+P",),
            is_checked=_asked(context, lambda look: look.chart.scale == "percent"), synonyms=("change",),
            help=mark("Prices as changes since the first candle in sight"),
        ),
        Action(
            "chart.invert", mark("Turn the price scale upside down"),
            on(lambda look: look.chart.set_inverted(not look.chart.model.is_inverted)), "chart", ("Alt+I",),
            is_checked=_asked(context, lambda look: look.chart.model.is_inverted), synonyms=("invert", "flip"),
        ),
        Action(
            "chart.go_to_date", mark("Go to a date"), on(lambda look: look.date.open()), "chart", ("Alt+G",),
            synonyms=("jump", "time"),
        ),
    ]  # fmt: skip


def _pane_actions(context: "ViewContext") -> list[Action]:
    def on(act: Callable[[LookFeature], object]) -> Callable[[], None]:
        return on_current(context, LookFeature, act)

    def step(steps: int) -> Callable[[], None]:
        return on(lambda look: look.with_pane(lambda key: look.chart.move_pane_by(key, steps)))

    return [
        Action(
            "chart.volume", mark("Volume"), on(lambda look: look.chart.set_volume(not look.chart.model.shows_volume)),
            "chart", is_checked=_asked(context, lambda look: look.chart.model.shows_volume),
        ),
        Action(
            "chart.pane_up", mark("Move the pane up"), step(-1), "chart", ("Alt+Shift+Up",), is_in_menu=False,
        ),
        Action(
            "chart.pane_down", mark("Move the pane down"), step(1), "chart", ("Alt+Shift+Down",), is_in_menu=False,
        ),
        Action(
            "chart.pane_maximize", mark("Give the chart to one pane, and back"), on(lambda look: look.maximize()),
            "chart", ("Alt+Return",), is_in_menu=False, synonyms=("maximize",),
        ),
        Action(
            "chart.pane_close", mark("Close the pane"), on(lambda look: look.with_pane(look.chart.close_pane)), "chart",
            is_in_menu=False,
        ),
    ]  # fmt: skip
