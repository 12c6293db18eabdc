"""Indicators on a chart: the ones the user adds beside those of the strategy."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QToolButton
from shiboken6 import isValid

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.errors import InputError
from strategy_tester.services.chart_indicators import (
    IndicatorEntry,
    checked_settings,
    indicator_entries,
    indicator_entry,
    indicator_lines,
    latest_values,
)
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.ui import i18n, icons
from strategy_tester.ui.actions import Action
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.preparation import Preparation
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine
from strategy_tester.ui.errors import describe
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.drawing import DrawingFeature
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current
from strategy_tester.ui.panels.chart.indicators_bars import candles_taker
from strategy_tester.ui.panels.chart.indicators_layers import DrawnIndicator, contribution_of
from strategy_tester.ui.panels.chart.indicators_state import (
    ChartIndicator,
    indicators_as_json,
    indicators_of,
    new_indicator,
    next_color,
)
from strategy_tester.ui.undo import Edit, Title

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

OWNER = "indicators"
SETTLE_MS = 40
"""Changes of a setting that come faster than this are computed once."""
REST_FACTOR = 4
"""After the last bar's values took so long, wait this many times as long: a fifth of one core at most."""


@dataclass(frozen=True, eq=False)
class _Computed:
    """What a job brings: the candles it saw, and lines or a problem for each indicator."""

    candles: PreparedCandles
    seen: dict[int, ChartIndicator]
    lines: dict[int, tuple[PreparedLine, ...]]
    problems: dict[int, str]
    entries: dict[str, IndicatorEntry]


class IndicatorsFeature(ChartFeature):
    """The indicators of one chart. Changing anything redraws what is known at once and computes the rest in a job."""

    key = "indicators"
    changed = Signal()
    """An indicator was added, changed, hidden, moved or removed."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.indicators: list[ChartIndicator] = []
        self._lines: dict[int, tuple[PreparedLine, ...]] = {}
        self._problems: dict[int, str] = {}
        self._entries: dict[str, IndicatorEntry] = {}
        self._all_entries: Sequence[IndicatorEntry] = ()
        self._last_number = self._generation = 0
        self._picker: QDialog | None = None
        self._last_bars = Preparation(self)
        self._stale: set[int] = set()
        self._is_behind = False
        self._settle, self._rest = QTimer(self), QTimer(self)
        for timer, act in ((self._settle, self._compute), (self._rest, self._catch_up)):
            timer.setSingleShot(True)
            timer.timeout.connect(act)
        self._settle.setInterval(SETTLE_MS)
        self.button = QToolButton()
        self.button.setIcon(icons.icon("indicator"))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self.button.setObjectName("indicators-button")
        self.button.clicked.connect(lambda _on=False: self.open_picker())
        panel.header.addWidget(self.button)
        panel.chart.candles_shown.connect(self._take_candles)
        panel.chart.bars_changed.connect(self._follow_last_bar)
        panel.chart.legend_button.connect(self._legend_button)
        panel.chart.pane_closed.connect(self._pane_closed)
        i18n.retranslate_now_and_later(self._write_texts)
        # Even when there are none: what lies on the ground of their bands must be contributed after them.
        self._draw()

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Open the picker."""
        return (
            Action(
                "chart.indicators", mark("Indicators…"), on_current(context, cls, cls.open_picker), "chart",
                ("/",), "indicator", synonyms=("studies", "functions", "индикаторы", "technical analysis"),
                help=mark("Put an indicator on the chart: over the candles or in a pane below."),
            ),
        )  # fmt: skip

    # --- what is on the chart

    def find(self, number: int) -> ChartIndicator | None:
        """One indicator of this chart."""
        return next((one for one in self.indicators if one.number == number), None)

    def entry(self, name: str) -> IndicatorEntry | None:
        """What the registry says of an indicator; None until the list was loaded once."""
        return self._entries.get(name)

    def add(self, entry: IndicatorEntry, settings: Mapping[str, Any] | None = None) -> ChartIndicator:
        """Put an indicator on the chart."""
        self._entries[entry.name] = entry
        self._last_number += 1
        color = next_color(self.indicators, len(self.panel.view_model.lines))
        made = new_indicator(entry, self._last_number, color, settings)
        self._edit(lambda: tr("Add {name}", name=made.title), [*self.indicators, made])
        return made

    def put(self, indicator: ChartIndicator) -> None:
        """Take over a changed indicator: other settings, looks, or hidden."""
        self._edit(lambda: tr("Change {name}", name=indicator.title), self._with(indicator))

    def try_out(self, indicator: ChartIndicator) -> None:
        """Show a changed indicator; `keep_tried` makes it a step that can be undone."""
        self._set(self._with(indicator))

    def keep_tried(self, before: ChartIndicator) -> None:
        """What was tried out stays; undo brings the indicator back as it was before."""
        now = self.find(before.number)
        if now is not None and now != before:
            self._push(lambda: tr("Change {name}", name=now.title), self._with(before), self.indicators)

    def _with(self, indicator: ChartIndicator) -> list[ChartIndicator]:
        return [indicator if one.number == indicator.number else one for one in self.indicators]

    def set_hidden(self, number: int, *, is_hidden: bool) -> None:
        """Keep an indicator but do not draw it, or draw it again."""
        found = self.find(number)
        if found is not None:
            self.put(replace(found, is_hidden=is_hidden))

    def remove(self, number: int) -> None:
        """Take an indicator off the chart."""
        found = self.find(number)
        if found is not None:
            left = [one for one in self.indicators if one is not found]
            self._edit(lambda: tr("Remove {name}", name=found.title), left)

    def move(self, number: int, places: int) -> None:
        """Draw an indicator earlier (negative) or later: its pane goes up or down, its lines behind or in front."""
        found = self.find(number)
        if found is not None:
            others = [one for one in self.indicators if one is not found]
            place = min(max(self.indicators.index(found) + places, 0), len(others))
            self._edit(lambda: tr("Move {name}", name=found.title), [*others[:place], found, *others[place:]])

    def replace_all(self, saved: Any) -> None:
        """Put saved indicators on the chart instead of those there are; what was done before cannot be undone."""
        self._generation += 1
        self.indicators = indicators_of(saved, self._last_number + 1)
        self._last_number = max([self._last_number, *(one.number for one in self.indicators)])
        self._lines.clear()
        self._problems.clear()
        self._stale.clear()
        self._changed(*self.indicators)

    def save_state(self) -> Any:
        """Every indicator."""
        return indicators_as_json(self.indicators) or None

    def restore_state(self, state: Any) -> None:
        """Put saved indicators on the chart."""
        self.replace_all(state)

    # --- undo: one history with the drawings of the symbol, in the order in which things were done

    def _edit(self, title: Title, after: list[ChartIndicator]) -> None:
        before = self.indicators
        if after != before:
            self._set(after)
            self._push(title, before, after)

    def _push(self, title: Title, before: list[ChartIndicator], after: list[ChartIndicator]) -> None:
        document = self.panel.feature(DrawingFeature).scene.document
        if document is not None:
            back, again = self._way_to(before), self._way_to(after)
            document.stack.push(Edit(title, again, back, is_done=True))

    def _way_to(self, indicators: list[ChartIndicator]) -> Callable[[], None]:
        generation = self._generation

        def go() -> None:
            # The chart may be gone by then, or show another workspace.
            if isValid(self) and generation == self._generation:
                self._set(indicators)

        return go

    def _set(self, after: list[ChartIndicator]) -> None:
        before = {one.number: one for one in self.indicators}
        self.indicators = list(after)
        for number in before.keys() - {one.number for one in after}:
            self._lines.pop(number, None)
            self._problems.pop(number, None)
        self._changed(*(
            one for one in after
            if one.number not in before or not self._has_same_values(before[one.number], one)
        ))  # fmt: skip

    @staticmethod
    def _has_same_values(one: ChartIndicator, other: ChartIndicator) -> bool:
        """Whether both need the same lines; outputs out of sight have none."""
        drawn = [[(look.style, look.is_visible) for look in indicator.looks.values()] for indicator in (one, other)]
        return one.settings == other.settings and drawn[0] == drawn[1]

    def _changed(self, *need_values: ChartIndicator) -> None:
        self._draw()
        if need_values:
            self._stale |= {one.number for one in need_values}
            self._settle.start()
        self.changed.emit()

    # --- dialogs

    def open_picker(self) -> None:
        """Choose an indicator to add."""
        from strategy_tester.ui.panels.chart.indicators_picker import IndicatorPicker

        if self._picker is None:
            self._picker = IndicatorPicker(self)
            self._picker.destroyed.connect(self._forget_picker)
        self._picker.show()
        self._picker.raise_()
        self._picker.activateWindow()

    def _forget_picker(self) -> None:
        self._picker = None

    def open_settings(self, number: int) -> None:
        """Change an indicator's settings and looks, seen on the chart while they change."""
        from strategy_tester.ui.panels.chart.indicators_settings import IndicatorSettings

        found = self.find(number)
        if found is None:
            return
        entry = self.entry(found.name)
        if entry is not None:
            IndicatorSettings(self, found, entry).show()
            return
        self.load_entries(lambda _entries: self.open_settings(number) if self.entry(found.name) else None)

    def load_entries(self, take: Callable[[Sequence[IndicatorEntry]], object]) -> None:
        """The list of all indicators: at once when it was loaded before, else from a job."""

        def arrived(entries: Sequence[IndicatorEntry]) -> None:
            self._all_entries = entries
            self._entries |= {entry.name: entry for entry in entries}
            take(entries)

        if self._all_entries:
            take(self._all_entries)
        else:
            self.start_job(
                tr("Reading the list of indicators"), lambda _checkpoint: indicator_entries(), arrived, is_quiet=True
            )

    # --- what the chart's own buttons ask for

    def _by_owner(self, owner: str) -> ChartIndicator | None:
        return next((one for one in self.indicators if one.pane_key == owner), None)

    def _legend_button(self, owner: str, name: str) -> None:
        found = self._by_owner(owner)
        if found is None:
            return
        if name in {"hide", "show"}:
            self.put(replace(found, is_hidden=name == "hide"))
        elif name == "settings":
            self.open_settings(found.number)
        elif name == "remove":
            self.remove(found.number)

    def _pane_closed(self, key: str) -> None:
        """Closing a pane removes the indicator, or only the lines there if others lie over the candles."""
        found = self._by_owner(key)
        if found is None:
            return
        lines = self._lines.get(found.number, ())
        if all(line.pane for line in lines):
            self.remove(found.number)
            return
        for line in lines:
            if line.pane:
                found = found.with_look(line.title, replace(found.look(line.title), is_visible=False))
        self.put(found)

    # --- values

    def _take_candles(self) -> None:
        """Other candles are on the chart: what was computed belongs to the ones before."""
        self._last_bars.cancel()
        self._rest.stop()
        self._is_behind = False
        self._lines.clear()
        self._problems.clear()
        self._stale = {one.number for one in self.indicators}
        self._draw()
        self._compute()

    def _compute(self) -> None:
        shown = self.panel.chart.model.candles
        wanted = [one for one in self.indicators if one.number in self._stale]
        if shown is None or not len(shown) or not wanted:
            return
        take = candles_taker(shown, self.panel.view_model.candles)
        self.start_job(
            tr("Computing indicators"),
            lambda checkpoint: _compute_all(wanted, shown, take, checkpoint),
            self._take_values,
            group="values",
        )

    def _take_values(self, found: _Computed) -> None:
        if found.candles is not self.panel.chart.model.candles:
            return  # other candles came meanwhile, and with them another job
        self._entries |= found.entries
        for one in self.indicators:
            if one.number in found.seen:
                if self._has_same_values(found.seen[one.number], one):
                    self._stale.discard(one.number)
                self._lines[one.number] = found.lines.get(one.number, ())
                self._problems[one.number] = found.problems.get(one.number, "")
        self._draw()
        self._follow_last_bar()

    def _draw(self) -> None:
        drawn = [
            DrawnIndicator(
                one, self._lines.get(one.number, ()), self._needs_pane(one.name), self._problems.get(one.number, "")
            )
            for one in self.indicators
        ]
        self.panel.chart.contribute(OWNER, contribution_of(drawn, self._price_decimals))

    def _needs_pane(self, name: str) -> bool:
        entry = self._entries.get(name)
        return entry is not None and not any(output.is_overlay for output in entry.outputs)

    def _price_decimals(self) -> int:
        candles = self.panel.chart.model.candles
        return candles.decimals if candles is not None else 2

    # --- the bar that is still forming

    def _follow_last_bar(self) -> None:
        """The chart's last bar changed or a bar was added: bring the lines' last values up to it."""
        shown = self.panel.chart.model.candles
        wanted = [
            (one.number, one.name, dict(one.settings), len(self._lines[one.number][0]) - 1)
            for one in self.indicators
            if self._lines.get(one.number) and one.number not in self._stale
        ]
        if shown is None or not wanted:
            return
        if self._last_bars.is_running or self._rest.isActive():
            self._is_behind = True
            return
        self._is_behind = False
        take, bars, started = candles_taker(shown, self.panel.view_model.candles), len(shown), time.monotonic()

        def work() -> dict[int, dict[str, Floats]]:
            return {
                number: latest_values(name, settings, take, bars, first) for number, name, settings, first in wanted
            }

        def arrived(found: dict[int, dict[str, Floats]]) -> None:
            if shown is self.panel.chart.model.candles:
                self._extend(found, {number: first for number, _, _, first in wanted})
                self._rest.start(round(REST_FACTOR * 1000 * (time.monotonic() - started)))

        self._last_bars.start(work, arrived)

    def _catch_up(self) -> None:
        if self._is_behind:
            self._follow_last_bar()

    def _extend(self, found: dict[int, dict[str, Floats]], firsts: dict[int, int]) -> None:
        for number, columns in found.items():
            if number in self._stale:
                continue  # its settings changed meanwhile
            for line in self._lines.get(number, ()):
                values = columns[line.title]
                if len(line) - 1 == firsts[number] and values.size:
                    _put_values(line, values)
        self.panel.chart.canvas.refresh()

    def _write_texts(self) -> None:
        self.button.setText(tr("Indicators"))
        self.button.setToolTip(tr("Put an indicator on the chart: over the candles or in a pane below."))
        self.button.setAccessibleName(tr("Indicators"))


def _put_values(line: PreparedLine, values: Floats) -> None:
    line.update_last(float(values[0]))
    for value in values[1:]:
        line.append(float(value))


def _compute_all(
    wanted: Sequence[ChartIndicator],
    shown: PreparedCandles,
    take: Callable[[int], Candles],
    checkpoint: Checkpoint,
) -> _Computed:
    """Every indicator's lines over the same candles, ready to draw; one that cannot be computed stops no other."""
    series.warm_up()
    candles = take(0)
    lines: dict[int, tuple[PreparedLine, ...]] = {}
    problems: dict[int, str] = {}
    entries: dict[str, IndicatorEntry] = {}
    for place, one in enumerate(wanted):
        checkpoint(place, len(wanted), one.title)
        try:
            settings = checked_settings(one.name, one.settings)
            made = indicator_lines(one.name, settings, candles, one.pane_key)
        except InputError as error:
            problems[one.number] = describe(error).what
            continue
        looks = [(line, one.look(line.title)) for line in made]
        styled = [replace(line, style=look.style or line.style) for line, look in looks if look.is_visible]
        lines[one.number] = tuple(series.prepare_lines(styled))
        entry = indicator_entry(one.name)
        if entry is not None:
            entries[one.name] = entry
    return _Computed(shown, {one.number: one for one in wanted}, lines, problems, entries)
