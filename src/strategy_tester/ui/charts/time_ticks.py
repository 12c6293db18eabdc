"""Where the time axis has its marks: round minutes, hours, days, months, years, in UTC."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, MINUTE_MS
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
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_MS = 253_402_300_799_000  # end of the year 9999: no datetime lies beyond


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
    start, end = _clipped(base.time_of(left)), _clipped(base.time_of(right))
    least_ms = least_slots * base.step_ms
    ticks = []
    for moment in _moments(start, end, least_ms):
        slot = base.slot_of(_milliseconds(moment))
        if not ticks or slot > ticks[-1].slot:
            ticks.append(TimeTick(slot, _label(moment), _is_major(moment, least_ms)))
    return ticks


def _clipped(time_ms: int) -> int:
    return min(max(time_ms, 0), MOST_MS)


def _moments(start_ms: int, end_ms: int, least_ms: float) -> list[datetime]:
    if least_ms <= INTRADAY_MS[-1]:
        step = INTRADAY_MS[bisect_left(INTRADAY_MS, least_ms)]
        return [_moment(time_ms) for time_ms in range(-(-start_ms // step) * step, end_ms + 1, step)]
    for days, between in zip(DAYS_OF_MONTH, DAYS_BETWEEN, strict=True):
        if least_ms <= between * DAY_MS:
            return _days(_moment(start_ms), _moment(end_ms), days)
    for months in MONTHS_BETWEEN:
        if least_ms <= months * 30 * DAY_MS:
            return _months(_moment(start_ms), _moment(end_ms), months)
    for years in YEARS_BETWEEN:
        if least_ms <= years * 365 * DAY_MS:
            return _months(_moment(start_ms), _moment(end_ms), 12 * years)
    return _months(_moment(start_ms), _moment(end_ms), 1200)


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
    return datetime(max(number // 12, 1), number % 12 + 1, 1, tzinfo=UTC)


def _next_month(month: datetime, count: int) -> datetime:
    return _month_of(min(month.year * 12 + month.month - 1 + count, 9999 * 12 + 11))


def _moment(time_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=time_ms)


def _milliseconds(moment: datetime) -> int:
    return round((moment - EPOCH).total_seconds() * 1000)


def _label(moment: datetime) -> str:
    if moment.hour or moment.minute:
        return f"{moment.hour:02d}:{moment.minute:02d}"
    if moment.day > 1:
        return str(moment.day)
    return str(moment.year) if moment.month == 1 else tr(MONTHS[moment.month - 1])


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
    return [
        TimeTick(slot, _moment(_clipped(base.time_of(slot))).strftime("%Y-%m-%d %H:%M"), is_major=False)
        for slot in range(first, min(int(right), base.last_slot) + 1, step)
    ]


def crosshair_time(base: TimeBase, slot: int) -> str:
    """A slot's time in full, for the tag under the crosshair: `Mon 2026-11-20 14:05`."""
    moment = _moment(_clipped(base.time_of(slot)))
    day = f"{tr(WEEKDAYS[moment.weekday()])} {moment:%Y-%m-%d}"
    return day if base.step_ms >= DAY_MS else f"{day} {moment:%H:%M}"
