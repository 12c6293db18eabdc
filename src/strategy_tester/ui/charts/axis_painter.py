"""Own axes and grid: a dozen lines and labels, far cheaper than a general axis item."""

import math
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter

from strategy_tester.ui.charts.buffers import RectBuffer
from strategy_tester.ui.charts.kernels import KERNELS
from strategy_tester.ui.charts.lettering import Lettering
from strategy_tester.ui.charts.palette import ChartColors
from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.raster import fill
from strategy_tester.ui.charts.time_ticks import TimeTick
from strategy_tester.ui.charts.value_ticks import (
    ValueTick,
    decimals_of,
    log_ticks,
    percent_text,
    percent_ticks,
    value_text,
    value_ticks,
)
from strategy_tester.ui.charts.window import PaneFrame

ROW_DISTANCE = 2.9
"""Least distance of two value marks, in heights of the font."""
CLOSEST_ROWS = 1.5
"""The same in a pane too low for that."""
FEWEST_MARKS = 3


def pane_ticks(pane: Pane, frame: PaneFrame, lettering: Lettering) -> list[ValueTick]:
    """The marks of a pane's value axis: closer together where a low pane would have but one."""
    scale = pane.scale
    made_for = (
        scale.low, scale.high, scale.is_log, scale.percent_base, frame.height, lettering.height, pane.tick_size,
        pane.decimals, pane.is_compact, pane.unit,
    )  # fmt: skip
    # A live price changes each frame, the marks beside it hardly ever.
    known = _known_ticks.get(pane)
    if known is None or known[0] != made_for:
        ticks = _ticks(pane, frame, lettering.height * ROW_DISTANCE)
        if len(ticks) < FEWEST_MARKS:
            ticks = _ticks(pane, frame, lettering.height * CLOSEST_ROWS)
        known = _known_ticks[pane] = made_for, ticks
    return known[1]


_known_ticks: WeakKeyDictionary[Pane, tuple[tuple[Any, ...], list[ValueTick]]] = WeakKeyDictionary()
"""The marks of each pane in the frame drawn last, and what they were made for."""


def _ticks(pane: Pane, frame: PaneFrame, distance: float) -> list[ValueTick]:
    """Marks that are `distance` device pixels or more apart."""
    scale, base = pane.scale, pane.scale.percent_base
    if base:
        low, high = scale.percent_of(scale.low), scale.percent_of(scale.high)
        marks = percent_ticks(low, high, (high - low) / max(frame.height, 1) * distance)
        return [ValueTick(base * (1.0 + mark.value / 100.0), mark.text) for mark in marks]
    values = _tick_values(pane, frame, distance)
    if pane.is_compact:
        return [ValueTick(value, value_text(value, 0, is_compact=True)) for value in values]
    decimals = pane.decimals
    if decimals is None:
        decimals = max((decimals_of(abs(value)) for value in values if value), default=0)
        decimals = min(decimals, 8)
    return [ValueTick(value, value_text(value, decimals) + pane.unit) for value in values]


def axis_text(pane: Pane, place: PaneFrame, value: float) -> str:
    """A value as a tag on the pane's axis says it, as finely as one row can tell."""
    scale = pane.scale
    if scale.percent_base:
        return percent_text(scale.percent_of(value), max(2, _row_decimals(scale.percent_of, place)))
    if pane.is_compact:
        return value_text(value, 0, is_compact=True)
    if pane.tick_size > 0:
        value = round(value / pane.tick_size) * pane.tick_size
    decimals = _row_decimals(lambda value: value, place) if pane.decimals is None else pane.decimals
    return value_text(value, decimals) + pane.unit


def _row_decimals(told: Callable[[float], float], place: PaneFrame) -> int:
    scale = place.scale
    one_row = abs(told(scale.high) - told(scale.low)) / place.height
    return min(decimals_of(10.0 ** math.floor(math.log10(max(one_row, 1e-9)))), 8)


_scratch = RectBuffer()
"""Room for the rectangles of one call; only the UI thread paints."""


def _tick_values(pane: Pane, frame: PaneFrame, distance: float) -> list[float]:
    """Values of marks that are `distance` device pixels or more apart."""
    scale, tick = pane.scale, _finest_step(pane)
    if scale.is_log:
        ratio = (scale.high / scale.low) ** (distance / max(frame.height, 1))
        return log_ticks(scale.low, scale.high, ratio, tick)
    least = (scale.high - scale.low) / max(frame.height, 1) * distance
    return value_ticks(scale.low, scale.high, least, tick, pane.decimals or 0)


def _finest_step(pane: Pane) -> float:
    """Marks and tags are whole multiples of it: of the tick, else of what the decimals can tell; 0 for no limit."""
    if pane.tick_size > 0:
        return pane.tick_size
    return 10.0**-pane.decimals if pane.decimals is not None else 0.0


def paint_grid(painter: QPainter, frame: PaneFrame, rows: list[int], columns: list[int], thickness: int) -> None:
    """Horizontal lines at the value marks, vertical ones at the time marks."""
    rects = _scratch.room(len(rows) + len(columns))
    place = (frame.left, frame.top, frame.right, frame.bottom)
    count = KERNELS.guides.write_grid(
        np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), place, thickness, rects
    )
    fill(painter, _scratch, count, frame.colors.grid)


def paint_levels(painter: QPainter, frame: PaneFrame, levels: tuple[float, ...], lettering: Lettering) -> None:
    """Guide levels such as 30 and 70: dashed."""
    dash, gap = lettering.px(4), lettering.px(4)
    thickness = max(1, math.floor(lettering.ratio))
    for level in levels:
        row = frame.row_of(level)
        if frame.top <= row <= frame.bottom:
            paint_dashes(painter, (frame.left, frame.right, row), (dash, gap, thickness), frame.colors.disabled)


def paint_dashes(
    painter: QPainter,
    place: tuple[int, int, int],
    pattern: tuple[int, int, int],
    color: QColor,
    *,
    upright: bool = False,
) -> None:
    """A dashed line of whole pixels: from, to, row (or column when upright); dash, gap, thickness."""
    first, last, across = place
    dash, gap, _ = pattern
    rects = _scratch.room((last - first) // (dash + gap) + 2)
    count = KERNELS.guides.write_dashes(first, last, across, pattern, upright, rects)
    fill(painter, _scratch, count, color)


def free_labels(
    frame: PaneFrame, ticks: list[ValueTick], rows: list[int], lettering: Lettering, avoid: list[QRect]
) -> list[tuple[int, str]]:
    """Rows and texts of the labels right of a pane, without those cut by the pane's edges or lying under a tag."""
    half = lettering.height // 2
    x = frame.right + 1 + lettering.px(6)
    tags = [(tag.top() - 1, tag.bottom() + 1, tag.left()) for tag in avoid]
    found = []
    for tick, row in zip(ticks, rows, strict=True):
        upper, lower = row - half, row + half
        if upper < frame.top or lower > frame.bottom:
            continue
        for top, bottom, left in tags:
            if top <= lower and upper <= bottom and left <= x + lettering.width(tick.text):
                break
        else:
            found.append((row, tick.text))
    return found


def paint_value_labels(
    painter: QPainter, frame: PaneFrame, labels: list[tuple[int, str]], lettering: Lettering
) -> None:
    """Labels right of the pane, as `free_labels` gives them."""
    painter.setFont(lettering.font)
    painter.setPen(frame.colors.muted)
    x = frame.right + 1 + lettering.px(6)
    for row, text in labels:
        lettering.draw(painter, x, lettering.baseline(row), text)


def tag_rect(frame: PaneFrame, row: int, axis_width: int, lettering: Lettering, *, lines: int = 1) -> QRect:
    """Place of a value tag on the axis, kept inside the pane; the first of its lines stands at the row."""
    height = lettering.height + lettering.px(3)
    whole = height * lines
    top = min(max(row - height // 2, frame.top), max(frame.bottom - whole + 1, frame.top))
    return QRect(frame.right + 1, top, axis_width - 1, height)


def price_colors(colors: ChartColors, *, is_up: bool, is_old: bool) -> tuple[QColor, QColor]:
    """Ground and ink of the last price's tag; gray when the price may be old."""
    if is_old:
        return colors.tag, colors.tag_text
    return (colors.up, colors.on_up) if is_up else (colors.down, colors.on_down)


def paint_tag(
    painter: QPainter, rect: QRect, text: str, colors: tuple[QColor, QColor], lettering: Lettering, *, indent: int = 6
) -> None:
    """A filled label: ground and text color given."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors[0])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    radius = lettering.px(2)
    painter.drawRoundedRect(rect, radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(colors[1])
    painter.setFont(lettering.font)
    middle = rect.top() + rect.height() // 2
    lettering.draw(painter, rect.left() + lettering.px(indent), lettering.baseline(middle), text)


def paint_time_labels(
    painter: QPainter,
    strip: QRect,
    marks: list[tuple[int, TimeTick]],
    lettering: Lettering,
    colors: tuple[QColor, QColor],
) -> None:
    """Labels under the panes, centered on their columns; larger units in the stronger color."""
    baseline = lettering.baseline(strip.top() + strip.height() // 2)
    taken = strip.left() - 1
    for column, tick in marks:
        painter.setFont(lettering.bold if tick.is_major else lettering.font)
        width = lettering.width(tick.text, is_bold=tick.is_major)
        left = column - width // 2
        if left <= taken or left + width > strip.right():
            continue
        painter.setPen(colors[0] if tick.is_major else colors[1])
        lettering.draw(painter, left, baseline, tick.text, is_bold=tick.is_major)
        taken = left + width + lettering.px(6)
