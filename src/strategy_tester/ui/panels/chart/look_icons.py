"""Small pictures of the chart types, in the theme's colors."""

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QImage, QPainter, QPen, QPixmap, QPolygonF

from strategy_tester.ui.theme import current_theme

GRID = 16.0
"""Units across a picture."""
# Each bar: middle, top of the wick, top and bottom of the body, bottom of the wick.
BARS = ((4.5, 2.5, 5.5, 11.5, 14.0), (11.5, 1.5, 3.5, 8.5, 12.0))
AVERAGES = ((3.0, 8.0, 9.5, 13.5, 13.5), (8.0, 4.5, 6.0, 11.0, 11.0), (13.0, 2.0, 3.0, 8.0, 8.0))
LINE = ((1.5, 12.0), (5.5, 6.5), (9.0, 9.5), (14.5, 3.0))


def chart_type_icon(kind: str) -> QIcon:
    """The picture of a chart type, one of `candle_layer.CHART_TYPES`."""
    return QIcon(_TypeEngine(kind))


class _TypeEngine(QIconEngine):
    """Draws one chart type in the color the theme has when it is drawn; the one in use in the accent color."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        name = "disabled" if mode == QIcon.Mode.Disabled else "text"
        color = current_theme().color("accent_text" if state == QIcon.State.On else name)
        size = min(rect.width(), rect.height())
        painter.save()
        painter.translate(rect.x() + (rect.width() - size) / 2, rect.y() + (rect.height() - size) / 2)
        painter.scale(size / GRID, size / GRID)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(color, 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        {"bars": _bars, "line": _line, "area": _area}.get(self._kind, _candles)(painter, color, self._kind)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return QPixmap.fromImage(image)

    def clone(self) -> QIconEngine:
        return _TypeEngine(self._kind)


def _candles(painter: QPainter, color: QColor, kind: str) -> None:
    bars = AVERAGES if kind == "heikin_ashi" else BARS
    for number, (middle, high, top, bottom, low) in enumerate(bars):
        painter.drawLine(QPointF(middle, high), QPointF(middle, top))
        painter.drawLine(QPointF(middle, bottom), QPointF(middle, low))
        is_hollow = kind == "hollow" or (kind == "heikin_ashi" and number == 0)
        painter.setBrush(Qt.BrushStyle.NoBrush if is_hollow else color)
        painter.drawRect(QRectF(middle - 2.0, top, 4.0, bottom - top))


def _bars(painter: QPainter, color: QColor, _kind: str) -> None:
    painter.setPen(QPen(color, 1.5))
    for middle, high, top, bottom, low in BARS:
        painter.drawLine(QPointF(middle, high), QPointF(middle, low))
        painter.drawLine(QPointF(middle - 3.0, bottom), QPointF(middle, bottom))
        painter.drawLine(QPointF(middle, top), QPointF(middle + 3.0, top))


def _line(painter: QPainter, color: QColor, _kind: str) -> None:
    painter.setPen(QPen(color, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in LINE]))


def _area(painter: QPainter, color: QColor, kind: str) -> None:
    ground = QColor(color)
    ground.setAlphaF(0.35)
    corners = [QPointF(x, y) for x, y in (*LINE, (LINE[-1][0], 14.5), (LINE[0][0], 14.5))]
    painter.setBrush(ground)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(QPolygonF(corners))
    _line(painter, color, kind)
