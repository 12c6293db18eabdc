"""Closing prices of other markets on the bars of a chart."""

import numpy as np

from strategy_tester.domain.candles import Candles, Floats, Times
from strategy_tester.services.derived_series import read_series
from strategy_tester.services.ports import CandleStore, SeriesKey


def compared_closes(
    store: CandleStore, key: SeriesKey, open_time_ms: Times, until_ms: int | None = None
) -> Floats | None:
    """Closes of another series at the bars that open at these times, NaN where it has none, shape (bars,).

    Stored candles are used, or candles made of finer stored ones; None when neither can be had.

    Args:
        store: Where the candles are.
        key: The other series.
        open_time_ms: Of the bars, UTC milliseconds.
        until_ms: Leave out candles that close later: in a replay they are not known yet.
    """
    candles = read_series(store, key)
    if candles is None:
        return None
    if until_ms is not None:
        candles = candles.rows(0, int(np.searchsorted(candles.close_time_ms, until_ms, side="right")))
    return closes_at(candles, open_time_ms)


def closes_at(candles: Candles, open_time_ms: Times) -> Floats:
    """Closes of the candles with exactly these open times, NaN where there is none, shape (times,)."""
    if not len(candles):
        return np.full(open_time_ms.size, np.nan)
    place = np.minimum(np.searchsorted(candles.open_time_ms, open_time_ms), len(candles) - 1)
    return np.where(candles.open_time_ms[place] == open_time_ms, candles.close[place], np.nan)
