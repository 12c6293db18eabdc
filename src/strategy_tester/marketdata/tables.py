"""Tables in files: what kind of file it is, how it is written, and its columns, within limits.

Files come from anywhere. Before anything is loaded, the size, the number of rows, the longest stretch without a line
end and (Parquet) the ratio of content to file are looked at, so that a bomb is refused and not unpacked.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from strategy_tester.domain.errors import StrategyTesterError, UnreadableFile
from strategy_tester.marketdata.times import looks_like_times

LARGEST_FILE_BYTES = 4 * 1024**3
LARGEST_ROWS = 20_000_000
"""Thirty-eight years of one-minute candles."""
_HEAD_BYTES = 256 * 1024
_CHUNK_BYTES = 4 * 1024**2
_BOMB_RATIO = 500
_BOMB_ROWS = 1_000_000
_SAMPLE_ROWS = 300
_LONGEST_CELL = 200
_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Unpack it, or save the sheet as CSV, and import that."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and import the file inside."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it and import the file inside."),
    (b"BZh", "a bzip2 archive", "Unpack it and import the file inside."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and import the file inside."),
    (b"ARROW1", "an Arrow or Feather file", "Save the table as Parquet or CSV and import that."),
    (b"%PDF", "a PDF document", "Only CSV and Parquet files can be imported."),
    (b"SQLite format 3", "a database", "Only CSV and Parquet files can be imported."),
    (b"\xff\xfe", "text in UTF-16", "Save it as CSV in UTF-8 and import that."),
    (b"\xfe\xff", "text in UTF-16", "Save it as CSV in UTF-8 and import that."),
)
_FORMATS_HINT = "CSV and Parquet files with columns for time, open, high, low and close can be imported."


@dataclass(frozen=True, eq=False)
class Head:
    """The beginning of a table, and how the file is written.

    Attributes:
        path: The file.
        format: 'CSV' or 'Parquet'.
        names: Column names; column_1, column_2... where the file has none.
        has_header: Whether the file names its columns.
        sample: The first rows; every column is text in a CSV file.
        rows: Rows of the whole table; for CSV at most (empty lines are counted).
        separator: Between the cells of a CSV file.
        decimal_comma: Whether a CSV file writes 1,5 for one and a half.
        first_row: What a user calls the first row of data: its line in a CSV file, 1 in Parquet.
        written_ms: When the file was last written, UTC milliseconds.
        header_line: The line with the column names of a CSV file.
    """

    path: Path
    format: str
    names: tuple[str, ...]
    has_header: bool
    sample: pl.DataFrame
    rows: int
    separator: str = ","
    decimal_comma: bool = False
    first_row: int = 1
    written_ms: int = 0
    header_line: int = 1

    @property
    def words(self) -> str:
        """How the file is written, in words."""
        if self.format == "Parquet":
            return "Parquet"
        name = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}[self.separator]
        comma = ", decimal comma" if self.decimal_comma else ""
        header = f"header in line {self.header_line}" if self.has_header else "no header"
        return f"CSV, separated by {name}{comma}, {header}"


def read_head(path: Path) -> Head:
    """Look into a file.

    Raises:
        UnreadableFile: not there, not a file, no permission, not a table, or too large.
    """
    with file_errors(path):
        if path.is_dir():
            raise UnreadableFile(f"{path} is a folder, not a file", hint="Choose one file.")
        state = path.stat()
        written_ms = int(state.st_mtime * 1000)
        if state.st_size == 0:
            raise UnreadableFile(f"{path.name} is empty", hint="Download or export it again.")
        if state.st_size > LARGEST_FILE_BYTES:
            raise UnreadableFile(
                f"{path.name} is larger than {LARGEST_FILE_BYTES // 1024**3} GB", hint="Split it into smaller files."
            )
        if not path.is_file():
            raise UnreadableFile(f"{path} is not a regular file", hint="Choose one file.")
        with path.open("rb") as file:
            start = file.read(_HEAD_BYTES)
            file.seek(max(0, state.st_size - 4))
            end = file.read(4)
    if start[:4] == b"PAR1":
        if end != b"PAR1":
            raise UnreadableFile(f"{path.name} is a Parquet file that was cut off", hint="Download it again.")
        return _parquet_head(path, state.st_size, written_ms)
    _refuse_foreign(path, start)
    return _csv_head(path, start, written_ms)


def load_columns(head: Head, names: list[str]) -> pl.DataFrame:
    """The named columns of the whole table: numbers where they are written as such, else text.

    Raises:
        UnreadableFile: the file is damaged, has vanished, or holds too many rows.
    """
    chosen = list(dict.fromkeys(names))
    with file_errors(head.path):
        if head.format == "Parquet":
            return pl.read_parquet(head.path, columns=chosen)
        try:
            return _read_csv(head, chosen, _number_types(head, chosen))
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            return _read_csv(head, chosen, {})  # some cell is no number: everything as text, to point at it


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Foreign errors of reading a file, as ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadableFile(f"there is no file {path}", hint="Check the name and the folder.") from error
    except PermissionError as error:
        raise UnreadableFile(f"{path} may not be read", hint="Check the permissions of the file.") from error
    except (OSError, MemoryError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}") from error
    except pl.exceptions.PolarsError as error:
        raise UnreadableFile(
            f"{path.name} is damaged or is not a table: {_first_line(error)}", hint=_FORMATS_HINT
        ) from error
    except (StrategyTesterError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # A damaged file can make polars panic; that error is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile(f"{path.name} is damaged: {_first_line(error)}", hint="Download it again.") from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def _refuse_foreign(path: Path, start: bytes) -> None:
    for mark, kind, hint in _KINDS:
        if start.startswith(mark):
            raise UnreadableFile(f"{path.name} is {kind}", hint=hint)
    if b"\0" in start:
        raise UnreadableFile(f"{path.name} is not text and not Parquet", hint=_FORMATS_HINT)


def _parquet_head(path: Path, size: int, written_ms: int) -> Head:
    with file_errors(path):
        scan = pl.scan_parquet(path, glob=False)
        schema = scan.collect_schema()
        rows = int(scan.select(pl.len()).collect().item())
        _refuse_too_many(path, rows)
        if rows > _BOMB_ROWS and rows * 8 * len(schema) > _BOMB_RATIO * size:
            raise UnreadableFile(
                f"{path.name} would grow to more than {_BOMB_RATIO} times its size; no candles are that alike",
                hint="Check where the file comes from.",
            )
        flat = [name for name, kind in schema.items() if not kind.is_nested()]
        if not flat:
            raise UnreadableFile(f"{path.name} has no plain columns", hint=_FORMATS_HINT)
        sample = pl.read_parquet(path, columns=flat, n_rows=_SAMPLE_ROWS, glob=False)
    for name, kind in sample.schema.items():
        if kind == pl.String and (sample[name].str.len_bytes().max() or 0) > _LONGEST_CELL:  # type: ignore[operator]
            sample = sample.drop(name)
    return Head(path, "Parquet", tuple(sample.columns), True, sample, rows, written_ms=written_ms)


def _refuse_too_many(path: Path, rows: int) -> None:
    if rows > LARGEST_ROWS:
        raise UnreadableFile(
            f"{path.name} holds {rows:,} rows; at most {LARGEST_ROWS:,} are read", hint="Split it into smaller files."
        )


def _csv_head(path: Path, start: bytes, written_ms: int) -> Head:
    lines_in_file = _count_lines(path)
    lines = [line.rstrip("\r") for line in start.decode("utf-8-sig", errors="replace").split("\n")]
    if len(start) == _HEAD_BYTES:
        lines = lines[:-1]  # the last one is cut
    separator = _separator(lines)
    cells = _cells(path, lines[: _SAMPLE_ROWS + 20], separator)
    width = _usual([len(row) for row in cells if row])
    if width < 2:
        raise UnreadableFile(f"{path.name} is not a table", hint=_FORMATS_HINT)
    first = next(line for line, row in enumerate(cells) if len(row) == width and not row[0].startswith("#"))
    has_header = not _looks_like_data(cells[first])
    names = _unique([name.strip() for name in cells[first]] if has_header else _plain_names(width))
    # Polars learns the width from the first line it reads: that must be data, not an empty line.
    top = next((line for line in range(first + int(has_header), len(cells)) if cells[line]), len(cells))
    data = [row for row in cells[top:] if len(row) == width][:_SAMPLE_ROWS]
    sample = pl.DataFrame(
        {name: [row[column].strip() for row in data] for column, name in enumerate(names)},
        schema=dict.fromkeys(names, pl.String),
    )
    return Head(
        path, "CSV", tuple(names), has_header, sample, max(0, lines_in_file - top), separator,
        separator != "," and _has_decimal_comma(data), top + 1, written_ms, header_line=first + 1,
    )  # fmt: skip


def _cells(path: Path, lines: list[str], separator: str) -> list[list[str]]:
    try:
        return [next(csv.reader([line], delimiter=separator), []) for line in lines]
    except csv.Error as error:
        raise UnreadableFile(f"{path.name} is not a table: {error}", hint=_FORMATS_HINT) from error


def _count_lines(path: Path) -> int:
    """Line ends in the file, read in pieces; refuses bytes that are no text and endless lines."""
    lines = 0
    with file_errors(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            ends = chunk.count(b"\n")
            if b"\0" in chunk:
                raise UnreadableFile(f"{path.name} is not text and not Parquet", hint=_FORMATS_HINT)
            if not ends and len(chunk) == _CHUNK_BYTES:
                raise UnreadableFile(f"{path.name} has a line of more than 4 MB", hint=_FORMATS_HINT)
            lines += ends
            _refuse_too_many(path, lines)
    return lines + 1


def _separator(lines: list[str]) -> str:
    """The sign that cuts most lines into the same number of cells. The comma comes last: it also stands in numbers."""
    best, best_share = ",", 0.0
    sample = [line for line in lines[:60] if line.strip()]
    for sign in ("\t", ";", "|", ","):
        counts = Counter(line.count(sign) for line in sample)
        counts.pop(0, None)
        if not counts:
            continue
        signs, lines_alike = counts.most_common(1)[0]
        share = lines_alike / len(sample)
        if signs >= 1 and share > max(best_share, 0.4):
            best, best_share = sign, share
    return best


def _usual(counts: list[int]) -> int:
    return Counter(counts).most_common(1)[0][0] if counts else 0


def _looks_like_data(row: list[str]) -> bool:
    """Whether most cells of a line are numbers, beside a time perhaps: then it is not a header."""
    filled = [cell for cell in row if cell.strip()]
    numbers = sum(_is_number(cell) or looks_like_times([cell.strip()]) for cell in filled)
    return numbers >= max(2, len(filled) // 2)


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().replace(",", "."))
    except ValueError:
        return False
    return True


def _has_decimal_comma(rows: list[list[str]]) -> bool:
    cells = [cell.strip() for row in rows[:100] for cell in row]
    return any(cell.count(",") == 1 and "." not in cell and _is_number(cell) for cell in cells)


def _plain_names(width: int) -> list[str]:
    return [f"column_{number}" for number in range(1, width + 1)]


def _unique(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    result: list[str] = []
    for name in names:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _number_types(head: Head, names: list[str]) -> dict[str, type[pl.DataType]]:
    types: dict[str, type[pl.DataType]] = {}
    for name in names:
        cells = [cell for cell in head.sample[name].to_list() if cell]
        if cells and all(cell.lstrip("-").isdigit() for cell in cells) and max(map(len, cells)) > 9:
            types[name] = pl.Int64  # epochs; a float would lose nanoseconds
        elif cells and all(_is_number(cell) for cell in cells):
            types[name] = pl.Float64
    return types


def _read_csv(head: Head, names: list[str], types: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Chosen columns in the order of the file; those without a type stay text."""
    positions = sorted(head.names.index(name) for name in names)
    schema = {name: types.get(name, pl.String) for name in head.names}
    # The header is skipped and our names are put in place: they are unique and trimmed.
    frame = pl.read_csv(
        head.path,
        has_header=False,
        separator=head.separator,
        skip_lines=head.first_row - 1,
        schema=schema,
        columns=positions,
        decimal_comma=head.decimal_comma and bool(types),
        encoding="utf8" if types else "utf8-lossy",
        truncate_ragged_lines=not types,
        infer_schema=False,
        glob=False,
    )
    return frame.select(names)
