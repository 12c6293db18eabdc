"""Where things are on this machine: the user's data and cache folders, and the files shipped with the program.

`BST_DATA_DIR` and `BST_CACHE_DIR` move the folders; tests and portable installations use them.
"""

import os
import sys
from functools import cache
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("bybit-strategy-tester", appauthor=False)


def data_folder() -> Path:
    """The folder of everything worth keeping: database, journal, settings, layouts."""
    return Path(os.environ.get("BST_DATA_DIR") or _DIRS.user_data_dir)


def cache_folder() -> Path:
    """The folder of everything that can be made again, compiled kernels first of all."""
    return Path(os.environ.get("BST_CACHE_DIR") or _DIRS.user_cache_dir)


def log_folder() -> Path:
    """The folder of log files and crash reports."""
    return data_folder() / "logs"


@cache
def resource_folder() -> Path:
    """The `resources` folder: beside the sources, inside the bundle, or inside the installed package."""
    package = Path(__file__).resolve().parent
    bundle = getattr(sys, "_MEIPASS", None)
    candidates = [package / "_resources", package.parent.parent / "resources"]
    if bundle:
        candidates.insert(0, Path(bundle) / "resources")
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the program's resources are missing; looked in {candidates}")
