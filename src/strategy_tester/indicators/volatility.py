"""Volatility: how far the price moves, whichever way."""

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, indicator, number
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_mean_and_deviation
from strategy_tester.numeric.smoothing import wilder_mean


@kernel
def true_ranges(high: Floats, low: Floats, close: Floats) -> Floats:
    """Range of each bar including the gap from the previous close, shape (bars,); the first is NaN."""
    result = empty_after(close.size, 1)
    for bar in range(1, close.size):
        before = close[bar - 1]
        result[bar] = max(high[bar], before) - min(low[bar], before)
    return result


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
    return wilder_mean(true_ranges(high, low, close), period, 1)


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
