"""Background work and the UI thread: an executor over a QThreadPool, and one object that brings jobs over.

Services know nothing of Qt. Their JobRunner is given `PoolExecutor()`, and everything in the window that shows or
awaits a job does so through the one `JobBridge`.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from strategy_tester.services.jobs import Checkpoint, Job, JobRunner, JobState

Result = TypeVar("Result")
Done = Callable[[Any], None]
Failed = Callable[[BaseException], None]
TOLD_BY_OWNER = "told by its owner: "
"""Begin of the groups of jobs whose end is not to be told one by one: whoever started them tells of them together."""
_LEAST_THREADS = 4
"""Downloads wait for the network most of the time; two of them must not keep everything else waiting."""


class PoolExecutor(Executor):
    """`concurrent.futures` over a QThreadPool of its own."""

    def __init__(self, threads: int | None = None) -> None:
        self._pool = QThreadPool()
        self._pool.setObjectName("jobs")
        self._pool.setMaxThreadCount(threads or max(_LEAST_THREADS, QThreadPool.globalInstance().maxThreadCount()))
        self._pool.setExpiryTimeout(-1)
        self._is_open = True
        self._lock = threading.Lock()
        self._waiting: set[Future[Any]] = set()

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Run `fn(*args, **kwargs)` on the pool."""
        future: Future[Result] = Future()
        with self._lock:
            if not self._is_open:
                raise RuntimeError("the executor was shut down")
            self._waiting.add(future)
        self._pool.start(_Task(self, future, lambda: fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  given form
        """Take no more work; wait for what runs, or leave it."""
        with self._lock:
            self._is_open = False
            waiting = list(self._waiting)
        if cancel_futures:
            for future in waiting:
                future.cancel()
        if wait:
            self._pool.waitForDone()

    def _started(self, future: "Future[Any]") -> None:
        with self._lock:
            self._waiting.discard(future)


class _Task(QRunnable):
    def __init__(self, executor: PoolExecutor, future: "Future[Any]", call: Callable[[], Any]) -> None:
        super().__init__()
        self._executor, self._future, self._call = executor, future, call

    def run(self) -> None:
        self._executor._started(self._future)
        if not self._future.set_running_or_notify_cancel():
            return
        try:
            result = self._call()
        except BaseException as error:  # noqa: BLE001  it travels in the future
            self._future.set_exception(error)
        else:
            self._future.set_result(result)
        finally:
            del self._call


class JobBridge(QObject):
    """Every change of every job, on the UI thread."""

    job_changed = Signal(object)
    """A Job whose state, progress or note changed."""
    job_ended = Signal(object)
    """A Job that has just become DONE, FAILED or CANCELLED; once for each."""
    failed_unnoticed = Signal(object)
    """A Job failed that nobody had asked to hear of."""
    _arrived = Signal(object)

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runner = runner
        self._handlers: dict[int, tuple[Done | None, Failed | None, Callable[[], None] | None]] = {}
        self._ended: set[int] = set()
        self._is_closed = False
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)
        runner.listen(self._hand_over)

    def start(
        self,
        title: str,
        work: Callable[[Checkpoint], Result],
        *,
        on_done: Callable[[Result], None] | None = None,
        on_failed: Failed | None = None,
        on_cancelled: Callable[[], None] | None = None,
        group: str = "",
        is_quiet: bool = False,
    ) -> Job[Result]:
        """Run `work(checkpoint)` in the background and call back on the UI thread.

        Args:
            title: What the jobs panel shows, in the user's language.
            work: The use-case, already given everything but the checkpoint.
            on_done: Gets the result.
            on_failed: Gets the exception; the job is shown as failed either way.
            on_cancelled: Called when the job was cancelled.
            group: An unfinished older job of the same non-empty group is cancelled first.
            is_quiet: A short errand of the program itself: only a failure of it is shown.
        """
        job = self.runner.start(title, work, group=group, is_quiet=is_quiet)
        # Changes arrive through the event loop, so none of them can have been handled before this line.
        self._handlers[job.number] = (on_done, on_failed, on_cancelled)
        return job

    def unfinished(self) -> list[Job[Any]]:
        """Jobs that wait or run, oldest first."""
        return [job for job in self.runner.jobs if not job.state.is_final]

    def awaited(self) -> list[Job[Any]]:
        """Jobs that wait or run and that somebody may be waiting for, oldest first."""
        return [job for job in self.unfinished() if job.is_shown]

    def cancel_all(self) -> None:
        """Ask every unfinished job to stop."""
        for job in self.unfinished():
            job.cancel()

    def close(self, timeout: float = 5.0) -> bool:
        """Cancel everything, wait for it, and call nobody any more; True when all ended in time."""
        self._is_closed = True
        self._handlers.clear()
        return self.runner.shut_down(timeout)

    def _hand_over(self, job: Job[Any]) -> None:
        if not self._is_closed:
            self._arrived.emit(job)

    @Slot(object)
    def _take(self, job: Job[Any]) -> None:
        if self._is_closed or job.number in self._ended:
            return
        self.job_changed.emit(job)
        if not job.state.is_final:
            return
        self._ended.add(job.number)
        self.job_ended.emit(job)
        is_ours = job.number in self._handlers
        on_done, on_failed, on_cancelled = self._handlers.pop(job.number, (None, None, None))
        result = job.result
        if is_ours:
            # Whoever wants the result keeps it; the list of jobs would hold every series that was ever read.
            job.result = None
        if job.state is JobState.DONE and on_done is not None:
            on_done(result)
        elif job.state is JobState.FAILED and job.error is not None:
            if on_failed is not None:
                on_failed(job.error)
            else:
                self.failed_unnoticed.emit(job)
        elif job.state is JobState.CANCELLED and on_cancelled is not None:
            on_cancelled()
