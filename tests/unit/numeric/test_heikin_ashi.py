"""Average bars against the published formula, worked out by hand."""

import numpy as np
import pytest

from strategy_tester.numeric.heikin_ashi import heikin_ashi

# Open, high, low, close of four bars.
BARS = np.array(
    [
        [10.0, 12.0, 14.0, 11.0],
        [14.0, 16.0, 15.0, 13.0],
        [9.0, 11.0, 10.0, 7.0],
        [12.0, 14.0, 11.0, 8.0],
    ]
)  # fmt: skip


def averages(bars: np.ndarray) -> np.ndarray:
    out = np.empty((4, bars.shape[1]))
    heikin_ashi(tuple(bars), 0, (0.0, 0.0), out)
    return out


def test_four_bars_by_hand() -> None:
    out = averages(BARS)
    # Close: mean of the four prices. Open: middle of the average body before, of the first bar its own.
    assert out[3].tolist() == [11.25, 13.25, 12.5, 9.75]
    assert out[0].tolist() == [11.0, 11.125, 12.1875, 12.34375]
    # High and low: the bar's own, since no average body reaches further.
    assert out[1].tolist() == [14.0, 16.0, 15.0, 13.0]
    assert out[2].tolist() == [9.0, 11.0, 10.0, 7.0]


def test_the_average_body_may_reach_beyond_the_bar() -> None:
    out = averages(np.array([[10.0, 4.0], [10.0, 4.0], [10.0, 4.0], [10.0, 4.0]]))
    assert out[:, 1].tolist() == [10.0, 10.0, 4.0, 4.0]


@pytest.mark.parametrize("first", [1, 2, 3])
def test_going_on_from_any_bar_gives_the_same(first: int) -> None:
    whole = averages(BARS)
    rest = np.empty((4, 4 - first))
    heikin_ashi(tuple(BARS), first, (whole[0, first - 1], whole[3, first - 1]), rest)
    np.testing.assert_array_equal(rest, whole[:, first:])
