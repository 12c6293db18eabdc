"""When bars close and where settlements of funding lie among them, worked out once before a run.

The kernel never sees a clock: a settlement knows the bar after whose open it comes and where it lies towards its close.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Times
from strategy_tester.domain.costs import FundingRates
from strategy_tester.engine.records import AFTER_BAR, AT_BAR_CLOSE, FUNDING, INSIDE_BAR

Places = NDArray[np.int64]
_NO_FUNDING = np.empty(0, FUNDING)


def close_times(candles: Candles, bars: Places) -> Times:
    """When these bars are complete, UTC milliseconds; never later than the next bar's open."""
    opened = candles.open_time_ms
    following = opened[np.minimum(bars + 1, opened.size - 1)]
    if candles.timeframe is not None:
        closes = candles.timeframe.closes_of(opened[bars])
    elif opened.size > 1:
        closes = np.where(bars + 1 < opened.size, following, 2 * opened[-1] - opened[-2])
    else:
        closes = opened[bars]
    return np.where(bars + 1 < opened.size, np.minimum(closes, following), closes)


def funding_table(funding: FundingRates, candles: Candles, closes_of: Callable[[Places], Times]) -> NDArray[np.void]:
    """The settlements that can concern a position on these bars, as records of FUNDING, oldest first.

    Those before the first open are left out: nobody holds anything then. A price is the mark price, or where that is
    unknown the open of the bar in which the payment is booked.

    Args:
        funding: All settlements known.
        candles: The bars.
        closes_of: Gives the close times of some of the bars.
    """
    if not len(funding):
        return _NO_FUNDING
    bars = np.searchsorted(candles.open_time_ms, funding.time_ms, side="left") - 1
    concerned = bars >= 0
    bars, time_ms, mark = bars[concerned], funding.time_ms[concerned], funding.mark_price[concerned]
    ends = closes_of(bars)
    table = np.empty(bars.size, FUNDING)
    table["after_bar"] = bars
    table["place"] = np.where(time_ms < ends, INSIDE_BAR, np.where(time_ms == ends, AT_BAR_CLOSE, AFTER_BAR))
    table["rate"] = funding.rate[concerned]
    next_bars = np.minimum(bars + 1, len(candles) - 1)
    table["price_at_next_open"] = np.where(mark > 0.0, mark, candles.open[next_bars])
    table["price_inside"] = np.where(mark > 0.0, mark, candles.open[bars])
    return table
