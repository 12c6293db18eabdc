"""Replay in a window: entering, going on, leaving, and nothing of the future in any picture."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from builders import HOUR_MS, START_MS, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.drawings import Anchor
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.resample import resample
from strategy_tester.services import edit_strategies
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.run_backtest import BacktestRequest, run_backtest
from strategy_tester.ui.charts import replay_signals
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.replay_marks import MomentPicker
from strategy_tester.ui.panels.chart.drawing import DrawingFeature
from strategy_tester.ui.panels.chart.replay import ReplayFeature
from strategy_tester.ui.replay_clock import ReplayClock, Speed

HOURS = SeriesKey("TESTUSDT", Timeframe.H1, "test")


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


@pytest.fixture
def quarters(services) -> Candles:
    """1600 quarters of an hour in steps of a cent, and their 400 hours, in the store."""
    raw = random_candles(1600, seed=4, timeframe=Timeframe.M15)
    prices = (np.round(column, 2) for column in (raw.open, raw.high, raw.low, raw.close))
    candles = replace(raw, **dict(zip(("open", "high", "low", "close"), prices, strict=True)))
    services.candles.write(candles)
    services.candles.write(resample(candles, Timeframe.H1))
    return candles


@pytest.fixture
def hours(services, quarters) -> Candles:
    return services.candles.read(HOURS)


@pytest.fixture
def shell(hours, open_panels):
    shell = open_panels("chart")
    shell.workbench.select_series(HOURS)
    shell.come_to_rest()
    shell.panel("chart").chart.wait_until_shown()
    shell.panel("chart").grab()
    return shell


@pytest.fixture
def panel(shell):
    return shell.panel("chart")


@pytest.fixture
def replay(panel) -> ReplayFeature:
    return panel.feature(ReplayFeature)


def begin(shell, replay: ReplayFeature, moment: int) -> ReplayClock:
    replay.start_at(moment)
    shell.come_to_rest()
    assert replay.player is not None
    return replay.clock


def shown(panel) -> list[list[float]]:
    candles = panel.chart.model.candles
    return [candles.base.times.tolist(), *(column.values.tolist() for column in candles._pyramids())]


def expected(candles: Candles) -> list[list[float]]:
    return [getattr(candles, name).tolist() for name in ("open_time_ms", "open", "high", "low", "close", "volume")]


def key(panel, qtbot, name: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(panel.chart.canvas.viewport(), name, modifiers)


def test_a_click_chooses_the_candle_it_begins_at(shell, panel, replay, qtbot):
    qtbot.mouseClick(replay.button, Qt.MouseButton.LeftButton)
    assert replay.choose_bar.isVisible()
    view, canvas = panel.chart.model.view, panel.chart.canvas
    slot = int(view.left + view.span / 2)
    place = QPoint(round(view.pixel_of(slot) / canvas._ratio()), 120)
    qtbot.mouseMove(canvas.viewport(), place)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    shell.come_to_rest()
    assert replay.clock.now_ms == at(slot + 1)
    assert len(panel.chart.model.candles) == slot + 1
    assert replay.play_bar.isVisible()
    assert not replay.choose_bar.isVisible()
    assert shell.window.status._word.text() == "REPLAY"
    assert shell.window.focusWidget() is canvas


def test_the_chart_is_given_the_past_only(shell, panel, replay, quarters, hours):
    begin(shell, replay, at(100.5))
    assert shown(panel) == expected(replay.player.played.feed.cut(at(100.5)))
    forming = quarters.between(at(100), at(100.5))
    assert panel.chart.model.candles.close.values[-1] == forming.close[-1]
    assert panel.chart.model.candles.high.values[-1] == forming.high.max()
    assert len(panel.view_model.candles) == 100
    assert panel.view_model.candles.close_time_ms[-1] == at(100)
    assert panel.view_model.candles.close.tolist() != hours.close.tolist()


def test_fifty_steps_forward_and_some_back_show_what_data_cut_there_show(shell, panel, replay, qtbot):
    clock = begin(shell, replay, at(100))
    feed = replay.player.played.feed
    for number in range(1, 51):
        key(panel, qtbot, Qt.Key.Key_Right)
        assert clock.now_ms == at(100 + number)
        assert shown(panel) == expected(feed.cut(clock.now_ms))
    key(panel, qtbot, Qt.Key.Key_Left)
    key(panel, qtbot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert clock.now_ms == at(148)
    assert shown(panel) == expected(feed.cut(at(148)))
    assert len(panel.view_model.candles) == 148


def test_lower_steps_go_inside_the_forming_candle(shell, panel, replay, quarters, qtbot):
    clock = begin(shell, replay, at(100))
    for number in range(1, 4):
        key(panel, qtbot, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
        assert clock.now_ms == at(100 + number / 4)
        assert panel.chart.model.candles.close.values[-1] == quarters.close[400 + number - 1]
        assert len(panel.chart.model.candles) == 101
    key(panel, qtbot, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert shown(panel) == expected(replay.player.played.feed.cut(at(101)))
    key(panel, qtbot, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert clock.now_ms == at(100.75)
    assert shown(panel) == expected(replay.player.played.feed.cut(at(100.75)))


def test_playing_with_a_timer_by_hand(shell, panel, replay, qtbot):
    clock = begin(shell, replay, at(100))
    clock.set_speed(Speed(5, is_in_bars=True))
    clock._timer.setInterval(1_000_000)  # only the frames of this test count
    key(panel, qtbot, Qt.Key.Key_Space)
    assert clock.is_playing
    feed = replay.player.played.feed
    for number in range(1, 51):
        clock.tick(40)
        assert clock.now_ms == at(100 + number / 5)
        assert shown(panel) == expected(feed.cut(clock.now_ms))
    key(panel, qtbot, Qt.Key.Key_Space)
    assert not clock.is_playing
    clock.tick(1000)
    assert clock.now_ms == at(110)


def test_it_stops_at_the_end_of_the_data(shell, panel, replay, hours):
    clock = begin(shell, replay, at(399))
    clock.play()
    clock.tick(10_000)
    assert clock.now_ms == at(400)
    assert not clock.is_playing
    assert shown(panel) == expected(hours)


def picture(chart: ChartWidget) -> np.ndarray:
    image = chart.to_image(1.0)
    return np.array(image.constBits()).reshape(image.height(), image.bytesPerLine())


@pytest.mark.parametrize("kind", ["candles", "heikin_ashi", "line"])
def test_the_picture_is_that_of_a_chart_that_knows_the_past_only(shell, panel, replay, qtbot, kind):
    clock = begin(shell, replay, at(300))
    panel.chart.set_chart_type(kind)
    for moment in (at(301.25), at(305), at(150.5), at(160), at(40.75)):
        clock.jump(moment)
        shell.come_to_rest()
        panel.chart.canvas.frame_painters.remove(replay._frame)
        other = ChartWidget()
        qtbot.addWidget(other)
        other.resize(panel.chart.size())
        other.set_chart_type(kind)
        other.set_candles(replay.player.played.feed.cut(moment))
        other.clock = lambda moment=moment: float(moment)
        other.show()
        other.grab()
        view, again = panel.chart.model.view, other.model.view
        again.show(view.left, view.left + view.span)
        panel.chart.countdown.look()
        assert np.array_equal(picture(panel.chart), picture(other)), moment
        panel.chart.canvas.frame_painters.append(replay._frame)


def test_leaving_brings_everything_back_as_it_was(shell, panel, replay, hours, qtbot):
    view = panel.chart.model.view
    view.show(50.0, 130.0)
    view.follows = False
    candles, prepared = panel.view_model.candles, panel.chart.model.candles
    begin(shell, replay, at(100))
    key(panel, qtbot, Qt.Key.Key_Right)
    key(panel, qtbot, Qt.Key.Key_Escape)
    assert not replay.clock.is_on
    assert panel.view_model.candles is candles
    assert panel.chart.model.candles is prepared
    assert shown(panel) == expected(hours)
    assert (view.left, view.span, view.follows) == (50.0, 80.0, False)
    assert shell.window.status._word.text() == "BACKTEST"
    assert not replay.play_bar.isVisible()
    assert replay._frame not in panel.chart.canvas.frame_painters
    key(panel, qtbot, Qt.Key.Key_Space)
    assert not replay.clock.is_on


@pytest.fixture
def backtest(shell, services):
    """Trades from signal to signal, without stops."""
    strategy = {**edit_strategies.template("cross"), "stop_loss": None, "take_profit": None}
    finished = run_backtest(BacktestRequest(HOURS, strategy, BacktestConfig()), services.candles)
    shell.workbench.set_strategy(strategy)
    shell.workbench.show_backtest(finished)
    shell.come_to_rest()
    shell.panel("chart").chart.wait_until_shown()
    return finished


def test_trades_appear_when_they_were_known(shell, panel, replay, backtest):
    trades = backtest.result.trade_columns
    entry, leave = int(trades.entry_time_ms[2]), int(trades.exit_time_ms[2])
    clock = begin(shell, replay, entry)
    assert len(panel.chart.model.trades) == 2
    assert [trade.number for trade in replay.player.known.open] == [2]
    clock.jump(leave - 1)
    assert len(panel.chart.model.trades) == 2
    clock.jump(leave)
    assert len(panel.chart.model.trades) == 3
    replay.jump_to_event(-1)
    assert clock.now_ms < leave
    replay.jump_to_event(1)
    assert clock.now_ms == leave
    assert "whole run" in replay.play_bar.note.toolTip()


def test_lines_of_the_strategy_end_with_the_last_closed_candle(shell, panel, replay, backtest, qtbot):
    begin(shell, replay, at(200.25))
    clock = replay.clock
    for moment in (at(200.25), at(201), at(230), at(230.5), at(120)):
        clock.jump(moment)
        closed = replay.player.state.closed
        for line, whole in zip(panel.chart.model.lines, backtest.lines, strict=True):
            assert line.lowest.values.tolist() == pytest.approx(whole.values[:closed].tolist(), nan_ok=True)
    clock.stop()
    assert [len(line) for line in panel.chart.model.lines] == [400, 400]


def test_a_trade_of_the_future_is_not_shown_when_it_is_chosen(shell, panel, replay, backtest):
    begin(shell, replay, int(backtest.result.trade_columns.entry_time_ms[2]))
    shell.workbench.select_trade(len(backtest.result.trade_columns) - 1)
    assert shell.window.status.message() == "This trade lies after the moment of the replay."


def test_another_market_joins_the_same_moment(shell, panel, replay, quarters):
    clock = begin(shell, replay, at(100.5))
    panel.view_model.choose_timeframe(Timeframe.M15)
    shell.come_to_rest()
    assert clock.now_ms == at(100.5)
    assert shown(panel) == expected(quarters.rows(0, 402))
    clock.stop()
    assert shown(panel) == expected(quarters)


def test_a_backtest_run_in_a_replay_shows_no_future(shell, panel, replay, services):
    clock = begin(shell, replay, at(200))
    strategy = edit_strategies.template("cross")
    finished = run_backtest(BacktestRequest(HOURS, strategy, BacktestConfig()), services.candles)
    shell.workbench.set_strategy(strategy)
    shell.workbench.show_backtest(finished)
    shell.come_to_rest()
    assert len(panel.chart.model.candles) == 200
    assert int(panel.chart.model.trades.trades.exit_time_ms.max()) <= clock.now_ms
    assert {len(line) for line in panel.chart.model.lines} == {200}


def test_the_next_start_is_no_replay(shell, panel, replay):
    begin(shell, replay, at(200))
    assert "replay" not in panel.save_state()["features"]


def test_the_scrubber_moves_the_charts_once_a_frame(shell, panel, replay, qtbot):
    clock = begin(shell, replay, at(200))
    moves: list[int] = []
    clock.moved.connect(moves.append)
    for place in (2500, 4000, 5000):
        replay.play_bar.scrubber.setValue(place)
    qtbot.waitUntil(lambda: bool(moves), timeout=2000)
    assert moves == [at(1) + round(399 * HOUR_MS * 0.5)]


def test_the_moment_can_be_written(shell, panel, replay, qtbot):
    replay.toggle()
    replay.choose_bar.field.show_moment(at(123))
    qtbot.mouseClick(replay.choose_bar.start_button, Qt.MouseButton.LeftButton)
    shell.come_to_rest()
    assert replay.clock.now_ms == at(123)
    replay.play_bar.field.show_moment(at(77))
    replay.play_bar.field.editingFinished.emit()
    assert replay.clock.now_ms == at(77)
    assert len(panel.chart.model.candles) == 77


def test_a_random_moment_leaves_something_to_see_and_to_come(shell, panel, replay):
    replay.toggle()
    replay.start_random()
    shell.come_to_rest()
    assert at(80) <= replay.clock.now_ms <= at(361)


def test_esc_gives_up_choosing(shell, panel, replay, qtbot):
    replay.toggle()
    assert replay.is_choosing
    key(panel, qtbot, Qt.Key.Key_Escape)
    assert not replay.is_choosing
    assert not replay.button.isChecked()
    painters = panel.chart.canvas.overlay_painters + panel.chart.canvas.tools
    assert not [one for one in painters if isinstance(one, MomentPicker)]


def test_another_strategy_brings_its_lines_cut(shell, panel, replay, backtest):
    clock = begin(shell, replay, at(200))
    strategy = edit_strategies.template("other")
    strategy["indicators"][0]["params"]["period"] = 7
    shell.workbench.set_strategy(strategy)
    clock.step()
    shell.come_to_rest()
    assert [len(line) for line in panel.chart.model.lines] == [201, 201]
    assert panel.chart.model.lines[0].values[-1] != pytest.approx(backtest.lines[0].values[200])


def test_a_chart_that_cannot_be_made_ready_leaves_the_replay(shell, panel, replay, services, monkeypatch):
    def broken(*_arguments):
        raise OSError("the disk is gone")

    monkeypatch.setattr(services.candles, "series", broken)
    replay.start_at(at(100))
    shell.come_to_rest()
    assert not replay.clock.is_on
    assert not replay.is_in
    assert len(panel.chart.model.candles) == 400
    assert panel.errors.isVisible()


def signal_places(panel, monkeypatch) -> list[tuple[int, object]]:
    """Columns and shapes of the signals in the next picture of a chart."""
    found = []
    monkeypatch.setattr(replay_signals, "paint_mark", lambda _painter, at, shape, *_rest: found.append((at[0], shape)))
    panel.chart.canvas.refresh()
    panel.chart.grab()
    return found


def test_signals_are_seen_from_the_close_that_decided(shell, panel, replay, backtest, monkeypatch):
    trades = backtest.result.trade_columns
    bar, is_long = int(trades.signal_bar[2]), bool(trades.side[2] > 0)
    clock = begin(shell, replay, at(bar + 1) - 1)
    before = signal_places(panel, monkeypatch)
    clock.jump(at(bar + 1))
    after = signal_places(panel, monkeypatch)
    assert len(after) == len(before) + 1
    column, shape = after[-1]
    slot = panel.chart.model.view.slot_at(column)
    assert int(slot) == bar
    assert shape is (replay_signals.TRIANGLE_UP if is_long else replay_signals.TRIANGLE_DOWN)
    model = panel.chart.model
    told = [" ".join(piece.text for piece in row) for row in model.legend(model.panes[0], bar)]
    side = "\u25b2 LONG" if is_long else "\u25bc SHORT"
    assert f"Signal at the close {side}" in told
    clock.stop()
    assert signal_places(panel, monkeypatch) == []


def test_the_future_is_out_of_sight_while_the_past_is_made_ready(shell, panel, replay):
    replay.start_at(at(100))
    panel.chart.grab()
    assert panel.chart.canvas.renderer.frame is None
    shell.come_to_rest()
    panel.chart.grab()
    assert panel.chart.canvas.renderer.frame is not None
    replay.clock.stop()
    panel.chart.grab()
    assert panel.chart.canvas.renderer.frame is not None


def test_leaving_before_the_past_is_ready_shows_the_chart_again(shell, panel, replay, hours):
    replay.start_at(at(100))
    replay.clock.stop()
    shell.come_to_rest()
    panel.chart.grab()
    assert panel.chart.canvas.renderer.frame is not None
    assert shown(panel) == expected(hours)


def test_the_click_that_picks_the_moment_touches_no_drawing(shell, panel, replay, qtbot):
    scene, canvas = panel.feature(DrawingFeature).scene, panel.chart.canvas
    place = QPoint(300, 120)
    spot = canvas.spot_at(place.toPointF())
    price = spot.place.scale.value_at((spot.y - spot.place.top) / spot.place.height)
    scene.add(scene.make("horizontal_line", (Anchor(at(10), price),)))
    scene.select(None)
    panel.chart.grab()
    assert scene.hit((spot.x, spot.y), spot.reach) is not None
    qtbot.mouseClick(replay.button, Qt.MouseButton.LeftButton)
    qtbot.mouseMove(canvas.viewport(), place)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    shell.come_to_rest()
    assert replay.clock.is_on
    assert scene.selected is None
