"""Keeps every window where its user can see it, and brings it home when its screen comes back.

For each window the keeper remembers its home: the screen it was on and its rectangle there. When screens go, come or
change, Qt, the system and the window manager all move windows in steps; the keeper waits until that is over, then puts
each window home if its screen is there, and onto a visible screen if it is not. Only a move of the user's changes
the home.
"""

from dataclasses import dataclass, replace

import shiboken6
from PySide6.QtCore import QEvent, QMargins, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

from strategy_tester.ui.screens import (
    Screen,
    WindowPlace,
    WindowState,
    current_screens,
    next_place,
    place_window,
    screen_at,
)

SETTLE_MS = 400
"""How long screens must be quiet before windows are looked after."""
NOTE_MS = 600
"""How long a window must stand still before its place counts as its home."""
_FRAME_BEFORE_SHOWN = QMargins(4, 32, 4, 4)
_MOVES = frozenset({QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.WindowStateChange, QEvent.Type.Show})


@dataclass
class _Watched:
    window: QWidget
    home: WindowPlace | None = None
    guest: QRect | None = None
    """Where it was put while its own screen is missing; standing there is not the user's wish."""
    is_new_guest: bool = False
    is_frame_guessed: bool = False
    """It was placed before the system gave it a frame."""


class WindowKeeper(QObject):
    """The windows of the program and their homes."""

    places_changed = Signal()
    """A window has found another home."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watched: list[_Watched] = []
        self._settle_timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle_timer.timeout.connect(self.settle)
        self._note_timer = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._note_timer.timeout.connect(self.note)
        self._connect_screens()

    def watch(self, window: QWidget) -> None:
        """Look after a window from now on, until it is deleted."""
        if self._entry(window) is None:
            self._watched.append(_Watched(window))
            window.installEventFilter(self)

    def place_of(self, window: QWidget) -> WindowPlace:
        """A window's home; where it is now if it has none yet."""
        entry = self._entry(window)
        if entry is None or entry.home is None:
            return self._place_now(window)
        # Now it stands where the keeper, the system or nobody put it.
        if entry.guest is not None or self._settle_timer.isActive() or window.isMinimized():
            return entry.home
        return self._place_now(window)

    def put(self, window: QWidget, place: WindowPlace) -> None:
        """Bring a window to a place, or as near as the screens allow; it is its home, even if unreachable now."""
        self.watch(window)
        entry = self._entry(window)
        if entry is None:
            return
        entry.home = place
        self._move_home(entry)

    def send_to_next_screen(self, window: QWidget) -> bool:
        """Move a window to the next screen, same size, same state; False when there is only one."""
        screens = current_screens()
        if len(screens) < 2:
            return False
        self.put(window, next_place(self._place_now(window), screens))
        self.places_changed.emit()
        return True

    def settle(self) -> None:
        """Bring every window home or at least onto a screen; called a moment after the screens changed."""
        self._settle_timer.stop()
        for entry in self._living():
            if entry.home is None:
                entry.home = self._place_now(entry.window)
            self._move_home(entry)
        self._note_timer.start()

    def note(self) -> None:
        """Take where windows stand now as their homes, except where the keeper itself has put them."""
        if self._settle_timer.isActive():
            return
        has_changed = False
        for entry in self._living():
            window = entry.window
            if not window.isVisible() or window.isMinimized():
                continue
            if entry.is_frame_guessed and self._refit(entry):
                continue
            if entry.is_new_guest:
                # Frames and window managers shift a window a little after it was moved.
                entry.is_new_guest, entry.guest = False, window.geometry()
                continue
            if entry.guest is not None and entry.guest == window.geometry():
                continue
            place = self._place_now(window)
            if place != entry.home:
                entry.home, entry.guest, has_changed = place, None, True
        if has_changed:
            self.places_changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A window that is moved or resized may have found another home."""
        if event.type() in _MOVES and not self._settle_timer.isActive():
            self._note_timer.start()
        return False

    def _move_home(self, entry: _Watched) -> None:
        place, window = entry.home, entry.window
        if place is None:
            return
        target = place_window(place, current_screens())
        entry.guest = None if target.is_home else target.geometry
        entry.is_new_guest = not target.is_home
        if window.geometry() == target.geometry and _state(window) == place.state == "normal":
            return
        if _state(window) == place.state != "normal" and _is_on(window, target.screen):
            return
        entry.is_frame_guessed = not _has_frame(window)
        _move(window, target.geometry, place.state)
        if not target.is_home:
            entry.guest = window.geometry()

    def _refit(self, entry: _Watched) -> bool:
        """Now that the frame is known, keep its title bar on the screen; whether the window had to be moved."""
        window = entry.window
        entry.is_frame_guessed = not _has_frame(window)
        if entry.is_frame_guessed or _state(window) != "normal":
            return False
        now = self._place_now(window)
        wanted = place_window(now, [now.screen]).geometry
        if wanted == window.geometry():
            return False
        window.setGeometry(wanted)
        entry.is_new_guest = entry.guest is not None
        self._note_timer.start()
        return True

    def _place_now(self, window: QWidget) -> WindowPlace:
        geometry = _normal_geometry(window)
        screens = current_screens()
        if not screens:
            nowhere = Screen("", "", geometry, geometry)
            return WindowPlace(nowhere, geometry, _frame(window), _state(window))
        if _state(window) == "normal":
            return WindowPlace(screen_at(geometry, screens), geometry, _frame(window), "normal")
        # What the system remembers of a maximized window may lie on another screen, or be the maximized one.
        screen = screen_at(window.geometry(), screens)
        entry = self._entry(window)
        if entry is not None and entry.home is not None and entry.home.screen.geometry == screen.geometry:
            return replace(entry.home, screen=screen, state=_state(window))
        if not screen.geometry.intersects(geometry):
            corner = screen_at(geometry, screens).geometry.topLeft()
            geometry = geometry.translated(screen.geometry.topLeft() - corner)
        return WindowPlace(screen, geometry, _frame(window), _state(window))

    def _connect_screens(self) -> None:
        application = QGuiApplication.instance()
        if not isinstance(application, QGuiApplication):
            return
        application.screenAdded.connect(self._screen_added)
        application.screenRemoved.connect(lambda _screen: self._screens_change())
        application.primaryScreenChanged.connect(lambda _screen: self._screens_change())
        for screen in application.screens():
            self._connect_screen(screen)

    def _connect_screen(self, screen: QScreen) -> None:
        for changed in (
            screen.geometryChanged,
            screen.availableGeometryChanged,
            screen.logicalDotsPerInchChanged,
        ):
            changed.connect(self._screens_change)

    def _screen_added(self, screen: QScreen) -> None:
        self._connect_screen(screen)
        self._screens_change()

    def _screens_change(self) -> None:
        self._note_timer.stop()
        self._settle_timer.start()

    def _living(self) -> list[_Watched]:
        self._watched = [entry for entry in self._watched if shiboken6.isValid(entry.window)]
        return self._watched

    def _entry(self, window: QWidget) -> _Watched | None:
        return next((entry for entry in self._living() if entry.window is window), None)


def _move(window: QWidget, geometry: QRect, state: WindowState) -> None:
    """Move a window. A maximized one forgets that first: it would be maximized on the screen it is on."""
    special = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen
    if window.windowState() & special:
        window.setWindowState(window.windowState() & ~special)
    window.setGeometry(geometry)
    if state == "maximized":
        window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)
    elif state == "full_screen":
        window.setWindowState(window.windowState() | Qt.WindowState.WindowFullScreen)


def _state(window: QWidget) -> WindowState:
    if window.isFullScreen():
        return "full_screen"
    return "maximized" if window.isMaximized() else "normal"


def _normal_geometry(window: QWidget) -> QRect:
    normal = window.normalGeometry()
    return normal if _state(window) != "normal" and normal.isValid() else window.geometry()


def _frame(window: QWidget) -> QMargins:
    if not _has_frame(window):
        return _FRAME_BEFORE_SHOWN
    inner, outer = window.geometry(), window.frameGeometry()
    return QMargins(
        max(inner.left() - outer.left(), 0),
        max(inner.top() - outer.top(), 0),
        max(outer.right() - inner.right(), 0),
        max(outer.bottom() - inner.bottom(), 0),
    )


def _has_frame(window: QWidget) -> bool:
    """Whether the system has put its frame around the window; a maximized one's is not that of a normal one."""
    return window.isVisible() and _state(window) == "normal" and window.geometry() != window.frameGeometry()


def _is_on(window: QWidget, screen: Screen) -> bool:
    return screen.geometry.contains(window.geometry().center())
