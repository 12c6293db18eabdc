"""Exponential smoothing: each result moves a fixed share of the way to the new value."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after

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
