"""Starting, a second start, closing: on pytest-qt's application, without the event loop of a real run."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fakes import (
    MemoryCandleStore,
    MemoryDrawingStore,
    MemoryHistoryStore,
    MemoryRunStore,
    MemorySettings,
    MemoryStrategyStore,
)
from strategy_tester.domain.errors import DatabaseLocked
from strategy_tester.services.context import Services
from strategy_tester.services.jobs import JobRunner
from strategy_tester.ui.application import RunningProgram, render_window_png
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PanelFactory, from_module
from strategy_tester.ui.single_instance import SingleInstance

PANELS = (PanelFactory("jobs", "Jobs", "jobs", "center", from_module("jobs.view:JobsPanel")),)


class Notice:
    level, text, hint = "warning", "The journal was repaired.", "Nothing is lost."


class Opened:
    def __init__(self, executor, settings: MemorySettings, notices=()) -> None:
        from strategy_tester.reports import csv_file

        stores = (MemoryCandleStore(), MemoryStrategyStore(), MemoryRunStore())
        self.services = Services(
            *stores, settings, csv_file, JobRunner(executor), MemoryDrawingStore(), MemoryHistoryStore()
        )
        self.notices = list(notices)
        self.is_closed = False
        self.thread = threading.get_ident()

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def start(qapp, settings: MemorySettings, monkeypatch):
    from PySide6.QtCore import QCoreApplication, QEvent

    from strategy_tester.ui import application

    monkeypatch.setattr(application, "MainWindow", lambda settings: MainWindow(settings, PANELS))
    monkeypatch.setattr(qapp, "quit", lambda: None)
    programs: list[RunningProgram] = []

    def make(open_program, **options) -> RunningProgram:
        program = RunningProgram(qapp, open_program, settings, **options)
        programs.append(program)
        program.start()
        return program

    yield make
    for program in programs:
        program.shut_down()
        program.window.close()
        program.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_services_are_opened_behind_the_visible_window(start, settings, qtbot):
    gate, ready = threading.Event(), []
    opened: list[Opened] = []

    def open_program(executor):
        gate.wait(5)
        opened.append(Opened(executor, settings))
        return opened[0]

    program = start(open_program, on_ready=ready.append)
    assert program.window.isVisible()
    assert program.window.context is None
    assert "Opening" in program.window.status.message()
    gate.set()
    with qtbot.waitSignal(program.ready):
        pass
    assert opened[0].thread != threading.get_ident()
    assert ready == [program.window.context]
    assert program.window.status.message() == ""
    program.shut_down()
    assert opened[0].is_closed


def test_failure_to_open_is_said_and_can_be_tried_again(start, settings, qtbot):
    attempts = []

    def open_program(executor):
        attempts.append(1)
        if len(attempts) == 1:
            raise DatabaseLocked("Another program has the data open.", hint="Close it.")
        return Opened(executor, settings)

    program = start(open_program)
    strip = program.window.error_strip
    qtbot.waitUntil(lambda: not strip.isHidden())
    assert strip.text() == "Another program has the data open. Close it."
    with qtbot.waitSignal(program.ready):
        strip.remedy.click()
    assert strip.isHidden()


def test_what_happened_while_opening_is_told_once(start, settings, qtbot):
    program = start(lambda executor: Opened(executor, settings, [Notice()]))
    with qtbot.waitSignal(program.ready):
        pass
    assert program.window.toaster.texts() == ["The journal was repaired. Nothing is lost."]


def test_window_closed_while_opening_still_closes_the_stores(start, settings, qtbot):
    gate = threading.Event()
    opened: list[Opened] = []

    def open_program(executor):
        gate.wait(5)
        opened.append(Opened(executor, settings))
        return opened[0]

    program = start(open_program)
    qtbot.waitUntil(lambda: program._future is not None)
    program.window.close()
    threading.Timer(0.05, gate.set).start()
    program.shut_down()
    assert opened[0].is_closed


def test_picture_is_written_when_the_window_has_come_to_rest(start, settings, qtbot, tmp_path):
    import time

    path = tmp_path / "pictures" / "window.png"

    def on_ready(context):
        context.jobs.start("Work", lambda _checkpoint: time.sleep(0.1))

    start(lambda executor: Opened(executor, settings), on_ready=on_ready, screenshot=path)
    qtbot.waitUntil(path.exists, timeout=5000)
    from PySide6.QtGui import QImage

    qtbot.waitUntil(lambda: QImage(str(path)).width() == 1920)
    assert QImage(str(path)).height() == 1080


def test_picture_of_a_window_can_be_written_at_any_time(start, settings, tmp_path):
    program = start(lambda executor: Opened(executor, settings))
    assert render_window_png(program.window, tmp_path / "now.png")
    assert (tmp_path / "now.png").stat().st_size > 1000


def test_second_start_wakes_the_first_window(qtbot, tmp_path, qapp):
    first = SingleInstance(tmp_path)
    other = SingleInstance(tmp_path / "other")
    assert first.listen()
    assert not other.wake_first()
    script = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication;"
        "app = QCoreApplication([]); from strategy_tester.ui.single_instance import SingleInstance;"
        f"sys.exit(0 if SingleInstance(Path({str(tmp_path)!r})).wake_first() else 3)"
    )
    with qtbot.waitSignal(first.wake_wanted, timeout=10_000):
        second = subprocess.Popen([sys.executable, "-c", script])
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=10_000)
    assert second.returncode == 0
    first.close()
    assert not SingleInstance(tmp_path).wake_first()


RUN = """
import sys
from pathlib import Path
from fakes import (
    MemoryCandleStore,
    MemoryDrawingStore,
    MemoryHistoryStore,
    MemoryRunStore,
    MemorySettings,
    MemoryStrategyStore,
)
from strategy_tester.reports import csv_file
from strategy_tester.services.context import Services
from strategy_tester.services.jobs import JobRunner
from strategy_tester.ui import application, main_window
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PANELS

class Opened:
    notices = ()
    def __init__(self, executor):
        stores = MemoryCandleStore(), MemoryStrategyStore(), MemoryRunStore()
        beside = MemoryDrawingStore(), MemoryHistoryStore()
        self.services = Services(*stores, SETTINGS, csv_file, JobRunner(executor), *beside)
    def close(self):
        print("closed", flush=True)

SETTINGS = MemorySettings()
JOBS = [panel for panel in PANELS if panel.id == "jobs"]
application.MainWindow = lambda settings: main_window.MainWindow(settings, JOBS)

def on_ready(context):
    import asyncio
    assert asyncio.get_event_loop().is_running()
    print("ready", flush=True)
    if sys.argv[2] == "close":
        context.window.close()

sys.exit(application.run(Opened, SETTINGS, Path(sys.argv[1]), on_ready=on_ready))
"""


def start_run(folder: Path, what: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "BST_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-c", RUN, str(folder), what]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_program_runs_and_closes_cleanly(tmp_path):
    program = start_run(tmp_path, "close")
    output, errors = program.communicate(timeout=30)
    assert program.returncode == 0, errors
    assert output.split() == ["ready", "closed"]


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal are sent differently there")
def test_ctrl_c_closes_cleanly_and_a_second_start_goes_away(tmp_path):
    import signal

    program = start_run(tmp_path, "stay")
    assert program.stdout is not None
    assert program.stdout.readline().strip() == "ready"
    second = start_run(tmp_path, "stay")
    said, _ = second.communicate(timeout=30)
    assert second.returncode == 0
    assert "already running" in said
    program.send_signal(signal.SIGINT)
    output, errors = program.communicate(timeout=30)
    assert program.returncode == 0, errors
    assert output.split() == ["closed"]
