"""Volume: what was traded on the way up and on the way down."""

import numpy as np

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.domain.parameters import Parameter
from strategy_tester.indicators.declaration import bars, choice, indicator, number
from strategy_tester.indicators.momentum import share_of
from strategy_tester.numeric.calendar import session_of
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_mean, rolling_sum
from strategy_tester.numeric.smoothing import exponential_mean


@kernel
def money_flow_volumes(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
    """Volume times the place of the close in its bar, from -1 (low) to 1 (high); 0 for a bar without range."""
    result = np.empty(close.size)
    for bar in range(close.size):
        spread = high[bar] - low[bar]
        place = ((close[bar] - low[bar]) - (high[bar] - close[bar])) / spread if spread > 0.0 else 0.0
        result[bar] = place * volume[bar]
    return result


@indicator(
    "OBV", "On Balance Volume", inputs=("source", "volume"), outputs=("obv",), warm_up=lambda: 0,
)  # fmt: skip
@kernel
def obv(values: Floats, volume: Floats) -> Floats:
    """Running total of volume, added on rises and taken off on falls.

    Returns:
        Base units, shape (bars,); starts with the first bar's volume.

    Source:
        Granville, Granville's New Key to Stock Market Profits (1963); as TA-Lib OBV.
    """
    result = volume.copy()
    for bar in range(1, values.size):
        change = values[bar] - values[bar - 1]
        result[bar] = result[bar - 1] + (volume[bar] if change > 0.0 else -volume[bar] if change < 0.0 else 0.0)
    return result


@indicator(
    "AD", "Accumulation/Distribution Line", inputs=("high", "low", "close", "volume"), outputs=("ad",),
    warm_up=lambda: 0, aliases=("ADL", "A/D"),
)  # fmt: skip
@kernel
def accumulation_distribution(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
    """Running total of volume weighted with the place of the close in its bar.

    Returns:
        Base units, shape (bars,). A bar without range adds nothing.

    Source:
        Chaikin, in Achelis, Technical Analysis from A to Z (1995); as TA-Lib AD.
    """
    return np.cumsum(money_flow_volumes(high, low, close, volume))


@indicator(
    "ADOSC", "Chaikin Oscillator", inputs=("high", "low", "close", "volume"), outputs=("adosc",),
    parameters=(bars(3, "fast_period", minimum=2), bars(10, "slow_period", minimum=2)), levels=(0,),
    warm_up=lambda fast_period, slow_period: max(fast_period, slow_period) - 1,
    aliases=("CHAIKIN_OSCILLATOR",),
)  # fmt: skip
@kernel
def chaikin_oscillator(
    high: Floats, low: Floats, close: Floats, volume: Floats, fast_period: int, slow_period: int
) -> Floats:
    """Fast less slow exponential average of the accumulation/distribution line.

    Returns:
        Base units, shape (bars,); NaN until the longer period is full.

    Source:
        Chaikin, in Achelis, Technical Analysis from A to Z (1995); seeded with the line's first value as TA-Lib ADOSC.
    """
    line = accumulation_distribution(high, low, close, volume)
    first = max(fast_period, slow_period) - 1
    result = empty_after(close.size, first)
    if close.size == 0:
        return result
    fast, slow = line[0], line[0]
    for bar in range(close.size):
        fast += 2.0 / (fast_period + 1.0) * (line[bar] - fast)
        slow += 2.0 / (slow_period + 1.0) * (line[bar] - slow)
        if bar >= first:
            result[bar] = fast - slow
    return result


@indicator(
    "CMF", "Chaikin Money Flow", inputs=("high", "low", "close", "volume"), outputs=("cmf",), parameters=(bars(20),),
    levels=(0,), warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def chaikin_money_flow(high: Floats, low: Floats, close: Floats, volume: Floats, period: int) -> Floats:
    """Share of the volume that was traded towards the highs less that towards the lows.

    Returns:
        Values in -1..1, shape (bars,); the first `period` - 1 are NaN. 0 where nothing was traded.

    Source:
        Chaikin, in Achelis, Technical Analysis from A to Z (1995).
    """
    flows = rolling_sum(money_flow_volumes(high, low, close, volume), period, 0)
    volumes = rolling_sum(volume, period, 0)
    for bar in range(period - 1, close.size):
        flows[bar] = flows[bar] / volumes[bar] if volumes[bar] > 0.0 else 0.0
    return flows


@indicator(
    "MFI", "Money Flow Index", inputs=("high", "low", "close", "volume"), outputs=("mfi",),
    parameters=(bars(14, minimum=2),), levels=(20, 80), warm_up=lambda period: period,
)  # fmt: skip
@kernel
def money_flow_index(high: Floats, low: Floats, close: Floats, volume: Floats, period: int) -> Floats:
    """Share of the money that changed hands while the typical price rose.

    Returns:
        Values in 0..100, shape (bars,); the first `period` are NaN. 50 where no money moved the price (TA-Lib: 0, and
        also 0 below 1 unit of money).

    Source:
        Quong and Soudack, Technical Analysis of Stocks and Commodities (March 1989); as TA-Lib MFI.
    """
    count = close.size
    rises, falls = np.zeros(count), np.zeros(count)
    for bar in range(1, count):
        typical = (high[bar] + low[bar] + close[bar]) / 3.0
        before = (high[bar - 1] + low[bar - 1] + close[bar - 1]) / 3.0
        # Prices are decimals: two sums that ought to be equal may differ in the last binary digits.
        rounding = 1e-14 * before
        if typical - before > rounding:
            rises[bar] = typical * volume[bar]
        elif before - typical > rounding:
            falls[bar] = typical * volume[bar]
    rise_sums, fall_sums = rolling_sum(rises, period, 1), rolling_sum(falls, period, 1)
    for bar in range(period, count):
        rise_sums[bar] = share_of(rise_sums[bar], fall_sums[bar])
    return rise_sums


@indicator(
    "VPT", "Volume Price Trend", inputs=("source", "volume"), outputs=("vpt",), warm_up=lambda: 0, aliases=("PVT",),
)  # fmt: skip
@kernel
def volume_price_trend(values: Floats, volume: Floats) -> Floats:
    """Running total of volume times the relative change of the price.

    Returns:
        Base units, shape (bars,); starts at 0.

    Source:
        Achelis, Technical Analysis from A to Z (1995), Price and Volume Trend.
    """
    result = np.zeros(values.size)
    for bar in range(1, values.size):
        result[bar] = result[bar - 1] + volume[bar] * (values[bar] - values[bar - 1]) / values[bar - 1]
    return result


@kernel
def volume_index(close: Floats, volume: Floats, way: float) -> Floats:
    """1000 grown by the price changes of bars whose volume went `way` (1 up, -1 down)."""
    result = np.full(close.size, 1000.0)
    for bar in range(1, close.size):
        counts = (volume[bar] - volume[bar - 1]) * way > 0.0
        result[bar] = result[bar - 1] * (close[bar] / close[bar - 1] if counts else 1.0)
    return result


@indicator("NVI", "Negative Volume Index", inputs=("close", "volume"), outputs=("nvi",), warm_up=lambda: 0)
@kernel
def negative_volume_index(close: Floats, volume: Floats) -> Floats:
    """What 1000 would have become by the price changes of quieter bars alone.

    Returns:
        Shape (bars,); starts at 1000.

    Source:
        Fosback, Stock Market Logic (1976).
    """
    return volume_index(close, volume, -1.0)


@indicator("PVI", "Positive Volume Index", inputs=("close", "volume"), outputs=("pvi",), warm_up=lambda: 0)
@kernel
def positive_volume_index(close: Floats, volume: Floats) -> Floats:
    """What 1000 would have become by the price changes of busier bars alone.

    Returns:
        Shape (bars,); starts at 1000.

    Source:
        Fosback, Stock Market Logic (1976).
    """
    return volume_index(close, volume, 1.0)


@indicator(
    "FORCE", "Force Index", inputs=("close", "volume"), outputs=("force",), parameters=(bars(13),), levels=(0,),
    warm_up=lambda period: period, aliases=("FORCE_INDEX", "EFI"),
)  # fmt: skip
@kernel
def force_index(close: Floats, volume: Floats, period: int) -> Floats:
    """Exponential average of the price change times volume.

    Returns:
        Quote units, shape (bars,); the first `period` are NaN.

    Source:
        Elder, Trading for a Living (1993).
    """
    forces = empty_after(close.size, 1)
    for bar in range(1, close.size):
        forces[bar] = (close[bar] - close[bar - 1]) * volume[bar]
    return exponential_mean(forces, period, 1)


@indicator(
    "EOM", "Ease of Movement", inputs=("high", "low", "volume"), outputs=("eom",),
    parameters=(bars(14), number(10_000.0, "divisor", minimum=1.0, maximum=1e12, step=1000.0)), levels=(0,),
    warm_up=lambda period, divisor: period, aliases=("EMV",),
)  # fmt: skip
@kernel
def ease_of_movement(high: Floats, low: Floats, volume: Floats, period: int, divisor: float) -> Floats:
    """How far the price moves for each unit of volume.

    Returns:
        Shape (bars,); the first `period` are NaN. A bar without volume counts 0.

    Source:
        Arms, Volume Cycles in the Stock Market (1983): divisor x change of the middle x range / volume, plain mean.
    """
    ease = empty_after(high.size, 1)
    for bar in range(1, high.size):
        change = (high[bar] + low[bar] - high[bar - 1] - low[bar - 1]) / 2.0
        ease[bar] = divisor * change * (high[bar] - low[bar]) / volume[bar] if volume[bar] > 0.0 else 0.0
    return rolling_mean(ease, period, 1)


@indicator(
    "VOLUME_SMA", "Volume Average", inputs=("volume",), outputs=("volume_sma", "relative"), parameters=(bars(20),),
    warm_up=lambda period: period - 1, aliases=("VMA", "RVOL"),
)  # fmt: skip
@kernel
def volume_average(volume: Floats, period: int) -> tuple[Floats, Floats]:
    """Mean volume, and this bar's volume in parts of it.

    Returns:
        volume_sma in base units and relative, shape (bars,) each. relative is 1 where nothing was traded.

    Source:
        TA-Lib SMA of the volume.
    """
    means = rolling_mean(volume, period, 0)
    relative = empty_after(volume.size, period - 1)
    for bar in range(period - 1, volume.size):
        relative[bar] = volume[bar] / means[bar] if means[bar] > 0.0 else 1.0
    return means, relative


@indicator(
    "VWAP", "Volume Weighted Average Price", inputs=("open_time_ms", "high", "low", "close", "volume"),
    outputs=("vwap",),
    parameters=(choice("day", "session", ("day", "week", "month"), help="When it starts anew (UTC)."),),
    pane="overlay", warm_up=lambda session: 0,
)  # fmt: skip
@kernel
def session_vwap(open_time_ms: Times, high: Floats, low: Floats, close: Floats, volume: Floats, session: int) -> Floats:
    """Mean price paid since the session began, each typical price weighted with its volume.

    Returns:
        Price units, shape (bars,); the typical price while nothing was traded. Sessions are UTC; weeks start on Monday.

    Source:
        Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 (1988).
    """
    result = np.empty(close.size)
    money, traded, current = 0.0, 0.0, 0
    for bar in range(close.size):
        number_now = session_of(open_time_ms[bar], session)
        if bar == 0 or number_now != current:
            money, traded, current = 0.0, 0.0, number_now
        typical = (high[bar] + low[bar] + close[bar]) / 3.0
        money += typical * volume[bar]
        traded += volume[bar]
        result[bar] = money / traded if traded > 0.0 else typical
    return result


@indicator(
    "AVWAP", "Anchored VWAP", inputs=("open_time_ms", "high", "low", "close", "volume"), outputs=("avwap",),
    parameters=(Parameter("anchor", "text", "", help="UTC date or time it starts from; empty: the first bar."),),
    pane="overlay", warm_up=lambda anchor: 0, warm_up_is_exact=False, aliases=("ANCHORED_VWAP",),
)  # fmt: skip
@kernel
def anchored_vwap(open_time_ms: Times, high: Floats, low: Floats, close: Floats, volume: Floats, anchor: int) -> Floats:
    """Mean price paid since a chosen moment, each typical price weighted with its volume.

    Returns:
        Price units, shape (bars,); NaN before the anchor, the typical price while nothing was traded.

    Source:
        Shannon, Maximum Trading Gains with Anchored VWAP (2022).
    """
    result = np.full(close.size, np.nan)
    money, traded = 0.0, 0.0
    for bar in range(close.size):
        if open_time_ms[bar] < anchor:
            continue
        typical = (high[bar] + low[bar] + close[bar]) / 3.0
        money += typical * volume[bar]
        traded += volume[bar]
        result[bar] = money / traded if traded > 0.0 else typical
    return result
