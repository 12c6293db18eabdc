"""Where windows go: arithmetic on rectangles, no window involved."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMargins, QRect

from strategy_tester.ui.screens import (
    Screen,
    WindowPlace,
    find_screen,
    fit,
    is_reachable,
    next_place,
    place_window,
    screen_at,
)

FRAME = QMargins(4, 32, 4, 4)
LEFT = Screen("LEFT", "A1", QRect(0, 0, 1920, 1080), QRect(0, 0, 1920, 1040))
RIGHT = Screen("RIGHT", "B2", QRect(1920, 0, 1280, 720), QRect(1920, 0, 1280, 720), 2.0)


def around(window: QRect, frame: QMargins = FRAME) -> QRect:
    return window.marginsAdded(frame)


def test_window_on_its_screen_stays():
    place = WindowPlace(RIGHT, QRect(2000, 100, 600, 400), FRAME)
    target = place_window(place, [LEFT, RIGHT])
    assert target.geometry == QRect(2000, 100, 600, 400)
    assert target.screen is RIGHT
    assert target.is_home


def test_window_of_a_missing_screen_comes_to_the_one_there_is_at_the_same_distance_from_its_corner():
    place = WindowPlace(RIGHT, QRect(2000, 100, 600, 400), FRAME)
    target = place_window(place, [LEFT])
    assert target.geometry == QRect(80, 100, 600, 400)
    assert not target.is_home


def test_window_follows_its_screen_to_another_place_among_the_screens():
    moved = Screen("RIGHT", "B2", QRect(-1280, 200, 1280, 720), QRect(-1280, 200, 1280, 720))
    target = place_window(WindowPlace(RIGHT, QRect(2000, 100, 600, 400), FRAME), [LEFT, moved])
    assert target.geometry == QRect(-1200, 300, 600, 400)
    assert target.is_home


def test_window_larger_than_the_screen_is_shrunk_with_its_frame():
    target = place_window(WindowPlace(LEFT, QRect(0, 32, 1900, 1000), FRAME), [RIGHT])
    assert around(target.geometry) == QRect(1920, 0, 1280, 720)


def test_title_bar_never_lies_above_the_top_edge():
    above = QRect(100, 10, 600, 400)
    assert fit(above, FRAME, LEFT.available).top() == 32
    assert fit(above, QMargins(), LEFT.available) == above


def test_window_that_its_user_pushed_half_over_the_edge_stays_there():
    half_out = QRect(1700, 600, 800, 500)
    assert fit(half_out, FRAME, LEFT.available) == half_out


def test_window_with_only_a_sliver_in_sight_comes_in():
    sliver = QRect(1900, 600, 800, 400)
    assert around(fit(sliver, FRAME, LEFT.available)).right() == 1919


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Screen("other", "B2", QRect(5, 5, 5, 5), QRect()), "RIGHT"),  # the serial number goes first
        (Screen("LEFT", "", QRect(5, 5, 5, 5), QRect()), "LEFT"),  # then the name
        (Screen("", "", QRect(1920, 0, 1280, 720), QRect()), "RIGHT"),  # then the place
        (Screen("HDMI-7", "Z9", QRect(9, 9, 9, 9), QRect()), None),
        (Screen("LEFT", "Z9", QRect(9, 9, 9, 9), QRect()), None),  # another monitor at the same connector
    ],
)
def test_screens_are_known_again(wanted, expected):
    found = find_screen(wanted, [LEFT, RIGHT])
    assert (found.name if found else None) == expected


def test_monitors_with_one_serial_number_are_told_apart_by_name():
    twins = [Screen("DP-1", "0", QRect(0, 0, 10, 10), QRect()), Screen("DP-2", "0", QRect(10, 0, 10, 10), QRect())]
    assert find_screen(Screen("DP-2", "0", QRect(0, 0, 10, 10), QRect()), twins) is twins[1]


def test_nearest_screen_is_taken_for_a_window_outside_all():
    assert screen_at(QRect(9000, 100, 300, 200), [LEFT, RIGHT]) is RIGHT
    assert screen_at(QRect(1800, 100, 300, 200), [LEFT, RIGHT]) is RIGHT
    assert screen_at(QRect(1600, 100, 400, 200), [LEFT, RIGHT]) is LEFT


def test_next_screen_goes_round_and_keeps_the_state():
    place = WindowPlace(LEFT, QRect(100, 100, 600, 400), FRAME, "maximized")
    there = next_place(place, [LEFT, RIGHT])
    assert (there.screen, there.geometry, there.state) == (RIGHT, QRect(2020, 100, 600, 400), "maximized")
    assert next_place(there, [LEFT, RIGHT]).geometry == QRect(100, 100, 600, 400)


def test_place_survives_the_way_through_json():
    place = WindowPlace(RIGHT, QRect(2000, 100, 600, 400), FRAME, "full_screen")
    saved = json.loads(json.dumps(place.to_json()))
    again = WindowPlace.from_json(saved)
    assert again is not None
    assert (again.geometry, again.frame, again.state) == (place.geometry, FRAME, "full_screen")
    assert (again.screen.serial, again.screen.pixel_ratio) == ("B2", 2.0)


@pytest.mark.parametrize(
    "change",
    [
        {"geometry": [1, 2, 3]}, {"geometry": [0, 0, 0, 10]}, {"geometry": [0, 0, "9", 9]}, {"state": "upside down"},
        {"screen": None}, {"screen": {"geometry": [0, 0, 10**9, 5]}}, {"frame": "wide"}, {"geometry": None},
        {"screen": {"geometry": [0, 0, 9, 9], "pixel_ratio": "big"}},
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(change):
    saved = WindowPlace(LEFT, QRect(1, 2, 3, 4), FRAME).to_json()
    assert WindowPlace.from_json(saved) is not None
    assert WindowPlace.from_json(saved | change) is None


COORDINATES = st.integers(-20_000, 20_000)
SIZES = st.integers(1, 9_000)
WINDOWS = st.builds(QRect, COORDINATES, COORDINATES, SIZES, SIZES)
FRAMES = st.builds(QMargins, st.integers(0, 10), st.integers(0, 60), st.integers(0, 10), st.integers(0, 10))


@st.composite
def screens(draw) -> list[Screen]:
    """One to three screens in a row, with task bars."""
    found, left = [], draw(st.integers(-4000, 0))
    for number in range(draw(st.integers(1, 3))):
        geometry = QRect(left, draw(st.integers(-500, 500)), draw(st.integers(800, 5120)), draw(st.integers(600, 2880)))
        available = geometry.adjusted(draw(st.integers(0, 80)), draw(st.integers(0, 40)), 0, -draw(st.integers(0, 80)))
        found.append(Screen(f"S{number}", "", geometry, available, draw(st.sampled_from([1.0, 1.25, 1.5, 2.0]))))
        left += geometry.width()
    return found


@given(screens(), screens(), WINDOWS, FRAMES, st.integers(0, 2))
def test_wherever_a_window_was_it_can_be_seen_and_moved(before, now, window, frame, number):
    place = WindowPlace(before[number % len(before)], window, frame)
    target = place_window(place, now)
    shown = around(target.geometry, frame)
    assert is_reachable(target.geometry, frame, [screen.available for screen in now])
    assert shown.width() <= target.screen.available.width()
    assert shown.height() <= target.screen.available.height()
    assert target.geometry.isValid()


@given(screens(), WINDOWS, FRAMES)
def test_a_second_restore_moves_nothing(now, window, frame):
    first = place_window(WindowPlace(now[0], window, frame), now)
    again = place_window(WindowPlace(first.screen, first.geometry, frame), now)
    assert again.geometry == first.geometry


@given(screens(), WINDOWS, FRAMES)
def test_window_comes_home_when_its_screen_returns(now, window, frame):
    home = place_window(WindowPlace(now[-1], window, frame), now)
    place = WindowPlace(now[-1], home.geometry, frame)
    if len(now) > 1:
        assert not place_window(place, now[:-1]).is_home
    assert place_window(place, now).geometry == home.geometry
