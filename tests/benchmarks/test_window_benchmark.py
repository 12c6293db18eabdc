"""From the start of the process to the first painted window, and to a window with every panel in it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

PAINT = """
import os, sys, time
from pathlib import Path
from strategy_tester.system.settings_file import JsonSettings
from strategy_tester.ui.application import make_application
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.window_actions import apply_saved_looks
app = make_application()
settings = JsonSettings(Path(sys.argv[2]) / "settings.json")
apply_saved_looks(app, settings)
window = MainWindow(settings)
window.resize(1600, 900)
window.show()
app.processEvents()
window.grab()
print(time.time() - float(sys.argv[1]), flush=True)
os._exit(0)  # what the end of a process costs is not measured here
"""
READY = """
import os, sys, time
from pathlib import Path
from strategy_tester.app import open_window
def ready(context):
    print(time.time() - float(sys.argv[1]), flush=True)
    context.window.close()
open_window(Path(sys.argv[2]), on_ready=ready)
"""


@pytest.mark.parametrize(("name", "program"), [("first paint", PAINT), ("every panel", READY)])
def test_time_to_the_window(benchmark: BenchmarkFixture, tmp_path: Path, name: str, program: str) -> None:
    seconds: list[float] = []

    def start() -> None:
        done = subprocess.run(
            [sys.executable, "-c", program, str(time.time()), str(tmp_path)],
            capture_output=True, text=True, check=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )  # fmt: skip
        seconds.append(float(done.stdout.split()[-1]))

    benchmark.pedantic(start, rounds=5, iterations=1, warmup_rounds=1)
    benchmark.extra_info[name] = min(seconds)
    assert min(seconds) > 0
