"""What else a chart shows in a replay: nothing of it may know what comes."""

from dataclasses import replace

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, random_candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.resample import resample
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.panels.chart.compare import CompareFeature
from strategy_tester.ui.panels.chart.extra_panes import ExtraPanesFeature
from strategy_tester.ui.panels.chart.replay import ReplayFeature
from strategy_tester.ui.panels.chart.volume_profile import VolumeProfileFeature

NOW = START_MS + 50 * HOUR_MS + HOUR_MS // 2


@pytest.fixture
def shell(services, open_panels):
    """Two markets of 100 hours, values of the first one every ten minutes; the replay inside the 51st hour."""
    quarters = random_candles(400, seed=4, timeframe=Timeframe.M15)
    services.candles.write(quarters)
    services.candles.write(resample(quarters, Timeframe.H1))
    services.candles.write(replace(random_candles(100, seed=9), symbol="ZETAUSDT"))
    times = START_MS + np.arange(600, dtype=np.int64) * (HOUR_MS // 6)
    services.candles.write_values("TESTUSDT", "test", "open_interest", times, np.arange(600.0))
    services.candles.write_funding("TESTUSDT", "test", FundingRates(times, np.full(600, 0.0001), np.full(600, np.nan)))
    shell = open_panels("chart")
    shell.panel("chart").link.select(SeriesKey("TESTUSDT", Timeframe.H1, "test"))
    shell.come_to_rest()
    shell.panel("chart").chart.wait_until_shown()
    shell.panel("chart").feature(ReplayFeature).start_at(NOW)
    shell.come_to_rest()
    return shell


@pytest.fixture
def panel(shell):
    panel = shell.panel("chart")
    assert len(panel.chart.model.candles) == 51  # 50 closed, one forming
    return panel


def test_a_compared_market_ends_with_its_last_closed_candle(shell, panel, services):
    compare = panel.feature(CompareFeature)
    compare.toggle("ZETAUSDT", "test")
    shell.come_to_rest()
    [layer] = compare._layers.values()
    whole = services.candles.read(SeriesKey("ZETAUSDT", Timeframe.H1, "test"))
    assert layer.line.values[:50].tolist() == whole.close[:50].tolist()
    assert np.isnan(layer.line.values[50:]).all()


def test_other_values_end_at_the_moment(shell, panel):
    panes = panel.feature(ExtraPanesFeature)
    panes.set_wanted({"open_interest", "funding"})
    shell.come_to_rest()
    assert panes._found.values["open_interest"].values[50] == 303.0  # dated 50:30, the last one known
    # Settled at 50:00, 50:10 and 50:20; the one at 50:30 comes with what follows.
    assert panes._found.values["funding"].values[50] == pytest.approx(0.03)
    assert panes._found.values["funding"].values[49] == pytest.approx(0.06)


def test_the_volume_profile_counts_what_had_been_traded(shell, panel, qtbot):
    profile = panel.feature(VolumeProfileFeature)
    profile.set_on(is_on=True)
    panel.chart.show_all()
    panel.chart.canvas.grab()
    qtbot.waitUntil(lambda: profile.layer.profile is not None, timeout=10_000)
    known = panel.feature(ReplayFeature).player.played.feed.cut(NOW)
    assert profile.layer.profile.total == pytest.approx(float(known.volume.sum()))


def test_the_countdown_goes_by_the_replay(shell, panel):
    panel.chart.countdown.look()
    assert panel.chart.countdown.text == "30:00"
    panel.feature(ReplayFeature).clock.stop()
    assert panel.chart.countdown.text == ""
