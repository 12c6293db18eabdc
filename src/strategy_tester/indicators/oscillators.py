"""Oscillators: where the price stands between bounds, such as a recent high and low."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, indicator
from strategy_tester.indicators.momentum import rsi
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import (
    copy_to,
    empty_after,
    rolling_highest,
    rolling_lowest,
    rolling_mean,
    rolling_mean_deviation,
    rolling_sum,
)


@kernel
def place_in_range(value: float, lowest: float, highest: float) -> float:
    """0 at the lowest, 100 at the highest, 50 where there is no range."""
    spread = highest - lowest
    return 100.0 * (value - lowest) / spread if spread > 0.0 else 50.0


@kernel
def places_in_range(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Place of each close between the lowest low and the highest high of `period` bars, in percent, shape (bars,)."""
    result, lowest = rolling_highest(high, period, 0), rolling_lowest(low, period, 0)
    for bar in range(period - 1, close.size):
        result[bar] = place_in_range(close[bar], lowest[bar], result[bar])
    return result


@indicator(
    "STOCH", "Stochastic Oscillator", inputs=("high", "low", "close"), outputs=("k", "d"),
    parameters=(bars(14, "k_period"), bars(3, "k_smoothing"), bars(3, "d_period")), levels=(20, 80),
    warm_up=lambda k_period, k_smoothing, d_period: k_period + k_smoothing + d_period - 3,
    aliases=("STOCHASTIC",), synonyms={"period": "k_period", "smooth_k": "k_smoothing", "smooth": "k_smoothing"},
)  # fmt: skip
@kernel
def stoch(
    high: Floats, low: Floats, close: Floats, k_period: int, k_smoothing: int, d_period: int
) -> tuple[Floats, Floats]:
    """Where the close lies in the range of the last bars, smoothed (k), and the mean of that (d).

    Returns:
        k and d in 0..100, shape (bars,) each; both begin where d begins. 50 where the range is 0 (TA-Lib: 0).

    Source:
        Lane, Lane's Stochastics (1984); slow form with simple means, as TA-Lib STOCH.
    """
    count, lead = close.size, k_period + k_smoothing + d_period - 3
    k, d = empty_after(count, lead), empty_after(count, lead)
    # Each value depends on its window alone, so stretches that overlap by `lead` give the same bits as the whole;
    # they keep the columns in between within the processor's cache.
    stretch = max(4096, 4 * lead)
    for start in range(lead, count, stretch):
        begin, end = start - lead, min(start + stretch, count)
        places = places_in_range(high[begin:end], low[begin:end], close[begin:end], k_period)
        part_k = rolling_mean(places, k_smoothing, k_period - 1)
        copy_to(k[start:end], part_k[lead:])
        copy_to(d[start:end], rolling_mean(part_k, d_period, k_period + k_smoothing - 2)[lead:])
    return k, d


@indicator(
    "STOCHRSI", "Stochastic RSI", inputs=("source",), outputs=("k", "d"),
    parameters=(bars(14, "rsi_period", minimum=2), bars(14, "k_period"), bars(3, "k_smoothing"), bars(3, "d_period")),
    levels=(20, 80), synonyms={"period": "rsi_period", "stoch_period": "k_period", "smooth_k": "k_smoothing"},
    warm_up=lambda rsi_period, k_period, k_smoothing, d_period: rsi_period + k_period + k_smoothing + d_period - 3,
)  # fmt: skip
@kernel
def stochrsi(values: Floats, rsi_period: int, k_period: int, k_smoothing: int, d_period: int) -> tuple[Floats, Floats]:
    """Where the RSI lies in its own recent range, smoothed (k), and the mean of that (d).

    Returns:
        k and d in 0..100, shape (bars,) each; both begin where d begins. 50 where the RSI stood still (TA-Lib:
        0, or whatever rounding makes of it).

    Source:
        Chande and Kroll, The New Technical Trader (1994); with `k_smoothing` 1 as TA-Lib STOCHRSI.
    """
    line = rsi(values, rsi_period)
    highest, lowest = rolling_highest(line, k_period, rsi_period), rolling_lowest(line, k_period, rsi_period)
    first = rsi_period + k_period - 1
    for bar in range(first, values.size):
        # While the price stands still the RSI does too, but for rounding.
        stands_still = highest[bar] - lowest[bar] < 1e-9
        highest[bar] = 50.0 if stands_still else place_in_range(line[bar], lowest[bar], highest[bar])
    k = rolling_mean(highest, k_smoothing, first)
    d = rolling_mean(k, d_period, first + k_smoothing - 1)
    k[: min(values.size, first + k_smoothing + d_period - 2)] = np.nan
    return k, d


@indicator(
    "WILLR", "Williams %R", inputs=("high", "low", "close"), outputs=("willr",), parameters=(bars(14),),
    levels=(-80, -20), warm_up=lambda period: period - 1, aliases=("WILLIAMS_R", "WILLIAMS %R", "%R"),
)  # fmt: skip
@kernel
def williams_r(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """How far the close lies below the highest high, in percent of the range.

    Returns:
        Values in -100..0, shape (bars,); the first `period` - 1 are NaN. -50 where the range is 0 (TA-Lib: 0).

    Source:
        Williams, How I Made One Million Dollars Last Year Trading Commodities (1973); as TA-Lib WILLR.
    """
    result = places_in_range(high, low, close, period)
    for bar in range(period - 1, close.size):
        result[bar] -= 100.0
    return result


@indicator(
    "CCI", "Commodity Channel Index", inputs=("high", "low", "close"), outputs=("cci",),
    parameters=(bars(20, minimum=2),), levels=(-100, 100), warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def cci(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Distance of the typical price from its mean, measured in mean distances.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN. 0 where the price stands still.

    Source:
        Lambert, Commodities (October 1980); as TA-Lib CCI.
    """
    typical = (high + low + close) / 3.0
    means, deviations = rolling_mean_deviation(typical, period, 0)
    for bar in range(period - 1, close.size):
        distance = typical[bar] - means[bar]
        means[bar] = distance / (0.015 * deviations[bar]) if deviations[bar] > 1e-13 * typical[bar] else 0.0
    return means


@indicator(
    "ULTOSC", "Ultimate Oscillator", inputs=("high", "low", "close"), outputs=("ultosc",),
    parameters=(bars(7, "short_period"), bars(14, "middle_period"), bars(28, "long_period")), levels=(30, 70),
    aliases=("ULTIMATE", "UO"),
    warm_up=max,
)  # fmt: skip
@kernel
def ultimate_oscillator(
    high: Floats, low: Floats, close: Floats, short_period: int, middle_period: int, long_period: int
) -> Floats:
    """Buying pressure in percent of the true range over three periods, the shortest weighing most.

    Returns:
        Values in 0..100, shape (bars,). A period without any range counts 50 (TA-Lib: 0).

    Source:
        Williams, Technical Analysis of Stocks and Commodities (April 1985); as TA-Lib ULTOSC.
    """
    count = close.size
    pressures, ranges = empty_after(count, 1), empty_after(count, 1)
    for bar in range(1, count):
        floor = min(low[bar], close[bar - 1])
        pressures[bar] = close[bar] - floor
        ranges[bar] = max(high[bar], close[bar - 1]) - floor
    first = max(short_period, middle_period, long_period)
    result = np.zeros(count)
    result[: min(first, count)] = np.nan
    for period, weight in ((short_period, 4.0), (middle_period, 2.0), (long_period, 1.0)):
        pressure_sums, range_sums = rolling_sum(pressures, period, 1), rolling_sum(ranges, period, 1)
        for bar in range(first, count):
            share = 100.0 * pressure_sums[bar] / range_sums[bar] if range_sums[bar] > 0.0 else 50.0
            result[bar] += weight * share / 7.0
    return result


@indicator(
    "FISHER", "Fisher Transform", inputs=("high", "low"), outputs=("fisher", "trigger"), parameters=(bars(10),),
    levels=(-1.5, 0, 1.5), warm_up=lambda period: (period - 1, period),
)  # fmt: skip
@kernel
def fisher_transform(high: Floats, low: Floats, period: int) -> tuple[Floats, Floats]:
    """Place of the price in its recent range, stretched so that turning points stand out.

    Returns:
        fisher and trigger (fisher one bar ago), shape (bars,) each. A window without range counts as its middle.

    Source:
        Ehlers, Using the Fisher Transform, Technical Analysis of Stocks and Commodities (November 2002).
    """
    middle = (high + low) / 2.0
    highest, lowest = rolling_highest(middle, period, 0), rolling_lowest(middle, period, 0)
    result, trigger = empty_after(middle.size, period - 1), empty_after(middle.size, period)
    place, fisher = 0.0, 0.0
    for bar in range(period - 1, middle.size):
        share = place_in_range(middle[bar], lowest[bar], highest[bar]) / 100.0
        place = min(max(0.66 * (share - 0.5) + 0.67 * place, -0.999), 0.999)
        if bar >= period:
            trigger[bar] = fisher
        fisher = 0.5 * np.log((1.0 + place) / (1.0 - place)) + 0.5 * fisher
        result[bar] = fisher
    return result, trigger
