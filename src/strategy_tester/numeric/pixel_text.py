"""Figures written straight into the pixels of a picture, hundreds of them a frame.

Glyphs are painted once into a sheet: uint8 shape (glyphs, rows, columns), how much of a pixel each covers, beside the
advance of each in pixels. A text is an array of glyph numbers.
"""

import numpy as np

from strategy_tester.numeric.jit import kernel

GLYPHS = "0123456789.\u202f\u2212+:KMBT\u25b2\u25bc\u2014\u2022"
"""The characters a sheet holds, in order."""
POINT, SPACE, MINUS, PLUS, COLON, KILO, MEGA, GIGA, TERA, UP, DOWN, DASH, DOT = range(10, 23)
MOST_GLYPHS = 40
"""Room that a text needs."""


@kernel
def number_codes(value, decimals, codes):
    """A number with a fixed count of decimals and thin spaces between thousands, as `numbers.format_number` writes it.

    Args:
        value: The number, below 9e18 in units of its last decimal.
        decimals: Digits after the point, 12 at most.
        codes: Takes the glyph numbers; MOST_GLYPHS long.

    Returns:
        How many glyphs.
    """
    scale = 1.0
    for _ in range(decimals):
        scale *= 10.0
    scaled = abs(value) * scale
    if not scaled < 9.0e18:
        codes[0] = DASH
        return 1
    whole = np.int64(np.rint(scaled))
    digits = 0
    place = MOST_GLYPHS
    is_zero = whole == 0
    while whole > 0 or digits <= decimals:
        if digits == decimals and decimals > 0:
            place -= 1
            codes[place] = POINT
        elif digits > decimals and (digits - decimals) % 3 == 0:
            place -= 1
            codes[place] = SPACE
        place -= 1
        codes[place] = whole % 10
        whole //= 10
        digits += 1
    if value < 0 and not is_zero:
        place -= 1
        codes[place] = MINUS
    count = MOST_GLYPHS - place
    for index in range(count):
        codes[index] = codes[place + index]
    return count


@kernel
def size_codes(value, decimals, codes):
    """A size for a narrow place: its own decimals while it is small, `354 K` or `1.20 M` when it is large."""
    size = abs(value)
    if size >= 99_999.5:
        limit, letter = 1e3, KILO
        if size >= 999_950.0:
            limit, letter = 1e6, MEGA
        if size >= 999_950_000.0:
            limit, letter = 1e9, GIGA
        if size >= 999_950_000_000.0:
            limit, letter = 1e12, TERA
        count = number_codes(value / limit, 2 if size < 9.995 * limit else 1, codes)
        codes[count] = SPACE
        codes[count + 1] = letter
        return count + 2
    if size >= 10_000.0:
        decimals = 0
    elif size >= 1000.0:
        decimals = min(decimals, 1)
    return number_codes(value, decimals, codes)


@kernel
def clock_codes(time_ms, codes):
    """The time of day with milliseconds: `14:05:22.125`."""
    rest = time_ms % 86_400_000
    parts = (rest // 3_600_000, rest // 60_000 % 60, rest // 1000 % 60)
    count = 0
    for part in parts:
        codes[count], codes[count + 1], codes[count + 2] = part // 10, part % 10, COLON
        count += 3
    codes[count - 1] = POINT
    milliseconds = rest % 1000
    codes[count], codes[count + 1], codes[count + 2] = milliseconds // 100, milliseconds // 10 % 10, milliseconds % 10
    return count + 3


@kernel
def width_of(codes, count, advances):
    """Pixels that a text takes."""
    width = 0
    for index in range(count):
        width += advances[codes[index]]
    return width


@kernel
def blend(below, color, cover):
    """A pixel's color when `color` covers it by cover/255."""
    share = np.int64(cover) + (np.int64(cover) >> 7)
    before = np.int64(below)
    red_blue = ((before & 0xFF00FF) * (256 - share) + (np.int64(color) & 0xFF00FF) * share) >> 8
    green = ((before & 0xFF00) * (256 - share) + (np.int64(color) & 0xFF00) * share) >> 8
    return np.uint32(0xFF000000 | (red_blue & 0xFF00FF) | (green & 0xFF00))


@kernel
def write(pixels, codes, count, at, color, font, clip):
    """Write a text.

    Args:
        pixels: The picture, 0xffRRGGBB, shape (rows, columns).
        codes: Glyph numbers.
        count: How many of them.
        at: Column of the left end and row of the top.
        color: 0xRRGGBB.
        font: Sheet of glyphs, and their advances.
        clip: Left, top, right, bottom of what may be touched, both ends inside.
    """
    sheet, advances = font
    x, y = at
    for index in range(count):
        glyph = codes[index]
        for row in range(max(clip[1] - y, 0), min(clip[3] - y + 1, sheet.shape[1])):
            for column in range(max(clip[0] - x, 0), min(clip[2] - x + 1, sheet.shape[2])):
                cover = sheet[glyph, row, column]
                if cover > 0:
                    pixels[y + row, x + column] = blend(pixels[y + row, x + column], color, cover)
        x += advances[glyph]


@kernel
def write_right(pixels, codes, count, at, color, font, clip):
    """Write a text whose right end is at a column."""
    left = at[0] - width_of(codes, count, font[1])
    write(pixels, codes, count, (left, at[1]), color, font, clip)


@kernel
def fill(pixels, left, top, right, bottom, color, clip):
    """Fill a rectangle, all ends inside, as far as the clip allows."""
    for row in range(max(top, clip[1]), min(bottom, clip[3]) + 1):
        for column in range(max(left, clip[0]), min(right, clip[2]) + 1):
            pixels[row, column] = color


@kernel
def gray_out(pixels, ground, share):
    """Fade a picture towards its ground and take its colors away: what it shows is old. `share` of 256 is ground."""
    back = np.int64(ground)
    for row in range(pixels.shape[0]):
        for column in range(pixels.shape[1]):
            value = np.int64(pixels[row, column])
            light = (77 * (value >> 16 & 255) + 150 * (value >> 8 & 255) + 29 * (value & 255)) >> 8
            red = (light * (256 - share) + (back >> 16 & 255) * share) >> 8
            green = (light * (256 - share) + (back >> 8 & 255) * share) >> 8
            blue = (light * (256 - share) + (back & 255) * share) >> 8
            pixels[row, column] = np.uint32(0xFF000000 | red << 16 | green << 8 | blue)
