"""Work on series that goes on in the background: downloads, updates, repairs. A few at once, the others wait.

Jobs share a pool with everything else, so a hundred downloads must not fill it: the queue starts the next one when
one has ended. What was wanted and did not come is remembered, and offered again after a restart.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Signal

from strategy_tester.services.jobs import Checkpoint, Job
from strategy_tester.services.ports import SeriesKey, SettingsStore
from strategy_tester.ui.errors import describe
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.job_bridge import TOLD_BY_OWNER, JobBridge

AT_ONCE = 2
_KEY = "data.downloads"


class TaskState(Enum):
    """Where a task stands; the value is the word shown."""

    WAITING = mark("Waiting")
    RUNNING = mark("Running")
    DONE = mark("Done")
    FAILED = mark("Failed")
    STOPPED = mark("Cancelled")


@dataclass(frozen=True)
class TaskOutcome:
    """How work on a series ended: what it did, and what failed; both in the language in use."""

    text: str
    problem: str = ""


@dataclass(eq=False)
class Task:
    """Work on one series.

    Attributes:
        key: The series.
        title: What the jobs panel shows.
        work: Does it, on another thread.
        saved: How to make it again after a restart, as JSON; None when it need not be remembered.
    """

    key: SeriesKey
    title: str
    work: Callable[[Checkpoint], TaskOutcome]
    saved: dict[str, Any] | None = None
    state: TaskState = TaskState.WAITING
    job: Job[TaskOutcome] | None = None
    text: str = ""
    problem: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {TaskState.WAITING, TaskState.RUNNING}

    @property
    def fraction(self) -> float | None:
        """Share of the work done; None while that is unknown."""
        return self.job.fraction if self.job is not None and self.state is TaskState.RUNNING else None

    @property
    def remaining_seconds(self) -> float | None:
        """Estimate of the time left."""
        return self.job.remaining_seconds if self.job is not None else None


class DownloadQueue(QObject):
    """Tasks of this session and those left over from the last one.

    Args:
        jobs: Runs them.
        settings: Remembers those that did not end well.
        remake: Makes a task of what was remembered; None when that cannot be read.
        parent: Qt's parent.
    """

    changed = Signal()
    """Tasks came or went, or ended."""
    task_changed = Signal(object)
    """A Task made progress."""
    task_ended = Signal(object)
    """A Task has come to its end, good or bad."""
    all_ended = Signal(object)
    """Nothing is left to do: the list of Tasks that ended since the queue was empty last."""

    def __init__(
        self,
        jobs: JobBridge,
        settings: SettingsStore,
        remake: Callable[[dict[str, Any]], Task | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._settings, self._remake = jobs, settings, remake
        self.tasks: list[Task] = []
        self._round: list[Task] = []
        jobs.job_changed.connect(self._job_changed)
        self._bring_back()

    # --- what there is

    def task_of(self, key: SeriesKey) -> Task | None:
        """The task of a series that was added last."""
        return next((task for task in reversed(self.tasks) if task.key == key), None)

    @property
    def active(self) -> list[Task]:
        """Tasks that wait or run."""
        return [task for task in self.tasks if task.is_active]

    @property
    def unfinished(self) -> list[Task]:
        """Downloads that were cancelled, failed, or were cut off by the end of the program."""
        ended = {TaskState.STOPPED, TaskState.FAILED}
        return [task for task in self.tasks if task.state in ended and task.saved is not None]

    # --- what the user wants

    def add(self, tasks: Iterable[Task]) -> None:
        """Do these after what is already wanted. A task takes the place of an idle one of the same series.

        Work on a series that is being worked on already waits for it; the same work is not done twice.
        """
        for task in tasks:
            if any(other.key == task.key and other.saved == task.saved and other.is_active for other in self.tasks):
                continue
            self.tasks = [other for other in self.tasks if other.key != task.key or other.is_active]
            task.state = TaskState.WAITING
            self.tasks.append(task)
            self._round.append(task)
        self._remember()
        self._start_next()
        self.changed.emit()

    def cancel(self, tasks: Iterable[Task]) -> None:
        """Stop these; what has come stays, and they can go on later."""
        for task in list(tasks):
            if task.state is TaskState.WAITING:
                self._end(task, TaskState.STOPPED)
            elif task.state is TaskState.RUNNING and task.job is not None:
                task.job.cancel()
        self.changed.emit()

    def resume(self, tasks: Iterable[Task] | None = None) -> None:
        """Go on with what did not end well, all of it by default."""
        chosen = self.unfinished if tasks is None else [task for task in tasks if task in self.unfinished]
        for task in chosen:
            task.job, task.problem, task.text = None, "", ""
            task.state = TaskState.WAITING
            self._round.append(task)
        self._start_next()
        self.changed.emit()

    def forget(self, tasks: Iterable[Task] | None = None) -> None:
        """Offer what did not end well no more, all of it by default."""
        gone = self.unfinished if tasks is None else list(tasks)
        self.tasks = [task for task in self.tasks if task not in gone or task.is_active]
        self._remember()
        self.changed.emit()

    # --- inside

    def _start_next(self) -> None:
        """Start waiting tasks, oldest first; two never work on one series at once."""
        running = [task for task in self.tasks if task.state is TaskState.RUNNING]
        busy = {task.key for task in running}
        room = AT_ONCE - len(running)
        for task in self.tasks:
            if room <= 0:
                return
            if task.state is TaskState.WAITING and task.key not in busy:
                busy.add(task.key)
                room -= 1
                self._start(task)

    def _start(self, task: Task) -> None:
        task.state = TaskState.RUNNING
        task.job = self._jobs.start(
            task.title,
            task.work,
            on_done=lambda outcome: self._done(task, outcome),
            on_failed=lambda error: self._failed(task, error),
            on_cancelled=lambda: self._end(task, TaskState.STOPPED),
            group=f"{TOLD_BY_OWNER}series {task.key}",
        )

    def _done(self, task: Task, outcome: TaskOutcome) -> None:
        task.text, task.problem = outcome.text, outcome.problem
        self._end(task, TaskState.FAILED if outcome.problem else TaskState.DONE)

    def _failed(self, task: Task, error: BaseException) -> None:
        text = describe(error)
        task.problem = " ".join(filter(None, (text.what, text.hint)))
        self._end(task, TaskState.FAILED)

    def _end(self, task: Task, state: TaskState) -> None:
        task.state = state
        if state is TaskState.DONE:
            self.tasks = [other for other in self.tasks if other is not task]
        self._remember()
        self._start_next()
        self.task_ended.emit(task)
        self.changed.emit()
        if not self.active and self._round:
            ended, self._round = self._round, []
            self.all_ended.emit(ended)

    def _job_changed(self, job: Job[Any]) -> None:
        for task in self.tasks:
            if task.job is job:
                self.task_changed.emit(task)
                return

    def _remember(self) -> None:
        """Everything that is not done: a program that dies now offers it at its next start."""
        saved = [task.saved for task in self.tasks if task.saved is not None]
        if saved != self._settings.get(_KEY):
            self._settings.set(_KEY, saved)

    def _bring_back(self) -> None:
        stored = self._settings.get(_KEY)
        for entry in stored if isinstance(stored, list) else []:
            task = self._remake(entry) if isinstance(entry, dict) else None
            if task is not None:
                task.state = TaskState.STOPPED
                self.tasks.append(task)


def progress_words(task: Task) -> str:
    """Where a task stands, for one cell of a table."""
    from strategy_tester.ui import numbers

    if task.state is not TaskState.RUNNING:
        return tr(task.state.value)
    if task.job is not None and task.job.is_cancel_requested:
        return tr("Stopping")
    if task.fraction is None:
        return tr("Running")
    text = numbers.format_percent(task.fraction * 100, decimals=0)
    left = task.remaining_seconds
    if left is None or left < 1:
        return text
    return f"{text} · {tr('{duration} left', duration=numbers.format_duration(left * 1000))}"
