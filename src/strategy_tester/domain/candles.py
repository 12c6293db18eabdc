"""Candles: the columns of one instrument and timeframe."""

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strategy_tester.domain.errors import CorruptCandles
from strategy_tester.domain.timeframes import Timeframe

if TYPE_CHECKING:
    import polars

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


def _floats(values: ArrayLike) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Candles:
    """Open times and prices, oldest first, one array per column, all of shape (bars,).

    Args:
        open_time_ms: UTC milliseconds at which each candle opens, strictly rising.
        open: First price, quote currency per base unit. `high`, `low`, `close` likewise.
        volume: Base units traded; zeros when left out.
        turnover: Quote units traded, or None where the source has none.
        symbol: The instrument's name, such as BTCUSDT.
        timeframe: Candle length; guessed from the commonest step when left out.
        source: Where the candles come from, such as 'bybit-linear'.

    Raises:
        CorruptCandles: columns of different length, times not strictly rising, a price that is not a positive
            number, or a high below / a low above the other prices.
    """

    open_time_ms: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats = field(default_factory=lambda: np.empty(0))
    turnover: Floats | None = None
    symbol: str = ""
    timeframe: Timeframe | None = None
    source: str = ""

    def __post_init__(self) -> None:
        # Frozen dataclass: this is the one moment the columns are brought into shape.
        put = object.__setattr__
        put(self, "open_time_ms", np.ascontiguousarray(self.open_time_ms, dtype=np.int64))
        for name in ("open", "high", "low", "close", "volume"):
            put(self, name, _floats(getattr(self, name)))
        if self.volume.size == 0 and self.open_time_ms.size:
            put(self, "volume", np.zeros(self.open_time_ms.size))
        if self.turnover is not None:
            put(self, "turnover", _floats(self.turnover))
        self._check()
        frame = self.timeframe
        put(self, "timeframe", self._guess_timeframe() if frame is None else Timeframe.parse(frame))

    def _check(self) -> None:
        bars = self.open_time_ms.size
        columns = {name: getattr(self, name) for name in ("open", "high", "low", "close", "volume")}
        if self.turnover is not None:
            columns["turnover"] = self.turnover
        for name, column in columns.items():
            if column.ndim != 1 or column.size != bars:
                raise CorruptCandles(f"{name} has {column.size} values, open_time_ms has {bars}")
        _refuse_rows(self.open_time_ms[1:] <= self.open_time_ms[:-1], "open times do not rise", shift=1)
        prices = (self.open, self.high, self.low, self.close)
        for name, column in zip(("open", "high", "low", "close"), prices, strict=True):
            _refuse_rows(~((column > 0.0) & (column < np.inf)), f"{name} is not a positive price")
        _refuse_rows(self.high < np.maximum(self.open, self.close), "high lies below the open or the close")
        _refuse_rows(self.low > np.minimum(self.open, self.close), "low lies above the open or the close")
        _refuse_rows(~((self.volume >= 0.0) & (self.volume < np.inf)), "volume is not a number of zero or more")

    def _guess_timeframe(self) -> Timeframe | None:
        if len(self) < 2:
            return None
        steps, counts = np.unique(np.diff(self.open_time_ms), return_counts=True)
        return Timeframe.from_milliseconds(int(steps[np.argmax(counts)]))

    def __len__(self) -> int:
        return int(self.open_time_ms.size)

    def __repr__(self) -> str:
        if not len(self):
            return f"Candles({self.symbol or 'unnamed'}, empty)"
        first, last = (str(np.datetime64(int(moment), "ms")) for moment in self.open_time_ms[[0, -1]])
        return f"Candles({self.symbol or 'unnamed'}, {self.timeframe}, {len(self)} bars, {first}..{last} UTC)"

    @property
    def close_time_ms(self) -> Times:
        """When each candle is complete, shape (bars,). A strategy may read a bar only from then on."""
        if self.timeframe is not None:
            return self.timeframe.closes_of(self.open_time_ms)
        if len(self) < 2:
            return self.open_time_ms.copy()
        return np.append(self.open_time_ms[1:], 2 * self.open_time_ms[-1] - self.open_time_ms[-2])

    def column(self, name: str) -> Floats:
        """One of open, high, low, close, volume by name."""
        return getattr(self, name)

    def rows(self, first: int, last: int) -> "Candles":
        """Bars first..last-1 as new candles that share memory with these."""
        part = slice(first, last)
        return Candles(
            self.open_time_ms[part], self.open[part], self.high[part], self.low[part], self.close[part],
            self.volume[part], None if self.turnover is None else self.turnover[part],
            self.symbol, self.timeframe, self.source,
        )  # fmt: skip

    def between(self, start_ms: int | None = None, end_ms: int | None = None) -> "Candles":
        """Candles that open at or after `start_ms` and before `end_ms`."""
        first = 0 if start_ms is None else int(np.searchsorted(self.open_time_ms, start_ms))
        last = len(self) if end_ms is None else int(np.searchsorted(self.open_time_ms, end_ms))
        return self.rows(first, max(first, last))

    def content_hash(self) -> str:
        """SHA-256 over every value: two runs that show the same hash saw the same data."""
        digest = hashlib.sha256()
        for column in (self.open_time_ms, self.open, self.high, self.low, self.close, self.volume):
            digest.update(column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes())
        return digest.hexdigest()

    @property
    def frame(self) -> "polars.DataFrame":
        """A polars frame of the columns; `open_time_ms` stays int64."""
        import polars as pl

        columns: dict[str, Any] = {
            name: getattr(self, name) for name in ("open_time_ms", "open", "high", "low", "close", "volume")
        }
        if self.turnover is not None:
            columns["turnover"] = self.turnover
        return pl.DataFrame(columns)


def _refuse_rows(faulty: NDArray[np.bool_], problem: str, shift: int = 0) -> None:
    rows = np.flatnonzero(faulty)
    if rows.size:
        first = tuple(int(row) + shift for row in rows[:5])
        raise CorruptCandles(
            f"{problem} in {rows.size} of the candles, first in row {first[0]}",
            rows=first,
            hint="Import the file with the quality report to see and drop faulty rows.",
        )
