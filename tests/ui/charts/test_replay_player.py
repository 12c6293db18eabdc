"""A chart that goes through time holds what a chart made at that moment holds, level by level, trade by trade."""

from dataclasses import replace

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, make_candles, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig, BacktestResult
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.marketdata.resample import resample
from strategy_tester.services.load_chart import ChartLine
from strategy_tester.services.replay import ReplayFeed
from strategy_tester.services.run_backtest import backtest_candles
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.panes import Contribution
from strategy_tester.ui.charts.replay_marks import OpenTradeBox, OpenTradeMarks
from strategy_tester.ui.charts.replay_player import PlayedSeries, ReplayPlayer
from strategy_tester.ui.charts.series import PreparedCandles, PreparedLine


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


def without(candles: Candles, *bars: int) -> Candles:
    keep = np.delete(np.arange(len(candles)), bars)
    names = ("open_time_ms", "open", "high", "low", "close", "volume")
    return replace(candles, **{name: getattr(candles, name)[keep] for name in names})


@pytest.fixture
def feed() -> ReplayFeed:
    """900 hours with holes, and their quarters with other holes."""
    quarters = random_candles(3600, seed=11, timeframe=Timeframe.M15)
    hours = resample(quarters, Timeframe.H1)
    return ReplayFeed(without(hours, 40, 41, 300, 700), [without(quarters, 500, 2401)])


def player(chart: ChartWidget, feed: ReplayFeed, moment: int, result: BacktestResult | None = None) -> ReplayPlayer:
    lines = [ChartLine("Mean", feed.candles.close * 1.01), ChartLine("Range", feed.candles.high, "Range")]
    made = ReplayPlayer(chart, PlayedSeries(feed, lines, result, moment))
    made.show(moment)
    return made


def assert_like_new(chart: ChartWidget, feed: ReplayFeed, moment: int) -> None:
    shown, fresh = chart.model.candles, PreparedCandles(feed.cut(moment))
    assert shown.base.times.tolist() == fresh.base.times.tolist()
    assert shown.base.slots.tolist() == fresh.base.slots.tolist()
    for level in range(fresh.close.top + 1):
        for one, other in zip(shown.columns(level), fresh.columns(level), strict=True):
            assert one.tolist() == other.tolist()
    closed = feed.at(moment).closed
    for line, values in zip(chart.model.lines, (feed.candles.close * 1.01, feed.candles.high), strict=True):
        again = PreparedLine(line.title, line.pane, line.style, (), values[:closed])
        for level in range(again.lowest.top + 1):
            assert line.lowest.level(level).tolist() == again.lowest.level(level).tolist()
            assert line.highest.level(level).tolist() == again.highest.level(level).tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_way_of_steps_and_jumps_ends_as_a_new_chart(show_chart, feed, seed):
    rng = np.random.default_rng(seed)
    chart = show_chart(feed.candles)
    moment = at(450)
    made = player(chart, feed, moment)
    for _ in range(60):
        kind = rng.integers(0, 4)
        if kind == 0:
            moment = at(float(rng.uniform(1, 899)))
        else:
            moment += int(rng.integers(-2, 6)) * 15 * MINUTE_MS + int(rng.integers(0, 3)) * 4 * HOUR_MS
        moment = min(max(moment, feed.first_ms), feed.last_ms)
        made.go_to(moment)
        assert_like_new(chart, feed, moment)


def test_before_the_first_candle_there_is_nothing(show_chart, feed):
    chart = show_chart(feed.candles)
    made = player(chart, feed, at(0.5))
    assert chart.model.candles is None
    made.go_to(at(3))
    assert_like_new(chart, feed, at(3))
    made.go_to(at(0.2))
    assert chart.model.candles is None


def rising_run(leave: int) -> tuple[Candles, BacktestResult]:
    closes = [101.0 + bar for bar in range(40)]
    candles = make_candles(closes, opens=[close - 1 for close in closes])
    entry, exits, none = np.zeros(40, bool), np.zeros(40, bool), np.zeros(40, bool)
    entry[9], exits[leave] = True, True
    signals = Signals(long_entry=entry, short_entry=none, long_exit=exits, short_exit=none)
    return candles, backtest_candles(signals, candles, BacktestConfig(fixed_quantity=1.0))


def test_a_fill_at_the_open_stands_where_its_candle_will_be(show_chart):
    candles, result = rising_run(19)
    chart = show_chart(candles)
    made = player(chart, ReplayFeed(candles), at(20), result)
    assert len(chart.model.candles) == 20
    assert chart.model.trades.exit.tolist() == [20]
    made.go_to(at(21))
    assert chart.model.trades.exit.tolist() == [20]
    assert len(chart.model.candles) == 21


def picture(chart: ChartWidget) -> np.ndarray:
    image = chart.to_image(1.0)
    return np.array(image.constBits()).reshape(image.height(), image.bytesPerLine())


def shown_open(chart: ChartWidget, moment: int, leave: int) -> OpenTradeMarks:
    candles, result = rising_run(leave)
    made = player(chart, ReplayFeed(candles), moment, result)
    marks = OpenTradeMarks(made)
    chart.contribute("replay", Contribution([OpenTradeBox(made)], [marks], legend=marks.legend))
    return marks


def test_an_open_trade_looks_alike_whenever_it_will_end(show_chart):
    charts = [show_chart(rising_run(leave)[0]) for leave in (25, 35)]
    for chart, leave in zip(charts, (25, 35), strict=True):
        shown_open(chart, at(22), leave)
        chart.model.view.show(0.0, 30.0)
    assert np.array_equal(picture(charts[0]), picture(charts[1]))


def test_the_legend_tells_the_result_so_far_and_what_it_leaves_out(show_chart):
    chart = show_chart(rising_run(35)[0])
    [row] = shown_open(chart, at(22), 35).legend(None)
    # Bought at 110, the last close is 122; the entry cost 110 x 0.00055.
    assert [piece.text.replace("\u202f", " ") for piece in row] == [
        "#1", "\u25b2 LONG", "open since 110", "+11.94 USDT", "so far, before the costs of leaving",
    ]  # fmt: skip


def test_the_box_of_an_open_trade_is_painted(show_chart):
    chart = show_chart(rising_run(35)[0])
    shown_open(chart, at(22), 35)
    chart.model.view.show(0.0, 30.0)
    with_trade = picture(chart)
    chart.contribute("replay", None)
    assert not np.array_equal(with_trade, picture(chart))
