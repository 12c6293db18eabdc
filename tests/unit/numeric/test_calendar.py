"""Sessions in kernels agree with the calendar of numpy."""

import numpy as np

from strategy_tester.numeric.calendar import DAY, MONTH, WEEK, session_of

HOUR_MS = 3_600_000


def test_months_agree_with_numpy_over_fifty_years() -> None:
    times = np.arange(0, 50 * 366 * 24, 5) * HOUR_MS
    months = times.astype("datetime64[ms]").astype("datetime64[M]").astype(int)
    ours = np.array([session_of(time, MONTH) for time in times])
    np.testing.assert_array_equal(ours - ours[0], months - months[0])


def test_weeks_begin_on_monday_at_midnight() -> None:
    monday = int(np.datetime64("2025-01-06T00:00", "ms").astype(int))
    assert session_of(monday, WEEK) == session_of(monday - 1, WEEK) + 1
    assert session_of(monday + 7 * 24 * HOUR_MS - 1, WEEK) == session_of(monday, WEEK)


def test_days_begin_at_midnight() -> None:
    midnight = int(np.datetime64("2025-01-06T00:00", "ms").astype(int))
    assert session_of(midnight, DAY) == session_of(midnight - 1, DAY) + 1
