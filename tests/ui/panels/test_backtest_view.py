"""The backtest panel in a window."""

import pytest
from PySide6.QtCore import QDate, Qt

from strategy_tester.ui import i18n


@pytest.fixture
def shell(stored, open_panels):
    shell = open_panels("strategy", "backtest", "data", "results")
    shell.window.docks.show("backtest")
    return shell


@pytest.fixture
def panel(shell):
    return shell.panel("backtest")


def type_into(qtbot, field, text: str) -> None:
    field.box.setFocus()
    field.box.selectAll()
    qtbot.keyClicks(field.box, text)
    qtbot.keyClick(field.box, Qt.Key.Key_Tab)


def test_first_series_and_its_period_are_offered(panel):
    assert panel.series.currentText() == "TESTUSDT · 1h · test"
    assert panel.start.date() == QDate(2025, 1, 1)
    assert panel.end.date() == QDate(2025, 1, 17)
    assert panel.period_note.text().replace("\u202f", "").startswith("400 candles stored")
    assert panel.run_button.isEnabled()


def test_leverage_of_101_is_refused_beside_its_field(panel, shell, qtbot):
    type_into(qtbot, panel.form.field("leverage"), "101")
    assert not panel.form.is_valid()
    assert "100" in panel.form._errors["leverage"].text()
    assert panel.form._errors["leverage"].isVisible()
    assert not panel.run_button.isEnabled()
    assert panel.view_model.values["leverage"] == 10.0  # what was right last while typing
    shell.window.actions_list.trigger("backtest.run")
    shell.come_to_rest()
    assert shell.workbench.shown is None
    type_into(qtbot, panel.form.field("leverage"), "20")
    assert panel.run_button.isEnabled()
    assert panel.view_model.values["leverage"] == 20.0


def test_start_after_the_end_is_an_error_in_the_panel(panel, shell):
    panel.start.setDate(QDate(2025, 1, 10))
    panel.end.setDate(QDate(2025, 1, 5))
    panel.run()
    shell.come_to_rest()
    assert "before the end" in panel.errors.text()
    assert shell.workbench.shown is None


def test_run_button_runs_and_brings_the_results_to_the_front(panel, shell, qtbot):
    with qtbot.waitSignal(shell.workbench.backtest_shown, timeout=60_000):
        qtbot.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    shell.come_to_rest()
    assert shell.window.docks.is_current("results")
    assert panel.progress.isHidden()
    assert any(text.startswith("Backtest finished") for text in shell.window.toaster.texts())


def test_progress_and_cancel_are_seen_only_while_it_runs(panel):
    panel.view_model.running_changed.emit(True)
    assert panel.cancel_button.isVisible()
    assert not panel.reset_button.isVisible()
    panel.view_model.running_changed.emit(False)
    assert not panel.cancel_button.isVisible()


def test_run_in_an_empty_panel_leads_to_what_is_missing(open_panels):
    shell = open_panels("backtest", "results", "data", "welcome")
    shell.window.docks.show("results")
    assert shell.window.actions_list.trigger("backtest.run")
    assert shell.window.docks.is_current("welcome")
    assert shell.window.status.message().startswith("Choose a market first")


def test_typed_settings_are_undone_and_done_again(panel, shell, qtbot):
    window = shell.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    before = dict(panel.view_model.values)
    type_into(qtbot, panel.form.field("leverage"), "20")
    assert window.actions_list.qaction("edit.undo").text() == "Undo: Leverage"
    field = panel.form.field("initial_capital")
    field.box.setFocus()
    field.box.setValue(555.0)
    qtbot.keyClick(field.box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.view_model.values == {**before, "leverage": 20.0}
    assert field.value() == before["initial_capital"]
    assert window.actions_list.trigger("edit.undo")
    assert panel.view_model.values == before
    assert panel.form.field("leverage").value() == before["leverage"]
    assert window.actions_list.trigger("edit.redo")
    assert panel.view_model.values["leverage"] == 20.0


def test_what_the_status_bar_says_of_the_data_follows_the_language(panel, shell, qtbot):
    with qtbot.waitSignal(shell.workbench.backtest_shown, timeout=60_000):
        panel.run()
    assert shell.window.status._data.text() == "data complete, 0 gaps"
    i18n.set_language("ru")
    assert shell.window.status._data.text() == "данные полны, 0 пропусков"
