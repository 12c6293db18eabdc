"""Trend: is there one, and which way."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, indicator, number
from strategy_tester.indicators.levels import middle_of_range
from strategy_tester.indicators.volatility import atr, true_ranges, write_true_ranges
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import bars_since_highest, copy_to, empty_after, rolling_sum
from strategy_tester.numeric.smoothing import follow, mean_of, wilder_mean


@kernel
def write_moves(high: Floats, low: Floats, plus: Floats, minus: Floats) -> None:
    """Upward and downward directional movement from each bar to the next: the larger of the two counts."""
    for place in range(high.size - 1):
        up, down = high[place + 1] - high[place], low[place] - low[place + 1]
        plus[place] = up if up > 0.0 and up > down else 0.0
        minus[place] = down if down > 0.0 and down > up else 0.0


@kernel
def write_directions(plus: Floats, minus: Floats, ranges: Floats, dx: Floats) -> None:
    """Turn smoothed movements into percent of the range, and write their distance in percent of their sum."""
    for place in range(ranges.size):
        scale, both = 100.0 / ranges[place], plus[place] + minus[place]
        distance = 100.0 * abs(plus[place] - minus[place]) / both
        dx[place] = distance if both > 0.0 else 0.0
        plus[place] = plus[place] * scale if ranges[place] > 0.0 else 0.0
        minus[place] = minus[place] * scale if ranges[place] > 0.0 else 0.0


@kernel
def directional_movement(
    high: Floats, low: Floats, close: Floats, period: int, line_bars: int
) -> tuple[Floats, Floats, Floats]:
    """Wilder's directional lines: plus_di, minus_di from bar `period`, adx from bar 2 * `period` - 1 on.

    The first two are made for `line_bars` bars: all, or 0 where nobody wants them.
    """
    count, stretch, share = close.size, max(1024, period), 1.0 / period
    adx_line = empty_after(count, 2 * period - 1)
    plus_di, minus_di = empty_after(line_bars, period), empty_after(line_bars, period)
    if count <= period:
        return plus_di, minus_di, adx_line
    plus, minus, ranges, dx = np.empty(stretch), np.empty(stretch), np.empty(stretch), np.empty(stretch)
    write_moves(high[:period], low[:period], plus, minus)
    write_true_ranges(high[1:period], low[1:period], close, ranges[: period - 1])
    # TA-Lib begins with the sums of `period` - 1 bars; as means of `period` they give the same ratios.
    plus_mean, minus_mean = plus[: period - 1].sum() / period, minus[: period - 1].sum() / period
    range_mean, adx_now = ranges[: period - 1].sum() / period, 0.0
    for start in range(period, count, stretch):
        end = min(start + stretch, count)
        size = end - start
        write_moves(high[start - 1 : end], low[start - 1 : end], plus, minus)
        write_true_ranges(high[start:end], low[start:end], close[start - 1 : end], ranges[:size])
        plus_mean = follow(plus[:size], share, plus_mean, plus[:size])
        minus_mean = follow(minus[:size], share, minus_mean, minus[:size])
        range_mean = follow(ranges[:size], share, range_mean, ranges[:size])
        write_directions(plus, minus, ranges[:size], dx[:size])
        if line_bars > 0:
            copy_to(plus_di[start:end], plus[:size])
            copy_to(minus_di[start:end], minus[:size])
        seeded = start
        if start == period and size >= period:
            seeded = 2 * period
            adx_now = mean_of(dx, 0, period)
            adx_line[seeded - 1] = adx_now
        if end > seeded:
            adx_now = follow(dx[seeded - start : size], share, adx_now, adx_line[seeded:end])
    return plus_di, minus_di, adx_line


@indicator(
    "ADX", "Average Directional Index", inputs=("high", "low", "close"), outputs=("adx",),
    parameters=(bars(14, minimum=2),), levels=(25,), warm_up=lambda period: 2 * period - 1,
)  # fmt: skip
@kernel
def adx(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Strength of the trend, whichever way it goes.

    Returns:
        Values in 0..100, shape (bars,); the first 2 * `period` - 1 are NaN. 0 where the price never moved.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); seeded as TA-Lib ADX.
    """
    return directional_movement(high, low, close, period, 0)[2]


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
    return directional_movement(high, low, close, period, close.size)


@indicator(
    "ADXR", "Average Directional Index Rating", inputs=("high", "low", "close"), outputs=("adxr",),
    parameters=(bars(14, minimum=2),), levels=(25,), warm_up=lambda period: 3 * period - 2,
)  # fmt: skip
@kernel
def adxr(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Mean of the ADX now and `period` - 1 bars ago.

    Returns:
        Values in 0..100, shape (bars,); the first 3 * `period` - 2 are NaN.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); as TA-Lib ADXR.
    """
    line = directional_movement(high, low, close, period, 0)[2]
    result = empty_after(close.size, 3 * period - 2)
    for bar in range(3 * period - 2, close.size):
        result[bar] = (line[bar] + line[bar - period + 1]) / 2.0
    return result


@indicator(
    "AROON", "Aroon", inputs=("high", "low"), outputs=("up", "down"), parameters=(bars(14, minimum=2),), levels=(50,),
    warm_up=lambda period: period,
)  # fmt: skip
@kernel
def aroon(high: Floats, low: Floats, period: int) -> tuple[Floats, Floats]:
    """How fresh the highest high (up) and the lowest low (down) of the last `period` + 1 bars are.

    Returns:
        up, down in 0..100 (100: this very bar), shape (bars,) each; of equal extremes the latest counts.

    Source:
        Chande, Technical Analysis of Stocks and Commodities (September 1995); as TA-Lib AROON.
    """
    up_ages, down_ages = bars_since_highest(high, period + 1), bars_since_highest(-low, period + 1)
    up, down = empty_after(high.size, period), empty_after(high.size, period)
    for bar in range(period, high.size):
        up[bar] = 100.0 * (period - up_ages[bar]) / period
        down[bar] = 100.0 * (period - down_ages[bar]) / period
    return up, down


@indicator(
    "AROONOSC", "Aroon Oscillator", inputs=("high", "low"), outputs=("aroonosc",), parameters=(bars(14, minimum=2),),
    levels=(0,), warm_up=lambda period: period, aliases=("AROON_OSC",),
)  # fmt: skip
@kernel
def aroon_oscillator(high: Floats, low: Floats, period: int) -> Floats:
    """Aroon up less Aroon down.

    Returns:
        Values in -100..100, shape (bars,); the first `period` are NaN.

    Source:
        Chande, Technical Analysis of Stocks and Commodities (September 1995); as TA-Lib AROONOSC.
    """
    up, down = aroon(high, low, period)
    return up - down


@indicator(
    "VORTEX", "Vortex Indicator", inputs=("high", "low", "close"), outputs=("plus", "minus"), parameters=(bars(14),),
    levels=(1,), warm_up=lambda period: period,
)  # fmt: skip
@kernel
def vortex(high: Floats, low: Floats, close: Floats, period: int) -> tuple[Floats, Floats]:
    """Upward and downward swings from bar to bar in parts of the true range.

    Returns:
        plus, minus, shape (bars,) each; the first `period` are NaN. 0 where the price never moved.

    Source:
        Botes and Siepman, The Vortex Indicator, Technical Analysis of Stocks and Commodities (January 2010).
    """
    count = close.size
    ups, downs = empty_after(count, 1), empty_after(count, 1)
    for bar in range(1, count):
        ups[bar], downs[bar] = abs(high[bar] - low[bar - 1]), abs(low[bar] - high[bar - 1])
    plus, minus = rolling_sum(ups, period, 1), rolling_sum(downs, period, 1)
    ranges = rolling_sum(true_ranges(high, low, close), period, 1)
    for bar in range(period, count):
        plus[bar] = plus[bar] / ranges[bar] if ranges[bar] > 0.0 else 0.0
        minus[bar] = minus[bar] / ranges[bar] if ranges[bar] > 0.0 else 0.0
    return plus, minus


@indicator(
    "SUPERTREND", "SuperTrend", inputs=("high", "low", "close"), outputs=("supertrend", "direction"),
    parameters=(bars(10), number(3.0, "multiplier")), pane="overlay", panes=("overlay", "pane"),
    warm_up=lambda period, multiplier: period,
)  # fmt: skip
@kernel
def supertrend(high: Floats, low: Floats, close: Floats, period: int, multiplier: float) -> tuple[Floats, Floats]:
    """Trailing line some average true ranges from the bar's middle; it changes sides when the close breaks it.

    Returns:
        supertrend in price units and direction (1 up, the line is below; -1 down), shape (bars,) each; the first
        `period` are NaN. The first direction is down, as TradingView has it.

    Source:
        Seban, Tout le monde mérite d'être riche (2009); band rules as TradingView ta.supertrend, ATR as TA-Lib.
    """
    reach = atr(high, low, close, period)
    line, direction = empty_after(close.size, period), empty_after(close.size, period)
    upper, lower, way = np.inf, -np.inf, -1.0
    for bar in range(period, close.size):
        middle = (high[bar] + low[bar]) / 2.0
        new_upper, new_lower = middle + multiplier * reach[bar], middle - multiplier * reach[bar]
        before = close[bar - 1]
        upper = new_upper if new_upper < upper or before > upper else upper
        lower = new_lower if new_lower > lower or before < lower else lower
        if bar > period:
            if way < 0.0 and close[bar] > upper:
                way = 1.0
            elif way > 0.0 and close[bar] < lower:
                way = -1.0
        direction[bar] = way
        line[bar] = lower if way > 0.0 else upper
    return line, direction


@kernel
def kept_outside(price: float, way: float, one: float, other: float) -> float:
    """The stop moved, where needed, beyond the extremes of two bars; `way` is 1 for a stop below the price."""
    return min(price, one, other) if way > 0.0 else max(price, one, other)


@indicator(
    "SAR", "Parabolic SAR", inputs=("high", "low"), outputs=("sar",),
    parameters=(
        number(0.02, "acceleration", minimum=0.0, maximum=1.0, step=0.01),
        number(0.2, "maximum", minimum=0.0, maximum=1.0, step=0.01),
    ),
    pane="overlay", styles=("dots",), warm_up=lambda acceleration, maximum: 1, aliases=("PSAR", "PARABOLIC_SAR"),
)  # fmt: skip
@kernel
def parabolic_sar(high: Floats, low: Floats, acceleration: float, maximum: float) -> Floats:
    """Stop that speeds after the price and turns round when it is touched.

    Returns:
        Price units, shape (bars,); the first is NaN.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); first side and rounding of rules as TA-Lib SAR.
    """
    count = high.size
    result = empty_after(count, 1)
    if count < 2:
        return result
    step = min(acceleration, maximum)
    fall, rise = low[0] - low[1], high[1] - high[0]
    way = -1.0 if fall > 0.0 and rise < fall else 1.0
    extreme, stop = (high[1], low[0]) if way > 0.0 else (low[1], high[0])
    speed = step
    for bar in range(1, count):
        # On the first bar TA-Lib takes that bar for its own predecessor.
        before = max(bar - 1, 1)
        near, near_before = (low[bar], low[before]) if way > 0.0 else (high[bar], high[before])
        far, far_before = (high[bar], high[before]) if way > 0.0 else (low[bar], low[before])
        if (near - stop) * way <= 0.0:
            way = -way
            stop = kept_outside(extreme, way, far_before, far)
            result[bar] = stop
            speed, extreme = step, near
            stop = kept_outside(stop + speed * (extreme - stop), way, far_before, far)
        else:
            result[bar] = stop
            if (far - extreme) * way > 0.0:
                extreme, speed = far, min(speed + step, maximum)
            stop = kept_outside(stop + speed * (extreme - stop), way, near_before, near)
    return result


@indicator(
    "ICHIMOKU", "Ichimoku Cloud", inputs=("high", "low"), outputs=("conversion", "base", "span_a", "span_b"),
    parameters=(
        bars(9, "conversion_period"), bars(26, "base_period"), bars(52, "span_b_period"), bars(26, "displacement"),
    ),
    pane="overlay", styles=("line", "line", "band", "band"),
    warm_up=lambda conversion_period, base_period, span_b_period, displacement: (
        conversion_period - 1,
        base_period - 1,
        max(conversion_period, base_period) + displacement - 2,
        span_b_period + displacement - 2,
    ),
)  # fmt: skip
@kernel
def ichimoku(
    high: Floats, low: Floats, conversion_period: int, base_period: int, span_b_period: int, displacement: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Middles of three ranges, two of them drawn ahead as a cloud.

    The cloud over a bar is the one that was made `displacement` - 1 bars before it (the bar itself counts, as
    TradingView has it). The lagging span is left out: drawn back in time it would look ahead; MOM compares the
    close with that of 26 bars ago.

    Returns:
        conversion, base, span_a, span_b in price units, shape (bars,) each.

    Source:
        Hosoda, Ichimoku Kinko Hyo (1969).
    """
    conversion, base = middle_of_range(high, low, conversion_period), middle_of_range(high, low, base_period)
    slow = middle_of_range(high, low, span_b_period)
    shift = displacement - 1
    first_a, first_b = max(conversion_period, base_period) - 1 + shift, span_b_period - 1 + shift
    span_a, span_b = empty_after(high.size, first_a), empty_after(high.size, first_b)
    for bar in range(first_a, high.size):
        span_a[bar] = (conversion[bar - shift] + base[bar - shift]) / 2.0
    for bar in range(first_b, high.size):
        span_b[bar] = slow[bar - shift]
    return conversion, base, span_a, span_b


@kernel
def smoothed_before(values: Floats, period: int, shift: int) -> Floats:
    """Wilder's mean of some bars ago, shape (bars,)."""
    line = wilder_mean(values, period, 0)
    result = empty_after(values.size, period - 1 + shift)
    for bar in range(period - 1 + shift, values.size):
        result[bar] = line[bar - shift]
    return result


@indicator(
    "ALLIGATOR", "Williams Alligator", inputs=("high", "low"), outputs=("jaw", "teeth", "lips"),
    parameters=(
        bars(13, "jaw_period"), bars(8, "jaw_shift", minimum=0), bars(8, "teeth_period"),
        bars(5, "teeth_shift", minimum=0), bars(5, "lips_period"), bars(3, "lips_shift", minimum=0),
    ),
    pane="overlay",
    warm_up=lambda jaw_period, jaw_shift, teeth_period, teeth_shift, lips_period, lips_shift: (
        jaw_period - 1 + jaw_shift, teeth_period - 1 + teeth_shift, lips_period - 1 + lips_shift,
    ),
)  # fmt: skip
@kernel
def alligator(
    high: Floats, low: Floats, jaw_period: int, jaw_shift: int, teeth_period: int, teeth_shift: int,
    lips_period: int, lips_shift: int,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Three smoothed averages of the bar's middle, each as it was some bars ago.

    Returns:
        jaw, teeth, lips in price units, shape (bars,) each.

    Source:
        Williams, Trading Chaos (1995).
    """
    middle = (high + low) / 2.0
    return (
        smoothed_before(middle, jaw_period, jaw_shift),
        smoothed_before(middle, teeth_period, teeth_shift),
        smoothed_before(middle, lips_period, lips_shift),
    )
