"""The depth chart over a live market in memory."""

import pytest
from PySide6.QtCore import QPointF

from book_builders import change, snapshot
from book_panels import ASKS, BIDS, show_panel, with_live
from live_fakes import MemoryLiveMarkets
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.numeric import pixel_depth
from strategy_tester.services.context import Services
from strategy_tester.ui.i18n import THIN_SPACE
from strategy_tester.ui.panels.depth.depth_widget import reading_lines
from strategy_tester.ui.panels.depth.model import DepthModel


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets) -> Services:
    return with_live(services, live)


@pytest.fixture
def panel(open_panels, live, qtbot):
    return show_panel(open_panels("depth"), live, "depth", qtbot)


def model_of(bids=BIDS, asks=ASKS) -> DepthModel:
    model, book = DepthModel(), OrderBook(200)
    book.apply(snapshot(1, bids, asks))
    model.read(book)
    return model


@pytest.mark.parametrize(
    ("price", "is_ask", "size", "value"),
    [
        (100.15, True, 0.0, 0.0),
        (100.2, True, 3.0, 300.6),
        (100.29, True, 3.0, 300.6),
        (100.6, True, 15.0, 300.6 + 501.5 + 704.2),
        (100.0, False, 1.0, 100.0),
        (99.8, False, 3.0, 100.0 + 199.8),
        (99.7, False, 7.0, 100.0 + 199.8 + 398.8),
    ],
)
def test_reading_says_what_an_order_to_a_price_would_take(price, is_ask, size, value):
    reading = model_of().reading(price)
    assert (reading.is_ask, reading.size) == (is_ask, size)
    assert reading.value == pytest.approx(value)
    assert reading.distance_percent == pytest.approx((price / 100.1 - 1.0) * 100.0)


def test_beyond_the_last_level_nothing_is_said():
    assert model_of().reading(100.61).size is None
    assert model_of().reading(99.69).value is None


def test_range_fits_what_is_known_and_can_be_zoomed():
    model = model_of()
    assert model.span_percent == 0.3  # 99.7 is 0.4 % away from 100.1
    model.zoom(1)
    assert model.span_percent == 0.5
    model.zoom(-100)
    assert model.span_percent == 0.05


def test_pointer_reads_the_book(panel, live, qtbot):
    panel.chart.grab()
    panel.model.span_percent = 0.5
    plot = panel.chart._plot()
    low, high = panel.model.range
    x = plot.left() + (100.35 - low) / (high - low) * plot.width()
    panel.chart._pointer = QPointF(x, plot.center().y())
    reading = panel.chart.reading()
    assert (reading.is_ask, reading.size) == (True, 8.0)
    lines = reading_lines(reading, panel.feed)
    assert lines[0].startswith("▼ Asks  100.3")
    assert lines[1:] == ["Size 8.000 BTC", f"Value 802.10{THIN_SPACE}USDT"]
    live.say("bybit", [change(11, asks=((100.3, 6.0),))])
    panel.chart.grab()
    assert panel.chart.reading().size == 9.0


def test_logarithmic_scale_is_finite_and_kept(panel):
    panel.set_log(True)
    panel.chart.grab()
    plot = panel.chart._plot()
    assert plot.top() <= panel.chart._y(plot, 8.0) < panel.chart._y(plot, 3.0) <= plot.bottom()
    state = panel.save_state()
    panel.set_log(False)
    panel.restore_state(state)
    assert panel.model.is_log


def test_kernel_is_compiled_once_and_ahead(panel):
    panel.chart.grab()
    assert len(pixel_depth.paint_staircase.signatures) == 1
