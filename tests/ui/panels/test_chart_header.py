"""The header of a chart: what has room, what goes into the menu, and what typing on the chart does."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from builders import random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import i18n, icons
from strategy_tester.ui.panels.chart.header_search import matching_timeframes


@pytest.fixture
def panel(services, open_panels):
    for symbol in ("BTCUSDT", "DOGEUSDT"):
        made = random_candles(300, timeframe=Timeframe.M5)
        services.candles.write(Candles(
            made.open_time_ms, made.open, made.high, made.low, made.close, made.volume,
            symbol=symbol, timeframe=Timeframe.M5, source="test",
        ))  # fmt: skip
    shell = open_panels("chart")
    panel = shell.panel("chart")
    panel.rest = shell.come_to_rest
    panel.chart.wait_until_shown()
    return panel


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("15", ["15m"]),
        ("4h", ["4h"]),
        ("D", ["1d"]),
        ("240", ["4h"]),
        ("1", ["1m", "15m", "1h", "12h", "1d", "1w", "1M"]),
        ("1M", ["1M"]),
        ("7", []),
        ("btc", []),
        ("", []),
    ],
)
def test_what_a_typed_timeframe_means(typed, meant):
    assert [str(frame) for frame in matching_timeframes(typed)] == meant


def test_figures_typed_on_the_chart_change_the_timeframe(panel, qtbot):
    qtbot.keyClicks(panel.chart.canvas, "1")
    search = panel._search
    assert search.isVisible()
    qtbot.keyClicks(search.search, "5")
    assert search.search.text() == "15"
    qtbot.keyClick(search.search, Qt.Key.Key_Return)
    assert not search.isVisible()
    assert str(panel.view_model.series) == "BTCUSDT 15m test"
    panel.rest()
    assert len(panel.view_model.candles) == 100
    assert panel.frame.text() == "15m*"


def test_letters_typed_on_the_chart_change_the_symbol(panel, qtbot):
    qtbot.keyClicks(panel.chart.canvas, "d")
    qtbot.keyClicks(panel._search.search, "og")
    qtbot.keyClick(panel._search.search, Qt.Key.Key_Return)
    assert str(panel.view_model.series) == "DOGEUSDT 5m test"


def test_one_letter_alone_may_be_a_timeframe(panel, qtbot):
    qtbot.keyClicks(panel.chart.canvas, "D")
    assert panel._search.current_hit().title == "1d"
    qtbot.keyClick(panel._search.search, Qt.Key.Key_Escape)
    assert not panel._search.isVisible()
    assert str(panel.view_model.series) == "BTCUSDT 5m test"


def test_timeframe_without_candles_cannot_be_chosen(panel, qtbot):
    qtbot.keyClicks(panel.chart.canvas, "3")
    qtbot.keyClick(panel._search.search, Qt.Key.Key_Return)
    assert panel._search.isVisible()
    first = panel._search.hits()[0]
    assert (first.title, first.hint, first.is_enabled) == ("3m", "no candles", False)
    assert str(panel.view_model.series) == "BTCUSDT 5m test"


def test_derived_timeframes_are_marked_and_backtests_keep_the_stored_one(panel):
    row = {button.text(): button for button in panel.frames.buttons.values()}
    assert list(row) == ["5m", "15m*", "1h*", "4h*", "1d*"]
    assert "made of the stored 5m candles" in row["1h*"].toolTip()
    row["1h*"].click()
    panel.rest()
    assert str(panel.view_model.series) == "BTCUSDT 1h test"
    assert panel.context.workbench.series == SeriesKey("BTCUSDT", Timeframe.M5, "test")
    assert row["1h*"].isChecked()
    row["5m"].click()
    assert panel.view_model.series == panel.context.workbench.series


def add_buttons(panel, count: int) -> list[QToolButton]:
    buttons = []
    for number in range(count):
        button = QToolButton()
        button.setIcon(icons.icon("compare"))
        button.setText(f"A long word {number}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        panel.header.addWidget(button)
        buttons.append(button)
    return buttons


def resize_bar(panel, width: int, qtbot) -> None:
    panel.bar.setFixedWidth(width)
    qtbot.wait(20)
    panel.bar.arrange()


def test_what_has_no_room_loses_its_words_then_goes_into_the_menu(panel, qtbot):
    buttons = add_buttons(panel, 4)
    with_text, icon_only = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
    resize_bar(panel, 3000, qtbot)
    assert {button.toolButtonStyle() for button in buttons} == {with_text}
    assert not panel.bar.more.isVisible()
    resize_bar(panel, 230, qtbot)
    assert {button.toolButtonStyle() for button in buttons if button.isVisible()} <= {icon_only}
    assert panel.bar.more.isVisible()
    assert panel.frame.isVisible()
    assert not panel.frames.isVisible()
    hidden = panel.bar.hidden_widgets()
    assert buttons[-1] in hidden
    clicked: list[int] = []
    buttons[-1].clicked.connect(lambda: clicked.append(3))
    panel.bar._fill_menu()
    next(action for action in panel.bar.menu.actions() if action.text() == "A long word 3").trigger()
    assert clicked == [3]
    resize_bar(panel, 3000, qtbot)
    assert all(button.isVisible() and button.toolButtonStyle() == with_text for button in buttons)


@pytest.mark.parametrize("width", [160, 230, 320, 480, 700, 1000])
def test_nothing_is_cut_at_any_width(panel, qtbot, width):
    add_buttons(panel, 3)
    for language in ("en", "ru"):
        i18n.set_language(language)
        resize_bar(panel, width, qtbot)
        bar = panel.bar
        shown = [bar.symbol, bar.frames, bar.frame, bar.more, bar.link]
        shown += bar.features.slots()
        for widget in shown:
            if widget.isVisible():
                assert widget.geometry().right() < width, widget
                if widget is not bar.symbol:
                    assert widget.width() >= widget.sizeHint().width(), widget


def test_a_feature_that_hides_its_widget_takes_no_room(panel, qtbot):
    buttons = add_buttons(panel, 2)
    buttons[0].hide()
    resize_bar(panel, 3000, qtbot)
    assert not buttons[0].isVisible()
    resize_bar(panel, 180, qtbot)
    assert buttons[0] not in panel.bar.hidden_widgets()


def test_link_menu_chooses_color_and_what_is_shared(panel):
    dot = panel.link_dot
    dot._fill_menu()
    actions = {action.text(): action for action in dot.link_menu.actions()}
    assert actions["A · Blue · backtests use it"].isChecked()
    actions["E · Violet"].trigger()
    assert panel.link.color == "violet"
    assert dot.accessibleName() == "Link: E · Violet"
    dot._fill_menu()
    next(action for action in dot.link_menu.actions() if action.text() == "Visible period").trigger()
    assert panel.link.shares("period")
