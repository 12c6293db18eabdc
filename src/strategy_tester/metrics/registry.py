"""The one list of metrics, and the way from a backtest result to their values."""

from functools import cache
from itertools import pairwise

import numpy as np

from strategy_tester.domain.candles import Times
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.metrics.facts import CurveFacts, DayFacts, RunFacts, TradeFacts
from strategy_tester.metrics.return_metrics import RETURN_METRICS
from strategy_tester.metrics.spec import NAN, MetricSpec
from strategy_tester.metrics.trade_metrics import TRADE_METRICS

__all__ = ["MetricSpec", "all_metrics", "compute_metrics", "metrics_by_side", "monthly_returns"]

_FIRST = (
    "final_capital", "total_return_pct", "total_trades", "winning_trades", "losing_trades", "win_rate_pct",
    "profit_factor", "avg_win", "avg_loss", "avg_trade_pct", "largest_win", "largest_loss",
    "avg_trade_duration_minutes", "max_drawdown_pct", "max_drawdown_duration_days", "sharpe_ratio", "sortino_ratio",
    "calmar_ratio", "expectancy", "cagr_pct", "volatility_pct", "exposure_pct", "total_commission", "total_funding",
    "buy_and_hold_return_pct",
)  # fmt: skip


@cache
def all_metrics() -> tuple[MetricSpec, ...]:
    """Every metric: those that reports rely on first, in their fixed order, then the rest."""
    known = {spec.name: spec for spec in (*TRADE_METRICS, *RETURN_METRICS)}
    first = [known.pop(name) for name in _FIRST]
    return (*first, *known.values())


def compute_metrics(result: BacktestResult) -> dict[str, float]:
    """Name to value for the whole run, keys in the order of `all_metrics`; NaN where it cannot be computed."""
    run = _facts_of(result)
    return {spec.name: spec.compute(run) for spec in all_metrics()}


def metrics_by_side(result: BacktestResult) -> dict[str, dict[str, float]]:
    """The metrics of all, the long and the short trades: keys "all", "long", "short".

    What makes no sense for one side alone, such as the drawdown of the account, is NaN there.
    """
    whole = _facts_of(result)
    columns = {"all": {spec.name: spec.compute(whole) for spec in all_metrics()}}
    for name, side in (("long", 1), ("short", -1)):
        run = whole._replace(trades=_trade_facts_of(result, side), is_whole=False)
        columns[name] = {spec.name: spec.compute(run) if spec.per_side else NAN for spec in all_metrics()}
    return columns


def monthly_returns(result: BacktestResult) -> list[tuple[int, int, float]]:
    """Year, month and return in percent, for every UTC month from the first bar's to the last bar's.

    A bar belongs to the month of its last millisecond. The first month is relative to the initial capital, months
    without bars return 0, and all of them together compound to the total return.
    """
    if not result.equity_curve.size:
        return []
    closes, shift_ms = _close_times(result)
    span_ms = np.array([result.open_time_ms[0], closes[-1] + shift_ms - 1], dtype="datetime64[ms]")
    first, last = span_ms.astype("datetime64[M]")
    months = np.arange(first, last + 1)
    month_end_ms = (months + 1).astype("datetime64[ms]").astype(np.int64)
    bars_so_far = np.searchsorted(closes, month_end_ms - shift_ms, side="right")
    capital = result.config.initial_capital
    equity = [capital, *(float(result.equity_curve[bars - 1]) if bars else capital for bars in bars_so_far)]
    returns = [(now / before - 1.0) * 100.0 if before > 0.0 else 0.0 for before, now in pairwise(equity)]
    return [
        (int(month) // 12 + 1970, int(month) % 12 + 1, value)
        for month, value in zip(months.astype(np.int64), returns, strict=True)
    ]


def _facts_of(result: BacktestResult) -> RunFacts:
    bars = int(result.equity_curve.size)
    capital = result.config.initial_capital
    curve, days, elapsed_ms = _NO_CURVE, _NO_DAYS, 0
    if bars:
        # numba is loaded only when a number is asked for, not when the list of metrics is.
        from strategy_tester.metrics.equity_kernel import curve_facts, day_facts  # noqa: PLC0415

        start_ms = int(result.open_time_ms[0])
        closes, shift_ms = _close_times(result)
        curve = curve_facts(start_ms, closes, shift_ms, result.equity_curve, capital)
        days = day_facts(start_ms, closes, shift_ms, result.equity_curve, capital)
        elapsed_ms = int(closes[-1]) + shift_ms - start_ms
    return RunFacts(
        trades=_trade_facts_of(result, side=0),
        curve=curve,
        days=days,
        is_whole=True,
        initial_capital=capital,
        final_capital=float(result.equity_curve[-1]) if bars else capital,
        bars=bars,
        elapsed_ms=elapsed_ms,
        first_close=float(result.close[0]) if bars else NAN,
        last_close=float(result.close[-1]) if bars else NAN,
        ambiguous_bars=int(result.ambiguous_bars.size),
        refused_orders=len(result.refusals),
        conflicting_signals=result.conflicting_signals,
    )


def _trade_facts_of(result: BacktestResult, side: int) -> TradeFacts:
    from strategy_tester.metrics.trade_kernel import trade_facts  # noqa: PLC0415  see above

    trades = result.trade_columns
    return trade_facts(
        side, result.config.fill == "close", result.config.initial_capital, trades.side, trades.entry_bar,
        trades.exit_bar, trades.entry_time_ms, trades.exit_time_ms, trades.entry_price, trades.quantity, trades.pnl,
        trades.commission, trades.funding, trades.slippage, trades.exit_reason, trades.mae_pct, trades.mfe_pct,
        trades.equity_after, trades.ambiguous,
    )  # fmt: skip


def _close_times(result: BacktestResult) -> tuple[Times, int]:
    """When each bar closed, as times and a shift to add to each: open times need no copy to become closes.

    Without a timeframe the shortest step between two bars counts as their length.
    """
    opens = result.open_time_ms
    if not result.timeframe:
        return opens, int(np.diff(opens).min()) if opens.size > 1 else 1
    timeframe = Timeframe.parse(result.timeframe)
    return (opens, timeframe.milliseconds) if timeframe.is_fixed else (timeframe.closes_of(opens), 0)


_NO_CURVE = CurveFacts(NAN, NAN, 0, NAN, NAN)
_NO_DAYS = DayFacts(0, NAN, NAN, NAN, NAN, NAN, 0, 0, NAN)
