"""Moving means, deviations and extremes, by doubling.

A window of 20 is one of 16 and one of 4. So the windows of 2, 4, 8, 16 are made in turn, each from two of half its
length, and those that the period needs are put together on the way: about two times log2(period) simple passes, which
the processor does eight bars at a time. Nothing runs on from window to window: a result depends on its window alone,
a spike leaves no trace once it has left, and equal values give exactly that value.

The passes work on short stretches that stay in the processor's cache.

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
    for bar in range(min(bars, warm_up)):
        result[bar] = np.nan
    return result


@kernel
def stretch_of(period: int) -> int:
    """How many bars are worked on at a time: few enough for the cache, many compared with the window."""
    return max(1024, 4 * period)


@kernel
def copy_to(target: Floats, values: Floats) -> None:
    """Copy all values of `values` to the beginning of `target`."""
    for place in range(values.size):
        target[place] = values[place]


@kernel
def pair_means(new: Floats, old: Floats, result: Floats) -> None:
    """Mean of two windows of equal length."""
    for place in range(result.size):
        result[place] = old[place] + (new[place] - old[place]) * 0.5


@kernel
def mix_means(means: Floats, older: Floats, share: float, result: Floats) -> None:
    """`join_means` into an array of its own."""
    for place in range(result.size):
        result[place] = means[place] + (older[place] - means[place]) * share


@kernel
def join_means(means: Floats, older: Floats, share: float) -> None:
    """Make means longer by older windows; `share` is the older bars' part of the whole."""
    for place in range(means.size):
        means[place] += (older[place] - means[place]) * share


@kernel
def pair_spreads(
    new: Floats, old: Floats, new_spread: Floats, old_spread: Floats, size: int, result: Floats, spread: Floats
) -> None:
    """Mean of two windows of `size` bars, and their squared distances from it, summed up.

    Source: Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances (1979).
    """
    for place in range(result.size):
        distance = new[place] - old[place]
        result[place] = old[place] + distance * 0.5
        spread[place] = new_spread[place] + old_spread[place] + distance * distance * (0.5 * size)


@kernel
def join_spreads(
    means: Floats, older: Floats, spreads: Floats, older_spread: Floats, bars: int, older_bars: int
) -> None:
    """Make means and spreads of `bars` bars longer by windows of `older_bars`."""
    share = older_bars / (bars + older_bars)
    for place in range(means.size):
        distance = older[place] - means[place]
        means[place] += distance * share
        spreads[place] += older_spread[place] + distance * distance * (share * bars)


@kernel
def take_larger(one: Floats, other: Floats, sign: float, result: Floats) -> None:
    """The larger of two values, both times `sign`."""
    for place in range(result.size):
        first, second = sign * one[place], sign * other[place]
        result[place] = first if first > second else second


@kernel
def keep_larger(one: Floats, other: Floats, sign: float, result: Floats) -> None:
    """`sign` times the larger of two values."""
    for place in range(result.size):
        result[place] = sign * (one[place] if one[place] > other[place] else other[place])


@kernel
def rolling_mean(values: Floats, period: int, first: int) -> Floats:
    """Arithmetic mean of the last `period` values, shape (bars,)."""
    bars, stretch = values.size, stretch_of(period)
    result = empty_after(bars, first + period - 1)
    block, spare, whole = np.empty(stretch + period), np.empty(stretch + period), np.empty(stretch + period)
    for start in range(first + period - 1, bars, stretch):
        end = min(start + stretch, bars)
        width = end - start + period - 1
        copy_to(block, values[end - width : end])
        done, size = 0, 1
        while True:
            if done + size == period:
                older = block[size - 1 : width - done]
                if done == 0:
                    copy_to(result[start:end], older)
                else:
                    mix_means(whole[period - 1 : width], older, size / period, result[start:end])
                break
            if period & size:
                if done == 0:
                    copy_to(whole, block[:width])
                else:
                    join_means(whole[done:width], block[: width - done], size / (done + size))
                done += size
            pair_means(block[size:width], block[: width - size], spare[size:width])
            block, spare = spare, block
            size *= 2
    return result


@kernel
def rolling_sum(values: Floats, period: int, first: int) -> Floats:
    """Sum of the last `period` values, shape (bars,)."""
    result = rolling_mean(values, period, first)
    for bar in range(result.size):
        result[bar] *= period
    return result


@kernel
def rolling_mean_and_deviation(values: Floats, period: int, first: int) -> tuple[Floats, Floats]:
    """Mean and population standard deviation of the last `period` values, shape (bars,) each.

    Only positive terms are added up, so the deviation is as accurate for large values with a small spread as for any.
    """
    bars, stretch = values.size, stretch_of(period) // 2
    means, deviations = empty_after(bars, first + period - 1), empty_after(bars, first + period - 1)
    block, spare, whole = np.empty(stretch + period), np.empty(stretch + period), np.empty(stretch + period)
    block_spread, spare_spread = np.empty(stretch + period), np.empty(stretch + period)
    whole_spread = np.empty(stretch + period)
    for start in range(first + period - 1, bars, stretch):
        end = min(start + stretch, bars)
        width = end - start + period - 1
        copy_to(block, values[end - width : end])
        block_spread[:width] = 0.0
        done, size = 0, 1
        while True:
            if period & size:
                if done == 0:
                    copy_to(whole, block[:width])
                    copy_to(whole_spread, block_spread[:width])
                else:
                    rest = width - done
                    join_spreads(
                        whole[done:width], block[:rest], whole_spread[done:width], block_spread[:rest], done, size
                    )
                done += size
            if done == period:
                break
            rest = width - size
            pair_spreads(
                block[size:width], block[:rest], block_spread[size:width], block_spread[:rest], size,
                spare[size:width], spare_spread[size:width],
            )  # fmt: skip
            block, spare = spare, block
            block_spread, spare_spread = spare_spread, block_spread
            size *= 2
        copy_to(means[start:end], whole[period - 1 : width])
        write_deviations(whole_spread[period - 1 : width], period, deviations[start:end])
    return means, deviations


@kernel
def write_deviations(spreads: Floats, period: int, result: Floats) -> None:
    """Root of the mean squared distance."""
    share = 1.0 / period
    for place in range(result.size):
        result[place] = np.sqrt(spreads[place] * share)


@kernel
def rolling_extreme(values: Floats, period: int, first: int, sign: float) -> Floats:
    """Largest (`sign` 1) or smallest (`sign` -1) of the last `period` values, shape (bars,).

    Overlap does no harm to an extreme: a window of 20 is two of 16.
    """
    bars, stretch = values.size, stretch_of(period)
    result = empty_after(bars, first + period - 1)
    block, spare = np.empty(stretch + period), np.empty(stretch + period)
    for start in range(first + period - 1, bars, stretch):
        end = min(start + stretch, bars)
        width = end - start + period - 1
        part = values[end - width : end]
        if period == 1:
            copy_to(result[start:end], part)
            continue
        take_larger(part[1:], part[: width - 1], sign, block[1:width])
        size = 2
        while 2 * size <= period:
            keep_larger(block[size:width], block[: width - size], 1.0, spare[size:width])
            block, spare = spare, block
            size *= 2
        rest = period - size
        keep_larger(block[period - 1 : width], block[size - 1 : width - rest], sign, result[start:end])
    return result


@kernel
def rolling_highest(values: Floats, period: int, first: int) -> Floats:
    """Largest of the last `period` values, shape (bars,)."""
    return rolling_extreme(values, period, first, 1.0)


@kernel
def rolling_lowest(values: Floats, period: int, first: int) -> Floats:
    """Smallest of the last `period` values, shape (bars,)."""
    return rolling_extreme(values, period, first, -1.0)


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
