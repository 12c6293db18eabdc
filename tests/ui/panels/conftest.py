"""What a panel is given, in tests: the window's parts on stores in memory."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from builders import START_MS, random_candles
from strategy_tester.services.context import Services
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.job_bridge import JobBridge
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PANELS
from strategy_tester.ui.view_context import ViewContext
from strategy_tester.ui.workbench import Workbench

BARS = 400


@pytest.fixture
def workbench(services: Services, jobs: JobBridge) -> Workbench:
    return Workbench(services, jobs)


@pytest.fixture
def stored(services: Services) -> SeriesKey:
    """400 hourly candles from 2025-01-01 in the store."""
    candles = random_candles(BARS)
    assert candles.open_time_ms[0] == START_MS
    key = SeriesKey("TESTUSDT", candles.timeframe, "test")
    services.candles.write(candles)
    return key


@pytest.fixture
def rest(qtbot, jobs: JobBridge):
    """Wait until no job is left and its answer has arrived."""

    def wait() -> None:
        _wait_for_answers(jobs, qtbot)

    return wait


class Shell:
    """A window whose panels are made by hand; `context` is what they are given."""

    def __init__(self, window: MainWindow, context: ViewContext, qtbot) -> None:
        self.window, self.context, self._qtbot = window, context, qtbot

    @property
    def workbench(self) -> Workbench:
        return self.context.workbench

    def panel(self, panel_id: str):
        return self.window.docks.content(panel_id)

    def come_to_rest(self) -> None:
        _wait_for_answers(self.context.jobs, self._qtbot)


def _wait_for_answers(jobs: JobBridge, qtbot) -> None:
    """Until every job's end has been told on this thread; an answer that starts another job is waited for too."""
    qtbot.waitUntil(lambda: not jobs._handlers, timeout=30_000)


@pytest.fixture
def open_panels(services: Services, settings, qtbot) -> Iterator:
    """Open a window with only these panels in it."""
    windows: list[MainWindow] = []

    def make(*panel_ids: str) -> Shell:
        window = MainWindow(settings, [panel for panel in PANELS if panel.id in panel_ids])
        windows.append(window)
        window.resize(1600, 1000)
        window.show()
        with qtbot.waitSignal(window.panels_created, timeout=30_000):
            context = window.attach(services)
        shell = Shell(window, context, qtbot)
        shell.come_to_rest()
        return shell

    yield make
    for window in windows:
        window.close()
        if window.context is not None:
            window.context.jobs.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
