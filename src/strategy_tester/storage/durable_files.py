"""Files that are there after a power cut: synced writes, renames and set-aside copies."""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

SET_ASIDE_FOLDER = "set-aside"


def sync(descriptor: int) -> None:
    """Bring a file's content to the disk itself."""
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 - only there

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync on macOS stops at the drive's cache
    else:
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable after a create or a rename. Windows does so by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    """Write everything, however many calls it takes."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(path: Path, content: bytes) -> None:
    """Put new content under a name: all of it or, after a crash, the old one."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        write_all(descriptor, content)
        sync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_folder(path.parent)


def set_aside(path: Path) -> Path:
    """Move a file out of the way under a dated name, never overwriting; returns the new place."""
    target = _dated_name(path)
    path.replace(target)
    sync_folder(path.parent)
    return target


def copy_aside(path: Path, suffix: str = "") -> Path:
    """Keep a dated copy of a file that is about to change."""
    target = _dated_name(path.with_name(path.name + suffix))
    shutil.copyfile(path, target)
    return target


def keep_aside(folder: Path, name: str, content: bytes) -> Path:
    """Keep some bytes under a dated name."""
    target = _dated_name(folder / name)
    target.write_bytes(content)
    return target


def drop_oldest(folder: Path, pattern: str, keep: int) -> None:
    """Of the set-aside copies that match, keep the newest few."""
    for old in sorted((folder / SET_ASIDE_FOLDER).glob(pattern))[:-keep]:
        old.unlink(missing_ok=True)


def _dated_name(path: Path) -> Path:
    folder = path.parent / SET_ASIDE_FOLDER
    folder.mkdir(exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for attempt in range(10_000):
        suffix = f"-{attempt}" if attempt else ""
        candidate = folder / f"{moment}{suffix}-{path.name}"
        if not candidate.exists():
            return candidate
    raise FileExistsError(f"{folder} is full of files named {moment}-*-{path.name}")
