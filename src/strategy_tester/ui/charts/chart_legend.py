"""What the legend of the price chart says in each pane: the candle, the volume, every line."""

from typing import TYPE_CHECKING

from strategy_tester.ui.charts.legend import Piece, Row, head_row, line_pieces, value_decimals
from strategy_tester.ui.charts.line_layer import LineLayer
from strategy_tester.ui.charts.pane_book import MAIN, VOLUME
from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine
from strategy_tester.ui.numbers import format_compact

if TYPE_CHECKING:
    from strategy_tester.ui.charts.chart_model import ChartModel

LINE_OWNER = "line:"
"""Before the title of one of the chart's own lines: the owner of its pieces."""


def rows_of(model: "ChartModel", pane: Pane, bar: int | None) -> list[Row]:
    """Rows of the legend of a pane at a bar; None where there is no candle."""
    candles = model.candles
    if candles is None:
        return []
    if pane.legend is not None:
        return pane.legend(bar)
    if pane.key == VOLUME:
        return [_volume_row(candles, pane, bar)]
    rows = [head_row(candles, bar)] if pane.key == MAIN else []
    pieces = [piece for number in model.lines_of(pane.key) for piece in _own_line(model, candles, number, bar)]
    if pieces:
        rows.append(tuple(pieces))
    rows += [_line_row(line, color, bar, pane, candles) for line, color in _bare_lines(model, pane)]
    if pane.key == MAIN:
        for contribution in model.contributions:
            rows += contribution.legend(bar) if contribution.legend is not None else []
    return rows


def _volume_row(candles: PreparedCandles, pane: Pane, bar: int | None) -> Row:
    title = Piece(pane.title, "muted", keeps_next=True)
    if bar is None or not 0 <= bar < len(candles):
        return (title,)
    is_up = candles.close.values[bar] >= candles.open.values[bar]
    return title, Piece(format_compact(float(candles.volume.values[bar])), "up_text" if is_up else "down_text")


def _own_line(model: "ChartModel", candles: PreparedCandles, number: int, bar: int | None) -> Row:
    """One of the chart's own lines; of a hidden one the name alone."""
    line = model.lines[number]
    owner = LINE_OWNER + line.title
    if line.title in model.hidden_lines:
        return (Piece(line.title, "disabled", owner=owner, buttons=("show",)),)
    decimals = value_decimals(line, candles.decimals, is_overlay=not line.pane)
    return line_pieces(line, bar, number, decimals, owner, ("hide",))


def _bare_lines(model: "ChartModel", pane: Pane) -> list[tuple[PreparedLine, int]]:
    """Contributed lines, with their colors, whose owner writes no legend."""
    layers = []
    for contribution in model.contributions:
        if pane.key == MAIN and contribution.legend is None:
            layers += contribution.layers
        elif any(one is pane for one in contribution.panes):
            layers += pane.layers
    return [
        (layer.line, layer.color_number)
        for layer in layers
        if isinstance(layer, LineLayer) and isinstance(layer.line, PreparedLine)
    ]


def _line_row(line: PreparedLine, color: int, bar: int | None, pane: Pane, candles: PreparedCandles) -> Row:
    return line_pieces(line, bar, color, value_decimals(line, candles.decimals, is_overlay=pane.key == MAIN))
