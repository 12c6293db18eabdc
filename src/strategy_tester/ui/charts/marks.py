"""Small marks drawn once and then copied: arrows for entries, diamonds for exits."""

from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPixmap, QPolygonF

Corners = tuple[tuple[float, float], ...]

# Corners in a square of side 2 around 0, 0.
ARROW_UP = ((0.0, -1.0), (0.9, 0.0), (0.3, 0.0), (0.3, 1.0), (-0.3, 1.0), (-0.3, 0.0), (-0.9, 0.0))
ARROW_DOWN = tuple((x, -y) for x, y in ARROW_UP)
DIAMOND = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))


@lru_cache(maxsize=64)
def mark_picture(corners: Corners, half: int, color: int, edge: int) -> QPixmap:
    """A mark in a square of 2 x half + 3 device pixels, its middle in the middle pixel.

    Args:
        corners: Of the shape, -1..1.
        half: Half the shape's size in device pixels.
        color: Its color as QRgb.
        edge: The color around it as QRgb, so that it stands out from what it covers.
    """
    side = 2 * half + 3
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _draw_mark(painter, QPointF(side / 2, side / 2), corners, half, (QColor.fromRgb(color), QColor.fromRgb(edge)))
    painter.end()
    return picture


def _draw_mark(painter: QPainter, middle: QPointF, corners: Corners, half: int, colors: tuple[QColor, QColor]) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    shape = QPolygonF([middle + QPointF(x * half, y * half) for x, y in corners])
    painter.setPen(colors[1])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(shape)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors[0])
    painter.drawPolygon(shape)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_mark(
    painter: QPainter,
    at: tuple[int, int],
    corners: Corners,
    half: int,
    colors: tuple[QColor, QColor],
) -> None:
    """Put a mark with its middle at a pixel: column, row; ground color and edge color."""
    engine = painter.paintEngine()
    if engine is not None and engine.type() != QPaintEngine.Type.Raster:
        # A page or a vector file keeps its shapes sharp at any size.
        _draw_mark(painter, QPointF(at[0] + 0.5, at[1] + 0.5), corners, half, colors)
        return
    picture = mark_picture(corners, half, colors[0].rgb(), colors[1].rgb())
    painter.drawPixmap(at[0] - half - 1, at[1] - half - 1, picture)
