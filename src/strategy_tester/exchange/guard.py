"""Keeps requests within an exchange's rules: how often, what to try again, when to be silent.

Three well-kept libraries do the work: pyrate-limiter counts requests, tenacity tries again with jitter, pybreaker stops
sending for a while when the way to the exchange is broken. Only requests that change nothing are tried again.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

import pybreaker
import tenacity
from pyrate_limiter import Duration, Limiter, Rate

from strategy_tester.domain.errors import ExchangeBusy, ExchangeError, ExchangeUnreachable
from strategy_tester.services.jobs import pause

logger = logging.getLogger(__name__)
T = TypeVar("T")
_TRIES = 5
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 20.0
_BREAK_AFTER = 6
_BREAK_S = 20.0
_SLICE_S = 0.05


class Remedy(Enum):
    """What helps against a failed request."""

    NONE = auto()
    """Nothing: the request is wrong, or the answer final."""
    AGAIN = auto()
    """The same request later."""
    WAIT = auto()
    """The same request after a time that the exchange told."""
    BAN = auto()
    """Silence of the whole address."""
    CLOCK = auto()
    """The corrected clock, then the same request once."""


class Trouble(Exception):
    """A failed request, understood by its adapter.

    Args:
        error: What the user reads if nothing helps.
        remedy: What may help.
        wait_s: For WAIT and BAN.
    """

    def __init__(self, error: ExchangeError, remedy: Remedy, wait_s: float = 0.0) -> None:
        super().__init__(error.message)
        self.error, self.remedy, self.wait_s = error, remedy, wait_s


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    seconds: float = 1.0


class RequestGuard:
    """One per exchange and address; safe to use from several threads.

    Args:
        name: Of the exchange, for messages.
        limits: By group of endpoints; "" holds for every request.
        resync: Measures the exchange's clock anew.
        wait: Waits some seconds; must let a cancelled job go.
        first_wait_s: Before the second try; doubles from then on, with jitter.
    """

    def __init__(
        self,
        name: str,
        limits: Mapping[str, Limit],
        resync: Callable[[], None] | None = None,
        wait: Callable[[float], None] = pause,
        first_wait_s: float = _FIRST_WAIT_S,
    ) -> None:
        self.name = name
        self._limiters = {
            group: Limiter(Rate(limit.requests, round(limit.seconds * Duration.SECOND)))
            for group, limit in limits.items()
        }
        self._resync, self._wait, self._first_wait_s = resync, wait, first_wait_s
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=_BREAK_AFTER, reset_timeout=_BREAK_S, exclude=[_is_no_fault_of_the_way], name=name
        )
        self._silent_until_s = 0.0
        self._lock = threading.Lock()
        self.sent = 0
        """Requests sent so far."""

    def call(self, send: Callable[[], T], group: str = "", *, is_safe: bool = True) -> T:
        """Send a request when it is its turn; try again what may be tried again.

        Args:
            send: Sends it; raises Trouble.
            group: Its group of endpoints.
            is_safe: Whether it changes nothing at the exchange. Only then is it sent a second time.

        Raises:
            ExchangeBusy: the address is shut out, or the limit stays exceeded.
            ExchangeUnreachable: the way to the exchange is broken.
            ExchangeRefused: the exchange said no.
        """
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(_TRIES if is_safe else 1),
            wait=self._wait_before, retry=tenacity.retry_if_exception(_may_be_tried_again),
            sleep=self._wait, before_sleep=self._prepare, reraise=True,
        )  # fmt: skip
        try:
            return retrying(self._send_once, send, group)
        except Trouble as trouble:
            raise trouble.error from trouble.__cause__

    def silent_s(self) -> float:
        """Seconds for which nothing may be sent; 0 when requests are welcome."""
        return max(self._silent_until_s - time.monotonic(), 0.0)

    def _send_once(self, send: Callable[[], T], group: str) -> T:
        if (left := self.silent_s()) > 0.0:
            raise Trouble(_silent(self.name, left), Remedy.NONE)
        for name in ("", group) if group else ("",):
            self._take_turn(name)
        if (left := self.silent_s()) > 0.0:  # shut out while it waited for its turn
            raise Trouble(_silent(self.name, left), Remedy.NONE)
        with self._lock:
            self.sent += 1
        try:
            return self._send_watched(send)
        except pybreaker.CircuitBreakerError as error:
            raise Trouble(
                ExchangeUnreachable(
                    f"{self.name} did not answer several times in a row; nothing is sent for {_BREAK_S:.0f} seconds",
                    hint="Check the connection to the internet.",
                ),
                Remedy.NONE,
            ) from error
        except Trouble as trouble:
            if trouble.remedy is Remedy.BAN:
                self._silent_until_s = max(time.monotonic() + trouble.wait_s, self._silent_until_s)
            raise

    def _send_watched(self, send: Callable[[], T]) -> T:
        """Send, and let the breaker know how it went.

        The breaker holds a lock while it calls: all threads would wait for each other's answers. So it is told of the
        outcome; only the trial after a break is its own, one request at a time.
        """
        if self._breaker.current_state != pybreaker.STATE_CLOSED:
            return self._breaker.call(send)
        try:
            result = send()
        except Trouble as trouble:
            self._breaker.call(_raise, trouble)
            raise
        with contextlib.suppress(pybreaker.CircuitBreakerError):  # another thread's failures have opened it
            self._breaker.call(lambda: None)
        return result

    def _take_turn(self, group: str) -> None:
        limiter = self._limiters.get(group)
        while limiter is not None and not limiter.try_acquire(group or "all", blocking=False):
            self._wait(_SLICE_S)

    def _wait_before(self, state: tenacity.RetryCallState) -> float:
        trouble = state.outcome.exception() if state.outcome is not None else None
        if isinstance(trouble, Trouble) and trouble.remedy in (Remedy.WAIT, Remedy.CLOCK):
            return min(trouble.wait_s, _LONGEST_WAIT_S)
        return tenacity.wait_random_exponential(multiplier=self._first_wait_s, max=_LONGEST_WAIT_S)(state)

    def _prepare(self, state: tenacity.RetryCallState) -> None:
        trouble = state.outcome.exception() if state.outcome is not None else None
        if isinstance(trouble, Trouble):
            logger.info("%s: %s; try %d follows", self.name, trouble.error.message, state.attempt_number + 1)
            if trouble.remedy is Remedy.CLOCK and self._resync is not None:
                self._resync()


def _raise(error: Exception) -> None:
    raise error


def _may_be_tried_again(error: BaseException) -> bool:
    return isinstance(error, Trouble) and error.remedy in (Remedy.AGAIN, Remedy.WAIT, Remedy.CLOCK)


def _is_no_fault_of_the_way(error: BaseException) -> bool:
    """Whether the exchange did answer, be it with a refusal: the way to it is sound."""
    return not (isinstance(error, Trouble) and isinstance(error.error, ExchangeUnreachable))


def _silent(name: str, left_s: float) -> ExchangeBusy:
    minutes = -(-left_s // 60)
    return ExchangeBusy(
        f"{name} has shut this address out for asking too often; nothing is sent for {minutes:.0f} min",
        wait_s=left_s, hint="It lifts by itself. Other programs on this network may ask the exchange, too.",
    )  # fmt: skip
