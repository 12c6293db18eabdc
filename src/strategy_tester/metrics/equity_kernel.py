"""What the equity curve says, in one pass over its bars and one over its days."""

import numpy as np

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.metrics.facts import CurveFacts, DayFacts
from strategy_tester.numeric.jit import kernel

DAY_MS = 86_400_000
BLOCK = 64


@kernel
def curve_facts(  # noqa: C901  one pass is one loop
    start_ms: int, close_time_ms: Times, shift_ms: int, equity: Floats, capital: float
) -> CurveFacts:
    """Drawdowns and run-ups of the equity after each bar.

    A drawdown lasts from the close that made the peak (for the initial capital: from the first bar's open) to the
    close that reaches it again, or to the last close.

    Args:
        start_ms: Open time of the first bar, UTC milliseconds.
        close_time_ms: Close time of each bar less `shift_ms`, shape (bars,), at least one.
        shift_ms: What is missing to the close times: the bars' length when open times stand in for them.
        equity: Equity after each bar, shape (bars,).
        capital: Equity before the first bar.
    """
    peak, trough = capital, capital
    peak_time = start_ms - shift_ms
    longest = 0
    under_water = False
    drawdown, drawdown_rate, run_up, run_up_rate = 0.0, 0.0, 0.0, 0.0
    for first in range(0, equity.size, BLOCK):
        last = min(first + BLOCK, equity.size)
        low, high = extremes(equity, first, last)
        # Most stretches neither leave the range so far nor move far inside it: nothing to learn from them.
        if trough < low and high < peak:
            under_water = True
            fall, rise = peak - low, high - trough
            deeper = fall > drawdown or fall > drawdown_rate * peak
            if not deeper and rise <= run_up and rise <= run_up_rate * trough:
                continue
        for bar in range(first, last):
            now = equity[bar]
            if now < peak:
                under_water = True
                fall = peak - now
                drawdown = max(drawdown, fall)
                # The quotient is asked for only where it may be a new extreme: divisions are slow.
                if fall > drawdown_rate * peak:
                    drawdown_rate = 1.0 - now / peak
            else:
                if under_water:
                    longest = max(longest, close_time_ms[bar] - peak_time)
                    under_water = False
                peak = now
                peak_time = close_time_ms[bar]
            if now > trough:
                rise = now - trough
                run_up = max(run_up, rise)
                if trough > 0.0 and rise > run_up_rate * trough:
                    run_up_rate = rise / trough
            else:
                trough = now
    if under_water:
        longest = max(longest, close_time_ms[-1] - peak_time)
    return CurveFacts(drawdown_rate, drawdown, longest, run_up_rate, run_up)


@kernel
def extremes(values: Floats, first: int, last: int) -> tuple[float, float]:
    """Lowest and highest of values[first:last]; two chains at a time, so that neither waits for the other."""
    low, high = values[first], values[first]
    other_low, other_high = low, high
    for place in range(first, last - 1, 2):
        value, other = values[place], values[place + 1]
        low = value if value < low else low
        high = value if value > high else high
        other_low = other if other < other_low else other_low
        other_high = other if other > other_high else other_high
    value = values[last - 1]
    low = value if value < low else low
    high = value if value > high else high
    return (low if low < other_low else other_low), (high if high > other_high else other_high)


@kernel
def day_closes(close_time_ms: Times, shift_ms: int, equity: Floats, day: Times, close: Floats) -> int:
    """Writes the days that have bars (days since 1970, UTC) and their last equity; returns how many there are.

    A bar belongs to the day of its last millisecond: one that closes at midnight belongs to the day it lived in.

    Args:
        close_time_ms: Close time of each bar less `shift_ms`, UTC milliseconds, shape (bars,).
        shift_ms: What is missing to the close times.
        equity: Equity after each bar, shape (bars,).
        day: Written here, with room for one value per bar.
        close: Written here, likewise.
    """
    days = 0
    # A bare 0 would compile `first_bar_past` twice.
    bar: int = np.int64(0)  # pyright: ignore[reportAssignmentType]
    while bar < equity.size:
        today = (close_time_ms[bar] + shift_ms - 1) // DAY_MS
        after = first_bar_past(close_time_ms, bar, (today + 1) * DAY_MS - shift_ms)
        day[days] = today
        close[days] = equity[after - 1]
        days += 1
        bar = after
    return days


@kernel
def first_bar_past(time_ms: Times, first: int, moment_ms: int) -> int:
    """The first bar after `first` whose time lies past this moment; the number of bars when none does."""
    low, high = first + 1, time_ms.size
    while low < high:
        middle = (low + high) // 2
        if time_ms[middle] <= moment_ms:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def day_facts(start_ms: int, close_time_ms: Times, shift_ms: int, equity: Floats, capital: float) -> DayFacts:
    """Moments of the daily returns. The first day's return is relative to the initial capital.

    Days count from the one in which the first bar opens; a day without bars carries the equity forward, a return of
    zero. So does an account that has nothing left. The arguments are those of `curve_facts`.
    """
    room = min(equity.size, 2 + (close_time_ms[-1] - close_time_ms[0]) // DAY_MS)
    day = np.empty(room, np.int64)
    close = np.empty(room)
    moved = day_closes(close_time_ms, shift_ms, equity, day, close)
    days = day[moved - 1] - start_ms // DAY_MS + 1

    returns = np.empty(moved)
    before, total, downside = capital, 0.0, 0.0
    best, worst, rising, falling = -np.inf, np.inf, 0, 0
    for number in range(moved):
        change = close[number] / before - 1.0 if before > 0.0 else 0.0
        before = close[number]
        returns[number] = change
        total += change
        downside += min(change, 0.0) ** 2
        best, worst = max(best, change), min(worst, change)
        rising += change > 0.0
        falling += change < 0.0
    quiet = days - moved
    if quiet:
        best, worst = max(best, 0.0), min(worst, 0.0)
    mean = total / days
    squares = quiet * mean**2
    for number in range(moved):
        squares += (returns[number] - mean) ** 2
    deviation = np.sqrt(squares / (days - 1)) if days > 1 else np.nan
    ulcer = ulcer_index(day[:moved], close[:moved], days, capital)
    return DayFacts(days, mean, deviation, np.sqrt(downside / days), best, worst, rising, falling, ulcer)


@kernel
def ulcer_index(day: Times, close: Floats, days: int, capital: float) -> float:
    """Root mean square of the daily closes' distance below their peak so far, a fraction of 1."""
    peak, depth, squares = capital, 0.0, 0.0
    for number in range(close.size):
        if number:
            squares += (day[number] - day[number - 1] - 1) * depth**2
        peak = max(peak, close[number])
        depth = 1.0 - close[number] / peak
        squares += depth**2
    return np.sqrt(squares / days)
