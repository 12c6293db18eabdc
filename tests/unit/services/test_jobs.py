import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from strategy_tester.domain.errors import JobCancelled, MissingCandles
from strategy_tester.services.jobs import Checkpoint, Job, JobRunner, JobState


@pytest.fixture
def runner():
    made = JobRunner(ThreadPoolExecutor(2))
    yield made
    made.shut_down()


def test_a_job_reports_progress_and_keeps_its_result(runner: JobRunner) -> None:
    seen: list[JobState] = []
    runner.listen(lambda job: seen.append(job.state))

    def work(checkpoint: Checkpoint) -> int:
        checkpoint(1, 2, "half")
        return 42

    job = runner.start("answer", work)
    assert job.wait(5)
    assert (job.state, job.result, job.done, job.total, job.note) == (JobState.DONE, 42, 1, 2, "half")
    assert seen[0] is JobState.PENDING
    assert seen[-1] is JobState.DONE


def test_a_cancelled_job_stops_at_its_next_checkpoint_even_if_it_catches_exceptions(runner: JobRunner) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def work(checkpoint: Checkpoint) -> str:
        entered.set()
        go_on.wait(5)
        try:
            checkpoint(1, 2)
        except Exception:  # noqa: BLE001
            return "swallowed"
        return "finished"

    job = runner.start("long", work)
    assert entered.wait(5)
    job.cancel()
    go_on.set()
    assert job.wait(5)
    assert job.state is JobState.CANCELLED
    assert not issubclass(JobCancelled, Exception)


def test_a_failed_job_keeps_its_error_and_the_runner_goes_on(runner: JobRunner) -> None:
    def work(_checkpoint: Checkpoint) -> None:
        raise MissingCandles("nothing there")

    job = runner.start("fails", work)
    assert job.wait(5)
    assert job.state is JobState.FAILED
    assert str(job.error) == "nothing there"
    after: Job[str] = runner.start("works", lambda _checkpoint: "fine")
    assert after.wait(5)
    assert after.result == "fine"


def test_a_newer_job_of_the_same_group_cancels_the_older(runner: JobRunner) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(checkpoint: Checkpoint) -> None:
        entered.set()
        go_on.wait(5)
        checkpoint(0, 1)

    older = runner.start("first", slow, group="search")
    assert entered.wait(5)
    newer = runner.start("second", lambda _checkpoint: "new", group="search")
    go_on.set()
    assert older.wait(5)
    assert newer.wait(5)
    assert (older.state, newer.state) == (JobState.CANCELLED, JobState.DONE)


def test_a_listener_that_raises_disturbs_nobody(runner: JobRunner, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_job: Job[object]) -> None:
        raise RuntimeError("listener")

    runner.listen(broken)
    job = runner.start("works", lambda _checkpoint: 1)
    assert job.wait(5)
    assert job.state is JobState.DONE
    assert "a job listener failed" in caplog.text


def test_shutting_down_cancels_and_waits() -> None:
    runner = JobRunner(ThreadPoolExecutor(1))
    entered = threading.Event()

    def work(checkpoint: Checkpoint) -> None:
        entered.set()
        while True:
            checkpoint(0, 0)

    job = runner.start("endless", work)
    assert entered.wait(5)
    assert runner.shut_down(5)
    assert job.state is JobState.CANCELLED


def test_of_the_jobs_that_have_ended_the_last_ones_are_remembered() -> None:
    runner = JobRunner()
    for number in range(503):
        assert runner.start(f"job {number}", lambda _checkpoint: None).wait(5)
    assert runner.start("errand", lambda _checkpoint: None, is_quiet=True).wait(5)
    last = runner.start("last", lambda _checkpoint: None)
    assert last.wait(5)
    titles = [job.title for job in runner.jobs]
    assert titles == [*(f"job {number}" for number in range(3, 503)), "last"]
    assert runner.shut_down()
