"""Requests to Binance's public USD-M interface: one session a thread, its weights counted, its refusals understood."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import requests

from strategy_tester.domain.errors import ExchangeBusy, ExchangeError, ExchangeRefused, ExchangeUnreachable
from strategy_tester.exchange.guard import Limit, Remedy, RequestGuard, Trouble
from strategy_tester.exchange.server_clock import ServerClock
from strategy_tester.services.jobs import pause

MAINNET = "https://fapi.binance.com"
_TIMEOUT_S = 10
_NAME = "Binance"
_BAN_S = 120.0
_WEIGHT_LIMIT = 2400
_WEIGHT_KEPT_FREE = 400
"""Weight that is left to the user's other programs."""
# A candle page of 1500 weighs 10, and 2400 a minute are allowed; lists of funding and open interest have limits
# of their own, counted in five minutes.
_LIMITS = {"": Limit(20, 1.0), "funding": Limit(400, 300.0), "statistics": Limit(800, 300.0)}
_CLOCK_S = 600.0
_SLICE_S = 0.05


class BinanceRest:
    """Sends requests to one place. Safe to use from several threads.

    Args:
        address: Where to.
        guard: Keeps the limits; one of its own by default.
    """

    def __init__(self, address: str = MAINNET, guard: RequestGuard | None = None) -> None:
        self.address = address.rstrip("/")
        self.clock = ServerClock()
        self.guard = guard or RequestGuard(_NAME, _LIMITS)
        self._sessions = threading.local()
        self._used, self._minute = 0, 0
        self._clock_s = 0.0

    def ask(self, path: str, parameters: Mapping[str, Any] | None = None, *, group: str = "") -> Any:
        """The answer to a GET request.

        Args:
            path: Such as `/fapi/v1/klines`.
            parameters: As the exchange names them.
            group: Group of endpoints with a limit of its own.

        Raises:
            ExchangeError: see RequestGuard.call.
        """
        return self.guard.call(lambda: self._send(path, parameters or {}), group)

    def server_time_ms(self) -> int:
        """The exchange's clock."""
        told = int(self.ask("/fapi/v1/time")["serverTime"])
        self._clock_s = time.monotonic()
        return told

    def now_ms(self) -> int:
        """The exchange's clock as it was learned, lately."""
        if not self.clock.is_known or time.monotonic() - self._clock_s > _CLOCK_S:
            return self.server_time_ms()
        return self.clock.now_ms()

    def _send(self, path: str, parameters: Mapping[str, Any]) -> Any:
        self._wait_for_weight()
        sent_ms = time.time() * 1000.0
        try:
            answer = self._session().get(self.address + path, params=dict(parameters), timeout=_TIMEOUT_S)
        except (requests.exceptions.RequestException, OSError) as error:
            raise _unreachable(_reason(error)) from error
        self._count(answer.headers)
        if answer.status_code in {418, 429, 403}:
            raise _shut_out(answer)
        if answer.status_code >= 500:
            raise _unreachable(f"HTTP {answer.status_code}")
        try:
            told = answer.json()
        except ValueError as error:
            raise _unreachable("the answer is no JSON") from error
        if answer.status_code != 200:
            raise _refusal(told, answer.status_code)
        if path == "/fapi/v1/time":
            self.clock.learn(sent_ms, time.time() * 1000.0, float(told["serverTime"]))
        return told

    def _session(self) -> requests.Session:
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = requests.Session()
        return session

    def _count(self, headers: Mapping[str, str]) -> None:
        """Believe what the exchange says of the weight used in this minute."""
        used = str(headers.get("X-MBX-USED-WEIGHT-1M", ""))
        if used.isdigit():
            self._used, self._minute = int(used), int(time.time() // 60)

    def _wait_for_weight(self) -> None:
        while self._used > _WEIGHT_LIMIT - _WEIGHT_KEPT_FREE and self._minute == int(time.time() // 60):
            pause(_SLICE_S)


def _shut_out(answer: requests.Response) -> Trouble:
    """429 asks to wait; 418 is a ban that grows with every further request; 403 comes from a firewall before it."""
    told = str(answer.headers.get("Retry-After", ""))
    wait_s = float(told) if told.replace(".", "", 1).isdigit() else _BAN_S
    if answer.status_code == 429 and told and wait_s <= 10.0:
        return Trouble(ExchangeBusy(f"{_NAME}: too many requests", wait_s=wait_s), Remedy.WAIT, wait_s)
    words = f"{_NAME} has shut this address out (HTTP {answer.status_code}); nothing is sent for {wait_s:.0f} s"
    hint = "It lifts by itself. Binance also answers so where it offers no service."
    busy = ExchangeBusy(words, wait_s=wait_s, hint=hint)
    return Trouble(busy, Remedy.BAN, wait_s)


def _refusal(told: Any, status: int) -> Trouble:
    code, text = (told.get("code", status), told.get("msg", "")) if isinstance(told, dict) else (status, "")
    if code in {-1000, -1001, -1007, -1008, -1016}:
        return Trouble(ExchangeUnreachable(f"{_NAME} is overloaded or starting anew ({text})"), Remedy.AGAIN)
    if code == -1003:
        return Trouble(ExchangeBusy(f"{_NAME}: too many requests ({text})", wait_s=10.0), Remedy.WAIT, 10.0)
    return Trouble(ExchangeRefused(f"{_NAME} refused: {text} ({code})", code=int(code)), Remedy.NONE)


def _unreachable(why: str) -> Trouble:
    error: ExchangeError = ExchangeUnreachable(
        f"{_NAME} cannot be reached: {why}", hint="Check the connection to the internet."
    )
    return Trouble(error, Remedy.AGAIN)


def _reason(error: BaseException) -> str:
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {_TIMEOUT_S} s"
    return "the connection failed" if isinstance(error, requests.exceptions.ConnectionError) else type(error).__name__
