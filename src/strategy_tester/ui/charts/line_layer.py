"""Lines, histograms, dots, bands and areas: lowest and highest value of each pixel column, so no spike is lost."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from strategy_tester.ui.charts.buffers import RectBuffer, SegmentBuffer
from strategy_tester.ui.charts.candle_layer import body_width, wick_width
from strategy_tester.ui.charts.kernels import KERNELS
from strategy_tester.ui.charts.raster import fill, pixels_of, stroke
from strategy_tester.ui.charts.series import CloseLine, PreparedLine
from strategy_tester.ui.charts.window import PaneFrame, Window

TOLERANCE = 0.3
"""Pixels by which the drawn path may leave the true one: less than the eye or antialiasing can show."""


class LineLayer:
    """One series of values.

    Args:
        line: The values.
        color_number: Which of the theme's line colors.
        width: Logical pixels.
        is_smooth: Antialias it from afar too, where other lines become crisp columns.
    """

    def __init__(
        self, line: PreparedLine | CloseLine, color_number: int, width: float = 1.5, *, is_smooth: bool = False
    ) -> None:
        self.line = line
        self.color_number = color_number
        self.width = width
        self.is_smooth = is_smooth
        self.columns = np.empty((3, 2048))
        self.count = 0
        self._points = np.empty((4096, 2))
        self._segments = SegmentBuffer()
        self._rects, self._more = RectBuffer(), RectBuffer()

    def color(self, pane: PaneFrame) -> QColor:
        """The line's color in the pane's theme."""
        return pane.colors.line_color(self.color_number)

    def collect(self, window: Window) -> tuple[float, float]:
        """Gather the visible columns; returns their extremes."""
        if self.columns.shape[1] < window.room:
            self.columns = np.empty((3, 2 * window.room))
            self._points = np.empty((4 * window.room, 2))
        bars = min(len(self.line), window.base.size)
        level, sight = window.sight(self.line.lowest.top, bars)
        self.count = KERNELS.columns.collect_line(
            window.base.slots[:bars], self.line.lowest.values, self.line.lowest.level(level),
            self.line.highest.level(level), sight, self.columns,
        )  # fmt: skip
        low, high = KERNELS.columns.extremes(self.columns[1], self.columns[2], self.count)
        if self.line.style == "histogram":
            low, high = float(np.fmin(low, 0.0)), float(np.fmax(high, 0.0))
        return low, high

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw what was gathered in the line's style."""
        if self.line.style == "histogram":
            self._paint_histogram(painter, pane)
        elif self.line.style == "dots":
            self._paint_dots(painter, pane)
        else:
            self._paint_path(painter, pane)

    def points(self, pane: PaneFrame) -> np.ndarray:
        """The path through what was gathered, device pixels, shape (points, 2); NaN where it breaks."""
        return self._points[: KERNELS.shapes.write_points(self.columns, self.count, pane.area(), self._points)]

    def _paint_path(self, painter: QPainter, pane: PaneFrame) -> None:
        points = len(self.points(pane))
        if not self.is_smooth and points > 64 and points > 1.4 * self.count:
            self._paint_spans(painter, pane)
            return
        count = KERNELS.shapes.write_segments(self._points, points, TOLERANCE, self._segments.room(points + 8))
        # From afar a thinner line: beneath a forest of columns a wide one is all one sees.
        is_near = self.is_smooth or pane.window.pixels_per_slot >= pane.window.ratio
        width = self.width if is_near else 1.0
        stroke(painter, self._segments, count, self.color(pane), width * pane.window.ratio)

    def _paint_spans(self, painter: QPainter, pane: PaneFrame) -> None:
        """From afar, where most columns span several pixels: antialiasing would show nothing and cost much."""
        width = wick_width(pane.window.ratio)
        count = KERNELS.shapes.write_spans(
            self.columns, self.count, pane.area(), width, self._rects.room(self.count + 8)
        )
        fill(painter, self._rects, count, self.color(pane))

    def _paint_histogram(self, painter: QPainter, pane: PaneFrame) -> None:
        window = pane.window
        width = max(body_width(window.pixels_per_slot, window.ratio), wick_width(window.ratio))
        room = self.count + 8
        above, below = KERNELS.shapes.write_histogram(
            self.columns, self.count, pane.area(), width, self._rects.room(room), self._more.room(room)
        )
        fill(painter, self._rects, above, pane.colors.up_volume)
        fill(painter, self._more, below, pane.colors.down_volume)

    def _paint_dots(self, painter: QPainter, pane: PaneFrame) -> None:
        window = pane.window
        size = 1 if window.pixels_per_slot < 2 else round(min(window.pixels_per_slot * 0.6, 4.0 * window.ratio))
        count = KERNELS.shapes.write_dots(
            self.columns, self.count, pane.area(), max(size, 1), self._rects.room(4 * self.count + 8)
        )
        fill(painter, self._rects, count, self.color(pane))


class BandLayer:
    """The ground between two lines that other layers draw."""

    def __init__(self, first: LineLayer, second: LineLayer) -> None:
        self._lines = (first, second)

    def collect(self, _window: Window) -> tuple[float, float]:
        """Nothing of its own."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Fill between the lines wherever both have values."""
        first, second = self._lines
        count = min(first.count, second.count)
        pixels = pixels_of(painter)
        if pixels is not None:
            (array, at, clip), color = pixels, pane.colors.band.rgb()
            KERNELS.raster.fill_between(
                array, at, first.columns, second.columns, count, pane.area(), color, clip
            )  # fmt: skip
            return
        one, two = first.columns[:, :count], second.columns[:, :count]
        together = (one[0] == two[0]) & ~np.isnan(one[1]) & ~np.isnan(two[1])
        edges = np.flatnonzero(np.diff(np.concatenate(([False], together, [False])).astype(np.int8)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pane.colors.band)
        painter.save()
        painter.setClipRect(QRectF(pane.left, pane.top, pane.right - pane.left + 1, pane.height))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            painter.drawPolygon(_outline(one[:, start:end], two[:, start:end], pane))
        painter.restore()


def _outline(one: np.ndarray, two: np.ndarray, pane: PaneFrame) -> QPolygonF:
    """Along the outer edge of one line and back along that of the other."""
    scale = pane.height / max(pane.scale.high - pane.scale.low, 1e-300)
    x = one[0] + pane.left + 0.5
    highest, lowest = np.maximum(one[2], two[2]), np.minimum(one[1], two[1])
    if pane.scale.is_log or pane.scale.is_inverted:
        rows = [pane.row_of(value) for value in (*highest, *lowest[::-1])]
    else:
        rows = pane.top + (pane.scale.high - np.concatenate((highest, lowest[::-1]))) * scale
    rows = np.clip(rows, pane.top - 2, pane.bottom + 2)
    both = np.concatenate((x, x[::-1]))
    return QPolygonF([QPointF(float(place), float(row)) for place, row in zip(both, rows, strict=True)])


class AreaLayer(LineLayer):
    """A line with its ground filled down (or up) to zero, as drawdowns are drawn."""

    def __init__(self, line: PreparedLine, *, is_loss: bool, base: float = 0.0) -> None:
        super().__init__(line, 0, 1.0, is_smooth=True)
        self._is_loss = is_loss
        self._base = base

    def color(self, pane: PaneFrame) -> QColor:
        """Red for losses, green for gains."""
        return pane.colors.down if self._is_loss else pane.colors.up

    def collect(self, window: Window) -> tuple[float, float]:
        """The extremes and the base."""
        low, high = super().collect(window)
        return float(np.fmin(low, self._base)), float(np.fmax(high, self._base))

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """The ground, then the line."""
        count = KERNELS.shapes.write_fill(
            self.columns, self.count, self._base, pane.area(), self._rects.room(self.count + 8)
        )
        ground = pane.colors.loss_box if self._is_loss else pane.colors.win_box
        fill(painter, self._rects, count, ground)
        self._paint_path(painter, pane)
