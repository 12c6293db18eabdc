"""What lies where in the frame drawn last. All places are in device pixels."""

from enum import Enum, auto

from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.renderer import ChartRenderer
from strategy_tester.ui.charts.tools import Spot
from strategy_tester.ui.charts.window import PaneFrame

CLICK_REACH = 4
"""Logical pixels the pointer may move between press and release of a click, and by which thin things may be missed."""


class Part(Enum):
    """What of a chart lies under the pointer."""

    PLOT = auto()
    VALUES = auto()
    TIMES = auto()
    BORDER = auto()


class Places:
    """Answers for one renderer.

    Args:
        renderer: Whose last frame is meant.
    """

    def __init__(self, renderer: ChartRenderer) -> None:
        self._renderer = renderer

    def _reach(self) -> float:
        frame = self._renderer.frame
        return CLICK_REACH * (frame.lettering.ratio if frame is not None else 1.0)

    def part_at(self, x: float, y: float) -> tuple[Part, Pane | None, int]:
        """The part, its pane, and the number of the border from the top if it is one."""
        frame = self._renderer.frame
        if frame is None:
            return Part.PLOT, None, -1
        border = frame.border_at(y, self._reach())
        if border is not None:
            return Part.BORDER, None, border
        found = frame.pane_at(y)
        if found is None:
            return Part.TIMES, None, -1
        return (Part.VALUES if x >= frame.plot_width else Part.PLOT), found[0], -1

    def place_of(self, pane: Pane) -> PaneFrame | None:
        """Where a pane is; None while it is out of sight."""
        frame = self._renderer.frame
        return next((place for one, place in frame.panes if one is pane), None) if frame is not None else None

    def point_at(self, x: float, y: float) -> tuple[float, float, float, float] | None:
        """Slot, value and reach (in slots and values) at a place in the main pane; None elsewhere."""
        model = self._renderer.model
        place = self.place_of(model.panes[0]) if model.panes else None
        if place is None or not (place.left <= x <= place.right and place.top <= y <= place.bottom):
            return None
        value, near = (place.scale.value_at((row - place.top) / place.height) for row in (y, y - self._reach()))
        view = model.view
        return view.slot_at(x), value, self._reach() / view.pixels_per_slot, abs(near - value)

    def spot_at(self, x: float, y: float, pane: Pane | None = None) -> Spot | None:
        """The place on a pane; None off the panes.

        Args:
            x: Column.
            y: Row.
            pane: Speak in this pane's values, wherever the row is.
        """
        frame = self._renderer.frame
        if frame is None:
            return None
        if pane is None:
            found = frame.pane_at(y) if 0 <= x < frame.plot_width else None
        else:
            found = next(((one, place) for one, place in frame.panes if one.key == pane.key), None)
        if found is None:
            return None
        value = found[0].scale.value_at((y - found[1].top) / found[1].height)
        return Spot(x, y, self._renderer.model.view.slot_at(x), value, self._reach(), *found)
