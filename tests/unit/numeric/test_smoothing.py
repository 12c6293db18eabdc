"""Exponential means: the fast way gives what the plain recursion gives."""

import numpy as np
import pytest

from strategy_tester.numeric import smoothing


def plain(values: np.ndarray, share: float, mean: float) -> np.ndarray:
    result = np.empty(values.size)
    for bar, value in enumerate(values):
        mean += share * (value - mean)
        result[bar] = mean
    return result


@pytest.mark.parametrize("bars", [1, 127, 128, 129, 1_023, 1_024, 1_025, 5_000])
@pytest.mark.parametrize("share", [1.0, 2 / 3, 1 / 14, 1 / 5_000])
def test_equals_the_plain_recursion(bars: int, share: float) -> None:
    values = 50_000.0 + np.random.default_rng(4).normal(0.0, 30.0, bars).cumsum()
    result = np.empty(bars)
    last = smoothing.follow(values, share, 49_000.0, result)
    np.testing.assert_allclose(result, plain(values, share, 49_000.0), rtol=1e-14)
    assert last == result[-1]


def test_may_write_over_its_input() -> None:
    values = np.random.default_rng(4).normal(0.0, 1.0, 3_000)
    apart = np.empty(3_000)
    smoothing.follow(values, 0.1, 0.5, apart)
    smoothing.follow(values, 0.1, 0.5, values)
    np.testing.assert_array_equal(values, apart)


@pytest.mark.parametrize("bars", [1, 100, 128, 1_000, 1_024, 1_500, 2_047])
def test_more_bars_change_no_bit_of_what_there_is(bars: int) -> None:
    values = np.random.default_rng(4).normal(0.0, 1.0, 2_048)
    whole, part = np.empty(2_048), np.empty(bars)
    smoothing.follow(values, 0.03, 0.5, whole)
    smoothing.follow(values[:bars], 0.03, 0.5, part)
    assert part.tobytes() == whole[:bars].tobytes()


def test_equal_values_give_that_value() -> None:
    assert (smoothing.exponential_mean(np.full(3_000, 0.3), 12, 0)[11:] == 0.3).all()
    assert (smoothing.wilder_mean(np.full(3_000, 0.3), 14, 0)[13:] == 0.3).all()


def test_the_seed_is_the_plain_mean() -> None:
    result = smoothing.exponential_mean(np.array([1.0, 2.0, 6.0, 9.0]), 3, 0)
    assert np.isnan(result[:2]).all()
    assert result[2:].tolist() == [3.0, 6.0]


def test_nothing_to_smooth() -> None:
    assert smoothing.exponential_mean(np.empty(0), 3, 0).size == 0
    assert smoothing.follow(np.empty(0), 0.1, 7.0, np.empty(0)) == 7.0


def test_adaptive_mean_of_a_straight_line_runs_at_full_speed() -> None:
    # Efficiency 1: the share is (2 / 3) squared.
    result = smoothing.adaptive_mean(np.arange(10.0), 4, 2, 30)
    assert result[4] == pytest.approx(3.0 + (4.0 - 3.0) * 4 / 9)
