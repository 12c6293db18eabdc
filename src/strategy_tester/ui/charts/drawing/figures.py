"""What a drawing looks like in one frame: strokes, fills, words, handles. What is painted is what is hit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from strategy_tester.ui.charts.drawing.geometry import Box, Point, distance_to_segment, is_inside
from strategy_tester.ui.charts.drawing.projection import Projection

Measure = Callable[[tuple[str, ...], float], tuple[float, float]]
"""Width and height of lines of text at a size."""
FAINT, TINT = 0.09, 0.16
"""Opacities of areas."""


@dataclass(frozen=True)
class Market:
    """What is known of the market's numbers.

    Attributes:
        tick_size: Steps of prices; 0 when not known.
        decimals: Digits that prices are written with.
        quantity_step: Steps of quantities; 0 when not known.
        quote: The currency of prices.
        base: What quantities count.
    """

    tick_size: float = 0.0
    decimals: int = 2
    quantity_step: float = 0.0
    quote: str = ""
    base: str = ""


@dataclass(frozen=True)
class Ground:
    """What figures are made on.

    Attributes:
        projection: Where moments and prices lie.
        market: How numbers are written.
        measure: How large words are.
    """

    projection: Projection
    market: Market
    measure: Measure

    def px(self, logical: float) -> float:
        """Device pixels of a logical distance."""
        return logical * self.projection.ratio


class Stroke(NamedTuple):
    """A straight line, inside the pane already. `width` in logical pixels; `line` as in DrawingStyle."""

    start: Point
    end: Point
    color: str
    width: int = 1
    line: str = "solid"


class Fill(NamedTuple):
    """A tinted area. `can_hit`: whether a click into it means the drawing."""

    corners: tuple[Point, ...]
    color: str
    opacity: float
    can_hit: bool = False


class Words(NamedTuple):
    """Lines of text in a box of their own.

    Attributes:
        box: Where they stand.
        lines: The text.
        color: Of the letters; on a card, of the card.
        is_card: Whether they stand on a colored ground.
        size: One of TEXT_SIZES.
        can_hit: Whether a click on them means the drawing.
    """

    box: Box
    lines: tuple[str, ...]
    color: str
    is_card: bool = False
    size: float = 1.0
    can_hit: bool = True


class Handle(NamedTuple):
    """A point by which a drawing is changed.

    Attributes:
        at: Where it is.
        time_of: Number of the anchor whose time it sets; None for none.
        price_of: Number of the anchor whose price it sets; None for none.
    """

    at: Point
    time_of: int | None
    price_of: int | None


@dataclass
class Figure:
    """All of a drawing. `prices` and `times` are shown as tags on the axes."""

    strokes: list[Stroke] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    handles: list[Handle] = field(default_factory=list)
    prices: list[float] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def is_hit(self, point: Point, reach: float, ratio: float = 1.0) -> bool:
        """Whether a point means this drawing; thin things may be missed by the reach."""
        for stroke in self.strokes:
            if distance_to_segment(point, stroke.start, stroke.end) <= reach + stroke.width * ratio / 2:
                return True
        if any(words.can_hit and words.box.contains(point) for words in self.words):
            return True
        return any(fill.can_hit and is_inside(point, fill.corners) for fill in self.fills)

    def handle_at(self, point: Point, reach: float) -> int | None:
        """Number of the handle at a point; None away from handles."""
        near = [
            (abs(handle.at[0] - point[0]) + abs(handle.at[1] - point[1]), number)
            for number, handle in enumerate(self.handles)
            if abs(handle.at[0] - point[0]) <= reach and abs(handle.at[1] - point[1]) <= reach
        ]
        return min(near)[1] if near else None


def put_words(
    ground: Ground,
    at: Point,
    lines: tuple[str, ...],
    color: str,
    *,
    shift: tuple[float, float] = (0.0, 0.0),
    is_card: bool = False,
    size: float = 1.0,
    can_hit: bool = True,
) -> Words:
    """Words whose box lies at a point.

    Args:
        ground: What is drawn on.
        at: The point.
        lines: The text.
        color: See Words.
        shift: Widths and heights by which the box is moved: (0, 0) has its top left at the point, (-0.5, -1) stands
            centered above it.
        is_card: See Words.
        size: See Words.
        can_hit: See Words.
    """
    width, height = ground.measure(lines, size)
    if is_card:
        width, height = width + ground.px(12), height + ground.px(6)
    left, top = at[0] + shift[0] * width, at[1] + shift[1] * height
    return Words(Box(left, top, left + width, top + height), lines, color, is_card, size, can_hit)


def rectangle_corners(one: Point, other: Point) -> tuple[Point, ...]:
    """The corners of the upright rectangle between two points."""
    return one, (other[0], one[1]), other, (one[0], other[1])


def rectangle_handles(one: Point, other: Point) -> list[Handle]:
    """Corners and middles of the edges of a rectangle between anchors 0 and 1."""
    (x0, y0), (x1, y1) = one, other
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    return [
        Handle((x0, y0), 0, 0), Handle((x1, y0), 1, 0), Handle((x1, y1), 1, 1), Handle((x0, y1), 0, 1),
        Handle((middle_x, y0), None, 0), Handle((x1, middle_y), 1, None), Handle((middle_x, y1), None, 1),
        Handle((x0, middle_y), 0, None),
    ]  # fmt: skip


def anchor_handles(points: list[Point]) -> list[Handle]:
    """A handle on every anchor."""
    return [Handle(point, number, number) for number, point in enumerate(points)]
