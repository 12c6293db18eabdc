"""Live widgets listen only while they can be seen, and paint once per frame."""

import itertools
import time

from PySide6.QtWidgets import QTabWidget, QWidget

from strategy_tester.ui.charts.frame_clock import FrameClock
from strategy_tester.ui.live.visible import OncePerFrame, Visible


def test_widget_of_a_tab_listens_while_it_is_in_front(qtbot):
    tabs, first, second = QTabWidget(), QWidget(), QWidget()
    qtbot.addWidget(tabs)
    tabs.addTab(first, "1")
    tabs.addTab(second, "2")
    told: list[str] = []
    Visible(second, lambda: told.append("begin"), lambda: told.append("end"))
    tabs.show()
    assert told == []
    tabs.setCurrentIndex(1)
    tabs.setCurrentIndex(0)
    tabs.setCurrentIndex(1)
    tabs.hide()
    assert told == ["begin", "end", "begin", "end"]


def test_widget_in_sight_already_begins_at_once(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    told: list[str] = []
    assert Visible(widget, lambda: told.append("begin"), lambda: None).is_shown
    assert told == ["begin"]


def test_many_wishes_make_one_painting(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    painted: list[float] = []
    frame = OncePerFrame(lambda: painted.append(time.monotonic()), widget)
    for _ in range(100):
        frame.wish()
    assert painted == []
    qtbot.waitUntil(lambda: len(painted) == 1)
    qtbot.wait(60)
    assert len(painted) == 1
    frame.wish()
    qtbot.waitUntil(lambda: len(painted) == 2)


def test_clock_beats_at_once_after_a_pause_and_twice_a_frame_at_most_in_a_stream(qtbot):
    clock = FrameClock(None)
    beats: list[float] = []
    clock.beat.connect(lambda: beats.append(time.monotonic()))
    clock.ask()
    assert clock._timer.interval() == 0
    qtbot.waitUntil(lambda: len(beats) == 1)
    clock.ask()
    assert 4 <= clock._timer.interval() <= 8
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        clock.ask()
        qtbot.wait(1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(beats)]
    assert len(gaps) >= 2
    assert sum(gap < 0.006 for gap in gaps) <= len(gaps) // 5


def test_widget_is_painted_once_a_frame_however_often_the_clock_beats(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    painted: list[float] = []
    frame = OncePerFrame(lambda: painted.append(time.monotonic()), widget)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        frame.wish()
        qtbot.wait(1)
    assert len(painted) >= 3
    assert min(later - earlier for earlier, later in itertools.pairwise(painted)) > 0.013
