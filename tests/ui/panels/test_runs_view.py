"""The runs panel in a window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from builders import make_description, make_result
from strategy_tester.ui.dialogs import Question


@pytest.fixture
def shell(services, open_panels):
    for _run in range(3):
        services.runs.save(make_description(), make_result(), 1.5)
    return open_panels("runs")


def test_buttons_are_on_for_what_the_selection_allows(shell):
    panel = shell.panel("runs")
    assert not panel.open_button.isEnabled()
    panel.table.selectRow(0)
    assert (panel.open_button.isEnabled(), panel.compare_button.isEnabled()) == (True, False)
    panel.table.selectAll()
    assert (panel.open_button.isEnabled(), panel.compare_button.isEnabled()) == (False, False)
    assert panel.delete_button.isEnabled()


def test_delete_asks_first(shell, services, qtbot):
    panel = shell.panel("runs")
    panel.table.selectRow(0)
    chosen = panel.table.selected_records()[0].run_id
    for answer, left in (("no", 3), ("yes", 2)):
        qtbot.mouseClick(panel.delete_button, Qt.MouseButton.LeftButton)
        question = next(child for child in shell.window.findChildren(Question) if child.isVisible())
        getattr(question, answer).click()
        shell.come_to_rest()
        QApplication.processEvents()
        assert len(services.runs.list()) == panel.model.total == left
    assert chosen not in [run.run_id for run in services.runs.list()]


def test_no_runs_yet_says_what_to_do(open_panels):
    panel = open_panels("runs").panel("runs")
    assert panel.table._empty.isVisible()


def test_a_click_moves_the_main_charts_to_the_period_of_the_run(shell, qtbot):
    panel = shell.panel("runs")
    wanted = []
    shell.workbench.links.main.period_wanted.connect(wanted.append)
    panel.table.selectRow(1)
    run = panel.table.selected_records()[0].description
    assert [(period.start_ms, period.end_ms) for period in wanted] == [(run.start_ms, run.end_ms)]
    panel.table.selectAll()
    assert len(wanted) == 1


def test_headings_of_metrics_say_how_they_are_computed(shell):
    model = shell.panel("runs").model
    tooltips = {
        column.name: model.headerData(number, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        for number, column in enumerate(model.columns)
    }
    assert all(tooltips[name] for name in ("return", "drawdown", "sharpe", "profit_factor", "win_rate"))
    assert tooltips["strategy"] is None
