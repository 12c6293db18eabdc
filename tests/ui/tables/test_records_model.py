import math
import time

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import RECORD_ROLE, VALUE_ROLE, RecordsModel

ROWS = [
    {"name": "b", "pnl": -5.0, "time": 1_735_689_600_000},
    {"name": "a", "pnl": 100.0, "time": 1_735_693_200_000},
    {"name": "c", "pnl": math.nan, "time": 1_735_696_800_000},
    {"name": "d", "pnl": 20.0, "time": 1_735_700_400_000},
]
COLUMNS = [
    columns.text_column("Symbol", lambda row: row["name"]),
    columns.change_column("Net result, USDT", lambda row: row["pnl"], tooltip="Exit reason"),
    columns.time_column("Entry time", lambda row: row["time"]),
]


@pytest.fixture
def model(qapp) -> RecordsModel:
    model = RecordsModel(COLUMNS, ROWS)
    model.tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    return model


def names(model: RecordsModel) -> str:
    return "".join(model.index(row, 0).data() for row in range(model.rowCount()))


def test_cells_show_text_and_keep_the_value(model: RecordsModel):
    cell = model.index(0, 1)
    assert cell.data() == "\u22125.00"
    assert cell.data(VALUE_ROLE) == -5.0
    assert cell.data(RECORD_ROLE) == ROWS[0]
    assert cell.data(Qt.ItemDataRole.ForegroundRole).name().upper() == theme.DARK.down_text
    assert model.index(2, 1).data() == "—"
    assert model.index(0, 2).data() == "2025-01-01 00:00 UTC"


def test_numbers_sort_as_numbers_and_missing_ones_come_last(model: RecordsModel):
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert names(model) == "bdac"
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert names(model) == "adbc"
    model.sort(-1)
    assert names(model) == "bacd"


def test_sorting_keeps_what_views_hold_on_to(model: RecordsModel):
    held = QPersistentModelIndex(model.index(1, 0))
    model.sort(0)
    assert held.row() == 0
    assert held.data() == "a"


def test_filter_needs_all_words_somewhere_in_the_row(model: RecordsModel):
    model.set_filter("2025 100")
    assert names(model) == "a"
    assert model.total == 4
    model.set_filter("")
    model.set_predicate(lambda row: row["pnl"] > 0)
    assert names(model) == "ad"
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert names(model) == "da"
    model.set_rows(ROWS[:2])
    assert names(model) == "a"


def test_positions_before_and_after_sorting(model: RecordsModel):
    model.sort(0)
    assert model.source_row(0) == 1
    assert model.row_of(1) == 0
    model.set_filter("nothing like this")
    assert model.row_of(1) is None
    assert model.rowCount() == 0


def test_changed_record_is_told_for_its_row(model: RecordsModel, qtbot):
    model.sort(0)
    with qtbot.waitSignal(model.dataChanged) as told:
        model.update_record(1)
    assert told.args[0].row() == 0


def test_headings_follow_the_language(model: RecordsModel, qtbot):
    with qtbot.waitSignal(model.headerDataChanged):
        i18n.set_language("ru")
    assert model.headerData(2, Qt.Orientation.Horizontal) == "Время входа"
    assert model.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) == "Причина выхода"


def test_copied_cells_are_plain_numbers(model: RecordsModel):
    text = model.as_tsv([0, 2], [0, 1])
    assert text == "Symbol\tNet result, USDT\nb\t-5.0\nc\t"


def test_columns_of_mixed_types_can_be_sorted(qapp):
    model = RecordsModel([columns.text_column("Value", lambda row: row)], [3, "a", None, 1])
    model.sort(0)
    assert [model.record(row) for row in range(4)] == [1, 3, "a", None]


def test_hundred_thousand_rows_are_sorted_at_once(qapp):
    rows = [{"name": str(number), "pnl": float((number * 7919) % 100_003), "time": number} for number in range(100_000)]
    model = RecordsModel(COLUMNS, rows)
    started = time.perf_counter()
    model.sort(1, Qt.SortOrder.DescendingOrder)
    took = time.perf_counter() - started
    assert model.record(0)["pnl"] == max(row["pnl"] for row in rows)
    assert took < 1.0, "a proxy model needs several seconds; this takes 0.05 to 0.1 s on an idle machine"
