"""Screens: which there are, which of them a window belongs to, and how a window gets back onto one of them.

The placement is plain arithmetic on rectangles, in device independent pixels; nothing here moves a window. A window's
place is remembered as its rectangle together with the screen it was on, so that it finds that screen again after the
screens were unplugged, swapped or scaled differently.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QMargins, QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication

WindowState = Literal["normal", "maximized", "full_screen"]
_STATES: tuple[WindowState, ...] = ("normal", "maximized", "full_screen")
_LEAST_WIDTH = 120
_LEAST_TITLE = 24
_LARGEST = 100_000


@dataclass(frozen=True)
class Screen:
    """A screen as it is now, or as it was when something was saved.

    Attributes:
        name: The connector or the system's name, `HDMI-1`.
        serial: The monitor's serial number; "" where the system does not tell.
        geometry: Its place among the screens.
        available: The part without task bars.
        pixel_ratio: Device pixels per pixel, 1.5 at 150 %.
    """

    name: str
    serial: str
    geometry: QRect
    available: QRect
    pixel_ratio: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """JSON values; the available part is not kept, it changes with task bars."""
        return {
            "name": self.name,
            "serial": self.serial,
            "geometry": _numbers(self.geometry),
            "pixel_ratio": self.pixel_ratio,
        }

    @classmethod
    def from_json(cls, saved: object) -> "Screen | None":
        """What `to_json` gave; None when it is something else."""
        if not isinstance(saved, dict):
            return None
        geometry = _rectangle(saved.get("geometry"))
        ratio = saved.get("pixel_ratio", 1.0)
        if geometry is None or not isinstance(ratio, int | float):
            return None
        return cls(str(saved.get("name", "")), str(saved.get("serial", "")), geometry, geometry, float(ratio))


@dataclass(frozen=True)
class WindowPlace:
    """Where a window is: its rectangle without frame while not maximized, its frame, its state, its screen."""

    screen: Screen
    geometry: QRect
    frame: QMargins
    state: WindowState = "normal"

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        frame = self.frame
        return {
            "screen": self.screen.to_json(),
            "geometry": _numbers(self.geometry),
            "frame": [frame.left(), frame.top(), frame.right(), frame.bottom()],
            "state": self.state,
        }

    @classmethod
    def from_json(cls, saved: object) -> "WindowPlace | None":
        """What `to_json` gave; None when it is something else."""
        if not isinstance(saved, dict):
            return None
        screen, geometry = Screen.from_json(saved.get("screen")), _rectangle(saved.get("geometry"))
        frame = _four(saved.get("frame", [0, 0, 0, 0]))
        state = saved.get("state")
        if screen is None or geometry is None or frame is None or state not in _STATES:
            return None
        margins = QMargins(*(min(max(side, 0), 200) for side in frame))
        return cls(screen, geometry, margins, state)


@dataclass(frozen=True)
class Placement:
    """Where a window goes: its rectangle without frame, the screen it is then on, and whether that is its own."""

    geometry: QRect
    screen: Screen
    is_home: bool


def current_screens() -> list[Screen]:
    """The screens there are, the primary one first."""
    primary = QGuiApplication.primaryScreen()
    screens = sorted(QGuiApplication.screens(), key=lambda screen: screen is not primary)
    return [
        Screen(
            screen.name(),
            screen.serialNumber(),
            screen.geometry(),
            screen.availableGeometry(),
            screen.devicePixelRatio(),
        )
        for screen in screens
    ]


def describe_screens() -> list[dict[str, Any]]:
    """Name, serial number, place and pixel ratio of every screen, ready for JSON."""
    return [screen.to_json() for screen in current_screens()]


def find_screen(wanted: Screen, screens: Sequence[Screen]) -> Screen | None:
    """The screen that is the wanted one: the same serial number, else the same name, else the same place."""
    candidates = list(screens)
    if wanted.serial:
        same = [screen for screen in candidates if screen.serial == wanted.serial]
        if len(same) == 1:
            return same[0]
        # Some makers give every monitor the same number; the names then tell them apart.
        candidates = same or [screen for screen in candidates if not screen.serial]
    same = [screen for screen in candidates if wanted.name and screen.name == wanted.name]
    if len(same) == 1:
        return same[0]
    same = [screen for screen in same or candidates if screen.geometry == wanted.geometry]
    return same[0] if same else None


def place_window(place: WindowPlace, screens: Sequence[Screen]) -> Placement:
    """Where a window goes that was at a place, on the screens there are now.

    On its own screen it stands where it stood, measured from the screen's corner; without that screen it comes to the
    nearest one. It is never larger than the screen, and its title bar can always be reached.
    """
    if not screens:
        return Placement(place.geometry, place.screen, is_home=False)
    home = find_screen(place.screen, screens)
    if home is not None:
        moved = place.geometry.translated(home.geometry.topLeft() - place.screen.geometry.topLeft())
        return Placement(fit(moved, place.frame, home.available, [s.available for s in screens]), home, is_home=True)
    guest_room = screen_at(place.geometry, screens)
    if not is_reachable(place.geometry, place.frame, [guest_room.available]):
        corner = guest_room.geometry.topLeft() - place.screen.geometry.topLeft()
        place = WindowPlace(place.screen, place.geometry.translated(corner), place.frame, place.state)
    return Placement(fit(place.geometry, place.frame, guest_room.available), guest_room, is_home=False)


def screen_at(window: QRect, screens: Sequence[Screen]) -> Screen:
    """The screen that shows most of a window, else the nearest one."""

    def rank(screen: Screen) -> tuple[int, int]:
        shown = screen.geometry.intersected(window)
        return -max(shown.width(), 0) * max(shown.height(), 0), _distance(screen.geometry, window)

    return min(screens, key=rank)


def is_reachable(window: QRect, frame: QMargins, areas: Sequence[QRect]) -> bool:
    """Whether the whole height and a piece of the title bar are inside one of the areas."""
    title = _title_bar(window, frame)
    for area in areas:
        shown = area.intersected(title)
        if shown.width() >= min(_LEAST_WIDTH, title.width()) and shown.height() >= title.height():
            return True
    return False


def fit(window: QRect, frame: QMargins, area: QRect, areas: Sequence[QRect] = ()) -> QRect:
    """The window, no larger than an area, moved into it when its title bar could not be reached.

    Args:
        window: Its rectangle without frame.
        frame: What the system's frame adds.
        area: The free part of the screen it belongs to.
        areas: Free parts of all screens: a window that reaches over the edge into another screen stays so.
    """
    around = window.marginsAdded(frame)
    size = around.size().boundedTo(area.size()).expandedTo(_least_size(area))
    sized = QRect(around.topLeft(), size)
    inner = sized.marginsRemoved(frame)
    is_shrunk = size.width() < around.width() or size.height() < around.height()
    if inner.isValid() and not is_shrunk and is_reachable(inner, frame, areas or [area]):
        return inner
    x = min(max(sized.x(), area.left()), area.right() + 1 - size.width())
    y = min(max(sized.y(), area.top()), area.bottom() + 1 - size.height())
    return QRect(QPoint(x, y), size).marginsRemoved(frame)


def on_visible_screen(wanted: QRect, frame: QMargins | None = None) -> QRect:
    """The rectangle if its title bar can be reached; else moved and shrunk onto the nearest screen there is."""
    screens = current_screens()
    if not screens:
        return wanted
    margins = frame or QMargins()
    if is_reachable(wanted, margins, [screen.available for screen in screens]):
        return wanted
    return fit(wanted, margins, screen_at(wanted, screens).available)


def next_place(place: WindowPlace, screens: Sequence[Screen]) -> WindowPlace:
    """The same place on the next screen: the same distance from its corner, the same state."""
    here = find_screen(place.screen, screens) or screen_at(place.geometry, screens)
    there = screens[(list(screens).index(here) + 1) % len(screens)]
    moved = place.geometry.translated(there.geometry.topLeft() - here.geometry.topLeft())
    return WindowPlace(there, fit(moved, place.frame, there.available), place.frame, place.state)


def _title_bar(window: QRect, frame: QMargins) -> QRect:
    around = window.marginsAdded(frame)
    return QRect(around.x(), around.y(), around.width(), max(frame.top(), min(_LEAST_TITLE, around.height())))


def _least_size(area: QRect) -> QSize:
    return QSize(min(_LEAST_WIDTH, area.width()), min(2 * _LEAST_TITLE, area.height()))


def _distance(area: QRect, wanted: QRect) -> int:
    away = area.center() - wanted.center()
    return away.x() ** 2 + away.y() ** 2


def _numbers(area: QRect) -> list[int]:
    return [area.x(), area.y(), area.width(), area.height()]


def _four(saved: object) -> list[int] | None:
    if not isinstance(saved, list) or len(saved) != 4:
        return None
    is_whole = all(isinstance(number, int) and not isinstance(number, bool) for number in saved)
    return list(saved) if is_whole and all(abs(number) <= _LARGEST for number in saved) else None


def _rectangle(saved: object) -> QRect | None:
    numbers = _four(saved)
    if numbers is None or numbers[2] <= 0 or numbers[3] <= 0:
        return None
    return QRect(*numbers)
