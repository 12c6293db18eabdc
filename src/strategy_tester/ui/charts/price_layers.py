"""Which layer shows prices in which way."""

from strategy_tester.ui.charts.bar_styles import (
    BarLayer,
    CloseAreaLayer,
    CloseLayer,
    HeikinAshiLayer,
    HollowLayer,
)
from strategy_tester.ui.charts.candle_layer import CHART_TYPES, CandleLayer
from strategy_tester.ui.charts.series import PreparedCandles

_MAKERS: dict[str, type[CandleLayer]] = {
    "candles": CandleLayer,
    "hollow": HollowLayer,
    "bars": BarLayer,
    "line": CloseLayer,
    "area": CloseAreaLayer,
    "heikin_ashi": HeikinAshiLayer,
}


def price_layer(kind: str, candles: PreparedCandles) -> CandleLayer:
    """The layer that shows prices in one of `CHART_TYPES`.

    Whatever the kind, `columns` and `count` hold what a `VolumeLayer` draws, and `under` the layers that belong
    beneath the grid. `candles.make_ready_for(kind)` does on a worker thread what the first use would do here.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in _MAKERS:
        raise ValueError(f"unknown chart type {kind!r}; known are {', '.join(CHART_TYPES)}")
    return _MAKERS[kind](candles)
