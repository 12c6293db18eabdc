"""Metrics of trades, against numbers worked out by hand."""

import math

import pytest

from result_builders import make_result, make_trades
from strategy_tester.domain.results import BacktestConfig, TradeColumns
from strategy_tester.metrics.registry import compute_metrics


def metrics(trades: TradeColumns, bars: int = 10, **settings: object) -> dict[str, float]:
    return compute_metrics(make_result([10_000.0] * bars, trades=trades, **settings))  # type: ignore[arg-type]


def test_a_result_of_zero_is_neither_win_nor_loss() -> None:
    values = metrics(make_trades([10.0, 0.0, -5.0, 0.0]))
    assert (values["winning_trades"], values["losing_trades"], values["zero_trades"]) == (1.0, 1.0, 2.0)
    assert values["win_rate_pct"] == 25.0


def test_profit_and_loss_are_summed_apart() -> None:
    values = metrics(make_trades([30.0, -10.0, 20.0, -15.0]))
    assert values["gross_profit"] == 50.0
    assert values["gross_loss"] == -25.0
    assert values["net_profit"] == 25.0
    assert values["profit_factor"] == 2.0
    assert (values["avg_win"], values["avg_loss"]) == (25.0, -12.5)
    assert values["payoff_ratio"] == 2.0
    assert (values["largest_win"], values["largest_loss"]) == (30.0, -15.0)
    assert values["expectancy"] == 6.25


def test_without_losses_there_is_no_profit_factor() -> None:
    values = metrics(make_trades([30.0, 10.0]))
    assert math.isnan(values["profit_factor"])
    assert math.isnan(values["avg_loss"])
    assert math.isnan(values["largest_loss"])
    assert math.isnan(values["payoff_ratio"])


def test_without_wins_the_profit_factor_is_zero() -> None:
    assert metrics(make_trades([-3.0]))["profit_factor"] == 0.0


def test_without_trades_counts_are_zero_and_averages_are_not_numbers() -> None:
    values = metrics(make_trades())
    assert values["total_trades"] == 0.0
    assert values["total_commission"] == 0.0
    assert values["exposure_pct"] == 0.0
    for name in ("win_rate_pct", "avg_trade_pct", "expectancy", "avg_bars", "avg_mae_pct", "sqn", "max_quantity"):
        assert math.isnan(values[name])


def test_average_trade_in_percent_refers_to_the_position_size() -> None:
    assert metrics(make_trades([4.0, -2.0], entry_price=50.0, quantity=2.0))["avg_trade_pct"] == pytest.approx(1.0)


def test_runs_of_wins_end_at_a_zero_result() -> None:
    values = metrics(make_trades([1.0, 1.0, 0.0, 1.0, -1.0, -1.0, -1.0, 1.0]))
    assert (values["max_consecutive_wins"], values["max_consecutive_losses"]) == (2.0, 3.0)


def test_bars_and_minutes_in_a_trade() -> None:
    values = metrics(make_trades([1.0, 1.0, -1.0], entry_bar=[0, 3, 5], exit_bar=[2, 4, 9]))
    assert values["avg_bars"] == pytest.approx(7 / 3)
    assert (values["avg_bars_win"], values["avg_bars_loss"]) == (1.5, 4.0)
    assert values["avg_trade_duration_minutes"] == pytest.approx(140.0)


def test_a_bar_left_at_its_open_is_not_exposed() -> None:
    assert metrics(make_trades([1.0], entry_bar=[2], exit_bar=[5], reason="signal"))["exposure_pct"] == 30.0


def test_a_bar_left_at_a_stop_is_exposed() -> None:
    assert metrics(make_trades([1.0], entry_bar=[2], exit_bar=[5], reason="stop_loss"))["exposure_pct"] == 40.0


def test_a_bar_of_two_trades_is_exposed_once() -> None:
    trades = make_trades([1.0, 1.0], entry_bar=[2, 4], exit_bar=[4, 5], reason="stop_loss")
    assert metrics(trades)["exposure_pct"] == 40.0


def test_with_fills_at_the_close_the_entry_bar_is_not_exposed() -> None:
    trades = make_trades([1.0], entry_bar=[2], exit_bar=[5], reason="signal")
    assert metrics(trades, config=BacktestConfig(fill="close"))["exposure_pct"] == 30.0


def test_costs_add_up() -> None:
    values = metrics(make_trades([1.0, 2.0], commission=[0.5, 0.25], funding=[-1.0, 0.25], slippage=[0.1, 0.3]))
    assert values["total_commission"] == 0.75
    assert values["total_funding"] == -0.75
    assert values["total_slippage"] == pytest.approx(0.4)
    assert values["total_turnover"] == 200.0


def test_system_quality_number_uses_the_sample_deviation() -> None:
    assert metrics(make_trades([1.0, 3.0, 5.0]))["sqn"] == pytest.approx(math.sqrt(3.0) * 3.0 / 2.0)


def test_kelly_stakes_the_edge_over_the_odds() -> None:
    # half the trades win, twice as much as a loss: 0.5 - 0.5 / 2
    assert metrics(make_trades([20.0, -10.0]))["kelly_pct"] == pytest.approx(25.0)


def test_excursions_are_averaged_over_all_trades() -> None:
    values = metrics(make_trades([1.0, -1.0], mae_pct=[1.0, 3.0], mfe_pct=[4.0, 0.0]))
    assert (values["avg_mae_pct"], values["avg_mfe_pct"]) == (2.0, 2.0)


def test_leverage_is_measured_against_the_equity_before_the_entry() -> None:
    trades = make_trades([-5_000.0], entry_price=100.0, quantity=300.0)  # 30,000 on a capital of 10,000
    assert metrics(trades)["max_entry_leverage"] == pytest.approx(3.0)


def test_balance_drawdown_looks_at_closed_trades_only() -> None:
    assert metrics(make_trades([10_000.0, -5_000.0, 1_000.0]))["max_balance_drawdown_pct"] == pytest.approx(25.0)


def test_counts_of_what_did_not_go_to_plan() -> None:
    trades = make_trades([-1.0, -1.0], reason="liquidation", ambiguous=[True, False])
    values = metrics(trades, ambiguous_bars=[3, 4, 7], refused=5, conflicting_signals=2)
    assert values["liquidations"] == 2.0
    assert values["ambiguous_trades"] == 1.0
    assert values["ambiguous_bars"] == 3.0
    assert values["refused_orders"] == 5.0
    assert values["conflicting_signals"] == 2.0
