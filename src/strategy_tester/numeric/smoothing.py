"""Exponential smoothing: each result moves a fixed share of the way to the new value."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_sum

Floats = NDArray[np.float64]


@kernel
def mean_of(values: Floats, first: int, count: int) -> float:
    """Arithmetic mean of `count` values from `first` on."""
    base = values[first]
    total = 0.0
    for bar in range(first + 1, first + count):
        total += values[bar] - base
    return base + total / count


@kernel
def smoothed(values: Floats, share: float, period: int, first: int) -> Floats:
    """Exponential mean seeded with the plain mean of the first `period` values, shape (bars,).

    Args:
        values: Without NaN from `first` on.
        share: How much of the way to each new value is gone, 0..1.
        period: Number of values in the seed.
        first: The bar from which the values count; the first result stands at `first + period - 1`.
    """
    bars = values.size
    result = empty_after(bars, first + period - 1)
    start = first + period - 1
    if start >= bars:
        return result
    mean = mean_of(values, first, period)
    result[start] = mean
    for bar in range(start + 1, bars):
        mean += share * (values[bar] - mean)
        result[bar] = mean
    return result


@kernel
def exponential_mean(values: Floats, period: int, first: int) -> Floats:
    """Exponential mean with share 2 / (period + 1), seeded as TA-Lib does, shape (bars,)."""
    return smoothed(values, 2.0 / (period + 1.0), period, first)


@kernel
def wilder_mean(values: Floats, period: int, first: int) -> Floats:
    """Wilder's mean: exponential with share 1 / period, seeded with a plain mean, shape (bars,)."""
    return smoothed(values, 1.0 / period, period, first)


@kernel
def double_exponential_mean(values: Floats, period: int, first: int) -> Floats:
    """Twice the exponential mean less its own exponential mean, shape (bars,)."""
    once = exponential_mean(values, period, first)
    twice = exponential_mean(once, period, first + period - 1)
    for bar in range(values.size):
        twice[bar] = 2.0 * once[bar] - twice[bar]
    return twice


@kernel
def triple_exponential_mean(values: Floats, period: int, first: int) -> Floats:
    """Three times the exponential mean, less three times its mean, plus the mean of that, shape (bars,)."""
    once = exponential_mean(values, period, first)
    twice = exponential_mean(once, period, first + period - 1)
    thrice = exponential_mean(twice, period, first + 2 * (period - 1))
    for bar in range(values.size):
        thrice[bar] += 3.0 * once[bar] - 3.0 * twice[bar]
    return thrice


@kernel
def way_walked(values: Floats, period: int) -> Floats:
    """Sum of the last `period` moves, each without its sign, shape (bars,); the first `period` are NaN."""
    moves = empty_after(values.size, 1)
    for bar in range(1, values.size):
        moves[bar] = abs(values[bar] - values[bar - 1])
    return rolling_sum(moves, period, 1)


@kernel
def adaptive_mean(values: Floats, period: int, fast_period: int, slow_period: int) -> Floats:
    """Kaufman's mean: quick where the price goes straight, slow where it wavers, shape (bars,)."""
    result = empty_after(values.size, period)
    if values.size <= period:
        return result
    slow_share = 2.0 / (slow_period + 1.0)
    span = 2.0 / (fast_period + 1.0) - slow_share
    mean = values[period - 1]
    ways = way_walked(values, period)
    for bar in range(period, values.size):
        distance = abs(values[bar] - values[bar - period])
        share = (span * (distance / ways[bar] if ways[bar] > 0.0 else 1.0) + slow_share) ** 2
        mean += share * (values[bar] - mean)
        result[bar] = mean
    return result
