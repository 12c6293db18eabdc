"""Series made of finer stored ones."""

import numpy as np
import pytest

from builders import START_MS, make_candles, random_candles
from fakes import MemoryCandleStore
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.derived_series import closest_series, derived_timeframes, read_series, source_of
from strategy_tester.services.ports import SeriesKey


def key(frame: str, symbol: str = "TESTUSDT", source: str = "test") -> SeriesKey:
    return SeriesKey(symbol, Timeframe.parse(frame), source)


STORED = [key("5m"), key("1h"), key("15m", "OTHERUSDT"), key("1m", source="elsewhere")]


@pytest.mark.parametrize(
    ("wanted", "source"),
    [
        (key("4h"), key("1h")),
        (key("15m"), key("5m")),
        (key("1M"), key("1h")),
        (key("1m"), None),
        (key("3m"), None),
        (key("5m", "OTHERUSDT"), None),
        (key("1h", "GONEUSDT"), None),
    ],
)
def test_the_longest_fitting_series_of_the_same_market_is_the_source(wanted, source):
    assert source_of(STORED, wanted) == source


def test_timeframes_that_can_be_made_leave_out_what_is_stored():
    names = [str(frame) for frame in derived_timeframes(STORED, key("1h"))]
    assert names == ["15m", "30m", "2h", "4h", "6h", "12h", "1d", "1w", "1M"]


def test_closest_is_the_wanted_one_where_it_can_be_had():
    assert closest_series(STORED, key("1h")) == key("1h")
    assert closest_series(STORED, key("4h")) == key("4h")


def test_closest_is_the_nearest_timeframe_where_it_cannot():
    assert closest_series(STORED, key("3m")) == key("5m")
    assert closest_series(STORED, key("1m", "OTHERUSDT")) == key("15m", "OTHERUSDT")
    assert closest_series(STORED, key("1m", "GONEUSDT")) == key("1m", "GONEUSDT")


def test_derived_candles_are_whole_ones_only():
    store = MemoryCandleStore()
    store.write(make_candles([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    candles = read_series(store, key("4h"))
    assert candles is not None
    np.testing.assert_array_equal(candles.open_time_ms, [START_MS])
    assert (candles.open[0], candles.high[0], candles.low[0], candles.close[0]) == (1.0, 4.0, 1.0, 4.0)
    assert candles.timeframe is Timeframe.H4


def test_stored_candles_are_read_as_they_are_and_unknown_ones_are_none():
    store = MemoryCandleStore()
    store.write(random_candles(20))
    stored = read_series(store, key("1h"))
    assert stored is not None
    assert len(stored) == 20
    assert read_series(store, key("5m")) is None
