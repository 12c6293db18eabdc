"""The data panel in a window."""

import dataclasses
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QStyleOptionViewItem

from builders import HOUR_MS, START_MS, random_candles
from live_fakes import LINEAR, MemoryMarketSource
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.services.coverage import CoverageState
from strategy_tester.services.ports import CoveredSpan, HistoryKey, SeriesKey
from strategy_tester.ui.dialogs import Question
from strategy_tester.ui.i18n import set_language
from strategy_tester.ui.panels.data.retention import RetentionDialog
from strategy_tester.ui.panels.data.table import PIN, STRIP, WORK
from strategy_tester.ui.panels.download.queue import Task, TaskOutcome, TaskState

BYBIT = SeriesKey("BTCUSDT", Timeframe.H1, "bybit-linear")


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


# --- coverage, quality, retention, work


@pytest.fixture
def holed(services):
    """400 hours of Bybit's without 20 of them; the exchange has not 8 of these."""
    candles = dataclasses.replace(random_candles(400), symbol=BYBIT.symbol, source=BYBIT.source)
    for part in (candles.rows(0, 100), candles.rows(120, 400)):
        services.candles.write(part)
    first = START_MS + 112 * HOUR_MS
    services.history.cover(HistoryKey.of(BYBIT), [CoveredSpan(first, START_MS + 120 * HOUR_MS, 1, is_empty=True)])
    return candles


def column(panel, name: str) -> int:
    return next(number for number, one in enumerate(panel.model.columns) if one.name == name)


def cell(panel, name: str, row: int = 0) -> str:
    return panel.model.data(panel.model.index(row, column(panel, name)))


def test_series_are_shown_with_coverage_quality_and_size(holed, open_panels):
    shell = open_panels("data")
    panel = shell.panel("data")
    assert (cell(panel, "Source"), cell(panel, "Candles"), cell(panel, "Missing")) == ("Bybit perp", "380", "12")
    assert (cell(panel, "First"), cell(panel, "Last")) == ("2025-01-01", "2025-01-17")
    row = panel.view_model.rows[0]
    states = [part.state for part in row.facts.parts]
    assert states == [CoverageState.COMPLETE, CoverageState.MISSING, CoverageState.NONE, CoverageState.COMPLETE,
                      CoverageState.NOT_ASKED]  # fmt: skip
    assert cell(panel, "Quality") == f"{row.quality.score:.1f}"
    tooltip = panel.model.data(panel.model.index(0, column(panel, "Quality")), Qt.ItemDataRole.ToolTipRole)
    assert "12 candles are missing." in tooltip
    assert "8 candles do not exist at the exchange either." in tooltip
    set_language("ru")
    assert cell(panel, "Source") == "Bybit бессрочный"


def test_every_part_of_a_strip_says_what_it_is(holed, open_panels):
    panel = open_panels("data").panel("data")
    row = panel.view_model.rows[0]
    whole = row.facts.parts[-1].end_ms - row.facts.parts[0].start_ms
    option = QStyleOptionViewItem()
    option.rect.setRect(0, 0, 100_000, 20)
    delegate = panel.table.itemDelegateForColumn(column(panel, STRIP))
    at = 105 * HOUR_MS / whole * 100_000
    assert delegate.text_at(row, option, at).startswith("missing · 12 candles\n2025-01-05 04:00")
    assert delegate.text_at(row, option, 20).startswith("complete · 100 candles")
    assert delegate.text_at(row, option, 99_900).startswith("not asked for")


def test_holes_are_listed_with_the_reason_and_zoomed_to(holed, open_panels):
    panel = open_panels("data").panel("data")
    panel.table.selectRow(0)
    details = panel.details
    assert details.holes.as_tsv([0, 1], [2, 3], headings=False).splitlines() == [
        "12\tShould be there and is not: refill it.", "8\tAsked twice: the exchange has nothing here.",
    ]  # fmt: skip
    details.table.selectRow(1)
    hole = details.holes.record(1)
    assert details.strip.start_ms < hole.start_ms < hole.end_ms < details.strip.end_ms
    assert details.strip.end_ms - details.strip.start_ms == 5 * 8 * HOUR_MS


def test_a_click_on_the_pin_keeps_a_series_up_to_date(holed, stored, open_panels, qtbot):
    panel = open_panels("data").panel("data")
    place = panel.table.visualRect(panel.model.index(0, column(panel, PIN))).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert list(panel.view_model.updates.pins) == [BYBIT]
    panel.auto.setChecked(True)
    assert panel.auto_note.text() == "1 series pinned"
    panel.auto.setChecked(False)
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.view_model.updates.pins == {}
    place = panel.table.visualRect(panel.model.index(1, column(panel, PIN))).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.view_model.updates.pins == {}
    assert "one that comes from an exchange" in panel.errors.text()


def test_retention_counts_before_it_deletes(holed, open_panels, services, qtbot):
    shell = open_panels("data")
    panel = shell.panel("data")
    panel.table.selectRow(0)
    panel.buttons.retention.trigger()
    dialog = next(child for child in shell.window.findChildren(RetentionDialog) if child.isVisible())
    assert not dialog.yes.isEnabled()
    dialog.days.setValue(10)
    qtbot.waitUntil(lambda: dialog.count.text() == "140 candles go, 240 candles stay.")
    dialog.yes.click()
    shell.come_to_rest()
    (left,) = services.candles.series()
    assert (left.candles, left.last_open_ms - left.first_open_ms + HOUR_MS) == (240, 10 * DAY_MS)
    assert services.settings.get("data.retention_days") == 10


def test_what_no_exchange_knows_cannot_be_updated(stored, open_panels):
    panel = open_panels("data").panel("data")
    panel.table.selectRow(0)
    buttons = panel.buttons
    assert buttons.use_button.isEnabled()
    assert not any(one.isEnabled() for one in (buttons.update_button, buttons.refill_button, buttons.check_button))
    assert not panel.details.pin_button.isEnabled()


def test_update_fails_in_words_and_the_row_says_so(holed, open_panels):
    shell = open_panels("data")
    panel = shell.panel("data")
    panel.table.selectRow(0)
    panel.buttons.update_button.click()
    shell.come_to_rest()
    row = panel.view_model.rows[0]
    assert row.task.state is TaskState.FAILED
    assert "no exchange called 'bybit' is set up" in cell(panel, WORK)
    assert panel.table.selected_records() == [row]


def test_check_refills_what_is_missing_and_says_so(holed, services, open_panels):
    source = MemoryMarketSource({(LINEAR, Timeframe.H1): holed}, now_ms=lambda: START_MS + 400 * HOUR_MS + 5_000)
    object.__setattr__(services, "sources", lambda _name: source)
    shell = open_panels("data")
    panel = shell.panel("data")
    panel.table.selectRow(0)
    panel.buttons.check_button.click()
    shell.come_to_rest()
    assert (cell(panel, "Candles"), cell(panel, "Missing"), cell(panel, WORK)) == ("400", "0", "")
    assert shell.window.status.message().startswith("BTCUSDT 1h bybit-linear: 20 candles refilled")
    assert cell(panel, "Updated") != "\u2014"


def test_the_cross_in_the_row_cancels(holed, open_panels, qtbot):
    shell = open_panels("data")
    panel = shell.panel("data")
    model = panel.view_model
    task = Task(BYBIT, "Downloading", _endless)
    model.queue.add([task])
    qtbot.waitUntil(lambda: model.rows[0].task is not None and model.rows[0].task.fraction == 0.5)
    assert cell(panel, WORK).startswith("50\u202f%")
    panel.table.scrollTo(panel.model.index(0, column(panel, WORK)))
    rect = panel.table.visualRect(panel.model.index(0, column(panel, WORK)))
    cross = panel.table.itemDelegateForColumn(column(panel, WORK))._cross(rect).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(cross))
    shell.come_to_rest()
    assert task.state is TaskState.STOPPED


def test_selection_and_place_outlive_a_new_list(holed, stored, open_panels, services):
    shell = open_panels("data")
    panel = shell.panel("data")
    panel.table.selectRow(1)
    services.candles.write(dataclasses.replace(random_candles(50), symbol="AAAUSDT", source="test"))
    shell.workbench.data_changed.emit()
    shell.come_to_rest()
    assert [row.key.symbol for row in panel.view_model.rows] == ["AAAUSDT", "BTCUSDT", "TESTUSDT"]
    assert [row.key for row in panel.selected()] == [stored]


def test_three_hundred_series_are_shown_at_once(services, open_panels):
    candles = random_candles(30)
    for place in range(300):
        services.candles.write(dataclasses.replace(candles, symbol=f"A{place}USDT", source="bybit-linear"))
    shell = open_panels("data")
    panel = shell.panel("data")
    assert panel.model.rowCount() == 300
    best = min(_seconds(panel._show_rows) for _ in range(5))
    assert best < 0.1


def _endless(checkpoint) -> TaskOutcome:
    while True:
        checkpoint(1, 2)
        time.sleep(0.01)


def _seconds(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
