"""Live candles: each closed one once, in order, whatever the stream does."""

import dataclasses
import itertools
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice_builders import MINUTE_MS, START_MS, minute_candles
from strategy_tester.domain.market_events import CandleUpdate, Category, Market
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.services.live_candles import LiveCandles
from strategy_tester.services.market_source import CandlePage

MARKET = Market("bybit", Category.LINEAR, "BTCUSDT")
TRUTH = minute_candles(60)
LATE_MS = START_MS + 10_000 * MINUTE_MS


def update(bar: int, *, is_closed: bool, part: float = 1.0) -> CandleUpdate:
    """A message about a candle; `part` is how much of it has happened."""
    open_ms = int(TRUTH.open_time_ms[bar])
    time_ms = open_ms + round(MINUTE_MS * part)
    if is_closed:
        high, low, close = TRUTH.high[bar], TRUTH.low[bar], TRUTH.close[bar]
        volume = TRUTH.volume[bar]
    else:
        high = low = close = TRUTH.open[bar]
        volume = TRUTH.volume[bar] * part
    return CandleUpdate(
        MARKET, Timeframe.M1, open_ms, TRUTH.open[bar], high, low, close, volume, 0.0, is_closed, time_ms
    )


def page(first: int, last: int, server_time_ms: int = LATE_MS) -> CandlePage:
    return CandlePage(TRUTH.rows(first, last), None, server_time_ms)


def closed(changes) -> list[int]:
    return [(change.open_time_ms - START_MS) // MINUTE_MS for change in changes if change.is_closed]


@pytest.fixture
def live() -> LiveCandles:
    """Candle 0 is known; 1 comes next."""
    return LiveCandles(MARKET, Timeframe.M1, START_MS)


def test_forming_candle_then_its_end(live: LiveCandles):
    assert [change.is_closed for change in live.take(update(1, is_closed=False, part=0.5))] == [False]
    assert closed(live.take(update(1, is_closed=True))) == [1]
    assert live.missing() is None


def test_confirm_that_comes_twice_is_told_once(live: LiveCandles):
    assert closed(live.take(update(1, is_closed=True))) == [1]
    assert live.take(update(1, is_closed=True)) == []


def test_lost_confirm_is_asked_for_when_the_next_candle_comes(live: LiveCandles):
    live.take(update(1, is_closed=False, part=0.9))
    assert live.take(update(2, is_closed=False, part=0.1)) == []
    assert live.missing() == (START_MS + MINUTE_MS, START_MS + 2 * MINUTE_MS)
    changes = live.take_page(page(1, 2), *live.missing())
    assert closed(changes) == [1]
    assert changes[0].close == TRUTH.close[1]
    assert [change.is_closed for change in changes] == [True, False]
    assert live.missing() is None


def test_older_picture_never_replaces_a_newer_one(live: LiveCandles):
    live.take(update(1, is_closed=False, part=0.8))
    assert live.take(update(1, is_closed=False, part=0.3)) == []
    assert live.forming.volume == pytest.approx(TRUTH.volume[1] * 0.8)


def test_late_picture_of_a_closed_candle_is_passed_over(live: LiveCandles):
    live.take(update(1, is_closed=True))
    assert live.take(update(1, is_closed=False, part=0.5)) == []


def test_confirm_after_the_first_message_of_the_next_candle_is_enough(live: LiveCandles):
    live.take(update(2, is_closed=False, part=0.1))
    assert closed(live.take(update(1, is_closed=True))) == [1]
    assert live.missing() is None


def test_candles_lost_by_a_cut_connection_are_asked_for_as_one_range(live: LiveCandles):
    live.take(update(9, is_closed=False, part=0.2))
    assert live.missing() == (START_MS + MINUTE_MS, START_MS + 9 * MINUTE_MS)
    assert closed(live.take_page(page(1, 9), *live.missing())) == list(range(1, 9))
    assert live.mended == 8


def test_answer_that_comes_too_early_is_asked_for_again(live: LiveCandles):
    live.take(update(3, is_closed=False, part=0.01))
    missing = live.missing()
    early = page(1, 2, server_time_ms=START_MS + 3 * MINUTE_MS + 500)  # candle 2 is not there yet
    assert closed(live.take_page(early, *missing)) == [1]
    assert live.missing() == (START_MS + 2 * MINUTE_MS, START_MS + 3 * MINUTE_MS)
    assert closed(live.take_page(page(2, 3), *live.missing())) == [2]


def test_candle_the_exchange_does_not_have_is_passed_over_when_asked_late_enough(live: LiveCandles):
    live.take(update(3, is_closed=False, part=0.5))
    changes = live.take_page(page(1, 2), *live.missing())
    assert closed(changes) == [1]
    assert live.skipped == 1
    assert live.missing() is None
    assert closed(live.take(update(3, is_closed=True))) == [3]


def test_candle_that_has_only_just_closed_is_not_taken_from_a_request(live: LiveCandles):
    """Requests may be answered from a copy that is behind the stream: its last trades may be missing."""
    live.take(update(2, is_closed=False, part=0.01))
    young = page(1, 2, server_time_ms=START_MS + 2 * MINUTE_MS + 600)
    assert closed(live.take_page(young, *live.missing())) == []
    assert live.missing() == (START_MS + MINUTE_MS, START_MS + 2 * MINUTE_MS)
    assert closed(live.take_page(page(1, 2, START_MS + 2 * MINUTE_MS + 1000), *live.missing())) == [1]


def test_request_answers_nothing_beyond_its_range(live: LiveCandles):
    """What forms must not come as final because an exchange's clock is ahead."""
    live.take(update(3, is_closed=False, part=0.5))
    assert closed(live.take_page(page(1, 5), *live.missing())) == [1, 2]
    assert closed(live.take(update(3, is_closed=True))) == [3]


@pytest.mark.parametrize("moment", [START_MS + MINUTE_MS + 1, START_MS + 10**10, 9_999_999_999_000])
def test_message_about_a_candle_that_cannot_be_is_passed_over(live: LiveCandles, moment: int):
    """It would have the exchange asked for years that have not come yet, for ever."""
    good = update(1, is_closed=False, part=0.5)
    assert live.take(dataclasses.replace(good, open_time_ms=moment)) == []
    assert live.missing() is None
    assert live.odd == 1
    assert len(live.take(good)) == 1


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a running program cannot be changed here")
@pytest.mark.parametrize("frame", [Timeframe.H1, Timeframe.D1, Timeframe.W1, Timeframe.MO1])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_year_and_summer_time_change_nothing(frame: Timeframe, zone: str, monkeypatch: pytest.MonkeyPatch):
    """Candles are of UTC, whatever this machine's clock does; months and weeks pass over the turn of the year."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        first = frame.open_of(1_729_900_000_000)  # 2024-10-25: two days before clocks go back in Europe
        live = LiveCandles(MARKET, frame, first)
        expected, told = [], []
        open_ms = frame.next_open(first)
        while open_ms < 1_743_600_000_000:  # 2025-04-02: after they have gone forward again
            expected.append(open_ms)
            close_ms = frame.next_open(open_ms)
            for is_closed in (False, True):
                told += live.take(CandleUpdate(MARKET, frame, open_ms, 1, 1, 1, 1, 1, 1, is_closed, close_ms))
            open_ms = close_ms
        assert [change.open_time_ms for change in told if change.is_closed] == expected
        assert live.missing() is None
        assert (live.odd, live.skipped) == (0, 0)
        gaps = {later - earlier for earlier, later in itertools.pairwise(expected)}
        assert gaps == ({frame.milliseconds} if frame.is_fixed else {28 * DAY_MS, 30 * DAY_MS, 31 * DAY_MS})
    finally:
        monkeypatch.undo()
        time.tzset()


@settings(max_examples=200)
@given(st.integers(0, 10**9))
def test_whatever_the_stream_does_the_series_equals_the_truth(seed):
    dice = random.Random(seed)  # noqa: S311
    messages = []
    for bar in range(1, 40):
        messages += [update(bar, is_closed=False, part=0.2), update(bar, is_closed=False, part=0.6)]
        messages.append(update(bar, is_closed=True))
    messages = [message for message in messages if dice.random() > 0.3]
    messages += [message for message in messages if dice.random() < 0.2]
    order = {id(message): number + dice.uniform(0, 6) for number, message in enumerate(messages)}
    messages.sort(key=lambda message: order[id(message)])
    messages.append(update(40, is_closed=False, part=0.5))
    live = LiveCandles(MARKET, Timeframe.M1, START_MS)
    told = []
    for message in messages:
        told += live.take(message)
        if (missing := live.missing()) is not None and dice.random() < 0.7:
            first, last = ((moment - START_MS) // MINUTE_MS for moment in missing)
            told += live.take_page(page(first, last), *missing)
    while (missing := live.missing()) is not None:
        first, last = ((moment - START_MS) // MINUTE_MS for moment in missing)
        told += live.take_page(page(first, last), *missing)
    final = [change for change in told if change.is_closed]
    assert [(change.open_time_ms - START_MS) // MINUTE_MS for change in final] == list(range(1, 40))
    assert [change.close for change in final] == TRUTH.close[1:40].tolist()
    assert [change.volume for change in final] == TRUTH.volume[1:40].tolist()
