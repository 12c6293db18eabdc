"""State of the trades panel: rows, filters, export."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.results import TradeColumns
from strategy_tester.domain.trades import trade_table
from strategy_tester.services.ports import Separator
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.workbench import Workbench

Outcome = Literal["all", "wins", "losses"]
SideFilter = Literal["all", "LONG", "SHORT"]


@dataclass(frozen=True)
class TradeRow:
    """One trade; values are read from the columns when a cell is shown."""

    position: int
    table: dict[str, Any]

    def __getitem__(self, column: str) -> Any:
        value = self.table[column][self.position]
        return value.item() if hasattr(value, "item") else value


class TradesViewModel(QObject):
    """The trades of the shown backtest."""

    rows_changed = Signal()
    filter_changed = Signal()
    selection_changed = Signal(int)
    """Position of the trade that is selected elsewhere."""
    exported = Signal(str)
    failed = Signal(object)

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.rows: list[TradeRow] = []
        self.side: SideFilter = "all"
        self.outcome: Outcome = "all"
        self.reason = ""
        workbench.backtest_shown.connect(lambda finished: self._show(finished.result.trade_columns))
        workbench.trade_selected.connect(self.selection_changed)

    def select(self, position: int) -> None:
        """Move the charts to this trade."""
        self.workbench.select_trade(position)

    def set_filter(
        self, *, side: SideFilter | None = None, outcome: Outcome | None = None, reason: str | None = None
    ) -> None:
        """Narrow the list; what is not given stays."""
        self.side = self.side if side is None else side
        self.outcome = self.outcome if outcome is None else outcome
        self.reason = self.reason if reason is None else reason
        self.filter_changed.emit()

    def accepts(self, row: TradeRow) -> bool:
        """Whether the filters let this trade through."""
        if self.side != "all" and row["side"] != self.side:
            return False
        if self.reason and row["exit_reason"] != self.reason:
            return False
        pnl = row["pnl"]
        return self.outcome == "all" or (pnl > 0 if self.outcome == "wins" else pnl < 0)

    def suggested_file_name(self) -> str:
        """A name for the CSV file."""
        shown = self.workbench.shown
        if shown is None:
            return "trades.csv"
        run = f"-run-{shown.summary.run_id}" if shown.summary else ""
        return f"trades-{shown.result.symbol or 'backtest'}-{shown.result.timeframe}{run}.csv"

    def export(self, path: Path, separator: Separator) -> None:
        """Write all trades of the shown backtest, whatever the filters show."""
        shown = self.workbench.shown
        if shown is None:
            return
        result, count, reports = shown.result, len(self.rows), self.workbench.services.reports

        def done(_path: object) -> None:
            self.exported.emit(str(path))
            self.workbench.message.emit(tr("{count} trades written to {file}", count=count, file=path.name))

        self.workbench.jobs.start(
            tr("Writing {file}", file=path.name),
            lambda _checkpoint: reports.write_trades(path, result, separator=separator),
            on_done=done,
            on_failed=self.failed.emit,
        )

    def _show(self, trades: TradeColumns) -> None:
        table = trade_table(trades)
        self.rows = [TradeRow(position, table) for position in range(len(trades))]
        self.rows_changed.emit()
