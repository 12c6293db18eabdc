"""Journal and tables compared by their counters, and each rebuilt from the other where it is behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from strategy_tester.storage.connection import Connection
from strategy_tester.storage.durable_files import copy_aside, drop_oldest
from strategy_tester.storage.journal import (
    BEGINS,
    Journal,
    JournalState,
    Record,
    encode,
    read_state,
    write_journal_file,
)
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
_GENERATION_SUFFIX = ".generation"
_COMPACT_FROM_BYTES = 64 << 20
_KEPT = "The old journal is kept in the folder set-aside. Nothing needs to be done."


@dataclass(frozen=True)
class Comparison:
    """What a comparison met: the counter found in the tables, and how many records were brought into them."""

    number_found: int = 0
    replayed: int = 0


def reconcile(connection: Connection, journal: Journal, notify: NoticeListener) -> Comparison:
    """Compare the journal's last number with the tables' and repair whichever is behind; says what it did.

    The tables behind: the missing records are replayed. The journal behind, cut, damaged, foreign or gone: a copy is
    kept aside and the journal is written anew from the tables.
    """
    store_id, number, _ = read_table_state(connection)
    state = journal.state
    is_new = not store_id
    if is_new and not (state.lines or state.damaged_lines or state.torn_bytes):
        _begin(connection, journal)
        return Comparison()
    if store_id and state.store_id and state.store_id != store_id:
        _rewrite(connection, journal, store_id)
        notify(_foreign(journal))
        return Comparison(number)
    _drop_torn_end(journal, number, notify)
    replayed = _replay(connection, journal, number)
    if is_new:
        store_id = state.store_id or new_store_id()
        connection.execute("UPDATE vault_state SET store_id = ?", [store_id])
    if replayed:
        notify(_replayed(replayed))
    problem = _journal_problem(state, number, is_new=is_new)
    is_behind = number < journal.last_number
    if problem is not None:
        _rewrite(connection, journal, store_id)
        notify(problem)
    if is_behind:
        _settle_candles(connection, journal, notify)
    return Comparison(number, replayed)


def compact(connection: Connection, journal: Journal) -> bool:
    """Leave out what was deleted, when that is most of a large journal; three generations of the old file are kept."""
    if journal.state.size < _COMPACT_FROM_BYTES or not journal.state.is_whole:
        return False
    store_id, number, _ = read_table_state(connection)
    if number != journal.last_number or store_id != journal.state.store_id:
        return False
    runs = {int(row[0]) for row in connection.execute("SELECT run_id FROM runs").fetchall()}
    living = sum(line.length for line, run_id in journal.run_lines() if run_id in runs)
    if journal.state.size < 2 * living + _COMPACT_FROM_BYTES:
        return False
    _rewrite(connection, journal, store_id, _GENERATION_SUFFIX)
    drop_oldest(journal.path.parent, f"*{_GENERATION_SUFFIX}", _GENERATIONS)
    return True


def _begin(connection: Connection, journal: Journal) -> None:
    store_id = new_store_id()
    number = journal.append(BEGINS, now_ms(), begin_body(store_id))
    connection.execute("UPDATE vault_state SET store_id = ?, journal_number = ?", [store_id, number])
    journal.state.store_id = store_id


def _drop_torn_end(journal: Journal, number: int, notify: NoticeListener) -> None:
    kept = journal.drop_torn_end()
    if kept is not None and number <= journal.last_number:
        text = "The last entry of the journal is incomplete: the program was stopped while writing it. It was left out."
        notify(Notice("info", text, hint=f"What was there is kept as {kept.name}."))


def _replay(connection: Connection, journal: Journal, after: int) -> int:
    """Bring records into the tables; returns how many changed strategies, runs or drawings."""
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


def _settle_candles(connection: Connection, journal: Journal, notify: NoticeListener) -> None:
    """Name the series that the journal knows better than the tables, and put what is there into the journal."""
    expected: dict[tuple[str, ...], dict[str, Any]] = {}
    for record in journal.records():
        if record.kind in {CANDLES_WRITTEN, CANDLES_DELETED}:
            expected.pop(_key(record.body), None)
            if record.kind == CANDLES_WRITTEN:
                expected[_key(record.body)] = record.body
    stored = {_key(body): body for body in read_catalog(connection)}
    missing = [key for key, body in expected.items() if stored.get(key) != body]
    for key in missing:
        kind, body = (CANDLES_WRITTEN, stored[key]) if key in stored else (CANDLES_DELETED, expected[key])
        number = journal.append(kind, now_ms(), body)
        connection.execute("UPDATE vault_state SET journal_number = ?", [number])
    if missing:
        names = ", ".join(" ".join(key) for key in missing[:8])
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        text = f"Candles written last are not in the database: {names}{more}."
        notify(Notice("warning", text, hint="Import or download them again."))


def _key(body: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(body[name]) for name in SERIES_COLUMNS[:3])


def _rewrite(connection: Connection, journal: Journal, store_id: str, suffix: str = "") -> None:
    """Write the journal anew from the tables; the old file is kept aside."""
    _, number, last_run_id = read_table_state(connection)
    first = max(number, journal.last_number) + 1
    journal.close()
    if journal.path.exists():
        copy_aside(journal.path, suffix)
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


def _replayed(count: int) -> Notice:
    what = "1 saved change" if count == 1 else f"{count} saved changes"
    return Notice(
        "info", f"{what} to strategies, runs and drawings came from the journal, because the database did not have it."
    )


def _journal_problem(state: JournalState, number: int, *, is_new: bool) -> Notice | None:
    """What is wrong with the journal, in words; None when it is whole and not behind."""
    unread = max(state.damaged_lines, state.missing_numbers)
    if unread and (is_new or number < state.last_number):
        text = f"{unread} damaged entries of the journal could not be read, and the database may not have them either."
        return Notice("error", text, hint="Look whether a strategy, a run or a drawing is missing. " + _KEPT)
    if unread:
        return Notice("warning", f"The journal was damaged ({unread} entries); it was written anew.", hint=_KEPT)
    if not state.lines:
        return Notice("warning", "The journal was missing; it was written anew from the database.", hint=_KEPT)
    if number > state.last_number:
        text = (
            f"The journal was cut or replaced by an older one: it ended at entry {state.last_number}, the database at"
        )
        return Notice("warning", f"{text} {number}. It was written anew.", hint=_KEPT)
    return None


def _foreign(journal: Journal) -> Notice:
    text = f"{journal.path.name} belongs to another database; a new one was written from the tables."
    hint = "If you copied files between machines, copy the database and the journal together. " + _KEPT
    return Notice("error", text, hint=hint)
