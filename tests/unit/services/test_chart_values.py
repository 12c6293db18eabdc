"""Funding, mark prices and open interest on the bars of a chart."""

import numpy as np

from builders import HOUR_MS
from fakes import MemoryCandleStore
from strategy_tester.domain.costs import FundingRates
from strategy_tester.services.chart_values import (
    BarTimes,
    available_kinds,
    bar_values,
    difference_to_last,
    funding_on_bars,
    last_known,
)
from strategy_tester.services.ports import MarketValues


def bars(*open_hours: float, length: float = 1.0, closes: tuple[float, ...] = ()) -> BarTimes:
    opens = np.array([int(hour * HOUR_MS) for hour in open_hours], dtype=np.int64)
    return BarTimes(opens, opens + int(length * HOUR_MS), np.array(closes or [100.0] * opens.size))


def values(*pairs: tuple[float, float]) -> MarketValues:
    times = np.array([int(hour * HOUR_MS) for hour, _ in pairs], dtype=np.int64)
    return MarketValues(times, np.array([value for _, value in pairs]))


def test_a_settlement_stands_at_the_bar_that_opens_with_it():
    found = funding_on_bars(values((8, 0.0001), (16, -0.0002)), bars(6, 7, 8, 9, 16))
    np.testing.assert_allclose(found.values, [np.nan, np.nan, 0.01, np.nan, -0.02])


def test_the_rate_holds_until_the_next_settlement_and_counts_by_the_year():
    found = funding_on_bars(values((8, 0.0001), (16, -0.0002)), bars(7, 8, 15, 16))
    np.testing.assert_allclose(found.latest, [np.nan, 0.01, 0.01, -0.02])
    np.testing.assert_allclose(found.derived, [np.nan, 0.01 * 1095, 0.01 * 1095, -0.02 * 1095])


def test_settlements_within_one_long_bar_add_up():
    found = funding_on_bars(values((0, 0.0001), (8, 0.0002), (16, 0.0003)), bars(0, 24, length=24))
    np.testing.assert_allclose(found.values, [0.06, np.nan])
    np.testing.assert_allclose(found.latest, [0.03, 0.03])


def test_a_settlement_in_a_gap_of_the_candles_belongs_to_no_bar():
    found = funding_on_bars(values((8, 0.0001)), bars(6, 10))
    assert np.isnan(found.values).all()
    np.testing.assert_allclose(found.latest, [np.nan, 0.01])


def test_the_last_value_up_to_the_end_of_a_bar_counts_and_a_gap_stays_one():
    held = last_known(values((1, 5.0), (2, 6.0), (3, 7.0), (9, 8.0)), bars(0, 1, 2, 3, 4, 8))
    np.testing.assert_array_equal(held, [5.0, 6.0, 7.0, np.nan, np.nan, 8.0])


def test_hourly_values_hold_through_shorter_bars():
    held = last_known(values((1, 5.0), (2, 6.0)), bars(0.5, 1.0, 1.5, 2.0, 2.5, length=0.5))
    np.testing.assert_array_equal(held, [5.0, 5.0, 6.0, 6.0, np.nan])


def test_the_difference_is_taken_only_where_both_prices_are_of_the_same_moment():
    times = bars(0.5, 1.0, 1.5, 2.0, length=0.5, closes=(100.0, 110.0, 200.0, 210.0))
    found = difference_to_last(values((1, 101.0), (2, 199.0)), times)
    np.testing.assert_allclose(found, [1.0, 1.0, -0.5, -0.5])
    assert np.isnan(difference_to_last(values((0.7, 101.0)), times)).all()


def test_nothing_stored_is_nothing_shown():
    nothing = MarketValues(np.empty(0, np.int64), np.empty(0))
    assert np.isnan(last_known(nothing, bars(0, 1))).all()
    assert np.isnan(funding_on_bars(nothing, bars(0, 1)).latest).all()
    assert len(funding_on_bars(nothing, bars()).values) == 0
    assert len(difference_to_last(values((1, 2.0)), bars())) == 0


def test_what_is_stored_can_be_shown():
    store = MemoryCandleStore()
    assert available_kinds(store, "A", "test") == ()
    store.write_funding("A", "test", FundingRates(np.array([8 * HOUR_MS]), np.array([0.0001]), np.array([np.nan])))
    store.write_values("A", "test", "open_interest", np.array([HOUR_MS]), np.array([7.0]))
    assert available_kinds(store, "A", "test") == ("funding", "open_interest")
    assert bar_values(store, "A", "test", "open_interest", bars(0)).values.tolist() == [7.0]
    assert bar_values(store, "A", "test", "funding", bars(8)).values.tolist() == [0.01]
