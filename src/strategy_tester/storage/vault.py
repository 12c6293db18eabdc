"""Journal and tables kept as one: every change goes to the journal first and carries its number into the tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import duckdb

from strategy_tester.domain.errors import StorageError
from strategy_tester.storage.connection import Connection
from strategy_tester.storage.database import Database
from strategy_tester.storage.failures import translate
from strategy_tester.storage.journal import Journal
from strategy_tester.storage.notices import NoticeListener
from strategy_tester.storage.reconcile import Comparison, compact, reconcile
from strategy_tester.storage.vault_tables import is_replayable, now_ms, roll_back

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Change(Generic[Answer]):
    """What a piece of work has done to the tables: its answer, and the record that belongs to it ("" for none)."""

    answer: Answer
    kind: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""


class Vault:
    """Writes in one transaction with the journal's number. Reads go to `database` directly."""

    def __init__(self, database: Database, journal: Journal, notify: NoticeListener) -> None:
        self.database = database
        self.journal = journal
        self._notify = notify
        self._comparison = Comparison()
        database.when_reopened = self._compare

    def start(self) -> Comparison:
        """Compare journal and tables and bring both up to date."""
        self.database.run(self._compare)
        self.database.run(lambda connection: compact(connection, self.journal))
        return self._comparison

    def write(self, work: Callable[[Connection], Change[Answer]]) -> Answer:
        """Let `work` change the tables, put its record into the journal, then commit.

        When this returns, the record is on the disk in the journal and in the database. An error at the commit is not
        taken for "not saved": the database is opened again, compared with the journal and brought up to it.

        Raises:
            StorageError: nothing was stored, or it is in the journal and the database cannot be opened now (then the
                message says so).
        """
        return self.database.run(lambda connection: self._write(connection, work))

    def close(self) -> None:
        """Close the database, then the journal."""
        try:
            self.database.close()
        finally:
            self.journal.close()

    def _compare(self, connection: Connection) -> None:
        self._comparison = reconcile(connection, self.journal, self._notify)

    def _write(self, connection: Connection, work: Callable[[Connection], Change[Answer]]) -> Answer:
        try:
            connection.execute("BEGIN")
            change = work(connection)
            number = self.journal.append(change.kind, now_ms(), change.body, change.payload) if change.kind else 0
        except BaseException:
            roll_back(connection)
            raise
        try:
            if number:
                connection.execute("UPDATE vault_state SET journal_number = ?", [number])
            connection.execute("COMMIT")
        except duckdb.Error as error:
            if not number:
                raise
            self._decide(number, change.kind, error)
        return change.answer

    def _decide(self, number: int, kind: str, error: duckdb.Error) -> None:
        """After a failed commit: reopen, look, and raise only if the change is not there."""
        try:
            self.database.reopen()
        except (StorageError, duckdb.Error) as second:
            hint = str(second) if isinstance(second, StorageError) else str(translate(second, self.database.path))
            raise StorageError(
                "The database failed while saving and does not open at once. "
                + (
                    "What was saved is in the journal and will be there"
                    if is_replayable(kind)
                    else "Look whether it is there"
                )
                + " at the next start.",
                hint=hint,
            ) from error
        if not is_replayable(kind) and self._comparison.number_found < number:
            raise translate(error, self.database.path) from error
