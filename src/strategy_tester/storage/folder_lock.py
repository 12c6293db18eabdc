"""One owner per data folder: a locked file, released by the system when the process ends, however it ends."""

import contextlib
import os
import sys
from pathlib import Path

from strategy_tester.storage.failures import file_errors, locked

LOCK_FILE = "in-use.lock"
_LOCKED_BYTE = 1 << 20  # far behind the text, so that Windows lets others read who the owner is


class FolderLock:
    """Holds the lock from creation to `release`.

    Raises:
        DatabaseLocked: another process, or another opening in this one, has the folder.
        StorageError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK_FILE
        with file_errors(self.path):
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError:
            owner = _owner(self._descriptor)
            os.close(self._descriptor)
            raise locked(self.path, owner) from None
        # Who holds it is a courtesy to the second start; a full disk must not keep the first one from starting.
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, str(os.getpid()).encode())

    @property
    def is_released(self) -> bool:
        """Whether `release` was called."""
        return self._descriptor < 0

    def release(self) -> None:
        """Let the next one in. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - only there

        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl  # noqa: PLC0415 - not on Windows

        # flock, not lockf: it also keeps apart two openings inside one process.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _owner(descriptor: int) -> str:
    with contextlib.suppress(OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = os.read(descriptor, 32).decode("ascii", "replace").strip()
        return text if text.isdigit() else ""
    return ""
