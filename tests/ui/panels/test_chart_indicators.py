"""Indicators of the user's choice on a chart: added, changed, followed, remembered."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from builders import START_MS
from strategy_tester.domain.drawings import Anchor
from strategy_tester.indicators.registry import compute
from strategy_tester.services.chart_indicators import indicator_entries, indicator_entry
from strategy_tester.ui import i18n
from strategy_tester.ui.panels.chart.drawing import DrawingFeature
from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature
from strategy_tester.ui.panels.chart.indicators_picker import FAVORITES, FAVORITES_KEY, RECENT_KEY, IndicatorPicker
from strategy_tester.ui.panels.chart.indicators_settings import IndicatorSettings
from strategy_tester.ui.panels.chart.indicators_state import ChartIndicator, OutputLook, indicators_of, look_of
from strategy_tester.ui.panels.chart.indicators_words import find_entries


@pytest.fixture
def chart(stored, open_panels, qtbot):
    """The indicators of a chart of 400 candles, and a wait until all of them are computed."""
    shell = open_panels("chart")
    panel = shell.panel("chart")
    panel.chart.wait_until_shown()
    feature = panel.feature(IndicatorsFeature)

    def rest() -> None:
        qtbot.waitUntil(lambda: not feature._stale and not feature._last_bars.is_running, timeout=60_000)
        shell.come_to_rest()

    feature.rest = rest
    return feature


def add(feature: IndicatorsFeature, name: str, **settings: object) -> ChartIndicator:
    entry = indicator_entry(name)
    assert entry is not None
    return feature.add(entry, settings)


def pane_keys(feature: IndicatorsFeature) -> list[str]:
    return [pane.key for pane in feature.panel.chart.model.panes]


def legend_texts(feature: IndicatorsFeature, key: str = "price") -> list[str]:
    model = feature.panel.chart.model
    pane = next(pane for pane in model.panes if pane.key == key)
    return [" ".join(piece.text for piece in row) for row in model.legend(pane, 399)]


def drawn_values(feature: IndicatorsFeature, number: int, output: int = 0) -> np.ndarray:
    return feature._lines[number][output].lowest.values


def test_an_overlay_lies_over_the_candles_and_is_named_in_the_legend(chart):
    made = add(chart, "SMA", period=5)
    chart.rest()
    candles = chart.panel.view_model.candles
    np.testing.assert_array_equal(drawn_values(chart, made.number), compute("SMA", candles, period=5)["sma"])
    assert pane_keys(chart) == ["price", "volume"]
    value = candles.close[-5:].mean()
    assert any(text.startswith(f"SMA 5 {value:.2f}"[:8]) for text in legend_texts(chart))


def test_an_oscillator_gets_a_pane_of_its_own_with_its_guides(chart):
    one, two = add(chart, "RSI"), add(chart, "RSI", period=5)
    assert pane_keys(chart) == ["price", "indicator:1", "indicator:2", "volume"]
    chart.rest()
    panes = {pane.key: pane for pane in chart.panel.chart.model.panes}
    assert panes[one.pane_key].levels == (30.0, 70.0)
    assert legend_texts(chart, two.pane_key)[0].startswith("RSI 5 ")


def test_of_mixed_indicators_the_lines_over_the_candles_are_shown_first(chart):
    made = add(chart, "BB")
    chart.rest()
    assert pane_keys(chart) == ["price", "volume"]
    assert [line.title for line in chart._lines[1]] == ["upper", "middle", "lower"]
    chart.put(made.with_look("width", replace(made.look("width"), is_visible=True)))
    chart.rest()
    assert pane_keys(chart) == ["price", "indicator:1", "volume"]
    chart.panel.chart.close_pane("indicator:1")
    assert [one.name for one in chart.indicators] == ["BB"]
    assert not chart.find(1).look("width").is_visible


def test_changed_settings_are_computed_and_looks_are_not(chart):
    made = add(chart, "EMA", period=5)
    chart.rest()
    before = drawn_values(chart, 1)
    chart.put(made.with_look("ema", OutputLook("#AA0000", 3.0, "dashed")))
    assert not chart._stale
    assert drawn_values(chart, 1) is before or np.shares_memory(drawn_values(chart, 1), before)
    chart.put(replace(chart.find(1), settings={"period": 9, "source": "close"}))
    chart.rest()
    expected = compute("EMA", chart.panel.view_model.candles, period=9)["ema"]
    np.testing.assert_array_equal(drawn_values(chart, 1), expected)
    assert chart.find(1).look("ema").color == "#AA0000"


def test_hidden_indicators_keep_their_name_and_can_be_shown_again(chart):
    add(chart, "SMA", period=5)
    chart.rest()
    button = chart.panel.chart.legend_button
    button.emit("indicator:1", "hide")
    assert "SMA 5" in legend_texts(chart)
    button.emit("indicator:1", "show")
    assert "SMA 5" not in legend_texts(chart)
    button.emit("indicator:1", "remove")
    assert chart.indicators == []


def test_closing_its_pane_removes_an_indicator(chart):
    add(chart, "RSI")
    chart.rest()
    chart.panel.chart.close_pane("indicator:1")
    assert chart.indicators == []
    assert pane_keys(chart) == ["price", "volume"]


def test_order_can_be_changed(chart):
    for name in ("SMA", "EMA", "WMA"):
        add(chart, name)
    chart.move(3, -2)
    assert [one.name for one in chart.indicators] == ["WMA", "SMA", "EMA"]
    chart.move(3, 99)
    assert [one.name for one in chart.indicators] == ["SMA", "EMA", "WMA"]


@pytest.mark.parametrize("name", ["EMA", "RSI", "OBV", "SUPERTREND", "MACD"])
def test_the_forming_bar_is_followed_as_if_everything_were_computed_again(chart, name, qtbot):
    made = add(chart, name)
    chart.rest()
    shown, model = chart.panel.chart, chart.panel.chart.model
    last = float(model.candles.close.values[-1])
    shown.update_last(last * 1.02, last * 0.99, last * 1.01, 50.0)
    step = model.candles.timeframe.milliseconds
    for bar in range(3):
        price = last * (1.01 + 0.01 * bar)
        moment = int(model.candles.base.times[-1]) + step
        shown.append(moment, price, price * 1.01, price * 0.99, price * 1.005, 20.0 + bar)
    qtbot.waitUntil(lambda: len(chart._lines[made.number][0]) == 403, timeout=20_000)
    chart.rest()
    from strategy_tester.ui.panels.chart.indicators_bars import candles_taker

    expected = compute(name, candles_taker(model.candles, None)(0))
    for line in chart._lines[made.number]:
        np.testing.assert_allclose(line.lowest.values, expected[line.title], rtol=1e-9, atol=1e-9)


def test_other_candles_take_the_values_of_the_ones_before_away_at_once(chart, services):
    made = add(chart, "SMA", period=5)
    chart.rest()
    shorter = chart.panel.view_model.candles.rows(0, 100)
    chart.panel.chart.set_candles(shorter)
    assert chart._lines == {}
    chart.rest()
    np.testing.assert_array_equal(drawn_values(chart, made.number), compute("SMA", shorter, period=5)["sma"])


def test_what_is_on_a_chart_is_remembered(chart):
    made = add(chart, "EMA", period=7)
    add(chart, "RSI")
    chart.put(made.with_look("ema", OutputLook("#123456", 2.0, "dotted")))
    chart.set_hidden(2, is_hidden=True)
    state = chart.save_state()
    before = list(chart.indicators)
    chart.replace_all(None)
    assert chart.save_state() is None
    chart.restore_state(state)
    assert [(one.name, one.settings, one.looks, one.is_hidden) for one in chart.indicators] == [
        (one.name, one.settings, one.looks, one.is_hidden) for one in before
    ]


def test_saved_nonsense_is_passed_over_and_an_unknown_indicator_says_so(chart):
    chart.restore_state([5, {"name": 7}, {"name": "GONE"}, {"name": "SMA", "settings": {"period": -3}}])
    chart.rest()
    texts = legend_texts(chart)
    assert [one.name for one in chart.indicators] == ["GONE", "SMA"]
    assert any(text.startswith("GONE ") and len(text) > 10 for text in texts)
    assert any(text.startswith("SMA -3 ") and len(text) > 10 for text in texts)
    assert indicators_of("nothing") == []
    assert look_of({"color": True, "width": "wide", "dash": 3, "style": "cloud"}) == OutputLook()


def test_an_indicator_is_found_by_titles_of_both_languages_and_by_peers_names():
    entries = indicator_entries()

    def first(query: str) -> str:
        return find_entries(entries, query)[0].name

    assert first("rsi") == "RSI"
    assert first("relative strength") == "RSI"
    assert first("боллинджер") == "BB"
    assert first("bbands") == "BB"
    assert first("полосы") == "BB"
    assert first("lsma") == "LINREG"
    assert first("psar") == "SAR"
    assert first("moving average exponential") == "EMA"
    assert find_entries(entries, "no such thing") == []
    assert len(find_entries(entries, "")) == 88


@pytest.fixture
def picker(chart, qtbot):
    chart.open_picker()
    picker = chart._picker
    assert isinstance(picker, IndicatorPicker)
    qtbot.waitUntil(lambda: len(picker.shown()) == 88, timeout=20_000)
    return picker


def test_the_picker_adds_with_enter_and_stays_open(chart, picker, settings, qtbot):
    picker.search.setText("macd")
    qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert [one.name for one in chart.indicators] == ["MACD", "MACD"]
    assert picker.isVisible()
    assert settings.get(RECENT_KEY) == ["MACD"]


def test_favorites_are_starred_and_listed(picker, settings, qtbot):
    picker.search.setText("vwap")
    name = picker.shown()[0].name
    qtbot.keyClick(picker.search, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert settings.get(FAVORITES_KEY) == [name]
    picker.search.clear()
    row = next(row for row in range(picker.families.count()) if picker.families.item(row).text() == FAVORITES)
    picker.families.setCurrentRow(row)
    assert [entry.name for entry in picker.shown()] == [name]


def test_the_picker_speaks_the_language_in_use(picker):
    i18n.set_language("ru")
    assert picker.windowTitle() == "Индикаторы"
    assert picker.families.item(0).text() == "Все индикаторы"


@pytest.fixture
def dialog(chart, qtbot):
    made = add(chart, "EMA", period=5)
    chart.rest()
    dialog = IndicatorSettings(chart, made, indicator_entry("EMA"))
    dialog.show()
    return dialog


def test_settings_are_seen_while_they_change_and_cancel_puts_them_back(chart, dialog):
    dialog.form.field("period").box.setValue(12)
    chart.rest()
    assert chart.find(1).settings["period"] == 12
    np.testing.assert_array_equal(
        drawn_values(chart, 1), compute("EMA", chart.panel.view_model.candles, period=12)["ema"]
    )
    dialog.looks["ema"].width.setValue(3.0)
    assert chart.find(1).look("ema").width == 3.0
    dialog.reject()
    chart.rest()
    assert chart.find(1).settings["period"] == 5
    assert chart.find(1).look("ema").width == 1.5


def test_a_wrong_value_is_told_beside_its_field_and_changes_nothing(chart, dialog):
    dialog.form.field("period").box.setValue(0)
    assert not dialog.ok.isEnabled()
    assert chart.find(1).settings["period"] == 5


def test_colors_follow_the_choice(chart, dialog):
    dialog.looks["ema"].color.choose("#00FF00")
    assert chart.find(1).look("ema").color == "#00FF00"
    dialog.accept()
    assert chart.find(1).look("ema").color == "#00FF00"


def test_the_slash_key_on_the_chart_opens_the_picker(chart, qtbot):
    canvas = chart.panel.chart.canvas
    chart.panel.window().activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    qtbot.keyClick(canvas, Qt.Key.Key_Slash)
    assert chart._picker is not None
    assert chart._picker.isVisible()


def test_what_is_done_with_indicators_can_be_undone_in_the_order_it_was_done(chart, qtbot):
    actions, scene = chart.panel.context.actions, chart.panel.feature(DrawingFeature).scene
    average = add(chart, "SMA", period=5)
    scene.add(scene.make("horizontal_line", (Anchor(START_MS, 100.0),)))
    other = add(chart, "RSI")
    chart.rest()
    chart.remove(average.number)
    chart.panel.chart.canvas.setFocus()
    actions.trigger("edit.undo")
    chart.rest()
    assert chart.indicators == [average, other]
    candles = chart.panel.view_model.candles
    np.testing.assert_array_equal(drawn_values(chart, average.number), compute("SMA", candles, period=5)["sma"])
    actions.trigger("edit.undo")
    assert chart.indicators == [average]
    assert pane_keys(chart) == ["price", "volume"]
    assert len(scene.document.drawings) == 1
    actions.trigger("edit.undo")
    assert scene.document.drawings == []
    actions.trigger("edit.undo")
    assert chart.indicators == []
    for _ in range(3):
        actions.trigger("edit.redo")
    chart.rest()
    assert chart.indicators == [average, other]


def test_settings_tried_out_in_the_dialog_are_one_step(chart, dialog):
    for period in (7, 9, 12):
        dialog.form.field("period").box.setValue(period)
    dialog.accept()
    chart.rest()
    assert chart.find(1).settings["period"] == 12
    chart.panel.context.actions.trigger("edit.undo")
    assert chart.find(1).settings["period"] == 5
    chart.panel.context.actions.trigger("edit.redo")
    assert chart.find(1).settings["period"] == 12


def test_undo_brings_nothing_of_another_workspace(chart):
    add(chart, "SMA", period=5)
    chart.restore_state(None)
    chart.panel.context.actions.trigger("edit.undo")
    assert chart.indicators == []
    chart.panel.context.actions.trigger("edit.redo")
    assert chart.indicators == []
