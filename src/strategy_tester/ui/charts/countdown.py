"""The time left until the candle that is forming closes."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.numbers import format_duration

DAY_SECONDS = 86_400
RESTING_MS = 250
Clock = Callable[[], float]


def now_ms() -> float:
    """The system's clock, UTC milliseconds."""
    return time.time() * 1000.0


def time_left_ms(base: TimeBase | None, now: float) -> float | None:
    """Milliseconds until the last candle closes; None unless it is the one that is forming now."""
    if base is None or not base.size or base.timeframe is None or not base.is_regular:
        return None
    opened, closes = base.time_of(base.last_slot), base.time_of(base.last_slot + 1)
    return closes - now if opened <= now < closes else None


def countdown_text(left_ms: float) -> str:
    """`04:09`, `3:59:07`, from a day on in days and hours. A part of a second counts as a whole one."""
    seconds = int(-(-left_ms // 1000))
    if seconds >= DAY_SECONDS:
        return format_duration(seconds * 1000)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


class Countdown(QObject):
    """Counts while there is something to count and somebody looks.

    Args:
        base: The time axis shown now.
        parent: Lives as long as this.
    """

    ticked = Signal()
    """Another second: `text` has changed."""
    switched = Signal()
    """There is a countdown now, or there is none any more."""

    def __init__(self, base: Callable[[], TimeBase | None], parent: QObject) -> None:
        super().__init__(parent)
        self.text = ""
        """What to write; empty while nothing is counted."""
        self.clock: Clock | None = now_ms
        """UTC milliseconds; None hides the countdown. Call `look` after a change."""
        self._base = base
        self._is_seen = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.look)

    @property
    def is_running(self) -> bool:
        """Whether the next second is awaited."""
        return self._timer.isActive()

    def set_seen(self, seen: bool) -> None:  # noqa: FBT001  a plain switch
        """Whether the chart is on the screen: nobody counts behind a closed door."""
        self._is_seen = seen
        self.look()

    def look(self) -> None:
        """Look at the clock and at the last candle."""
        left = time_left_ms(self._base(), self.clock()) if self.clock is not None else None
        before, self.text = self.text, "" if left is None else countdown_text(left)
        if left is not None and self._is_seen:
            # To the moment at which the text changes, so that no second is left out. A clock that stands still, as in
            # a replay that rests, is looked at four times a second and no more.
            wait = int(left % 1000) + 1
            self._timer.start(wait if before != self.text else max(wait, RESTING_MS))
        else:
            self._timer.stop()
        if bool(before) != bool(self.text):
            self.switched.emit()
        elif before != self.text:
            self.ticked.emit()
