"""The markets panel with real widgets: what is listened to, when rows may move, the keyboard, lists, links."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from live_fakes import MemoryLiveMarkets, MemoryMarketSource
from market_builders import listing, market, ticker
from strategy_tester.domain.errors import ExchangeUnreachable
from strategy_tester.domain.market_events import Category, StreamState
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.panels.markets import table as table_module
from strategy_tester.ui.panels.markets.lists_dialog import WatchListsDialog, problem_of_name
from strategy_tester.ui.panels.markets.rows import LAST, RANGE, STAR, SYMBOL
from strategy_tester.ui.panels.markets.search import SymbolProvider
from strategy_tester.ui.panels.markets.table import MARGIN_ROWS
from strategy_tester.ui.panels.markets.view import MarketsPanel

COUNT = 300


def name(number: int) -> str:
    return f"S{number:03d}USDT"


@pytest.fixture
def live() -> MemoryLiveMarkets:
    return MemoryLiveMarkets()


@pytest.fixture
def source() -> MemoryMarketSource:
    made = MemoryMarketSource()
    markets = [market(name(number)) for number in range(COUNT)]
    made.all_listings = [listing(of) for of in markets]
    made.all_tickers = [ticker(of, 100.0 + number) for number, of in enumerate(markets)]
    return made


@pytest.fixture
def services(services: Services, live: MemoryLiveMarkets, source: MemoryMarketSource) -> Services:
    return replace(services, live=live, sources=lambda _name: source)


@pytest.fixture
def panel(open_panels, settings, live, qtbot, monkeypatch):
    """The panel in a window, 300 symbols of Bybit in it, the rows in sight listened to."""
    monkeypatch.setattr(table_module, "SETTLE_MS", 40)
    settings.set("live.exchange", "bybit")
    shell = open_panels("markets")
    shell.window.docks.show("markets")
    made = shell.panel("markets")
    qtbot.waitUntil(lambda: made.model.rowCount() == COUNT and bool(live.topics("bybit")))
    return made


@pytest.fixture
def clock(panel: MarketsPanel):
    """The table's clock, set by hand."""
    moment = [1000.0]
    panel.table._clock = lambda: moment[0]
    panel.table._used_at = 0.0
    return moment


def say(live: MemoryLiveMarkets, qtbot, panel: MarketsPanel, number: int, price: float) -> None:
    of = market(name(number))
    live.say("bybit", [ticker(of, price, 5000)])
    qtbot.waitUntil(lambda: panel.model.row_for(of).last == price)


def listened(live: MemoryLiveMarkets) -> set[str]:
    return {topic.market.symbol for topic in live.topics("bybit")}


def shown(panel: MarketsPanel, count: int) -> list[str]:
    return [panel.model.record(row).name for row in range(count)]


def current(panel: MarketsPanel) -> str:
    row = panel.table.current_record()
    return row.name if row is not None else ""


# --- what is listened to


def test_only_rows_in_sight_are_listened_to(panel: MarketsPanel, live, qtbot):
    def wanted() -> set[str]:
        first, last = panel.table.rows_in_sight()
        return {name(number) for number in range(max(first - MARGIN_ROWS, 0), min(last + MARGIN_ROWS + 1, COUNT))}

    qtbot.waitUntil(lambda: listened(live) == wanted())
    assert 15 < len(wanted()) < 100
    assert name(0) in wanted()

    panel.table.scrollToBottom()
    qtbot.waitUntil(lambda: listened(live) == wanted())
    assert name(0) not in wanted()
    assert name(COUNT - 1) in wanted()


def test_scrolling_on_asks_for_nothing_on_the_way(panel: MarketsPanel, live, qtbot):
    asked: list[str] = []
    subscribe = live.subscribe

    def note(exchange, topic, listener):
        asked.append(topic.market.symbol)
        return subscribe(exchange, topic, listener)

    live.subscribe = note
    for row in range(0, 200, 10):
        panel.table.scrollTo(panel.model.index(row, 0), panel.table.ScrollHint.PositionAtTop)
        QTest.qWait(5)
    assert asked == []
    first, last = panel.table.rows_in_sight()
    wanted = {name(number) for number in range(first - MARGIN_ROWS, last + MARGIN_ROWS + 1)}
    qtbot.waitUntil(lambda: listened(live) == wanted)


def test_hidden_panel_listens_to_nothing_and_asks_nothing(panel: MarketsPanel, live, qtbot):
    panel.window().docks.close_panel("markets")
    qtbot.waitUntil(lambda: not live.topics("bybit"))
    assert not panel.view_model._timer.isActive()
    assert not panel.table._sorting.isActive()
    panel.window().docks.show("markets")
    qtbot.waitUntil(lambda: name(0) in listened(live))


def test_live_price_appears_in_its_row(panel: MarketsPanel, live, qtbot):
    say(live, qtbot, panel, 2, 55.5)
    index = panel.model.index(2, LAST)
    assert index.data() == "55.5"
    assert panel.model.record(2).is_live


def test_figures_asked_for_do_not_overwrite_newer_live_ones(panel: MarketsPanel, live, source, qtbot):
    say(live, qtbot, panel, 1, 77.0)
    source.all_tickers = [replace(one, last_price=1.0, time_ms=4000) for one in source.all_tickers]
    panel.view_model.refresh()
    qtbot.waitUntil(lambda: panel.model.row_for(market(name(COUNT - 1))).last == 1.0)
    assert panel.model.row_for(market(name(1))).last == 77.0


# --- order


def test_order_follows_the_prices_when_nobody_is_at_work(panel: MarketsPanel, live, qtbot, clock):
    panel.table.sortByColumn(LAST, Qt.SortOrder.DescendingOrder)
    assert shown(panel, 2) == [name(299), name(298)]
    qtbot.waitUntil(lambda: name(298) in listened(live))
    say(live, qtbot, panel, 298, 1000.0)
    assert shown(panel, 2) == [name(299), name(298)]
    assert panel.table.sort_if_idle() is True
    assert shown(panel, 2) == [name(298), name(299)]


def test_no_row_jumps_while_rows_are_selected(panel: MarketsPanel, live, qtbot, clock):
    panel.table.sortByColumn(LAST, Qt.SortOrder.AscendingOrder)
    panel.table.setFocus()
    panel.table.selectRow(1)
    assert "Esc" in panel.note.text()
    say(live, qtbot, panel, 0, 9999.0)
    assert panel.table.sort_if_idle() is False
    assert shown(panel, 2) == [name(0), name(1)]
    QTest.keyClick(panel.table, Qt.Key.Key_Escape)
    assert panel.note.text() == ""
    assert panel.table.sort_if_idle() is False  # the key was pressed just now
    clock[0] += 2.0
    assert panel.table.sort_if_idle() is True
    assert shown(panel, 2) == [name(1), name(2)]


def test_order_stays_for_a_second_after_scrolling_and_typing(panel: MarketsPanel, live, qtbot, clock):
    panel.table.sortByColumn(LAST, Qt.SortOrder.AscendingOrder)
    say(live, qtbot, panel, 0, 9999.0)
    panel.table.verticalScrollBar().setValue(5)
    assert panel.table.sort_if_idle() is False
    clock[0] += 0.9
    assert panel.table.sort_if_idle() is False
    panel.search.setText("S")
    clock[0] += 0.9
    assert panel.table.sort_if_idle() is False
    say(live, qtbot, panel, 1, 9998.0)
    clock[0] += 0.2
    assert panel.table.sort_if_idle() is True


def test_selected_row_stays_selected_when_rows_move(panel: MarketsPanel, live, qtbot, clock):
    panel.table.sortByColumn(LAST, Qt.SortOrder.AscendingOrder)
    panel.table.selectRow(0)
    panel.search.setFocus()
    say(live, qtbot, panel, 0, 150.5)
    assert panel.table.sort_if_idle() is True
    assert [row.name for row in panel.table.selected_records()] == [name(0)]
    assert shown(panel, 1) == [name(1)]


def test_rows_keep_their_height(panel: MarketsPanel, live, qtbot):
    heights = {panel.table.rowHeight(row) for row in range(20)}
    say(live, qtbot, panel, 0, 123_456_789.123)
    assert {panel.table.rowHeight(row) for row in range(20)} == heights
    assert len(heights) == 1


# --- keyboard and mouse


def test_arrows_move_the_linked_charts_once_they_rest(panel: MarketsPanel, qtbot):
    group = panel.link.groups.main
    group.select(SeriesKey("OTHER", Timeframe.M15, "file"))
    heard: list[SeriesKey] = []
    group.series_changed.connect(lambda _origin, series: heard.append(series))
    panel.table.setFocus()
    panel.table.selectRow(0)
    for _ in range(3):
        QTest.keyClick(panel.table, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [SeriesKey(name(3), Timeframe.M15, "bybit-linear")]

    panel.follow_button.setChecked(False)
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    QTest.qWait(250)
    assert len(heard) == 1
    QTest.keyClick(panel.table, Qt.Key.Key_Return)
    assert heard[-1] == SeriesKey(name(4), Timeframe.M15, "bybit-linear")


def test_click_moves_the_linked_charts_and_a_panel_without_link_moves_none(panel: MarketsPanel):
    group = panel.link.groups.main
    place = panel.table.visualRect(panel.model.index(2, SYMBOL)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert group.series == SeriesKey(name(2), Timeframe.H1, "bybit-linear")
    panel.link.join("")
    place = panel.table.visualRect(panel.model.index(4, SYMBOL)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert group.series == SeriesKey(name(2), Timeframe.H1, "bybit-linear")


def test_list_is_used_without_a_mouse(panel: MarketsPanel):
    panel.table.setFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_S)
    QTest.keyClicks(panel.search, "04")
    assert panel.search.hasFocus()
    assert panel.search.text() == "s04"
    assert (panel.model.rowCount(), panel.count.text()) == (10, "10 / 300 symbols")
    QTest.keyClick(panel.search, Qt.Key.Key_Down)
    assert panel.table.hasFocus()
    assert current(panel) == name(40)
    QTest.keyClick(panel.table, Qt.Key.Key_Space)
    assert panel.lists.favorites == [f"linear:{name(40)}"]
    assert panel.model.index(0, STAR).data() == "★"
    panel.search.setFocus()
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert (panel.search.text(), panel.model.rowCount()) == ("", COUNT)
    assert panel.table.hasFocus()


def test_star_is_switched_by_a_click_and_chooses_nothing(panel: MarketsPanel):
    place = panel.table.visualRect(panel.model.index(1, STAR)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.lists.favorites == [f"linear:{name(1)}"]
    assert panel.link.groups.main.series is None
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.lists.favorites == []


# --- lists


def test_watch_list_is_shown_and_put_in_order_by_keys(panel: MarketsPanel):
    panel.lists.create("Mine")
    panel.lists.add("Mine", market(name(7)), market(name(3)), market("GONEUSDT"))
    panel.filters.choose_list("=Mine")
    panel.table.sortByColumn(SYMBOL, Qt.SortOrder.AscendingOrder)
    assert shown(panel, panel.model.rowCount()) == [name(3), name(7)]
    panel.table.setFocus()
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert shown(panel, 2) == [name(3), name(7)]
    assert panel.lists.entries("Mine")[:2] == [f"linear:{name(3)}", f"linear:{name(7)}"]
    QTest.keyClick(panel.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert shown(panel, 2) == [name(7), name(3)]
    QTest.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert shown(panel, 2) == [name(3), name(7)]
    assert current(panel) == name(3)
    panel.lists.delete("Mine")
    assert panel.model.rowCount() == COUNT
    assert panel.filters.filter.list_name == ""


def test_dialog_makes_orders_and_removes_lists_and_their_symbols(panel: MarketsPanel, qtbot):
    panel.lists.create("First")
    panel.lists.add("First", market(name(1)), market(name(2)), market("BTCUSD", Category.INVERSE))
    panel.lists.create("Second")
    dialog = WatchListsDialog(panel.lists, "First", panel.window())
    qtbot.addWidget(dialog)
    assert [dialog.entries.item(row).text() for row in range(3)] == [
        f"{name(1)} · Linear", f"{name(2)} · Linear", "BTCUSD · Inverse",
    ]  # fmt: skip
    dialog.entries.setCurrentRow(2)
    dialog.entry_up_button.click()
    dialog.entry_up_button.click()
    assert panel.lists.entries("First") == ["inverse:BTCUSD", f"linear:{name(1)}", f"linear:{name(2)}"]
    dialog.entries.clearSelection()
    dialog.entries.setCurrentRow(1)
    dialog.remove_button.click()
    assert panel.lists.entries("First") == ["inverse:BTCUSD", f"linear:{name(2)}"]
    dialog.down_button.click()
    assert panel.lists.names == ["Second", "First"]
    assert dialog.current == "First"
    dialog.delete_button.click()
    assert (panel.lists.names, dialog.current, dialog.entries.count()) == (["Second"], "Second", 0)


def test_names_that_are_taken_are_refused_while_typing(panel: MarketsPanel):
    panel.lists.create("First")
    assert problem_of_name(panel.lists, "FIRST") == "There is a list of this name already."
    assert problem_of_name(panel.lists, "x" * 41) == "At most 40 characters."
    assert problem_of_name(panel.lists, "Second") == ""


def test_menu_adds_rows_to_lists_and_offers_no_download_where_nobody_can(panel: MarketsPanel):
    panel.lists.create("Mine")
    panel.table.setFocus()
    panel.table.selectRow(5)
    menu = QMenu()
    panel.row_menu.fill(menu)
    titles = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert titles == ["Open in a new chart", "Give a star", "Add to a watch list"]
    add = next(action for action in menu.actions() if action.text() == "Add to a watch list")
    inner = add.menu()
    assert isinstance(inner, QMenu)
    inner.actions()[0].trigger()
    assert panel.lists.entries("Mine") == [f"linear:{name(5)}"]


def test_download_begins_with_the_selected_symbols(open_panels, settings, live, qtbot):
    settings.set("live.exchange", "bybit")
    shell = open_panels("markets", "data")
    shell.window.docks.show("markets")
    panel = shell.panel("markets")
    qtbot.waitUntil(lambda: panel.model.rowCount() == COUNT)
    panel.table.selectRow(3)
    menu = QMenu()
    panel.row_menu.fill(menu)
    next(action for action in menu.actions() if action.text() == "Download history...").trigger()
    form = shell.panel("data").dialog.view_model.form
    assert (form.exchange, form.category, form.symbols) == ("bybit", Category.LINEAR, (name(3),))
    shell.panel("data").dialog.close()
    shell.come_to_rest()


def test_state_is_remembered(panel: MarketsPanel, qtbot):
    panel.filters.choose(replace(panel.filters.filter, min_turnover=1e5, place="*"))
    panel.follow_button.setChecked(False)
    panel.link.join("green")
    state = panel.save_state()
    panel.filters.choose(type(panel.filters.filter)())
    panel.follow_button.setChecked(True)
    panel.restore_state(state)
    assert (panel.filters.filter.min_turnover, panel.filters.filter.place) == (1e5, "*")
    assert (panel.follow_button.isChecked(), panel.link.color) == (False, "green")
    panel.restore_state("nonsense")


# --- exchange


def test_without_an_exchange_there_is_one_sentence_and_one_button(open_panels):
    shell = open_panels("markets")
    shell.window.docks.show("markets")
    panel = shell.panel("markets")
    assert panel.offline.isVisible()
    assert panel.offline.button.text() == "Choose an exchange"
    panel.offline_menu.aboutToShow.emit()
    assert "Bybit" in [action.text() for action in panel.offline_menu.actions()]


def test_choosing_an_exchange_fills_the_list(open_panels, qtbot, live):
    shell = open_panels("markets")
    shell.window.docks.show("markets")
    panel = shell.panel("markets")
    shell.context.live.choose("bybit")
    qtbot.waitUntil(lambda: panel.model.rowCount() == COUNT)
    assert panel.table.isVisible()
    shell.context.live.choose("off")
    assert panel.offline.isVisible()
    assert (panel.model.total, live.topics("bybit")) == (0, set())


def test_stale_connection_is_said_and_rows_are_gray(panel: MarketsPanel, live, qtbot):
    say(live, qtbot, panel, 0, 55.5)
    live.be("bybit", StreamState.STALE, silent_ms=4200.0)
    assert panel.badge.text() == "No data for 4 s"
    assert panel.model.record(0).is_old
    live.be("bybit", StreamState.LIVE)
    assert panel.badge.text() == "Live"
    assert not panel.model.record(0).is_old


def test_failed_refresh_is_said(panel: MarketsPanel, source, qtbot):
    source.error = ExchangeUnreachable("Bybit does not answer.", hint="Look at the network.")
    panel.view_model.refresh()
    qtbot.waitUntil(lambda: "out of sight" in panel.badge.text())
    assert "does not answer" in panel.badge.toolTip()
    source.error = None
    panel.view_model.refresh()
    qtbot.waitUntil(lambda: panel.badge.text() == "Live")


def test_first_failure_is_shown_and_mended_by_the_next_try(open_panels, source, settings, qtbot):
    source.error = ExchangeUnreachable("Bybit does not answer.", hint="Look at the network.")
    settings.set("live.exchange", "bybit")
    shell = open_panels("markets")
    shell.window.docks.show("markets")
    panel = shell.panel("markets")
    qtbot.waitUntil(panel.errors.isVisible)
    source.error = None
    panel.view_model.refresh()
    qtbot.waitUntil(lambda: panel.model.rowCount() == COUNT)
    assert not panel.errors.isVisible()


def test_other_category_is_asked_for(panel: MarketsPanel, source, qtbot):
    of = market("BTCUSD", Category.INVERSE)
    source.all_listings.append(listing(of, base="BTC", quote="USD"))
    source.all_tickers.append(ticker(of))
    QTest.mouseClick(panel.categories.buttons["inverse"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown(panel, panel.model.rowCount()) == ["BTCUSD"])


def test_quick_search_finds_the_symbols_of_the_exchange(panel: MarketsPanel, qtbot):
    provider = SymbolProvider(panel._context)
    provider.refresh(lambda: None)
    qtbot.waitUntil(lambda: bool(provider.find("S042")))
    hit = provider.find("s042/usdt")[0]
    assert (hit.title, hit.hint, hit.kind) == (name(42), "Bybit · Linear", "market")
    panel._context.live.choose("off")
    assert provider.find("S042") == []


def test_symbol_chosen_in_the_search_is_shown_in_the_chart_used_last(open_panels, settings, qtbot):
    settings.set("live.exchange", "bybit")
    shell = open_panels("chart", "markets")
    provider = SymbolProvider(shell.context)
    provider.refresh(lambda: None)
    qtbot.waitUntil(lambda: bool(provider.find("S042")))
    provider.find("S042")[0].run()
    shell.come_to_rest()
    chart = shell.panel("chart")
    assert chart.link.series == SeriesKey(name(42), Timeframe.H1, "bybit-linear")
    assert shell.workbench.links.main.series == SeriesKey(name(42), Timeframe.H1, "bybit-linear")


def test_flash_can_be_switched_off(panel: MarketsPanel, live, settings, qtbot):
    say(live, qtbot, panel, 0, 55.5)
    assert panel.model.flashing == {panel.model.record(0)}
    entry = next(one for one in panel._context.preferences.all() if one.id == "markets_flash")
    switch = entry.make_widget()
    qtbot.addWidget(switch)
    switch.click()
    qtbot.waitUntil(lambda: not panel.model.flashing)
    say(live, qtbot, panel, 0, 56.5)
    assert panel.model.flashing == set()
    assert settings.get("markets.flash") is False


def test_flash_fades_by_itself(panel: MarketsPanel, live, qtbot, monkeypatch):
    monkeypatch.setattr(table_module, "FLASH_S", 0.1)
    say(live, qtbot, panel, 0, 55.5)
    qtbot.waitUntil(lambda: not panel.model.flashing)
    assert not panel.table._fading.isActive()


def test_range_column_has_words_for_those_who_cannot_see_it(panel: MarketsPanel):
    assert panel.model.index(0, RANGE).data() == "90.0 – 110.0"
    assert "50 %" in panel.model.index(0, RANGE).data(Qt.ItemDataRole.ToolTipRole).replace("\u202f", " ")


def test_row_under_the_pointer_is_marked(panel: MarketsPanel):
    place = panel.table.visualRect(panel.model.index(3, SYMBOL)).center()
    QTest.mouseMove(panel.table.viewport(), place)
    assert panel.table._hovered == 3
    panel.table._hover(QPoint(0, -5))
    assert panel.table._hovered == -1
