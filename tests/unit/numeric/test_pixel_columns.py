"""Columns of candles and lines against a plain reading of the same rules."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_tester.numeric.pixel_columns import Sight, collect_candles, collect_line, column_of, extremes
from strategy_tester.numeric.pyramid import FACTOR, FIRST, HIGHEST, LAST, LOWEST, Pyramid, level_for

steps = st.lists(st.sampled_from([1, 1, 1, 1, 1, 2, 3, 40]), min_size=1, max_size=400)
scales = st.sampled_from([0.011, 0.06, 0.26, 0.5, 0.9, 1.0, 1.7, 3.0, 8.0])


def gathered_line(slots: np.ndarray, values: np.ndarray, pixels_per_slot: float) -> list[tuple[float, float, float]]:
    lowest, highest = Pyramid(values, LOWEST), Pyramid(values, HIGHEST)
    level = level_for(1.0 / pixels_per_slot, lowest.top)
    size = FACTOR**level
    out = np.empty((3, 2 * values.size + 8))
    sight = Sight(size, 0, -(-values.size // size), pixels_per_slot, 0)
    count = collect_line(slots, values, lowest.level(level), highest.level(level), sight, out)
    return [(float(x), float(low), float(high)) for x, low, high in out[:, :count].T]


@settings(max_examples=150, deadline=None)
@given(steps, scales, st.integers(0, 1000))
def test_no_extreme_is_lost_and_none_is_made_up(jumps: list[int], pixels_per_slot: float, seed: int) -> None:
    slots = np.cumsum(jumps).astype(np.int64)
    values = np.random.default_rng(seed).normal(0.0, 1.0, slots.size)
    columns = gathered_line(slots, values, pixels_per_slot)
    real = [(low, high) for _, low, high in columns if not np.isnan(low)]
    assert min(low for low, _ in real) == values.min()
    assert max(high for _, high in real) == values.max()
    assert {value for pair in real for value in pair} <= set(values.tolist())
    assert sorted(x for x, *_ in columns) == [x for x, *_ in columns]


@settings(max_examples=150, deadline=None)
@given(steps, scales, st.integers(0, 1000))
def test_a_line_breaks_wherever_missing_bars_leave_a_column_empty(
    jumps: list[int], pixels_per_slot: float, seed: int
) -> None:
    slots = np.cumsum(jumps).astype(np.int64)
    values = np.random.default_rng(seed).normal(0.0, 1.0, slots.size)
    columns = gathered_line(slots, values, pixels_per_slot)
    filled = {x for x, low, _ in columns if not np.isnan(low)}
    broken = {x for x, low, _ in columns if np.isnan(low)}
    for before, after in pairwise(slots.tolist()):
        left, right = column_of(before, pixels_per_slot, 0), column_of(after, pixels_per_slot, 0)
        # Bars of one bucket share a column, so a gap may seem a pixel wider or narrower than it is.
        if after - before > 1 and right - left > 3:
            assert any(x in broken for x in range(left, right + 1)), (before, after)
    if all(jump == 1 for jump in jumps[1:]):
        assert not broken
    assert not filled & broken


def test_a_single_missing_bar_breaks_a_line_seen_from_near() -> None:
    slots = np.array([0, 1, 3, 4])
    columns = gathered_line(slots, np.array([1.0, 2.0, 3.0, 4.0]), 5.0)
    assert [(x, low) for x, low, _ in columns if not np.isnan(low)] == [(2, 1.0), (7, 2.0), (17, 3.0), (22, 4.0)]
    assert [x for x, low, _ in columns if np.isnan(low)] == [8]


def test_a_gap_of_two_pixels_is_seen_from_afar_inside_a_bucket_too() -> None:
    # Sixteen bars to a pixel; 40 slots are missing after bar 23, in the middle of a bucket of sixteen.
    slots = np.arange(64)
    slots[24:] += 40
    columns = gathered_line(slots, np.arange(64.0), 1 / 16)
    assert [x for x, low, _ in columns if np.isnan(low)] == [2]
    assert [x for x, low, _ in columns if not np.isnan(low)] == [0, 1, 4, 5, 6]


def test_values_that_are_nan_break_a_line_once() -> None:
    values = np.array([1.0, np.nan, np.nan, 4.0])
    columns = gathered_line(np.arange(4), values, 4.0)
    assert [x for x, low, _ in columns if np.isnan(low)] == [6]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), scales, st.integers(0, 1000))
def test_candles_of_a_column_open_with_the_first_and_close_with_the_last(
    bars: int, pixels_per_slot: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    open_, close = rng.normal(0.0, 1.0, (2, bars))
    high, low = np.maximum(open_, close) + rng.random(bars), np.minimum(open_, close) - rng.random(bars)
    volume = rng.random(bars)
    series = (open_, high, low, close, volume)
    rules = (FIRST, HIGHEST, LOWEST, LAST, HIGHEST)
    pyramids = [Pyramid(column, rule) for column, rule in zip(series, rules, strict=True)]
    level = level_for(1.0 / pixels_per_slot, pyramids[0].top)
    size = FACTOR**level
    out = np.empty((6, bars + 8))
    slots = np.arange(bars)
    sight = Sight(size, 0, -(-bars // size), pixels_per_slot, 0)
    count = collect_candles(slots, series, tuple(one.level(level) for one in pyramids), sight, out)
    # A bucket belongs to the column of its first bar.
    owner = np.array([column_of(bar // size * size, pixels_per_slot, 0) for bar in range(bars)])
    assert out[0, :count].tolist() == sorted(set(owner.tolist()))
    for x, *got in out[:, :count].T:
        part = owner == x
        expected = [open_[part][0], high[part].max(), low[part].min(), close[part][-1], volume[part].max()]
        assert got == expected


def test_extremes_leave_nan_out() -> None:
    lows, highs = np.array([np.nan, 2.0, 1.0, np.nan]), np.array([np.nan, 5.0, 4.0, np.nan])
    assert extremes(lows, highs, 4) == (1.0, 5.0)
    assert np.isnan(extremes(lows, highs, 1)).all()
