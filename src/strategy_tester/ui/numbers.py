"""Numbers, money and times as text: the only place that formats them.

Thin spaces between thousands, a real minus sign, an explicit plus on changes, the point as decimal sign in both
languages, a dash for what cannot be computed. Times are UTC unless the user chose local time; the zone is written.
"""

import math
from datetime import UTC, datetime
from functools import lru_cache

from strategy_tester.ui.i18n import THIN_SPACE, tr

MINUS = "\u2212"
DASH = "\u2014"
INFINITY = "\u221e"
_zone_is_local = False


def set_local_time(wanted: bool) -> None:  # noqa: FBT001  a plain switch
    """Write times in the machine's zone (True) or in UTC (False)."""
    global _zone_is_local  # noqa: PLW0603  one choice per application
    _zone_is_local = wanted


def is_local_time() -> bool:
    """Whether times are written in the machine's zone."""
    return _zone_is_local


@lru_cache(maxsize=4096)
def format_number(value: float | None, decimals: int = 2, *, sign: bool = False) -> str:
    """A number with a fixed count of decimals: `−1 204.33`. `sign` writes the plus of a change."""
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return _signed(INFINITY, value, sign=sign)
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN_SPACE)
    is_zero = not any(digit in "123456789" for digit in text)
    return text if is_zero else _signed(text, value, sign=sign)


def format_count(value: float | None) -> str:
    """A whole number: `1 204`."""
    return format_number(value, 0)


def format_money(value: float | None, unit: str = "", *, sign: bool = False) -> str:
    """Money with decimals by its size: none from a million, two from one, four significant figures below."""
    text = format_number(value, _money_decimals(value), sign=sign)
    return _with_unit(text, unit)


def format_percent(value: float | None, *, sign: bool = False, decimals: int = 2) -> str:
    """Percent, given in percent: `+12.04 %`."""
    return _with_unit(format_number(value, decimals, sign=sign), "%")


def format_rate(value: float | None, *, sign: bool = False) -> str:
    """A fraction of 1 as percent, with as many decimals as it has, two at least: 0.00055 is `0.055 %`."""
    if value is None or not math.isfinite(value):
        return DASH
    decimals = max(2, len(f"{value * 100:.6f}".rstrip("0").partition(".")[2]))
    return format_percent(value * 100, sign=sign, decimals=decimals)


def format_price(value: float | None, decimals: int | None = None, *, sign: bool = False) -> str:
    """A price with the decimals of its tick (`decimals_of_step`), or by its size when the tick is not known."""
    return format_number(value, price_decimals(value) if decimals is None else decimals, sign=sign)


def format_quantity(value: float | None, step: float | None = None, unit: str = "") -> str:
    """A quantity with the decimals of its step; without a step up to eight, trailing zeros dropped."""
    if value is None or not math.isfinite(value):
        return DASH
    decimals = decimals_of_step(step) if step else len(f"{value:.8f}".rstrip("0").partition(".")[2])
    return _with_unit(format_number(value, decimals), unit)


def format_ratio(value: float | None) -> str:
    """A ratio such as Sharpe or profit factor: two decimals."""
    return format_number(value, 2)


@lru_cache(maxsize=1024)
def format_compact(value: float | None, *, sign: bool = False) -> str:
    """A size for a narrow place: `1.20 M`, `35.4 K`."""
    if value is None or not math.isfinite(value):
        return DASH
    for limit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= limit:
            return format_number(value / limit, 2 if abs(value) < 10 * limit else 1, sign=sign) + THIN_SPACE + letter
    return format_number(value, 0 if float(value).is_integer() else 2, sign=sign)


def format_bytes(value: float | None) -> str:
    """A size of a file: `1.4 MB` (1 MB is a million bytes)."""
    if value is None or not math.isfinite(value):
        return DASH
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(value) >= limit:
            return _with_unit(format_number(value / limit, 1), unit)
    return _with_unit(format_count(value), "B")


def format_duration(milliseconds: float | None) -> str:
    """A length of time in its two largest units: `0.6 ms`, `1.4 s`, `2 min 05 s`, `3 h 20 min`, `4 d 6 h`."""
    if milliseconds is None or not math.isfinite(milliseconds):
        return DASH
    if milliseconds < 0:
        return MINUS + format_duration(-milliseconds)
    if milliseconds < 1000:
        digits = f"{milliseconds:.1f}" if milliseconds < 10 else f"{milliseconds:.0f}"
        return tr("{number} ms", number=digits)
    if milliseconds < 60_000:
        return tr("{number} s", number=f"{milliseconds / 1000:.1f}")
    seconds = round(milliseconds / 1000)
    if seconds < 3600:
        return tr("{minutes} min {seconds} s", minutes=seconds // 60, seconds=f"{seconds % 60:02d}")
    if seconds < 86_400:
        return tr("{hours} h {minutes} min", hours=seconds // 3600, minutes=f"{seconds % 3600 // 60:02d}")
    return tr("{days} d {hours} h", days=format_count(seconds // 86_400), hours=seconds % 86_400 // 3600)


def format_time(time_ms: float | None, *, zone: bool = True, seconds: bool = False) -> str:
    """A moment, UTC milliseconds: `2026-11-20 14:05 UTC`."""
    pattern = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    return _moment(time_ms, pattern, zone=zone)


def format_clock(time_ms: float | None, *, zone: bool = True) -> str:
    """The time of day of a moment: `14:05:22 UTC`."""
    return _moment(time_ms, "%H:%M:%S", zone=zone)


def format_date(time_ms: float | None, *, zone: bool = False) -> str:
    """The day of a moment: `2026-11-20`."""
    return _moment(time_ms, "%Y-%m-%d", zone=zone)


def zone_name() -> str:
    """The zone in which times are written: `UTC`, or such as `UTC+03:00`."""
    if not _zone_is_local:
        return "UTC"
    offset = datetime.now(UTC).astimezone().strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}".replace("-", MINUS)


def decimals_of_step(step: float | None, fallback: int = 2) -> int:
    """How many decimals a tick or quantity step needs: 0.5 -> 1, 0.001 -> 3, 10 -> 0."""
    if step is None or not math.isfinite(step) or step <= 0:
        return fallback
    return len(f"{step:.12f}".rstrip("0").partition(".")[2])


def price_decimals(value: float | None) -> int:
    """Decimals that show a price of unknown tick to about six figures."""
    if value is None or not math.isfinite(value) or value == 0:
        return 2
    return min(max(5 - math.floor(math.log10(abs(value))), 2 if abs(value) >= 1 else 4), 10)


def _money_decimals(value: float | None) -> int:
    if value is None or not math.isfinite(value) or value == 0:
        return 2
    size = abs(value)
    if size >= 1e6:
        return 0
    if size >= 1:
        return 2
    return min(max(3 - math.floor(math.log10(size)), 2), 10)


def _signed(text: str, value: float, *, sign: bool) -> str:
    if value < 0:
        return MINUS + text
    return "+" + text if sign else text


def _with_unit(text: str, unit: str) -> str:
    return f"{text}{THIN_SPACE}{unit}" if unit and text != DASH else text


def _moment(time_ms: float | None, pattern: str, *, zone: bool) -> str:
    if time_ms is None or not math.isfinite(time_ms):
        return DASH
    try:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return DASH
    if not _zone_is_local:
        return moment.strftime(pattern) + (" UTC" if zone else "")
    local = moment.astimezone()
    offset = local.strftime("%z")
    return local.strftime(pattern) + (f" UTC{offset[:3]}:{offset[3:5]}".replace("-", MINUS) if zone else "")
