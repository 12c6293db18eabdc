"""run_signals: candles, signals and a configuration in, a BacktestResult out.

What the order of events leaves open is decided here as a cautious reader would:

Signals
- A contradiction (long and short entry on one bar) voids both entries, in a position too; exits stand. Every one is
  counted, but for the last bar's, which is not traded.
- While flat an exit signal has nothing to close and stops no entry.
- Under `close`, an exit signal together with an opposite entry leaves for the reason `signal`.
- An entry whose per-bar exit distance is no positive number is refused: it would stand without the stop it wanted.

Prices and levels
- A level at its exact price is reached. Of equally near losing levels liquidation counts first, then the stop-loss.
- An open beyond the liquidation price comes before the market order due at that open; that order's entry still opens.
- Slippage can put a fresh entry's stop beyond the open: it has been passed and fills at the open.
- The trailing distance is a percentage of the entry price and keeps its length in quote currency.
- `ohlc` counts prices as lived through (MAE, MFE) in the order of its path.

Funding
- A trade at a bar's close (`fill="close"`, end of data) comes after every funding up to that moment, of either sign;
  a position opened there pays only later ones.
- A payment booked before the next bar's open, without a mark price, is priced at its own bar's open.
- With the magnifier all of this holds for the lower candles.

Money
- Funding is paid from cash, from the margin when that is used up. Where the equity would be zero before the
  liquidation price is reached, the position is liquidated there. At a liquidation, funding that the account could not
  bear is taken off the trade's funding: the account ends at zero and the trade's numbers still add up.
- An exit whose fill (a slipped stop, say) lies beyond the bankruptcy price, or would leave the account below zero, is a
  liquidation: no more than the margin is at stake.
- A rebate is not put up as margin: with a negative taker fee nothing is reserved for the entry.
- A fixed quantity whose margin and fee exceed the equity is refused (`no_equity`). Equity below a billionth of the
  initial capital is no equity.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Floats, Times
from strategy_tester.domain.errors import InvalidParameter, MissingCandles
from strategy_tester.domain.results import BacktestConfig, BacktestResult, Refusals, TradeColumns
from strategy_tester.domain.signals import Signals
from strategy_tester.engine import records
from strategy_tester.engine.candle_kernel import PER_BAR, run_bars
from strategy_tester.engine.timetable import Places, close_times, funding_table
from strategy_tester.numeric.memory import keep_freed_memory

# A run makes three curves as long as the candles; without this, fetching their memory costs as much as the run.
keep_freed_memory()

CHUNK_BARS = 250_000
"""Bars between two calls of the checkpoint: some milliseconds of work."""

_OPPOSITE = {"reverse": records.REVERSE, "close": records.CLOSE, "ignore": records.IGNORE}
_FILL = {"next_open": records.NEXT_OPEN, "close": records.AT_CLOSE}
_INTRABAR = {"worst": records.WORST, "ohlc": records.OHLC, "magnifier": records.WORST}
_NO_DISTANCES = np.empty(0)


def run_signals(
    candles: Candles,
    signals: Signals,
    config: BacktestConfig,
    *,
    lower_candles: Candles | None = None,
    checkpoint: Callable[[float, float], None] | None = None,
) -> BacktestResult:
    """Trade these signals on these candles; `metrics` of the result are left empty.

    Args:
        candles: The bars, oldest first.
        signals: Wishes known at each bar's close, one value per bar.
        config: The account, its costs and the rules of filling.
        lower_candles: A shorter timeframe of the same market, for `intrabar="magnifier"` only.
        checkpoint: Called with (bars done, bars in all) between pieces of work; may raise to stop.

    Raises:
        MissingCandles: there are no bars, or no lower candles for the magnifier.
        InvalidParameter: signals of another length, a leverage that leaves the margin no room above the maintenance
            margin, or lower candles that are not of a lower timeframe.
    """
    _check(candles, signals, config)
    if config.intrabar == "magnifier":
        return _run_magnified(candles, signals, config, _checked_lower(candles, lower_candles), checkpoint)
    closes_of = partial(close_times, candles)
    tables = _run(candles, signals, config, closes_of, checkpoint)
    trades = tables.trades(config, candles.open_time_ms, closes_of)
    return _result(candles, signals, config, tables, trades)


def _run_magnified(
    candles: Candles,
    signals: Signals,
    config: BacktestConfig,
    lower: Candles,
    checkpoint: Callable[[float, float], None] | None,
) -> BacktestResult:
    from strategy_tester.engine.magnifier import magnify  # noqa: PLC0415 - most runs do without

    steps = magnify(candles, signals, lower)
    tables = _run(steps.candles, steps.signals, config, steps.close_time_ms.__getitem__, checkpoint)
    trades = tables.trades(config, steps.candles.open_time_ms, steps.close_time_ms.__getitem__)
    for places in (trades.entry_bar, trades.exit_bar, trades.signal_bar, tables.refused["bar"]):
        places[:] = steps.bar_of_step[places]
    for name in ("equity", "cash", "position"):
        setattr(tables, name, getattr(tables, name)[steps.last_step])
    return replace(_result(candles, signals, config, tables, trades), unmagnified_bars=steps.unmagnified_bars(trades))


def _run(
    candles: Candles,
    signals: Signals,
    config: BacktestConfig,
    closes_of: Callable[[Places], Times],
    checkpoint: Callable[[float, float], None] | None,
) -> "_Tables":
    bars = len(candles)
    tables = _Tables(bars, config.initial_capital)
    inputs = (
        candles.open, candles.high, candles.low, candles.close,
        signals.long_entry, signals.short_entry, signals.long_exit, signals.short_exit,
        _distances(signals.take_profit), _distances(signals.stop_loss), _distances(signals.trailing_stop),
        funding_table(config.funding_rates, candles, closes_of), _rules(signals, config, bars), tables.account,
        tables.equity, tables.cash, tables.position,
    )  # fmt: skip
    bar = 0
    while bar < bars:
        until = bars if checkpoint is None else min(bar + CHUNK_BARS, bars)
        bar = run_bars(*inputs, tables.traded, tables.refused, bar, until)
        if bar < until:
            tables.grow()
        if checkpoint is not None:
            checkpoint(bar, bars)
    tables.trim()
    return tables


class _Tables:
    """The arrays the kernel writes into. Curves have one value per bar; trades and refusals can grow."""

    def __init__(self, bars: int, initial_capital: float) -> None:
        self.equity, self.cash, self.position = np.empty(bars), np.empty(bars), np.empty(bars)
        self.account = np.zeros(1, records.ACCOUNT)
        self.account["cash"] = initial_capital
        room = bars // 16 + 2 * PER_BAR
        self.traded, self.refused = np.empty(room, records.TRADE), np.empty(room, records.REFUSED)

    def grow(self) -> None:
        """Twice the room for trades and refusals."""
        self.traded = np.concatenate([self.traded, np.empty_like(self.traded)])
        self.refused = np.concatenate([self.refused, np.empty_like(self.refused)])

    def trim(self) -> None:
        """Keep only what was written."""
        self.traded = self.traded[: self.account["trades"][0]]
        self.refused = self.refused[: self.account["refusals"][0]]

    def trades(self, config: BacktestConfig, open_times: Times, closes_of: Callable[[Places], Times]) -> TradeColumns:
        """The closed trades as columns, with the times of their fills."""
        columns = {name: self.traded[name].copy() for name in records.TRADE.fields or ()}
        entry_bar, exit_bar, reason = columns["entry_bar"], columns["exit_bar"], columns["exit_reason"]
        entry_time_ms, exit_time_ms = open_times[entry_bar], open_times[exit_bar]
        at_close = reason == records.END_OF_DATA
        if config.fill == "close":
            entry_time_ms = closes_of(entry_bar)
            at_close |= (reason == records.SIGNAL) | (reason == records.OPPOSITE_SIGNAL)
        exit_time_ms[at_close] = closes_of(exit_bar[at_close])
        return TradeColumns(entry_time_ms=entry_time_ms, exit_time_ms=exit_time_ms, **columns)


def _check(candles: Candles, signals: Signals, config: BacktestConfig) -> None:
    bars = len(candles)
    if bars == 0:
        raise MissingCandles("There are no candles to test on.", hint="Choose a longer period or import data first.")
    if len(signals) != bars:
        raise InvalidParameter("signals", f"{len(signals)} values", f"{bars} values, one per candle")
    if config.maintenance_margin_rate * config.leverage >= 1.0:
        raise InvalidParameter(
            "leverage", config.leverage, f"below {1.0 / config.maintenance_margin_rate:g}, where the margin no longer "
            f"exceeds the maintenance margin of {config.maintenance_margin_rate:g}",
        )  # fmt: skip


def _checked_lower(candles: Candles, lower: Candles | None) -> Candles:
    if lower is None or not len(lower):
        raise MissingCandles(
            "The magnifier needs candles of a lower timeframe and there are none.",
            hint="Import 1-minute candles of the same market, or choose 'worst' or 'ohlc'.",
        )
    long, short = candles.timeframe, lower.timeframe
    if long is not None and short is not None and short.milliseconds >= long.milliseconds:
        raise InvalidParameter("lower_candles", str(short), f"a timeframe below {long}")
    return lower


def _rules(signals: Signals, config: BacktestConfig, bars: int) -> NDArray[np.void]:
    step = config.quantity_step or 0.0
    per_unit = round(1.0 / step) if step else 0
    whole = per_unit > 0 and abs(per_unit * step - 1.0) < 1e-12
    return np.array(
        [(
            config.initial_capital, config.leverage, config.taker_fee_rate,
            config.maker_fee_rate if config.maker_exits else config.taker_fee_rate,
            config.slippage_rate, config.position_pct / 100.0, config.maintenance_margin_rate,
            np.nan if config.fixed_quantity is None else config.fixed_quantity,
            step, float(per_unit) if whole else 0.0, config.min_quantity or 0.0, config.min_notional or 0.0,
            _percent(signals.take_profit), _percent(signals.stop_loss), _percent(signals.trailing_stop),
            _OPPOSITE[signals.on_opposite_signal], _FILL[config.fill], _INTRABAR[config.intrabar], bars - 1,
        )],
        dtype=records.RULES,
    )  # fmt: skip


def _percent(level: float | Floats | None) -> float:
    return level if isinstance(level, float) else np.nan


def _distances(level: float | Floats | None) -> Floats:
    return level if isinstance(level, np.ndarray) else _NO_DISTANCES


def _contradictions(signals: Signals) -> int:
    """Bars with entries to both sides; the last bar's signals are not traded and do not count."""
    if signals.long_entry is None or signals.short_entry is None:
        return 0
    return int(np.count_nonzero(signals.long_entry[:-1] & signals.short_entry[:-1]))


def _result(
    candles: Candles, signals: Signals, config: BacktestConfig, tables: _Tables, trades: TradeColumns
) -> BacktestResult:
    refused = tables.refused
    return BacktestResult(
        trade_columns=trades,
        equity_curve=tables.equity,
        cash_curve=tables.cash,
        position_curve=tables.position,
        open_time_ms=candles.open_time_ms,
        close=candles.close,
        ambiguous_bars=trades.exit_bar[trades.ambiguous],
        refusals=Refusals(refused["bar"].copy(), refused["reason"].astype(np.int8), refused["intent"].copy()),
        conflicting_signals=_contradictions(signals),
        config=config,
        symbol=candles.symbol,
        timeframe="" if candles.timeframe is None else str(candles.timeframe),
    )
