"""Times as files write them, read as UTC milliseconds."""

import re

import numpy as np
import polars as pl

from strategy_tester.domain.candles import Times

NO_TIME = int(np.iinfo(np.int64).min)
"""Stands for a cell that is no time."""

_CLOCK = r"\d{1,2}:\d\d(:\d\d([.,]\d+)?)?"
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$")
_ISO = re.compile(rf"\d{{4}}-\d\d-\d\d([T ]{_CLOCK})?( ?(Z|UTC|[+-]\d\d:?\d\d))?")
_YEAR_FIRST = re.compile(rf"\d{{4}}[./]\d\d[./]\d\d([T ]{_CLOCK})?")
_COMPACT = re.compile(rf"\d{{8}}[T ]{_CLOCK}")
_DOTTED = re.compile(rf"\d{{1,2}}\.\d{{1,2}}\.\d{{4}}( {_CLOCK})?")
_SLASHED = re.compile(rf"\d{{1,2}}/\d{{1,2}}/\d{{4}}( {_CLOCK}( ?[AaPp][Mm])?)?")
_HOUR_AM_PM = re.compile(r"\d{4}-\d\d-\d\d \d\d-[AP]M")
_EPOCH = re.compile(r"-?\d+(\.\d+)?")


class UnknownTimes(ValueError):
    """No form of time known here fits the column; the text says what stands in it."""


def looks_like_times(cells: list[str]) -> bool:
    """Whether these cells are dates or numbers that can be moments since 1970."""
    texts = [cell for cell in cells if cell]
    if not texts:
        return False
    if all(_EPOCH.fullmatch(text) for text in texts):
        return all(_is_epoch(float(text)) for text in texts)
    return any(all(form.fullmatch(text) for text in texts) for form in _TEXT_FORMS)


def parse_times(column: pl.Series) -> tuple[Times, str]:
    """A column of any type as UTC milliseconds, shape (rows,), NO_TIME where a cell is none; and its form in words.

    Raises:
        UnknownTimes: no known form fits.
    """
    kind = column.dtype
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        zone = getattr(kind, "time_zone", None)
        words = f"dates with time zone {zone}" if zone else "dates without a time zone, taken as UTC"
        return _milliseconds(column.cast(pl.Datetime("ms", zone) if zone else pl.Datetime("ms"))), words
    if kind.is_numeric():
        return _epochs(column)
    if kind == pl.String:
        return _texts(column.str.strip_chars())
    raise UnknownTimes(f"values of type {kind}")


def _epochs(column: pl.Series) -> tuple[Times, str]:
    whole = column.dtype.is_integer()
    values = column.cast(pl.Int64 if whole else pl.Float64).to_numpy()
    known = ~column.is_null().to_numpy() & np.isfinite(values.astype(np.float64))
    values = np.where(known, values, 0)
    size = np.abs(values.astype(np.float64))
    if known.any() and np.all((size[known] >= 19_000_101) & (size[known] <= 21_001_231)):
        return _texts(pl.Series(values.astype(np.int64)).cast(pl.String))
    result = np.full(values.size, NO_TIME, dtype=np.int64)
    units: list[str] = []
    for lower, upper, name, factor in _UNITS:
        rows = known & (size >= lower) & (size < upper)
        if rows.any():
            units.append(name)
            chosen = values[rows]
            result[rows] = np.rint(chosen * factor) if factor > 1 else chosen // round(1 / factor)
    if not units:
        raise UnknownTimes(f"numbers such as {column.drop_nulls().head(1).to_list() or 'none'}")
    return result, f"{' and '.join(units)} since 1970 (UTC)"


# Each unit covers the years 1973 to 5138; the bounds leave no number to two of them.
_UNITS = (
    (1e8, 1e11, "seconds", 1000),
    (1e11, 1e14, "milliseconds", 1),
    (1e14, 1e17, "microseconds", 1e-3),
    (1e17, 9.3e18, "nanoseconds", 1e-6),
)


def _is_epoch(value: float) -> bool:
    return 1e8 <= abs(value) < 9.3e18 or 19_000_101 <= value <= 21_001_231


def _texts(column: pl.Series) -> tuple[Times, str]:
    sample = [cell for cell in column.head(2000).drop_nulls().to_list() if cell][:200]
    if not sample:
        raise UnknownTimes("empty cells")
    for form, parse in _TEXT_FORMS.items():
        fitting = sum(form.fullmatch(cell) is not None for cell in sample)
        if fitting >= max(1, 0.8 * len(sample)):
            return parse(column, next(cell for cell in sample if form.fullmatch(cell)))
    if all(_EPOCH.fullmatch(cell) for cell in sample[: max(1, len(sample) // 2)]):
        whole = all("." not in cell for cell in sample)
        return _epochs(column.cast(pl.Int64 if whole else pl.Float64, strict=False))
    raise UnknownTimes(f"text such as {sample[0][:40]!r}")


def _parse_iso(column: pl.Series, example: str) -> tuple[Times, str]:
    plain = column.str.replace(r" ?(Z|UTC)$", "").str.replace("T", " ", literal=True)
    if _OFFSET.search(example):
        form = f"%Y-%m-%d {_clock(example)}%z"
        times = plain.str.replace(r" ([+-]\d\d:?\d\d)$", "$1").str.to_datetime(form, strict=False, time_unit="ms")
        return _milliseconds(times), "dates with an offset from UTC"
    words = "dates in UTC" if re.search("Z|UTC", example) else "dates without a time zone, taken as UTC"
    return _parsed(plain, "%Y-%m-%d", example), words


def _parse_year_first(column: pl.Series, example: str) -> tuple[Times, str]:
    plain = column.str.replace_all(r"[./]", "-").str.replace("T", " ", literal=True)
    return _parsed(plain, "%Y-%m-%d", example), "dates (year first) without a time zone, taken as UTC"


def _parse_compact(column: pl.Series, example: str) -> tuple[Times, str]:
    plain = column.str.replace("T", " ", literal=True)
    return _parsed(plain, "%Y%m%d", example), "dates (YYYYMMDD) without a time zone, taken as UTC"


def _parse_date_number(column: pl.Series, example: str) -> tuple[Times, str]:
    del example
    return _parsed(column, "%Y%m%d", ""), "days (YYYYMMDD), taken as UTC"


def _parse_dotted(column: pl.Series, example: str) -> tuple[Times, str]:
    return _parsed(column, "%d.%m.%Y", example), "dates (day.month.year) without a time zone, taken as UTC"


def _parse_slashed(column: pl.Series, example: str) -> tuple[Times, str]:
    parts = column.str.extract_groups(r"^(\d{1,2})/(\d{1,2})/").struct.unnest().cast(pl.Int64, strict=False)
    largest_first, largest_second = parts.max().row(0)
    if (largest_first or 0) > 12:
        form, words = "%d/%m/%Y", "day/month/year"
    elif (largest_second or 0) > 12:
        form, words = "%m/%d/%Y", "month/day/year"
    else:
        raise UnknownTimes(f"dates such as {example!r}, in which day and month cannot be told apart")
    return _parsed(column, form, example), f"dates ({words}) without a time zone, taken as UTC"


def _parse_hour_am_pm(column: pl.Series, example: str) -> tuple[Times, str]:
    del example
    plain = column.str.replace(r"-([AP]M)$", ":00 $1")
    times = plain.str.to_datetime("%Y-%m-%d %I:%M %p", strict=False, time_unit="ms")
    return _milliseconds(times), "hours without a time zone, taken as UTC"


def _parsed(column: pl.Series, date_form: str, example: str) -> Times:
    clock = _clock(example)
    if re.search("[AaPp][Mm]", example):
        clock = clock.replace("%H", "%I") + (" %p" if re.search(" [AaPp][Mm]", example) else "%p")
    if not clock:
        return _milliseconds(column.str.to_date(date_form, strict=False).cast(pl.Datetime("ms")))
    plain = column.str.replace(r"(:\d\d),(\d+)", "$1.$2")
    return _milliseconds(plain.str.to_datetime(f"{date_form} {clock}", strict=False, time_unit="ms"))


def _clock(example: str) -> str:
    if ":" not in example:
        return ""
    return "%H:%M:%S%.f" if re.search(r"\d:\d\d:\d\d", example) else "%H:%M"


def _milliseconds(column: pl.Series) -> Times:
    return column.cast(pl.Int64).fill_null(NO_TIME).to_numpy().astype(np.int64)


_TEXT_FORMS = {
    _ISO: _parse_iso,
    _HOUR_AM_PM: _parse_hour_am_pm,
    _YEAR_FIRST: _parse_year_first,
    _COMPACT: _parse_compact,
    re.compile(r"(19|20|21)\d{6}"): _parse_date_number,
    _DOTTED: _parse_dotted,
    _SLASHED: _parse_slashed,
}
