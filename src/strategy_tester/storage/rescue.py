"""What can still be read of a damaged database, copied into a new one. Runs in a child process."""

import contextlib
from pathlib import Path

import duckdb

from strategy_tester.storage.connection import DATABASE_NAME, STORAGE_VERSION, Connection
from strategy_tester.storage.run_codec import TABLES
from strategy_tester.storage.schema import migrate

_MARKET_TABLES = ("funding", "market_values", "instruments", "coverage", "listings", "risk_tiers", "fee_tiers")
_VAULT_TABLES = ("strategies", "runs", "drawings", *TABLES)


def copy_readable(path: str, new_path: str) -> list[str]:
    """Copy every readable series and table; returns the names of what could not be read.

    The vault's tables are copied all or none: with none, the journal fills them.
    """
    connection = duckdb.connect(":memory:", config={"memory_limit": "1GiB"})
    with contextlib.closing(connection):
        connection.execute(f"ATTACH '{_quoted(path)}' AS damaged (TYPE duckdb, READ_ONLY)")
        connection.execute(
            f"ATTACH '{_quoted(new_path)}' AS {DATABASE_NAME} (TYPE duckdb, STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        connection.execute(f"USE {DATABASE_NAME}")
        migrate(connection, DATABASE_NAME)
        lost = [
            *_copy_series(connection),
            *(f"table {table}" for table in _MARKET_TABLES if not _copy_if_there(connection, table)),
        ]
        _copy(connection, [table for table in _VAULT_TABLES if _is_there(connection, table)], with_state=True)
        connection.execute(f"CHECKPOINT {DATABASE_NAME}")
    return lost


def _copy_if_there(connection: Connection, table: str) -> bool:
    return not _is_there(connection, table) or _copy(connection, [table])


def _is_there(connection: Connection, table: str) -> bool:
    """Whether the damaged database, perhaps of an older schema, has a table."""
    found = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'damaged' AND table_name = ?", [table]
    ).fetchone()
    return bool(found and found[0])


def _copy_series(connection: Connection) -> list[str]:
    rows = connection.execute("SELECT series_id, symbol, timeframe, source FROM damaged.series ORDER BY 1").fetchall()
    lost: list[str] = []
    for series_id, symbol, timeframe, source in rows:
        statements = [
            f"INSERT INTO {table} BY NAME SELECT * FROM damaged.{table} WHERE series_id = {int(series_id)}"  # noqa: S608 - ours
            for table in ("series", "candles")
        ]
        if not _in_one_go(connection, statements):
            lost.append(f"{symbol} {timeframe} {source}")
    return lost


def _copy(connection: Connection, tables: list[str], *, with_state: bool = False) -> bool:
    statements = [f"INSERT INTO {table} BY NAME SELECT * FROM damaged.{table}" for table in tables]  # noqa: S608 - ours
    if with_state:
        statements += ["DELETE FROM vault_state", "INSERT INTO vault_state BY NAME SELECT * FROM damaged.vault_state"]
    return _in_one_go(connection, statements)


def _in_one_go(connection: Connection, statements: list[str]) -> bool:
    connection.execute("BEGIN")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")
    except duckdb.Error:
        with contextlib.suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        return False
    return True


def _quoted(path: str) -> str:
    return str(Path(path)).replace("'", "''")
