"""Heikin-Ashi ("average bar") candles: the published formula, without any smoothing of its own.

Close: mean of open, high, low and close. Open: middle of the body before; of the first bar, middle of its own body.
High and low: the extremes of the bar's high or low and the two above.
"""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel

Floats = NDArray[np.float64]


@kernel
def heikin_ashi(bars, first, before, out):
    """Average bars from bar `first` on.

    Args:
        bars: Open, high, low, close of each bar: a tuple of four arrays.
        first: First bar that is new.
        before: Open and close of the average bar before it; not looked at when `first` is 0.
        out: Open, high, low, close written here from index 0 on, shape (4, at least the bars from `first`).
    """
    open_, high, low, close = bars
    previous_open, previous_close = before
    for bar in range(first, close.size):
        average_close = 0.25 * (open_[bar] + high[bar] + low[bar] + close[bar])
        average_open = 0.5 * (open_[bar] + close[bar]) if bar == 0 else 0.5 * (previous_open + previous_close)
        place = bar - first
        out[0, place] = average_open
        out[1, place] = max(high[bar], average_open, average_close)
        out[2, place] = min(low[bar], average_open, average_close)
        out[3, place] = average_close
        previous_open, previous_close = average_open, average_close
