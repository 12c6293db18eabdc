"""The watch over the UI thread: what it writes down, and what it leaves alone."""

import ctypes
import time

import pytest
from PySide6.QtCore import QTimer

from strategy_tester.ui.stall_watch import Stall, StallWatch, open_stall_file


@pytest.fixture
def watch(qapp):
    watch = StallWatch()
    yield watch
    watch.stop()


def hold_up_the_thread(seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        time.sleep(0.005)


def test_stall_is_noted_with_the_stack_of_what_held_the_thread_up(watch: StallWatch, qtbot):
    watch.start()
    with qtbot.waitSignal(watch.stalled) as told:
        QTimer.singleShot(0, lambda: hold_up_the_thread(0.5))
    stall = told.args[0]
    assert isinstance(stall, Stall)
    assert stall.duration_ms > 400.0
    assert "hold_up_the_thread" in stall.stack
    assert watch.count == 1


def test_work_below_the_limit_is_no_stall(watch: StallWatch, qtbot):
    watch.start()
    qtbot.wait(120)
    watch.stop()
    watch._last_beat = time.monotonic() - 0.2
    watch.beat()
    assert watch.count == 0
    watch._last_beat = time.monotonic() - 0.3
    watch.beat()
    assert watch.count == 1


def test_native_code_that_holds_the_interpreter_is_counted_though_nobody_could_look(watch: StallWatch, qtbot):
    sleep = ctypes.PyDLL(None).usleep  # PyDLL keeps the interpreter's lock, as a kernel without `nogil` would
    watch.start()
    with qtbot.waitSignal(watch.stalled) as told:
        QTimer.singleShot(0, lambda: sleep(500_000))
    assert told.args[0].duration_ms > 400.0


def test_stalls_are_written_to_the_file_at_once(qapp, qtbot, tmp_path):
    file = open_stall_file(tmp_path / "stalls.log")
    watch = StallWatch(file)
    watch.start()
    with qtbot.waitSignal(watch.stalled):
        QTimer.singleShot(0, lambda: hold_up_the_thread(0.4))
    written = (tmp_path / "stalls.log").read_text(encoding="utf-8")
    watch.stop()
    file.close()
    assert " stalled for " in written.splitlines()[0]
    assert "hold_up_the_thread" in written
    assert (tmp_path / "stalls.log").stat().st_mode & 0o077 == 0


def test_two_seconds_write_the_stacks_of_all_threads(qapp, qtbot, tmp_path):
    file = open_stall_file(tmp_path / "stalls.log")
    watch = StallWatch(file)
    watch.start()
    with qtbot.waitSignal(watch.stalled, timeout=10_000):
        QTimer.singleShot(0, lambda: hold_up_the_thread(2.6))
    watch.stop()
    file.close()
    written = (tmp_path / "stalls.log").read_text(encoding="utf-8")
    assert "Timeout (0:00:02)!" in written
    assert written.count("Thread 0x") >= 2


def test_only_the_latest_stalls_are_kept(watch: StallWatch):
    for _ in range(250):
        watch._last_beat = time.monotonic() - 1.0
        watch.beat()
    assert watch.count == 250
    assert len(watch.stalls) == 200


def test_watching_keeps_nothing_of_the_watched_thread_alive(watch: StallWatch, qtbot):
    """An object of Qt that was destroyed on the watching thread took the program down."""
    import threading

    died_on = []

    class Local:
        def __del__(self) -> None:
            died_on.append(threading.get_ident())

    def stall_with_a_local() -> None:
        for _ in range(4):
            local = Local()
            hold_up_the_thread(0.26)
            del local

    watch.start()
    for _ in range(3):
        with qtbot.waitSignal(watch.stalled):
            QTimer.singleShot(0, stall_with_a_local)
    assert set(died_on) == {threading.get_ident()}
