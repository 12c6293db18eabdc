"""A picture that kernels and a painter draw into by turns.

Millions of small rectangles and slanting lines are many times cheaper written by a kernel than drawn by a painter. A
layer asks `pixels_of(painter)`: on a picture of this kind it gets the pixels, on anything else (a page, a vector file)
None, and then draws with the painter's own means. Both show the same.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from strategy_tester.ui.charts.buffers import RectBuffer, SegmentBuffer
from strategy_tester.ui.charts.kernels import KERNELS

Clip = tuple[int, int, int, int]
Size = tuple[int, int]

OPAQUE = 255


class Pixels(NamedTuple):
    """The pixels under a painter.

    Attributes:
        array: 0xffRRGGBB, shape (rows, columns).
        clip: Where the painter may draw now: left, top, right, bottom, both ends inside.
    """

    array: NDArray[np.uint32]
    clip: Clip


class Raster:
    """A picture of a size in device pixels.

    Args:
        size: Width and height.
    """

    _open: "tuple[QPainter, NDArray[np.uint32]] | None" = None
    """The painter at work on some raster, and that raster's pixels; only the UI thread paints."""

    def __init__(self, size: Size) -> None:
        self.size = size
        width, height = size
        # Qt draws into memory that numpy owns: so both see the same pixels, and nothing is ever copied apart.
        self._array: NDArray[np.uint32] = np.zeros((height, width), dtype=np.uint32)
        self.image = QImage(self._array.data, width, height, 4 * width, QImage.Format.Format_RGB32)

    def paint(self, draw: Callable[[QPainter], None]) -> None:
        """Let something draw on the picture."""
        before = Raster._open
        painter = QPainter(self.image)
        Raster._open = painter, self._array
        try:
            draw(painter)
        finally:
            Raster._open = before
            painter.end()


def pixels_of(painter: QPainter) -> Pixels | None:
    """The pixels under a painter whose unit is the device pixel; None where there are none to be had."""
    if Raster._open is None or Raster._open[0] is not painter:
        return None
    array = Raster._open[1]
    height, width = array.shape
    if not painter.hasClipping():
        return Pixels(array, (0, 0, width - 1, height - 1))
    left, top, right, bottom = painter.clipBoundingRect().toRect().getCoords()  # pyright: ignore[reportGeneralTypeIssues]
    return Pixels(array, (max(left, 0), max(top, 0), min(right, width - 1), min(bottom, height - 1)))


def fill(painter: QPainter, buffer: RectBuffer, count: int, color: QColor) -> None:
    """Draw rectangles of one color, crisp and without an edge."""
    if count <= 0:
        return
    pixels = pixels_of(painter)
    if pixels is not None and color.alpha() == OPAQUE:
        KERNELS.raster.fill_rects(pixels.array, buffer.array, count, color.rgb(), pixels.clip)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    buffer.draw(painter, count)


def stroke(painter: QPainter, buffer: SegmentBuffer, count: int, color: QColor, width: float) -> None:
    """Draw segments of one color, `width` device pixels thick, with round ends and smooth edges."""
    if count <= 0:
        return
    pixels = pixels_of(painter)
    if pixels is not None and color.alpha() == OPAQUE:
        KERNELS.raster.stroke_segments(pixels.array, buffer.array, count, width, color.rgb(), pixels.clip)
        return
    pen = QPen(color, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen)
    buffer.draw(painter, count)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
