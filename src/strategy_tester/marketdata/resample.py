"""Candles of a longer timeframe made of shorter ones, on Bybit's UTC boundaries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Times
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter
from strategy_tester.domain.timeframes import DAY_MS, Timeframe

NO_BAR = -1
"""What `closed_higher_bar` answers while no higher bar has closed yet."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """Higher candles and what they were made of.

    Attributes:
        candles: The higher candles.
        incomplete_bars: Numbers of those made of fewer lower candles than they are long: there is a gap inside.
        missing: How many lower candles each bar lacks, shape (bars,).
        dropped_leading: Whether the data began inside a higher bar, which was left out.
        dropped_trailing: Whether the data ended inside a higher bar, which was left out.
    """

    candles: Candles
    incomplete_bars: NDArray[np.int64]
    missing: NDArray[np.int64]
    dropped_leading: bool = False
    dropped_trailing: bool = False


def resample(candles: Candles, timeframe: Timeframe | str, *, keep_partial: bool = False) -> Candles:
    """Candles of `timeframe`: first open, highest high, lowest low, last close, summed volume and turnover.

    Weeks start on Monday, months on the 1st, all in UTC. A bar in which the data begin or end is left out, because
    its open or close is not the market's; `keep_partial` keeps it. A bar with a gap inside is kept:
    `resample_counted` tells which those are. A bar without any lower candle does not appear.

    Raises:
        InvalidParameter: whole candles of `timeframe` cannot be made of these.
        CorruptCandles: a candle does not open on its own timeframe's boundary.
    """
    return resample_counted(candles, timeframe, keep_partial=keep_partial).candles


def resample_counted(candles: Candles, timeframe: Timeframe | str, *, keep_partial: bool = False) -> Resampled:
    """`resample`, and how many lower candles each bar lacks. Same errors."""
    higher = Timeframe.parse(timeframe)
    lower = candles.timeframe
    if len(candles) == 0 or lower is higher:
        none_missing = np.zeros(len(candles), np.int64)
        return Resampled(_empty(candles, higher) if len(candles) == 0 else candles, none_missing[:0], none_missing)
    if lower is None or not fits_into(lower, higher):
        raise InvalidParameter("timeframe", str(higher), f"a longer one made of whole candles of {lower or 'unknown'}")
    _refuse_off_grid(candles, lower)

    open_time_ms, starts = _bars_of(candles.open_time_ms, higher)
    close_time_ms = higher.closes_of(open_time_ms)
    lengths = np.diff(np.append(starts, len(candles)))
    missing = (close_time_ms - open_time_ms) // lower.milliseconds - lengths

    leading = bool(candles.open_time_ms[0] != open_time_ms[0])
    trailing = bool(candles.open_time_ms[-1] + lower.milliseconds != close_time_ms[-1])
    first = int(leading and not keep_partial)
    last = open_time_ms.size - int(trailing and not keep_partial)
    kept = slice(first, max(first, last))
    made = _aggregate(candles, higher, open_time_ms, starts, kept)
    return Resampled(
        made, np.flatnonzero(missing[kept] > 0), missing[kept],
        dropped_leading=leading and not keep_partial, dropped_trailing=trailing and not keep_partial,
    )  # fmt: skip


def fits_into(lower: Timeframe, higher: Timeframe) -> bool:
    """Whether every candle of `higher` is made of whole candles of `lower` (weeks do not fit into months)."""
    if higher is Timeframe.MO1:
        return lower.milliseconds <= DAY_MS
    return lower.is_fixed and lower is not higher and higher.milliseconds % lower.milliseconds == 0


def closed_higher_bar(open_time_ms: Times, timeframe_low: Timeframe, higher_candles: Candles) -> NDArray[np.int64]:
    """For each lower bar, the last higher bar that has closed when the lower bar closes; -1 while there is none.

    This is what a strategy may know: a higher bar's values become visible at its close, never inside it.

    Args:
        open_time_ms: Open times of the lower bars, shape (bars,).
        timeframe_low: Their length.
        higher_candles: Candles of the longer timeframe.

    Returns:
        Row numbers of `higher_candles`, shape (bars,).
    """
    closes = timeframe_low.closes_of(open_time_ms)
    return np.searchsorted(higher_candles.close_time_ms, closes, side="right").astype(np.int64) - 1


def _bars_of(open_time_ms: Times, higher: Timeframe) -> tuple[Times, NDArray[np.int64]]:
    """Open times of the higher bars that hold a candle, and the row of the first candle in each."""
    first, last = (higher.open_of(int(time)) for time in open_time_ms[[0, -1]])
    if higher is Timeframe.MO1:
        months = np.arange(np.datetime64(first, "ms").astype("M8[M]"), np.datetime64(last, "ms").astype("M8[M]") + 1)
        opens = months.astype("M8[ms]").astype(np.int64)
    else:
        opens = np.arange(first, last + 1, higher.milliseconds, dtype=np.int64)
    starts = np.searchsorted(open_time_ms, opens)
    filled = np.append(starts[1:], open_time_ms.size) > starts
    return opens[filled], starts[filled]


def _aggregate(
    candles: Candles, higher: Timeframe, open_time_ms: Times, starts: NDArray[np.int64], kept: slice
) -> Candles:
    chosen = starts[kept]
    if chosen.size == 0:
        return _empty(candles, higher)
    end = int(starts[kept.stop]) if kept.stop < starts.size else len(candles)
    ends = np.append(chosen[1:], end)

    def total(column: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.add.reduceat(column[:end], chosen)

    return Candles(
        open_time_ms[kept],
        candles.open[chosen],
        np.maximum.reduceat(candles.high[:end], chosen),
        np.minimum.reduceat(candles.low[:end], chosen),
        candles.close[ends - 1],
        total(candles.volume),
        None if candles.turnover is None else total(candles.turnover),
        candles.symbol,
        higher,
        candles.source,
    )


def _empty(candles: Candles, higher: Timeframe) -> Candles:
    nothing = np.empty(0)
    turnover = None if candles.turnover is None else nothing
    times = np.empty(0, np.int64)
    return Candles(times, nothing, nothing, nothing, nothing, nothing, turnover, candles.symbol, higher, candles.source)


def _refuse_off_grid(candles: Candles, lower: Timeframe) -> None:
    times = candles.open_time_ms
    if lower.open_of(int(times[0])) == times[0] and np.all(times[1:] - times[:-1] == lower.milliseconds):
        return  # without gaps the first time speaks for all, and no division is needed
    off_grid = np.flatnonzero(lower.opens_of(times) != times)
    if off_grid.size:
        raise CorruptCandles(
            f"{off_grid.size} candles do not open on a boundary of {lower}, first in row {off_grid[0]}",
            rows=tuple(int(row) for row in off_grid[:5]),
            hint="Import the file with the quality report to see and drop faulty rows.",
        )
