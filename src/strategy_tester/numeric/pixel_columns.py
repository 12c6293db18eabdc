"""From series to pixel columns: what a chart shows of the visible part, at most one entry for each pixel column.

A place on the time axis is a slot (a whole number of steps since the first bar); `slots` holds one per bar, rising,
with jumps where bars are missing. Column = floor((slot + 0.5) x pixels per slot) - shift; because `shift` is a whole
number of device pixels, moving the picture never changes which bars share a column.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

X, OPEN, HIGH, LOW, CLOSE, VOLUME = 0, 1, 2, 3, 4, 5
"""Rows of the columns that `collect_candles` writes."""


class Sight(NamedTuple):
    """What part of a series is in sight, and how slots become pixels.

    Attributes:
        bucket: Bars in a bucket of the level that is looked at.
        first: First bucket.
        last: One past the last bucket.
        pixels_per_slot: Device pixels.
        shift: Device pixels between slot 0 and the left edge.
    """

    bucket: int
    first: int
    last: int
    pixels_per_slot: float
    shift: int


@kernel
def column_of(slot: float, pixels_per_slot: float, shift: int) -> int:
    """The pixel column of the middle of a slot."""
    return int(np.floor((slot + 0.5) * pixels_per_slot)) - shift


@kernel
def _has_hole(slots: Places, first: int, last: int, pixels_per_slot: float) -> bool:
    """Whether bars first..last-1 lie apart by more than a pixel though their bucket fits into one."""
    return (slots[last - 1] - slots[first]) * pixels_per_slot > 1.0 and slots[last - 1] - slots[first] >= last - first


@kernel
def _push(out: Floats, count: int, x: int, open_: float, high: float, low: float, close: float, volume: float) -> int:
    if count and out[X, count - 1] == x:
        last = count - 1
        out[HIGH, last] = max(out[HIGH, last], high)
        out[LOW, last] = min(out[LOW, last], low)
        out[CLOSE, last] = close
        out[VOLUME, last] = max(out[VOLUME, last], volume)
        return count
    if count == out.shape[1]:
        return count
    out[X, count] = x
    out[OPEN, count] = open_
    out[HIGH, count] = high
    out[LOW, count] = low
    out[CLOSE, count] = close
    out[VOLUME, count] = volume
    return count + 1


@kernel
def collect_candles(slots, base, level, sight, out):
    """Open, highest high, lowest low, close and greatest volume of each pixel column.

    Args:
        slots: Slot of each bar, shape (bars,).
        base: Open, high, low, close, volume of each bar: a tuple of five arrays.
        level: The same of each bucket.
        sight: Which buckets, and how slots become pixels.
        out: Written here, shape (6, most columns): x, open, high, low, close, volume.

    Returns:
        The number of columns written.
    """
    count = 0
    bars = slots.size
    bucket, pixels_per_slot, shift = sight.bucket, sight.pixels_per_slot, sight.shift
    for index in range(sight.first, sight.last):
        start = index * bucket
        end = min(start + bucket, bars)
        if bucket > 1 and _has_hole(slots, start, end, pixels_per_slot):
            for bar in range(start, end):
                x = column_of(slots[bar], pixels_per_slot, shift)
                count = _push(out, count, x, base[0][bar], base[1][bar], base[2][bar], base[3][bar], base[4][bar])
        else:
            x = column_of(slots[start], pixels_per_slot, shift)
            count = _push(
                out, count, x, level[0][index], level[1][index], level[2][index], level[3][index], level[4][index]
            )
    return count


@kernel
def _push_range(out: Floats, count: int, x: int, low: float, high: float) -> int:
    if np.isnan(low):
        # One NaN entry ends the line; its column is kept so that the next value starts afresh.
        if count == 0 or np.isnan(out[1, count - 1]) or count == out.shape[1] or out[0, count - 1] == x:
            return count
        out[0, count], out[1, count], out[2, count] = x, np.nan, np.nan
        return count + 1
    if count and out[0, count - 1] == x:
        last = count - 1
        if np.isnan(out[1, last]):
            out[1, last], out[2, last] = low, high
        else:
            out[1, last] = min(out[1, last], low)
            out[2, last] = max(out[2, last], high)
        return count
    if count == out.shape[1]:
        return count
    out[0, count], out[1, count], out[2, count] = x, low, high
    return count + 1


@kernel
def _push_break(out: Floats, count: int, x: int) -> int:
    """End the line where bars are missing, as far as a column stays empty before column x."""
    if count == 0 or count == out.shape[1] or np.isnan(out[1, count - 1]) or x - out[0, count - 1] < 2:
        return count
    out[0, count], out[1, count], out[2, count] = out[0, count - 1] + 1, np.nan, np.nan
    return count + 1


@kernel
def collect_line(slots, values, level_low, level_high, sight, out):
    """Lowest and highest value of each pixel column; NaN in an entry of its own where the line is broken.

    It is broken by NaN and, where that leaves a column empty, by missing bars.

    Arguments as in `collect_candles`; `out` has shape (3, most columns): x, lowest, highest.
    """
    count = 0
    bars = slots.size
    bucket, pixels_per_slot, shift = sight.bucket, sight.pixels_per_slot, sight.shift
    for index in range(sight.first, sight.last):
        start = index * bucket
        end = min(start + bucket, bars)
        if bucket > 1 and _has_hole(slots, start, end, pixels_per_slot):
            for bar in range(start, end):
                x = column_of(slots[bar], pixels_per_slot, shift)
                if bar > 0 and slots[bar] - slots[bar - 1] > 1:
                    count = _push_break(out, count, x)
                count = _push_range(out, count, x, values[bar], values[bar])
        else:
            x = column_of(slots[start], pixels_per_slot, shift)
            if start > 0 and slots[start] - slots[start - 1] > 1:
                count = _push_break(out, count, x)
            count = _push_range(out, count, x, level_low[index], level_high[index])
    return count


@kernel
def extremes(lows: Floats, highs: Floats, count: int):
    """Lowest and highest of the first `count` entries, NaN left out; NaN, NaN when nothing is there."""
    lowest, highest = np.nan, np.nan
    for index in range(count):
        if not (lows[index] >= lowest) and not np.isnan(lows[index]):
            lowest = lows[index]
        if not (highs[index] <= highest) and not np.isnan(highs[index]):
            highest = highs[index]
    return lowest, highest
