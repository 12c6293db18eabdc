"""Candles read once for many charts."""

import threading
from concurrent.futures import ThreadPoolExecutor

from builders import random_candles
from fakes import MemoryCandleStore
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.shared_candles import SharedCandles

KEY = SeriesKey("TESTUSDT", Timeframe.H1, "test")


class SlowStore(MemoryCandleStore):
    """Counts its readings; each waits until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.readings = threading.Event(), 0

    def read(self, *arguments, **options):
        self.readings += 1
        self.gate.wait(10)
        return super().read(*arguments, **options)


def test_series_is_read_once_while_somebody_holds_it():
    store = SlowStore()
    store.write(random_candles(30))
    store.gate.set()
    shared = SharedCandles(store)
    first = shared.read(KEY)
    assert shared.read(KEY) is first
    assert store.readings == 1
    del first
    assert shared.read(KEY) is not None
    assert store.readings == 2


def test_charts_that_open_together_read_once():
    store = SlowStore()
    store.write(random_candles(30))
    shared = SharedCandles(store)
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(shared.read, KEY) for _ in range(3)]
        store.gate.set()
        candles = [answer.result(10) for answer in answers]
    assert candles[0] is candles[1] is candles[2]
    assert store.readings == 1


def test_candles_read_before_a_change_are_not_kept():
    store = SlowStore()
    store.write(random_candles(30))
    shared = SharedCandles(store)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(shared.read, KEY)
        while not store.readings:
            threading.Event().wait(0.01)
        shared.forget()
        store.gate.set()
        old = answer.result(10)
    assert shared.read(KEY) is not old
    assert store.readings == 2
