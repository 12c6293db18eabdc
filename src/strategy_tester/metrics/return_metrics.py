"""Metrics of the account: what became of the money, at what risk. They look at the equity after every bar."""

import math

from strategy_tester.metrics.facts import RunFacts
from strategy_tester.metrics.spec import NAN, MetricSpec, ratio

DAY_MS = 86_400_000
DAYS_A_YEAR = 365.0
# Closer together than this, daily returns differ by rounding only.
ROUNDING = 1e-15

_DAILY = (
    "Daily return = last equity of the UTC day / that of the day before - 1, the first day relative to the initial "
    "capital; days without bars count as 0. Risk-free rate 0, 365 days a year. "
)


def total_return_pct(run: RunFacts) -> float:
    """Growth of the account; for one side, what its trades contributed."""
    if not run.is_whole:
        return ratio(run.trades.gross_profit + run.trades.gross_loss, run.initial_capital) * 100.0
    return (ratio(run.final_capital, run.initial_capital) - 1.0) * 100.0


def cagr_pct(run: RunFacts) -> float:
    """Growth per 365 days of real time."""
    if not run.elapsed_ms or not run.final_capital >= 0.0:
        return NAN
    if run.final_capital == 0.0:
        return -100.0
    exponent = math.log(run.final_capital / run.initial_capital) * DAYS_A_YEAR * DAY_MS / run.elapsed_ms
    return math.expm1(exponent) * 100.0 if exponent < 700.0 else NAN


def sharpe_ratio(run: RunFacts) -> float:
    """Mean daily return over its sample deviation, a year's worth."""
    if not run.days.deviation > ROUNDING:
        return NAN
    return run.days.mean / run.days.deviation * math.sqrt(DAYS_A_YEAR)


def sortino_ratio(run: RunFacts) -> float:
    """Mean daily return over the root mean square of the negative ones, a year's worth."""
    if not run.days.downside > ROUNDING:
        return NAN
    return run.days.mean / run.days.downside * math.sqrt(DAYS_A_YEAR)


def calmar_ratio(run: RunFacts) -> float:
    """Growth per year over the deepest drawdown."""
    return ratio(cagr_pct(run), run.curve.drawdown_rate * 100.0)


def buy_and_hold_return_pct(run: RunFacts) -> float:
    """What holding one unit from the first close to the last would have brought."""
    return (ratio(run.last_close, run.first_close) - 1.0) * 100.0


RETURN_METRICS = (
    MetricSpec("final_capital", "Final capital", "USDT", "higher", "Equity after the last bar.",
               "Bybit: wallet balance + unrealized PnL", lambda run: run.final_capital, per_side=False),
    MetricSpec("total_return_pct", "Total return", "%", "higher",
               "(final capital / initial capital - 1) x 100. For one side: its net profit / initial capital x 100.",
               "TradingView: net profit %", total_return_pct),
    MetricSpec("max_drawdown_pct", "Max drawdown", "%", "lower",
               "Largest fall of the equity below its highest value so far, in percent of that value; equity after each "
               "bar with open profit, initial capital included.",
               "Magdon-Ismail and Atiya, Maximum drawdown (2004)", lambda run: run.curve.drawdown_rate * 100.0,
               per_side=False),
    MetricSpec("max_drawdown_duration_days", "Longest drawdown", "days", "lower",
               "Longest time from the close of a peak (for the initial capital: from the first open) to the first "
               "close that reaches it again, or to the last close.",
               "backtesting.py: Max. Drawdown Duration", lambda run: run.curve.longest_drawdown_ms / DAY_MS,
               per_side=False),
    MetricSpec("sharpe_ratio", "Sharpe ratio", "", "higher",
               _DAILY + "Mean / sample deviation (n - 1) x square root of 365. NaN with fewer than two days or when "
               "the returns do not vary.",
               "Sharpe, The Sharpe Ratio (1994)", sharpe_ratio, per_side=False),
    MetricSpec("sortino_ratio", "Sortino ratio", "", "higher",
               _DAILY + "Mean / root mean square of the negative returns over all days (target 0) x square root of "
               "365. NaN without a negative day.",
               "Sortino and Price, Performance measurement in a downside risk framework (1994)", sortino_ratio,
               per_side=False),
    MetricSpec("calmar_ratio", "Calmar ratio", "", "higher",
               "CAGR / max drawdown. NaN without a drawdown; says little below 90 days of data.",
               "Young, Calmar ratio: a smoother tool (1991), over the whole period", calmar_ratio, per_side=False),
    MetricSpec("cagr_pct", "CAGR", "%", "higher",
               "((final capital / initial capital) ^ (365 days / time from the first open to the last close) - 1) x "
               "100. Says little below 90 days of data. NaN where it has more than 300 digits.",
               "Compound annual growth rate; 365-day year", cagr_pct, per_side=False),
    MetricSpec("volatility_pct", "Volatility", "%", "lower",
               _DAILY + "Sample deviation (n - 1) x square root of 365 x 100. NaN with fewer than two days.",
               "Annualized standard deviation", lambda run: run.days.deviation * math.sqrt(DAYS_A_YEAR) * 100.0,
               per_side=False),
    MetricSpec("buy_and_hold_return_pct", "Buy and hold", "%", "neutral",
               "(last close / first close - 1) x 100, without leverage and costs.",
               "backtesting.py: Buy & Hold Return", buy_and_hold_return_pct, per_side=False),
    MetricSpec("max_drawdown", "Max drawdown in money", "USDT", "lower",
               "Largest fall of the equity below its highest value so far; not always the one that is largest in "
               "percent.",
               "MetaTrader 5: equity drawdown maximal", lambda run: run.curve.drawdown, per_side=False),
    MetricSpec("max_balance_drawdown_pct", "Max drawdown of the balance", "%", "lower",
               "Like max drawdown, on the balance after each closed trade (initial capital + results so far).",
               "MetaTrader 5: balance drawdown relative", lambda run: run.trades.balance_drawdown_rate * 100.0,
               per_side=False),
    MetricSpec("max_runup_pct", "Max run-up", "%", "higher",
               "Largest rise of the equity above its lowest value so far, in percent of that value; initial capital "
               "included.",
               "TradingView: the mirror of drawdown", lambda run: run.curve.run_up_rate * 100.0, per_side=False),
    MetricSpec("max_runup", "Max run-up in money", "USDT", "higher",
               "Largest rise of the equity above its lowest value so far.",
               "TradingView: max equity run-up", lambda run: run.curve.run_up, per_side=False),
    MetricSpec("recovery_factor", "Recovery factor", "", "higher",
               "(final capital - initial capital) / max drawdown in money. NaN without a drawdown.",
               "MetaTrader 5: recovery factor",
               lambda run: ratio(run.final_capital - run.initial_capital, run.curve.drawdown), per_side=False),
    MetricSpec("ulcer_index", "Ulcer index", "%", "lower",
               "Root mean square over all days of the daily close's distance below its peak so far, in percent.",
               "Martin and McCann, The Investor's Guide to Fidelity Funds (1989)",
               lambda run: run.days.ulcer * 100.0, per_side=False),
    MetricSpec("best_day_pct", "Best day", "%", "higher", "Largest daily return (UTC days).", "freqtrade: best day",
               lambda run: run.days.best * 100.0, per_side=False),
    MetricSpec("worst_day_pct", "Worst day", "%", "higher", "Smallest daily return (UTC days).",
               "freqtrade: worst day", lambda run: run.days.worst * 100.0, per_side=False),
    MetricSpec("rising_days", "Days won", "days", "higher", "UTC days with a return above zero.",
               "freqtrade: days win", lambda run: float(run.days.rising), per_side=False),
    MetricSpec("falling_days", "Days lost", "days", "lower", "UTC days with a return below zero.",
               "freqtrade: days lose", lambda run: float(run.days.falling), per_side=False),
    MetricSpec("period_days", "Period", "days", "neutral", "Time from the first bar's open to the last bar's close.",
               "This program", lambda run: run.elapsed_ms / DAY_MS, per_side=False),
)  # fmt: skip
"""All of them; the registry decides the order."""
