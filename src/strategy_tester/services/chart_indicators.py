"""Indicators that the user puts on a chart: what there is, what they draw, and how they go on with a growing candle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.parameters import Parameter
from strategy_tester.services.load_chart import ChartLine

WHOLE_HISTORY = frozenset(
    {"AD", "ADOSC", "AVWAP", "FISHER", "FRACTALS", "HEIKIN_ASHI", "KAMA", "NVI", "OBV", "PIVOTS", "PVI", "SAR",
     "SUPERTREND", "VPT", "VWAP"}
)  # fmt: skip
"""What depends on a state that may reach back to the first candle: sums, turns and days, not lengths in bars."""
FADING = 60
"""After so many times its length, what an exponential average owes to older candles is below the figures of a float."""


@dataclass(frozen=True)
class IndicatorOutput:
    """One line of an indicator.

    Attributes:
        name: As the registry calls it, `upper`.
        style: 'line', 'histogram', 'dots' or 'band'.
        is_overlay: Drawn over the candles, not in a pane below.
    """

    name: str
    style: str
    is_overlay: bool


@dataclass(frozen=True)
class IndicatorEntry:
    """One indicator as pickers and forms show it. `summary` and `source` are the registry's English sentences."""

    name: str
    title: str
    group: str
    aliases: tuple[str, ...]
    summary: str
    source: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[IndicatorOutput, ...]
    levels: tuple[float, ...]


@cache
def indicator_entries() -> tuple[IndicatorEntry, ...]:
    """Every indicator in the order of menus. The first call loads the registry: not for a UI thread."""
    from strategy_tester.indicators.registry import all_indicators

    return tuple(
        IndicatorEntry(
            spec.name, spec.title, spec.group, spec.aliases, spec.summary, spec.source, spec.parameters,
            tuple(
                IndicatorOutput(name, style, place == "overlay")
                for name, style, place in zip(spec.outputs, spec.output_styles, spec.output_panes, strict=True)
            ),
            tuple(float(level) for level in spec.levels),
        )
        for spec in all_indicators()
    )  # fmt: skip


def indicator_entry(name: str) -> IndicatorEntry | None:
    """One indicator by its name in the registry; None when there is none."""
    return next((entry for entry in indicator_entries() if entry.name == name), None)


def checked_settings(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter with its value, defaults filled in.

    Raises:
        InvalidParameter: no such indicator or parameter, or a value outside its bounds.
    """
    from strategy_tester.indicators.registry import find

    return find(name).settings(**settings)


def short_title(name: str, settings: Mapping[str, Any]) -> str:
    """What the legend calls an indicator: its name and the numbers that set it apart, `BB 20 2`."""
    words = [name.replace("_", " ")]
    for value in settings.values():
        if isinstance(value, bool) or value is None or value == "":
            continue
        if isinstance(value, str):
            words += [value] if value != "close" else []
        else:
            words.append(f"{value:g}")
    return " ".join(words)


def indicator_lines(name: str, settings: Mapping[str, Any], candles: Candles, pane: str = "") -> list[ChartLine]:
    """The lines of one indicator over candles, one per output.

    Args:
        name: Its name in the registry.
        settings: Its parameters by name; missing ones take their defaults.
        candles: The bars.
        pane: What the pane below is called, for outputs that do not lie over the candles.

    Raises:
        InvalidParameter: no such indicator or parameter, or a value outside its bounds.
    """
    from strategy_tester.indicators.registry import compute, find

    spec = find(name)
    values = compute(name, candles, **settings)
    return [
        ChartLine(
            title=output,
            values=values[output],
            pane="" if place == "overlay" else pane or spec.name,
            style=style,
            levels=() if place == "overlay" else tuple(float(level) for level in spec.levels),
        )
        for output, style, place in zip(spec.outputs, spec.output_styles, spec.output_panes, strict=True)
    ]


def history_bars(name: str, settings: Mapping[str, Any]) -> int | None:
    """How many bars before a bar decide its values to nine figures; None when it may be all of them."""
    from strategy_tester.indicators.registry import find

    spec = find(name)
    if spec.name in WHOLE_HISTORY or not spec.warm_up_is_exact:
        return None
    numbers = [value for value in spec.settings(**settings).values() if isinstance(value, int) and value > 0]
    length = max([spec.warm_up(**settings), *numbers, 1])
    return FADING * length + 200


def latest_values(
    name: str, settings: Mapping[str, Any], take: Callable[[int], Candles], bars: int, first_bar: int
) -> dict[str, Floats]:
    """The values from a bar on, as a computation over everything gives them to nine figures.

    Where older candles no longer matter only the last ones are computed, else all of them.

    Args:
        name: The indicator's name in the registry.
        settings: Its parameters by name.
        take: Gives the candles from a bar to the last one.
        bars: How many bars there are.
        first_bar: First bar whose values are wanted.

    Returns:
        The values of each output at the bars from `first_bar` to the last, shape (bars - first_bar,).
    """
    from strategy_tester.indicators.registry import compute

    history = history_bars(name, settings)
    start = 0 if history is None else min(max(0, first_bar - history), bars)
    values = compute(name, take(start), **settings)
    return {output: np.ascontiguousarray(column[first_bar - start :]) for output, column in values.items()}
