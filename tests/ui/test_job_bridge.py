import threading
import time

import pytest
from PySide6.QtCore import QThread

from strategy_tester.services.jobs import JobState
from strategy_tester.ui.job_bridge import JobBridge, PoolExecutor


def test_results_come_back_on_the_ui_thread(jobs: JobBridge, qtbot):
    seen = []
    job = jobs.start("Sum", lambda _checkpoint: (2 + 2, threading.get_ident()), on_done=seen.append)
    with qtbot.waitSignal(jobs.job_ended) as told:
        pass
    assert told.args == [job]
    assert seen[0][0] == 4
    assert seen[0][1] != threading.get_ident()


def test_failure_reaches_who_asked(jobs: JobBridge, qtbot):
    failures, unnoticed = [], []
    jobs.failed_unnoticed.connect(unnoticed.append)

    def broken(_checkpoint):
        raise ValueError("no such file")

    jobs.start("Broken", broken, on_failed=failures.append)
    qtbot.waitUntil(lambda: len(failures) == 1)
    assert str(failures[0]) == "no such file"
    assert unnoticed == []
    jobs.start("Broken too", broken)
    qtbot.waitUntil(lambda: len(unnoticed) == 1)
    assert unnoticed[0].title == "Broken too"


def test_progress_and_cancel(jobs: JobBridge, qtbot):
    cancelled, done = [], []

    def long(checkpoint):
        for step in range(1000):
            checkpoint(step, 1000)
            time.sleep(0.002)

    job = jobs.start("Long", long, on_done=done.append, on_cancelled=lambda: cancelled.append(1))
    with qtbot.waitSignal(jobs.job_changed, check_params_cb=lambda job: job.fraction is not None):
        pass
    assert jobs.unfinished() == [job]
    started = time.monotonic()
    job.cancel()
    qtbot.waitUntil(lambda: cancelled == [1])
    assert time.monotonic() - started < 0.5
    assert done == []
    assert job.state is JobState.CANCELLED
    assert jobs.unfinished() == []


def test_newer_job_of_a_group_replaces_the_older_one(jobs: JobBridge, qtbot):
    results = []

    def wait(checkpoint):
        while True:
            checkpoint(0, 0)
            time.sleep(0.002)

    old = jobs.start("Old", wait, group="load", on_done=results.append)
    new = jobs.start("New", lambda _checkpoint: "new", group="load", on_done=results.append)
    qtbot.waitUntil(lambda: old.state.is_final and new.state.is_final and results == ["new"])
    assert old.state is JobState.CANCELLED


def test_closed_bridge_calls_nobody(jobs: JobBridge, qtbot):
    called = []

    def work(checkpoint):
        for _ in range(100):
            checkpoint(0, 0)
            time.sleep(0.002)

    jobs.start("Work", work, on_done=called.append, on_cancelled=lambda: called.append("cancelled"))
    assert jobs.close(timeout=2.0)
    qtbot.wait(20)
    assert called == []


def test_executor_answers_with_futures(qapp):
    executor = PoolExecutor(2)
    assert executor.submit(lambda first, second: first - second, 5, second=3).result(timeout=5) == 2
    broken = executor.submit(lambda: 1 / 0)
    assert isinstance(broken.exception(timeout=5), ZeroDivisionError)
    main = QThread.currentThread()
    assert executor.submit(lambda: QThread.currentThread() is not main).result(timeout=5)
    executor.shutdown()
    with pytest.raises(RuntimeError):
        executor.submit(print)


def test_shutdown_can_leave_waiting_work_undone(qapp):
    executor = PoolExecutor(1)
    started, gate = threading.Event(), threading.Event()

    def hold() -> bool:
        started.set()
        return gate.wait(5)

    running = executor.submit(hold)
    waiting = executor.submit(lambda: "never")
    assert started.wait(5)
    executor.shutdown(wait=False, cancel_futures=True)
    gate.set()
    executor.shutdown(wait=True)
    assert running.result(timeout=5)
    assert waiting.cancelled()


def test_what_a_job_has_brought_is_not_held_by_the_list_of_jobs(jobs: JobBridge, qtbot):
    seen = []
    job = jobs.start("Read", lambda _checkpoint: [1, 2, 3], on_done=seen.append)
    qtbot.waitUntil(lambda: seen == [[1, 2, 3]])
    assert job.result is None
