"""Faults nobody expected: however one reaches the top, it ends in a file of the log folder and in a dialog."""

import faulthandler
import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler

from strategy_tester.ui.stall_watch import StallWatch, open_stall_file

logger = logging.getLogger(__name__)
_KEPT_REPORTS = 50
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class FaultReports(QObject):
    """Hooks for unexpected errors of Python, its threads, Qt and native code."""

    fault = Signal(str, str)
    """Something unexpected happened: the details, and the folder where they were written. On the UI thread."""
    _arrived = Signal(str, str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._native: TextIO | None = None
        self._stalls: TextIO | None = None
        self.stall_watch: StallWatch | None = None
        """Watches the UI thread while the hooks are installed."""
        self._before: tuple[Any, Any, Any] | None = None
        self._arrived.connect(self.fault, Qt.ConnectionType.QueuedConnection)

    def install(self) -> list[Path]:
        """Take over all hooks; returns reports of native crashes that earlier programs left behind."""
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._python_fault
        threading.excepthook = self._thread_fault
        sys.unraisablehook = self._unraisable
        qInstallMessageHandler(log_qt_message)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            left_behind = self._left_behind()
            self._native = self._open("native")
            self._stalls = open_stall_file(self.folder / f"stalls-{os.getpid()}.log")
        except OSError:
            logger.exception("the log folder cannot be used: %s", self.folder)
            return []
        faulthandler.enable(self._native)
        self.stall_watch = StallWatch(self._stalls, self)
        self.stall_watch.start()
        return left_behind

    def uninstall(self) -> None:
        """Give all hooks back and remove empty files."""
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
            self._before = None
        qInstallMessageHandler(None)
        if self.stall_watch is not None:
            self.stall_watch.stop()
            self.stall_watch = None
        if self._native is not None:
            faulthandler.disable()
        for file in (self._native, self._stalls):
            if file is not None:
                _close_and_drop_if_empty(file)
        self._native = self._stalls = None

    def report(self, details: str) -> Path | None:
        """Write a fault down and tell `fault`; may be called on any thread."""
        path: Path | None = self.folder / f"fault-{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 10**6:06}.txt"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(details, encoding="utf-8")
            self._drop_old()
        except OSError:
            logger.exception("a fault report cannot be written")
            path = None
        self._arrived.emit(details, str(self.folder) if path else "")
        return path

    def report_task(self, happened: dict[str, Any]) -> None:
        """Write down what reached the event loop: a task that nobody waited for, a callback that raised."""
        error = happened.get("exception")
        details = str(happened.get("message", "")) + "\n"
        if isinstance(error, BaseException):
            details += "".join(traceback.format_exception(error))
        logger.error("unexpected error in the event loop\n%s", details)
        self.report(details)

    def _python_fault(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        details = "".join(traceback.format_exception(kind, error, where))
        logger.error("unexpected error\n%s", details)
        self.report(details)

    def _thread_fault(self, happened: threading.ExceptHookArgs) -> None:
        if happened.exc_value is not None:
            self._python_fault(happened.exc_type, happened.exc_value, happened.exc_traceback)

    def _unraisable(self, happened: "sys.UnraisableHookArgs") -> None:
        # Python could not raise it where it happened (a destructor, a callback): logged, no dialog.
        details = "".join(traceback.format_exception(happened.exc_value)) if happened.exc_value else str(happened)
        logger.error("unraisable error in %r: %s", happened.object, details)

    def _open(self, kind: str) -> TextIO:
        return (self.folder / f"{kind}-{os.getpid()}.log").open("w", encoding="utf-8")

    def _left_behind(self) -> list[Path]:
        found: list[Path] = []
        for path in sorted(self.folder.glob("native-*.log")):
            number = path.stem.partition("-")[2]
            if number.isdigit() and path.stat().st_size > 0:
                kept = path.with_name(f"native-crash-{int(path.stat().st_mtime)}-{number}.txt")
                path.rename(kept)
                found.append(kept)
            elif number.isdigit():
                path.unlink(missing_ok=True)
        return found

    def _drop_old(self) -> None:
        for pattern in ("fault-*.txt", "native-crash-*.txt", "stalls-*.log"):
            for path in sorted(self.folder.glob(pattern), key=_age)[:-_KEPT_REPORTS]:
                path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def log_qt_message(kind: QtMsgType, where: QMessageLogContext, text: str) -> None:
    """Qt's own messages go where ours go."""
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", text)


def _close_and_drop_if_empty(file: TextIO) -> None:
    path = Path(file.name)
    file.close()
    try:
        if path.stat().st_size == 0:
            path.unlink()
    except OSError:
        logger.debug("left in place: %s", path)
