"""Funding, mark price, index price and open interest beside the candles, where they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from strategy_tester.services.chart_values import FUNDING, BarTimes, BarValues, available_kinds, bar_values
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.ui import i18n, icons
from strategy_tester.ui.actions import Action
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.charts.line_layer import LineLayer
from strategy_tester.ui.charts.panes import Contribution, Pane
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import DASH, format_compact, format_number, format_percent
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

OWNER = "extra-panes"
TITLES = {
    FUNDING: mark("Funding rate"),
    "mark_price": mark("Mark price"),
    "index_price": mark("Index price"),
    "open_interest": mark("Open interest"),
}
NEW_BARS_MS = 500
"""After bars were added, wait this long before the values are brought onto them."""
COLORS = {"mark_price": 3, "index_price": 6, "open_interest": 4}


@dataclass(frozen=True, eq=False)
class _Found:
    candles: PreparedCandles
    bars: int
    available: tuple[str, ...]
    values: dict[str, BarValues]
    lines: dict[str, tuple[PreparedLine, PreparedLine]]


class ExtraPanesFeature(ChartFeature):
    """Which of the stored values this chart shows."""

    key = "extra_panes"
    changed = Signal()
    """Another choice of panes."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.wanted: set[str] = set()
        self.available: tuple[str, ...] = ()
        self._found: _Found | None = None
        self._new_bars = QTimer(self)
        self._new_bars.setSingleShot(True)
        self._new_bars.setInterval(NEW_BARS_MS)
        self._new_bars.timeout.connect(self._read)
        self.button, self.menu = QToolButton(), QMenu()
        self.button.setIcon(icons.icon("layers-outline"))
        self.button.setAutoRaise(True)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self.menu.aboutToShow.connect(self._fill_menu)
        panel.header.addWidget(self.button)
        panel.chart.candles_shown.connect(self._take_candles)
        panel.chart.bars_changed.connect(self._note_bars)
        panel.chart.pane_closed.connect(self._drop)
        panel.chart.legend_button.connect(lambda owner, name: self._drop(owner) if name == "remove" else None)
        i18n.retranslate_now_and_later(self._write_texts)

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """A switch for each kind of value."""

        def is_on(kind: str) -> bool:
            panel = context.charts.current
            return panel is not None and kind in panel.feature(cls).wanted

        return [
            Action(
                f"chart.pane_{kind}", title, on_current(context, cls, lambda feature, kind=kind: feature.toggle(kind)),
                "chart", is_checked=lambda kind=kind: is_on(kind), is_in_menu=False,
                help=mark("Shown where it is stored for the market."),
            )
            for kind, title in TITLES.items()
        ]  # fmt: skip

    def toggle(self, kind: str) -> None:
        """Show a kind of value, or take it away."""
        self.set_wanted(self.wanted ^ {kind})

    def set_wanted(self, kinds: set[str]) -> None:
        """Show these kinds, as far as they are stored."""
        self.wanted = {kind for kind in kinds if kind in TITLES}
        self._draw()
        self._read()
        self.changed.emit()

    def _drop(self, owner: str) -> None:
        prefix, _, kind = owner.partition(":")
        if prefix == "value" and kind in self.wanted:
            self.set_wanted(self.wanted - {kind})

    def save_state(self) -> Any:
        """The kinds wanted."""
        return sorted(self.wanted) or None

    def restore_state(self, state: Any) -> None:
        """Show saved kinds."""
        self.set_wanted({kind for kind in state if isinstance(kind, str)} if isinstance(state, list) else set())

    # --- values

    def _take_candles(self) -> None:
        self._new_bars.stop()
        self._found, self.available = None, ()
        self._draw()
        self._read()

    def _note_bars(self) -> None:
        shown = self.panel.chart.model.candles
        if self._found is not None and shown is not None and len(shown) > self._found.bars:
            self._new_bars.start()

    def _read(self) -> None:
        shown = self.panel.chart.model.candles
        if shown is None or not len(shown):
            return
        bars = len(shown)
        opens, closes = shown.base.times[:bars].copy(), shown.close.values[:bars].copy()
        wanted, store = set(self.wanted), self.panel.context.services.candles
        until_ms = self.panel.known_until_ms

        def work(checkpoint: Checkpoint) -> _Found:
            available = available_kinds(store, shown.symbol, shown.source)
            chosen = [kind for kind in available if kind in wanted]
            ends = shown.timeframe.closes_of(opens) if shown.timeframe is not None else np.append(opens[1:], opens[-1])
            if until_ms is not None:
                ends = np.minimum(ends, until_ms)  # in a replay the last bar is still forming
            times = BarTimes(opens, ends, closes)
            values: dict[str, BarValues] = {}
            lines: dict[str, tuple[PreparedLine, PreparedLine]] = {}
            if chosen:
                series.warm_up()
            for place, kind in enumerate(chosen):
                checkpoint(place, len(chosen))
                found = bar_values(store, shown.symbol, shown.source, kind, times)
                style = "histogram" if kind == FUNDING else "line"
                values[kind] = found
                lines[kind] = (
                    PreparedLine(kind, "", style, (), found.values),
                    PreparedLine(kind, "", "line", (0.0,), found.derived),
                )
            return _Found(shown, bars, available, values, lines)

        self.start_job(tr("Reading funding and other values"), work, self._take_values, group="values", is_quiet=True)

    def _take_values(self, found: _Found) -> None:
        if found.candles is not self.panel.chart.model.candles:
            return
        self._found, self.available = found, found.available
        self._draw()

    # --- on the chart

    def _draw(self) -> None:
        found = self._found
        shown = [kind for kind in TITLES if found is not None and kind in self.wanted and kind in found.values]
        if found is None or not shown:
            self.panel.chart.contribute(OWNER, None)
            return
        overlays = [kind for kind in shown if kind in ("mark_price", "index_price")]
        layers = [LineLayer(found.lines[kind][0], COLORS[kind], 1.0) for kind in overlays]

        def legend(bar: int | None) -> list[Row]:
            return [self._price_row(found, kind, bar) for kind in overlays]

        panes = [self._pane(found, kind) for kind in shown]
        self.panel.chart.contribute(OWNER, Contribution([], layers, panes, legend if overlays else None))

    def _pane(self, found: _Found, kind: str) -> Pane:
        pane = Pane(f"value:{kind}", tr(TITLES[kind]))
        first, second = found.lines[kind]
        pane.legend = lambda bar: [self._row(found, kind, bar)]
        if kind == FUNDING:
            pane.layers, pane.decimals, pane.unit, pane.levels = [LineLayer(first, 0)], 4, " %", (0.0,)
        elif kind == "open_interest":
            pane.layers, pane.is_compact = [LineLayer(first, COLORS[kind])], True
        else:
            pane.title = self._basis_title(kind)
            pane.layers, pane.decimals, pane.unit = [LineLayer(second, COLORS[kind])], 3, " %"
            pane.levels = (0.0,)
        return pane

    def _basis_title(self, kind: str) -> str:
        return tr("Mark price to last") if kind == "mark_price" else tr("Index price to last")

    def _row(self, found: _Found, kind: str, bar: int | None) -> Row:
        values = found.values[kind]
        owner, buttons = f"value:{kind}", ("remove",)
        if kind == FUNDING:
            rate, yearly = _at(values.latest, bar), _at(values.derived, bar)
            color = "muted" if np.isnan(rate) else "up_text" if rate >= 0 else "down_text"
            return (
                Piece(tr(TITLES[kind]), "muted", keeps_next=True, owner=owner, buttons=buttons),
                Piece(_percent(rate, 4), color, owner=owner),
                Piece(tr("per year"), "muted", keeps_next=True, owner=owner),
                Piece(_percent(yearly, 2), color, owner=owner),
            )
        title = tr(TITLES[kind]) if kind == "open_interest" else self._basis_title(kind)
        number = _at(values.values if kind == "open_interest" else values.derived, bar)
        text = (
            (DASH if np.isnan(number) else format_compact(number)) if kind == "open_interest" else _percent(number, 3)
        )
        return (
            Piece(title, "muted", keeps_next=True, owner=owner, buttons=buttons),
            Piece(text, COLORS[kind], owner=owner),
        )

    def _price_row(self, found: _Found, kind: str, bar: int | None) -> Row:
        value, decimals = _at(found.values[kind].values, bar), found.candles.decimals
        text = DASH if np.isnan(value) else format_number(value, decimals)
        owner = f"value:{kind}"
        return (
            Piece(tr(TITLES[kind]), "muted", keeps_next=True, owner=owner, buttons=("remove",)),
            Piece(text, COLORS[kind], owner=owner),
        )

    def _fill_menu(self) -> None:
        from strategy_tester.ui.panels.chart.volume_profile import VolumeProfileFeature

        self.menu.clear()
        for kind, title in TITLES.items():
            is_there = kind in self.available
            text = tr(title) if is_there else tr("{what} (none stored)", what=tr(title))
            action = QAction(text, self.menu)
            action.setCheckable(True)
            action.setChecked(kind in self.wanted)
            action.setEnabled(is_there or kind in self.wanted)
            action.triggered.connect(lambda _on=False, kind=kind: self.toggle(kind))
            self.menu.addAction(action)
        self.menu.addSeparator()
        self.panel.feature(VolumeProfileFeature).fill_menu(self.menu)

    def _write_texts(self) -> None:
        self.button.setToolTip(tr("Funding, open interest, volume profile"))
        self.button.setAccessibleName(tr("Funding, open interest, volume profile"))
        self._draw()


def _at(values: np.ndarray, bar: int | None) -> float:
    return float(values[bar]) if bar is not None and 0 <= bar < values.size else np.nan


def _percent(value: float, decimals: int) -> str:
    return DASH if np.isnan(value) else format_percent(value, sign=True, decimals=decimals)
