"""Shapes painted straight into the pixels of a picture.

A picture is uint32, shape (rows, columns), 0xffRRGGBB as in Qt's RGB32. `at` is the column and row of the picture where
0, 0 of the shapes lies. A clip is left, top, right, bottom in the shapes' pixels, both ends inside, and always within
the picture. Colors cover what they touch; edges of slanting lines are blended.
"""

import numpy as np

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.pixel_shapes import y_of


@kernel
def fill_rects(pixels, at, rects, count, color, clip):
    """Fill the first rectangles (left, top, right, bottom) with one color."""
    for index in range(count):
        left, right = max(rects[index, 0], clip[0]), min(rects[index, 2], clip[2])
        top, bottom = max(rects[index, 1], clip[1]), min(rects[index, 3], clip[3])
        left, right, top, bottom = left + at[0], right + at[0], top + at[1], bottom + at[1]
        if left == right:
            for row in range(top, bottom + 1):
                pixels[row, left] = color
        else:
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    pixels[row, column] = color


@kernel
def _touch(pixels, at, row, column, color, segment, half):
    """Cover a pixel as far as it lies within `half` of a segment: start, direction of length one, length.

    Without a branch: whether a pixel is inside, outside or at the edge is what no processor can guess.
    """
    x, y = column + 0.5 - segment[0], row + 0.5 - segment[1]
    along = min(max(x * segment[2] + y * segment[3], 0.0), segment[4])
    x -= along * segment[2]
    y -= along * segment[3]
    share = np.int64(min(max(half + 0.5 - np.sqrt(x * x + y * y), 0.0), 1.0) * 256.0 + 0.5)
    row, column = row + at[1], column + at[0]
    before = np.int64(pixels[row, column])
    red_blue = ((before & 0xFF00FF) * (256 - share) + (color & 0xFF00FF) * share) >> 8
    green = ((before & 0xFF00) * (256 - share) + (color & 0xFF00) * share) >> 8
    pixels[row, column] = np.uint32(0xFF000000 | (red_blue & 0xFF00FF) | (green & 0xFF00))


@kernel
def _within(low, high, first, last):
    """First and last pixel whose middle lies between low and high, kept within first..last."""
    return int(max(np.ceil(low - 0.5), first)), int(min(np.floor(high - 0.5), last))


@kernel
def stroke_segments(pixels, at, segments, count, width, color, clip):
    """Draw the first segments (x, y of both ends) with round ends and smooth edges, `width` pixels thick."""
    half = 0.5 * width
    reach = half + 0.5
    for index in range(count):
        x1, y1, x2, y2 = segments[index, 0], segments[index, 1], segments[index, 2], segments[index, 3]
        length = np.sqrt((x2 - x1) ** 2 + (y2 - y1) ** 2)
        right, down = ((x2 - x1) / length, (y2 - y1) / length) if length > 0.0 else (1.0, 0.0)
        segment = (x1, y1, right, down, length)
        left, last = _within(min(x1, x2) - reach, max(x1, x2) + reach, clip[0], clip[2])
        top, bottom = _within(min(y1, y2) - reach, max(y1, y2) + reach, clip[1], clip[3])
        if abs(right) >= abs(down):
            # Rather flat: in each column the few rows near the line.
            slope, spread = down / right, reach / abs(right)
            for column in range(left, last + 1):
                middle = y1 + (column + 0.5 - x1) * slope
                first, end = _within(middle - spread, middle + spread, top, bottom)
                for row in range(first, end + 1):
                    _touch(pixels, at, row, column, color, segment, half)
        else:
            slope, spread = right / down, reach / abs(down)
            for row in range(top, bottom + 1):
                middle = x1 + (row + 0.5 - y1) * slope
                first, end = _within(middle - spread, middle + spread, left, last)
                for column in range(first, end + 1):
                    _touch(pixels, at, row, column, color, segment, half)


@kernel
def fill_down(pixels, at, points, count, colors, top, clip):
    """Fill below a path (x, y; NaN breaks it) down to the clip's bottom; each row from `top` on has its own color."""
    tops = np.full(clip[2] - clip[0] + 1, clip[3] + 1, dtype=np.int32)
    for index in range(count - 1):
        x1, x2 = points[index, 0], points[index + 1, 0]
        if np.isnan(x1) or np.isnan(x2):
            continue
        slope = (points[index + 1, 1] - points[index, 1]) / (x2 - x1) if x2 > x1 else 0.0
        for column in range(max(int(x1), clip[0]), min(int(x2), clip[2]) + 1):
            x = min(max(column + 0.5, x1), x2)
            y = min(max(points[index, 1] + (x - x1) * slope, clip[1] - 1.0), clip[3] + 1.0)
            tops[column - clip[0]] = min(max(np.int32(np.floor(y)), np.int32(clip[1])), tops[column - clip[0]])
    left, width = clip[0] + at[0], clip[2] - clip[0] + 1
    for row in range(clip[1], clip[3] + 1):
        color = colors[row - top]
        line = pixels[row + at[1], left : left + width]
        place = np.int32(row)
        for column in range(width):
            # Written in any case: that lets the compiler do eight pixels at once.
            line[column] = color if place >= tops[column] else line[column]


@kernel
def fill_between(pixels, at, one, two, count, area, color, clip):
    """Fill between two lines where both have values.

    Args:
        pixels: The picture.
        at: Where 0, 0 lies in it.
        one: Columns of a line as `collect_line` writes them: x, lowest, highest.
        two: Those of the other line.
        count: How many of each.
        area: The pane.
        color: What to fill with.
        clip: Where.
    """
    x1, top1, bottom1 = np.nan, 0.0, 0.0
    for index in range(count):
        together = one[0, index] == two[0, index] and not np.isnan(one[1, index]) and not np.isnan(two[1, index])
        if not together:
            x1 = np.nan
            continue
        x2 = one[0, index] + area.left
        top2 = y_of(max(one[2, index], two[2, index]), area)
        bottom2 = y_of(min(one[1, index], two[1, index]), area)
        top2, bottom2 = min(top2, bottom2), max(top2, bottom2)
        top2, bottom2 = min(top2, bottom2), max(top2, bottom2)
        first = x2 if np.isnan(x1) else x1 + 1.0
        for column in range(max(int(first), clip[0]), min(int(x2), clip[2]) + 1):
            share = 1.0 if np.isnan(x1) else (column - x1) / (x2 - x1)
            top = top2 if share == 1.0 else top1 + (top2 - top1) * share
            bottom = bottom2 if share == 1.0 else bottom1 + (bottom2 - bottom1) * share
            top, bottom = max(top, clip[1] + 0.0), min(bottom, clip[3] + 0.0)
            for row in range(int(np.floor(top)), int(np.floor(bottom)) + 1):
                pixels[row + at[1], column + at[0]] = color
        x1, top1, bottom1 = x2, top2, bottom2
