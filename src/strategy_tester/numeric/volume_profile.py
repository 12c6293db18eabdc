"""Volume by price over a range of candles."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel

Floats = NDArray[np.float64]
Candles5 = tuple[Floats, Floats, Floats, Floats, Floats]


@kernel
def price_range(high: Floats, low: Floats, first: int, last: int) -> tuple[float, float]:
    """Lowest low and highest high of bars first..last-1; NaN, NaN for none."""
    lowest, highest = np.nan, np.nan
    for bar in range(first, last):
        if not low[bar] >= lowest:
            lowest = low[bar]
        if not high[bar] <= highest:
            highest = high[bar]
    return lowest, highest


@kernel
def spread_volume(candles: Candles5, first: int, last: int, bottom: float, size: float, up: Floats, down: Floats):
    """Spread each candle's volume evenly over its range from low to high.

    Inside a candle nobody knows at which prices it traded; even is what charts commonly assume. A candle without a
    range puts everything into one row. The sum over all rows is the volume of the candles.

    Args:
        candles: Open, high, low, close, volume, shape (bars,) each.
        first: First bar.
        last: One past the last bar.
        bottom: Price at the lower edge of the first row, at most every low.
        size: Height of a row, price units.
        up: Written: volume of candles that close at or above their open, by row, shape (rows,).
        down: Written: volume of the others, shape (rows,).
    """
    open_, high, low, close, volume = candles
    up[:] = 0.0
    down[:] = 0.0
    top_row = up.size - 1
    for bar in range(first, last):
        rows = up if close[bar] >= open_[bar] else down
        low_place, high_place = (low[bar] - bottom) / size, (high[bar] - bottom) / size
        lower = min(max(int(low_place), 0), top_row)
        upper = min(max(int(high_place), 0), top_row)
        if lower == upper:
            rows[lower] += volume[bar]
            continue
        per_row = volume[bar] / (high_place - low_place)
        rows[lower] += per_row * (lower + 1 - low_place)
        rows[upper] += per_row * (high_place - upper)
        for row in range(lower + 1, upper):
            rows[row] += per_row


@kernel
def value_area(rows: Floats, share: float) -> tuple[int, int, int]:
    """Fullest row (the lowest of equals), and the lowest and highest row of the area around it.

    The area grows row by row towards the fuller neighbor, the upper one of equals, until it holds `share` of all.
    """
    peak = 0
    whole = 0.0
    for row in range(rows.size):
        whole += rows[row]
        if rows[row] > rows[peak]:
            peak = row
    lower, upper, held = peak, peak, rows[peak]
    while held < share * whole and (lower > 0 or upper < rows.size - 1):
        below = rows[lower - 1] if lower > 0 else -1.0
        above = rows[upper + 1] if upper < rows.size - 1 else -1.0
        if above >= below:
            upper += 1
            held += above
        else:
            lower -= 1
            held += below
    return peak, lower, upper
