"""What of a market was known at a moment: the candles that had closed, and the one that was forming.

Nothing that closes after the moment takes part. A forming candle is made of candles of a lower timeframe that had
closed by then; where none are stored, or some are missing, the candle appears whole at its close.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from strategy_tester.domain.candles import Candles, Times
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import CandleStore, SeriesKey, SeriesSummary


@dataclass(frozen=True)
class FormingCandle:
    """A candle that is not complete yet, as far as it was known.

    Attributes:
        open_time_ms: When it opened, UTC milliseconds.
        known_to_ms: Close time of the last lower candle in it.
        open: Its first price; `high`, `low`, `close` (the last price) and `volume` likewise so far.
    """

    open_time_ms: int
    known_to_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True)
class ReplayState:
    """What a chart may show at a moment: the first `closed` candles, and the forming one if there is any."""

    closed: int
    forming: FormingCandle | None


class ReplayFeed:
    """One series as time goes by. Steps forward cost a few comparisons, jumps a bisection.

    Args:
        candles: The whole series.
        lowers: Lower timeframes of the same market, finest first, each one dividing the series' own; for each candle
            the first one that is complete so far is used.
    """

    def __init__(self, candles: Candles, lowers: Sequence[Candles] = ()) -> None:
        self.candles = candles
        self.lowers = tuple(lower for lower in lowers if divides(lower.timeframe, candles.timeframe) and len(lower))
        self._closes = candles.close_time_ms
        self._makers = [_Maker(lower, candles.timeframe) for lower in self.lowers if candles.timeframe is not None]
        self._grids = [self._closes, *(lower.close_time_ms for lower in self.lowers)]

    @property
    def first_ms(self) -> int:
        """The first moment at which anything is known: the close of the first candle."""
        return int(self._closes[0]) if len(self.candles) else 0

    @property
    def last_ms(self) -> int:
        """The moment from which on nothing is hidden: the close of the last candle."""
        return int(self._closes[-1]) if len(self.candles) else 0

    @property
    def bar_ms(self) -> int:
        """Length of a candle, milliseconds."""
        frame = self.candles.timeframe
        return frame.milliseconds if frame is not None else max(1, int(np.median(np.diff(self._closes))))

    @property
    def lower_ms(self) -> int | None:
        """Length of the finest lower candle, milliseconds; None without lower candles."""
        return self._makers[0].step_ms if self._makers else None

    def at(self, now_ms: int) -> ReplayState:
        """What is known at a moment."""
        closed = int(np.searchsorted(self._closes, now_ms, side="right"))
        return ReplayState(closed, self._forming(now_ms, closed))

    def _forming(self, now_ms: int, closed: int) -> FormingCandle | None:
        if not closed:
            return None  # before the series begins nothing becomes one of its candles
        for maker in self._makers:
            found = maker.at(now_ms)
            if found is not None:
                return found if found.open_time_ms > self.candles.open_time_ms[closed - 1] else None
        return None

    def next_close(self, now_ms: int, *, lower: bool = False) -> int | None:
        """The next moment at which a candle closes (with `lower`, a lower one); None at the end."""
        grids = self._grids if lower else self._grids[:1]
        later = [int(grid[place]) for grid in grids if (place := _after(grid, now_ms)) < grid.size]
        later = [moment for moment in later if moment <= self.last_ms]
        return min(later, default=None)

    def previous_close(self, now_ms: int, *, lower: bool = False) -> int | None:
        """The last moment before this one at which a candle closed; None at the beginning."""
        grids = self._grids if lower else self._grids[:1]
        earlier = [int(grid[place - 1]) for grid in grids if (place := int(np.searchsorted(grid, now_ms))) > 0]
        earlier = [moment for moment in earlier if moment >= self.first_ms]
        return max(earlier, default=None)

    def cut(self, now_ms: int) -> Candles:
        """The candles known at a moment, the forming one included as the last."""
        state = self.at(now_ms)
        past = first_candles(self.candles, state.closed)
        return past if state.forming is None else with_forming(past, state.forming)


def first_candles(candles: Candles, count: int) -> Candles:
    """The first candles, sharing memory; at no cost, because what was checked once is not checked again."""
    part = copy(candles)
    for name in ("open_time_ms", "open", "high", "low", "close", "volume", "turnover"):
        column = getattr(candles, name)
        object.__setattr__(part, name, None if column is None else column[:count])
    return part


def with_forming(past: Candles, forming: FormingCandle) -> Candles:
    """Candles with one more at the end; turnover is left out, because it is not known of the last."""
    values = (forming.open, forming.high, forming.low, forming.close, forming.volume)
    columns = (past.open, past.high, past.low, past.close, past.volume)
    return Candles(
        np.append(past.open_time_ms, forming.open_time_ms),
        *(np.append(column, value) for column, value in zip(columns, values, strict=True)),
        symbol=past.symbol, timeframe=past.timeframe, source=past.source,
    )  # fmt: skip


class _Maker:
    """Makes the forming candle out of one lower series; goes on from where it was when time went on."""

    def __init__(self, lower: Candles, frame: Timeframe) -> None:
        self._lower, self._frame = lower, frame
        self._closes = lower.close_time_ms
        self.step_ms = lower.timeframe.milliseconds if lower.timeframe is not None else 1
        self._first = self._end = 0
        self._made: FormingCandle | None = None

    def at(self, now_ms: int) -> FormingCandle | None:
        """The candle in which the moment lies, of lower candles from its open on without a hole."""
        times = self._lower.open_time_ms
        opened = self._frame.open_of(now_ms)
        end = int(np.searchsorted(self._closes, now_ms, side="right"))
        made = self._made
        if made is None or made.open_time_ms != opened or end < self._end:
            self._first = self._end = int(np.searchsorted(times, opened))
            made = None
        first = self._first
        if end <= first or times[first] != opened or int(times[end - 1]) != opened + (end - 1 - first) * self.step_ms:
            self._made = None
            return None
        if end > self._end or made is None:
            made = self._extended(made, opened, end)
        self._made, self._end = made, end
        return made

    def _extended(self, made: FormingCandle | None, opened: int, end: int) -> FormingCandle:
        lower, part = self._lower, slice(self._end, end)
        high, low = float(lower.high[part].max()), float(lower.low[part].min())
        volume = made.volume if made is not None else 0.0
        # One after the other, so that steps and a jump come to the same last bit.
        for value in lower.volume[part].tolist():
            volume += value
        return FormingCandle(
            opened,
            int(self._closes[end - 1]),
            made.open if made is not None else float(lower.open[self._first]),
            max(high, made.high) if made is not None else high,
            min(low, made.low) if made is not None else low,
            float(lower.close[end - 1]),
            volume,
        )


def divides(lower: Timeframe | None, frame: Timeframe | None) -> bool:
    """Whether candles of one timeframe are made of whole candles of another, shorter one."""
    from strategy_tester.marketdata.resample import fits_into

    return lower is not None and frame is not None and fits_into(lower, frame)


def lower_keys(key: SeriesKey, stored: Sequence[SeriesSummary]) -> list[SeriesKey]:
    """Stored lower timeframes of the same market, finest first; coarser ones only where they reach further."""
    finer = sorted(
        (
            summary
            for summary in stored
            if (summary.key.symbol, summary.key.source) == (key.symbol, key.source)
            and divides(summary.key.timeframe, key.timeframe)
        ),
        key=lambda summary: summary.key.timeframe.milliseconds,
    )
    chosen: list[SeriesSummary] = []
    for summary in finer:
        reaches_further = all(
            summary.first_open_ms < other.first_open_ms or _end_ms(summary) > _end_ms(other) for other in chosen
        )
        if reaches_further:
            chosen.append(summary)
    return [summary.key for summary in chosen]


def _end_ms(summary: SeriesSummary) -> int:
    return summary.last_open_ms + summary.key.timeframe.milliseconds


def read_feed(candles: Candles, store: CandleStore) -> ReplayFeed:
    """A feed of candles at hand, with the lower timeframes that are stored of their market."""
    if candles.timeframe is None or not len(candles):
        return ReplayFeed(candles)
    key = SeriesKey(candles.symbol, candles.timeframe, candles.source)
    start, end = int(candles.open_time_ms[0]), int(candles.close_time_ms[-1])
    return ReplayFeed(candles, [store.read(lower, start, end) for lower in lower_keys(key, store.series())])


def _after(grid: Times, now_ms: int) -> int:
    return int(np.searchsorted(grid, now_ms, side="right"))
