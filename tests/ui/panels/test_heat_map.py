"""The heat map over a live market in memory."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from book_builders import change, snapshot, trade
from book_panels import ASKS, BIDS, START_MS, show_panel, with_live
from live_fakes import MemoryLiveMarkets
from strategy_tester.domain.market_events import StreamState
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.numeric import heat_columns
from strategy_tester.numeric.heat_columns import BOOK, EMPTY, GAP
from strategy_tester.services.context import Services
from strategy_tester.ui.panels.books.levels import Levels
from strategy_tester.ui.panels.heat_map.model import HeatModel
from strategy_tester.ui.panels.heat_map.palette import STOPS, heat_levels, to_oklab

BID_BUCKET = 1000  # 100.0 in ticks of 0.1


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets) -> Services:
    return with_live(services, live)


@pytest.fixture
def panel(open_panels, live, qtbot):
    return show_panel(open_panels("heat_map"), live, "heat_map", qtbot)


class Market:
    """A book and the model that watches it."""

    def __init__(self, columns: int = 64) -> None:
        self.model, self.book, self.levels = HeatModel(columns, 128), OrderBook(200), Levels()
        self.update = 0

    def say(self, time_ms: int, size: float) -> None:
        self.update += 1
        self.book.apply(snapshot(self.update, ((100.0, size), (99.0, 1.0)), ((100.1, 1.0), (101.0, 1.0)), time_ms))
        self.levels.read(self.book, 0.1)
        self.model.take_book(self.levels, time_ms)

    def seen(self, first: int, last: int) -> list[float | str | None]:
        kinds = {GAP: "gap", EMPTY: "nothing"}
        return [
            self.model.size_at(one, BID_BUCKET) if self.model.kind_of(one) == BOOK else kinds[self.model.kind_of(one)]
            for one in range(first, last + 1)
        ]


def test_column_holds_the_last_book_of_its_time_and_quiet_columns_the_one_before():
    market = Market()
    market.say(250, 1.0)
    market.say(499, 2.0)
    market.say(1250, 3.0)
    assert market.seen(0, 6) == ["nothing", 2.0, 2.0, 2.0, 2.0, 3.0, "nothing"]


def test_lost_book_leaves_a_gap_since_it_was_heard_last():
    market = Market()
    market.say(250, 1.0)
    market.say(500, 2.0)
    market.model.pass_time(1250)
    market.model.lose()
    market.model.pass_time(1500)
    market.say(2000, 3.0)
    market.model.pass_time(2250)
    assert market.seen(1, 9) == [1.0, "gap", "gap", "gap", "gap", "gap", "gap", 3.0, 3.0]


def test_book_that_is_whole_again_within_the_same_column_still_leaves_a_mark():
    market = Market()
    market.say(250, 1.0)
    market.model.lose()
    market.say(260, 2.0)
    market.say(270, 3.0)
    market.model.pass_time(500)
    assert market.seen(1, 2) == ["gap", 3.0]


def test_ring_keeps_the_newest_columns_in_bounded_memory():
    market = Market(columns=8)
    for number in range(1, 21):
        market.say(number * 250, float(number))
    assert market.model.oldest == 13
    assert market.seen(12, 20) == ["nothing", *map(float, range(13, 21))]
    big = HeatModel()
    assert sum(array.nbytes for array in big.ring) < 10 << 20


def test_time_that_jumps_back_begins_anew():
    market = Market()
    market.say(250 * 1000, 1.0)
    market.say(250 * 10, 2.0)
    assert (market.model.first, market.model.newest) == (10, 10)


def test_trades_of_a_column_are_summed_by_side():
    market = Market()
    market.say(250, 1.0)
    market.model.take_trades([trade(100.1, 2.0, time_ms=260), trade(100.3, 2.0, time_ms=270),
                              trade(100.0, 4.0, is_buy=False, time_ms=520)], 0.1)  # fmt: skip
    ring = market.model.ring
    assert (ring.bought[1], ring.sold[1], ring.sold[2]) == (4.0, 0.0, 4.0)
    assert ring.bought_value[1] / ring.bought[1] == pytest.approx(1002.0)
    assert (ring.price[1], ring.price[2]) == (pytest.approx(1003.0), pytest.approx(1000.0))


def test_picture_that_moved_on_equals_one_painted_anew(panel, live):
    random = np.random.Generator(np.random.PCG64(4))
    widget, levels = panel.map, [*BIDS, *ASKS]
    for number in range(60):
        moment = START_MS + 400 * number
        sizes = random.integers(1, 90, 2).astype(float)
        bid, ask = levels[int(random.integers(0, 3))][0], levels[int(random.integers(3, 6))][0]
        live.say("bybit", [change(11 + number, ((bid, sizes[0]),), ((ask, sizes[1]),), moment)])
        if number == 30:
            panel.model.lose()
        widget.grab()
    moved = widget._map.pixels.copy()
    widget._painted = ()
    widget.grab()
    assert np.array_equal(moved, widget._map.pixels)
    assert len(np.unique(moved)) >= 8


def test_silence_is_hatched(panel, live, qtbot):
    live.say("bybit", [change(11, ((100.0, 9.0),), time_ms=START_MS + 1000)])
    live.be("bybit", StreamState.STALE, silent_ms=4100)
    live.clocks["bybit"] = START_MS + 6000
    qtbot.waitUntil(lambda: panel.model.newest == (START_MS + 6000) // 250)
    assert {panel.model.kind_of(number) for number in range((START_MS + 1000) // 250, panel.model.newest + 1)} == {GAP}
    panel.map.grab()
    view = panel.map._view
    x = (panel.model.newest - view.left + 0.5) * view.slot_width
    assert panel.map.reading(QPointF(x, 50.0)).endswith("no data")


def test_loss_that_nobody_saw_leaves_a_mark(panel, live):
    live.say("bybit", [change(11, ((100.0, 9.0),), time_ms=START_MS + 300)])
    live.say("bybit", [change(15, ((100.0, 8.0),), time_ms=START_MS + 800)])
    live.say("bybit", [snapshot(16, BIDS, ASKS, START_MS + 1300)])
    first = START_MS // 250
    assert [panel.model.kind_of(first + number) for number in range(1, 6)] == [GAP, GAP, GAP, GAP, BOOK]
    assert panel.feed.is_live


def test_panning_leaves_the_market_and_a_key_comes_back(panel, qtbot):
    panel.map.grab()
    qtbot.keyClick(panel.map, Qt.Key.Key_Up)
    assert (panel.map.sight.follows_price, panel.followed.isChecked()) == (False, False)
    qtbot.keyClick(panel.map, Qt.Key.Key_C)
    assert (panel.map.sight.follows_price, panel.followed.isChecked()) == (True, True)


@pytest.mark.parametrize("is_dark", [True, False])
def test_colors_get_steadily_lighter_or_darker(is_dark):
    lightness = [to_oklab(int(color) & 0xFFFFFF)[0] for color in heat_levels(is_dark)]
    steps = np.diff(lightness) if is_dark else -np.diff(lightness)
    assert (steps > -0.001).all()
    assert abs(lightness[-1] - lightness[0]) > 0.6
    assert int(heat_levels(is_dark)[0]) & 0xFFFFFF == STOPS[is_dark][0]
    assert int(heat_levels(is_dark)[-1]) & 0xFFFFFF == STOPS[is_dark][-1]


def test_kernels_are_compiled_once_and_ahead(panel, live):
    live.say("bybit", [trade(100.2, 1.0, time_ms=START_MS + 300)])
    live.say("bybit", [change(11, ((100.0, 9.0),), time_ms=START_MS + 700)])
    panel.map.grab()
    for kernel in (heat_columns.write_column, heat_columns.paint_slots, heat_columns.paint_trades):
        assert len(kernel.signatures) == 1
    assert not math.isnan(panel.model.ring.price[panel.model.newest % panel.model.columns])
