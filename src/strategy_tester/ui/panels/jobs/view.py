"""The jobs panel: a table with progress, a button that stops what is selected."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.services.jobs import Job, JobState
from strategy_tester.ui import i18n, icons, numbers, theme
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.jobs.view_model import JobsViewModel, outcome_text, remaining_text, state_text
from strategy_tester.ui.tables.records_model import RECORD_ROLE, Column, RecordsModel
from strategy_tester.ui.tables.table_view import RecordTable
from strategy_tester.ui.view_context import ViewContext

_PROGRESS_COLUMN = 2
_COLORS = {JobState.FAILED: "danger_text", JobState.DONE: "", JobState.CANCELLED: "muted", JobState.PENDING: "muted"}


def job_columns() -> list[Column]:
    """What the table of jobs shows."""
    return [
        Column(mark("Job"), lambda job: job.title),
        Column(mark("State"), lambda job: job.state.value, state_text, color=lambda job: _COLORS.get(job.state, "")),
        Column(mark("Progress"), _fraction, _percent, "right"),
        Column(mark("Time"), lambda job: job.started_at, remaining_text, "right"),
        Column(mark("Note"), outcome_text, tooltip=outcome_text),
    ]


class JobsPanel(QWidget):
    """Everything that runs or ran in the background."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view_model = JobsViewModel(context.jobs, self)
        self.model = RecordsModel(job_columns(), self.view_model.rows, self)
        self.table = RecordTable(self.model)
        self.table.setObjectName("jobs-table")
        self.table.setItemDelegateForColumn(_PROGRESS_COLUMN, _ProgressDelegate(self.table))
        self.table.set_empty_widget(EmptyState(mark("Nothing has run in the background yet."), icon="jobs"))
        self.cancel_button, self.clear_button = QPushButton(), QPushButton()
        self._build()
        self.view_model.rows_changed.connect(self._show_rows)
        self.view_model.job_changed.connect(self._show_job)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_buttons())
        i18n.retranslate_now_and_later(self._write_texts)
        self._show_buttons()

    def _build(self) -> None:
        self.cancel_button.setIcon(icons.icon("cancel"))
        self.cancel_button.clicked.connect(lambda: self.view_model.cancel(self.table.selected_records()))
        self.clear_button.setIcon(icons.icon("delete"))
        self.clear_button.clicked.connect(self.view_model.clear_finished)
        buttons = QHBoxLayout()
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.clear_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(2), theme.step(2), theme.step(2), theme.step(2))
        layout.setSpacing(theme.step(2))
        layout.addLayout(buttons)
        layout.addWidget(self.table, 1)

    def _show_rows(self) -> None:
        self.model.set_rows(self.view_model.rows)
        self._show_buttons()

    def _show_job(self, position: int) -> None:
        self.model.update_record(position)
        self._show_buttons()

    def _show_buttons(self) -> None:
        can_cancel = any(not job.state.is_final for job in self.table.selected_records())
        self.cancel_button.setEnabled(can_cancel)
        self.clear_button.setEnabled(self.view_model.can_clear)

    def _write_texts(self) -> None:
        self.cancel_button.setText(tr("Cancel selected"))
        self.clear_button.setText(tr("Clear finished"))


class _ProgressDelegate(QStyledItemDelegate):
    """A thin bar with the percent beside it."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        job: Job[Any] = index.data(RECORD_ROLE)
        fraction = job.fraction
        if job.state is not JobState.RUNNING or fraction is None:
            return
        colors = theme.current_theme()
        area = QRectF(option.rect)  # type: ignore[attr-defined]
        height, inset = theme.step(0.75), theme.step(2)
        bar = QRectF(area.left() + inset, area.bottom() - height - 1, area.width() - 2 * inset, height)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(bar, colors.color("line"))
        bar.setWidth(bar.width() * fraction)
        painter.fillRect(bar, colors.color("accent"))
        painter.restore()


def _fraction(job: Job[Any]) -> float:
    if job.state is JobState.DONE:
        return 1.0
    return job.fraction if job.fraction is not None else float("nan")


def _percent(job: Job[Any]) -> str:
    return numbers.format_percent(_fraction(job) * 100, decimals=0)
