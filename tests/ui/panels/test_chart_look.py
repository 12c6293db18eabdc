"""Chart type, scale, panes and going to a date: menu, keys, and what is remembered of each chart."""

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from builders import HOUR_MS, START_MS
from strategy_tester.ui import i18n, numbers
from strategy_tester.ui.charts.candle_layer import CHART_TYPES
from strategy_tester.ui.panels.chart.look import TYPE_TITLES, LookFeature
from strategy_tester.ui.panels.chart.look_date import DateUnreadable, parse_moment
from strategy_tester.ui.panels.chart.look_icons import chart_type_icon

DAY_MS = 24 * HOUR_MS


@pytest.fixture
def shell(stored, open_panels):
    return open_panels("chart")


@pytest.fixture
def panel(shell):
    return shell.panel("chart")


@pytest.fixture
def look(panel) -> LookFeature:
    return panel.feature(LookFeature)


@pytest.mark.parametrize(
    ("keys", "action"),
    [("Alt+1", "chart.type_bars"), ("Alt+2", "chart.type_candles"), ("Alt+3", "chart.type_line"),
     ("Alt+I", "chart.invert"), ("Alt+L", "chart.log"), ("Alt+P", "chart.percent"), ("Alt+G", "chart.go_to_date"),
     ("Alt+Shift+Up", "chart.pane_up"), ("Alt+Shift+Down", "chart.pane_down"), ("Alt+Return", "chart.pane_maximize")],
)  # fmt: skip
def test_keys(shell, keys: str, action: str) -> None:
    assert shell.context.actions.qaction(action).shortcut() == QKeySequence(keys)


def test_every_type_has_a_title_a_picture_and_an_action(shell, look: LookFeature) -> None:
    assert set(TYPE_TITLES) == set(CHART_TYPES)
    for kind in CHART_TYPES:
        assert shell.context.actions.trigger(f"chart.type_{kind}")
        assert look.chart.chart_type == kind
        assert shell.context.actions.qaction(f"chart.type_{kind}").isChecked()
    pictures = {bytes(chart_type_icon(kind).pixmap(32, 32).toImage().constBits()) for kind in CHART_TYPES}
    assert len(pictures) == len(CHART_TYPES)


def test_scales_are_switched_on_and_off(shell, look: LookFeature) -> None:
    actions = shell.context.actions
    actions.trigger("chart.log")
    assert look.chart.scale == "log"
    actions.trigger("chart.percent")
    assert look.chart.scale == "percent"
    assert not actions.qaction("chart.log").isChecked()
    assert actions.qaction("chart.percent").isChecked()
    actions.trigger("chart.percent")
    assert look.chart.scale == "linear"
    actions.trigger("chart.invert")
    assert look.chart.model.panes[0].scale.is_inverted


def test_a_button_on_the_chart_is_seen_in_the_menu(shell, look: LookFeature) -> None:
    look.chart.set_auto_scale(False)
    assert not shell.context.actions.qaction("chart.auto_scale").isChecked()
    look.chart.close_pane("volume")
    assert not shell.context.actions.qaction("chart.volume").isChecked()
    shell.context.actions.trigger("chart.volume")
    assert look.chart.model.shows_volume


def test_actions_of_panes_mean_the_one_the_pointer_was_over_last(shell, look: LookFeature) -> None:
    chart = look.chart
    chart.canvas.pane_key = "volume"
    shell.context.actions.trigger("chart.pane_up")
    assert chart.model.shown_keys() == ["volume", "price"]
    shell.context.actions.trigger("chart.pane_down")
    assert chart.model.shown_keys() == ["price", "volume"]
    shell.context.actions.trigger("chart.pane_maximize")
    assert chart.model.shown_keys() == ["volume"]
    shell.context.actions.trigger("chart.pane_maximize")
    assert chart.model.shown_keys() == ["price", "volume"]
    shell.context.actions.trigger("chart.pane_close")
    assert chart.model.shown_keys() == ["price"]
    shell.context.actions.trigger("chart.pane_close")
    assert chart.model.shown_keys() == ["price"]


def test_the_menu_makes_its_chart_the_one_in_use_and_offers_closed_panes(shell, look: LookFeature) -> None:
    from chart_builders import make_line

    look.chart.set_lines([make_line([50.0] * 400, "RSI_14", "RSI_14")])
    look.chart.close_pane("pane:RSI_14")
    shell.context.charts.set_current(None)
    look.menu.aboutToShow.emit()
    assert shell.context.charts.current is look.panel
    again = next(action for action in look.menu.actions() if action.text() == "Show RSI_14 again")
    again.trigger()
    assert look.chart.model.shown_keys() == ["price", "pane:RSI_14", "volume"]


def test_the_look_is_remembered(look: LookFeature) -> None:
    chart = look.chart
    chart.set_chart_type("hollow")
    chart.set_scale("percent")
    chart.set_inverted(True)
    chart.move_pane("volume", 0)
    state = look.save_state()
    assert (state["type"], state["scale"], state["inverted"]) == ("hollow", "percent", True)
    chart.set_chart_type("line")
    chart.set_scale("linear")
    chart.set_inverted(False)
    chart.move_pane("volume", 1)
    look.restore_state(state)
    assert (chart.chart_type, chart.scale, chart.model.is_inverted) == ("hollow", "percent", True)
    assert chart.model.shown_keys() == ["volume", "price"]


@pytest.mark.parametrize("state", [None, 3, {"type": "pie", "scale": 7, "inverted": "yes", "hidden": 1, "panes": []}])
def test_a_state_of_another_form_changes_nothing(look: LookFeature, state: object) -> None:
    look.restore_state(state)
    assert (look.chart.chart_type, look.chart.scale, look.chart.model.is_inverted) == ("candles", "linear", False)


def test_the_corner_switches_the_zone(shell, look: LookFeature) -> None:
    look.chart.zone_clicked.emit()
    assert numbers.is_local_time()
    look.chart.zone_clicked.emit()
    assert not numbers.is_local_time()


def test_texts_follow_the_language(look: LookFeature) -> None:
    i18n.set_language("ru")
    assert look.button.accessibleName() == "Тип графика и шкала"
    assert "Свечи" in look.button.toolTip()


# --- going to a date


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2025-01-03", START_MS + 2 * DAY_MS), ("2025-01-03 14:05", START_MS + 2 * DAY_MS + 845 * 60_000),
     (" 2025-1-3T14:05 ", START_MS + 2 * DAY_MS + 845 * 60_000), ("2025-01", START_MS),
     ("03.01.2025", START_MS + 2 * DAY_MS), ("3.1.2025 00:01:30", START_MS + 2 * DAY_MS + 90_000),
     ("2025/01/03", START_MS + 2 * DAY_MS)],
)  # fmt: skip
def test_dates_are_read(text: str, moment: int) -> None:
    assert parse_moment(text, local=False) == moment


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Write a date, for example"), ("tomorrow", "“tomorrow” is no date"), ("2025-02-30", "such day: 2025-02-30"),
     ("2025-13-01", "no such day"), ("2025-01-01 24:30", "no such time of day"), ("2025-01-01 7", "is no date"),
     ("0000-01-01", "no such day")],
)  # fmt: skip
def test_what_is_no_date_is_said_in_words(text: str, words: str) -> None:
    with pytest.raises(DateUnreadable, match=words):
        parse_moment(text, local=False)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of this system cannot be set by a test")
def test_local_dates_are_read_by_the_local_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert parse_moment("2025-01-01 01:00", local=True) == START_MS
        assert parse_moment("2025-07-01 02:00", local=True) == START_MS + 181 * DAY_MS
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_field_goes_there_and_goes_away(shell, look: LookFeature) -> None:
    shell.context.actions.trigger("chart.go_to_date")
    assert look.date.isVisible()
    assert look.panel.window().focusWidget() is look.date.field
    QTest.keyClicks(look.date.field, "2025-01-08 12:00")
    QTest.keyClick(look.date.field, Qt.Key.Key_Return)
    assert not look.date.isVisible()
    view = look.chart.model.view
    assert view.left + view.span / 2 == pytest.approx(7 * 24 + 12, abs=1)


def test_the_field_says_where_the_candles_end_and_escape_closes_it(shell, look: LookFeature) -> None:
    left = look.chart.model.view.left
    look.date.open()
    QTest.keyClicks(look.date.field, "2026-01-01")
    QTest.keyClick(look.date.field, Qt.Key.Key_Return)
    assert look.date.problem.text() == "The candles end at 2025-01-17 15:00 UTC."
    assert look.chart.model.view.left == left
    look.date.field.clear()
    QTest.keyClicks(look.date.field, "2")
    assert look.date.problem.text() == ""
    look.date.field.setText("2024-06-01")
    look.date.go()
    assert look.date.problem.text() == "The candles begin at 2025-01-01 00:00 UTC."
    QTest.keyClick(look.date.field, Qt.Key.Key_Escape)
    assert not look.date.isVisible()
    assert look.date.geometry().bottom() <= look.chart.rect().bottom()
