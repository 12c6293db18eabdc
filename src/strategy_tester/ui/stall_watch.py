"""Watches that the UI thread stays awake: every stall is written down with the stack of what held it up.

Two clocks watch. A thread of ours looks at the UI thread's heartbeat and takes its stack while the stall lasts; it is
kept from running itself while native code holds the interpreter, so the heartbeat, once it is back, also counts stalls
that the thread could not see. A stall of two seconds makes the interpreter's own fault handler, which needs neither,
write the stacks of all threads.
"""

import faulthandler
import logging
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO

from PySide6.QtCore import QObject, QTimer, Signal

logger = logging.getLogger(__name__)
STALL_MS = 200
"""So long the UI thread may be busy before it counts as stalled."""
ALL_STACKS_S = 2.0
"""So long a stall lasts before the stacks of all threads are written."""
_BEAT_MS = 50
_ARM_EVERY_S = 0.4
_KEPT_STALLS = 200
_LARGEST_FILE_BYTES = 1_000_000


@dataclass(frozen=True)
class Stall:
    """One time in which the UI thread did not answer.

    Attributes:
        began_at: Seconds since the epoch.
        duration_ms: How long it lasted.
        stack: What the UI thread was doing when the stall was noticed; says so when nobody could look.
    """

    began_at: float
    duration_ms: float
    stack: str


class StallWatch(QObject):
    """Make it on the thread to watch; `start` and `stop` belong there too.

    Args:
        file: Stalls are written here; None keeps them in memory only.
        parent: Qt's parent.
    """

    stalled = Signal(object)
    """A Stall is over."""

    def __init__(self, file: TextIO | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stalls: deque[Stall] = deque(maxlen=_KEPT_STALLS)
        """The latest ones, oldest first."""
        self.count = 0
        self._file = file
        self._watched = threading.get_ident()
        self._last_beat = self._armed_at = 0.0
        self._stack = ""
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self, interval=_BEAT_MS)
        self._timer.timeout.connect(self.beat)

    def start(self) -> None:
        """Begin to watch."""
        self._last_beat = time.monotonic()
        self._ends.clear()
        self._thread = threading.Thread(target=self._look, name="stall-watch", daemon=True)
        self._thread.start()
        self._timer.start()
        self._arm()

    def stop(self) -> None:
        """Watch no longer. Safe to call twice."""
        self._timer.stop()
        self._ends.set()
        if self._thread is not None:
            self._thread.join(1.0)
            self._thread = None
            faulthandler.cancel_dump_traceback_later()

    def beat(self) -> None:
        """The UI thread is awake; called by a timer."""
        now = time.monotonic()
        late_ms = (now - self._last_beat) * 1000.0 - _BEAT_MS
        stack, self._stack = self._stack, ""
        self._last_beat = now
        self._arm()
        if late_ms > STALL_MS:
            self._note(Stall(time.time() - late_ms / 1000.0, late_ms, stack or "nobody could look: native code"))

    def _arm(self) -> None:
        # Arming starts a thread in C (40 µs); the file must stay open as long.
        if self._file is not None and self._last_beat - self._armed_at > _ARM_EVERY_S:
            self._armed_at = self._last_beat
            faulthandler.dump_traceback_later(ALL_STACKS_S, file=self._file)

    def _look(self) -> None:
        with tempfile.TemporaryFile() as paper:
            while not self._ends.wait(_BEAT_MS / 1000.0):
                is_late = (time.monotonic() - self._last_beat) * 1000.0 > STALL_MS
                if is_late and not self._stack:
                    self._stack = _stack_of(self._watched, paper)

    def _note(self, stall: Stall) -> None:
        self.stalls.append(stall)
        self.count += 1
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stall.began_at))
        logger.warning("the window did not answer for %.0f ms", stall.duration_ms)
        if self._file is not None and self._file.tell() < _LARGEST_FILE_BYTES:
            self._file.write(f"{when} stalled for {stall.duration_ms:.0f} ms\n{stall.stack}\n")
            self._file.flush()
        self.stalled.emit(stall)


def _stack_of(thread: int, paper: IO[bytes]) -> str:
    """What a thread is doing, most recent call first.

    Through the fault handler, which only reads: a frame held here would keep the thread's locals alive, and what they
    hold would be destroyed on this thread when the other one has gone on. For Qt's objects that is fatal.
    """
    paper.seek(0)
    paper.truncate()
    faulthandler.dump_traceback(paper, all_threads=True)
    paper.seek(0)
    stacks = paper.read().decode("utf-8", "replace").split("\n\n")
    return next((stack for stack in stacks if f"{thread:016x}" in stack.partition("\n")[0]), "")


def open_stall_file(path: Path) -> TextIO:
    """A file for `StallWatch`, readable by its owner alone."""
    path.touch(mode=0o600)
    return path.open("w", encoding="utf-8")
