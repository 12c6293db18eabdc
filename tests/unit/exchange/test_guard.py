"""The guard over requests: limits, second tries, bans, the broken way."""

import time

import pytest

from strategy_tester.domain.errors import (
    ExchangeBusy,
    ExchangeError,
    ExchangeRefused,
    ExchangeUnreachable,
    JobCancelled,
)
from strategy_tester.exchange.guard import Limit, Remedy, RequestGuard, Trouble
from strategy_tester.exchange.server_clock import ServerClock
from strategy_tester.services.jobs import JobRunner


class Exchange:
    """Fails as often as it is told, then answers."""

    def __init__(self, *failures: Trouble) -> None:
        self.failures = list(failures)
        self.asked = 0

    def answer(self) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def unreachable() -> Trouble:
    return Trouble(ExchangeUnreachable("no answer"), Remedy.AGAIN)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def guard(waits) -> RequestGuard:
    return RequestGuard("Bybit", {"": Limit(1000)}, wait=waits.append)


def test_lost_answer_is_asked_for_again(guard, waits):
    exchange = Exchange(unreachable(), unreachable())
    assert guard.call(exchange.answer) == "answer"
    assert exchange.asked == 3
    assert len(waits) == 2


def test_after_five_tries_the_user_hears_of_it(guard):
    exchange = Exchange(*(unreachable() for _ in range(9)))
    with pytest.raises(ExchangeUnreachable, match="no answer"):
        guard.call(exchange.answer)
    assert exchange.asked == 5


def test_what_changes_something_is_never_sent_twice(guard):
    exchange = Exchange(unreachable())
    with pytest.raises(ExchangeUnreachable):
        guard.call(exchange.answer, is_safe=False)
    assert exchange.asked == 1


def test_refusal_is_final(guard):
    exchange = Exchange(Trouble(ExchangeRefused("Not supported symbols", code=10001), Remedy.NONE))
    with pytest.raises(ExchangeRefused) as refused:
        guard.call(exchange.answer)
    assert refused.value.code == 10001
    assert exchange.asked == 1


def test_told_time_is_waited_for_and_no_longer(guard, waits):
    exchange = Exchange(Trouble(ExchangeBusy("too many", wait_s=0.3), Remedy.WAIT, 0.3))
    assert guard.call(exchange.answer) == "answer"
    assert waits == [0.3]


def test_after_a_ban_everything_is_silent(guard):
    exchange = Exchange(Trouble(ExchangeBusy("banned", wait_s=600.0), Remedy.BAN, 600.0))
    for _ in range(3):
        with pytest.raises(ExchangeBusy):
            guard.call(exchange.answer)
    assert exchange.asked == 1
    assert 590.0 < guard.silent_s() <= 600.0


def test_wrong_clock_is_set_before_the_next_try(waits):
    synced = []
    guard = RequestGuard("Bybit", {}, resync=lambda: synced.append(1), wait=waits.append)
    exchange = Exchange(Trouble(ExchangeError("clock"), Remedy.CLOCK))
    assert guard.call(exchange.answer) == "answer"
    assert synced == [1]


def test_broken_way_is_not_tried_over_and_over(guard):
    exchange = Exchange(*(unreachable() for _ in range(99)))
    for _ in range(4):
        with pytest.raises(ExchangeUnreachable):
            guard.call(exchange.answer)
    assert exchange.asked == 6


def test_refusals_do_not_break_the_way(guard):
    for _ in range(20):
        with pytest.raises(ExchangeRefused):
            guard.call(Exchange(Trouble(ExchangeRefused("no", code=1), Remedy.NONE)).answer)
    assert guard.call(Exchange().answer) == "answer"


def test_no_more_requests_than_allowed_are_sent():
    guard = RequestGuard("Bybit", {"": Limit(10, 0.5)})
    begun = time.monotonic()
    for _ in range(21):
        guard.call(Exchange().answer)
    assert time.monotonic() - begun >= 0.95


def test_cancelled_job_does_not_wait_for_the_next_try():
    guard = RequestGuard("Bybit", {}, first_wait_s=30.0)
    runner = JobRunner()
    exchange = Exchange(*(Trouble(ExchangeBusy("too many", wait_s=15.0), Remedy.WAIT, 15.0) for _ in range(4)))
    job = runner.start("download", lambda _checkpoint: guard.call(exchange.answer))
    while exchange.asked == 0:
        time.sleep(0.005)
    begun = time.monotonic()
    job.cancel()
    assert job.wait(2.0)
    assert time.monotonic() - begun < 0.5
    assert job.state.value == "cancelled"
    assert job.error is None or isinstance(job.error, JobCancelled)
    runner.shut_down()


def test_quickest_answer_tells_the_clock():
    clock = ServerClock(now_ms=lambda: 10_000.0)
    assert not clock.is_known
    assert clock.offset_ms == 0.0
    clock.learn(1000.0, 1900.0, 4900.0)  # on its way for 900 ms: says 3450
    clock.learn(2000.0, 2040.0, 5020.0)  # 40 ms: says 3000
    clock.learn(3000.0, 3400.0, 6400.0)  # within half its way of the truth
    assert clock.offset_ms == 3000.0
    assert clock.now_ms() == 13_000
    clock.forget()
    assert clock.now_ms() == 10_000


def test_clock_that_was_set_is_believed_at_once_and_a_slow_answer_is_not():
    clock = ServerClock(lambda: 0.0)
    clock.learn(1000.0, 1010.0, 1005.0)
    assert clock.offset_ms == 0.0
    clock.learn(2000.0, 2900.0, 2800.0)  # 350 ms off at first sight, but 900 ms on its way
    assert clock.offset_ms == 0.0
    clock.learn(3000.0, 3040.0, 6020.0)  # slower than the first, and three seconds away from it
    assert clock.offset_ms == 3000.0
