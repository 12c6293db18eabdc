"""The rows of a depth ladder written into the pixels of a picture: grounds, bars and figures in one pass."""

from collections import namedtuple

import numpy as np

from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.pixel_text import DOWN, MOST_GLYPHS, UP, fill, number_codes, size_codes, write, write_right

LadderRows = namedtuple("LadderRows", "bids asks traded top_row best_bid best_ask last_bid last_ask")
"""Sizes by row, shape (rows,), traded quantities (2, rows); rows of the best and of the last known levels."""
LadderLook = namedtuple("LadderLook", "edges row_height padding price_step price_decimals size_decimals largest most")
"""Right ends of the four columns, heights, how figures are written, what the longest bars stand for."""
LadderColors = namedtuple(
    "LadderColors",
    "ground unknown spread grid text bid_bar ask_bar bid_best ask_best bought sold last_up last_down on_last hover",
)


@kernel
def paint_ladder(pixels, rows, look, colors, font, last, hover):
    """Paint all rows.

    Args:
        pixels: The picture; row 0 of it is the top of the first row.
        rows: LadderRows.
        look: LadderLook.
        colors: LadderColors, 0xffRRGGBB.
        font: Sheet of glyphs, and their advances.
        last: Row of the last price (a number no row has: none), and whether it rose (1), fell (-1) or neither (0).
        hover: Place of the row under the pointer from the top, or -1.
    """
    count = rows.bids.shape[0]
    codes = np.empty(MOST_GLYPHS, dtype=np.int64)
    height = font[0].shape[1]
    clip = (0, 0, pixels.shape[1] - 1, pixels.shape[0] - 1)
    has_book = rows.best_bid <= rows.best_ask and rows.best_ask < 1 << 60
    for place in range(count):
        row = rows.top_row - place
        top = place * look.row_height
        bottom = top + look.row_height - 1
        text_top = top + (look.row_height - height) // 2
        _paint_ground(pixels, rows, look, colors, (row, top, bottom), (has_book, place == hover), clip)
        sold, bought = rows.traded[0, place], rows.traded[1, place]
        _paint_traded(pixels, (sold, bought), look, colors, (top, bottom), clip)
        if sold + bought > 0.0:
            length = size_codes(sold + bought, look.size_decimals, codes)
            write_right(pixels, codes, length, (look.edges[0] - look.padding, text_top), colors.text, font, clip)
        bid, ask = rows.bids[place], rows.asks[place]
        if bid > 0.0:
            width = _bar(bid, look.largest, look.edges[1] - look.edges[0])
            fill(pixels, look.edges[1] - width, top + 1, look.edges[1] - 1, bottom - 1, colors.bid_bar, clip)
            length = size_codes(bid, look.size_decimals, codes)
            write_right(pixels, codes, length, (look.edges[1] - look.padding, text_top), colors.text, font, clip)
        if ask > 0.0:
            width = _bar(ask, look.largest, look.edges[3] - look.edges[2])
            fill(pixels, look.edges[2], top + 1, look.edges[2] + width - 1, bottom - 1, colors.ask_bar, clip)
            length = size_codes(ask, look.size_decimals, codes)
            write_right(pixels, codes, length, (look.edges[3] - look.padding, text_top), colors.text, font, clip)
        color = colors.text
        if row == last[0]:
            color = colors.on_last
            ground = colors.last_up if last[1] >= 0 else colors.last_down
            fill(pixels, look.edges[1], top, look.edges[2] - 1, bottom, ground, clip)
            if last[1] != 0:
                codes[0] = UP if last[1] > 0 else DOWN
                write(pixels, codes, 1, (look.edges[1] + look.padding // 2, text_top), color, font, clip)
        length = number_codes(row * look.price_step, look.price_decimals, codes)
        write_right(pixels, codes, length, (look.edges[2] - look.padding, text_top), color, font, clip)


@kernel
def _bar(size, largest, room):
    """Pixels of a bar; one at least, so that nothing is hidden."""
    return max(1, int(min(size / largest, 1.0) * room)) if largest > 0.0 else 1


@kernel
def _paint_ground(pixels, rows, look, colors, span, state, clip):
    row, top, bottom = span
    has_book, is_hovered = state
    right = look.edges[3] - 1
    ground = colors.hover if is_hovered else colors.ground
    fill(pixels, 0, top, right, bottom, ground, clip)
    if not has_book:
        fill(pixels, look.edges[0], top, right, bottom, colors.unknown, clip)
    else:
        if rows.best_bid < row < rows.best_ask and not is_hovered:
            fill(pixels, look.edges[0], top, right, bottom, colors.spread, clip)
        if row < rows.last_bid:
            fill(pixels, look.edges[0], top, look.edges[1] - 1, bottom, colors.unknown, clip)
        if row > rows.last_ask:
            fill(pixels, look.edges[2], top, right, bottom, colors.unknown, clip)
        if row == rows.best_bid:
            fill(pixels, look.edges[1], top, look.edges[2] - 1, bottom, colors.bid_best, clip)
        if row == rows.best_ask:
            fill(pixels, look.edges[1], top, look.edges[2] - 1, bottom, colors.ask_best, clip)
    fill(pixels, 0, bottom, right, bottom, colors.grid, clip)


@kernel
def _paint_traded(pixels, sums, look, colors, span, clip):
    """One bar from the left: what takers sold, then what they bought."""
    sold, bought = sums
    if sold + bought <= 0.0 or look.most <= 0.0:
        return
    room = look.edges[0] - look.padding // 2
    width = _bar(sold + bought, look.most, room)
    middle = int(width * sold / (sold + bought))
    fill(pixels, 0, span[0] + 1, middle - 1, span[1] - 1, colors.sold, clip)
    fill(pixels, middle, span[0] + 1, width - 1, span[1] - 1, colors.bought, clip)
