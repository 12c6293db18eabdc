"""Candles and lines of a chart that may be cut short again and go on, at a cost of what changes only."""

from copy import copy

import numpy as np

from strategy_tester.domain.candles import Candles, Floats, Times
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.replay import FormingCandle
from strategy_tester.ui.charts.series import LineLike, PreparedCandles, PreparedLine, guess_decimals
from strategy_tester.ui.charts.time_base import TimeBase

_NOTHING = np.empty(0)


class ReplayTimeBase(TimeBase):
    """A time axis whose bars from some number on can be replaced."""

    def put(self, first: int, times: Times) -> None:
        """Bars from number `first` (at most the size) on open at these times; they become the last ones."""
        end = first + times.size
        if end > self._times.size:
            self.size = first
            self._make_room(end)
        self._times[first:end] = times
        self.size = end
        if self.is_regular and not self._put_on_grid(first, times):
            self.is_regular = False
            self._slots[:end] = np.arange(end)
        elif not self.is_regular:
            self._slots[first:end] = np.arange(first, end)

    def _put_on_grid(self, first: int, times: Times) -> bool:
        if self.timeframe is Timeframe.MO1:
            start = np.datetime64(self.first_ms, "ms").astype("datetime64[M]").astype(np.int64)
            slots = times.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) - start
        else:
            slots = (times - self.first_ms) // self.step_ms
        joined = np.append(self._slots[max(first - 1, 0) : first], slots)
        self._slots[first : first + slots.size] = slots
        return bool(np.all(joined[1:] > joined[:-1]))


class ReplayCandles(PreparedCandles):
    """The first candles of a series, made ready to draw, and room for the rest of it.

    Args:
        whole: The series.
        closed: How many of its candles are there at first; one at least.
    """

    def __init__(self, whole: Candles, closed: int, past: Candles) -> None:
        room = len(whole) - closed + 16
        super().__init__(past, room)
        self.base: ReplayTimeBase = ReplayTimeBase(past.open_time_ms, past.timeframe, room)
        self._whole = whole

    def put(self, first: int, closed: int, forming: FormingCandle | None) -> None:
        """From number `first` on: the series' own candles up to `closed`, then the forming one if there is any."""
        whole, part = self._whole, slice(first, closed)
        times = whole.open_time_ms[part]
        columns = [whole.open[part], whole.high[part], whole.low[part], whole.close[part], whole.volume[part]]
        if forming is not None:
            last = (forming.open, forming.high, forming.low, forming.close, forming.volume)
            times = np.append(times, forming.open_time_ms)
            columns = [np.append(column, value) for column, value in zip(columns, last, strict=True)]
        self.base.put(first, times)
        for pyramid, values in zip(self._pyramids(), columns, strict=True):
            pyramid.put(first, values)

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
        made = cls(line.title, line.pane, line.style, tuple(line.levels), whole[:closed].copy())
        made.whole = whole
        made.lowest = Pyramid(made.values, LOWEST, max(whole.size - closed, 0) + 16)
        made.highest = FollowingPyramid(made.lowest, HIGHEST)
        return made

    def show(self, closed: int) -> None:
        """Know the values of so many candles, no more and no less."""
        first = min(len(self), closed)
        if first == closed == len(self):
            return
        self.lowest.put(first, self.whole[first:closed])
        self._follow()
