"""A connection to our DuckDB file: how it is opened, and how columns go in and out."""

import contextlib
import os
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

Connection = duckdb.DuckDBPyConnection

DATABASE_NAME = "store"
# Never left to the default: 'v1.5.0' is the newest format that DuckDB 1.5 still opens (it is kept until March 2027),
# so that going back stays possible. No newer format is smaller or faster for our tables.
STORAGE_VERSION = "v1.5.0"
TEMPORARY_FOLDER = "temporary"
BACKUP_FOLDER = "backups"
_MEMORY_CEILING_BYTES = 2 << 30


def attach(path: Path, *, read_only: bool = False) -> Connection:
    """A locked-down connection whose default database is the file: no other file, no extension, limits set.

    Only the folder `backups` beside it may be written as well.
    """
    quoted = str(path).replace("'", "''")
    options = "READ_ONLY" if read_only else f"STORAGE_VERSION '{STORAGE_VERSION}'"
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{_memory_limit_bytes() >> 20}MiB",
            "temp_directory": str(path.parent / TEMPORARY_FOLDER),
            "max_temp_directory_size": "2GiB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    try:
        # The type is named, or else DuckDB looks at the file and fetches an extension for what is not its own.
        connection.execute(f"ATTACH '{quoted}' AS {DATABASE_NAME} (TYPE duckdb, {options})")
        connection.execute(f"USE {DATABASE_NAME}")
        # Checkpoints come at moments of our choosing; bulk commits still write their blocks directly.
        connection.execute("SET wal_autocheckpoint = '1GB'")
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        backups = str(path.parent / BACKUP_FOLDER).replace("'", "''")
        connection.execute(f"SET allowed_directories = ['{backups}']")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def wal_of(path: Path) -> Path:
    """The write-ahead file that belongs to a database file."""
    return path.with_name(path.name + ".wal")


def insert_columns(connection: Connection, table: str, columns: dict[str, NDArray[Any]], **constants: int) -> None:
    """Append arrays of equal length to a table; `constants` are put into every row. NaN is stored as NULL."""
    names = [*constants, *columns]
    values = [*map(str, constants.values()), *columns]
    connection.register("incoming", columns)
    try:
        connection.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM incoming")  # noqa: S608 - ours
    finally:
        with contextlib.suppress(duckdb.Error):
            connection.unregister("incoming")


def fetch_one(connection: Connection, query: str, values: list[Any] | None = None) -> tuple[Any, ...] | None:
    """The first row of an answer, or None. Reads it to the end: an answer half read keeps the connection busy."""
    rows = connection.execute(query, values or []).fetchall()
    return rows[0] if rows else None


def fetch_columns(connection: Connection, query: str, values: list[Any] | None = None) -> dict[str, NDArray[Any]]:
    """The answer as one array per column; NULL in a float column becomes NaN."""
    # A relation is collected whole and takes half the time of a statement, whose answer comes in small pieces.
    found = connection.sql(query, params=values or []).fetchnumpy()
    return {name: _plain(column) for name, column in found.items()}


def _plain(column: Any) -> NDArray[Any]:
    if isinstance(column, np.ma.MaskedArray):
        return column.filled(np.nan) if column.dtype.kind == "f" else column.data
    return column


def _memory_limit_bytes() -> int:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        total = 4 * _MEMORY_CEILING_BYTES
    return min(total // 4, _MEMORY_CEILING_BYTES)
