"""What a price chart holds: candles, lines, trades, and the panes made of them."""

import math
from collections.abc import Sequence
from typing import Any

from strategy_tester.domain.results import TradeColumns
from strategy_tester.ui.charts import chart_legend
from strategy_tester.ui.charts.candle_layer import CHART_TYPES, CandleLayer, VolumeLayer
from strategy_tester.ui.charts.gap_layer import GapLayer
from strategy_tester.ui.charts.legend import Row
from strategy_tester.ui.charts.line_layer import BandLayer, LineLayer
from strategy_tester.ui.charts.pane_book import MAIN, VOLUME, PaneBook
from strategy_tester.ui.charts.panes import Contribution, Pane, from_top
from strategy_tester.ui.charts.price_layers import price_layer
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.trade_index import TradeIndex
from strategy_tester.ui.charts.trade_layer import TradeBoxLayer, TradeMarkLayer
from strategy_tester.ui.charts.view_state import TimeView, ValueScale
from strategy_tester.ui.charts.window import first_in_sight
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import decimals_of_step

PRICE = MAIN
SCALES = ("linear", "log", "percent")
"""What the price axis can tell: prices at equal distances, at equal ratios, or changes since the left edge."""
FIRST_BARS = 160
"""Bars in sight when candles appear for the first time."""
STRETCH = {PRICE: 5.0, VOLUME: 1.0}
PANE_STRETCH = 1.3
NO_CANDLES = mark("No candles to show. Choose or import a market in Data.")


class ChartModel:
    """Candles with volume, indicator lines and trades, as panes over one time axis."""

    def __init__(self) -> None:
        self.view = TimeView()
        self.candles: PreparedCandles | None = None
        self.lines: list[PreparedLine] = []
        self.trades: TradeIndex | None = None
        self.panes: list[Pane] = []
        self.book = PaneBook()
        self.chart_type = CHART_TYPES[0]
        self.scale_kind = SCALES[0]
        self.is_inverted = False
        self.hidden_lines: set[str] = set()
        """Titles of the lines that are not drawn."""
        self.is_loading = False
        self.grounds: list[GapLayer] = []
        """Painted first, in every pane: the holes in the data."""
        self.tick_size = 0.0
        self._trade_columns: TradeColumns | None = None
        self._boxes: TradeBoxLayer | None = None
        self._contributions: dict[str, Contribution] = {}
        self._closed_contributed: set[str] = set()
        self._price_layer: CandleLayer | None = None
        self._price_kind = ""
        self._titles: dict[str, str] = {}

    @property
    def base(self) -> TimeBase | None:
        """The time axis; None while there are no candles."""
        return self.candles.base if self.candles is not None and len(self.candles) else None

    @property
    def shows_volume(self) -> bool:
        """Whether the volume has its pane."""
        return VOLUME not in self.book.closed

    @shows_volume.setter
    def shows_volume(self, wanted: bool) -> None:
        (self.book.closed.discard if wanted else self.book.closed.add)(VOLUME)

    @property
    def empty_text(self) -> str:
        """What to say while there is nothing to show."""
        return tr(NO_CANDLES)

    # --- content

    def set_candles(self, candles: PreparedCandles) -> None:
        """Show candles. The same market and timeframe again keeps the visible period; another one starts at its end."""
        before, view = self.candles, self.view
        keeps = before is not None and len(before) and len(candles) and _is_same_series(before, candles)
        period = (
            (before.base.time_of(view.left), view.left % 1.0, view.span, view.follows) if keeps and before else None
        )
        self.candles = candles
        self.grounds = [GapLayer(candles.base)]
        self.lines = []
        self.trades = self._boxes = self._trade_columns = None
        view.first, view.last = 0, candles.base.last_slot
        if period is None:
            self._forget_scales()
            self.reset_view()
        elif period[3]:
            view.show_end(period[2])
        else:
            left = candles.base.slot_of(period[0]) + period[1]
            view.show(left, left + period[2])
        self._build()

    def clear(self) -> None:
        """Show nothing."""
        self.candles = None
        self.grounds = []
        self.lines = []
        self.trades = self._boxes = self._trade_columns = None
        self.is_loading = False
        self._build()

    def rebuild(self) -> None:
        """Write every title again, for example in another language."""
        self._build()

    def set_tick_size(self, tick_size: float) -> None:
        """Steps in which prices move; 0 when not known."""
        self.tick_size = tick_size
        if self.candles is not None and tick_size > 0:
            self.candles.decimals, self.candles.has_tick = decimals_of_step(tick_size), True
        self._build()

    def set_chart_type(self, kind: str) -> None:
        """Show prices in one of `candle_layer.CHART_TYPES`.

        Raises:
            ValueError: there is no such type.
        """
        if kind not in CHART_TYPES:
            raise ValueError(f"unknown chart type {kind!r}; known are {', '.join(CHART_TYPES)}")
        if kind != self.chart_type:
            self.chart_type = kind
            self._build()

    def set_scale(self, kind: str) -> None:
        """Let the price axis tell one of SCALES. The range is fitted anew.

        Raises:
            ValueError: there is no such scale.
        """
        if kind not in SCALES:
            raise ValueError(f"unknown scale {kind!r}; known are {', '.join(SCALES)}")
        self.scale_kind = kind
        for pane in self.panes[:1]:
            pane.scale.set_log(wanted=kind == "log")
            pane.scale.percent_base = None

    def set_log_scale(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Prices on a logarithmic scale."""
        self.set_scale("log" if wanted else "linear")

    def set_inverted(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """High prices below."""
        self.is_inverted = wanted
        for pane in self.panes[:1]:
            pane.scale.is_inverted = wanted

    def prepare_frame(self) -> float | None:
        """Before a frame is fitted: which price counts as 0 % now; None while the axis tells prices.

        It is the close of the first bar in sight.
        """
        if self.scale_kind != "percent" or self.candles is None or not self.panes:
            return None
        bar = min(first_in_sight(self.candles.base, self.view), len(self.candles) - 1)
        base = float(self.candles.close.values[bar])
        self.panes[0].scale.percent_base = base if math.isfinite(base) and base > 0 else None
        return self.panes[0].scale.percent_base

    def reset_view(self) -> None:
        """The last bars at their usual width; later ones are followed."""
        slots = 0 if self.candles is None else self.candles.base.last_slot + 1
        self.view.show_end(min(FIRST_BARS, max(slots * 1.15 + 2, 30)))

    def _forget_scales(self) -> None:
        for pane in self.panes:
            pane.scale.is_auto = True

    def set_lines(self, lines: Sequence[PreparedLine]) -> None:
        """Show these lines instead of the ones so far. Longer ones than the candles are cut."""
        self.lines = list(lines)
        self._build()

    def set_trades(self, trades: TradeColumns | None) -> None:
        """Show these trades instead of the ones so far."""
        self._trade_columns = trades
        self._index_trades()
        self._build()

    def _index_trades(self) -> None:
        trades = self._trade_columns
        if trades is None or self.base is None or not len(trades):
            self.trades = self._boxes = None
            return
        self.trades = TradeIndex(trades, self.base)
        self._boxes = TradeBoxLayer(self.trades)

    def append(
        self, open_time_ms: int, open_: float, high: float, low: float, close: float, volume: float = 0.0
    ) -> None:
        """Add one bar at the end; lines go on when `extend_lines` gives them values."""
        if self.candles is None:
            raise ValueError("there are no candles to add to")
        self.candles.append(open_time_ms, open_, high, low, close, volume)
        self._take_decimals()
        self.view.move_data(0, self.candles.base.last_slot)

    def update_last(self, high: float, low: float, close: float, volume: float) -> None:
        """Change the bar that is still forming."""
        if self.candles is not None and len(self.candles):
            self.candles.update_last(high, low, close, volume)
            self._take_decimals()

    def _take_decimals(self) -> None:
        if self.candles is not None and self.panes:
            self.panes[0].decimals = self.candles.decimals

    def contribute(self, owner: str, contribution: Contribution | None) -> None:
        """Add layers and panes under a name, in place of what stood under it; None takes them away.

        They stay when candles change: their owner replaces them when they no longer fit.
        """
        if contribution is None:
            self._contributions.pop(owner, None)
        else:
            self._contributions[owner] = contribution
        # Its owner has taken a closed pane away: should it come again, it is wanted.
        there = {pane.key for one in self._contributions.values() for pane in one.panes}
        self.book.closed -= self._closed_contributed - there
        self._closed_contributed &= there
        self._build()

    # --- panes

    def _build(self) -> None:
        """Panes anew, with the heights and scales they had."""
        self.book.note_heights(self.panes)
        old = {pane.key: pane for pane in self.panes}
        self.panes = []
        if self.base is None or self.candles is None:
            return
        layer = self._prices(self.candles)
        price = self._pane(old, PRICE, ValueScale(is_log=self.scale_kind == "log", is_inverted=self.is_inverted))
        price.decimals, price.tick_size = self.candles.decimals, self.tick_size
        self._fill_price(price, layer)
        volume = self._pane(old, VOLUME, ValueScale(has_zero_floor=True))
        volume.title, volume.is_compact, volume.layers = tr("Volume"), True, [VolumeLayer(layer)]
        natural = [price, *self._line_panes(old), *self._contributed_panes(old), volume]
        self.panes = self.book.arrange(natural)
        self._titles = {pane.key: pane_title(pane) for pane in natural if pane is not price}

    def _prices(self, candles: PreparedCandles) -> CandleLayer:
        """The layer of the prices; kept as long as it fits, with the room it has."""
        layer = self._price_layer
        if layer is None or layer.candles is not candles or self._price_kind != self.chart_type:
            layer = price_layer(self.chart_type, candles)
        self._price_layer, self._price_kind = layer, self.chart_type
        return layer

    def _pane(self, old: dict[str, Pane], key: str, scale: ValueScale) -> Pane:
        before = old.get(key)
        pane = Pane(key, stretch=STRETCH.get(key, PANE_STRETCH), scale=scale)
        if before is not None:
            pane.scale, pane.stretch = before.scale, before.stretch
            return pane
        # Heights become pixels once a border was dragged: a new pane takes its usual share of them.
        unit = old[PRICE].stretch if PRICE in old else STRETCH[PRICE]
        pane.stretch = unit * self.book.shares.get(key, pane.stretch / STRETCH[PRICE])
        return pane

    def _fill_price(self, price: Pane, candle_layer: CandleLayer) -> None:
        overlays = [LineLayer(self.lines[number], number) for number in self._lines_in_sight(PRICE)]
        price.under = [*candle_layer.under, *_bands(overlays)]
        if self._boxes is not None:
            price.under.append(self._boxes)
        price.layers = [candle_layer, *overlays]
        for contribution in self._contributions.values():
            price.under += contribution.under
            price.layers += contribution.layers
        if self._boxes is not None and self.candles is not None:
            price.layers.append(TradeMarkLayer(self._boxes, self.candles))

    def _lines_in_sight(self, key: str) -> list[int]:
        """Numbers of the own lines that are drawn in a pane."""
        return [number for number in self.lines_of(key) if self.lines[number].title not in self.hidden_lines]

    def _line_panes(self, old: dict[str, Pane]) -> list[Pane]:
        panes = []
        for name in dict.fromkeys(line.pane for line in self.lines if line.pane):
            pane = self._pane(old, f"pane:{name}", ValueScale())
            layers = [LineLayer(self.lines[number], number) for number in self._lines_in_sight(pane.key)]
            pane.under = list(_bands(layers))
            # Histograms lie behind lines.
            pane.layers = sorted(layers, key=lambda layer: layer.line.style != "histogram")
            levels = [level for number in self.lines_of(pane.key) for level in self.lines[number].levels]
            pane.levels = tuple(dict.fromkeys(levels))
            panes.append(pane)
        return panes

    def _contributed_panes(self, old: dict[str, Pane]) -> list[Pane]:
        panes = []
        for contribution in self._contributions.values():
            for wanted in contribution.panes:
                pane = self._pane(old, wanted.key, wanted.scale)
                wanted.scale, wanted.stretch = pane.scale, pane.stretch
                panes.append(wanted)
        return panes

    def shown_alone(self) -> str | None:
        """Key of the pane that has the chart to itself, or None."""
        return self.book.maximized

    def shown_keys(self) -> list[str]:
        """Keys of the panes in sight, from top to bottom."""
        return [pane.key for pane in from_top(self.panes, self.book.maximized)]

    def pane_titles(self) -> dict[str, str]:
        """Titles of all panes besides the main one, also of those that are closed, by key."""
        return dict(self._titles)

    def move_pane(self, key: str, place: int) -> bool:
        """Put a pane at a place from the top, counted with the pane itself taken out; False when nothing changes."""
        moved = self.book.move(key, place, self.shown_keys())
        if moved:
            self._build()
        return moved

    def close_pane(self, key: str) -> bool:
        """Take a pane out of sight; the main one stays. False when there is none."""
        if key == PRICE or all(pane.key != key for pane in self.panes):
            return False
        self.book.note_heights(self.panes)
        self.book.closed.add(key)
        if any(pane.key == key for one in self._contributions.values() for pane in one.panes):
            self._closed_contributed.add(key)
        self._build()
        return True

    def open_pane(self, key: str) -> None:
        """Bring a closed pane back, where and as high as it was."""
        self.book.closed.discard(key)
        self._closed_contributed.discard(key)
        self._build()

    def maximize_pane(self, key: str | None) -> None:
        """Give the chart to one pane; None gives every pane its place again."""
        self.book.maximized = key if any(pane.key == key for pane in self.panes) else None

    def save_panes(self) -> dict[str, Any]:
        """Order, heights and closed panes as JSON values."""
        self.book.note_heights(self.panes)
        state = self.book.save()
        # An indicator whose pane was closed is gone: its owner remembers that.
        state["closed"] = [key for key in state["closed"] if key not in self._closed_contributed]
        return state

    def restore_panes(self, state: Any) -> None:
        """Take up what `save_panes` gave; what does not fit is passed over."""
        self.book.restore(state)
        self.panes = [pane for pane in self.panes if pane.key == PRICE]
        self._build()

    # --- legend

    def legend(self, pane: Pane, bar: int | None) -> list[Row]:
        """Rows of the legend of a pane at a bar; None where there is no candle."""
        return chart_legend.rows_of(self, pane, bar)

    @property
    def contributions(self) -> list[Contribution]:
        """What others have added."""
        return list(self._contributions.values())

    def lines_of(self, key: str) -> list[int]:
        """Numbers of the own lines that stand in a pane, hidden ones too, or nobody could bring them back."""
        return [number for number, line in enumerate(self.lines) if line_pane_key(line) == key]

    def hide_line(self, title: str, *, hidden: bool) -> None:
        """Take a line out of sight, or bring it back; its name stays in the legend."""
        (self.hidden_lines.add if hidden else self.hidden_lines.discard)(title)
        self._build()

    def last_price(self) -> tuple[float, bool] | None:
        """The last close and whether its bar rose; None without candles."""
        if self.candles is None or not len(self.candles):
            return None
        close = float(self.candles.close.values[-1])
        return close, close >= float(self.candles.open.values[-1])

    # --- trades

    def highlight(self, trade: int | None) -> None:
        """Frame a trade, by its number in the columns."""
        if self._boxes is not None:
            self._boxes.highlighted = trade

    def show_trade(self, trade: int) -> bool:
        """Center and frame a trade; False when there is no such trade."""
        place = self.trades.place_of(trade) if self.trades is not None else None
        if place is None or self.trades is None:
            return False
        entry, exit_ = int(self.trades.entry[place]), int(self.trades.exit[place])
        length = exit_ - entry + 1
        if length > self.view.span * 0.8:
            self.view.show(entry - length * 0.3, exit_ + length * 0.3)
        elif length < self.view.span * 0.03:
            # Seen from afar the trade would be a speck: come closer.
            wanted = min(self.view.span, max(20.0 * length, float(FIRST_BARS)))
            self.view.show(entry - wanted / 2, entry + wanted / 2)
        self.view.center((entry + exit_) / 2)
        self.highlight(trade)
        return True


def line_pane_key(line: PreparedLine) -> str:
    """Key of the pane in which a line stands."""
    return f"pane:{line.pane}" if line.pane else PRICE


def pane_title(pane: Pane) -> str:
    """What a pane is called in menus."""
    return pane.title or pane.key.partition(":")[2] or pane.key


def _bands(layers: Sequence[LineLayer]) -> list[BandLayer]:
    """The ground between the first and the last of neighboring lines in the style 'band'."""
    groups: dict[str, list[LineLayer]] = {}
    for layer in layers:
        if layer.line.style == "band" and isinstance(layer.line, PreparedLine):
            groups.setdefault(layer.line.title.replace(".", "_").rsplit("_", 1)[0], []).append(layer)
    return [BandLayer(group[0], group[-1]) for group in groups.values() if len(group) > 1]


def _is_same_series(one: PreparedCandles, two: PreparedCandles) -> bool:
    return (one.symbol, one.timeframe, one.source) == (two.symbol, two.timeframe, two.source)
