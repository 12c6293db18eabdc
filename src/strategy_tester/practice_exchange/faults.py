"""What goes wrong on purpose: a script of faults, so that a program can rehearse a bad day.

    {"seed": 1, "faults": [
        {"kind": "cut", "every_s": 20},
        {"kind": "lose_confirm", "rate": 0.2},
        {"kind": "answer", "path": "/v5/market/kline", "code": 10006, "times": 3},
        {"kind": "skew_clock", "ms": 3000, "from_s": 10, "to_s": 20}
    ]}

Every fault may have `from_s` and `to_s` (real seconds since the exchange began), `topic` or `path` (what the name
begins with), `rate` (chance per message or request), `every_s` (no more often than that) and `times` (how often).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strategy_tester.domain.errors import InvalidSettings

KINDS = {
    "cut": "connections are closed without a word",
    "silence": "sockets answer pings but tell nothing",
    "drop": "a message is lost",
    "delay": "a message comes `ms` later",
    "duplicate": "a message comes twice",
    "reorder": "a message comes after the next one of its topic",
    "lose_confirm": "the message that closes a candle is lost",
    "repeat_confirm": "the message that closes a candle comes twice",
    "join_confirm": "the message that closes a candle comes in one message with the next",
    "skip_book_delta": "one change of a book is lost",
    "delta_first": "a new listener gets a change before the snapshot",
    "book_restart": "a book begins anew with update id 1",
    "skew_clock": "the exchange's clock is off by `ms`",
    "answer": "a request is refused with retCode `code`, without limit headers when `bare`",
    "status": "a request gets HTTP `status`",
    "html": "a request gets a page instead of an answer",
    "hang": "a request is answered `ms` later",
    "ban": "the address is shut out",
    "restart": "all connections are closed and every book begins anew",
}
"""Every kind, with what happens."""
_NUMBERS = ("from_s", "to_s", "rate", "every_s", "times", "ms", "code", "status")
_TEXTS = ("topic", "path", "message")


@dataclass
class Fault:
    """One fault of a script; see KINDS."""

    kind: str
    from_s: float = 0.0
    to_s: float = float("inf")
    rate: float = 1.0
    every_s: float = 0.0
    times: float = float("inf")
    ms: float = 0.0
    code: float = 0.0
    status: float = 0.0
    topic: str = ""
    path: str = ""
    message: str = ""
    bare: bool = False
    happened: int = 0
    last_s: float = float("-inf")

    def is_on(self, now_s: float) -> bool:
        """Whether its time is now."""
        return self.from_s <= now_s < self.to_s and self.happened < self.times


class FaultScript:
    """Decides what goes wrong now.

    Args:
        faults: See Fault.
        seed: Of the chances.
    """

    def __init__(self, faults: list[Fault] | None = None, seed: int = 1) -> None:
        self.faults = faults or []
        self._random = random.Random(seed)  # noqa: S311  the same bad day again, not a secret

    @classmethod
    def parse(cls, content: Any) -> "FaultScript":
        """Read a script.

        Raises:
            InvalidSettings: it is none; the message names the place.
        """
        if not isinstance(content, Mapping) or not isinstance(content.get("faults", []), list):
            raise InvalidSettings("a fault script is an object with a list called faults")
        seed = content.get("seed", 1)
        if not isinstance(seed, int):
            raise InvalidSettings(f"seed: {seed!r} is not a whole number")
        return cls([_parse(item, number) for number, item in enumerate(content.get("faults", []))], seed)

    def happens(self, kind: str, now_s: float, name: str = "") -> Fault | None:
        """The fault of this kind that happens now to a topic or a path, counted; None when all goes well."""
        for fault in self.faults:
            if fault.kind != kind or not fault.is_on(now_s) or not name.startswith(fault.topic or fault.path):
                continue
            if now_s - fault.last_s < fault.every_s or self._random.random() >= fault.rate:
                continue
            fault.happened += 1
            fault.last_s = now_s
            return fault
        return None

    def skew_ms(self, now_s: float) -> int:
        """How far off the exchange's clock is now."""
        return round(sum(fault.ms for fault in self.faults if fault.kind == "skew_clock" and fault.is_on(now_s)))

    def is_silent(self, now_s: float) -> bool:
        """Whether sockets tell nothing now."""
        return any(fault.kind == "silence" and fault.is_on(now_s) for fault in self.faults)


def _parse(item: Any, number: int) -> Fault:
    where = f"faults[{number}]"
    if not isinstance(item, Mapping):
        raise InvalidSettings(f"{where}: a fault is an object with a kind")
    kind = item.get("kind")
    if kind not in KINDS:
        raise InvalidSettings(f"{where}.kind: {kind!r} is unknown; known: {', '.join(KINDS)}")
    for name, value in item.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if name in _NUMBERS and not is_number:
            raise InvalidSettings(f"{where}.{name}: {value!r} is not a number")
        if name in _TEXTS and not isinstance(value, str):
            raise InvalidSettings(f"{where}.{name}: {value!r} is not a text")
        if name not in (*_NUMBERS, *_TEXTS, "kind", "bare"):
            raise InvalidSettings(f"{where}.{name}: there is no such setting")
    return Fault(**{str(name): value for name, value in item.items()})
