"""The chart panel in a window."""


def test_without_candles_the_panel_says_what_to_do(open_panels, qtbot):
    shell = open_panels("chart", "data")
    panel = shell.panel("chart")
    assert panel._pages.currentWidget() is panel.empty
    panel.empty.button.click()
    shell.come_to_rest()
    panel.chart.wait_until_shown()
    assert panel._pages.currentWidget() is panel.chart
    assert shell.workbench.series.symbol == "PRACTICE"


def test_candles_being_read_show_a_skeleton_instead_of_nothing(stored, open_panels):
    panel = open_panels("chart").panel("chart")
    model = panel.view_model
    model.candles, model.is_loading = None, True
    model.loading_started.emit()
    assert panel._pages.currentWidget() is panel.loading


def test_market_and_timeframe_stand_in_the_bar(stored, open_panels):
    panel = open_panels("chart").panel("chart")
    assert panel.bar.symbol.text() == "TESTUSDT · test ▾"
    assert panel.bar.symbol.isVisible()
    assert panel.frames.isVisible()
