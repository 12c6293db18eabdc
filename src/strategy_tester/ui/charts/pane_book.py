"""Which panes a chart shows, in which order and how high: the user's choices, apart from what is in the panes.

Panes come and go with indicators and markets; their places and heights are remembered by key. No Qt here.
"""

import math
from collections.abc import Sequence
from typing import Any

from strategy_tester.ui.charts.panes import Pane

MAIN = "price"
"""Key of the pane that is always there."""
VOLUME = "volume"
"""Key of the pane of volumes."""
MOST_KEYS = 64
"""Keys that are remembered: many more than anyone has panes."""


class PaneBook:
    """Order, heights, closed panes, and the pane that has the chart to itself.

    Attributes:
        order: Keys from top to bottom, also of panes that are not there now.
        shares: Height of a pane in heights of the main pane.
        closed: Keys of the panes the user has closed.
        maximized: Key of the pane shown alone, or None.
    """

    def __init__(self) -> None:
        self.order: list[str] = [MAIN]
        self.shares: dict[str, float] = {}
        self.closed: set[str] = set()
        self.maximized: str | None = None

    def note_heights(self, panes: Sequence[Pane]) -> None:
        """Remember the heights that these panes have."""
        main = next((pane for pane in panes if pane.key == MAIN), None)
        if main is None or main.stretch <= 0:
            return
        for pane in panes:
            if pane is not main:
                self.shares[pane.key] = pane.stretch / main.stretch
        for key in list(self.shares)[:-MOST_KEYS]:
            del self.shares[key]

    def arrange(self, natural: Sequence[Pane]) -> list[Pane]:
        """The panes to show: the main one first, then the others from top to bottom; those above it get rank -1.

        Args:
            natural: Every pane in the order for someone who has moved nothing, the main one among them.
        """
        self._take_in([pane.key for pane in natural])
        main_place = self.order.index(MAIN)
        shown = sorted(
            (pane for pane in natural if pane.key not in self.closed), key=lambda pane: self.order.index(pane.key)
        )
        for pane in shown:
            pane.rank = -1 if self.order.index(pane.key) < main_place else 0
        if self.maximized is not None and all(pane.key != self.maximized for pane in shown):
            self.maximized = None
        return sorted(shown, key=lambda pane: pane.key != MAIN)

    def _take_in(self, keys: Sequence[str]) -> None:
        """Give keys that are new a place: after the pane they follow by nature, but below the main one."""
        for number, key in enumerate(keys):
            if key not in self.order:
                known = [self.order.index(before) for before in keys[:number] if before in self.order]
                self.order.insert(max([*known, self.order.index(MAIN)]) + 1, key)
        gone = [key for key in self.order if key not in keys]
        for key in gone[: max(len(self.order) - MOST_KEYS, 0)]:
            if key != MAIN:
                self.order.remove(key)

    def move(self, key: str, place: int, shown: Sequence[str]) -> bool:
        """Put a pane at a place among the panes in sight; False when nothing changes.

        Args:
            key: The pane.
            place: 0 is the top; counted with the pane itself taken out.
            shown: Keys of the panes in sight from top to bottom.
        """
        others = [one for one in shown if one != key]
        place = min(max(place, 0), len(others))
        if key not in shown or [*others[:place], key, *others[place:]] == list(shown):
            return False
        self.order.remove(key)
        if place < len(others):
            self.order.insert(self.order.index(others[place]), key)
        else:
            self.order.insert(self.order.index(others[-1]) + 1, key)
        return True

    def save(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "order": list(self.order),
            "heights": {key: round(share, 4) for key, share in self.shares.items()},
            "closed": sorted(self.closed),
            "maximized": self.maximized,
        }

    def restore(self, state: Any) -> None:
        """Take up what `save` gave; whatever does not fit is passed over."""
        if not isinstance(state, dict):
            return
        order = [str(key) for key in _list(state.get("order"))][:MOST_KEYS]
        self.order = list(dict.fromkeys(order if MAIN in order else [MAIN, *order]))
        heights = state.get("heights")
        pairs = heights.items() if isinstance(heights, dict) else ()
        self.shares = {str(key): float(share) for key, share in pairs if _is_share(share)}
        self.closed = {str(key) for key in _list(state.get("closed"))} - {MAIN}
        maximized = state.get("maximized")
        self.maximized = maximized if isinstance(maximized, str) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 < value < 1000
