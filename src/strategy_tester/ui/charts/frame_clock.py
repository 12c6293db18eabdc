"""One beat for all charts: messages that arrive between two beats make one frame, in every chart at the same time.

Twelve charts with timers of their own would flush the window twelve times as often. The clock beats twice in a frame,
and each widget takes one of the two beats (`Turn`): half of them are painted at a time, and news wait half as long.
"""

import time

import shiboken6
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, Qt, QTimer, Signal

FRAME_MS = 16
"""No widget is painted more often."""
HALF_MS = 8
"""No two beats are closer than this, as a rule."""
BREATH_MS = 4
"""Left to everything else between two frames, however long a frame takes."""


class FrameClock(QObject):
    """Beats once, soon after the first wish and no sooner than half a frame after the last beat; then rests.

    What comes after a pause is painted at once; what comes without end is painted sixty times a second.
    """

    beat = Signal()

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._strike)
        self._since = QElapsedTimer()

    def ask(self) -> None:
        """Beat soon."""
        if not self._timer.isActive():
            passed = self._since.elapsed() if self._since.isValid() else 3 * FRAME_MS
            self._timer.start(0 if passed > 2 * FRAME_MS else max(HALF_MS - passed, BREATH_MS))

    def _strike(self) -> None:
        self._since.start()
        self.beat.emit()


_clock: list[FrameClock] = []


def frame_clock() -> FrameClock:
    """The clock of the program; made at the first use, on the UI thread."""
    if not _clock or not shiboken6.isValid(_clock[0]):
        # Ends with the application: a timer must not outlive it.
        _clock[:] = [FrameClock(QCoreApplication.instance())]
    return _clock[0]


class Turn:
    """One widget's right to a beat: it is painted once in a frame, whoever else made the clock beat."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def take(self) -> bool:
        """Whether it is this widget's turn; if not, the clock beats again soon."""
        now_s = time.monotonic()
        # Timers are a little early or late: two beats count as a frame.
        if now_s - self._last_s < (FRAME_MS - BREATH_MS / 2) / 1000.0:
            frame_clock().ask()
            return False
        self._last_s = now_s
        return True
