"""Stretches without data, marked so that a hole is not taken for a quiet market."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from strategy_tester.ui.charts.buffers import RectBuffer, SegmentBuffer
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.charts.raster import fill, stroke
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.window import PaneFrame
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.numbers import format_duration, format_time

LEAST_BARS = 3
"""So many missing candles in a row are a hole worth a mark."""
LEAST_WIDTH = 6
"""Logical pixels below which a hole is left blank: it is seen as one anyhow."""
HATCH = 8
"""Logical pixels between two strokes of the hatching."""
MOST_HOLES = 400
"""In sight at once; beyond, the chart is all holes."""


class GapLayer:
    """Faint hatched bands, in every pane, where candles are missing.

    Args:
        base: The time axis.
    """

    def __init__(self, base: TimeBase) -> None:
        self._base = base
        self._known = 0
        self._before: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        """Number of the last bar before each hole."""
        self._rects = RectBuffer(64)
        self._segments = SegmentBuffer(1024)
        self._look()

    def _look(self) -> None:
        """Take up the bars added since."""
        base = self._base
        if base.size == self._known:
            return
        if base.size < self._known:
            # A replay went back: holes before bars that are hidden again are not known yet.
            self._before = self._before[self._before < base.size - 1]
            self._known = base.size
            return
        known, self._known = self._known, base.size
        slots = base.slots[max(known - 1, 0) :]
        # As many slots as bars: nothing is missing, and nothing need be searched.
        if not base.is_regular or slots.size < 2 or int(slots[-1] - slots[0]) == slots.size - 1:
            return
        fresh = np.flatnonzero(np.diff(slots) > LEAST_BARS) + max(known - 1, 0)
        self._before = np.concatenate((self._before, fresh))

    def hole_at(self, slot: float) -> tuple[int, int] | None:
        """First and last missing slot of the hole that contains a slot; None elsewhere."""
        self._look()
        bar = self._base.bars_before(int(np.floor(slot))) - 1
        place = int(np.searchsorted(self._before, bar))
        if place == self._before.size or self._before[place] != bar:
            return None
        first, last = int(self._base.slots[bar]) + 1, int(self._base.slots[bar + 1]) - 1
        return (first, last) if first <= slot < last + 1 else None

    def rows_at(self, slot: float) -> tuple[Row, ...]:
        """What a card says about the hole at a slot; nothing elsewhere."""
        hole = self.hole_at(slot)
        if hole is None:
            return ()
        opened, ends = self._base.time_of(hole[0]), self._base.time_of(hole[1] + 1)
        return (
            (Piece(tr("No data: {duration}", duration=format_duration(ends - opened)), "warn", is_bold=True),),
            (Piece(f"{format_time(opened, zone=False)} – {format_time(ends)}", "muted"),),
        )

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw the bands in sight."""
        self._look()
        window = pane.window
        first, last = np.searchsorted(self._before, (window.first_bar - 1, window.last_bar))
        holes = self._before[first:last]
        if not holes.size or holes.size > MOST_HOLES:
            return
        slots = self._base.slots
        left = np.floor((slots[holes] + 1) * window.pixels_per_slot).astype(np.int64) - window.shift + pane.left
        right = np.floor(slots[holes + 1] * window.pixels_per_slot).astype(np.int64) - window.shift + pane.left - 1
        left, right = np.maximum(left, pane.left), np.minimum(right, pane.right)
        wide = right - left >= LEAST_WIDTH * window.ratio
        if not wide.any():
            return
        left, right = left[wide], right[wide]
        rects = self._rects.room(left.size)[: left.size]
        rects[:, 0], rects[:, 1], rects[:, 2], rects[:, 3] = left, pane.top, right, pane.bottom
        fill(painter, self._rects, int(left.size), pane.colors.gap)
        # Strokes cost by their length: a chart that is mostly hole has them farther apart.
        is_large = int((right - left).sum()) > window.width / 3
        step = HATCH * window.ratio * (3 if is_large else 1)
        segments = [_hatching(one, two, pane, step) for one, two in zip(left.tolist(), right.tolist(), strict=True)]
        every = np.concatenate(segments)
        self._segments.room(len(every))[: len(every)] = every
        stroke(painter, self._segments, len(every), pane.colors.hatch, window.ratio)


def _hatching(left: int, right: int, pane: PaneFrame, step: float) -> NDArray[np.float64]:
    """Strokes rising to the right, cut to a band of a pane; they run on from band to band."""
    top, bottom = pane.top + 0.5, pane.bottom + 0.5
    # A stroke is the line x + y = sum.
    sums = np.arange(np.ceil((left + top) / step) * step, right + 1 + bottom, step)
    x1, x2 = np.maximum(left + 0.5, sums - bottom), np.minimum(right + 0.5, sums - top)
    found = np.stack((x1, sums - x1, x2, sums - x2), axis=1)
    return found[x2 > x1]
