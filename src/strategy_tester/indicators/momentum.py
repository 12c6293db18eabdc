"""Momentum: how fast and how one-sidedly the price moves."""

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.indicators.declaration import bars, indicator
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_highest, rolling_lowest, rolling_mean
from strategy_tester.numeric.smoothing import exponential_mean


@kernel
def share_of(part: float, other: float) -> float:
    """`part` in percent of both; 50 where both are 0."""
    whole = part + other
    return 100.0 * part / whole if whole > 0.0 else 50.0


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
    gain, loss = 0.0, 0.0
    for bar in range(1, period + 1):
        change = values[bar] - values[bar - 1]
        gain += max(change, 0.0)
        loss += max(-change, 0.0)
    gain, loss = gain / period, loss / period
    result[period] = share_of(gain, loss)
    share = 1.0 / period
    for bar in range(period + 1, count):
        change = values[bar] - values[bar - 1]
        gain += share * (max(change, 0.0) - gain)
        loss += share * (max(-change, 0.0) - loss)
        result[bar] = share_of(gain, loss)
    return result


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
    lines = exponential_mean(values, fast, slow - fast)
    slow_lines = exponential_mean(values, slow, 0)
    for bar in range(slow - 1, values.size):
        lines[bar] -= slow_lines[bar]
    signals = exponential_mean(lines, signal_period, slow - 1)
    lines[: min(first, values.size)] = np.nan
    return lines, signals, lines - signals


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
    count = close.size
    highest, lowest = rolling_highest(high, k_period, 0), rolling_lowest(low, k_period, 0)
    places = np.empty(count)
    for bar in range(count):
        spread = highest[bar] - lowest[bar]
        places[bar] = 100.0 * (close[bar] - lowest[bar]) / spread if spread > 0.0 else 50.0
    k = rolling_mean(places, k_smoothing, k_period - 1)
    d = rolling_mean(k, d_period, k_period + k_smoothing - 2)
    k[: min(count, k_period + k_smoothing + d_period - 3)] = np.nan
    return k, d
