"""The choice of symbols: typed, pasted, or ticked in the exchange's list."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QSpinBox, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.panels.download.form import symbols_of
from strategy_tester.ui.panels.parts import BriefLabel, TextButton, TextLabel, row_layout
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import FilteredTable, RecordTable

_MOST = 500


@dataclass(eq=False)
class ListedSymbol:
    """One row of the exchange's list."""

    symbol: str
    launch_ms: int
    status: str
    turnover: float | None = None
    is_chosen: bool = False


class SymbolPicker(QWidget):
    """A field with the chosen symbols above the exchange's list; each follows the other.

    Until somebody asked for it there is no list: asking means going to the internet.
    """

    changed = Signal()
    """Other symbols are chosen."""
    list_wanted = Signal()
    """The user wants the exchange's list."""
    top_wanted = Signal(int)
    """The user wants so many symbols with the largest turnover."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QPlainTextEdit()
        self.field.setTabChangesFocus(True)
        self.field.setFixedHeight(theme.step(16))
        self.note = BriefLabel()
        self.top = QSpinBox()
        self.top.setRange(1, _MOST)
        self.top_button = TextButton(mark("Take the top by turnover"), lambda: self.top_wanted.emit(self.top.value()))
        self.list_button = TextButton(mark("Load the list"), self.list_wanted.emit, icon="refresh")
        self.model = RecordsModel(
            [
                Column(mark("Chosen"), lambda row: row.is_chosen, lambda row: "✓" if row.is_chosen else "", "center"),
                columns.text_column(mark("Symbol"), lambda row: row.symbol),
                Column(mark("Turnover 24 h"), lambda row: row.turnover,
                       lambda row: numbers.format_compact(row.turnover), "right"),
                columns.time_column(mark("Listed"), lambda row: row.launch_ms or None),
                Column(mark("Status"), lambda row: row.status, lambda row: tr(row.status)),
            ],
            [],
            self,
        )  # fmt: skip
        self.table = RecordTable(self.model)
        self.table.setObjectName("download-symbols-table")
        self.empty = EmptyState(mark("The exchange's list has not been loaded yet."), mark("Load the list"),
                                self.list_wanted.emit, icon="cloud-download-outline")  # fmt: skip
        self.table.set_empty_widget(self.empty)
        self._rows: list[ListedSymbol] = []
        self._build()
        self.field.textChanged.connect(self._typed)
        self.table.record_activated.connect(self._turn)
        self.table.clicked.connect(lambda index: self._turn(self.model.record(index.row())))
        i18n.retranslate_now_and_later(self._write_texts)

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is chosen, in capitals, each once."""
        return symbols_of(self.field.toPlainText())

    def choose(self, symbols: Sequence[str]) -> None:
        """Choose these and no others."""
        if tuple(symbols) != self.symbols:
            self.field.setPlainText(", ".join(symbols))

    def show_list(self, rows: Sequence[ListedSymbol]) -> None:
        """The exchange's list came; none hides what there was."""
        self._rows = list(rows)
        self._tick()
        self.model.set_rows(self._rows)
        self._write_note()

    def select_by_turnover(self, count: int) -> None:
        """Choose symbols with the largest turnover."""
        known = [row for row in self._rows if row.turnover]
        known.sort(key=lambda row: -(row.turnover or 0.0))
        self.choose([row.symbol for row in known[:count]])

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.step(1.5))
        layout.addWidget(TextLabel(mark("Symbols, typed or pasted")))
        layout.addWidget(self.field)
        layout.addWidget(self.note)
        layout.addLayout(row_layout(self.top_button, self.top, self.list_button))
        layout.addWidget(FilteredTable(self.table), 1)

    def _turn(self, row: ListedSymbol) -> None:
        """Choose a symbol of the list, or leave it."""
        chosen = list(self.symbols)
        if row.symbol in chosen:
            chosen.remove(row.symbol)
        else:
            chosen.append(row.symbol)
        self.choose(chosen)

    def _typed(self) -> None:
        before = [row.is_chosen for row in self._rows]
        self._tick()
        for place, row in enumerate(self._rows):
            if row.is_chosen != before[place]:
                self.model.update_record(place)
        self._write_note()
        self.changed.emit()

    def _tick(self) -> None:
        chosen = set(self.symbols)
        for row in self._rows:
            row.is_chosen = row.symbol in chosen

    def _write_note(self) -> None:
        symbols = self.symbols
        text = plural("{count} symbol|{count} symbols", len(symbols))
        listed = {row.symbol for row in self._rows}
        unknown = [symbol for symbol in symbols if symbol not in listed] if listed else []
        if unknown:
            text += f" · {tr('not listed: {symbols}', symbols=', '.join(unknown))}"
        self.note.show_text(text)

    def _write_texts(self) -> None:
        self.field.setPlaceholderText("BTCUSDT, ETHUSDT, SOLUSDT")
        self.field.setAccessibleName(tr("Symbols, typed or pasted"))
        self.top.setAccessibleName(tr("How many symbols"))
        self._write_note()
