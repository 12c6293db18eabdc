"""The latest trades of a market in a ring, each by itself or those of one moment and side as one."""

import math

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.market_events import PublicTrade
from strategy_tester.numeric.pixel_tape import TradeColumns, pick_trades

KEPT = 10_000
"""Trades that are remembered."""
_LARGE_SHARE = 0.98
_LEAST_FOR_LARGE = 50


class TradeRing:
    """The newest trades; trade number n stands at n modulo the length."""

    def __init__(self, kept: int = KEPT) -> None:
        self.columns = TradeColumns(
            np.zeros(kept, dtype=np.int64), np.zeros(kept), np.zeros(kept), np.zeros(kept, dtype=np.bool_),
            np.zeros(kept, dtype=np.int64),
        )  # fmt: skip
        self.kept, self.total = kept, 0

    @property
    def newest(self) -> int:
        """Number of the newest trade; -1 without one."""
        return self.total - 1

    @property
    def oldest(self) -> int:
        """Number of the oldest one that is still there."""
        return max(0, self.total - self.kept)

    def add(self, trade: PublicTrade) -> None:
        """One more."""
        at = self.total % self.kept
        columns = self.columns
        columns.time_ms[at], columns.price[at], columns.quantity[at] = trade.time_ms, trade.price, trade.quantity
        columns.is_buy[at], columns.count[at] = trade.is_buy, 1
        self.total += 1

    def add_joined(self, trade: PublicTrade) -> None:
        """One more, or more of the newest one: same moment, same side. The price is the last one paid."""
        at = self.newest % self.kept
        columns = self.columns
        is_same = self.total > 0 and columns.count[at] > 0
        if is_same and columns.time_ms[at] == trade.time_ms and columns.is_buy[at] == trade.is_buy:
            columns.price[at] = trade.price
            columns.quantity[at] += trade.quantity
            columns.count[at] += 1
        else:
            self.add(trade)

    def add_gap(self, time_ms: int) -> None:
        """Between the trades before and after something was not heard: a row that counts no trade."""
        at = self.total % self.kept
        columns = self.columns
        columns.time_ms[at], columns.price[at], columns.quantity[at] = time_ms, 0.0, math.inf
        columns.is_buy[at], columns.count[at] = False, 0
        self.total += 1

    def quantities(self) -> NDArray[np.float64]:
        """Sizes of all that are there, in no order."""
        quantity = self.columns.quantity[: min(self.total, self.kept)]
        return quantity[np.isfinite(quantity)]


class TapeModel:
    """What time and sales shows.

    Attributes:
        joins: Whether trades of one moment and side are shown as one.
        least: Smaller trades are not shown.
        skip: Rows scrolled away from the newest one.
        large: From this size on a trade is marked; endless while too few are known.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self.single, self.joined = TradeRing(kept), TradeRing(kept)
        self.joins = False
        self.least = 0.0
        self.skip = 0
        self.large = math.inf
        self._large_of = (-1, False)
        self._held: int | None = None

    def clear(self) -> None:
        """Another market."""
        self.single, self.joined = TradeRing(self._kept), TradeRing(self._kept)
        self.skip, self.large, self._held = 0, math.inf, None
        self._large_of = (-1, False)

    @property
    def ring(self) -> TradeRing:
        """The trades as they are shown."""
        return self.joined if self.joins else self.single

    def take(self, trades: list[PublicTrade]) -> None:
        """Trades, oldest first."""
        for trade in trades:
            self.single.add(trade)
            self.joined.add_joined(trade)

    def take_gap(self, time_ms: int) -> None:
        """Trades may be missing from here on; told once however often it is said."""
        for ring in (self.single, self.joined):
            if ring.total and ring.columns.count[ring.newest % ring.kept]:
                ring.add_gap(time_ms)

    def set_joins(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Trades of one moment and side as one, or each by itself."""
        self.joins = wanted
        self.skip, self._held = 0, None

    # --- pause

    @property
    def is_held(self) -> bool:
        """Whether the list stands still."""
        return self._held is not None

    @property
    def unseen(self) -> int:
        """Trades that came since the list stands still."""
        return 0 if self._held is None else self.ring.newest - self._held

    def hold(self) -> None:
        """Let the list stand still; trades are gathered on."""
        if self._held is None:
            self._held = self.ring.newest

    def go_on(self) -> None:
        """Show the newest trades again."""
        self._held, self.skip = None, 0

    def scroll(self, rows: int) -> None:
        """Go towards older trades."""
        self.skip = max(0, self.skip + rows)

    # --- what is in sight

    def rows(self, count: int) -> NDArray[np.int64]:
        """Numbers of the trades in sight, newest first."""
        ring = self.ring
        newest = ring.newest if self._held is None else self._held
        picked = np.empty(count, dtype=np.int64)
        found = pick_trades(ring.columns.quantity, newest, ring.oldest, self.least, self.skip, picked)
        if found < count and self.skip and ring.total:
            # Nothing lies beyond the oldest trade: it stays at the bottom.
            numbers = np.arange(ring.oldest, newest + 1) % ring.kept
            self.skip = max(0, int((ring.columns.quantity[numbers] >= self.least).sum()) - count)
            found = pick_trades(ring.columns.quantity, newest, ring.oldest, self.least, self.skip, picked)
        return picked[:found]

    def measure(self) -> None:
        """Find out again from which size on a trade is large: among the largest two of a hundred."""
        key = (self.ring.total, self.joins)
        if key == self._large_of:
            return
        self._large_of = key
        sizes = self.ring.quantities()
        if len(sizes) < _LEAST_FOR_LARGE:
            self.large = math.inf
            return
        place = int(len(sizes) * _LARGE_SHARE)
        self.large = float(np.partition(sizes, place)[place])
