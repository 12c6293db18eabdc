"""The connection in the window: the corner of the status bar, its menu, and a word when it is lost for long."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QMenu

from fakes import MemorySettings
from live_fakes import LINEAR, MemoryLiveMarkets, MemoryMarketSource
from strategy_tester.domain.market_events import StreamState
from strategy_tester.services.context import Services
from strategy_tester.services.live_markets import PracticePlan, PracticeState
from strategy_tester.ui import i18n
from strategy_tester.ui.live import connection
from strategy_tester.ui.live.badge import ConnectionButton, fill_connection_menu
from strategy_tester.ui.live.desk import ticker_topic
from strategy_tester.ui.main_window import MainWindow


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def window(services: Services, settings: MemorySettings, live: MemoryLiveMarkets, qtbot, monkeypatch):
    monkeypatch.setattr(connection, "LOST_MS", 150)
    window = MainWindow(settings, [])
    qtbot.addWidget(window)
    window.show()
    window.attach(replace(services, live=live, sources=lambda _name: MemoryMarketSource()))
    window.context.live.subscribe(ticker_topic(LINEAR), lambda _events: None)
    yield window
    window.context.jobs.close()


def corner(window: MainWindow) -> ConnectionButton:
    return window.status.findChild(ConnectionButton)


def toasts(window: MainWindow, monkeypatch) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(
        window.toaster.__class__, "__call__", lambda _self, text, *, kind="good", **_more: told.append((kind, text))
    )
    return told


def test_corner_says_exchange_state_and_latency(window, live):
    button = corner(window)
    assert button.text() == "Offline"
    window.context.live.choose("bybit")
    live.be("bybit", StreamState.LIVE, latency_ms=38.4)
    assert button.text() == "Bybit · 38 ms"
    assert button.property("tone") == "good"
    live.be("bybit", StreamState.LOST, retry_in_s=4.0, reason="the connection was cut")
    assert button.text() == "Bybit · Reconnecting in 4 s"
    assert "the connection was cut" in button.toolTip()
    assert button.property("tone") == "danger"
    live.be("bybit", StreamState.STALE, silent_ms=6000.0)
    assert button.text() == "Bybit · No data for 6 s"
    i18n.set_language("ru")
    assert button.text() == "Bybit · Нет данных 6 с"


def test_practice_exchange_says_its_speed_and_its_end(window, live, qtbot):
    desk = window.context.live
    desk.start_practice(PracticePlan(speed=300.0))
    qtbot.waitUntil(lambda: desk.exchange == "practice")
    assert corner(window).text() == "Practice exchange · 300×"
    desk.set_practice_speed(0.0)
    assert corner(window).text() == "Practice exchange · 0×"
    live.set_practice(PracticeState("practice:40001", "", (), 0, 300.0, True))
    live.be("practice:40001", StreamState.LIVE, latency_ms=3.0)
    assert corner(window).text() == "Practice exchange · the data have ended"


def test_menu_chooses_and_connects_anew(window, live):
    desk, menu = window.context.live, QMenu()
    fill_connection_menu(menu, desk)
    lines = {action.text(): action for action in menu.actions()}
    assert lines["Offline"].isChecked()
    assert not lines["Connect anew"].isEnabled()
    lines["Bybit"].trigger()
    assert desk.exchange == "bybit"
    told: list[str] = []
    desk.exchange_changed.connect(told.append)
    fill_connection_menu(menu, desk)
    next(action for action in menu.actions() if action.text() == "Connect anew").trigger()
    assert told == ["bybit"]
    wanted: list[int] = []
    desk.practice_wanted.connect(lambda: wanted.append(1))
    next(action for action in menu.actions() if action.text() == "Practice exchange…").trigger()
    assert wanted == [1]


def test_loss_is_told_when_it_lasts_and_so_is_the_return(window, live, qtbot, monkeypatch):
    told = toasts(window, monkeypatch)
    window.context.live.choose("bybit")
    live.be("bybit", StreamState.LOST, retry_in_s=1.0, reason="cut")
    live.be("bybit", StreamState.LIVE)
    qtbot.wait(300)
    assert told == []
    live.be("bybit", StreamState.LOST, retry_in_s=60.0, reason="cut")
    qtbot.waitUntil(lambda: len(told) == 1)
    live.be("bybit", StreamState.CONNECTING)
    qtbot.wait(300)
    live.be("bybit", StreamState.LIVE, latency_ms=2.0)
    assert [kind for kind, _ in told] == ["warn", "good"]
    assert "no connection" in told[0][1]
    assert told[1][1] == "Bybit: the connection is back."


def test_environment_word_follows_the_exchange(window, qtbot):
    desk, word = window.context.live, window.status._word
    desk.choose("bybit-testnet")
    assert word.text() == "TESTNET"
    desk.start_practice(PracticePlan())
    qtbot.waitUntil(lambda: desk.exchange == "practice")
    assert word.text() == "PRACTICE"
    desk.choose("off")
    assert word.text() == "BACKTEST"


def test_without_live_markets_there_is_no_corner(services, settings, qtbot):
    window = MainWindow(settings, [])
    qtbot.addWidget(window)
    window.attach(services)
    assert corner(window) is None
    window.context.jobs.close()
