"""The rows of time and sales: chosen from a ring of trades and written into the pixels of a picture."""

from collections import namedtuple

import numpy as np

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.pixel_text import (
    DOT,
    DOWN,
    MOST_GLYPHS,
    UP,
    clock_codes,
    fill,
    number_codes,
    size_codes,
    write,
    write_right,
)

TradeColumns = namedtuple("TradeColumns", "time_ms price quantity is_buy count")
"""A ring of trades: trade number n stands at n modulo the length."""
TapeLook = namedtuple("TapeLook", "edges row_height padding price_decimals size_decimals large zone_ms")
"""Right ends of time, price, size and value, heights, decimals, from which size on a trade is large, time zone."""
TapeColors = namedtuple(
    "TapeColors", "ground stripe grid text muted buy sell buy_bar sell_bar buy_large sell_large hover gap"
)


@kernel
def pick_trades(quantity, newest, oldest, least, skip, picked):
    """Numbers of the newest trades of at least a size.

    Args:
        quantity: Ring of sizes.
        newest: Number of the newest trade.
        oldest: Number of the oldest one that may be taken.
        least: Smaller ones are passed over.
        skip: So many of the newest that fit are passed over, too.
        picked: Takes the numbers, newest first.

    Returns:
        How many were found.
    """
    found = 0
    number = newest
    while number >= oldest and found < picked.shape[0]:
        if quantity[number % quantity.shape[0]] >= least:
            if skip > 0:
                skip -= 1
            else:
                picked[found] = number
                found += 1
        number -= 1
    return found


@kernel
def _paint_gap(pixels, time_ms, span, look, colors, font, codes, clip):
    """A hatched row with the moment from which on nothing was heard."""
    top, bottom = span
    right = look.edges[3]
    for row in range(top, min(bottom, clip[3]) + 1):
        for column in range(right):
            pixels[row, column] = colors.gap if (row + column) % 8 < 2 else colors.ground
    text_top = top + (look.row_height - font[0].shape[1]) // 2
    fill(pixels, 0, top, look.edges[0] - 1, bottom, colors.ground, clip)
    length = clock_codes(time_ms + look.zone_ms, codes)
    write_right(pixels, codes, length, (look.edges[0] - look.padding, text_top), colors.gap, font, clip)


@kernel
def paint_tape(pixels, picked, found, trades, look, colors, font, hover):
    """Paint the trades with these numbers from the top; the rest of the picture is ground.

    Args:
        pixels: The picture.
        picked: Numbers of trades.
        found: How many of them.
        trades: TradeColumns.
        look: TapeLook.
        colors: TapeColors.
        font: Sheet of glyphs, and their advances.
        hover: Place of the row under the pointer, or -1.
    """
    codes = np.empty(MOST_GLYPHS, dtype=np.int64)
    clip = (0, 0, pixels.shape[1] - 1, pixels.shape[0] - 1)
    room = trades.quantity.shape[0]
    right = look.edges[3]
    for place in range(-(-pixels.shape[0] // look.row_height)):
        top = place * look.row_height
        bottom = top + look.row_height - 1
        if place >= found:
            fill(pixels, 0, top, right - 1, bottom, colors.ground, clip)
            continue
        number = picked[place]
        at = number % room
        if trades.count[at] == 0:
            _paint_gap(pixels, trades.time_ms[at], (top, bottom), look, colors, font, codes, clip)
            continue
        is_buy, quantity = trades.is_buy[at], trades.quantity[at]
        is_large = quantity >= look.large
        ground = colors.stripe if number % 2 else colors.ground
        if is_large:
            ground = colors.buy_large if is_buy else colors.sell_large
        if place == hover:
            ground = colors.hover
        fill(pixels, 0, top, right - 1, bottom, ground, clip)
        if not is_large and look.large < np.inf:
            width = int((look.edges[2] - look.edges[1]) * min(quantity / look.large, 1.0))
            bar = colors.buy_bar if is_buy else colors.sell_bar
            fill(pixels, look.edges[2] - width, top + 1, look.edges[2] - 1, bottom - 1, bar, clip)
        fill(pixels, 0, bottom, right - 1, bottom, colors.grid, clip)
        text_top = top + (look.row_height - font[0].shape[1]) // 2
        color = colors.buy if is_buy else colors.sell
        length = clock_codes(trades.time_ms[at] + look.zone_ms, codes)
        write_right(pixels, codes, length, (look.edges[0] - look.padding, text_top), colors.muted, font, clip)
        codes[0] = UP if is_buy else DOWN
        write(pixels, codes, 1, (look.edges[0] + look.padding // 2, text_top), color, font, clip)
        length = number_codes(trades.price[at], look.price_decimals, codes)
        write_right(pixels, codes, length, (look.edges[1] - look.padding, text_top), color, font, clip)
        if is_large:
            codes[0] = DOT
            write(pixels, codes, 1, (look.edges[1] + look.padding // 2, text_top), color, font, clip)
        length = size_codes(quantity, look.size_decimals, codes)
        write_right(pixels, codes, length, (look.edges[2] - look.padding, text_top), colors.text, font, clip)
        length = size_codes(quantity * trades.price[at], 0, codes)
        write_right(pixels, codes, length, (look.edges[3] - look.padding, text_top), colors.muted, font, clip)
