"""Trades as boxes from entry to exit, with stop and target, arrows and results; thousands cost no more than one."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter

from strategy_tester.domain.candles import Floats
from strategy_tester.ui.charts.buffers import RectBuffer, SegmentBuffer
from strategy_tester.ui.charts.kernels import KERNELS
from strategy_tester.ui.charts.marks import ARROW_DOWN, ARROW_UP, DIAMOND, paint_mark
from strategy_tester.ui.charts.raster import fill, stroke
from strategy_tester.ui.charts.series import PreparedCandles
from strategy_tester.ui.charts.trade_index import TradeIndex
from strategy_tester.ui.charts.window import PaneFrame, Window
from strategy_tester.ui.numbers import format_percent

PIXELS_PER_MARK = 26
"""Arrows are drawn while each trade in sight has this much room, in logical pixels."""


class TradeBoxLayer:
    """The boxes and the stop and target lines: drawn beneath the candles."""

    def __init__(self, index: TradeIndex) -> None:
        self.index = index
        self.highlighted: int | None = None
        self._rects = RectBuffer()
        self._window: Window | None = None
        self._seen = (0, 0)

    def collect(self, window: Window) -> tuple[float, float]:
        """Find the trades in sight; they do not take part in fitting the scale."""
        self.seen(window)
        return np.nan, np.nan

    def seen(self, window: Window) -> tuple[int, int]:
        """The trades that touch the window, in order of entry: first and one past the last."""
        if self._window is not window:
            left = window.shift / window.pixels_per_slot
            self._seen = self.index.visible(left - 1, left + window.width / window.pixels_per_slot + 1)
            self._window = window
        return self._seen

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Winners and losers apart, one color each."""
        window, colors = pane.window, pane.colors
        first, last = self.seen(window)
        self._paint_boxes(painter, pane, (first, last), self.index.is_win, colors.win_box)
        self._paint_boxes(painter, pane, (first, last), self.index.is_loss, colors.loss_box)
        if is_crowded(first, last, window):
            self._paint_strip(painter, pane)

    def paint_levels(self, painter: QPainter, pane: PaneFrame) -> None:
        """Stop and target of each trade in sight, while they can be told apart."""
        first, last = self.seen(pane.window)
        if (last - first) * 4 < pane.window.width:
            self._paint_levels(painter, pane, (first, last), self.index.stop, pane.colors.stop)
            self._paint_levels(painter, pane, (first, last), self.index.target, pane.colors.target)

    def _paint_strip(self, painter: QPainter, pane: PaneFrame) -> None:
        """One tick per column at the bottom where trades are too many for boxes: winners above, losers below."""
        window, unit = pane.window, max(1, round(pane.window.ratio))
        edges = np.array([0, window.width]) + window.shift
        first_slot, last_slot = np.floor(edges / window.pixels_per_slot - 0.5).astype(np.int64)
        for exits, row, color in (
            (self.index.win_exits, 9, pane.colors.up),
            (self.index.loss_exits, 5, pane.colors.down),
        ):
            first, last = np.searchsorted(exits, (first_slot + 1, last_slot + 1))
            columns = np.floor((exits[first:last] + 0.5) * window.pixels_per_slot).astype(np.int32)
            if not columns.size:
                continue
            found = columns[np.append(np.True_, columns[1:] != columns[:-1])] + (pane.left - window.shift)
            rects = self._rects.room(found.size)[: found.size]
            rects[:, 0], rects[:, 2] = found, found + (unit - 1)
            rects[:, 1], rects[:, 3] = pane.bottom - row * unit, pane.bottom - (row - 3) * unit
            fill(painter, self._rects, int(found.size), color)

    def _paint_boxes(
        self, painter: QPainter, pane: PaneFrame, part: tuple[int, int], chosen: NDArray[np.bool_], color: QColor
    ) -> None:
        index, window = self.index, pane.window
        count = KERNELS.shapes.write_boxes(
            index.entry, index.exit, (index.entry_price, index.exit_price), chosen, window.sight_of(*part),
            pane.area(), self._rects.room(window.room),
        )  # fmt: skip
        fill(painter, self._rects, count, color)

    def _paint_levels(
        self, painter: QPainter, pane: PaneFrame, part: tuple[int, int], price: Floats, color: QColor
    ) -> None:
        index, window = self.index, pane.window
        count = KERNELS.shapes.write_levels(
            index.entry, index.exit, price, max(1, math.floor(window.ratio)), window.sight_of(*part), pane.area(),
            self._rects.room(window.room),
        )  # fmt: skip
        fill(painter, self._rects, count, color)


class TradeMarkLayer:
    """Arrows, the line from entry to exit and the result in percent: drawn above the candles while there is room."""

    def __init__(self, boxes: TradeBoxLayer, candles: PreparedCandles) -> None:
        self._boxes = boxes
        self._candles = candles
        self._segments = SegmentBuffer(256)

    def collect(self, _window: Window) -> tuple[float, float]:
        """Trades do not take part in fitting the scale."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Marks of the trades in sight, and a frame around the highlighted one."""
        index, window = self._boxes.index, pane.window
        first, last = self._boxes.seen(window)
        self._boxes.paint_levels(painter, pane)
        if not is_crowded(first, last, window):
            places = [(place, box_of(index, place, pane)) for place in range(first, last)]
            self._paint_ways(painter, pane, places)
            for place, box in places:
                self._paint_marks(painter, pane, place, box)
            self._paint_results(painter, pane, places)
        chosen = self._boxes.highlighted
        place = index.place_of(chosen) if chosen is not None else None
        if place is not None:
            _paint_frame(painter, pane, box_of(index, place, pane))

    def _paint_ways(self, painter: QPainter, pane: PaneFrame, places: list[tuple[int, QRect]]) -> None:
        """The line from each entry to its exit."""
        index = self._boxes.index
        for wins, color in ((True, pane.colors.win_edge), (False, pane.colors.loss_edge)):
            array = self._segments.room(len(places) + 1)
            count = 0
            for place, box in places:
                if bool(index.is_win[place]) is wins and box.width() > 3:
                    rows = [pane.row_of(float(prices[place])) for prices in (index.entry_price, index.exit_price)]
                    array[count] = (box.left() + 0.5, rows[0] + 0.5, box.right() + 0.5, rows[1] + 0.5)
                    count += 1
            stroke(painter, self._segments, count, color, pane.window.ratio)

    def _paint_marks(self, painter: QPainter, pane: PaneFrame, place: int, box: QRect) -> None:
        """An arrow at the entry (a buy points up from below the bar, a sale down from above), a diamond at the exit."""
        index, colors, ratio = self._boxes.index, pane.colors, pane.window.ratio
        bar = self._candles.base.bars_before(int(index.entry[place]))
        if bar < len(self._candles):
            is_buy = index.side[place] > 0
            half = max(4, round(5.5 * ratio))
            column = self._candles.low if is_buy else self._candles.high
            away = half + round(4 * ratio)
            row = pane.row_of(float(column.values[bar])) + (away if is_buy != pane.scale.is_inverted else -away)
            shape, color = (ARROW_UP, colors.up) if is_buy else (ARROW_DOWN, colors.down)
            paint_mark(painter, (box.left(), row), shape, half, (color, colors.ground))
        color = colors.up if index.is_win[place] else colors.down
        row = pane.row_of(float(index.exit_price[place]))
        # A trade that the end of the data cut short is still open: its mark is hollow.
        inside, edge = (colors.ground, color) if index.is_open[place] else (color, colors.ground)
        paint_mark(painter, (box.right(), row), DIAMOND, max(3, round(4 * ratio)), (inside, edge))

    def _paint_results(self, painter: QPainter, pane: PaneFrame, places: list[tuple[int, QRect]]) -> None:
        """The result in percent beside each box that is wide enough."""
        index, ratio = self._boxes.index, pane.window.ratio
        metrics, gap = pane.lettering.metrics, round(3 * ratio)
        for place, box in places:
            text = format_percent(float(index.result_pct[place]), sign=True)
            width = pane.lettering.width(text)
            seen = min(box.right(), pane.right) - max(box.left(), pane.left)
            if seen < width + 8 * ratio:
                continue
            is_below = bool(index.exit_price[place] <= index.entry_price[place]) != pane.scale.is_inverted
            baseline = box.bottom() + gap + metrics.ascent() if is_below else box.top() - gap - metrics.descent()
            left = min(box.right(), pane.right) - width - 2 * gap
            painter.fillRect(
                left - gap, baseline - metrics.ascent(), width + 2 * gap, metrics.height(), pane.colors.ground
            )
            painter.setPen(pane.colors.up_text if index.is_win[place] else pane.colors.down_text)
            pane.lettering.draw(painter, left, baseline, text)


def is_crowded(first: int, last: int, window: Window) -> bool:
    """Whether so many trades are in sight that arrows and results would lie on top of one another."""
    return (last - first) * PIXELS_PER_MARK * window.ratio >= window.width


def box_of(index: TradeIndex, place: int, pane: PaneFrame) -> QRect:
    """A trade's box in device pixels; columns far out of sight are cut."""
    window = pane.window
    left, right = (
        math.floor((int(slot) + 0.5) * window.pixels_per_slot) - window.shift + pane.left
        for slot in (index.entry[place], index.exit[place])
    )
    rows = sorted(pane.row_of(float(prices[place])) for prices in (index.entry_price, index.exit_price))
    left, right = max(left, pane.left - 4000), min(right, pane.right + 4000)
    return QRect(QPoint(left, rows[0]), QPoint(right, rows[1]))


def _paint_frame(painter: QPainter, pane: PaneFrame, box: QRect) -> None:
    thickness = max(2, round(2 * pane.window.ratio))
    box = box.adjusted(-thickness, -thickness, thickness, thickness)
    for side in (
        QRect(box.left(), box.top(), box.width(), thickness),
        QRect(box.left(), box.bottom() - thickness + 1, box.width(), thickness),
        QRect(box.left(), box.top(), thickness, box.height()),
        QRect(box.right() - thickness + 1, box.top(), thickness, box.height()),
    ):
        painter.fillRect(side, pane.colors.accent)
