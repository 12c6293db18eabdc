"""The queue of downloads: a few at once, errors in words, nothing forgotten."""

import threading

import pytest

from fakes import MemorySettings
from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.panels.download.queue import DownloadQueue, Task, TaskOutcome, TaskState, progress_words


def key(symbol: str) -> SeriesKey:
    return SeriesKey(symbol, Timeframe.H1, "bybit-linear")


class Works:
    """Work that goes on until it is told to end."""

    def __init__(self) -> None:
        self.gates: dict[str, threading.Event] = {}
        self.begun: list[str] = []

    def task(self, symbol: str, problem: str = "", error: Exception | None = None) -> Task:
        gate = self.gates.setdefault(symbol, threading.Event())

        def work(checkpoint) -> TaskOutcome:
            self.begun.append(symbol)
            checkpoint(1, 4, "page 1")
            while not gate.wait(0.005):
                checkpoint(1, 4, "page 1")
            if error is not None:
                raise error
            return TaskOutcome(f"{symbol} is here", problem)

        return Task(key(symbol), f"Downloading {symbol}", work, {"symbol": symbol})


@pytest.fixture
def works() -> Works:
    return Works()


@pytest.fixture
def queue(jobs, settings, works: Works):
    made = DownloadQueue(jobs, settings, lambda saved: works.task(saved["symbol"]))
    yield made
    for gate in works.gates.values():
        gate.set()


def states(queue: DownloadQueue) -> list[tuple[str, TaskState]]:
    return [(task.key.symbol, task.state) for task in queue.tasks]


def test_two_run_the_others_wait_their_turn(queue, works, qtbot):
    queue.add([works.task(symbol) for symbol in "ABC"])
    qtbot.waitUntil(lambda: len(works.begun) == 2)
    assert states(queue) == [("A", TaskState.RUNNING), ("B", TaskState.RUNNING), ("C", TaskState.WAITING)]
    with qtbot.waitSignal(queue.task_ended) as ended:
        works.gates["B"].set()
    assert ended.args[0].text == "B is here"
    qtbot.waitUntil(lambda: sorted(works.begun) == ["A", "B", "C"])
    with qtbot.waitSignal(queue.all_ended) as caught:
        works.gates["A"].set()
        works.gates["C"].set()
    assert [task.key.symbol for task in caught.args[0]] == ["A", "B", "C"]
    assert queue.tasks == []


def test_progress_is_told_in_words(queue, works, qtbot):
    queue.add([works.task(symbol) for symbol in "ABC"])
    qtbot.waitUntil(lambda: queue.tasks[0].fraction == 0.25)
    assert progress_words(queue.tasks[0]).startswith("25\u202f%")
    assert progress_words(queue.tasks[2]) == "Waiting"


def test_one_that_fails_is_told_and_the_others_go_on(queue, works, rest):
    queue.add([works.task("A", error=ExchangeError("no line", hint="Try later.")), works.task("B", problem="3 lost"),
               works.task("C")])  # fmt: skip
    for gate in works.gates.values():
        gate.set()
    rest()
    assert [(task.key.symbol, task.state, task.problem) for task in queue.tasks] == [
        ("A", TaskState.FAILED, "no line Try later."), ("B", TaskState.FAILED, "3 lost"),
    ]  # fmt: skip
    assert queue.unfinished == queue.tasks


def test_cancelled_ones_stay_and_go_on(queue, works, rest, qtbot):
    queue.add([works.task(symbol) for symbol in "ABC"])
    qtbot.waitUntil(lambda: len(works.begun) == 2)
    queue.cancel(queue.active)
    rest()
    assert states(queue) == [("A", TaskState.STOPPED), ("B", TaskState.STOPPED), ("C", TaskState.STOPPED)]
    assert works.begun.count("C") == 0
    for gate in works.gates.values():
        gate.set()
    queue.resume()
    rest()
    assert queue.tasks == []
    assert works.begun.count("A") == 2


def test_the_same_download_is_not_done_twice_at_once(queue, works, rest):
    queue.add([works.task("A"), works.task("A")])
    queue.add([works.task("A")])
    assert states(queue) == [("A", TaskState.RUNNING)]


def test_other_work_on_a_busy_series_waits_for_it(queue, works, rest, qtbot):
    update = Task(key("A"), "Updating A", lambda _checkpoint: TaskOutcome("fresh"))
    queue.add([works.task("A"), update])
    qtbot.waitUntil(lambda: works.begun == ["A"])
    assert states(queue) == [("A", TaskState.RUNNING), ("A", TaskState.WAITING)]
    works.gates["A"].set()
    rest()
    assert update.state is TaskState.DONE


def test_what_was_cut_off_is_offered_after_a_restart(jobs, works, queue, settings, rest):
    queue.add([works.task(symbol) for symbol in "ABC"])
    again = DownloadQueue(jobs, MemorySettings({"data.downloads": settings.get("data.downloads")}),
                          lambda saved: works.task(saved["symbol"]))  # fmt: skip
    assert states(again) == [("A", TaskState.STOPPED), ("B", TaskState.STOPPED), ("C", TaskState.STOPPED)]
    assert again.active == []
    again.forget()
    assert again.tasks == []


@pytest.mark.parametrize("saved", [7, ["x"], {"a": 1}])
def test_broken_memories_offer_nothing(jobs, saved):
    assert DownloadQueue(jobs, MemorySettings({"data.downloads": saved}), lambda _saved: None).tasks == []
