"""How the pointer changes a drawing: placed, moved as a whole, moved by a handle. Drawings in, drawings out; no Qt."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from strategy_tester.domain.drawings import KINDS, Anchor, Drawing
from strategy_tester.ui.charts.drawing.figures import Handle
from strategy_tester.ui.charts.drawing.geometry import (
    Point,
    along_one_axis,
    as_square,
    at_whole_angle,
    moved,
    parallel_offset,
)
from strategy_tester.ui.charts.drawing.lines import channel_middle
from strategy_tester.ui.charts.drawing.projection import Projection
from strategy_tester.ui.charts.drawing.readings import on_grid

SQUARE_KINDS = frozenset({"rectangle", "measure"})
SNAP_REACH = 20.0
"""Logical pixels within which the magnet takes a price of the bar."""
_STOP_SHARE, _TARGET_SHARE, _WIDTH_SHARE = 0.09, 0.18, 0.2
"""A new position, in shares of the pane's height and width: twice as far to the target as to the stop."""


@dataclass(frozen=True)
class Hold:
    """How a point is to be taken.

    Attributes:
        tick_size: Prices are rounded to it; 0 when not known.
        decimals: Digits that prices are rounded to while the tick is not known.
        prices: Prices of the bar at a moment that the magnet may take; empty without magnet.
        is_constrained: Whether Shift is held.
    """

    tick_size: float = 0.0
    decimals: int = 8
    prices: tuple[float, ...] = ()
    is_constrained: bool = False

    def rounded(self, price: float) -> float:
        """The price on the market's grid."""
        return on_grid(price, self.tick_size) if self.tick_size > 0 else round(price, self.decimals)


def anchor_at(point: Point, projection: Projection, hold: Hold, kind: str = "", origin: Anchor | None = None) -> Anchor:
    """The anchor that a place of the pointer means.

    Args:
        point: The place.
        projection: The pane.
        hold: Magnet, rounding, Shift.
        kind: What is drawn: with Shift squares stay square, lines take whole angles.
        origin: The anchor that Shift refers to.
    """
    if hold.is_constrained and origin is not None:
        return _constrained(point, projection, hold, kind, origin)
    return Anchor(projection.time_at(point[0]), _price_at(point[1], projection, hold))


def _constrained(point: Point, projection: Projection, hold: Hold, kind: str, origin: Anchor) -> Anchor:
    """The anchor while Shift is held. Columns are whole bars: the height follows from the bar's own column."""
    start = projection.point_of(origin)
    told = as_square(start, point) if kind in SQUARE_KINDS else at_whole_angle(start, point)
    if told[0] == start[0]:
        return Anchor(origin.time_ms, hold.rounded(projection.price_at(told[1])))
    time_ms = projection.time_at(told[0])
    if told[1] == start[1]:
        return Anchor(time_ms, origin.price)
    side = abs(projection.x_of(time_ms) - start[0])
    return Anchor(time_ms, hold.rounded(projection.price_at(start[1] + math.copysign(side, told[1] - start[1]))))


def _price_at(y: float, projection: Projection, hold: Hold) -> float:
    near = [(abs(projection.y_of(price) - y), price) for price in hold.prices]
    if near and min(near)[0] <= SNAP_REACH * projection.ratio:
        return min(near)[1]
    return hold.rounded(projection.price_at(y))


def moved_whole(drawing: Drawing, start: Point, end: Point, projection: Projection, hold: Hold) -> Drawing:
    """The drawing after a drag from one place to another; with Shift level or upright only."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    if hold.is_constrained:
        dx, dy = along_one_axis(dx, dy)
    slots = projection.slot_at(start[0] + dx) - projection.slot_at(start[0])
    anchors = tuple(
        Anchor(projection.time_moved(anchor.time_ms, slots), _price_moved(anchor.price, dy, projection, hold))
        for anchor in drawing.anchors
    )
    return replace(drawing, anchors=anchors)


def _price_moved(price: float, dy: float, projection: Projection, hold: Hold) -> float:
    scale = projection.place.scale
    if not dy or (scale.is_log and price <= 0):
        return price
    return hold.rounded(projection.price_at(projection.y_of(price) + dy))


def with_handle_at(drawing: Drawing, handle: Handle, anchor: Anchor, projection: Projection) -> Drawing:
    """The drawing with one of its handles at another anchor."""
    anchors = list(drawing.anchors)
    if handle.time_of is not None:
        anchors[handle.time_of] = replace(anchors[handle.time_of], time_ms=anchor.time_ms)
    if handle.price_of is not None:
        anchors[handle.price_of] = replace(anchors[handle.price_of], price=anchor.price)
    if drawing.kind == "channel" and handle.time_of != 2:
        anchors[2] = _kept_parallel(drawing, anchors, projection)
    if drawing.kind.endswith("_position") and handle.time_of == 1:
        anchors[2] = replace(anchors[2], time_ms=anchor.time_ms)
    return replace(drawing, anchors=tuple(anchors))


def _kept_parallel(drawing: Drawing, anchors: Sequence[Anchor], projection: Projection) -> Anchor:
    """The third anchor of a channel whose first line has moved: as far away as before, at its middle."""
    before = [projection.point_of(anchor) for anchor in drawing.anchors]
    offset = parallel_offset(before[0], before[1], before[2])
    start, end = projection.point_of(anchors[0]), projection.point_of(anchors[1])
    at = channel_middle([start, end, moved(start, offset)])
    # Its own column is a whole bar's; the price is the line's there.
    time_ms = projection.time_at(at[0])
    slope = (end[1] - start[1]) / (end[0] - start[0]) if end[0] != start[0] else 0.0
    y = at[1] + slope * (projection.x_of(time_ms) - at[0])
    return Anchor(time_ms, projection.price_at(y))


def handle_origin(drawing: Drawing, handle: Handle) -> Anchor | None:
    """The anchor that Shift refers to while a handle is moved: the one at the other end."""
    if handle.time_of is None or handle.price_of is None or len(drawing.anchors) < 2:
        return None
    if drawing.kind in SQUARE_KINDS:
        other = drawing.anchors[1 - handle.time_of].time_ms, drawing.anchors[1 - handle.price_of].price
        return Anchor(*other)
    if drawing.kind.endswith("_position"):
        return None
    return drawing.anchors[handle.time_of - 1] if handle.time_of else drawing.anchors[1]


def position_anchors(kind: str, entry: Anchor, projection: Projection, hold: Hold) -> tuple[Anchor, ...]:
    """Entry, target and stop of a new position: two to one."""
    box = projection.box
    x, y = projection.point_of(entry)
    height = box.bottom - box.top
    # What is higher on the screen need not be the greater price: ask the scale.
    up = 1.0 if projection.price_at(y - 1) > projection.price_at(y) else -1.0
    sign = up if kind == "long_position" else -up
    time_ms = projection.time_at(x + (box.right - box.left) * _WIDTH_SHARE)
    target = hold.rounded(projection.price_at(y - sign * height * _TARGET_SHARE))
    stop = hold.rounded(projection.price_at(y + sign * height * _STOP_SHARE))
    return entry, Anchor(time_ms, target), Anchor(time_ms, stop)


def draft_anchors(
    kind: str, placed: Sequence[Anchor], last: Anchor, projection: Projection, hold: Hold
) -> tuple[Anchor, ...]:
    """All anchors of a drawing that is being made: the placed ones, then the pointer's."""
    if kind.endswith("_position"):
        return position_anchors(kind, last, projection, hold)
    missing = KINDS[kind].anchors - len(placed)
    return (*placed, *[last] * missing)


def clicks_of(kind: str) -> int:
    """How many places must be pointed at to make a drawing."""
    return 1 if kind.endswith("_position") else KINDS[kind].anchors
