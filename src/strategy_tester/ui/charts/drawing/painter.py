"""Paints figures. The painter's units are device pixels; areas are clipped to the price pane, tags lie on the axes."""

import math
from functools import lru_cache

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from strategy_tester.ui.charts.axis_painter import axis_text, paint_tag, tag_rect
from strategy_tester.ui.charts.drawing.figures import Figure, Fill, Handle, Stroke, Words
from strategy_tester.ui.charts.drawing.geometry import Point
from strategy_tester.ui.charts.drawing.projection import Projection
from strategy_tester.ui.charts.drawing.scene import PRICE_PANE, DrawingScene
from strategy_tester.ui.charts.palette import ChartColors
from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.renderer import Frame
from strategy_tester.ui.charts.time_ticks import crosshair_time
from strategy_tester.ui.charts.window import PaneFrame
from strategy_tester.ui.theme import readable

LINE_NUMBERS = {
    "blue": 0, "orange": 1, "purple": 2, "cyan": 3, "pink": 4, "green": 5, "yellow": 6, "indigo": 7,
}  # fmt: skip
"""Names of colors, and which of the chart's line colors they are."""
DASHES = {"solid": (), "dashed": (5.0, 4.0), "dotted": (1.0, 3.0)}
HANDLE_RADIUS = 4.5
WHITE = "#FFFFFF"
_STRAIGHT = 0.5


def color_named(colors: ChartColors, name: str) -> QColor:
    """The color that a drawing asks for, in the theme's shade."""
    if name in LINE_NUMBERS:
        return colors.line_color(LINE_NUMBERS[name])
    return _own_color(name) if name.startswith("#") else getattr(colors, name)


@lru_cache(maxsize=256)
def _own_color(name: str) -> QColor:
    return QColor(name)


class DrawingPainter:
    """Draws the drawings over the candles: those at rest, as a part of the kept picture.

    Args:
        scene: What is drawn.
    """

    def __init__(self, scene: DrawingScene) -> None:
        self._scene = scene

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Everything at rest; in a picture for a file everything."""
        scene = self._scene
        is_screen = frame is scene.canvas.renderer.frame
        apart = scene.apart() if is_screen else frozenset[str]()
        figures = [figure for drawing, figure in scene.figures_of(frame) if drawing.id not in apart]
        if figures:
            paint_figures(painter, frame, figures, scene)


class MotionPainter:
    """Draws what follows the pointer: the selected drawing with its handles, a drawing in motion or being made.

    Args:
        scene: What is drawn.
    """

    def __init__(self, scene: DrawingScene) -> None:
        self._scene = scene

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Draw over the kept picture."""
        scene, document = self._scene, self._scene.document
        if document is None:
            return
        selected = scene.selected
        moving = [document.get(drawing_id) for drawing_id in document.in_motion]
        shown = [drawing for drawing in moving if drawing is not None and drawing is not selected]
        shown += [drawing for drawing in (selected, scene.ruler, scene.draft) if drawing is not None]
        figures = [(drawing, scene.figure_now(drawing)) for drawing in shown if not drawing.is_hidden]
        paint_figures(painter, frame, [figure for _, figure in figures if figure is not None], scene)
        place = _price_place(frame)
        if place is None:
            return
        painter.setClipRect(QRect(place[1].left, place[1].top, place[1].right - place[1].left + 1, place[1].height))
        for drawing, figure in figures:
            if figure is not None and (drawing is selected or drawing is scene.draft):
                _paint_handles(painter, frame, figure.handles, is_locked=drawing.is_locked)
        self._paint_hovered(painter, frame)
        painter.setClipping(False)

    def _paint_hovered(self, painter: QPainter, frame: Frame) -> None:
        scene = self._scene
        if scene.hovered_id is None or scene.draft is not None or scene.hovered_id in scene.apart():
            return
        for drawing, figure in scene.figures_of(frame):
            if drawing.id == scene.hovered_id:
                _paint_handles(painter, frame, figure.handles, is_locked=drawing.is_locked)


def _price_place(frame: Frame) -> tuple[Pane, PaneFrame] | None:
    return next(((pane, place) for pane, place in frame.panes if pane.key == PRICE_PANE), None)


def paint_figures(painter: QPainter, frame: Frame, figures: list[Figure], scene: DrawingScene) -> None:
    """Paint figures from bottom to top."""
    found = _price_place(frame)
    if found is None:
        return
    place = found[1]
    pane_rect = QRect(place.left, place.top, place.right - place.left + 1, place.height)
    painter.save()
    painter.setClipRect(pane_rect)
    for figure in figures:
        for fill in figure.fills:
            _paint_fill(painter, frame, fill, pane_rect)
        for stroke in figure.strokes:
            _paint_stroke(painter, frame, stroke)
        for words in figure.words:
            if pane_rect.intersects(_outer(words)):
                _paint_words(painter, frame, words, scene)
    painter.restore()
    for figure in figures:
        if figure.prices or figure.times:
            _paint_tags(painter, frame, found, figure)


def _outer(words: Words) -> QRect:
    box = words.box
    return QRect(QPoint(math.floor(box.left), math.floor(box.top)), QPoint(math.ceil(box.right), math.ceil(box.bottom)))


def _polygon(corners: tuple[Point, ...]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in corners])


def _paint_fill(painter: QPainter, frame: Frame, fill: Fill, pane: QRect) -> None:
    color, corners = _tint(color_named(frame.colors, fill.color).rgb(), fill.opacity), fill.corners
    if len(corners) == 4 and corners[0][1] == corners[1][1] and corners[1][0] == corners[2][0]:
        (x0, y0), (x1, y1) = corners[0], corners[2]
        rect = QRect(
            QPoint(math.floor(min(x0, x1)), math.floor(min(y0, y1))),
            QPoint(math.floor(max(x0, x1)), math.floor(max(y0, y1))),
        ).intersected(pane)
        if not rect.isEmpty():
            painter.fillRect(rect, color)
        return
    # The edges of tinted areas are strokes of their own; only what stands alone needs smooth edges.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, fill.opacity >= 1.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(_polygon(corners))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


@lru_cache(maxsize=256)
def _tint(rgb: int, opacity: float) -> QColor:
    color = QColor(rgb)
    color.setAlphaF(opacity)
    return color


def _paint_stroke(painter: QPainter, frame: Frame, stroke: Stroke) -> None:
    (x0, y0), (x1, y1) = stroke.start, stroke.end
    ratio, color, dashes = frame.lettering.ratio, color_named(frame.colors, stroke.color), DASHES[stroke.line]
    width = max(1.0, stroke.width * ratio)
    is_straight = abs(y1 - y0) < _STRAIGHT or abs(x1 - x0) < _STRAIGHT
    if is_straight:
        # Whole pixels: a level line must not be a grey smear over two rows.
        width = math.floor(width)
        x0, y0, x1, y1 = (float(math.floor(place)) for place in (x0, y0, x1, y1))
    if is_straight and not dashes:
        half = width // 2
        if abs(y1 - y0) < abs(x1 - x0):
            painter.fillRect(QRectF(min(x0, x1), y0 - half, abs(x1 - x0) + 1, width), color)
        else:
            painter.fillRect(QRectF(x0 - half, min(y0, y1), width, abs(y1 - y0) + 1), color)
        return
    pen = QPen(color, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashes:
        pen.setDashPattern([max(1.0, dash * ratio / width) for dash in dashes])
    painter.setPen(pen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_straight)
    half = 0.5 if not is_straight or width % 2 else 0.0
    painter.drawLine(QPointF(x0 + half, y0 + half), QPointF(x1 + half, y1 + half))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def ink_on(ground: QColor) -> QColor:
    """White where it is readable on a color, else nearly black."""
    return _own_color(_ink_name(ground.name()))


@lru_cache(maxsize=256)
def _ink_name(ground: str) -> str:
    return WHITE if readable(WHITE, ground) == WHITE else "#0B0F1A"


def _paint_words(painter: QPainter, frame: Frame, words: Words, scene: DrawingScene) -> None:
    font, metrics = scene.fonts().of(frame.lettering, words.size)
    box, color = words.box, color_named(frame.colors, words.color)
    left, top = round(box.left), round(box.top)
    width = round(box.right - box.left)
    if words.is_card:
        ratio = frame.lettering.ratio
        ground = _card_color(frame.colors, words.color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(left, top, width, round(box.bottom - box.top)), 3 * ratio, 3 * ratio)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        top += round(3 * ratio)
        color = ink_on(ground)
    painter.setFont(font)
    painter.setPen(color)
    for number, line in enumerate(words.lines):
        # On a card lines are centered, text of its own begins at its left.
        x = left + (width - metrics.horizontalAdvance(line)) // 2 if words.is_card else left
        painter.drawText(QPoint(x, top + number * metrics.height() + metrics.ascent()), line)


def _card_color(colors: ChartColors, name: str) -> QColor:
    """The ground of a card: strong colors as they are, quiet ones as the tags of the axes."""
    return colors.tag if name in {"muted", "text"} else color_named(colors, name)


def _paint_handles(painter: QPainter, frame: Frame, handles: list[Handle], *, is_locked: bool) -> None:
    ratio, colors = frame.lettering.ratio, frame.colors
    radius = HANDLE_RADIUS * ratio
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colors.muted if is_locked else colors.accent, 1.5 * ratio))
    painter.setBrush(colors.ground)
    for handle in handles:
        x, y = math.floor(handle.at[0]) + 0.5, math.floor(handle.at[1]) + 0.5
        if is_locked or handle.time_of is None or handle.price_of is None:
            painter.drawRect(QRectF(x - radius * 0.8, y - radius * 0.8, radius * 1.6, radius * 1.6))
        else:
            painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _paint_tags(painter: QPainter, frame: Frame, found: tuple[Pane, PaneFrame], figure: Figure) -> None:
    """The price on the value axis, the moment on the time axis."""
    pane, place = found
    lettering = frame.lettering
    color = color_named(frame.colors, figure.strokes[0].color) if figure.strokes else frame.colors.tag
    inks = color, ink_on(color)
    for price in figure.prices:
        row = place.row_of(price)
        if place.top <= row <= place.bottom:
            rect = tag_rect(place, row, frame.size[0] - frame.plot_width, lettering)
            paint_tag(painter, rect, axis_text(pane, place, price), inks, lettering)
    for time_ms in figure.times:
        projection = Projection(place)
        slot = projection.slot_of(time_ms)
        column = round(projection.x_of_slot(slot))
        if 0 <= column < frame.plot_width:
            text = crosshair_time(place.window.base, slot)
            width = lettering.width(text) + lettering.px(12)
            left = min(max(column - width // 2, 0), max(frame.plot_width - width, 0))
            strip = frame.strip
            rect = QRect(left, strip.top() + lettering.px(1), width, strip.height() - lettering.px(3))
            paint_tag(painter, rect, text, inks, lettering)
