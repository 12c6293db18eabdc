"""The other ways to show prices: hollow candles, bars with ticks, a line or an area of closes, Heikin-Ashi."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPolygonF

from strategy_tester.ui.charts.candle_layer import CandleLayer, body_width, wick_width
from strategy_tester.ui.charts.kernels import KERNELS
from strategy_tester.ui.charts.line_layer import LineLayer
from strategy_tester.ui.charts.raster import fill, pixels_of
from strategy_tester.ui.charts.series import CloseLine, PreparedCandles
from strategy_tester.ui.charts.window import PaneFrame, Window

PRICE_LINE_WIDTH = 2.0
"""Logical pixels of a line of closes: it is the hero of its chart."""
TOP_SHARE, BOTTOM_SHARE = 0.30, 0.02
"""How strongly the ground under an area takes the line's color, at the pane's top and at its bottom."""


class HollowLayer(CandleLayer):
    """Hollow where the close is above the open; colored by the close against the close before."""

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw what was gathered."""
        window = pane.window
        room = 6 * self.count + 8
        widths = (
            body_width(window.pixels_per_slot, window.ratio), wick_width(window.ratio), wick_width(window.ratio)
        )  # fmt: skip
        up, down = KERNELS.bars.write_hollow(
            self.columns, self.count, self.close_before, pane.area(), widths, self._up.room(room), self._down.room(room)
        )
        fill(painter, self._up, up, pane.colors.up)
        fill(painter, self._down, down, pane.colors.down)


class BarLayer(CandleLayer):
    """A stem from low to high, a tick at the open to the left, one at the close to the right."""

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw what was gathered."""
        window = pane.window
        room = 3 * self.count + 8
        widths = (tick_width(window.pixels_per_slot, window.ratio), wick_width(window.ratio))
        up, down = KERNELS.bars.write_bars(
            self.columns, self.count, pane.area(), widths, self._up.room(room), self._down.room(room)
        )
        fill(painter, self._up, up, pane.colors.up)
        fill(painter, self._down, down, pane.colors.down)


def tick_width(pixels_per_slot: float, ratio: float) -> int:
    """Length of a bar's tick in device pixels: a third of the slot, so that neighbors stay apart; 0 without room."""
    if pixels_per_slot / ratio < 3.0:
        return 0
    return max(1, math.floor((pixels_per_slot - wick_width(ratio) - max(1, round(ratio))) / 2 * 0.75))


class _ClosePath(LineLayer):
    """The line of closes, in the accent color."""

    def __init__(self, line: CloseLine) -> None:
        super().__init__(line, 0, PRICE_LINE_WIDTH)

    def color(self, pane: PaneFrame) -> QColor:
        """The theme's accent: a price line is no indicator."""
        return pane.colors.accent


class CloseLayer(CandleLayer):
    """The closes as a line, broken where candles are missing."""

    def __init__(self, candles: PreparedCandles) -> None:
        super().__init__(candles)
        self._line = candles.close_line
        self.path = _ClosePath(self._line)

    def collect(self, window: Window) -> tuple[float, float]:
        """Gather the closes, and the columns that the volumes are drawn from; returns the extremes of the closes."""
        self._line.catch_up()
        super().collect(window)
        return self.path.collect(window)

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw the line."""
        self.path.paint(painter, pane)


class CloseAreaLayer(CloseLayer):
    """The closes as a line with a soft ground down to the pane's bottom."""

    def __init__(self, candles: PreparedCandles) -> None:
        super().__init__(candles)
        self.under = (GroundLayer(self.path),)


class GroundLayer:
    """The ground below a line, fading towards the bottom; lies beneath the grid."""

    def __init__(self, path: LineLayer) -> None:
        self._path = path
        self._shades_key: tuple[int, int, int] = (0, 0, 0)
        self._row_colors = np.empty(0, dtype=np.uint32)

    def _shades(self, pane: PaneFrame) -> NDArray[np.uint32]:
        """The color of each row of the pane."""
        color, ground = self._path.color(pane), pane.colors.ground
        key = (pane.height, color.rgb(), ground.rgb())
        if key != self._shades_key:
            shares = np.linspace(TOP_SHARE, BOTTOM_SHARE, pane.height)
            parts = [
                np.round(below + (above - below) * shares).astype(np.uint32)
                for above, below in zip(color.getRgb()[:3], ground.getRgb()[:3], strict=True)  # pyright: ignore[reportIndexIssue]
            ]
            self._row_colors = np.uint32(0xFF000000) | parts[0] << 16 | parts[1] << 8 | parts[2]
            self._shades_key = key
        return self._row_colors

    def collect(self, _window: Window) -> tuple[float, float]:
        """Nothing of its own."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Fill between each unbroken piece of the line and the bottom."""
        points = self._path.points(pane)
        pixels = pixels_of(painter)
        if pixels is not None:
            KERNELS.raster.fill_down(
                pixels.array, pixels.at, points, len(points), self._shades(pane), pane.top, pixels.clip
            )
            return
        breaks = np.flatnonzero(np.isnan(points[:, 0]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_fading(pane, self._path.color(pane)))
        painter.save()
        painter.setClipRect(QRectF(pane.left, pane.top, pane.right - pane.left + 1, pane.height))
        for start, end in zip(np.append(0, breaks + 1), np.append(breaks, len(points)), strict=True):
            if end - start > 1:
                painter.drawPolygon(_down_to_bottom(points[start:end], pane))
        painter.restore()


def _fading(pane: PaneFrame, color: QColor) -> QLinearGradient:
    gradient = QLinearGradient(0.0, float(pane.top), 0.0, float(pane.bottom + 1))
    for place, share in ((0.0, TOP_SHARE), (1.0, BOTTOM_SHARE)):
        soft = QColor(color)
        soft.setAlphaF(share)
        gradient.setColorAt(place, soft)
    return gradient


def _down_to_bottom(points: np.ndarray, pane: PaneFrame) -> QPolygonF:
    rows = np.clip(points[:, 1], pane.top - 2, pane.bottom + 2)
    outline = [QPointF(float(x), float(y)) for x, y in zip(points[:, 0], rows, strict=True)]
    bottom = float(pane.bottom + 1)
    return QPolygonF([*outline, QPointF(float(points[-1, 0]), bottom), QPointF(float(points[0, 0]), bottom)])


class HeikinAshiLayer(CandleLayer):
    """Average bars drawn as candles; legend and last price stay those of the real candles."""

    def __init__(self, candles: PreparedCandles) -> None:
        super().__init__(candles)
        self.bars = candles.heikin_ashi

    def collect(self, window: Window) -> tuple[float, float]:
        """Gather the average bars in sight."""
        self.bars.catch_up()
        return self.collect_from(self.bars, window)
