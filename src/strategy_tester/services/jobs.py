"""Background work, written once: a job, its progress, its cancellation.

A use-case is a plain function that takes a `checkpoint` and calls it once per piece of work. That one call reports
progress and stops a cancelled job. The interface and the terminal show the same `Job`s.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from strategy_tester.domain.errors import JobCancelled

Result = TypeVar("Result")
logger = logging.getLogger(__name__)
_REPORT_INTERVAL_S = 0.1
_MOST_ENDED = 500
"""So many jobs that have ended are remembered."""


class Checkpoint(Protocol):
    """What long work calls between its pieces."""

    def __call__(self, done: float, total: float, note: str = "") -> None:
        """Report `done` of `total`; raises JobCancelled when the user asked to stop."""
        ...


def no_checkpoint(done: float, total: float, note: str = "") -> None:
    """For callers that neither watch nor cancel."""


class JobState(Enum):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


@dataclass(eq=False)
class Job(Generic[Result]):
    """One piece of background work. Fields are written by the worker; read them from anywhere.

    A quiet one is a short errand of the program itself: nobody awaits it, lists of work pass it over unless it fails.
    """

    number: int
    title: str
    group: str = ""
    is_quiet: bool = False
    state: JobState = JobState.PENDING
    done: float = 0.0
    total: float = 0.0
    note: str = ""
    result: Result | None = None
    error: BaseException | None = None
    started_at: float = 0.0
    ended_at: float = 0.0
    _cancel: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def is_shown(self) -> bool:
        """Whether lists of work have a line for it."""
        return not self.is_quiet or self.state is JobState.FAILED

    @property
    def fraction(self) -> float | None:
        """Share of the work done, 0..1, or None while the amount is unknown."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    @property
    def remaining_seconds(self) -> float | None:
        """Estimate of the time left, or None while there is nothing to estimate from."""
        fraction = self.fraction
        if not fraction or self.state is not JobState.RUNNING:
            return None
        return (time.monotonic() - self.started_at) * (1.0 - fraction) / fraction

    def cancel(self) -> None:
        """Ask the job to stop at its next checkpoint."""
        self._cancel.set()

    @property
    def is_cancel_requested(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel.is_set()

    def wait_for_cancel(self, seconds: float) -> bool:
        """Block until somebody asks the job to stop; False when the time ran out before."""
        return self._cancel.wait(seconds)

    def tell_ended(self) -> None:
        """Let everybody who waits go on; called by the runner once the state is final."""
        self._ended.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the job has ended; False when the time ran out. Not for the UI thread."""
        return self._ended.wait(timeout)


Listener = Callable[[Job[Any]], None]
_current: ContextVar[Job[Any] | None] = ContextVar("current job", default=None)


def pause(seconds: float) -> None:
    """Wait, inside a job too: a cancelled job does not wait to the end.

    Raises:
        JobCancelled: the job that waits was cancelled.
    """
    job = _current.get()
    if job is None:
        time.sleep(max(seconds, 0.0))
    elif job.wait_for_cancel(max(seconds, 0.0)):
        raise JobCancelled


class JobRunner:
    """Runs jobs on an executor and tells listeners about every change.

    Listeners are called on the worker's thread (and on the caller's for PENDING); the interface brings them to its own.
    """

    def __init__(self, executor: Executor | None = None) -> None:
        self._executor = executor or ThreadPoolExecutor(max_workers=2, thread_name_prefix="job")
        self._numbers = count(1)
        self._listeners: list[Listener] = []
        self._jobs: list[Job[Any]] = []
        self._lock = threading.Lock()

    def listen(self, listener: Listener) -> None:
        """Call `listener(job)` on every change of any job."""
        self._listeners.append(listener)

    @property
    def jobs(self) -> list[Job[Any]]:
        """The jobs of this session, oldest first; of those that have ended the last ones, and no quiet ones."""
        with self._lock:
            return list(self._jobs)

    def start(
        self, title: str, work: Callable[[Checkpoint], Result], *, group: str = "", is_quiet: bool = False
    ) -> Job[Result]:
        """Run `work(checkpoint)` in the background.

        Args:
            title: What the jobs panel shows.
            work: The use-case, already given everything but the checkpoint.
            group: An unfinished older job of the same non-empty group is cancelled first.
            is_quiet: A short errand of the program itself: only a failure of it is shown.
        """
        job: Job[Result] = Job(next(self._numbers), title, group, is_quiet)
        with self._lock:
            self._forget_old()
            older = [other for other in self._jobs if group and other.group == group and not other.state.is_final]
            self._jobs.append(job)
        for other in older:
            other.cancel()
        self._tell(job)
        self._executor.submit(self._run, job, work)
        return job

    def _forget_old(self) -> None:
        """A program that runs for weeks does not keep every job it ever had."""
        ended = [job for job in self._jobs if job.state.is_final and job.is_shown]
        kept = set(map(id, ended[-_MOST_ENDED:]))
        self._jobs = [job for job in self._jobs if not job.state.is_final or id(job) in kept]

    def shut_down(self, timeout: float = 5.0) -> bool:
        """Cancel everything and wait; True when all jobs ended in time."""
        deadline = time.monotonic() + timeout
        unfinished = [job for job in self.jobs if not job.state.is_final]
        for job in unfinished:
            job.cancel()
        ended = all(job.wait(max(0.0, deadline - time.monotonic())) for job in unfinished)
        self._executor.shutdown(wait=ended, cancel_futures=True)
        return ended

    def _run(self, job: Job[Result], work: Callable[[Checkpoint], Result]) -> None:
        job.started_at = time.monotonic()
        job.state = JobState.RUNNING
        self._tell(job)
        final = JobState.FAILED
        token = _current.set(job)
        try:
            checkpoint = self._checkpoint(job)
            checkpoint(0.0, 0.0)
            job.result = work(checkpoint)
            final = JobState.DONE
        except JobCancelled:
            final = JobState.CANCELLED
        except BaseException as error:
            logger.exception("job failed: %s", job.title)
            job.error = error
        finally:
            _current.reset(token)
            job.ended_at = time.monotonic()
            job.state = final
            job.tell_ended()
            self._tell(job)

    def _checkpoint(self, job: Job[Any]) -> Checkpoint:
        last_report = 0.0

        def checkpoint(done: float, total: float, note: str = "") -> None:
            nonlocal last_report
            if job.is_cancel_requested:
                raise JobCancelled
            job.done, job.total, job.note = done, total, note
            now = time.monotonic()
            if now - last_report >= _REPORT_INTERVAL_S:
                last_report = now
                self._tell(job)

        return checkpoint

    def _tell(self, job: Job[Any]) -> None:
        for listener in self._listeners:
            try:
                listener(job)
            except Exception:
                logger.exception("a job listener failed")
