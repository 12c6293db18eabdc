"""Is everything stored readable and consistent: what `bst doctor` asks."""

from collections.abc import Callable

import duckdb
import numpy as np

from strategy_tester.domain.errors import DatabaseDamaged, StorageError
from strategy_tester.storage.connection import Connection, fetch_columns, fetch_one
from strategy_tester.storage.failures import is_fatal, translate
from strategy_tester.storage.journal import read_state
from strategy_tester.storage.notices import Notice
from strategy_tester.storage.run_codec import TABLES
from strategy_tester.storage.vault import Vault
from strategy_tester.storage.vault_tables import read_state as read_table_state

Reading = tuple[int, int, int] | None
_OTHER_TABLES = ("strategies", "runs", "funding", "instruments", *TABLES)


def check(vault: Vault) -> list[Notice]:
    """Read every block of the database and every line of the journal; returns what is wrong, in words."""
    return vault.database.run(lambda connection: _check(vault, connection))


def _check(vault: Vault, connection: Connection) -> list[Notice]:
    notices = _check_journal(vault, connection)
    rows = connection.execute(
        "SELECT series_id, candles, first_open_ms, last_open_ms, symbol || ' ' || timeframe || ' ' || source FROM series"
    ).fetchall()
    for series_id, candles, first, last, name in rows:
        problem = _read_problem(vault, lambda found=series_id: _times(connection, found), (candles, first, last))
        if problem:
            notices.append(Notice("error", f"{name}: {problem}", hint="If it stays so, import the series again."))
    for table in _OTHER_TABLES:
        problem = _read_problem(vault, lambda found=table: _read_all(connection, found), None)
        if problem:
            notices.append(Notice("error", f"Table {table}: {problem}"))
    return notices


def _check_journal(vault: Vault, connection: Connection) -> list[Notice]:
    state = read_state(vault.journal.path)
    texts: list[str] = []
    if not state.is_whole or state.torn_bytes:
        texts.append(f"The journal has {max(state.damaged_lines, state.missing_numbers, 1)} damaged entries.")
    number = read_table_state(connection)[1]
    if not state.last_number == number == vault.journal.last_number:
        texts.append(f"The journal ends at entry {state.last_number}, the database at {number}.")
    return [Notice("error", text, hint="The next start repairs it.") for text in texts]


def _times(connection: Connection, series_id: int) -> tuple[int, int, int]:
    """Read all columns of a series; returns how many candles there are, the first and the last time."""
    found = fetch_columns(
        connection,
        "SELECT open_time_ms, hash(open, high, low, close, volume, turnover) FROM candles WHERE series_id = ?",
        [series_id],
    )
    times = np.unique(found["open_time_ms"])
    if times.size != found["open_time_ms"].size:
        raise StorageError("open times are stored twice")
    return (int(times.size), int(times[0]), int(times[-1])) if times.size else (0, 0, 0)


def _read_all(connection: Connection, table: str) -> None:
    # A hash over whole rows makes the engine read, and check, every block of every column.
    fetch_one(connection, f"SELECT bit_xor(hash(rows)) FROM {table} AS rows")  # noqa: S608 - ours


def _read_problem(vault: Vault, read: Callable[[], Reading], expected: Reading) -> str:
    try:
        found = read()
    except duckdb.Error as error:
        if is_fatal(error):
            raise
        ours = translate(error, vault.database.path)
        if isinstance(ours, DatabaseDamaged) and vault.database.when_damaged is not None:
            vault.database.when_damaged(ours.message)
        return ours.message
    except StorageError as error:
        return error.message
    if found != expected:
        return "the stored candles are not those the catalog tells of"
    return ""
