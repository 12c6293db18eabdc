"""What is known of the chosen series: its strip, its holes, its quality."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from strategy_tester.services.coverage import CoverageInterval
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.market_words import source_words
from strategy_tester.ui.panels.data.rows import SeriesRow
from strategy_tester.ui.panels.data.strip import CoverageStrip, StripLegend
from strategy_tester.ui.panels.data.view_model import can_be_asked
from strategy_tester.ui.panels.data.words import STATES, WHY, quality_words
from strategy_tester.ui.panels.parts import BriefLabel, TextButton, row_layout
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import RecordTable


def hole_columns() -> list[Column]:
    """What the list of holes shows."""
    return [
        _moment_column(mark("From"), lambda part: part.start_ms),
        _moment_column(mark("To"), lambda part: part.end_ms),
        columns.count_column(mark("Candles"), lambda part: part.candles),
        Column(mark("Why"), lambda part: tr(STATES[part.state]), lambda part: tr(WHY[part.state]), key="why"),
    ]


def _moment_column(title: str, value: Callable[[CoverageInterval], int]) -> Column:
    """Moments without their zone, which the strip above tells: the reason beside them must find room."""
    return Column(
        title,
        value,
        lambda part: numbers.format_time(value(part), zone=False),
        "right",
        tooltip=lambda part: numbers.format_time(value(part)),
    )


class Details(QWidget):
    """Strip, holes and quality of the first of the selected series."""

    pin_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[SeriesRow] = ()
        self.title, self.facts = BriefLabel("heading", 1), BriefLabel(most_lines=3)
        self.strip, self.legend = CoverageStrip(), StripLegend()
        self.holes = RecordsModel(hole_columns(), [], self)
        self.table = RecordTable(self.holes)
        self.table.setObjectName("data-holes-table")
        self.table.set_empty_widget(EmptyState(mark("There are no holes."), icon="check_circle"))
        self.pin_button = TextButton(mark("Pin"), self.pin_wanted.emit, icon="pin")
        self._build()
        self.table.record_selected.connect(self.strip.show_part)
        i18n.retranslate_now_and_later(self._write_texts)

    def show_rows(self, rows: Sequence[SeriesRow]) -> None:
        """These are selected; the first one is shown."""
        is_same = bool(rows) and bool(self._rows) and rows[0].key == self._rows[0].key
        self._rows = rows
        self._pages.setCurrentIndex(1 if rows else 0)
        parts = rows[0].facts.parts if rows and rows[0].facts is not None else ()
        if not is_same or parts is not self.strip.parts:
            self.strip.show_parts(parts, keep_view=is_same)
            self.holes.set_rows(rows[0].facts.holes if rows and rows[0].facts is not None else [])
        self.pin_button.setEnabled(any(can_be_asked(row) for row in rows))
        self._write_texts()

    def _build(self) -> None:
        known = QWidget()
        column = QVBoxLayout(known)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.step())
        head = row_layout(stretch=False)
        head.addWidget(self.title, 1)
        head.addWidget(self.pin_button)
        column.addLayout(head)
        for widget in (self.facts, self.strip, self.legend):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        nothing = EmptyState(mark("Choose a series to see its coverage."), icon="data")
        self._pages = QStackedLayout(self)
        self._pages.addWidget(nothing)
        self._pages.addWidget(known)

    def _write_texts(self) -> None:
        self.strip.setAccessibleName(tr("Coverage"))
        if not self._rows:
            return
        row = self._rows[0]
        more = len(self._rows) - 1
        name = f"{row.key.symbol} {row.key.timeframe} · {source_words(row.key)}"
        self.title.show_text(name + (f" · {plural('{count} more|{count} more', more)}" if more else ""))
        self.pin_button.setText(tr("Unpin") if row.pin is not None else tr("Pin"))
        self.facts.show_text(_facts_words(row))


def _facts_words(row: SeriesRow) -> str:
    """Counts, size, quality and trouble of a series in a few words."""
    parts = [plural("{count} candle|{count} candles", row.candles), numbers.format_bytes(row.bytes)]
    if row.facts is not None:
        parts.append(plural("{count} hole|{count} holes", len(row.facts.holes)))
    parts.append(quality_words(row.quality).replace("\n", " · "))
    if row.task is not None and row.task.problem:
        parts.append(row.task.problem)
    return " · ".join(parts)
