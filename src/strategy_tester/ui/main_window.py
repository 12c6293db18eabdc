"""The window: bars, docks, overlays. It exists and can be painted before the services do."""

import base64
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QRect, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QUndoGroup
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from strategy_tester.services.jobs import Job, JobState
from strategy_tester.ui import i18n, icons, numbers
from strategy_tester.ui.actions import ActionRegistry
from strategy_tester.ui.command_palette import CommandPalette
from strategy_tester.ui.docks import Docks
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.job_bridge import TOLD_BY_OWNER, JobBridge
from strategy_tester.ui.open_charts import OpenCharts
from strategy_tester.ui.panels.registry import PANELS, PanelFactory
from strategy_tester.ui.status_bar import StatusBar
from strategy_tester.ui.toasts import Toaster
from strategy_tester.ui.top_bar import TopBar
from strategy_tester.ui.undo import declare_undo_actions
from strategy_tester.ui.view_context import ViewContext
from strategy_tester.ui.window_actions import declare_window_actions
from strategy_tester.ui.workspaces.commands import WorkspaceCommands, WorkspaceMenu
from strategy_tester.ui.workspaces.manager import Workspaces
from strategy_tester.ui.workspaces.panel_host import COLUMNS_KEY, PanelHost
from strategy_tester.ui.workspaces.window_keeper import WindowKeeper

if TYPE_CHECKING:  # kept from loading numpy before the first paint
    from strategy_tester.services.context import Services
    from strategy_tester.services.ports import SettingsStore

logger = logging.getLogger(__name__)
_OLD_GEOMETRY_KEY = "window.geometry"
_SAVE_DELAY_MS = 1500
_REGULAR_SAVE_MS = 30_000
_LONG_JOB_S = 5.0
_LONG_MESSAGE_S = 15.0
_DEFAULT_SIZE = (1600, 900)


class MainWindow(QMainWindow):
    """Shows one workspace. `attach` brings it to life once the services are open."""

    panels_created = Signal()
    """Every panel exists and shows its first state."""
    closed = Signal()
    """The user closed the window; layout and columns are saved."""

    def __init__(self, settings: "SettingsStore", panels: Sequence[PanelFactory] = PANELS) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.settings = settings
        self.panels = {panel.id: panel for panel in panels}
        self.context: ViewContext | None = None
        self.actions_list = ActionRegistry(self)
        self.top_bar, self.status = TopBar(self.actions_list), StatusBar()
        self.error_strip = ErrorStrip()
        self.docks = Docks(self)
        self.palette_overlay = CommandPalette(self.actions_list, self)
        self.toaster = Toaster(self)
        self._jobs: JobBridge | None = None
        self._has_told_created = False
        self.panel_host = PanelHost(self.docks, self.panels, settings, self)
        self._save_timer = QTimer(self, singleShot=True, interval=_SAVE_DELAY_MS)
        self._save_timer.timeout.connect(self.save_layout)
        # What panels remember changes without a sign; a program that is killed loses half a minute of it.
        self._regular_save = QTimer(self, interval=_REGULAR_SAVE_MS)
        self._regular_save.timeout.connect(self.save_layout)
        self._build()
        self.workspaces = Workspaces(self, self.docks, self.panel_host, settings, WindowKeeper(self))
        declare_window_actions(self)
        WorkspaceCommands(self).declare(self.actions_list)
        self._workspace_menu = WorkspaceMenu(self.top_bar.workspace, self.workspaces, self.actions_list)
        self.addActions([self.actions_list.qaction(action.id) for action in self.actions_list.all()])
        self.actions_list.actions_changed.connect(self._take_new_actions)
        self.docks.layout_changed.connect(self._save_timer.start)
        self.workspaces.keeper.places_changed.connect(self._save_timer.start)
        self.workspaces.message.connect(lambda text: self.status.show_message(text, _LONG_MESSAGE_S))
        self.panel_host.all_created.connect(self._tell_all_created)
        self.panel_host.panels_changed.connect(self._save_timer.start)
        i18n.retranslate_now_and_later(self._write_texts)

    def attach(self, services: "Services") -> ViewContext:
        """Connect the services; panels are made one by one in the passes of the event loop that follow."""
        from strategy_tester.ui.live.connection import show_connection
        from strategy_tester.ui.live.desk import LiveDesk
        from strategy_tester.ui.workbench import Workbench

        jobs = JobBridge(services.jobs, self)
        workbench = Workbench(services, jobs, self)
        self.context = ViewContext(
            services, jobs, workbench, self.actions_list, self.docks, self.settings,
            self.status, self.toaster, self.top_bar, self, OpenCharts(self), QUndoGroup(self),
            LiveDesk(services, jobs, self.settings, self),
        )  # fmt: skip
        show_connection(self.context, self.status)
        declare_undo_actions(self.actions_list, self.context.undo)
        self._jobs = jobs
        jobs.job_changed.connect(self._show_jobs)
        jobs.job_ended.connect(self._tell_job_ended)
        jobs.failed_unnoticed.connect(self._tell_job_failed)
        workbench.message.connect(self.status.show_message)
        workbench.panel_wanted.connect(self.show_panel)
        self.status.cancel_wanted.connect(self._cancel_shown_job)
        self.panel_host.start(self.context)
        return self.context

    def show_panel(self, panel_id: str, *, focus: bool = False) -> None:
        """Bring a panel to the front; one that does not exist is passed over."""
        if panel_id in self.panels:
            self.docks.show(panel_id, focus=focus)

    def show_error(self, error: BaseException) -> None:
        """Say at the top of the window what stopped it as a whole."""
        self.error_strip.show_error(error)

    def add_panel_copy(self, panel_id: str, state: Any = None) -> str:
        """One more panel of a kind that may exist several times, beside it and showing the same, or a state; its id."""
        return self.panel_host.add_copy(panel_id, state=state)

    def remove_copy(self, copy_id: str) -> None:
        """Take a copy of a panel away for good."""
        self.panel_host.remove(copy_id)

    def restore_layout(self) -> None:
        """Take up the workspace used last, geometry and all; falls back to the default one with a sentence."""
        self.winId()  # floating windows belong to this one only if it is there when they are made
        if not self.workspaces.has_place():
            self._restore_old_geometry()
        self.fit_default_layout(self.width(), self.height())
        self.workspaces.open_first()

    def fit_default_layout(self, width: int, height: int) -> None:
        """Share a window of this size out among the panels, as the default layout has it."""
        closed = [panel.id for panel in self.panels.values() if not panel.is_open]
        self.docks.finish_default_layout(width=width, height=height, closed=closed)

    def save_layout(self) -> None:
        """Remember the workspace and the columns of tables."""
        self._save_timer.stop()
        self.workspaces.save()
        if self.context is not None:
            self.settings.set(COLUMNS_KEY, dict(self.settings.get(COLUMNS_KEY) or {}) | self.panel_host.columns())

    def wake(self) -> None:
        """Come to the front, because the program was started a second time."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def has_saved_geometry(self) -> bool:
        """Whether the window was open before."""
        return self.workspaces.has_place() or bool(self.settings.get(_OLD_GEOMETRY_KEY))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.save_layout()
        self._regular_save.stop()
        self.workspaces.close()
        self.docks.close_floating()
        event.accept()
        self.closed.emit()

    def _build(self) -> None:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top_bar)
        layout.addWidget(self.error_strip)
        layout.addWidget(self.docks.widget, 1)
        layout.addWidget(self.status)
        self.setCentralWidget(page)
        self.resize(*_DEFAULT_SIZE)
        self.setWindowIcon(icons.icon("market", "accent"))
        self.status.jobs_wanted.connect(lambda: self.show_panel("jobs"))
        self.panel_host.add_docks()
        self.fit_default_layout(self.width(), self.height())

    def _tell_all_created(self) -> None:
        self.actions_list.refresh()
        if self._has_told_created:
            return
        self._has_told_created = True
        self._focus_hero()
        self._regular_save.start()
        self.panels_created.emit()

    def _focus_hero(self) -> None:
        """Start with the keyboard in the middle, unless the user went somewhere already."""
        focused = self.focusWidget()
        if focused is not None and not self.top_bar.isAncestorOf(focused):
            return
        for panel in self.panels.values():
            if panel.area == "center" and self.docks.is_current(panel.id):
                self.docks.content(panel.id).setFocus()

    def _take_new_actions(self) -> None:
        known = set(self.actions())
        for action in self.actions_list.all():
            qaction = self.actions_list.qaction(action.id)
            if qaction not in known:
                self.addAction(qaction)

    def _show_jobs(self, _job: Job[Any]) -> None:
        if self._jobs is not None:
            self.status.show_jobs(self._jobs.awaited())

    def _cancel_shown_job(self) -> None:
        awaited = self._jobs.awaited() if self._jobs is not None else []
        if awaited:
            awaited[0].cancel()

    def _tell_job_ended(self, job: Job[Any]) -> None:
        self._show_jobs(job)
        lasted = job.ended_at - job.started_at
        if job.state is JobState.DONE and lasted >= _LONG_JOB_S and not job.group.startswith(TOLD_BY_OWNER):
            text = tr("{title}: done in {duration}", title=job.title, duration=numbers.format_duration(lasted * 1000))
            self.toaster(text)

    def _tell_job_failed(self, job: Job[Any]) -> None:
        text = tr("{title}: {problem}", title=job.title, problem=str(job.error))
        self.toaster(text, kind="danger", button=tr("Jobs"), on_click=lambda: self.show_panel("jobs"))

    def _restore_old_geometry(self) -> None:
        """Where an older version of the program left the window; else a size that fits the screen."""
        saved = self.settings.get(_OLD_GEOMETRY_KEY)
        try:
            data = QByteArray(base64.b64decode(saved, validate=True)) if isinstance(saved, str) else QByteArray()
        except ValueError:
            data = QByteArray()
        if data.isEmpty() or not self.restoreGeometry(data):
            self._fit_screen()
            return
        self.workspaces.keeper.settle()

    def _fit_screen(self) -> None:
        screen = QGuiApplication.primaryScreen()
        if screen is not None and QGuiApplication.platformName() != "offscreen":
            available = screen.availableGeometry()
            width = min(_DEFAULT_SIZE[0], round(available.width() * 0.95))
            height = min(_DEFAULT_SIZE[1], round(available.height() * 0.92))
            place = QRect(0, 0, width, height)
            place.moveCenter(available.center())
            self.setGeometry(place)

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Bybit Strategy Tester"))
        self.docks.set_floating_title(tr("Bybit Strategy Tester"))
        self.panel_host.write_titles()
        self.workspaces.floating.write_titles()
