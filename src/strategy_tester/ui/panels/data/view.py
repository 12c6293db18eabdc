"""The data panel: what is stored, and the import with its quality report."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QTabWidget,
    QWidget,
)

from strategy_tester.domain.errors import InputError
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.data_catalog import StoredGap
from strategy_tester.services.import_candles import ImportFinding, ImportOptions, ImportPreview
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import i18n, icons, numbers, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.dialogs import ask, choose_file
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.open_charts import open_in_new_chart
from strategy_tester.ui.panels.data.view_model import DataViewModel, SeriesRow
from strategy_tester.ui.panels.parts import TextButton, TextLabel, page_layout, row_layout
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import FilteredTable, RecordTable
from strategy_tester.ui.view_context import ViewContext

_SEVERITIES = {"refuse": mark("Refused"), "drop": mark("Left out"), "warn": mark("Note")}
_SEVERITY_COLORS = {"refuse": "danger_text", "drop": "warn_text", "warn": ""}


def series_columns() -> list[Column]:
    """What the list of stored series shows."""
    return [
        columns.text_column(mark("Symbol"), lambda row: row.key.symbol),
        Column(mark("Timeframe"), lambda row: row.key.timeframe.milliseconds, lambda row: str(row.key.timeframe)),
        columns.text_column(mark("Source"), lambda row: row.key.source),
        columns.count_column(mark("Candles"), lambda row: row.summary.candles),
        columns.time_column(mark("First"), lambda row: row.summary.first_open_ms),
        columns.time_column(mark("Last"), lambda row: row.summary.last_open_ms),
        Column(
            mark("Missing"), lambda row: row.missing, lambda row: numbers.format_count(row.missing), "right",
            color=lambda row: "warn_text" if row.missing else "",
        ),
    ]  # fmt: skip


class DataPanel(QWidget):
    """Stored series; a file can be dropped here."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = DataViewModel(context.workbench, self)
        self.errors = ErrorStrip()
        self.note = QLabel()
        self.model = RecordsModel(series_columns(), [], self)
        self.table = RecordTable(self.model)
        self.table.setObjectName("data-table")
        self.table.set_empty_widget(
            EmptyState(mark("No candles are stored yet. Import a CSV or Parquet file."), mark("Import a file"),
                       self.import_file, icon="data")
        )  # fmt: skip
        self.preview = ImportPage(self)
        self.setAcceptDrops(True)
        self._build()
        self._declare_actions()
        self._connect()
        self.view_model.refresh()

    def import_file(self) -> None:
        """Ask for a file and look at it."""
        filters = tr("Candles") + " (*.csv *.txt *.parquet);;" + tr("All files") + " (*)"
        choose_file(
            self._context.window, self._context.settings, tr("Import candles"), filters, self.open_file, mode="open"
        )

    def open_file(self, path: Path) -> None:
        """Look at a file: the report appears in this panel."""
        self.errors.clear()
        self._context.docks.show("data")
        self.view_model.open_file(path)

    def _build(self) -> None:
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.hide()
        self.import_button = TextButton(mark("Import a file"), self.import_file, icon="import", role="primary")
        self.use_button = TextButton(mark("Use"), self._use, icon="chart")
        self.gaps_button = TextButton(mark("Show gaps"), self._gaps, icon="search")
        self.resample_button = TextButton(mark("Resample"), lambda: None, icon="table")
        self.resample_menu = QMenu(self.resample_button)
        self.resample_menu.aboutToShow.connect(self._fill_resample_menu)
        self.resample_button.setMenu(self.resample_menu)
        self.delete_button = TextButton(mark("Delete"), self._delete, icon="delete", role="danger")
        stored = QWidget()
        column = page_layout(stored)
        column.addLayout(
            row_layout(self.import_button, self.use_button, self.gaps_button, self.resample_button, self.delete_button)
        )
        column.addWidget(self.note)
        column.addWidget(FilteredTable(self.table), 1)
        self._pages = QStackedLayout()
        self._pages.addWidget(stored)
        self._pages.addWidget(self.preview)
        layout = page_layout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.errors)
        layout.addLayout(self._pages, 1)

    def _declare_actions(self) -> None:
        self._context.actions.add(
            Action("data.import", mark("Import a file"), self.import_file, "file", ("Ctrl+I",), "import",
                   synonyms=("csv", "parquet", "load", "open")),
            Action("data.practice_market", mark("Make the practice market"), self.view_model.add_practice_market,
                   "file", (), "market", synonyms=("demo", "synthetic", "sample")),
        )  # fmt: skip

    def _connect(self) -> None:
        model = self.view_model
        model.rows_changed.connect(self._show_rows)
        model.preview_changed.connect(self._show_preview)
        model.gaps_found.connect(self._show_gaps)
        model.failed.connect(self._show_error)
        model.busy_changed.connect(self.preview.set_busy)
        self.table.record_activated.connect(model.select)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_buttons())
        self.table.menu_opening.connect(self._add_to_menu)

    def _selected(self) -> list[SeriesRow]:
        return self.table.selected_records()

    def _use(self) -> None:
        if self._selected():
            self.view_model.select(self._selected()[0])

    def _add_to_menu(self, menu: QMenu) -> None:
        selected = self._selected()
        if not selected:
            return
        menu.addSeparator()
        if len(selected) == 1:
            menu.addAction(icons.icon("chart"), tr("Use")).triggered.connect(self._use)
        new = menu.addAction(icons.icon("add"), tr("Open in a new chart"))
        new.triggered.connect(lambda _on=False: self._open_charts(selected))

    def _open_charts(self, rows: list[SeriesRow]) -> None:
        try:
            for row in rows:
                open_in_new_chart(self._context, row.key)
        except ValueError as error:
            self.errors.show_error(error)

    def _gaps(self) -> None:
        if self._selected():
            self.view_model.find_gaps(self._selected()[0])

    def _delete(self) -> None:
        rows = self._selected()
        if rows:
            ask(
                self._context.window,
                plural("Delete {count} series?|Delete {count} series?", len(rows)),
                tr("Delete"),
                lambda: self.view_model.delete(rows),
                detail=tr("The candles go; runs made with them stay, but their charts will be empty."),
                is_dangerous=True,
            )

    def _fill_resample_menu(self) -> None:
        self.resample_menu.clear()
        rows = self._selected()
        if not rows:
            return
        row = rows[0]
        length = row.key.timeframe.milliseconds
        for frame in Timeframe:
            if frame.milliseconds > length and frame.milliseconds % length == 0:
                action = self.resample_menu.addAction(str(frame))
                action.triggered.connect(lambda _on=False, frame=frame: self.view_model.resample(row, frame))

    def _show_rows(self) -> None:
        self.model.set_rows(self.view_model.rows)
        self._show_buttons()

    def _show_buttons(self) -> None:
        count = len(self._selected())
        for button in (self.use_button, self.gaps_button, self.resample_button):
            button.setEnabled(count == 1)
        self.delete_button.setEnabled(count > 0)

    def _show_preview(self) -> None:
        preview = self.view_model.preview
        self._pages.setCurrentIndex(0 if preview is None else 1)
        if preview is not None:
            self.errors.clear()
            self.preview.show_preview(preview)

    def _show_gaps(self, key: SeriesKey, gaps: list[StoredGap]) -> None:
        if not gaps:
            self.note.setText(tr("{series}: no candle is missing.", series=str(key)))
        else:
            first = ", ".join(
                f"{numbers.format_time(gap.first_missing_ms)} ({numbers.format_count(gap.missing)})" for gap in gaps[:6]
            )
            text = plural(
                "{series}: {count} gap: {first}|{series}: {count} gaps: {first}",
                len(gaps),
                series=str(key),
                first=first,
            )
            self.note.setText(text + (" …" if len(gaps) > 6 else ""))
        self.note.show()

    def _show_error(self, error: BaseException) -> None:
        self.errors.show_error(error)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_file(event.mimeData().urls()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_file(event.mimeData().urls())
        if path is not None:
            event.acceptProposedAction()
            self.open_file(path)


def _dropped_file(urls: list) -> Path | None:
    files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return files[0] if files else None


def _finding_tooltip(finding: ImportFinding) -> str:
    return "\n".join([finding.sentence, *finding.examples])


class ImportPage(QWidget):
    """The report on one file: what was guessed, what was found, and the choice to store it."""

    def __init__(self, panel: DataPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._preview: ImportPreview | None = None
        self.title, self.score, self.verdict = QLabel(), QLabel(), QLabel()
        self.symbol, self.source, self.timeframe = QLineEdit(), QLineEdit(), QComboBox()
        self.drop_faulty, self.drop_last = QCheckBox(), QCheckBox()
        self.tabs = QTabWidget()
        self.guesses = RecordsModel(
            [
                Column(mark("Guess"), lambda guess: guess.what, lambda guess: tr(guess.what.capitalize())),
                Column(mark("Value"), lambda guess: guess.value),
                Column(mark("Why"), lambda guess: guess.reason),
            ],
            [],
            self,
        )
        self.findings = RecordsModel(
            [
                Column(
                    mark("Weight"), lambda item: item.severity, lambda item: tr(_SEVERITIES[item.severity]),
                    color=lambda item: _SEVERITY_COLORS[item.severity],
                ),
                Column(mark("Count"), lambda item: item.count, lambda item: numbers.format_count(item.count), "right"),
                Column(mark("Finding"), lambda item: item.sentence, tooltip=_finding_tooltip),
                Column(mark("What the import does"), lambda item: item.action, tooltip=lambda item: item.action),
            ],
            [],
            self,
        )  # fmt: skip
        self._build()
        i18n.retranslate_now_and_later(self._write_texts)

    def show_preview(self, preview: ImportPreview) -> None:
        """Show the report on a file."""
        self._preview = preview
        self.guesses.set_rows(preview.guesses)
        self.findings.set_rows(preview.findings)
        guessed = {guess.what: guess.value for guess in preview.guesses}
        self.symbol.setText(guessed.get("symbol", ""))
        self.source.setText(guessed.get("source", ""))
        series = preview.series
        self.timeframe.setCurrentText(str(series.timeframe) if series else "")
        self.drop_faulty.setChecked(preview.options.drop_faulty)
        self.drop_last.setChecked(preview.options.drop_last)
        self.drop_faulty.setVisible(preview.can_drop or preview.options.drop_faulty)
        self._write_texts()

    def set_busy(self, is_busy: bool) -> None:  # noqa: FBT001  a signal's value
        """Nothing can be pressed while a file is being read or stored."""
        can_store = self._preview is not None and self._preview.candles is not None
        self.store_button.setEnabled(not is_busy and can_store)
        self.check_button.setEnabled(not is_busy)

    def options(self) -> ImportOptions:
        """What the fields say.

        Raises:
            InputError: the timeframe is none of Bybit's.
        """
        frame = self.timeframe.currentText().strip()
        return ImportOptions(
            symbol=self.symbol.text().strip() or None,
            timeframe=Timeframe.parse(frame) if frame else None,
            source=self.source.text().strip() or None,
            drop_faulty=self.drop_faulty.isChecked(),
            drop_last=self.drop_last.isChecked(),
        )

    def _build(self) -> None:
        self.title.setProperty("role", "heading")
        self.verdict.setWordWrap(True)
        for label in (self.title, self.score, self.verdict):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.timeframe.addItems(["", *(str(frame) for frame in Timeframe)])
        self.store_button = TextButton(mark("Store"), self._store, icon="save", role="primary")
        self.check_button = TextButton(mark("Check again"), self._check, icon="refresh")
        self.back_button = TextButton(mark("Cancel"), self._panel.view_model.discard_preview)
        grid = QGridLayout()
        for place, (text, field) in enumerate(
            ((mark("Symbol"), self.symbol), (mark("Timeframe"), self.timeframe), (mark("Source"), self.source))
        ):
            grid.addWidget(TextLabel(text), 0, place * 2)
            grid.addWidget(field, 0, place * 2 + 1)
            grid.setColumnStretch(place * 2 + 1, 1)
        layout = page_layout(self)
        head = row_layout(self.title, self.score)
        for button in (self.store_button, self.check_button, self.back_button):
            head.addWidget(button)
        layout.addLayout(head)
        layout.addWidget(self.verdict)
        layout.addLayout(grid)
        layout.addLayout(row_layout(self.drop_faulty, self.drop_last))
        self.tabs.setDocumentMode(True)
        findings = RecordTable(self.findings)
        for sentences in (2, 3):
            findings.horizontalHeader().setSectionResizeMode(sentences, QHeaderView.ResizeMode.Stretch)
        guesses = RecordTable(self.guesses)
        findings.setObjectName("import-findings-table")
        guesses.setObjectName("import-guesses-table")
        for table in (findings, guesses):
            self.tabs.addTab(table, "")
        layout.addWidget(self.tabs, 1)

    def _store(self) -> None:
        self._panel.view_model.store()

    def _check(self) -> None:
        try:
            self._panel.view_model.change_options(self.options())
        except InputError as error:
            self._panel.errors.show_error(error)

    def _write_texts(self) -> None:
        self.drop_faulty.setText(tr("Leave faulty rows out"))
        self.drop_last.setText(tr("Leave the last candle out (it may be unfinished)"))
        preview = self._preview
        if preview is None:
            return
        self.tabs.setTabText(0, f"{tr('Findings')} ({len(preview.findings)})")
        self.tabs.setTabText(1, f"{tr('Guesses')} ({len(preview.guesses)})")
        self.title.setText(preview.path.name)
        self.score.setText(tr("Quality {score} of 100", score=numbers.format_number(preview.score, 0)))
        if preview.refusal:
            self.verdict.setText(f"{preview.refusal} {preview.hint}".strip())
            self.verdict.setStyleSheet(f"color: {theme.current_theme().danger_text};")
        else:
            kept = len(preview.candles) if preview.candles is not None else 0
            self.verdict.setText(
                plural("{count} candle can be stored|{count} candles can be stored", kept)
                + f" · {preview.series}"
                + (
                    f" · {plural('{count} candle missing|{count} candles missing', preview.missing)}"
                    if preview.missing
                    else ""
                )
            )
            self.verdict.setStyleSheet("")
        self.store_button.setEnabled(preview.candles is not None)
