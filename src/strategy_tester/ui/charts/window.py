"""What a layer needs to know to draw one pane: the bars in sight, the pixels they fall on, the colors."""

from dataclasses import dataclass
from math import floor

from strategy_tester.ui.charts.lettering import Lettering
from strategy_tester.ui.charts.palette import ChartColors
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.view_state import TimeView, ValueScale


@dataclass(frozen=True)
class Window:
    """The bars in sight and how slots become pixels.

    Attributes:
        base: The time axis.
        first_bar: First bar in sight.
        last_bar: One past the last bar in sight.
        pixels_per_slot: Device pixels.
        shift: Device pixels between slot 0 and the left edge.
        width: Device pixels across.
        ratio: Device pixels per logical pixel.
    """

    base: TimeBase
    first_bar: int
    last_bar: int
    pixels_per_slot: float
    shift: int
    width: int
    ratio: float

    @property
    def room(self) -> int:
        """Most columns that can be seen, with some to spare."""
        return self.width + 64

    def sight(self, top: int, bars: int):
        """Level to draw a series of so many bars from, and its buckets in sight; `top` is the coarsest level."""
        from strategy_tester.numeric.pixel_columns import Sight
        from strategy_tester.numeric.pyramid import FACTOR, level_for

        level = level_for(1.0 / self.pixels_per_slot, top)
        size = FACTOR**level
        last = min(-(-self.last_bar // size), -(-bars // size))
        return level, Sight(size, self.first_bar // size, last, self.pixels_per_slot, self.shift)

    def sight_of(self, first: int, last: int):
        """A Sight of things counted one by one, such as trades."""
        from strategy_tester.numeric.pixel_columns import Sight

        return Sight(1, first, last, self.pixels_per_slot, self.shift)


def window_of(base: TimeBase, view: TimeView, ratio: float) -> Window:
    """The window onto a time axis that a view shows."""
    first = base.bars_before(floor(view.left) - 1)
    last = base.bars_before(floor(view.right) + 2)
    return Window(base, first, last, view.pixels_per_slot, view.shift, view.width, ratio)


@dataclass(frozen=True)
class PaneFrame:
    """A pane for one frame.

    Attributes:
        window: The bars in sight.
        left: Device pixels; `top`, `right`, `bottom` likewise, both ends inside.
        scale: The pane's values.
        colors: What to paint with.
        lettering: The chart's fonts.
    """

    window: Window
    left: int
    top: int
    right: int
    bottom: int
    scale: ValueScale
    colors: ChartColors
    lettering: Lettering

    @property
    def height(self) -> int:
        """Device pixels from top to bottom."""
        return self.bottom - self.top + 1

    def row_of(self, value: float) -> int:
        """Device pixel row of a value; outside the pane for values out of sight."""
        share = min(max(self.scale.share_of(value), -10.0), 10.0)
        return floor(self.top + share * self.height)

    def area(self):
        """The pane as the kernels know it."""
        from strategy_tester.numeric.pixel_shapes import Area

        return Area(
            self.left, self.top, self.right, self.bottom, float(self.scale.origin),
            float(self.scale.pixels_per_unit(self.height)), self.scale.is_log,
        )  # fmt: skip
