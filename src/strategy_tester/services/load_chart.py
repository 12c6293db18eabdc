"""A strategy's indicators as lines a chart can draw."""

from dataclasses import dataclass
from typing import Any

from strategy_tester.domain.candles import Candles, Floats


@dataclass(frozen=True, eq=False)
class ChartLine:
    """One line over the candles or in a pane of its own.

    Attributes:
        title: Shown in the legend.
        values: One value per bar, NaN where there is none, shape (bars,).
        pane: Name of the pane below the candles; empty for an overlay.
        style: 'line', 'histogram', 'dots' or 'band'.
        levels: Horizontal guide levels of the pane.
    """

    title: str
    values: Floats
    pane: str = ""
    style: str = "line"
    levels: tuple[float, ...] = ()


def chart_lines(content: dict[str, Any], candles: Candles) -> list[ChartLine]:
    """The lines of every indicator the strategy declares.

    Raises:
        InvalidStrategy: the content is not a strategy.
    """
    from strategy_tester.strategies.evaluate import indicator_columns
    from strategy_tester.strategies.parse import parse_strategy

    return [
        ChartLine(
            title=column.column,
            values=column.values,
            pane="" if column.pane == "overlay" else column.title,
            style=column.style,
            levels=tuple(column.levels),
        )
        for column in indicator_columns(parse_strategy(content), candles)
    ]
