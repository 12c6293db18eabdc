"""Shapes of the other ways to show a bar: hollow candles and bars with ticks. Words as in `pixel_shapes`."""

import numpy as np

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.pixel_columns import CLOSE, HIGH, LOW, OPEN, X
from strategy_tester.numeric.pixel_shapes import put_rect, row_of


@kernel
def write_hollow(columns, count, before, area, widths, rising, falling):
    """Wick and body of each candle, the body a frame where the close is above the open.

    Color tells the close against the close before, as trading programs have it: a body may be hollow (it closed above
    its open) and still falling.

    Args:
        columns: As `collect_candles` writes them.
        count: How many of them.
        before: Close before the first column; NaN when there is none.
        area: The pane.
        widths: Of the body (0 draws wicks alone), of the wick and of the frame, in device pixels.
        rising: Rectangles of rising candles are written here.
        falling: Those of falling ones.

    Returns:
        How many rectangles rise and fall.
    """
    body_width, wick_width, edge = widths
    up, down = 0, 0
    for index in range(count):
        open_, close = columns[OPEN, index], columns[CLOSE, index]
        is_up = close >= (open_ if np.isnan(before) else before)
        before = close
        rects = rising if is_up else falling
        number = up if is_up else down
        middle = int(columns[X, index]) + area.left
        high_row, low_row = row_of(columns[HIGH, index], area), row_of(columns[LOW, index], area)
        high_row, low_row = min(high_row, low_row), max(high_row, low_row)
        top, bottom = row_of(max(open_, close), area), row_of(min(open_, close), area)
        top, bottom = min(top, bottom), max(top, bottom)
        left = middle - wick_width // 2
        is_hollow = body_width > wick_width and close > open_ and bottom - top >= 2 * edge
        if not is_hollow:
            number = put_rect(rects, number, left, high_row, left + wick_width - 1, low_row, area)
            if body_width > wick_width:
                left = middle - body_width // 2
                number = put_rect(rects, number, left, top, left + body_width - 1, bottom, area)
        else:
            number = put_rect(rects, number, left, high_row, left + wick_width - 1, top - 1, area)
            number = put_rect(rects, number, left, bottom + 1, left + wick_width - 1, low_row, area)
            left = middle - body_width // 2
            right = left + body_width - 1
            number = put_rect(rects, number, left, top, right, top + edge - 1, area)
            number = put_rect(rects, number, left, bottom - edge + 1, right, bottom, area)
            number = put_rect(rects, number, left, top + edge, left + edge - 1, bottom - edge, area)
            number = put_rect(rects, number, right - edge + 1, top + edge, right, bottom - edge, area)
        if is_up:
            up = number
        else:
            down = number
    return up, down


@kernel
def write_bars(columns, count, area, widths, rising, falling):
    """A stem from low to high with a tick to the left at the open and one to the right at the close.

    Arguments and answer as in `write_hollow`; widths are those of a tick (0 draws stems alone) and of the stem.
    """
    tick_width, stem_width = widths
    up, down = 0, 0
    for index in range(count):
        open_, close = columns[OPEN, index], columns[CLOSE, index]
        is_up = close >= open_
        rects = rising if is_up else falling
        number = up if is_up else down
        left = int(columns[X, index]) + area.left - stem_width // 2
        right = left + stem_width - 1
        high_row, low_row = row_of(columns[HIGH, index], area), row_of(columns[LOW, index], area)
        high_row, low_row = min(high_row, low_row), max(high_row, low_row)
        number = put_rect(rects, number, left, high_row, right, low_row, area)
        if tick_width > 0:
            open_row, close_row = row_of(open_, area) - stem_width // 2, row_of(close, area) - stem_width // 2
            number = put_rect(rects, number, left - tick_width, open_row, left - 1, open_row + stem_width - 1, area)
            number = put_rect(rects, number, right + 1, close_row, right + tick_width, close_row + stem_width - 1, area)
        if is_up:
            up = number
        else:
            down = number
    return up, down
