"""The quick search and what it shares with the palette: matching, memory, rows, providers."""

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt

from builders import random_candles
from fakes import MemorySettings
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import i18n
from strategy_tester.ui.forms.parameter_form import ParameterForm
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PANELS
from strategy_tester.ui.quick_search.search import QuickSearch
from strategy_tester.ui.recent import MOST_RECENT, Remembered
from strategy_tester.ui.search.hits import Entry, Hit, SearchProviders, best_hits
from strategy_tester.ui.search.matching import Query, match_score
from strategy_tester.ui.search.rows import RowsModel, Section, star_area
from strategy_tester.ui.settings_dialog.dialog import SettingsDialog


def hit(title: str, kind: str = "command", run=lambda: None) -> Hit:
    return Hit(kind, title, "", "", run, title)


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [("run", "Run the backtest", "Return unit now"), ("theme dark", "Dark theme", "Theory of darts"),
     ("sma", "SMA", "Small things"), ("btc 1h", "BTCUSDT 1h", "BTCUSDT 15m other hour")],
)  # fmt: skip
def test_better_text_scores_higher(query: str, better: str, worse: str):
    assert match_score(query, better) > match_score(query, worse)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("xyz", "Run"),
        ("aaaa", "banana bread"),
        ("темы", "Run the backtest"),
        ("btc", "Ichimoku above the cloud"),
        ("btc", "Change the symbol or timeframe of the chart"),
        ("btc", "Индекс истинной силы"),
    ],
)
def test_what_does_not_fit_scores_nothing(query: str, text: str):
    assert match_score(query, text) == 0.0


def test_forgotten_keyboard_layout_is_understood_but_comes_last():
    assert match_score("кгт", "Run the backtest") > 0
    assert match_score("ыефкеук", "Starter") < match_score("starter", "Starter")


def test_letters_that_were_found_are_shown():
    assert Query("fee").places("Taker fee") == [6, 7, 8]
    assert Query("rtb").places("Run the backtest") == [0, 4, 8]
    assert Query("fee taker").places("Taker fee") == [6, 7, 8, 0, 1, 2, 3, 4]


def test_long_lists_are_searched_within_a_frame():
    entries = [
        Entry(hit(f"COIN{number}USDT · 1h"), [(f"COIN{number}USDT 1h", 1.0), (f"COIN{number}/USDT 1h", 0.9)])
        for number in range(3000)
    ]
    best_hits(entries, "coin12")
    started = time.perf_counter()
    found = best_hits(entries, "coin2999")
    assert time.perf_counter() - started < 0.2  # 16 ms on a machine at rest
    assert found[0].title == "COIN2999USDT · 1h"


def test_recent_ones_are_few_and_newest_first_and_stars_stay():
    settings = MemorySettings()
    memory = Remembered(settings, "search")
    for number in range(MOST_RECENT + 3):
        memory.note(f"run:{number}")
    memory.note("run:5")
    assert memory.recent()[:2] == ["run:5", "run:14"]
    assert len(memory.recent()) == MOST_RECENT
    memory.note("")
    memory.switch_favorite("panel:data")
    assert Remembered(settings, "search").favorites() == ["panel:data"]
    memory.switch_favorite("panel:data")
    assert not memory.is_favorite("panel:data")
    settings.set("search.recent", "damaged")
    assert memory.recent() == []


def test_headings_are_passed_over_by_the_arrow_keys():
    model = RowsModel()
    model.show([Section("Panels", [hit("a"), hit("b")]), Section("None", []), Section("Runs", [hit("c")])])
    assert model.rows[0] == "Panels"
    assert len(model.rows) == 5
    assert model.next_hit(-1, 1) == 1
    assert model.next_hit(2, 1) == 4
    assert model.next_hit(4, 1) == 1
    assert model.next_hit(1, -1) == 4
    assert model.next_hit(1, 8) == 4


class Fruit:
    """A provider that another feature might add."""

    def __init__(self) -> None:
        self.chosen: list[str] = []
        self.refreshed = 0

    def find(self, text: str) -> list[Hit]:
        names = ("Apple", "Pear")
        return best_hits(
            [Entry(hit(name, "fruit", lambda name=name: self.chosen.append(name)), [(name, 1.0)]) for name in names],
            text,
        )

    def refresh(self, found_more) -> None:
        self.refreshed += 1


def test_feature_adds_what_is_found(qtbot):
    from PySide6.QtWidgets import QMainWindow

    window = QMainWindow()
    window.resize(900, 700)
    qtbot.addWidget(window)
    providers, fruit = SearchProviders(), Fruit()
    providers.add(fruit, kind="fruit", title="Data")
    memory = Remembered(MemorySettings(), "search")
    search = QuickSearch(providers, window, memory)
    window.show()
    search.open()
    assert fruit.refreshed == 1
    qtbot.keyClicks(search.search, "pea")
    assert search._model.rows[0] == "Data"
    qtbot.keyClick(search.search, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert memory.favorites() == ["fruit:Pear"]
    qtbot.keyClick(search.search, Qt.Key.Key_Return)
    assert fruit.chosen == ["Pear"]
    assert not search.isVisible()
    search.open()
    assert search._model.rows[:2] == ["Favorites", search.hits()[0]]
    assert [found.title for found in search.hits()] == ["Pear", "Apple"]
    star = star_area(search.list.visualRect(search._model.index(1))).center()
    qtbot.mouseClick(search.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(star))
    assert memory.favorites() == []
    assert search.isVisible()
    qtbot.keyClicks(search.search, "zzz")
    assert search.hits() == []
    assert search.empty.isVisible()
    qtbot.keyClick(search.search, Qt.Key.Key_Escape)
    assert not search.isVisible()


@pytest.fixture
def window(services, settings, qtbot):
    services.candles.write(random_candles(50))
    wanted = [panel for panel in PANELS if panel.id in {"strategy", "backtest", "results", "data", "runs", "jobs"}]
    window = MainWindow(settings, wanted)
    window.resize(1400, 900)
    window.show()
    with qtbot.waitSignal(window.panels_created, timeout=30_000):
        window.attach(services)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.waitUntil(lambda: not window.context.jobs._handlers, timeout=30_000)
    yield window
    window.close()
    window.context.jobs.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def search(window: MainWindow, qtbot) -> QuickSearch:
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    search = window.findChild(QuickSearch)
    assert search.isVisible()
    qtbot.waitUntil(lambda: not window.context.jobs._handlers, timeout=30_000)
    return search


WORDS = {
    "commission": ("field", "backtest.taker_fee_rate"), "комиссия": ("field", "backtest.taker_fee_rate"),
    "SL/TP": ("field", "strategy.stop_loss"), "hyperopt": ("panel", "runs"), "epoch": ("panel", "runs"),
    "expert": ("panel", "strategy"), "советник": ("panel", "strategy"), "bot": ("panel", "strategy"),
    "EA": ("panel", "strategy"), "inputs": ("panel", "strategy"), "pine": ("panel", "strategy"),
    "strategy tester": ("panel", "backtest"), "тестер стратегий": ("panel", "backtest"),
    "market watch": ("panel", "data"), "dark mode": ("setting", "theme"), "тёмная тема": ("setting", "theme"),
    "hotkeys": ("setting", "shortcuts"), "font size": ("setting", "font_size"),
    "размер текста": ("setting", "font_size"), "RSI": ("indicator", "RSI"),
    "боллинджер": ("indicator", "BB"), "kumo": ("indicator", "ICHIMOKU"),
    "testusdt": ("symbol", "TESTUSDT 1h test"), "test/usdt 1h": ("symbol", "TESTUSDT 1h test"),
    "donchian": ("strategy", "library:Donchian breakout of the Turtles"),
    "дончиан": ("strategy", "library:Donchian breakout of the Turtles"),
}  # fmt: skip


def test_words_of_other_programs_find_ours_in_either_language(window, search):
    for language in ("en", "ru"):
        i18n.set_language(language)
        for word, wanted in WORDS.items():
            search.search.setText(word)
            assert wanted in [(found.kind, found.id) for found in search.hits()[:8]], (language, word)


def test_market_is_chosen(window, search, qtbot):
    other = replace(random_candles(30), symbol="OTHERUSDT")
    window.context.services.candles.write(other)
    window.context.workbench.data_changed.emit()
    search.close_palette()
    search.open()
    qtbot.waitUntil(lambda: not window.context.jobs._handlers, timeout=30_000)
    qtbot.keyClicks(search.search, "otherusdt")
    qtbot.keyClick(search.search, Qt.Key.Key_Return)
    assert window.context.workbench.series == SeriesKey("OTHERUSDT", Timeframe.parse("1h"), "test")


def test_strategy_is_chosen(window, search, qtbot):
    qtbot.keyClicks(search.search, "macd signal")
    qtbot.keyClick(search.search, Qt.Key.Key_Return)
    entry = window.docks.content("strategy").view_model.entry
    assert entry.key == "macd-signal-cross"


def test_field_of_a_form_gets_the_keyboard(window, search, qtbot):
    qtbot.keyClicks(search.search, "leverage")
    qtbot.keyClick(search.search, Qt.Key.Key_Return)
    form = window.docks.content("backtest").findChild(ParameterForm)
    assert form.field("leverage").box.hasFocus()


def test_setting_opens_the_dialog_on_its_entry(window, search, qtbot):
    qtbot.keyClicks(search.search, "size of the text")
    qtbot.keyClick(search.search, Qt.Key.Key_Return)
    dialog = window.findChild(SettingsDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert dialog.rows["font_size"].property("role") == "found"
    dialog.close()


def test_run_is_reopened(window, search, qtbot):
    from strategy_tester.ui.quick_search.providers import LoadedProvider

    context = window.context
    panel = window.docks.content("backtest")
    context.workbench.select_series(SeriesKey("TESTUSDT", Timeframe.parse("1h"), "test"))
    qtbot.waitUntil(lambda: not context.jobs._handlers, timeout=30_000)
    with qtbot.waitSignal(context.workbench.backtest_shown, timeout=60_000):
        panel.run()
    qtbot.waitUntil(lambda: not context.jobs._handlers, timeout=30_000)
    first = context.workbench.shown
    search.close_palette()
    search.open()
    qtbot.waitUntil(lambda: not context.jobs._handlers, timeout=30_000)
    qtbot.keyClicks(search.search, "run 1")
    runs = [item for item in search.hits() if item.kind == "run"]
    assert runs[0].title == "Run 1"
    with qtbot.waitSignal(context.workbench.backtest_shown, timeout=60_000):
        runs[0].run()
    assert context.workbench.shown is not first
    assert window.findChildren(LoadedProvider)


def test_indicator_comes_onto_the_chart(services, settings, qtbot):
    from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature

    services.candles.write(random_candles(50))
    window = MainWindow(settings, [panel for panel in PANELS if panel.id in {"chart", "data"}])
    window.show()
    try:
        with qtbot.waitSignal(window.panels_created, timeout=30_000):
            window.attach(services)
        window.actions_list.trigger("search.quick")
        search = window.findChild(QuickSearch)
        qtbot.waitUntil(lambda: not window.context.jobs._handlers, timeout=30_000)
        search.search.setText("supertrend")
        next(found for found in search.hits() if found.kind == "indicator").run()
        feature = window.context.charts.current.feature(IndicatorsFeature)
        assert [one.name for one in feature.indicators] == ["SUPERTREND"]
        qtbot.waitUntil(lambda: not window.context.jobs._handlers, timeout=30_000)
    finally:
        window.close()
        window.context.jobs.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_overlay_opens_where_the_user_is_and_survives_that_window(window, qtbot):
    window.docks.float("data")
    floating = window.docks.content("data").window()
    assert floating is not window
    floating.activateWindow()
    qtbot.waitUntil(floating.isActiveWindow)
    palette = window.palette_overlay
    window.actions_list.trigger("view.palette")
    assert palette.window() is floating
    floating.close()
    assert not palette.isVisible()
    assert palette.window() is window
    window.activateWindow()
    window.actions_list.trigger("view.palette")
    assert palette.isVisible()
    palette.close_palette()
