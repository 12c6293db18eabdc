"""The page that reports on a file before it is stored."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHeaderView, QLabel, QLineEdit, QTabWidget, QWidget

from strategy_tester.domain.errors import InputError
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.import_candles import ImportFinding, ImportOptions, ImportPreview
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.panels.parts import TextButton, TextLabel, page_layout, row_layout
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import RecordTable

if TYPE_CHECKING:
    from strategy_tester.ui.panels.data.view import DataPanel

_SEVERITIES = {"refuse": mark("Refused"), "drop": mark("Left out"), "warn": mark("Note")}
_SEVERITY_COLORS = {"refuse": "danger_text", "drop": "warn_text", "warn": ""}


def _finding_tooltip(finding: ImportFinding) -> str:
    return "\n".join([finding.sentence, *finding.examples])


class ImportPage(QWidget):
    """The report on one file: what was guessed, what was found, and the choice to store it."""

    def __init__(self, panel: "DataPanel") -> None:
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
