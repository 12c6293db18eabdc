"""The question how much of a series is to be kept; what would go is counted before anything goes."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QSpinBox, QVBoxLayout, QWidget

from strategy_tester.ui import theme
from strategy_tester.ui.i18n import plural, tr
from strategy_tester.ui.panels.data.rows import SeriesRow
from strategy_tester.ui.panels.data.view_model import DataViewModel

_KEY = "data.retention_days"
_PAUSE_MS = 150


class RetentionDialog(QDialog):
    """How many days are kept; the button stays off until it is known how many candles go."""

    def __init__(self, parent: QWidget, model: DataViewModel, rows: Sequence[SeriesRow]) -> None:
        super().__init__(parent)
        self._model, self._rows = model, rows
        self._settings = model.workbench.services.settings
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Delete older than…"))
        self.setMinimumWidth(theme.step(100))
        self.days, self.count = QSpinBox(), QLabel()
        self.days.setRange(1, 36_500)
        saved = self._settings.get(_KEY)
        self.days.setValue(saved if isinstance(saved, int) else 365)
        self.days.setSuffix(" " + tr("days"))
        self.days.setAccessibleName(tr("Days to keep"))
        self.count.setWordWrap(True)
        self.count.setProperty("role", "muted")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self._build()
        self.days.valueChanged.connect(self._changed)
        model.retention_counted.connect(self._show_count)
        self._changed()

    def _build(self) -> None:
        head = QLabel(
            plural("Keep this much of {count} series, counted back from its last candle"
                   "|Keep this much of {count} series, counted back from the last candle of each", len(self._rows))
        )  # fmt: skip
        head.setProperty("role", "heading")
        head.setWordWrap(True)
        buttons = QDialogButtonBox()
        self.yes = buttons.addButton(tr("Delete"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.no = buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.yes.setProperty("role", "danger")
        self.no.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.step(4),) * 4)
        layout.setSpacing(theme.step(3))
        for widget in (head, self.days, self.count, buttons):
            layout.addWidget(widget)

    def _changed(self) -> None:
        self.yes.setEnabled(False)
        self.count.setText(tr("Counting…"))
        self._pause.start()

    def _ask(self) -> None:
        self._model.count_older(self._rows, self.days.value())

    def _show_count(self, days: int, gone: int, whole: int) -> None:
        if self._pause.isActive() or days != self.days.value():
            return  # the answer to an older number of days
        left = plural("{count} candle stays|{count} candles stay", whole - gone)
        self.count.setText(f"{plural('{count} candle goes|{count} candles go', gone)}, {left}.")
        self.yes.setEnabled(gone > 0)

    def _accept(self) -> None:
        self._settings.set(_KEY, self.days.value())
        self._model.delete_older(self._rows, self.days.value())
        self.accept()
