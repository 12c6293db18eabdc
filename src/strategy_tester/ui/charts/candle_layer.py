"""Candles and volumes: at most two rectangles per pixel column, whatever the number of bars."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QPainter

from strategy_tester.ui.charts.buffers import RectBuffer
from strategy_tester.ui.charts.kernels import KERNELS
from strategy_tester.ui.charts.raster import fill
from strategy_tester.ui.charts.series import PreparedCandles
from strategy_tester.ui.charts.window import PaneFrame, Window

if TYPE_CHECKING:
    from strategy_tester.ui.charts.heikin_ashi import HeikinAshi

CHART_TYPES: tuple[str, ...] = ("candles", "hollow", "bars", "line", "area", "heikin_ashi")
"""The ways to show prices; see `price_layers.price_layer`."""
HIGH, LOW, VOLUME = 2, 3, 5
"""Rows of the gathered columns, as `numeric.pixel_columns` has them."""


def body_width(pixels_per_slot: float, ratio: float) -> int:
    """Width of a candle's body in device pixels: close to the whole slot when narrow, four fifths when wide.

    Always of the same parity as the wick, so that the wick sits in the middle; 0 where there is no room for a body.
    """
    spacing = pixels_per_slot / ratio
    wick = wick_width(ratio)
    if spacing < 3.0:
        return 0
    share = 1.0 - 0.25 * math.atan(max(spacing - 3.0, 0.0)) / (math.pi / 2)
    width = min(math.floor(pixels_per_slot * share), math.ceil(pixels_per_slot - 0.35) - max(1, round(ratio / 2)))
    if (width - wick) % 2:
        width -= 1
    return width if width > wick else 0


def wick_width(ratio: float) -> int:
    """Width of a wick in device pixels."""
    return max(1, math.floor(ratio))


class CandleLayer:
    """Candles over a time axis; also keeps the columns that the volume layer draws."""

    is_hero = True
    """Stays in front where bars share pixel columns, so that lines do not hide the price."""

    def __init__(self, candles: PreparedCandles) -> None:
        self.candles = candles
        self.columns = np.empty((6, 2048))
        self.count = 0
        self.close_before = math.nan
        self.under: tuple[Any, ...] = ()
        """Layers that belong to this one and lie beneath the grid."""
        self._up, self._down = RectBuffer(), RectBuffer()

    def collect(self, window: Window) -> tuple[float, float]:
        """Gather the visible columns; returns the lowest low and the highest high."""
        return self.collect_from(self.candles, window)

    def collect_from(self, bars: "PreparedCandles | HeikinAshi", window: Window) -> tuple[float, float]:
        """Gather the visible columns of some bars; returns the lowest low and the highest high."""
        if self.columns.shape[1] < window.room:
            self.columns = np.empty((6, 2 * window.room))
        # Average bars and their volumes may have room for different numbers of bars, and so of levels.
        level, sight = window.sight(min(bars.close.top, bars.volume.top), len(bars))
        self.count = KERNELS.columns.collect_candles(
            bars.base.slots, bars.columns(0), bars.columns(level), sight, self.columns
        )
        first = sight.first * sight.bucket
        self.close_before = float(bars.close.values[first - 1]) if 0 < first <= len(bars) else math.nan
        return KERNELS.columns.extremes(self.columns[LOW], self.columns[HIGH], self.count)

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw what was gathered."""
        window = pane.window
        room = 2 * self.count + 8
        up, down = KERNELS.shapes.write_candles(
            self.columns, self.count, pane.area(), body_width(window.pixels_per_slot, window.ratio),
            wick_width(window.ratio), self._up.room(room), self._down.room(room),
        )  # fmt: skip
        fill(painter, self._up, up, pane.colors.up)
        fill(painter, self._down, down, pane.colors.down)


class VolumeLayer:
    """Volumes of the columns that a candle layer has gathered."""

    def __init__(self, candle_layer: CandleLayer) -> None:
        self._source = candle_layer
        self._up, self._down = RectBuffer(), RectBuffer()

    def collect(self, _window: Window) -> tuple[float, float]:
        """Zero and the greatest volume in sight."""
        row = self._source.columns[VOLUME]
        _, highest = KERNELS.columns.extremes(row, row, self._source.count)
        return (0.0, highest) if highest > 0 else (0.0, 1.0)

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw one bar per column."""
        window = pane.window
        width = max(body_width(window.pixels_per_slot, window.ratio), wick_width(window.ratio))
        up, down = KERNELS.shapes.write_volumes(
            self._source.columns, self._source.count, pane.area(), width, self._up.room(self._source.count + 8),
            self._down.room(self._source.count + 8),
        )  # fmt: skip
        fill(painter, self._up, up, pane.colors.up_volume)
        fill(painter, self._down, down, pane.colors.down_volume)
