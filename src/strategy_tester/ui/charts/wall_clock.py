"""Clock and calendar of a chart's time axis: UTC, or the machine's zone with its summer times.

A wall time is a datetime without a zone: what a clock on the wall shows. Candles of a day or more are days of UTC
wherever one looks at them from, so their charts always tell UTC.
"""

from datetime import UTC, datetime, timedelta

from strategy_tester.domain.timeframes import DAY_MS
from strategy_tester.ui import numbers
from strategy_tester.ui.charts.time_base import TimeBase

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall time
LAST_MS = 253_402_300_799_000
"""End of the year 9999: no datetime lies beyond."""
LAST_LOCAL_MS = 32_472_144_000_000
"""End of 2998: beyond, some systems know no zones."""


def is_local(base: TimeBase) -> bool:
    """Whether a chart of these bars tells local time."""
    return numbers.is_local_time() and base.step_ms < DAY_MS


def clipped(time_ms: float, *, local: bool) -> int:
    """A moment that a calendar can tell, the nearest one to `time_ms`."""
    first, last = (2 * DAY_MS, LAST_LOCAL_MS) if local else (0, LAST_MS)
    return int(min(max(time_ms, first), last))


def wall_time(time_ms: int, *, local: bool) -> datetime:
    """What the clock shows at a moment, UTC milliseconds."""
    if not local:
        return EPOCH + timedelta(milliseconds=time_ms)
    return _aware(time_ms).astimezone().replace(tzinfo=None)


def moments_of(wall: datetime, *, local: bool) -> list[int]:
    """The moments at which the clock shows a wall time: two in the hour that is lived twice, none in one left out."""
    if not local:
        return [_milliseconds(wall)]
    found = {_utc_ms(wall.replace(fold=fold)) for fold in (0, 1)}
    return sorted(moment for moment in found if wall_time(moment, local=True) == wall)


def first_moment_of(wall: datetime, *, local: bool) -> int:
    """The moment of a wall time; where the clock leaves it out, the first one after."""
    found = moments_of(wall, local=local)
    return found[0] if found else max(_utc_ms(wall.replace(fold=fold)) for fold in (0, 1))


def offset_text(time_ms: float, *, local: bool) -> str:
    """The zone at a moment: `UTC`, `UTC+3`, `UTC−3:30`."""
    if not local:
        return "UTC"
    offset = _aware(clipped(time_ms, local=True)).astimezone().utcoffset() or timedelta(0)
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC+0"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else numbers.MINUS}{hours}" + (f":{rest:02d}" if rest else "")


def _aware(time_ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)


def _utc_ms(wall: datetime) -> int:
    return _milliseconds(wall.astimezone(UTC).replace(tzinfo=None))


def _milliseconds(wall: datetime) -> int:
    return round((wall - EPOCH) / timedelta(milliseconds=1))
