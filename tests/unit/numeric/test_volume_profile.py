"""Volume by price, against a plain reading of its rule."""

import numpy as np
import pytest

from builders import random_candles
from strategy_tester.indicators.registry import compute
from strategy_tester.numeric.volume_profile import price_range, spread_volume, value_area


def columns_of(candles):
    return candles.open, candles.high, candles.low, candles.close, candles.volume


def profile(columns, first, last, rows):
    bottom, top = price_range(columns[1], columns[2], first, last)
    up, down = np.empty(rows), np.empty(rows)
    spread_volume(columns, first, last, bottom, (top - bottom) / rows, up, down)
    return up, down


def plain_profile(columns, first, last, rows):
    """Overlap of each candle's range with each row, one by one."""
    open_, high, low, close, volume = columns
    bottom, top = low[first:last].min(), high[first:last].max()
    size = (top - bottom) / rows
    up, down = np.zeros(rows), np.zeros(rows)
    for bar in range(first, last):
        target = up if close[bar] >= open_[bar] else down
        for row in range(rows):
            floor, ceiling = bottom + row * size, bottom + (row + 1) * size
            overlap = min(high[bar], ceiling) - max(low[bar], floor)
            if overlap > 0:
                target[row] += volume[bar] * overlap / (high[bar] - low[bar])
    return up, down


@pytest.mark.parametrize(("first", "last", "rows"), [(0, 300, 24), (17, 140, 7), (5, 6, 10), (0, 300, 200)])
def test_it_equals_the_plain_overlap_of_ranges_and_rows(first, last, rows):
    columns = columns_of(random_candles(300))
    found, expected = profile(columns, first, last, rows), plain_profile(columns, first, last, rows)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rows", [1, 13, 150])
def test_no_volume_is_lost_or_made(rows):
    columns = columns_of(random_candles(2_000, seed=3))
    up, down = profile(columns, 100, 1_900, rows)
    assert up.sum() + down.sum() == pytest.approx(columns[4][100:1_900].sum(), rel=1e-12)
    rising = columns[3][100:1_900] >= columns[0][100:1_900]
    assert up.sum() == pytest.approx(columns[4][100:1_900][rising].sum(), rel=1e-12)


def test_candles_without_a_range_put_all_into_one_row():
    flat = np.array([10.0, 12.0])
    columns = (flat, flat, flat, flat, np.array([3.0, 4.0]))
    up, down = np.empty(4), np.empty(4)
    spread_volume(columns, 0, 2, 10.0, 0.5, up, down)
    assert up.tolist() == [3.0, 0.0, 0.0, 4.0]
    assert down.tolist() == [0.0, 0.0, 0.0, 0.0]


def test_a_candle_is_split_between_rows_by_its_range():
    one = (np.array([13.0]), np.array([14.0]), np.array([10.0]), np.array([11.0]), np.array([8.0]))
    up, down = np.empty(4), np.empty(4)
    spread_volume(one, 0, 1, 9.0, 2.0, up, down)
    assert down.tolist() == [2.0, 4.0, 2.0, 0.0]


def test_no_bars_have_no_range():
    empty = np.empty(0)
    assert all(np.isnan(price_range(empty, empty, 0, 0)))


def test_the_value_area_grows_towards_the_fuller_neighbor():
    assert value_area(np.array([1.0, 2.0, 10.0, 3.0, 4.0]), 0.7) == (2, 2, 4)
    assert value_area(np.array([5.0, 5.0, 5.0]), 0.6) == (0, 0, 1)
    assert value_area(np.array([0.0, 1.0, 0.0]), 1.0) == (1, 1, 1)


def test_its_levels_are_those_of_the_indicator_over_the_same_bars():
    candles = random_candles(120, seed=9)
    columns = columns_of(candles)
    up, down = profile(columns, 20, 120, 24)
    bottom, top = price_range(columns[1], columns[2], 20, 120)
    size = (top - bottom) / 24
    peak, lower, upper = value_area(up + down, 0.7)
    levels = compute("VOLUME_PROFILE", candles, period=100, rows=24, value_area=70.0)
    assert bottom + (peak + 0.5) * size == pytest.approx(levels["poc"][-1], rel=1e-12)
    assert bottom + (upper + 1) * size == pytest.approx(levels["value_area_high"][-1], rel=1e-12)
    assert bottom + lower * size == pytest.approx(levels["value_area_low"][-1], rel=1e-12)
