"""Trades on the chart: what is still open, thousands at once, in every pair of colors."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage

from builders import make_candles, random_candles
from chart_builders import make_trades
from strategy_tester.domain.results import EXIT_REASONS, TradeColumns
from strategy_tester.ui import theme
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.trade_layer import TradeBoxLayer
from strategy_tester.ui.charts.window import PaneFrame

Shower = Callable[..., ChartWidget]


def shown(chart: ChartWidget) -> tuple[QImage, PaneFrame]:
    chart.canvas.refresh()
    image = chart.grab().toImage()
    frame = chart.canvas.renderer.frame
    assert frame is not None
    return image, frame.panes[0][1]


def color_at(image: QImage, x: int, y: int) -> str:
    return QColor(image.pixel(QPoint(x, y))).name().upper()


def ended_by(trades: TradeColumns, reason: str) -> TradeColumns:
    return replace(trades, exit_reason=np.full(len(trades), EXIT_REASONS.index(reason), dtype=np.int8))


@pytest.mark.parametrize(("reason", "is_hollow"), [("end_of_data", True), ("take_profit", False)])
def test_a_trade_still_open_at_the_last_bar_has_a_hollow_mark(show_chart: Shower, reason: str, is_hollow: bool) -> None:
    # Prices far above the mark's place at the last bar, so that no candle lies behind it.
    candles = make_candles([100.0, 104.0, 108.0, 110.0], opens=[100.0, 100.0, 104.0, 108.0])
    chart = show_chart(candles)
    chart.set_trades(ended_by(make_trades(candles, [(0, 3)]), reason))
    chart.model.view.show(-2.0, 8.0)
    image, place = shown(chart)
    x, row = chart.model.view.pixel_of(3), place.row_of(110.0)
    assert color_at(image, x, row) == (theme.DARK.panel if is_hollow else theme.DARK.up).upper()
    assert theme.DARK.up.upper() in {color_at(image, x + away, row) for away in range(1, 7)}


def test_trades_in_sight_are_looked_for_once_a_frame(show_chart: Shower, monkeypatch: pytest.MonkeyPatch) -> None:
    candles = random_candles(500)
    chart = show_chart(candles)
    chart.set_trades(make_trades(candles, [(first, first + 3) for first in range(10, 480, 6)]))
    shown(chart)
    layer = next(one for one in chart.model.panes[0].under if isinstance(one, TradeBoxLayer))
    asked: list[tuple[float, float]] = []
    visible = layer.index.visible
    monkeypatch.setattr(layer.index, "visible", lambda *range_: asked.append(range_) or visible(*range_))
    chart.model.view.pan(40)
    shown(chart)
    assert len(asked) == 1
    view = chart.model.view
    assert asked[0] == pytest.approx((view.left - 1, view.right + 1), abs=1.0)


def test_ten_thousand_trades_are_a_strip_of_ticks_where_they_are(show_chart: Shower) -> None:
    candles = random_candles(60_000)
    chart = show_chart(candles)
    # None in the middle third.
    bars = [(first, first + 2) for first in range(0, 59_990, 4) if not 20_000 <= first < 40_000]
    chart.set_trades(make_trades(candles, bars))
    chart.model.view.show(0.0, 60_000.0)
    image, place = shown(chart)
    colors = {theme.DARK.up.upper(), theme.DARK.down.upper()}
    ticks = {
        x for x in range(place.right) if colors & {color_at(image, x, place.bottom - away) for away in (3, 4, 7, 8)}
    }
    view = chart.model.view
    free = set(range(view.pixel_of(20_010), view.pixel_of(39_990)))
    assert not ticks & free
    assert len(ticks) > 0.95 * (place.right - len(free))
