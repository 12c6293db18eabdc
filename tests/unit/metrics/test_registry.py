"""The list of metrics, by side, and month by month."""

import math

import pytest

from builders import START_MS
from result_builders import make_result, make_trades
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.metrics.registry import all_metrics, compute_metrics, metrics_by_side, monthly_returns

DAY_MS = 86_400_000
FIRST_KEYS = [
    "final_capital", "total_return_pct", "total_trades", "winning_trades", "losing_trades", "win_rate_pct",
    "profit_factor", "avg_win", "avg_loss", "avg_trade_pct", "largest_win", "largest_loss",
    "avg_trade_duration_minutes", "max_drawdown_pct", "max_drawdown_duration_days", "sharpe_ratio", "sortino_ratio",
    "calmar_ratio", "expectancy", "cagr_pct", "volatility_pct", "exposure_pct", "total_commission", "total_funding",
    "buy_and_hold_return_pct",
]  # fmt: skip


def test_the_keys_reports_rely_on_come_first_and_in_order() -> None:
    assert [spec.name for spec in all_metrics()][: len(FIRST_KEYS)] == FIRST_KEYS


def test_computed_values_have_the_keys_of_the_list_in_its_order() -> None:
    assert list(compute_metrics(make_result([10_000.0]))) == [spec.name for spec in all_metrics()]


def test_sides_split_the_trades_and_leave_out_what_concerns_the_account() -> None:
    trades = make_trades([30.0, -10.0, 5.0], side=[1, -1, -1])

    sides = metrics_by_side(make_result([10_030.0, 10_020.0, 10_025.0], trades=trades))

    assert sides["all"]["net_profit"] == 25.0
    assert sides["long"]["net_profit"] == 30.0
    assert sides["short"]["net_profit"] == -5.0
    assert sides["short"]["total_trades"] == 2.0
    assert sides["short"]["total_return_pct"] == pytest.approx(-0.05)
    assert sides["all"]["max_drawdown_pct"] == pytest.approx(100.0 - 10_020.0 / 10_030.0 * 100.0)
    assert math.isnan(sides["long"]["max_drawdown_pct"])
    assert math.isnan(sides["short"]["sharpe_ratio"])


def test_months_compound_to_the_total_return() -> None:
    equity = [10_100.0, 10_400.0, 9_900.0, 9_950.0, 12_000.0]
    days = [0, 30, 31, 58, 95]  # January twice, February twice, April
    result = make_result(equity, opens_ms=[START_MS + day * DAY_MS for day in days], timeframe=Timeframe.D1)

    months = monthly_returns(result)

    assert [(year, month) for year, month, _ in months] == [(2025, 1), (2025, 2), (2025, 3), (2025, 4)]
    assert [value for *_, value in months] == pytest.approx([4.0, -450 / 104, 0.0, (12_000 / 9_950 - 1) * 100])
    grown = math.prod(1.0 + value / 100.0 for *_, value in months)
    assert grown == pytest.approx(1.2, rel=1e-14)


def test_a_bar_that_closes_at_the_turn_of_the_month_belongs_to_the_old_month() -> None:
    last_hour = START_MS + 31 * DAY_MS - 3_600_000
    result = make_result([11_000.0, 12_100.0], opens_ms=[last_hour, last_hour + 3_600_000])
    assert [(month, round(value, 9)) for _, month, value in monthly_returns(result)] == [(1, 10.0), (2, 10.0)]


def test_monthly_bars_are_a_month_each() -> None:
    opens = [START_MS, START_MS + 31 * DAY_MS, START_MS + 59 * DAY_MS]
    result = make_result([11_000.0, 11_000.0, 5_500.0], opens_ms=opens, timeframe=Timeframe.MO1)
    assert [(month, round(value, 9)) for _, month, value in monthly_returns(result)] == [
        (1, 10.0),
        (2, 0.0),
        (3, -50.0),
    ]


def test_a_month_after_ruin_returns_nothing() -> None:
    opens = [START_MS, START_MS + 31 * DAY_MS]
    result = make_result([0.0, 0.0], opens_ms=opens, timeframe=Timeframe.D1)
    assert monthly_returns(result) == [(2025, 1, -100.0), (2025, 2, 0.0)]


def test_no_bars_have_no_months_and_keep_the_capital() -> None:
    result = make_result([], config=BacktestConfig(initial_capital=500.0))
    values = compute_metrics(result)
    assert monthly_returns(result) == []
    assert values["final_capital"] == 500.0
    assert math.isnan(values["sharpe_ratio"])
