"""Plane geometry of drawings, in device pixels with y growing downwards. No Qt here."""

import math
from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]


class Box(NamedTuple):
    """An upright rectangle, edges included."""

    left: float
    top: float
    right: float
    bottom: float

    def contains(self, point: Point, margin: float = 0.0) -> bool:
        """Whether a point lies inside, or outside by no more than the margin."""
        x, y = point
        return self.left - margin <= x <= self.right + margin and self.top - margin <= y <= self.bottom + margin


def distance(one: Point, other: Point) -> float:
    """Length of the straight way between two points."""
    return math.hypot(one[0] - other[0], one[1] - other[1])


def distance_to_segment(point: Point, start: Point, end: Point) -> float:
    """How far a point is from the nearest point of a segment."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    if not length:
        return distance(point, start)
    share = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length
    share = min(max(share, 0.0), 1.0)
    return distance(point, (start[0] + share * dx, start[1] + share * dy))


def is_inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon."""
    x, y = point
    inside = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside


def clipped(
    start: Point, end: Point, box: Box, *, before: bool = False, after: bool = False
) -> tuple[Point, Point] | None:
    """The part of a line inside a box; None when there is none.

    Args:
        start: Where the line begins.
        end: Where it ends.
        box: What it is cut to.
        before: The line goes on beyond its start, without end.
        after: The same beyond its end.
    """
    left, top, right, bottom = box
    if not (before or after) and box.contains(start) and box.contains(end):
        return start, end
    dx, dy = end[0] - start[0], end[1] - start[1]
    low, high = -math.inf if before else 0.0, math.inf if after else 1.0
    if not (dx or dy):
        return (start, end) if box.contains(start) else None
    for step, first, last in (
        (dx, left - start[0], right - start[0]),
        (dy, top - start[1], bottom - start[1]),
    ):
        if not step:
            if first > 0 or last < 0:
                return None
            continue
        near, far = (first / step, last / step) if step > 0 else (last / step, first / step)
        low, high = max(low, near), min(high, far)
        if low > high:
            return None
    return (start[0] + low * dx, start[1] + low * dy), (start[0] + high * dx, start[1] + high * dy)


def at_whole_angle(origin: Point, point: Point) -> Point:
    """The point moved so that its direction from the origin is a multiple of 45°."""
    dx, dy = point[0] - origin[0], point[1] - origin[1]
    eighth = round(math.atan2(dy, dx) / (math.pi / 4)) % 8
    if eighth in {0, 4}:
        return point[0], origin[1]
    if eighth in {2, 6}:
        return origin[0], point[1]
    return point[0], origin[1] + math.copysign(dx, dy)


def as_square(origin: Point, point: Point) -> Point:
    """The point moved so that it spans a square with the origin, as wide as the drag was."""
    dx, dy = point[0] - origin[0], point[1] - origin[1]
    side = max(abs(dx), abs(dy))
    return origin[0] + math.copysign(side, dx), origin[1] + math.copysign(side, dy)


def along_one_axis(dx: float, dy: float) -> Point:
    """A move kept level or upright, whichever it is more."""
    return (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)


def parallel_offset(start: Point, end: Point, through: Point) -> Point:
    """How far the line through two points must be moved, upright if it can be, to pass through a third one."""
    dx = end[0] - start[0]
    if not dx:
        return through[0] - start[0], 0.0
    return 0.0, through[1] - (start[1] + (end[1] - start[1]) * (through[0] - start[0]) / dx)


def moved(point: Point, by: Point) -> Point:
    """A point moved."""
    return point[0] + by[0], point[1] + by[1]


def middle(one: Point, other: Point) -> Point:
    """Half-way between two points."""
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def arrow_head(start: Point, tip: Point, length: float) -> tuple[Point, Point, Point]:
    """The triangle at the end of an arrow: tip, and the two corners behind it."""
    away = distance(start, tip) or 1.0
    ux, uy = (tip[0] - start[0]) / away, (tip[1] - start[1]) / away
    back, half = (tip[0] - ux * length, tip[1] - uy * length), length * 0.45
    return tip, (back[0] - uy * half, back[1] + ux * half), (back[0] + uy * half, back[1] - ux * half)


def retracement_price(start: float, end: float, level: float) -> float:
    """Price of a Fibonacci level of a move: 0 where it ended, 1 where it began."""
    return end + (start - end) * level


def extension_price(start: float, end: float, turn: float, level: float) -> float:
    """Price at which a move that starts at `turn` is `level` times as long as the one from `start` to `end`."""
    return turn + (end - start) * level
