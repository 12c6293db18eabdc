"""What a layer needs to know to draw one pane: the bars in sight, the pixels they fall on, the colors."""

from dataclasses import dataclass, replace
from math import floor

from strategy_tester.ui.charts.kernels import KERNELS
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
        percent_base: While the price axis tells percent: the close of the first bar in sight, which counts as 0 %.
    """

    base: TimeBase
    first_bar: int
    last_bar: int
    pixels_per_slot: float
    shift: int
    width: int
    ratio: float
    percent_base: float | None = None

    @property
    def room(self) -> int:
        """Most columns that can be seen, with some to spare."""
        return self.width + 64

    def sight(self, top: int, bars: int):
        """Level to draw a series of so many bars from, and its buckets in sight; `top` is the coarsest level."""
        level = KERNELS.pyramid.level_for(1.0 / self.pixels_per_slot, top)
        size = KERNELS.pyramid.FACTOR**level
        last = min(-(-self.last_bar // size), -(-bars // size))
        return level, KERNELS.columns.Sight(size, self.first_bar // size, last, self.pixels_per_slot, self.shift)

    def sight_of(self, first: int, last: int):
        """A Sight of things counted one by one, such as trades."""
        return KERNELS.columns.Sight(1, first, last, self.pixels_per_slot, self.shift)


def first_in_sight(base: TimeBase, view: TimeView) -> int:
    """The first bar of which a part is in sight, or the next one where bars are missing at the left edge."""
    return base.bars_before(floor(view.left))


def window_of(base: TimeBase, view: TimeView, ratio: float, percent_base: float | None = None) -> Window:
    """The window onto a time axis that a view shows."""
    first = base.bars_before(floor(view.left) - 1)
    last = base.bars_before(floor(view.right) + 2)
    return Window(base, first, last, view.pixels_per_slot, view.shift, view.width, ratio, percent_base)


@dataclass(frozen=True)
class PaneFrame:
    """A pane for one frame.

    While the price axis tells percent, `scale.percent_base` is the price that counts as 0 %. A layer that shows
    another market then draws with `rebased(close of its own first bar in sight)`, so that both begin at 0 %, and its
    `collect` answers in units of the chart's market: its extremes times `window.percent_base` over its own base.

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

    def rebased(self, base: float) -> "PaneFrame":
        """This pane for values of another market whose value `base` counts as 0 %; itself while there is no percent."""
        scale = self.scale.in_units_of(base)
        return self if scale is self.scale else replace(self, scale=scale)

    def area(self):
        """The pane as the kernels know it."""
        return KERNELS.shapes.Area(
            self.left, self.top, self.right, self.bottom, float(self.scale.origin),
            float(self.scale.pixels_per_unit(self.height)), self.scale.is_log,
        )  # fmt: skip
