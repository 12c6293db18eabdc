"""The vault's tables: how journal records go into them, and how they become records again."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np

from strategy_tester.storage.connection import Connection, fetch_columns, fetch_one, insert_columns
from strategy_tester.storage.journal import BEGINS, Record
from strategy_tester.storage.run_codec import TABLES, Arrays, pack, unpack

STRATEGY_SAVED = "strategy_saved"
STRATEGY_DELETED = "strategy_deleted"
RUN_SAVED = "run_saved"
RUNS_DELETED = "runs_deleted"
CANDLES_WRITTEN = "candles_written"
CANDLES_DELETED = "candles_deleted"
FUNDING_WRITTEN = "funding_written"
VALUES_WRITTEN = "market_values_written"
INSTRUMENTS_WRITTEN = "instruments_written"
DRAWINGS_CHANGED = "drawings_changed"

RUN_COLUMNS: tuple[str, ...] = (
    "run_id", "created_at_ms", "strategy_name", "strategy", "symbol", "timeframe", "source", "start_ms", "end_ms",
    "config", "data_hash", "engine_version", "metrics", "duration_ms", "result", "label", "funding_count",
)  # fmt: skip
"""The columns of table `runs`, which are also the body of a run's record."""


SERIES_COLUMNS: tuple[str, ...] = ("symbol", "timeframe", "source", "candles", "first_open_ms", "last_open_ms")
"""What a candle record says of its series after the write."""


def now_ms() -> int:
    """The wall clock, UTC milliseconds."""
    return time.time_ns() // 1_000_000


def is_replayable(kind: str) -> bool:
    """Whether the journal alone can repeat a record of this kind."""
    return kind in {STRATEGY_SAVED, STRATEGY_DELETED, RUN_SAVED, RUNS_DELETED, DRAWINGS_CHANGED}


def roll_back(connection: Connection) -> None:
    """Give up the open transaction, if there is one."""
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:  # none open, or the engine is dead: the first error is the one to tell
        return


def begin_body(store_id: str) -> dict[str, Any]:
    """The body of a journal's first record."""
    return {"store_id": store_id, "program": "bybit-strategy-tester", "form": 1}


def new_store_id() -> str:
    """An id that a journal and its database share."""
    return uuid.uuid4().hex


def apply(connection: Connection, record: Record) -> None:
    """Bring one journal record into the tables. Doing it twice changes nothing more."""
    if record.kind == STRATEGY_SAVED:
        insert_strategy(connection, record.body)
    elif record.kind == STRATEGY_DELETED:
        connection.execute("DELETE FROM strategies WHERE name = ?", [record.body["name"]])
    elif record.kind == RUN_SAVED:
        insert_run(connection, record.body, unpack(record.payload))
    elif record.kind == RUNS_DELETED:
        delete_runs(connection, record.body["run_ids"])
    elif record.kind == DRAWINGS_CHANGED:
        change_drawings(connection, record.body)
    elif record.kind == BEGINS and "last_run_id" in record.body:
        connection.execute(
            "UPDATE vault_state SET last_run_id = greatest(last_run_id, ?)", [record.body["last_run_id"]]
        )


def insert_strategy(connection: Connection, body: dict[str, Any]) -> None:
    """One version of a strategy: name, version, content (JSON text), saved_at_ms."""
    connection.execute("DELETE FROM strategies WHERE name = ? AND version = ?", [body["name"], body["version"]])
    connection.execute(
        "INSERT INTO strategies VALUES (?, ?, ?, ?)",
        [body["name"], body["version"], body["content"], body["saved_at_ms"]],
    )


def change_drawings(connection: Connection, body: dict[str, Any]) -> None:
    """Drawings of one symbol: `saved` (JSON text by id) in place of what was there, `deleted` ids removed."""
    symbol, saved = body["symbol"], body["saved"]
    connection.execute(
        "DELETE FROM drawings WHERE symbol = ? AND drawing_id IN (SELECT unnest(?::VARCHAR[]))",
        [symbol, [*saved, *body["deleted"]]],
    )
    if saved:
        connection.execute(
            "INSERT INTO drawings SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), ?",
            [symbol, list(saved), list(saved.values()), body["saved_at_ms"]],
        )


def insert_run(connection: Connection, body: dict[str, Any], arrays: Arrays) -> None:
    """One run with its trades and curves."""
    run_id = int(body["run_id"])
    delete_runs(connection, [run_id])
    marks = ", ".join("?" for _ in RUN_COLUMNS)
    connection.execute(
        f"INSERT INTO runs ({', '.join(RUN_COLUMNS)}) VALUES ({marks})",  # noqa: S608 - names are ours
        [body[name] for name in RUN_COLUMNS],
    )
    for table, columns in arrays.items():
        size = next(iter(columns.values())).size
        if size:
            numbered = {"item": np.arange(size, dtype=np.int64), **columns}
            insert_columns(connection, table, numbered, run_id=run_id)
    connection.execute("UPDATE vault_state SET last_run_id = greatest(last_run_id, ?)", [run_id])


def delete_runs(connection: Connection, run_ids: list[int]) -> int:
    """Remove runs and what belongs to them; returns how many there were."""
    known = fetch_one(connection, "SELECT count(*) FROM runs WHERE run_id IN (SELECT unnest(?::BIGINT[]))", [run_ids])
    if not known or not known[0]:
        return 0
    for table in ("runs", *TABLES):
        connection.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT unnest(?::BIGINT[]))", [run_ids])  # noqa: S608 - ours
    return int(known[0])


def read_arrays(connection: Connection, run_id: int) -> Arrays:
    """A run's arrays in their order."""
    arrays: Arrays = {}
    for table, columns in TABLES.items():
        found = fetch_columns(
            connection, f"SELECT item, {', '.join(columns)} FROM {table} WHERE run_id = ?", [run_id]  # noqa: S608 - ours
        )  # fmt: skip
        order = found.pop("item")
        in_order = bool((order[1:] > order[:-1]).all())
        rows = slice(None) if in_order else order.argsort()
        arrays[table] = {name: found[name][rows].astype(kind, copy=False) for name, kind in columns.items()}
    return arrays


def snapshot(connection: Connection) -> Iterator[tuple[str, int, dict[str, Any], bytes]]:
    """Everything the vault holds, as (kind, time, body, payload): a journal of these rebuilds the same tables."""
    strategies = connection.execute(
        "SELECT name, version, content, saved_at_ms FROM strategies ORDER BY 4, 1, 2"
    ).fetchall()
    for name, version, content, saved_at_ms in strategies:
        body = {"name": name, "version": version, "content": content, "saved_at_ms": saved_at_ms}
        yield STRATEGY_SAVED, saved_at_ms, body, b""
    runs = connection.execute(f"SELECT {', '.join(RUN_COLUMNS)} FROM runs ORDER BY run_id").fetchall()  # noqa: S608 - ours
    for row in runs:
        body = dict(zip(RUN_COLUMNS, row, strict=True))
        yield RUN_SAVED, body["created_at_ms"], body, pack(read_arrays(connection, body["run_id"]))
    for body in _drawings_by_symbol(connection):
        yield DRAWINGS_CHANGED, body["saved_at_ms"], body, b""
    for series in read_catalog(connection):
        yield CANDLES_WRITTEN, now_ms(), series, b""


def _drawings_by_symbol(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT symbol, drawing_id, content, saved_at_ms FROM drawings ORDER BY symbol, saved_at_ms, drawing_id"
    ).fetchall()
    bodies: dict[str, dict[str, Any]] = {}
    for symbol, drawing_id, content, saved_at_ms in rows:
        body = bodies.setdefault(symbol, {"symbol": symbol, "saved": {}, "deleted": [], "saved_at_ms": 0})
        body["saved"][drawing_id] = content
        body["saved_at_ms"] = saved_at_ms
    return list(bodies.values())


def read_catalog(connection: Connection) -> list[dict[str, Any]]:
    """What is stored of every series, as the bodies of candle records."""
    rows = connection.execute(f"SELECT {', '.join(SERIES_COLUMNS)} FROM series ORDER BY 1, 3, 2").fetchall()  # noqa: S608 - ours
    return [dict(zip(SERIES_COLUMNS, row, strict=True)) for row in rows]


def read_state(connection: Connection) -> tuple[str, int, int]:
    """The store's id, the number of the last journal record in the tables, the highest run id ever given."""
    row = fetch_one(connection, "SELECT store_id, journal_number, last_run_id FROM vault_state")
    return (str(row[0]), int(row[1]), int(row[2])) if row else ("", 0, 0)


def to_text(value: Any) -> str:
    """JSON text that keeps the order of keys."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
