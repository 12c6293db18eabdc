"""Metrics of the account, against numbers worked out by hand."""

import math

import pytest

from builders import START_MS
from result_builders import make_result
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.metrics.registry import compute_metrics

DAY_MS = 86_400_000
HOUR_MS = 3_600_000


def daily(*equity: float) -> BacktestResult:
    return make_result(equity, timeframe=Timeframe.D1)


def value(name: str, result: BacktestResult) -> float:
    return compute_metrics(result)[name]


def test_drawdown_counts_from_the_initial_capital() -> None:
    assert value("max_drawdown_pct", daily(9_000.0, 9_500.0)) == pytest.approx(10.0)


def test_drawdown_in_percent_and_in_money_may_be_different_falls() -> None:
    result = daily(5_000.0, 40_000.0, 30_000.0)
    assert value("max_drawdown_pct", result) == pytest.approx(50.0)
    assert value("max_drawdown", result) == pytest.approx(10_000.0)


def test_drawdown_lasts_from_the_peak_to_the_close_that_reaches_it_again() -> None:
    assert value("max_drawdown_duration_days", daily(11_000.0, 10_500.0, 10_900.0, 11_000.0, 10_999.0)) == 3.0


def test_drawdown_from_the_initial_capital_lasts_from_the_first_open() -> None:
    assert value("max_drawdown_duration_days", daily(9_000.0, 10_000.0)) == 2.0


def test_drawdown_without_recovery_lasts_to_the_last_close() -> None:
    assert value("max_drawdown_duration_days", daily(11_000.0, 12_000.0, 11_000.0, 11_500.0, 11_900.0)) == 3.0


def test_drawdown_lasts_through_a_gap_in_real_time() -> None:
    opens = [START_MS, START_MS + DAY_MS, START_MS + 10 * DAY_MS]
    assert value("max_drawdown_duration_days", make_result(
        [11_000.0, 10_000.0, 11_000.0], opens_ms=opens, timeframe=Timeframe.D1)) == 10.0  # fmt: skip


def test_an_equity_that_never_falls_has_no_drawdown() -> None:
    values = compute_metrics(daily(10_000.0, 10_000.0, 10_100.0))
    assert values["max_drawdown_pct"] == 0.0
    assert values["max_drawdown_duration_days"] == 0.0
    assert math.isnan(values["calmar_ratio"])
    assert math.isnan(values["recovery_factor"])


def test_run_up_counts_from_the_lowest_equity() -> None:
    result = daily(8_000.0, 12_000.0, 11_000.0)
    assert value("max_runup_pct", result) == pytest.approx(50.0)
    assert value("max_runup", result) == 4_000.0


def test_sharpe_divides_the_mean_by_the_sample_deviation() -> None:
    # daily returns +10 %, -10 %, +20 %: mean 1/15, squares around it sum to 0.04 + 0.02/3
    result = daily(11_000.0, 9_900.0, 11_880.0)
    deviation = math.sqrt((0.1 - 1 / 15) ** 2 / 2 + (-0.1 - 1 / 15) ** 2 / 2 + (0.2 - 1 / 15) ** 2 / 2)
    assert value("sharpe_ratio", result) == pytest.approx(1 / 15 / deviation * math.sqrt(365.0), rel=1e-12)
    assert value("volatility_pct", result) == pytest.approx(deviation * math.sqrt(365.0) * 100.0, rel=1e-12)


def test_sortino_divides_by_the_root_mean_square_of_losses_over_all_days() -> None:
    result = daily(11_000.0, 9_900.0, 11_880.0)
    assert value("sortino_ratio", result) == pytest.approx(1 / 15 / math.sqrt(0.01 / 3) * math.sqrt(365.0), rel=1e-12)


def test_ratios_that_cannot_be_computed_are_not_numbers() -> None:
    flat, rising, one_day = daily(10_000.0, 10_000.0), daily(10_100.0, 10_201.0), daily(10_100.0)
    assert math.isnan(value("sharpe_ratio", flat))
    assert math.isnan(value("sortino_ratio", rising))
    assert math.isnan(value("sharpe_ratio", one_day))
    assert math.isnan(value("volatility_pct", one_day))


def test_returns_that_differ_by_rounding_only_have_no_sharpe_ratio() -> None:
    assert math.isnan(value("sharpe_ratio", daily(*(10_000.0 * 1.01**day for day in range(1, 30)))))


def test_the_bar_that_closes_at_midnight_belongs_to_the_day_it_lived_in() -> None:
    hours = [10_000.0 + hour for hour in range(1, 25)]  # one whole day: +24
    assert value("best_day_pct", make_result([*hours, 10_024.0])) == pytest.approx(0.24)


def test_bars_of_any_length_give_the_same_daily_returns() -> None:
    closes = [10_200.0, 9_700.0, 10_450.0, 10_300.0]
    coarse = compute_metrics(daily(*closes))
    path = [close for close in closes for _ in range(24)]
    fine = compute_metrics(make_result(path, timeframe=Timeframe.H1))
    for name in ("sharpe_ratio", "sortino_ratio", "volatility_pct", "ulcer_index", "best_day_pct", "cagr_pct"):
        assert fine[name] == coarse[name]


def test_days_without_bars_count_as_days_without_a_return() -> None:
    opens = [START_MS, START_MS + 3 * DAY_MS]
    with_gap = compute_metrics(make_result([11_000.0, 9_900.0], opens_ms=opens, timeframe=Timeframe.D1))
    filled = compute_metrics(daily(11_000.0, 11_000.0, 11_000.0, 9_900.0))
    for name in ("sharpe_ratio", "sortino_ratio", "ulcer_index", "worst_day_pct", "rising_days"):
        assert with_gap[name] == pytest.approx(filled[name], rel=1e-14)


def test_a_week_counts_seven_days() -> None:
    values = compute_metrics(make_result([11_000.0], start_ms=START_MS + 5 * DAY_MS, timeframe=Timeframe.W1))
    assert values["period_days"] == 7.0
    assert values["volatility_pct"] == pytest.approx(math.sqrt((6 / 70**2 + (0.1 - 1 / 70) ** 2) / 6 * 365.0) * 100.0)


def test_growth_per_year_uses_the_real_time_elapsed() -> None:
    opens = [START_MS, START_MS + 729 * DAY_MS]
    assert value("cagr_pct", make_result([10_000.0, 14_400.0], opens_ms=opens, timeframe=Timeframe.D1)) == (
        pytest.approx(20.0)
    )


def test_growth_too_large_for_a_number_is_not_a_number() -> None:
    assert math.isnan(value("cagr_pct", make_result([20_000.0], timeframe=Timeframe.M1)))


def test_a_lost_account_lost_everything() -> None:
    values = compute_metrics(daily(10_000.0, 0.0, 0.0))
    assert values["cagr_pct"] == -100.0
    assert values["total_return_pct"] == -100.0
    assert values["max_drawdown_pct"] == 100.0
    assert values["worst_day_pct"] == -100.0
    assert values["falling_days"] == 1.0


def test_calmar_is_growth_per_year_over_drawdown() -> None:
    opens = [START_MS, START_MS + DAY_MS, START_MS + 364 * DAY_MS]
    result = make_result([10_000.0, 9_000.0, 12_000.0], opens_ms=opens, timeframe=Timeframe.D1)
    assert value("calmar_ratio", result) == pytest.approx(2.0)


def test_recovery_factor_is_profit_over_drawdown_in_money() -> None:
    assert value("recovery_factor", daily(9_000.0, 12_000.0)) == pytest.approx(2.0)


def test_ulcer_index_is_the_root_mean_square_of_depth() -> None:
    assert value("ulcer_index", daily(10_000.0, 9_000.0, 8_000.0, 10_000.0)) == pytest.approx(math.sqrt(500 / 4))


def test_buy_and_hold_goes_from_the_first_close_to_the_last() -> None:
    assert value("buy_and_hold_return_pct", make_result([1e4] * 3, closes=[50.0, 90.0, 60.0])) == pytest.approx(20.0)


def test_bars_without_a_named_timeframe_are_as_long_as_the_shortest_step() -> None:
    opens = [START_MS, START_MS + HOUR_MS, START_MS + 5 * HOUR_MS]
    assert value("period_days", make_result([1e4] * 3, opens_ms=opens, timeframe=None)) == 0.25
