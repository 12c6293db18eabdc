"""Signals: what a strategy wants, bar by bar, known at each bar's close."""

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.errors import InvalidParameter

OppositeSignal = Literal["reverse", "close", "ignore"]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Signals:
    """Entries and exits, Boolean arrays of shape (bars,), True where the bar's close decides so.

    Args:
        long_entry: Wish to be long. `short_entry` likewise.
        long_exit: Wish to leave a long. `short_exit` likewise.
        take_profit: Percent of the entry price (2.0 is two percent), or per-bar distances in quote currency,
            shape (bars,), read at the bar of the entry signal; None for none.
        stop_loss: Likewise, on the losing side.
        trailing_stop: Likewise, behind the best price seen.
        on_opposite_signal: What an opposite entry does to an open position.

    Raises:
        InvalidParameter: arrays of different length, or a distance that is zero or negative.
    """

    long_entry: Booleans | None = None
    short_entry: Booleans | None = None
    long_exit: Booleans | None = None
    short_exit: Booleans | None = None
    take_profit: float | Floats | None = None
    stop_loss: float | Floats | None = None
    trailing_stop: float | Floats | None = None
    on_opposite_signal: OppositeSignal = "reverse"

    def __post_init__(self) -> None:
        given = [
            np.asarray(column)
            for column in (self.long_entry, self.short_entry, self.long_exit, self.short_exit)
            if column is not None
        ]
        if not given:
            raise InvalidParameter("signals", None, "at least one of long_entry, short_entry")
        for name in ("long_entry", "short_entry", "long_exit", "short_exit"):
            object.__setattr__(self, name, _flags(name, getattr(self, name), given[0].size))
        for name in ("take_profit", "stop_loss", "trailing_stop"):
            object.__setattr__(self, name, _distance(name, getattr(self, name), given[0].size))
        if self.on_opposite_signal not in get_args(OppositeSignal):
            allowed = ", ".join(get_args(OppositeSignal))
            raise InvalidParameter("on_opposite_signal", self.on_opposite_signal, allowed)

    def __len__(self) -> int:
        return 0 if self.long_entry is None else int(self.long_entry.size)

    def rows(self, first: int, last: int) -> "Signals":
        """Bars first..last-1 as new signals that share memory with these."""
        return _cut_signals(self, slice(first, last))


def _cut_signals(signals: Signals, part: slice) -> Signals:
    def cut(value: "float | NDArray[np.generic] | None") -> "float | NDArray[np.generic] | None":
        return value[part] if isinstance(value, np.ndarray) else value

    names = (
        "long_entry",
        "short_entry",
        "long_exit",
        "short_exit",
        "take_profit",
        "stop_loss",
        "trailing_stop",
    )
    columns = {name: cut(getattr(signals, name)) for name in names}
    return Signals(**columns, on_opposite_signal=signals.on_opposite_signal)  # type: ignore[arg-type]


class Strategy(Protocol):
    """Anything that turns candles into signals. It may read a bar's columns only to decide at that bar's close."""

    @property
    def name(self) -> str:
        """How the strategy is called in reports."""
        ...

    def signals(self, candles: Candles) -> Signals:
        """What it wants on each bar of these candles."""
        ...


def _flags(name: str, column: ArrayLike | None, bars: int) -> Booleans:
    if column is None:
        return np.zeros(bars, dtype=np.bool_)
    flags = np.asarray(column)
    if flags.ndim != 1 or flags.size != bars:
        raise InvalidParameter(name, f"{flags.size} values", f"{bars} values, one per bar")
    if flags.dtype != np.bool_:
        if not np.all((flags == 0) | (flags == 1)):
            raise InvalidParameter(name, f"values of type {flags.dtype}", "True or False per bar")
        flags = flags.astype(np.bool_)
    return np.ascontiguousarray(flags)


def _distance(name: str, value: float | ArrayLike | None, bars: int) -> float | Floats | None:
    if value is None:
        return None
    if isinstance(value, bool):
        raise InvalidParameter(name, value, "a number above 0 (percent), or None for none")
    if np.ndim(value) == 0:
        percent = float(value)  # type: ignore[arg-type]  # one number, Python's or numpy's
        if not 0.0 < percent < float("inf"):
            raise InvalidParameter(name, value, "a number above 0 (percent), or None for none")
        return percent
    distances = np.ascontiguousarray(value, dtype=np.float64)
    if distances.ndim != 1 or distances.size != bars:
        raise InvalidParameter(name, f"{distances.size} values", f"{bars} distances, one per bar")
    return distances
