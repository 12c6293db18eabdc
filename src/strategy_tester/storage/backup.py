"""Dated copies of database and journal, made while the program works."""

import contextlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from strategy_tester.storage.connection import BACKUP_FOLDER, DATABASE_NAME, STORAGE_VERSION, Connection
from strategy_tester.storage.durable_files import sync_folder
from strategy_tester.storage.failures import file_errors
from strategy_tester.storage.vault import Vault


def back_up(vault: Vault) -> Path:
    """Copy everything into a new folder below `backups`; opening that folder as a data folder is the way back.

    Raises:
        DiskFull, StorageError: there is no backup.
    """
    return vault.database.run(lambda connection: _back_up(vault, connection))


def _back_up(vault: Vault, connection: Connection) -> Path:
    path = vault.database.path
    target = path.parent / BACKUP_FOLDER / datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    with file_errors(path):
        target.mkdir(parents=True)
        try:
            _copy_database(connection, target / path.name)
            shutil.copyfile(vault.journal.path, target / vault.journal.path.name)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        sync_folder(target)
    return target


def _copy_database(connection: Connection, copy: Path) -> None:
    quoted = str(copy).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS copied (TYPE duckdb, STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        connection.execute(f"COPY FROM DATABASE {DATABASE_NAME} TO copied")
        connection.execute("CHECKPOINT copied")
    finally:
        with contextlib.suppress(duckdb.Error):
            connection.execute("DETACH copied")
