"""Hollow candles and bars with ticks, as rectangles worked out by hand."""

import numpy as np

from strategy_tester.numeric.pixel_bars import write_bars, write_hollow
from strategy_tester.numeric.pixel_shapes import Area

# Ten rows; 10 lies at the top of row 0, 0 at the bottom of row 9.
AREA = Area(0, 0, 99, 9, 10.0, 1.0, False)


def columns_of(*bars: tuple[float, float, float, float]) -> np.ndarray:
    """Columns ten pixels apart: x, open, high, low, close, volume."""
    return np.array([[5.0 + 10 * number, *bar, 1.0] for number, bar in enumerate(bars)]).T.copy()


def hollow(bars: list[tuple[float, float, float, float]], before: float, widths=(5, 1, 1)) -> tuple[list, list]:
    rising, falling = np.zeros((64, 4), dtype=np.int32), np.zeros((64, 4), dtype=np.int32)
    up, down = write_hollow(columns_of(*bars), len(bars), before, AREA, widths, rising, falling)
    return rising[:up].tolist(), falling[:down].tolist()


def test_a_rising_bar_is_a_frame_with_its_wick_outside() -> None:
    rising, falling = hollow([(2.5, 8.5, 1.5, 6.5)], before=2.0)
    assert falling == []
    assert rising == [
        [5, 1, 5, 2], [5, 8, 5, 8],
        [3, 3, 7, 3], [3, 7, 7, 7], [3, 4, 3, 6], [7, 4, 7, 6],
    ]  # fmt: skip


def test_a_bar_that_closes_below_its_open_is_filled() -> None:
    rising, falling = hollow([(6.5, 8.5, 1.5, 2.5)], before=9.0)
    assert rising == []
    assert falling == [[5, 1, 5, 8], [3, 3, 7, 7]]


def test_color_tells_the_close_against_the_close_before() -> None:
    # Hollow and falling: it closed above its open, but below the close before.
    rising, falling = hollow([(2.5, 8.5, 1.5, 6.5)], before=7.0)
    assert rising == []
    assert len(falling) == 6
    # Filled and rising.
    rising, falling = hollow([(6.5, 8.5, 1.5, 2.5)], before=1.0)
    assert (len(rising), len(falling)) == (2, 0)


def test_the_first_bar_of_all_is_colored_by_its_own_open() -> None:
    rising, falling = hollow([(2.5, 8.5, 1.5, 6.5), (6.5, 6.5, 6.5, 6.5)], before=float("nan"))
    assert (len(rising), len(falling)) == (8, 0)


def test_without_room_for_a_body_wicks_are_left() -> None:
    rising, falling = hollow([(2.5, 8.5, 1.5, 6.5), (6.5, 8.5, 1.5, 2.5)], before=2.0, widths=(0, 1, 1))
    assert rising == [[5, 1, 5, 8]]
    assert falling == [[15, 1, 15, 8]]


def test_ticks_tell_open_at_the_left_and_close_at_the_right() -> None:
    rising, falling = np.zeros((9, 4), dtype=np.int32), np.zeros((9, 4), dtype=np.int32)
    bars = columns_of((2.5, 8.5, 1.5, 6.5), (6.5, 8.5, 1.5, 2.5))
    assert write_bars(bars, 2, AREA, (3, 1), rising, falling) == (3, 3)
    assert rising[:3].tolist() == [[5, 1, 5, 8], [2, 7, 4, 7], [6, 3, 8, 3]]
    assert falling[:3].tolist() == [[15, 1, 15, 8], [12, 3, 14, 3], [16, 7, 18, 7]]


def test_stems_alone_where_there_is_no_room_for_ticks() -> None:
    rising, falling = np.zeros((9, 4), dtype=np.int32), np.zeros((9, 4), dtype=np.int32)
    assert write_bars(columns_of((4.5, 8.5, 1.5, 4.5)), 1, AREA, (0, 1), rising, falling) == (1, 0)
    assert rising[0].tolist() == [5, 1, 5, 8]
