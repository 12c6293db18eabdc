"""Grids and dashed lines as rectangles: left, top, right, bottom, both ends inside."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel

Places = NDArray[np.int64]


@kernel
def write_grid(rows: Places, columns: Places, frame, thickness: int, rects) -> int:
    """Lines across the frame (left, top, right, bottom) at rows, and down it at columns; returns their number."""
    left, top, right, bottom = frame
    count = 0
    for row in rows:
        if top <= row <= bottom:
            rects[count, 0], rects[count, 1], rects[count, 2], rects[count, 3] = left, row, right, row + thickness - 1
            count += 1
    for column in columns:
        if left <= column <= right:
            rects[count, 0], rects[count, 1] = column, top
            rects[count, 2], rects[count, 3] = column + thickness - 1, bottom
            count += 1
    return count


@kernel
def write_dashes(first, last, across, pattern, upright, rects):
    """Dashes from one column to another in a row (or from row to row in a column); returns their number.

    Args:
        first: Where the first dash begins.
        last: Last pixel of the line.
        across: The row, or the column of an upright line.
        pattern: Length of a dash, of a gap, and thickness.
        upright: Whether the line runs down.
        rects: Written here.
    """
    dash, gap, thickness = pattern
    count = 0
    for start in range(first, last + 1, dash + gap):
        end = min(start + dash - 1, last)
        if upright:
            rects[count, 0], rects[count, 1] = across, start
            rects[count, 2], rects[count, 3] = across + thickness - 1, end
        else:
            rects[count, 0], rects[count, 1] = start, across
            rects[count, 2], rects[count, 3] = end, across + thickness - 1
        count += 1
    return count
