"""Marks of the axes, and slots for times."""

from datetime import UTC, datetime

import numpy as np
import pytest

from builders import HOUR_MS, START_MS
from strategy_tester.domain.timeframes import DAY_MS, MINUTE_MS, Timeframe
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.time_ticks import crosshair_time, time_ticks
from strategy_tester.ui.charts.value_ticks import log_ticks, nice_step, value_ticks


def base(bars: int = 1000, timeframe: Timeframe = Timeframe.H1, start_ms: int = START_MS) -> TimeBase:
    return TimeBase(start_ms + np.arange(bars) * timeframe.milliseconds, timeframe)


@pytest.mark.parametrize(
    ("least", "tick", "step"),
    [(0.9, 0, 1.0), (1.1, 0, 2.0), (2.1, 0, 2.5), (3.0, 0, 5.0), (0.03, 0.01, 0.05), (0.011, 0.01, 0.02),
     (0.1, 0.5, 0.5), (2.1, 1.0, 5.0)],
)  # fmt: skip
def test_steps_are_round_and_whole_ticks(least: float, tick: float, step: float) -> None:
    assert nice_step(least, tick) == pytest.approx(step)


def test_marks_lie_on_round_values() -> None:
    assert value_ticks(64_013.2, 64_887.0, 180.0) == [64_200.0, 64_400.0, 64_600.0, 64_800.0]


def test_marks_of_a_tiny_price_are_exact() -> None:
    assert value_ticks(0.0000123, 0.0000151, 0.0000009) == [0.000013, 0.000014, 0.000015]


@pytest.mark.parametrize(("low", "high"), [(float("nan"), 1.0), (2.0, 1.0), (1.0, 1.0), (0.0, float("inf"))])
def test_a_range_that_is_none_has_no_marks(low: float, high: float) -> None:
    assert value_ticks(low, high, 0.1) == []


def test_logarithmic_marks_keep_their_distance() -> None:
    assert log_ticks(1.0, 120.0, 2.0) == [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]


def test_hours_are_marked_with_the_day_standing_out() -> None:
    ticks = time_ticks(base(), 0, 48, least_slots=10)
    assert [(tick.slot, tick.text, tick.is_major) for tick in ticks] == [
        (0, "2025", True), (12, "12:00", False), (24, "2", True), (36, "12:00", False), (48, "3", True),
    ]  # fmt: skip


def test_days_are_marked_with_the_month_standing_out() -> None:
    ticks = time_ticks(base(), 0, 24 * 60, least_slots=24 * 6)
    assert [(tick.text, tick.is_major) for tick in ticks] == [
        ("2025", True), ("8", False), ("15", False), ("22", False),
        ("Feb", True), ("8", False), ("15", False), ("22", False), ("Mar", True),
    ]  # fmt: skip


def test_years_are_marked_over_decades() -> None:
    daily = base(4000, Timeframe.D1, int(datetime(2015, 1, 1, tzinfo=UTC).timestamp()) * 1000)
    assert [tick.text for tick in time_ticks(daily, 0, 3652, least_slots=600)] == [
        "2016",
        "2018",
        "2020",
        "2022",
        "2024",
    ]


def test_months_take_one_slot_each_whatever_their_length() -> None:
    opens = [int(datetime(2024, month, 1, tzinfo=UTC).timestamp()) * 1000 for month in (1, 2, 3, 5)]
    monthly = TimeBase(np.array(opens), Timeframe.MO1)
    assert list(monthly.slots) == [0, 1, 2, 4]
    assert monthly.time_of(3) == int(datetime(2024, 4, 1, tzinfo=UTC).timestamp()) * 1000
    assert monthly.slot_of(opens[3] + 5 * DAY_MS) == 4


def test_missing_bars_leave_their_slots_empty() -> None:
    gappy = TimeBase(START_MS + np.array([0, 1, 2, 7, 8]) * HOUR_MS, Timeframe.H1)
    assert list(gappy.slots) == [0, 1, 2, 7, 8]
    assert gappy.bar_at(5) is None
    assert gappy.bar_at(7.9) == 3


def test_times_on_no_grid_stand_side_by_side() -> None:
    odd = TimeBase(START_MS + np.array([0, 10, 500, 501]), Timeframe.M1)
    assert not odd.is_regular
    assert list(odd.slots) == [0, 1, 2, 3]
    assert time_ticks(odd, 0, 4, least_slots=1)[0].text == "2025-01-01 00:00"


def test_a_bar_is_added_in_the_slot_of_its_time() -> None:
    times = base(3)
    times.append(START_MS + 5 * HOUR_MS)
    assert list(times.slots) == [0, 1, 2, 5]


def test_a_bar_that_is_not_later_is_refused() -> None:
    with pytest.raises(ValueError, match="does not come after"):
        base(3).append(START_MS + 2 * HOUR_MS)


def test_the_crosshair_says_weekday_date_and_time() -> None:
    assert crosshair_time(base(), 5) == "Wed 2025-01-01 05:00"


def test_the_crosshair_of_daily_bars_says_the_day_alone() -> None:
    assert crosshair_time(base(10, Timeframe.D1), 1) == "Thu 2025-01-02"


def test_marks_far_outside_the_data_do_not_fail() -> None:
    minutes = base(10, Timeframe.M1)
    assert time_ticks(minutes, -1e9, -1e9 + 100, least_slots=20) is not None
    assert minutes.time_of(-3) == START_MS - 3 * MINUTE_MS


def test_room_lets_bars_be_added_without_moving_the_arrays() -> None:
    times = TimeBase(START_MS + np.arange(100) * HOUR_MS, Timeframe.H1, room=10)
    before = times.slots.ctypes.data
    for bar in range(100, 110):
        times.append(START_MS + bar * HOUR_MS)
    assert times.slots.ctypes.data == before
    assert list(times.slots) == list(range(110))
