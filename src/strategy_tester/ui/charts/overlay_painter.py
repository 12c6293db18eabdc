"""What lies above the chart and changes with the pointer: crosshair, legend, the label of a trade.

It is drawn over a picture of the chart, so moving the pointer never draws a candle.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter

from strategy_tester.ui.charts.axis_painter import axis_text, paint_dashes, paint_tag, price_colors, tag_rect
from strategy_tester.ui.charts.controls import PlacedRow
from strategy_tester.ui.charts.legend import Row, fitted
from strategy_tester.ui.charts.palette import ChartColors
from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.renderer import Drawable, Frame
from strategy_tester.ui.charts.time_ticks import crosshair_time
from strategy_tester.ui.charts.window import PaneFrame


@dataclass(frozen=True)
class Pointer:
    """Where the pointer is, in device pixels, and what it shows.

    Attributes:
        x: Column.
        y: Row; None when the crosshair comes from another chart and has no height.
    """

    x: int
    y: int | None


def bar_told(model: Drawable, pointer: Pointer | None) -> int | None:
    """The bar whose values the legends tell: under the pointer, else the last one; None where no bar is."""
    base = model.base
    if base is None:
        return None
    return base.size - 1 if pointer is None else base.bar_at(math.floor(model.view.slot_at(pointer.x)))


def legend_rows(frame: Frame, model: Drawable, bar: int | None) -> list[PlacedRow]:
    """Every row of the legends with its place; rows that find no room in their pane are left out."""
    lettering = frame.lettering
    line_height = lettering.height + lettering.px(3)
    placed = []
    for pane, place in frame.panes:
        top = place.top + lettering.px(5)
        size = frame.plot_width, place.height
        for number, row in enumerate(fitted(model.legend(pane, bar), size, lettering)):
            if top + line_height > place.bottom + 1:
                break
            placed.append(PlacedRow(pane.key, QPoint(lettering.px(8), top), row, number))
            top += line_height
    return placed


def paint_overlay(
    painter: QPainter,
    frame: Frame,
    model: Drawable,
    pointer: Pointer | None,
    label: tuple[Row, ...] = (),
    rows: Sequence[PlacedRow] | None = None,
) -> None:
    """Crosshair, then the legends of the bar under it (of the last bar when there is no pointer).

    `label` is written on a card beside the pointer: the trade under it. `rows` are the legends where they are known
    already.
    """
    if model.base is None:
        return
    if pointer is not None:
        _paint_crosshair(painter, frame, model, pointer, math.floor(model.view.slot_at(pointer.x)))
    for row in legend_rows(frame, model, bar_told(model, pointer)) if rows is None else rows:
        _paint_row(painter, frame, row.row, row.at)
    if pointer is not None and label and pointer.y is not None:
        _paint_label(painter, frame, pointer, label)


def paint_time_left(painter: QPainter, frame: Frame, text: str, *, is_up: bool, is_old: bool) -> None:
    """The time to the close of the candle that is forming, under the last price."""
    if frame.below_tag is not None and text:
        colors = price_colors(frame.colors, is_up=is_up, is_old=is_old)
        paint_tag(painter, frame.below_tag, text, colors, frame.lettering)


def _paint_crosshair(painter: QPainter, frame: Frame, model: Drawable, pointer: Pointer, slot: int) -> None:
    lettering, colors = frame.lettering, frame.colors
    pattern = (lettering.px(4), lettering.px(4), max(1, math.floor(lettering.ratio)))
    column = model.view.pixel_of(slot)
    bottom = frame.strip.top() - 1
    if 0 <= column < frame.plot_width:
        paint_dashes(painter, (0, bottom, column), pattern, colors.crosshair, upright=True)
        _paint_time_tag(painter, frame, model, column, slot)
    found = frame.pane_at(pointer.y) if pointer.y is not None else None
    if found is None or pointer.y is None:
        return
    pane, place = found
    paint_dashes(painter, (0, frame.plot_width - 1, pointer.y), pattern, colors.crosshair)
    rect = tag_rect(place, pointer.y, frame.size[0] - frame.plot_width, lettering)
    paint_tag(painter, rect, pointer_text(pane, place, pointer.y), (colors.tag, colors.tag_text), lettering)


def pointer_text(pane: Pane, place: PaneFrame, row: int) -> str:
    """The value at a row, as the tag on the axis says it."""
    return axis_text(pane, place, pane.scale.value_at((row + 0.5 - place.top) / place.height))


def _paint_time_tag(painter: QPainter, frame: Frame, model: Drawable, column: int, slot: int) -> None:
    if model.base is None:
        return
    lettering = frame.lettering
    text = crosshair_time(model.base, slot)
    width = lettering.width(text) + lettering.px(12)
    left = min(max(column - width // 2, 0), max(frame.plot_width - width, 0))
    strip = frame.strip
    rect = QRect(left, strip.top() + lettering.px(1), width, strip.height() - lettering.px(3))
    paint_tag(painter, rect, text, (frame.colors.tag, frame.colors.tag_text), lettering)


def _paint_row(painter: QPainter, frame: Frame, row: Row, at: QPoint) -> None:
    lettering, colors = frame.lettering, frame.colors
    gap = lettering.px(5)
    x, baseline = at.x(), at.y() + lettering.metrics.ascent()
    for piece in row:
        painter.setPen(piece_color(colors, piece.color))
        lettering.draw(painter, x, baseline, piece.text, is_bold=piece.is_bold)
        x += lettering.width(piece.text, is_bold=piece.is_bold) + gap


def piece_color(colors: ChartColors, name: str | int) -> QColor:
    """The color a piece of text asks for: a number of a line color, #RRGGBB, or a name."""
    if isinstance(name, int):
        return colors.line_color(name)
    return QColor(name) if name.startswith("#") else getattr(colors, name)


def _paint_label(painter: QPainter, frame: Frame, pointer: Pointer, label: tuple[Row, ...]) -> None:
    """A card beside the pointer, kept inside the chart."""
    lettering, colors = frame.lettering, frame.colors
    pad, gap = lettering.px(8), lettering.px(5)
    line_height = lettering.height + lettering.px(3)

    def width_of(row: Row) -> int:
        return sum(lettering.width(piece.text, is_bold=piece.is_bold) + gap for piece in row) - gap

    width = max(width_of(row) for row in label) + 2 * pad
    height = line_height * len(label) + 2 * pad - lettering.px(3)
    away = lettering.px(14)
    left = pointer.x + away if pointer.x + away + width <= frame.plot_width else pointer.x - away - width
    top = min(max((pointer.y or 0) + away, 0), max(frame.strip.top() - height - 1, 0))
    card = QRect(max(left, 0), top, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(card, colors.line)
    painter.fillRect(card.adjusted(1, 1, -1, -1), colors.card)
    row_top = card.top() + pad
    for row in label:
        x = card.left() + pad
        for piece in row:
            painter.setPen(piece_color(colors, piece.color))
            lettering.draw(painter, x, row_top + lettering.metrics.ascent(), piece.text, is_bold=piece.is_bold)
            x += lettering.width(piece.text, is_bold=piece.is_bold) + gap
        row_top += line_height
