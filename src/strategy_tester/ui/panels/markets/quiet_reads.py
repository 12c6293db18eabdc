"""Requests that are made again and again in the background: no line in the list of jobs for each of them.

A job is something the user waits for; prices that are asked for every few seconds would bury those.
"""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from strategy_tester.domain.errors import StrategyTesterError

logger = logging.getLogger(__name__)
_Order = tuple[int, Callable[[], Any]]


class QuietReads(QObject):
    """Carries out one request at a time on a thread of its own; an answer nobody wants any more is dropped.

    The thread is a daemon: a request that hangs does not keep the program from ending.
    """

    arrived = Signal(object)
    """The answer to the newest request."""
    failed = Signal(object)
    """Why the newest request failed: a StrategyTesterError."""
    _ended = Signal(int, object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._wanted = 0
        self._asked = 0
        self._ended.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._wanted != 0

    def ask(self, work: Callable[[], Any]) -> bool:
        """Carry this out on the thread; False while an answer is awaited already."""
        if self._wanted:
            return False
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._asked += 1
        self._wanted = self._asked
        self._orders.put((self._wanted, work))
        return True

    def forget(self) -> None:
        """The answer that is awaited concerns nobody any more."""
        self._wanted = 0

    def close(self) -> None:
        """Ask nothing any more."""
        self.forget()
        if self._thread is not None:
            self._thread = None
            self._orders.put(None)

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            number, work = order
            answer: Any = None
            problem: BaseException | None = None
            try:
                answer = work()
            except StrategyTesterError as error:
                problem = error
            except Exception as error:
                logger.exception("%s failed", self._name)
                problem = error
            try:
                self._ended.emit(number, answer, problem)
            except RuntimeError:  # the panel is gone
                return

    @Slot(int, object, object)
    def _take(self, number: int, answer: Any, problem: BaseException | None) -> None:
        if number != self._wanted:
            return
        self._wanted = 0
        if problem is not None:
            self.failed.emit(problem)
        else:
            self.arrived.emit(answer)
