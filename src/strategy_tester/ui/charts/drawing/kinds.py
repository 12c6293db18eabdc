"""The figure of a drawing of any kind."""

from strategy_tester.domain.drawings import Drawing
from strategy_tester.ui.charts.drawing import labelled, lines
from strategy_tester.ui.charts.drawing.figures import Figure, Ground


def figure_of(drawing: Drawing, ground: Ground, *, is_active: bool = False) -> Figure:
    """The figure of a drawing.

    Args:
        drawing: The drawing.
        ground: What it is drawn on.
        is_active: Selected or being made: everything it can tell is written.
    """
    points = [ground.projection.point_of(anchor) for anchor in drawing.anchors]
    make = lines.MAKERS.get(drawing.kind)
    if make is not None:
        return make(drawing, points, ground)
    return labelled.MAKERS[drawing.kind](drawing, points, ground, is_active)
