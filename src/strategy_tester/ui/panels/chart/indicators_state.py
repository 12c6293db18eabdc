"""The indicators a user has put on a chart, as values that can be saved. No Qt here."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from strategy_tester.services.chart_indicators import IndicatorEntry, short_title

DASHES = ("solid", "dashed", "dotted")
LINE_STYLES = ("line", "histogram", "dots", "band")
WIDEST = 5.0
"""Logical pixels."""
MOST_INDICATORS = 40
"""So many on one chart are taken from a saved state; more are a damaged file, not a wish."""

_LARGEST_NUMBER = 1_000_000


@dataclass(frozen=True)
class OutputLook:
    """How one output is drawn.

    Attributes:
        color: Number of one of the theme's line colors, or #RRGGBB.
        width: Logical pixels.
        dash: One of DASHES.
        style: One of LINE_STYLES; empty for the registry's own.
        is_visible: Whether it is drawn at all.
    """

    color: int | str = 0
    width: float = 1.5
    dash: str = "solid"
    style: str = ""
    is_visible: bool = True

    def as_json(self) -> dict[str, Any]:
        """For a saved state."""
        return {
            "color": self.color, "width": self.width, "dash": self.dash, "style": self.style,
            "visible": self.is_visible,
        }  # fmt: skip


@dataclass(frozen=True)
class ChartIndicator:
    """One indicator on one chart.

    Attributes:
        number: Tells it from others on the same chart.
        name: In the registry.
        settings: Its parameters by name.
        looks: How each output is drawn, by the output's name.
        is_hidden: Kept, but not drawn.
    """

    number: int
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    looks: Mapping[str, OutputLook] = field(default_factory=dict)
    is_hidden: bool = False

    @property
    def title(self) -> str:
        """What the legend calls it: `EMA 20`."""
        return short_title(self.name, self.settings)

    @property
    def pane_key(self) -> str:
        """Key of its pane below the candles."""
        return f"indicator:{self.number}"

    def look(self, output: str) -> OutputLook:
        """How an output is drawn."""
        return self.looks.get(output, OutputLook())

    def with_look(self, output: str, look: OutputLook) -> "ChartIndicator":
        """The same with another look of one output."""
        return replace(self, looks={**self.looks, output: look})

    def as_json(self) -> dict[str, Any]:
        """For a saved state or a template."""
        return {
            "number": self.number,
            "name": self.name,
            "settings": dict(self.settings),
            "looks": {output: look.as_json() for output, look in self.looks.items()},
            "hidden": self.is_hidden,
        }


def new_indicator(
    entry: IndicatorEntry, number: int, first_color: int, settings: Mapping[str, Any] | None = None
) -> ChartIndicator:
    """An indicator as it is put on a chart, every output in a color of its own.

    Where some outputs lie over the candles and others need a pane, those of the pane begin hidden: the bands are what
    was asked for, not their width.
    """
    is_mixed = len({output.is_overlay for output in entry.outputs}) > 1
    looks = {
        output.name: OutputLook(color=first_color + place, is_visible=output.is_overlay or not is_mixed)
        for place, output in enumerate(entry.outputs)
    }
    bands = [output.name for output in entry.outputs if output.style == "band"]
    for name in bands[1:]:
        looks[name] = replace(looks[name], color=looks[bands[0]].color)
    defaults = {parameter.name: parameter.default for parameter in entry.parameters}
    return ChartIndicator(number, entry.name, {**defaults, **(settings or {})}, looks)


def next_color(indicators: Iterable[ChartIndicator], used_before: int) -> int:
    """The number of the first color that no line has yet; `used_before` lines of the strategy come first."""
    used = [look.color for one in indicators for look in one.looks.values() if isinstance(look.color, int)]
    return max([used_before - 1, *used]) + 1


def indicators_as_json(indicators: Iterable[ChartIndicator]) -> list[dict[str, Any]]:
    """For a saved state."""
    return [one.as_json() for one in indicators]


def indicators_of(saved: Any, first_number: int = 1) -> list[ChartIndicator]:
    """Indicators from a saved state; what does not look like one is passed over. Names and settings are not checked.

    They keep their numbers, to which heights of panes belong, where these are not below `first_number`.
    """
    items = saved if isinstance(saved, list) else []
    found: list[ChartIndicator] = []
    for item in items[:MOST_INDICATORS]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            continue
        settings, looks, number = item.get("settings"), item.get("looks"), item.get("number")
        least = found[-1].number + 1 if found else first_number
        found.append(
            ChartIndicator(
                number if isinstance(number, int) and least <= number < _LARGEST_NUMBER else least,
                item["name"],
                dict(settings) if isinstance(settings, dict) else {},
                {str(name): look_of(look) for name, look in looks.items()} if isinstance(looks, dict) else {},
                item.get("hidden") is True,
            )
        )
    return found


def look_of(saved: Any) -> OutputLook:
    """A look from a saved state; whatever does not fit takes its default."""
    item: dict[str, Any] = saved if isinstance(saved, dict) else {}
    return OutputLook(
        color=_color(item.get("color")),
        width=_width(item.get("width")),
        dash=str(item["dash"]) if item.get("dash") in DASHES else "solid",
        style=str(item["style"]) if item.get("style") in LINE_STYLES else "",
        is_visible=item.get("visible") is not False,
    )


def _width(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return min(max(float(value), 0.5), WIDEST) if is_number else 1.5


def _color(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < 10_000 else 0
    is_hexadecimal = isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None
    return value if is_hexadecimal else 0
