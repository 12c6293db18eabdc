"""Trades, equity and metrics as CSV files that every spreadsheet and every script reads back exactly.

UTF-8, one header row, lines end with LF. Numbers carry their full precision: read back they are bit-equal. Times are
ISO 8601 with Z. What cannot be computed is an empty cell. A text cell never starts with a sign that a spreadsheet
takes for a formula.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.trades import trade_table
from strategy_tester.services.ports import Separator
from strategy_tester.services.whole_files import write_whole

_SIGNS: dict[str, tuple[str, str]] = {"comma": (",", "."), "semicolon": (";", ",")}
_FORMULA_SIGNS = "=+-@\t\r\n\0＝＋－＠"
_BOM = b"\xef\xbb\xbf"
_ROWS_PER_PIECE = 20_000
_TIME_COLUMNS = ("entry_time", "exit_time")


def write_trades(path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False) -> None:
    """One row per closed trade, in the columns of the contract.

    Args:
        path: Where to; an existing file is replaced in one step.
        result: The backtest.
        separator: 'comma' with decimal points, or 'semicolon' with decimal commas.
        bom: Start with the mark by which some spreadsheets know UTF-8.

    Raises:
        StorageError: the file cannot be written; then nothing is left behind.
    """
    columns = dict(trade_table(result.trade_columns))
    for name in _TIME_COLUMNS:
        columns[name] = iso_times(columns[name])
    _write(path, columns, separator, bom=bom)


def write_equity(path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False) -> None:
    """One row per bar: open_time, and equity and drawdown_rate (0..1, below the highest so far) after its close.

    Raises:
        StorageError: the file cannot be written; then nothing is left behind.
    """
    columns = {
        "open_time": iso_times(result.open_time_ms),
        "equity": result.equity_curve,
        "drawdown_rate": result.drawdown_rate,
    }
    _write(path, columns, separator, bom=bom)


def write_metrics(path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False) -> None:
    """One row per metric: its key and its value.

    Raises:
        StorageError: the file cannot be written; then nothing is left behind.
    """
    columns = {"metric": list(result.metrics), "value": list(result.metrics.values())}
    _write(path, columns, separator, bom=bom)


def iso_times(time_ms: Sequence[int] | np.ndarray) -> list[str]:
    """UTC milliseconds as 2025-01-01T00:00:00Z; with milliseconds where any of them has some."""
    moments = np.asarray(time_ms, dtype=np.int64)
    unit = "ms" if np.any(moments % 1000) else "s"
    return [f"{text}Z" for text in np.datetime_as_string(moments.astype("datetime64[ms]"), unit=unit)]


def cell_text(value: object, decimal_sign: str = ".") -> str:
    """A value as a CSV cell: numbers with all their digits, true/false, nothing for None and NaN, safe text."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        if number != number:  # noqa: PLR0124 - NaN alone differs from itself
            return ""
        return repr(number) if decimal_sign == "." else repr(number).replace(".", decimal_sign)
    return safe_text(str(value))


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before a dangerous first sign."""
    first = text.lstrip(" \u00a0")[:1]
    plain = text.replace("\0", "")
    return f"'{plain}" if first and first in _FORMULA_SIGNS else plain


def _write(path: Path, columns: dict[str, Any], separator: str, *, bom: bool) -> None:
    if separator not in _SIGNS:
        raise InvalidParameter("separator", separator, ", ".join(_SIGNS))
    write_whole(Path(path), _pieces(columns, *_SIGNS[separator], bom=bom))


def _pieces(columns: dict[str, Any], cell_sign: str, decimal_sign: str, *, bom: bool) -> Iterator[bytes]:
    if bom:
        yield _BOM
    values = [column.tolist() if isinstance(column, np.ndarray) else list(column) for column in columns.values()]
    yield _lines([[safe_text(name) for name in columns]], cell_sign)
    for first in range(0, len(values[0]) if values else 0, _ROWS_PER_PIECE):
        texts = [
            [cell_text(value, decimal_sign) for value in column[first : first + _ROWS_PER_PIECE]] for column in values
        ]
        yield _lines(zip(*texts, strict=True), cell_sign)


def _lines(rows: Iterable[Sequence[str]], cell_sign: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=cell_sign, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", errors="replace")
