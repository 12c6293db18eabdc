"""Pinned series are updated by themselves: only when wanted, only what is due, never while offline."""

import dataclasses

import pytest

from live_fakes import LINEAR, MemoryMarketSource
from practice_builders import MINUTE_MS, START_MS, minute_candles
from strategy_tester.domain.errors import ExchangeUnreachable
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.market_history import SeriesOutcome
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.panels.data.updates import AutoUpdates, outcome_words
from strategy_tester.ui.panels.download.tasks import TaskMaker

KEY = SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")
BARS = 600


class Clock:
    now_ms = START_MS + BARS * MINUTE_MS + 5_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(clock: Clock) -> MemoryMarketSource:
    return MemoryMarketSource({(LINEAR, Timeframe.M1): minute_candles(2 * BARS)}, now_ms=lambda: clock.now_ms)


@pytest.fixture
def connected(services: Services, source) -> Services:
    services.candles.write(minute_candles(100))
    return dataclasses.replace(services, sources=lambda _name: source)


@pytest.fixture
def updates(connected, jobs, clock) -> AutoUpdates:
    return AutoUpdates(connected, jobs, TaskMaker(connected, str), now_ms=lambda: clock.now_ms)


def test_nothing_is_asked_before_the_switch_is_on(updates, source, rest):
    updates.turn_pin(KEY)
    updates.update_due()
    rest()
    assert source.asked == []


def test_switching_on_updates_what_is_due(updates, connected, source, clock, rest, qtbot):
    updates.turn_pin(KEY)
    with qtbot.waitSignal(updates.ended) as ended:
        updates.set_on(True)
    rest()
    assert [(outcome.key, outcome.added, outcome.problem) for outcome in ended.args[0]] == [(KEY, 500, "")]
    assert connected.candles.series()[0].candles == BARS
    assert updates.pins[KEY].updated_ms == clock.now_ms
    asked = len(source.asked)
    clock.now_ms += 59 * MINUTE_MS
    updates.update_due()
    rest()
    assert len(source.asked) == asked
    clock.now_ms += MINUTE_MS
    updates.update_due()
    rest()
    assert connected.candles.series()[0].candles == BARS + 60


def test_being_told_to_be_offline_counts(updates, connected, source, rest):
    connected.settings.set("live.exchange", "off")
    updates.turn_pin(KEY)
    updates.set_on(True)
    rest()
    assert source.asked == []
    assert updates.why_not == "Updates rest: the program was told to be offline."


def test_failed_updates_are_noted_and_tried_again(updates, source, clock, rest, qtbot):
    source.error = ExchangeUnreachable("the line is cut")
    source.now_ms = source._fail
    updates.turn_pin(KEY)
    with qtbot.waitSignal(updates.ended) as ended:
        updates.set_on(True)
    assert updates.pins[KEY].problem == "the line is cut"
    assert outcome_words(ended.args[0]) == (
        "0 pinned series updated: 0 new candles. 1 series failed: the line is cut"
    )  # fmt: skip
    source.error, source.now_ms = None, lambda: clock.now_ms
    clock.now_ms += 60 * MINUTE_MS
    with qtbot.waitSignal(updates.ended):
        updates.update_due()
    assert updates.pins[KEY].problem == ""


def test_switch_interval_and_pins_are_remembered(updates, connected, jobs):
    updates.turn_pin(KEY)
    updates.set_minutes(240)
    updates.set_on(True)
    again = AutoUpdates(connected, jobs, TaskMaker(connected, str))
    assert (again.is_on, again.minutes, list(again.pins)) == (True, 240, [KEY])
    assert again.pins[KEY].every_minutes == 240
    again.set_on(False)
    again.turn_pin(KEY)
    assert (again.is_on, again.pins) == (False, {})
    updates.set_on(False)


def test_words_of_an_update():
    outcomes = [SeriesOutcome(KEY, added=1), SeriesOutcome(KEY, added=2)]
    assert outcome_words(outcomes) == "2 pinned series updated: 3 new candles"
