"""The download dialog: nothing asks the exchange before a button was pressed."""

import dataclasses
from typing import Any

import pytest
from PySide6.QtCore import QDate, Qt

from live_fakes import LINEAR, MemoryLiveMarkets, MemoryMarketSource
from practice_builders import START_MS, listing
from strategy_tester.domain.errors import ExchangeUnreachable
from strategy_tester.domain.market_events import Category, Market, Ticker
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.live_markets import PracticeState
from strategy_tester.ui.panels.download.dialog import DownloadDialog
from strategy_tester.ui.panels.download.tasks import Planned, TaskMaker
from strategy_tester.ui.panels.download.view_model import DownloadViewModel

LISTED = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")


class Exchange(MemoryMarketSource):
    """Counts what it is asked."""

    calls = 0

    def listings(self, category: Category, *, include_closed: bool = False):
        self.calls += 1
        return super().listings(category, include_closed=include_closed)


@pytest.fixture
def source() -> Exchange:
    made = Exchange(now_ms=lambda: START_MS)
    made.all_listings = [listing(symbol) for symbol in LISTED]
    turnovers = (3e9, 9e9, None, 1e9)
    made.all_tickers = [
        Ticker(Market("bybit", Category.LINEAR, symbol), 1, turnover_24h=turnover)
        for symbol, turnover in zip(LISTED, turnovers, strict=True)
    ]
    return made


@pytest.fixture
def live() -> Any:
    return MemoryLiveMarkets()


@pytest.fixture
def open_dialog(services: Services, jobs, source, live, qtbot, rest):
    connected = dataclasses.replace(services, sources=lambda _name: source, live=live)
    downloads: list[Planned] = []

    def make() -> DownloadDialog:
        model = DownloadViewModel(connected, jobs, TaskMaker(connected, str))
        dialog = DownloadDialog(None, model, connected.settings, downloads.extend)
        qtbot.addWidget(dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        dialog.downloads = downloads
        dialog.show()
        rest()
        return dialog

    return make


def test_one_click_downloads_a_year_of_bitcoin(open_dialog, source):
    dialog = open_dialog()
    assert dialog.download_button.isDefault()
    dialog.download_button.click()
    (planned,) = dialog.downloads
    assert (planned.wanted.market, planned.wanted.timeframe) == (LINEAR, Timeframe.H1)
    assert not dialog.isVisible()
    assert (source.calls, source.asked) == (0, [])


@pytest.mark.parametrize("is_reachable", [True, False])
def test_answers_that_come_after_the_end_are_for_nobody(open_dialog, source, rest, qtbot, is_reachable):
    dialog = open_dialog()
    source.error = None if is_reachable else ExchangeUnreachable("no answer")
    dialog.picker.list_button.click()
    dialog.view_model._count()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()
    rest()
    assert source.calls == 1


def test_forecast_is_told_before_the_start(open_dialog, qtbot):
    dialog = open_dialog()
    qtbot.waitUntil(lambda: dialog.view_model.forecast is not None)
    assert dialog.forecast.text().startswith("1 series to download · 8\u202f76")
    assert "requests · 1.0 s at the exchange's limit · 17" in dialog.forecast.text()


def test_list_is_loaded_by_its_button_and_ticks_symbols(open_dialog, source, rest):
    dialog = open_dialog()
    assert dialog.picker.model.total == 0
    dialog.picker.empty.button.click()
    rest()
    assert source.calls == 1
    assert [row.symbol for row in dialog.view_model.listed] == ["ETHUSDT", "BTCUSDT", "XRPUSDT", "SOLUSDT"]
    table = dialog.picker.table
    table.clicked.emit(dialog.picker.model.index(0, 0))
    assert dialog.picker.symbols == ("BTCUSDT", "ETHUSDT")
    assert dialog.view_model.form.symbols == ("BTCUSDT", "ETHUSDT")
    assert dialog.picker.model.data(dialog.picker.model.index(0, 0)) == "✓"
    table.clicked.emit(dialog.picker.model.index(1, 0))
    assert dialog.picker.symbols == ("ETHUSDT",)


def test_top_symbols_by_turnover_load_the_list_themselves(open_dialog, rest):
    dialog = open_dialog()
    dialog.picker.top.setValue(2)
    dialog.picker.top_button.click()
    rest()
    assert dialog.picker.symbols == ("ETHUSDT", "BTCUSDT")
    dialog.picker.top.setValue(3)
    dialog.picker.top_button.click()
    assert dialog.picker.symbols == ("ETHUSDT", "BTCUSDT", "XRPUSDT")


def test_symbols_that_are_not_listed_are_named(open_dialog, rest):
    dialog = open_dialog()
    dialog.picker.list_button.click()
    rest()
    dialog.picker.field.setPlainText("btcusdt moonusdt")
    assert dialog.picker.note.text() == "2 symbols · not listed: MOONUSDT"


def test_an_exchange_that_cannot_be_reached_is_told_in_the_dialog(open_dialog, source, rest):
    source.error = ExchangeUnreachable("no answer", hint="Is the line up?")
    dialog = open_dialog()
    dialog.picker.list_button.click()
    rest()
    assert dialog.errors.text() == "no answer Is the line up?"
    assert dialog.picker.list_button.isEnabled()


def test_what_is_wrong_with_the_form_is_said_at_once(open_dialog):
    dialog = open_dialog()
    dialog.picker.field.setPlainText("")
    assert dialog.forecast.text() == "Choose at least one symbol."
    assert not dialog.download_button.isEnabled()


def test_practice_exchange_is_offered_while_it_runs(open_dialog, live):
    assert open_dialog().exchange.findData("practice") == -1
    markets = (Market("practice", Category.LINEAR, "BTCUSDT"),)
    live.set_practice(PracticeState("practice:1", "http://127.0.0.1:1", markets, START_MS))
    dialog = open_dialog()
    dialog.exchange.setCurrentIndex(dialog.exchange.findData("practice"))
    dialog.exchange.activated.emit(dialog.exchange.currentIndex())
    assert dialog.category.count() == 1
    dialog.download_button.click()
    assert dialog.downloads[0].wanted.market.exchange == "practice"
    assert dialog.downloads[0].wanted.start_ms == START_MS - 365 * DAY_MS


def test_everything_typed_is_there_the_next_time(open_dialog):
    dialog = open_dialog()
    dialog.picker.field.setPlainText("SOLUSDT, XRPUSDT")
    dialog.timeframes[Timeframe.M5].setChecked(True)
    dialog.extras["open_interest"].setChecked(True)
    dialog.period.setCurrentIndex(dialog.period.findData("dates"))
    dialog.period.activated.emit(dialog.period.currentIndex())
    dialog.start.setDate(QDate(2025, 3, 1))
    dialog.end.setDate(QDate(2025, 3, 31))
    dialog.resize(1100, 700)
    dialog.reject()
    again = open_dialog()
    assert again.picker.symbols == ("SOLUSDT", "XRPUSDT")
    assert again.timeframes[Timeframe.M5].isChecked()
    assert again.timeframes[Timeframe.H1].isChecked()
    assert again.extras["open_interest"].isChecked()
    assert (again.start.date(), again.end.date()) == (QDate(2025, 3, 1), QDate(2025, 3, 31))
    assert again.start.isVisible()
    assert abs(again.width() - 1100) < 8
    form = again.view_model.form
    assert (form.start_ms, form.end_ms) == (START_MS + 59 * DAY_MS, START_MS + 90 * DAY_MS)


def test_binance_has_one_kind_of_market_and_spot_no_funding(open_dialog):
    dialog = open_dialog()
    dialog.category.setCurrentIndex(dialog.category.findData("spot"))
    dialog.category.activated.emit(dialog.category.currentIndex())
    assert not dialog.extras["funding"].isEnabled()
    dialog.exchange.setCurrentIndex(dialog.exchange.findData("binance"))
    dialog.exchange.activated.emit(dialog.exchange.currentIndex())
    assert dialog.category.count() == 1
    assert dialog.view_model.form.category is Category.LINEAR
    assert dialog.extras["funding"].isEnabled()
