"""The whole program behind its window, on a real database: what a user does in the first ten minutes."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from strategy_tester.composition import assemble
from strategy_tester.ui import i18n, style_images, theme
from strategy_tester.ui.application import RunningProgram
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PANELS
from strategy_tester.ui.style_sheet import style_sheet
from strategy_tester.ui.tables.table_view import RecordTable
from strategy_tester.ui.workbench import Workbench

HOUR = 3_600_000
START_MS = 1_735_689_600_000  # 2025-01-01 00:00 UTC
GOOD_ROWS = [f"{START_MS + hour * HOUR},{100 + hour},{102 + hour},99,{101 + hour},5" for hour in range(48)]
HEADING = "open_time,open,high,low,close,volume"


class Desk:
    """The open program and the hands on it."""

    def __init__(self, program: RunningProgram, bot: QtBot) -> None:
        self.program, self.bot = program, bot

    @property
    def window(self) -> MainWindow:
        return self.program.window

    @property
    def workbench(self) -> Workbench:
        assert self.window.context is not None
        return self.window.context.workbench

    def panel(self, panel_id: str):
        return self.window.docks.content(panel_id)

    def come_to_rest(self) -> None:
        assert self.window.context is not None
        jobs = self.window.context.jobs
        self.bot.waitUntil(lambda: not jobs._handlers, timeout=60_000)

    def run(self) -> None:
        with self.bot.waitSignal(self.workbench.backtest_shown, timeout=60_000):
            assert self.window.actions_list.trigger("backtest.run")
        self.come_to_rest()

    def click_row(self, table: RecordTable, row: int, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        table.scrollTo(table.model().index(row, 0))
        place = table.visualRect(table.model().index(row, 0)).center()
        self.bot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, place)


@pytest.fixture(scope="module")
def desk(
    qapp: QApplication, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Desk]:
    """The program with the practice market made and the first strategy run on it once."""
    from strategy_tester.system.settings_file import JsonSettings

    folder = tmp_path_factory.mktemp("data")
    settings = JsonSettings(folder / "settings.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BST_DATA_DIR", str(folder))
        patch.setattr(style_images, "cache_folder", lambda: folder)
        patch.setattr(qapp, "quit", lambda: None)
        qapp.setStyle("Fusion")
        theme.prepare_font(qapp)
        theme.apply_theme(qapp, "dark", style_sheet)
        program = RunningProgram(qapp, lambda executor: assemble(folder, executor, settings), settings)
        bot = QtBot(request)
        desk = Desk(program, bot)
        try:
            with bot.waitSignal(program.ready, timeout=60_000):
                program.start()
            desk.come_to_rest()
            program.window.actions_list.trigger("data.practice_market")
            bot.waitUntil(lambda: desk.workbench.series is not None, timeout=60_000)
            desk.come_to_rest()
            desk.run()
            yield desk
        finally:
            program.shut_down()
            program.window.close()
            program.window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_practice_market_and_its_backtest_are_on_the_chart(desk: Desk):
    chart = desk.panel("chart")
    chart.chart.wait_until_shown()
    assert str(desk.workbench.series).startswith("PRACTICE")
    assert len(chart.view_model.candles) > 1_000
    assert len(chart.view_model.lines) == 2
    assert chart.dock_title().startswith("PRACTICE")
    assert desk.window.docks.is_current("results")


def test_choosing_another_strategy_and_running_changes_results_and_trades(desk: Desk):
    strategy, results, trades = desk.panel("strategy"), desk.panel("results"), desk.panel("trades")
    before = desk.workbench.shown
    strategy.choice.setCurrentIndex(1)
    strategy.choice.activated.emit(1)
    desk.run()
    shown = desk.workbench.shown
    assert shown is not before
    assert shown.request.strategy["name"] == strategy.view_model.entries[1].name
    assert trades.model.total == len(shown.result.trade_columns) > 0
    texts = {card.title: card.text for card in results.view_model.cards()}
    assert texts["Trades"].replace("\u202f", "") == str(trades.model.total)


def test_click_on_a_trade_selects_it_and_moves_the_chart(desk: Desk):
    trades, chart = desk.panel("trades"), desk.panel("chart")
    chart.chart.wait_until_shown()
    desk.window.docks.show("trades")
    QApplication.processEvents()
    desk.click_row(trades.table, 3)
    row = trades.table.selected_records()[0]
    assert desk.workbench.selected_trade == row.position
    entry_ms = int(desk.workbench.shown.result.trade_columns.entry_time_ms[row.position])
    first_ms, last_ms = chart.chart.visible_period_ms()
    assert first_ms <= entry_ms <= last_ms


def test_trade_chosen_on_the_chart_is_chosen_in_the_table(desk: Desk):
    desk.panel("chart").chart.trade_clicked.emit(5)
    assert [row.position for row in desk.panel("trades").table.selected_records()] == [5]


@pytest.mark.parametrize(("separator", "character", "point"), [("comma", ",", "."), ("semicolon", ";", ",")])
def test_trades_are_exported_with_either_separator(desk: Desk, tmp_path, separator, character, point):
    trades, path = desk.panel("trades"), tmp_path / "trades.csv"
    with desk.bot.waitSignal(trades.view_model.exported, timeout=10_000):
        trades.view_model.export(path, separator)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=character))
    assert len(rows) == trades.model.total
    first = float(rows[0]["entry_price"].replace(point, "."))
    assert first == pytest.approx(desk.workbench.shown.result.trade_columns.entry_price[0])


def test_run_is_in_the_history_and_reopens_with_the_same_numbers(desk: Desk):
    runs = desk.panel("runs")
    newest = max(runs.view_model.rows, key=lambda run: run.run_id)
    before = desk.workbench.shown.result
    with desk.bot.waitSignal(desk.workbench.backtest_shown, timeout=30_000):
        runs.view_model.reopen(newest.run_id)
    desk.come_to_rest()
    after = desk.workbench.shown.result
    assert after is not before
    assert after.metrics == pytest.approx(before.metrics, nan_ok=True)
    assert list(after.trade_columns.pnl) == list(before.trade_columns.pnl)
    assert list(after.equity_curve) == list(before.equity_curve)


def test_two_runs_are_compared_setting_by_setting(desk: Desk):
    runs, backtest = desk.panel("runs"), desk.panel("backtest")
    backtest.view_model.set_values({"leverage": 2.0})
    desk.run()
    desk.window.docks.show("runs")
    QApplication.processEvents()
    desk.click_row(runs.table, 0)
    desk.click_row(runs.table, 1, Qt.KeyboardModifier.ControlModifier)
    assert runs.compare_button.isEnabled()
    desk.bot.mouseClick(runs.compare_button, Qt.MouseButton.LeftButton)
    lines = {line.title: line for line in runs.view_model.differences()}
    assert lines["Leverage"].is_different
    assert {lines["Leverage"].first, lines["Leverage"].second} == {"1\u202fx", "2\u202fx"}
    assert not lines["Market"].is_different
    runs.view_model.stop_comparing()
    backtest.view_model.set_values({"leverage": 1.0})


def test_good_file_is_looked_at_first_and_stored_on_command(desk: Desk, tmp_path):
    data, path = desk.panel("data"), tmp_path / "GOODUSDT_1h.csv"
    path.write_text("\n".join([HEADING, *GOOD_ROWS]), encoding="utf-8")
    _look_at(desk, path)
    assert data.view_model.preview.refusal == ""
    assert "48 candles can be stored" in data.preview.verdict.text()
    assert not _is_stored(desk, "GOODUSDT")
    desk.bot.mouseClick(data.preview.store_button, Qt.MouseButton.LeftButton)
    desk.bot.waitUntil(lambda: _is_stored(desk, "GOODUSDT"), timeout=10_000)
    desk.come_to_rest()
    assert desk.workbench.series.symbol == "GOODUSDT"
    assert len(desk.panel("chart").view_model.candles) == 48
    desk.workbench.select_series(desk.workbench.shown.request.series)
    desk.come_to_rest()


def test_bad_file_is_refused_in_the_panel_and_nothing_is_stored(desk: Desk, tmp_path):
    data, path = desk.panel("data"), tmp_path / "BADUSDT_1h.csv"
    rows = [*GOOD_ROWS[:10], f"{START_MS + 10 * HOUR},-5,-4,-6,-5,1", *GOOD_ROWS[11:]]
    path.write_text("\n".join([HEADING, *rows]), encoding="utf-8")
    _look_at(desk, path)
    assert data.view_model.preview.refusal
    assert data.view_model.preview.refusal in data.preview.verdict.text()
    assert not data.preview.store_button.isEnabled()
    data.view_model.store()
    desk.come_to_rest()
    data.view_model.discard_preview()
    assert not _is_stored(desk, "BADUSDT")


def test_file_that_is_not_there_is_an_error_in_the_panel(desk: Desk, tmp_path):
    data = desk.panel("data")
    data.open_file(tmp_path / "nowhere.csv")
    desk.come_to_rest()
    shown = data.errors.text() or data.preview.verdict.text()
    assert "nowhere.csv" in shown
    data.view_model.discard_preview()
    data.errors.clear()


def test_language_and_theme_change_under_all_open_panels(desk: Desk, qapp):
    for panel in PANELS:
        desk.window.docks.show(panel.id)
        QApplication.processEvents()
    try:
        i18n.set_language("ru")
        desk.window.actions_list.trigger("view.theme")
        desk.come_to_rest()
        assert theme.current_theme().name == "light"
        assert desk.panel("backtest").run_button.text() == "Запуск"
        assert "Сделки" in {card.title for card in desk.panel("results").view_model.cards()}
        assert not desk.window.grab().isNull()
    finally:
        i18n.set_language("en")
        theme.apply_theme(qapp, "dark", style_sheet)
    assert desk.panel("backtest").run_button.text() == "Run"


def _look_at(desk: Desk, path: Path) -> None:
    data = desk.panel("data")
    with desk.bot.waitSignal(data.view_model.preview_changed, timeout=20_000):
        data.open_file(path)
    desk.come_to_rest()


def _is_stored(desk: Desk, symbol: str) -> bool:
    return any(row.key.symbol == symbol for row in desk.panel("data").view_model.rows)
