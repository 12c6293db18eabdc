"""Volatility: how far the price moves, whichever way."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import Parameter, bars, indicator, number
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import (
    empty_after,
    rolling_highest,
    rolling_lowest,
    rolling_mean,
    rolling_mean_and_deviation,
    rolling_sum,
)
from strategy_tester.numeric.smoothing import exponential_mean, follow, mean_of

BARS_PER_YEAR = Parameter(
    "bars_per_year", "float", 365.0, minimum=1.0, maximum=525_600.0, unit="bars",
    help="Bars in a year, to express the figure per year: 365 for 1d, 8760 for 1h, 525600 for 1m.",
)  # fmt: skip


@kernel
def write_true_ranges(high: Floats, low: Floats, before: Floats, result: Floats) -> None:
    """Distance between the extremes of each bar and the close before it."""
    for place in range(result.size):
        top = high[place] if high[place] > before[place] else before[place]
        floor = low[place] if low[place] < before[place] else before[place]
        result[place] = top - floor


@kernel
def true_ranges(high: Floats, low: Floats, close: Floats) -> Floats:
    """Range of each bar including the gap from the previous close, shape (bars,); the first is NaN."""
    result = empty_after(close.size, 1)
    write_true_ranges(high[1:], low[1:], close, result[1:])
    return result


@kernel
def annual_percent(variance_sums: Floats, first: int, divisor: float, bars_per_year: float) -> Floats:
    """Yearly volatility in percent from sums of squares, shape (bars,)."""
    result = empty_after(variance_sums.size, first)
    for bar in range(first, variance_sums.size):
        result[bar] = 100.0 * np.sqrt(max(variance_sums[bar], 0.0) / divisor * bars_per_year)
    return result


@indicator(
    "TR", "True Range", inputs=("high", "low", "close"), outputs=("tr",), warm_up=lambda: 1,
    aliases=("TRANGE", "TRUE_RANGE"),
)  # fmt: skip
@kernel
def true_range(high: Floats, low: Floats, close: Floats) -> Floats:
    """Range of each bar including the gap from the previous close.

    Returns:
        Price units, shape (bars,); the first is NaN.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); as TA-Lib TRANGE.
    """
    return true_ranges(high, low, close)


@indicator(
    "ATR", "Average True Range", inputs=("high", "low", "close"), outputs=("atr",), parameters=(bars(14),),
    warm_up=lambda period: period,
)  # fmt: skip
@kernel
def atr(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Wilder's mean of the true range: how far the price usually goes in one bar.

    Returns:
        Price units, shape (bars,); the first `period` are NaN, because the first bar has no previous close.

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); seeded as TA-Lib ATR.
    """
    result = true_ranges(high, low, close)
    if close.size <= period:
        result[:] = np.nan
        return result
    result[period] = mean_of(result, 1, period)
    result[:period] = np.nan
    follow(result[period + 1 :], 1.0 / period, result[period], result[period + 1 :])
    return result


@indicator(
    "NATR", "Normalized Average True Range", inputs=("high", "low", "close"), outputs=("natr",),
    parameters=(bars(14),), warm_up=lambda period: period,
)  # fmt: skip
@kernel
def natr(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Average true range in percent of the close.

    Returns:
        Percent, shape (bars,); the first `period` are NaN.

    Source:
        Forman, Technical Analysis of Stocks and Commodities (May 2006); as TA-Lib NATR.
    """
    result = atr(high, low, close, period)
    for bar in range(period, close.size):
        result[bar] = 100.0 * result[bar] / close[bar]
    return result


@indicator(
    "BB", "Bollinger Bands", inputs=("source",), outputs=("upper", "middle", "lower", "width"),
    parameters=(bars(20), number(2.0, "deviations", help="Standard deviations from the middle to each band.")),
    pane="overlay", panes=("overlay", "overlay", "overlay", "pane"), styles=("band", "line", "band", "line"),
    aliases=("BBANDS", "BOLLINGER", "BOLLINGER_BANDS"),
    synonyms={"std_dev": "deviations", "std": "deviations", "stddev": "deviations", "num_std": "deviations"},
    warm_up=lambda period, deviations: period - 1,
)  # fmt: skip
@kernel
def bollinger_bands(values: Floats, period: int, deviations: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean price and a band of some population standard deviations on each side.

    Returns:
        upper, middle, lower in price units and width = (upper - lower) / middle, shape (bars,) each; the first
        `period` - 1 are NaN. All three lines coincide where the price stands still.

    Source:
        Bollinger, Bollinger on Bollinger Bands (2001); as TA-Lib BBANDS.
    """
    middle, spread = rolling_mean_and_deviation(values, period, 0)
    upper, lower = empty_after(values.size, period - 1), empty_after(values.size, period - 1)
    width = spread
    for bar in range(period - 1, values.size):
        half = deviations * spread[bar]
        upper[bar], lower[bar] = middle[bar] + half, middle[bar] - half
        width[bar] = 2.0 * half / middle[bar]
    return upper, middle, lower, width


@indicator(
    "KC", "Keltner Channel", inputs=("high", "low", "close"), outputs=("upper", "middle", "lower"),
    parameters=(bars(20), bars(10, "atr_period"), number(2.0, "multiplier")), pane="overlay",
    styles=("band", "line", "band"), aliases=("KELTNER",),
    warm_up=lambda period, atr_period, multiplier: (
        max(period - 1, atr_period), period - 1, max(period - 1, atr_period),
    ),
)  # fmt: skip
@kernel
def keltner_channel(
    high: Floats, low: Floats, close: Floats, period: int, atr_period: int, multiplier: float
) -> tuple[Floats, Floats, Floats]:
    """Exponential average of the close with bands of some average true ranges.

    Returns:
        upper, middle, lower in price units, shape (bars,) each.

    Source:
        Raschke's form of Keltner's channel (Keltner, How to Make Money in Commodities, 1960): EMA and ATR.
    """
    middle, reach = exponential_mean(close, period, 0), atr(high, low, close, atr_period)
    return middle + multiplier * reach, middle, middle - multiplier * reach


@indicator(
    "HV", "Historical Volatility", inputs=("close",), outputs=("hv",),
    parameters=(bars(20, minimum=2), BARS_PER_YEAR), warm_up=lambda period, bars_per_year: period,
    aliases=("HISTORICAL_VOLATILITY",),
)  # fmt: skip
@kernel
def historical_volatility(close: Floats, period: int, bars_per_year: float) -> Floats:
    """Sample standard deviation of the logarithmic returns, per year.

    Returns:
        Percent a year, shape (bars,); the first `period` are NaN.

    Source:
        Hull, Options, Futures, and Other Derivatives, chapter 'Estimating volatility from historical data'.
    """
    returns = empty_after(close.size, 1)
    for bar in range(1, close.size):
        returns[bar] = np.log(close[bar] / close[bar - 1])
    _, deviations = rolling_mean_and_deviation(returns, period, 1)
    scale = 100.0 * np.sqrt(bars_per_year * period / (period - 1.0))
    for bar in range(period, close.size):
        deviations[bar] *= scale
    return deviations


@indicator(
    "PARKINSON", "Parkinson Volatility", inputs=("high", "low"), outputs=("parkinson",),
    parameters=(bars(20), BARS_PER_YEAR), warm_up=lambda period, bars_per_year: period - 1,
)  # fmt: skip
@kernel
def parkinson_volatility(high: Floats, low: Floats, period: int, bars_per_year: float) -> Floats:
    """Volatility per year estimated from highs and lows.

    Returns:
        Percent a year, shape (bars,); the first `period` - 1 are NaN.

    Source:
        Parkinson, The Extreme Value Method for Estimating the Variance of the Rate of Return, Journal of Business
        53 (1980).
    """
    squares = np.log(high / low) ** 2
    return annual_percent(rolling_sum(squares, period, 0), period - 1, period * 4.0 * np.log(2.0), bars_per_year)


@indicator(
    "GARMAN_KLASS", "Garman-Klass Volatility", inputs=("open", "high", "low", "close"), outputs=("garman_klass",),
    parameters=(bars(20), BARS_PER_YEAR), warm_up=lambda period, bars_per_year: period - 1,
)  # fmt: skip
@kernel
def garman_klass_volatility(
    open_: Floats, high: Floats, low: Floats, close: Floats, period: int, bars_per_year: float
) -> Floats:
    """Volatility per year estimated from all four prices.

    Returns:
        Percent a year, shape (bars,); the first `period` - 1 are NaN.

    Source:
        Garman and Klass, On the Estimation of Security Price Volatilities from Historical Data, Journal of
        Business 53 (1980), the simplified form.
    """
    squares = 0.5 * np.log(high / low) ** 2 - (2.0 * np.log(2.0) - 1.0) * np.log(close / open_) ** 2
    return annual_percent(rolling_sum(squares, period, 0), period - 1, period, bars_per_year)


@indicator(
    "ROGERS_SATCHELL", "Rogers-Satchell Volatility", inputs=("open", "high", "low", "close"),
    outputs=("rogers_satchell",), parameters=(bars(20), BARS_PER_YEAR),
    warm_up=lambda period, bars_per_year: period - 1,
)  # fmt: skip
@kernel
def rogers_satchell_volatility(
    open_: Floats, high: Floats, low: Floats, close: Floats, period: int, bars_per_year: float
) -> Floats:
    """Volatility per year from all four prices, not misled by a trend.

    Returns:
        Percent a year, shape (bars,); the first `period` - 1 are NaN.

    Source:
        Rogers and Satchell, Estimating Variance from High, Low and Closing Prices, Annals of Applied Probability 1
        (1991).
    """
    squares = np.log(high / close) * np.log(high / open_) + np.log(low / close) * np.log(low / open_)
    return annual_percent(rolling_sum(squares, period, 0), period - 1, period, bars_per_year)


@indicator(
    "CHOP", "Choppiness Index", inputs=("high", "low", "close"), outputs=("chop",), parameters=(bars(14, minimum=2),),
    levels=(38.2, 61.8), warm_up=lambda period: period, aliases=("CHOPPINESS",),
)  # fmt: skip
@kernel
def choppiness(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """How much of its way the price walks in vain: high when it goes sideways, low in a trend.

    Returns:
        About 0..100, shape (bars,); the first `period` are NaN. 100 where the price stands still.

    Source:
        Dreiss, The Choppiness Index (1991): 100 * log10(sum of true ranges / whole range) / log10(period).
    """
    ways = rolling_sum(true_ranges(high, low, close), period, 1)
    highest, lowest = rolling_highest(high, period, 0), rolling_lowest(low, period, 0)
    for bar in range(period, close.size):
        spread = highest[bar] - lowest[bar]
        ways[bar] = 100.0 * np.log10(ways[bar] / spread) / np.log10(period) if spread > 0.0 else 100.0
    return ways


@indicator(
    "MASS", "Mass Index", inputs=("high", "low"), outputs=("mass",),
    parameters=(bars(9), bars(25, "sum_period")), levels=(26.5, 27),
    warm_up=lambda period, sum_period: 2 * (period - 1) + sum_period - 1,
)  # fmt: skip
@kernel
def mass_index(high: Floats, low: Floats, period: int, sum_period: int) -> Floats:
    """Sum of how much the bars' range widens: a bulge above 27 that falls below 26.5 warns of a turn.

    Returns:
        Shape (bars,). A market without any range counts 1 per bar.

    Source:
        Dorsey, The Mass Index, Technical Analysis of Stocks and Commodities (June 1992).
    """
    once = exponential_mean(high - low, period, 0)
    twice = exponential_mean(once, period, period - 1)
    ratios = np.empty(high.size)
    for bar in range(2 * (period - 1), high.size):
        ratios[bar] = once[bar] / twice[bar] if twice[bar] > 0.0 else 1.0
    return rolling_sum(ratios, sum_period, 2 * (period - 1))


@indicator(
    "ULCER", "Ulcer Index", inputs=("source",), outputs=("ulcer",), parameters=(bars(14),),
    warm_up=lambda period: 2 * (period - 1),
)  # fmt: skip
@kernel
def ulcer_index(values: Floats, period: int) -> Floats:
    """Root mean square of the falls from the recent high, in percent.

    Returns:
        Percent, shape (bars,); the first 2 * (`period` - 1) are NaN.

    Source:
        Martin and McCann, The Investor's Guide to Fidelity Funds (1989).
    """
    highest = rolling_highest(values, period, 0)
    squares = empty_after(values.size, period - 1)
    for bar in range(period - 1, values.size):
        squares[bar] = (100.0 * (values[bar] - highest[bar]) / highest[bar]) ** 2
    result = rolling_mean(squares, period, period - 1)
    for bar in range(2 * (period - 1), values.size):
        result[bar] = np.sqrt(result[bar])
    return result
