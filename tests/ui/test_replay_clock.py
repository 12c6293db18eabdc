"""The clock of the replay, without charts."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject

from builders import HOUR_MS, START_MS, random_candles
from strategy_tester.services.replay import ReplayFeed
from strategy_tester.ui.replay_clock import SPEEDS, USUAL_SPEED, ReplayClock, Speed


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


@pytest.fixture
def chart() -> QObject:
    return QObject()


@pytest.fixture
def clock(qapp, chart) -> ReplayClock:
    """In a replay of 100 hours, at the 50th."""
    clock = ReplayClock()
    clock.start(at(50), chart)
    clock.join(chart, ReplayFeed(random_candles(100)))
    return clock


@pytest.mark.parametrize(
    ("speed", "gone_ms"),
    [(Speed(1), 16), (Speed(60), 960), (Speed(300), 4800), (Speed(2, is_in_bars=True), 16 * 7200)],
)
def test_market_time_goes_by_as_fast_as_chosen(clock, speed, gone_ms):
    clock.set_speed(speed)
    clock.play()
    clock._timer.stop()
    clock.tick(16)
    assert clock.now_ms == at(50) + gone_ms


def test_parts_of_a_millisecond_are_not_lost(clock):
    clock.set_speed(Speed(1))
    clock.play()
    clock._timer.stop()
    for _ in range(10):
        clock.tick(0.25)
    assert clock.now_ms == at(50) + 2


def test_a_stall_does_not_leap(clock, monkeypatch):
    clock.set_speed(Speed(1))
    clock.play()
    clock._timer.stop()
    monkeypatch.setattr(clock, "_elapsed", SimpleNamespace(restart=lambda: 60_000))
    clock._frame()
    assert clock.now_ms == at(50) + 250


def test_steps_pause_and_go_to_closes(clock):
    clock.play()
    clock.step()
    assert (clock.now_ms, clock.is_playing) == (at(51), False)
    clock.jump(at(51.5))
    clock.step(-1)
    assert clock.now_ms == at(51)


def test_jumps_stay_inside_the_data(clock):
    clock.jump(at(500))
    assert clock.now_ms == at(100)
    clock.jump(0)
    assert clock.now_ms == at(1)


def test_at_the_end_there_is_nothing_to_play(clock):
    clock.jump(at(100))
    clock.play()
    assert not clock.is_playing


def test_the_range_is_that_of_all_charts(clock):
    clock.join(QObject(), ReplayFeed(random_candles(150)))
    assert clock.range_ms == (at(1), at(150))


def test_nothing_moves_after_it_was_left(clock):
    moved: list[int] = []
    clock.moved.connect(moved.append)
    clock.play()
    clock.stop()
    clock.tick(100)
    clock.step()
    clock.jump(at(20))
    assert moved == []
    assert not clock.is_on


def test_choices_are_kept(qapp, settings):
    context = SimpleNamespace(settings=settings)
    first = ReplayClock(context)
    assert (first.speed, first.takes_all) == (USUAL_SPEED, True)
    first.set_speed(SPEEDS[4])
    first.set_takes_all(False)
    again = ReplayClock(context)
    assert (again.speed, again.takes_all) == (SPEEDS[4], False)
    settings.set("replay.speed", "9999x")
    assert ReplayClock(context).speed == USUAL_SPEED
