"""A ring around the chart while the keyboard is on it, for those who came with the keyboard."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea

from strategy_tester.ui.theme import current_theme

if TYPE_CHECKING:
    from strategy_tester.ui.charts.renderer import Frame

_BY_KEYBOARD = {
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
}


class FocusRing(QObject):
    """Watches a canvas; one of its overlay painters. A click takes the ring away, as the pointer shows the place."""

    def __init__(self, canvas: QAbstractScrollArea) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._is_shown = False
        canvas.installEventFilter(self)

    def paint(self, painter: QPainter, frame: "Frame") -> None:
        """Draw the ring along the edge."""
        if self._is_shown:
            width = max(1.0, self._canvas.devicePixelRatioF())
            painter.setPen(QPen(current_theme().color("focus"), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            right, bottom = frame.size
            painter.drawRect(QRectF(width / 2, width / 2, right - width, bottom - width))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            self._show(event.gotFocus() and event.reason() in _BY_KEYBOARD)
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._show(False)
        return super().eventFilter(watched, event)

    def _show(self, is_shown: bool) -> None:  # noqa: FBT001  like setVisible
        if is_shown != self._is_shown:
            self._is_shown = is_shown
            self._canvas.viewport().update()
