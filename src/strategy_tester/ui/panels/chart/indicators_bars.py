"""The candles a chart shows right now, replayed or live ones included, for a worker; nothing is copied on this side."""

from collections.abc import Callable

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.ui.charts.series import PreparedCandles


def candles_taker(shown: PreparedCandles, known: Candles | None) -> Callable[[int], Candles]:
    """A function for any thread that gives the bars from a number on, as they are at this moment.

    Only the last bar of a chart ever changes; the others are handed on as views.

    Args:
        shown: The chart's candles.
        known: Candles the chart was given; used as they are when they are what is shown.
    """
    if known is not None and _is_same(shown, known):
        return lambda first: known.rows(first, len(known)) if first else known
    bars = len(shown)
    times = shown.base.times[:bars]
    columns = [pyramid.values[: bars - 1] for pyramid in (shown.open, shown.high, shown.low, shown.close, shown.volume)]
    last = [float(p.values[bars - 1]) for p in (shown.open, shown.high, shown.low, shown.close, shown.volume)]
    symbol, timeframe, source = shown.symbol, shown.timeframe, shown.source

    def take(first: int) -> Candles:
        whole = (np.append(column[first:], value) for column, value in zip(columns, last, strict=True))
        return Candles(times[first:].copy(), *whole, symbol=symbol, timeframe=timeframe, source=source)

    return take


def _is_same(shown: PreparedCandles, known: Candles) -> bool:
    if len(shown) != len(known) or not len(known):
        return False
    ends = shown.base.times[0] == known.open_time_ms[0] and shown.base.times[-1] == known.open_time_ms[-1]
    pairs = ((shown.close, known.close), (shown.high, known.high), (shown.low, known.low), (shown.volume, known.volume))
    return bool(ends) and all(one.values[-1] == other[-1] for one, other in pairs)
