"""Import the exchange's public trade archives: trades into a file per day, and the candles they make."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InvalidParameter, MissingCandles
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.ports import CandleStore, SeriesKey
from strategy_tester.services.whole_files import write_whole

if TYPE_CHECKING:
    from strategy_tester.marketdata.archives import TradeTable

TICKS_FOLDER = "ticks"


@dataclass(frozen=True, slots=True)
class ArchiveOutcome:
    """What an archive brought.

    Attributes:
        symbol: Whose trades.
        source: Under which source they are stored: "bybit-linear", "bybit-inverse", "bybit-spot".
        trades: How many.
        first_ms: Time of the first trade, UTC milliseconds.
        last_ms: Time of the last one.
        files: Files of trades, one a day.
        bytes_on_disk: Size of these together.
        added: Candles that are new.
        alike: Candles that were stored with the same prices and volume.
        differing: Candles that are stored with others. They stay: what the exchange told as a candle counts more.
    """

    symbol: str
    source: str
    trades: int
    first_ms: int
    last_ms: int
    files: tuple[Path, ...]
    bytes_on_disk: int
    added: int
    alike: int
    differing: int


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """What the user says about an archive.

    Attributes:
        symbol: Whose trades, where the file does not say so.
        source: Market, where the guess from the symbol is wrong.
        timeframes: Which candles to make; the month cannot be.
        keep_trades: Whether to store the trades themselves.
    """

    symbol: str | None = None
    source: str | None = None
    timeframes: tuple[Timeframe, ...] = (Timeframe.M1,)
    keep_trades: bool = True


def import_archive(
    path: Path,
    folder: Path,
    candle_store: CandleStore,
    options: ArchiveOptions | None = None,
    checkpoint: Checkpoint = no_checkpoint,
    *,
    now_ms: int | None = None,
) -> ArchiveOutcome:
    """Read an archive, store its trades as files and its candles in the database.

    Stored candles are never replaced: they came from the exchange as candles, or from a source the user trusts.
    Import days in their order: a day's first candle opens at the close of the day before.

    Args:
        path: The archive, .csv.gz or .csv.
        folder: The data folder; trades go into `ticks/<source>/<symbol>/<day>.parquet` in it.
        candle_store: Where candles go.
        options: What the user says about it.
        checkpoint: Progress and cancellation.
        now_ms: The present, for tests.

    Raises:
        UnreadableFile, CorruptCandles, MissingCandles: as the messages say; then nothing is stored.
        DiskFull, StorageError: what could not be written.
        InvalidParameter: the month, or a source that is none.
    """
    from strategy_tester.marketdata.archives import read_archive

    chosen = options or ArchiveOptions()
    if not all(frame.is_fixed for frame in chosen.timeframes):
        raise InvalidParameter("timeframe", "1M", "a length that does not change; resample days into months")
    checkpoint(0, 3, f"{path.name}: reading")
    table = read_archive(path, chosen.symbol)
    market = chosen.source or source_of_symbol(table.symbol, is_spot=table.is_spot)
    first_ms, last_ms = (int(moment) // 1000 for moment in table.time_us[[0, -1]])
    tick_file(folder, market, table.symbol, first_ms)  # refuses names that cannot be kept, before anything is stored
    checkpoint(1, 3, f"{path.name}: {len(table):,} trades")
    files = _keep(table, folder, market) if chosen.keep_trades else []
    checkpoint(2, 3, f"{path.name}: candles")
    present = round(time.time() * 1000) if now_ms is None else now_ms
    end_ms = min(last_ms // DAY_MS * DAY_MS + DAY_MS, present) if table.is_whole else last_ms
    counts = np.zeros(3, dtype=np.int64)
    for frame in chosen.timeframes:
        candles = _candles_of(table, frame, market, (first_ms // DAY_MS * DAY_MS, end_ms), candle_store)
        counts += _add_missing(candles, candle_store)
    added, alike, differing = (int(count) for count in counts)
    return ArchiveOutcome(
        table.symbol, market, len(table), first_ms, last_ms, tuple(files),
        sum(file.stat().st_size for file in files), added, alike, differing,
    )  # fmt: skip


def _keep(table: "TradeTable", folder: Path, market: str) -> list[Path]:
    """Write the trades of each day to a file."""
    from strategy_tester.marketdata.archives import write_ticks

    files: list[Path] = []
    first, last = (int(moment) // 1000 // DAY_MS * DAY_MS for moment in table.time_us[[0, -1]])
    for day in range(first, last + 1, DAY_MS):
        part = table.between(day, day + DAY_MS)
        if len(part):
            target = tick_file(folder, market, table.symbol, day)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, [write_ticks(part)])
            files.append(target)
    return files


def source_of_symbol(symbol: str, *, is_spot: bool) -> str:
    """The market of a symbol of Bybit's: spot has archives of its own form, inverse contracts end at USD."""
    if is_spot:
        return "bybit-spot"
    base, _, expiry = symbol.partition("USD")
    is_inverse = bool(base) and "-" not in symbol and not symbol.endswith("PERP") and not expiry.startswith(("T", "C"))
    return "bybit-inverse" if is_inverse and "USD" in symbol else "bybit-linear"


def tick_file(folder: Path, source: str, symbol: str, day_ms: int) -> Path:
    """Where the trades of a day are kept.

    Raises:
        InvalidParameter: a name that cannot be a folder's.
    """
    for what, name in (("source", source), ("symbol", symbol)):
        if not name.replace("-", "").isalnum() or not name.isascii():
            raise InvalidParameter(what, name, "letters, digits and dashes")
    day = str(np.datetime64(day_ms, "ms").astype("datetime64[D]"))
    return folder / TICKS_FOLDER / source / symbol / f"{day}.parquet"


def _candles_of(
    table: "TradeTable", frame: Timeframe, market: str, span: tuple[int, int], candle_store: CandleStore
) -> Candles:
    """Candles of whole days, beginning with the close that is stored before them; an unfinished candle is left out."""
    from strategy_tester.marketdata.archive_candles import candles_of_trades

    start = frame.open_of(span[0])
    start = start if start == span[0] else frame.next_open(start)  # weeks begin where whole ones do
    before = _close_before(SeriesKey(table.symbol, frame, market), start, candle_store)
    whole_end = frame.open_of(span[1])
    return candles_of_trades(
        table, frame, market, (start, max(whole_end, start)), before,
        opens_at_close=market.startswith("bybit"), is_inverse=market.endswith("inverse"),
    )  # fmt: skip


def _close_before(key: SeriesKey, open_ms: int, candle_store: CandleStore) -> float | None:
    """Close of the stored candle right before this one."""
    try:
        before = candle_store.read(key, open_ms - key.timeframe.milliseconds, open_ms)
    except MissingCandles:
        return None
    return float(before.close[-1]) if len(before) else None


def _add_missing(candles: Candles, candle_store: CandleStore) -> tuple[int, int, int]:
    """Store candles that are not there; how many were added, are stored alike, are stored with other values."""
    if not len(candles) or candles.timeframe is None:
        return 0, 0, 0
    key = SeriesKey(candles.symbol, candles.timeframe, candles.source)
    try:
        stored = candle_store.read(key, int(candles.open_time_ms[0]), int(candles.open_time_ms[-1]) + 1)
    except MissingCandles:
        candle_store.write(candles)
        return len(candles), 0, 0
    is_known = np.isin(candles.open_time_ms, stored.open_time_ms, assume_unique=True)
    place = np.searchsorted(stored.open_time_ms, candles.open_time_ms[is_known])
    same = np.ones(place.size, dtype=np.bool_)
    for name in ("open", "high", "low", "close"):
        same &= candles.column(name)[is_known] == stored.column(name)[place]
    same &= np.isclose(candles.volume[is_known], stored.volume[place], rtol=1e-9, atol=1e-9)
    new = ~is_known
    if new.any():
        open_, high, low, close, volume = (
            candles.column(name)[new] for name in ("open", "high", "low", "close", "volume")
        )
        turnover = None if candles.turnover is None else candles.turnover[new]
        missing = Candles(
            candles.open_time_ms[new], open_, high, low, close, volume, turnover, candles.symbol, candles.timeframe,
            candles.source,
        )  # fmt: skip
        candle_store.write(missing)
    return int(new.sum()), int(same.sum()), int((~same).sum())
