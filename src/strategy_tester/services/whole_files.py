"""Files that are written whole or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from strategy_tester.domain.errors import DiskFull, StorageError


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Put content under a name: all of it or, when anything fails, what was there before.

    Raises:
        DiskFull: no room left.
        StorageError: the folder is missing or read-only, the name is a folder's, another program holds the file.
    """
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        _give_usual_rights(temporary, path)
        temporary.replace(path)
    except OSError as error:
        raise _ours(error, path) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _give_usual_rights(temporary: Path, path: Path) -> None:
    """Temporary files are private; the file gets the rights it had, or those of any new file."""
    if os.name == "nt":
        return
    if path.exists():
        temporary.chmod(path.stat().st_mode & 0o777)
        return
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)


def _ours(error: OSError, path: Path) -> StorageError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"there is no room left on the disk for {path}", hint="Free some space and try again.")
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return StorageError(f"{path} is a folder", hint="Choose a name for the file.")
    if not path.parent.is_dir():
        return StorageError(f"there is no folder {path.parent}", hint="Make it first, or choose another one.")
    if isinstance(error, PermissionError) and path.exists() and os.access(path.parent, os.W_OK):
        return StorageError(f"{path} is open in another program", hint="Close it there and try again.")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return StorageError(f"the folder {path.parent} is read-only", hint="Choose a folder you may write to.")
    return StorageError(f"{path} cannot be written: {error.strerror or error}", hint="Choose another folder or name.")
