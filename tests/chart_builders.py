"""Makers of trades and lines for chart tests."""

from collections.abc import Sequence

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import EXIT_REASONS, TradeColumns
from strategy_tester.services.load_chart import ChartLine


def make_trades(
    candles: Candles, bars: Sequence[tuple[int, int]], *, sides: Sequence[int] | None = None, reason: str = "signal"
) -> TradeColumns:
    """Trades from the open of one bar to the close of another, one unit each."""
    entry = np.array([first for first, _ in bars], dtype=np.int64)
    exit_ = np.array([last for _, last in bars], dtype=np.int64)
    side = np.array(sides or [1] * len(bars), dtype=np.int8)
    entry_price, exit_price = candles.open[entry], candles.close[exit_]
    zeros = np.zeros(len(bars))
    return TradeColumns(
        side=side, entry_bar=entry, exit_bar=exit_, entry_time_ms=candles.open_time_ms[entry],
        exit_time_ms=candles.open_time_ms[exit_], entry_price=entry_price, exit_price=exit_price,
        quantity=np.ones(len(bars)), pnl=(exit_price - entry_price) * side, commission=zeros, funding=zeros,
        slippage=zeros, exit_reason=np.full(len(bars), EXIT_REASONS.index(reason), dtype=np.int8), mae_pct=zeros,
        mfe_pct=zeros, equity_after=zeros, stop_price=entry_price * (1 - 0.02 * side),
        target_price=entry_price * (1 + 0.04 * side), liquidation_price=zeros, signal_bar=entry - 1,
        intent=np.arange(len(bars)), ambiguous=np.zeros(len(bars), dtype=np.bool_),
    )  # fmt: skip


def make_line(values: Sequence[float], title: str = "SMA_3", pane: str = "", style: str = "line") -> ChartLine:
    """A line with one value per bar."""
    return ChartLine(title, np.array(values, dtype=float), pane, style)
