"""From pixel columns to shapes in device pixels, written straight into the buffers a painter draws from.

A rectangle is four int32: left, top, right, bottom, both ends inside (Qt's QRect). A segment is four float64: x, y of
both ends (Qt's QLineF). A frame (`Area`) is left, top, right, bottom of the pane, both ends inside. Values turn into
rows by `top + (origin - value) x scale`, value being its logarithm on a logarithmic axis. On an inverted axis the scale
is negative: the row of a high then lies below that of the low.
"""

from typing import NamedTuple

import numpy as np

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.pixel_columns import CLOSE, HIGH, LOW, OPEN, VOLUME, X, column_of


class Area(NamedTuple):
    """A pane in device pixels and how values become rows in it."""

    left: int
    top: int
    right: int
    bottom: int
    origin: float
    scale: float
    is_log: bool


@kernel
def y_of(value, area):
    """Vertical place of a value, in device pixels with a fraction."""
    if area.is_log:
        value = np.log(value) if value > 0.0 else -1e6
    return area.top + min(max((area.origin - value) * area.scale, -1e6), 1e6)


@kernel
def row_of(value, area):
    """Pixel row of a value, up to one row outside the pane."""
    return int(min(max(np.floor(y_of(value, area)), area.top - 1), area.bottom + 1))


@kernel
def put_rect(rects, count, left, top, right, bottom, area):
    """Add a rectangle, cut to the pane; nothing is added when none of it is inside."""
    left, right = max(left, area.left), min(right, area.right)
    top, bottom = max(top, area.top), min(bottom, area.bottom)
    if left > right or top > bottom or count == rects.shape[0]:
        return count
    rects[count, 0] = left
    rects[count, 1] = top
    rects[count, 2] = right
    rects[count, 3] = bottom
    return count + 1


@kernel
def write_candles(columns, count, area, body_width, wick_width, rising, falling):
    """Wick and body of each candle; returns how many rectangles rise and fall. body_width 0 draws wicks alone."""
    up, down = 0, 0
    for index in range(count):
        middle = int(columns[X, index]) + area.left
        open_row, close_row = row_of(columns[OPEN, index], area), row_of(columns[CLOSE, index], area)
        is_up = columns[CLOSE, index] >= columns[OPEN, index]
        rects = rising if is_up else falling
        number = up if is_up else down
        left = middle - wick_width // 2
        high_row, low_row = row_of(columns[HIGH, index], area), row_of(columns[LOW, index], area)
        number = put_rect(
            rects, number, left, min(high_row, low_row), left + wick_width - 1, max(high_row, low_row), area
        )
        if body_width > wick_width:
            left = middle - body_width // 2
            number = put_rect(
                rects, number, left, min(open_row, close_row), left + body_width - 1, max(open_row, close_row), area
            )
        if is_up:
            up = number
        else:
            down = number
    return up, down


@kernel
def write_volumes(columns, count, area, width, rising, falling):
    """One bar from the pane's bottom for each column; returns how many rise and fall."""
    up, down = 0, 0
    for index in range(count):
        left = int(columns[X, index]) + area.left - width // 2
        top = row_of(columns[VOLUME, index], area)
        if columns[VOLUME, index] > 0.0:
            top = min(top, area.bottom)
        if columns[CLOSE, index] >= columns[OPEN, index]:
            up = put_rect(rising, up, left, top, left + width - 1, area.bottom, area)
        else:
            down = put_rect(falling, down, left, top, left + width - 1, area.bottom, area)
    return up, down


@kernel
def write_histogram(columns, count, area, width, positive, negative):
    """Bars from zero to the extremes of each column; returns how many are above and below zero."""
    above, below = 0, 0
    zero = row_of(0.0, area)
    for index in range(count):
        low, high = columns[1, index], columns[2, index]
        if np.isnan(low):
            continue
        left = int(columns[0, index]) + area.left - width // 2
        if high >= 0.0:
            row = row_of(high, area)
            above = put_rect(positive, above, left, min(row, zero), left + width - 1, max(row, zero), area)
        if low < 0.0:
            row = row_of(low, area)
            below = put_rect(negative, below, left, min(row, zero), left + width - 1, max(row, zero), area)
    return above, below


@kernel
def write_dots(columns, count, area, size, rects):
    """A round dot of `size` pixels at the extremes of each column; returns the number of rectangles."""
    number = 0
    half = size // 2
    corner = size // 4
    for index in range(count):
        if np.isnan(columns[1, index]):
            continue
        left = int(columns[0, index]) + area.left - half
        for side in range(1, 3):
            if side == 2 and columns[1, index] == columns[2, index]:
                continue
            top = row_of(columns[side, index], area) - half
            if top + size <= area.top or top > area.bottom:
                continue
            number = put_rect(rects, number, left + corner, top, left + size - 1 - corner, top + size - 1, area)
            number = put_rect(rects, number, left, top + corner, left + size - 1, top + size - 1 - corner, area)
    return number


@kernel
def write_points(columns, count, area, points):
    """The path of a line through its columns: one point where a column is flat, two where it spans more than a pixel.

    NaN in x marks a break. Returns the number of points; `points` has shape (2 x columns, 2).
    """
    number = 0
    previous = np.nan
    for index in range(count):
        if np.isnan(columns[1, index]):
            points[number, 0], points[number, 1] = np.nan, np.nan
            number += 1
            previous = np.nan
            continue
        x = columns[0, index] + area.left + 0.5
        low_y, high_y = y_of(columns[1, index], area), y_of(columns[2, index], area)
        if abs(low_y - high_y) <= 1.0:
            previous = 0.5 * (low_y + high_y)
            points[number, 0], points[number, 1] = x, previous
            number += 1
            continue
        near, far = (low_y, high_y) if abs(previous - low_y) < abs(previous - high_y) else (high_y, low_y)
        points[number, 0], points[number, 1] = x, near
        points[number + 1, 0], points[number + 1, 1] = x, far
        number += 2
        previous = far
    return number


@kernel
def write_spans(columns, count, area, width, rects):
    """An upright bar from the lowest to the highest of each column, touching the bar before; returns their number.

    The crisp and cheap form of a line whose every column spans several pixels.
    """
    number = 0
    previous_top, previous_bottom = -1, -1
    for index in range(count):
        if np.isnan(columns[1, index]):
            previous_top = -1
            continue
        x = int(columns[0, index]) + area.left
        top, bottom = row_of(columns[2, index], area), row_of(columns[1, index], area)
        top, bottom = min(top, bottom), max(top, bottom)
        first, last = top, bottom
        if previous_top >= 0:
            first, last = min(top, previous_bottom), max(bottom, previous_top)
        number = put_rect(rects, number, x, first, x + width - 1, last, area)
        previous_top, previous_bottom = top, bottom
    return number


@kernel
def write_segments(points, count, tolerance, segments):
    """Straight pieces that stay within `tolerance` pixels of the path; returns their number.

    A smooth line of a thousand points becomes some dozens of pieces. `segments` has room for one per point.
    """
    number = 0
    start = -1
    end = -1
    steepest, flattest = np.inf, -np.inf
    for index in range(count):
        if np.isnan(points[index, 0]):
            if start >= 0:
                number = _put_segment(segments, number, points, start, end)
            start = -1
            continue
        if start < 0:
            start, end = index, index
            steepest, flattest = np.inf, -np.inf
            continue
        width = points[index, 0] - points[start, 0]
        if width > 0.0:
            slope = (points[index, 1] - points[start, 1]) / width
            if flattest <= slope <= steepest:
                steepest = min(steepest, slope + tolerance / width)
                flattest = max(flattest, slope - tolerance / width)
                end = index
                continue
        number = _put_segment(segments, number, points, start, end)
        start = end
        end = index
        width = points[index, 0] - points[start, 0]
        steepest, flattest = -np.inf, np.inf
        if width > 0.0:
            slope = (points[index, 1] - points[start, 1]) / width
            steepest, flattest = slope + tolerance / width, slope - tolerance / width
    if start >= 0:
        number = _put_segment(segments, number, points, start, end)
    return number


@kernel
def _put_segment(segments, number, points, start, end):
    if number == segments.shape[0]:
        return number
    if start == end and number and segments[number - 1, 2] == points[start, 0]:
        return number
    segments[number, 0] = points[start, 0]
    segments[number, 1] = points[start, 1]
    segments[number, 2] = points[end, 0] + (0.01 if start == end else 0.0)
    segments[number, 3] = points[end, 1]
    return number + 1


@kernel
def write_fill(columns, count, base, area, rects):
    """One bar from a fixed row to the column's farther extreme: the ground under an area line."""
    number = 0
    zero = row_of(base, area)
    for index in range(count):
        if np.isnan(columns[1, index]):
            continue
        x = int(columns[0, index]) + area.left
        next_x = x
        if index + 1 < count and not np.isnan(columns[1, index + 1]):
            next_x = max(int(columns[0, index + 1]) + area.left - 1, x)
        top, bottom = row_of(columns[2, index], area), row_of(columns[1, index], area)
        number = put_rect(rects, number, x, min(top, bottom, zero), next_x, max(top, bottom, zero), area)
    return number


@kernel
def write_boxes(entry, exit_, prices, chosen, sight, area, rects):
    """Boxes from entry to exit; those thinner than three pixels share one bar per column. Returns their number.

    Args:
        entry: Slot of each entry, rising.
        exit_: Slot of each exit.
        prices: Price of each entry, price of each exit.
        chosen: Which trades to draw, so that winners and losers are drawn apart.
        sight: First trade, one past the last, and how slots become pixels; a bucket is one trade.
        area: The pane.
        rects: Written here.
    """
    number = 0
    thin_x, thin_top, thin_bottom = -1, 0, 0
    for trade in range(sight.first, sight.last):
        if not chosen[trade]:
            continue
        left = column_of(entry[trade], sight.pixels_per_slot, sight.shift) + area.left
        right = column_of(exit_[trade], sight.pixels_per_slot, sight.shift) + area.left
        one, two = row_of(prices[0][trade], area), row_of(prices[1][trade], area)
        top, bottom = min(one, two), max(one, two)
        if right < area.left or left > area.right:
            continue
        if right - left >= 2:
            number = put_rect(rects, number, left, top, right, bottom, area)
        elif left == thin_x:
            thin_top, thin_bottom = min(thin_top, top), max(thin_bottom, bottom)
        else:
            if thin_x >= 0:
                number = put_rect(rects, number, thin_x, thin_top, thin_x, thin_bottom, area)
            thin_x, thin_top, thin_bottom = left, top, bottom
    if thin_x >= 0:
        number = put_rect(rects, number, thin_x, thin_top, thin_x, thin_bottom, area)
    return number


@kernel
def write_levels(entry, exit_, price, thickness, sight, area, rects):
    """A line at each trade's level from entry to exit, where it is wide enough to be seen; returns the number."""
    number = 0
    for trade in range(sight.first, sight.last):
        if np.isnan(price[trade]):
            continue
        left = column_of(entry[trade], sight.pixels_per_slot, sight.shift) + area.left
        right = column_of(exit_[trade], sight.pixels_per_slot, sight.shift) + area.left
        row = row_of(price[trade], area)
        if right - left >= 4 and area.top <= row <= area.bottom:
            number = put_rect(rects, number, left, row, right, row + thickness - 1, area)
    return number
