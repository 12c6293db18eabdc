"""One line per record: whole, in order, and noticed when it is not."""

import errno
import json
import os
from pathlib import Path

import pytest

from strategy_tester.domain.errors import DiskFull, StorageError
from strategy_tester.storage import journal as journal_module
from strategy_tester.storage.journal import BEGINS, Journal, Record, decode, encode, read_state


def make_journal(folder: Path, records: int = 3) -> Journal:
    path = folder / "vault.journal"
    journal = Journal(path, read_state(path))
    journal.append(BEGINS, 1, {"store_id": "abc"})
    for number in range(records):
        journal.append("strategy_saved", 2, {"name": f"s{number}"})
    return journal


def test_a_line_is_json_and_comes_back(tmp_path: Path) -> None:
    record = Record(7, "run_saved", 1_700_000_000_000, {"name": "Ä\n", "x": 0.1}, b"\x00\xff")
    line = encode(record)
    assert json.loads(line)["number"] == 7
    assert line.count(b"\n") == 1
    assert decode(line) == record


def test_records_come_back_in_order_after_reopening(tmp_path: Path) -> None:
    make_journal(tmp_path).close()
    path = tmp_path / "vault.journal"
    reopened = Journal(path, read_state(path))
    assert (reopened.state.store_id, reopened.last_number, reopened.state.is_whole) == ("abc", 4, True)
    assert [record.body["name"] for record in reopened.records(after=2)] == ["s1", "s2"]
    assert reopened.append("strategy_saved", 3, {}) == 5


def test_every_single_flipped_bit_is_noticed(tmp_path: Path) -> None:
    make_journal(tmp_path, 1).close()
    path = tmp_path / "vault.journal"
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in (0, 3, 7):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            state = read_state(path)
            assert not (state.is_whole and state.last_number == 2 and not state.torn_bytes), (place, bit)


def test_good_records_around_a_damaged_one_are_kept(tmp_path: Path) -> None:
    make_journal(tmp_path).close()
    path = tmp_path / "vault.journal"
    path.write_bytes(path.read_bytes().replace(b'"s1"', b'"sX"'))
    state = read_state(path)
    assert [line.number for line in state.lines] == [1, 2, 4]
    assert (state.damaged_lines, state.missing_numbers) == (1, 1)


def test_a_missing_line_and_a_repeated_one_are_noticed(tmp_path: Path) -> None:
    make_journal(tmp_path).close()
    path = tmp_path / "vault.journal"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] + lines[3])
    assert read_state(path).missing_numbers == 1
    path.write_bytes(b"".join(lines) + lines[1])
    assert read_state(path).damaged_lines == 1


def test_a_torn_end_is_cut_off_and_kept_aside(tmp_path: Path) -> None:
    make_journal(tmp_path).close()
    path = tmp_path / "vault.journal"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"sha256":"12')
    journal = Journal(path, read_state(path))
    kept = journal.drop_torn_end()
    assert kept is not None
    assert kept.read_bytes() == b'{"sha256":"12'
    assert path.read_bytes() == whole
    assert journal.append("strategy_saved", 3, {}) == 5


@pytest.mark.parametrize("function", ["write", "fsync"])
def test_a_failed_append_adds_nothing_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    journal = make_journal(tmp_path)
    path = tmp_path / "vault.journal"
    before = path.read_bytes()

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, function, fail)
        with pytest.raises(DiskFull):
            journal.append("strategy_saved", 3, {"name": "never"})
    assert path.read_bytes() == before
    assert journal.append("strategy_saved", 3, {"name": "later"}) == 5
    state = read_state(path)
    assert (state.is_whole, state.last_number, state.torn_bytes) == (True, 5, 0)


def test_after_a_failed_sync_the_file_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = make_journal(tmp_path)
    path = tmp_path / "vault.journal"
    inode = path.stat().st_ino
    with monkeypatch.context() as broken:
        broken.setattr(journal_module, "sync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "I/O error")))
        with pytest.raises(StorageError):
            journal.append("strategy_saved", 3, {})
    journal.append("strategy_saved", 3, {})
    assert path.stat().st_ino != inode
    assert read_state(path).last_number == 5


def test_a_number_that_json_does_not_know_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        journal.append("strategy_saved", 3, {"x": float("nan")})
    assert read_state(tmp_path / "vault.journal").last_number == 4
