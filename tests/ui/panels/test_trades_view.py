"""The trades and results panels in a window, on a real backtest."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from strategy_tester.ui.panels.trades.view_model import TradeRow


@pytest.fixture
def shell(stored, open_panels, qtbot):
    shell = open_panels("strategy", "backtest", "trades", "results", "data")
    with qtbot.waitSignal(shell.workbench.backtest_shown, timeout=15_000):
        shell.window.actions_list.trigger("backtest.run")
    shell.come_to_rest()
    shell.window.docks.show("trades")
    return shell


def test_side_filter_narrows_the_table_and_the_count(shell, qtbot):
    panel = shell.panel("trades")
    total = panel.model.total
    qtbot.mouseClick(panel.sides.buttons["LONG"], Qt.MouseButton.LeftButton)
    shown = panel.model.rowCount()
    assert 0 < shown < total
    assert panel.count.text() == f"{shown} of {total} trades"
    qtbot.mouseClick(panel.sides.buttons["all"], Qt.MouseButton.LeftButton)
    assert panel.model.rowCount() == total


def test_profit_is_sorted_as_a_number(shell):
    panel = shell.panel("trades")
    column = next(number for number, column in enumerate(panel.model.columns) if column.name == "pnl")
    panel.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    profits = [panel.model.record(row)["pnl"] for row in range(panel.model.rowCount())]
    assert profits == sorted(profits)


def test_trade_behind_a_sorted_table_is_found_when_chosen_elsewhere(shell):
    panel = shell.panel("trades")
    panel.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    shell.workbench.select_trade(0)
    (row,) = panel.table.selected_records()
    assert isinstance(row, TradeRow)
    assert row.position == 0


def test_export_offers_both_separators_and_writes_the_chosen_one(shell, qtbot, tmp_path):
    panel = shell.panel("trades")
    panel.export()
    dialog = next(child for child in shell.window.findChildren(QFileDialog) if child.isVisible())
    comma, semicolon = dialog.nameFilters()
    assert ("comma" in comma, "semicolon" in semicolon) == (True, True)
    dialog.selectNameFilter(semicolon)
    path = tmp_path / "trades.csv"
    with qtbot.waitSignal(panel.view_model.exported, timeout=10_000):
        dialog.fileSelected.emit(str(path))
    assert path.read_text(encoding="utf-8-sig").splitlines()[0].count(";") > 10
    dialog.reject()


def test_results_show_cards_and_every_table(shell):
    panel = shell.panel("results")
    shell.window.docks.show("results")
    assert panel.cards.isVisible()
    assert panel.metrics.total > 30
    assert panel.months.total == 1
    assert panel.conditions.total > 0
