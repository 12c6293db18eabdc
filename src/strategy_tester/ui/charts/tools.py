"""What may take part in a chart from outside: tools that follow the pointer, painters that draw over the candles."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.window import PaneFrame

if TYPE_CHECKING:
    from strategy_tester.ui.charts.renderer import Frame


@dataclass(frozen=True)
class Spot:
    """A place on the chart.

    Attributes:
        x: Device pixels from the left.
        y: Device pixels from the top.
        slot: Time as a slot with a fraction; also outside the candles.
        value: The pane's value at this height, also a little outside the pane.
        reach: Device pixels by which thin things may be missed.
        pane: The pane; while a press is held, the one in which it began.
        place: Where the pane is.
    """

    x: float
    y: float
    slot: float
    value: float
    reach: float
    pane: Pane
    place: PaneFrame


class PointerTool:
    """Takes part in what the pointer does over the panes. Everything is left to others unless a method says otherwise.

    The canvas asks its tools in their order; the first one that takes a press gets the moves and the release of it.
    """

    def press(self, spot: Spot, event: QMouseEvent) -> bool:
        """A button went down; True takes this press, so that it neither pans nor clicks."""
        return False

    def move(self, spot: Spot, event: QMouseEvent) -> None:
        """The pointer moved while this tool's press is held."""

    def release(self, spot: Spot, event: QMouseEvent) -> None:
        """The button of this tool's press came up."""

    def double_click(self, spot: Spot, event: QMouseEvent) -> bool:
        """True when it was meant for this tool."""
        return False

    def hover(self, spot: Spot, modifiers: Qt.KeyboardModifier) -> Qt.CursorShape | None:
        """The pointer moved with no button held; the shape it should take, None for the usual one."""
        return None

    def leave(self) -> None:
        """The pointer left the chart."""

    def key(self, event: QKeyEvent) -> bool:
        """A key was pressed while the chart has the keyboard; True when it meant this tool."""
        return False


class FramePainter(Protocol):
    """Draws over a frame; the painter's units are device pixels."""

    def paint(self, painter: QPainter, frame: "Frame") -> None:
        """Draw. The painter is not clipped; each pane's place is in `frame.panes`."""
        ...
