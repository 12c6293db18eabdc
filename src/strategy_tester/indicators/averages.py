"""Averages: lines that follow the price."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, choice, indicator, number
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_mean, rolling_sum, rolling_weighted_mean
from strategy_tester.numeric.smoothing import (
    adaptive_mean,
    double_exponential_mean,
    exponential_mean,
    triple_exponential_mean,
    wilder_mean,
)

MA_TYPES = ("SMA", "EMA", "WMA", "RMA", "DEMA", "TEMA", "TRIMA", "HMA", "KAMA")


@kernel
def triangular_mean(values: Floats, period: int) -> Floats:
    """Plain mean of plain means over half the period each, shape (bars,)."""
    half = (period + 1) // 2
    return rolling_mean(rolling_mean(values, half, 0), period - half + 1, half - 1)


@kernel
def hull_mean(values: Floats, period: int) -> Floats:
    """Weighted mean over sqrt(period) bars of twice a half-length weighted mean less a full-length one."""
    halves = rolling_weighted_mean(values, max(period // 2, 1), 0)
    wholes = rolling_weighted_mean(values, period, 0)
    for bar in range(values.size):
        wholes[bar] = 2.0 * halves[bar] - wholes[bar]
    return rolling_weighted_mean(wholes, int(np.sqrt(period)), period - 1)


@indicator(
    "SMA", "Simple Moving Average", inputs=("source",), outputs=("sma",), parameters=(bars(20),), pane="overlay",
    warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def sma(values: Floats, period: int) -> Floats:
    """Mean of the last `period` prices.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN.

    Source:
        TA-Lib SMA.
    """
    return rolling_mean(values, period, 0)


@indicator(
    "EMA", "Exponential Moving Average", inputs=("source",), outputs=("ema",), parameters=(bars(20),), pane="overlay",
    warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def ema(values: Floats, period: int) -> Floats:
    """Average that goes 2 / (period + 1) of the way to each new price.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN, the next is the plain mean that seeds it.

    Source:
        TA-Lib EMA.
    """
    return exponential_mean(values, period, 0)


@indicator(
    "WMA", "Weighted Moving Average", inputs=("source",), outputs=("wma",), parameters=(bars(20),), pane="overlay",
    warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def wma(values: Floats, period: int) -> Floats:
    """Mean of the last `period` prices with weights 1, 2 .. period, the newest most.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN.

    Source:
        TA-Lib WMA.
    """
    return rolling_weighted_mean(values, period, 0)


@indicator(
    "RMA", "Wilder's Moving Average", inputs=("source",), outputs=("rma",), parameters=(bars(14),), pane="overlay",
    warm_up=lambda period: period - 1, aliases=("SMMA",),
)  # fmt: skip
@kernel
def rma(values: Floats, period: int) -> Floats:
    """Average that goes 1 / period of the way to each new price.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN, the next is the plain mean that seeds it.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978).
    """
    return wilder_mean(values, period, 0)


@indicator(
    "DEMA", "Double Exponential Moving Average", inputs=("source",), outputs=("dema",), parameters=(bars(20),),
    pane="overlay", warm_up=lambda period: 2 * (period - 1),
)  # fmt: skip
@kernel
def dema(values: Floats, period: int) -> Floats:
    """Exponential average with most of its lag taken out by subtracting its own average.

    Returns:
        Shape (bars,); the first 2 * (`period` - 1) are NaN.

    Source:
        Mulloy, Technical Analysis of Stocks and Commodities (January 1994); as TA-Lib DEMA.
    """
    return double_exponential_mean(values, period, 0)


@indicator(
    "TEMA", "Triple Exponential Moving Average", inputs=("source",), outputs=("tema",), parameters=(bars(20),),
    pane="overlay", warm_up=lambda period: 3 * (period - 1),
)  # fmt: skip
@kernel
def tema(values: Floats, period: int) -> Floats:
    """Exponential average with nearly all of its lag taken out by two further averages.

    Returns:
        Shape (bars,); the first 3 * (`period` - 1) are NaN.

    Source:
        Mulloy, Technical Analysis of Stocks and Commodities (January 1994); as TA-Lib TEMA.
    """
    return triple_exponential_mean(values, period, 0)


@indicator(
    "TRIMA", "Triangular Moving Average", inputs=("source",), outputs=("trima",), parameters=(bars(20),),
    pane="overlay", warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def trima(values: Floats, period: int) -> Floats:
    """Mean of the last `period` prices that weighs the middle of the window most.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN.

    Source:
        TA-Lib TRIMA.
    """
    return triangular_mean(values, period)


@indicator(
    "T3", "Tillson T3 Moving Average", inputs=("source",), outputs=("t3",),
    parameters=(bars(5), number(0.7, "volume_factor", maximum=1.0, help="0 is a triple EMA, 1 follows fastest.")),
    pane="overlay", warm_up=lambda period, volume_factor: 6 * (period - 1),
)  # fmt: skip
@kernel
def t3(values: Floats, period: int, volume_factor: float) -> Floats:
    """Six exponential averages of one another, mixed so that the line is smooth and late by little.

    Returns:
        Shape (bars,); the first 6 * (`period` - 1) are NaN.

    Source:
        Tillson, Technical Analysis of Stocks and Commodities (January 1998); as TA-Lib T3.
    """
    step, v = period - 1, volume_factor
    third = exponential_mean(
        exponential_mean(exponential_mean(values, period, 0), period, step), period, 2 * step
    )  # fmt: skip
    fourth = exponential_mean(third, period, 3 * step)
    fifth = exponential_mean(fourth, period, 4 * step)
    result = exponential_mean(fifth, period, 5 * step)
    weight_6, weight_5 = -(v**3), 3.0 * (v * v + v**3)
    weight_4, weight_3 = -6.0 * v * v - 3.0 * (v + v**3), 1.0 + 3.0 * v + v**3 + 3.0 * v * v
    for bar in range(values.size):
        result[bar] = (
            weight_6 * result[bar] + weight_5 * fifth[bar] + weight_4 * fourth[bar] + weight_3 * third[bar]
        )  # fmt: skip
    return result


@indicator(
    "HMA", "Hull Moving Average", inputs=("source",), outputs=("hma",), parameters=(bars(20, minimum=2),),
    pane="overlay", warm_up=lambda period: period + int(period**0.5) - 2,
)  # fmt: skip
@kernel
def hma(values: Floats, period: int) -> Floats:
    """Weighted average that trades smoothness for very little lag.

    Returns:
        Shape (bars,); the first `period` + floor(sqrt(`period`)) - 2 are NaN.

    Source:
        Hull, alanhull.com/hull-moving-average (2005); halves and roots rounded down.
    """
    return hull_mean(values, period)


@indicator(
    "KAMA", "Kaufman's Adaptive Moving Average", inputs=("source",), outputs=("kama",),
    parameters=(bars(10, minimum=2), bars(2, "fast_period"), bars(30, "slow_period")), pane="overlay",
    warm_up=lambda period, fast_period, slow_period: period,
)  # fmt: skip
@kernel
def kama(values: Floats, period: int, fast_period: int, slow_period: int) -> Floats:
    """Average that hurries where the price goes straight and waits where it wavers.

    Returns:
        Shape (bars,); the first `period` are NaN. A price that stands still counts as straight.

    Source:
        Kaufman, Smarter Trading (1995); seeded as TA-Lib KAMA.
    """
    return adaptive_mean(values, period, fast_period, slow_period)


@indicator(
    "ALMA", "Arnaud Legoux Moving Average", inputs=("source",), outputs=("alma",),
    parameters=(
        bars(9),
        number(0.85, "offset", maximum=1.0, step=0.05, help="Where the weight's peak lies: 1 is the newest price."),
        number(6.0, "sigma", minimum=0.1, help="How narrow the peak is."),
    ),
    pane="overlay", warm_up=lambda period, offset, sigma: period - 1,
)  # fmt: skip
@kernel
def alma(values: Floats, period: int, offset: float, sigma: float) -> Floats:
    """Mean of the last `period` prices under a bell-shaped weight.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN.

    Source:
        Legoux and Kouzis-Loukas, ALMA Arnaud Legoux Moving Average (2009).
    """
    result = empty_after(values.size, period - 1)
    weights = np.empty(period)
    for step in range(period):
        weights[step] = np.exp(-(((step - offset * (period - 1)) * sigma / period) ** 2) / 2.0)
    whole = weights.sum()
    for bar in range(period - 1, values.size):
        total = 0.0
        for step in range(period):
            total += weights[step] * (values[bar - period + 1 + step] - values[bar])
        result[bar] = values[bar] + total / whole
    return result


@indicator(
    "VWMA", "Volume Weighted Moving Average", inputs=("source", "volume"), outputs=("vwma",), parameters=(bars(20),),
    pane="overlay", warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def vwma(values: Floats, volume: Floats, period: int) -> Floats:
    """Mean of the last `period` prices weighted with volume.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN. The plain mean where nothing was traded in the window.

    Source:
        Buff Dormeier, Investing with Volume Analysis (2011).
    """
    plain, volumes = rolling_mean(values, period, 0), rolling_sum(volume, period, 0)
    result = rolling_sum(values * volume, period, 0)
    for bar in range(values.size):
        result[bar] = plain[bar] if volumes[bar] == 0.0 else result[bar] / volumes[bar]
    return result


@indicator(
    "ZLEMA", "Zero Lag Exponential Moving Average", inputs=("source",), outputs=("zlema",), parameters=(bars(20),),
    pane="overlay", warm_up=lambda period: period - 1 + (period - 1) // 2,
)  # fmt: skip
@kernel
def zlema(values: Floats, period: int) -> Floats:
    """Exponential average of the price plus its change over the average's own lag.

    Returns:
        Shape (bars,); the first `period` - 1 + (`period` - 1) // 2 are NaN.

    Source:
        Ehlers and Way, Zero Lag (well, almost), Technical Analysis of Stocks and Commodities (November 2010), with
        the lag of (period - 1) / 2 bars, rounded down.
    """
    lag = (period - 1) // 2
    ahead = empty_after(values.size, lag)
    for bar in range(lag, values.size):
        ahead[bar] = 2.0 * values[bar] - values[bar - lag]
    return exponential_mean(ahead, period, lag)


def _ma_warm_up(period: int, ma_type: str) -> int:
    steps = {"DEMA": 2 * (period - 1), "TEMA": 3 * (period - 1), "KAMA": period}
    return steps.get(ma_type, period + int(period**0.5) - 2 if ma_type == "HMA" else period - 1)


@indicator(
    "MA", "Moving Average", inputs=("source",), outputs=("ma",),
    parameters=(bars(20), choice("SMA", "ma_type", MA_TYPES, help="How the prices are weighted.")), pane="overlay",
    warm_up=_ma_warm_up, aliases=("MOVING_AVERAGE",), synonyms={"type": "ma_type"},
)  # fmt: skip
@kernel
def ma(values: Floats, period: int, ma_type: int) -> Floats:
    """Moving average of a chosen kind.

    Returns:
        Shape (bars,); leading NaN as the indicator of that name has.

    Source:
        TA-Lib MA for SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA; Wilder (1978) for RMA; Hull (2005) for HMA.
    """
    if ma_type == 0:
        return rolling_mean(values, period, 0)
    if ma_type == 1:
        return exponential_mean(values, period, 0)
    if ma_type == 2:
        return rolling_weighted_mean(values, period, 0)
    if ma_type == 3:
        return wilder_mean(values, period, 0)
    if ma_type == 4:
        return double_exponential_mean(values, period, 0)
    if ma_type == 5:
        return triple_exponential_mean(values, period, 0)
    if ma_type == 6:
        return triangular_mean(values, period)
    if ma_type == 7:
        return hull_mean(values, period)
    return adaptive_mean(values, period, 2, 30)
