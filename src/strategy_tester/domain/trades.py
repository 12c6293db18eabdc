"""Closed trades: as columns, and as the table that reports and frames keep."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Floats, Times

EXIT_REASONS = (
    "signal", "take_profit", "stop_loss", "trailing_stop", "liquidation", "opposite_signal", "end_of_data",
)  # fmt: skip
"""Exit reasons by code: `EXIT_REASONS[code]`."""


@dataclass(frozen=True, eq=False)
class TradeColumns:
    """Closed trades as columns, shape (trades,) each, in the order they were closed.

    `side` is 1 for long and -1 for short. `entry_bar`, `exit_bar` are bar numbers; `entry_time_ms`, `exit_time_ms`
    are the UTC moments of the fills: the open of the bar for fills at the open and inside it, the close of the bar
    for fills at the close. `intent` is the number of the order intent the trade came from, counted over all intents
    of the run, refused ones too. `stop_price`, `target_price` are the levels at the entry, NaN where there is none.
    Money in quote currency; `funding` is what was paid (negative: received); `slippage` is what slippage cost.
    """

    side: NDArray[np.int8]
    entry_bar: NDArray[np.int64]
    exit_bar: NDArray[np.int64]
    entry_time_ms: Times
    exit_time_ms: Times
    entry_price: Floats
    exit_price: Floats
    quantity: Floats
    pnl: Floats
    commission: Floats
    funding: Floats
    slippage: Floats
    exit_reason: NDArray[np.int8]
    mae_pct: Floats
    mfe_pct: Floats
    equity_after: Floats
    stop_price: Floats
    target_price: Floats
    liquidation_price: Floats
    signal_bar: NDArray[np.int64]
    intent: NDArray[np.int64]
    ambiguous: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.side.size)

    @property
    def position_size(self) -> Floats:
        """Entry price times quantity, quote currency."""
        return self.entry_price * self.quantity

    @property
    def pnl_pct(self) -> Floats:
        """Net result in percent of the position size."""
        return self.pnl / self.position_size * 100.0

    def where(self, chosen: NDArray[np.bool_]) -> "TradeColumns":
        """The trades for which `chosen` is True."""
        from dataclasses import fields

        return TradeColumns(**{column.name: getattr(self, column.name)[chosen] for column in fields(self)})


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
