"""Uses every drawing kernel once, so that the compiler's work is done before the first frame."""

import numpy as np

from strategy_tester.numeric import (
    heikin_ashi,
    pixel_bars,
    pixel_columns,
    pixel_guides,
    pixel_raster,
    pixel_shapes,
    pyramid,
)


def run() -> None:
    """Compile the kernels (or load them from the cache): one to two seconds the first time on a machine."""
    pyramid.warm_up()
    slots = np.arange(4, dtype=np.int64)
    values = np.linspace(1.0, 2.0, 4)
    columns = np.zeros((6, 8))
    ranges = np.zeros((3, 8))
    rects = np.zeros((64, 4), dtype=np.int32)
    more = np.zeros((64, 4), dtype=np.int32)
    five = (values, values, values, values, values)
    sight = pixel_columns.Sight(1, 0, 4, 2.0, 0)
    area = pixel_shapes.Area(0, 0, 9, 9, 2.0, 5.0, False)
    pixel_columns.collect_candles(slots, five, five, sight, columns)
    pixel_columns.collect_line(slots, values, values, values, sight, ranges)
    pixel_columns.extremes(columns[3], columns[2], 4)
    pixel_shapes.write_candles(columns, 4, area, 1, 1, rects, more)
    pixel_bars.write_hollow(columns, 4, 1.0, area, (3, 1, 1), rects, more)
    pixel_bars.write_bars(columns, 4, area, (1, 1), rects, more)
    heikin_ashi.heikin_ashi((values, values, values, values), 0, (0.0, 0.0), np.zeros((4, 4)))
    pixel_shapes.write_volumes(columns, 4, area, 1, rects, more)
    pixel_shapes.write_histogram(ranges, 4, area, 1, rects, more)
    pixel_shapes.write_dots(ranges, 4, area, 3, rects)
    pixel_shapes.write_fill(ranges, 4, 0.0, area, rects)
    pixel_shapes.write_spans(ranges, 4, area, 1, rects)
    points = np.zeros((16, 2))
    count = pixel_shapes.write_points(ranges, 4, area, points)
    pixel_shapes.write_segments(points, count, 0.3, np.zeros((16, 4)))
    chosen = np.ones(4, dtype=np.bool_)
    pixel_shapes.write_boxes(slots, slots, (values, values), chosen, sight, area, rects)
    pixel_shapes.write_levels(slots, slots, values, 1, sight, area, rects)
    _paint(ranges, rects, area)


def _paint(ranges, rects, area) -> None:
    pixel_guides.write_grid(np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64), (0, 0, 9, 9), 1, rects)
    pixel_guides.write_dashes(0, 9, 0, (4, 4, 1), False, rects)
    pixels, clip = np.zeros((10, 10), dtype=np.uint32), (0, 0, 9, 9)
    pixel_raster.fill_rects(pixels, (0, 0), rects, 4, 0xFF000000, clip)
    pixel_raster.stroke_segments(pixels, (0, 0), np.zeros((2, 4)), 2, 1.5, 0xFF000000, clip)
    pixel_raster.fill_down(pixels, (0, 0), np.zeros((4, 2)), 4, np.zeros(10, dtype=np.uint32), 0, clip)
    pixel_raster.fill_between(pixels, (0, 0), ranges, ranges, 4, area, 0xFF000000, clip)
