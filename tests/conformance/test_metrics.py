"""What every metric promises."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from result_builders import make_result, make_trades
from strategy_tester.domain.results import BacktestConfig, BacktestResult, TradeColumns
from strategy_tester.metrics.registry import all_metrics, compute_metrics, metrics_by_side
from strategy_tester.metrics.spec import MetricSpec

UNITS = {"%", "USDT", "bars", "days", "minutes", "x", ""}
MONEY_COLUMNS = ("pnl", "commission", "funding", "slippage", "equity_after", "quantity")
# Base units grow with the money, but have no unit of their own.
COUNTED_IN_BASE_UNITS = {"max_quantity"}


def busy_result(seed: int = 3, bars: int = 2_000, trades: int = 150) -> BacktestResult:
    rng = np.random.default_rng(seed)
    entry = np.sort(rng.choice(bars - 1, trades, replace=False))
    equity = 10_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.002, bars)))
    positive = {name: rng.uniform(0.1, 2.0, trades) for name in ("commission", "slippage", "mae_pct", "mfe_pct")}
    columns = make_trades(
        list(rng.normal(1.0, 30.0, trades)),
        side=list(rng.choice([-1, 1], trades)), entry_bar=list(entry), exit_bar=[*entry[1:], bars - 1],
        funding=rng.normal(0.0, 1.0, trades), exit_reason=rng.integers(0, 7, trades),
        ambiguous=rng.random(trades) < 0.1, **positive,
    )  # fmt: skip
    closes = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.003, bars)))
    return make_result(list(equity), trades=columns, closes=list(closes), ambiguous_bars=[5, 6], refused=3)


def money_times(result: BacktestResult, factor: float) -> BacktestResult:
    trades = replace(
        result.trade_columns, **{name: getattr(result.trade_columns, name) * factor for name in MONEY_COLUMNS}
    )
    config = replace(result.config, initial_capital=result.config.initial_capital * factor)
    return replace(result, trade_columns=trades, equity_curve=result.equity_curve * factor, config=config)


@pytest.mark.parametrize("spec", all_metrics(), ids=lambda spec: spec.name)
def test_every_metric_explains_itself(spec: MetricSpec) -> None:
    assert spec.name == spec.name.lower().replace(" ", "_")
    assert spec.title[:1].isupper()
    assert spec.unit in UNITS
    assert spec.better in {"higher", "lower", "neutral"}
    assert spec.formula.endswith(".")
    assert spec.source


def test_names_and_titles_are_unique() -> None:
    assert len({spec.name for spec in all_metrics()}) == len(all_metrics())
    assert len({spec.title for spec in all_metrics()}) == len(all_metrics())


def test_percent_metrics_say_so_in_their_name() -> None:
    assert all(spec.name.endswith("_pct") or spec.name == "ulcer_index" for spec in all_metrics() if spec.unit == "%")


@pytest.mark.parametrize(
    "result",
    [
        make_result([]),
        make_result([10_000.0]),
        make_result([10_000.0] * 50),
        make_result([0.0] * 50, trades=make_trades([-10_000.0], reason="liquidation")),
        make_result([1e-9, 1e15], trades=make_trades([-1.0])),
        make_result([10_001.0], trades=make_trades([1.0])),
        busy_result(),
    ],
    ids=["no bars", "one bar", "flat", "ruin", "extremes", "one win", "busy"],
)
def test_every_value_is_a_finite_float_or_not_a_number(result: BacktestResult) -> None:
    for values in metrics_by_side(result).values():
        for name, value in values.items():
            assert isinstance(value, float), name
            assert not math.isinf(value), name


@pytest.mark.parametrize("factor", [0.001, 7.0])
def test_money_scales_and_everything_else_stays(factor: float) -> None:
    once, scaled = compute_metrics(busy_result()), compute_metrics(money_times(busy_result(), factor))
    for spec in all_metrics():
        grows = spec.unit == "USDT" or spec.name in COUNTED_IN_BASE_UNITS
        assert scaled[spec.name] == pytest.approx(once[spec.name] * (factor if grows else 1.0), rel=1e-9), spec.name


def test_the_input_stays_untouched() -> None:
    result, twin = busy_result(), busy_result()
    metrics_by_side(result)
    np.testing.assert_array_equal(result.equity_curve, twin.equity_curve)
    for column in fields(TradeColumns):
        np.testing.assert_array_equal(
            getattr(result.trade_columns, column.name), getattr(twin.trade_columns, column.name)
        )


def test_the_same_result_has_the_same_metrics_to_the_last_bit() -> None:
    assert compute_metrics(busy_result()) == compute_metrics(busy_result())


def test_sides_add_up_to_the_whole() -> None:
    sides = metrics_by_side(busy_result())
    for name in ("total_trades", "winning_trades", "losing_trades", "net_profit", "gross_profit", "gross_loss",
                 "total_commission", "total_funding", "total_slippage", "total_turnover",
                 "liquidations", "ambiguous_trades"):  # fmt: skip
        assert sides["long"][name] + sides["short"][name] == pytest.approx(sides["all"][name], rel=1e-12), name


def test_metrics_of_one_side_are_those_of_its_trades_alone() -> None:
    result = busy_result()
    shorts = replace(result, trade_columns=result.trade_columns.where(result.trade_columns.side < 0))
    alone, beside = compute_metrics(shorts), metrics_by_side(result)["short"]
    for spec in all_metrics():
        if spec.per_side and spec.name != "total_return_pct":
            assert beside[spec.name] == pytest.approx(alone[spec.name], rel=1e-12, nan_ok=True), spec.name


def test_the_drawdown_is_the_deepest_of_the_drawdown_curve() -> None:
    result = busy_result()
    assert compute_metrics(result)["max_drawdown_pct"] == pytest.approx(result.drawdown_rate.max() * 100.0, rel=1e-14)


def test_extremes_of_long_curves_are_found_wherever_they_lie() -> None:
    rng = np.random.default_rng(11)
    for length in rng.integers(1, 700, 60):
        equity = np.round(10_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, length))), -2)
        before = np.append(10_000.0, equity)
        high, low = np.maximum.accumulate(before), np.minimum.accumulate(before)
        values = compute_metrics(make_result(list(equity)))
        assert values["max_drawdown"] == (high - before).max()
        assert values["max_drawdown_pct"] == pytest.approx(((high - before) / high).max() * 100.0, rel=1e-12)
        assert values["max_runup"] == (before - low).max()
        assert values["max_runup_pct"] == pytest.approx(((before - low) / low).max() * 100.0, rel=1e-12)
        assert values["max_drawdown_duration_days"] * 24 == pytest.approx(longest_drawdown_bars(before))


def longest_drawdown_bars(equity: np.ndarray) -> int:
    """Bars from each peak to the first value that reaches it again, or to the end."""
    longest = 0
    for start in range(equity.size):
        reached = [later for later in range(start + 1, equity.size) if equity[later] >= equity[start]]
        end = reached[0] if reached else equity.size - 1
        fell = end > start + 1 or (not reached and end > start)
        if fell and equity[start] == equity[: start + 1].max():
            longest = max(longest, end - start)
    return longest


def test_compiled_and_plain_kernels_agree() -> None:
    from strategy_tester.metrics.equity_kernel import curve_facts, day_facts

    result = busy_result(bars=400, trades=20)
    given = (int(result.open_time_ms[0]), result.open_time_ms, 3_600_000, result.equity_curve, 10_000.0)
    assert curve_facts(*given) == curve_facts.py_func(*given)  # type: ignore[attr-defined]
    assert tuple(day_facts(*given)) == pytest.approx(tuple(day_facts.py_func(*given)), rel=1e-14)  # type: ignore[attr-defined]


def test_configuration_reaches_the_metrics() -> None:
    result = make_result([600.0], config=BacktestConfig(initial_capital=500.0))
    assert compute_metrics(result)["total_return_pct"] == pytest.approx(20.0)
