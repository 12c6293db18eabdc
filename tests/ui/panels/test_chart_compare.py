"""Other markets as percent lines."""

import math
from dataclasses import replace

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, make_candles, random_candles
from strategy_tester.ui.charts.compare import first_value
from strategy_tester.ui.panels.chart.compare import CompareFeature


@pytest.fixture
def chart(stored, services, open_panels):
    """A chart of 400 candles beside two other stored markets: one whole, one with 100 candles missing."""
    walk = random_candles(400, seed=5, start=7.0)
    services.candles.write(replace(walk, symbol="OTHERUSDT"))
    holey = replace(random_candles(400, seed=6), symbol="HOLEYUSDT")
    services.candles.write(holey.rows(0, 100))
    services.candles.write(holey.rows(200, 400))
    shell = open_panels("chart")
    shell.workbench.select_series(stored)
    shell.come_to_rest()
    panel = shell.panel("chart")
    panel.chart.wait_until_shown()
    feature = panel.feature(CompareFeature)
    feature.rest = shell.come_to_rest
    feature.other = walk
    return feature


def layer_of(feature, symbol):
    return next(layer for one, layer in feature._layers.items() if one.symbol == symbol)


def test_every_market_but_the_charts_own_can_be_compared(chart):
    assert sorted(chart.markets()) == [("HOLEYUSDT", "test"), ("OTHERUSDT", "test")]


def test_while_something_is_compared_the_scale_tells_percent_and_then_goes_back(chart):
    shown = chart.panel.chart
    shown.set_scale("log")
    chart.toggle("OTHERUSDT", "test")
    chart.toggle("HOLEYUSDT", "test")
    assert shown.scale == "percent"
    chart.toggle("HOLEYUSDT", "test")
    assert shown.scale == "percent"
    chart.toggle("OTHERUSDT", "test")
    assert shown.scale == "log"


def test_a_scale_chosen_meanwhile_is_kept(chart):
    chart.toggle("OTHERUSDT", "test")
    chart.panel.chart.set_scale("linear")
    chart.clear()
    assert chart.panel.chart.scale == "linear"


def test_both_markets_are_at_zero_percent_at_the_first_bar_in_sight(chart):
    chart.toggle("OTHERUSDT", "test")
    chart.rest()
    shown = chart.panel.chart
    shown.model.view.show(250.0, 350.0)
    shown.canvas.refresh()
    shown.grab()
    layer = layer_of(chart, "OTHERUSDT")
    assert layer.base == chart.other.close[250]
    assert shown.model.panes[0].scale.percent_base == shown.model.candles.close.values[250]
    assert layer.percent_at(250) == 0.0
    assert layer.percent_at(300) == pytest.approx((chart.other.close[300] / chart.other.close[250] - 1) * 100)
    rows = [[piece.text for piece in row] for row in shown.model.legend(shown.model.panes[0], 300)]
    expected = f"{abs(layer.percent_at(300)):.2f}"
    assert any(row[0].startswith("OTHERUSDT") and expected in row[1] for row in rows)


def test_equal_changes_in_percent_are_drawn_at_equal_heights(chart):
    chart.toggle("OTHERUSDT", "test")
    chart.rest()
    shown = chart.panel.chart
    shown.model.view.show(250.0, 350.0)
    shown.canvas.refresh()
    shown.grab()
    place = shown.canvas.renderer.frame.panes[0][1]
    own, other = place.scale.percent_base, layer_of(chart, "OTHERUSDT").base
    assert place.rebased(other).row_of(other * 1.03) == pytest.approx(place.row_of(own * 1.03), abs=1)


def test_missing_candles_break_the_line_and_begin_it_later(chart):
    chart.toggle("HOLEYUSDT", "test")
    chart.rest()
    values = layer_of(chart, "HOLEYUSDT").line.lowest.values
    assert np.flatnonzero(np.isnan(values)).tolist() == list(range(100, 200))
    shown = chart.panel.chart
    shown.model.view.show(150.0, 250.0)
    shown.canvas.refresh()
    shown.grab()
    layer = layer_of(chart, "HOLEYUSDT")
    assert layer.base == values[200]
    assert math.isnan(layer.percent_at(150))
    assert layer.percent_at(200) == 0.0


def test_without_percent_nothing_is_drawn_and_the_legend_says_why(chart):
    chart.toggle("OTHERUSDT", "test")
    chart.rest()
    shown = chart.panel.chart
    shown.set_scale("linear")
    shown.grab()
    assert math.isnan(layer_of(chart, "OTHERUSDT").base)
    rows = [[piece.text for piece in row] for row in shown.model.legend(shown.model.panes[0], 300)]
    assert ["OTHERUSDT · test", "shown while the scale is in percent"] in rows


def test_a_market_without_candles_of_these_times_says_so(chart, services):
    services.candles.write(make_candles([1.0, 2.0], symbol="EARLIER", start_ms=START_MS - 500 * HOUR_MS))
    chart.toggle("EARLIER", "test")
    chart.rest()
    shown = chart.panel.chart
    rows = [[piece.text for piece in row] for row in shown.model.legend(shown.model.panes[0], 300)]
    assert ["EARLIER · test", "no candles in these times"] in rows


def test_the_legend_button_takes_a_market_away(chart):
    chart.toggle("OTHERUSDT", "test")
    chart.panel.chart.legend_button.emit("compare:OTHERUSDT:test", "remove")
    assert chart.compared == []


def test_what_is_compared_is_remembered_with_the_scale_to_go_back_to(chart):
    chart.panel.chart.set_scale("log")
    chart.toggle("OTHERUSDT", "test")
    state = chart.save_state()
    chart.clear()
    assert chart.save_state() is None
    chart.panel.chart.set_scale("percent")  # as the look of the chart is restored before
    chart.restore_state(state)
    assert chart.is_compared("OTHERUSDT", "test")
    chart.clear()
    assert chart.panel.chart.scale == "log"


def test_saved_nonsense_is_passed_over(chart):
    chart.restore_state({"markets": [4, {"symbol": "A"}, {"symbol": "", "source": "test"}], "scale": "crooked"})
    assert chart.compared == []
    chart.restore_state("nothing")
    assert chart.compared == []


def test_ticks_in_the_picker_are_on_the_chart_at_once(chart):
    from PySide6.QtCore import Qt

    chart.open_picker()
    picker = chart._picker
    assert [picker.list.item(row).text() for row in range(picker.list.count())] == [
        "HOLEYUSDT · test",
        "OTHERUSDT · test",
    ]
    picker.search.setText("other")
    picker.list.item(0).setCheckState(Qt.CheckState.Checked)
    assert chart.is_compared("OTHERUSDT", "test")
    picker.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert chart.compared == []


def test_the_first_value_is_looked_for_only_in_sight():
    values = np.full(10_000, np.nan)
    values[9_000] = 5.0
    assert first_value(values, 100, 10_000) == 5.0
    assert math.isnan(first_value(values, 100, 9_000))
    assert math.isnan(first_value(values, 9_001, 20_000))
