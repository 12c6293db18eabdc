"""Shapes handed to Qt without a Python object each: numba fills an array, one call draws it.

QPainter has C++ calls that take the address and number of many shapes. shiboken6 wraps the array's address as the
first of them.
"""

from typing import cast

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRect
from PySide6.QtGui import QPainter


class RectBuffer:
    """Room for rectangles of whole pixels: left, top, right, bottom as int32, both ends inside, as in QRect."""

    def __init__(self, capacity: int = 4096) -> None:
        self.array: NDArray[np.int32] = np.empty((capacity, 4), dtype=np.int32)
        self._first = cast("QRect", shiboken6.wrapInstance(self.array.ctypes.data, QRect))

    def room(self, capacity: int) -> NDArray[np.int32]:
        """The array, grown to hold `capacity` rectangles."""
        if capacity > self.array.shape[0]:
            self.__init__(max(capacity, 2 * self.array.shape[0]))
        return self.array

    def draw(self, painter: QPainter, count: int) -> None:
        """Draw the first rectangles with the painter's brush."""
        if count > 0:
            painter.drawRects(self._first, count)


class SegmentBuffer:
    """Room for line segments: x, y of both ends as float64, as in QLineF."""

    def __init__(self, capacity: int = 4096) -> None:
        self.array: NDArray[np.float64] = np.empty((capacity, 4))
        self._first = cast("QLineF", shiboken6.wrapInstance(self.array.ctypes.data, QLineF))

    def room(self, capacity: int) -> NDArray[np.float64]:
        """The array, grown to hold `capacity` segments."""
        if capacity > self.array.shape[0]:
            self.__init__(max(capacity, 2 * self.array.shape[0]))
        return self.array

    def draw(self, painter: QPainter, count: int) -> None:
        """Draw the first segments with the painter's pen."""
        if count > 0:
            painter.drawLines(self._first, count)
