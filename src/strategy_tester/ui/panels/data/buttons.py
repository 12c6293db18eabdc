"""What can be done with the selected series."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui import i18n, icons
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.data.rows import SeriesRow
from strategy_tester.ui.panels.data.view_model import can_be_asked
from strategy_tester.ui.panels.parts import TextButton


class SeriesButtons(QObject):
    """Buttons, the rarer deeds in a menu; they take several series where that makes sense."""

    open_wanted = Signal()
    new_chart_wanted = Signal()
    update_wanted = Signal()
    refill_wanted = Signal()
    check_wanted = Signal()
    retention_wanted = Signal()
    delete_wanted = Signal()
    resample_wanted = Signal(object)
    """A Timeframe."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[SeriesRow] = ()
        self.use_button = TextButton(mark("Open in chart"), self.open_wanted.emit, icon="chart")
        self.update_button = TextButton(mark("Update to now"), self.update_wanted.emit, icon="update")
        self.refill_button = TextButton(mark("Refill holes"), self.refill_wanted.emit, icon="auto-fix")
        self.check_button = TextButton(mark("Check against the exchange"), self.check_wanted.emit, icon="validate")
        self.delete_button = TextButton(mark("Delete"), self.delete_wanted.emit, icon="delete", role="danger")
        self.more_button = TextButton(mark("More"), lambda: None)
        self.more_menu, self.resample_menu = QMenu(self.more_button), QMenu(self.more_button)
        self.new_chart, self.retention = QAction(self), QAction(self)
        self.row = (self.use_button, self.update_button, self.refill_button, self.check_button, self.more_button,
                    self.delete_button)  # fmt: skip
        """The buttons in their order."""
        self._build()
        i18n.retranslate_now_and_later(self._write_texts)
        self.show_rows([])

    def show_rows(self, rows: Sequence[SeriesRow]) -> None:
        """These are selected."""
        self._rows = rows
        stored = [row for row in rows if row.summary is not None]
        idle = [row for row in stored if can_be_asked(row) and (row.task is None or not row.task.is_active)]
        self.use_button.setEnabled(len(stored) == 1)
        for button in (self.update_button, self.refill_button, self.check_button):
            button.setEnabled(bool(idle))
        self.delete_button.setEnabled(bool(rows))
        self.more_button.setEnabled(bool(stored))
        self.resample_menu.menuAction().setEnabled(len(stored) == 1)

    def add_to_menu(self, menu: QMenu) -> None:
        """Offer the same in the menu of the table."""
        for button in (self.use_button, self.update_button, self.refill_button, self.check_button):
            if button.isEnabled():
                menu.addAction(button.icon(), button.text()).triggered.connect(button.click)
        if self.more_button.isEnabled():
            menu.addActions([self.new_chart, self.resample_menu.menuAction(), self.retention])
        if self.delete_button.isEnabled():
            menu.addAction(self.delete_button.icon(), self.delete_button.text()).triggered.connect(
                self.delete_button.click
            )

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

    def _build(self) -> None:
        self.new_chart.setIcon(icons.icon("add"))
        self.new_chart.triggered.connect(lambda _on=False: self.new_chart_wanted.emit())
        self.retention.setIcon(icons.icon("calendar-remove-outline"))
        self.retention.triggered.connect(lambda _on=False: self.retention_wanted.emit())
        self.resample_menu.setIcon(icons.icon("table"))
        self.resample_menu.aboutToShow.connect(self.fill_resample_menu)
        self.more_menu.addAction(self.new_chart)
        self.more_menu.addMenu(self.resample_menu)
        self.more_menu.addAction(self.retention)
        self.more_button.setMenu(self.more_menu)

    def _write_texts(self) -> None:
        self.new_chart.setText(tr("Open in a new chart"))
        self.resample_menu.setTitle(tr("Resample"))
        self.retention.setText(tr("Delete older than…"))
        self.update_button.setToolTip(tr("Download from the last stored candle up to now."))
        self.refill_button.setToolTip(tr("Ask the exchange for the candles that are missing."))
        self.check_button.setToolTip(
            tr("Refill holes, compare a random sample with the exchange, and mend what differs.")
        )
