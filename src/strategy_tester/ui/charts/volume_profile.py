"""The volume profile of the bars in sight: at which prices how much was traded, beside the candles."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QPainter

from strategy_tester.domain.candles import Floats
from strategy_tester.ui.charts.axis_painter import paint_dashes
from strategy_tester.ui.charts.series import PreparedCandles
from strategy_tester.ui.charts.window import PaneFrame, Window

VALUE_AREA_SHARE = 0.7
WIDTH_SHARE = 0.24
"""Share of the pane's width that the fullest row takes."""
ROW_PIXELS = 5
"""Logical pixels of a row."""
FEWEST_ROWS, MOST_ROWS = 12, 200


@dataclass(frozen=True, eq=False)
class VolumeProfile:
    """Volume by price.

    Attributes:
        bottom: Price at the lower edge of the first row.
        row_size: Height of a row, price units.
        up: Volume of rising candles by row, lowest row first, shape (rows,).
        down: Volume of falling candles, shape (rows,).
        peak: Row with the most volume.
        lower: Lowest row of the value area.
        upper: Highest row of the value area.
    """

    bottom: float
    row_size: float
    up: Floats
    down: Floats
    peak: int
    lower: int
    upper: int

    @property
    def point_of_control(self) -> float:
        """Middle of the fullest row."""
        return self.bottom + (self.peak + 0.5) * self.row_size

    @property
    def value_area_high(self) -> float:
        """Upper edge of the value area."""
        return self.bottom + (self.upper + 1) * self.row_size

    @property
    def value_area_low(self) -> float:
        """Lower edge of the value area."""
        return self.bottom + self.lower * self.row_size

    @property
    def total(self) -> float:
        """The whole volume."""
        return float(self.up.sum() + self.down.sum())


def volume_profile(
    columns: tuple[Floats, Floats, Floats, Floats, Floats], first: int, last: int, rows: int
) -> VolumeProfile | None:
    """The profile of bars first..last-1; None where nothing was traded. Any number of bars: work for a worker thread.

    Args:
        columns: Open, high, low, close, volume, shape (bars,) each.
        first: First bar.
        last: One past the last bar.
        rows: How many rows to cut the range into.
    """
    from strategy_tester.numeric import volume_profile as kernels

    bottom, top = kernels.price_range(columns[1], columns[2], first, last)
    if math.isnan(bottom) or last <= first:
        return None
    # A market that did not move still has its volume at one price.
    size = (top - bottom) / rows or max(abs(bottom) * 1e-6, 1e-12)
    up, down = np.empty(rows), np.empty(rows)
    kernels.spread_volume(columns, first, last, bottom, size, up, down)
    if not (up.sum() + down.sum()) > 0.0:
        return None
    peak, lower, upper = kernels.value_area(up + down, VALUE_AREA_SHARE)
    return VolumeProfile(float(bottom), float(size), up, down, int(peak), int(lower), int(upper))


@dataclass(frozen=True)
class ProfileRequest:
    """Which bars a profile is of, and how many rows it has."""

    first_bar: int
    last_bar: int
    rows: int


class VolumeProfileLayer:
    """Rows of volume at the right or left edge of the price pane; the last profile stays until there is a newer one.

    Args:
        want: Told with every frame what the profile should be of.
    """

    def __init__(self, want: Callable[[ProfileRequest], object]) -> None:
        self.profile: VolumeProfile | None = None
        self.is_left = False
        self._want = want
        self._window: Window | None = None

    def collect(self, window: Window) -> tuple[float, float]:
        """The scale does not depend on it."""
        self._window = window
        return math.nan, math.nan

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """The rows, the point of control as a line."""
        self._want(self._request(pane))
        if self.profile is None:
            return
        profile = self.profile
        whole = profile.up + profile.down
        width = (pane.right - pane.left + 1) * WIDTH_SHARE / float(whole.max())
        edges = [pane.row_of(profile.bottom + row * profile.row_size) for row in range(len(whole) + 1)]
        for row, volume in enumerate(whole):
            top, bottom = sorted((edges[row + 1], edges[row]))
            if not volume or bottom < pane.top or top > pane.bottom:
                continue
            self._paint_row(painter, pane, row, (top, max(bottom - 1, top)), (width, float(volume)))
        place = pane.row_of(profile.point_of_control)
        if pane.top <= place <= pane.bottom:
            thickness = max(1, math.floor(pane.window.ratio))
            pattern = (pane.lettering.px(6), pane.lettering.px(3), thickness)
            paint_dashes(painter, (pane.left, pane.right, place), pattern, pane.colors.warn)

    def _paint_row(
        self, painter: QPainter, pane: PaneFrame, row: int, span: tuple[int, int], size: tuple[float, float]
    ) -> None:
        profile, colors = self.profile, pane.colors
        if profile is None:
            return
        is_inside = profile.lower <= row <= profile.upper
        up_color, down_color = (
            (colors.up_volume, colors.down_volume) if is_inside else (colors.win_box, colors.loss_box)
        )
        whole, rising = round(size[0] * size[1]), round(size[0] * float(profile.up[row]))
        # A row of pixels stays free between rows that are high enough.
        height = max(span[1] - span[0] + 1 - (1 if span[1] - span[0] >= 3 else 0), 1)
        if self.is_left:
            painter.fillRect(pane.left, span[0], rising, height, up_color)
            painter.fillRect(pane.left + rising, span[0], whole - rising, height, down_color)
        else:
            painter.fillRect(pane.right + 1 - rising, span[0], rising, height, up_color)
            painter.fillRect(pane.right + 1 - whole, span[0], whole - rising, height, down_color)

    def _request(self, pane: PaneFrame) -> ProfileRequest:
        window = pane.window
        left = window.shift / window.pixels_per_slot
        right = (window.shift + window.width) / window.pixels_per_slot
        first, last = window.base.bars_before(math.floor(left)), window.base.bars_before(math.ceil(right))
        rows = round(pane.height / (ROW_PIXELS * window.ratio))
        return ProfileRequest(first, last, min(max(rows, FEWEST_ROWS), MOST_ROWS))


def profile_columns(candles: PreparedCandles) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Open, high, low, close, volume of every bar, as views that a worker may read."""
    return candles.columns(0)
