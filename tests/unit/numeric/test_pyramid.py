"""Pyramids against the plain definition, and growing ones against those built at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_tester.numeric.pyramid import FACTOR, FIRST, HIGHEST, LAST, LOWEST, FollowingPyramid, Pyramid, level_for

RULES = (FIRST, LAST, HIGHEST, LOWEST)
values = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=700)


def naive_level(series: list[float], level: int, rule: int) -> np.ndarray:
    size = FACTOR**level
    result = []
    for start in range(0, len(series), size):
        part = np.array(series[start : start + size])
        real = part[~np.isnan(part)]
        if rule == FIRST:
            result.append(part[0])
        elif rule == LAST:
            result.append(part[-1])
        elif not real.size:
            result.append(np.nan)
        else:
            result.append(real.max() if rule == HIGHEST else real.min())
    return np.array(result)


@settings(max_examples=60, deadline=None)
@given(values, st.sampled_from(RULES))
def test_every_level_equals_the_plain_definition(series: list[float], rule: int) -> None:
    pyramid = Pyramid(np.array(series), rule)
    for level in range(pyramid.top + 1):
        np.testing.assert_array_equal(pyramid.level(level), naive_level(series, level, rule))


@settings(max_examples=40, deadline=None)
@given(values, st.lists(st.tuples(st.booleans(), st.floats(-1e6, 1e6)), max_size=80), st.sampled_from(RULES))
def test_growing_step_by_step_equals_building_at_once(
    series: list[float], steps: list[tuple[bool, float]], rule: int
) -> None:
    pyramid = Pyramid(np.array(series), rule)
    expected = list(series)
    for is_new, value in steps:
        if is_new:
            pyramid.append(value)
            expected.append(value)
        else:
            pyramid.update_last(value)
            expected[-1] = value
    for level in range(Pyramid(np.array(expected), rule).top + 1):
        np.testing.assert_array_equal(pyramid.level(level), naive_level(expected, level, rule))


def test_growing_past_the_room_keeps_every_level() -> None:
    pyramid = Pyramid(np.arange(100.0), HIGHEST, room=3)
    for value in range(5000):
        pyramid.append(float(value % 977))
    whole = list(np.arange(100.0)) + [float(value % 977) for value in range(5000)]
    for level in range(5):
        np.testing.assert_array_equal(pyramid.level(level), naive_level(whole, level, HIGHEST))


def test_a_lower_high_takes_back_the_old_extreme_of_the_last_bucket() -> None:
    pyramid = Pyramid(np.array([1.0] * 99 + [50.0]), HIGHEST)
    pyramid.update_last(2.0)
    assert pyramid.level(1)[-1] == 2.0


def test_the_given_array_is_never_changed() -> None:
    given_values = np.arange(300.0)
    pyramid = Pyramid(given_values, LOWEST)
    pyramid.update_last(-7.0)
    pyramid.append(-9.0)
    np.testing.assert_array_equal(given_values, np.arange(300.0))
    assert pyramid.values[299] == -7.0
    assert pyramid.values[300] == -9.0


def test_an_empty_series_has_one_empty_level() -> None:
    pyramid = Pyramid(np.empty(0), LAST)
    pyramid.update_last(3.0)
    assert pyramid.top == 0
    assert pyramid.level(0).size == 0


def test_the_first_value_of_an_empty_series_can_be_added() -> None:
    pyramid = Pyramid(np.empty(0), LAST)
    pyramid.append(3.0)
    assert list(pyramid.level(0)) == [3.0]


@pytest.mark.parametrize(
    ("values_per_pixel", "level"), [(0.1, 0), (1.0, 0), (3.9, 0), (4.0, 1), (15.9, 1), (16.0, 2), (700.0, 4), (1e9, 5)]
)
def test_a_bucket_is_never_wider_than_a_pixel(values_per_pixel: float, level: int) -> None:
    assert level_for(values_per_pixel, top=5) == level


@settings(max_examples=40, deadline=None)
@given(values, st.lists(st.tuples(st.booleans(), st.floats(-1e6, 1e6)), max_size=80), st.integers(1, 7))
def test_a_following_pyramid_catches_up_with_its_source(
    series: list[float], steps: list[tuple[bool, float]], every: int
) -> None:
    source = Pyramid(np.array(series), LOWEST)
    following = FollowingPyramid(source, HIGHEST)
    expected = list(series)
    for number, (is_new, value) in enumerate(steps):
        if is_new:
            source.append(value)
            expected.append(value)
        else:
            source.update_last(value)
            expected[-1] = value
        if number % every == 0:
            following.catch_up()
    following.catch_up()
    for level in range(Pyramid(np.array(expected), HIGHEST).top + 1):
        np.testing.assert_array_equal(following.level(level), naive_level(expected, level, HIGHEST))


def test_the_values_of_a_following_pyramid_are_those_of_its_source() -> None:
    source = Pyramid(np.arange(300.0), LOWEST, room=5)
    following = FollowingPyramid(source, HIGHEST)
    assert np.shares_memory(following.values, source.values)
    for value in range(2000):
        source.append(float(value))
    following.catch_up()
    assert np.shares_memory(following.values, source.values)
    assert following.size == 2300


def test_a_following_pyramid_does_not_grow_by_itself() -> None:
    following = FollowingPyramid(Pyramid(np.arange(300.0), LOWEST), HIGHEST)
    with pytest.raises(TypeError):
        following.append(1.0)


@settings(max_examples=40, deadline=None)
@given(values, st.integers(0, 700), st.lists(st.floats(-1e6, 1e6), max_size=300), st.sampled_from(RULES))
def test_putting_values_from_an_index_on_equals_building_at_once(
    series: list[float], first: int, fresh: list[float], rule: int
) -> None:
    first = min(first, len(series))
    pyramid = Pyramid.owning(np.array(series), len(series), rule)
    expected = series[:first] + fresh
    if not expected:
        return
    pyramid.put(first, np.array(fresh))
    for level in range(Pyramid(np.array(expected), rule).top + 1):
        np.testing.assert_array_equal(pyramid.level(level), naive_level(expected, level, rule))
