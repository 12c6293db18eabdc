"""Where the time axis has its marks: round minutes, hours, days, months, years, by the clock the chart tells."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta

from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, MINUTE_MS
from strategy_tester.ui.charts import wall_clock
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.i18n import mark, tr

INTRADAY_MS = tuple(
    [minutes * MINUTE_MS for minutes in (1, 2, 5, 10, 15, 30)] + [hours * HOUR_MS for hours in (1, 2, 3, 6, 12)]
)
DAYS_OF_MONTH = (
    tuple(range(1, 32)),
    (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29),
    (1, 5, 9, 13, 17, 21, 25),
    (1, 8, 15, 22),
    (1, 15),
)
DAYS_BETWEEN = (1, 2, 4, 7, 14)
MONTHS_BETWEEN = (1, 2, 3, 6)
YEARS_BETWEEN = (1, 2, 5, 10, 20, 50)
MONTHS = tuple(
    mark(name) for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)
WEEKDAYS = tuple(mark(name) for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))


@dataclass(frozen=True)
class TimeTick:
    """One mark of the time axis. `is_major` begins a day, a month or a year and is written stronger."""

    slot: int
    text: str
    is_major: bool


def time_ticks(base: TimeBase, left: float, right: float, least_slots: float) -> list[TimeTick]:
    """Marks between two slots, about `least_slots` or more apart."""
    if right <= left or not base.size:
        return []
    if not base.is_regular:
        return _irregular_ticks(base, left, right, least_slots)
    local = wall_clock.is_local(base)
    start, end = (wall_clock.clipped(base.time_of(slot), local=local) for slot in (left, right))
    least_ms = least_slots * base.step_ms
    marks = [
        (moment, wall)
        for wall in _walls(start, end, least_ms, local=local)
        for moment in _moments_of_mark(wall, local=local)
        if start <= moment <= end
    ]
    ticks: list[TimeTick] = []
    for moment, wall in sorted(marks):
        slot = _slot_from(base, moment)
        if not ticks or slot > ticks[-1].slot:
            ticks.append(TimeTick(slot, _label(wall, base, slot, local=local), _is_major(wall, least_ms)))
    return ticks


def _moments_of_mark(wall: datetime, *, local: bool) -> list[int]:
    """Every moment of a mark; a day that begins later than midnight, because the clock left the hour out, then."""
    is_day = not (wall.hour or wall.minute)
    return [wall_clock.first_moment_of(wall, local=local)] if is_day else wall_clock.moments_of(wall, local=local)


def _slot_from(base: TimeBase, moment: int) -> int:
    """The first slot that opens at a moment or after it."""
    slot = base.slot_of(moment)
    return slot if base.time_of(slot) >= moment else slot + 1


def _walls(start_ms: int, end_ms: int, least_ms: float, *, local: bool) -> list[datetime]:
    """Wall times of the marks between two moments, and perhaps some beyond."""
    start, end = wall_clock.wall_time(start_ms, local=local), wall_clock.wall_time(end_ms, local=local)
    if local:
        # In the hour that is lived twice the clock may show less at the end than at the start.
        start, end = start - timedelta(hours=2), end + timedelta(hours=2)
    return _marks(start, end, least_ms)


def _marks(start: datetime, end: datetime, least_ms: float) -> list[datetime]:
    if least_ms <= INTRADAY_MS[-1]:
        step = timedelta(milliseconds=INTRADAY_MS[bisect_left(INTRADAY_MS, least_ms)])
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        wall = midnight + -(-(start - midnight) // step) * step
        return [wall + number * step for number in range((end - wall) // step + 1)]
    for days, between in zip(DAYS_OF_MONTH, DAYS_BETWEEN, strict=True):
        if least_ms <= between * DAY_MS:
            return _days(start, end, days)
    for months in MONTHS_BETWEEN:
        if least_ms <= months * 30 * DAY_MS:
            return _months(start, end, months)
    for years in YEARS_BETWEEN:
        if least_ms <= years * 365 * DAY_MS:
            return _months(start, end, 12 * years)
    return _months(start, end, 1200)


def _days(start: datetime, end: datetime, days: tuple[int, ...]) -> list[datetime]:
    found = []
    month = start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month <= end:
        following = _next_month(month, 1)
        length = (following - month).days
        found += [month + timedelta(days=day - 1) for day in days if day <= length]
        if following.year == month.year and following.month == month.month:
            break
        month = following
    return [moment for moment in found if start <= moment <= end]


def _months(start: datetime, end: datetime, between: int) -> list[datetime]:
    number = (start.year * 12 + start.month - 1) // between * between
    moment = _month_of(number)
    found = []
    while moment <= end:
        if moment >= start:
            found.append(moment)
        number += between
        if number >= 9999 * 12:
            break
        moment = _month_of(number)
    return found


def _month_of(number: int) -> datetime:
    return datetime(max(number // 12, 1), number % 12 + 1, 1)  # noqa: DTZ001  a wall time


def _next_month(month: datetime, count: int) -> datetime:
    return _month_of(min(month.year * 12 + month.month - 1 + count, 9999 * 12 + 11))


def _label(wall: datetime, base: TimeBase, slot: int, *, local: bool) -> str:
    if wall.hour or wall.minute:
        # A bar may open later than the mark: in half-hour zones, and where bars are long. Its own time is the true one.
        opened = _wall_of(base, slot, local=local)
        return f"{opened.hour:02d}:{opened.minute:02d}"
    if wall.day > 1:
        return str(wall.day)
    return str(wall.year) if wall.month == 1 else tr(MONTHS[wall.month - 1])


def _is_major(moment: datetime, least_ms: float) -> bool:
    """Whether a mark begins the next larger unit: a day among hours, a month among days, a year among months."""
    if least_ms <= INTRADAY_MS[-1]:
        return moment.hour == 0 and moment.minute == 0
    if least_ms <= DAYS_BETWEEN[-1] * DAY_MS:
        return moment.day == 1
    return moment.month == 1 and least_ms <= MONTHS_BETWEEN[-1] * 30 * DAY_MS


def _irregular_ticks(base: TimeBase, left: float, right: float, least_slots: float) -> list[TimeTick]:
    """Marks for bars on no grid: every so many bars, with its date."""
    step = 1
    while step < least_slots * 1.4:
        step *= 2
    first = max(0, -(-int(left) // step) * step)
    local = wall_clock.is_local(base)
    return [
        TimeTick(slot, f"{_wall_of(base, slot, local=local):%Y-%m-%d %H:%M}", is_major=False)
        for slot in range(first, min(int(right), base.last_slot) + 1, step)
    ]


def _wall_of(base: TimeBase, slot: int, *, local: bool) -> datetime:
    return wall_clock.wall_time(wall_clock.clipped(base.time_of(slot), local=local), local=local)


def crosshair_time(base: TimeBase, slot: int) -> str:
    """A slot's time in full, for the tag under the crosshair: `Mon 2026-11-20 14:05`."""
    wall = _wall_of(base, slot, local=wall_clock.is_local(base))
    day = f"{tr(WEEKDAYS[wall.weekday()])} {wall:%Y-%m-%d}"
    return day if base.step_ms >= DAY_MS else f"{day} {wall:%H:%M}"


def zone_label(base: TimeBase, slot: float) -> str:
    """The zone in which the axis tells times, at a slot: summer time may begin or end in between."""
    return wall_clock.offset_text(base.time_of(slot), local=wall_clock.is_local(base))
