"""Opening the data folder: lock, look at the files, repair, migrate, compare."""

from pathlib import Path

import duckdb

from strategy_tester.storage.connection import DATABASE_NAME, attach
from strategy_tester.storage.database import Database
from strategy_tester.storage.failures import file_errors, translate
from strategy_tester.storage.journal import Journal, read_state
from strategy_tester.storage.notices import NoticeListener
from strategy_tester.storage.schema import migrate
from strategy_tester.storage.vault import Vault

DATABASE_FILE = "bybit-strategy-tester.duckdb"
JOURNAL_FILE = "vault.journal"


def open_vault(folder: Path, notify: NoticeListener) -> Vault:
    """Open or make the folder's database and journal; see `stores.open_stores`."""
    with file_errors(folder / DATABASE_FILE):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / DATABASE_FILE
    if not path.exists():
        _make_database(path)
    journal = Journal(folder / JOURNAL_FILE, read_state(folder / JOURNAL_FILE))
    database = Database(path)
    vault = Vault(database, journal, notify)
    try:
        database.run(lambda connection: migrate(connection, DATABASE_NAME))
        vault.start()
    except BaseException:
        vault.close()
        raise
    return vault


def _make_database(path: Path) -> None:
    """Make an empty database under a temporary name, then rename it: no half-made file can stay."""
    temporary = path.with_name(path.name + ".new")
    try:
        temporary.unlink(missing_ok=True)
        connection = attach(temporary)
        try:
            migrate(connection, DATABASE_NAME)
        finally:
            connection.close()
        temporary.replace(path)
    except (duckdb.Error, OSError) as error:
        raise translate(error, path) from error
