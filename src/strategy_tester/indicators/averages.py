"""Averages: lines that follow the price."""

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, choice, indicator
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import rolling_mean, rolling_weighted_mean
from strategy_tester.numeric.smoothing import exponential_mean, wilder_mean

MA_TYPES = ("SMA", "EMA", "WMA", "RMA")


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
    "MA", "Moving Average", inputs=("source",), outputs=("ma",),
    parameters=(bars(20), choice("SMA", "ma_type", MA_TYPES, help="How the prices are weighted.")), pane="overlay",
    warm_up=lambda period, ma_type: period - 1, aliases=("Moving Average",), synonyms={"type": "ma_type"},
)  # fmt: skip
@kernel
def ma(values: Floats, period: int, ma_type: int) -> Floats:
    """Moving average of a chosen kind.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN.

    Source:
        TA-Lib MA for SMA, EMA, WMA; Wilder (1978) for RMA.
    """
    if ma_type == 1:
        return exponential_mean(values, period, 0)
    if ma_type == 2:
        return rolling_weighted_mean(values, period, 0)
    if ma_type == 3:
        return wilder_mean(values, period, 0)
    return rolling_mean(values, period, 0)
