"""Plane geometry of drawings, in numbers."""

import math

import pytest

from strategy_tester.ui.charts.drawing import geometry
from strategy_tester.ui.charts.drawing.geometry import Box

PANE = Box(0, 0, 100, 50)


@pytest.mark.parametrize(
    ("point", "expected"),
    [((5, 3), 3.0), ((-3, 4), 5.0), ((13, -4), 5.0), ((0, 0), 0.0), ((10, 2), 2.0)],
)
def test_distance_to_a_segment_ends_at_its_ends(point: tuple[float, float], expected: float) -> None:
    assert geometry.distance_to_segment(point, (0, 0), (10, 0)) == expected


def test_distance_to_a_segment_without_length() -> None:
    assert geometry.distance_to_segment((3, 4), (0, 0), (0, 0)) == 5.0


def test_a_segment_inside_stays_as_it_is() -> None:
    assert geometry.clipped((10, 10), (20, 20), PANE) == ((10, 10), (20, 20))


def test_a_segment_is_cut_at_the_edges() -> None:
    assert geometry.clipped((-10, 20), (110, 20), PANE) == ((0, 20), (100, 20))
    assert geometry.clipped((50, -50), (50, 25), PANE) == ((50, 0), (50, 25))


def test_a_segment_outside_is_nothing() -> None:
    assert geometry.clipped((-10, 60), (110, 60), PANE) is None
    assert geometry.clipped((120, 0), (130, 50), PANE) is None
    assert geometry.clipped((200, 10), (200, 10), PANE) is None


def test_a_ray_goes_on_beyond_its_second_point_only() -> None:
    assert geometry.clipped((20, 10), (40, 20), PANE, after=True) == ((20, 10), (100, 50))
    assert geometry.clipped((20, 10), (40, 20), PANE, before=True) == ((0, 0), (40, 20))


def test_a_ray_that_points_away_is_not_seen() -> None:
    assert geometry.clipped((-20, 10), (-40, 10), PANE, after=True) is None
    assert geometry.clipped((-20, 10), (-40, 10), PANE, before=True, after=True) == ((100, 10), (0, 10))


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((110, 12), (110, 10)),
        ((12, 60), (10, 60)),
        ((60, 55), (60, 60)),
        ((60, -35), (60, -40)),
        ((-40, -35), (-40, -40)),
        ((10, 10), (10, 10)),
    ],
)
def test_whole_angles(point: tuple[float, float], expected: tuple[float, float]) -> None:
    assert geometry.at_whole_angle((10, 10), point) == pytest.approx(expected)


def test_a_square_is_as_wide_as_the_longer_side_and_keeps_its_corner() -> None:
    assert geometry.as_square((10, 10), (40, 20)) == (40, 40)
    assert geometry.as_square((10, 10), (5, 40)) == (-20, 40)


def test_a_move_along_one_axis_takes_the_longer_one() -> None:
    assert geometry.along_one_axis(5, -4) == (5, 0)
    assert geometry.along_one_axis(3, -4) == (0, -4)


def test_the_offset_of_a_parallel_is_upright_unless_the_line_is() -> None:
    assert geometry.parallel_offset((0, 0), (10, 10), (5, 12)) == (0, 7)
    assert geometry.parallel_offset((4, 0), (4, 10), (9, 3)) == (5, 0)


def test_inside_a_polygon() -> None:
    triangle = ((0, 0), (10, 0), (0, 10))
    assert geometry.is_inside((2, 2), triangle)
    assert not geometry.is_inside((8, 8), triangle)


def test_an_arrow_head_points_at_the_tip() -> None:
    tip, one, other = geometry.arrow_head((0, 0), (100, 0), 10)
    assert tip == (100, 0)
    assert (one, other) == ((90, 4.5), (90, -4.5))


def test_an_arrow_of_no_length_has_a_head_at_its_tip() -> None:
    assert geometry.arrow_head((5, 5), (5, 5), 10)[0] == (5, 5)


@pytest.mark.parametrize(
    ("level", "expected"),
    [(0.0, 200.0), (0.236, 176.4), (0.5, 150.0), (0.618, 138.2), (1.0, 100.0), (1.618, 38.2), (-0.5, 250.0)],
)
def test_retracement_levels_of_a_rise_from_100_to_200(level: float, expected: float) -> None:
    assert geometry.retracement_price(100.0, 200.0, level) == pytest.approx(expected)


@pytest.mark.parametrize(("level", "expected"), [(0.0, 170.0), (0.618, 231.8), (1.0, 270.0), (2.618, 431.8)])
def test_extension_levels_of_a_rise_from_100_to_200_that_turned_at_170(level: float, expected: float) -> None:
    assert geometry.extension_price(100.0, 200.0, 170.0, level) == pytest.approx(expected)


def test_a_box_contains_its_edges_and_a_margin() -> None:
    assert PANE.contains((100, 50))
    assert not PANE.contains((101, 50))
    assert PANE.contains((103, 50), margin=3)


def test_middle_and_moved() -> None:
    assert geometry.middle((0, 0), (10, 4)) == (5, 2)
    assert geometry.moved((1, 2), (3, -4)) == (4, -2)
    assert math.isclose(geometry.distance((0, 0), (3, 4)), 5.0)
