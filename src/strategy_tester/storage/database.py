"""The one owner of the DuckDB file: a thread that holds the connection, and everybody else's way to it."""

import atexit
import contextlib
import queue
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from strategy_tester.domain.errors import DatabaseDamaged, DiskFull, StorageError
from strategy_tester.storage.connection import DATABASE_NAME, TEMPORARY_FOLDER, Connection, attach, wal_of
from strategy_tester.storage.failures import is_damage, is_fatal, translate

Answer = TypeVar("Answer")

_IDLE_SECONDS = 2.0
_CHECKPOINT_WAL_BYTES = 4 << 20
_FREE_MARGIN_BYTES = 64 << 20


class Database:
    """Runs work on the database's own thread. Safe to call from any thread; calls wait for their turn.

    Args:
        path: The DuckDB file; it must exist with the newest schema (see `opening`).

    Attributes:
        when_reopened: Called on the database's thread with a fresh connection after the engine had to be reopened.
        when_damaged: Called on the database's thread with a sentence when a part of the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.when_reopened: Callable[[Connection], None] | None = None
        self.when_damaged: Callable[[str], None] | None = None
        self._requests: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._is_closed = False
        self._checkpoint_failed = False
        self._must_compare = False
        self._thread = threading.Thread(target=self._serve, name="database", daemon=True)
        self._thread.start()
        # An engine still open at the interpreter's end prints complaints to the terminal.
        atexit.register(self.close)

    def run(self, work: Callable[[Connection], Answer]) -> Answer:
        """Do `work(connection)` on the database's thread and wait for its answer.

        Work that fails because the engine died is done once more after reopening, so it must be repeatable: reads,
        and writes that the vault wraps.

        Raises:
            StorageError: ours for every error of DuckDB's.
        """
        return self._ask(lambda: self._attempt(work))

    def close(self) -> None:
        """Checkpoint, close the file and end the thread. Safe to call twice."""
        atexit.unregister(self.close)
        if self._is_closed:
            return
        try:
            self._ask(self._close_connection)
        finally:
            self._is_closed = True
            self._requests.put(None)
            self._thread.join(timeout=30.0)

    # The rest runs on the database's thread.

    def reopen(self) -> Connection:
        """Close the engine, open it again and let `when_reopened` compare. Only on the database's thread."""
        self._drop_connection()
        self._must_compare = True
        return self._open()

    def checkpoint(self, connection: Connection) -> None:
        """Bring the write-ahead file into the database file, if there is room for it."""
        wal_bytes = wal_of(self.path).stat().st_size if wal_of(self.path).exists() else 0
        if not wal_bytes:
            return
        if shutil.disk_usage(self.path.parent).free < 2 * wal_bytes + _FREE_MARGIN_BYTES:
            raise DiskFull(f"There is too little room on the disk to tidy {self.path}.", hint="Free some space.")
        connection.execute(f"CHECKPOINT {DATABASE_NAME}")

    def _ask(self, task: Callable[[], Answer]) -> Answer:
        if threading.current_thread() is self._thread:
            return task()
        if self._is_closed:
            raise StorageError("The database is closed.")
        future: Future[Answer] = Future()
        self._requests.put((task, future))
        return future.result()

    def _serve(self) -> None:
        while True:
            try:
                request = self._requests.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                self._tidy_when_idle()
                continue
            if request is None:
                return
            task, future = request
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001 - belongs to the caller, whatever it is
                future.set_exception(error)

    def _attempt(self, work: Callable[[Connection], Answer]) -> Answer:
        try:
            return work(self._open())
        except duckdb.Error as error:
            if not is_fatal(error) or is_damage(error):
                raise self._translated(error) from error
        try:
            return work(self.reopen())
        except duckdb.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: duckdb.Error) -> StorageError:
        ours = translate(error, self.path)
        if is_fatal(error):
            self._drop_connection()  # the next request opens it again
            self._must_compare = True
        if isinstance(ours, DatabaseDamaged) and self.when_damaged is not None:
            self.when_damaged(ours.message)
        return ours

    def _open(self) -> Connection:
        if self._connection is None:
            try:
                self._connection = attach(self.path)
            except (duckdb.Error, OSError) as error:
                raise translate(error, self.path) from error
        if self._must_compare and self.when_reopened is not None:
            self._must_compare = False
            try:
                self.when_reopened(self._connection)
            except BaseException:
                self._drop_connection()
                self._must_compare = True
                raise
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(duckdb.Error):
                connection.close()

    def _close_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(duckdb.Error, StorageError):  # the write-ahead file keeps what is not in yet
                self.checkpoint(self._connection)
        self._drop_connection()
        shutil.rmtree(self.path.parent / TEMPORARY_FOLDER, ignore_errors=True)

    def _tidy_when_idle(self) -> None:
        wal = wal_of(self.path)
        if self._connection is None or self._checkpoint_failed:
            return
        if not wal.exists() or wal.stat().st_size < _CHECKPOINT_WAL_BYTES:
            return
        try:
            self.checkpoint(self._connection)
        except (duckdb.Error, StorageError):
            # A failed checkpoint kills the engine; what was committed is safe in the write-ahead file. Once is enough.
            self._checkpoint_failed = True
            with contextlib.suppress(duckdb.Error, StorageError):
                self.reopen()
