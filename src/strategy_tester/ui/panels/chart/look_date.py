"""Going to a date: a small field on the chart that reads a date and says in words what is wrong with it."""

import re
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.charts import wall_clock
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.numbers import format_time

_DAY_LAST = re.compile(r"(\d{1,2})[.](\d{1,2})[.](\d{4})")
_DATE = re.compile(r"(\d{4})[-./](\d{1,2})(?:[-./](\d{1,2}))?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class DateUnreadable(ValueError):
    """What was written is no date; the message says why, in the language in use."""


def parse_moment(text: str, *, local: bool) -> int:
    """A moment, UTC milliseconds, from `2025-03-01`, `2025-03-01 14:05`, `2025-03` or `01.03.2025`.

    Args:
        text: What somebody wrote.
        local: Whether it is told by the machine's clock instead of UTC.

    Raises:
        DateUnreadable: it is no date, or there is no such day or time of day.
    """
    plain = _DAY_LAST.sub(r"\3-\2-\1", text.strip())
    if not plain:
        raise DateUnreadable(tr("Write a date, for example 2025-03-01 or 2025-03-01 14:05."))
    found = _DATE.fullmatch(plain)
    if found is None:
        raise DateUnreadable(
            tr("“{date}” is no date. Write it like 2025-03-01 or 2025-03-01 14:05.", date=text.strip())
        )
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups())
    if hour > 23 or minute > 59 or second > 59:
        raise DateUnreadable(tr("There is no such time of day: {date}.", date=text.strip()))
    try:
        wall = datetime(year, month, day or 1, hour, minute, second)  # noqa: DTZ001  a wall time
        return wall_clock.first_moment_of(wall, local=local)
    except (ValueError, OverflowError, OSError) as error:
        raise DateUnreadable(tr("There is no such day: {date}.", date=text.strip())) from error


class DateField(QFrame):
    """Lies over the chart until Enter has found the date or Esc is pressed; the chart stays in use meanwhile.

    Args:
        chart: Where to go.
    """

    def __init__(self, chart: ChartWidget) -> None:
        super().__init__(chart)
        self._chart = chart
        self.setObjectName("go-to-date")
        self.setProperty("role", "card")
        self.field, self.problem, self._title, self._zone = QLineEdit(), QLabel(), QLabel(), QLabel()
        self._build()
        self.field.returnPressed.connect(self.go)
        self.field.textEdited.connect(lambda _text: self._say(""))
        self.field.installEventFilter(self)
        chart.installEventFilter(self)
        i18n.retranslate_now_and_later(self._write_texts)
        self.hide()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.step(2))
        for widget in (self._title, self.field, self._zone):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(2), theme.step(2), theme.step(2), theme.step(2))
        layout.setSpacing(theme.step(1))
        layout.addLayout(row)
        layout.addWidget(self.problem)
        self.field.setMinimumWidth(theme.step(32))
        self.field.setPlaceholderText("2025-03-01 14:05")
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "field-error")

    def open(self) -> None:
        """Show the field with the keyboard in it."""
        self._write_texts()
        self._say("")
        self.show()
        self.raise_()
        self._place()
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_field(self) -> None:
        """Hide it; the chart has the keyboard again."""
        self.hide()
        self._chart.setFocus(Qt.FocusReason.OtherFocusReason)

    def go(self) -> None:
        """Read the field and go there, or say why not."""
        try:
            moment = parse_moment(self.field.text(), local=self._is_local())
            self._check_range(moment)
        except DateUnreadable as error:
            self._say(str(error))
            return
        self._chart.go_to_time(moment)
        self.close_field()

    def _check_range(self, moment: int) -> None:
        base = self._chart.model.base
        if base is None:
            raise DateUnreadable(tr("There are no candles yet."))
        first, end = base.time_of(0), base.time_of(base.last_slot + 1)
        if moment < first - base.step_ms:
            raise DateUnreadable(tr("The candles begin at {time}.", time=format_time(first)))
        if moment >= end:
            raise DateUnreadable(tr("The candles end at {time}.", time=format_time(base.time_of(base.last_slot))))

    def _is_local(self) -> bool:
        base = self._chart.model.base
        return base is not None and wall_clock.is_local(base)

    def _say(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self._place()

    def _place(self) -> None:
        """At the bottom of the chart, in the middle, above the time axis."""
        self.adjustSize()
        room = self._chart.rect()
        self.resize(min(self.width(), room.width()), self.sizeHint().height())
        self.move((room.width() - self.width()) // 2, max(room.height() - self.height() - theme.step(10), 0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc in the field closes it; another size of the chart moves it."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self.close_field()
            return True
        if watched is self._chart and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _write_texts(self) -> None:
        self._title.setText(tr("Go to"))
        self.field.setAccessibleName(tr("Date to go to"))
        base = self._chart.model.base
        moment = base.time_of(base.last_slot) if base is not None else 0
        self._zone.setText(wall_clock.offset_text(moment, local=self._is_local()))
