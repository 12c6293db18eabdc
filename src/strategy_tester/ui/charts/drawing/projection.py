"""Between anchors and pixels: where a moment and a price lie in a pane, and what lies at a pixel. No Qt here."""

import math

from strategy_tester.domain.drawings import EARLIEST_MS, LATEST_MS, Anchor, Drawing
from strategy_tester.ui.charts.drawing.geometry import Box, Point
from strategy_tester.ui.charts.window import PaneFrame

FARTHEST = 1e7
"""Pixels beyond which a place is not told apart."""


class Projection:
    """The price pane of one frame as drawings see it.

    A moment is shown in the middle of the bar that contains it, as the candles are; moments before the first and after
    the last bar continue the timeframe's steps. Lines are straight between these pixels, on every scale.

    Args:
        place: The pane.
    """

    def __init__(self, place: PaneFrame) -> None:
        self.place = place
        self.ratio = place.window.ratio
        self.box = Box(place.left, place.top, place.right, place.bottom)
        self._window, self._base = place.window, place.window.base
        # Anything that reaches into sight lies between these moments, a bar to spare.
        left, right = self.slot_at(place.left) - 1, self.slot_at(place.right) + 2
        self.first_ms, self.last_ms = self._base.time_of(left), self._base.time_of(right)

    def slot_of(self, time_ms: int) -> int:
        """The slot that contains a moment."""
        base = self._base
        if base.is_regular or not base.size:
            return base.slot_of(time_ms)
        last = int(base.times[base.size - 1])
        if time_ms > last:
            return base.last_slot + (time_ms - last) // base.step_ms
        first = int(base.times[0])
        return base.slot_of(time_ms) if time_ms >= first else (time_ms - first) // base.step_ms

    def slot_at(self, x: float) -> int:
        """The slot under a column."""
        return math.floor((x + self._window.shift) / self._window.pixels_per_slot)

    def x_of_slot(self, slot: int) -> float:
        """Column of the middle of a slot."""
        x = math.floor((slot + 0.5) * self._window.pixels_per_slot) - self._window.shift
        return float(min(max(x, -FARTHEST), FARTHEST))

    def x_of(self, time_ms: int) -> float:
        """Column of a moment."""
        return self.x_of_slot(self.slot_of(time_ms))

    def y_of(self, price: float) -> float:
        """Row of a price, with a fraction."""
        y = self.place.top + self.place.scale.share_of(price) * self.place.height
        return min(max(y, -FARTHEST), FARTHEST)

    def point_of(self, anchor: Anchor) -> Point:
        """Where an anchor lies."""
        return self.x_of(anchor.time_ms), self.y_of(anchor.price)

    def time_at(self, x: float) -> int:
        """The moment at which the slot under a column opens."""
        return min(max(self._base.time_of(self.slot_at(x)), EARLIEST_MS), LATEST_MS)

    def price_at(self, y: float) -> float:
        """The price at a row."""
        price = self.place.scale.value_at((y - self.place.top) / self.place.height)
        return min(max(price, -1e18), 1e18)

    def time_moved(self, time_ms: int, slots: int) -> int:
        """A moment so many slots later; where it lies inside its bar does not change."""
        slot = self.slot_of(time_ms)
        moved = time_ms + self._base.time_of(slot + slots) - self._base.time_of(slot)
        return min(max(moved, EARLIEST_MS), LATEST_MS)

    def place_among_bars(self, time_ms: int) -> int:
        """How many bars come before a moment; beyond the last one slots are counted."""
        base, slot = self._base, self.slot_of(time_ms)
        if slot > base.last_slot:
            return base.size + slot - base.last_slot - 1
        return base.bars_before(slot) if slot >= 0 else slot

    def bar_at(self, time_ms: int) -> int | None:
        """Number of the bar that contains a moment."""
        return self._base.bar_at(self.slot_of(time_ms))

    def may_show(self, drawing: Drawing) -> bool:
        """Whether a drawing that ends at its anchors can reach into sight."""
        return drawing.first_ms <= self.last_ms and drawing.last_ms >= self.first_ms
