"""Is everything stored readable and consistent: what `bst doctor` asks."""

from collections.abc import Callable

import numpy as np

from strategy_tester.domain.errors import StorageError
from strategy_tester.storage.connection import Connection, fetch_columns, fetch_one
from strategy_tester.storage.journal import read_state
from strategy_tester.storage.notices import Notice
from strategy_tester.storage.run_codec import TABLES
from strategy_tester.storage.vault import Vault
from strategy_tester.storage.vault_tables import read_state as read_table_state

_CATALOG = (
    "SELECT series_id, candles, first_open_ms, last_open_ms, symbol || ' ' || timeframe || ' ' || source FROM series"
)
_REPAIR = "Close and start the program: it repairs what can be repaired."
Reading = tuple[int, int, int] | None
_OTHER_TABLES = (
    "strategies", "runs", "drawings", "funding", "market_values", "instruments", "coverage", "listings", "risk_tiers",
    "fee_tiers", *TABLES,
)  # fmt: skip


def check(vault: Vault) -> list[Notice]:
    """Read every block of the database and every line of the journal; returns what is wrong, in words."""
    try:
        notices = vault.database.run(lambda connection: _check_journal(vault, connection))
        rows = vault.database.run(lambda connection: connection.execute(_CATALOG).fetchall())
    except StorageError as error:
        return [Notice("error", error.message, hint=_REPAIR)]
    for series_id, candles, first, last, name in rows:
        expected = (candles, first, last)
        problem = _problem(vault, lambda connection, found=series_id: _times(connection, found), expected)
        if problem:
            notices.append(Notice("error", f"{name}: {problem}", hint=_REPAIR))
    for table in _OTHER_TABLES:
        problem = _problem(vault, lambda connection, found=table: _read_all(connection, found), None)
        if problem:
            notices.append(Notice("error", f"Table {table}: {problem}", hint=_REPAIR))
    return notices


def _check_journal(vault: Vault, connection: Connection) -> list[Notice]:
    state = read_state(vault.journal.path)
    texts: list[str] = []
    if not state.is_whole or state.torn_bytes:
        texts.append(f"The journal has {max(state.damaged_lines, state.missing_numbers, 1)} damaged entries.")
    number = read_table_state(connection)[1]
    if not state.last_number == number == vault.journal.last_number:
        texts.append(f"The journal ends at entry {state.last_number}, the database at {number}.")
    return [Notice("error", text, hint=_REPAIR) for text in texts]


def _times(connection: Connection, series_id: int) -> tuple[int, int, int]:
    """Read all columns of a series; returns how many candles there are, the first and the last time."""
    times = fetch_columns(connection, "SELECT open_time_ms FROM candles WHERE series_id = ?", [series_id])[
        "open_time_ms"
    ]
    count = int(times.size)
    if not np.all(times[1:] > times[:-1]):
        times = np.unique(times)
    if times.size != count:
        raise StorageError("open times are stored twice")
    # A hash makes the engine read, and check, every block of these columns.
    fetch_one(
        connection,
        "SELECT bit_xor(hash(open, high, low, close, volume, turnover)) FROM candles WHERE series_id = ?",
        [series_id],
    )
    return (count, int(times[0]), int(times[-1])) if count else (0, 0, 0)


def _read_all(connection: Connection, table: str) -> None:
    # A hash over whole rows makes the engine read, and check, every block of every column.
    fetch_one(connection, f"SELECT bit_xor(hash(rows)) FROM {table} AS rows")  # noqa: S608 - ours


def _problem(vault: Vault, read: Callable[[Connection], Reading], expected: Reading) -> str:
    try:
        found = vault.database.run(read)
    except StorageError as error:
        return error.message
    return "" if found == expected else "the stored candles are not those the catalog tells of"
