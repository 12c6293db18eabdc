"""Rows that look wrong but may be a market's: spikes, frozen prices, foreign steps, a last candle cut short."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.domain.timeframes import DAY_MS, Timeframe

FROZEN_RUN = 10
"""This many candles in a row with one and the same price count as frozen."""
_FOREIGN_RUN = 5
_SPIKE_RANGES = 20.0
_SPIKE_FLOOR = 0.10
_NEIGHBORS = 5


def spikes(open_: Floats, high: Floats, low: Floats, close: Floats) -> NDArray[np.int64]:
    """Rows with a price far from the median close of the five candles before and the five after.

    Far is more than 10 %, and more than 20 times the median range of a candle of the whole table.
    """
    bars = close.size
    if bars < 3:
        return np.empty(0, np.int64)
    usual_range = float(np.median(high / low - 1.0))
    limit = 1.0 + max(_SPIKE_FLOOR, _SPIKE_RANGES * usual_range)
    # Only a candle that leaves the closes beside it can be a spike: few are left for the exact look.
    before = np.append(close[1:2], close[:-1])
    after = np.append(close[1:], close[-2:-1])
    nearest_below, nearest_above = np.minimum(before, after), np.maximum(before, after)
    candidates = np.flatnonzero((high > nearest_below * limit) | (low * limit < nearest_above))
    found = [row for row in candidates.tolist() if _is_far(row, open_, high, low, close, limit)]
    return np.asarray(found, dtype=np.int64)


def _is_far(row: int, open_: Floats, high: Floats, low: Floats, close: Floats, limit: float) -> bool:
    first = max(0, row - _NEIGHBORS)
    neighbors = np.delete(close[first : row + _NEIGHBORS + 1], row - first)
    center = float(np.median(neighbors))
    return bool(max(high[row], open_[row]) > center * limit or min(low[row], open_[row]) * limit < center)


def frozen_rows(open_: Floats, high: Floats, low: Floats, close: Floats) -> NDArray[np.int64]:
    """Rows inside runs of at least ten candles that all show one and the same price."""
    if close.size < FROZEN_RUN:
        return np.empty(0, np.int64)
    still = (high == low) & (open_ == close)
    same = np.append(False, still[1:] & still[:-1] & (close[1:] == close[:-1]))
    run_starts = np.flatnonzero(~same)
    lengths = np.diff(np.append(run_starts, close.size))
    long_runs = (lengths >= FROZEN_RUN) & still[run_starts]
    return np.flatnonzero(np.repeat(long_runs, lengths))


def other_timeframe(time_ms: Times, timeframe: Timeframe) -> tuple[int, Timeframe, int] | None:
    """Rows that follow one another like candles of another timeframe: first row, which one, how many steps.

    Single odd steps are gaps or faulty times. Five equal steps in a row that are another timeframe's length are
    candles of that timeframe.
    """
    steps = np.abs(np.diff(time_ms))
    if steps.size < _FOREIGN_RUN:
        return None
    new_run = np.append(True, steps[1:] != steps[:-1])
    starts = np.flatnonzero(new_run)
    lengths = np.diff(np.append(starts, steps.size))
    for start, length in zip(starts, lengths, strict=True):
        if length < _FOREIGN_RUN:
            continue
        frame = Timeframe.from_milliseconds(int(steps[start]))
        is_month = timeframe is Timeframe.MO1 and 28 * DAY_MS <= steps[start] <= 31 * DAY_MS
        if frame is not None and frame is not timeframe and not is_month:
            return int(start), frame, int(np.sum(lengths[(lengths >= _FOREIGN_RUN) & (steps[starts] == steps[start])]))
    return None


def looks_unfinished(volume: Floats | None) -> bool:
    """Whether the last candle traded less than a fiftieth of the median of the fifty before it."""
    if volume is None or volume.size < 20:
        return False
    usual = float(np.median(volume[-51:-1]))
    return bool(usual > 0.0 and volume[-1] < usual / 50.0)
