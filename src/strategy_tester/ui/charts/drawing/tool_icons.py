"""Icons of the drawing tools: a few strokes each on a grid of 24, in the theme's color at the moment of painting."""

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPen, QPixmap

from strategy_tester.ui.theme import current_theme

Shape = tuple[float, ...]
"""x0, y0, x1, y1 of a line; x, y of a dot."""
_GRID = 24.0
_DOT = 2.3

SHAPES: dict[str, tuple[Shape, ...]] = {
    "trend_line": ((5, 19, 19, 5), (5, 19), (19, 5)),
    "ray": ((5, 17, 21, 7), (5, 17), (13, 12)),
    "extended_line": ((2, 19, 22, 5), (8, 14.8), (16, 9.2)),
    "arrow": ((5, 19, 19, 5), (10.5, 5, 19, 5), (19, 13.5, 19, 5)),
    "horizontal_line": ((2, 12, 22, 12), (12, 12)),
    "vertical_line": ((12, 2, 12, 22), (12, 12)),
    "cross_line": ((2, 12, 22, 12), (12, 2, 12, 22), (12, 12)),
    "channel": ((3, 14, 15, 3), (9, 21, 21, 10), (3, 14), (21, 10)),
    "rectangle": ((5, 6, 19, 6), (19, 6, 19, 18), (19, 18, 5, 18), (5, 18, 5, 6), (5, 6), (19, 18)),
    "fib_retracement": ((3, 4, 21, 4), (3, 9.3, 21, 9.3), (3, 14.6, 21, 14.6), (3, 20, 21, 20), (19, 4), (5, 20)),
    "fib_extension": ((9, 3, 21, 3), (9, 8.5, 21, 8.5), (9, 14, 21, 14), (3, 21, 8, 14), (8, 14, 12, 20), (3, 21),
                      (12, 20)),
    "measure": ((4, 8, 20, 8), (20, 8, 20, 16), (20, 16, 4, 16), (4, 16, 4, 8), (8, 8, 8, 11.5), (12, 8, 12, 12.5),
                (16, 8, 16, 11.5)),
    "text": ((5, 5, 19, 5), (12, 5, 12, 20), (5, 5, 5, 8), (19, 5, 19, 8), (9.5, 20, 14.5, 20)),
    "long_position": ((3, 13, 21, 13), (3, 20, 21, 20), (3, 3, 21, 3), (12, 13, 12, 6), (12, 6, 9, 9), (12, 6, 15, 9)),
    "short_position": ((3, 11, 21, 11), (3, 4, 21, 4), (3, 21, 21, 21), (12, 11, 12, 18), (12, 18, 9, 15),
                       (12, 18, 15, 15)),
}  # fmt: skip


def tool_icon(kind: str, color: str = "text") -> QIcon:
    """The icon of a kind of drawing, in a color token of the theme."""
    return QIcon(_ShapeEngine(SHAPES[kind], color))


class _ShapeEngine(QIconEngine):
    def __init__(self, shapes: tuple[Shape, ...], color: str) -> None:
        super().__init__()
        self._shapes, self._color = shapes, color

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        scale = side / _GRID
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.center().x() + 0.5 - side / 2, rect.center().y() + 0.5 - side / 2)
        color = QColor(current_theme().color("disabled" if mode == QIcon.Mode.Disabled else self._color))
        painter.setPen(QPen(color, 1.7 * scale, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for shape in self._shapes:
            if len(shape) == 4:
                painter.drawLine(
                    QPointF(shape[0] * scale, shape[1] * scale), QPointF(shape[2] * scale, shape[3] * scale)
                )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        for shape in self._shapes:
            if len(shape) == 2:
                radius = _DOT * scale
                painter.drawEllipse(
                    QRectF(shape[0] * scale - radius, shape[1] * scale - radius, 2 * radius, 2 * radius)
                )
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return QPixmap.fromImage(image)

    def clone(self) -> QIconEngine:
        return _ShapeEngine(self._shapes, self._color)
