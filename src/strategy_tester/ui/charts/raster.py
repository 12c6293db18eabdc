"""Pixels that kernels and a painter write by turns.

Millions of small rectangles and slanting lines are many times cheaper written by a kernel than drawn by a painter. A
layer calls `fill` and `stroke`, or asks `pixels_of(painter)`: where a painter works on pixels in plain memory it gets
them, on anything else (a page, a vector file) None, and then draws with the painter's own means. Both show the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QRegion, QTransform

from strategy_tester.ui.charts.buffers import RectBuffer, SegmentBuffer
from strategy_tester.ui.charts.kernels import KERNELS

Clip = tuple[int, int, int, int]
Size = tuple[int, int]

OPAQUE = 255
UNTURNED = (QTransform.TransformationType.TxNone, QTransform.TransformationType.TxTranslate)


class Pixels(NamedTuple):
    """The pixels under a painter.

    Attributes:
        array: 0xffRRGGBB, shape (rows, columns).
        at: Column and row in the array of the painter's 0, 0.
        clip: Where the painter may draw now, in its own pixels: left, top, right, bottom, both ends inside.
    """

    array: NDArray[np.uint32]
    at: tuple[int, int]
    clip: Clip


class _Work(NamedTuple):
    """A painter at work on pixels, and how large its part of them is."""

    painter: QPainter
    array: NDArray[np.uint32]
    at: tuple[int, int]
    size: Size


_works: list[_Work] = []
"""The innermost is last; only the UI thread paints."""


class Raster:
    """A picture of a size in device pixels.

    Args:
        size: Width and height.
    """

    def __init__(self, size: Size) -> None:
        self.size = size
        width, height = size
        # Qt draws into memory that numpy owns: so both see the same pixels, and nothing is ever copied apart.
        self._array: NDArray[np.uint32] = np.zeros((height, width), dtype=np.uint32)
        self.image = QImage(self._array.data, width, height, 4 * width, QImage.Format.Format_RGB32)

    def paint(self, draw: Callable[[QPainter], None]) -> None:
        """Let something draw on the picture."""
        painter = QPainter(self.image)
        _works.append(_Work(painter, self._array, (0, 0), self.size))
        try:
            draw(painter)
        finally:
            _works.pop()
            painter.end()


@contextmanager
def directly_on(painter: QPainter, size: Size) -> Iterator[bool]:
    """Give layers the pixels of the window that a painter draws on; says whether that is possible.

    It is while the window is plain memory and all of the part to be drawn is free: nothing lies above it.

    Args:
        painter: Its unit is the device pixel.
        size: Width and height of what will be drawn from 0, 0.
    """
    work = _window_of(painter, size)
    if work is None:
        yield False
        return
    _works.append(work)
    try:
        yield True
    finally:
        _works.pop()


def _window_of(painter: QPainter, size: Size) -> _Work | None:
    engine, place = painter.paintEngine(), painter.deviceTransform()
    device = engine.paintDevice()
    if not isinstance(device, QImage) or place.type() not in UNTURNED:
        return None
    if device.format() not in (QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied):
        return None
    part = QRect(round(place.dx()), round(place.dy()), *size)
    free = engine.systemClip()
    if not device.rect().contains(part) or not (free.isEmpty() or _is_within(part, free)):
        return None
    array = np.frombuffer(device.bits(), dtype=np.uint32).reshape(device.height(), device.bytesPerLine() // 4)
    return _Work(painter, array, (part.left(), part.top()), size)


def _is_within(part: QRect, region: QRegion) -> bool:
    return region.rectCount() == 1 and region.boundingRect().contains(part)


def pixels_of(painter: QPainter) -> Pixels | None:
    """The pixels under a painter whose unit is the device pixel; None where there are none to be had."""
    work = _works[-1] if _works else None
    if work is None or work.painter is not painter:
        return None
    place = painter.deviceTransform()
    if (round(place.dx()), round(place.dy())) != work.at or place.type() not in UNTURNED:
        # Somebody has moved the origin meanwhile.
        return None
    width, height = work.size
    if not painter.hasClipping():
        return Pixels(work.array, work.at, (0, 0, width - 1, height - 1))
    left, top, right, bottom = painter.clipBoundingRect().getCoords()  # pyright: ignore[reportGeneralTypeIssues]
    clip = (max(round(left), 0), max(round(top), 0), min(round(right), width) - 1, min(round(bottom), height) - 1)
    return Pixels(work.array, work.at, clip)


def fill(painter: QPainter, buffer: RectBuffer, count: int, color: QColor) -> None:
    """Draw rectangles of one color, crisp and without an edge."""
    if count <= 0:
        return
    pixels = pixels_of(painter)
    if pixels is not None and color.alpha() == OPAQUE:
        KERNELS.raster.fill_rects(pixels.array, pixels.at, buffer.array, count, color.rgb(), pixels.clip)
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
        KERNELS.raster.stroke_segments(pixels.array, pixels.at, buffer.array, count, width, color.rgb(), pixels.clip)
        return
    pen = QPen(color, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen)
    buffer.draw(painter, count)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
