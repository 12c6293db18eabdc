"""Docking: a small face over QtAds, so that nothing else in the program knows which library does it.

Every panel is a dock with a stable name. Layouts are saved as JSON values: the library's own state plus where the
screens were, because it stores positions but not screens. After a restore every floating window is moved onto a screen
that exists.
"""

import base64
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QByteArray, QObject, QRect, Qt, QTimer, QXmlStreamReader, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget
from PySide6QtAds import ads as QtAds  # noqa: N812  the library's own name

from strategy_tester.ui import icons, theme
from strategy_tester.ui.screens import describe_screens, on_visible_screen

logger = logging.getLogger(__name__)
Area = Literal["center", "left", "right", "right_below", "bottom"]
_STATE_VERSION = 1
_LOW_WINDOW_STEPS = 225


@dataclass
class _Panel:
    dock: QtAds.CDockWidget
    area: Area


class Docks(QObject):
    """The docks of one main window."""

    panel_shown = Signal(str)
    """The panel became visible: opened, or its tab came to the front."""
    layout_changed = Signal()
    """A panel was opened, closed, moved or floated; comes at most once per pass of the event loop."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        _set_flags()
        self._manager = QtAds.CDockManager(window)
        self._register_icons()
        self._panels: dict[str, _Panel] = {}
        self._default: QByteArray | None = None
        self._last_panel: str | None = None
        self._change_timer = QTimer(self, singleShot=True, interval=0)
        self._change_timer.timeout.connect(self.layout_changed)
        self._manager.floatingWidgetCreated.connect(self._floating_created)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusObjectChanged.connect(self._note_focus)

    @property
    def widget(self) -> QWidget:
        """The widget that holds the docks."""
        return self._manager

    def add_panel(self, panel_id: str, title: str, widget: QWidget, area: Area, icon: QIcon | None = None) -> None:
        """Add a panel; panels of one area share it as tabs, the first one added in front.

        Args:
            panel_id: Stable name; layouts are saved under it.
            title: Text of the tab, in the language in use.
            widget: The content; owned by the dock from now on.
            area: Where it stands in the default layout.
            icon: Beside the title.
        """
        dock = QtAds.CDockWidget(self._manager, title)
        dock.setObjectName(panel_id)
        dock.setWidget(widget, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)
        dock.setMinimumSizeHintMode(QtAds.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromDockWidget)
        if icon is not None:
            dock.setIcon(icon)
        self._panels[panel_id] = _Panel(dock, area)
        self._place(dock, area)
        dock.viewToggled.connect(lambda _shown: self._change_timer.start())
        dock.topLevelChanged.connect(lambda _floating: self._change_timer.start())
        dock.visibilityChanged.connect(lambda shown, panel_id=panel_id: self._visibility_changed(panel_id, shown))

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
        return self._panels[panel_id].dock.widget()

    def set_content(self, panel_id: str, widget: QWidget) -> None:
        """Put another widget into a panel; the old one is deleted."""
        dock = self._panels[panel_id].dock
        old = dock.takeWidget()
        dock.setWidget(widget, QtAds.CDockWidget.eInsertMode.ForceNoScrollArea)
        if old is not None:
            old.deleteLater()

    def set_title(self, panel_id: str, title: str) -> None:
        """Rename a panel's tab, after the language or its content changed."""
        self._panels[panel_id].dock.setWindowTitle(title)

    def set_floating_title(self, title: str) -> None:
        """Title of floating windows that hold several panels."""
        self._manager.setFloatingContainersTitle(title)

    def set_icon(self, panel_id: str, icon: QIcon) -> None:
        """Give a panel's tab another icon."""
        self._panels[panel_id].dock.setIcon(icon)

    def show(self, panel_id: str, *, focus: bool = False) -> None:
        """Open a panel if it is closed and bring its tab to the front."""
        dock = self._panels[panel_id].dock
        if dock.isClosed():
            dock.toggleView(True)
        dock.setAsCurrentTab()
        if dock.isInFloatingContainer():
            dock.raise_()
        if focus and (content := dock.widget()) is not None:
            content.setFocus()

    def close_panel(self, panel_id: str) -> None:
        """Close a panel; its widget stays alive."""
        self._panels[panel_id].dock.toggleView(False)

    def toggle(self, panel_id: str) -> None:
        """Open a closed panel, close an open one."""
        self._panels[panel_id].dock.toggleView(self._panels[panel_id].dock.isClosed())

    def float(self, panel_id: str) -> None:
        """Move a panel into a window of its own; a floating one goes back to its area."""
        panel = self._panels[panel_id]
        if panel.dock.isClosed():
            panel.dock.toggleView(True)
        if panel.dock.isFloating():
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
            "version": _STATE_VERSION,
            "panels": sorted(self._panels),
            "state": base64.b64encode(self._manager.saveState(_STATE_VERSION).data()).decode("ascii"),
            "screens": describe_screens(),
        }

    def restore(self, saved: object) -> bool:
        """Take up a layout that `save` gave; False, with nothing changed, when it cannot be used.

        Panels that are new since then stand where the default layout has them.
        """
        if not isinstance(saved, dict) or saved.get("version") != _STATE_VERSION:
            return False
        try:
            state = base64.b64decode(str(saved.get("state", "")), validate=True)
        except ValueError:
            return False
        if not _is_layout(state):
            return False
        before = self._manager.saveState(_STATE_VERSION)
        if not self._manager.restoreState(QByteArray(state), _STATE_VERSION):
            self._manager.restoreState(before, _STATE_VERSION)
            return False
        known = set(saved.get("panels") or [])
        for panel_id, panel in self._panels.items():
            if panel_id not in known and panel.dock.isClosed():
                self._place(panel.dock, panel.area)
                panel.dock.toggleView(True)
        if not any(self.is_open(panel_id) for panel_id in self._panels):
            self._manager.restoreState(before, _STATE_VERSION)
            return False
        self.move_onto_screens()
        self._keep_sides()
        return True

    def reset(self) -> None:
        """Back to the default layout."""
        if self._default is not None:
            self._manager.restoreState(self._default, _STATE_VERSION)
            self._keep_sides()

    def move_onto_screens(self) -> None:
        """Move every floating window that lies outside all screens onto the nearest one."""
        for floating in self._manager.floatingWidgets():
            wanted = on_visible_screen(floating.frameGeometry())
            if wanted != floating.frameGeometry():
                floating.setGeometry(wanted)

    def save_perspective(self, name: str) -> None:
        """Remember the layout under a name."""
        self._manager.addPerspective(name)

    def open_perspective(self, name: str) -> None:
        """Switch to a remembered layout."""
        self._manager.openPerspective(name)

    def perspective_names(self) -> list[str]:
        """The remembered layouts."""
        return list(self._manager.perspectiveNames())

    def close_floating(self) -> None:
        """Hide the floating windows; called when the main window closes."""
        for floating in self._manager.floatingWidgets():
            floating.hide()

    def _register_icons(self) -> None:
        provider = self._manager.iconProvider()
        pictures = {
            QtAds.TabCloseIcon: "close",
            QtAds.DockAreaCloseIcon: "close",
            QtAds.DockAreaMenuIcon: "chevron_down",
            QtAds.DockAreaUndockIcon: "detach",
            QtAds.DockAreaMinimizeIcon: "chevron_down",
        }
        for place, name in pictures.items():
            provider.registerCustomIcon(place, icons.icon(name, "muted"))

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
        _give_size(self._open_area("bottom"), Qt.Orientation.Vertical, bottom, height)
        _give_size(self._open_area("right"), Qt.Orientation.Horizontal, right, width)
        if self._open_area("right_below") is self._open_area("right"):
            return
        _give_size(self._open_area("right_below"), Qt.Orientation.Vertical, height - bottom - strategy, height - bottom)

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
            content = panel.dock.widget()
            if content is not None and (content is focused or content.isAncestorOf(focused)):
                self._last_panel = panel_id
                return

    def _keep_sides(self) -> None:
        """Let the middle take what a larger window brings and give what a smaller one takes."""
        child: QWidget | None = self._open_area("center")
        while child is not None and child is not self._manager:
            parent = child.parentWidget()
            if isinstance(parent, QSplitter):
                for number in range(parent.count()):
                    parent.setStretchFactor(number, int(parent.widget(number) is child))
            child = parent

    def _place_floating(self, floating: QWidget) -> None:
        """Over the middle of the window, smaller than it, and wholly on the screen."""
        window = self._manager.window().geometry()
        size = floating.size().boundedTo(window.size() * 0.75).expandedTo(window.size() * 0.4)
        place = QRect(window.topLeft(), size)
        place.moveCenter(window.center())
        floating.setGeometry(place)

    def _visibility_changed(self, panel_id: str, shown: bool) -> None:  # noqa: FBT001  Qt's signal
        self._change_timer.start()
        if shown:
            self.panel_shown.emit(panel_id)

    def _floating_created(self, floating: QtAds.CFloatingDockContainer) -> None:
        floating.setWindowIcon(self._manager.window().windowIcon())
        self._change_timer.start()


def _set_flags() -> None:
    """Choose what docks look like; QtAds wants this before the first manager exists."""
    manager, flag = QtAds.CDockManager, QtAds.CDockManager.eConfigFlag
    manager.setConfigFlags(manager.DefaultOpaqueConfig)
    for wanted in (
        flag.FloatingContainerForceNativeTitleBar,
        flag.AlwaysShowTabs,
        flag.FocusHighlighting,
        flag.DockAreaDynamicTabsMenuButtonVisibility,
        flag.DockAreaHideDisabledButtons,
        flag.DisableTabTextEliding,
        flag.FloatingContainerHasWidgetTitle,
        flag.MiddleMouseButtonClosesTab,
        flag.EqualSplitOnInsertion,
        flag.DisableStylesheet,
    ):
        manager.setConfigFlag(wanted, True)
    for unwanted in (
        flag.DockAreaHasCloseButton,
        flag.AllTabsHaveCloseButton,
        flag.FloatingContainerHasWidgetIcon,
        flag.XmlCompressionEnabled,
    ):
        manager.setConfigFlag(unwanted, False)


def _is_layout(state: bytes) -> bool:
    """Whether this is a whole layout, so that the library never sees a damaged one."""
    if not state.startswith(b"<?xml"):
        return False
    reader = QXmlStreamReader(state.decode("utf-8", "replace"))
    roots = []
    while not reader.atEnd():
        if reader.readNext() == QXmlStreamReader.TokenType.StartElement:
            roots.append(reader.name())
    return not reader.hasError() and roots[:1] == ["QtAdvancedDockingSystem"]


def _give_size(area: QWidget | None, orientation: Qt.Orientation, size: int, total: int) -> None:
    """Make the part of the nearest splitter of this orientation that holds the area `size` of `total` pixels."""
    child, parent = area, area.parentWidget() if area is not None else None
    while child is not None and parent is not None:
        if isinstance(parent, QSplitter) and parent.orientation() == orientation and parent.count() > 1:
            others = max(parent.count() - 1, 1)
            rest = max((total - size) // others, 1)
            parent.setSizes([size if parent.widget(number) is child else rest for number in range(parent.count())])
            return
        child, parent = parent, parent.parentWidget()
