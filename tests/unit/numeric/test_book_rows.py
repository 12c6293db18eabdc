"""Levels gathered into rows, against plain Python."""

import numpy as np
import pytest

from strategy_tester.numeric.book_rows import gather, gather_cumulative, gather_traded, row_of, ticks_of


@pytest.mark.parametrize(
    ("tick", "group", "bid_row", "ask_row"), [(100, 1, 100, 100), (104, 5, 20, 21), (105, 5, 21, 21), (101, 10, 10, 11)]
)
def test_buyers_are_rounded_down_and_sellers_up(tick, group, bid_row, ask_row):
    assert row_of(tick, group, False) == bid_row
    assert row_of(tick, group, True) == ask_row


def test_prices_become_the_nearest_whole_ticks():
    ticks = np.empty(3, dtype=np.int64)
    ticks_of(np.array([0.3, 0.5637, 64_210.5]), 0.1, ticks)
    assert ticks.tolist() == [3, 6, 642_105]


def test_sizes_of_a_row_are_summed_and_the_rest_is_told():
    rows = np.full(3, 7.0)
    outside = gather(np.array([104, 103, 99, 80]), np.array([1.0, 2.0, 4.0, 8.0]), 5, False, 21, rows)
    assert rows.tolist() == [0.0, 3.0, 4.0]
    assert outside == 8.0


@pytest.mark.parametrize("is_ask", [False, True])
@pytest.mark.parametrize("group", [1, 5, 10])
def test_sums_say_what_an_order_to_a_row_takes(is_ask, group):
    random = np.random.Generator(np.random.PCG64(3))
    away = np.cumsum(random.integers(1, 6, 60))
    ticks = 1000 + away if is_ask else 1000 - away
    sizes = random.integers(1, 90, 60).astype(float)
    rows, top = np.empty(80), 1040 // group
    gather_cumulative(ticks, sizes, group, is_ask, top, rows)
    last = row_of(ticks[-1], group, is_ask)
    best = row_of(ticks[0], group, is_ask)
    for place in range(80):
        row = top - place
        inside = best <= row <= last if is_ask else last <= row <= best
        expected = 0.0
        if inside:
            reached = [
                row_of(tick, group, is_ask) <= row if is_ask else row_of(tick, group, is_ask) >= row for tick in ticks
            ]
            expected = sizes[reached].sum()
        assert rows[place] == expected, (row, best, last)


def test_trades_stand_in_the_row_of_the_side_they_were_taken_from():
    traded = np.zeros((2, 20))
    traded[0, 4], traded[1, 4], traded[1, 5] = 1.0, 2.0, 4.0  # ticks 104, 104, 105
    rows = np.full((2, 3), 9.0)
    gather_traded(traded, 100, 5, 22, rows)
    assert rows[0].tolist() == [0.0, 0.0, 1.0]  # sold at 104: row 20
    assert rows[1].tolist() == [0.0, 6.0, 0.0]  # bought at 104 and 105: row 21
