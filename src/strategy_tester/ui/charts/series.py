"""Candles and lines made ready to draw. Preparing is work for a job; what comes out is cheap to draw and to extend.

`prepare` and `prepare_lines` also compile the drawing kernels, so that the first frame does not wait for a compiler.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import InitVar, dataclass
from typing import Protocol

import numpy as np

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.ui.charts.heikin_ashi import HeikinAshi
from strategy_tester.ui.charts.time_base import TimeBase

MOST_DECIMALS = 8

_state = {"warm": False}


class LineLike(Protocol):
    """What a line must say about itself; `services.load_chart.ChartLine` does."""

    @property
    def title(self) -> str: ...
    @property
    def values(self) -> Floats: ...
    @property
    def pane(self) -> str: ...
    @property
    def style(self) -> str: ...
    @property
    def levels(self) -> tuple[float, ...]: ...


class PreparedCandles:
    """Candles with a pyramid over each column.

    Args:
        candles: What to show.
        room: How many bars may be added before the columns move to a larger place.
    """

    def __init__(self, candles: Candles, room: int = 0) -> None:
        from strategy_tester.numeric.pyramid import FIRST, HIGHEST, LAST, LOWEST, Pyramid

        self.symbol, self.source = candles.symbol, candles.source
        self.timeframe = candles.timeframe
        self.base = TimeBase(candles.open_time_ms, candles.timeframe, room)
        self.open = Pyramid(candles.open, FIRST, room)
        self.high = Pyramid(candles.high, HIGHEST, room)
        self.low = Pyramid(candles.low, LOWEST, room)
        self.close = Pyramid(candles.close, LAST, room)
        self.volume = Pyramid(candles.volume, HIGHEST, room)
        self.decimals = guess_decimals(candles)
        self.has_tick = False
        self._close_line: CloseLine | None = None
        self._heikin_ashi: HeikinAshi | None = None

    @property
    def close_line(self) -> "CloseLine":
        """The closes as a line; made at the first use."""
        if self._close_line is None:
            self._close_line = CloseLine(self)
        return self._close_line

    @property
    def heikin_ashi(self) -> "HeikinAshi":
        """The Heikin-Ashi bars of these candles; made at the first use."""
        if self._heikin_ashi is None:
            self._heikin_ashi = HeikinAshi(self)
        return self._heikin_ashi

    def is_ready_for(self, chart_type: str) -> bool:
        """Whether a chart type can be drawn at once; else `make_ready_for` is work for a thread when bars are many."""
        if chart_type in ("line", "area"):
            return self._close_line is not None
        return chart_type != "heikin_ashi" or self._heikin_ashi is not None

    def make_ready_for(self, chart_type: str) -> None:
        """Make what a chart type draws besides the candles themselves; may run on any thread."""
        if not self.is_ready_for(chart_type):
            _ = self.heikin_ashi if chart_type == "heikin_ashi" else self.close_line

    def __len__(self) -> int:
        return self.base.size

    @property
    def is_synthetic(self) -> bool:
        """Whether the market is made up or replayed, not the one of now: the chart must say so."""
        return self.source == "practice" or self.source.startswith("practice-")

    def columns(self, level: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Open, high, low, close, volume of each bucket of a level."""
        return (
            self.open.level(level), self.high.level(level), self.low.level(level), self.close.level(level),
            self.volume.level(level),
        )  # fmt: skip

    def append(
        self, open_time_ms: int, open_: float, high: float, low: float, close: float, volume: float = 0.0
    ) -> None:
        """Add one bar; only the last bucket of each level changes."""
        self.base.append(open_time_ms)
        values = (open_, high, low, close, volume)
        self._take_decimals(values[:4])
        for column, value in zip(self._pyramids(), values, strict=True):
            column.append(value)

    def update_last(self, high: float, low: float, close: float, volume: float) -> None:
        """Change the bar that is still forming."""
        self._take_decimals((high, low, close))
        for column, value in zip(self._pyramids()[1:], (high, low, close, volume), strict=True):
            column.update_last(value)

    def _take_decimals(self, prices: tuple[float, ...]) -> None:
        # A price must never be written shorter than it is.
        if not self.has_tick:
            for price in prices:
                if self.decimals < MOST_DECIMALS and not _fits(price, self.decimals):
                    self.decimals = max(self.decimals, _decimals_of_one(price))

    def _pyramids(self):
        return self.open, self.high, self.low, self.close, self.volume


class CloseLine:
    """The closes of candles as a line, with the lowest and highest close of each bucket."""

    style = "line"

    def __init__(self, candles: PreparedCandles) -> None:
        from strategy_tester.numeric.pyramid import HIGHEST, LOWEST, FollowingPyramid

        self.lowest = FollowingPyramid(candles.close, LOWEST)
        self.highest = FollowingPyramid(candles.close, HIGHEST)

    def __len__(self) -> int:
        return self.lowest.size

    def catch_up(self) -> None:
        """Take over the closes added since, and the last one."""
        self.lowest.catch_up()
        self.highest.catch_up()


@dataclass(eq=False)
class PreparedLine:
    """A line with pyramids of its lowest and highest values. Fields as in ChartLine."""

    title: str
    pane: str
    style: str
    levels: tuple[float, ...]
    values: Floats
    room: InitVar[int] = 0

    def __post_init__(self, room: int) -> None:
        from strategy_tester.numeric.pyramid import HIGHEST, LOWEST, FollowingPyramid, Pyramid

        finite = np.where(np.isfinite(self.values), self.values, np.nan) if np.isinf(self.values).any() else self.values
        self.lowest = Pyramid(finite, LOWEST, room)
        self.highest = FollowingPyramid(self.lowest, HIGHEST)
        if room:
            self.values = self.lowest.values

    def __len__(self) -> int:
        return self.lowest.size

    def value_at(self, bar: int) -> float:
        """The line's value at a bar, NaN outside."""
        return float(self.lowest.values[bar]) if 0 <= bar < self.lowest.size else np.nan

    def append(self, value: float) -> None:
        """Add the value of one more bar."""
        self.lowest.append(value)
        self._follow()

    def update_last(self, value: float) -> None:
        """Change the value of the bar that is still forming."""
        self.lowest.update_last(value)
        self._follow()

    def _follow(self) -> None:
        self.highest.catch_up()
        # The array given at first is not kept beside the one that grows.
        self.values = self.lowest.values


def prepare(candles: Candles, *, room: int = 0, chart_type: str = "candles") -> PreparedCandles:
    """Candles ready to draw. Made for a worker thread: the first call in a process also compiles the kernels.

    Give live candles some room (4096 bars, say), or the first one added copies all columns on the UI thread. What a
    chart type draws besides the candles is made here as well.
    """
    warm_up()
    prepared = PreparedCandles(candles, room)
    prepared.make_ready_for(chart_type)
    return prepared


def prepare_lines(
    lines: Iterable["LineLike | PreparedLine"], checkpoint: Callable[[], None] | None = None, *, room: int = 0
) -> list[PreparedLine]:
    """Lines ready to draw, with room for values to come; those that are ready stay as they are."""
    ready = []
    for line in lines:
        if checkpoint is not None:
            checkpoint()
        ready.append(line if isinstance(line, PreparedLine) else _prepared(line, room))
    return ready


def _prepared(line: LineLike, room: int) -> PreparedLine:
    values = np.ascontiguousarray(line.values, dtype=np.float64)
    return PreparedLine(line.title, line.pane, line.style, tuple(line.levels), values, room)


def is_warm() -> bool:
    """Whether the drawing kernels are compiled in this process."""
    return _state["warm"]


def warm_up() -> None:
    """Compile every kernel that a frame needs (or load it from the cache). Never call it on the UI thread."""
    if _state["warm"]:
        return
    from strategy_tester.numeric import pixel_warm_up

    pixel_warm_up.run()
    _state["warm"] = True


def guess_decimals(candles: Candles) -> int:
    """Digits after the point that the prices use, read off some hundred candles; 8 at most."""
    every = max(1, len(candles) // 300)
    sample = np.concatenate([column[::every] for column in (candles.open, candles.high, candles.low, candles.close)])
    return _decimals_of(sample)


def _fits(price: float, decimals: int) -> bool:
    return abs(round(price, decimals) - price) <= 1e-12 * abs(price)


def _decimals_of_one(price: float) -> int:
    """Plain arithmetic: a live feed asks several times for each of its messages."""
    found = (decimals for decimals in range(MOST_DECIMALS + 1) if _fits(price, decimals))
    return next(found, _decimals_by_size(price))


def _decimals_of(prices: Floats) -> int:
    for decimals in range(MOST_DECIMALS + 1):
        if np.allclose(prices, np.round(prices, decimals), rtol=1e-12, atol=1e-12):
            return decimals
    return _decimals_by_size(float(prices[-1]))


def _decimals_by_size(price: float) -> int:
    """Digits for a price of six significant figures or so, where its own digits say nothing."""
    return int(min(max(5 - math.floor(math.log10(price)), 0), MOST_DECIMALS))
