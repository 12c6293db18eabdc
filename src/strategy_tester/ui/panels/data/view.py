"""The data panel: what is stored and how complete it is, downloads and repairs, and the import of files."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QStackedLayout,
    QWidget,
)

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.dialogs import ask, choose_file
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.flow_layout import FlowLayout
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.live.visible import Visible
from strategy_tester.ui.open_charts import open_in_new_chart
from strategy_tester.ui.panels.data.buttons import SeriesButtons
from strategy_tester.ui.panels.data.details import Details
from strategy_tester.ui.panels.data.import_page import ImportPage
from strategy_tester.ui.panels.data.retention import RetentionDialog
from strategy_tester.ui.panels.data.rows import SeriesRow
from strategy_tester.ui.panels.data.table import series_columns, set_delegates
from strategy_tester.ui.panels.data.updates import INTERVALS_MINUTES
from strategy_tester.ui.panels.data.view_model import DataViewModel, can_be_asked
from strategy_tester.ui.panels.download.dialog import DownloadDialog
from strategy_tester.ui.panels.download.queue import Task, TaskState
from strategy_tester.ui.panels.download.view_model import DownloadViewModel
from strategy_tester.ui.panels.parts import Chooser, TextButton, page_layout
from strategy_tester.ui.tables.records_model import RecordsModel
from strategy_tester.ui.tables.table_view import FilteredTable, RecordTable
from strategy_tester.ui.view_context import ViewContext

_SPLIT_KEY = "data.split"
_WIDE = 1.6
"""Details stand beside the table when the panel is so many times wider than high, else below it."""
_TELL_ONE_BY_ONE = 8


class DataPanel(QWidget):
    """Stored series; a file can be dropped here."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = DataViewModel(context.workbench, self, context.live)
        self.errors = ErrorStrip()
        self.model = RecordsModel(series_columns(), [], self)
        self.table = RecordTable(self.model)
        self.table.setObjectName("data-table")
        self.table.set_empty_widget(
            EmptyState(mark("No candles are stored yet. Download some, or import a CSV or Parquet file."),
                       mark("Download"), self.download, icon="data")
        )  # fmt: skip
        self.details, self.buttons = Details(), SeriesButtons(self)
        self.preview = ImportPage(self)
        self.dialog: DownloadDialog | None = None
        self._is_split = False
        self.setAcceptDrops(True)
        self._build()
        self._declare_actions()
        self._connect()
        self._sight = Visible(self, self._look, lambda: None)
        i18n.retranslate_now_and_later(self._write_texts)
        self.view_model.refresh()

    # --- what actions do

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

    def download(self) -> None:
        """Ask what to download; the dialog that is open comes to the front."""
        if self.dialog is None:
            context, services = self._context, self._context.services
            model = DownloadViewModel(services, context.jobs, self.view_model.maker)
            self.dialog = DownloadDialog(context.window, model, context.settings, self.view_model.download)
            self.dialog.destroyed.connect(self._dialog_gone)
            self.dialog.finished.connect(lambda _result: self._dialog_gone())
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _dialog_gone(self) -> None:
        self.dialog = None

    # --- making

    def _build(self) -> None:
        self.download_button = TextButton(
            mark("Download"), self.download, icon="cloud-download-outline", role="primary"
        )
        self.import_button = TextButton(mark("Import a file"), self.import_file, icon="import")
        self.auto, self.interval, self.auto_note = QCheckBox(), Chooser(), QLabel()
        self.auto_note.setProperty("role", "muted")
        for minutes in INTERVALS_MINUTES:
            self.interval.addItem("", minutes)
        stored = QWidget()
        column = page_layout(stored)
        self.stop_button = TextButton(
            mark("Cancel all"), lambda: self.view_model.queue.cancel(self.view_model.queue.active), icon="stop"
        )
        updates = QWidget()
        row = QHBoxLayout(updates)
        row.setContentsMargins(theme.step(3), 0, 0, 0)
        head = FlowLayout(theme.step(1.5))
        for widget in (self.auto, self.interval, self.auto_note):
            row.addWidget(widget)
        for widget in (self.download_button, self.import_button, *self.buttons.row, self.stop_button, updates):
            head.addWidget(widget)
        column.addLayout(head)
        column.addWidget(self._make_strip())
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(FilteredTable(self.table))
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        column.addWidget(self.splitter, 1)
        set_delegates(
            self.table, list(self.model.columns), self.view_model.turn_pin, lambda row: self.view_model.cancel([row])
        )
        self._pages = QStackedLayout()
        self._pages.addWidget(stored)
        self._pages.addWidget(self.preview)
        layout = page_layout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.errors)
        layout.addLayout(self._pages, 1)

    def _make_strip(self) -> QFrame:
        """What did not end well: one line with what can be done about it."""
        self.strip, self.strip_text = QFrame(), QLabel()
        self.strip.setProperty("role", "notice-strip")
        self.resume_button = TextButton(mark("Go on"), self.view_model.queue.resume, icon="run")
        self.forget_button = TextButton(mark("Forget"), self.view_model.queue.forget, icon="close", role="quiet")
        row = QHBoxLayout(self.strip)
        row.setContentsMargins(theme.step(2), theme.step(), theme.step(1), theme.step())
        row.addWidget(self.strip_text, 1)
        for button in (self.resume_button, self.forget_button):
            row.addWidget(button)
        self.strip_text.setWordWrap(True)
        return self.strip

    def _declare_actions(self) -> None:
        self._context.actions.add(
            Action("data.download", mark("Download from Bybit"), self.download, "file", ("Ctrl+Shift+D",),
                   "cloud-download-outline", synonyms=("history", "candles", "klines", "binance", "fetch")),
            Action("data.import", mark("Import a file"), self.import_file, "file", ("Ctrl+I",), "import",
                   synonyms=("csv", "parquet", "load", "open")),
            Action("data.practice_market", mark("Make the practice market"), self.view_model.add_practice_market,
                   "file", (), "market", synonyms=("demo", "synthetic", "sample")),
        )  # fmt: skip

    def _connect(self) -> None:
        model, details, buttons = self.view_model, self.details, self.buttons
        model.rows_changed.connect(self._show_rows)
        model.rows_told.connect(self._show_some)
        model.preview_changed.connect(self._show_preview)
        model.failed.connect(self.errors.show_error)
        model.busy_changed.connect(self.preview.set_busy)
        model.queue.changed.connect(self._show_strip)
        model.queue.all_ended.connect(self._tell_ended)
        model.updates.changed.connect(self._show_updates)
        self.auto.toggled.connect(model.updates.set_on)
        self.interval.activated.connect(lambda _place: model.updates.set_minutes(self.interval.currentData()))
        self.table.record_activated.connect(self._open)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_details())
        self.table.menu_opening.connect(self._add_to_menu)
        self.splitter.splitterMoved.connect(self._remember_split)
        buttons.open_wanted.connect(lambda: self._on_selected(lambda rows: self._open(rows[0])))
        buttons.new_chart_wanted.connect(lambda: self._on_selected(self._open_charts))
        buttons.update_wanted.connect(lambda: self._on_selected(model.update_now))
        buttons.refill_wanted.connect(lambda: self._on_selected(lambda rows: model.repair(rows, compare=False)))
        buttons.check_wanted.connect(lambda: self._on_selected(lambda rows: model.repair(rows, compare=True)))
        buttons.retention_wanted.connect(lambda: self._on_selected(self._ask_retention))
        buttons.delete_wanted.connect(lambda: self._on_selected(self._ask_delete))
        details.pin_wanted.connect(lambda: self._on_selected(self._turn_pins))
        buttons.resample_wanted.connect(lambda frame: self._on_selected(lambda rows: model.resample(rows[0], frame)))

    # --- what is done with the selected series

    def selected(self) -> list[SeriesRow]:
        """The selected rows."""
        return self.table.selected_records()

    def _on_selected(self, deed) -> None:
        rows = self.selected()
        if rows:
            self.errors.clear()
            deed(rows)

    def _open(self, row: SeriesRow) -> None:
        if row.summary is not None:
            self.view_model.select(row)

    def _open_charts(self, rows: Sequence[SeriesRow]) -> None:
        try:
            for row in rows:
                if row.summary is not None:
                    open_in_new_chart(self._context, row.key)
        except ValueError as error:
            self.errors.show_error(error)

    def _turn_pins(self, rows: Sequence[SeriesRow]) -> None:
        """All of them become what the first one becomes."""
        is_pinned = rows[0].pin is not None
        for row in rows:
            if (row.pin is not None) == is_pinned and (is_pinned or can_be_asked(row)):
                self.view_model.turn_pin(row)

    def _ask_retention(self, rows: Sequence[SeriesRow]) -> None:
        stored = [row for row in rows if row.summary is not None]
        RetentionDialog(self._context.window, self.view_model, stored).open()

    def _ask_delete(self, rows: list[SeriesRow]) -> None:
        ask(
            self._context.window,
            plural("Delete {count} series?|Delete {count} series?", len(rows)),
            tr("Delete"),
            lambda: self.view_model.delete(rows),
            detail=tr("The candles go; runs made with them stay, but their charts will be empty."),
            is_dangerous=True,
        )

    def _add_to_menu(self, menu: QMenu) -> None:
        rows = self.selected()
        if not rows:
            return
        menu.addSeparator()
        self.buttons.add_to_menu(menu)
        if self.details.pin_button.isEnabled():
            pin = menu.addAction(icons.icon("pin"), self.details.pin_button.text())
            pin.triggered.connect(lambda _on=False: self._turn_pins(rows))
        working = [row for row in rows if row.task is not None and row.task.is_active]
        idle = [row.task for row in rows if row.task is not None and row.task in self.view_model.queue.unfinished]
        if working:
            stop = menu.addAction(icons.icon("stop"), tr("Cancel this job"))
            stop.triggered.connect(lambda _on=False: self.view_model.cancel(working))
        if idle:
            resume = menu.addAction(icons.icon("run"), tr("Go on"))
            resume.triggered.connect(lambda _on=False: self.view_model.queue.resume(idle))

    # --- showing

    def _look(self) -> None:
        """Somebody can see the panel: find out what it shows."""
        if self.view_model.is_loaded:
            first = self.model.rowCount()
            top = max(self.table.rowAt(0), 0)
            shown = range(top, min(top + 40, first))
            self.view_model.look([self.model.record(row).key for row in shown])

    def _show_rows(self) -> None:
        chosen = {row.key for row in self.selected()}
        current = self.table.currentIndex()
        current_key = self.model.record(current.row()).key if current.isValid() else None
        place = self.table.verticalScrollBar().value()
        self.model.set_rows(self.view_model.rows)
        self._select_again(chosen, current_key)
        self.table.verticalScrollBar().setValue(place)
        self._show_details()
        self._show_strip()
        if self._sight.is_shown:
            self._look()

    def _select_again(self, chosen: set, current: object) -> None:
        selection = QItemSelection()
        for row in range(self.model.rowCount()):
            key = self.model.record(row).key
            if key in chosen:
                selection.select(self.model.index(row, 0), self.model.index(row, len(self.model.columns) - 1))
            if key == current:
                self.table.selectionModel().setCurrentIndex(
                    self.model.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate
                )
        self.table.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _show_some(self, places: list[int]) -> None:
        """Rows changed: a few are told one by one, many at once."""
        if len(places) <= _TELL_ONE_BY_ONE:
            for place in places:
                self.model.update_record(place)
        else:
            last = self.model.index(self.model.rowCount() - 1, len(self.model.columns) - 1)
            self.model.dataChanged.emit(self.model.index(0, 0), last)
            if not self.table.is_sized_by_user:
                self.table.fit_columns()
        rows = self.selected()
        if rows and any(self.view_model.rows[place] is rows[0] for place in places):
            self._show_details()

    def _show_details(self) -> None:
        rows = self.selected()
        self.details.show_rows(rows)
        self.buttons.show_rows(rows)

    def _show_strip(self) -> None:
        queue = self.view_model.queue
        active, unfinished = queue.active, queue.unfinished
        self.stop_button.setVisible(bool(active))
        self.strip.setVisible(bool(unfinished))
        text = plural(
            "{count} download did not end: what is missing can be had now"
            "|{count} downloads did not end: what is missing can be had now",
            len(unfinished),
        )
        problems = [f"{task.key}: {task.problem}" for task in unfinished if task.problem]
        self.strip_text.setText(" · ".join([text, *problems[:2]]))

    def _tell_ended(self, ended: Sequence[Task]) -> None:
        """A message that leads to the result; stopped work was seen by whoever stopped it."""
        done = [task for task in ended if task.state is TaskState.DONE]
        failed = [task for task in ended if task.state is TaskState.FAILED]
        if not done and not failed:
            return
        parts = []
        if done:
            ready = plural("{count} series is ready|{count} series are ready", len(done))
            parts.append(done[0].text if len(ended) == 1 else ready)
        if failed:
            parts.append(plural("{count} series failed|{count} series failed", len(failed)))
            parts.append(failed[0].problem)
        context, text = self._context, " · ".join(parts)
        if failed:
            context.toast(text, kind="warn", button=tr("Data"), on_click=lambda: context.docks.show("data"))
        else:
            key = done[0].key
            context.toast(text, button=tr("Open in chart"), on_click=lambda: context.workbench.select_series(key))

    def _show_updates(self) -> None:
        updates = self.view_model.updates
        self.auto.setChecked(updates.is_on)
        self.interval.setCurrentIndex(max(self.interval.findData(updates.minutes), 0))
        self.interval.setEnabled(updates.is_on)
        if not updates.is_on:
            text = ""
        elif updates.why_not:
            text = updates.why_not
        else:
            text = plural("{count} series pinned|{count} series pinned", len(updates.pins))
        self.auto_note.setText(text)
        self._show_details()

    def _show_preview(self) -> None:
        preview = self.view_model.preview
        self._pages.setCurrentIndex(0 if preview is None else 1)
        if preview is not None:
            self.errors.clear()
            self.preview.show_preview(preview)

    def _write_texts(self) -> None:
        self.auto.setText(tr("Update pinned series by themselves"))
        self.auto.setToolTip(tr("Pin series in the table. The exchange is asked while the program runs."))
        self.interval.setAccessibleName(tr("How often"))
        for place, minutes in enumerate(INTERVALS_MINUTES):
            text = (
                plural("every minute|every {count} minutes", minutes) if minutes < 60
                else plural("every hour|every {count} hours", minutes // 60)
            )  # fmt: skip
            self.interval.setItemText(place, text)
        self._show_updates()
        self._show_strip()

    # --- the splitter

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = event.size().width() > event.size().height() * _WIDE
        wanted = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if self.splitter.orientation() != wanted or not self._is_split:
            self.splitter.setOrientation(wanted)
            self._is_split = True
            self._split_sizes(event.size().width() if is_wide else event.size().height())

    def _split_sizes(self, length: int) -> None:
        saved = self._context.settings.get(_SPLIT_KEY)
        share = saved if isinstance(saved, float) and 0.1 <= saved <= 0.9 else 0.62
        self.splitter.setSizes([round(length * share), round(length * (1 - share))])

    def _remember_split(self, *_moved: int) -> None:
        sizes = self.splitter.sizes()
        self._context.settings.set(_SPLIT_KEY, round(sizes[0] / max(sum(sizes), 1), 3))

    # --- files dropped here

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
