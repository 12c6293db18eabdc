"""Another market's closes as a line in percent, both markets at 0 % where the view begins."""

import math

import numpy as np
from PySide6.QtGui import QPainter

from strategy_tester.ui.charts.line_layer import LineLayer
from strategy_tester.ui.charts.series import PreparedLine
from strategy_tester.ui.charts.view_state import TimeView
from strategy_tester.ui.charts.window import PaneFrame, Window, first_in_sight

_STEP = 4096


class CompareLayer(LineLayer):
    """Drawn only while the price axis tells percent: in the units of the chart's own market it would mean nothing.

    Args:
        line: Closes of the other market on the chart's bars, NaN where it has none.
        color_number: Which of the theme's line colors.
        view: The chart's; tells which bar is the first in sight, as for the chart's own percent.
    """

    def __init__(self, line: PreparedLine, color_number: int, view: TimeView) -> None:
        super().__init__(line, color_number, 1.5)
        self._view = view
        self.base = math.nan
        """The close that counts as 0 %: of the first bar in sight that the other market has; NaN for none."""

    def collect(self, window: Window) -> tuple[float, float]:
        """The extremes in units of the chart's market."""
        self.base = math.nan
        if window.percent_base is None:
            return math.nan, math.nan
        start = first_in_sight(window.base, self._view)
        self.base = first_value(self.line.lowest.values, start, window.last_bar)
        low, high = super().collect(window)
        if math.isnan(self.base):
            return math.nan, math.nan
        factor = window.percent_base / self.base
        return low * factor, high * factor

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """The line, its own 0 % at the height of the chart's."""
        if not math.isnan(self.base):
            super().paint(painter, pane.rebased(self.base))

    def percent_at(self, bar: int) -> float:
        """The change since the first bar in sight, percent; NaN where there is none."""
        return (self.line_value(bar) / self.base - 1.0) * 100.0

    def line_value(self, bar: int) -> float:
        """The other market's close at a bar, NaN outside."""
        values = self.line.lowest.values
        return float(values[bar]) if 0 <= bar < values.size else math.nan


def first_value(values: np.ndarray, first: int, last: int) -> float:
    """The first value of values[first:last] that is a number; NaN when there is none."""
    for start in range(max(first, 0), min(last, values.size), _STEP):
        part = values[start : min(start + _STEP, last)]
        known = part[~np.isnan(part)]
        if known.size:
            return float(known[0])
    return math.nan
