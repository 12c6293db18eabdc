"""Asking the child process of `probe` and judging its answer."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from strategy_tester.domain.errors import DatabaseDamaged
from strategy_tester.storage.failures import translate_answer
from strategy_tester.storage.probe import PROBE_OPTION

_LOOK_SECONDS = 120.0
_SALVAGE_SECONDS = 3600.0


def schema_in(path: Path) -> int:
    """Open a database read-only in a child process; returns its schema and changes nothing.

    Raises:
        DatabaseDamaged: it does not open, or the engine aborted or hung on it.
        DatabaseLocked, SchemaTooNew, DiskFull, StorageError: as the engine said.
    """
    return int(_ask([str(path)], path, _LOOK_SECONDS)["schema"])


def salvage(path: Path, new_path: Path) -> list[str]:
    """Copy what can be read of a damaged database into a new one, in a child process; returns what was lost, in words.

    Raises:
        DatabaseDamaged: nothing could be read.
    """
    return [str(name) for name in _ask([str(path), str(new_path)], path, _SALVAGE_SECONDS)["lost"]]


def _ask(arguments: list[str], path: Path, seconds: float) -> dict[str, Any]:
    package_root = Path(__file__).resolve().parents[2]
    if getattr(sys, "frozen", False):
        command = [sys.executable, PROBE_OPTION]
    else:
        command = [sys.executable, "-P", str(Path(__file__).with_name("probe.py"))]
    search_path = os.pathsep.join(filter(None, (str(package_root), os.environ.get("PYTHONPATH", ""))))
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [*command, *arguments],
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": search_path},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as error:
        raise DatabaseDamaged(f"{path} does not open: the engine hung on it.") from error
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    try:
        answer: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise DatabaseDamaged(f"{path} does not open: the engine ended with code {done.returncode}.") from error
    if "error" in answer:
        raise translate_answer(str(answer["error"]), str(answer["kind"]), path)
    return answer
