"""The bar below a chart in a replay: where it is, how fast it goes, and the way out."""

from collections.abc import Callable

from PySide6.QtCore import QDateTime, QSize, Qt, QTimer, QTimeZone
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QDateTimeEdit, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.charts.replay_marks import WORD, replay_fill
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.parts import BriefLabel, Chooser, IconButton, TextButton, TextLabel
from strategy_tester.ui.replay_clock import FRAME_MS, SPEEDS, ReplayClock

MARKS = 10_000
"""Places of the scrubber."""
WHOLE_RUN = mark("Trades and Results show the whole run")


class ReplayWord(QLabel):
    """The word REPLAY on its color."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        self.setText(tr(WORD))

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(theme.step(3), theme.step(1))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(replay_fill())
        painter.drawRoundedRect(self.rect(), theme.step(1), theme.step(1))
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class MomentField(QDateTimeEdit):
    """A moment in UTC, to the minute."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setTimeZone(QTimeZone.utc())
        self.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.setButtonSymbols(QDateTimeEdit.ButtonSymbols.NoButtons)
        self.setKeyboardTracking(False)
        self._english = name
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        self.setAccessibleName(tr(self._english))
        self.setToolTip(f"{tr(self._english)} (UTC)")

    def moment_ms(self) -> int:
        """What is written, UTC milliseconds."""
        return self.dateTime().toMSecsSinceEpoch()

    def show_moment(self, time_ms: int) -> None:
        """Write a moment without telling anybody; not under the user's hands."""
        if self.hasFocus():
            return
        self.blockSignals(True)
        self.setDateTime(QDateTime.fromMSecsSinceEpoch(time_ms // 60_000 * 60_000, QTimeZone.utc()))
        self.blockSignals(False)


class ChooseBar(QWidget):
    """Asks for the moment a replay begins at.

    Args:
        start: Told the moment written in the field.
        start_random: The user leaves it to chance.
        give_up: The user wants no replay.
    """

    def __init__(
        self, start: Callable[[int], object], start_random: Callable[[], object], give_up: Callable[[], object]
    ) -> None:
        super().__init__()
        self.field = MomentField(mark("Moment to start from"))
        self.start_button = TextButton(mark("Start replay"), lambda: start(self.field.moment_ms()), role="primary")
        self.random_button = TextButton(mark("Random moment"), start_random)
        self.cancel_button = TextButton(mark("Cancel"), give_up)
        self.hint = BriefLabel("muted", 1)
        self._utc = TextLabel(mark("UTC"), "muted")
        row = _row(self)
        row.addWidget(ReplayWord())
        row.addWidget(self.hint, 1)
        for widget in (self.field, self._utc, self.start_button, self.random_button,
                       self.cancel_button):  # fmt: skip
            row.addWidget(widget)
        i18n.retranslate_now_and_later(self._write_texts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a narrow chart the click alone remains."""
        super().resizeEvent(event)
        width = self.width()
        self.random_button.setVisible(width > theme.step(165))
        for widget in (self.field, self._utc, self.start_button):
            widget.setVisible(width > theme.step(130))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.step(70), super().minimumSizeHint().height())

    def _write_texts(self) -> None:
        self.hint.show_text(tr("Click the candle to start from, or write the moment."))


class PlayBar(QWidget):
    """Play, step, speed, scrubber.

    Args:
        clock: What it moves.
        next_event: Go to the next trade or signal, or with -1 to the one before.
    """

    def __init__(self, clock: ReplayClock, next_event: Callable[[int], object]) -> None:
        super().__init__()
        self._clock = clock
        self.field = MomentField(mark("Moment of the replay"))
        self.back = IconButton("skip-previous", mark("One candle back (Left)"), lambda: clock.step(-1))
        self.play = IconButton("run", mark("Play or pause (Space)"), clock.toggle)
        self.step = IconButton("skip-next", mark("One candle on (Right)"), clock.step)
        self.lower_step = IconButton(
            "debug-step-into", mark("One candle of the lower timeframe on (Ctrl+Right)"), lambda: clock.step(lower=True)
        )
        self.speed, self.scrubber = Chooser(), QSlider(Qt.Orientation.Horizontal)
        self.previous_event = IconButton("arrow-left", mark("Previous trade or signal"), lambda: next_event(-1))
        self.next_event = IconButton("arrow-right", mark("Next trade or signal"), lambda: next_event(1))
        self.all_charts = QCheckBox()
        self.note, self.note_below = BriefLabel("muted", 1), BriefLabel("muted", 1)
        self.leave = IconButton("close", mark("Leave the replay (Esc)"), clock.stop)
        self._scrubs = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._build()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)

    def _build(self) -> None:
        self.scrubber.setRange(0, MARKS)
        self.scrubber.setMinimumSize(theme.step(16), theme.step(6))
        for speed in SPEEDS:
            self.speed.addItem(speed.text, speed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QWidget()
        column.addWidget(top)
        column.addWidget(self.note_below)
        self.note_below.setContentsMargins(theme.step(1), 0, theme.step(1), theme.step(0.5))
        row = _row(top)
        row.addWidget(ReplayWord())
        for widget in (self.back, self.play, self.step, self.lower_step, self.speed):
            row.addWidget(widget)
        row.addWidget(self.scrubber, 2)
        self._utc = TextLabel(mark("UTC"), "muted")
        for widget in (self.field, self._utc, self.previous_event, self.next_event, self.all_charts):
            row.addWidget(widget)
        row.addWidget(self.note, 1)
        row.addWidget(self.leave)
        for button in self.findChildren(IconButton):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the chart

    def _connect(self) -> None:
        clock = self._clock
        self.speed.activated.connect(lambda place: clock.set_speed(self.speed.itemData(place)))
        self.scrubber.sliderPressed.connect(clock.pause)
        # However often the hand moves, the charts move once a frame.
        self.scrubber.valueChanged.connect(lambda _place: self._scrubs.isActive() or self._scrubs.start())
        self._scrubs.timeout.connect(self._scrub)
        self.field.editingFinished.connect(self._written)
        self.all_charts.toggled.connect(clock.set_takes_all)
        clock.changed.connect(self.show_clock)

    def _scrub(self) -> None:
        first, last = self._clock.range_ms
        self._clock.jump(first + round((last - first) * self.scrubber.value() / MARKS))

    def _written(self) -> None:
        wanted = self.field.moment_ms()
        if wanted != self._clock.now_ms // 60_000 * 60_000:
            self._clock.pause()
            self._clock.jump(wanted)

    def show_clock(self) -> None:
        """Playing, speed and who takes part, as the clock has them."""
        clock, timeline = self._clock, self._clock.timeline
        self.play.setIcon(icons.icon("pause" if clock.is_playing else "run"))
        for box, put in (
            (self.speed, lambda: self.speed.setCurrentIndex(SPEEDS.index(clock.speed))),
            (self.all_charts, lambda: self.all_charts.setChecked(clock.takes_all)),
        ):
            box.blockSignals(True)
            put()
            box.blockSignals(False)
        has_lower = getattr(timeline, "lower_ms", None) is not None
        self.lower_step.setEnabled(has_lower)
        self.show_moment()

    def show_moment(self) -> None:
        """Where the clock is."""
        first, last = self._clock.range_ms
        self.field.show_moment(self._clock.now_ms)
        if not self.scrubber.isSliderDown():
            self.scrubber.blockSignals(True)
            self.scrubber.setValue(round((self._clock.now_ms - first) / max(last - first, 1) * MARKS))
            self.scrubber.blockSignals(False)

    def show_events(self, *, has_run: bool) -> None:
        """Whether there are trades to jump to, and a run that other panels show whole."""
        for label in (self.note, self.note_below):
            label.show_text(tr(WHOLE_RUN) if has_run else "")
        self._give_way()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a narrow chart what matters less gives way."""
        super().resizeEvent(event)
        self._give_way()

    def _give_way(self) -> None:
        width, text = self.width(), self.note.toolTip()
        for button in (self.previous_event, self.next_event):
            button.setVisible(bool(text) and width > theme.step(112))
        self.all_charts.setVisible(width > theme.step(170))
        self.field.setVisible(width > theme.step(135))
        self._utc.setVisible(width > theme.step(135))
        has_room = width - theme.step(210) > self.note.fontMetrics().horizontalAdvance(text)
        self.note.setVisible(bool(text) and has_room)
        self.note_below.setVisible(bool(text) and not has_room)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.step(90), super().minimumSizeHint().height())

    def _write_texts(self) -> None:
        self.all_charts.setText(tr("All charts"))
        self.all_charts.setToolTip(tr("Every open chart shows the moment of the replay; otherwise only this one."))
        self.speed.setToolTip(tr("Speed of the replay: times real time, or candles per second"))
        self.speed.setAccessibleName(tr("Speed of the replay"))
        self.scrubber.setAccessibleName(tr("Moment of the replay"))
        for place, speed in enumerate(SPEEDS):
            self.speed.setItemText(place, speed.text)
        self.show_events(has_run=bool(self.note.toolTip()))


def _row(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(theme.step(1), theme.step(0.5), theme.step(1), theme.step(0.5))
    row.setSpacing(theme.step(1))
    return row
