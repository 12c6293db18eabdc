"""What works on this machine: the checks behind `bst doctor`. None of them imports Qt."""

import ctypes
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from strategy_tester.locations import cache_folder, data_folder, log_folder, resource_folder

Status = Literal["ok", "warn", "fail"]
PACKAGES = {
    "duckdb": "duckdb",
    "numba": "numba",
    "numpy": "numpy",
    "platformdirs": "platformdirs",
    "polars": "polars",
    "rich": "rich",
    "PySide6-Essentials": "PySide6",
    "PySide6-QtAds": "PySide6QtAds",
    "pyqtgraph": "pyqtgraph",
    "qtawesome": "qtawesome",
}
"""Distribution to import name, of everything the program cannot do without."""
WINDOW_PACKAGES = ("PySide6-Essentials", "PySide6-QtAds", "pyqtgraph", "qtawesome")
_QT_LIBRARIES = (
    "libglib-2.0.so.0", "libGL.so.1", "libEGL.so.1", "libxkbcommon.so.0", "libfontconfig.so.1", "libdbus-1.so.3",
)  # fmt: skip
_QT_SCREEN_LIBRARIES = (
    "libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1", "libxcb-shape.so.0", "libxcb-xkb.so.1",
    "libxkbcommon-x11.so.0",
)  # fmt: skip
_LITTLE_SPACE_BYTES = 2 * 1000**3
_NO_SPACE_BYTES = 200 * 1000**2


@dataclass(frozen=True)
class Check:
    """One thing looked at: its name, how it stands, a sentence, and what to do about it."""

    name: str
    status: Status
    sentence: str
    hint: str = ""


def run_checks(folder: Path | None = None) -> Iterator[Check]:
    """All checks, one after another; a check that breaks is a failed check."""
    place = folder or data_folder()
    checks: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("Python", check_python),
        ("Packages", check_packages),
        ("Data folder", lambda: check_writable("Data folder", place)),
        ("Disk", lambda: check_disk(place)),
        ("Settings", lambda: check_settings(place / "settings.json")),
        ("Kernel cache", lambda: check_cache(cache_folder())),
        ("Compiler", check_compiler),
        ("Resources", check_resources),
        ("Window libraries", check_window_libraries),
        ("Screen", check_screen),
        ("Log", lambda: check_writable("Log", log_folder())),
    )
    for name, check in checks:
        yield guarded(name, check)


def guarded(name: str, check: Callable[[], Check]) -> Check:
    """The check's answer, or a failed one with its error."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever breaks here is the answer
        return Check(name, "fail", f"the check itself failed: {type(error).__name__}: {error}")


def check_python() -> Check:
    """Version and machine."""
    machine = f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"
    text = f"Python {platform.python_version()} on {machine}"
    if sys.maxsize < 2**32:
        return Check("Python", "fail", f"{text}, 32 bit", "A 64-bit Python is needed.")
    return Check("Python", "ok", text)


def check_packages() -> Check:
    """Versions of everything needed, and what is missing."""
    versions = {name: _version(name, module) for name, module in PACKAGES.items()}
    missing = [name for name, version in versions.items() if not version]
    text = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    if not missing:
        return Check("Packages", "ok", text)
    window_only = all(name in WINDOW_PACKAGES for name in missing)
    return Check(
        "Packages",
        "warn" if window_only else "fail",
        f"missing: {', '.join(missing)}; there: {text or 'none'}",
        "The window does not open without them." if window_only else "Install the program again.",
    )


def _version(distribution: str, module: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        # A bundle carries the modules without their metadata.
        return "(bundled)" if importlib.util.find_spec(module) else ""


def check_writable(name: str, folder: Path) -> Check:
    """Whether files can be made in a folder; makes the folder, as the program would."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".check-") as file:
            file.write(b"1")
            file.flush()
    except OSError as error:
        hint = "Mend the permissions, or name another folder with BST_DATA_DIR."
        return Check(name, "fail", f"{folder} cannot be written: {error.strerror or error}", hint)
    return Check(name, "ok", f"{folder} can be written")


def check_disk(folder: Path) -> Check:
    """Room left where the data are."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    text = f"{free / 1000**3:.1f} GB are free"
    if free < _NO_SPACE_BYTES:
        return Check("Disk", "fail", text, "Free some space before you import or run anything.")
    if free < _LITTLE_SPACE_BYTES:
        return Check("Disk", "warn", text, "Ten million candles need about 160 MB, and work space beside it.")
    return Check("Disk", "ok", text)


def check_settings(path: Path) -> Check:
    """Whether the settings can be read."""
    if not path.exists():
        return Check("Settings", "ok", "no settings yet, the defaults count")
    try:
        readable = isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except (OSError, ValueError, RecursionError):
        readable = False
    if readable:
        return Check("Settings", "ok", f"{path} is sound")
    return Check("Settings", "warn", f"{path} cannot be read", "It is kept aside at the next start; defaults count.")


def check_cache(folder: Path) -> Check:
    """Where compiled kernels are kept, and how much there is."""
    writable = check_writable("Kernel cache", folder)
    if writable.status != "ok":
        hint = "Kernels are compiled anew at every start; BST_CACHE_DIR names another folder."
        return Check("Kernel cache", "warn", writable.sentence, hint)
    files = [path for path in (folder / "kernels").rglob("*.nbc") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    return Check("Kernel cache", "ok", f"{len(files)} compiled kernels, {size / 1000**2:.1f} MB in {folder}")


def check_compiler() -> Check:
    """Whether kernels compile and compute."""
    from strategy_tester.numeric.compiler_check import sum_of_squares  # noqa: PLC0415 - loads the compiler

    total = sum_of_squares(1000)
    if total != 332_833_500.0:
        return Check("Compiler", "fail", f"a kernel computes {total} instead of 332833500", "Install numba again.")
    import numba  # noqa: PLC0415 - it is loaded by now

    return Check("Compiler", "ok", f"numba {numba.__version__} compiles and computes")


def check_resources() -> Check:
    """Whether the shipped files are there."""
    folder = resource_folder()
    strategies = list((folder / "strategies").glob("*.bst.json"))
    if not strategies:
        return Check("Resources", "fail", f"there are no ready strategies in {folder}", "Install the program again.")
    return Check("Resources", "ok", f"{len(strategies)} ready strategies in {folder}")


def check_window_libraries() -> Check:
    """Whether the system libraries that Qt opens are there; only Linux leaves them to the user."""
    name = "Window libraries"
    if not sys.platform.startswith("linux"):
        return Check(name, "ok", "Qt brings its own on this system")
    missing = [library for library in _QT_LIBRARIES if not _opens(library)]
    if missing:
        hint = "On Debian: apt install libglib2.0-0 libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3"
        return Check(name, "fail", f"missing: {', '.join(missing)}; the window cannot open", hint)
    missing = [library for library in _QT_SCREEN_LIBRARIES if not _opens(library)]
    if missing and not os.environ.get("WAYLAND_DISPLAY"):
        return Check(
            name, "warn", f"missing for X11 screens: {', '.join(missing)}", "Pictures can be drawn all the same."
        )
    return Check(name, "ok", "everything Qt opens is there")


def _opens(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def check_screen() -> Check:
    """Whether a window would be seen."""
    if os.environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal")):
        return Check("Screen", "warn", f"QT_QPA_PLATFORM is {os.environ['QT_QPA_PLATFORM']}: no window is seen")
    if sys.platform.startswith("linux"):
        display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
        if not display:
            return Check("Screen", "warn", "there is no screen; bst works, the window does not open")
        return Check("Screen", "ok", f"display {display}")
    return Check("Screen", "ok", platform.system())
