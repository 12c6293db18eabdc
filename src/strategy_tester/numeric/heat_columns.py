"""The order book over time as colors: a ring of columns, one for each stretch of market time, and its picture.

A ring holds sizes by bucket and column, float32, shape (buckets, columns); column number n stands at n modulo their
count, and likewise bucket b. Each column has its own lowest bucket, so that the market may wander without anything
being moved. NaN is not zero: it is a price about which the book said nothing.
"""

from collections import namedtuple

import numpy as np

from strategy_tester.numeric.book_rows import row_of
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.pixel_text import blend

EMPTY, BOOK, GAP = range(3)
HeatRing = namedtuple("HeatRing", "sizes lowest kind price bought sold bought_value sold_value")
"""Sizes; per column: lowest bucket, what it holds, last price in buckets (NaN: none), traded quantities and sums of
quantity times bucket."""
HeatView = namedtuple("HeatView", "left oldest newest slot_width merged top row_height")
"""Column number at the left edge, first and last column there is, pixels of a slot, columns merged in a slot, bucket at
the top edge, pixels of a bucket."""
HeatColors = namedtuple("HeatColors", "levels unknown gap gap_line reference")
"""Colors from nothing to much, color of the unknown, of gaps and their hatching, the size of the last color."""
OverlayColors = namedtuple("OverlayColors", "price bought sold edge")
_CELL = 6


@kernel
def write_column(ring, place, bids, asks, group, lowest):
    """Write a book into a column.

    Args:
        ring: HeatRing.
        place: Which column of the ring.
        bids: Ticks and sizes of buyers, best first.
        asks: Those of sellers.
        group: Ticks in a bucket.
        lowest: Lowest bucket of the column.
    """
    sizes = ring.sizes
    count = sizes.shape[0]
    ring.lowest[place] = lowest
    ring.kind[place] = BOOK
    for row in range(count):
        sizes[row, place] = np.nan
    known_from, known_to = np.int64(0), np.int64(-1)
    if bids[0].shape[0] > 0 and asks[0].shape[0] > 0:
        known_from, known_to = row_of(bids[0][-1], group, False), row_of(asks[0][-1], group, True)
    for row in range(max(known_from - lowest, 0), min(known_to - lowest + 1, count)):
        sizes[(lowest + row) % count, place] = 0.0
    for side in range(2):
        ticks, quantities = bids if side == 0 else asks
        for index in range(ticks.shape[0]):
            row = row_of(ticks[index], group, side == 1) - lowest
            if 0 <= row < count:
                sizes[(lowest + row) % count, place] += quantities[index]


@kernel
def _bucket_range(y, view):
    """First and last bucket whose middle lies in a row of pixels; the nearest one where rows are finer."""
    high, low = view.top - y / view.row_height, view.top - (y + 1) / view.row_height
    first, last = np.int64(np.ceil(low)), np.int64(np.ceil(high)) - 1
    if last < first:
        first = last = np.int64(np.floor((high + low) / 2.0 + 0.5))
    return first, last


@kernel
def _columns_in(ring, view, first, last):
    """Where the columns of some slots stand in the ring, and their lowest buckets; nowhere for what holds no book.

    Returns:
        Places, lowest buckets, and for each slot whether there is a gap in it.
    """
    count = max((last - first + 1) * view.merged, 0)
    places, lowest = np.zeros(count, dtype=np.int64), np.full(count, 1 << 60, dtype=np.int64)
    gaps = np.zeros(max(last - first + 1, 0), dtype=np.bool_)
    start = view.left + first * view.merged
    for index in range(count):
        number = start + index
        if number < view.oldest or number > view.newest:
            continue
        place = number % ring.kind.shape[0]
        places[index] = place
        if ring.kind[place] == BOOK:
            lowest[index] = ring.lowest[place]
        elif ring.kind[place] == GAP:
            gaps[index // view.merged] = True
    return places, lowest, gaps


@kernel
def _gather_largest(sizes, columns, bucket, merged, largest):
    """For each slot the larger one of what is there and its sizes at a bucket."""
    places, lowest = columns
    count = sizes.shape[0]
    line = sizes[bucket % count]
    if merged == 1:
        for slot in range(largest.shape[0]):
            away = bucket - lowest[slot]
            size = line[places[slot]]
            # False for NaN, which max() would let through.
            largest[slot] = size if (0 <= away < count) & (size > largest[slot]) else largest[slot]
        return
    for slot in range(largest.shape[0]):
        most = largest[slot]
        for index in range(slot * merged, (slot + 1) * merged):
            away = bucket - lowest[index]
            size = line[places[index]]
            most = size if (0 <= away < count) & (size > most) else most
        largest[slot] = most


@kernel
def paint_slots(pixels, ring, view, colors, first, last):
    """Paint slots first..last of a picture; each is `slot_width` pixels wide and shows the largest size in it."""
    places, lowest, gaps = _columns_in(ring, view, first, last)
    largest = np.empty(gaps.shape[0], dtype=np.float32)
    steps = colors.levels.shape[0] - 1
    factor = np.float32(steps / colors.reference)
    start, end = first * view.slot_width, min((last + 1) * view.slot_width, pixels.shape[1])
    before = (np.int64(1), np.int64(0))
    for y in range(pixels.shape[0]):
        buckets = _bucket_range(y, view)
        if y > 0 and buckets == before:
            pixels[y, start:end] = pixels[y - 1, start:end]
            continue
        before = buckets
        largest[:] = np.float32(-1.0)
        for bucket in range(buckets[0], buckets[1] + 1):
            _gather_largest(ring.sizes, (places, lowest), bucket, view.merged, largest)
        x = start
        for slot in range(largest.shape[0]):
            size = largest[slot]
            color = colors.levels[min(np.int64(size * factor), steps)] if size >= 0.0 else np.uint32(colors.unknown)
            for _ in range(min(view.slot_width, end - x)):
                pixels[y, x] = color
                x += 1
    for slot in range(gaps.shape[0]):
        if gaps[slot]:
            left = (first + slot) * view.slot_width
            for y in range(pixels.shape[0]):
                for x in range(left, min(left + view.slot_width, end)):
                    pixels[y, x] = colors.gap_line if (x + y) % _CELL < 2 else colors.gap


@kernel
def shift_left(pixels, distance):
    """Move a picture to the left; what comes in at the right is left to be painted."""
    width = pixels.shape[1]
    for y in range(pixels.shape[0]):
        line = pixels[y]
        for x in range(width - distance):
            line[x] = line[x + distance]


@kernel
def _disc(pixels, x, y, radius, color, edge):
    """A filled circle with smooth edges."""
    for row in range(max(int(y - radius - 1), 0), min(int(y + radius + 2), pixels.shape[0])):
        for column in range(max(int(x - radius - 1), 0), min(int(x + radius + 2), pixels.shape[1])):
            distance = np.sqrt((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2)
            cover = min(max(radius + 0.5 - distance, 0.0), 1.0)
            if cover > 0.0:
                inner = min(max(radius - 0.5 - distance, 0.0), 1.0)
                pixels[row, column] = blend(pixels[row, column], edge, int(cover * 200.0))
                pixels[row, column] = blend(pixels[row, column], color, int(inner * 215.0))


@kernel
def paint_trades(pixels, ring, view, colors, scale, thickness):
    """Draw the last price as a line and trades as circles over a picture.

    Args:
        pixels: The picture.
        ring: HeatRing.
        view: HeatView.
        colors: OverlayColors.
        scale: Radius in pixels of a trade of size 1 (its area stands for the size), the largest and the smallest
            radius that are drawn.
        thickness: Of the line.
    """
    columns = ring.kind.shape[0]
    slots = -(-pixels.shape[1] // view.slot_width)
    before = np.nan
    for slot in range(slots):
        price, gap = np.nan, False
        for number in range(view.left + slot * view.merged, view.left + (slot + 1) * view.merged):
            if view.oldest <= number <= view.newest:
                gap = gap or ring.kind[number % columns] == GAP
                price = ring.price[number % columns]
        if gap:
            price = np.nan
        if not np.isnan(price):
            y = (view.top - price) * view.row_height
            start = y if np.isnan(before) else before
            top, bottom = int(min(start, y) - thickness // 2), int(max(start, y) + (thickness - 1) // 2)
            for row in range(max(top, 0), min(bottom, pixels.shape[0] - 1) + 1):
                for x in range(slot * view.slot_width, min(slot * view.slot_width + thickness, pixels.shape[1])):
                    pixels[row, x] = colors.price
            flat = int(y - thickness // 2)
            for row in range(max(flat, 0), min(flat + thickness, pixels.shape[0])):
                for x in range(slot * view.slot_width, min((slot + 1) * view.slot_width, pixels.shape[1])):
                    pixels[row, x] = colors.price
            before = y
        else:
            before = np.nan
    for number in range(max(view.left, view.oldest), min(view.left + slots * view.merged, view.newest + 1)):
        place = number % columns
        x = ((number - view.left) // view.merged + 0.5) * view.slot_width
        for side in range(2):
            quantity = ring.bought[place] if side else ring.sold[place]
            if quantity <= 0.0:
                continue
            radius = min(np.sqrt(quantity) * scale[0], scale[1])
            if radius < scale[2]:
                continue
            value = ring.bought_value[place] if side else ring.sold_value[place]
            y = (view.top - value / quantity) * view.row_height
            if -radius < y < pixels.shape[0] + radius:
                _disc(pixels, x, y, radius, colors.bought if side else colors.sold, colors.edge)
