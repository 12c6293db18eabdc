"""The indicators of a chart as layers, panes and rows of the legend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from strategy_tester.ui.charts.candle_layer import body_width, wick_width
from strategy_tester.ui.charts.legend import Piece, Row, value_decimals
from strategy_tester.ui.charts.line_layer import BandLayer, LineLayer
from strategy_tester.ui.charts.panes import Contribution, Pane
from strategy_tester.ui.charts.raster import fill
from strategy_tester.ui.charts.series import PreparedLine
from strategy_tester.ui.charts.window import PaneFrame
from strategy_tester.ui.numbers import DASH, format_number
from strategy_tester.ui.panels.chart.indicators_state import ChartIndicator, OutputLook

PEN_STYLES = {
    "solid": Qt.PenStyle.SolidLine, "dashed": Qt.PenStyle.DashLine, "dotted": Qt.PenStyle.DotLine,
}  # fmt: skip
FEWEST_PIXELS_TO_DASH = 1.0
"""Closer bars than this leave no room for dashes: the line is drawn through."""


class StyledLineLayer(LineLayer):
    """A line in the color, width and pattern the user chose."""

    def __init__(self, line: PreparedLine, look: OutputLook) -> None:
        super().__init__(line, look.color if isinstance(look.color, int) else 0, look.width)
        self.look = look

    def color(self, pane: PaneFrame) -> QColor:
        """The chosen color."""
        return look_color(self.look, pane)

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Draw, dashed where there is room for it."""
        is_path = self.line.style in ("line", "band")
        is_near = pane.window.pixels_per_slot >= FEWEST_PIXELS_TO_DASH * pane.window.ratio
        if is_path and self.look.dash != "solid" and is_near:
            self._paint_dashed(painter, pane)
        else:
            super().paint(painter, pane)

    def _paint_histogram(self, painter: QPainter, pane: PaneFrame) -> None:
        if isinstance(self.look.color, int):
            super()._paint_histogram(painter, pane)  # rising and falling, as everywhere
            return
        from strategy_tester.numeric.pixel_shapes import write_histogram

        window, room = pane.window, self.count + 8
        width = max(body_width(window.pixels_per_slot, window.ratio), wick_width(window.ratio))
        above, below = write_histogram(
            self.columns, self.count, pane.area(), width, self._rects.room(room), self._more.room(room)
        )
        fill(painter, self._rects, above, self.color(pane))
        fill(painter, self._more, below, self.color(pane))

    def _paint_dashed(self, painter: QPainter, pane: PaneFrame) -> None:
        # One polyline per piece without a break: dashes of single segments would begin anew at every bar.
        pen = QPen(self.color(pane), max(1.0, self.width * pane.window.ratio), PEN_STYLES[self.look.dash])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.save()
        painter.setClipRect(QRectF(pane.left, pane.top, pane.right - pane.left + 1, pane.height))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        for piece in _unbroken(self.points(pane)):
            painter.drawPolyline(QPolygonF([QPointF(float(x), float(y)) for x, y in piece]))
        painter.restore()


def look_color(look: OutputLook, pane: PaneFrame) -> QColor:
    """The color a look asks for, in the pane's theme."""
    return pane.colors.line_color(look.color) if isinstance(look.color, int) else QColor(look.color)


def _unbroken(points: np.ndarray) -> list[np.ndarray]:
    breaks = np.flatnonzero(np.isnan(points[:, 1]) | np.isnan(points[:, 0]))
    pieces = np.split(points, breaks)
    return [piece for piece in (part[~np.isnan(part[:, 1])] for part in pieces) if len(piece) > 1]


@dataclass(frozen=True, eq=False)
class DrawnIndicator:
    """An indicator with its lines, one per output in the registry's order; none while they are being computed."""

    indicator: ChartIndicator
    lines: tuple[PreparedLine, ...] = ()
    needs_pane: bool = False
    problem: str = ""

    def visible(self, *, is_overlay: bool) -> list[tuple[PreparedLine, OutputLook]]:
        """What is drawn over the candles or in its pane."""
        if self.indicator.is_hidden:
            return []
        pairs = [(line, self.indicator.look(line.title)) for line in self.lines if (not line.pane) is is_overlay]
        return [(line, look) for line, look in pairs if look.is_visible]


def contribution_of(drawn: Sequence[DrawnIndicator], price_decimals: Callable[[], int]) -> Contribution:
    """Everything a chart has to draw for its indicators."""
    under, layers, panes = [], [], []
    for one in drawn:
        overlays = [StyledLineLayer(line, look) for line, look in one.visible(is_overlay=True)]
        under += _band(overlays)
        layers += overlays
        pane = _pane(one)
        if pane is not None:
            panes.append(pane)

    def legend(bar: int | None) -> list[Row]:
        overlays = [one for one in drawn if _is_on_price(one)]
        return [legend_row(one, bar, price_decimals(), is_overlay=True) for one in overlays]

    return Contribution(under, layers, panes, legend)


def _is_on_price(one: DrawnIndicator) -> bool:
    """Whether its name stands in the legend of the price pane: hidden ones too, or nobody could bring them back."""
    return any(not line.pane for line in one.lines) or (not one.lines and not one.needs_pane)


def _pane(one: DrawnIndicator) -> Pane | None:
    lines = one.visible(is_overlay=False)
    is_only_pane = all(line.pane for line in one.lines) if one.lines else one.needs_pane
    if not lines and (one.indicator.is_hidden or not is_only_pane):
        return None
    layers = [StyledLineLayer(line, look) for line, look in lines]
    pane = Pane(one.indicator.pane_key, one.indicator.title)
    pane.under = list(_band(layers))
    pane.layers = sorted(layers, key=lambda layer: layer.line.style != "histogram")
    pane.levels = tuple(dict.fromkeys(level for line, _ in lines for level in line.levels))
    pane.legend = lambda bar: [legend_row(one, bar, 2, is_overlay=False)]
    return pane


def _band(layers: Sequence[StyledLineLayer]) -> list[BandLayer]:
    edges = [layer for layer in layers if layer.line.style == "band"]
    return [BandLayer(edges[0], edges[-1])] if len(edges) > 1 else []


def legend_row(one: DrawnIndicator, bar: int | None, decimals: int, *, is_overlay: bool) -> Row:
    """The indicator's name and its values at a bar, with the buttons that hide, set and remove it."""
    owner = one.indicator.pane_key
    buttons = ("show" if one.indicator.is_hidden else "hide", "settings", "remove")
    color = "disabled" if one.indicator.is_hidden else "muted"
    pieces = [Piece(one.indicator.title, color, keeps_next=True, owner=owner, buttons=buttons)]
    for line, look in one.visible(is_overlay=is_overlay):
        value = line.value_at(bar) if bar is not None else np.nan
        digits = value_decimals(line, decimals, is_overlay=is_overlay)
        text = DASH if np.isnan(value) else format_number(value, digits)
        color: str | int = look.color
        if line.style == "histogram" and isinstance(color, int):
            color = "up_text" if value >= 0 else "down_text"
        pieces.append(Piece(text, color, owner=owner))
    if one.problem:
        pieces.append(Piece(one.problem, "warn", owner=owner))
    return tuple(pieces)
