"""Moving means, deviations and extremes against numpy, window by window, and where they are hardest."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from strategy_tester.numeric import rolling

PERIODS = [1, 2, 3, 7, 16, 20, 255, 700]


def walk(bars: int = 2_500, seed: int = 3) -> np.ndarray:
    return 50_000.0 + np.random.default_rng(seed).normal(0.0, 30.0, bars).cumsum()


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize(
    ("kernel", "plain"),
    [
        (rolling.rolling_mean, np.mean),
        (rolling.rolling_sum, np.sum),
        (rolling.rolling_highest, np.max),
        (rolling.rolling_lowest, np.min),
    ],
    ids=["mean", "sum", "highest", "lowest"],
)
def test_equals_numpy_in_every_window(kernel, plain, period: int) -> None:
    values = walk()
    result = kernel(values, period, 0)
    assert np.isnan(result[: period - 1]).all()
    np.testing.assert_allclose(result[period - 1 :], plain(sliding_window_view(values, period), axis=1), rtol=1e-14)


@pytest.mark.parametrize("period", PERIODS)
def test_mean_and_deviation_equal_numpy(period: int) -> None:
    values = walk()
    means, deviations = rolling.rolling_mean_and_deviation(values, period, 0)
    windows = sliding_window_view(values, period)
    np.testing.assert_allclose(means[period - 1 :], windows.mean(axis=1), rtol=1e-14)
    np.testing.assert_allclose(deviations[period - 1 :], windows.std(axis=1), rtol=1e-11, atol=1e-11)


def test_values_before_first_do_not_count() -> None:
    values = walk(200)
    spoiled = values.copy()
    spoiled[:5] = np.nan
    for kernel in (rolling.rolling_mean, rolling.rolling_highest, rolling.rolling_lowest):
        result = kernel(spoiled, 10, 5)
        assert np.isnan(result[:14]).all()
        np.testing.assert_array_equal(result[14:], kernel(values[5:], 10, 0)[9:])


def test_a_result_depends_on_its_window_alone() -> None:
    values = walk()
    whole = rolling.rolling_mean(values, 20, 0)
    for first in (1, 13, 1_024):
        np.testing.assert_array_equal(rolling.rolling_mean(values[first:], 20, 0)[19:], whole[first + 19 :])


def test_a_spike_leaves_no_trace() -> None:
    values = np.full(300, 0.001)
    values[50] = 1e15
    assert (rolling.rolling_mean(values, 20, 0)[70:] == 0.001).all()
    assert (rolling.rolling_mean_and_deviation(values, 20, 0)[1][70:] == 0.0).all()


def test_equal_values_give_that_value_and_no_deviation() -> None:
    means, deviations = rolling.rolling_mean_and_deviation(np.full(100, 0.1), 7, 0)
    assert (means[6:] == 0.1).all()
    assert (deviations[6:] == 0.0).all()


def test_deviation_of_large_values_with_a_tiny_spread() -> None:
    # 1e9 +- 1e-3: squares of the values would have no digits left.
    values = 1e9 + np.tile([-0.001953125, 0.001953125], 50)
    assert rolling.rolling_mean_and_deviation(values, 10, 0)[1][9:] == pytest.approx(0.001953125, rel=1e-12)


@pytest.mark.parametrize("period", [1, 2, 14, 300])
def test_weighted_mean_equals_numpy(period: int) -> None:
    values = walk()
    weights = np.arange(1, period + 1) / (period * (period + 1) / 2)
    result = rolling.rolling_weighted_mean(values, period, 0)
    np.testing.assert_allclose(result[period - 1 :], sliding_window_view(values, period) @ weights, rtol=1e-13)


def test_line_through_a_straight_line() -> None:
    ends, slopes = rolling.rolling_line(7.0 - 0.25 * np.arange(100.0), 14, 0)
    assert ends[13:] == pytest.approx(7.0 - 0.25 * np.arange(13.0, 100.0))
    assert slopes[13:] == pytest.approx(-0.25)


def test_bars_since_highest_takes_the_latest_of_equals() -> None:
    ages = rolling.bars_since_highest(np.array([1.0, 3.0, 3.0, 2.0, 1.0, 0.0, 5.0]), 3)
    assert ages.tolist() == [0, 0, 0, 1, 2, 2, 0]


def test_mean_deviation_by_hand() -> None:
    means, deviations = rolling.rolling_mean_deviation(np.array([1.0, 2.0, 6.0]), 3, 0)
    assert means[2] == 3.0
    assert deviations[2] == 2.0
