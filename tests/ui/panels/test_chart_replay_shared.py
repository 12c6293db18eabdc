"""Several charts in one replay: one moment, and every timeframe tells the same of it."""

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from shiboken6 import isValid

from builders import HOUR_MS, START_MS, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.resample import resample
from strategy_tester.services import edit_strategies
from strategy_tester.services.chart_indicators import indicator_entry
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import i18n
from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature
from strategy_tester.ui.panels.chart.replay import ReplayFeature

FRAMES = (Timeframe.H1, Timeframe.M15, Timeframe.M5)


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


@pytest.fixture
def fives(services) -> Candles:
    """100 hours in three timeframes in the store."""
    candles = random_candles(1200, seed=6, timeframe=Timeframe.M5)
    for frame in FRAMES:
        services.candles.write(candles if frame is Timeframe.M5 else resample(candles, frame))
    return candles


@pytest.fixture
def shell(fives, open_panels):
    return open_panels("chart")


@pytest.fixture
def charts(shell, qtbot):
    """One chart for each timeframe."""
    for _ in FRAMES[1:]:
        shell.window.add_panel_copy("chart", {})
    qtbot.waitUntil(lambda: len(shell.context.charts.all()) == 3, timeout=10_000)
    shell.come_to_rest()
    panels = shell.context.charts.all()
    for panel, frame in zip(panels, FRAMES, strict=True):
        panel.link.select(SeriesKey("TESTUSDT", frame, "test"))
        shell.come_to_rest()
        panel.chart.wait_until_shown()
    return panels


def begin(shell, panel, moment: int):
    replay = panel.feature(ReplayFeature)
    replay.start_at(moment)
    shell.come_to_rest()
    return replay.clock


def last(panel) -> tuple[int, float, float, float, float]:
    candles = panel.chart.model.candles
    pyramids = (candles.open, candles.high, candles.low, candles.close)
    return int(candles.base.times[-1]), *(float(pyramid.values[-1]) for pyramid in pyramids)


def closed_fives(panel, opened: int, now: int) -> tuple[int, float, float, float, float]:
    """What a chart of five minutes says of a longer candle: its closed candles put together."""
    candles = panel.chart.model.candles
    times = candles.base.times
    part = (times >= opened) & (times + 300_000 <= now)
    open_, high, low, close = (p.values[part] for p in (candles.open, candles.high, candles.low, candles.close))
    return opened, float(open_[0]), float(high.max()), float(low.min()), float(close[-1])


def test_every_chart_tells_the_same_at_every_moment(shell, charts):
    hour, quarter, five = charts
    clock = begin(shell, hour, at(40))
    assert [panel.chart.model.candles.timeframe for panel in charts] == list(FRAMES)
    for minutes in (5, 10, 20, 31, 45, 58, 65, 119, 200, 100, 95, 15):
        clock.jump(at(40 + minutes / 60))
        now = clock.now_ms
        assert {int(p.feature(ReplayFeature).player.now_ms) for p in charts} == {now}
        assert last(hour) == closed_fives(five, now // HOUR_MS * HOUR_MS, now)
        if minutes % 15 >= 5:
            assert last(quarter) == closed_fives(five, now // 900_000 * 900_000, now)
        for panel in charts:
            frame = panel.chart.model.candles.timeframe.milliseconds
            assert panel.view_model.candles.open_time_ms[-1] + frame <= now


def test_only_the_chart_it_was_begun_on_bears_the_bar(shell, charts):
    hour, quarter, five = charts
    clock = begin(shell, quarter, at(40))
    bars = [panel.feature(ReplayFeature).play_bar for panel in charts]
    assert [bar.isHidden() for bar in bars] == [True, False, True]
    assert all(panel.feature(ReplayFeature)._frame in panel.chart.canvas.frame_painters for panel in charts)
    clock.set_takes_all(False)
    shell.come_to_rest()
    assert [panel.feature(ReplayFeature).is_in for panel in charts] == [False, True, False]
    assert len(hour.chart.model.candles) == 100
    assert len(five.chart.model.candles) == 1200
    five.feature(ReplayFeature).toggle()
    shell.come_to_rest()
    assert [panel.feature(ReplayFeature).is_in for panel in charts] == [False, True, True]
    clock.set_takes_all(True)
    shell.come_to_rest()
    assert len(hour.chart.model.candles) == 40
    clock.stop()
    assert [len(panel.chart.model.candles) for panel in charts] == [100, 400, 1200]


def test_a_chart_opened_meanwhile_takes_part_and_a_closed_one_does_not(shell, charts, qtbot):
    clock = begin(shell, charts[0], at(40))
    shell.window.add_panel_copy("chart", {})
    qtbot.waitUntil(lambda: len(shell.context.charts.all()) == 4, timeout=10_000)
    shell.come_to_rest()
    qtbot.waitUntil(lambda: shell.context.charts.all()[3].feature(ReplayFeature).player is not None, timeout=5000)
    new = shell.context.charts.all()[3]
    assert int(new.view_model.candles.close_time_ms[-1]) <= clock.now_ms
    shell.context.charts.remove(charts[0])
    assert clock.is_on
    assert clock.starter is charts[1]
    assert not charts[1].feature(ReplayFeature).play_bar.isHidden()


def test_the_step_is_a_candle_of_the_chart_in_use(shell, charts):
    clock = begin(shell, charts[0], at(40))
    shell.context.charts.set_current(charts[2])
    clock.step()
    assert clock.now_ms == at(40) + 300_000
    shell.context.charts.set_current(charts[0])
    clock.step()
    assert clock.now_ms == at(41)
    clock.step(-1)
    assert clock.now_ms == at(40)


def test_indicators_of_the_chart_know_the_past_only(shell, charts, qtbot):
    hour = charts[0]
    indicators = hour.feature(IndicatorsFeature)
    number = indicators.add(indicator_entry("EMA"), {"period": 5}).number
    clock = begin(shell, hour, at(40.5))
    for moment in (at(40.5), at(40.75), at(43.25), at(42), at(60.25)):
        clock.jump(moment)
        feed = hour.feature(ReplayFeature).player.played.feed
        past = feed.cut(moment)
        want = indicator_values(past)

        def is_right(past=past, want=want) -> bool:
            lines = indicators._lines.get(number)
            return (
                bool(lines)
                and len(lines[0]) == len(past)
                and np.allclose(lines[0].lowest.values, want, rtol=1e-12, equal_nan=True)
            )

        qtbot.waitUntil(is_right, timeout=10_000)


def indicator_values(past: Candles) -> np.ndarray:
    from strategy_tester.indicators.registry import compute

    return next(iter(compute("EMA", past, period=5).values()))


def test_a_closed_chart_takes_no_part_in_what_comes_later(shell, charts, qtbot):
    shell.window.panel_host.remove(charts[1].context.panel_id)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(charts[1])
    clock = begin(shell, charts[0], at(50))
    assert clock.is_on
    clock.jump(at(60))
    shell.workbench.set_strategy(edit_strategies.template("cross"))
    clock.stop()
    shell.come_to_rest()
    i18n.set_language("ru")
    assert len(shell.context.charts.all()) == 2
