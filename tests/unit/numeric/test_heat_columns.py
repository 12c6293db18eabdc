"""Columns of the heat map and their pixels."""

import numpy as np

from strategy_tester.numeric.heat_columns import (
    BOOK,
    GAP,
    HeatColors,
    HeatRing,
    HeatView,
    paint_slots,
    shift_left,
    write_column,
)

LEVELS = np.arange(256, dtype=np.uint32)
UNKNOWN, HOLE, LINE = 1000, 2000, 3000
COLORS = HeatColors(LEVELS, UNKNOWN, HOLE, LINE, 100.0)


def ring(buckets: int = 8, columns: int = 4) -> HeatRing:
    kinds = np.zeros(columns, dtype=np.uint8)
    sizes = np.full((buckets, columns), np.nan, dtype=np.float32)
    return HeatRing(sizes, np.zeros(columns, dtype=np.int64), kinds, *(np.zeros(columns) for _ in range(5)))


def side(*levels: tuple[int, float]):
    return np.array([tick for tick, _ in levels]), np.array([size for _, size in levels])


def from_lowest(one: HeatRing, place: int) -> np.ndarray:
    return np.roll(one.sizes[:, place], -int(one.lowest[place]) % -one.sizes.shape[0])


def test_nothing_is_known_beyond_the_last_levels_and_zero_between_them():
    one = ring()
    write_column(one, 2, side((103, 5.0), (101, 7.0)), side((105, 2.0)), 1, 100)
    column = from_lowest(one, 2)
    assert np.isnan(column[[0, 6, 7]]).all()  # 100, 106, 107
    assert column[1:6].tolist() == [7.0, 0.0, 5.0, 0.0, 2.0]
    assert one.kind.tolist() == [0, 0, BOOK, 0]


def test_levels_of_a_bucket_are_summed():
    one = ring()
    write_column(one, 0, side((104, 1.0), (103, 2.0)), side((106, 4.0), (110, 8.0), (111, 16.0)), 5, 18)
    assert from_lowest(one, 0)[2:6].tolist() == [3.0, 0.0, 12.0, 16.0]


def test_each_column_stands_at_its_own_prices():
    one = ring()
    write_column(one, 0, side((103, 100.0)), side((104, 100.0)), 1, 100)
    write_column(one, 1, side((203, 100.0)), side((204, 25.0)), 1, 200)
    pixels = np.zeros((4, 2), dtype=np.uint32)
    # The middle of a bucket is at its own number: buckets 105 to 102 from the top.
    paint_slots(pixels, one, HeatView(0, 0, 1, 1, 1, 105.5, 1.0), COLORS, 0, 1)
    assert pixels[:, 0].tolist() == [UNKNOWN, 255, 255, UNKNOWN]
    assert pixels[:, 1].tolist() == [UNKNOWN] * 4
    paint_slots(pixels, one, HeatView(0, 0, 1, 1, 1, 205.5, 1.0), COLORS, 0, 1)
    assert pixels[:, 1].tolist() == [UNKNOWN, int(0.25 * 255), 255, UNKNOWN]


def test_merged_columns_and_buckets_show_the_largest_size():
    one = ring()
    write_column(one, 0, side((103, 1.0)), side((104, 4.0)), 1, 100)
    write_column(one, 1, side((103, 100.0)), side((104, 9.0)), 1, 100)
    pixels = np.zeros((2, 1), dtype=np.uint32)
    paint_slots(pixels, one, HeatView(0, 0, 1, 1, 2, 106.5, 0.5), COLORS, 0, 0)
    assert pixels[:, 0].tolist() == [UNKNOWN, 255]  # 106, 105 and 104, 103: the first two are not known
    paint_slots(pixels, one, HeatView(0, 0, 1, 1, 2, 105.5, 0.5), COLORS, 0, 0)
    assert pixels[0, 0] == int(0.09 * 255)


def test_gaps_are_hatched_and_never_filled():
    one = ring()
    for place in range(3):
        write_column(one, place, side((103, 100.0)), side((104, 100.0)), 1, 100)
    one.kind[1] = GAP
    pixels = np.zeros((8, 6), dtype=np.uint32)
    paint_slots(pixels, one, HeatView(0, 0, 2, 2, 1, 108.5, 1.0), COLORS, 0, 2)
    assert set(pixels[:, 2:4].ravel().tolist()) == {HOLE, LINE}
    assert not {HOLE, LINE} & set(pixels[:, [0, 1, 4, 5]].ravel().tolist())


def test_columns_before_the_first_and_after_the_newest_are_unknown():
    one = ring()
    for place in range(4):
        write_column(one, place, side((103, 100.0)), side((104, 100.0)), 1, 100)
    pixels = np.zeros((1, 4), dtype=np.uint32)
    paint_slots(pixels, one, HeatView(4, 5, 6, 1, 1, 104.5, 1.0), COLORS, 0, 3)
    assert pixels[0].tolist() == [UNKNOWN, 255, 255, UNKNOWN]


def test_pictures_move_left():
    pixels = np.arange(8, dtype=np.uint32).reshape(2, 4)
    shift_left(pixels, 1)
    assert pixels[:, :3].tolist() == [[1, 2, 3], [5, 6, 7]]
