"""What the closed trades say, in one pass."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.domain.trades import EXIT_REASONS
from strategy_tester.metrics.facts import TradeFacts
from strategy_tester.numeric.jit import kernel

LIQUIDATION = EXIT_REASONS.index("liquidation")
SIGNAL = EXIT_REASONS.index("signal")
OPPOSITE_SIGNAL = EXIT_REASONS.index("opposite_signal")


@kernel
def trade_facts(  # noqa: PLR0913, PLR0915, PLR0917  kernels take flat arguments
    chosen_side: int,
    fills_at_close: bool,  # noqa: FBT001
    initial_capital: float,
    side: NDArray[np.int8],
    entry_bar: Times,
    exit_bar: Times,
    entry_time_ms: Times,
    exit_time_ms: Times,
    entry_price: Floats,
    quantity: Floats,
    pnl: Floats,
    commission: Floats,
    funding: Floats,
    slippage: Floats,
    exit_reason: NDArray[np.int8],
    mae_pct: Floats,
    mfe_pct: Floats,
    equity_after: Floats,
    ambiguous: NDArray[np.bool_],
) -> TradeFacts:
    """Sums over the trades of one side (1, -1) or of both (0); the columns are those of a trade table."""
    # A bare 0 would compile `pnl_deviation` twice.
    trades: int = np.int64(0)  # pyright: ignore[reportAssignmentType]
    wins, losses, liquidations, ambiguous_trades = 0, 0, 0, 0
    gross_profit, gross_loss, largest_win, largest_loss, pnl_pct_sum = 0.0, 0.0, 0.0, 0.0, 0.0
    fees, funding_paid, slipped, turnover, duration, mae_sum, mfe_sum = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    bars_all, bars_wins, bars_losses, exposed, counted_to = 0, 0, 0, 0, -1
    winning, losing, longest_wins, longest_losses = 0, 0, 0, 0
    largest_quantity, largest_leverage = 0.0, 0.0
    balance, peak, balance_drawdown_rate = initial_capital, initial_capital, 0.0
    for trade in range(side.size):
        if chosen_side != 0 and side[trade] != chosen_side:
            continue
        result = pnl[trade]
        size = entry_price[trade] * quantity[trade]
        held = exit_bar[trade] - entry_bar[trade]
        trades += 1
        bars_all += held
        if result > 0.0:
            wins += 1
            winning += 1
            losing = 0
            gross_profit += result
            bars_wins += held
            largest_win = max(largest_win, result)
            longest_wins = max(longest_wins, winning)
        elif result < 0.0:
            losses += 1
            losing += 1
            winning = 0
            gross_loss += result
            bars_losses += held
            largest_loss = min(largest_loss, result)
            longest_losses = max(longest_losses, losing)
        else:
            winning, losing = 0, 0
        pnl_pct_sum += result / size * 100.0
        fees += commission[trade]
        funding_paid += funding[trade]
        slipped += slippage[trade]
        turnover += size
        duration += exit_time_ms[trade] - entry_time_ms[trade]
        mae_sum += mae_pct[trade]
        mfe_sum += mfe_pct[trade]
        liquidations += exit_reason[trade] == LIQUIDATION
        ambiguous_trades += ambiguous[trade]
        largest_quantity = max(largest_quantity, quantity[trade])
        if equity_after[trade] > result:
            largest_leverage = max(largest_leverage, size / (equity_after[trade] - result))
        balance += result
        peak = max(peak, balance)
        balance_drawdown_rate = max(balance_drawdown_rate, 1.0 - balance / peak)
        # A bar is exposed when the position lived through some of it: not the bar at whose open it was left,
        # nor, with fills at the close, the bar at whose close it was entered.
        left_at_open = not fills_at_close and (exit_reason[trade] == SIGNAL or exit_reason[trade] == OPPOSITE_SIGNAL)
        first = max(entry_bar[trade] + fills_at_close, counted_to + 1)
        last = exit_bar[trade] - left_at_open
        exposed += max(last - first + 1, 0)
        counted_to = max(counted_to, last)
    deviation = pnl_deviation(chosen_side, side, pnl, (gross_profit + gross_loss) / max(trades, 1), trades)
    return TradeFacts(
        trades, wins, losses, gross_profit, gross_loss, largest_win, largest_loss, deviation, pnl_pct_sum, fees,
        funding_paid, slipped, turnover, duration, bars_all, bars_wins, bars_losses, longest_wins, longest_losses,
        mae_sum, mfe_sum, liquidations, ambiguous_trades, exposed, largest_quantity, largest_leverage,
        balance_drawdown_rate,
    )  # fmt: skip


@kernel
def pnl_deviation(chosen_side: int, side: NDArray[np.int8], pnl: Floats, mean: float, trades: int) -> float:
    """Sample deviation of the chosen trades' results around their mean; NaN for fewer than two."""
    if trades < 2:
        return np.nan
    squares = 0.0
    for trade in range(side.size):
        if chosen_side == 0 or side[trade] == chosen_side:
            squares += (pnl[trade] - mean) ** 2
    return np.sqrt(squares / (trades - 1))
