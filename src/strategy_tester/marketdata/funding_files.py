"""Funding rates from CSV and Parquet files."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import CorruptCandles, MissingCandles, UnreadableFile
from strategy_tester.domain.timeframes import HOUR_MS
from strategy_tester.marketdata.columns import numbers
from strategy_tester.marketdata.file_names import guess_from_name
from strategy_tester.marketdata.files import UNKNOWN_SOURCE, Guess
from strategy_tester.marketdata.quality import NO_TIME
from strategy_tester.marketdata.tables import Head, file_errors, load_columns, read_head
from strategy_tester.marketdata.times import UnknownTimes, looks_like_times, parse_times

_TIMES = ("fundingtime", "fundingratetimestamp", "timems", "calctime", "timestamp", "time", "datetime", "date")
_RATES = ("fundingrate", "rate", "lastfundingrate")
_MARKS = ("markprice",)
_JITTER_MS = 5000
_LARGEST_RATE = 0.1
"""Ten percent in one settlement: exchanges cap it far below, so a larger number is percent or a mistake."""


@dataclass(frozen=True, eq=False)
class FundingInspection:
    """A file of funding rates.

    Attributes:
        path: The file.
        symbol: Instrument; `source` is where the rates come from.
        funding: The settlements, oldest first.
        steps_hours: Hours between settlements, most common first.
        guesses: Everything guessed, in words.
    """

    path: Path
    symbol: str
    source: str
    funding: FundingRates
    steps_hours: tuple[float, ...]
    guesses: tuple[Guess, ...]


def is_funding_file(path: Path | str) -> bool:
    """Whether a table has columns for funding times and rates and none for prices. Raises UnreadableFile."""
    return _columns(read_head(Path(path))) is not None


def read_funding(path: Path | str) -> FundingRates:
    """The settlements of a CSV or Parquet file; see `inspect_funding` for the errors."""
    return inspect_funding(path).funding


def inspect_funding(path: Path | str, *, symbol: str | None = None, source: str | None = None) -> FundingInspection:
    """Read a file of funding rates with columns for time and rate and, if known, mark price.

    Rates are fractions: 0.0001 is a hundredth of a percent. Rows may run from new to old; equal doubles are read once.

    Raises:
        UnreadableFile: not there, or not a table of funding rates.
        CorruptCandles: a time or rate that is none, contradicting doubles, or rates too large to be fractions.
        MissingCandles: no row at all.
    """
    path = Path(path)
    head = read_head(path)
    columns = _columns(head)
    if columns is None:
        raise UnreadableFile(
            f"{path.name} does not look like funding rates; its columns are {', '.join(head.names[:20])}",
            hint="A column for the time and one named funding_rate or rate are needed.",
        )
    frame = load_columns(head, list(columns.values()))
    if not len(frame):
        raise MissingCandles(f"{path.name} holds no funding rates", hint="Download it again.")
    with file_errors(path):
        try:
            time_ms, time_words = parse_times(frame[columns["time_ms"]])
        except UnknownTimes as error:
            raise UnreadableFile(f"the column {columns['time_ms']!r} of {path.name} holds no times: {error}") from error
        rate = numbers(frame, columns["rate"])
        marks = numbers(frame, columns["mark_price"]) if "mark_price" in columns else np.full(rate.size, np.nan)
    on_hour, moved = _to_whole_hours(time_ms)
    if moved:
        time_words += f"; {moved} times within {_JITTER_MS // 1000} s of a full hour are taken as that hour"
    funding = _checked(path, head, on_hour, rate, marks)
    name = guess_from_name(path.name)
    guesses = (
        Guess("format", head.words, "from the content"),
        Guess("columns", ", ".join(f"{field} = {column!r}" for field, column in columns.items()), "by their names"),
        Guess("time", time_words, f"from the column {columns['time_ms']!r}"),
        Guess("symbol", symbol or name.symbol or path.stem.upper(), _reason(symbol, name.symbol), bool(symbol)),
        Guess("source", source or name.source or UNKNOWN_SOURCE, _reason(source, name.source), bool(source)),
    )
    return FundingInspection(path, guesses[3].value, guesses[4].value, funding, _steps(funding), guesses)


def _columns(head: Head) -> dict[str, str] | None:
    plain: dict[str, str] = {}
    for name in head.names:
        plain.setdefault(re.sub(r"[\s._\-]", "", name).lower(), name)
    if not head.has_header:
        cells = head.sample[head.names[0]].to_list()[:50] if len(head.names) == 2 else []
        is_pair = bool(cells) and looks_like_times([str(cell) for cell in cells])
        return {"time_ms": head.names[0], "rate": head.names[1]} if is_pair else None
    found = {
        field: next((plain[alias] for alias in aliases if alias in plain), None)
        for field, aliases in (("time_ms", _TIMES), ("rate", _RATES), ("mark_price", _MARKS))
    }
    if found["time_ms"] is None or found["rate"] is None or {"open", "high", "low"} & plain.keys():
        return None
    return {field: name for field, name in found.items() if name is not None}


def _to_whole_hours(time_ms: np.ndarray) -> tuple[np.ndarray, int]:
    """Exchanges settle on the hour and note it some milliseconds off; a position opened on the hour must not pay."""
    readable = time_ms != NO_TIME
    hours = (np.where(readable, time_ms, 0) + HOUR_MS // 2) // HOUR_MS * HOUR_MS
    near = readable & (np.abs(hours - time_ms) <= _JITTER_MS) & (hours != time_ms)
    return np.where(near, hours, time_ms), int(np.count_nonzero(near))


def _checked(path: Path, head: Head, time_ms: np.ndarray, rate: np.ndarray, marks: np.ndarray) -> FundingRates:
    _refuse(path, head, time_ms == NO_TIME, "the time is missing or not readable")
    _refuse(path, head, ~np.isfinite(rate), "the rate is missing or not a number")
    _refuse(path, head, np.abs(rate) > _LARGEST_RATE, "the rate is larger than 10 %; rates are fractions, not percent")
    order = np.argsort(time_ms, kind="stable")
    time_ms, rate, marks = time_ms[order], rate[order], marks[order]
    repeated = np.append(False, time_ms[1:] == time_ms[:-1])
    differs = repeated & np.append(False, rate[1:] != rate[:-1])
    _refuse(path, head, differs, "the same settlement stands in the file with different rates", order)
    return FundingRates(time_ms[~repeated], rate[~repeated], np.where(marks > 0.0, marks, np.nan)[~repeated])


def _refuse(path: Path, head: Head, faulty: np.ndarray, problem: str, order: np.ndarray | None = None) -> None:
    rows = np.flatnonzero(faulty)
    if rows.size:
        first = tuple(int(row if order is None else order[row]) + head.first_row for row in rows[:5])
        raise CorruptCandles(
            f"{path.name}: {problem} in {rows.size} of the rows, first in row {first[0]}", rows=first,
            hint="Mend the file or download it again.",
        )  # fmt: skip


def _steps(funding: FundingRates) -> tuple[float, ...]:
    steps, counts = np.unique(np.diff(funding.time_ms), return_counts=True)
    return tuple(float(step) / HOUR_MS for step in steps[np.argsort(-counts, kind="stable")])


def _reason(given: str | None, guessed: str) -> str:
    if given:
        return "given"
    return "from the file's name" if guessed else "nothing in the file names it"
