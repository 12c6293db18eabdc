"""The running program: Qt's application and event loop, the window, opening and closing everything behind it.

The window is painted first. Database, polars and numba are loaded afterwards, on a worker thread; the panels follow
when the services are there. Everything the window needs is handed in, so that this package knows no adapter.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from strategy_tester.locations import log_folder
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.ui import garbage
from strategy_tester.ui.errors import FaultDialog
from strategy_tester.ui.fault_reports import FaultReports
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.job_bridge import PoolExecutor
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import preload
from strategy_tester.ui.session_recovery import LastEnd, SessionRecovery
from strategy_tester.ui.single_instance import SingleInstance
from strategy_tester.ui.view_context import ViewContext
from strategy_tester.ui.window_actions import apply_saved_looks

if TYPE_CHECKING:  # kept from loading numpy before the first paint
    from strategy_tester.services.context import Services
    from strategy_tester.services.live_markets import LiveMarkets
    from strategy_tester.services.ports import SettingsStore

logger = logging.getLogger(__name__)
SCREENSHOT_SIZE = (1920, 1080)
_WELCOMED_KEY = "window.welcomed"
_SESSION_KEYS = ("workspaces", "strategy.drafts", "workbench.series", "tables.columns")
"""Settings that make up what was on screen."""
_LAYOUT_KEYS = ("workspaces", "window.layout", "window.geometry")
_SIGN_OF_LIFE_MS = 30_000
_POLL_MS = 100
_END_LIVE_S = 2.0
_SETTLE_MS = 300
_SCREENSHOT_PATIENCE_MS = 60_000


class OpenedProgram(Protocol):
    """What `open_program` answers: the services, what happened while opening, and how to close."""

    @property
    def services(self) -> "Services":
        """The ports and the job runner."""
        ...

    @property
    def notices(self) -> Sequence[Any]:
        """Messages with `level`, `text` and `hint` to show once."""
        ...

    def close(self) -> None:
        """Stop the jobs and close the stores."""
        ...


OpenProgram = Callable[[Executor], OpenedProgram]
OnReady = Callable[[ViewContext], None]
WarmUp = Callable[[Checkpoint], object]


def run(
    open_program: OpenProgram,
    settings: "SettingsStore",
    folder: Path,
    *,
    on_ready: OnReady | None = None,
    warm_up: WarmUp | None = None,
    screenshot: Path | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Args:
        open_program: Opens stores and wires services; called on a worker thread after the first paint.
        settings: Layout, theme, language and the like; read before the first paint.
        folder: The data folder; one program at a time works on it.
        on_ready: Called on the UI thread once every panel exists.
        warm_up: Loads what the first backtest would otherwise wait for; runs as a job behind the ready window.
        screenshot: Write a picture of the window here when it has come to rest, and end.

    Returns:
        The exit code: 0, or 1 when the screenshot could not be made.
    """
    app = make_application()
    instance = SingleInstance(folder)
    if screenshot is None:
        if instance.wake_first():
            sys.stdout.write("The program is already running; its window was brought to the front.\n")
            return 0
        instance.listen()
    reports = FaultReports(log_folder())
    crashes = reports.install()
    recovery = SessionRecovery(folder, settings, _SESSION_KEYS)
    last_end = recovery.begin() if screenshot is None else LastEnd(was_clean=True)
    if last_end.needs_default_layout:
        for key in _LAYOUT_KEYS:
            settings.set(key, None)
    apply_saved_looks(app, settings)
    program = RunningProgram(app, open_program, settings, on_ready=on_ready, warm_up=warm_up, screenshot=screenshot)
    instance.wake_wanted.connect(program.window.wake)
    reports.fault.connect(program.show_fault)
    sign_of_life = QTimer(program, interval=_SIGN_OF_LIFE_MS)
    sign_of_life.timeout.connect(recovery.still_here)
    sign_of_life.start()
    loop = _event_loop(app)
    loop.set_exception_handler(lambda _loop, happened: reports.report_task(happened))
    interrupt = _Interrupt(program.window)
    try:
        with loop:
            program.start()
            if not last_end.was_clean or crashes:
                program.tell_crash(crashes[-1] if crashes else None, last_end, recovery)
            loop.run_forever()
        if screenshot is None:
            recovery.end()
    finally:
        interrupt.close()
        program.shut_down()
        instance.close()
        reports.uninstall()
    return program.exit_code


def make_application() -> QApplication:
    """Qt's application with its attributes set: the one there is, or a new one."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    _spare_source_reading()
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus, False)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, True)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("bybit-strategy-tester")
    app.setApplicationDisplayName("Bybit Strategy Tester")
    app.setDesktopFileName("bybit-strategy-tester")
    app.setStyle("Fusion")
    app.setEffectEnabled(Qt.UIEffect.UI_AnimateCombo, False)
    app.setQuitOnLastWindowClosed(False)
    return app


def render_window_png(window: MainWindow, path: Path) -> bool:
    """Write what the window shows now as a PNG; works without a screen. False when it could not be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return window.grab().save(str(path), "PNG")


class RunningProgram(QObject):
    """The window and what stands behind it, from the first paint to the last job."""

    ready = Signal()
    """The services are open and every panel exists."""
    _opened = Signal(object)

    def __init__(
        self,
        app: QApplication,
        open_program: OpenProgram,
        settings: "SettingsStore",
        *,
        on_ready: OnReady | None = None,
        warm_up: WarmUp | None = None,
        screenshot: Path | None = None,
    ) -> None:
        super().__init__()
        self.exit_code = 0
        self._app, self._open_program = app, open_program
        self._on_ready, self._warm_up, self._screenshot = on_ready, warm_up, screenshot
        self._program: OpenedProgram | None = None
        self._future: Future[OpenedProgram] | None = None
        self.executor = PoolExecutor()
        self.window = MainWindow(settings)
        self.window.closed.connect(self._window_closed)
        self.window.panels_created.connect(self._panels_created)
        self._opened.connect(self._take_opened, Qt.ConnectionType.QueuedConnection)
        self._fault_dialog: FaultDialog | None = None
        self._ending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Show the window, then open what is behind it."""
        window = self.window
        if self._screenshot is not None:
            window.resize(*SCREENSHOT_SIZE)
            window.fit_default_layout(*SCREENSHOT_SIZE)
            QTimer.singleShot(_SCREENSHOT_PATIENCE_MS, self, self._give_up_screenshot)
            window.show()
        else:
            window.restore_layout()
            if window.has_saved_geometry() or QGuiApplication.platformName() == "offscreen":
                window.show()
            else:
                window.showMaximized()
        window.status.show_message(tr("Opening your data…"), 3600.0)
        # Zero: after the first paint, which showing the window has put into the event queue.
        QTimer.singleShot(0, self, self.open)

    def open(self) -> None:
        """Open the services on a worker thread; also the "try again" after a failure."""
        self.window.error_strip.clear()
        self._future = self.executor.submit(self._open_and_load)
        self._future.add_done_callback(self._opened.emit)

    def _open_and_load(self) -> OpenedProgram:
        loading = self.executor.submit(preload, list(self.window.panels.values()))
        program = self._open_program(self.executor)
        if error := loading.exception():
            logger.error("a panel cannot be loaded", exc_info=error)  # the panel will show it
        return program

    @property
    def program(self) -> OpenedProgram | None:
        """What was opened, or None before that and after a failure."""
        return self._program

    def show_fault(self, details: str, folder: str) -> None:
        """Show the last-resort dialog, one at a time."""
        if self._fault_dialog is None and QGuiApplication.platformName() != "offscreen":
            self._fault_dialog = FaultDialog(details, folder, self.window)
            self._fault_dialog.finished.connect(self._forget_fault_dialog)
            self._fault_dialog.open()
        else:
            self.window.toaster(tr("A fault was written to the log folder."), kind="danger")

    def tell_crash(self, report: Path | None, last_end: LastEnd, recovery: SessionRecovery) -> None:
        """Say that the program ended badly last time, and offer what can be brought back."""
        text = tr("Last time the program ended unexpectedly.")
        if report is not None:
            text += " " + tr("The report is {file} in the log folder.", file=report.name)
        backup = last_end.backup
        if last_end.needs_default_layout:
            text += " " + tr("It happened twice, so this is the default layout.")
        if last_end.needs_default_layout and backup is not None:
            toast = self.window.toaster(
                text, kind="warn", button=tr("Restore my layout"), on_click=lambda: self._bring_back(recovery, backup)
            )
            toast.stay()
        elif backup is not None:
            text += " " + tr("Everything is as it was.")
            self.window.toaster(text, kind="warn", button=tr("Log folder"), on_click=self._open_logs)
        else:
            self.window.toaster(text, kind="warn", button=tr("Log folder"), on_click=self._open_logs)

    def _open_logs(self) -> None:
        self.window.actions_list.trigger("help.logs")

    def _bring_back(self, recovery: SessionRecovery, backup: Path) -> None:
        if recovery.restore(backup):
            self.window.workspaces.reload()
        else:
            self.window.toaster(tr("The kept layout cannot be read."), kind="danger")

    def shut_down(self) -> None:
        """Cancel the jobs, close the stores, wait for both. Safe to call twice."""
        if self._program is None and self._future is not None:
            try:  # the window was closed while the data were being opened
                self._program = self._future.result(timeout=30.0)
            except Exception:
                logger.exception("opening had failed when the program ended")
        program, self._program = self._program, None
        self._future = None
        garbage.forget()
        jobs = self.window.context.jobs if self.window.context is not None else None
        if jobs is not None and not jobs.close():
            logger.warning("some jobs did not end in time")
        if program is not None:
            program.close()
        self.executor.shutdown(wait=False, cancel_futures=True)

    def _take_opened(self, future: "Future[OpenedProgram]") -> None:
        if future is not self._future:
            return
        self.window.status.show_message("", 0.0)
        error = future.exception()
        if error is not None:
            self._future = None
            self._show_open_error(error)
            return
        self._program = future.result()
        self.window.attach(self._program.services)

    def _show_open_error(self, error: BaseException) -> None:
        logger.error("the data cannot be opened", exc_info=error)
        self.window.show_error(error)
        self.window.error_strip.offer(tr("Try again"), self.open)
        self.window.status.show_data_state(tr("The data are not open"), "danger")
        if self._screenshot is not None:
            self._end(1)

    def _panels_created(self) -> None:
        context = self.window.context
        if context is None or self._program is None:
            return
        garbage.set_start_up_aside()
        if not self.window.settings.get(_WELCOMED_KEY):
            self.window.settings.set(_WELCOMED_KEY, True)
            self.window.show_panel("welcome", focus=True)
        for notice in self._program.notices:
            self._show_notice(notice)
        if self._warm_up is not None:
            context.jobs.start(tr("Getting ready"), self._warm_up, on_done=lambda _ready: garbage.set_start_up_aside())
        if self._on_ready is not None:
            self._on_ready(context)
        self.ready.emit()
        if self._screenshot is not None:
            self._wait_and_render()

    def _show_notice(self, notice: Any) -> None:
        kinds = {"info": "info", "warning": "warn", "warn": "warn", "error": "danger"}
        level = str(getattr(notice.level, "value", notice.level))
        text = " ".join(filter(None, (tr(notice.text), tr(notice.hint) if notice.hint else "")))
        self.window.toaster(text, kind=kinds.get(level, "info"))

    def _wait_and_render(self) -> None:
        """Charts make themselves ready on Qt's own pool; with an empty kernel cache that takes seconds."""
        context = self.window.context
        is_busy = context is not None and bool(context.jobs.unfinished())
        if is_busy or QThreadPool.globalInstance().activeThreadCount() > 0:
            QTimer.singleShot(_POLL_MS, self, self._wait_and_render)
            return
        QTimer.singleShot(_SETTLE_MS, self, self._render)

    def _render(self) -> None:
        path = self._screenshot
        is_written = path is not None and render_window_png(self.window, path)
        self._end(0 if is_written else 1)

    def _give_up_screenshot(self) -> None:
        logger.error("the window did not come to rest in time for its picture")
        self._render()

    def _end(self, code: int) -> None:
        self.exit_code = code
        self._screenshot = None
        self._app.quit()

    def _window_closed(self) -> None:
        live = self._program.services.live if self._program is not None else None
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # without a loop, as in tests of the window, nothing can be connected
            loop = None
        if live is None or loop is None:
            self._app.quit()
        elif self._ending is None:
            self._ending = loop.create_task(self._end_live(live))

    async def _end_live(self, live: "LiveMarkets") -> None:
        """End every connection while the loop still runs, then everything else."""
        try:
            await asyncio.wait_for(live.close(), _END_LIVE_S)
        except TimeoutError:
            logger.warning("some connections did not end in time")
        except Exception:
            logger.exception("connections ended badly")
        finally:
            self._app.quit()

    def _forget_fault_dialog(self) -> None:
        self._fault_dialog = None


class _Interrupt(QObject):
    """Ctrl+C on the terminal closes the window: Python's handler alone would wait for the next Python call."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._before = signal.signal(signal.SIGINT, lambda *_: None)
        self._old_descriptor = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(window.close)

    def close(self) -> None:
        """Give the signal back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_descriptor)
        signal.signal(signal.SIGINT, self._before)
        self._ours.close()
        self._theirs.close()


def _spare_source_reading() -> None:
    """Keep PySide from reading the source of every module imported after it.

    It looks there for its switches of naming styles, which we do not use; for numba, polars and pyqtgraph that costs
    0.1 s at start and 35 MB for good (measured with 6.11.2).
    """
    feature = sys.modules.get("shibokensupport.feature")
    if feature is not None and hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = lambda _module: False  # type: ignore[attr-defined]


def _event_loop(app: QApplication) -> Any:
    os.environ.setdefault("QT_API", "pyside6")
    import qasync

    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    return loop
