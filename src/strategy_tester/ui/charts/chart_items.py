"""The two items of a chart's scene: the chart, kept as a picture while only the pointer moves, and what lies above."""

import math
from collections.abc import Callable

from pyqtgraph import GraphicsObject
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from strategy_tester.ui.charts.raster import Raster, directly_on

Size = tuple[int, int]


def to_device_pixels(painter: QPainter, ratio: float) -> None:
    """Make the painter's unit one device pixel, with its origin exactly on one."""
    here = painter.deviceTransform()
    painter.scale(1.0 / ratio, 1.0 / ratio)
    painter.translate(round(here.dx()) - here.dx(), round(here.dy()) - here.dy())


class _FullItem(GraphicsObject):
    """An item that fills the view."""

    def __init__(self) -> None:
        super().__init__()
        self._place = QRectF()

    def set_size(self, width: float, height: float) -> None:
        """Fill this much, in logical pixels."""
        self.prepareGeometryChange()
        self._place = QRectF(0.0, 0.0, width, height)

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._place

    def device_size(self, ratio: float) -> Size:
        """Width and height in device pixels."""
        return math.floor(self._place.width() * ratio), math.floor(self._place.height() * ratio)


class ChartItem(_FullItem):
    """Panes and axes.

    While the chart changes with every frame it is drawn straight to the window; once the same content is asked for a
    second time it is drawn into a picture, and from then on only copied.

    Args:
        draw: Draws the content: painter (device pixels), size, ratio.
    """

    def __init__(self, draw: Callable[[QPainter, Size, float], None]) -> None:
        super().__init__()
        self._draw = draw
        self._version = 0
        self._drawn: tuple[int, Size, float] | None = None
        self._kept: tuple[int, Size, float] | None = None
        self._picture: Raster | None = None

    def content_changed(self) -> None:
        """The next frame must be drawn anew."""
        self._version += 1

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw, or copy the picture."""
        ratio = painter.device().devicePixelRatio()
        size = self.device_size(ratio)
        if size[0] < 2 or size[1] < 2:
            return
        painter.save()
        to_device_pixels(painter, ratio)
        wanted = (self._version, size, ratio)
        if wanted not in (self._kept, self._drawn):
            with directly_on(painter, size) as is_direct:
                if is_direct:
                    self._draw(painter, size, ratio)
            self._drawn = wanted
            if is_direct:
                painter.restore()
                return
        painter.drawImage(0, 0, self._picture_of(wanted).image)
        painter.restore()

    def _picture_of(self, wanted: tuple[int, Size, float]) -> Raster:
        if self._picture is None or self._picture.size != wanted[1]:
            self._picture, self._kept = Raster(wanted[1]), None
        if wanted != self._kept:
            self._picture.paint(lambda painter: self._draw(painter, *wanted[1:]))
            self._kept = wanted
        return self._picture


class OverlayItem(_FullItem):
    """Crosshair and legends.

    Args:
        draw: Draws them: painter (device pixels).
    """

    def __init__(self, draw: Callable[[QPainter], None]) -> None:
        super().__init__()
        self._draw = draw
        self.setZValue(1000)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw over whatever is there."""
        painter.save()
        to_device_pixels(painter, painter.device().devicePixelRatio())
        self._draw(painter)
        painter.restore()
