"""Where the value axis has its marks, and what they say."""

import math
from dataclasses import dataclass

from strategy_tester.ui.numbers import format_compact, format_number

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class ValueTick:
    """One mark of a value axis."""

    value: float
    text: str


def nice_step(least: float, tick_size: float = 0.0) -> float:
    """The smallest of 1, 2, 2.5, 5 x 10^k that is `least` or more, and a whole number of ticks where one is given."""
    least = max(least, tick_size, 1e-300)
    power = 10.0 ** math.floor(math.log10(least))
    for factor in STEPS:
        step = factor * power
        if step >= least * (1 - 1e-9) and _is_whole(step, tick_size):
            return step
    return 10.0 * power


def _is_whole(step: float, tick_size: float) -> bool:
    if tick_size <= 0:
        return True
    return abs(step / tick_size - round(step / tick_size)) < 1e-6


def decimals_of(step: float) -> int:
    """Digits after the point that tell multiples of a step apart: 2.5 -> 1, 0.05 -> 2, 100 -> 0."""
    for decimals in range(12):
        if abs(round(step, decimals) - step) <= step * 1e-9:
            return decimals
    return 12


def value_ticks(low: float, high: float, least_step: float, tick_size: float = 0.0, decimals: int = 0) -> list[float]:
    """Marks between two values, `least_step` or more apart; `decimals` is only a hint of the finest step wanted."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    step = nice_step(max(least_step, 10.0**-12), tick_size or 0.0)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > 200:
        return []
    places = max(decimals_of(step), decimals)
    return [round(number * step, min(places + 2, 15)) for number in range(first, last + 1)]


def log_ticks(low: float, high: float, least_ratio: float) -> list[float]:
    """Marks on a logarithmic axis: each at least `least_ratio` times the one before."""
    if low <= 0 or high <= low:
        return []
    if high / low < 3:
        return value_ticks(low, high, low * (least_ratio - 1.0) * 1.5)
    marks: list[float] = []
    power = math.floor(math.log10(low))
    while 10.0**power <= high:
        for factor in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0):
            value = factor * 10.0**power
            if low <= value <= high and (not marks or value / marks[-1] >= least_ratio):
                marks.append(value)
        power += 1
    return marks


def value_text(value: float, decimals: int, *, is_compact: bool = False) -> str:
    """A value as the axis writes it: thin-space thousands, or `1.2 M` for volumes."""
    if is_compact:
        return format_compact(value)
    return format_number(value, decimals)
