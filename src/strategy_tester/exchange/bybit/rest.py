"""Requests to Bybit through pybit: one session a thread, our clock, our errors, our retries.

pybit's own retries are switched off: they lose the code of the error, sleep for negative times and never set the clock.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from pybit.exceptions import FailedRequestError, InvalidRequestError
from pybit.unified_trading import HTTP

from strategy_tester.domain.errors import ExchangeBusy, ExchangeError, ExchangeRefused, ExchangeUnreachable
from strategy_tester.exchange.guard import Limit, Remedy, RequestGuard, Trouble
from strategy_tester.exchange.server_clock import ServerClock

_TIMEOUT_S = 10
_BAN_S = 600.0
# Bybit allows 600 requests in 5 s and address; we leave room for the user's other programs.
_LIMITS = {"": Limit(400, 5.0)}
_TIMED_OUT = {10000, 10016, 5004, 429}
_KEY_HINTS = {
    10003: "The key belongs to another environment, or was deleted.",
    10004: "The secret does not belong to the key.",
    10005: "The key lacks a permission; read access is enough for market data and the account.",
    10007: "Make a new key.",
    10010: "The key is bound to another address.",
    33004: "The key has expired: make a new one.",
}


@dataclass(frozen=True)
class Place:
    """Where an exchange is reached.

    Attributes:
        name: Shown to the user: "Bybit", "Practice exchange".
        rest: Address of requests.
        stream: Address of sockets; `/v5/public/linear` follows.
    """

    name: str
    rest: str
    stream: str


MAINNET = Place("Bybit", "https://api.bybit.com", "wss://stream.bybit.com")
TESTNET = Place("Bybit testnet", "https://api-testnet.bybit.com", "wss://stream-testnet.bybit.com")


def practice_place(port: int) -> Place:
    """The practice exchange on a port of this machine."""
    return Place("Practice exchange", f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")


class _Session(HTTP):
    """pybit's session, signing with the exchange's clock instead of this machine's."""

    def __init__(self, place: Place, clock: ServerClock, key: str, secret: str) -> None:
        super().__init__(api_key=key or None, api_secret=secret or None, timeout=_TIMEOUT_S, max_retries=1)
        self.endpoint = place.rest
        self.retry_codes = set()  # pyright: ignore[reportAttributeAccessIssue]  a set is what pybit itself puts there
        self.own_clock = clock

    def _prepare_headers(
        self, payload: Any, recv_window: Any, content_type: str = "application/json"
    ) -> dict[str, str]:
        stamp = self.own_clock.now_ms()
        signature = self._auth(payload=payload, recv_window=recv_window, timestamp=stamp)
        return {
            "Content-Type": content_type, "X-BAPI-API-KEY": str(self.api_key), "X-BAPI-SIGN": signature,
            "X-BAPI-SIGN-TYPE": "2", "X-BAPI-TIMESTAMP": str(stamp), "X-BAPI-RECV-WINDOW": str(recv_window),
        }  # fmt: skip


class BybitRest:
    """Sends requests to one place. Safe to use from several threads.

    Args:
        place: Where to.
        key: Of signed requests; "" for public ones.
        secret: Belongs to the key.
        guard: Keeps the limits; one of its own by default.
    """

    def __init__(self, place: Place, *, key: str = "", secret: str = "", guard: RequestGuard | None = None) -> None:
        self.place = place
        self.clock = ServerClock()
        self.guard = guard or RequestGuard(place.name, _LIMITS, resync=self._resync)
        self._key, self._secret = key, secret
        self._sessions = threading.local()
        root = logging.getLogger()
        if not root.handlers:
            root.addHandler(logging.NullHandler())  # or pybit would print to the terminal

    def ask(
        self, method: str, parameters: Mapping[str, Any] | None = None, *, group: str = "", is_safe: bool = True
    ) -> Mapping[str, Any]:
        """Call a method of pybit's session.

        Args:
            method: Its name, such as `get_kline`.
            parameters: As the exchange names them.
            group: Group of endpoints for the limits.
            is_safe: Whether it changes nothing at the exchange.

        Returns:
            The whole answer; `result` is a mapping.

        Raises:
            ExchangeError: see RequestGuard.call.
        """

        def send() -> Mapping[str, Any]:
            return self._send(method, parameters or {})

        return self.guard.call(send, group, is_safe=is_safe)

    def server_time_ms(self) -> int:
        """The exchange's clock."""
        answer = self.ask("get_server_time")
        return int(answer["result"]["timeNano"]) // 1_000_000

    def _send(self, method: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        call: Callable[..., Any] = getattr(self._session(), method)
        sent_ms = time.time() * 1000.0
        try:
            # pybit changes the mapping it is given.
            answer = call(**dict(parameters))
        except InvalidRequestError as error:
            raise self._refusal(error) from error
        except FailedRequestError as error:
            raise _failure(self.place.name, error) from error
        except PermissionError as error:
            raise Trouble(
                ExchangeError("this needs an API key", hint="Store one in the settings."), Remedy.NONE
            ) from error
        except (requests.exceptions.RequestException, OSError) as error:
            raise _unreachable(self.place.name, _short(error)) from error
        if not isinstance(answer, dict) or not isinstance(answer.get("result"), dict):
            raise _unreachable(self.place.name, "the answer has no result")
        if isinstance(answer.get("time"), int) and answer["time"] > 0:
            self.clock.learn(sent_ms, time.time() * 1000.0, float(answer["time"]))
        return answer

    def _session(self) -> _Session:
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = _Session(self.place, self.clock, self._key, self._secret)
        return session

    def _resync(self) -> None:
        self.clock.forget()
        try:
            self._send("get_server_time", {})
        except Trouble as trouble:
            logging.getLogger(__name__).warning("the exchange's clock could not be read: %s", trouble.error.message)

    def _refusal(self, error: InvalidRequestError) -> Trouble:
        code, text = int(error.status_code), str(error.message)
        name = self.place.name
        if code == 10002:
            message = f"{name} refused the time of the request: the clocks differ by more than it allows"
            return Trouble(ExchangeRefused(message, code=code, hint="Set this machine's clock."), Remedy.CLOCK)
        if code == 10006:
            wait_s = self._told_wait_s(error)
            return Trouble(ExchangeBusy(f"{name}: too many requests ({text})", wait_s=wait_s), Remedy.WAIT, wait_s)
        if code == 10018:
            return Trouble(
                ExchangeBusy(f"{name}: too many requests of this address", wait_s=_BAN_S), Remedy.BAN, _BAN_S
            )
        if code in _TIMED_OUT:
            return Trouble(ExchangeUnreachable(f"{name} is overloaded or starting anew ({text})"), Remedy.AGAIN)
        hint = _KEY_HINTS.get(code, "")
        return Trouble(ExchangeRefused(f"{name} refused: {text} ({code})", code=code, hint=hint), Remedy.NONE)

    def _told_wait_s(self, error: InvalidRequestError) -> float:
        """Seconds until the limit opens again; the header may be missing or lie in the past."""
        headers = error.resp_headers or {}
        told = str(headers.get("X-Bapi-Limit-Reset-Timestamp", ""))
        left_s = (int(told) - self.clock.now_ms()) / 1000.0 if told.isdigit() else 0.0
        return min(left_s, 10.0) if left_s > 0.0 else 1.0


def _failure(name: str, error: FailedRequestError) -> Trouble:
    status = int(error.status_code)
    if status == 403:
        busy = ExchangeBusy(
            f"{name} has shut this address out (HTTP 403); nothing is sent for 10 min", wait_s=_BAN_S,
            hint="It lifts by itself. The exchange also answers so where it offers no service.",
        )  # fmt: skip
        return Trouble(busy, Remedy.BAN, _BAN_S)
    if status == 401:
        return Trouble(ExchangeRefused(f"{name} does not know the key (HTTP 401)", code=status), Remedy.NONE)
    if status in {400, 404}:
        return Trouble(ExchangeRefused(f"{name} knows no such request (HTTP {status})", code=status), Remedy.NONE)
    return _unreachable(name, f"HTTP {status}" if status != 409 else "the answer is no JSON")


def _unreachable(name: str, why: str) -> Trouble:
    hint = "Does it run, and on this port?" if name == "Practice exchange" else "Check the connection to the internet."
    error = ExchangeUnreachable(f"{name} cannot be reached: {why}", hint=hint)
    return Trouble(error, Remedy.AGAIN)


def _short(error: BaseException) -> str:
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {_TIMEOUT_S} s"
    return "the connection failed" if isinstance(error, requests.exceptions.ConnectionError) else type(error).__name__
