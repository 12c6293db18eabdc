"""What was known at a moment: against candles of an exchange, and against data that end at that moment."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import HOUR_MS, START_MS, make_candles, random_candles, shared_data
from fakes import MemoryCandleStore
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.marketdata.resample import resample
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.services.replay import (
    FormingCandle,
    ReplayFeed,
    ReplayState,
    divides,
    first_candles,
    lower_keys,
    read_feed,
)

MARKET = "bybit-linear-ADAUSDT-{}-20250530_20250629.parquet"
COLUMNS = ("open_time_ms", "open", "high", "low", "close", "volume")


def market(timeframe: str) -> Candles:
    import strategy_tester as tester

    return tester.read_candles(str(shared_data(MARKET.format(timeframe))))


def until(candles: Candles, now_ms: int) -> Candles:
    """Only what had closed: made without the code under test."""
    keep = candles.open_time_ms + candles.timeframe.milliseconds <= now_ms
    return Candles(*(getattr(candles, name)[keep] for name in COLUMNS), timeframe=candles.timeframe)


def without(candles: Candles, *bars: int) -> Candles:
    keep = np.delete(np.arange(len(candles)), bars)
    return Candles(*(getattr(candles, name)[keep] for name in COLUMNS), timeframe=candles.timeframe)


def minutes(bars: int = 180) -> Candles:
    return random_candles(bars, seed=3, timeframe=Timeframe.M1)


def test_a_candle_counts_from_its_close_on() -> None:
    feed = ReplayFeed(make_candles([1.0, 2.0, 3.0]))
    assert feed.at(START_MS + HOUR_MS - 1) == ReplayState(0, None)
    assert feed.at(START_MS + HOUR_MS) == ReplayState(1, None)
    assert feed.at(START_MS + 2 * HOUR_MS - 1) == ReplayState(1, None)
    assert (feed.first_ms, feed.last_ms) == (START_MS + HOUR_MS, START_MS + 3 * HOUR_MS)


def test_the_forming_candle_is_made_of_lower_candles_that_had_closed() -> None:
    hours = make_candles([10.0, 20.0])
    lower = make_candles(
        [10.0, 12.0, 11.0, 20.0], opens=[10.0, 10.0, 12.0, 11.0], highs=[10.0, 13.0, 12.0, 25.0],
        lows=[10.0, 9.0, 10.5, 11.0], volumes=[1.0, 2.0, 4.0, 8.0], timeframe=Timeframe.M30,
    )  # fmt: skip
    feed = ReplayFeed(hours, [lower])
    opened = START_MS + HOUR_MS
    assert feed.at(opened).forming is None
    assert feed.at(opened + 30 * MINUTE_MS - 1).forming is None
    expected = FormingCandle(opened, opened + 30 * MINUTE_MS, 12.0, 12.0, 10.5, 11.0, 4.0)
    assert feed.at(opened + 30 * MINUTE_MS) == ReplayState(1, expected)
    assert feed.at(opened + 45 * MINUTE_MS) == ReplayState(1, expected)
    assert feed.at(opened + HOUR_MS) == ReplayState(2, None)


def test_a_hole_in_the_lower_candles_leaves_the_candle_to_its_close() -> None:
    lower = minutes()
    hours = resample(lower, Timeframe.H1)
    feed = ReplayFeed(hours, [without(lower, 70)])
    assert feed.at(START_MS + HOUR_MS + 10 * MINUTE_MS).forming is not None
    assert feed.at(START_MS + HOUR_MS + 12 * MINUTE_MS).forming is None
    assert feed.at(START_MS + 2 * HOUR_MS) == ReplayState(2, None)
    assert feed.at(START_MS + 2 * HOUR_MS + MINUTE_MS).forming is not None


def test_where_the_finest_candles_are_missing_coarser_ones_take_their_place() -> None:
    lower = minutes()
    feed = ReplayFeed(resample(lower, Timeframe.H1), [without(lower, 60), resample(lower, Timeframe.M15)])
    forming = feed.at(START_MS + HOUR_MS + 20 * MINUTE_MS).forming
    assert forming is not None
    assert forming.known_to_ms == START_MS + HOUR_MS + 15 * MINUTE_MS
    assert forming.high == lower.high[60:75].max()


@pytest.mark.parametrize(("frame", "lower"), [("5m", "1m"), ("15m", "1m"), ("15m", "5m"), ("1h", "1m"), ("1h", "5m")])
def test_at_its_close_the_forming_candle_is_the_exchanges_own(frame: str, lower: str) -> None:
    whole = market(frame)
    # The lower candles alone, so that the one under test is still forming at its close.
    maker = ReplayFeed(whole, [market(lower)])._makers[0]
    step, compared = whole.timeframe.milliseconds, 0
    for bar in range(3, len(whole), 7):
        opened = int(whole.open_time_ms[bar])
        last_lower = opened + step - maker.step_ms
        maker.at(last_lower)
        made = maker._extended(maker._made, opened, maker._end + 1)
        assert made.open_time_ms == opened
        assert made.known_to_ms == opened + step
        prices = (made.open, made.high, made.low, made.close)
        assert prices == (whole.open[bar], whole.high[bar], whole.low[bar], whole.close[bar])
        assert made.volume == pytest.approx(whole.volume[bar], rel=1e-9)
        compared += 1
    assert compared > 100


def test_an_hour_agrees_with_the_five_minutes_of_another_chart_at_every_moment() -> None:
    hours, fives = ReplayFeed(market("1h"), [market("5m")]), ReplayFeed(market("5m"))
    start = int(hours.candles.open_time_ms[20])
    seen = 0
    for now in range(start, start + 6 * HOUR_MS, MINUTE_MS):
        forming, five = hours.at(now).forming, fives.candles
        part = slice(int(np.searchsorted(five.open_time_ms, now // HOUR_MS * HOUR_MS)), fives.at(now).closed)
        if part.start == part.stop:
            assert forming is None
            continue
        assert forming is not None
        assert forming.open == five.open[part][0]
        assert forming.high == five.high[part].max()
        assert forming.low == five.low[part].min()
        assert forming.close == five.close[part][-1]
        assert forming.volume == pytest.approx(five.volume[part].sum(), rel=1e-12)
        seen += 1
    assert seen == 6 * 55


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-30, 200), min_size=1, max_size=12))
def test_any_way_to_a_moment_shows_what_data_ending_there_show(moments: list[int]) -> None:
    lower = minutes()
    hours, quarters = resample(lower, Timeframe.H1), resample(lower, Timeframe.M15)
    lower = without(lower, 20, 130)
    feed = ReplayFeed(hours, [lower, quarters])
    for moment in moments:
        now = START_MS + moment * MINUTE_MS + 17
        fresh = ReplayFeed(until(hours, now), [until(lower, now), until(quarters, now)])
        assert feed.at(now) == fresh.at(now)
        shown = feed.cut(now)
        again = fresh.cut(now)
        for name in COLUMNS:
            assert getattr(shown, name).tolist() == getattr(again, name).tolist()


def test_months_are_formed_of_days() -> None:
    days = random_candles(59, timeframe=Timeframe.D1)
    feed = ReplayFeed(resample(days, Timeframe.MO1), [days])
    forming = feed.at(START_MS + 41 * 24 * HOUR_MS).forming
    assert forming is not None
    assert forming.open_time_ms == START_MS + 31 * 24 * HOUR_MS
    assert forming.high == days.high[31:41].max()


def test_steps_go_from_close_to_close() -> None:
    lower = minutes()
    feed = ReplayFeed(resample(lower, Timeframe.H1), [lower])
    now = START_MS + 90 * MINUTE_MS
    assert feed.next_close(now) == START_MS + 2 * HOUR_MS
    assert feed.next_close(now, lower=True) == now + MINUTE_MS
    assert feed.previous_close(now) == START_MS + HOUR_MS
    assert feed.previous_close(now, lower=True) == now - MINUTE_MS
    assert feed.next_close(feed.last_ms) is None
    assert feed.previous_close(feed.first_ms, lower=True) is None
    assert (feed.bar_ms, feed.lower_ms) == (HOUR_MS, MINUTE_MS)


def test_only_timeframes_that_divide_are_of_use() -> None:
    assert divides(Timeframe.M5, Timeframe.H1)
    assert not divides(Timeframe.H1, Timeframe.H1)
    assert not divides(Timeframe.H4, Timeframe.H6)
    assert divides(Timeframe.H6, Timeframe.MO1)
    assert not divides(Timeframe.W1, Timeframe.MO1)


def test_coarser_lower_candles_are_read_only_where_they_reach_further() -> None:
    def stored(frame: Timeframe, first: int, last: int, symbol: str = "TESTUSDT") -> SeriesSummary:
        return SeriesSummary(SeriesKey(symbol, frame, "test"), 10, first * HOUR_MS, last * HOUR_MS)

    key = SeriesKey("TESTUSDT", Timeframe.H1, "test")
    summaries = [
        stored(Timeframe.M15, 0, 100), stored(Timeframe.M1, 50, 60), stored(Timeframe.M5, 52, 59),
        stored(Timeframe.M3, 0, 100, "OTHERUSDT"), stored(Timeframe.H4, 0, 100),
    ]  # fmt: skip
    assert lower_keys(key, summaries) == [
        SeriesKey("TESTUSDT", Timeframe.M1, "test"), SeriesKey("TESTUSDT", Timeframe.M15, "test"),
    ]  # fmt: skip


def test_a_feed_finds_its_lower_candles_in_the_store() -> None:
    store, lower = MemoryCandleStore(), minutes()
    store.write(lower)
    feed = read_feed(resample(lower, Timeframe.H1), store)
    assert feed.lower_ms == MINUTE_MS
    assert len(feed.lowers[0]) == 180


def test_the_first_candles_share_memory_and_leave_the_whole_alone() -> None:
    whole = random_candles(50)
    part = first_candles(whole, 20)
    assert (len(part), len(whole)) == (20, 50)
    assert np.shares_memory(part.close, whole.close)
    assert part.close_time_ms[-1] == START_MS + 20 * HOUR_MS
