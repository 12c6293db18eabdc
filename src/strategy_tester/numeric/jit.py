"""The one place that chooses numba's options and where compiled code is kept."""

import hashlib
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config as numba_config
from numba.core.caching import FunctionCache, NullCache
from numba.core.runtime import rtsys

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

    No fast-math: the same input gives the same bits everywhere. No C entry point either: nothing but Python and other
    kernels calls a kernel, and each such point takes a tenth of the time to compile it.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy", "no_cfunc_wrapper": True}
    compiled: Any = numba.njit(**options)(function)
    compiled._cache = _KernelCache(function)
    return compiled


class _KernelCache(NullCache):
    """numba's cache of one function, without the work that a start can do without.

    Most kernels are only called by others, whose machine code holds theirs: their files are looked for at first use.
    And numba fetches all it needs to compile (0.2 s, with scipy where that is installed 0.4 s) before it looks into the
    cache. Code that is already compiled needs no more than the memory management; a compilation fetches the rest.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @cached_property
    def _files(self) -> FunctionCache:
        # numba makes its settings at run time. The user's own kernels keep theirs.
        setting = getattr(numba_config, "CACHE_DIR")  # noqa: B009
        setattr(numba_config, "CACHE_DIR", _cache_for(self._function.__module__.split(".")[1]))  # noqa: B010
        try:
            return FunctionCache(self._function)
        finally:
            setattr(numba_config, "CACHE_DIR", setting)  # noqa: B010

    @property
    def cache_path(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The folder of the files."""
        return self._files.cache_path

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled code for these types, or None."""
        rtsys.initialize(target_context)
        files = self._files
        with files._guard_against_spurious_io_errors():
            return files._load_overload(sig, target_context)

    def save_overload(self, sig: Any, cres: Any) -> None:
        """Keep compiled code."""
        self._files.save_overload(sig, cres)

    def flush(self) -> None:
        """Forget what is kept."""
        self._files.flush()


@cache
def _cache_for(package: str) -> str:
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(numba.__version__.encode())
    for name in _CALLS.get(package, (package,)):
        for path in sorted((root / name).glob("**/*.py")):
            state = path.stat()
            digest.update(f"{path.relative_to(root)} {state.st_mtime_ns} {state.st_size}\n".encode())
    return str(cache_folder() / "kernels" / f"{package}-{digest.hexdigest()[:16]}")
