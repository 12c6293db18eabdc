"""Levels of an order book gathered into rows of one or more ticks.

A row is named by its number: price / (tick * group). Buyers are rounded down and sellers up, as exchanges group their
books: no row then promises a better price than there is, and no row ever holds both sides.
"""

import numpy as np

from strategy_tester.numeric.jit import kernel


@kernel
def row_of(tick, group, is_ask):
    """The row of a price in ticks."""
    return -(-tick // group) if is_ask else tick // group


@kernel
def ticks_of(prices, tick_size, ticks):
    """Prices as whole numbers of ticks."""
    for index in range(prices.shape[0]):
        ticks[index] = np.int64(np.rint(prices[index] / tick_size))


@kernel
def gather(ticks, sizes, group, is_ask, top_row, rows):
    """Sum sizes by row; the first of `rows` is row `top_row`, the next the one below it. Returns what lay outside."""
    rows[:] = 0.0
    outside = 0.0
    for index in range(ticks.shape[0]):
        place = top_row - row_of(ticks[index], group, is_ask)
        if 0 <= place < rows.shape[0]:
            rows[place] += sizes[index]
        else:
            outside += sizes[index]
    return outside


@kernel
def gather_cumulative(ticks, sizes, group, is_ask, top_row, rows):
    """For each row all that would be taken by an order that reaches it; 0 beyond the last known level.

    Args:
        ticks: Levels of one side, best first.
        sizes: Their sizes.
        group: Ticks in a row.
        is_ask: Whether they are sellers.
        top_row: The row that `rows` begins with.
        rows: Takes the sums.
    """
    rows[:] = 0.0
    if ticks.shape[0] == 0:
        return
    total, index = 0.0, 0
    best, last = row_of(ticks[0], group, is_ask), row_of(ticks[-1], group, is_ask)
    step = 1 if is_ask else -1
    lowest, highest = top_row - rows.shape[0] + 1, top_row
    row = best
    if row < lowest and is_ask:
        row = lowest
    if row > highest and not is_ask:
        row = highest
    while lowest <= row <= highest and (last - row) * step >= 0:
        while index < ticks.shape[0] and (row - row_of(ticks[index], group, is_ask)) * step >= 0:
            total += sizes[index]
            index += 1
        rows[top_row - row] = total
        row += step


@kernel
def gather_traded(traded, first_tick, group, top_row, rows):
    """Sum traded quantities by row: shape (2, ticks), what takers sold and what they bought, into shape (2, rows)."""
    rows[:] = 0.0
    for side in range(2):
        highest = min(first_tick + traded.shape[1] - 1, (top_row + 1) * group)
        lowest = max(first_tick, (top_row - rows.shape[1]) * group)
        for tick in range(lowest, highest + 1):
            place = top_row - row_of(tick, group, side == 1)
            if 0 <= place < rows.shape[1]:
                rows[side, place] += traded[side, tick - first_tick]
