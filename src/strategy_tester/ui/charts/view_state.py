"""What part of the data a chart shows: a range of slots for all panes, a range of values for each. No Qt here."""

import math
from dataclasses import dataclass, field, replace

MOST_PIXELS_PER_SLOT = 120.0
FEWEST_BARS_IN_SIGHT = 2
MARGIN_RATE = 0.08
"""Share of the pane's height left free above and below the values."""


@dataclass
class TimeView:
    """The visible range of slots, and the limits it keeps.

    Attributes:
        left: Slot at the left edge, with a fraction.
        span: Visible slots.
        first: Slot of the first bar.
        last: Slot of the last bar.
        width: Device pixels across.
        follows: Whether the view moves along when bars are added: while the last one is in sight.
        is_held: Whether the user is dragging: nothing else moves the view meanwhile.
    """

    left: float = 0.0
    span: float = 150.0
    first: int = 0
    last: int = -1
    width: int = 1
    follows: bool = True
    is_held: bool = False

    @property
    def right(self) -> float:
        """Slot at the right edge."""
        return self.left + self.span

    @property
    def pixels_per_slot(self) -> float:
        """Device pixels from one slot to the next."""
        return self.width / self.span

    @property
    def shift(self) -> int:
        """Device pixels between the left of slot 0 and the left edge; whole, so that bars never tremble."""
        return round(self.left * self.pixels_per_slot)

    def slot_at(self, pixel: float) -> float:
        """Slot, with a fraction, under a device pixel counted from the left edge."""
        return (pixel + self.shift) / self.pixels_per_slot

    def pixel_of(self, slot: float) -> int:
        """Device pixel of the middle of a slot, counted from the left edge."""
        return math.floor((math.floor(slot) + 0.5) * self.pixels_per_slot) - self.shift

    def set_width(self, width: int, *, keeps_range: bool = False) -> None:
        """A new width keeps the right edge and the width of a bar, or (`keeps_range`) both edges."""
        width = max(1, width)
        if width != self.width:
            if self.width > 1 and not keeps_range:
                right, per_slot = self.right, self.pixels_per_slot
                self.span = width / per_slot
                self.left = right - self.span
            self.width = width
            self._keep_limits()

    def show(self, left: float, right: float) -> None:
        """Show a range of slots."""
        self.left, self.span = left, max(right - left, 1e-6)
        self._keep_limits()

    def show_end(self, bars: float) -> None:
        """Show the last bars with some room at the right, and follow new ones from now on."""
        self.span = bars
        self.left = self.last + 1 + self._room() - self.span
        self._keep_limits()
        self.follows = True

    def show_start(self) -> None:
        """Show the first bars with some room at the left."""
        self.left = self.first - self._room()
        self.follows = False
        self._keep_limits()

    def show_all(self) -> None:
        """Show every bar."""
        bars = self.last - self.first + 1
        self.show(self.first - 0.01 * bars - 1, self.last + 0.02 * bars + 2)
        self.follows = True

    def _room(self) -> float:
        return max(2.0, self.span * 0.06)

    def pan(self, pixels: float) -> None:
        """Move the bars by device pixels to the right."""
        self.left -= pixels / self.pixels_per_slot
        self._keep_limits()
        self._follow_if_at_end()

    def zoom(self, factor: float, pixel: float) -> None:
        """Show `factor` times as many slots; what lies under the pixel stays there."""
        anchor = self.left + pixel / self.pixels_per_slot
        before = self.span
        self.span = self._span_in_limits(self.span * factor)
        self.left = anchor - (anchor - self.left) * self.span / before
        self._keep_limits()
        self._follow_if_at_end()

    def _follow_if_at_end(self) -> None:
        self.follows = self.left <= self.last < self.right

    def center(self, slot: float) -> None:
        """Put a slot into the middle."""
        self.left = slot + 0.5 - self.span / 2
        self.follows = False
        self._keep_limits()

    def move_data(self, first: int, last: int) -> None:
        """The data now reach from one slot to another; a view that follows moves along."""
        added = last - self.last
        self.first, self.last = first, last
        if self.follows and added and not self.is_held:
            self.left += added
        self._keep_limits()

    def _span_in_limits(self, span: float) -> float:
        bars = max(self.last - self.first + 1, 30)
        return min(max(span, self.width / MOST_PIXELS_PER_SLOT, 3.0), max(bars * 1.5, 60.0))

    def _keep_limits(self) -> None:
        self.span = self._span_in_limits(self.span)
        seen = min(FEWEST_BARS_IN_SIGHT, self.last - self.first + 1)
        self.left = min(max(self.left, self.first + seen - self.span), self.last + 1 - seen)


@dataclass
class ValueScale:
    """The visible range of values of one pane.

    Attributes:
        low: Value at the bottom (at the top when inverted).
        high: Value at the top (at the bottom when inverted).
        is_auto: Fit to the visible values; False once the user has dragged the axis.
        is_log: Equal distances are equal ratios, in this frame. Off while values in sight are not positive.
        has_zero_floor: Start at zero, as volumes do.
        fixed: A range kept always, or None.
        is_inverted: Great values below.
        percent_base: The value that counts as 0 % while the axis tells changes in percent, else None. It moves with
            the view: the close of the first bar in sight. Places of values do not depend on it, only what the axis
            says; lines of other markets are brought onto it by `PaneFrame.rebased`.
        wants_log: The user's wish for a logarithmic scale.
    """

    low: float = 0.0
    high: float = 1.0
    is_auto: bool = True
    is_log: bool = False
    has_zero_floor: bool = False
    fixed: tuple[float, float] | None = None
    is_inverted: bool = False
    percent_base: float | None = None
    wants_log: bool = False
    _margin: float = field(default=MARGIN_RATE, repr=False)

    def __post_init__(self) -> None:
        self.wants_log = self.wants_log or self.is_log

    def set_log(self, *, wanted: bool) -> None:
        """Ask for a logarithmic scale, or for equal distances; the range is fitted anew."""
        self.wants_log = self.is_log = wanted
        self.is_auto = True

    def fit(self, low: float, high: float, legend_share: float = 0.0) -> None:
        """Fit to visible values with a margin, unless the user holds the scale; NaN changes nothing.

        `legend_share` is the part of the height, at the top, that values should leave to the legend.
        """
        if not self.is_auto or math.isnan(low) or math.isnan(high):
            return
        if self.fixed is not None:
            self.low, self.high = self.fixed
            return
        if self.has_zero_floor:
            top = max(self._margin, legend_share)
            self.low, self.high = 0.0, high / (1.0 - min(top, 0.5)) if high > 0 else 1.0
            return
        self.is_log = self.wants_log and low > 0
        low, high = self._forward(low), self._forward(high)
        # Shares of the final height: values take what margin and legend leave.
        lower, upper = self._margin, min(max(self._margin, legend_share), 0.5)
        if self.is_inverted:
            lower, upper = upper, lower
        height = (high - low) / (1.0 - lower - upper) or abs(high) * 0.01 or 1.0
        middle_room = 0.5 * (height * (1.0 - lower - upper) - (high - low))
        self.low = self._backward(low - middle_room - height * lower)
        self.high = self._backward(high + middle_room + height * upper)

    def zoom(self, factor: float) -> None:
        """Show `factor` times the range around its middle; the scale is the user's from now on."""
        low, high = self._forward(self.low), self._forward(self.high)
        middle, half = (low + high) / 2, (high - low) / 2 * factor
        self._take(middle - half, middle + half)

    def pan(self, share: float) -> None:
        """Move what is drawn down by a share of the height; only a scale that is the user's already moves."""
        if self.is_auto:
            return
        low, high = self._forward(self.low), self._forward(self.high)
        distance = (high - low) * (-share if self.is_inverted else share)
        self._take(low - distance, high - distance)

    def _take(self, low: float, high: float) -> None:
        if high - low > max(abs(high), abs(low)) * 1e-9:
            self.is_auto = False
            self.low, self.high = self._backward(low), self._backward(high)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value in sight."""
        return self.low, self.high

    @property
    def origin(self) -> float:
        """The value at the top edge as the painters need it: its logarithm on a logarithmic scale."""
        return self._forward(self.low if self.is_inverted else self.high)

    def pixels_per_unit(self, height: float) -> float:
        """Pixels per unit of the (logarithmic) value; negative when values grow downwards."""
        pixels = height / max(self._forward(self.high) - self._forward(self.low), 1e-300)
        return -pixels if self.is_inverted else pixels

    def value_at(self, share: float) -> float:
        """Value at a share of the height, counted from the top."""
        low, high = self._forward(self.low), self._forward(self.high)
        return self._backward(low + (high - low) * share if self.is_inverted else high - (high - low) * share)

    def share_of(self, value: float) -> float:
        """The reverse of `value_at`; outside 0..1 for values out of sight."""
        low, high = self._forward(self.low), self._forward(self.high)
        away = self._forward(value) - low if self.is_inverted else high - self._forward(value)
        return away / max(high - low, 1e-300)

    def percent_of(self, value: float) -> float:
        """A value as change from the base in percent; NaN while the axis tells values."""
        return (value / self.percent_base - 1.0) * 100.0 if self.percent_base else math.nan

    def in_units_of(self, base: float) -> "ValueScale":
        """The same places for values of another market, whose 0 % is `base`; itself while the axis tells values."""
        if not self.percent_base or not base or not math.isfinite(base):
            return self
        factor = base / self.percent_base
        return replace(self, low=self.low * factor, high=self.high * factor, percent_base=base)

    def _forward(self, value: float) -> float:
        return math.log(max(value, 1e-12)) if self.is_log else value

    def _backward(self, value: float) -> float:
        return math.exp(value) if self.is_log else value
