"""Short messages over the lower right corner that lead to a result and go away by themselves."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from strategy_tester.ui import icons, theme
from strategy_tester.ui.i18n import tr

_SHOWN_MS = 6000
_MOST = 4
_ICONS = {
    "good": ("check_circle", "good"),
    "info": ("info", "accent"),
    "warn": ("warning", "warn"),
    "danger": ("error", "danger"),
}


class Toast(QFrame):
    """One message; stays while the pointer is over it."""

    def __init__(self, text: str, kind: str, button: str, on_click: Callable[[], Any] | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self.timer.timeout.connect(self.close_now)
        name, color = _ICONS.get(kind, _ICONS["info"])
        picture = QLabel()
        picture.setPixmap(icons.pixmap(name, theme.step(4.5), color, self.devicePixelRatioF()))
        self.label = QLabel(text)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.step(3), theme.step(2), theme.step(2), theme.step(2))
        layout.setSpacing(theme.step(2))
        layout.addWidget(picture)
        layout.addWidget(self.label, 1)
        self.button = QPushButton(button)
        self.button.setVisible(bool(button))
        self.button.clicked.connect(self.close_now)
        if on_click is not None:
            self.button.clicked.connect(on_click)
        layout.addWidget(self.button)
        close = QToolButton()
        close.setIcon(icons.icon("close", "muted"))
        close.setToolTip(tr("Close"))
        close.setAccessibleName(tr("Close"))
        close.clicked.connect(self.close_now)
        layout.addWidget(close)
        self.setFixedWidth(theme.step(100))
        self.timer.start()

    def stay(self) -> None:
        """Stay until it is closed by hand: what it offers must not be missed."""
        self.timer.stop()
        self.timer.timeout.disconnect()

    def close_now(self) -> None:
        """Go away."""
        self.hide()
        self.deleteLater()
        self.timer.stop()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.timer.start()
        super().leaveEvent(event)


class Toaster(QObject):
    """Stacks toasts over a window."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._toasts: list[Toast] = []
        window.installEventFilter(self)

    def __call__(
        self, text: str, *, kind: str = "good", button: str = "", on_click: Callable[[], Any] | None = None
    ) -> Toast:
        """Show a message, in the language in use; kind "good", "info", "warn" or "danger"."""
        for same in [toast for toast in self._toasts if _is_alive(toast) and toast.label.text() == text]:
            same.close_now()  # said again, it stands there once
        toast = Toast(text, kind, button, on_click, self._window)
        toast.destroyed.connect(self._forget)
        toast.installEventFilter(self)
        self._toasts.append(toast)
        toast.show()
        for old in self._toasts[:-_MOST]:
            old.close_now()
        self._arrange()
        return toast

    def texts(self) -> list[str]:
        """What is shown now, oldest first."""
        return [toast.label.text() for toast in self._toasts if not toast.isHidden()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Resize, QEvent.Type.Hide}:
            self._arrange()
        return super().eventFilter(watched, event)

    def _forget(self) -> None:
        self._toasts = [toast for toast in self._toasts if _is_alive(toast)]

    def _arrange(self) -> None:
        self._toasts = [toast for toast in self._toasts if _is_alive(toast) and not toast.isHidden()]
        bottom = self._window.height() - theme.step(10)
        right = self._window.width() - theme.step(3)
        for toast in reversed(self._toasts):
            width = min(toast.width(), self._window.width() - theme.step(6))
            height = max(toast.heightForWidth(width), toast.sizeHint().height())
            size = QSize(width, height)
            toast.resize(size)
            toast.move(right - size.width(), bottom - size.height())
            layout = toast.layout()
            if layout is not None:
                layout.activate()
            toast.raise_()
            bottom -= size.height() + theme.step(2)


def _is_alive(toast: Toast) -> bool:
    import shiboken6

    return shiboken6.isValid(toast)
