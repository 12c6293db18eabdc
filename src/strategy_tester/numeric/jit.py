"""The one place that chooses numba's options and where compiled code is kept."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config as numba_config

from strategy_tester.locations import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])

# numba notices a change in a kernel's own file only, not in the kernels it calls. So each package's cache folder
# carries a fingerprint of all the files its kernels may call.
_CALLS = {
    "numeric": ("numeric",),
    "indicators": ("numeric", "indicators"),
    "engine": ("numeric", "engine"),
    "metrics": ("numeric", "metrics"),
    "marketdata": ("numeric", "marketdata"),
}


def kernel(function: Function) -> Function:
    """Compile to machine code on first use, cached on disk and without the GIL.

    No fast-math: the same input gives the same bits everywhere.
    """
    package = function.__module__.split(".")[1]
    setattr(numba_config, "CACHE_DIR", _cache_for(package))  # noqa: B010 - numba makes its settings at run time
    compiled: Any = numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function)
    return compiled


@cache
def _cache_for(package: str) -> str:
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(numba.__version__.encode())
    for name in _CALLS.get(package, (package,)):
        for path in sorted((root / name).glob("**/*.py")):
            state = path.stat()
            digest.update(f"{path.relative_to(root)} {state.st_mtime_ns} {state.st_size}\n".encode())
    return str(cache_folder() / "kernels" / f"{package}-{digest.hexdigest()[:16]}")
