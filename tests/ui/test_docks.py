import json

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

from strategy_tester.ui import theme
from strategy_tester.ui.dock_layout import Plan, Tabs, pack, unpack
from strategy_tester.ui.docks import Area, Docks
from strategy_tester.ui.screens import describe_screens, on_visible_screen

AREAS: dict[str, Area] = {
    "chart": "center",
    "strategy": "right",
    "backtest": "right_below",
    "trades": "bottom",
    "runs": "bottom",
}


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    window.resize(1600, 900)
    qtbot.addWidget(window)
    yield window
    for docks in window.findChildren(Docks):
        docks.close_floating()


@pytest.fixture
def docks(window: QMainWindow, qapp) -> Docks:
    docks = Docks(window)
    for panel_id, area in AREAS.items():
        docks.add_panel(panel_id, panel_id.title(), QLabel(panel_id), area)
    window.setCentralWidget(docks.widget)
    docks.finish_default_layout(width=1600, height=900)
    window.show()
    qapp.processEvents()
    return docks


def place(docks: Docks, panel_id: str) -> QRect:
    content = docks.content(panel_id)
    return QRect(content.mapTo(content.window(), content.rect().topLeft()), content.size())


def test_default_layout_has_the_chart_as_its_hero(docks: Docks):
    chart, strategy, backtest, trades = (place(docks, name) for name in ("chart", "strategy", "backtest", "trades"))
    assert chart.width() > 2.5 * strategy.width()
    assert chart.height() > 1.5 * trades.height()
    assert strategy.left() > chart.right()
    assert backtest.top() > strategy.bottom()
    assert trades.top() > chart.bottom()
    assert trades.width() > 1500
    assert docks.is_current("trades")
    assert not docks.is_current("runs")


def test_panel_can_be_closed_shown_and_brought_to_the_front(docks: Docks, qtbot):
    docks.close_panel("runs")
    assert not docks.is_open("runs")
    with qtbot.waitSignal(docks.panel_shown, check_params_cb=lambda name: name == "runs"):
        docks.show("runs")
    assert docks.is_current("runs")
    docks.toggle("runs")
    assert not docks.is_open("runs")


def test_panel_floats_and_goes_back_to_its_area(docks: Docks, qapp):
    docks.float("trades")
    qapp.processEvents()
    assert docks.is_floating("trades")
    docks.float("trades")
    qapp.processEvents()
    assert not docks.is_floating("trades")
    assert place(docks, "trades").top() > place(docks, "chart").bottom()


def test_layout_survives_the_way_through_json(docks: Docks, qapp):
    docks.float("trades")
    docks.close_panel("strategy")
    saved = json.loads(json.dumps(docks.save()))
    docks.reset()
    assert not docks.is_floating("trades")
    assert docks.is_open("strategy")
    assert docks.restore(saved)
    assert docks.is_floating("trades")
    assert not docks.is_open("strategy")


@pytest.mark.parametrize(
    "saved",
    [
        None, [], {}, {"version": 1}, {"version": 99, "state": ""}, {"version": 1, "state": "%%%"},
        {"version": 1, "state": "AAAA"}, {"version": 1, "state": "PD94bWw+"},
        {"version": 1, "state": "PFF0QWR2YW5jZWREb2NraW5nU3lzdGVtLz4="},
    ],
)  # fmt: skip
def test_damaged_layout_changes_nothing(docks: Docks, saved):
    docks.close_panel("strategy")
    assert not docks.restore(saved)
    assert not docks.is_open("strategy")
    assert docks.is_open("chart")


def test_cut_layout_changes_nothing(docks: Docks):
    saved = docks.save()
    saved["state"] = saved["state"][: len(saved["state"]) // 2 // 4 * 4]
    assert not docks.restore(saved)
    assert docks.is_open("chart")


def test_panel_newer_than_the_layout_is_shown(docks: Docks):
    saved = docks.save()
    docks.add_panel("results", "Results", QLabel("results"), "bottom")
    assert docks.restore(saved)
    assert docks.is_open("results")
    assert place(docks, "results").width() >= 0


def test_floating_window_outside_all_screens_comes_back(docks: Docks, qapp):
    docks.float("trades")
    floating = docks.content("trades").window()
    floating.setGeometry(5000, 4000, 600, 400)
    docks.move_onto_screens()
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.contains(floating.geometry().topLeft())


def test_content_can_be_replaced(docks: Docks):
    new = QLabel("new")
    docks.set_content("runs", new)
    assert docks.content("runs") is new


def test_changes_of_the_layout_are_told(docks: Docks, qtbot):
    with qtbot.waitSignal(docks.layout_changed):
        docks.close_panel("runs")


def test_visible_rectangle_stays_and_a_lost_one_is_moved(qapp):
    screen = QGuiApplication.primaryScreen().availableGeometry()
    inside = QRect(screen.left() + 10, screen.top() + 10, 300, 200)
    assert on_visible_screen(inside) == inside
    lost = on_visible_screen(QRect(-4000, -3000, 99_999, 200))
    assert screen.contains(lost)
    assert lost.width() == screen.width()


def test_screens_are_described_for_json(qapp):
    described = json.loads(json.dumps(describe_screens()))
    assert described[0]["geometry"][2] > 0
    assert described[0]["pixel_ratio"] >= 1.0


def test_low_window_puts_the_two_forms_on_the_right_into_tabs(docks: Docks):
    docks.finish_default_layout(width=1280, height=700)
    assert docks.is_current("strategy")
    assert docks.is_open("backtest")
    assert not docks.is_current("backtest")
    docks.finish_default_layout(width=1600, height=1000)
    assert docks.is_current("strategy")
    assert docks.is_current("backtest")


def test_tab_in_the_background_knows_its_window(docks: Docks, window, qapp):
    assert docks.window_of("runs") is window
    docks.float("trades")
    docks.float("runs")
    assert docks.window_of("runs") is not docks.window_of("trades")
    plan = Plan(Tabs(("chart",)), (Tabs(("trades", "runs")),))
    assert docks.restore(docks.draw_up(plan, 900, 600))
    qapp.processEvents()
    assert docks.window_of("runs") is docks.window_of("trades")
    assert docks.window_of("runs") is docks.floating_windows()[0].widget


def test_layout_the_library_refuses_leaves_everything_in_sight(docks: Docks, qapp):
    saved = docks.save()
    state = unpack(saved["state"])
    assert state is not None
    saved["state"] = pack(
        state.replace(b"</QtAdv", b'<Container Floating="1"><Geometry></Geometry></Container></QtAdv')
    )
    assert not docks.restore(saved)
    qapp.processEvents()
    assert docks.content("chart").isVisible()


def test_contents_outside_their_docks_never_become_windows(docks: Docks, window, qapp):
    docks.restore(docks.save())
    docks.set_content("runs", QLabel("new"))
    docks.restore(docks.save())
    qapp.processEvents()
    assert [widget for widget in qapp.topLevelWidgets() if widget.isVisible()] == [window]
    assert docks.content("chart").isVisible()


def test_panel_can_be_removed_for_good(docks: Docks, qapp):
    docks.add_panel("chart-2", "Chart 2", QLabel("two"), "center", beside="chart", is_copy=True)
    docks.float("chart-2")
    docks.remove_panel("chart-2")
    qapp.processEvents()
    assert docks.panel_ids() == list(AREAS)
    assert docks.floating_windows() == []


def test_closing_a_copy_asks_for_its_removal(docks: Docks, qtbot):
    docks.add_panel("chart-2", "Chart 2", QLabel("two"), "center", beside="chart", is_copy=True)
    with qtbot.waitSignal(docks.removal_wanted, check_params_cb=lambda name: name == "chart-2"):
        docks._panels["chart-2"].dock.requestCloseDockWidget()
    assert docks.is_open("chart-2")


def test_the_pictures_on_the_tabs_grow_with_the_text(docks: Docks):
    tab = docks._panels["chart"].dock.tabWidget()
    before, font = tab.iconSize().height(), QFont(QApplication.font())
    larger = QFont(font)
    larger.setPointSizeF(font.pointSizeF() * 2)
    try:
        QApplication.setFont(larger)
        theme.theme_changed.emit(theme.current_theme())
        assert tab.iconSize().height() == 2 * before
    finally:
        QApplication.setFont(font)
        theme.theme_changed.emit(theme.current_theme())
    assert tab.iconSize().height() == before
