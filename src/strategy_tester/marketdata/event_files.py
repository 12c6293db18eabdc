"""Recorded market events as Parquet: one row per trade and per level of a book change.

Rows of one message stand together and share a number, so that a change comes back exactly as it was told; a change
without levels has one row without a side. What cannot be said in rows (a gap) has a kind of its own.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from strategy_tester.domain.errors import UnreadableFile
from strategy_tester.domain.market_events import BookChange, Category, Level, Market, PublicTrade

TRADE, SNAPSHOT, CHANGE, GAP = range(4)
_BUY, _SELL, _NOBODY = 1, -1, 0


@dataclass(frozen=True, slots=True)
class RecordingGap:
    """Between the event before and the one after, something was not heard.

    Attributes:
        market: Whose.
        time_ms: UTC milliseconds from which on it is missing.
        reason: Why, in English.
    """

    market: Market
    time_ms: int
    reason: str


RecordedEvent = PublicTrade | BookChange | RecordingGap


def encode(events: Sequence[RecordedEvent]) -> bytes:
    """The content of a Parquet file that holds these events."""
    buffer = io.BytesIO()
    _table(events).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def merge(paths: Iterable[Path]) -> bytes:
    """The content of several files, in this order, as one.

    Raises:
        UnreadableFile: one of them is no recording.
    """
    tables: list[pl.DataFrame] = []
    offset = 0
    for path in paths:
        table = _read(path)
        tables.append(table.with_columns(pl.col("message") + offset))
        offset += int(table["message"].max() or 0) + 1 if len(table) else 0  # type: ignore[arg-type]
    buffer = io.BytesIO()
    pl.concat(tables).write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def decode(path: Path) -> Iterator[RecordedEvent]:
    """The events of a file, in the order in which they were told.

    Raises:
        UnreadableFile: it is no recording.
    """
    table = _read(path)
    markets: dict[tuple[str, str, str], Market] = {}
    names = list(_schema())
    for _, group in groupby(table.iter_rows(), key=lambda row: row[0]):
        rows = list(group)
        first = dict(zip(names, rows[0], strict=True))
        place = first["exchange"], first["category"], first["symbol"]
        market = markets.setdefault(place, Market(place[0], Category(place[1]), place[2]))
        yield _event(market, first, rows, names)


def _event(market: Market, first: dict[str, Any], rows: list[tuple[Any, ...]], names: list[str]) -> RecordedEvent:
    if first["kind"] == GAP:
        return RecordingGap(market, first["time_ms"], first["text"])
    if first["kind"] == TRADE:
        return PublicTrade(
            market, first["time_ms"], first["price"], first["size"], first["side"] == _BUY, first["text"],
            first["sequence"],
        )  # fmt: skip
    side, price, size = names.index("side"), names.index("price"), names.index("size")
    bids: tuple[Level, ...] = tuple((row[price], row[size]) for row in rows if row[side] == _BUY)
    asks: tuple[Level, ...] = tuple((row[price], row[size]) for row in rows if row[side] == _SELL)
    return BookChange(
        market, first["depth"], first["kind"] == SNAPSHOT, first["update_id"], first["sequence"], bids, asks,
        first["time_ms"], first["engine_time_ms"],
    )  # fmt: skip


def _schema() -> dict[str, pl.DataType | type[pl.DataType]]:
    return {
        "message": pl.Int64, "kind": pl.UInt8, "exchange": pl.Categorical, "category": pl.Categorical,
        "symbol": pl.Categorical, "time_ms": pl.Int64, "engine_time_ms": pl.Int64, "update_id": pl.Int64,
        "sequence": pl.Int64, "depth": pl.Int32, "side": pl.Int8, "price": pl.Float64, "size": pl.Float64,
        "text": pl.String,
    }  # fmt: skip


def _table(events: Sequence[RecordedEvent]) -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for number, event in enumerate(events):
        market = event.market
        place = market.exchange, market.category.value, market.symbol
        if isinstance(event, PublicTrade):
            side = _BUY if event.is_buy else _SELL
            rows.append((number, TRADE, *place, event.time_ms, event.time_ms, 0, event.sequence, 0, side, event.price,
                         event.quantity, event.trade_id))  # fmt: skip
        elif isinstance(event, BookChange):
            kind = SNAPSHOT if event.is_snapshot else CHANGE
            head = (number, kind, *place, event.time_ms, event.engine_time_ms, event.update_id, event.sequence,
                    event.depth)  # fmt: skip
            rows.extend((*head, _BUY, price, size, None) for price, size in event.bids)
            rows.extend((*head, _SELL, price, size, None) for price, size in event.asks)
            if not event.bids and not event.asks:
                rows.append((*head, _NOBODY, 0.0, 0.0, None))
        else:
            rows.append((number, GAP, *place, event.time_ms, event.time_ms, 0, 0, 0, _NOBODY, 0.0, 0.0, event.reason))
    return pl.DataFrame(rows, schema=_schema(), orient="row")


def _read(path: Path) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}") from error
    if table.columns != list(_schema()):
        raise UnreadableFile(f"{path} is no recording of a market")
    return table.cast({"exchange": pl.String, "category": pl.String, "symbol": pl.String})
