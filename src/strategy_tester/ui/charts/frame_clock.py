"""One beat for all charts: messages that arrive between two beats make one frame, in every chart at the same time.

Twelve charts with timers of their own would flush the window twelve times as often.
"""

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal

FRAME_MS = 16


class FrameClock(QObject):
    """Beats once, `FRAME_MS` after the first wish; then rests until somebody wishes again."""

    beat = Signal()

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.beat)

    def ask(self) -> None:
        """Beat soon."""
        if not self._timer.isActive():
            self._timer.start()


_clock: list[FrameClock] = []


def frame_clock() -> FrameClock:
    """The clock of the program; made at the first use, on the UI thread."""
    if not _clock or not shiboken6.isValid(_clock[0]):
        # Ends with the application: a timer must not outlive it.
        _clock[:] = [FrameClock(QCoreApplication.instance())]
    return _clock[0]
