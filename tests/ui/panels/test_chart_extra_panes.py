"""Funding, mark price and open interest as panes; the volume profile."""

import numpy as np
import pytest

from builders import HOUR_MS, START_MS
from strategy_tester.domain.costs import FundingRates
from strategy_tester.ui.charts.volume_profile import volume_profile
from strategy_tester.ui.panels.chart.extra_panes import ExtraPanesFeature
from strategy_tester.ui.panels.chart.volume_profile import VolumeProfileFeature


@pytest.fixture
def panel(stored, services, open_panels, qtbot):
    """A chart of 400 hourly candles with funding every 8 hours and a mark price 1 % above each close."""
    times = START_MS + np.arange(0, 400, 8, dtype=np.int64) * HOUR_MS
    rates = np.where(np.arange(times.size) % 2, -0.0002, 0.0001)
    services.candles.write_funding("TESTUSDT", "test", FundingRates(times, rates, np.full(times.size, np.nan)))
    candles = services.candles.read(stored)
    ends = candles.open_time_ms + HOUR_MS
    services.candles.write_values("TESTUSDT", "test", "mark_price", ends, candles.close * 1.01)
    shell = open_panels("chart")
    panel = shell.panel("chart")
    panel.chart.wait_until_shown()
    panel.rest = shell.come_to_rest
    return panel


def texts(panel, key: str, bar: int) -> list[str]:
    model = panel.chart.model
    pane = next(pane for pane in model.panes if pane.key == key)
    return [" ".join(piece.text for piece in row) for row in model.legend(pane, bar)]


def keys(panel) -> list[str]:
    return [pane.key for pane in panel.chart.model.panes]


def test_funding_is_told_with_its_rate_by_the_year(panel):
    panel.feature(ExtraPanesFeature).toggle("funding")
    panel.rest()
    assert keys(panel) == ["price", "value:funding", "volume"]
    assert texts(panel, "value:funding", 8) == ["Funding rate −0.0200\u202f% per year −21.90\u202f%"]
    assert texts(panel, "value:funding", 17) == ["Funding rate +0.0100\u202f% per year +10.95\u202f%"]
    values = panel.feature(ExtraPanesFeature)._found.values["funding"].values
    np.testing.assert_allclose(values[[0, 1, 8]], [0.01, np.nan, -0.02])


def test_the_mark_price_lies_over_the_candles_and_its_difference_below(panel):
    panel.feature(ExtraPanesFeature).toggle("mark_price")
    panel.rest()
    assert texts(panel, "value:mark_price", 20) == ["Mark price to last +1.000\u202f%"]
    mark = panel.view_model.candles.close[20] * 1.01
    line = next(text for text in texts(panel, "price", 20) if text.startswith("Mark price"))
    assert float(line.removeprefix("Mark price ").replace("\u202f", "")) == pytest.approx(mark, abs=0.01)


def test_what_is_not_stored_makes_no_pane_and_the_menu_says_so(panel):
    feature = panel.feature(ExtraPanesFeature)
    feature.toggle("open_interest")
    panel.rest()
    assert keys(panel) == ["price", "volume"]
    feature.toggle("open_interest")
    feature._fill_menu()
    by_text = {action.text(): action for action in feature.menu.actions()}
    assert not by_text["Open interest (none stored)"].isEnabled()
    assert by_text["Funding rate"].isEnabled()
    assert "Volume profile at the right" in by_text


def test_closing_the_pane_takes_it_off_the_choice(panel):
    feature = panel.feature(ExtraPanesFeature)
    feature.set_wanted({"funding", "mark_price"})
    panel.rest()
    panel.chart.close_pane("value:funding")
    assert feature.wanted == {"mark_price"}
    panel.chart.legend_button.emit("value:mark_price", "remove")
    assert feature.wanted == set()


def test_the_choice_is_remembered(panel):
    feature = panel.feature(ExtraPanesFeature)
    feature.set_wanted({"funding", "open_interest"})
    state = feature.save_state()
    feature.set_wanted(set())
    feature.restore_state(state)
    assert feature.wanted == {"funding", "open_interest"}
    feature.restore_state([7, "nonsense"])
    assert feature.wanted == set()


# Volume profile


@pytest.fixture
def profile(panel, qtbot):
    feature = panel.feature(VolumeProfileFeature)

    def rest() -> None:
        panel.chart.grab()
        qtbot.waitUntil(lambda: feature.layer.profile is not None and feature._wanted is None, timeout=30_000)

    feature.set_on(is_on=True)
    feature.rest = rest
    return feature


def test_the_profile_is_of_the_bars_in_sight(panel, profile):
    panel.chart.model.view.show(100.0, 200.0)
    panel.chart.canvas.refresh()
    profile.rest()
    candles = panel.view_model.candles
    assert profile.layer.profile.total == pytest.approx(candles.volume[100:200].sum(), rel=1e-12)
    assert profile.layer.profile.bottom == candles.low[100:200].min()
    panel.chart.model.view.show(300.0, 350.0)
    panel.chart.canvas.refresh()
    panel.chart.grab()
    assert profile._wanted is not None  # the old one stays until the view rests
    profile.rest()
    assert profile.layer.profile.total == pytest.approx(candles.volume[300:350].sum(), rel=1e-12)


def test_a_frame_that_shows_the_same_bars_computes_nothing(panel, profile):
    profile.rest()
    found = profile.layer.profile
    panel.chart.canvas.refresh()
    panel.chart.grab()
    assert profile._wanted is None
    assert profile.layer.profile is found


def test_a_changed_last_bar_makes_it_anew(panel, profile, qtbot):
    profile.rest()
    before = profile.layer.profile.total
    candles = panel.view_model.candles
    last = float(candles.volume[-1])
    panel.chart.update_last(float(candles.high[-1]), float(candles.low[-1]), float(candles.close[-1]), last + 1000.0)
    qtbot.waitUntil(lambda: profile._shown is None)
    profile.rest()
    assert profile.layer.profile.total == pytest.approx(before + 1000.0, rel=1e-9)


def test_the_legend_names_point_of_control_and_value_area(panel, profile):
    profile.rest()
    line = next(text for text in texts(panel, "price", 399) if text.startswith("Volume profile"))
    assert [word for word in line.split() if word.isalpha()][2:6] == ["POC", "VAH", "VAL", "Vol"]


def test_switched_off_nothing_is_left_and_the_side_is_remembered(panel, profile):
    profile.set_on(is_on=True, is_left=True)
    state = profile.save_state()
    panel.chart.legend_button.emit("volume-profile", "remove")
    assert not profile.is_on
    assert profile.save_state() is None
    profile.restore_state(state)
    assert profile.is_on
    assert profile.layer.is_left
    profile.restore_state("nonsense")
    assert not profile.is_on


def test_bars_without_volume_or_without_movement_have_their_place():
    flat = np.full(3, 10.0)
    assert volume_profile((flat, flat, flat, flat, np.zeros(3)), 0, 3, 20) is None
    assert volume_profile((flat, flat, flat, flat, flat), 2, 2, 20) is None
    found = volume_profile((flat, flat, flat, flat, np.array([1.0, 2.0, 3.0])), 0, 3, 20)
    assert found.total == 6.0
    assert found.point_of_control == pytest.approx(10.0, abs=1e-4)
