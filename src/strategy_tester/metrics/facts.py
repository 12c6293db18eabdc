"""The sums and extremes all metrics are made of, collected in one pass over the trades and one over the equity."""

from typing import NamedTuple


class TradeFacts(NamedTuple):
    """Sums over closed trades. Money in quote currency; a win has a net result above zero, a loss below."""

    trades: int
    wins: int
    losses: int
    gross_profit: float
    gross_loss: float
    largest_win: float
    largest_loss: float
    pnl_deviation: float
    pnl_pct_sum: float
    commission: float
    funding: float
    slippage: float
    turnover: float
    duration_ms: float
    bars_all: int
    bars_wins: int
    bars_losses: int
    longest_wins: int
    longest_losses: int
    mae_sum: float
    mfe_sum: float
    liquidations: int
    ambiguous: int
    exposed_bars: int
    largest_quantity: float
    largest_leverage: float
    balance_drawdown_rate: float


class CurveFacts(NamedTuple):
    """Falls and rises of the equity curve, initial capital included. Rates are fractions of 1."""

    drawdown_rate: float
    drawdown: float
    longest_drawdown_ms: int
    run_up_rate: float
    run_up: float


class DayFacts(NamedTuple):
    """Returns of the UTC days, fractions of 1."""

    days: int
    mean: float
    deviation: float
    downside: float
    best: float
    worst: float
    rising: int
    falling: int
    ulcer: float


class RunFacts(NamedTuple):
    """All a metric may look at. For one side, `trades` holds that side's trades and the rest the whole run."""

    trades: TradeFacts
    curve: CurveFacts
    days: DayFacts
    is_whole: bool
    initial_capital: float
    final_capital: float
    bars: int
    elapsed_ms: int
    first_close: float
    last_close: float
    ambiguous_bars: int
    refused_orders: int
    conflicting_signals: int
