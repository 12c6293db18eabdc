"""The trades panel: a filterable table; a click moves the chart; export as CSV."""

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from strategy_tester.domain.trades import EXIT_REASONS
from strategy_tester.ui import i18n
from strategy_tester.ui.actions import Action
from strategy_tester.ui.dialogs import choose_file
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.panels.parts import ChoiceRow, TextButton, page_layout, row_layout
from strategy_tester.ui.panels.trades.view_model import TradeRow, TradesViewModel
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.columns import readable_word
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import FilteredTable, RecordTable
from strategy_tester.ui.view_context import ViewContext

SIDES = [("all", mark("All")), ("LONG", mark("Long")), ("SHORT", mark("Short"))]
OUTCOMES = [("all", mark("All")), ("wins", mark("Wins")), ("losses", mark("Losses"))]


def trade_columns() -> list[Column]:
    """What the table of trades shows."""

    def read(name: str):
        return lambda row: row[name]

    return [
        columns.count_column(mark("#"), read("trade"), key="trade"),
        Column(
            mark("Side"),
            read("side"),
            lambda row: "▲ " + tr("Long") if row["side"] == "LONG" else "▼ " + tr("Short"),
            color=lambda row: "up_text" if row["side"] == "LONG" else "down_text",
            key="side",
        ),
        columns.time_column(mark("Entry time"), read("entry_time"), key="entry_time"),
        columns.time_column(mark("Exit time"), read("exit_time"), key="exit_time"),
        columns.price_column(mark("Entry price"), read("entry_price"), key="entry_price"),
        columns.price_column(mark("Exit price"), read("exit_price"), key="exit_price"),
        Column(mark("Quantity"), read("quantity"), lambda row: _quantity(row["quantity"]), "right", key="quantity"),
        columns.money_column(mark("Position size, USDT"), read("position_size"), key="position_size"),
        columns.change_column(mark("Net result, USDT"), read("pnl"), key="pnl"),
        columns.percent_change_column(mark("Net result, %"), read("pnl_pct"), key="pnl_pct"),
        columns.money_column(mark("Fees, USDT"), read("commission"), key="commission"),
        columns.money_column(mark("Funding paid, USDT"), read("funding"), key="funding"),
        columns.word_column(mark("Exit reason"), read("exit_reason"), key="exit_reason"),
        columns.count_column(mark("Bars"), read("duration_candles"), key="duration_candles"),
        columns.percent_column(
            mark("MAE, %"),
            read("mae_pct"),
            key="mae_pct",
            tooltip=mark("Furthest move against the trade, after the fill"),
        ),
        columns.percent_column(
            mark("MFE, %"),
            read("mfe_pct"),
            key="mfe_pct",
            tooltip=mark("Furthest move in favor of the trade, after the fill"),
        ),
        columns.money_column(mark("Equity after, USDT"), read("equity_after"), key="equity_after"),
        Column(
            mark("Ambiguous"),
            read("ambiguous"),
            lambda row: tr("yes") if row["ambiguous"] else "",
            key="ambiguous",
            tooltip=mark("The path inside the bar decided the outcome"),
        ),
    ]


def _quantity(value: float) -> str:
    from strategy_tester.ui.numbers import format_quantity

    return format_quantity(value)


class TradesPanel(QWidget):
    """Every closed trade of the shown backtest."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = TradesViewModel(context.workbench, self)
        self.model = RecordsModel(trade_columns(), [], self)
        self.table = RecordTable(self.model)
        self.table.setObjectName("trades-table")
        self.table.set_empty_widget(
            EmptyState(mark("Run a backtest to see its trades."), mark("Run"), self._run, icon="trades")
        )
        self.errors = ErrorStrip()
        self.sides = ChoiceRow(SIDES, lambda code: self.view_model.set_filter(side=code))  # type: ignore[arg-type]
        self.outcomes = ChoiceRow(OUTCOMES, lambda code: self.view_model.set_filter(outcome=code))  # type: ignore[arg-type]
        self.reasons = QComboBox()
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.export_button = TextButton(mark("Export CSV"), self.export, icon="csv")
        self._declare_actions()
        self._build()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)
        self._show_rows()

    def export(self) -> None:
        """Ask where to, then write all trades."""
        filters = {
            tr("CSV, comma and decimal point") + " (*.csv)": "comma",
            tr("CSV, semicolon and decimal comma") + " (*.csv)": "semicolon",
        }
        dialog = choose_file(
            self._context.window, self._context.settings, tr("Export the trades"), ";;".join(filters),
            lambda path: self._write(path, filters.get(dialog.selectedNameFilter(), "comma")),
            mode="save", name=self.view_model.suggested_file_name(),
        )  # fmt: skip

    def _write(self, path: Path, separator: str) -> None:
        self.view_model.export(path, "semicolon" if separator == "semicolon" else "comma")

    def _run(self) -> None:
        self._context.actions.trigger("backtest.run")

    def _declare_actions(self) -> None:
        self._context.actions.add(
            Action(
                "trades.export", mark("Export the trades as CSV"), self.export, "file", ("Ctrl+E",), "csv",
                is_enabled=lambda: bool(self.view_model.rows), synonyms=("csv", "excel", "report"),
            )
        )  # fmt: skip

    def _build(self) -> None:
        layout = page_layout(self)
        bar = row_layout(self.sides, self.outcomes, self.reasons, self.count)
        bar.addWidget(self.export_button)
        layout.addWidget(self.errors)
        layout.addLayout(bar)
        layout.addWidget(FilteredTable(self.table), 1)

    def _connect(self) -> None:
        model = self.view_model
        model.rows_changed.connect(self._show_rows)
        model.filter_changed.connect(self._filter)
        model.selection_changed.connect(self._select)
        model.failed.connect(self.errors.show_error)
        model.exported.connect(
            lambda file: self._context.toast(tr("Trades written to {file}", file=Path(file).name), kind="good")
        )
        self.table.record_selected.connect(self._clicked)
        # Once more on the same row: back to the trade after the chart was moved.
        self.table.clicked.connect(lambda index: self.view_model.select(self.model.record(index.row()).position))
        self.table.record_activated.connect(lambda row: self.view_model.select(row.position))
        self.reasons.activated.connect(lambda _index: model.set_filter(reason=str(self.reasons.currentData())))

    def _clicked(self, row: TradeRow) -> None:
        if row.position != self._context.workbench.selected_trade:
            self.view_model.select(row.position)

    def _select(self, position: int) -> None:
        selected = self.table.selected_records()
        if [row.position for row in selected] != [position]:
            self.table.select_source_row(position)

    def _show_rows(self) -> None:
        self.errors.clear()
        self.model.set_rows(self.view_model.rows)
        self._filter()
        for widget in (self.export_button, self.sides, self.outcomes, self.reasons):
            widget.setEnabled(bool(self.view_model.rows))
        self._context.actions.refresh()

    def _filter(self) -> None:
        is_open = self.view_model.side == self.view_model.outcome == "all" and not self.view_model.reason
        self.model.set_predicate(None if is_open else self.view_model.accepts)
        self._write_count()

    def _write_count(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        text = plural("{count} trade|{count} trades", total) if total else ""
        if shown != total:
            text = tr("{shown} of {total}", shown=shown, total=text)
        self.count.setText(text)

    def _write_texts(self) -> None:
        chosen = self.reasons.currentData()
        self.reasons.clear()
        self.reasons.addItem(tr("Every exit reason"), "")
        for reason in EXIT_REASONS:
            self.reasons.addItem(tr(readable_word(reason)), reason)
        self.reasons.setCurrentIndex(max(0, self.reasons.findData(chosen or "")))
        self.reasons.setAccessibleName(tr("Exit reason"))
        self._write_count()
