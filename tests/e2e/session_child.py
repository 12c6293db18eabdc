"""A scripted session in a process of its own: what a user does in five minutes, over and over, watched for stalls.

    python session_child.py FOLDER SECONDS

Prints how long the session lasted and every stall of the UI thread, as JSON.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
PAUSE_MS = 30


def steps(context: Any) -> Iterator[Callable[[], object]]:
    """One round of the session."""
    actions = context.actions

    def act(action_id: str) -> Callable[[], object]:
        return lambda: actions.trigger(action_id)

    yield act("backtest.run")
    for panel in ("trades", "runs", "data", "jobs", "results"):
        yield act(f"panel.{panel}")
    for number in (0, 7, 20):
        yield lambda number=number: context.workbench.select_trade(number)
    yield from (lambda: wheel(context, 120) for _ in range(15))
    yield from (lambda: wheel(context, -120) for _ in range(25))
    yield from (lambda step=step: point(context, step) for step in range(40))
    for kind in ("hollow", "bars", "line", "area", "heikin_ashi", "candles"):
        yield act(f"chart.type_{kind}")
    for scale in ("chart.log", "chart.log", "chart.percent", "chart.percent", "chart.volume_profile"):
        yield act(scale)
    yield act("chart.volume_profile")
    for workspace in ("2", "1"):
        yield act(f"workspace.{workspace}")
    yield act("chart.show_all")
    yield act("chart.reset")


def wheel(context: Any, angle: int) -> None:
    """Turn the wheel over the chart."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    view = context.charts.current.chart.canvas.viewport()
    place = QPointF(view.rect().center())
    event = QWheelEvent(
        place, QPointF(view.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def point(context: Any, step: int) -> None:
    """Move the pointer over the chart."""
    from PySide6.QtCore import QPoint
    from PySide6.QtTest import QTest

    view = context.charts.current.chart.canvas.viewport()
    QTest.mouseMove(view, QPoint(80 + step * 9 % max(view.width() - 160, 1), 60 + step * 3))


def main(folder: Path, seconds: float) -> int:
    """Run the session; the exit code."""
    from PySide6.QtCore import QTimer

    from strategy_tester.app import open_window
    from strategy_tester.cli.demo_command import show_demo
    from strategy_tester.ui.stall_watch import StallWatch

    watch: list[StallWatch] = []

    def ready(context: Any) -> None:
        context.workbench.backtest_shown.connect(lambda _shown: begin(context) if not watch else None)
        show_demo(context)

    def begin(context: Any) -> None:
        # Compiling the kernels for the first time is over: from here on nothing excuses a stall.
        watch.append(StallWatch(parent=context.window))
        QTimer.singleShot(1500, lambda: play(context))

    def play(context: Any) -> None:
        watch[0].start()
        begun = time.monotonic()
        script = itertools.chain.from_iterable(steps(context) for _ in itertools.count())

        def go_on() -> None:
            lasted = time.monotonic() - begun
            if lasted > seconds:
                tell(lasted)
                context.window.close()
                return
            next(script)()
            QTimer.singleShot(PAUSE_MS, go_on)

        go_on()

    def tell(lasted: float) -> None:
        stalls = [[round(stall.duration_ms), stall.stack] for stall in watch[0].stalls]
        sys.stdout.write(json.dumps({"seconds": lasted, "stalls": stalls}) + "\n")
        sys.stdout.flush()

    return open_window(folder, on_ready=ready)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), float(sys.argv[2])))
