"""Figures as glyph numbers, and their pixels."""

import numpy as np
import pytest

from strategy_tester.numeric.pixel_text import (
    GLYPHS,
    MOST_GLYPHS,
    clock_codes,
    gray_out,
    number_codes,
    size_codes,
    write_right,
)
from strategy_tester.ui.numbers import format_number


def text_of(write, *values) -> str:
    codes = np.zeros(MOST_GLYPHS, dtype=np.int64)
    count = write(*values, codes)
    return "".join(GLYPHS[code] for code in codes[:count])


@pytest.mark.parametrize("decimals", [0, 1, 3, 8])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 12.345, 999.0, 1000.0, 64_210.5, 1_234_567.125, -3.25, -0.0, -1e-12])
def test_numbers_look_as_everywhere_else_in_the_program(value, decimals):
    assert text_of(number_codes, value, decimals) == format_number(value, decimals)


@pytest.mark.parametrize(
    ("size", "decimals", "text"),
    [
        (0.001, 3, "0.001"),
        (999.123, 3, "999.123"),
        (1234.567, 3, "1\u202f234.6"),
        (12_345.6, 3, "12\u202f346"),
        (99_999.4, 1, "99\u202f999"),
        (99_999.5, 1, "100.0\u202fK"),
        (354_000.0, 0, "354.0\u202fK"),
        (999_950.0, 0, "1.00\u202fM"),
        (12_300_000.0, 0, "12.3\u202fM"),
        (2_000_000_000.0, 0, "2.00\u202fB"),
    ],
)
def test_sizes_are_short(size, decimals, text):
    assert text_of(size_codes, size, decimals) == text


def test_what_is_too_large_for_figures_is_a_dash():
    assert text_of(number_codes, 1e300, 2) == "\u2014"
    assert text_of(number_codes, float("nan"), 2) == "\u2014"


def test_clock_has_milliseconds():
    assert text_of(clock_codes, 86_400_000 * 5 + 14 * 3_600_000 + 5 * 60_000 + 22_125) == "14:05:22.125"


def test_glyphs_are_blended_within_the_clip_only():
    sheet = np.zeros((len(GLYPHS), 2, 3), dtype=np.uint8)
    sheet[1] = 255
    advances = np.full(len(GLYPHS), 3, dtype=np.int64)
    pixels = np.full((4, 8), 0xFF000000, dtype=np.uint32)
    codes = np.array([1, 1], dtype=np.int64)
    write_right(pixels, codes, 2, (7, 1), 0xFFFFFFFF, (sheet, advances), (2, 0, 5, 3))
    assert [[int(value & 255) for value in row] for row in pixels] == [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 255, 255, 255, 255, 0, 0],
        [0, 0, 255, 255, 255, 255, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ]


def test_old_pictures_lose_their_colors():
    pixels = np.array([[0xFF00FF00, 0xFF000000]], dtype=np.uint32)
    gray_out(pixels, 0xFF000000, 128)
    red, green, blue = (int(pixels[0, 0]) >> shift & 255 for shift in (16, 8, 0))
    assert red == green == blue == 74
    assert pixels[0, 1] == 0xFF000000
