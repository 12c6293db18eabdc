import numpy as np
import pytest

from builders import START_MS, make_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, Timeframe
from strategy_tester.engine.records import AFTER_BAR, AT_BAR_CLOSE, INSIDE_BAR
from strategy_tester.engine.timetable import close_times, funding_table


def hourly(*hours: int) -> Candles:
    prices = np.linspace(100.0, 100.0 + len(hours) - 1, len(hours))
    times = START_MS + np.array(hours) * HOUR_MS
    return Candles(times, prices, prices, prices, prices, timeframe=Timeframe.H1)


def settle(candles: Candles, minutes: list[int], mark: float = np.nan) -> np.ndarray:
    times = START_MS + np.array(minutes) * 60_000
    funding = FundingRates(times, np.full(times.size, 0.01), np.full(times.size, mark))
    return funding_table(funding, candles, lambda bars: close_times(candles, bars))


def test_bars_close_one_length_after_their_open_even_before_a_gap() -> None:
    candles = hourly(0, 1, 5)

    assert ((close_times(candles, np.arange(3)) - START_MS) // HOUR_MS).tolist() == [1, 2, 6]


def test_months_close_when_the_next_begins() -> None:
    candles = make_candles([1.0, 2.0], timeframe=Timeframe.D1)
    january = Candles(candles.open_time_ms[:1], *(np.ones(1),) * 4, timeframe=Timeframe.MO1)

    assert close_times(january, np.array([0])).tolist() == [START_MS + 31 * DAY_MS]


def test_without_a_timeframe_the_last_bar_is_as_long_as_the_one_before() -> None:
    prices = np.ones(3)
    candles = Candles(START_MS + np.array([0, 7, 14]) * 1000, prices, prices, prices, prices)

    assert candles.timeframe is None
    assert (close_times(candles, np.arange(3)) - START_MS).tolist() == [7000, 14000, 21000]


@pytest.mark.parametrize(
    ("minute", "bar", "place"),
    [
        (1, 0, INSIDE_BAR), (59, 0, INSIDE_BAR), (60, 0, AT_BAR_CLOSE), (61, 1, INSIDE_BAR),
        (120, 1, AT_BAR_CLOSE), (121, 1, AFTER_BAR), (300, 1, AFTER_BAR), (301, 2, INSIDE_BAR),
        (360, 2, AT_BAR_CLOSE), (400, 2, AFTER_BAR),
    ],
)  # fmt: skip
def test_a_settlement_belongs_to_the_bar_with_the_last_open_before_it(minute: int, bar: int, place: int) -> None:
    table = settle(hourly(0, 1, 5), [minute])

    assert (table["after_bar"].tolist(), table["place"].tolist()) == ([bar], [place])


def test_settlements_up_to_the_first_open_are_left_out() -> None:
    assert settle(hourly(0, 1), [-60, 0]).size == 0


def test_prices_are_the_mark_or_the_open_of_the_bar_that_books_it() -> None:
    without = settle(hourly(0, 1, 5), [30, 90, 330])
    marked = settle(hourly(0, 1, 5), [30], mark=77.0)

    assert without["price_at_next_open"].tolist() == [101.0, 102.0, 102.0]
    assert without["price_inside"].tolist() == [100.0, 101.0, 102.0]
    assert (marked["price_at_next_open"].tolist(), marked["price_inside"].tolist()) == ([77.0], [77.0])
