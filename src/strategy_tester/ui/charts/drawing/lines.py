"""Figures of the plain kinds: lines, arrows, channels, rectangles, text. No Qt here."""

from collections.abc import Callable

from strategy_tester.domain.drawings import Drawing
from strategy_tester.ui.charts.drawing.figures import (
    FAINT,
    Figure,
    Fill,
    Ground,
    Handle,
    Stroke,
    Words,
    anchor_handles,
    put_words,
    rectangle_corners,
    rectangle_handles,
)
from strategy_tester.ui.charts.drawing.geometry import Box, Point, arrow_head, clipped, middle, moved, parallel_offset
from strategy_tester.ui.i18n import tr

Maker = Callable[[Drawing, list[Point], Ground], Figure]


def _stroke(
    drawing: Drawing, start: Point, end: Point, ground: Ground, *, before: bool = False, after: bool = False
) -> list[Stroke]:
    found = clipped(start, end, ground.projection.box, before=before, after=after)
    style = drawing.style
    return [Stroke(*found, style.color, style.width, style.line)] if found is not None else []


def _text_above(drawing: Drawing, strokes: list[Stroke], ground: Ground, place: float = 0.5) -> list[Words]:
    """The drawing's text standing on its first stroke, `place` of the way along it."""
    if not drawing.text.strip() or not strokes:
        return []
    (x0, y0), (x1, y1) = strokes[0].start, strokes[0].end
    lines, style = tuple(drawing.text.splitlines()), drawing.style
    at = x0 + (x1 - x0) * place, y0 + (y1 - y0) * place - ground.px(4)
    words = put_words(ground, at, lines, style.color, shift=(-place, -1.0), size=style.text_size)
    if x1 == x0:
        return [words]
    # On a slope the words rise until their lower corner is free of the line.
    box = words.box
    rise = min(abs((y1 - y0) / (x1 - x0)) * (box.right - box.left) * max(place, 1 - place), 2 * (box.bottom - box.top))
    return [words._replace(box=Box(box.left, box.top - rise, box.right, box.bottom - rise))]


def _line(*, before: bool = False, after: bool = False) -> Maker:
    def make(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
        strokes = _stroke(drawing, points[0], points[1], ground, before=before, after=after)
        return Figure(strokes, handles=anchor_handles(points), words=_text_above(drawing, strokes, ground))

    return make


def _arrow(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
    figure = _line()(drawing, points, ground)
    if points[0] != points[1]:
        head = arrow_head(points[0], points[1], ground.px(9 + 2 * drawing.style.width))
        figure.fills.append(Fill(head, drawing.style.color, 1.0, can_hit=True))
    return figure


def _horizontal(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
    box, y = ground.projection.box, points[0][1]
    strokes = _stroke(drawing, (box.left, y), (box.right, y), ground)
    handle = Handle(((box.left + box.right) / 2, y), None, 0)
    words = _text_above(drawing, strokes, ground, 0.98)
    return Figure(strokes, words=words, handles=[handle], prices=[drawing.anchors[0].price])


def _vertical(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
    box, x = ground.projection.box, points[0][0]
    strokes = _stroke(drawing, (x, box.top), (x, box.bottom), ground)
    handle = Handle((x, (box.top + box.bottom) / 2), 0, None)
    figure = Figure(strokes, handles=[handle], times=[drawing.anchors[0].time_ms])
    if drawing.text.strip() and strokes:
        at = x + ground.px(5), box.bottom - ground.px(5)
        lines, style = tuple(drawing.text.splitlines()), drawing.style
        figure.words.append(put_words(ground, at, lines, style.color, shift=(0.0, -1.0), size=style.text_size))
    return figure


def _cross(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
    box, (x, y) = ground.projection.box, points[0]
    strokes = _stroke(drawing, (box.left, y), (box.right, y), ground)
    words = _text_above(drawing, strokes, ground, 0.98)
    strokes += _stroke(drawing, (x, box.top), (x, box.bottom), ground)
    anchor = drawing.anchors[0]
    return Figure(
        strokes, words=words, handles=anchor_handles(points), prices=[anchor.price], times=[anchor.time_ms]
    )  # fmt: skip


def channel_middle(points: list[Point]) -> Point:
    """The middle of the second line of a channel: its handle."""
    offset = parallel_offset(points[0], points[1], points[2])
    return moved(middle(points[0], points[1]), offset)


def _channel(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
    start, end = points[0], points[1]
    offset = parallel_offset(start, end, points[2])
    far_start, far_end = moved(start, offset), moved(end, offset)
    strokes = _stroke(drawing, start, end, ground) + _stroke(drawing, far_start, far_end, ground)
    half = offset[0] / 2, offset[1] / 2
    center = clipped(moved(start, half), moved(end, half), ground.projection.box)
    if center is not None and offset != (0.0, 0.0):
        strokes.append(Stroke(*center, drawing.style.color, 1, "dashed"))
    figure = Figure(strokes, words=_text_above(drawing, strokes, ground))
    figure.handles = [Handle(start, 0, 0), Handle(end, 1, 1), Handle(channel_middle(points), 2, 2)]
    if drawing.style.is_filled:
        figure.fills.append(Fill((start, end, far_end, far_start), drawing.style.color, FAINT))
    return figure


def _rectangle(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
    corners = rectangle_corners(points[0], points[1])
    strokes = [
        stroke for number in range(4) for stroke in _stroke(drawing, corners[number], corners[number - 1], ground)
    ]
    figure = Figure(strokes, handles=rectangle_handles(points[0], points[1]))
    if drawing.style.is_filled:
        figure.fills.append(Fill(corners, drawing.style.color, FAINT, can_hit=True))
    if drawing.text.strip():
        lines, style = tuple(drawing.text.splitlines()), drawing.style
        center = middle(points[0], points[1])
        figure.words.append(put_words(ground, center, lines, style.color, shift=(-0.5, -0.5), size=style.text_size))
    return figure


def _text(drawing: Drawing, points: list[Point], ground: Ground) -> Figure:
    lines = tuple(drawing.text.splitlines()) if drawing.text.strip() else (tr("Text"),)
    style = drawing.style
    words = put_words(ground, points[0], lines, style.color, shift=(0.0, -1.0), size=style.text_size)
    return Figure(words=[words], handles=anchor_handles(points))


MAKERS: dict[str, Maker] = {
    "trend_line": _line(),
    "ray": _line(after=True),
    "extended_line": _line(before=True, after=True),
    "arrow": _arrow,
    "horizontal_line": _horizontal,
    "vertical_line": _vertical,
    "cross_line": _cross,
    "channel": _channel,
    "rectangle": _rectangle,
    "text": _text,
}
