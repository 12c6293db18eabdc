"""Time and sales over a live market in memory."""

import math

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent

from book_builders import trade
from book_panels import SERIES, START_MS, with_live
from live_fakes import MemoryLiveMarkets
from strategy_tester.domain.market_events import StreamState
from strategy_tester.numeric import pixel_tape
from strategy_tester.services.context import Services
from strategy_tester.ui.panels.tape.model import TapeModel


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets) -> Services:
    return with_live(services, live)


@pytest.fixture
def panel(open_panels, live, qtbot):
    shell = open_panels("tape")
    shell.context.live.choose("bybit")
    shell.workbench.links.main.select(SERIES)
    shell.window.docks.show("tape")
    panel = shell.panel("tape")
    qtbot.waitUntil(lambda: panel.feed.is_live, timeout=60_000)
    return panel


def sizes(model: TapeModel, count: int = 10) -> list[float]:
    return [float(model.ring.columns.quantity[number % model.ring.kept]) for number in model.rows(count)]


def test_newest_trade_is_on_top():
    model = TapeModel()
    model.take([trade(100.0, size) for size in (1.0, 2.0, 3.0)])
    assert sizes(model) == [3.0, 2.0, 1.0]


def test_ring_keeps_the_newest_only():
    model = TapeModel(kept=4)
    model.take([trade(100.0, float(size)) for size in range(10)])
    assert sizes(model) == [9.0, 8.0, 7.0, 6.0]


def test_small_trades_are_hidden_and_older_ones_come_in_their_place():
    model = TapeModel()
    model.take([trade(100.0, size) for size in (5.0, 1.0, 7.0, 2.0, 1.0)])
    model.least = 2.0
    assert sizes(model, 2) == [2.0, 7.0]
    model.scroll(1)
    assert sizes(model, 2) == [7.0, 5.0]
    model.scroll(50)
    assert sizes(model, 2) == [7.0, 5.0]


def test_trades_of_one_moment_and_side_can_be_one():
    model = TapeModel()
    model.take([
        trade(100.0, 1.0, time_ms=5), trade(100.1, 2.0, time_ms=5), trade(100.0, 4.0, is_buy=False, time_ms=5),
        trade(100.0, 8.0, is_buy=False, time_ms=6),
    ])  # fmt: skip
    model.set_joins(True)
    assert sizes(model) == [8.0, 4.0, 3.0]
    first = model.joined.columns
    assert (first.price[0], first.count[0]) == (100.1, 2)
    model.set_joins(False)
    assert sizes(model) == [8.0, 4.0, 2.0, 1.0]


def test_list_that_is_held_stands_still_and_counts_what_comes():
    model = TapeModel()
    model.take([trade(100.0, 1.0)])
    model.hold()
    model.take([trade(100.0, 2.0), trade(100.0, 3.0)])
    assert sizes(model) == [1.0]
    assert model.unseen == 2
    model.go_on()
    assert sizes(model) == [3.0, 2.0, 1.0]


def test_largest_two_of_a_hundred_are_large():
    model = TapeModel()
    model.take([trade(100.0, float(size)) for size in range(1, 41)])
    model.measure()
    assert math.isinf(model.large)
    model.take([trade(100.0, float(size)) for size in range(41, 101)])
    model.measure()
    assert model.large == 99.0


def test_gap_is_a_row_of_its_own_and_no_trade():
    model = TapeModel()
    model.take_gap(1)
    model.take([trade(100.0, 1.0, time_ms=5)])
    model.take_gap(6)
    model.take_gap(7)
    model.take([trade(100.0, 2.0, time_ms=5)])
    model.set_joins(True)
    assert sizes(model) == [2.0, math.inf, 1.0]
    model.least = 5.0
    assert sizes(model) == [math.inf]


def test_panel_pauses_under_the_pointer(panel, live, qtbot):
    tape = panel.tape
    live.say("bybit", [trade(100.0, 1.0, time_ms=START_MS)])
    tape.enterEvent(QEnterEvent(QPointF(5, 60), QPointF(5, 60), QPointF(5, 60)))
    live.say("bybit", [trade(100.0, 2.0, time_ms=START_MS)])
    assert sizes(panel.model) == [1.0]
    tape.leaveEvent(QEnterEvent(QPointF(), QPointF(), QPointF()))
    assert sizes(panel.model) == [2.0, 1.0]
    qtbot.keyClick(tape, Qt.Key.Key_Down)
    assert (panel.model.is_held, panel.model.skip) == (True, 1)
    qtbot.keyClick(tape, Qt.Key.Key_Home)
    assert (panel.model.is_held, panel.model.skip) == (False, 0)


def test_cut_connection_leaves_a_gap(panel, live):
    live.say("bybit", [trade(100.0, 1.0, time_ms=START_MS)])
    live.be("bybit", StreamState.LOST, reason="cut")
    live.be("bybit", StreamState.LIVE)
    live.say("bybit", [trade(100.0, 2.0, time_ms=START_MS + 9000)])
    panel.tape.grab()
    assert sizes(panel.model) == [2.0, math.inf, 1.0]


def test_hundreds_of_trades_are_one_frame(panel, live, qtbot):
    painted: list[int] = []
    panel.tape.frame._paint = lambda: painted.append(panel.model.ring.total)
    for number in range(500):
        live.say("bybit", [trade(100.0, 1.0, time_ms=START_MS + number)])
    qtbot.waitUntil(lambda: bool(painted))
    assert painted == [500]


def test_hidden_panel_ends_listening_after_a_while(panel, live, qtbot):
    assert live.topics("bybit")
    panel.feed._linger.setInterval(1)
    panel.hide()
    qtbot.waitUntil(lambda: not live.topics("bybit"))
    assert not panel.feed.is_listening
    panel.show()
    assert panel.feed.is_listening


def test_kernel_is_compiled_once_and_ahead(panel, live):
    live.say("bybit", [trade(100.0, 1.0)])
    panel.tape.grab()
    assert len(pixel_tape.paint_tape.signatures) == 1
    assert len(pixel_tape.pick_trades.signatures) == 1


def test_state_comes_back(panel):
    panel.set_least(2.5)
    panel.set_joins(True)
    state = panel.save_state()
    panel.set_least(0.0)
    panel.set_joins(False)
    panel.restore_state(state)
    assert (panel.model.least, panel.model.joins, panel.least.value()) == (2.5, True, 2.5)
