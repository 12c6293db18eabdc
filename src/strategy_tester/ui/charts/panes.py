"""The panes of a chart, one above the other, and how the height is shared among them. No Qt here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from strategy_tester.ui.charts.view_state import ValueScale

SMALLEST_PANE = 36
"""Logical pixels below which a pane cannot be dragged."""


@dataclass(eq=False)
class Pane:
    """One pane: what is drawn in it and how its values are scaled.

    Attributes:
        key: Names the pane; its height is remembered under this name.
        title: Written at its top left; empty for the main pane.
        layers: What is drawn, from back to front.
        under: What is drawn beneath the grid.
        scale: Its values.
        stretch: Share of the height.
        decimals: Digits of the axis labels; None lets the marks decide.
        is_compact: Write 1.2 M instead of 1 200 000.
        tick_size: Marks are whole multiples of it; 0 when unknown.
        levels: Horizontal guides.
        unit: Behind the axis labels.
        legend: Rows of the legend at a bar (None: no bar); left out, the chart's model writes them.
        rank: Panes with a lower one stand above those with a higher one; the order of the list decides among equals.
    """

    key: str
    title: str = ""
    layers: list[Any] = field(default_factory=list)
    under: list[Any] = field(default_factory=list)
    scale: ValueScale = field(default_factory=ValueScale)
    stretch: float = 1.0
    decimals: int | None = None
    is_compact: bool = False
    tick_size: float = 0.0
    levels: tuple[float, ...] = ()
    unit: str = ""
    legend: Callable[[int | None], list[Any]] | None = None
    rank: int = 0


@dataclass(eq=False)
class Contribution:
    """What somebody adds to a chart: layers over or under the candles, and panes below them.

    Layers have `collect(window) -> (lowest, highest)` and `paint(painter, place)`, as the chart's own.

    Attributes:
        under: Beneath the grid of the price pane.
        layers: Above the candles of the price pane.
        panes: Further panes, with keys of their own.
        legend: Further rows for the legend of the price pane at a bar.
    """

    under: list[Any] = field(default_factory=list)
    layers: list[Any] = field(default_factory=list)
    panes: list[Pane] = field(default_factory=list)
    legend: Callable[[int | None], list[Any]] | None = None


def from_top(panes: list[Pane], alone: str | None = None) -> list[Pane]:
    """The panes in sight from top to bottom; `alone` names the one that has the chart to itself."""
    chosen = [pane for pane in panes if pane.key == alone] if alone is not None else []
    return chosen or sorted(panes, key=lambda pane: pane.rank)


def share_height(panes: list[Pane], height: int, gap: int, smallest: int) -> list[tuple[int, int]]:
    """Top and bottom row (both inside) of each pane; `gap` rows stay free between two panes."""
    free = max(height - gap * (len(panes) - 1), len(panes))
    total = sum(pane.stretch for pane in panes) or 1.0
    smallest = min(smallest, free // max(len(panes), 1))
    heights = [max(smallest, int(free * pane.stretch / total)) for pane in panes]
    tallest = heights.index(max(heights))
    heights[tallest] = max(1, heights[tallest] + free - sum(heights))
    places, top = [], 0
    for rows in heights:
        places.append((top, top + rows - 1))
        top += rows + gap
    return places


def move_border(panes: list[Pane], number: int, rows: int, heights: list[int], smallest: int) -> None:
    """Move the border below pane `number` down by some rows, taking them from the pane beneath."""
    both = heights[number] + heights[number + 1]
    upper = min(max(heights[number] + rows, smallest), both - smallest)
    if upper <= 0 or upper >= both:
        return
    for pane, height in zip(panes, heights, strict=True):
        pane.stretch = float(height)
    panes[number].stretch, panes[number + 1].stretch = float(upper), float(both - upper)
