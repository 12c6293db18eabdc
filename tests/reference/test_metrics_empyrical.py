"""Risk metrics against empyrical, where the definitions coincide: daily returns, 365 days, no risk-free rate."""

import math

import numpy as np
import pytest

from result_builders import make_result
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.metrics.registry import compute_metrics

empyrical = pytest.importorskip("empyrical")
DAYS = 365


def walk(seed: int, drift: float, days: int = 400) -> tuple[dict[str, float], np.ndarray]:
    """Our metrics of a hourly random walk, and the daily returns that follow from its midnight values."""
    rng = np.random.default_rng(seed)
    hourly = 10_000.0 * np.exp(np.cumsum(rng.normal(drift, 0.004, days * 24)))
    midnight = np.append(10_000.0, hourly[23::24])
    return compute_metrics(make_result(list(hourly), timeframe=Timeframe.H1)), midnight[1:] / midnight[:-1] - 1.0


@pytest.mark.parametrize(("seed", "drift"), [(1, 0.0), (2, 1e-4), (3, -1e-4), (4, 5e-4)])
def test_ratios_and_volatility(seed: int, drift: float) -> None:
    ours, returns = walk(seed, drift)
    assert ours["sharpe_ratio"] == pytest.approx(empyrical.sharpe_ratio(returns, annualization=DAYS), rel=1e-9)
    assert ours["sortino_ratio"] == pytest.approx(empyrical.sortino_ratio(returns, annualization=DAYS), rel=1e-9)
    assert ours["volatility_pct"] == pytest.approx(
        empyrical.annual_volatility(returns, annualization=DAYS) * 100.0, rel=1e-9
    )


@pytest.mark.parametrize(("seed", "drift"), [(5, 0.0), (6, 1e-4), (7, -1e-4)])
def test_growth(seed: int, drift: float) -> None:
    ours, returns = walk(seed, drift)
    assert ours["total_return_pct"] == pytest.approx(empyrical.cum_returns_final(returns) * 100.0, rel=1e-9)
    assert ours["cagr_pct"] == pytest.approx(empyrical.cagr(returns, annualization=DAYS) * 100.0, rel=1e-9)


@pytest.mark.parametrize(("seed", "drift"), [(8, 0.0), (9, 2e-4), (10, -2e-4)])
def test_drawdown_of_daily_bars(seed: int, drift: float) -> None:
    rng = np.random.default_rng(seed)
    equity = 10_000.0 * np.exp(np.cumsum(rng.normal(drift * 24, 0.02, 500)))
    returns = equity / np.append(10_000.0, equity[:-1]) - 1.0
    ours = compute_metrics(make_result(list(equity), timeframe=Timeframe.D1))
    assert ours["max_drawdown_pct"] == pytest.approx(-empyrical.max_drawdown(returns) * 100.0, rel=1e-9)
    assert ours["calmar_ratio"] == pytest.approx(empyrical.calmar_ratio(returns, annualization=DAYS), rel=1e-9)


def test_empyrical_has_no_better_answer_where_we_have_none() -> None:
    rising = [10_000.0 * 1.01**day for day in range(1, 20)]
    ours = compute_metrics(make_result(rising, timeframe=Timeframe.D1))
    assert math.isnan(ours["sortino_ratio"])
    assert math.isnan(ours["calmar_ratio"])
