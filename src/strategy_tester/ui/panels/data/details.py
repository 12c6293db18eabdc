"""What is known of the chosen series, and everything that can be done with it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QMenu, QStackedLayout, QVBoxLayout, QWidget

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.panels.data.rows import SeriesRow
from strategy_tester.ui.panels.data.strip import CoverageStrip, StripLegend
from strategy_tester.ui.panels.data.view_model import can_be_asked
from strategy_tester.ui.panels.data.words import STATES, WHY, quality_words, source_words
from strategy_tester.ui.panels.parts import BriefLabel, TextButton, row_layout
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import RecordTable

_BUTTONS_IN_A_ROW = 4


def hole_columns() -> list[Column]:
    """What the list of holes shows."""
    return [
        columns.time_column(mark("From"), lambda part: part.start_ms),
        columns.time_column(mark("To"), lambda part: part.end_ms),
        columns.count_column(mark("Candles"), lambda part: part.candles),
        Column(mark("Why"), lambda part: tr(STATES[part.state]), lambda part: tr(WHY[part.state]), key="why"),
    ]


class Details(QWidget):
    """Strip, holes and buttons of the selected series; the buttons take several series where that makes sense."""

    open_wanted = Signal()
    new_chart_wanted = Signal()
    update_wanted = Signal()
    refill_wanted = Signal()
    check_wanted = Signal()
    retention_wanted = Signal()
    delete_wanted = Signal()
    pin_wanted = Signal()
    resample_wanted = Signal(object)
    """A Timeframe."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[SeriesRow] = ()
        self.title, self.facts = BriefLabel("heading", 1), BriefLabel(most_lines=3)
        self.strip, self.legend = CoverageStrip(), StripLegend()
        self.holes = RecordsModel(hole_columns(), [], self)
        self.table = RecordTable(self.holes)
        self.table.setObjectName("data-holes-table")
        self.table.set_empty_widget(EmptyState(mark("There are no holes."), icon="check_circle"))
        self._make_buttons()
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
        self._write_texts()
        self._show_buttons()

    def fill_resample_menu(self) -> None:
        """Offer the timeframes that the chosen series can be made into."""
        self.resample_menu.clear()
        if not self._rows:
            return
        length = self._rows[0].key.timeframe.milliseconds
        for frame in Timeframe:
            if frame.milliseconds > length and frame.milliseconds % length == 0:
                action = self.resample_menu.addAction(str(frame))
                action.triggered.connect(lambda _on=False, frame=frame: self.resample_wanted.emit(frame))

    def _make_buttons(self) -> None:
        self.use_button = TextButton(mark("Open in chart"), self.open_wanted.emit, icon="chart")
        self.new_button = TextButton(mark("Open in a new chart"), self.new_chart_wanted.emit, icon="add")
        self.update_button = TextButton(mark("Update to now"), self.update_wanted.emit, icon="update")
        self.refill_button = TextButton(mark("Refill holes"), self.refill_wanted.emit, icon="auto-fix")
        self.check_button = TextButton(mark("Check against the exchange"), self.check_wanted.emit, icon="validate")
        self.pin_button = TextButton(mark("Pin"), self.pin_wanted.emit, icon="pin")
        self.resample_button = TextButton(mark("Resample"), lambda: None, icon="table")
        self.resample_menu = QMenu(self.resample_button)
        self.resample_menu.aboutToShow.connect(self.fill_resample_menu)
        self.resample_button.setMenu(self.resample_menu)
        self.retention_button = TextButton(
            mark("Delete older than…"), self.retention_wanted.emit, icon="calendar-remove-outline"
        )
        self.delete_button = TextButton(mark("Delete"), self.delete_wanted.emit, icon="delete", role="danger")

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(theme.step())
        buttons = (self.use_button, self.update_button, self.refill_button, self.check_button, self.new_button,
                   self.resample_button, self.retention_button, self.delete_button)  # fmt: skip
        for place, button in enumerate(buttons):
            grid.addWidget(button, *divmod(place, _BUTTONS_IN_A_ROW))
        known = QWidget()
        column = QVBoxLayout(known)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.step())
        column.addLayout(row_layout(self.title, self.pin_button, stretch=False))
        for widget in (self.facts, self.strip, self.legend):
            column.addWidget(widget)
        column.addLayout(grid)
        column.addWidget(self.table, 1)
        nothing = EmptyState(mark("Choose a series to see its coverage."), icon="data")
        self._pages = QStackedLayout(self)
        self._pages.addWidget(nothing)
        self._pages.addWidget(known)

    def _show_buttons(self) -> None:
        rows = self._rows
        stored = [row for row in rows if row.summary is not None]
        asked = [row for row in stored if can_be_asked(row)]
        idle = [row for row in asked if row.task is None or not row.task.is_active]
        for button in (self.use_button, self.resample_button):
            button.setEnabled(len(stored) == 1)
        self.new_button.setEnabled(bool(stored))
        for button in (self.update_button, self.refill_button, self.check_button):
            button.setEnabled(bool(idle))
        self.pin_button.setEnabled(bool(asked))
        self.retention_button.setEnabled(bool(stored))
        self.delete_button.setEnabled(bool(rows))

    def _write_texts(self) -> None:
        self.strip.setAccessibleName(tr("Coverage"))
        self.strip.setToolTip("")
        self.update_button.setToolTip(tr("Download from the last stored candle up to now."))
        self.refill_button.setToolTip(tr("Ask the exchange for the candles that are missing."))
        self.check_button.setToolTip(
            tr("Refill holes, compare a random sample with the exchange, and mend what differs.")
        )
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
