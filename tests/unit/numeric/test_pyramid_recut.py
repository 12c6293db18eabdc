"""A pyramid cut short and long again holds what one built at once over the same values holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_tester.numeric.pyramid import FACTOR, FIRST, HIGHEST, LAST, LOWEST, FollowingPyramid, Pyramid

WHOLE = np.random.default_rng(7).normal(100.0, 5.0, 1500)
RULES = (FIRST, LAST, HIGHEST, LOWEST)


def expected(values: np.ndarray, level: int, rule: int) -> list[float]:
    size = FACTOR**level
    picks = {FIRST: lambda part: part[0], LAST: lambda part: part[-1], HIGHEST: np.max, LOWEST: np.min}
    return [float(picks[rule](values[start : start + size])) for start in range(0, values.size, size)]


def check(pyramid: Pyramid, values: np.ndarray) -> None:
    for level in range(pyramid.top + 1):
        assert pyramid.level(level).tolist() == expected(values, level, pyramid.rule)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 1499), st.integers(0, 3)), min_size=1, max_size=8))
def test_any_way_there_ends_alike(rule: int, ends: list[tuple[int, int]]) -> None:
    pyramid = Pyramid(WHOLE, rule, 16)
    following = FollowingPyramid(pyramid, HIGHEST)
    for size, steps in ends:
        pyramid.recut(size, WHOLE)
        following.recut(size, WHOLE)
        check(pyramid, WHOLE[:size])
        check(following, WHOLE[:size])
        for step in range(min(steps, WHOLE.size - size)):
            pyramid.append(200.0)  # still forming, higher than it will be
            pyramid.update_last(float(WHOLE[size + step]))
            following.catch_up()
        pyramid.append(300.0)
        following.catch_up()
        now = np.append(WHOLE[: min(size + steps, WHOLE.size)], 300.0)
        check(pyramid, now)
        check(following, now)


def test_the_whole_comes_back() -> None:
    pyramid = Pyramid(WHOLE, LOWEST, 16)
    pyramid.recut(3, WHOLE)
    pyramid.append(-50.0)
    pyramid.recut(1500, WHOLE)
    check(pyramid, WHOLE)
