"""Candles and lines of a chart that can be cut short at any of their bars, at the same small cost for any distance.

Columns are filled to the end once, on a worker, and then cut. What lies behind the cut is never read: it is there so
that going forward neither computes nor takes memory.
"""

from copy import copy

import numpy as np

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.services.replay import FormingCandle
from strategy_tester.ui.charts.series import LineLike, PreparedCandles, PreparedLine, guess_decimals
from strategy_tester.ui.charts.time_base import TimeBase

_NOTHING = np.empty(0)
_SPARE = 16


class ReplayTimeBase(TimeBase):
    """A time axis that can be cut short.

    Args:
        candles: The whole series.
    """

    def __init__(self, candles: Candles) -> None:
        super().__init__(candles.open_time_ms, candles.timeframe, _SPARE)
        self._whole_times = candles.open_time_ms

    def recut(self, size: int) -> None:
        """Hold the first bars of the series."""
        last = self.size - 1
        if 0 <= last < self._whole_times.size:
            # It may have been a forming bar that opened at another time.
            opened = int(self._whole_times[last])
            if int(self._times[last]) != opened:
                self._times[last] = opened
                self._slots[last] = self.slot_of(opened) if self.is_regular else last
        self.size = size


class ReplayCandles(PreparedCandles):
    """The first candles of a series, made ready to draw.

    Args:
        whole: The series.
        closed: How many of its candles are there at first; one at least.
    """

    def __init__(self, whole: Candles, closed: int) -> None:
        super().__init__(whole, _SPARE)
        self.base: ReplayTimeBase = ReplayTimeBase(whole)
        self._whole = whole
        self.recut(closed, None)

    def recut(self, closed: int, forming: FormingCandle | None) -> None:
        """Hold the first candles of the series, and the forming one if there is any."""
        whole = self._whole
        self.base.recut(closed)
        columns = (whole.open, whole.high, whole.low, whole.close, whole.volume)
        for pyramid, column in zip(self._pyramids(), columns, strict=True):
            pyramid.recut(closed, column)
        if forming is not None:
            self.append(forming.open_time_ms, forming.open, forming.high, forming.low, forming.close, forming.volume)

    def renewed(self, past: Candles) -> "ReplayCandles":
        """The same columns as other candles: whoever computed something of the ones before sees that they are gone."""
        again = copy(self)
        if not again.has_tick:
            again.decimals = guess_decimals(past)
        return again


class ReplayLine(PreparedLine):
    """The first values of a line over the closed candles of a replay."""

    whole: Floats = _NOTHING

    @classmethod
    def of(cls, line: LineLike, closed: int) -> "ReplayLine":
        """A line that knows its values up to some candle and learns the others later."""
        from strategy_tester.numeric.pyramid import HIGHEST, LOWEST, FollowingPyramid, Pyramid

        whole = np.where(np.isfinite(line.values), line.values, np.nan)
        made = cls(line.title, line.pane, line.style, tuple(line.levels), _NOTHING)
        made.whole = whole
        made.lowest = Pyramid(whole, LOWEST, _SPARE)
        made.highest = FollowingPyramid(made.lowest, HIGHEST)
        made.show(closed)
        return made

    def show(self, closed: int) -> None:
        """Know the values of so many candles, no more and no less."""
        if closed == len(self) + 1:
            self.append(float(self.whole[closed - 1]))
        elif closed != len(self):
            self.lowest.recut(closed, self.whole)
            self.highest.recut(closed, self.whole)
        self.values = self.lowest.values
