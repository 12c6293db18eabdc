"""Docking: a small face over QtAds, so that nothing else in the program knows which library does it.

Every panel is a dock with a stable name. Layouts are saved as JSON values. The library stores where floating windows
are but not on which screen: `workspaces.floating` does, and puts them there after a restore.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import shiboken6
from PySide6.QtCore import QByteArray, QObject, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter, QWidget
from PySide6QtAds import ads as QtAds  # noqa: N812  the library's own name

from strategy_tester.ui import theme
from strategy_tester.ui.dock_layout import Plan, draw_up, pack, unpack
from strategy_tester.ui.dock_looks import choose_looks, fit_tab_icon, register_icons
from strategy_tester.ui.screens import describe_screens, on_visible_screen
from strategy_tester.ui.splitters import give_size, halve

logger = logging.getLogger(__name__)
Area = Literal["center", "left", "right", "right_below", "bottom"]
_STATE_VERSION = 1
_FORMAT_VERSION = 2
_READABLE_VERSIONS = (1, 2)
_NARROW_STEPS = 90
_LOW_WINDOW_STEPS = 225


@dataclass
class _Panel:
    dock: QtAds.CDockWidget
    area: Area
    content: QWidget
    is_copy: bool = False
    stand_in: QWidget | None = None
    """In the dock while the content waits outside."""

    def park(self) -> None:
        """Take the content out; the library would not show a dock with nothing in it."""
        if self.stand_in is None:
            self.dock.takeWidget()
            # Layouts show what they are given a little later; outside, that would be a window of its own.
            self.content.hide()
            self.stand_in = QWidget()
            self.stand_in.hide()
            self.dock.setWidget(self.stand_in, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)

    def unpark(self) -> None:
        """Put the content back."""
        if self.stand_in is not None:
            self.dock.takeWidget()
            self.stand_in.deleteLater()
            self.stand_in = None
            self.dock.setWidget(self.content, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)
            self.content.show()


@dataclass(frozen=True)
class FloatingWindow:
    """A window beside the main one, and the panels that are open in it, the front ones first."""

    widget: QWidget
    panels: list[str]


class Docks(QObject):
    """The docks of one main window."""

    panel_shown = Signal(str)
    """The panel became visible: opened, or its tab came to the front."""
    layout_changed = Signal()
    """A panel was opened, closed, moved or floated; comes at most once per pass of the event loop."""
    removal_wanted = Signal(str)
    """The user closed a copy of a panel, which is not to be hidden but to go."""
    window_created = Signal(QWidget)
    """There is another floating window."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        choose_looks()
        self._manager = QtAds.CDockManager(window)
        # On Linux the library changes the flags of floating windows whenever the main window comes or goes. That hides
        # them on all platforms but X11, and lifts them over other programs there; `workspaces.stacking` does better.
        window.removeEventFilter(self._manager)
        register_icons(self._manager)
        self._panels: dict[str, _Panel] = {}
        self._default: QByteArray | None = None
        self._last_panel: str | None = None
        self._is_restoring = False
        self._change_timer = QTimer(self, singleShot=True, interval=0)
        self._change_timer.timeout.connect(self._tell_change)
        self._unpark_timer = QTimer(self, singleShot=True, interval=0)
        self._unpark_timer.timeout.connect(self._unpark_next)
        self._manager.floatingWidgetCreated.connect(self._floating_created)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusObjectChanged.connect(self._note_focus)
        theme.theme_changed.connect(self._fit_icons)

    def _fit_icons(self) -> None:
        for panel in self._panels.values():
            if shiboken6.isValid(panel.dock):
                fit_tab_icon(panel.dock)

    @property
    def widget(self) -> QWidget:
        """The widget that holds the docks."""
        return self._manager

    def add_panel(
        self,
        panel_id: str,
        title: str,
        widget: QWidget,
        area: Area,
        icon: QIcon | None = None,
        *,
        beside: str = "",
        is_copy: bool = False,
    ) -> None:
        """Add a panel; panels of one area share it as tabs, the first one added in front.

        Args:
            panel_id: Stable name; layouts are saved under it.
            title: Text of the tab, in the language in use.
            widget: The content; owned by the dock from now on.
            area: Where it stands in the default layout.
            icon: Beside the title.
            beside: Another panel whose room it shares, instead of standing in its area.
            is_copy: Closing it emits `removal_wanted`; other panels are only hidden.
        """
        dock = QtAds.CDockWidget(self._manager, title)
        dock.setObjectName(panel_id)
        dock.setWidget(widget, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)
        dock.setMinimumSizeHintMode(QtAds.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromDockWidget)
        if icon is not None:
            dock.setIcon(icon)
        fit_tab_icon(dock)
        if is_copy:
            dock.setFeature(QtAds.CDockWidget.DockWidgetFeature.CustomCloseHandling, True)
            # Queued: the library is in the midst of its own closing when it asks.
            dock.closeRequested.connect(
                lambda panel_id=panel_id: self.removal_wanted.emit(panel_id), Qt.ConnectionType.QueuedConnection
            )
        self._panels[panel_id] = _Panel(dock, area, widget, is_copy)
        if beside and not self._panels[beside].dock.isClosed():
            self._place_beside(dock, self._panels[beside].dock)
        else:
            self._place(dock, area)
        dock.viewToggled.connect(lambda _shown: self._change_timer.start())
        dock.topLevelChanged.connect(lambda _floating: self._change_timer.start())
        dock.visibilityChanged.connect(lambda shown, panel_id=panel_id: self._visibility_changed(panel_id, shown))

    def remove_panel(self, panel_id: str) -> None:
        """Take a panel and its widget away for good."""
        panel = self._panels.pop(panel_id)
        dock = panel.dock
        if panel.stand_in is not None:
            panel.content.deleteLater()
        if self._last_panel == panel_id:
            self._last_panel = None
        # Closed first: the library then hides a window or a place that has become empty.
        if not dock.isClosed():
            dock.closeDockWidgetInternal(True)
        self._manager.removeDockWidget(dock)
        dock.deleteLater()
        self._change_timer.start()

    def finish_default_layout(self, *, width: int, height: int, closed: Sequence[str] = ()) -> None:
        """Give the areas their shares of a window of this size and remember that as the default layout."""
        for panel_id in closed:
            self.close_panel(panel_id)
        self._stack_right(height)
        for area in ("right_below", "right", "center", "left", "bottom"):
            first = next(
                (panel for panel in self._panels.values() if panel.area == area and not panel.dock.isClosed()), None
            )
            if first is not None:
                first.dock.setAsCurrentTab()
        self._share_out(width, height)
        self._keep_sides()
        self._default = self._manager.saveState(_STATE_VERSION)

    def panel_ids(self) -> list[str]:
        """All panels, in the order they were added."""
        return list(self._panels)

    def content(self, panel_id: str) -> QWidget:
        """The widget that was given for a panel."""
        return self._panels[panel_id].content

    def set_content(self, panel_id: str, widget: QWidget) -> None:
        """Put another widget into a panel; the old one is deleted."""
        panel = self._panels[panel_id]
        panel.park()
        old, panel.content = panel.content, widget
        panel.unpark()
        old.deleteLater()

    def set_title(self, panel_id: str, title: str) -> None:
        """Rename a panel's tab, after the language or its content changed."""
        self._panels[panel_id].dock.setWindowTitle(title)

    def title(self, panel_id: str) -> str:
        """The text of a panel's tab."""
        return self._panels[panel_id].dock.windowTitle()

    def set_floating_title(self, title: str) -> None:
        """Title of floating windows that hold several panels."""
        self._manager.setFloatingContainersTitle(title)

    def floating_windows(self) -> list[FloatingWindow]:
        """The windows beside the main one, with what is open in them."""
        return [
            FloatingWindow(floating, self._panels_in(floating))
            for floating in self._manager.floatingWidgets()
            if self._panels_in(floating)
        ]

    def window_of(self, panel_id: str) -> QWidget:
        """The window a panel is in: the main one or a floating one."""
        # A tab in the background has no parent in the library, so its own `window` would be itself.
        return self._panels[panel_id].dock.floatingDockContainer() or self._manager.window()

    def set_icon(self, panel_id: str, icon: QIcon) -> None:
        """Give a panel's tab another icon."""
        self._panels[panel_id].dock.setIcon(icon)

    def show(self, panel_id: str, *, focus: bool = False) -> None:
        """Open a panel if it is closed and bring its tab to the front."""
        dock = self._panels[panel_id].dock
        self._open(self._panels[panel_id])
        dock.setAsCurrentTab()
        if dock.isInFloatingContainer():
            dock.raise_()
        if focus:
            self._panels[panel_id].content.setFocus()

    def close_panel(self, panel_id: str) -> None:
        """Close a panel; its widget stays alive, unless it is a copy."""
        if self._panels[panel_id].is_copy:
            self.removal_wanted.emit(panel_id)
        else:
            self._panels[panel_id].dock.toggleView(False)

    def toggle(self, panel_id: str) -> None:
        """Open a closed panel, close an open one."""
        if self.is_open(panel_id):
            self.close_panel(panel_id)
        else:
            self._open(self._panels[panel_id])

    def float(self, panel_id: str) -> None:
        """Move a panel into a window of its own; a floating one goes back to its area."""
        panel = self._panels[panel_id]
        self._open(panel)
        if panel.dock.isInFloatingContainer():
            self._place(panel.dock, panel.area)
        else:
            panel.dock.setFloating()
            self._place_floating(panel.dock.window())

    def is_open(self, panel_id: str) -> bool:
        """Whether a panel is open, be it behind another tab."""
        return not self._panels[panel_id].dock.isClosed()

    def is_floating(self, panel_id: str) -> bool:
        """Whether a panel stands in a window of its own."""
        return self._panels[panel_id].dock.isInFloatingContainer()

    def is_current(self, panel_id: str) -> bool:
        """Whether a panel is open and the front one of its tabs."""
        dock = self._panels[panel_id].dock
        return not dock.isClosed() and dock.isCurrentTab()

    def current_panel(self) -> str | None:
        """The panel that has, or had last, the keyboard; None when it was closed since."""
        return self._last_panel if self._last_panel is not None and self.is_open(self._last_panel) else None

    def save(self) -> dict[str, Any]:
        """The layout as JSON values, with the screens it was made on."""
        return {
            "version": _FORMAT_VERSION,
            "panels": sorted(self._panels),
            "state": pack(bytes(self._manager.saveState(_STATE_VERSION).data())),
            "screens": describe_screens(),
        }

    def draw_up(self, plan: Plan, width: int, height: int) -> dict[str, Any]:
        """The layout that a plan describes, as `save` would give it; panels outside the plan are closed."""
        sample = QWidget()
        sample.setGeometry(QRect(self._manager.window().geometry().topLeft(), QSize(width // 2, height // 2)))
        geometry = bytes(sample.saveGeometry().data()).hex(" ")
        return {
            "version": _FORMAT_VERSION,
            "panels": sorted(set(self._panels) | set(plan.panels())),
            "state": pack(draw_up(plan, (width, height), version=_STATE_VERSION, geometry=geometry)),
            "screens": describe_screens(),
        }

    def restore(self, saved: object) -> bool:
        """Take up a layout that `save` gave; False, with nothing changed, when it cannot be used.

        Panels that are new since then stand where the default layout has them.
        """
        state = layout_in(saved)
        if state is None or not isinstance(saved, dict):
            return False
        before = self._manager.saveState(_STATE_VERSION)
        if not self._restore_state(QByteArray(state)):
            self._restore_state(before)
            return False
        known = set(saved.get("panels") or [])
        for panel_id, panel in self._panels.items():
            if panel_id not in known and panel.dock.isClosed() and not panel.is_copy:
                self._open(panel)
        if not any(self.is_open(panel_id) for panel_id in self._panels):
            self._restore_state(before)
            return False
        self.move_onto_screens()
        self._keep_sides()
        return True

    def reset(self) -> None:
        """Back to the default layout."""
        if self._default is not None:
            self._restore_state(self._default)
            self._keep_sides()

    def move_onto_screens(self) -> None:
        """Move every floating window that lies outside all screens onto the nearest one."""
        for floating in self._manager.floatingWidgets():
            wanted = on_visible_screen(floating.frameGeometry())
            if wanted != floating.frameGeometry():
                floating.setGeometry(wanted)

    def close_floating(self) -> None:
        """Hide the floating windows; called when the main window closes."""
        self._unpark_timer.stop()
        for panel in self._panels.values():
            # A content that waits outside belongs to nobody, and would outlive the window.
            panel.unpark()
        for floating in self._manager.floatingWidgets():
            floating.hide()

    def _restore_state(self, state: QByteArray) -> bool:
        """Let the library restore a layout while the contents wait outside.

        It moves every dock four times from parent to parent, and each time Qt styles all that is in it anew; without
        the contents that is quick. What can be seen goes back at once, the rest in the passes of the event loop.
        """
        focused = QApplication.focusWidget()
        for panel in self._panels.values():
            panel.park()
        self._is_restoring = True
        is_done = self._manager.restoreState(state, _STATE_VERSION)
        self._is_restoring = False
        self._manager.show()  # when it fails, the library leaves everything hidden
        for panel in self._panels.values():
            if not panel.dock.isClosed() and panel.dock.isCurrentTab():
                panel.unpark()
        self._unpark_timer.start()
        if focused is not None and shiboken6.isValid(focused) and focused.isVisible():
            focused.setFocus()
        return is_done

    def _unpark_next(self) -> None:
        panel = next((panel for panel in self._panels.values() if panel.stand_in is not None), None)
        if panel is not None:
            panel.unpark()
            self._unpark_timer.start()

    def _open(self, panel: _Panel) -> None:
        """Open a closed panel where it was; one that a layout did not know stands in its area again."""
        if not panel.dock.isClosed():
            return
        if panel.dock.dockAreaWidget() is None:
            self._place(panel.dock, panel.area)
        panel.dock.toggleView(True)

    def _place_beside(self, dock: QtAds.CDockWidget, other: QtAds.CDockWidget) -> None:
        """Split the other panel's room along its longer side; a narrow one is shared as tabs."""
        place = other.dockAreaWidget()
        least = theme.step(_NARROW_STEPS)
        if max(place.width(), place.height()) < least:
            self._manager.addDockWidgetTabToArea(dock, place)
            return
        is_wide = place.width() >= place.height()
        side = QtAds.DockWidgetArea.RightDockWidgetArea if is_wide else QtAds.DockWidgetArea.BottomDockWidgetArea
        row = place.parentWidget()
        sizes = row.sizes() if isinstance(row, QSplitter) else []
        here = row.indexOf(place) if isinstance(row, QSplitter) else 0
        self._manager.addDockWidget(side, dock, place)
        if isinstance(row, QSplitter) and row.count() == len(sizes) + 1:
            halve(row, sizes, here)

    def _panels_in(self, floating: QtAds.CFloatingDockContainer) -> list[str]:
        inside = [
            (panel_id, panel.dock)
            for panel_id, panel in self._panels.items()
            if not panel.dock.isClosed() and panel.dock.floatingDockContainer() is floating
        ]
        return [panel_id for panel_id, _dock in sorted(inside, key=lambda pair: not pair[1].isCurrentTab())]

    def _place(self, dock: QtAds.CDockWidget, area: Area) -> None:
        sides = {
            "center": QtAds.DockWidgetArea.CenterDockWidgetArea,
            "left": QtAds.DockWidgetArea.LeftDockWidgetArea,
            "right": QtAds.DockWidgetArea.RightDockWidgetArea,
            "bottom": QtAds.DockWidgetArea.BottomDockWidgetArea,
        }
        existing = self._open_area(area)
        if existing is not None:
            self._manager.addDockWidgetTabToArea(dock, existing)
        elif area == "right_below" and (above := self._open_area("right")) is not None:
            self._manager.addDockWidget(QtAds.DockWidgetArea.BottomDockWidgetArea, dock, above)
        else:
            side = "right" if area == "right_below" else area
            self._manager.addDockWidget(sides[side], dock)

    def _open_area(self, area: Area) -> "QtAds.CDockAreaWidget | None":
        """Where open, docked panels of this area stand now."""
        for panel in self._panels.values():
            dock = panel.dock
            if panel.area == area and not dock.isClosed() and not dock.isInFloatingContainer():
                found = dock.dockAreaWidget()
                if found is not None:
                    return found
        return None

    def _share_out(self, width: int, height: int) -> None:
        right = min(max(theme.step(92), round(width * 0.22)), round(width * 0.34))
        bottom = min(max(theme.step(66), round(height * 0.32)), round(height * 0.45))
        strategy = round((height - bottom) * 0.46)
        give_size(self._open_area("bottom"), Qt.Orientation.Vertical, bottom, height)
        give_size(self._open_area("right"), Qt.Orientation.Horizontal, right, width)
        if self._open_area("right_below") is self._open_area("right"):
            return
        give_size(self._open_area("right_below"), Qt.Orientation.Vertical, height - bottom - strategy, height - bottom)

    def _stack_right(self, height: int) -> None:
        """One above the other on the right, or tabs of one area where the window is too low for two forms."""
        above = self._open_area("right")
        for panel in self._panels.values():
            dock = panel.dock
            if panel.area != "right_below" or above is None or dock.isClosed() or dock.isInFloatingContainer():
                continue
            is_tab = dock.dockAreaWidget() is above
            if height < theme.step(_LOW_WINDOW_STEPS) and not is_tab:
                self._manager.addDockWidgetTabToArea(dock, above)
            elif height >= theme.step(_LOW_WINDOW_STEPS) and is_tab:
                self._manager.addDockWidget(QtAds.DockWidgetArea.BottomDockWidgetArea, dock, above)

    def _note_focus(self, focused: QObject | None) -> None:
        if not isinstance(focused, QWidget):
            return
        for panel_id, panel in self._panels.items():
            if panel.content is focused or panel.content.isAncestorOf(focused):
                self._last_panel = panel_id
                return

    def _keep_sides(self) -> None:
        """Let the middle take what a larger window brings and give what a smaller one takes."""
        middle = [panel.dock for panel in self._panels.values() if panel.area == "center" and not panel.dock.isClosed()]
        for splitter in self._manager.findChildren(QSplitter):
            holds = [
                any(splitter.widget(number).isAncestorOf(dock) for dock in middle) for number in range(splitter.count())
            ]
            for number, holds_middle in enumerate(holds):
                splitter.setStretchFactor(number, int(holds_middle))

    def _place_floating(self, floating: QWidget) -> None:
        """Over the middle of the window, smaller than it, and wholly on the screen."""
        window = self._manager.window().geometry()
        size = floating.size().boundedTo(window.size() * 0.75).expandedTo(window.size() * 0.4)
        place = QRect(window.topLeft(), size)
        place.moveCenter(window.center())
        floating.setGeometry(place)

    def _tell_change(self) -> None:
        self._keep_sides()
        self.layout_changed.emit()

    def _visibility_changed(self, panel_id: str, shown: bool) -> None:  # noqa: FBT001  Qt's signal
        self._change_timer.start()
        if shown and panel_id in self._panels and not self._is_restoring:
            self._panels[panel_id].unpark()
            self.panel_shown.emit(panel_id)

    def _floating_created(self, floating: QtAds.CFloatingDockContainer) -> None:
        floating.setWindowIcon(self._manager.window().windowIcon())
        self.window_created.emit(floating)
        self._change_timer.start()


def layout_in(saved: object) -> bytes | None:
    """The library's layout in what `Docks.save` gave, whole and safe to hand over; None when there is none."""
    if not isinstance(saved, dict) or saved.get("version") not in _READABLE_VERSIONS:
        return None
    return unpack(saved.get("state"))
