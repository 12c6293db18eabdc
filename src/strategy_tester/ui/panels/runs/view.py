"""The runs panel: the history of every run, reopening, deleting, comparing two."""

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QStackedLayout, QVBoxLayout, QWidget

from strategy_tester.services.metric_catalog import metric_info
from strategy_tester.services.ports import RunSummary
from strategy_tester.ui import i18n, icons, numbers
from strategy_tester.ui.actions import Action
from strategy_tester.ui.dialogs import ask
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.open_charts import open_in_new_chart
from strategy_tester.ui.panels.parts import TextButton, page_layout, row_layout
from strategy_tester.ui.panels.runs.view_model import Difference, RunsViewModel
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.columns import readable_word
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import FilteredTable, RecordTable
from strategy_tester.ui.view_context import ViewContext


def run_columns() -> list[Column]:
    """What the history shows."""

    def metric(make: Callable[..., Column], title: str, name: str, key: str) -> Column:
        info = metric_info(name)
        about = None if info is None else info.formula
        return make(title, lambda run: run.metrics.get(name, float("nan")), tooltip=about, key=key)

    return [
        columns.count_column(mark("No."), lambda run: run.run_id, key="run"),
        columns.time_column(mark("Made"), lambda run: run.created_at_ms, key="made"),
        columns.text_column(mark("Strategy"), lambda run: run.description.strategy_name, key="strategy"),
        columns.text_column(mark("Market"), lambda run: str(run.description.series), key="market"),
        Column(
            mark("Period"),
            lambda run: run.description.start_ms,
            lambda run: (
                f"{numbers.format_date(run.description.start_ms)} … {numbers.format_date(run.description.end_ms - 1)}"
            ),
            key="period",
        ),
        metric(columns.percent_change_column, mark("Return"), "total_return_pct", "return"),
        metric(columns.percent_column, mark("Max drawdown"), "max_drawdown_pct", "drawdown"),
        metric(columns.number_column, mark("Sharpe"), "sharpe_ratio", "sharpe"),
        metric(columns.number_column, mark("Profit factor"), "profit_factor", "profit_factor"),
        metric(columns.percent_column, mark("Win rate"), "win_rate_pct", "win_rate"),
        metric(columns.count_column, mark("Trades"), "total_trades", "trades"),
        columns.duration_column(mark("Took"), lambda run: run.duration_ms, key="took"),
    ]


def difference_columns() -> list[Column]:
    """What a comparison shows."""
    return [
        Column(mark("Setting or metric"), lambda line: line.title, lambda line: tr(readable_word(line.title))),
        Column(mark("First run"), lambda line: line.first, align="right", color=_emphasis),
        Column(mark("Second run"), lambda line: line.second, align="right", color=_emphasis),
        Column(mark("Differs"), lambda line: line.is_different, lambda line: tr("yes") if line.is_different else ""),
    ]


def _emphasis(line: Difference) -> str:
    return "accent_text" if line.is_different else "muted"


class RunsPanel(QWidget):
    """Every run that was kept."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = RunsViewModel(context.workbench, self)
        self.errors = ErrorStrip()
        self.model, self.table = self._history_table()
        self.differences = RecordsModel(difference_columns(), [], self)
        self.open_button = TextButton(mark("Open"), self.open_selected, icon="open")
        self.compare_button = TextButton(mark("Compare two"), self.compare_selected, icon="compare")
        self.delete_button = TextButton(mark("Delete"), self.delete_selected, icon="delete", role="danger")
        self._declare_actions()
        self._build()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)
        self.view_model.refresh()

    def open_selected(self) -> None:
        """Put the selected run back on screen."""
        selected = self._selected()
        if selected:
            self.view_model.reopen(selected[0].run_id)

    def compare_selected(self) -> None:
        """Lay the two selected runs side by side."""
        selected = self._selected()
        if len(selected) == 2:
            self.view_model.compare(*selected)

    def delete_selected(self) -> None:
        """Ask, then forget the selected runs."""
        numbers_of_runs = [run.run_id for run in self._selected()]
        if numbers_of_runs:
            count = len(numbers_of_runs)
            ask(
                self._context.window,
                plural("Delete {count} run?|Delete {count} runs?", count),
                tr("Delete"),
                lambda: self.view_model.delete(numbers_of_runs),
                detail=tr("Their trades and equity curves go with them."),
                is_dangerous=True,
            )

    def _selected(self) -> list[RunSummary]:
        return self.table.selected_records()

    def _history_table(self) -> tuple[RecordsModel, RecordTable]:
        model = RecordsModel(run_columns(), [], self)
        table = RecordTable(model)
        table.setObjectName("runs-table")
        table.set_empty_widget(
            EmptyState(
                mark("Every backtest you run is kept here."),
                mark("Run"),
                lambda: self._context.actions.trigger("backtest.run"),
                icon="runs",
            )
        )
        return model, table

    def _declare_actions(self) -> None:
        self._context.actions.add(
            Action("runs.open", mark("Open the selected run"), self.open_selected, "run", (), "open",
                   is_enabled=lambda: len(self._selected()) == 1),
            Action("runs.compare", mark("Compare the two selected runs"), self.compare_selected, "run", (), "compare",
                   is_enabled=lambda: len(self._selected()) == 2),
        )  # fmt: skip

    def _build(self) -> None:
        history = QWidget()
        column = QVBoxLayout(history)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row_layout(self.open_button, self.compare_button, self.delete_button))
        column.addWidget(FilteredTable(self.table), 1)
        comparison = QWidget()
        other = QVBoxLayout(comparison)
        other.setContentsMargins(0, 0, 0, 0)
        other.addLayout(
            row_layout(TextButton(mark("Back to the history"), self.view_model.stop_comparing, icon="chevron_left"))
        )
        differences = RecordTable(self.differences)
        differences.setObjectName("run-differences-table")
        other.addWidget(differences, 1)
        self._pages = QStackedLayout()
        self._pages.addWidget(history)
        self._pages.addWidget(comparison)
        layout = page_layout(self)
        layout.addWidget(self.errors)
        layout.addLayout(self._pages, 1)

    def _connect(self) -> None:
        model = self.view_model
        model.rows_changed.connect(self._show_rows)
        model.comparison_changed.connect(self._show_comparison)
        model.failed.connect(self.errors.show_error)
        self.table.record_activated.connect(lambda run: model.reopen(run.run_id))
        self.table.selectionModel().selectionChanged.connect(self._selection_changed)
        self.table.menu_opening.connect(self._add_to_menu)

    def _show_rows(self) -> None:
        self.errors.clear()
        self.model.set_rows(self.view_model.rows)
        self._show_buttons()

    def _selection_changed(self) -> None:
        self._show_buttons()
        selected = self._selected()
        if len(selected) == 1:
            self.view_model.show_period(selected[0])

    def _add_to_menu(self, menu: QMenu) -> None:
        selected = self._selected()
        if len(selected) != 1:
            return
        menu.addSeparator()
        menu.addAction(icons.icon("open"), tr("Open")).triggered.connect(self.open_selected)
        chart = menu.addAction(icons.icon("chart"), tr("Open in a new chart"))
        chart.triggered.connect(lambda _on=False, run=selected[0]: self._open_chart(run))

    def _open_chart(self, run: RunSummary) -> None:
        about = run.description
        view = {"start_ms": about.start_ms, "end_ms": about.end_ms, "follows": False}
        try:
            open_in_new_chart(self._context, about.series, view)
        except ValueError as error:
            self.errors.show_error(error)

    def _show_buttons(self) -> None:
        count = len(self._selected())
        self.open_button.setEnabled(count == 1)
        self.compare_button.setEnabled(count == 2)
        self.delete_button.setEnabled(count > 0)

    def _show_comparison(self) -> None:
        self.differences.set_rows(self.view_model.differences())
        self._pages.setCurrentIndex(1 if self.view_model.compared else 0)

    def _write_texts(self) -> None:
        if self.view_model.compared:
            self._show_comparison()
        self.compare_button.setToolTip(tr("Select two runs with Ctrl and click"))
