"""Helpers of live widgets: they listen only while somebody can see them, and paint once per frame."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from strategy_tester.ui.charts.frame_clock import Turn, frame_clock


class Visible(QObject):
    """Calls `begin` when a widget comes into sight and `end` when it goes; at once when it is in sight already.

    Args:
        widget: Whose sight counts; this lives as long as it.
        begin: Subscribes.
        end: Cancels what `begin` subscribed.
    """

    def __init__(self, widget: QWidget, begin: Callable[[], object], end: Callable[[], object]) -> None:
        super().__init__(widget)
        self._begin, self._end = begin, end
        self.is_shown = False
        """Whether somebody can see the widget."""
        widget.installEventFilter(self)
        if widget.isVisible():
            self._set(shown=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The widget comes or goes."""
        if event.type() == QEvent.Type.Show:
            self._set(shown=True)
        elif event.type() == QEvent.Type.Hide:
            self._set(shown=False)
        return False

    def _set(self, *, shown: bool) -> None:
        if shown != self.is_shown:
            self.is_shown = shown
            (self._begin if shown else self._end)()


class OncePerFrame(QObject):
    """Calls `paint` once on the next beat of the program's frame clock, however often it was wished for.

    Args:
        paint: Brings to the screen what has come since.
        parent: Lives as long as this.
    """

    def __init__(self, paint: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._paint = paint
        self._is_wished = False
        self._turn = Turn()
        frame_clock().beat.connect(self._take_beat)

    def wish(self) -> None:
        """Something has changed; cheap enough for every message."""
        if not self._is_wished:
            self._is_wished = True
            frame_clock().ask()

    def _take_beat(self) -> None:
        if self._is_wished and self._turn.take():
            self._is_wished = False
            self._paint()
