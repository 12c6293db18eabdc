"""Preparing off the UI thread: pyramids and, once per process, the drawing kernels."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal


class _Work(QRunnable):
    def __init__(self, number: int, work: Callable[[], Any], done: Callable[[int, Any, Any], None]) -> None:
        super().__init__()
        self._number, self._work, self._done = number, work, done

    def run(self) -> None:
        """Do the work; whatever goes wrong is told, not lost."""
        try:
            answer, problem = self._work(), None
        except Exception as error:  # noqa: BLE001  carried to the UI thread and raised there
            answer, problem = None, error
        # RuntimeError: the chart was closed while this was under way.
        try:
            self._done(self._number, answer, problem)
        except RuntimeError:
            return


class Preparation(QObject):
    """Runs one piece of work at a time that matters: a newer one makes the answer of an older one worthless.

    Args:
        parent: Lives as long as this.
    """

    _finished = Signal(int, object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._number = 0
        self._take: Callable[[Any], None] | None = None
        self._finished.connect(self._arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """Whether an answer is still awaited."""
        return self._take is not None

    def start(self, work: Callable[[], Any], take: Callable[[Any], None]) -> None:
        """Run `work` on a thread of the pool; `take` gets its answer on the UI thread."""
        self._number += 1
        self._take = take
        QThreadPool.globalInstance().start(_Work(self._number, work, self._finished.emit))

    def cancel(self) -> None:
        """Forget the work under way."""
        self._number += 1
        self._take = None

    def _arrived(self, number: int, answer: Any, problem: Exception | None) -> None:
        if number != self._number or self._take is None:
            return
        take, self._take = self._take, None
        if problem is not None:
            raise problem
        take(answer)
