"""The order book over time: one column for every quarter of a second of market time, the latest two thousand.

A book that has not changed is still true, so quiet stretches repeat the column before. A book that was lost, or of
which nothing was heard for too long, leaves a gap: nothing is ever filled in between two books.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.market_events import PublicTrade
from strategy_tester.numeric.heat_columns import BOOK, EMPTY, GAP, HeatRing, write_column
from strategy_tester.ui.panels.books.levels import Levels

COLUMN_MS = 250
COLUMNS = 2048
BUCKETS = 1024
"""Together 8 MB, whatever happens."""
_GROUPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_BACKWARDS = 40
_LOUD_SHARE = 0.97
_LARGE_SHARE = 0.98


class _Book(NamedTuple):
    """A book as it was heard last: ticks and sizes of both sides, and the lowest bucket of its column."""

    bids: tuple[NDArray[np.int64], NDArray[np.float64]]
    asks: tuple[NDArray[np.int64], NDArray[np.float64]]
    lowest: int


class HeatModel:
    """Columns of a market.

    Attributes:
        group: Ticks in a bucket; 0 before the first book.
        newest: Number of the newest column (market time / COLUMN_MS); -1 before the first.
        first: Number of the very first column.
        reference: The size that has the strongest color.
        levels: The book as it was read last.
    """

    def __init__(self, columns: int = COLUMNS, buckets: int = BUCKETS) -> None:
        self.columns, self.buckets = columns, buckets
        self.levels = Levels()
        self.ring = HeatRing(
            np.full((buckets, columns), np.nan, dtype=np.float32), np.zeros(columns, dtype=np.int64),
            np.zeros(columns, dtype=np.uint8), np.full(columns, np.nan), np.zeros(columns), np.zeros(columns),
            np.zeros(columns), np.zeros(columns),
        )  # fmt: skip
        self.clear()

    def clear(self) -> None:
        """Another market."""
        self.levels.clear()
        self.ring.kind[:] = EMPTY
        self.group, self.newest, self.first = 0, -1, -1
        for values in (self.ring.bought, self.ring.sold):
            values[:] = 0.0
        self.reference, self.largest_trade = 1.0, 0.0
        self.version = 0
        """Rises when columns other than the newest have changed."""
        self._heard = -1
        self._latest: _Book | None = None
        self._is_sound, self._is_measured = False, False
        self._gap_column = -1
        self._price = math.nan

    @property
    def oldest(self) -> int:
        """Number of the oldest column that is still there."""
        return max(self.first, self.newest - self.columns + 1)

    def kind_of(self, number: int) -> int:
        """What a column holds."""
        inside = self.newest >= 0 and self.oldest <= number <= self.newest
        return int(self.ring.kind[number % self.columns]) if inside else EMPTY

    def size_at(self, number: int, bucket: int) -> float | None:
        """The size at a bucket in a column; None where the book said nothing."""
        if self.kind_of(number) != BOOK:
            return None
        place = number % self.columns
        is_held = 0 <= bucket - int(self.ring.lowest[place]) < self.buckets
        size = float(self.ring.sizes[bucket % self.buckets, place]) if is_held else math.nan
        return None if math.isnan(size) else size

    # --- what is heard

    def take_book(self, levels: Levels, time_ms: int) -> None:
        """The book is this at a moment, and in sync."""
        if not levels.has_both_sides:
            return
        if not self.group:
            self._choose_group(levels)
        number = self._reach(time_ms)
        self._heard, self._is_sound = number, True
        self._latest = _Book(
            (levels.bid_ticks, levels.bid_sizes), (levels.ask_ticks, levels.ask_sizes),
            math.floor(levels.middle_ticks / self.group) - self.buckets // 2,
        )  # fmt: skip
        if number != self._gap_column:
            self._write(number)
        if not self._is_measured:
            self._is_measured = True
            self.measure(levels)

    def take_trades(self, trades: list[PublicTrade], tick_size: float) -> None:
        """Trades happened; before the first book they have no place."""
        if not self.group or self.newest < 0:
            return
        for trade in trades:
            number = trade.time_ms // COLUMN_MS
            number = self._reach(trade.time_ms) if number > self.newest else max(number, self.oldest)
            place = number % self.columns
            self._price = trade.price / tick_size / self.group
            self.ring.price[place] = self._price
            quantities, values = (
                (self.ring.bought, self.ring.bought_value) if trade.is_buy else (self.ring.sold, self.ring.sold_value)
            )
            quantities[place] += trade.quantity
            values[place] += trade.quantity * self._price
            if self.largest_trade == 0.0:
                self.largest_trade = trade.quantity

    def pass_time(self, now_ms: int) -> None:
        """Market time goes on, whether or not anything is heard."""
        if self.newest >= 0 and now_ms // COLUMN_MS > self.newest:
            self._reach(now_ms)

    def lose(self) -> None:
        """The book cannot be trusted: since it was heard last there is a gap, until it is whole again."""
        if self.newest < 0 or not self._is_sound:
            return
        self._is_sound = False
        for number in range(max(self._heard, self.oldest), self.newest + 1):
            self._make_gap(number)
        self._gap_column = self.newest
        self._price = math.nan
        self.version += 1

    def measure(self, levels: Levels) -> None:
        """Find out again which size has the strongest color; it changes in steps, so that colors stay comparable."""
        sizes = np.concatenate([levels.bid_sizes, levels.ask_sizes])
        if not len(sizes):
            return
        loud = float(np.quantile(sizes, _LOUD_SHARE))
        self._measure_trades()
        if loud > 0.0 and not 0.6 < loud / self.reference < 1.6:
            self.reference = loud
            self.version += 1

    def _measure_trades(self) -> None:
        """The size of the largest circles: among the largest two of a hundred there are."""
        both = np.concatenate([self.ring.bought, self.ring.sold])
        both = both[both > 0.0]
        if len(both):
            self.largest_trade = float(np.quantile(both, _LARGE_SHARE))

    # --- inside

    def _choose_group(self, levels: Levels) -> None:
        reach = int(levels.ask_ticks[-1] - levels.bid_ticks[-1])
        self.group = next((group for group in _GROUPS if reach / group <= self.buckets / 2), _GROUPS[-1])

    def _reach(self, time_ms: int) -> int:
        """The column of a moment; columns up to it are made."""
        number = time_ms // COLUMN_MS
        if self.newest < 0 or number < self.newest - _BACKWARDS:
            self._begin(number)
        for one in range(max(self.newest + 1, number - self.columns + 1), number + 1):
            self._make(one)
            self.newest = one
        return self.newest

    def _begin(self, number: int) -> None:
        self.ring.kind[:] = EMPTY
        self.ring.bought[:] = self.ring.sold[:] = 0.0
        self.newest = self.first = number
        self._reset(number % self.columns)
        self.version += 1

    def _make(self, number: int) -> None:
        place = number % self.columns
        self._reset(place)
        if self._is_sound and self._latest is not None:
            self._write(number)
            self.ring.price[place] = self._price
        else:
            self.ring.kind[place] = GAP

    def _write(self, number: int) -> None:
        book = self._latest
        if book is not None:
            write_column(self.ring, number % self.columns, book.bids, book.asks, self.group, book.lowest)

    def _make_gap(self, number: int) -> None:
        place = number % self.columns
        self.ring.kind[place] = GAP
        self.ring.price[place] = math.nan

    def _reset(self, place: int) -> None:
        ring = self.ring
        for values in (ring.bought, ring.sold, ring.bought_value, ring.sold_value):
            values[place] = 0.0
        ring.price[place] = math.nan
