"""The visible range and the scales, without any window."""

import math

import pytest

from strategy_tester.ui.charts.panes import Pane, move_border, share_height
from strategy_tester.ui.charts.view_state import TimeView, ValueScale


def view(bars: int = 1000, width: int = 800, span: float = 100.0, left: float = 500.0) -> TimeView:
    made = TimeView(first=0, last=bars - 1, width=width)
    made.show(left, left + span)
    return made


def test_panning_right_by_one_bar_shows_one_earlier_bar() -> None:
    seen = view()
    seen.pan(8.0)
    assert seen.left == pytest.approx(499.0)
    assert seen.span == pytest.approx(100.0)


def test_zooming_keeps_what_lies_under_the_pointer() -> None:
    seen = view()
    before = seen.left + 200 / seen.pixels_per_slot
    seen.zoom(0.5, 200)
    assert seen.span == pytest.approx(50.0)
    assert seen.left + 200 / seen.pixels_per_slot == pytest.approx(before)


def test_zooming_in_stops_before_one_bar_fills_the_window() -> None:
    seen = view()
    for _ in range(100):
        seen.zoom(0.5, 400)
    assert seen.pixels_per_slot <= 120.0


def test_zooming_out_stops_at_one_and_a_half_times_the_data() -> None:
    seen = view()
    for _ in range(100):
        seen.zoom(2.0, 400)
    assert seen.span == pytest.approx(1500.0)


@pytest.mark.parametrize("pixels", [math.inf, -math.inf, 1e12, -1e12])
def test_some_bars_stay_in_sight_however_far_one_pans(pixels: float) -> None:
    seen = view()
    seen.pan(pixels)
    assert seen.left <= 998.0
    assert seen.right >= 2.0


def test_a_wider_window_shows_more_bars_of_the_same_width_and_keeps_the_right_edge() -> None:
    seen = view()
    seen.set_width(1600)
    assert seen.right == pytest.approx(600.0)
    assert seen.pixels_per_slot == pytest.approx(8.0)


def test_a_view_at_the_end_follows_new_bars() -> None:
    seen = view()
    seen.show_end(100)
    left = seen.left
    seen.move_data(0, 1000)
    assert seen.left == pytest.approx(left + 1)


def test_a_view_the_user_moved_stays_when_bars_are_added() -> None:
    seen = view()
    seen.show_end(100)
    seen.pan(80)
    left = seen.left
    seen.move_data(0, 1005)
    assert seen.left == left


def test_fitting_leaves_a_margin_above_and_below() -> None:
    scale = ValueScale()
    scale.fit(100.0, 200.0)
    assert scale.low == pytest.approx(100.0 - 100 / 0.84 * 0.08)
    assert scale.high == pytest.approx(200.0 + 100 / 0.84 * 0.08)


def test_fitting_leaves_the_legend_its_share() -> None:
    scale = ValueScale()
    scale.fit(0.0, 1.0, legend_share=0.4)
    assert scale.share_of(1.0) == pytest.approx(0.4)
    assert scale.share_of(0.0) == pytest.approx(0.92)


def test_a_flat_line_gets_a_range_around_it() -> None:
    scale = ValueScale()
    scale.fit(5.0, 5.0)
    assert scale.low < 5.0 < scale.high


def test_a_scale_the_user_dragged_is_no_longer_fitted() -> None:
    scale = ValueScale()
    scale.fit(100.0, 200.0)
    scale.zoom(2.0)
    low = scale.low
    scale.fit(500.0, 600.0)
    assert scale.low == low


def test_a_logarithmic_scale_puts_equal_ratios_at_equal_distances() -> None:
    scale = ValueScale(low=10.0, high=1000.0, is_log=True)
    assert scale.share_of(100.0) == pytest.approx(0.5)
    assert scale.value_at(0.5) == pytest.approx(100.0)


def test_volumes_stand_on_zero() -> None:
    scale = ValueScale(has_zero_floor=True)
    scale.fit(0.0, 92.0)
    assert (scale.low, scale.high) == (0.0, pytest.approx(100.0))


def test_panes_fill_the_height_with_one_row_between() -> None:
    panes = [Pane("a", stretch=5.0), Pane("b"), Pane("c")]
    places = share_height(panes, 702, gap=1, smallest=20)
    assert places == [(0, 499), (501, 600), (602, 701)]


def test_dragging_a_border_gives_one_pane_what_it_takes_from_the_other() -> None:
    panes = [Pane("a"), Pane("b"), Pane("c")]
    move_border(panes, 0, 30, [100, 100, 100], smallest=20)
    assert [pane.stretch for pane in panes] == [130.0, 70.0, 100.0]


def test_a_pane_cannot_be_dragged_shut() -> None:
    panes = [Pane("a"), Pane("b")]
    move_border(panes, 0, 500, [100, 100], smallest=20)
    assert [pane.stretch for pane in panes] == [180.0, 20.0]
