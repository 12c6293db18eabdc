"""Missing candles."""

from dataclasses import dataclass

import numpy as np

from strategy_tester.domain.candles import Candles, Times
from strategy_tester.domain.timeframes import Timeframe


@dataclass(frozen=True)
class Gap:
    """Consecutive missing candles: open times of the first and the last one, UTC milliseconds, and how many."""

    first_missing_ms: int
    last_missing_ms: int
    missing: int


def gaps_of(candles: Candles) -> list[Gap]:
    """Where candles are missing between the first and the last one, oldest first. Empty for an unknown timeframe."""
    if candles.timeframe is None or len(candles) < 2:
        return []
    return gaps_between(candles.open_time_ms, candles.timeframe)


def gaps_between(open_time_ms: Times, timeframe: Timeframe) -> list[Gap]:
    """`gaps_of` for rising open times alone, shape (bars,). A step that is no whole number of candles counts down."""
    steps = open_time_ms[1:] - open_time_ms[:-1]
    if timeframe.is_fixed:
        rows = np.flatnonzero(steps > timeframe.milliseconds)
    else:
        rows = np.flatnonzero(timeframe.closes_of(open_time_ms[:-1]) < open_time_ms[1:])
    gaps: list[Gap] = []
    for row in rows:
        first = timeframe.next_open(int(open_time_ms[row]))
        following = int(open_time_ms[row + 1])
        if timeframe.is_fixed:
            missing = (following - first) // timeframe.milliseconds
            last = first + (missing - 1) * timeframe.milliseconds
        else:
            months = np.array([first, following]).astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
            missing = int(months[1] - months[0])
            last = timeframe.open_of(following - 1)
        if missing:
            gaps.append(Gap(first, last, missing))
    return gaps
