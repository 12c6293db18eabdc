"""The magnifier: the same kernel on the lower timeframe.

Every bar is replaced by its lower candles, and its signals stand on the last of them, so that orders fill exactly where
they fill without the magnifier. Stops, targets, trailing stops and funding then meet prices and times in finer steps.
A bar whose lower candles are missing or are not its own stays one step and is treated as `worst`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Times
from strategy_tester.domain.results import TradeColumns
from strategy_tester.domain.signals import Booleans, Signals
from strategy_tester.engine.timetable import Places, close_times

AGREEMENT_RATE = 1e-9
"""Prices that differ by less than this share are one price written by two sources."""


@dataclass(frozen=True, eq=False)
class Magnified:
    """Bars taken apart into steps.

    Attributes:
        candles: The steps, as candles.
        signals: The signals, each on the last step of its bar.
        close_time_ms: When each step is complete, shape (steps,).
        bar_of_step: The bar each step belongs to, shape (steps,).
        last_step: The last step of each bar, shape (bars,).
        whole: Bars that stayed one step because their lower candles are missing or not their own, shape (bars,).
    """

    candles: Candles
    signals: Signals
    close_time_ms: Times
    bar_of_step: Places
    last_step: Places
    whole: Booleans

    def unmagnified_bars(self, trades: TradeColumns) -> int:
        """How many bars from an entry to its exit stayed whole; `trades` with bars, not steps."""
        changes = np.zeros(self.whole.size + 1, dtype=np.int64)
        np.add.at(changes, trades.entry_bar, 1)
        np.add.at(changes, trades.exit_bar + 1, -1)
        return int(np.count_nonzero(self.whole & (np.cumsum(changes)[:-1] > 0)))


def magnify(candles: Candles, signals: Signals, lower: Candles) -> Magnified:
    """Take every bar apart into the candles of a lower timeframe that opened within it.

    Lower candles are a bar's own when the first opens, the highest and the lowest reach, and the last closes where the
    bar does. Otherwise they belong to another market or some are missing, and using them could miss a stop.
    """
    bars = np.arange(len(candles))
    ends = close_times(candles, bars)
    first = np.searchsorted(lower.open_time_ms, candles.open_time_ms)
    end = np.searchsorted(lower.open_time_ms, ends)
    whole = ~_own(candles, lower, first, end)
    steps = np.where(whole, 1, end - first)
    last_step = np.cumsum(steps) - 1
    bar_of_step = np.repeat(bars, steps)
    first_step = last_step - steps + 1
    row = np.arange(bar_of_step.size) - first_step[bar_of_step] + first[bar_of_step]
    from_bar = whole[bar_of_step]
    row[from_bar] = 0

    def spread(of_bar: NDArray[Any], of_lower: NDArray[Any]) -> NDArray[Any]:
        return np.where(from_bar, of_bar[bar_of_step], of_lower[row])

    columns: dict[str, Any] = {
        name: spread(getattr(candles, name), getattr(lower, name))
        for name in ("open_time_ms", "open", "high", "low", "close")
    }
    return Magnified(
        candles=Candles(**columns, symbol=candles.symbol, timeframe=lower.timeframe, source=candles.source),
        signals=_on_last_steps(signals, last_step, bar_of_step.size),
        close_time_ms=spread(ends, close_times(lower, np.arange(len(lower)))),
        bar_of_step=bar_of_step,
        last_step=last_step,
        whole=whole,
    )


def _own(candles: Candles, lower: Candles, first: Places, end: Places) -> Booleans:
    """Whether each bar has lower candles and they are its own, shape (bars,)."""
    own = end > first
    starts, lasts = first[own], end[own] - 1
    # reduceat folds from each start to the next one: candles between two bars are cut off by edges of their own.
    edges = np.stack([starts, lasts + 1], axis=1).ravel()
    highest = np.maximum.reduceat(np.append(lower.high, 0.0), edges)[::2]
    lowest = np.minimum.reduceat(np.append(lower.low, 0.0), edges)[::2]
    pairs = (
        (candles.open, lower.open[starts]), (candles.high, highest),
        (candles.low, lowest), (candles.close, lower.close[lasts]),
    )  # fmt: skip
    alike = np.ones(starts.size, dtype=np.bool_)
    for of_bar, of_lower in pairs:
        alike &= np.abs(of_bar[own] - of_lower) <= AGREEMENT_RATE * of_bar[own]
    own[own] = alike
    return own


def _on_last_steps(signals: Signals, last_step: Places, steps: int) -> Signals:
    def flags(column: Booleans | None) -> Booleans:
        spread = np.zeros(steps, dtype=np.bool_)
        spread[last_step] = column
        return spread

    def distances(level: float | NDArray[np.float64] | None) -> float | NDArray[np.float64] | None:
        if not isinstance(level, np.ndarray):
            return level
        spread = np.full(steps, np.nan)
        spread[last_step] = level
        return spread

    return Signals(
        flags(signals.long_entry), flags(signals.short_entry), flags(signals.long_exit), flags(signals.short_exit),
        distances(signals.take_profit), distances(signals.stop_loss), distances(signals.trailing_stop),
        signals.on_opposite_signal,
    )  # fmt: skip
