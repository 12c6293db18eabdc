"""The depth ladder over a live market in memory."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from book_builders import change, snapshot, trade
from book_panels import ASKS, BIDS, OTHER, show_panel, with_live
from live_fakes import MemoryLiveMarkets
from strategy_tester.domain.market_events import StreamState
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.numeric import pixel_ladder
from strategy_tester.services.context import Services
from strategy_tester.ui.panels.books.feed import FeedState
from strategy_tester.ui.panels.ladder.model import LadderModel, TradedVolume


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets) -> Services:
    return with_live(services, live)


@pytest.fixture
def panel(open_panels, live, qtbot):
    return show_panel(open_panels("ladder"), live, "ladder", qtbot)


def cells(model: LadderModel) -> dict[float, tuple[float, float, float, float]]:
    """Bid, ask, sold and bought by price, of rows that hold anything."""
    rows = model.rows()
    found = {}
    for place in range(model.count):
        values = (rows.bids[place], rows.asks[place], rows.traded[0, place], rows.traded[1, place])
        if any(values):
            found[round((rows.top_row - place) * model.group * 0.1, 1)] = tuple(map(float, values))
    return found


def test_rows_hold_the_book_and_what_was_traded(panel, live, qtbot):
    live.say("bybit", [trade(100.2, 0.5, name="1"), trade(100.0, 0.25, is_buy=False, name="2")])
    live.say("bybit", [change(11, bids=((99.9, 0.0), (100.1, 6.0)))])
    panel.ladder.grab()
    assert cells(panel.model) == {
        99.7: (4.0, 0.0, 0.0, 0.0),
        100.0: (1.0, 0.0, 0.25, 0.0),
        100.1: (6.0, 0.0, 0.0, 0.0),
        100.2: (0.0, 3.0, 0.0, 0.5),
        100.3: (0.0, 5.0, 0.0, 0.0),
        100.6: (0.0, 7.0, 0.0, 0.0),
    }
    assert panel.model.last_row == 1000
    assert panel.model.last_direction == -1


def test_rows_of_several_ticks_and_sums(panel):
    panel.ladder.grab()
    panel.set_group(5)
    assert cells(panel.model) == {
        99.5: (6.0, 0.0, 0.0, 0.0),
        100.0: (1.0, 0.0, 0.0, 0.0),
        100.5: (0.0, 8.0, 0.0, 0.0),
        101.0: (0.0, 7.0, 0.0, 0.0),
    }
    panel.set_cumulative(True)
    assert cells(panel.model)[99.5] == (7.0, 0.0, 0.0, 0.0)
    assert cells(panel.model)[101.0] == (0.0, 15.0, 0.0, 0.0)


def test_lost_and_old_books_are_grayed_and_said(panel, live, qtbot):
    def colorful(image) -> int:
        return sum(
            image.pixelColor(x, y).hslSaturation() > 120
            for x in range(0, image.width(), 7)
            for y in range(60, image.height() - 30, 5)
        )

    assert colorful(panel.ladder.grab().toImage()) > 0
    live.say("bybit", [change(15, bids=((99.9, 9.0),))])  # 11 to 14 are missing
    qtbot.waitUntil(lambda: panel.feed.state is FeedState.LOST, timeout=2000)
    assert "Data lost · fetching the book anew" in panel.head.state.text()
    assert colorful(panel.ladder.grab().toImage()) == 0
    assert cells(panel.model)[99.9] == (2.0, 0.0, 0.0, 0.0)
    live.say("bybit", [trade(100.2, 0.5)])
    assert not panel.model.has_missed_trades
    live.be("bybit", StreamState.STALE, silent_ms=4200)
    assert panel.model.has_missed_trades
    assert panel.feed.state is FeedState.STALE
    assert "Old data · 4." in panel.head.state.text()


def test_connection_that_is_being_made_anew_does_not_hide_that_data_are_old(panel, live):
    live.be("bybit", StreamState.CONNECTING)
    assert panel.feed.state is FeedState.LOST
    assert "Data lost · reconnecting" in panel.head.state.text()
    live.be("bybit", StreamState.LIVE)
    assert panel.feed.is_live


def test_link_moves_the_ladder_to_another_market(panel, live, qtbot):
    live.say("bybit", [trade(100.2, 0.5)])
    panel.link.groups.main.select(OTHER)
    qtbot.waitUntil(lambda: panel.feed.instrument is not None)
    assert panel.feed.market.symbol == "ETHUSDT"
    assert panel.dock_title() == "Ladder ETHUSDT"
    assert cells(panel.model) == {}
    assert {topic.market.symbol for topic in live.topics("bybit")} == {"ETHUSDT"}


def test_wheel_scrolls_and_a_key_brings_the_middle_back(panel, qtbot):
    ladder, model = panel.ladder, panel.model
    ladder.grab()
    top = model.top_row
    wheel(ladder, 120)
    assert (model.top_row, model.follows, panel.centered.isChecked()) == (top + 3, False, False)
    qtbot.keyClick(ladder, Qt.Key.Key_C)
    ladder.grab()
    assert (model.top_row, model.follows, panel.centered.isChecked()) == (top, True, True)
    wheel(ladder, -120, Qt.KeyboardModifier.ControlModifier)
    assert model.group == 5
    qtbot.keyClick(ladder, Qt.Key.Key_Minus)
    assert (model.group, panel.group.currentText()) == (1, "1")


def wheel(widget, turn: int, keys=Qt.KeyboardModifier.NoModifier) -> None:
    event = QWheelEvent(
        QPointF(50, 80), widget.mapToGlobal(QPointF(50, 80)), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_state_comes_back(panel):
    panel.set_group(10)
    panel.set_cumulative(True)
    state = panel.save_state()
    panel.set_group(1)
    panel.set_cumulative(False)
    panel.restore_state(state)
    assert (panel.model.group, panel.model.is_cumulative, panel.link.color) == (10, True, "blue")
    panel.restore_state({"options": {"group": 7, "sums": None}, "link": 5})
    assert panel.model.group == 10


def test_kernel_is_compiled_once_and_ahead(panel):
    panel.ladder.grab()
    assert len(pixel_ladder.paint_ladder.signatures) == 1


def test_ladder_follows_a_market_that_walks_away_and_stays_when_told_to():
    model = LadderModel()
    model.set_count(40)
    book = OrderBook(200)
    book.apply(snapshot(1, BIDS, ASKS))
    model.levels.read(book, 0.1)
    model.rows()
    assert model.top_row == 1001 + 20
    book.apply(snapshot(2, ((101.5, 1.0),), ((101.6, 1.0),)))
    model.levels.read(book, 0.1)
    model.rows()
    assert model.top_row == 1015 + 20
    model.scroll(1)
    book.apply(snapshot(3, ((200.0, 1.0),), ((200.1, 1.0),)))
    model.levels.read(book, 0.1)
    model.rows()
    assert model.top_row == 1015 + 21


def test_traded_quantities_survive_growth_and_stay_bounded():
    traded = TradedVolume()
    traded.add(1000, 1.0, is_buy=True)
    traded.add(60_000, 2.0, is_buy=False)
    traded.add(1000, 3.0, is_buy=True)
    assert traded.quantities[1, 1000 - traded.first_tick] == 4.0
    assert traded.quantities[0, 60_000 - traded.first_tick] == 2.0
    assert traded.is_complete
    traded.add(90_000_000, 1.0, is_buy=True)
    assert not traded.is_complete
    assert traded.quantities.nbytes <= 16 << 20
