"""Pixels written by kernels against plain readings of what they should be."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategy_tester.numeric.pixel_guides import write_dashes, write_grid
from strategy_tester.numeric.pixel_raster import fill_between, fill_down, fill_rects, stroke_segments
from strategy_tester.numeric.pixel_shapes import Area

BLACK, WHITE = 0xFF000000, 0xFFFFFFFF
WHOLE = (0, 0, 19, 15)


def canvas(width: int = 20, height: int = 16) -> np.ndarray:
    return np.full((height, width), BLACK, dtype=np.uint32)


def shown(pixels: np.ndarray) -> list[str]:
    """Rows of a picture: `#` white, `.` black, `+` in between."""
    signs = {BLACK: ".", WHITE: "#"}
    return ["".join(signs.get(int(pixel), "+") for pixel in row) for row in pixels]


places = st.integers(-5, 25)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(places, places, places, places), max_size=6), st.tuples(places, places, places, places))
def test_rectangles_fill_what_the_clip_lets_them(rects: list[tuple[int, ...]], clip: tuple[int, ...]) -> None:
    clip = (max(clip[0], 0), max(clip[1], 0), min(clip[2], 19), min(clip[3], 15))
    pixels, expected = canvas(), canvas()
    array = np.array(rects, dtype=np.int32).reshape(-1, 4)
    fill_rects(pixels, (0, 0), array, len(rects), WHITE, clip)
    for left, top, right, bottom in rects:
        for row in range(max(top, clip[1]), min(bottom, clip[3]) + 1):
            for column in range(max(left, clip[0]), min(right, clip[2]) + 1):
                expected[row, column] = WHITE
    np.testing.assert_array_equal(pixels, expected)


def test_shapes_may_begin_anywhere_in_the_picture() -> None:
    pixels = canvas(6, 4)
    fill_rects(pixels, (2, 1), np.array([[0, 0, 1, 1], [3, 0, 3, 0]], dtype=np.int32), 2, WHITE, (0, 0, 3, 2))
    assert shown(pixels) == ["......", "..##.#", "..##..", "......"]


def test_a_flat_line_of_one_pixel_on_a_row_is_crisp() -> None:
    pixels = canvas(8, 3)
    stroke_segments(pixels, (0, 0), np.array([[1.5, 1.5, 6.5, 1.5]]), 1, 1.0, WHITE, (0, 0, 7, 2))
    assert shown(pixels) == ["........", ".######.", "........"]


def test_a_line_between_two_rows_is_shared_by_both() -> None:
    pixels = canvas(8, 4)
    stroke_segments(pixels, (0, 0), np.array([[-5.0, 2.0, 20.0, 2.0]]), 1, 1.0, WHITE, (0, 0, 7, 3))
    assert {hex(pixel) for pixel in pixels[1]} == {hex(pixel) for pixel in pixels[2]} == {"0xff7f7f7f"}
    assert shown(pixels)[0] == shown(pixels)[3] == "........"


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(*[st.floats(-10.0, 30.0)] * 4),
    st.floats(1.0, 5.0),
    st.sampled_from([WHOLE, (3, 2, 15, 12), (0, 0, 0, 15)]),
)
def test_a_stroke_covers_by_distance_alone(
    ends: tuple[float, ...], width: float, clip: tuple[int, int, int, int]
) -> None:
    pixels = canvas()
    stroke_segments(pixels, (0, 0), np.array([ends]), 1, width, WHITE, clip)
    x1, y1, x2, y2 = ends
    length = math.hypot(x2 - x1, y2 - y1)
    for row in range(16):
        for column in range(20):
            x, y = column + 0.5, row + 0.5
            along = 0.0
            if length**2 > 0.0:
                along = min(max(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length**2, 0.0), 1.0)
            away = math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))
            share = min(max(width / 2 + 0.5 - away, 0.0), 1.0)
            inside = clip[0] <= column <= clip[2] and clip[1] <= row <= clip[3]
            assert int(pixels[row, column]) & 255 == pytest.approx(255 * share if inside else 0.0, abs=2.0)


def test_a_stroke_mixes_with_what_is_below() -> None:
    pixels = np.full((3, 3), 0xFF204060, dtype=np.uint32)
    stroke_segments(pixels, (0, 0), np.array([[-9.0, 2.0, 9.0, 2.0]]), 1, 1.0, 0xFFA0C0E0, (0, 0, 2, 2))
    assert hex(pixels[1, 1]) == "0xff6080a0"


def test_the_ground_of_a_line_ends_where_the_line_breaks() -> None:
    pixels = canvas(10, 6)
    points = np.array([[0.5, 1.5], [3.5, 4.5], [np.nan, np.nan], [6.5, 2.5], [8.5, 2.5]])
    fill_down(pixels, (0, 0), points, 5, np.full(6, WHITE, dtype=np.uint32), 0, (0, 0, 9, 5))
    assert shown(pixels) == [
        "..........",
        "#.........",
        "##....###.",
        "###...###.",
        "####..###.",
        "####..###.",
    ]


def test_each_row_of_the_ground_has_its_own_color() -> None:
    pixels = canvas(4, 4)
    colors = np.array([0xFF000001, 0xFF000002, 0xFF000003], dtype=np.uint32)
    fill_down(pixels, (0, 0), np.array([[0.0, 1.0], [4.0, 1.0]]), 2, colors, 1, (0, 1, 3, 3))
    assert pixels[:, 0].tolist() == [BLACK, 0xFF000001, 0xFF000002, 0xFF000003]


def test_between_two_lines_is_filled_where_both_have_values() -> None:
    pixels = canvas(9, 8)
    nan = np.nan
    one = np.array([[1.0, 3.0, 5.0, 7.0], [6.0, 6.0, nan, 6.0], [6.0, 6.0, nan, 6.0]])
    two = np.array([[1.0, 3.0, 5.0, 7.0], [4.0, 2.0, 2.0, 4.0], [4.0, 2.0, 2.0, 4.0]])
    area = Area(0, 0, 8, 7, 8.0, 1.0, False)
    fill_between(pixels, (0, 0), one, two, 4, area, WHITE, (0, 0, 8, 7))
    assert shown(pixels) == [
        ".........",
        ".........",
        ".###...#.",
        ".###...#.",
        ".###...#.",
        "..##.....",
        "...#.....",
        ".........",
    ]


def test_grid_lines_outside_the_frame_are_left_out() -> None:
    rects = np.zeros((8, 4), dtype=np.int32)
    count = write_grid(np.array([-1, 4, 99]), np.array([3, 50]), (0, 0, 9, 7), 2, rects)
    assert rects[:count].tolist() == [[0, 4, 9, 5], [3, 0, 4, 7]]


@pytest.mark.parametrize("upright", [False, True])
def test_the_last_dash_is_cut_at_the_end(upright: bool) -> None:
    rects = np.zeros((8, 4), dtype=np.int32)
    count = write_dashes(0, 9, 5, (3, 1, 2), upright, rects)
    expected = [[0, 5, 2, 6], [4, 5, 6, 6], [8, 5, 9, 6]]
    if upright:
        expected = [[across, left, thick, right] for left, across, right, thick in expected]
    assert rects[:count].tolist() == expected
