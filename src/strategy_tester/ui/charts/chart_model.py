"""What a price chart holds: candles, lines, trades, and the panes made of them."""

from collections.abc import Sequence

from strategy_tester.domain.results import TradeColumns
from strategy_tester.ui.charts.candle_layer import CandleLayer, VolumeLayer
from strategy_tester.ui.charts.legend import Piece, Row, head_row, line_pieces, value_decimals
from strategy_tester.ui.charts.line_layer import BandLayer, LineLayer
from strategy_tester.ui.charts.panes import Contribution, Pane
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.trade_index import TradeIndex
from strategy_tester.ui.charts.trade_layer import TradeBoxLayer, TradeMarkLayer
from strategy_tester.ui.charts.view_state import TimeView, ValueScale
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import decimals_of_step

PRICE, VOLUME = "price", "volume"
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
        self.shows_volume = True
        self.is_loading = False
        self.tick_size = 0.0
        self.is_log = False
        self._trade_columns: TradeColumns | None = None
        self._boxes: TradeBoxLayer | None = None
        self._contributions: dict[str, Contribution] = {}

    @property
    def base(self) -> TimeBase | None:
        """The time axis; None while there are no candles."""
        return self.candles.base if self.candles is not None and len(self.candles) else None

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

    def set_log_scale(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Prices on a logarithmic scale."""
        self.is_log = wanted
        for pane in self.panes[:1]:
            pane.scale.is_log = wanted
            pane.scale.is_auto = True

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
        self._build()

    # --- panes

    def _build(self) -> None:
        """Panes anew, with the heights and scales they had."""
        old = {pane.key: pane for pane in self.panes}
        self.panes = []
        if self.base is None or self.candles is None:
            return
        candle_layer = CandleLayer(self.candles)
        price = self._pane(old, PRICE, ValueScale(is_log=self.is_log))
        price.decimals, price.tick_size = self.candles.decimals, self.tick_size
        self._fill_price(price, candle_layer)
        self.panes.append(price)
        self._add_line_panes(old)
        self._add_contributed_panes(old)
        if self.shows_volume:
            volume = self._pane(old, VOLUME, ValueScale(has_zero_floor=True))
            volume.title, volume.is_compact, volume.layers = tr("Volume"), True, [VolumeLayer(candle_layer)]
            self.panes.append(volume)

    def _pane(self, old: dict[str, Pane], key: str, scale: ValueScale) -> Pane:
        before = old.get(key)
        pane = Pane(key, stretch=STRETCH.get(key, PANE_STRETCH), scale=scale)
        if before is not None:
            pane.scale, pane.stretch = before.scale, before.stretch
        elif old:
            # Heights become pixels once a border was dragged: a new pane takes its usual share of them.
            unit = old[PRICE].stretch / STRETCH[PRICE] if PRICE in old else 1.0
            pane.stretch *= unit
        return pane

    def _fill_price(self, price: Pane, candle_layer: CandleLayer) -> None:
        overlays = [LineLayer(line, number) for number, line in enumerate(self.lines) if not line.pane]
        price.under = list(_bands(overlays))
        if self._boxes is not None:
            price.under.append(self._boxes)
        price.layers = [candle_layer, *overlays]
        for contribution in self._contributions.values():
            price.under += contribution.under
            price.layers += contribution.layers
        if self._boxes is not None and self.candles is not None:
            price.layers.append(TradeMarkLayer(self._boxes, self.candles))

    def _add_line_panes(self, old: dict[str, Pane]) -> None:
        for name in dict.fromkeys(line.pane for line in self.lines if line.pane):
            lines = [(number, line) for number, line in enumerate(self.lines) if line.pane == name]
            pane = self._pane(old, f"pane:{name}", ValueScale())
            layers = [LineLayer(line, number) for number, line in lines]
            pane.under = list(_bands(layers))
            # Histograms lie behind lines.
            pane.layers = sorted(layers, key=lambda layer: layer.line.style != "histogram")
            pane.levels = tuple(dict.fromkeys(level for _, line in lines for level in line.levels))
            self.panes.append(pane)

    def _add_contributed_panes(self, old: dict[str, Pane]) -> None:
        for contribution in self._contributions.values():
            for wanted in contribution.panes:
                pane = self._pane(old, wanted.key, wanted.scale)
                wanted.scale, wanted.stretch = pane.scale, pane.stretch
                self.panes.append(wanted)

    # --- legend

    def legend(self, pane: Pane, bar: int | None) -> list[Row]:
        """Rows of the legend of a pane at a bar; None shows the last one... of nothing when there are no candles."""
        if self.candles is None:
            return []
        if pane.legend is not None:
            return pane.legend(bar)
        if pane.key == VOLUME:
            return [(Piece(pane.title, "muted"),)]
        rows = [head_row(self.candles, bar)] if pane.key == PRICE else []
        lines = [layer for layer in pane.layers if isinstance(layer, LineLayer)]
        pieces: list[Piece] = []
        for layer in sorted(lines, key=lambda layer: layer.color_number):
            decimals = value_decimals(layer.line, self.candles.decimals, is_overlay=pane.key == PRICE)
            pieces += line_pieces(layer.line, bar, layer.color_number, decimals)
        if pieces:
            rows.append(tuple(pieces))
        if pane.key == PRICE:
            for contribution in self._contributions.values():
                rows += contribution.legend(bar) if contribution.legend is not None else []
        return rows

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


def _bands(layers: Sequence[LineLayer]) -> list[BandLayer]:
    """The ground between the first and the last of neighboring lines in the style 'band'."""
    bands = [layer for layer in layers if layer.line.style == "band"]
    groups: dict[str, list[LineLayer]] = {}
    for layer in bands:
        groups.setdefault(layer.line.title.replace(".", "_").rsplit("_", 1)[0], []).append(layer)
    return [BandLayer(group[0], group[-1]) for group in groups.values() if len(group) > 1]


def _is_same_series(one: PreparedCandles, two: PreparedCandles) -> bool:
    return (one.symbol, one.timeframe, one.source) == (two.symbol, two.timeframe, two.source)
