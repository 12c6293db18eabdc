"""Threads on which requests wait for their answers, and which nobody waits for when the program ends."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_Work = tuple["Future[Any]", Callable[[], Any]]


class RequestThreads(Executor):
    """An executor for requests that change nothing.

    Python waits at its end for the threads of its own executors: a request to an exchange that does not answer is tried
    again for a minute and more, and would hold up the end of the program for as long.

    Args:
        count: Most threads.
        name: What they are called.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._lock = threading.Lock()
        self._is_over = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Call something on a thread.

        Raises:
            RuntimeError: it is over.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._is_over:
                raise RuntimeError("these threads have ended")
            self._busy += 1
            self._waiting.put((future, lambda: fn(*args, **kwargs)))
            if self._busy > len(self._threads) < self._count:
                thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  as Executor
        """Take no more work; threads end with what they are doing. Safe to call twice."""
        with self._lock:
            self._is_over = True
        if cancel_futures:
            self._cancel_waiting()
        for _ in self._threads:
            self._waiting.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _cancel_waiting(self) -> None:
        while True:
            try:
                work = self._waiting.get_nowait()
            except queue.Empty:
                return
            if work is not None:
                work[0].cancel()

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            future, call = work
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as error:  # noqa: BLE001  whoever waits for the future gets it
                    future.set_exception(error)
            del work, future, call  # or the last answer would be kept until the next question
            with self._lock:
                self._busy -= 1
