"""A part of a chart that is the same in many frames: drawn once into a picture, then only copied."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter

from strategy_tester.ui.charts.raster import Raster, pixels_of


class KeptPart:
    """Keeps the picture of one part.

    It is made when the same content is asked for a second time: while a chart is moved nothing is kept in vain.
    """

    def __init__(self) -> None:
        self._seen: Any = None
        self._kept: Any = None
        self._picture: Raster | None = None

    def paint(
        self, painter: QPainter, place: QRect, made_for: Any, ground: QColor, draw: Callable[[QPainter], None]
    ) -> None:
        """Draw, or copy the picture.

        Args:
            painter: Its unit is the device pixel; everything but pixels in memory is always drawn on.
            place: The part; nothing of it may have been drawn before, besides the ground.
            made_for: Equal as long as the content is the same.
            ground: The color under the content.
            draw: Draws the content where it belongs.
        """
        if place.isEmpty():
            return
        if made_for != self._kept:
            is_new, self._seen = made_for != self._seen, made_for
            if is_new or pixels_of(painter) is None:
                draw(painter)
                return
            self._keep(place, ground, draw)
            self._kept = made_for
        elif pixels_of(painter) is None:
            draw(painter)
            return
        if self._picture is not None:
            painter.drawImage(place.left(), place.top(), self._picture.image)

    def _keep(self, place: QRect, ground: QColor, draw: Callable[[QPainter], None]) -> None:
        size = place.width(), place.height()
        if self._picture is None or self._picture.size != size:
            self._picture = Raster(size)

        def content(painter: QPainter) -> None:
            painter.fillRect(0, 0, *size, ground)
            painter.translate(-place.left(), -place.top())
            draw(painter)

        self._picture.paint(content)
