"""Where the value axis has its marks, and what they say."""

import math
from dataclasses import dataclass
from functools import lru_cache

from strategy_tester.ui.numbers import format_compact, format_number, format_percent

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
DECADES = (
    (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0),
    (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0),
    (1.0, 2.0, 5.0),
    (1.0, 3.0),
    (1.0,),
)
"""Marks of a logarithmic axis between two powers of ten, from many to few."""
LINEAR_RATIO = 3.0
"""Up to this ratio of highest to lowest a logarithmic axis is marked like a linear one: 1.0, 1.1, 1.2."""
MOST_TICKS = 200


@dataclass(frozen=True)
class ValueTick:
    """One mark of a value axis."""

    value: float
    text: str


@lru_cache(maxsize=256)
def nice_step(least: float, tick_size: float = 0.0) -> float:
    """The smallest of 1, 2, 2.5, 5 x 10^k that is `least` or more, and a whole number of ticks where one is given."""
    least = max(least, tick_size, 1e-300)
    power = 10.0 ** math.floor(math.log10(least))
    for step in [factor * scale for scale in (power, 10.0 * power) for factor in STEPS]:
        if step >= least * (1 - 1e-9) and _is_whole(step, tick_size):
            return step
    # A tick of which no round number is a multiple, such as 0.03.
    return math.ceil(least / tick_size - 1e-9) * tick_size if tick_size > 0 else 10.0 * power


def _is_whole(step: float, tick_size: float) -> bool:
    if tick_size <= 0:
        return True
    return abs(step / tick_size - round(step / tick_size)) < 1e-6


@lru_cache(maxsize=256)
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
    if last - first > MOST_TICKS:
        return []
    places = max(decimals_of(step), decimals)
    return [round(number * step, min(places + 2, 15)) for number in range(first, last + 1)]


def log_ticks(low: float, high: float, least_ratio: float, tick_size: float = 0.0) -> list[float]:
    """Marks on a logarithmic axis: each at least `least_ratio` times the one before, and whole ticks."""
    if low <= 0 or not low < high < math.inf or least_ratio <= 1.0:
        return []
    decades = [factors for factors in DECADES if _closest(factors) >= least_ratio * (1 - 1e-9)]
    if high / low < LINEAR_RATIO:
        return _growing_ticks(low, high, least_ratio, tick_size)
    factors = decades[0] if decades else DECADES[-1]
    marks: list[float] = []
    for power in range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1):
        for factor in factors:
            value = factor * 10.0**power
            is_far = not marks or value / marks[-1] >= least_ratio * (1 - 1e-9)
            if low <= value <= high and is_far and _is_whole(value, tick_size):
                marks.append(value)
    return marks


def _closest(factors: tuple[float, ...]) -> float:
    """The smallest ratio of neighbors, the next power of ten among them."""
    return min(after / before for before, after in zip(factors, (*factors[1:], 10.0), strict=True))


def _growing_ticks(low: float, high: float, least_ratio: float, tick_size: float) -> list[float]:
    """Multiples of steps that grow with the value."""
    marks: list[float] = []
    step = nice_step(low * (least_ratio - 1.0), tick_size)
    value = math.ceil(low / step - 1e-9) * step
    while value <= high * (1 + 1e-12) and len(marks) < MOST_TICKS:
        marks.append(round(value, 12))
        step = nice_step(value * (least_ratio - 1.0), tick_size)
        value = (math.floor(value / step + 1e-9) + 1) * step
        while value / marks[-1] < least_ratio * (1 - 1e-9):
            value += step
    return marks


def percent_ticks(low: float, high: float, least: float) -> list[ValueTick]:
    """Marks between two changes in percent, `least` or more apart; their values are percent too."""
    marks = value_ticks(low, high, least)
    decimals = decimals_of(nice_step(max(least, 1e-12)))
    return [ValueTick(percent, percent_text(percent, decimals)) for percent in marks]


def percent_text(percent: float, decimals: int = 2) -> str:
    """A change as the axis writes it: `+1.25 %`."""
    return format_percent(percent, sign=True, decimals=decimals)


def value_text(value: float, decimals: int, *, is_compact: bool = False) -> str:
    """A value as the axis writes it: thin-space thousands, or `1.2 M` for volumes."""
    if is_compact:
        return format_compact(value)
    return format_number(value, decimals)
