"""The line at the bottom: environment, data, the last run, background work, the time."""

import time
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QWidget

from strategy_tester.services.jobs import Job
from strategy_tester.ui import i18n, icons, numbers, theme
from strategy_tester.ui.i18n import mark, plural, tr

ENVIRONMENTS = {
    "backtest": mark("BACKTEST"),
    "replay": mark("REPLAY"),
    "practice": mark("PRACTICE"),
    "paper": mark("PAPER"),
    "testnet": mark("TESTNET"),
    "live": mark("LIVE"),
}
_COLORS = {"practice": "replay"}
"""Environments that share the color of another one: neither is the market of today."""
_DATA_KINDS = ("good", "warn", "danger")


class Dot(QWidget):
    """A filled circle in a theme color; the word beside it says the same."""

    def __init__(self, token: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._token = token
        self.setFixedSize(self.sizeHint())

    def set_token(self, token: str) -> None:
        """Show another color."""
        self._token = token
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.step(2), theme.step(2))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current_theme().color(self._token))
        painter.drawEllipse(QRectF(self.rect()))
        painter.end()


class StatusBar(QWidget):
    """What is going on, in one line. Give it jobs through `show_jobs`."""

    cancel_wanted = Signal()
    """The user wants the shown job to stop."""
    jobs_wanted = Signal()
    """The user wants to see all jobs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._environment = "backtest"
        self._data_text, self._data_kind = "", "good"
        self._duration: float | None = None
        self._jobs: list[Job[Any]] = []
        self._dot = Dot("backtest")
        self._word, self._data, self._message = QLabel(), QLabel(), QLabel()
        self._duration_label, self._job_text, self._clock = QLabel(), QToolButton(), QLabel()
        self._progress, self._cancel = QProgressBar(), QToolButton()
        self._build()
        self._message_timer = QTimer(self, singleShot=True)
        self._message_timer.timeout.connect(lambda: self._message.setText(""))
        self._ticks = QTimer(self, interval=1000)
        self._ticks.setTimerType(Qt.TimerType.CoarseTimer)
        self._ticks.timeout.connect(self._show_time)
        self._ticks.start()
        i18n.retranslate_now_and_later(self._write_texts)

    def set_environment(self, name: str) -> None:
        """Say where orders would go: a key of ENVIRONMENTS."""
        self._environment = name
        self._dot.set_token(_COLORS.get(name, name))
        self._write_texts()

    def show_data_state(self, text: str, kind: str = "good") -> None:
        """One sentence on the data in hand, in the language in use; kind "good", "warn" or "danger"."""
        self._data_text = text
        self._data_kind = kind if kind in _DATA_KINDS else "good"
        self._data.setText(text)
        self._data.setProperty("tone", self._data_kind)
        self._data.setVisible(bool(text))
        theme.refresh_style(self._data)

    def show_duration(self, milliseconds: float | None) -> None:
        """How long the last backtest took; None hides it."""
        self._duration = milliseconds
        self._duration_label.setText("" if milliseconds is None else numbers.format_duration(milliseconds))
        self._duration_label.setVisible(milliseconds is not None)

    def show_message(self, text: str, seconds: float = 6.0) -> None:
        """A fact that may be forgotten soon."""
        self._message.setText(text)
        self._message_timer.start(round(seconds * 1000))

    def message(self) -> str:
        """The fact shown now."""
        return self._message.text()

    def add_widget(self, widget: QWidget) -> None:
        """Add at the right end."""
        layout = self.layout()
        if layout is not None:
            layout.addWidget(widget)

    def show_jobs(self, jobs: list[Job[Any]]) -> None:
        """Show unfinished jobs: their number, the progress of the oldest, how long it will take."""
        self._jobs = jobs
        is_busy = bool(jobs)
        for widget in (self._job_text, self._progress, self._cancel):
            widget.setVisible(is_busy)
        if not is_busy:
            return
        job = jobs[0]
        fraction = job.fraction
        self._progress.setRange(0, 0 if fraction is None else 1000)
        self._progress.setValue(0 if fraction is None else round(fraction * 1000))
        self._job_text.setText(_job_sentence(jobs))
        self._job_text.setToolTip("\n".join(other.title for other in jobs[:12]))

    def _build(self) -> None:
        self._word.setObjectName("environment")
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(theme.step(24))
        self._job_text.setIcon(icons.icon("jobs", "muted"))
        self._job_text.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._job_text.clicked.connect(self.jobs_wanted)
        self._cancel.setIcon(icons.icon("close", "muted"))
        self._cancel.clicked.connect(self.cancel_wanted)
        self._clock.setFont(theme.figures_font())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.step(2), theme.step(0.5), theme.step(2), theme.step(0.5))
        layout.setSpacing(theme.step(2))
        for widget in (self._dot, self._word, self._data, self._duration_label):
            layout.addWidget(widget)
        layout.addWidget(self._message, 1)
        for widget in (self._job_text, self._progress, self._cancel, self._clock):
            layout.addWidget(widget)
        self.setMinimumHeight(theme.step(7))
        self.show_jobs([])
        self.show_data_state("")
        self.show_duration(None)

    def _show_time(self) -> None:
        self._clock.setText(numbers.format_clock(time.time() * 1000))

    def _write_texts(self) -> None:
        self._word.setText(tr(ENVIRONMENTS[self._environment]))
        self._word.setToolTip(tr("No order leaves this machine: everything here is a simulation."))
        self._cancel.setToolTip(tr("Cancel this job"))
        self._cancel.setAccessibleName(tr("Cancel this job"))
        self._duration_label.setToolTip(tr("Time the last backtest took"))
        self.show_duration(self._duration)
        self.show_jobs(self._jobs)
        self._show_time()


def _job_sentence(jobs: list[Job[Any]]) -> str:
    job = jobs[0]
    parts = [job.title]
    if job.fraction is not None:
        parts.append(numbers.format_percent(job.fraction * 100, decimals=0))
    remaining = job.remaining_seconds
    if remaining is not None and remaining >= 1:
        parts.append(tr("{duration} left", duration=numbers.format_duration(remaining * 1000)))
    if len(jobs) > 1:
        parts.append(plural("{count} more|{count} more", len(jobs) - 1))
    return " · ".join(parts)
