"""Exponential smoothing: each result moves a fixed share of the way to the new value."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_sum

Floats = NDArray[np.float64]

ROW = 128
"""Bars that are smoothed in one go before the next row is corrected by its end."""


@kernel
def mean_of(values: Floats, first: int, count: int) -> float:
    """Arithmetic mean of `count` values from `first` on."""
    base = values[first]
    total = 0.0
    for bar in range(first + 1, first + count):
        total += values[bar] - base
    return base + total / count


@kernel
def follow(values: Floats, share: float, mean: float, result: Floats) -> float:
    """Exponential means of all values, into `result` (which may be `values`); returns the last.

    Bar by bar the processor would wait for each mean before it can begin the next. So rows of `ROW` bars begin on
    their own, eight of them side by side, as if the mean before each had been its first value; what the true mean
    adds fades by a known power and is put on afterwards. Equal values give exactly that value.

    Args:
        values: The new values.
        share: How much of the way to each new value is gone, 0..1.
        mean: The mean before the first of them.
        result: Same size as `values`.
    """
    fading = np.empty(ROW)
    power = 1.0
    for place in range(ROW):
        power *= 1.0 - share
        fading[place] = power
    begins = np.empty(8)
    for start in range(0, values.size, 8 * ROW):
        end = min(start + 8 * ROW, values.size)
        rows = (end - start + ROW - 1) // ROW
        for row in range(rows):
            begins[row] = values[start + row * ROW]
        if end - start == 8 * ROW:
            follow_eight_rows(values[start:end], share, result[start:end])
        else:
            for first in range(start, end, ROW):
                follow_row(values[first : min(first + ROW, end)], share, result[first : min(first + ROW, end)])
        for row in range(rows):
            first, last = start + row * ROW, min(start + (row + 1) * ROW, end)
            add_faded(result[first:last], fading, mean - begins[row])
            mean = result[last - 1]
    return mean


@kernel
def follow_row(values: Floats, share: float, result: Floats) -> None:
    """Exponential means that begin with the first value itself."""
    mean = values[0]
    for place in range(values.size):
        mean += share * (values[place] - mean)
        result[place] = mean


@kernel
def follow_eight_rows(values: Floats, share: float, result: Floats) -> None:
    """`follow_row` for eight rows at once: while one mean is being computed, seven others are under way."""
    a, b, c, d = values[0], values[ROW], values[2 * ROW], values[3 * ROW]
    e, f, g, h = values[4 * ROW], values[5 * ROW], values[6 * ROW], values[7 * ROW]
    for place in range(ROW):
        a += share * (values[place] - a)
        b += share * (values[place + ROW] - b)
        c += share * (values[place + 2 * ROW] - c)
        d += share * (values[place + 3 * ROW] - d)
        e += share * (values[place + 4 * ROW] - e)
        f += share * (values[place + 5 * ROW] - f)
        g += share * (values[place + 6 * ROW] - g)
        h += share * (values[place + 7 * ROW] - h)
        result[place], result[place + ROW], result[place + 2 * ROW], result[place + 3 * ROW] = a, b, c, d
        result[place + 4 * ROW], result[place + 5 * ROW] = e, f
        result[place + 6 * ROW], result[place + 7 * ROW] = g, h


@kernel
def add_faded(result: Floats, fading: Floats, gap: float) -> None:
    """Put on each bar what is left there of a gap at the beginning."""
    for place in range(result.size):
        result[place] += fading[place] * gap


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
    start = first + period - 1
    result = empty_after(bars, start)
    if start < bars:
        result[start] = mean_of(values, first, period)
        follow(values[start + 1 :], share, result[start], result[start + 1 :])
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
