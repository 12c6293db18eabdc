"""Candles read by charts, one copy for all of them.

Only the columns are shared. What a chart makes of them is its own, and copies a column before the first candle is added
to it: live candles of one chart never appear in another, nor in a backtest.
"""

import threading
from collections.abc import Callable
from weakref import WeakValueDictionary

from strategy_tester.domain.candles import Candles
from strategy_tester.services.derived_series import read_series
from strategy_tester.services.ports import CandleStore, SeriesKey


class SharedCandles:
    """Reads series; whoever asks for one that somebody still holds gets the same object. Safe on any thread.

    Args:
        store: Where candles are stored.
    """

    def __init__(self, store: CandleStore) -> None:
        self._store = store
        self.ask_live: Callable[[SeriesKey], Candles | None] = lambda _key: None
        """Candles of a series that is not stored, from an exchange; blocks. They are kept in memory only."""
        self._held: WeakValueDictionary[SeriesKey, Candles] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._reading: dict[SeriesKey, threading.Lock] = {}
        self._edition = 0

    def read(self, key: SeriesKey) -> Candles | None:
        """Stored or derived candles; None when there are none. Blocks: for jobs, never for the UI thread."""
        with self._lock:
            turn = self._reading.setdefault(key, threading.Lock())
        with turn:  # several charts that open together read once
            with self._lock:
                found, edition = self._held.get(key), self._edition
            if found is not None:
                return found
            candles = read_series(self._store, key)
            if candles is None:
                candles = self.ask_live(key)
            with self._lock:
                if candles is not None and edition == self._edition:
                    self._held[key] = candles
            return candles

    def forget(self) -> None:
        """What is stored has changed: read again from now on."""
        with self._lock:
            self._held.clear()
            self._edition += 1
