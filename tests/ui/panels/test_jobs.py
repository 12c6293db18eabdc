import time
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt

from strategy_tester.services.jobs import JobState
from strategy_tester.ui.job_bridge import JobBridge
from strategy_tester.ui.panels.jobs.view import JobsPanel


@pytest.fixture
def panel(jobs: JobBridge, qtbot) -> JobsPanel:
    panel = JobsPanel(SimpleNamespace(jobs=jobs))
    panel.resize(800, 300)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def cells(panel: JobsPanel, row: int) -> list[str]:
    return [panel.model.index(row, column).data() for column in range(len(panel.model.columns))]


def long_work(checkpoint) -> None:
    for step in range(1000):
        checkpoint(step, 1000, f"step {step}")
        time.sleep(0.002)


def test_nothing_has_run_yet(panel: JobsPanel):
    assert panel.model.rowCount() == 0
    assert not panel.cancel_button.isEnabled()
    assert not panel.clear_button.isEnabled()


def test_running_job_shows_progress_and_can_be_stopped(panel: JobsPanel, jobs: JobBridge, qtbot):
    job = jobs.start("Import of BTCUSDT", long_work)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1 and "%" in cells(panel, 0)[2])
    assert cells(panel, 0)[:2] == ["Import of BTCUSDT", "Running"]
    panel.table.selectRow(0)
    qtbot.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    assert cells(panel, 0)[1] in {"Stopping", "Cancelled"}
    qtbot.waitUntil(lambda: cells(panel, 0)[1] == "Cancelled")
    assert job.state is JobState.CANCELLED


def test_newest_job_stands_first_and_failures_say_why(panel: JobsPanel, jobs: JobBridge, qtbot):
    def broken(_checkpoint):
        raise ValueError("the file is empty")

    jobs.start("First", lambda _checkpoint: 1)
    jobs.start("Second", broken)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2 and cells(panel, 0)[1] == "Failed")
    qtbot.waitUntil(lambda: cells(panel, 1)[1] == "Done")
    assert cells(panel, 0)[0] == "Second"
    assert cells(panel, 0)[4] == "the file is empty"
    assert cells(panel, 1)[2] == "100\u202f%"


def test_finished_jobs_can_be_cleared(panel: JobsPanel, jobs: JobBridge, qtbot):
    jobs.start("Short", lambda _checkpoint: 1)
    qtbot.waitUntil(panel.clear_button.isEnabled)
    qtbot.mouseClick(panel.clear_button, Qt.MouseButton.LeftButton)
    assert panel.model.rowCount() == 0
    jobs.start("Another", lambda _checkpoint: 1)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)


def test_jobs_started_before_the_panel_are_listed(jobs: JobBridge, qtbot):
    job = jobs.start("Earlier", lambda _checkpoint: 1)
    qtbot.waitUntil(lambda: job.state.is_final)
    panel = JobsPanel(SimpleNamespace(jobs=jobs))
    qtbot.addWidget(panel)
    assert cells(panel, 0)[0] == "Earlier"


def test_errands_of_the_program_have_no_line_unless_they_fail(panel: JobsPanel, jobs: JobBridge, qtbot):
    done = []

    def broken(_checkpoint):
        raise ValueError("the disk is full")

    jobs.start("Saving drawings", lambda _checkpoint: 1, on_done=done.append, is_quiet=True)
    assert jobs.awaited() == []
    qtbot.waitUntil(lambda: done == [1])
    assert panel.model.rowCount() == 0
    jobs.start("Saving drawings", broken, is_quiet=True)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    assert cells(panel, 0)[:2] == ["Saving drawings", "Failed"]
    assert cells(panel, 0)[4] == "the disk is full"
