"""The data panel in a window."""

import pytest
from PySide6.QtWidgets import QMenu

from builders import HOUR_MS, START_MS
from strategy_tester.ui.dialogs import Question


@pytest.fixture
def shell(stored, open_panels):
    return open_panels("data")


def test_stored_series_are_listed_and_can_be_used(shell, stored):
    panel = shell.panel("data")
    panel.table.selectRow(0)
    assert panel.buttons.use_button.isEnabled()
    panel.buttons.use_button.click()
    assert shell.workbench.series == stored


def test_only_longer_timeframes_are_offered_for_resampling(shell):
    panel = shell.panel("data")
    panel.table.selectRow(0)
    panel.buttons.fill_resample_menu()
    assert [action.text() for action in panel.buttons.resample_menu.actions()][:3] == ["2h", "4h", "6h"]


def test_delete_asks_first(shell, services):
    panel = shell.panel("data")
    panel.table.selectRow(0)
    panel.buttons.delete_button.click()
    next(child for child in shell.window.findChildren(Question) if child.isVisible()).no.click()
    shell.come_to_rest()
    assert len(services.candles.series()) == 1


def test_report_on_a_file_is_on_one_line_with_its_findings(shell, tmp_path):
    rows = [f"{START_MS + bar * HOUR_MS},100,101,99,100.5,3" for bar in range(30) if bar not in (10, 11)]
    path = tmp_path / "ABCUSDT_1h.csv"
    path.write_text("\n".join(["open_time,open,high,low,close,volume", *rows]), encoding="utf-8")
    panel = shell.panel("data")
    panel.open_file(path)
    shell.come_to_rest()
    page = panel.preview
    assert page.isVisible()
    assert page.score.text().startswith("Quality ")
    assert page.score.sizeHint().height() < 2 * page.score.fontMetrics().height()
    assert page.tabs.tabText(0) == f"Findings ({page.findings.total})"
    assert page.findings.total > 0
    page.timeframe.setCurrentText("")
    page.timeframe.setCurrentText("1h")
    page.back_button.click()
    assert not page.isVisible()


def test_menu_of_a_series_opens_it_in_a_new_chart(stored, open_panels, qtbot):
    shell = open_panels("chart", "data")
    panel = shell.panel("data")
    panel.table.selectRow(0)
    menu = QMenu()
    panel.table.menu_opening.emit(menu)
    next(action for action in menu.actions() if action.text() == "Open in a new chart").trigger()
    qtbot.waitUntil(lambda: len(shell.context.charts.all()) == 2, timeout=10_000)
    shell.come_to_rest()
    copy = shell.panel("chart-2")
    assert copy.view_model.series == stored
    assert not copy.link.shares("symbol")
