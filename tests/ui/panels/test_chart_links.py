"""Several charts in one window: what links share between them, what stays each one's own."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from builders import HOUR_MS, START_MS, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services import edit_strategies
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.run_backtest import BacktestRequest, run_backtest

MINUTES_5 = 300_000


def store(services, symbol: str, timeframe: Timeframe, bars: int) -> SeriesKey:
    made = random_candles(bars, timeframe=timeframe)
    services.candles.write(Candles(
        made.open_time_ms, made.open, made.high, made.low, made.close, made.volume,
        symbol=symbol, timeframe=timeframe, source="test",
    ))  # fmt: skip
    return SeriesKey(symbol, timeframe, "test")


@pytest.fixture
def markets(services) -> dict[str, SeriesKey]:
    """The same 200 hours of two markets."""
    return {
        "btc 1h": store(services, "BTCUSDT", Timeframe.H1, 200),
        "btc 5m": store(services, "BTCUSDT", Timeframe.M5, 2400),
        "eth 5m": store(services, "ETHUSDT", Timeframe.M5, 2400),
    }


@pytest.fixture
def charts(markets, open_panels, qtbot):
    """Three charts beside one another: the first, and two copies."""
    shell = open_panels("chart")
    shell.window.resize(1500, 900)
    ids = ["chart", *(shell.window.add_panel_copy("chart", {}) for _ in range(2))]
    qtbot.waitUntil(lambda: len(shell.context.charts.all()) == 3, timeout=10_000)
    shell.come_to_rest()
    for panel_id in ids:
        shell.context.docks.show(panel_id)
        settle(shell.panel(panel_id), qtbot)
    panels = [shell.panel(panel_id) for panel_id in ids]
    panels[0].shell = shell
    return panels


def settle(panel, qtbot) -> None:
    """Until the chart has drawn what it was given."""
    panel.chart.wait_until_shown()
    panel.chart.canvas.renderer.frame = None
    panel.chart.canvas.refresh()
    panel.chart.canvas.grab()
    qtbot.waitUntil(lambda: panel.chart.canvas.renderer.frame is not None, timeout=5000)


def show(panel, series: SeriesKey, qtbot) -> None:
    panel.link.select(series)
    qtbot.waitUntil(lambda: not panel.view_model.is_loading, timeout=10_000)
    settle(panel, qtbot)


def point_at(panel, slot: int) -> None:
    """Move the pointer over the middle of a bar."""
    canvas = panel.chart.canvas
    x = canvas.model.view.pixel_of(slot) / canvas.devicePixelRatioF()
    place = QPointF(x, 40.0)
    canvas.mouseMoveEvent(QMouseEvent(
        QMouseEvent.Type.MouseMove, place, canvas.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    ))  # fmt: skip


def pointed_time(panel) -> int | None:
    """The moment at which a chart shows its crosshair."""
    canvas, base = panel.chart.canvas, panel.chart.model.base
    pointer = canvas._pointer
    return None if pointer is None else base.time_of(canvas.model.view.slot_at(pointer.x))


def wheel(panel, notches: int) -> None:
    canvas = panel.chart.canvas
    place = QPointF(200.0, 100.0)
    canvas.wheelEvent(QWheelEvent(
        place, canvas.mapToGlobal(place), QPoint(0, 0), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    ))  # fmt: skip


def test_new_charts_show_markets_of_their_own(charts, markets):
    first, second, third = charts
    assert first.link.series == markets["btc 5m"]
    assert second.link.series == markets["eth 5m"]
    assert third.link.series == markets["btc 5m"]
    assert third.view_model.candles is first.view_model.candles
    assert second.dock_title() == "ETHUSDT 5m"


def test_a_symbol_chosen_in_one_chart_moves_those_that_share_it(charts, markets):
    first, second, _ = charts
    second.link.share("symbol", True)
    assert second.link.series == markets["btc 5m"]
    first.view_model.choose_market("ETHUSDT", "test")
    assert [panel.link.series for panel in charts] == [markets["eth 5m"], markets["eth 5m"], markets["btc 5m"]]
    assert first.context.workbench.series == markets["eth 5m"]


def test_the_crosshair_stands_at_the_same_time_in_every_timeframe(charts, markets, qtbot):
    first, second, third = charts
    show(second, markets["btc 1h"], qtbot)
    show(third, markets["eth 5m"], qtbot)
    third.link.share("pointer", False)
    for panel in (first, second):
        panel.linked.show_period(panel.linked.period()._replace(
            start_ms=START_MS + 100 * HOUR_MS, end_ms=START_MS + 120 * HOUR_MS
        ))  # fmt: skip
        settle(panel, qtbot)
    for panel in charts:
        panel.chart.canvas.show_pointer(None)  # windows come up beneath a pointer that rests somewhere
    moment = START_MS + 110 * HOUR_MS + 7 * MINUTES_5
    point_at(first, first.chart.model.base.slot_of(moment))
    qtbot.waitUntil(lambda: pointed_time(second) == START_MS + 110 * HOUR_MS, timeout=2000)
    assert pointed_time(first) == moment
    assert pointed_time(third) is None
    point_at(second, second.chart.model.base.slot_of(START_MS + 105 * HOUR_MS))
    qtbot.waitUntil(lambda: pointed_time(first) == START_MS + 105 * HOUR_MS, timeout=2000)
    second.chart.pointer_moved.emit(None)
    qtbot.waitUntil(lambda: pointed_time(first) is None, timeout=1000)


def test_a_moment_that_is_out_of_sight_shows_no_crosshair(charts, qtbot):
    panel = charts[0]
    settle(panel, qtbot)
    panel.linked.show_pointer(START_MS)
    assert pointed_time(panel) is None
    panel.linked.show_pointer(START_MS + 199 * HOUR_MS)
    assert pointed_time(panel) == START_MS + 199 * HOUR_MS


def test_the_period_is_shared_without_echo(charts, markets, qtbot):
    first, second, third = charts
    show(second, markets["btc 1h"], qtbot)
    for panel in (first, second):
        panel.link.share("period", True)
        settle(panel, qtbot)
    moves: list[str] = []
    told: list[str] = []
    for name, panel in (("first", first), ("second", second), ("third", third)):
        panel.chart.view_moved.connect(lambda name=name: moves.append(name))
        panel.link.period_moved.connect(lambda _period, name=name: told.append(name))
    before = third.linked.period()
    for _ in range(6):
        wheel(first, -2)
    qtbot.waitUntil(lambda: bool(told), timeout=1000)
    qtbot.wait(80)
    assert moves == ["first"] * 6
    assert set(told) == {"second"}
    assert len(told) <= 2
    one, two = first.linked.period(), second.linked.period()
    assert two.start_ms == pytest.approx(one.start_ms, abs=1.0)
    assert two.end_ms == pytest.approx(one.end_ms, abs=1.0)
    assert third.linked.period() == before


def test_another_timeframe_keeps_the_moment_in_the_middle(charts, markets, qtbot):
    panel = charts[0]
    panel.chart.go_to_time(START_MS + 50 * HOUR_MS)
    panel.view_model.choose_timeframe(Timeframe.H1)
    qtbot.waitUntil(lambda: panel.chart.model.candles.timeframe is Timeframe.H1, timeout=10_000)
    period = panel.linked.period()
    assert (period.start_ms + period.end_ms) / 2 == pytest.approx(START_MS + 50.5 * HOUR_MS, abs=HOUR_MS)


def test_trades_stand_only_on_charts_of_the_tested_series(charts, markets, services, qtbot):
    first, second, third = charts
    shell = first.shell
    strategy = edit_strategies.list_strategies(services.strategies)[0].content
    shell.workbench.set_strategy(strategy)
    shell.workbench.select_series(markets["btc 5m"])
    show(third, markets["btc 5m"], qtbot)
    request = BacktestRequest(markets["btc 5m"], strategy, BacktestConfig())
    finished = run_backtest(request, services.candles, None, lambda *_: None)
    assert len(finished.result.trade_columns) > 1
    shell.workbench.show_backtest(finished)
    shell.come_to_rest()
    for panel in charts:
        settle(panel, qtbot)
    assert [panel.chart.model.trades is not None for panel in charts] == [True, False, True]
    assert [bool(panel.view_model.lines) for panel in charts] == [True, False, True]
    shell.workbench.select_trade(1)
    entry_ms = int(finished.result.trade_columns.entry_time_ms[1])
    for panel in charts:
        period = panel.linked.period()
        assert period.start_ms <= entry_ms <= period.end_ms
    third.link.join("")
    third.chart.reset_view()
    before = third.linked.period()
    second.link.join("")
    second_before = second.linked.period()
    shell.workbench.select_trade(0)
    assert third.linked.period() != before, "it shows the tested series, so its trades are its own"
    assert second.linked.period() == second_before


def test_a_chart_comes_back_as_it_was(charts, markets, qtbot):
    first, second, _ = charts
    show(second, markets["btc 1h"], qtbot)
    second.link.join("violet")
    second.link.share("timeframe", True)
    second.linked.show_period(second.linked.period()._replace(
        start_ms=START_MS + 20 * HOUR_MS, end_ms=START_MS + 70 * HOUR_MS, follows=False
    ))  # fmt: skip
    state = second.save_state()
    assert state["link"] == {"color": "violet", "shares": ["timeframe", "pointer"], "series": ["BTCUSDT", "1h", "test"]}
    copy_id = first.shell.window.add_panel_copy("chart", state)
    qtbot.waitUntil(lambda: len(first.context.charts.all()) == 4, timeout=10_000)
    first.shell.come_to_rest()
    again = first.shell.panel(copy_id)
    settle(again, qtbot)
    assert again.link.color == "violet"
    assert again.view_model.series == markets["btc 1h"]
    period = again.linked.period()
    assert (period.start_ms, period.end_ms) == (
        pytest.approx(START_MS + 20 * HOUR_MS, abs=1), pytest.approx(START_MS + 70 * HOUR_MS, abs=1)
    )  # fmt: skip


def test_a_chart_of_a_series_that_is_gone_says_so(charts, qtbot):
    second = charts[1]
    second.restore_state({"link": {"color": "", "series": ["GONEUSDT", "1h", "test"]}})
    qtbot.waitUntil(lambda: not second.view_model.is_loading, timeout=10_000)
    assert second.view_model.is_missing
    assert second._pages.currentWidget() is second.empty
    assert "not stored any more" in second.empty._label.text()


def test_a_copy_is_free_to_show_another_symbol(charts, markets, qtbot):
    first = charts[0]
    copy_id = first.shell.window.add_panel_copy("chart")
    qtbot.waitUntil(lambda: len(first.context.charts.all()) == 4, timeout=10_000)
    first.shell.come_to_rest()
    copy = first.shell.panel(copy_id)
    assert copy.link.series == markets["btc 5m"]
    copy.view_model.choose_market("ETHUSDT", "test")
    assert first.link.series == markets["btc 5m"]


def test_closing_a_chart_leaves_the_others_alone(charts, qtbot):
    first, second, third = charts
    third.view_model.refresh()
    third.link.select(SeriesKey("BTCUSDT", Timeframe.H4, "test"))
    first.shell.window.remove_copy("chart-3")
    assert first.context.charts.all() == [first, second]
    first.shell.come_to_rest()
    qtbot.wait(50)
    point_at(first, first.chart.model.base.last_slot)
    qtbot.wait(50)
    assert first.view_model.candles is not None


def test_a_pointer_on_an_axis_takes_the_crosshair_away_everywhere(charts, qtbot):
    first, second, _ = charts
    point_at(first, first.chart.model.base.last_slot - 3)
    qtbot.waitUntil(lambda: pointed_time(second) is not None, timeout=1000)
    canvas = first.chart.canvas
    place = QPointF(canvas.viewport().width() - 6.0, 40.0)
    canvas.mouseMoveEvent(QMouseEvent(
        QMouseEvent.Type.MouseMove, place, canvas.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    ))  # fmt: skip
    assert pointed_time(first) is None
    qtbot.waitUntil(lambda: pointed_time(second) is None, timeout=1000)
