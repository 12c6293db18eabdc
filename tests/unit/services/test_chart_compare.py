"""Closes of other markets, brought onto a chart's bars by time."""

import numpy as np

from builders import HOUR_MS, START_MS, make_candles
from fakes import MemoryCandleStore
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.chart_compare import closes_at, compared_closes
from strategy_tester.services.ports import SeriesKey


def hours(*numbers: int) -> np.ndarray:
    return np.array([START_MS + number * HOUR_MS for number in numbers], dtype=np.int64)


def test_closes_stand_at_their_own_times_never_at_the_same_place():
    other = make_candles([10.0, 11.0, 12.0, 13.0], start_ms=START_MS + 2 * HOUR_MS)
    found = closes_at(other, hours(0, 2, 3, 5, 6))
    np.testing.assert_array_equal(found, [np.nan, 10.0, 11.0, 13.0, np.nan])


def test_a_missing_candle_is_a_missing_value():
    whole = make_candles([10.0, 11.0, 12.0])
    store = MemoryCandleStore()
    store.write(whole.rows(0, 1))
    store.write(whole.rows(2, 3))
    found = compared_closes(store, SeriesKey("TESTUSDT", Timeframe.H1, "test"), hours(0, 1, 2))
    np.testing.assert_array_equal(found, [10.0, np.nan, 12.0])


def test_longer_candles_are_made_of_shorter_ones():
    store = MemoryCandleStore()
    store.write(make_candles([10.0, 11.0, 12.0, 13.0, 20.0, 21.0, 22.0, 23.0]))
    found = compared_closes(store, SeriesKey("TESTUSDT", Timeframe.H4, "test"), hours(0, 4))
    assert found is not None
    assert found.tolist() == [13.0, 23.0]


def test_a_market_without_fitting_candles_has_no_line():
    store = MemoryCandleStore()
    store.write(make_candles([10.0, 11.0]))
    assert compared_closes(store, SeriesKey("TESTUSDT", Timeframe.M5, "test"), hours(0)) is None
    assert compared_closes(store, SeriesKey("OTHER", Timeframe.H1, "test"), hours(0)) is None
