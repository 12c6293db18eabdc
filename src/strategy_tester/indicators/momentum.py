"""Momentum: how fast and how one-sidedly the price moves."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, indicator
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_mean, rolling_weighted_mean
from strategy_tester.numeric.smoothing import exponential_mean, follow, mean_of

STRETCH = 1024
"""Bars worked on at a time, so that intermediate columns stay in the processor's cache."""


@kernel
def share_of(part: float, other: float) -> float:
    """`part` in percent of both; 50 where both are 0."""
    whole = part + other
    return 100.0 * part / whole if whole > 0.0 else 50.0


@kernel
def split_moves(values: Floats, gains: Floats, losses: Floats) -> None:
    """Rises and falls from each value to the next, both counted positive."""
    for place in range(values.size - 1):
        move = values[place + 1] - values[place]
        gains[place] = move if move > 0.0 else 0.0
        losses[place] = -move if move < 0.0 else 0.0


@kernel
def write_shares(parts: Floats, others: Floats, result: Floats) -> None:
    """`share_of` for whole arrays."""
    for place in range(result.size):
        result[place] = share_of(parts[place], others[place])


@kernel
def percent_change(values: Floats, period: int) -> Floats:
    """Change over `period` bars in percent of the old value, shape (bars,); 0 where the old value is 0."""
    result = empty_after(values.size, period)
    for bar in range(period, values.size):
        before = values[bar - period]
        result[bar] = 100.0 * (values[bar] - before) / before if before != 0.0 else 0.0
    return result


@indicator(
    "RSI", "Relative Strength Index", inputs=("source",), outputs=("rsi",), parameters=(bars(14, minimum=2),),
    levels=(30, 70), warm_up=lambda period: period,
)  # fmt: skip
@kernel
def rsi(values: Floats, period: int) -> Floats:
    """Share of gains in the smoothed price moves.

    Returns:
        Values in 0..100, shape (bars,); the first `period` are NaN. 50 where the price never moved (TA-Lib: 0).

    Source:
        Wilder, New Concepts in Technical Trading Systems (1978); seeded with the mean of the first `period`
        changes, as TA-Lib.
    """
    count = values.size
    result = empty_after(count, period)
    if count <= period:
        return result
    gains, losses = np.empty(max(period, STRETCH)), np.empty(max(period, STRETCH))
    split_moves(values[: period + 1], gains, losses)
    gain, loss = mean_of(gains, 0, period), mean_of(losses, 0, period)
    result[period] = share_of(gain, loss)
    for start in range(period + 1, count, STRETCH):
        end = min(start + STRETCH, count)
        split_moves(values[start - 1 : end], gains, losses)
        gain = follow(gains[: end - start], 1.0 / period, gain, gains[: end - start])
        loss = follow(losses[: end - start], 1.0 / period, loss, losses[: end - start])
        write_shares(gains, losses, result[start:end])
    return result


@kernel
def distance_of_means(values: Floats, fast: int, slow: int) -> Floats:
    """Fast less slow exponential mean, both seeded so that they begin at bar `slow` - 1, shape (bars,)."""
    count = values.size
    result = empty_after(count, slow - 1)
    if count < slow:
        return result
    fast_mean, slow_mean = mean_of(values, slow - fast, fast), mean_of(values, 0, slow)
    result[slow - 1] = fast_mean - slow_mean
    fast_line, slow_line = np.empty(STRETCH), np.empty(STRETCH)
    for start in range(slow, count, STRETCH):
        end = min(start + STRETCH, count)
        fast_mean = follow(values[start:end], 2.0 / (fast + 1.0), fast_mean, fast_line[: end - start])
        slow_mean = follow(values[start:end], 2.0 / (slow + 1.0), slow_mean, slow_line[: end - start])
        write_differences(fast_line, slow_line, result[start:end])
    return result


@kernel
def write_differences(ones: Floats, others: Floats, result: Floats) -> None:
    """Each one less the other."""
    for place in range(result.size):
        result[place] = ones[place] - others[place]


def _macd_warm_up(fast_period: int, slow_period: int, signal_period: int) -> int:
    return max(fast_period, slow_period) + signal_period - 2


@indicator(
    "MACD", "Moving Average Convergence Divergence", inputs=("source",), outputs=("macd", "signal", "histogram"),
    parameters=(bars(12, "fast_period", minimum=2), bars(26, "slow_period", minimum=2), bars(9, "signal_period")),
    synonyms={"fast": "fast_period", "slow": "slow_period", "signal": "signal_period"},
    styles=("line", "line", "histogram"), levels=(0,), warm_up=_macd_warm_up,
)  # fmt: skip
@kernel
def macd(values: Floats, fast_period: int, slow_period: int, signal_period: int) -> tuple[Floats, Floats, Floats]:
    """Distance between a fast and a slow exponential average, its own average, and the gap between the two.

    Both averages begin at the slow one's first bar, and all outputs where the signal begins. Fast and slow change
    places where fast is the longer one.

    Returns:
        macd, signal, histogram (macd - signal), shape (bars,) each.

    Source:
        Appel, The Moving Average Convergence-Divergence Trading Method (1979); seeded as TA-Lib MACD.
    """
    fast, slow = min(fast_period, slow_period), max(fast_period, slow_period)
    first = slow + signal_period - 2
    count = values.size
    lines, histogram = distance_of_means(values, fast, slow), np.empty(count)
    signals = exponential_mean(lines, signal_period, slow - 1)
    for bar in range(count):
        histogram[bar] = lines[bar] - signals[bar]
    lines[: min(first, count)] = np.nan
    return lines, signals, histogram


@indicator(
    "ROC", "Rate of Change", inputs=("source",), outputs=("roc",), parameters=(bars(10),), levels=(0,),
    warm_up=lambda period: period,
)  # fmt: skip
@kernel
def roc(values: Floats, period: int) -> Floats:
    """Change of the price over `period` bars, in percent.

    Returns:
        Shape (bars,); the first `period` are NaN.

    Source:
        TA-Lib ROC.
    """
    return percent_change(values, period)


@indicator(
    "MOM", "Momentum", inputs=("source",), outputs=("momentum",), parameters=(bars(10),), levels=(0,),
    warm_up=lambda period: period, aliases=("MOMENTUM",),
)  # fmt: skip
@kernel
def momentum(values: Floats, period: int) -> Floats:
    """Change of the price over `period` bars, in price units.

    Returns:
        Shape (bars,); the first `period` are NaN.

    Source:
        TA-Lib MOM.
    """
    result = empty_after(values.size, period)
    for bar in range(period, values.size):
        result[bar] = values[bar] - values[bar - period]
    return result


@indicator(
    "CMO", "Chande Momentum Oscillator", inputs=("source",), outputs=("cmo",), parameters=(bars(14, minimum=2),),
    levels=(-50, 0, 50), warm_up=lambda period: period,
)  # fmt: skip
@kernel
def cmo(values: Floats, period: int) -> Floats:
    """Gains less losses in percent of both.

    Returns:
        Values in -100..100, shape (bars,); the first `period` are NaN. 0 where the price never moved.

    Source:
        Chande and Kroll, The New Technical Trader (1994), with Wilder's smoothing as TA-Lib CMO.
    """
    result = rsi(values, period)
    for bar in range(period, values.size):
        result[bar] = 2.0 * result[bar] - 100.0
    return result


@indicator(
    "TRIX", "Triple Exponential Rate of Change", inputs=("source",), outputs=("trix",), parameters=(bars(15),),
    levels=(0,), warm_up=lambda period: 3 * (period - 1) + 1,
)  # fmt: skip
@kernel
def trix(values: Floats, period: int) -> Floats:
    """Change per bar, in percent, of a price averaged exponentially three times.

    Returns:
        Shape (bars,); the first 3 * (`period` - 1) + 1 are NaN.

    Source:
        Hutson, Technical Analysis of Stocks and Commodities (1983); as TA-Lib TRIX.
    """
    step = period - 1
    lines = exponential_mean(exponential_mean(exponential_mean(values, period, 0), period, step), period, 2 * step)
    return percent_change(lines, 1)


@indicator(
    "PPO", "Percentage Price Oscillator", inputs=("source",), outputs=("ppo", "signal", "histogram"),
    parameters=(bars(12, "fast_period", minimum=2), bars(26, "slow_period", minimum=2), bars(9, "signal_period")),
    synonyms={"fast": "fast_period", "slow": "slow_period", "signal": "signal_period"},
    styles=("line", "line", "histogram"), levels=(0,),
    warm_up=lambda fast_period, slow_period, signal_period: (
        max(fast_period, slow_period) - 1,
        *(max(fast_period, slow_period) + signal_period - 2,) * 2,
    ),
)  # fmt: skip
@kernel
def ppo(values: Floats, fast_period: int, slow_period: int, signal_period: int) -> tuple[Floats, Floats, Floats]:
    """Distance between a fast and a slow exponential average in percent of the slow one, and its average.

    Fast and slow change places where fast is the longer one.

    Returns:
        ppo, signal, histogram (ppo - signal), shape (bars,) each.

    Source:
        TA-Lib PPO with exponential averages; signal line after Appel, Technical Analysis (2005).
    """
    slow = max(fast_period, slow_period)
    lines = exponential_mean(values, min(fast_period, slow_period), 0)
    slow_lines = exponential_mean(values, slow, 0)
    for bar in range(values.size):
        lines[bar] = 100.0 * (lines[bar] - slow_lines[bar]) / slow_lines[bar]
    signals = exponential_mean(lines, signal_period, slow - 1)
    return lines, signals, lines - signals


@indicator(
    "TSI", "True Strength Index", inputs=("source",), outputs=("tsi", "signal"),
    parameters=(bars(25, "long_period"), bars(13, "short_period"), bars(13, "signal_period")), levels=(0,),
    warm_up=lambda long_period, short_period, signal_period: (
        long_period + short_period - 1,
        long_period + short_period + signal_period - 2,
    ),
)  # fmt: skip
@kernel
def tsi(values: Floats, long_period: int, short_period: int, signal_period: int) -> tuple[Floats, Floats]:
    """Price moves smoothed twice, in percent of what they would be if all went one way.

    Returns:
        tsi in -100..100 and its exponential average, shape (bars,) each. 0 where the price never moved.

    Source:
        Blau, Momentum, Direction and Divergence (1995); each average seeded with a plain mean.
    """
    count = values.size
    moves, sizes = empty_after(count, 1), empty_after(count, 1)
    for bar in range(1, count):
        moves[bar] = values[bar] - values[bar - 1]
        sizes[bar] = abs(moves[bar])
    moves = exponential_mean(exponential_mean(moves, long_period, 1), short_period, long_period)
    sizes = exponential_mean(exponential_mean(sizes, long_period, 1), short_period, long_period)
    result = empty_after(count, long_period + short_period - 1)
    for bar in range(long_period + short_period - 1, count):
        result[bar] = 100.0 * moves[bar] / sizes[bar] if sizes[bar] > 0.0 else 0.0
    return result, exponential_mean(result, signal_period, long_period + short_period - 1)


@indicator(
    "AO", "Awesome Oscillator", inputs=("high", "low"), outputs=("ao",),
    parameters=(bars(5, "fast_period"), bars(34, "slow_period")), styles=("histogram",), levels=(0,),
    warm_up=lambda fast_period, slow_period: max(fast_period, slow_period) - 1, aliases=("AWESOME",),
)  # fmt: skip
@kernel
def awesome_oscillator(high: Floats, low: Floats, fast_period: int, slow_period: int) -> Floats:
    """Short mean of the bar's middle less its long mean.

    Returns:
        Price units, shape (bars,); NaN until both means are there.

    Source:
        Williams, New Trading Dimensions (1998).
    """
    middle = (high + low) / 2.0
    return rolling_mean(middle, fast_period, 0) - rolling_mean(middle, slow_period, 0)


@indicator(
    "AC", "Accelerator Oscillator", inputs=("high", "low"), outputs=("ac",),
    parameters=(bars(5, "fast_period"), bars(34, "slow_period"), bars(5, "mean_period")), styles=("histogram",),
    levels=(0,), aliases=("ACCELERATOR",),
    warm_up=lambda fast_period, slow_period, mean_period: max(fast_period, slow_period) + mean_period - 2,
)  # fmt: skip
@kernel
def accelerator_oscillator(high: Floats, low: Floats, fast_period: int, slow_period: int, mean_period: int) -> Floats:
    """Awesome Oscillator less its own mean: is the momentum still growing?

    Returns:
        Price units, shape (bars,).

    Source:
        Williams, New Trading Dimensions (1998).
    """
    line = awesome_oscillator(high, low, fast_period, slow_period)
    return line - rolling_mean(line, mean_period, max(fast_period, slow_period) - 1)


@indicator(
    "COPPOCK", "Coppock Curve", inputs=("source",), outputs=("coppock",),
    parameters=(bars(14, "long_period"), bars(11, "short_period"), bars(10, "mean_period")), levels=(0,),
    warm_up=lambda long_period, short_period, mean_period: max(long_period, short_period) + mean_period - 1,
)  # fmt: skip
@kernel
def coppock(values: Floats, long_period: int, short_period: int, mean_period: int) -> Floats:
    """Weighted average of two rates of change: made to find the beginning of long rises.

    Returns:
        Percent, shape (bars,).

    Source:
        Coppock, Realistic Stock Market Forecasting, Barron's (15 October 1962).
    """
    changes = percent_change(values, long_period) + percent_change(values, short_period)
    return rolling_weighted_mean(changes, mean_period, max(long_period, short_period))


@indicator(
    "DPO", "Detrended Price Oscillator", inputs=("source",), outputs=("dpo",), parameters=(bars(21),), levels=(0,),
    warm_up=lambda period: period + period // 2,
)  # fmt: skip
@kernel
def dpo(values: Floats, period: int) -> Floats:
    """Price less its plain mean of half a period ago: the swings without the trend, without looking ahead.

    Returns:
        Price units, shape (bars,); the first `period` + `period` // 2 are NaN.

    Source:
        TradingView, Detrended Price Oscillator, form 'not centered': the mean of period // 2 + 1 bars ago.
    """
    means = rolling_mean(values, period, 0)
    back = period // 2 + 1
    result = empty_after(values.size, period - 1 + back)
    for bar in range(period - 1 + back, values.size):
        result[bar] = values[bar] - means[bar - back]
    return result


@indicator(
    "BOP", "Balance of Power", inputs=("open", "high", "low", "close"), outputs=("bop",), levels=(0,),
    warm_up=lambda: 0,
)  # fmt: skip
@kernel
def balance_of_power(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    """Body of the candle in parts of its whole range, downward bodies below 0.

    Returns:
        Values in -1..1, shape (bars,). 0 for a candle without range.

    Source:
        Livshin, Technical Analysis of Stocks and Commodities (August 2001); as TA-Lib BOP.
    """
    result = np.empty(close.size)
    for bar in range(close.size):
        spread = high[bar] - low[bar]
        result[bar] = (close[bar] - open_[bar]) / spread if spread > 0.0 else 0.0
    return result


@indicator(
    "ELDER_RAY", "Elder Ray", inputs=("high", "low", "close"), outputs=("bull_power", "bear_power"),
    parameters=(bars(13),), styles=("histogram", "histogram"), levels=(0,), warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def elder_ray(high: Floats, low: Floats, close: Floats, period: int) -> tuple[Floats, Floats]:
    """How far the bar's high and low reach from the exponential average.

    Returns:
        bull_power (high - average), bear_power (low - average) in price units, shape (bars,) each.

    Source:
        Elder, Trading for a Living (1993).
    """
    average = exponential_mean(close, period, 0)
    return high - average, low - average
