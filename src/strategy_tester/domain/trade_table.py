"""The columns of a trade, in the order that reports and frames keep."""

from typing import Any

import numpy as np

from strategy_tester.domain.results import EXIT_REASONS, TradeColumns

TRADE_COLUMNS = (
    "trade", "side", "entry_time", "exit_time", "entry_price", "exit_price", "quantity", "position_size", "pnl",
    "pnl_pct", "commission", "funding", "exit_reason", "duration_candles", "mae_pct", "mfe_pct", "equity_after",
    "slippage", "stop_price", "target_price", "liquidation_price", "entry_bar", "exit_bar", "signal_bar", "intent",
    "ambiguous",
)  # fmt: skip
"""The first seventeen are fixed; more may follow."""


def trade_table(trades: TradeColumns) -> dict[str, Any]:
    """The trades as a mapping of column name to values, keys in the order of TRADE_COLUMNS.

    `trade` counts from 1; `entry_time`, `exit_time` are int64 UTC milliseconds; `side` and `exit_reason` are words.
    """
    return {
        "trade": np.arange(1, len(trades) + 1),
        "side": np.where(trades.side > 0, "LONG", "SHORT").astype(object),
        "entry_time": trades.entry_time_ms,
        "exit_time": trades.exit_time_ms,
        "entry_price": trades.entry_price,
        "exit_price": trades.exit_price,
        "quantity": trades.quantity,
        "position_size": trades.position_size,
        "pnl": trades.pnl,
        "pnl_pct": trades.pnl_pct,
        "commission": trades.commission,
        "funding": trades.funding,
        "exit_reason": np.array(EXIT_REASONS, dtype=object)[trades.exit_reason],
        "duration_candles": trades.exit_bar - trades.entry_bar,
        "mae_pct": trades.mae_pct,
        "mfe_pct": trades.mfe_pct,
        "equity_after": trades.equity_after,
        "slippage": trades.slippage,
        "stop_price": trades.stop_price,
        "target_price": trades.target_price,
        "liquidation_price": trades.liquidation_price,
        "entry_bar": trades.entry_bar,
        "exit_bar": trades.exit_bar,
        "signal_bar": trades.signal_bar,
        "intent": trades.intent,
        "ambiguous": trades.ambiguous,
    }
