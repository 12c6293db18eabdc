import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHeaderView

from strategy_tester.ui import theme
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import FilteredTable, RecordTable

ROWS = [{"name": f"trade {number}", "pnl": float(number - 3)} for number in range(8)]


def make_table(qtbot, rows=ROWS) -> RecordTable:
    model = RecordsModel(
        [
            columns.text_column("Symbol", lambda row: row["name"]),
            columns.change_column("Net result, USDT", lambda row: row["pnl"]),
            Column("Note", lambda row: row["pnl"] * 2, is_hidden=True),
        ],
        rows,
    )
    table = RecordTable(model)
    table.setObjectName("test-table")
    table.resize(600, 300)
    qtbot.addWidget(table)
    table.show()
    return table


def test_click_on_a_heading_sorts(qtbot):
    table = make_table(qtbot)
    header: QHeaderView = table.horizontalHeader()
    heading = QPoint(header.sectionViewportPosition(1) + header.sectionSize(1) // 2, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=heading)
    assert table.records_model().record(0)["pnl"] == -3.0
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=heading)
    assert table.records_model().record(0)["pnl"] == 4.0


def test_enter_opens_the_current_row(qtbot):
    table = make_table(qtbot)
    table.selectRow(2)
    with qtbot.waitSignal(table.record_activated) as told:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert told.args == [ROWS[2]]


def test_moving_with_the_keyboard_selects(qtbot):
    table = make_table(qtbot)
    table.selectRow(0)
    with qtbot.waitSignal(table.record_selected) as told:
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert told.args == [ROWS[1]]
    assert table.selected_records() == [ROWS[1]]


def test_copy_takes_the_selected_rows_and_visible_columns(qtbot):
    table = make_table(qtbot)
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Symbol\tNet result, USDT\ntrade 0\t-3.0"


def test_columns_come_back_as_they_were_left(qtbot):
    table = make_table(qtbot)
    table.setColumnWidth(0, 222)
    table.setColumnHidden(2, False)
    table.horizontalHeader().moveSection(1, 0)
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    saved = table.save_columns()
    other = make_table(qtbot)
    other.restore_columns(saved)
    assert other.columnWidth(0) == 222
    assert not other.isColumnHidden(2)
    assert other.horizontalHeader().visualIndex(1) == 0
    assert other.records_model().record(0)["pnl"] == 4.0


@pytest.mark.parametrize("saved", [None, 3, {}, {"columns": {"Symbol": "wide"}}, {"columns": []}])
def test_saved_columns_that_do_not_fit_are_passed_over(qtbot, saved):
    table = make_table(qtbot)
    before = table.columnWidth(0)
    table.restore_columns(saved)
    assert table.columnWidth(0) == before


def test_empty_table_says_what_to_do(qtbot):
    table = make_table(qtbot, rows=[])
    clicked = []
    empty = EmptyState("Run a backtest to see its trades.", "Run", lambda: clicked.append(1))
    table.set_empty_widget(empty)
    assert empty.isVisible()
    qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)
    assert clicked == [1]
    table.records_model().set_rows(ROWS)
    assert not empty.isVisible()


def test_filter_field_narrows_the_table(qtbot):
    table = make_table(qtbot)
    page = FilteredTable(table)
    qtbot.addWidget(page)
    qtbot.keyClicks(page.search, "trade 5")
    assert table.records_model().rowCount() == 1
    page.search.clear()
    assert table.records_model().rowCount() == 8


def test_columns_fit_their_longest_cell(qtbot):
    table = make_table(qtbot)
    needed = table.fontMetrics().horizontalAdvance("trade 7")
    assert table.columnWidth(0) >= needed + theme.step(4)
    long_rows = [{"name": "a name that is a good deal longer than the others", "pnl": 1.0}]
    table.records_model().set_rows(long_rows)
    assert table.columnWidth(0) > table.fontMetrics().horizontalAdvance("a name that is a good deal longer")
