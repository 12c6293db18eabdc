"""Makers of finished backtest results, for tests of what is read from them."""

from collections.abc import Sequence

import numpy as np

from builders import START_MS
from strategy_tester.domain.results import EXIT_REASONS, BacktestConfig, BacktestResult, Refusals, TradeColumns
from strategy_tester.domain.timeframes import Timeframe


def make_trades(
    pnl: Sequence[float] = (),
    *,
    side: Sequence[int] | None = None,
    entry_bar: Sequence[int] | None = None,
    exit_bar: Sequence[int] | None = None,
    entry_price: float = 100.0,
    quantity: float = 1.0,
    reason: str = "signal",
    timeframe: Timeframe = Timeframe.H1,
    capital: float = 10_000.0,
    **columns: Sequence[float],
) -> TradeColumns:
    """Trades with these net results, one bar long and one after another unless said otherwise."""
    result = np.asarray(pnl, dtype=float)
    count = result.size
    entry = np.arange(count) if entry_bar is None else np.asarray(entry_bar)
    leave = entry + 1 if exit_bar is None else np.asarray(exit_bar)
    values = {
        "side": np.ones(count) if side is None else side,
        "entry_bar": entry, "exit_bar": leave,
        "entry_time_ms": START_MS + entry * timeframe.milliseconds,
        "exit_time_ms": START_MS + leave * timeframe.milliseconds,
        "entry_price": np.full(count, entry_price), "exit_price": np.full(count, entry_price),
        "quantity": np.full(count, quantity), "pnl": result,
        "exit_reason": np.full(count, EXIT_REASONS.index(reason)),
        "equity_after": capital + np.cumsum(result), "signal_bar": entry - 1, "intent": np.arange(count),
    } | columns  # fmt: skip
    kinds = {
        "side": np.int8, "exit_reason": np.int8, "ambiguous": np.bool_, "entry_bar": np.int64, "exit_bar": np.int64,
        "entry_time_ms": np.int64, "exit_time_ms": np.int64, "signal_bar": np.int64, "intent": np.int64,
    }  # fmt: skip
    return TradeColumns(
        **{
            name: np.asarray(values.get(name, np.zeros(count)), dtype=kinds.get(name, np.float64))
            for name in TradeColumns.__dataclass_fields__
        }
    )


def make_result(
    equity: Sequence[float],
    *,
    trades: TradeColumns | None = None,
    closes: Sequence[float] | None = None,
    opens_ms: Sequence[int] | None = None,
    timeframe: Timeframe | None = Timeframe.H1,
    start_ms: int = START_MS,
    config: BacktestConfig | None = None,
    ambiguous_bars: Sequence[int] = (),
    refused: int = 0,
    conflicting_signals: int = 0,
) -> BacktestResult:
    """A result with this equity after each bar."""
    curve = np.asarray(equity, dtype=float)
    step = (timeframe or Timeframe.H1).milliseconds
    times = start_ms + np.arange(curve.size) * step if opens_ms is None else np.asarray(opens_ms)
    return BacktestResult(
        make_trades() if trades is None else trades, curve, curve, np.zeros(curve.size), times.astype(np.int64),
        np.full(curve.size, 100.0) if closes is None else np.asarray(closes, dtype=float),
        np.asarray(ambiguous_bars, dtype=np.int64),
        Refusals(np.arange(refused), np.zeros(refused, np.int8), np.arange(refused)), conflicting_signals,
        config or BacktestConfig(), timeframe="" if timeframe is None else timeframe.value,
    )  # fmt: skip
