"""Opens the program in a process of its own and lets something go wrong in it.

    python crash_child.py FOLDER KIND

Prints what the window told when it was ready, as JSON, before anything happens.
"""

import asyncio
import ctypes
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"


def go_wrong(kind: str) -> None:
    """Raise in a slot, a task or a thread; read at address 0 for "native"; do nothing for "none"."""
    if kind == "slot":
        raise ZeroDivisionError("in a slot")
    if kind == "task":
        asyncio.get_event_loop().create_task(_task())
    if kind == "worker":
        threading.Thread(target=_raise_in_worker).start()
    if kind == "native":
        ctypes.string_at(0)
    if kind == "kill":
        os._exit(9)


async def _task() -> None:
    raise ZeroDivisionError("in a task")


def _raise_in_worker() -> None:
    raise ZeroDivisionError("in a worker")


def main(folder: Path, kind: str) -> int:
    """Run until the window closes; the exit code."""
    from PySide6.QtCore import QTimer

    from strategy_tester.app import open_window

    def ready(context: Any) -> None:
        window = context.window
        QTimer.singleShot(200, lambda: tell(window))
        QTimer.singleShot(300, lambda: go_wrong(kind))
        QTimer.singleShot(900, window.close)

    def tell(window: Any) -> None:
        sys.stdout.write(
            json.dumps({"toasts": window.toaster.texts(), "workspace": window.workspaces.current.name}) + "\n"
        )
        sys.stdout.flush()

    return open_window(folder, on_ready=ready)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2]))
