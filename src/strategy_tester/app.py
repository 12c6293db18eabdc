"""The window's entry: hands settings, stores and services to the interface."""

import os
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from strategy_tester.locations import cache_folder, data_folder

if TYPE_CHECKING:
    from strategy_tester.composition import Assembled
    from strategy_tester.services.jobs import Checkpoint
    from strategy_tester.ui.view_context import ViewContext


def main() -> int:
    """Open the program and stay until its window is closed; the exit code."""
    return open_window()


def open_window(
    folder: Path | None = None,
    *,
    on_ready: "Callable[[ViewContext], None] | None" = None,
    screenshot: Path | None = None,
) -> int:
    """Open the window on a data folder.

    Args:
        folder: The data folder; the user's own by default.
        on_ready: Called on the UI thread once every panel exists; may put a finished backtest on the workbench.
        screenshot: Write a picture of the window here when it has come to rest, and end.
    """
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "kernels"))
    from strategy_tester.system.log_files import start_log
    from strategy_tester.system.settings_file import JsonSettings
    from strategy_tester.ui.application import run

    start_log()
    place = folder or data_folder()
    settings = JsonSettings(place / "settings.json")

    def open_program(executor: Executor) -> "Assembled":
        from strategy_tester.composition import assemble

        program = assemble(place, executor, settings)
        _load_ahead()
        return program

    return run(open_program, settings, place, on_ready=on_ready, warm_up=_warm_up, screenshot=screenshot)


def _load_ahead() -> None:
    """Load numba here, on a worker thread: a panel that asks for a strategy's inputs must not load it itself."""
    import strategy_tester.strategies.parameters  # noqa: F401  loading is the point


def _warm_up(checkpoint: "Checkpoint") -> None:
    """Load and compile what the first chart and the first backtest would wait for."""
    from strategy_tester.services.warm_up import warm_up
    from strategy_tester.ui.charts import series

    series.warm_up()
    warm_up(checkpoint)


if __name__ == "__main__":
    raise SystemExit(main())
