"""Levels: prices at which something may happen."""

import numpy as np

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.indicators.declaration import bars, choice, indicator, number
from strategy_tester.indicators.volatility import atr
from strategy_tester.numeric.calendar import DAY, DAY_MS, session_of
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import empty_after, rolling_highest, rolling_lowest


@kernel
def middle_of_range(high: Floats, low: Floats, period: int) -> Floats:
    """Half way between the highest high and the lowest low of the last `period` bars, shape (bars,)."""
    result, lowest = rolling_highest(high, period, 0), rolling_lowest(low, period, 0)
    for bar in range(period - 1, high.size):
        result[bar] = (result[bar] + lowest[bar]) / 2.0
    return result


@indicator(
    "HIGHEST", "Highest Value", inputs=("source",), outputs=("highest",), parameters=(bars(20),), pane="overlay",
    default_source="high", warm_up=lambda period: period - 1, aliases=("MAX",),
)  # fmt: skip
@kernel
def highest(values: Floats, period: int) -> Floats:
    """Largest of the last `period` values, the newest included.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN.

    Source:
        TA-Lib MAX.
    """
    return rolling_highest(values, period, 0)


@indicator(
    "LOWEST", "Lowest Value", inputs=("source",), outputs=("lowest",), parameters=(bars(20),), pane="overlay",
    default_source="low", warm_up=lambda period: period - 1, aliases=("MIN",),
)  # fmt: skip
@kernel
def lowest(values: Floats, period: int) -> Floats:
    """Smallest of the last `period` values, the newest included.

    Returns:
        Shape (bars,); the first `period` - 1 are NaN.

    Source:
        TA-Lib MIN.
    """
    return rolling_lowest(values, period, 0)


@indicator(
    "MIDPRICE", "Middle of the Range", inputs=("high", "low"), outputs=("midprice",), parameters=(bars(14),),
    pane="overlay", warm_up=lambda period: period - 1,
)  # fmt: skip
@kernel
def midprice(high: Floats, low: Floats, period: int) -> Floats:
    """Half way between the highest high and the lowest low.

    Returns:
        Price units, shape (bars,); the first `period` - 1 are NaN.

    Source:
        TA-Lib MIDPRICE.
    """
    return middle_of_range(high, low, period)


@indicator(
    "DONCHIAN", "Donchian Channel", inputs=("high", "low"), outputs=("upper", "middle", "lower"),
    parameters=(
        bars(20),
        bars(0, "skip", minimum=0, help="Newest bars left out; with 1 a close can break the channel."),
    ),
    pane="overlay", styles=("band", "line", "band"), warm_up=lambda period, skip: period - 1 + skip, aliases=("DC",),
)  # fmt: skip
@kernel
def donchian_channel(high: Floats, low: Floats, period: int, skip: int) -> tuple[Floats, Floats, Floats]:
    """Highest high and lowest low of `period` bars, and the middle between them.

    Returns:
        upper, middle, lower in price units, shape (bars,) each; the first `period` - 1 + `skip` are NaN. With `skip`
        0 the bar itself belongs to the channel, so that no close ever leaves it.

    Source:
        Donchian, in Faith, Way of the Turtle (2007).
    """
    first = period - 1 + skip
    upper, middle, lower = empty_after(high.size, first), empty_after(high.size, first), empty_after(high.size, first)
    tops, floors = rolling_highest(high, period, 0), rolling_lowest(low, period, 0)
    for bar in range(first, high.size):
        upper[bar], lower[bar] = tops[bar - skip], floors[bar - skip]
        middle[bar] = (upper[bar] + lower[bar]) / 2.0
    return upper, middle, lower


@indicator(
    "CHANDELIER", "Chandelier Exit", inputs=("high", "low", "close"), outputs=("long_stop", "short_stop"),
    parameters=(bars(22), number(3.0, "multiplier")), pane="overlay", warm_up=lambda period, multiplier: period,
)  # fmt: skip
@kernel
def chandelier_exit(high: Floats, low: Floats, close: Floats, period: int, multiplier: float) -> tuple[Floats, Floats]:
    """Stops that hang some average true ranges from the highest high and the lowest low.

    Returns:
        long_stop, short_stop in price units, shape (bars,) each; the first `period` are NaN.

    Source:
        LeBeau, in Elder, Come into My Trading Room (2002).
    """
    reach = atr(high, low, close, period)
    return (
        rolling_highest(high, period, 0) - multiplier * reach,
        rolling_lowest(low, period, 0) + multiplier * reach,
    )


@indicator(
    "FRACTALS", "Fractals", inputs=("high", "low"), outputs=("up", "down", "last_up", "last_down"),
    parameters=(bars(2, "sides", help="Bars on each side that must be lower (higher)."),), pane="overlay",
    styles=("dots", "dots", "line", "line"), warm_up=lambda sides: 2 * sides, warm_up_is_exact=False,
    aliases=("FRACTAL",), synonyms={"period": "sides"},
)  # fmt: skip
@kernel
def fractals(high: Floats, low: Floats, sides: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Highs above (lows below) all `sides` bars before and after, told when the last of those has closed.

    Returns:
        up, down: the fractal's price on the bar that confirms it, `sides` bars after it, NaN on all others;
        last_up, last_down: the latest of them so far. Price units, shape (bars,) each.

    Source:
        Williams, Trading Chaos (1995); equal neighbours make no fractal.
    """
    count = high.size
    up, down, last_up, last_down = (
        np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan),
    )  # fmt: skip
    for bar in range(2 * sides, count):
        top, floor = high[bar - sides], low[bar - sides]
        is_top, is_floor = True, True
        for step in range(bar - 2 * sides, bar + 1):
            if step != bar - sides:
                is_top = is_top and high[step] < top
                is_floor = is_floor and low[step] > floor
        if is_top:
            up[bar] = top
        if is_floor:
            down[bar] = floor
        last_up[bar] = top if is_top else last_up[bar - 1]
        last_down[bar] = floor if is_floor else last_down[bar - 1]
    return up, down, last_up, last_down


@kernel
def pivot_levels(high: float, low: float, close: float, method: int) -> tuple[float, float, float]:
    """Distances of the three levels on each side from the pivot (classic, fibonacci) or the close (camarilla)."""
    spread = high - low
    if method == 1:
        return 0.382 * spread, 0.618 * spread, spread
    return 1.1 * spread / 12.0, 1.1 * spread / 6.0, 1.1 * spread / 4.0


@indicator(
    "PIVOTS", "Pivot Points", inputs=("open_time_ms", "high", "low", "close"),
    outputs=("pivot", "r1", "r2", "r3", "s1", "s2", "s3"),
    parameters=(choice("classic", "method", ("classic", "fibonacci", "camarilla")),), pane="overlay",
    warm_up=lambda method: 1, warm_up_is_exact=False, aliases=("PIVOT", "PIVOT_POINTS"),
)  # fmt: skip
@kernel
def pivot_points(
    open_time_ms: Times, high: Floats, low: Floats, close: Floats, method: int
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
    """Levels for the whole UTC day, made from the high, low and close of the day before.

    Returns:
        pivot, r1..r3 above and s1..s3 below it, price units, shape (bars,) each; NaN until a day has passed that was
        seen from its first bar. The day before is the last one that has bars.

    Source:
        Person, A Complete Guide to Technical Trading Tactics (2004): classic floor pivots; Fibonacci multiples of
        the range; Stott's Camarilla equation (1989).
    """
    count = close.size
    levels = np.full((7, count), np.nan)
    now = np.full(7, np.nan)
    day, top, floor, whole = 0, -np.inf, np.inf, False
    for bar in range(count):
        today = session_of(open_time_ms[bar], DAY)
        if bar == 0 or today != day:
            if whole:
                set_pivots(now, top, floor, close[bar - 1], method)
            # The first day counts only if the data begin with it.
            whole = bar > 0 or open_time_ms[bar] % DAY_MS == 0
            day, top, floor = today, -np.inf, np.inf
        top, floor = max(top, high[bar]), min(floor, low[bar])
        levels[:, bar] = now
    return levels[0], levels[1], levels[2], levels[3], levels[4], levels[5], levels[6]


@kernel
def set_pivots(levels: Floats, high: float, low: float, close: float, method: int) -> None:
    """Write pivot, r1, r2, r3, s1, s2, s3 of a day into `levels`."""
    pivot = (high + low + close) / 3.0
    levels[0] = pivot
    if method == 0:
        levels[1], levels[4] = 2.0 * pivot - low, 2.0 * pivot - high
        levels[2], levels[5] = pivot + (high - low), pivot - (high - low)
        levels[3], levels[6] = high + 2.0 * (pivot - low), low - 2.0 * (high - pivot)
        return
    base = pivot if method == 1 else close
    near, middle, far = pivot_levels(high, low, close, method)
    levels[1], levels[2], levels[3] = base + near, base + middle, base + far
    levels[4], levels[5], levels[6] = base - near, base - middle, base - far
