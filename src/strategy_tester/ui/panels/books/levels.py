"""A book's levels as arrays of whole ticks, read anew only when the book has changed."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.order_book import OrderBook
from strategy_tester.numeric.book_rows import ticks_of


class Levels:
    """Both sides, best first.

    Attributes:
        bid_ticks: Prices of buyers in ticks.
        bid_sizes: Their sizes, base units.
        ask_ticks: Prices of sellers in ticks.
        ask_sizes: Their sizes, base units.
        update_id: Of the book they were read from.
    """

    def __init__(self) -> None:
        self.bid_ticks: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.ask_ticks: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.bid_sizes: NDArray[np.float64] = np.empty(0)
        self.ask_sizes: NDArray[np.float64] = np.empty(0)
        self.update_id = 0
        self._key: tuple[int, int, int] | None = None

    def read(self, book: OrderBook, tick_size: float) -> bool:
        """Take the book as it is now; whether anything can have changed."""
        key = (id(book), book.update_id, book.losses)
        if key == self._key:
            return False
        self._key = key
        self.update_id = book.update_id
        self.bid_ticks, self.bid_sizes = _arrays(book.bids(), tick_size)
        self.ask_ticks, self.ask_sizes = _arrays(book.asks(), tick_size)
        return True

    def clear(self) -> None:
        """Nothing is known."""
        self.__init__()

    @property
    def has_both_sides(self) -> bool:
        """Whether there is a best price on both sides."""
        return bool(len(self.bid_ticks)) and bool(len(self.ask_ticks))

    @property
    def middle_ticks(self) -> float:
        """Half way between the best prices, in ticks."""
        return (float(self.bid_ticks[0]) + float(self.ask_ticks[0])) / 2.0


def _arrays(levels: list[tuple[float, float]], tick_size: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    values = np.array(levels, dtype=np.float64).reshape(-1, 2)
    ticks = np.empty(len(values), dtype=np.int64)
    ticks_of(np.ascontiguousarray(values[:, 0]), tick_size, ticks)
    return ticks, np.ascontiguousarray(values[:, 1])
