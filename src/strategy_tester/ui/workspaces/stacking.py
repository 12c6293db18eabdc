"""Which window is above which: floating windows above the main one, pinned ones above all programs.

Windows and macOS keep floating windows above the window they belong to, and minimize them with it. X11 does so only for
dialogs; there it is done here, with the flag that also pins windows. Qt's own setter of that flag hides a window for a
moment; the flag of the platform's window does not.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QWidget

_PINNED = "stays-on-top"
_FLAG = Qt.WindowType.WindowStaysOnTopHint


class Stacking(QObject):
    """Keeps the floating windows above the main one, on X11."""

    def __init__(self, main: QWidget, floating: Callable[[], list[QWidget]]) -> None:
        super().__init__(main)
        self._main, self._floating = main, floating
        if QGuiApplication.platformName() == "xcb":
            main.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the main window as it comes, goes and is minimized."""
        if event.type() == QEvent.Type.WindowActivate:
            self._lift(True)
        elif event.type() == QEvent.Type.WindowDeactivate:
            self._lift(False)
        elif event.type() == QEvent.Type.WindowStateChange:
            self._minimize(self._main.isMinimized())
        return False

    def _lift(self, wanted: bool) -> None:  # noqa: FBT001
        for window in self._floating():
            handle = handle_of(window)
            if handle is not None and not is_pinned(window):
                handle.setFlag(_FLAG, wanted)

    def _minimize(self, wanted: bool) -> None:  # noqa: FBT001
        for window in self._floating():
            if is_pinned(window) or not window.isVisible() or window.isMinimized() == wanted:
                continue
            minimized = Qt.WindowState.WindowMinimized
            state = window.windowState()
            window.setWindowState(state | minimized if wanted else state & ~minimized)


def is_pinned(window: QWidget) -> bool:
    """Whether a window was pinned on top."""
    return bool(window.property(_PINNED))


def pin(window: QWidget, main: QWidget, *, wanted: bool) -> None:
    """Pin a window above all others, or let it go. A pinned one also stays when the main window is minimized."""
    if is_pinned(window) == wanted:
        return
    window.setProperty(_PINNED, wanted)
    flags = window.windowFlags()
    window.overrideWindowFlags(flags | _FLAG if wanted else flags & ~_FLAG)
    handle = handle_of(window)
    if handle is not None:
        handle.setTransientParent(None if wanted else handle_of(main))  # type: ignore[arg-type]  None is allowed
        handle.setFlag(_FLAG, wanted)
    if wanted and window.isVisible() and QGuiApplication.platformName() != "offscreen":
        window.raise_()


def handle_of(window: QWidget) -> QWindow | None:
    """The platform's window. The docking library's own `windowHandle` answers with a stranger at each call."""
    return QWidget.windowHandle(window)
