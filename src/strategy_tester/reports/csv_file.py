"""Reports as CSV: UTF-8, full precision, one header row, whole files or none.

Numbers are written as Python's shortest text that reads back to the same bits. Text that a spreadsheet would take for
a formula gets an apostrophe in front; numbers, negative ones too, stay numbers. NaN is an empty cell, times are ISO
8601 with Z.
"""

import contextlib
import csv
import errno
import io
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from strategy_tester.domain.errors import DiskFull, StorageError
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.trade_table import trade_table
from strategy_tester.services.ports import Separator

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
_TIMES = {"entry_time", "exit_time", "open_time"}


def write_trades(path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False) -> None:
    """One row per closed trade, columns as in `result.trades`.

    Raises:
        StorageError, DiskFull: the file could not be written; then it is not there, or is still the old one.
    """
    table = trade_table(result.trade_columns)
    columns = [_iso(values) if name in _TIMES else list(values) for name, values in table.items()]
    _write(path, list(table), zip(*columns, strict=True), separator, bom=bom)


def write_equity(path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False) -> None:
    """One row per bar: open time, equity after its close, drawdown as a fraction of the highest equity so far.

    Raises:
        StorageError, DiskFull: the file could not be written.
    """
    columns = (_iso(result.open_time_ms), result.equity_curve.tolist(), result.drawdown_rate.tolist())
    _write(path, ["open_time", "equity", "drawdown_rate"], zip(*columns, strict=True), separator, bom=bom)


def write_metrics(path: Path, result: BacktestResult, *, separator: Separator = "comma", bom: bool = False) -> None:
    """One row per metric: name, value.

    Raises:
        StorageError, DiskFull: the file could not be written.
    """
    _write(path, ["metric", "value"], result.metrics.items(), separator, bom=bom)


def _write(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], separator: Separator, *, bom: bool
) -> None:
    text = io.StringIO(newline="")
    is_comma = separator == "comma"
    writer = csv.writer(text, delimiter="," if is_comma else ";", lineterminator="\r\n")
    writer.writerow(header)
    decimal = "." if is_comma else ","
    writer.writerows([_cell(value, decimal) for value in row] for row in rows)
    _replace(path, text.getvalue().encode("utf-8-sig" if bom else "utf-8"))


def _cell(value: Any, decimal: str) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value, decimal)
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _number(value: float, decimal: str) -> str:
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    return text if decimal == "." else text.replace(".", decimal)


def _iso(times_ms: np.ndarray) -> list[str]:
    seconds = np.datetime_as_string(times_ms.astype("datetime64[ms]"), unit="s")
    return [f"{moment}Z" for moment in seconds]


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _in_words(path, error) from error


def _in_words(path: Path, error: OSError) -> StorageError:
    if error.errno == errno.ENOSPC:
        return DiskFull(f"there is no room left for {path.name}", hint="Free some space or choose another folder.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StorageError(
            f"{path.name} cannot be written in {path.parent}: not allowed, or open in another program",
            hint="Close it there, or choose another folder.",
        )
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return StorageError(f"the folder {path.parent} is not there", hint="Choose another folder.")
    return StorageError(f"{path.name} could not be written: {error.strerror or error}", hint="Choose another folder.")
