"""Values in messages of exchanges, read with care: a number that is none must be noticed where it comes in."""

import math
from collections.abc import Sequence
from typing import Any

from strategy_tester.domain.market_events import Level

ODD = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError)
"""What comes of reading something that is not what the exchange promises."""
_NEVER_MS = 10_000_000_000_000


def finite(text: Any) -> float:
    """A number that has to be there.

    Raises:
        ValueError, TypeError: it is not, or it is none that can be reckoned with.
    """
    value = float(text)
    if not math.isfinite(value) or isinstance(text, bool):
        raise ValueError(f"{text!r} is no number")
    return value


def moment(value: Any) -> int:
    """UTC milliseconds of an exchange.

    Raises:
        ValueError, TypeError: it is no moment in which exchanges exist.
    """
    time_ms = int(value)
    if not 0 < time_ms < _NEVER_MS or isinstance(value, bool):
        raise ValueError(f"{value!r} is no moment")
    return time_ms


def levels(rows: Sequence[Sequence[Any]]) -> tuple[Level, ...]:
    """Levels of a book: price and size.

    Raises:
        ValueError, TypeError: one is none; it would put the whole book out of order.
    """
    read = tuple((float(price), float(size)) for price, size in rows)
    if not all(0.0 < price < math.inf and 0.0 <= size < math.inf for price, size in read):
        raise ValueError("a level that is none")
    return read
