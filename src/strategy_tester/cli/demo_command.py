"""`bst demo`: the main job on the practice market, with a window where there is a screen."""

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from strategy_tester.cli import common, output

DEMO_STRATEGY = "sma-cross-reverse"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--headless", action="store_true", help="no window: write the report and a picture")
    parser.add_argument("--out", type=Path, default=None, metavar="DIR", help="folder of the report (default: here)")
    common.add_json(parser)
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Open the window on a finished backtest, or write summary, report and picture."""
    if options.headless or options.out is not None or options.json or not has_screen():
        return _headless(options)
    from strategy_tester.app import open_window

    return open_window(on_ready=show_demo)


def has_screen() -> bool:
    """Whether a window could be seen."""
    if os.environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal")):
        return False
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def show_demo(context: Any) -> None:
    """Run the demo's backtest in the window and show it."""
    from strategy_tester.services.demo import run_demo

    services = context.services
    context.jobs.start(
        "Demo", lambda checkpoint: run_demo(services, DEMO_STRATEGY, checkpoint),
        on_done=lambda finished: _show(context, finished),
    )  # fmt: skip


def _show(context: Any, finished: Any) -> None:
    context.workbench.data_changed.emit()
    context.workbench.runs_changed.emit()
    context.workbench.show_backtest(finished)
    context.docks.show("chart")
    context.docks.show("results")


def _headless(options: Namespace) -> int:
    """Everything happens in a folder of its own: the user's data stay untouched, a running program undisturbed."""
    from strategy_tester.cli.backtest_command import print_summary
    from strategy_tester.composition import assemble
    from strategy_tester.services.demo import run_demo

    out = Path.cwd() if options.out is None else options.out
    _make_folder(out)
    with tempfile.TemporaryDirectory(prefix="bst-demo-", ignore_cleanup_errors=True) as folder:
        program = assemble(Path(folder))
        try:
            with output.progress("demo") as checkpoint:
                finished = run_demo(program.services, DEMO_STRATEGY, checkpoint)
            files = [out / "demo-trades.csv", out / "demo-equity.csv", out / "demo-metrics.csv"]
            reports = program.services.reports
            for write, path in zip(
                (reports.write_trades, reports.write_equity, reports.write_metrics), files, strict=True
            ):
                write(path, finished.result)
        finally:
            program.close()
        picture = out / "demo-window.png"
        code = _picture(Path(folder), picture)
    if options.json:
        output.print_json({"metrics": finished.result.metrics, "files": [*map(str, files), str(picture)]})
    else:
        print_summary(finished.result, None)
        print("The practice market is synthetic: made from a seed, not measured.")
        for path in [*files, picture]:
            print(path)
    return code


def _make_folder(folder: Path) -> None:
    from strategy_tester.domain.errors import StorageError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the folder {folder} cannot be made", hint="Choose another one with --out.") from error


def _picture(folder: Path, picture: Path) -> int:
    """The window on the same backtest, drawn without a screen."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from strategy_tester.app import open_window

    code = open_window(folder, on_ready=show_demo, screenshot=picture)
    return code if picture.exists() else 1
