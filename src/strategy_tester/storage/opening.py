"""Opening the data folder: lock, look at the files, repair, migrate, compare."""

import contextlib
import json
from pathlib import Path

import duckdb

from strategy_tester.domain.errors import DatabaseDamaged, StorageError
from strategy_tester.storage.child import salvage, schema_in
from strategy_tester.storage.connection import DATABASE_NAME, attach, wal_of
from strategy_tester.storage.database import Database
from strategy_tester.storage.durable_files import set_aside, sync_folder
from strategy_tester.storage.failures import file_errors, translate
from strategy_tester.storage.folder_lock import FolderLock
from strategy_tester.storage.journal import Journal, read_state
from strategy_tester.storage.notices import Notice, NoticeListener
from strategy_tester.storage.schema import migrate, newest_schema, refuse_newer
from strategy_tester.storage.vault import Vault

DATABASE_FILE = "bybit-strategy-tester.duckdb"
JOURNAL_FILE = "vault.journal"
CLEAN_MARK = "closed-cleanly.json"
RESCUE_MARK = "repair-at-next-start.txt"
_ATTEMPTS = 4


def open_vault(folder: Path, notify: NoticeListener) -> tuple[Vault, FolderLock]:
    """Open or make the folder's database and journal; see `stores.open_stores`."""
    with file_errors(folder / DATABASE_FILE):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FolderLock(folder)
    try:
        return _open_repairing(folder / DATABASE_FILE, notify), lock
    except BaseException:
        lock.release()
        raise


def mark_clean(path: Path) -> None:
    """Note that the database was closed in order, so that the next start need not look at it in a child process."""
    with contextlib.suppress(OSError):
        if not wal_of(path).exists() and not (path.parent / RESCUE_MARK).exists():
            (path.parent / CLEAN_MARK).write_text(json.dumps(_fingerprint(path)), "ascii")


def _open_repairing(path: Path, notify: NoticeListener) -> Vault:
    """Open; each time something turns out to be damaged, move it aside and try again."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _open(path, notify)
        except DatabaseDamaged as damage:
            _put_right(path, damage, notify)
    return _open(path, notify)


def _open(path: Path, notify: NoticeListener) -> Vault:
    journal = Journal(path.parent / JOURNAL_FILE, read_state(path.parent / JOURNAL_FILE))
    with file_errors(path):
        if not path.exists() and (path.parent / RESCUE_MARK).exists():
            _take_rescued(path)
        if path.exists():
            _look(path)
        else:
            _make_database(path, notify)
    database = Database(path)
    vault = Vault(database, journal, notify)
    try:
        database.run(lambda connection: migrate(connection, DATABASE_NAME))
        vault.start()
    except BaseException:
        vault.close()
        raise
    database.when_damaged = lambda reason: _damaged_while_running(path, reason, notify)
    return vault


def _look(path: Path) -> None:
    """Refuse a newer schema and find damage before the file is opened for writing; changes nothing in it."""
    rescue = path.parent / RESCUE_MARK
    if rescue.exists():
        raise DatabaseDamaged(rescue.read_text("utf-8"))
    mark = path.parent / CLEAN_MARK
    schema = _schema_if_clean(path, mark)
    if schema is None:
        schema = schema_in(path)
    refuse_newer(schema, path)
    mark.unlink(missing_ok=True)


def _schema_if_clean(path: Path, mark: Path) -> int | None:
    try:
        found = json.loads(mark.read_text("ascii"))
        is_same = {**_fingerprint(path), "schema": found["schema"]} == found and not wal_of(path).exists()
        return int(found["schema"]) if is_same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fingerprint(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"size": status.st_size, "modified_ns": status.st_mtime_ns, "schema": newest_schema()}


def _put_right(path: Path, damage: DatabaseDamaged, notify: NoticeListener) -> None:
    """Move what is damaged aside: the write-ahead file first, then the database itself. Nothing is deleted."""
    mark = path.parent / RESCUE_MARK
    with file_errors(path):
        if wal_of(path).exists() and not mark.exists():
            kept = set_aside(wal_of(path))
            notify(
                Notice(
                    "warning",
                    f"What was written last could not be read ({damage.message}).",
                    hint=f"The write-ahead file was kept as {kept.name}.",
                )
            )
            return
        lost = _salvage(path) if mark.exists() else []
        kept = set_aside(path)
        if wal_of(path).exists():
            wal_of(path).replace(wal_of(kept))  # it belongs to that file and is of no use to another
        if mark.exists():
            _take_rescued(path)
    notify(
        Notice(
            "warning",
            f"The database could not be read ({damage.message}). A new one was made; strategies, runs and drawings "
            "are taken from the journal.",
            hint=f"The old file was kept as {kept.name}.",
        )
    )
    if lost:
        notify(Notice("warning", f"These could not be read: {', '.join(lost)}.", hint="Import or download them again."))


def _salvage(path: Path) -> list[str]:
    """Copy what is readable into a file that waits beside the damaged one; returns what was lost."""
    temporary = _fresh_name(path)
    try:
        lost = salvage(path, temporary)
    except StorageError as error:
        return [f"everything ({error.message})"]
    temporary.replace(_rescued_name(path))
    return lost


def _take_rescued(path: Path) -> None:
    """Put the copy in place of the damaged file, also when a crash came between the two moves."""
    if _rescued_name(path).exists():
        _rescued_name(path).replace(path)
        sync_folder(path.parent)
    (path.parent / RESCUE_MARK).unlink(missing_ok=True)


def _rescued_name(path: Path) -> Path:
    return path.with_name(path.name + ".rescued")


def _make_database(path: Path, notify: NoticeListener) -> None:
    """Make an empty database under a temporary name, then rename it: no half-made file can stay."""
    if wal_of(path).exists():
        kept = set_aside(wal_of(path))
        notify(Notice("warning", f"A write-ahead file without its database was found and kept as {kept.name}."))
    (path.parent / CLEAN_MARK).unlink(missing_ok=True)
    temporary = _fresh_name(path)
    try:
        connection = attach(temporary)
        try:
            migrate(connection, DATABASE_NAME)
        finally:
            connection.close()
    except duckdb.Error as error:
        raise translate(error, path) from error
    temporary.replace(path)
    sync_folder(path.parent)


def _fresh_name(path: Path) -> Path:
    temporary = path.with_name(path.name + ".new")
    for leftover in (temporary, wal_of(temporary)):
        leftover.unlink(missing_ok=True)  # half made by a start that did not end: it holds nothing of its own
    return temporary


def _damaged_while_running(path: Path, reason: str, notify: NoticeListener) -> None:
    mark = path.parent / RESCUE_MARK
    if mark.exists():
        return
    with contextlib.suppress(OSError):
        mark.write_text(reason, "utf-8")
    notify(
        Notice(
            "error",
            f"A part of the database is damaged: {reason}",
            hint="Close and start the program: it moves everything readable into a new database.",
        )
    )
