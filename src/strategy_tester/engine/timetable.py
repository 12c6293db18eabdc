"""Where settlements of funding and lower candles lie among the bars, worked out once before a run.

The kernel never sees a clock: a settlement knows the bar after whose open it comes, and a bar knows its lower candles.
"""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Floats, Times
from strategy_tester.domain.costs import FundingRates
from strategy_tester.engine.records import AFTER_BAR, AT_BAR_CLOSE, INSIDE_BAR

Places = NDArray[np.int64]
_NO_FUNDING = np.empty((3, 0)), np.empty((4, 0), dtype=np.int64)


def close_times(candles: Candles, bars: Places) -> Times:
    """When these bars are complete, UTC milliseconds; never later than the next bar's open."""
    opened = candles.open_time_ms
    following = opened[np.minimum(bars + 1, opened.size - 1)]
    if candles.timeframe is not None:
        closes = candles.timeframe.closes_of(opened[bars])
    elif opened.size > 1:
        closes = np.where(bars + 1 < opened.size, following, 2 * opened[-1] - opened[-2])
    else:
        return opened[bars]
    return np.where(bars + 1 < opened.size, np.minimum(closes, following), closes)


def lower_rows(candles: Candles, lower: Candles) -> Places:
    """First and one past the last lower candle that opens within each bar, shape (2, bars)."""
    every = np.arange(len(candles))
    ends = close_times(candles, every)
    return np.stack([np.searchsorted(lower.open_time_ms, edges) for edges in (candles.open_time_ms, ends)])


def funding_tables(
    funding: FundingRates, candles: Candles, lower: Candles | None, rows: Places
) -> tuple[Floats, Places]:
    """The settlements that can concern a position on these bars, as the kernel's two tables.

    Args:
        funding: All settlements known; those before the first open are left out, nobody holds anything then.
        candles: The bars.
        lower: The lower timeframe, or None.
        rows: `lower_rows` of the two.

    Returns:
        Rows RATE, PRICE_AT_NEXT_OPEN, PRICE_INSIDE as float64 and SETTLED_AFTER, PLACE, LOWER_AFTER, LOWER_PLACE as
        int64, one column per settlement. A price is the mark price, or where that is unknown the open of the bar in
        which the payment is booked.
    """
    if not len(funding) or not len(candles):
        return _NO_FUNDING
    bars, places = _after_which_bar(funding.time_ms, candles)
    kept = bars >= 0
    time_ms, rate, mark, bars, places = (
        column[kept] for column in (funding.time_ms, funding.rate, funding.mark_price, bars, places)
    )
    opens = candles.open
    known = mark > 0.0
    next_bar = bars + (candles.open_time_ms[np.minimum(bars + 1, opens.size - 1)] >= time_ms)
    at_next_open = np.where(known, mark, opens[np.minimum(next_bar, opens.size - 1)])
    inside = opens[bars]
    lower_bars, lower_places = np.full(bars.size, -1), np.full(bars.size, AFTER_BAR)
    if lower is not None and len(lower):
        lower_bars, lower_places = _after_which_bar(time_ms, lower)
        following = lower_bars + 1
        in_bar = following < rows[1, bars]
        inside = np.where(in_bar, lower.open[np.minimum(following, len(lower) - 1)], inside)
    numbers = np.stack([rate, at_next_open, np.where(known, mark, inside)])
    return numbers, np.stack([bars, places, lower_bars, lower_places]).astype(np.int64)


def _after_which_bar(time_ms: Times, candles: Candles) -> tuple[Places, Places]:
    """The bar whose open is the last one before each moment (-1: none), and where the moment lies towards its close."""
    bars = np.searchsorted(candles.open_time_ms, time_ms, side="left") - 1
    ends = close_times(candles, np.maximum(bars, 0))
    places = np.where(time_ms < ends, INSIDE_BAR, np.where(time_ms == ends, AT_BAR_CLOSE, AFTER_BAR))
    return bars, places
