"""Sizes of a book summed from the best price outwards, and what an order to a price would take."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.order_book import OrderBook

SPANS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 25.0)
"""How far from the middle prices are shown, percent."""


@dataclass(frozen=True, eq=False)
class Side:
    """One side, best first.

    Attributes:
        price: Quote currency.
        total: Size down to each level, base units.
        value: What that much costs or yields, quote currency.
    """

    price: NDArray[np.float64]
    total: NDArray[np.float64]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, levels: list[tuple[float, float]]) -> "Side":
        """From a book's levels."""
        values = np.array(levels, dtype=np.float64).reshape(-1, 2)
        price, size = values[:, 0], values[:, 1]
        return cls(price, np.cumsum(size), np.cumsum(size * price))


@dataclass(frozen=True)
class Reading:
    """What lies between the best price and another one.

    Attributes:
        price: Where, quote currency.
        is_ask: Which side.
        size: Base units; None beyond the last known level.
        value: Quote currency; None likewise.
        distance_percent: From the middle, with its sign.
    """

    price: float
    is_ask: bool
    size: float | None
    value: float | None
    distance_percent: float


_NOTHING = Side(np.empty(0), np.empty(0), np.empty(0))


class DepthModel:
    """What a depth chart shows.

    Attributes:
        bids: Buyers.
        asks: Sellers.
        span_percent: How far from the middle prices are shown.
        is_log: Whether sizes stand on a logarithmic scale.
    """

    def __init__(self) -> None:
        self.bids, self.asks = _NOTHING, _NOTHING
        self.span_percent = 0.5
        self.has_own_span = False
        """Whether the user chose the span."""
        self._is_fitted = False
        self.is_log = False
        self._key: tuple[int, int, int] | None = None

    def clear(self) -> None:
        """Another market."""
        self.bids, self.asks, self._key = _NOTHING, _NOTHING, None
        self._is_fitted = False

    def read(self, book: OrderBook) -> None:
        """Take the book as it is now."""
        key = (id(book), book.update_id, book.losses)
        if key == self._key:
            return
        self._key = key
        self.bids, self.asks = Side.of(book.bids()), Side.of(book.asks())
        if not self.has_own_span and not self._is_fitted and self.has_both_sides:
            known = min(self._reach(self.bids), self._reach(self.asks))
            self.span_percent = next((span for span in reversed(SPANS) if span <= known), SPANS[0])
            self._is_fitted = True

    @property
    def has_both_sides(self) -> bool:
        """Whether there is a middle."""
        return bool(len(self.bids.price)) and bool(len(self.asks.price))

    @property
    def middle(self) -> float:
        """Half way between the best prices."""
        return float(self.bids.price[0] + self.asks.price[0]) / 2.0

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest price shown."""
        away = self.middle * self.span_percent / 100.0
        return self.middle - away, self.middle + away

    def zoom(self, steps: int) -> None:
        """Show more (positive) or less around the middle."""
        place = min(range(len(SPANS)), key=lambda index: abs(SPANS[index] - self.span_percent))
        self.span_percent = SPANS[min(max(place + steps, 0), len(SPANS) - 1)]
        self.has_own_span = True

    def highest(self) -> float:
        """The largest sum within the range."""
        low, high = self.range
        bids = self.bids.total[self.bids.price >= low]
        asks = self.asks.total[self.asks.price <= high]
        return max(float(bids[-1]) if len(bids) else 0.0, float(asks[-1]) if len(asks) else 0.0)

    def lowest(self) -> float:
        """The smaller one of the best levels' sizes: where a logarithmic scale begins."""
        return min(float(self.bids.total[0]), float(self.asks.total[0]))

    def reading(self, price: float) -> Reading:
        """What an order that reaches a price would take."""
        is_ask = price >= self.middle
        side = self.asks if is_ask else self.bids
        reached = int((side.price <= price).sum() if is_ask else (side.price >= price).sum())
        is_beyond = price > side.price[-1] if is_ask else price < side.price[-1]
        size = float(side.total[reached - 1]) if reached else 0.0
        value = float(side.value[reached - 1]) if reached else 0.0
        distance = (price - self.middle) / self.middle * 100.0
        if is_beyond:
            return Reading(price, is_ask, None, None, distance)
        return Reading(price, is_ask, size, value, distance)

    def _reach(self, side: Side) -> float:
        return abs(float(side.price[-1]) - self.middle) / self.middle * 100.0
