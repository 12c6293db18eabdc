"""Prices: other ways to say what a candle's price is."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import indicator
from strategy_tester.numeric.jit import kernel


@indicator(
    "HEIKIN_ASHI", "Heikin-Ashi", inputs=("open", "high", "low", "close"), outputs=("open", "high", "low", "close"),
    pane="overlay", warm_up=lambda: 0, aliases=("HA",),
)  # fmt: skip
@kernel
def heikin_ashi(open_: Floats, high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Candles that open in the middle of the one before: smoother, but not prices anyone can trade at.

    Returns:
        open, high, low, close in price units, shape (bars,) each; the first opens midway between open and close.

    Source:
        Valcu, Using the Heikin-Ashi Technique, Technical Analysis of Stocks and Commodities (February 2004).
    """
    count = close.size
    opens, highs, lows, closes = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    for bar in range(count):
        closes[bar] = (open_[bar] + high[bar] + low[bar] + close[bar]) / 4.0
        opens[bar] = (opens[bar - 1] + closes[bar - 1]) / 2.0 if bar else (open_[0] + close[0]) / 2.0
        highs[bar] = max(high[bar], opens[bar], closes[bar])
        lows[bar] = min(low[bar], opens[bar], closes[bar])
    return opens, highs, lows, closes


@indicator(
    "AVGPRICE", "Average Price", inputs=("open", "high", "low", "close"), outputs=("avgprice",), pane="overlay",
    warm_up=lambda: 0,
)  # fmt: skip
@kernel
def average_price(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    """Mean of open, high, low and close.

    Returns:
        Price units, shape (bars,).

    Source:
        TA-Lib AVGPRICE.
    """
    return (open_ + high + low + close) / 4.0


@indicator("MEDPRICE", "Median Price", inputs=("high", "low"), outputs=("medprice",), pane="overlay", warm_up=lambda: 0)
@kernel
def median_price(high: Floats, low: Floats) -> Floats:
    """Middle of the bar.

    Returns:
        Price units, shape (bars,).

    Source:
        TA-Lib MEDPRICE.
    """
    return (high + low) / 2.0


@indicator(
    "TYPPRICE", "Typical Price", inputs=("high", "low", "close"), outputs=("typprice",), pane="overlay",
    warm_up=lambda: 0,
)  # fmt: skip
@kernel
def typical_price(high: Floats, low: Floats, close: Floats) -> Floats:
    """Mean of high, low and close.

    Returns:
        Price units, shape (bars,).

    Source:
        TA-Lib TYPPRICE.
    """
    return (high + low + close) / 3.0


@indicator(
    "WCLPRICE", "Weighted Close", inputs=("high", "low", "close"), outputs=("wclprice",), pane="overlay",
    warm_up=lambda: 0,
)  # fmt: skip
@kernel
def weighted_close(high: Floats, low: Floats, close: Floats) -> Floats:
    """Mean of high, low and close, the close counted twice.

    Returns:
        Price units, shape (bars,).

    Source:
        TA-Lib WCLPRICE.
    """
    return (high + low + 2.0 * close) / 4.0
