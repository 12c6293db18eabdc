"""State of the jobs panel: every job of this session, newest first."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from strategy_tester.services.jobs import Job, JobState
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.job_bridge import JobBridge

STATES = {
    JobState.PENDING: mark("Waiting"),
    JobState.RUNNING: mark("Running"),
    JobState.DONE: mark("Done"),
    JobState.FAILED: mark("Failed"),
    JobState.CANCELLED: mark("Cancelled"),
}
_KEPT = 500


class JobsViewModel(QObject):
    """The list of jobs."""

    rows_changed = Signal()
    """Jobs were added or removed."""
    job_changed = Signal(int)
    """The job at this position of `rows` changed."""

    def __init__(self, jobs: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.rows: list[Job[Any]] = [job for job in reversed(jobs.runner.jobs) if job.is_shown][:_KEPT]
        self._shown = {job.number for job in self.rows}
        jobs.job_changed.connect(self._take)

    def cancel(self, rows: list[Job[Any]]) -> None:
        """Ask these jobs to stop."""
        for job in rows:
            job.cancel()
            self._tell(job)

    def clear_finished(self) -> None:
        """Forget jobs that have ended."""
        self.rows = [job for job in self.rows if not job.state.is_final]
        self.rows_changed.emit()

    @property
    def can_clear(self) -> bool:
        """Whether any job has ended."""
        return any(job.state.is_final for job in self.rows)

    def _take(self, job: Job[Any]) -> None:
        if job.number in self._shown:
            self._tell(job)
            return
        if not job.is_shown:
            return
        self._shown.add(job.number)
        self.rows = [job, *self.rows][:_KEPT]
        self.rows_changed.emit()

    def _tell(self, job: Job[Any]) -> None:
        if job in self.rows:
            self.job_changed.emit(self.rows.index(job))


def state_text(job: Job[Any]) -> str:
    """Where a job stands, in words."""
    if job.is_cancel_requested and not job.state.is_final:
        return tr("Stopping")
    return tr(STATES[job.state])


def remaining_text(job: Job[Any]) -> str:
    """How long it ran, or how long it will go on."""
    if job.state.is_final:
        if job.started_at <= 0:
            return numbers.DASH
        return numbers.format_duration((job.ended_at - job.started_at) * 1000)
    remaining = job.remaining_seconds
    if remaining is None:
        return numbers.DASH
    return tr("{duration} left", duration=numbers.format_duration(remaining * 1000))


def outcome_text(job: Job[Any]) -> str:
    """What a job says: its note while it runs, its error when it failed."""
    return str(job.error) if job.error is not None else job.note
