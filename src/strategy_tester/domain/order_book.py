"""The local copy of an exchange's order book: exact, or known to be lost, never silently wrong."""

from bisect import bisect_left, insort
from enum import Enum

from strategy_tester.domain.market_events import BookChange, Level


class BookState(Enum):
    """Whether the book can be trusted."""

    WAITING = "waiting"
    """No snapshot yet."""
    IN_SYNC = "in_sync"
    LOST = "lost"
    """An update is missing or the book is crossed: unusable until the next snapshot."""


class OrderBook:
    """Price levels of one market, kept by the exchange's rules (Bybit v5 `orderbook`, Binance `depthUpdate`).

    A snapshot, or update id 1, replaces everything. A change must follow the update that is known: by carrying the next
    id, or by naming the update before it, where ids skip. One that is not newer is passed over; one whose predecessor
    is unknown means that something was lost, and so does one that is newer by its sequence and older by its id: the
    exchange has begun anew, and its word about that is lost. A change that begins before a snapshot and ends after it
    does follow it: sizes are told whole. A deletion of a level that is not there is no fault.

    Args:
        depth: Levels a side that the exchange keeps; deeper ones are cut off. 0 keeps all.
    """

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.state = BookState.WAITING
        self.update_id = 0
        self.sequence = 0
        self.time_ms = 0
        self.losses = 0
        """How often sync was lost."""
        self._bids = _Side(sign=-1.0)
        self._asks = _Side(sign=1.0)

    @property
    def is_usable(self) -> bool:
        """Whether prices may be read from it."""
        return self.state is BookState.IN_SYNC

    def apply(self, change: BookChange) -> BookState:
        """Take a message of the exchange.

        Returns:
            The state afterwards; LOST asks for a new snapshot.
        """
        if change.is_whole:
            self._replace(change)
        elif self.state is BookState.IN_SYNC and change.update_id <= self.update_id:
            if change.sequence > self.sequence:
                return self._lose()
        elif self.state is BookState.IN_SYNC:
            before = change.update_id - 1 if change.previous_id is None else change.previous_id
            if before > self.update_id:
                return self._lose()
            self._change(change)
        if self.state is BookState.IN_SYNC and self.is_crossed:
            return self._lose()
        return self.state

    def lose(self) -> None:
        """The connection is gone: what is here may be old."""
        if self.state is BookState.IN_SYNC:
            self._lose()

    @property
    def is_crossed(self) -> bool:
        """Whether somebody offers to buy for more than somebody asks."""
        return bool(self._bids) and bool(self._asks) and self._bids.best()[0] >= self._asks.best()[0]

    def best_bid(self) -> Level | None:
        """Highest price of buyers and its size; None without one."""
        return self._bids.best() if self._bids else None

    def best_ask(self) -> Level | None:
        """Lowest price of sellers and its size; None without one."""
        return self._asks.best() if self._asks else None

    def bids(self, count: int | None = None) -> list[Level]:
        """Levels of buyers, best first."""
        return self._bids.levels(count)

    def asks(self, count: int | None = None) -> list[Level]:
        """Levels of sellers, best first."""
        return self._asks.levels(count)

    def _replace(self, change: BookChange) -> None:
        self._bids.replace(change.bids)
        self._asks.replace(change.asks)
        self._take_numbers(change)
        self.state = BookState.IN_SYNC

    def _change(self, change: BookChange) -> None:
        self._bids.change(change.bids)
        self._asks.change(change.asks)
        if self.depth:
            self._bids.cut(self.depth)
            self._asks.cut(self.depth)
        self._take_numbers(change)

    def _take_numbers(self, change: BookChange) -> None:
        self.update_id, self.sequence, self.time_ms = change.update_id, change.sequence, change.time_ms

    def _lose(self) -> BookState:
        self.state = BookState.LOST
        self.losses += 1
        return self.state


class _Side:
    """Levels of one side, by price; `sign` -1 puts the highest price first."""

    def __init__(self, sign: float) -> None:
        self._sign = sign
        self._keys: list[float] = []
        self._sizes: dict[float, float] = {}

    def __bool__(self) -> bool:
        return bool(self._keys)

    def best(self) -> Level:
        price = self._keys[0] * self._sign
        return price, self._sizes[price]

    def levels(self, count: int | None) -> list[Level]:
        return [(key * self._sign, self._sizes[key * self._sign]) for key in self._keys[:count]]

    def replace(self, levels: tuple[Level, ...]) -> None:
        self._sizes = {price: size for price, size in levels if size > 0.0}
        self._keys = sorted(price * self._sign for price in self._sizes)

    def change(self, levels: tuple[Level, ...]) -> None:
        for price, size in levels:
            if size > 0.0:
                if price not in self._sizes:
                    insort(self._keys, price * self._sign)
                self._sizes[price] = size
            elif price in self._sizes:
                del self._sizes[price]
                del self._keys[bisect_left(self._keys, price * self._sign)]

    def cut(self, depth: int) -> None:
        for key in self._keys[depth:]:
            del self._sizes[key * self._sign]
        del self._keys[depth:]
