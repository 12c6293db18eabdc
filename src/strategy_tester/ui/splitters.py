"""Sizes of the parts of splitters."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget


def give_size(area: QWidget | None, orientation: Qt.Orientation, size: int, total: int) -> None:
    """Make the part of the nearest splitter of this orientation that holds the area `size` of `total` pixels."""
    child, parent = area, area.parentWidget() if area is not None else None
    while child is not None and parent is not None:
        if isinstance(parent, QSplitter) and parent.orientation() == orientation and parent.count() > 1:
            others = max(parent.count() - 1, 1)
            rest = max((total - size) // others, 1)
            parent.setSizes([size if parent.widget(number) is child else rest for number in range(parent.count())])
            return
        child, parent = parent, parent.parentWidget()


def halve(splitter: QSplitter, before: Sequence[int], index: int) -> None:
    """Give a part that came after `index` half of that one's room, instead of sharing everything out anew.

    Args:
        splitter: With the new part already in it.
        before: The sizes without it.
        index: Whose room is shared.
    """
    half = before[index] // 2
    splitter.setSizes([*before[:index], before[index] - half, half, *before[index + 1 :]])
