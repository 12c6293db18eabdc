"""Foreign errors become ours in one place: DuckDB's and the operating system's."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from strategy_tester.domain.errors import DatabaseDamaged, DatabaseLocked, DiskFull, SchemaTooNew, StorageError

_DAMAGE_WORDS = (
    "corrupt", "checksum", "not a valid duckdb database", "replaying wal", "wal file", "wal version",
    "invalid unicode", "deserializ", "serialization error", "could not read enough bytes", "unexpected end of file",
    "failed to load metadata", "uncaught",
)  # fmt: skip

_TOO_NEW_WORDS = ("we can only read storage version", "newer version of duckdb", "unsupported storage version")
_DAMAGE_KINDS = {"SerializationException", "InternalException", "FatalException"}


def translate(error: BaseException, path: Path) -> StorageError:
    """Our error for DuckDB's or the system's, `path` being the file it is about. Raise it `from error`."""
    if isinstance(error, StorageError):
        return error
    return _ours(str(error), getattr(error, "errno", None), path, is_damaged=is_damage(error))


def translate_answer(text: str, kind: str, path: Path) -> StorageError:
    """The same for an error that a child process met on opening: its text and the name of its class."""
    is_damaged = kind in _DAMAGE_KINDS or _speaks_of_damage(text)
    return _ours(text, None, path, is_damaged=is_damaged)


def _ours(text: str, code: int | None, path: Path, *, is_damaged: bool) -> StorageError:
    words = text.lower()
    if "could not set lock" in words or "conflicting lock" in words or "used by another process" in words:
        return locked(path)
    if code in {errno.ENOSPC, errno.EDQUOT} or "no space left" in words or "disk quota" in words:
        return DiskFull(f"There is no room left on the disk for {path}.", hint="Free some space and try again.")
    if "max_temp_directory_size" in words:
        return DiskFull("The work needs more temporary space than it may use.", hint="Work on a shorter period.")
    if any(word in words for word in _TOO_NEW_WORDS):
        return SchemaTooNew(
            f"{path} was written by a newer version of this program.",
            hint="Install the newer version, or move the file aside. Nothing was changed.",
        )
    if code in {errno.EACCES, errno.EROFS, errno.EPERM} or "permission denied" in words or "read-only file" in words:
        return StorageError(
            f"{path.parent} cannot be written.", hint="Check the folder's permissions, or set BST_DATA_DIR to another."
        )
    if is_damaged:
        return DatabaseDamaged(f"{path} is damaged: {_first_line(text)}")
    return StorageError(f"{path.name}: {_first_line(text)}")


def locked(path: Path, process_id: str = "") -> DatabaseLocked:
    """The refusal of a second start."""
    owner = f" (process {process_id})" if process_id else ""
    return DatabaseLocked(
        f"The data in {path.parent} are in use by another window of this program{owner}.",
        hint="Use that window, or close it first.",
    )


def is_damage(error: BaseException) -> bool:
    """Whether the error says that a file's content is wrong, not that the disk or the request is."""
    if isinstance(error, DatabaseDamaged | duckdb.SerializationException):
        return True
    return isinstance(error, duckdb.Error) and _speaks_of_damage(str(error))


def _speaks_of_damage(text: str) -> bool:
    words = text.lower()
    return any(word in words for word in _DAMAGE_WORDS)


def is_fatal(error: BaseException) -> bool:
    """Whether DuckDB has to be closed and opened again before anything else can work."""
    if isinstance(error, duckdb.FatalException | duckdb.InternalException):
        return True
    return isinstance(error, duckdb.Error) and "invalidated" in str(error).lower()


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Translate the system's errors about `path`."""
    try:
        yield
    except OSError as error:
        raise translate(error, path) from error


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:300]
