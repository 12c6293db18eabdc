"""Statistics: the price as a series of numbers."""

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, indicator, number
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_line, rolling_mean_and_deviation
from strategy_tester.numeric.smoothing import way_walked


@indicator(
    "STDDEV", "Standard Deviation", inputs=("source",), outputs=("stddev",), parameters=(bars(20, minimum=2),),
    warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def standard_deviation(values: Floats, period: int) -> Floats:
    """Population standard deviation of the last `period` prices.

    Returns:
        Price units, shape (bars,); the first `period` - 1 are NaN. Exactly 0 where the price stands still.

    Source:
        TA-Lib STDDEV.
    """
    return rolling_mean_and_deviation(values, period, 0)[1]


@indicator(
    "ZSCORE", "Z-Score", inputs=("source",), outputs=("zscore",), parameters=(bars(20, minimum=2),),
    levels=(-2, 0, 2), warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def zscore(values: Floats, period: int) -> Floats:
    """Distance of the price from its mean in standard deviations (population).

    Returns:
        Shape (bars,); the first `period` - 1 are NaN. 0 where the price stands still.

    Source:
        Chan, Algorithmic Trading (2013), mean reversion with the moving z-score.
    """
    means, deviations = rolling_mean_and_deviation(values, period, 0)
    for bar in range(period - 1, values.size):
        means[bar] = (values[bar] - means[bar]) / deviations[bar] if deviations[bar] > 0.0 else 0.0
    return means


@indicator(
    "PERCENT_B", "Bollinger %B", inputs=("source",), outputs=("percent_b",),
    parameters=(bars(20, minimum=2), number(2.0, "deviations", minimum=0.1)), levels=(0, 0.5, 1),
    warm_up=lambda period, deviations: period - 1, aliases=("%B",),
)  # fmt: skip
@kernel
def percent_b(values: Floats, period: int, deviations: float) -> Floats:
    """Place of the price between the Bollinger bands: 0 on the lower, 1 on the upper.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN. 0.5 where the price stands still.

    Source:
        Bollinger, Bollinger on Bollinger Bands (2001).
    """
    result = zscore(values, period)
    for bar in range(period - 1, values.size):
        result[bar] = 0.5 + result[bar] / (2.0 * deviations)
    return result


@indicator(
    "LINREG", "Linear Regression", inputs=("source",), outputs=("value", "slope", "forecast"),
    parameters=(bars(14, minimum=2),), pane="overlay", panes=("overlay", "pane", "overlay"),
    warm_up=lambda period: period - 1, aliases=("LINEARREG",),
)  # fmt: skip
@kernel
def linear_regression(values: Floats, period: int) -> tuple[Floats, Floats, Floats]:
    """Least-squares line through the last `period` prices.

    Returns:
        value: the line at this bar; slope: its rise per bar; forecast: the line one bar on. Price units, shape
        (bars,) each; the first `period` - 1 are NaN.

    Source:
        TA-Lib LINEARREG, LINEARREG_SLOPE, TSF.
    """
    ends, slopes = rolling_line(values, period, 0)
    return ends, slopes, ends + slopes


@indicator(
    "ER", "Efficiency Ratio", inputs=("source",), outputs=("er",), parameters=(bars(10),), levels=(0.3,),
    warm_up=lambda period: period, aliases=("EFFICIENCY_RATIO",),
)  # fmt: skip
@kernel
def efficiency_ratio(values: Floats, period: int) -> Floats:
    """Distance made good in parts of the way walked: 1 in a straight line, 0 when it was all in vain.

    Returns:
        Values in 0..1, shape (bars,); the first `period` are NaN. 0 where the price stands still.

    Source:
        Kaufman, Smarter Trading (1995).
    """
    ways = way_walked(values, period)
    for bar in range(period, values.size):
        distance = abs(values[bar] - values[bar - period])
        ways[bar] = min(distance / ways[bar], 1.0) if ways[bar] > 0.0 else 0.0
    return ways


@indicator(
    "PERCENT_RANK", "Percent Rank", inputs=("source",), outputs=("percent_rank",), parameters=(bars(100),),
    levels=(50,), warm_up=lambda period: period,
)  # fmt: skip
@kernel
def percent_rank(values: Floats, period: int) -> Floats:
    """Percent of the last `period` prices before this one that are not above it.

    Takes `period` steps a bar.

    Returns:
        Values in 0..100, shape (bars,); the first `period` are NaN.

    Source:
        TradingView ta.percentrank.
    """
    result = empty_after(values.size, period)
    for bar in range(period, values.size):
        count = 0
        for step in range(bar - period, bar):
            count += values[step] <= values[bar]
        result[bar] = 100.0 * count / period
    return result
