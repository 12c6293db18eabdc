"""The pointer over the chart's own buttons and pane titles: it presses the ones and drags the others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter

from strategy_tester.ui.charts.controls import (
    SCALE,
    Control,
    PlacedRow,
    control_under,
    controls_at,
    paint_controls,
)
from strategy_tester.ui.charts.pane_book import MAIN

if TYPE_CHECKING:
    from strategy_tester.ui.charts.canvas import ChartCanvas
    from strategy_tester.ui.charts.renderer import Frame

REACH = 4
"""Logical pixels the pointer moves before a press on a title becomes a drag."""


@dataclass
class _TitleDrag:
    """A pane taken by its title: its key, where the press was, and the place it would be dropped at."""

    key: str
    start: QPoint
    place: int | None = None


class ControlHand:
    """Belongs to one canvas.

    Args:
        canvas: Whose buttons these are; its `control_used` and `pane_dropped` tell what happened.
    """

    def __init__(self, canvas: "ChartCanvas") -> None:
        self._canvas = canvas
        self.rows: list[PlacedRow] = []
        """The legends as they were drawn last."""
        self.at: QPoint | None = None
        """Where the pointer is, in device pixels; None while it is elsewhere."""
        self._pressed: Control | None = None
        self._drag: _TitleDrag | None = None
        self._resting: tuple[Frame, tuple[str, list[bool]], list[Control]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a press on a button or a title is held."""
        return self._pressed is not None or self._drag is not None

    def controls(self) -> list[Control]:
        """The buttons to be seen now."""
        frame = self._canvas.renderer.frame
        if frame is None or not self._canvas.has_controls:
            return []
        if self.at is None:
            return self._resting_controls(frame)
        return controls_at(frame, self.rows, self.at, self._canvas.scale_kind())

    def _resting_controls(self, frame: "Frame") -> list[Control]:
        """The buttons to be seen while the pointer is elsewhere; asked for twice in each frame."""
        states = self._canvas.scale_kind(), [pane.scale.is_auto for pane, _ in frame.panes]
        known = self._resting
        if known is None or known[0] is not frame or known[1] != states:
            known = self._resting = frame, states, controls_at(frame, (), None, states[0])
        return known[2]

    def resting_marks(self, frame: "Frame") -> list[QRect]:
        """Where marks stand on the value axes while the pointer is elsewhere: labels make room for them."""
        if not self._canvas.has_controls:
            return []
        return [control.rect for control in self._resting_controls(frame) if control.kind == SCALE]

    def under_pointer(self, controls: list[Control] | None = None) -> Control | None:
        """The button under the pointer; `controls` where they are known already."""
        if self.at is None:
            return None
        return control_under(self.controls() if controls is None else controls, self.at)

    def press(self, at: QPoint) -> bool:
        """The left button went down; True when on a button or a title."""
        self.at = at
        self._pressed = self.under_pointer()
        if self._pressed is None:
            key = self._title_at(at)
            self._drag = _TitleDrag(key, at) if key is not None else None
        return self.is_busy

    def move(self, at: QPoint) -> None:
        """The pointer moved."""
        self.at = at
        frame = self._canvas.renderer.frame
        if self._drag is None or frame is None:
            return
        if self._drag.place is not None or (at - self._drag.start).manhattanLength() > REACH * frame.lettering.ratio:
            others = [place for pane, place in frame.from_top() if pane.key != self._drag.key]
            self._drag.place = sum((place.top + place.bottom) / 2 < at.y() for place in others)

    def release(self, at: QPoint) -> None:
        """The left button came up: whatever was meant happens now."""
        self.at = at
        pressed, self._pressed = self._pressed, None
        drag, self._drag = self._drag, None
        under = self.under_pointer()
        if pressed is not None and under is not None and (under.kind, under.name) == (pressed.kind, pressed.name):
            self._canvas.control_used.emit(pressed)
        elif drag is not None and drag.place is not None:
            self._canvas.pane_dropped.emit(drag.key, drag.place)

    def cancel(self) -> bool:
        """Give up a drag; False when there is none."""
        had, self._drag = self._drag is not None, None
        return had

    def cursor(self) -> Qt.CursorShape | None:
        """The shape the pointer takes here; None away from buttons and titles."""
        if self._drag is not None and self._drag.place is not None:
            return Qt.CursorShape.ClosedHandCursor
        if self.under_pointer() is not None:
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.OpenHandCursor if self.at is not None and self._title_at(self.at) else None

    def _title_at(self, at: QPoint) -> str | None:
        """Key of the pane whose title is under a place; the main pane stays where it is, others move around it."""
        frame = self._canvas.renderer.frame
        if frame is None or not self._canvas.has_controls or len(frame.panes) < 2:
            return None
        titles = (row for row in self.rows if row.number == 0 and row.key != MAIN and row.row)
        return next((row.key for row in titles if row.pieces(frame)[0][1].contains(at)), None)

    def paint(self, painter: QPainter, frame: "Frame", controls: list[Control]) -> None:
        """Draw the buttons, and where a dragged pane would go."""
        if self._drag is not None and self._drag.place is not None:
            self._paint_drag(painter, frame, self._drag.key, self._drag.place)
        paint_controls(painter, frame, controls, self.at)

    @staticmethod
    def _paint_drag(painter: QPainter, frame: "Frame", key: str, place: int) -> None:
        dragged = frame.place_of(key)
        others = [one for pane, one in frame.from_top() if pane.key != key]
        if dragged is None or not others:
            return
        color = frame.colors.accent
        thickness = frame.lettering.px(2)
        edge = QRect(0, dragged.top, frame.plot_width, dragged.height)
        painter.fillRect(QRect(edge.left(), edge.top(), thickness, edge.height()), color)
        row = others[place].top if place < len(others) else others[-1].bottom + 1
        painter.fillRect(QRect(0, max(row - thickness, 0), frame.plot_width, 2 * thickness), color)
