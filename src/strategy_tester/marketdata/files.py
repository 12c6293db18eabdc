"""Candles from CSV and Parquet files: guess, check, and only then take."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter, MissingCandles, UnreadableFile
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.columns import ColumnGuess, guess_columns, numbers
from strategy_tester.marketdata.file_names import NameGuess, guess_from_name
from strategy_tester.marketdata.findings import Finding, QualityReport, Severity
from strategy_tester.marketdata.quality import RawColumns, check_frame, to_candles
from strategy_tester.marketdata.tables import Head, file_errors, load_columns, read_head
from strategy_tester.marketdata.times import UnknownTimes, parse_times

UNKNOWN_SOURCE = "file"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,39}")


@dataclass(frozen=True)
class Guess:
    """One thing read out of the file: what, its value, and why. `given` when the user said it."""

    what: str
    value: str
    reason: str
    given: bool = False


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a file holds, before anything is stored.

    Attributes:
        path: The file.
        symbol: Instrument the candles are taken for; `timeframe`, `source` likewise.
        columns: Field (open_time, open, ...) to the file's column.
        column_names: All columns of the file, for choosing others.
        guesses: Everything that was guessed, in words, each of which the caller may override.
        report: What the look at the rows found.
        candles: The candles, or None when the file is refused.
    """

    path: Path
    symbol: str
    timeframe: Timeframe | None
    source: str
    columns: dict[str, str]
    column_names: tuple[str, ...]
    guesses: tuple[Guess, ...]
    report: QualityReport
    candles: Candles | None

    @property
    def refusal(self) -> str:
        """Why nothing can be imported, or empty."""
        return self.report.refusal

    @property
    def hint(self) -> str:
        """What to do about a refusal."""
        if self.report.can_drop:
            return "The rest can be imported without these rows, if you ask for it."
        return "Mend the file or download it again." if self.refusal else ""


def read_candles(
    path: Path | str,
    *,
    symbol: str | None = None,
    timeframe: Timeframe | str | None = None,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    drop_faulty: bool = False,
) -> Candles:
    """The candles of a CSV or Parquet file; format, columns and units are found out.

    Oddities that a market can show (gaps, spikes) pass; faults refuse the file. A last candle that had not closed
    when the file was written is left out.

    Raises:
        UnreadableFile: not there, or not a table of candles.
        CorruptCandles: faulty rows; `drop_faulty` leaves them out instead.
        MissingCandles: fewer than two candles.
        InvalidParameter: a value given does not exist.
    """
    found = inspect_file(
        path, symbol=symbol, timeframe=timeframe, source=source, columns=columns, drop_faulty=drop_faulty
    )
    if found.candles is not None:
        return found.candles
    refusals = found.report.refusals
    if refusals[0].code in {"no_candles", "one_candle"}:
        raise MissingCandles(f"{found.path.name}: {found.refusal}", hint="Import a longer file.")
    rows = tuple(example.row for example in refusals[0].examples)
    raise CorruptCandles(f"{found.path.name}: {found.refusal}", rows=rows, hint=found.hint)


def inspect_file(
    path: Path | str,
    *,
    symbol: str | None = None,
    timeframe: Timeframe | str | None = None,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    drop_faulty: bool = False,
    drop_last: bool = False,
    now_ms: int | None = None,
) -> Inspection:
    """Read a file, guess what it is and look at every row. Nothing is stored.

    Args:
        path: CSV or Parquet file; told apart by the content, not by the ending.
        symbol: Instrument, when the guess from the file's name or its symbol column is wrong.
        timeframe: Candle length, when the guess from the times is wrong.
        source: Where the candles come from, such as 'bybit-linear'.
        columns: Field to column name, for the columns that were guessed wrong.
        drop_faulty: Leave faulty rows out and sort the rest, instead of refusing.
        drop_last: Leave the last candle out, for files downloaded up to the present.
        now_ms: The present, for tests; the clock when left out.

    Raises:
        UnreadableFile: not there, or not a table of candles.
        InvalidParameter: a value given does not exist.
    """
    path = Path(path)
    given_frame = None if timeframe is None else Timeframe.parse(timeframe)
    head = read_head(path)
    chosen = guess_columns(head, columns)
    name = guess_from_name(path.name)
    frame = _without_empty_rows(load_columns(head, chosen.names), head)
    frame, symbol_guess = _one_symbol(frame, chosen, symbol, name, path)
    raw, time_words = _raw_columns(frame, chosen, path)
    if drop_last and len(raw) > 1:
        raw = _without_newest(raw)
    checked = check_frame(
        raw,
        timeframe=given_frame,
        now_ms=int(time.time() * 1000) if now_ms is None else now_ms,
        written_ms=head.written_ms,
        drop_faulty=drop_faulty,
    )
    report = _compare_with_name(checked.report, name, given_frame)
    source_guess = _source(source, name, head)
    guesses = (
        Guess("format", head.words, "from the content"),
        Guess("columns", _columns_words(chosen), chosen.words, given=bool(columns)),
        Guess("time", time_words, f"from the column {chosen.columns['open_time']!r}"),
        symbol_guess,
        _timeframe_guess(report.timeframe, given_frame),
        source_guess,
    )
    candles = None
    if report.kept:
        candles = to_candles(checked.columns, report.timeframe, symbol_guess.value, source_guess.value)
    return Inspection(
        path, symbol_guess.value, report.timeframe, source_guess.value, chosen.columns, head.names, guesses, report,
        candles,
    )  # fmt: skip


def _without_empty_rows(frame: pl.DataFrame, head: Head) -> pl.DataFrame:
    """The rows with at least one filled cell, and the number a user finds beside each in the file."""
    numbered = frame.with_row_index("row number", offset=head.first_row)
    if head.format == "Parquet":
        return numbered
    names = [name for name in frame.columns if name != "row number"]
    return numbered.filter(~pl.all_horizontal(pl.col(names).is_null()))


def _one_symbol(
    frame: pl.DataFrame, chosen: ColumnGuess, given: str | None, name: NameGuess, path: Path
) -> tuple[pl.DataFrame, Guess]:
    if given is not None and not _NAME.fullmatch(given):
        raise InvalidParameter("symbol", given, "letters, digits and . _ - / : , 40 at most")
    column = chosen.columns.get("symbol")
    inside = [] if column is None else frame[column].cast(pl.String).drop_nulls().unique().sort().to_list()
    if column is not None and len(inside) > 1:
        if given is None or given not in inside:
            raise UnreadableFile(
                f"{path.name} holds several symbols: {', '.join(inside[:8])}{'...' if len(inside) > 8 else ''}",
                hint="Choose one of them as the symbol.",
            )
        return frame.filter(pl.col(column).cast(pl.String) == given), Guess("symbol", given, "given", given=True)
    if given is not None:
        return frame, Guess("symbol", given, "given", given=True)
    if inside:
        plain = re.sub(r"[^A-Za-z0-9.]", "", inside[0]).upper()[:40]
        return frame, Guess("symbol", plain, f"from the column {column!r}")
    if name.symbol:
        return frame, Guess("symbol", name.symbol, "from the file's name")
    word = re.sub(r"[^A-Za-z0-9._-]", "", path.stem).strip("._-").upper()[:40] or "UNKNOWN"
    return frame, Guess("symbol", word, "the file's name as it is: no symbol was recognized")


def _raw_columns(frame: pl.DataFrame, chosen: ColumnGuess, path: Path) -> tuple[RawColumns, str]:
    columns = chosen.columns
    times = frame[columns["open_time"]]
    with file_errors(path):
        if "clock" in columns:
            clock = frame[columns["clock"]].cast(pl.String)
            times = times.cast(pl.String).str.strip_chars() + " " + clock.str.strip_chars()
        try:
            time_ms, words = parse_times(times) if len(times) else (np.empty(0, np.int64), "no rows")
        except UnknownTimes as error:
            raise UnreadableFile(
                f"the column {columns['open_time']!r} of {path.name} holds no times: {error}",
                hint="Name the column with the open times, or write times as ISO 8601 or as milliseconds since 1970.",
            ) from error

        def column(field: str) -> np.ndarray | None:
            return numbers(frame, columns[field]) if field in columns else None

        raw = RawColumns(
            time_ms, numbers(frame, columns["open"]), numbers(frame, columns["high"]), numbers(frame, columns["low"]),
            numbers(frame, columns["close"]), column("volume"), column("turnover"),
            frame["row number"].to_numpy().astype(np.int64),
        )  # fmt: skip
    return raw, words


def _without_newest(raw: RawColumns) -> RawColumns:
    newest = int(np.argmax(raw.time_ms))
    return raw.take(np.flatnonzero(np.arange(len(raw)) != newest))


def _compare_with_name(report: QualityReport, name: NameGuess, given: Timeframe | None) -> QualityReport:
    if given is not None or name.timeframe is None or report.timeframe in {None, name.timeframe}:
        return report
    return report.with_finding(
        Finding(
            "name_differs", Severity.WARN, 1,
            f"The file's name says {name.timeframe}, but the candles are {report.timeframe} long.",
            "The times count, not the name.",
        )
    )  # fmt: skip


def _source(given: str | None, name: NameGuess, head: Head) -> Guess:
    if given is not None:
        if not _NAME.fullmatch(given):
            raise InvalidParameter("source", given, "letters, digits and . _ - / : , 40 at most")
        return Guess("source", given, "given", given=True)
    if name.source:
        return Guess("source", name.source, "from the file's name")
    if head.format == "CSV" and not head.has_header and len(head.names) == 12:
        return Guess("source", "binance", "from the order of the columns")
    return Guess("source", UNKNOWN_SOURCE, "nothing in the file names it")


def _timeframe_guess(found: Timeframe | None, given: Timeframe | None) -> Guess:
    if given is not None:
        return Guess("timeframe", str(given), "given", given=True)
    return Guess("timeframe", str(found) if found else "unknown", "from the steps between the times")


def _columns_words(chosen: ColumnGuess) -> str:
    return ", ".join(f"{field} = {name!r}" for field, name in chosen.columns.items())
