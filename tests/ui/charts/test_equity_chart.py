"""The equity chart: its curves, its values, its colors."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from builders import START_MS
from chart_builders import make_trades
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig, BacktestResult, Refusals
from strategy_tester.domain.timeframes import HOUR_MS
from strategy_tester.ui import theme
from strategy_tester.ui.charts import equity_chart
from strategy_tester.ui.charts.equity_chart import EquityChart


def make_result(equity: list[float], close: list[float] | None = None, timeframe: str = "1h") -> BacktestResult:
    bars = len(equity)
    price = np.array(close if close is not None else [100.0] * bars)
    candles = Candles(START_MS + np.arange(max(bars, 1)) * HOUR_MS, *(np.ones(max(bars, 1)) for _ in range(4)))
    return BacktestResult(
        trade_columns=make_trades(candles, []), equity_curve=np.array(equity), cash_curve=np.array(equity),
        position_curve=np.zeros(bars), open_time_ms=START_MS + np.arange(bars) * HOUR_MS, close=price,
        ambiguous_bars=np.empty(0, dtype=np.int64),
        refusals=Refusals(np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.int64)),
        conflicting_signals=0, config=BacktestConfig(initial_capital=1000.0), symbol="TESTUSDT", timeframe=timeframe,
    )  # fmt: skip


@pytest.fixture
def show_equity(qtbot: QtBot) -> Callable[[BacktestResult | None], EquityChart]:
    def show(result: BacktestResult | None) -> EquityChart:
        chart = EquityChart()
        qtbot.addWidget(chart)
        chart.resize(800, 400)
        chart.set_result(result)
        chart.show()
        chart.grab()
        return chart

    return show


def legend(chart: EquityChart, bar: int | None) -> list[str]:
    return [
        " ".join(piece.text for row in chart.model.legend(pane, bar) for piece in row) for pane in chart.model.panes
    ]


def test_the_legend_says_equity_change_buy_and_hold_and_drawdown(show_equity) -> None:
    chart = show_equity(make_result([1000.0, 1200.0, 900.0], [100.0, 110.0, 120.0]))
    assert legend(chart, 2) == [
        "Equity 900.00\u202fUSDT \u221210.00\u202f% Buy and hold 1\u202f200.00\u202fUSDT",
        "Drawdown \u221225.00\u202f%",
    ]


def test_the_whole_run_is_in_sight(show_equity) -> None:
    chart = show_equity(make_result(list(np.linspace(1000, 2000, 5000))))
    view = chart.model.view
    assert view.left <= 0
    assert view.right >= 4999


def test_drawdowns_are_filled_below_zero(show_equity) -> None:
    chart = show_equity(make_result([1000.0] * 20 + [800.0] * 20 + [1000.0] * 20))
    image = chart.grab().toImage()
    frame = chart.canvas.renderer.frame
    assert frame is not None
    place = frame.panes[1][1]
    x = chart.model.view.pixel_of(30)
    assert QColor(image.pixel(QPoint(x, place.row_of(-10.0)))) == frame.colors.loss_box
    x = chart.model.view.pixel_of(10)
    assert QColor(image.pixel(QPoint(x, place.row_of(-10.0)))) != frame.colors.loss_box


def test_a_drop_of_one_bar_is_seen_in_a_long_run(show_equity) -> None:
    equity = np.full(50_000, 1000.0)
    equity[20_000] = 400.0
    chart = show_equity(make_result(list(equity)))
    image = chart.grab().toImage()
    frame = chart.canvas.renderer.frame
    assert frame is not None
    place = frame.panes[0][1]
    x, row = chart.model.view.pixel_of(20_000), place.row_of(600.0)
    color = frame.colors.line_color(0)
    assert any(QColor(image.pixel(QPoint(x + away, row))) == color for away in (-1, 0, 1))


def test_a_long_result_is_made_ready_on_a_worker(show_equity, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equity_chart, "SMALL", 10)
    chart = show_equity(None)
    with qtbot.waitSignal(chart.result_shown):
        chart.set_result(make_result([1000.0] * 200))
        assert chart.is_loading
    assert chart.model.base is not None


def test_without_a_result_it_says_what_comes(show_equity) -> None:
    chart = show_equity(make_result([1000.0, 1100.0]))
    chart.set_result(None)
    assert chart.model.empty_text == "The equity curve appears here after a backtest."
    assert not chart.grab().isNull()


@pytest.mark.parametrize("equity", [[], [1000.0], [1000.0, 1000.0]])
def test_hardly_any_bars_are_no_problem(show_equity, equity: list[float]) -> None:
    assert not show_equity(make_result(equity)).grab().isNull()


def test_a_result_of_unknown_timeframe_is_shown_all_the_same(show_equity) -> None:
    chart = show_equity(replace(make_result([1000.0, 1010.0, 990.0]), timeframe=""))
    assert chart.model.base is not None
    assert not chart.model.base.is_regular


def test_the_picture_is_in_the_theme_s_ground(show_equity) -> None:
    chart = show_equity(make_result([1000.0, 1100.0]))
    assert QColor(chart.to_image(1.0).pixel(QPoint(400, 2))) == QColor(theme.current_theme().panel)
