"""Public trade archives of Bybit: one CSV file a day or month, mostly packed with gzip.

Two forms exist. Derivatives: `timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,
foreignNotional` and later `RPI`, times in seconds with a fraction. Spot: `id,timestamp,price,volume,side` and later
`rpi`, times in milliseconds. Columns are found by their names; old files may have none, and may run from new to old.

Files come from anywhere: what is packed is unpacked in pieces, and refused as soon as it grows out of proportion.
"""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.domain.errors import CorruptCandles, MissingCandles, UnreadableFile
from strategy_tester.marketdata.tables import LARGEST_FILE_BYTES, file_errors

MOST_TRADES = 60_000_000
_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 4 << 20
_LONGEST_LINE = 1 << 20
_BOMB_RATIO = 100
_BOMB_FROM_BYTES = 16 << 20
_DERIVATIVES = (
    "timestamp", "symbol", "side", "size", "price", "tickdirection", "trdmatchid", "grossvalue", "homenotional",
    "foreignnotional", "rpi",
)  # fmt: skip
_SPOT = ("id", "timestamp", "price", "volume", "side", "rpi")
_SIZES = ("size", "volume", "qty", "quantity")
_UNITS = ((1e8, 1e11, 1e6), (1e11, 1e14, 1e3), (1e14, 1e17, 1.0))
_MONTH_OR_DAY = re.compile(r"[_-]?(\d{4}-\d\d(?:-\d\d)?)$")
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9-]{1,39}")
_HINT = "Trade archives of Bybit, as .csv.gz or .csv, can be imported."


@dataclass(frozen=True, eq=False)
class TradeTable:
    """Trades of one symbol, oldest first, shape (n,) each.

    Attributes:
        symbol: The exchange's name of it.
        is_spot: Whether the file has the form of spot archives.
        time_us: UTC microseconds, not falling; those of one moment in the order of the file.
        price: Quote currency.
        quantity: Base units; US dollars for inverse contracts.
        is_buy: Whether the taker bought.
        is_whole: Whether it is sure that nothing is missing at the end, because the packed file has a checksum.
    """

    symbol: str
    is_spot: bool
    time_us: Times
    price: Floats
    quantity: Floats
    is_buy: NDArray[np.bool_]
    is_whole: bool = False

    def __len__(self) -> int:
        return int(self.time_us.size)

    def between(self, start_ms: int, end_ms: int) -> "TradeTable":
        """Trades at or after a moment and before another."""
        part = slice(*np.searchsorted(self.time_us, [start_ms * 1000, end_ms * 1000]))
        columns = self.time_us[part], self.price[part], self.quantity[part], self.is_buy[part]
        return TradeTable(self.symbol, self.is_spot, *columns, self.is_whole)


def read_archive(path: Path, symbol: str | None = None) -> TradeTable:
    """The trades of an archive.

    Args:
        path: The file.
        symbol: Whose trades, where neither a column nor the file's name says so.

    Raises:
        UnreadableFile: not there, no archive of trades, damaged, cut off, or out of proportion.
        CorruptCandles: a row that cannot be a trade.
        MissingCandles: there are no trades in it.
    """
    with file_errors(path):
        if not path.is_file():
            raise UnreadableFile(f"there is no file {path}", hint="Check the name and the folder.")
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise UnreadableFile(f"{path.name} is larger than {LARGEST_FILE_BYTES >> 30} GB", hint=_HINT)
        reader = _Reader(path)
        for piece in _lines(path):
            reader.take(piece)
    return reader.table(symbol)


class _Reader:
    """Takes an archive piece by piece and keeps only what is needed of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: tuple[str, ...] = ()
        self._rows = 0
        self._first_row = 1
        self._parts: list[tuple[Floats, Floats, Floats]] = []
        self._buys: list[NDArray[np.bool_]] = []
        self._symbols: set[str] = set()

    def take(self, piece: bytes) -> None:
        """Whole lines."""
        if not self._names:
            piece = self._without_header(piece)
        if not piece.strip():
            return
        width = len(self._names)
        frame = pl.read_csv(
            io.BytesIO(piece), has_header=False, schema=dict.fromkeys(self._names, pl.String), infer_schema=False,
            columns=list(range(width)), truncate_ragged_lines=True, encoding="utf8-lossy", quote_char=None,
        )  # fmt: skip
        size_name = next(name for name in _SIZES if name in self._names)
        times, prices, sizes = (_numbers(frame, name) for name in ("timestamp", "price", size_name))
        sides = frame["side"].str.strip_chars().str.to_lowercase()
        is_buy = (sides == "buy").fill_null(value=False).to_numpy()
        is_sell = (sides == "sell").fill_null(value=False).to_numpy()
        self._refuse(~(np.isfinite(times) & (times >= _UNITS[0][0]) & (times < _UNITS[-1][1])), "the time is none")
        self._refuse(~((prices > 0.0) & np.isfinite(prices)), "the price is not a number above zero")
        self._refuse(~((sizes > 0.0) & np.isfinite(sizes)), "the size is not a number above zero")
        self._refuse(~(is_buy | is_sell), "the side is neither Buy nor Sell")
        if "symbol" in self._names:
            self._symbols |= set(frame["symbol"].drop_nulls().str.strip_chars().unique().to_list())
        self._rows += len(frame)
        if self._rows > MOST_TRADES:
            raise UnreadableFile(f"{self._path.name} holds more than {MOST_TRADES:,} trades", hint=_HINT)
        self._parts.append((times, prices, sizes))
        self._buys.append(is_buy)

    def table(self, symbol: str | None) -> TradeTable:
        """Everything taken, in order."""
        if not self._parts:
            raise MissingCandles(f"{self._path.name} holds no trades", hint="Download it again.")
        times, prices, sizes = (np.concatenate([part[number] for part in self._parts]) for number in (0, 1, 2))
        is_buy = np.concatenate(self._buys)
        name = self._symbol(symbol)
        if times[0] > times[-1]:  # newest first: turned round, so that trades of one moment are in order, too
            times, prices, sizes, is_buy = times[::-1], prices[::-1], sizes[::-1], is_buy[::-1]
        time_us = _microseconds(times)
        if np.any(time_us[1:] < time_us[:-1]):
            order = np.argsort(time_us, kind="stable")
            time_us, prices, sizes, is_buy = time_us[order], prices[order], sizes[order], is_buy[order]
        with self._path.open("rb") as file:
            is_packed = file.read(2) == _GZIP
        return TradeTable(
            name, "size" not in self._names, time_us, np.ascontiguousarray(prices), np.ascontiguousarray(sizes),
            np.ascontiguousarray(is_buy), is_packed,
        )  # fmt: skip

    def _without_header(self, piece: bytes) -> bytes:
        """Learn what the columns are from the first line; the lines that hold trades."""
        line, _, rest = piece.lstrip(b"\xef\xbb\xbf").partition(b"\n")
        cells = [cell.strip().strip('"').lower() for cell in line.decode("utf-8", "replace").split(",")]
        if "timestamp" in cells:
            self._names = tuple(cells)
            self._first_row = 2
            piece = rest
        elif _is_number(cells[0]) and len(cells) in {10, 11}:
            self._names = _DERIVATIVES[: len(cells)]
        elif _is_number(cells[0]) and len(cells) in {5, 6}:
            self._names = _SPOT[: len(cells)]
        has_size = any(name in self._names for name in _SIZES)
        if not (has_size and {"timestamp", "price", "side"} <= set(self._names)):
            words = ", ".join(cells)[:200]
            raise UnreadableFile(f"{self._path.name} is no archive of trades; its first line is {words!r}", hint=_HINT)
        if len(set(self._names)) != len(self._names):
            raise UnreadableFile(f"{self._path.name} has two columns of one name", hint=_HINT)
        return piece

    def _refuse(self, rows: NDArray[np.bool_], problem: str) -> None:
        faulty = np.flatnonzero(rows)
        if faulty.size:
            line = self._first_row + self._rows + int(faulty[0])
            raise CorruptCandles(
                f"{self._path.name}: {problem} in line {line}", rows=(line,), hint="Download the file again."
            )

    def _symbol(self, given: str | None) -> str:
        if len(self._symbols) > 1:
            names = ", ".join(sorted(self._symbols)[:5])
            raise UnreadableFile(f"{self._path.name} holds trades of several symbols: {names}", hint=_HINT)
        inside = next(iter(self._symbols), "")
        if given and inside and given != inside:
            raise UnreadableFile(f"{self._path.name} holds trades of {inside}, not of {given}", hint="Leave it out.")
        name = given or inside or symbol_in(self._path.name)
        if not _SYMBOL.fullmatch(name):
            raise UnreadableFile(
                f"{self._path.name} does not say whose trades it holds ({name[:40]!r})", hint="Name it with --symbol."
            )
        return name


def symbol_in(name: str) -> str:
    """The symbol that the name of an archive begins with: BTCUSDT2025-01-01.csv.gz, ETHUSDC_2025-01-01.csv.gz."""
    stem = re.sub(
        r"\.(csv|gz|txt)$", "", re.sub(r"\.(csv|gz|txt)$", "", name, flags=re.IGNORECASE), flags=re.IGNORECASE
    )
    return _MONTH_OR_DAY.sub("", stem).upper()


def _lines(path: Path) -> Iterator[bytes]:
    """The file in pieces of whole lines, unpacked where it is packed."""
    rest = b""
    for piece in _unpacked(path):
        if b"\0" in piece:
            raise UnreadableFile(f"{path.name} is not text", hint=_HINT)
        joined = rest + piece
        end = joined.rfind(b"\n") + 1
        if not end and len(joined) > _LONGEST_LINE:
            raise UnreadableFile(f"{path.name} has a line of more than {_LONGEST_LINE >> 20} MB", hint=_HINT)
        rest = joined[end:]
        if end:
            yield joined[:end]
    if rest:
        yield rest


def _unpacked(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        if start != _GZIP:
            while piece := file.read(_PIECE_BYTES):
                yield piece
            return
        packed_bytes = path.stat().st_size
        limit = max(packed_bytes * _BOMB_RATIO, _BOMB_FROM_BYTES)
        total = 0
        try:
            for piece in _inflated(file, path):
                total += len(piece)
                if total > limit:
                    raise UnreadableFile(
                        f"{path.name} grows to more than {_BOMB_RATIO} times its size; no trades are that alike",
                        hint="Check where the file comes from.",
                    )
                yield piece
        except zlib.error as error:
            raise UnreadableFile(f"{path.name} is damaged ({error})", hint="Download it again.") from error


def _inflated(file: io.BufferedReader, path: Path) -> Iterator[bytes]:
    """A gzip file piece by piece, at most so much at once however small the packed part; members one after another."""
    unpacker = zlib.decompressobj(wbits=31)
    waiting = file.read(_PIECE_BYTES)
    while waiting:
        piece = unpacker.decompress(waiting, _PIECE_BYTES)
        waiting = unpacker.unconsumed_tail
        if piece:
            yield piece
        if unpacker.eof:
            waiting = unpacker.unused_data or file.read(_PIECE_BYTES)
            if not waiting.startswith(_GZIP):
                return  # padding behind the last member
            unpacker = zlib.decompressobj(wbits=31)
        elif not waiting:
            waiting = file.read(_PIECE_BYTES)
    if not unpacker.eof:
        raise UnreadableFile(f"{path.name} was cut off", hint="Download it again.")


def _numbers(frame: pl.DataFrame, name: str) -> Floats:
    column = frame[name].str.strip_chars().cast(pl.Float64, strict=False)
    return column.fill_null(float("nan")).to_numpy()


def _microseconds(times: Floats) -> Times:
    """Seconds, milliseconds or microseconds, told apart by their size, as microseconds."""
    middle = float(np.median(times))
    factor = next(factor for lower, upper, factor in _UNITS if lower <= middle < upper)
    return np.rint(times * factor).astype(np.int64)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def write_ticks(table: TradeTable) -> bytes:
    """Trades as a Parquet file: time_us, price, quantity, is_buy."""
    frame = pl.DataFrame(
        {"time_us": table.time_us, "price": table.price, "quantity": table.quantity, "is_buy": table.is_buy}
    )
    target = io.BytesIO()
    frame.write_parquet(target, compression="zstd", statistics=True)
    return target.getvalue()


def read_ticks(path: Path, symbol: str, *, is_spot: bool = False) -> TradeTable:
    """Trades from a file of `write_ticks`.

    Raises:
        UnreadableFile: not there, damaged, or another table.
    """
    with file_errors(path):
        frame = pl.read_parquet(path, columns=["time_us", "price", "quantity", "is_buy"])
        times, prices, sizes, is_buy = (frame[name].to_numpy() for name in frame.columns)
    return TradeTable(symbol, is_spot, times, prices, sizes, is_buy)
