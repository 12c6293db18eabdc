"""What a depth ladder shows: rows of prices, sizes at them, what was traded, and which part is in sight."""

import math

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.market_events import PublicTrade
from strategy_tester.numeric import book_rows
from strategy_tester.numeric.pixel_ladder import LadderRows
from strategy_tester.ui.panels.books.levels import Levels

GROUPS = (1, 5, 10, 50)
"""Ticks in a row."""
MOST_ROWS = 400
_MOST_TICKS = 1 << 20
_FIRST_TICKS = 1 << 12
_NO_ROW = 1 << 60
_CALM = 0.25
"""Share of the rows by which the middle may wander before a ladder that follows is centered anew."""


class TradedVolume:
    """Quantities traded at each price since the start: sold by takers, bought by takers; 16 MB at most."""

    def __init__(self) -> None:
        self.first_tick = 0
        self.quantities: NDArray[np.float64] = np.zeros((2, 0))
        self.is_complete = True
        """False once a trade was too far away to be kept."""

    def add(self, tick: int, quantity: float, *, is_buy: bool) -> None:
        """Count a trade."""
        place = tick - self.first_tick
        if not 0 <= place < self.quantities.shape[1]:
            if not self._grow(tick):
                self.is_complete = False
                return
            place = tick - self.first_tick
        self.quantities[int(is_buy), place] += quantity

    def _grow(self, tick: int) -> bool:
        size = self.quantities.shape[1]
        if size == 0:
            self.first_tick = tick - _FIRST_TICKS // 2
            self.quantities = np.zeros((2, _FIRST_TICKS))
            return True
        low, high = min(tick, self.first_tick), max(tick + 1, self.first_tick + size)
        wanted = high - low
        if wanted > _MOST_TICKS:
            return False
        room = min(_MOST_TICKS, 1 << (wanted * 2 - 1).bit_length())
        first = low - (room - wanted) // 2
        grown = np.zeros((2, room))
        offset = self.first_tick - first
        grown[:, offset : offset + size] = self.quantities
        self.first_tick, self.quantities = first, grown
        return True


class LadderModel:
    """Rows of a ladder, gathered once a frame.

    Attributes:
        group: Ticks in a row.
        is_cumulative: Whether sizes are summed from the best price outwards.
        follows: Whether the middle of the market is kept in sight.
        top_row: The row at the top.
        count: Rows in sight.
    """

    def __init__(self) -> None:
        self.levels = Levels()
        self.traded = TradedVolume()
        self.group = 1
        self.is_cumulative = False
        self.follows = True
        self.top_row = 0
        self.count = 40
        self.last_tick: int | None = None
        self.last_direction = 0
        self.traded_since_ms = 0
        self.has_missed_trades = False
        """Whether the connection was lost since: what was traded is then more than is shown."""
        self._bids, self._asks, self._traded = np.zeros(40), np.zeros(40), np.zeros((2, 40))
        self._has_place = False
        self._last_was_buy = False

    def clear(self, now_ms: int) -> None:
        """Another market: nothing is known of it yet."""
        self.levels.clear()
        self.traded = TradedVolume()
        self.last_tick, self.last_direction = None, 0
        self.traded_since_ms = now_ms
        self.has_missed_trades = False
        self._has_place, self.follows = False, True

    def take_trades(self, trades: list[PublicTrade], tick_size: float) -> None:
        """Count trades."""
        for trade in trades:
            tick = round(trade.price / tick_size)
            self.traded.add(tick, trade.quantity, is_buy=trade.is_buy)
            if self.last_tick is not None and tick != self.last_tick:
                self.last_direction = 1 if tick > self.last_tick else -1
            self.last_tick, self._last_was_buy = tick, trade.is_buy

    # --- which rows are in sight

    def set_count(self, count: int) -> None:
        """So many rows have room; the middle one stays where it is."""
        count = min(max(count, 1), MOST_ROWS)
        if count != self.count:
            self.top_row += (count - self.count) // 2
            self.count = count
            self._bids, self._asks, self._traded = np.zeros(count), np.zeros(count), np.zeros((2, count))

    def set_group(self, group: int) -> None:
        """Another number of ticks in a row; the price in the middle stays there."""
        if group not in GROUPS or group == self.group:
            return
        middle_tick = (self.top_row - self.count // 2) * self.group
        self.group = group
        self.top_row = middle_tick // group + self.count // 2

    def scroll(self, rows: int) -> None:
        """Show other rows, higher prices for a positive number; the ladder stays there from now on."""
        self.top_row += rows
        self.follows = False

    def center(self) -> None:
        """The middle of the market in the middle, and kept in sight from now on."""
        self.follows = True
        self._has_place = False
        self._follow()

    def _follow(self) -> None:
        if not self.levels.has_both_sides:
            return
        middle = math.floor(self.levels.middle_ticks / self.group)
        away = abs(middle - (self.top_row - self.count // 2))
        if not self._has_place or (self.follows and away > self.count * _CALM):
            self.top_row = middle + self.count // 2
            self._has_place = True

    # --- what the rows hold

    def rows(self) -> LadderRows:
        """Gather the rows in sight; the arrays are used again by the next call."""
        self._follow()
        levels, group, top = self.levels, self.group, self.top_row
        gather = book_rows.gather_cumulative if self.is_cumulative else book_rows.gather
        gather(levels.bid_ticks, levels.bid_sizes, group, False, top, self._bids)
        gather(levels.ask_ticks, levels.ask_sizes, group, True, top, self._asks)
        book_rows.gather_traded(self.traded.quantities, self.traded.first_tick, group, top, self._traded)
        has_bids, has_asks = bool(len(levels.bid_ticks)), bool(len(levels.ask_ticks))
        return LadderRows(
            self._bids, self._asks, self._traded, top,
            int(levels.bid_ticks[0] // group) if has_bids else -_NO_ROW,
            int(-(-levels.ask_ticks[0] // group)) if has_asks else _NO_ROW,
            int(levels.bid_ticks[-1] // group) if has_bids else _NO_ROW,
            int(-(-levels.ask_ticks[-1] // group)) if has_asks else -_NO_ROW,
        )  # fmt: skip

    @property
    def last_row(self) -> int:
        """The row of the last price, rounded as the side it was taken from; a number no row has before a trade."""
        if self.last_tick is None:
            return -_NO_ROW
        return book_rows.row_of(self.last_tick, self.group, self._last_was_buy)

    def largest(self, rows: LadderRows) -> float:
        """The size that the longest bar stands for."""
        return float(max(rows.bids.max(), rows.asks.max()))

    def spread_ticks(self) -> int | None:
        """Distance of the best prices; None without both."""
        levels = self.levels
        return int(levels.ask_ticks[0] - levels.bid_ticks[0]) if levels.has_both_sides else None

    def buyers_share(self, depth: int = 20) -> float | None:
        """Share of buyers in the sizes of the best levels of both sides."""
        bids, asks = float(self.levels.bid_sizes[:depth].sum()), float(self.levels.ask_sizes[:depth].sum())
        return bids / (bids + asks) if bids + asks > 0.0 else None
