"""Trend: is there one, and which way."""

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, indicator
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after


@kernel
def directional_index(plus: float, minus: float, before: float) -> float:
    """Distance of the two directional moves in percent of their sum; `before` where neither side moved."""
    both = plus + minus
    return 100.0 * abs(plus - minus) / both if both > 0.0 else before


@kernel
def directional_movement(high: Floats, low: Floats, close: Floats, period: int) -> tuple[Floats, Floats, Floats]:
    """Wilder's directional lines: plus_di, minus_di from bar `period`, adx from bar 2 * `period` - 1 on."""
    count = close.size
    plus_di, minus_di = empty_after(count, period), empty_after(count, period)
    adx_line = empty_after(count, 2 * period - 1)
    plus, minus, ranges, index_sum, adx_now = 0.0, 0.0, 0.0, 0.0, 0.0
    keep = 1.0 - 1.0 / period
    for bar in range(1, count):
        up, down = high[bar] - high[bar - 1], low[bar - 1] - low[bar]
        if bar >= period:
            plus, minus, ranges = plus * keep, minus * keep, ranges * keep
        plus += up if up > 0.0 and up > down else 0.0
        minus += down if down > 0.0 and down > up else 0.0
        ranges += max(high[bar], close[bar - 1]) - min(low[bar], close[bar - 1])
        if bar < period:
            continue
        plus_di[bar] = 100.0 * plus / ranges if ranges > 0.0 else 0.0
        minus_di[bar] = 100.0 * minus / ranges if ranges > 0.0 else 0.0
        if bar < 2 * period:
            index_sum += directional_index(plus_di[bar], minus_di[bar], 0.0)
            adx_now = index_sum / period
        else:
            adx_now += (directional_index(plus_di[bar], minus_di[bar], adx_now) - adx_now) / period
        if bar >= 2 * period - 1:
            adx_line[bar] = adx_now
    return plus_di, minus_di, adx_line


@indicator(
    "ADX", "Average Directional Index", inputs=("high", "low", "close"), outputs=("adx",),
    parameters=(bars(14, minimum=2),), levels=(25,), warm_up=lambda period: 2 * period - 1,
)  # fmt: skip
@kernel
def adx(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Strength of the trend, whichever way it goes.

    Returns:
        Values in 0..100, shape (bars,); the first 2 * `period` - 1 are NaN. A bar without any directional move
        changes nothing; 0 where the price never moved.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); seeded as TA-Lib ADX.
    """
    return directional_movement(high, low, close, period)[2]


@indicator(
    "DMI", "Directional Movement Index", inputs=("high", "low", "close"), outputs=("plus_di", "minus_di", "adx"),
    parameters=(bars(14, minimum=2),), levels=(25,),
    warm_up=lambda period: (period, period, 2 * period - 1),
)  # fmt: skip
@kernel
def dmi(high: Floats, low: Floats, close: Floats, period: int) -> tuple[Floats, Floats, Floats]:
    """Upward and downward share of the true range, and the strength of the trend made from both.

    Returns:
        plus_di, minus_di, adx in 0..100, shape (bars,) each; 0 where the price never moved.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); seeded as TA-Lib PLUS_DI, MINUS_DI, ADX.
    """
    return directional_movement(high, low, close, period)
