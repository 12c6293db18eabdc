"""Other markets as percent lines on a chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QToolButton

from strategy_tester.services.chart_compare import compared_closes
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import i18n, icons
from strategy_tester.ui.actions import Action
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.chart_model import SCALES
from strategy_tester.ui.charts.compare import CompareLayer
from strategy_tester.ui.charts.legend import SOURCES, Piece, Row
from strategy_tester.ui.charts.panes import Contribution
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import DASH, format_percent
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

OWNER = "compare"
NEW_BARS_MS = 500
MOST_COMPARED = 12
FIRST_COLOR = 4
"""The first colors are those of the strategy's lines and of indicators."""


@dataclass(frozen=True)
class Compared:
    """One compared market and the number of its color."""

    symbol: str
    source: str
    color: int

    @property
    def owner(self) -> str:
        """What the legend calls it to the chart."""
        return f"{OWNER}:{self.symbol}:{self.source}"


class CompareFeature(ChartFeature):
    """The markets compared on one chart; the price axis tells percent while there are any."""

    key = "compare"
    changed = Signal()
    """Other markets are compared."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.compared: list[Compared] = []
        self._scale_before = "linear"
        self._layers: dict[Compared, CompareLayer] = {}
        self._candles: PreparedCandles | None = None
        self._bars = 0
        self._picker: QDialog | None = None
        self._new_bars = QTimer(self)
        self._new_bars.setSingleShot(True)
        self._new_bars.setInterval(NEW_BARS_MS)
        self._new_bars.timeout.connect(self._read)
        self.button = QToolButton()
        self.button.setIcon(icons.icon("compare"))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self.button.setObjectName("compare-button")
        self.button.clicked.connect(lambda _on=False: self.open_picker())
        panel.header.addWidget(self.button)
        panel.chart.candles_shown.connect(self._take_candles)
        panel.chart.bars_changed.connect(self._note_bars)
        panel.chart.legend_button.connect(self._legend_button)
        i18n.retranslate_now_and_later(self._write_texts)

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Choose markets."""
        return (
            Action(
                "chart.compare", mark("Compare with other symbols…"), on_current(context, cls, cls.open_picker),
                "chart", (), "compare", synonyms=("overlay", "add symbol", "сравнить", "relative performance"),
                help=mark("Other stored symbols as percent lines from the first candle in sight."),
            ),
        )  # fmt: skip

    def markets(self) -> list[tuple[str, str]]:
        """(symbol, source) of everything stored but the chart's own market."""
        own = self.panel.view_model.series
        stored = dict.fromkeys((item.key.symbol, item.key.source) for item in self.panel.view_model.summaries)
        return [market for market in stored if own is None or market != (own.symbol, own.source)]

    def is_compared(self, symbol: str, source: str) -> bool:
        """Whether a market is compared now."""
        return any((one.symbol, one.source) == (symbol, source) for one in self.compared)

    def toggle(self, symbol: str, source: str) -> None:
        """Compare with a market, or no more."""
        if self.is_compared(symbol, source):
            self._set([one for one in self.compared if (one.symbol, one.source) != (symbol, source)])
        elif len(self.compared) < MOST_COMPARED:
            used = {one.color for one in self.compared}
            color = next(number for number in range(FIRST_COLOR, FIRST_COLOR + MOST_COMPARED + 1) if number not in used)
            self._set([*self.compared, Compared(symbol, source, color)])

    def clear(self) -> None:
        """Compare with nothing."""
        self._set([])

    def open_picker(self) -> None:
        """Choose markets."""
        from strategy_tester.ui.panels.chart.compare_picker import ComparePicker

        if self._picker is None:
            self._picker = ComparePicker(self)
            self._picker.destroyed.connect(self._forget_picker)
        self._picker.show()
        self._picker.raise_()
        self._picker.activateWindow()

    def _forget_picker(self) -> None:
        self._picker = None

    def save_state(self) -> Any:
        """The markets, and the scale to go back to."""
        if not self.compared:
            return None
        markets = [{"symbol": one.symbol, "source": one.source, "color": one.color} for one in self.compared]
        return {"markets": markets, "scale": self._scale_before}

    def restore_state(self, state: Any) -> None:
        """Compare with saved markets."""
        item = state if isinstance(state, dict) else {}
        saved = item.get("markets")
        markets = [one for one in saved if isinstance(one, dict)] if isinstance(saved, list) else []
        found = [
            Compared(str(one["symbol"]), str(one["source"]), place + FIRST_COLOR)
            for place, one in enumerate(markets[:MOST_COMPARED])
            if one.get("symbol") and isinstance(one.get("source"), str)
        ]
        self._set(found)
        if found and item.get("scale") in SCALES:
            self._scale_before = str(item["scale"])

    def _set(self, compared: list[Compared]) -> None:
        chart = self.panel.chart
        had, self.compared = bool(self.compared), compared
        if compared and not had:
            self._scale_before = chart.scale
            chart.set_scale("percent")
        elif had and not compared and chart.scale == "percent":
            chart.set_scale(self._scale_before)
        self._layers = {one: layer for one, layer in self._layers.items() if one in compared}
        self._draw()
        self._read()
        self.changed.emit()

    # --- values

    def _take_candles(self) -> None:
        self._new_bars.stop()
        self._layers, self._bars = {}, 0
        self._draw()
        self._read()

    def _note_bars(self) -> None:
        shown = self.panel.chart.model.candles
        if self._layers and shown is not None and len(shown) > self._bars:
            self._new_bars.start()

    def _read(self) -> None:
        shown, wanted = self.panel.chart.model.candles, list(self.compared)
        if shown is None or not len(shown) or shown.timeframe is None or not wanted:
            return
        times, frame = shown.base.times[: len(shown)].copy(), shown.timeframe
        store, until_ms = self.panel.context.services.candles, self.panel.known_until_ms

        def work(checkpoint: Checkpoint) -> dict[Compared, PreparedLine | None]:
            series.warm_up()
            found: dict[Compared, PreparedLine | None] = {}
            for place, one in enumerate(wanted):
                checkpoint(place, len(wanted), one.symbol)
                closes = compared_closes(store, SeriesKey(one.symbol, frame, one.source), times, until_ms)
                is_empty = closes is None or bool(np.isnan(closes).all())
                found[one] = None if closes is None or is_empty else PreparedLine(one.symbol, "", "line", (), closes)
            return found

        def arrived(found: dict[Compared, PreparedLine | None]) -> None:
            if shown is self.panel.chart.model.candles:
                self._bars = len(times)
                self._layers = {
                    one: CompareLayer(line, one.color, self.panel.chart.model.view)
                    for one, line in found.items()
                    if line is not None and one in self.compared
                }
                self._draw()

        self.start_job(tr("Reading symbols to compare"), work, arrived, group="values")

    def _draw(self) -> None:
        layers = list(self._layers.values())
        contribution = Contribution([], layers, [], self._legend) if self.compared else None
        self.panel.chart.contribute(OWNER, contribution)

    def _legend(self, bar: int | None) -> list[Row]:
        return [self._row(one, bar) for one in self.compared]

    def _row(self, one: Compared, bar: int | None) -> Row:
        layer = self._layers.get(one)
        source = tr(SOURCES.get(one.source, one.source))
        name = Piece(f"{one.symbol} · {source}", "muted", keeps_next=True, owner=one.owner, buttons=("remove",))
        if layer is None:
            return name, Piece(tr("no candles in these times"), "warn", owner=one.owner)
        if self.panel.chart.scale != "percent":
            return name, Piece(tr("shown while the scale is in percent"), "muted", owner=one.owner)
        percent = layer.percent_at(bar) if bar is not None else np.nan
        text = DASH if np.isnan(percent) else format_percent(percent, sign=True)
        return name, Piece(text, one.color, owner=one.owner)

    def _legend_button(self, owner: str, name: str) -> None:
        for one in list(self.compared):
            if one.owner == owner and name == "remove":
                self.toggle(one.symbol, one.source)

    def _write_texts(self) -> None:
        self.button.setText(tr("Compare"))
        self.button.setToolTip(tr("Other stored symbols as percent lines from the first candle in sight."))
        self.button.setAccessibleName(tr("Compare"))
