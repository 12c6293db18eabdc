"""One beat for all charts: messages that arrive between two beats make one frame, in every chart at the same time.

Twelve charts with timers of their own would flush the window twelve times as often.
"""

import shiboken6
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, Qt, QTimer, Signal

FRAME_MS = 16
"""No two beats are closer than this."""
BREATH_MS = 4
"""Left to everything else between two frames, however long a frame takes."""


class FrameClock(QObject):
    """Beats once, soon after the first wish and no sooner than a frame after the last beat; then rests.

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
            self._timer.start(0 if passed > 2 * FRAME_MS else max(FRAME_MS - passed, BREATH_MS))

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
