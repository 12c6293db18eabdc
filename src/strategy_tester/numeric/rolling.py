"""Moving sums, deviations and extremes in one pass, by blocks.

The input is cut into blocks as long as the window. A window then covers the tail of one block and the head of the
next, so its sum (or extreme) is `tails[...] + heads[...]`. Compared with adding the new value and subtracting the old
one, no rounding error is carried from window to window: a spike leaves no trace once it has left the window. Blocks
are counted from the first bar, so a prefix of the input gives the same prefix of the result, bit for bit.

Every function takes `first`: the bar from which the values count. All results before the first full window are NaN.
Inputs hold no NaN from `first` on.
"""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel

Floats = NDArray[np.float64]


@kernel
def empty_after(bars: int, warm_up: int) -> Floats:
    """A new array whose first `warm_up` values are NaN and whose others wait to be written."""
    result = np.empty(bars)
    result[: min(bars, warm_up)] = np.nan
    return result


@kernel
def rolling_sum(values: Floats, period: int, first: int) -> Floats:
    """Sum of the last `period` values, shape (bars,)."""
    bars = values.size
    result = empty_after(bars, first + period - 1)
    tails = np.zeros(period)
    for start in range(first, bars, period):
        head = 0.0
        for step in range(min(period - 1, bars - start)):
            head += values[start + step]
            result[start + step] = tails[step + 1] + head if start > first else np.nan
        if start + period > bars:
            break
        result[start + period - 1] = head + values[start + period - 1]
        tail = 0.0
        for step in range(period - 1, 0, -1):
            tail += values[start + step]
            tails[step] = tail
    return result


@kernel
def rolling_mean(values: Floats, period: int, first: int) -> Floats:
    """Arithmetic mean of the last `period` values, shape (bars,)."""
    result = rolling_sum(values, period, first)
    for bar in range(result.size):
        result[bar] /= period
    return result


@kernel
def rolling_mean_and_deviation(values: Floats, period: int, first: int) -> tuple[Floats, Floats]:
    """Mean and population standard deviation of the last `period` values, shape (bars,) each.

    Sums are taken of the distances to a value inside the window, which keeps both accurate when the values are
    large and their spread is small; equal values give a deviation of exactly 0.
    """
    bars = values.size
    means = empty_after(bars, first + period - 1)
    deviations = empty_after(bars, first + period - 1)
    sums, squares = np.zeros(period), np.zeros(period)
    for start in range(first, bars, period):
        base = values[start]
        if start > first:
            total, square = 0.0, 0.0
            for step in range(period - 1, 0, -1):
                distance = values[start - period + step] - base
                total += distance
                square += distance * distance
                sums[step], squares[step] = total, square
        total, square = 0.0, 0.0
        for step in range(min(period, bars - start)):
            distance = values[start + step] - base
            total += distance
            square += distance * distance
            if start == first and step < period - 1:
                continue
            whole = step + 1 == period
            mean = (total if whole else total + sums[step + 1]) / period
            mean_square = (square if whole else square + squares[step + 1]) / period
            means[start + step] = base + mean
            deviations[start + step] = np.sqrt(max(mean_square - mean * mean, 0.0))
    return means, deviations


@kernel
def rolling_mean_deviation(values: Floats, period: int, first: int) -> tuple[Floats, Floats]:
    """Mean of the last `period` values and their mean distance from it, shape (bars,) each.

    The distances are added up window by window (`period` steps a bar): no running form of it is exact.
    """
    means = empty_after(values.size, first + period - 1)
    deviations = empty_after(values.size, first + period - 1)
    for bar in range(first + period - 1, values.size):
        base, total = values[bar], 0.0
        for step in range(bar - period + 1, bar):
            total += values[step] - base
        mean = base + total / period
        distances = 0.0
        for step in range(bar - period + 1, bar + 1):
            distances += abs(values[step] - mean)
        means[bar], deviations[bar] = mean, distances / period
    return means, deviations


@kernel
def rolling_highest(values: Floats, period: int, first: int) -> Floats:
    """Largest of the last `period` values, shape (bars,) (van Herk's method: three comparisons a bar)."""
    bars = values.size
    result = empty_after(bars, first + period - 1)
    tails = np.empty(period)
    for start in range(first, bars, period):
        head = -np.inf
        for step in range(min(period - 1, bars - start)):
            head = max(head, values[start + step])
            result[start + step] = max(tails[step + 1], head) if start > first else np.nan
        if start + period > bars:
            break
        result[start + period - 1] = max(head, values[start + period - 1])
        tail = -np.inf
        for step in range(period - 1, 0, -1):
            tail = max(tail, values[start + step])
            tails[step] = tail
    return result


@kernel
def rolling_lowest(values: Floats, period: int, first: int) -> Floats:
    """Smallest of the last `period` values, shape (bars,)."""
    bars = values.size
    result = empty_after(bars, first + period - 1)
    tails = np.empty(period)
    for start in range(first, bars, period):
        head = np.inf
        for step in range(min(period - 1, bars - start)):
            head = min(head, values[start + step])
            result[start + step] = min(tails[step + 1], head) if start > first else np.nan
        if start + period > bars:
            break
        result[start + period - 1] = min(head, values[start + period - 1])
        tail = np.inf
        for step in range(period - 1, 0, -1):
            tail = min(tail, values[start + step])
            tails[step] = tail
    return result


@kernel
def rolling_weighted_sums(values: Floats, period: int, first: int) -> tuple[Floats, Floats, Floats]:
    """Bases, sums and weighted sums (weights 1, 2 .. `period`, the newest most) of the last `period` values.

    Both sums are of distances to the base, a value near the window. The weighted sum moves on by subtracting the
    plain sum; everything is made anew every `period` bars, so that rounding errors do not pile up.
    """
    bars = values.size
    warm_up = first + period - 1
    bases, sums, weighted_sums = empty_after(bars, warm_up), empty_after(bars, warm_up), empty_after(bars, warm_up)
    for start in range(warm_up, bars, period):
        total, weighted = 0.0, 0.0
        base = values[start]
        for step in range(period):
            distance = values[start - period + 1 + step] - base
            total += distance
            weighted += distance * (step + 1)
        bases[start], sums[start], weighted_sums[start] = base, total, weighted
        for bar in range(start + 1, min(start + period, bars)):
            distance = values[bar] - base
            weighted += distance * period - total
            total += distance - (values[bar - period] - base)
            bases[bar], sums[bar], weighted_sums[bar] = base, total, weighted
    return bases, sums, weighted_sums


@kernel
def rolling_weighted_mean(values: Floats, period: int, first: int) -> Floats:
    """Mean of the last `period` values weighted 1, 2 .. `period`, the newest most, shape (bars,)."""
    result, _, weighted_sums = rolling_weighted_sums(values, period, first)
    weights = period * (period + 1) / 2.0
    for bar in range(first + period - 1, result.size):
        result[bar] += weighted_sums[bar] / weights
    return result


@kernel
def rolling_line(values: Floats, period: int, first: int) -> tuple[Floats, Floats]:
    """Least-squares line through the last `period` values: its end and its slope per bar, shape (bars,) each."""
    ends, sums, slopes = rolling_weighted_sums(values, period, first)
    scale = 12.0 / (period * (period * period - 1.0))
    for bar in range(first + period - 1, ends.size):
        slopes[bar] = scale * (slopes[bar] - sums[bar] * (period + 1) / 2.0)
        ends[bar] += sums[bar] / period + slopes[bar] * (period - 1) / 2.0
    return ends, slopes


@kernel
def bars_since_highest(values: Floats, period: int) -> NDArray[np.int64]:
    """How many bars ago the largest of the last `period` values stood, the latest of equals, shape (bars,).

    A queue holds the bars that may still become the largest, their values falling; each enters and leaves it once.
    Before the first full window the window is what there is.
    """
    ages = np.empty(values.size, np.int64)
    queue = np.empty(values.size, np.int64)
    head, tail = 0, 0
    for bar in range(values.size):
        while tail > head and values[queue[tail - 1]] <= values[bar]:
            tail -= 1
        queue[tail] = bar
        tail += 1
        if queue[head] <= bar - period:
            head += 1
        ages[bar] = bar - queue[head]
    return ages
