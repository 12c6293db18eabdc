"""Pages of a download: how ranges are cut, what counts as settled, and several requests at once in order."""

import dataclasses
import threading
import time
from typing import Any

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, make_candles
from strategy_tester.domain.errors import ExchangeError, ExchangeUnreachable, InvalidParameter
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.download_pages import FRESH_MS, SETTLE_MS, Pool, fetch_page, joined, pages_of
from strategy_tester.services.market_history import WantedSeries, refuse_kind, wanted_series
from strategy_tester.services.market_source import CandlePage, PriceKind

MARKET = Market("bybit", Category.LINEAR, "TESTUSDT")
WANTED = WantedSeries(MARKET, Timeframe.H1)


def month(text: str) -> int:
    return int(np.datetime64(text, "ms").astype(np.int64))


def test_ranges_are_cut_on_the_grid():
    hour = HOUR_MS
    assert pages_of(Timeframe.H1, [(START_MS, START_MS + 5 * hour)], 2) == [
        (START_MS, START_MS + 2 * hour), (START_MS + 2 * hour, START_MS + 4 * hour),
        (START_MS + 4 * hour, START_MS + 5 * hour),
    ]  # fmt: skip
    assert pages_of(Timeframe.H1, [(START_MS + 1, START_MS + hour)], 2) == []
    assert pages_of(Timeframe.H1, [(START_MS + 1, START_MS + hour + 1)], 2) == [(START_MS + hour, START_MS + hour + 1)]


def test_months_are_counted_not_measured():
    pages = pages_of(Timeframe.MO1, [(month("2020-01-15"), month("2021-03-01"))], 6)
    assert pages == [
        (month("2020-02-01"), month("2020-08-01")), (month("2020-08-01"), month("2021-02-01")),
        (month("2021-02-01"), month("2021-03-01")),
    ]  # fmt: skip


class Told:
    """An exchange that has some hours of candles and a clock."""

    page_limit = 1000
    exchange = "bybit"

    def __init__(self, bars: list[int], now_ms: int, *, later: dict[int, list[int]] | None = None) -> None:
        self.bars, self.now_ms, self.later = bars, now_ms, later or {}
        self.asked: list[tuple[int, int]] = []

    def candles(self, _market: Any, _frame: Any, start_ms: int, end_ms: int, _kind: Any = None) -> CandlePage:
        self.asked.append(((start_ms - START_MS) // HOUR_MS, (end_ms - START_MS) // HOUR_MS))
        bars = sorted({*self.bars, *self.later.get(len(self.asked), [])})
        chosen = [bar for bar in bars if start_ms <= START_MS + bar * HOUR_MS < end_ms]
        base = make_candles([1.0 + bar for bar in range(max(bars) + 1)], timeframe=Timeframe.H1)
        rows = np.array(chosen, dtype=np.int64)
        columns = {
            name: getattr(base, name)[rows] for name in ("open_time_ms", "open", "high", "low", "close", "volume")
        }
        return CandlePage(dataclasses.replace(base, **columns, source="bybit-linear"), None, self.now_ms)


def span(first: int, last: int) -> tuple[int, int]:
    return START_MS + first * HOUR_MS, START_MS + last * HOUR_MS


def test_a_whole_page_is_asked_for_once():
    source: Any = Told(list(range(10)), START_MS + 99 * HOUR_MS)
    page = fetch_page(source, WANTED, span(2, 8))
    assert (len(page.candles), page.end_ms, page.none) == (6, span(2, 8)[1], ())
    assert source.asked == [(2, 8)]


def test_a_hole_is_asked_for_again_and_then_known():
    source: Any = Told([0, 1, 4, 5, 9], START_MS + 99 * HOUR_MS, later={2: [2], 3: [7]})
    page = fetch_page(source, WANTED, span(0, 10))
    assert ((page.candles.open_time_ms - START_MS) // HOUR_MS).tolist() == [0, 1, 2, 4, 5, 7, 9]
    assert page.none == (span(3, 4), span(6, 7), span(8, 9))
    assert source.asked == [(0, 10), (2, 4), (6, 9)]


def test_many_holes_are_asked_for_at_once():
    source: Any = Told(list(range(0, 20, 2)), START_MS + 99 * HOUR_MS)
    page = fetch_page(source, WANTED, span(0, 19))
    assert len(page.none) == 9
    assert source.asked == [(0, 19), (1, 18)]


def test_what_closed_this_moment_is_not_settled_yet():
    edge = START_MS + 5 * HOUR_MS
    for late, settled in ((SETTLE_MS - 1, 4), (SETTLE_MS, 5)):
        source: Any = Told(list(range(9)), edge + late)
        page = fetch_page(source, WANTED, span(0, 9))
        assert (len(page.candles), page.end_ms) == (settled, span(0, settled)[1])


def test_what_is_missing_at_the_present_is_asked_for_another_time():
    for late, end, none in ((FRESH_MS - 1, 4, ()), (FRESH_MS + HOUR_MS + 1, 5, (span(4, 5),))):
        source: Any = Told([0, 1, 2, 3], START_MS + 5 * HOUR_MS + late)
        page = fetch_page(source, WANTED, span(0, 5))
        assert (page.end_ms, page.none) == (span(0, end)[1], none)


def test_candles_off_the_grid_are_refused():
    source: Any = Told([0, 1, 2], START_MS + 99 * HOUR_MS)
    with pytest.raises(ExchangeError, match="do not open on a boundary of 4h"):
        fetch_page(source, WantedSeries(MARKET, Timeframe.H4), span(0, 3))


def test_other_prices_keep_a_name_of_their_own():
    source: Any = Told([0, 1, 2], START_MS + 99 * HOUR_MS)
    page = fetch_page(source, WantedSeries(MARKET, Timeframe.H1, kind=PriceKind.MARK), span(0, 3))
    assert page.candles.source == "bybit-linear-mark"


def test_parts_are_joined_and_the_later_one_counts():
    first = make_candles([1.0, 2.0, 3.0])
    second = make_candles([9.0, 4.0], opens=[9.0, 4.0], start_ms=START_MS + 2 * HOUR_MS)
    assert joined([first, second]).close.tolist() == [1.0, 2.0, 9.0, 4.0]
    assert joined([second, first]).close.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert len(joined([make_candles([]), make_candles([])])) == 0


def test_answers_come_in_the_order_of_the_tasks_and_errors_stand_for_themselves():
    def work(task: int) -> int:
        time.sleep(0.02 if task % 3 == 0 else 0.0)
        if task == 4:
            raise ExchangeUnreachable("four")
        return task * 10

    pool = Pool[int, int](work, 4)
    answers = list(pool.answers(range(12), lambda: None))
    pool.close()
    assert [task for task, _ in answers] == list(range(12))
    assert [str(answer) for _, answer in answers[3:6]] == ["30", "four", "50"]


def test_one_question_after_another_needs_one_thread():
    pool = Pool[int, str](lambda _: threading.current_thread().name, 8)
    names = [answer for number in range(20) for _, answer in pool.answers([number], lambda: None)]
    assert set(names) == {"download-1"}
    busy = Pool[int, str](lambda _: (time.sleep(0.05), threading.current_thread().name)[1], 3)
    assert {answer for _, answer in busy.answers(range(9), lambda: None)} == {"download-1", "download-2", "download-3"}
    pool.close()
    busy.close()


def test_a_fault_of_the_program_is_not_swallowed():
    pool = Pool[int, float](lambda task: 1 / task, 2)
    with pytest.raises(ZeroDivisionError):
        list(pool.answers([1, 0, 2], lambda: None))
    pool.close()


def test_stopping_starts_nothing_more():
    begun: list[int] = []
    gate = threading.Event()

    def work(task: int) -> int:
        begun.append(task)
        gate.wait(2.0)
        return task

    pool = Pool[int, int](work, 2)
    calls = 0

    def watch() -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(pool.answers(range(100), watch))
    pool.close()
    gate.set()
    time.sleep(0.1)
    assert sorted(begun) == [0, 1]


def test_prices_that_a_market_does_not_have_are_refused():
    spot = Market("bybit", Category.SPOT, "BTCUSDT")
    for market, kind in ((spot, PriceKind.MARK), (MARKET, PriceKind.PREMIUM)):
        with pytest.raises(InvalidParameter, match="price"):
            refuse_kind(market, kind)
    names = [str(one.key) for one in wanted_series([MARKET], [Timeframe.M1], kinds=[PriceKind.LAST, PriceKind.INDEX])]
    assert names == ["TESTUSDT 1m bybit-linear", "TESTUSDT 1m bybit-linear-index"]
