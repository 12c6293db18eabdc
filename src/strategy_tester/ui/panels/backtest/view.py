"""The backtest panel: market, period, account, costs; Run, progress, Cancel."""

from PySide6.QtCore import QDate, QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDateEdit, QLabel, QProgressBar, QWidget

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.services.jobs import Job
from strategy_tester.services.run_backtest import FinishedBacktest
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.forms.form_history import watch_form
from strategy_tester.ui.forms.labelled_rows import LabelledRows
from strategy_tester.ui.forms.parameter_form import ParameterForm
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.panels.backtest.view_model import BacktestViewModel
from strategy_tester.ui.panels.parts import Chooser, TextButton, TextLabel, page_layout, row_layout
from strategy_tester.ui.scrolling import PageScroll
from strategy_tester.ui.undo import new_stack
from strategy_tester.ui.view_context import ViewContext

DAY_MS = 86_400_000
_EPOCH = QDate(1970, 1, 1)


class BacktestPanel(QWidget):
    """What to run, and the button that runs it."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = BacktestViewModel(context.workbench, self)
        self.errors = ErrorStrip()
        self.series, self.start, self.end = Chooser(), QDateEdit(), QDateEdit()
        self.funding, self.period_note = QCheckBox(), QLabel()
        self.form = ParameterForm(self.view_model.main_parameters)
        self.more = ParameterForm(self.view_model.more_parameters)
        self.more_button = TextButton(mark("More settings"), self._toggle_more, role="quiet", icon="chevron_down")
        self.run_button = TextButton(mark("Run"), self.run, icon="run", role="primary")
        self.cancel_button = TextButton(mark("Cancel"), self.view_model.cancel, icon="stop")
        self.reset_button = TextButton(mark("Reset"), self.view_model.reset)
        self.progress = QProgressBar()
        self._told: FinishedBacktest | None = None
        """What the status bar speaks of."""
        self._declare_actions()
        self._build()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)
        self._show_settings()
        self._show_running(False)
        self.view_model.refresh()

    def run(self) -> None:
        """Run the backtest, or lead to what it still needs."""
        if self.view_model.missing():
            self._context.docks.show(self.view_model.missing_panel(), focus=True)
            self._context.workbench.message.emit(self.view_model.missing())
        elif not (self.form.is_valid() and self.more.is_valid()):
            self._context.docks.show("backtest")
            if not self.form.focus_first_error():
                self.more.show()
                self.more.focus_first_error()
        else:
            self.view_model.run()

    def _declare_actions(self) -> None:
        model = self.view_model
        self._context.actions.add(
            Action("backtest.run", mark("Run the backtest"), self.run, "run", ("Ctrl+R", "F5"), "run",
                   synonyms=("test", "start", "expert")),
            Action("backtest.cancel", mark("Cancel the backtest"), model.cancel, "run", ("Ctrl+.",), "stop",
                   is_enabled=lambda: model.is_running),
        )  # fmt: skip

    def _build(self) -> None:
        for edit in (self.start, self.end):
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.setCalendarPopup(True)
            edit.setFont(theme.figures_font())
        self.period_note.setProperty("role", "muted")
        self.period_note.setWordWrap(True)
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.more.hide()
        page = QWidget()
        column = page_layout(page)
        column.addWidget(self._market_rows())
        column.addWidget(self.period_note)
        column.addWidget(self.form)
        column.addWidget(self.funding)
        column.addWidget(self.more_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.more)
        column.addStretch(1)
        layout = page_layout(self)
        layout.addWidget(self.errors)
        layout.addWidget(PageScroll(page), 1)
        layout.addWidget(self.progress)
        buttons = row_layout(stretch=False)
        buttons.addWidget(self.run_button, 1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.reset_button)
        layout.addLayout(buttons)

    def _market_rows(self) -> LabelledRows:
        rows = LabelledRows((1, 3))
        entries = ((mark("Market"), self.series), (mark("From (UTC)"), self.start), (mark("To (UTC)"), self.end))
        for title, field in entries:
            label = TextLabel(title)
            label.setBuddy(field)
            rows.add_row(label, field)
        self.series.setMinimumContentsLength(12)
        self.series.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return rows

    def _connect(self) -> None:
        model = self.view_model
        model.series_changed.connect(self._show_series)
        model.settings_changed.connect(self._show_settings)
        model.running_changed.connect(self._show_running)
        model.progressed.connect(self._show_progress)
        model.failed.connect(self._show_error)
        model.finished.connect(self._finished)
        self._context.workbench.backtest_shown.connect(self._show_status)
        self.series.activated.connect(lambda index: model.choose_series(self.series.itemData(index)))
        self.start.dateChanged.connect(self._period_typed)
        self.end.dateChanged.connect(self._period_typed)
        self.funding.toggled.connect(model.set_use_funding)
        stack = new_stack(self._context.undo, self)
        for form in (self.form, self.more):
            watch_form(form, stack)
            form.changed.connect(lambda form=form: self._typed(form))
            form.validity_changed.connect(lambda _valid: self._show_button())

    def _typed(self, form: ParameterForm) -> None:
        if form.is_valid():
            self.view_model.set_values(form.values())

    def _period_typed(self) -> None:
        start, end = _day_ms(self.start.date()), _day_ms(self.end.date()) + DAY_MS
        self.view_model.set_period(start, end)

    def _show_series(self) -> None:
        chosen = self._context.workbench.series
        with QSignalBlocker(self.series):
            self.series.clear()
            for summary in sorted(self.view_model.summaries, key=lambda item: item.key):
                key = summary.key
                self.series.addItem(f"{key.symbol} · {key.timeframe} · {key.source}", key)
                if key == chosen:
                    self.series.setCurrentIndex(self.series.count() - 1)
            if chosen is None:
                self.series.setCurrentIndex(-1)
        self._show_period()
        self._show_button()

    def _show_period(self) -> None:
        model, summary = self.view_model, self.view_model.summary
        for edit in (self.start, self.end):
            edit.setEnabled(summary is not None)
        if summary is None:
            self.period_note.setText(model.missing())
            return
        first = summary.first_open_ms if model.start_ms is None else model.start_ms
        last = summary.last_open_ms if model.end_ms is None else model.end_ms - 1
        for edit, moment in ((self.start, first), (self.end, last)):
            with QSignalBlocker(edit):
                edit.setDate(_EPOCH.addDays(moment // DAY_MS))
        text = plural("{count} candle stored|{count} candles stored", summary.candles)
        self.period_note.setText(
            f"{text}: {numbers.format_date(summary.first_open_ms)} … {numbers.format_date(summary.last_open_ms)} UTC"
        )

    def _show_settings(self) -> None:
        self.form.set_values(self.view_model.values)
        self.more.set_values(self.view_model.values)
        with QSignalBlocker(self.funding):
            self.funding.setChecked(self.view_model.use_funding)
        self._show_period()

    def _show_button(self) -> None:
        model = self.view_model
        problem = model.missing()
        can_run = not problem and self.form.is_valid() and self.more.is_valid()
        self.run_button.setEnabled(can_run and not model.is_running)
        keys = self._context.actions.shortcut_text("backtest.run")
        self.run_button.setToolTip(problem or tr("Run the backtest ({keys})", keys=keys))

    def _show_running(self, is_running: bool) -> None:  # noqa: FBT001  a signal's value
        self.progress.setVisible(is_running)
        self.cancel_button.setVisible(is_running)
        self.reset_button.setVisible(not is_running)
        if is_running:
            self.errors.clear()
            self.progress.setRange(0, 0)
        self._show_button()

    def _show_progress(self, job: Job[FinishedBacktest]) -> None:
        fraction = job.fraction
        if fraction is not None:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(fraction * 1000))

    def _show_error(self, error: BaseException) -> None:
        if isinstance(error, InvalidParameter) and error.name in self.form.places():
            self.form.set_error(error.name, str(error))
        self.errors.show_error(error)

    def _finished(self, finished: FinishedBacktest) -> None:
        self.errors.clear()
        count = len(finished.result.trade_columns)
        text = plural("Backtest finished: {count} trade|Backtest finished: {count} trades", count)
        self._context.docks.show("results")
        self._context.toast(
            text, kind="good", button=tr("Show trades"), on_click=lambda: self._context.docks.show("trades")
        )

    def _show_status(self, finished: FinishedBacktest) -> None:
        self._told = finished
        self._context.status.show_duration(finished.duration_ms)
        self._tell_gaps(finished)

    def _tell_gaps(self, finished: FinishedBacktest) -> None:
        if finished.gaps:
            self._context.status.show_data_state(
                plural("{count} candle missing|{count} candles missing", finished.gaps), "warn"
            )
        else:
            self._context.status.show_data_state(tr("data complete, 0 gaps"), "good")

    def _toggle_more(self) -> None:
        self.more.setVisible(self.more.isHidden())

    def _write_texts(self) -> None:
        self.funding.setText(tr("Charge stored funding rates"))
        self.series.setAccessibleName(tr("Market"))
        self.start.setAccessibleName(tr("From (UTC)"))
        self.end.setAccessibleName(tr("To (UTC)"))
        self._show_period()
        self._show_button()
        if self._told is not None:
            self._tell_gaps(self._told)


def _day_ms(date: QDate) -> int:
    return _EPOCH.daysTo(date) * DAY_MS
