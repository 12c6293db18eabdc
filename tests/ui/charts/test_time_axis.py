"""The time axis in UTC and by the machine's clock, across changes between winter and summer time."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from builders import START_MS
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui import numbers
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.time_ticks import crosshair_time, time_ticks, zone_label

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of this system cannot be set by a test")


@pytest.fixture
def live_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts the machine into a zone and lets charts tell its time."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        numbers.set_local_time(True)

    yield move
    numbers.set_local_time(False)
    monkeypatch.undo()
    time.tzset()


def bars_from(text: str, count: int, timeframe: Timeframe = Timeframe.H1) -> TimeBase:
    start = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000
    return TimeBase(start + np.arange(count) * timeframe.milliseconds, timeframe)


def marks(base: TimeBase, least_slots: float, right: float | None = None) -> list[tuple[int, str]]:
    end = base.last_slot if right is None else right
    return [(tick.slot, tick.text) for tick in time_ticks(base, 0, end, least_slots)]


def test_days_begin_at_local_midnight_and_the_day_of_summer_time_has_23_hours(live_in) -> None:
    live_in("Europe/Berlin")
    base = bars_from("2025-03-29", 96)
    assert marks(base, 20) == [(23, "30"), (46, "31"), (70, "Apr"), (94, "2")]


def test_the_day_on_which_summer_time_ends_has_25_hours(live_in) -> None:
    live_in("Europe/Berlin")
    assert marks(bars_from("2025-10-25", 80), 20) == [(22, "26"), (47, "27"), (71, "28")]


def test_the_hour_lived_twice_is_marked_twice(live_in) -> None:
    live_in("Europe/Berlin")
    base = bars_from("2025-10-26", 10, Timeframe.M15)
    assert marks(base, 2) == [(0, "02:00"), (2, "02:30"), (4, "02:00"), (6, "02:30"), (8, "03:00")]


def test_a_day_whose_midnight_the_clock_leaves_out_begins_an_hour_later(live_in) -> None:
    live_in("America/Santiago")
    base = bars_from("2025-09-06", 60)
    assert marks(base, 20) == [(4, "6"), (28, "7"), (51, "8")]
    assert crosshair_time(base, 28) == "Sun 2025-09-07 01:00"


def test_bars_that_open_at_the_half_hour_are_told_by_their_own_time(live_in) -> None:
    live_in("Asia/Kolkata")
    base = bars_from("2025-01-01", 48)
    assert marks(base, 5) == [
        (1, "06:30"), (7, "12:30"), (13, "18:30"), (19, "2"), (25, "06:30"), (31, "12:30"), (37, "18:30"), (43, "3"),
    ]  # fmt: skip
    assert crosshair_time(base, 19) == "Thu 2025-01-02 00:30"


def test_days_and_longer_bars_are_told_in_utc_everywhere(live_in) -> None:
    live_in("America/New_York")
    base = bars_from("2025-01-01", 40, Timeframe.D1)
    assert marks(base, 10) == [(0, "2025"), (14, "15"), (31, "Feb")]
    assert crosshair_time(base, 31) == "Sat 2025-02-01"
    assert zone_label(base, 31) == "UTC"


@pytest.mark.parametrize(
    ("zone", "slot", "label"),
    [("Europe/Berlin", 0, "UTC+1"), ("Europe/Berlin", 24 * 150, "UTC+2"), ("Asia/Kolkata", 0, "UTC+5:30"),
     ("America/New_York", 0, "UTC\u22125"), ("UTC", 0, "UTC+0")],
)  # fmt: skip
def test_the_corner_names_the_zone_at_that_time(live_in, zone: str, slot: int, label: str) -> None:
    live_in(zone)
    assert zone_label(bars_from("2025-01-01", 24 * 200), slot) == label


def test_utc_is_told_as_utc() -> None:
    base = bars_from("2025-01-01", 48)
    assert zone_label(base, 0) == "UTC"
    assert crosshair_time(base, 5) == "Wed 2025-01-01 05:00"


@pytest.mark.parametrize("zone", ["", "Europe/Berlin"])
@pytest.mark.parametrize(
    ("timeframe", "span"),
    [(Timeframe.M1, 5), (Timeframe.M1, 90), (Timeframe.M1, 1500), (Timeframe.M1, 60_000), (Timeframe.M1, 900_000),
     (Timeframe.M15, 70), (Timeframe.H4, 30), (Timeframe.H4, 4000), (Timeframe.D1, 20), (Timeframe.D1, 300),
     (Timeframe.D1, 9000), (Timeframe.W1, 60), (Timeframe.W1, 2000)],
)  # fmt: skip
def test_marks_keep_their_distance_at_every_zoom(live_in, zone: str, timeframe: Timeframe, span: int) -> None:
    if zone:
        live_in(zone)
    base = TimeBase(START_MS + np.arange(1000) * timeframe.milliseconds, timeframe)
    slots = [tick.slot for tick in time_ticks(base, 0, span, span / 12)]
    assert 2 <= len(slots) <= 16
    # Months differ in length, and the first of a month may follow the last marked day sooner, but never by half.
    assert all(after - before >= span / 24 - 1 for before, after in pairwise(slots))
