"""Journal and tables compared by their counters, and each rebuilt from the other where it is behind."""

from collections.abc import Iterator
from dataclasses import dataclass

from strategy_tester.storage.connection import Connection
from strategy_tester.storage.durable_files import copy_aside, drop_oldest
from strategy_tester.storage.journal import BEGINS, Journal, Record, encode, read_state, write_journal_file
from strategy_tester.storage.notices import Notice, NoticeListener
from strategy_tester.storage.vault_tables import (
    CANDLES_DELETED,
    CANDLES_WRITTEN,
    SERIES_COLUMNS,
    apply,
    begin_body,
    is_replayable,
    new_store_id,
    now_ms,
    read_catalog,
    roll_back,
    snapshot,
)
from strategy_tester.storage.vault_tables import read_state as read_table_state

_BATCH = 64
_GENERATIONS = 3


@dataclass(frozen=True)
class Comparison:
    """What a comparison met: the counter found in the tables, and how many records were brought into them."""

    number_found: int = 0
    replayed: int = 0


def reconcile(connection: Connection, journal: Journal, notify: NoticeListener) -> Comparison:
    """Compare the journal's last number with the tables' and repair whichever is behind; says what it did.

    The tables behind: the missing records are replayed. The journal behind, cut, damaged or gone: a copy is kept
    aside and the journal is written anew from the tables.
    """
    store_id, number, _ = read_table_state(connection)
    state = journal.state
    is_new_database = not store_id
    if not state.lines and not state.damaged_lines and not state.torn_bytes and is_new_database:
        _begin(connection, journal)
        return Comparison()
    if store_id and state.store_id and state.store_id != store_id:
        _rewrite(connection, journal, store_id)
        notify(_foreign_journal(journal))
        return Comparison(number)
    kept = journal.drop_torn_end()
    if kept is not None and number <= journal.last_number:
        notify(Notice("info", "The last entry of the journal was incomplete (the program was stopped while writing it) "
                      f"and was left out. It is kept as {kept.name}."))  # fmt: skip
    replayed = _replay(connection, journal, number)
    if is_new_database:
        store_id = state.store_id or new_store_id()
        connection.execute("UPDATE vault_state SET store_id = ?", [store_id])
    if replayed:
        notify(Notice("info" if not is_new_database else "warning",
                      f"{replayed} saved change{'s' if replayed > 1 else ''} (strategies and runs) were taken from the journal, "
                      "because the database did not have them."))  # fmt: skip
    if number < journal.last_number or is_new_database:
        _tell_missing_candles(connection, journal, notify)
    if not state.is_whole or number > journal.last_number or not state.store_id:
        notice = _journal_notice(journal, number)
        lost = max(0, state.damaged_lines + state.missing_numbers) if is_new_database else 0
        _rewrite(connection, journal, store_id)
        notify(notice if not lost else Notice("error", f"{lost} damaged entries of the journal could not be read, and the "
               "database is new: strategies or runs may be missing.", hint=notice.hint))  # fmt: skip
    return Comparison(number, replayed)


def _begin(connection: Connection, journal: Journal) -> None:
    store_id = new_store_id()
    number = journal.append(BEGINS, now_ms(), begin_body(store_id))
    connection.execute("UPDATE vault_state SET store_id = ?, journal_number = ?", [store_id, number])
    journal.state.store_id = store_id


def _replay(connection: Connection, journal: Journal, after: int) -> int:
    replayed = 0
    for batch in _batches(journal.records(after)):
        connection.execute("BEGIN")
        try:
            for record in batch:
                apply(connection, record)
            connection.execute("UPDATE vault_state SET journal_number = ?", [batch[-1].number])
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise
        replayed += sum(is_replayable(record.kind) for record in batch)
    return replayed


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _tell_missing_candles(connection: Connection, journal: Journal, notify: NoticeListener) -> None:
    """Name the series that the journal knows and the tables do not have in full."""
    expected: dict[tuple[str, ...], dict[str, object]] = {}
    for record in journal.records():
        if record.kind in {CANDLES_WRITTEN, CANDLES_DELETED}:
            key = tuple(str(record.body[name]) for name in SERIES_COLUMNS[:3])
            expected.pop(key, None)
            if record.kind == CANDLES_WRITTEN:
                expected[key] = record.body
    stored = {tuple(str(row[name]) for name in SERIES_COLUMNS[:3]): row for row in read_catalog(connection)}
    missing = [" ".join(key) for key, body in expected.items() if stored.get(key) != body]
    if missing:
        names = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
        notify(
            Notice(
                "warning",
                f"Candles written last are not in the database: {names}.",
                hint="Import or download them again.",
            )
        )


def _rewrite(connection: Connection, journal: Journal, store_id: str) -> None:
    """Write the journal anew from the tables; the old file is kept aside as a generation."""
    _, number, last_run_id = read_table_state(connection)
    first = max(number, journal.last_number) + 1
    journal.close()
    if journal.path.exists():
        copy_aside(journal.path)
    last = first

    def lines() -> Iterator[bytes]:
        nonlocal last
        yield encode(Record(first, BEGINS, now_ms(), {**begin_body(store_id), "last_run_id": last_run_id}))
        for kind, at_ms, body, payload in snapshot(connection):
            last += 1
            yield encode(Record(last, kind, at_ms, body, payload))

    write_journal_file(journal.path, lines())
    connection.execute("UPDATE vault_state SET journal_number = ?", [last])
    journal.take_over(read_state(journal.path))
    drop_oldest(journal.path.parent, f"*-{journal.path.name}", _GENERATIONS)


def _journal_notice(journal: Journal, number: int) -> Notice:
    state = journal.state
    hint = "The old journal is kept in the folder set-aside. Nothing needs to be done."
    if not state.lines and not state.damaged_lines:
        return Notice("warning", "The journal was missing; it was written anew from the database.", hint=hint)
    if not state.is_whole or not state.store_id:
        count = state.damaged_lines or state.missing_numbers
        return Notice(
            "warning", f"The journal was damaged ({count} entries); it was written anew from the database.", hint=hint
        )
    return Notice(
        "warning",
        f"The journal was cut or replaced by an older one (it ends at entry {journal.last_number}, the database at {number}); "
        "it was written anew from the database.",
        hint=hint,
    )


def _foreign_journal(journal: Journal) -> Notice:
    return Notice(
        "error",
        f"{journal.path.name} belongs to another database. It was kept in the folder set-aside and a new one was written.",
        hint="If you copied files between machines, copy the database and the journal together.",
    )
