"""Threads for requests: bounded, honest about failures, and never waited for at the end."""

import subprocess
import sys
import threading
import time

import pytest

from strategy_tester.exchange.request_threads import RequestThreads


def test_work_is_done_by_no_more_threads_than_allowed():
    threads = RequestThreads(3, "some")
    names: set[str] = set()

    def work(number: int) -> int:
        names.add(threading.current_thread().name)
        time.sleep(0.01)
        return number * 2

    assert [future.result(5.0) for future in [threads.submit(work, number) for number in range(20)]] == [
        number * 2 for number in range(20)
    ]
    assert names == {"some-0", "some-1", "some-2"}
    threads.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("some-")]


def test_one_thread_is_enough_for_one_question_at_a_time():
    threads = RequestThreads(3, "few")
    for _ in range(5):
        threads.submit(time.sleep, 0.0).result(5.0)
        time.sleep(0.02)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("few-")] == ["few-0"]
    threads.shutdown()


def test_failure_reaches_who_asked():
    threads = RequestThreads(1, "bad")
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(5.0)
    threads.shutdown()


def test_end_cancels_what_waits_and_takes_nothing_more():
    threads = RequestThreads(1, "end")
    gate = threading.Event()
    running = threads.submit(gate.wait, 5.0)
    waiting = threads.submit(gate.wait, 5.0)
    while not running.running():
        time.sleep(0.001)
    threads.shutdown(wait=False, cancel_futures=True)
    assert waiting.cancelled()
    with pytest.raises(RuntimeError):
        threads.submit(gate.wait)
    gate.set()
    assert running.result(5.0)
    threads.shutdown()


def test_program_ends_though_a_request_still_waits_for_its_answer():
    script = (
        "import time\n"
        "from strategy_tester.exchange.request_threads import RequestThreads\n"
        "threads = RequestThreads(2, 'slow')\n"
        "threads.submit(time.sleep, 30.0)\n"
        "time.sleep(0.1)\n"
        "threads.shutdown(wait=False, cancel_futures=True)\n"
    )
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", script], check=True, timeout=25.0)
    assert time.monotonic() - begun < 20.0
