"""The journal: what cannot be downloaded again, one checked line per record, on the disk before anything else.

A line is a JSON object that starts with the first 16 hexadecimal digits of the SHA-256 of everything after them:
`{"sha256":"0123456789abcdef","number":7,"kind":"run_saved","at_ms":1700000000000,"body":{...},"payload":"..."}`.
Numbers rise by one from line to line. The first line is of kind `journal_begins` and carries the store's id.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from strategy_tester.domain.errors import StorageError
from strategy_tester.storage.durable_files import keep_aside, sync, sync_folder, write_all
from strategy_tester.storage.failures import file_errors

BEGINS = "journal_begins"
_OPENING = b'{"sha256":"'
_DIGITS = 16
_REST = len(_OPENING) + _DIGITS + 2  # closing quote and comma
_NUMBER = re.compile(rb'"number":(\d+),"kind":"([a-z_]+)","at_ms":(\d+),')
_RUN_ID = re.compile(rb'"body":\{"run_id":(\d+),')


@dataclass(frozen=True)
class Record:
    """One thing that happened. `payload` carries what is too large for JSON, such as a run's arrays."""

    number: int
    kind: str
    at_ms: int
    body: dict[str, Any]
    payload: bytes = b""


@dataclass(frozen=True)
class Line:
    """Where a good line lies, and what its head says."""

    number: int
    kind: str
    start: int
    length: int


@dataclass
class JournalState:
    """What a reading of the whole file found."""

    store_id: str = ""
    lines: list[Line] = field(default_factory=list)
    size: int = 0
    damaged_lines: int = 0
    torn_bytes: int = 0
    missing_numbers: int = 0

    @property
    def last_number(self) -> int:
        """Number of the last good record, 0 when there is none."""
        return self.lines[-1].number if self.lines else 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong with it apart from a torn end."""
        return not self.damaged_lines and not self.missing_numbers


def encode(record: Record) -> bytes:
    """The line of a record, newline included."""
    parts = [
        f'"number":{record.number},"kind":"{record.kind}","at_ms":{record.at_ms},"body":'.encode(),
        json.dumps(record.body, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode(),
    ]
    if record.payload:
        parts += [b',"payload":"', base64.b64encode(record.payload), b'"']
    rest = b"".join(parts) + b"}"
    return _OPENING + _checksum(rest) + b'",' + rest + b"\n"


def decode(line: bytes) -> Record:
    """The record of a good line."""
    found = json.loads(line)
    payload = base64.b64decode(found.get("payload", ""))
    return Record(found["number"], found["kind"], found["at_ms"], found["body"], payload)


def read_state(path: Path) -> JournalState:
    """Check every line of the file; changes nothing. A missing file is an empty journal."""
    state = JournalState()
    if not path.exists():
        return state
    with file_errors(path), path.open("rb") as file:
        for raw in file:
            _take(state, raw)
            state.size += len(raw)
    return state


def _take(state: JournalState, raw: bytes) -> None:
    head = _head(raw)
    if head is None:
        if raw.endswith(b"\n"):
            state.damaged_lines += 1
        else:
            state.torn_bytes = len(raw)
        return
    number, kind = head
    if state.lines and number <= state.last_number:
        state.damaged_lines += 1  # a part of an older journal behind a newer one
        return
    if state.lines:
        state.missing_numbers += number - state.last_number - 1
    elif kind == BEGINS:
        state.store_id = str(decode(raw).body["store_id"])
    else:
        state.missing_numbers += 1
    state.lines.append(Line(number, kind, state.size, len(raw)))


def _head(raw: bytes) -> tuple[int, str] | None:
    """Number and kind of a line, or None when its checksum does not fit."""
    if not raw.startswith(_OPENING) or not raw.endswith(b"}\n"):
        return None
    if raw[len(_OPENING) : _REST] != _checksum(raw[_REST:-1]) + b'",':
        return None
    found = _NUMBER.match(raw, _REST)
    return (int(found[1]), found[2].decode()) if found else None


def _checksum(rest: bytes) -> bytes:
    return hashlib.sha256(rest).hexdigest()[:_DIGITS].encode()


class Journal:
    """The journal opened for appending. Used by the database's thread alone."""

    def __init__(self, path: Path, state: JournalState) -> None:
        self.path = path
        self.state = state
        self._descriptor = -1
        self._end = state.size
        self._distrusted = False

    @property
    def last_number(self) -> int:
        """Number of the last record."""
        return self.state.last_number

    def records(self, after: int = 0) -> Iterator[Record]:
        """Good records with a number above `after`, oldest first."""
        wanted = [line for line in self.state.lines if line.number > after]
        if not wanted:
            return
        with file_errors(self.path), self.path.open("rb") as file:
            for line in wanted:
                file.seek(line.start)
                yield decode(file.read(line.length))

    def run_lines(self) -> Iterator[tuple[Line, int]]:
        """Lines that carry runs, with the run's number, without reading their payload."""
        with file_errors(self.path), self.path.open("rb") as file:
            for line in self.state.lines:
                if line.kind == "run_saved":
                    file.seek(line.start)
                    found = _RUN_ID.search(file.read(min(line.length, 4096)))
                    if found:
                        yield line, int(found[1])

    def append(self, kind: str, at_ms: int, body: dict[str, Any], payload: bytes = b"") -> int:
        """Write one record and bring it to the disk; returns its number. On failure nothing is added.

        Raises:
            DiskFull, StorageError: the record is not in the journal.
        """
        record = Record(self.last_number + 1, kind, at_ms, body, payload)
        line = encode(record)
        with file_errors(self.path):
            self._make_trusted()
            descriptor = self._open()
            try:
                write_all(descriptor, line)
                sync(descriptor)
            except OSError:
                self._distrusted = True
                self._take_back()
                raise
        self.state.lines.append(Line(record.number, kind, self._end, len(line)))
        self._end += len(line)
        self.state.size = self._end
        return record.number

    def drop_torn_end(self) -> Path | None:
        """Cut off what a crash left of a last line; the bytes are kept aside. Returns their place."""
        torn = self.state.torn_bytes
        if not torn:
            return None
        with file_errors(self.path):
            whole = self._end - torn
            with self.path.open("r+b") as file:
                file.seek(whole)
                kept = keep_aside(self.path.parent, self.path.name + ".torn", file.read())
                file.truncate(whole)
                sync(file.fileno())
        self._end = self.state.size = whole
        self.state.torn_bytes = 0
        return kept

    def take_over(self, state: JournalState) -> None:
        """Go on with a file that was written anew."""
        self.close()
        self.state = state
        self._end = state.size
        self._distrusted = False

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        if self._descriptor < 0:
            is_new = not self.path.exists()
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self.path, flags, 0o600)
            if is_new:
                sync_folder(self.path.parent)
        return self._descriptor

    def _take_back(self) -> None:
        """After a failed append: remove what may have been written, now or before the next append."""
        try:
            os.ftruncate(self._descriptor, self._end)
            sync(self._descriptor)
        except OSError:
            self.close()

    def _make_trusted(self) -> None:
        """After a failed sync the system may have forgotten unwritten pages: write the whole file anew."""
        if not self._distrusted:
            return
        self.close()
        content = self.path.read_bytes()[: self._end] if self.path.exists() else b""
        if len(content) != self._end:
            raise StorageError(f"{self.path} is shorter than what was written to it.")
        write_journal_file(self.path, [content])
        self._distrusted = False


def write_journal_file(path: Path, parts: "list[bytes] | Iterator[bytes]") -> None:
    """Make a whole journal under a temporary name, sync it and put it in place."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        sync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)
