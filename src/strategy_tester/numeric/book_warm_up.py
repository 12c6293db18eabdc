"""Uses every kernel of the order book's panels once, so that the compiler's work is done before the first frame."""

import threading

import numpy as np

from strategy_tester.numeric import book_rows, heat_columns, pixel_depth, pixel_ladder, pixel_tape, pixel_text

_lock = threading.Lock()
_is_done: list[bool] = []


def run() -> None:
    """Compile the kernels or load them from the cache; on a worker thread. Whoever comes second waits for the first."""
    with _lock:
        if not _is_done:
            _ladder()
            _tape()
            _depth()
            _heat_map()
            _is_done.append(True)


def _font():
    count = len(pixel_text.GLYPHS)
    return np.zeros((count, 2, 2), dtype=np.uint8), np.ones(count, dtype=np.int64)


def _pixels():
    return np.zeros((8, 8), dtype=np.uint32)


def _ladder() -> None:
    ticks, sizes = np.arange(4, dtype=np.int64), np.ones(4)
    book_rows.ticks_of(sizes, 1.0, ticks)
    rows, traded = np.zeros(4), np.zeros((2, 4))
    for is_ask in (False, True):
        book_rows.gather(ticks, sizes, 1, is_ask, 3, rows)
        book_rows.gather_cumulative(ticks, sizes, 1, is_ask, 3, rows)
        book_rows.row_of(1, 1, is_ask)
    book_rows.gather_traded(np.zeros((2, 4)), 0, 1, 3, traded)
    ladder = pixel_ladder.LadderRows(rows, rows, traded, 3, 1, 2, 0, 3)
    look = pixel_ladder.LadderLook((2, 4, 6, 8), 2, 1, 0.1, 1, 3, 1.0, 1.0)
    colors = pixel_ladder.LadderColors(*[0xFF000000] * len(pixel_ladder.LadderColors._fields))
    pixel_ladder.paint_ladder(_pixels(), ladder, look, colors, _font(), (1, 0), -1)
    pixel_text.gray_out(_pixels(), 0xFF000000, 96)


def _tape() -> None:
    trades = pixel_tape.TradeColumns(
        np.zeros(4, dtype=np.int64), np.ones(4), np.ones(4), np.zeros(4, dtype=np.bool_), np.ones(4, dtype=np.int64)
    )
    picked = np.zeros(4, dtype=np.int64)
    found = pixel_tape.pick_trades(trades.quantity, 3, 0, 0.0, 0, picked)
    look = pixel_tape.TapeLook((2, 4, 6, 8), 2, 1, 1, 3, 1.0, 0)
    colors = pixel_tape.TapeColors(*[0xFF000000] * len(pixel_tape.TapeColors._fields))
    pixel_tape.paint_tape(_pixels(), picked[:found], found, trades, look, colors, _font(), -1)


def _depth() -> None:
    places = np.array([4.0, 6.0])
    pixel_depth.paint_staircase(_pixels(), places, places, 1, (0xFF000000, 0xFF000000), 1)


def _heat_map() -> None:
    ring = heat_columns.HeatRing(
        np.zeros((4, 4), dtype=np.float32), np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.uint8), np.zeros(4),
        np.zeros(4), np.zeros(4), np.zeros(4), np.zeros(4),
    )  # fmt: skip
    side = np.array([1], dtype=np.int64), np.ones(1)
    heat_columns.write_column(ring, 0, side, side, 1, 0)
    view = heat_columns.HeatView(0, 0, 3, 2, 1, 3.0, 2.0)
    colors = heat_columns.HeatColors(np.zeros(1024, dtype=np.uint32), 0xFF000000, 0xFF000000, 0xFF000000, 1.0)
    heat_columns.paint_slots(_pixels(), ring, view, colors, 0, 3)
    heat_columns.shift_left(_pixels(), 2)
    overlay = heat_columns.OverlayColors(*[0xFF000000] * 4)
    heat_columns.paint_trades(_pixels(), ring, view, overlay, (1.0, 4.0, 1.0), 1)
