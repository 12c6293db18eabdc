"""The panel of the practice exchange: its plan, its state, and what starting it does to the charts."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from live_fakes import MemoryLiveMarkets, MemoryMarketSource
from practice_builders import MINUTE_MS, START_MS, minute_candles
from strategy_tester.domain.errors import MissingCandles
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.services.context import Services
from strategy_tester.services.live_markets import PracticeState
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.panels.practice.days import DAYS
from strategy_tester.ui.panels.practice.view_model import STEPS, place_of, speed_of

BARS = 3000
MARKET = Market("practice", Category.LINEAR, "BTCUSDT")


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets) -> Services:
    for number, symbol in enumerate(("BTCUSDT", "ETHUSDT")):
        services.candles.write(minute_candles(BARS, number, symbol))
    source = MemoryMarketSource(
        {(MARKET, Timeframe.M1): replace(minute_candles(BARS), source="practice-linear")}, "practice",
        lambda: START_MS + 2000 * MINUTE_MS,
    )  # fmt: skip
    return replace(services, live=live, sources=lambda _name: source)


@pytest.fixture
def shell(open_panels, qtbot):
    shell = open_panels("practice", "chart")
    shell.context.docks.show("practice")
    qtbot.waitUntil(lambda: shell.panel("practice").symbols.count() == 2)
    return shell


def started(shell, qtbot):
    panel = shell.panel("practice")
    panel.start_button.click()
    qtbot.waitUntil(lambda: shell.context.live.exchange == "practice", timeout=10_000)
    return panel


def test_every_ready_made_day_is_a_script_the_exchange_understands():
    for day in DAYS:
        FaultScript.parse({"faults": list(day.faults or ())})
    assert {fault["kind"] for day in DAYS for fault in day.faults or ()} >= {"cut", "silence", "drop", "skew_clock"}


@pytest.mark.parametrize("speed", [1.0, 10.0, 60.0, 300.0, 1000.0])
def test_presets_have_their_place_on_the_slider(speed):
    assert speed_of(place_of(speed)) == pytest.approx(speed, rel=0.02)
    assert (speed_of(0), speed_of(STEPS)) == (1.0, 1000.0)


def test_plan_is_what_the_form_says(shell, live, qtbot):
    panel = shell.panel("practice")
    panel.symbols.item(1).setCheckState(Qt.CheckState.Unchecked)
    panel.begin_late.setChecked(False)
    panel.start.setDateTime(panel.start.dateTime().addDays(-1))
    panel.presets.buttons["300"].click()
    panel.seed.setValue(11)
    panel.day.setCurrentIndex(1)
    panel.day.activated.emit(1)
    started(shell, qtbot)
    plan = live.plan
    assert (plan.symbols, plan.speed, plan.seed) == (("BTCUSDT",), 300.0, 11)
    assert plan.start_ms == START_MS + (BARS - 1) * MINUTE_MS - 2 * 86_400_000 or plan.start_ms == START_MS
    assert plan.faults == {"seed": 11, "faults": [{"kind": "cut", "every_s": 20}]}


def test_wishes_come_back_with_the_next_start(shell, settings):
    panel = shell.panel("practice")
    panel.presets.buttons["10"].click()
    panel.symbols.item(0).setCheckState(Qt.CheckState.Unchecked)
    model = type(panel.view_model)(shell.context.live, shell.workbench, settings)
    assert (model.wishes.speed, model.wishes.symbols, model.wishes.start_ms) == (10.0, ("ETHUSDT",), None)


def test_starting_chooses_it_and_shows_its_first_market(shell, qtbot):
    panel = started(shell, qtbot)
    assert shell.workbench.links.main.series == SeriesKey("BTCUSDT", Timeframe.M1, "practice-linear")
    assert shell.workbench.series == SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")
    assert panel.address.text() == "http://127.0.0.1:40001"
    assert panel.word.text() == "Running at 60×"
    assert panel.stop_button.isVisible()
    panel.copy_address()
    assert QGuiApplication.clipboard().text() == "http://127.0.0.1:40001"
    assert shell.window.status._word.text() == "PRACTICE"


def test_speed_pause_and_stop(shell, live, qtbot):
    panel = started(shell, qtbot)
    panel.speed.setValue(STEPS)
    assert live.practice().speed == 1000.0
    panel.pause_button.click()
    assert (live.practice().speed, panel.word.text()) == (0.0, "Paused")
    panel.speed.setValue(0)
    assert live.practice().speed == 0.0
    panel.pause_button.click()
    assert (live.practice().speed, panel.word.text()) == (1.0, "Running at 1×")
    panel.stop_button.click()
    qtbot.waitUntil(lambda: live.practice() is None and panel.word.text() == "Not running")
    assert shell.context.live.exchange == "off"
    assert shell.workbench.links.main.series == SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")


def test_end_of_the_data_is_told_once(shell, live, qtbot):
    panel = started(shell, qtbot)
    told: list[int] = []
    panel.view_model.ended.connect(lambda: told.append(1))
    live.set_practice(PracticeState("practice:40001", "http://127.0.0.1:40001", (MARKET,), START_MS, 60.0, True))
    qtbot.waitUntil(lambda: panel.word.text() == "The data have ended", timeout=3000)
    qtbot.wait(600)
    assert told == [1]


def test_failure_and_a_script_that_is_none_are_said_in_the_panel(shell, live, qtbot):
    panel = shell.panel("practice")
    live.practice_error = MissingCandles("there are no stored candles to replay")
    panel.start_button.click()
    qtbot.waitUntil(lambda: "no stored candles" in panel.errors.text())
    panel._take_day("own")
    panel.script.setPlainText("{")
    panel.start_button.click()
    assert "no JSON" in panel.errors.text()
    assert live.practice() is None


def test_without_candles_it_offers_to_make_some(services, live, open_panels):
    for summary in services.candles.series():
        services.candles.delete(summary.key)
    panel = open_panels("practice").panel("practice")
    assert not panel.empty.isHidden()
    assert panel.form.isHidden()
