"""Indicators for charts: the list, the lines, and the last values of growing candles."""

import numpy as np
import pytest

from builders import make_candles, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.indicators.registry import compute
from strategy_tester.services.chart_indicators import (
    checked_settings,
    history_bars,
    indicator_entries,
    indicator_entry,
    indicator_lines,
    latest_values,
    short_title,
)

BARS = 9_000
CANDLES = random_candles(BARS)
OTHER_SETTINGS = [
    ("EMA", {"period": 90}),
    ("RSI", {"period": 3, "source": "hlc3"}),
    ("MACD", {"fast_period": 3, "slow_period": 60, "signal_period": 30}),
    ("STOCHRSI", {"rsi_period": 40}),
    ("T3", {"period": 20}),
    ("KC", {"period": 50, "atr_period": 30}),
    ("KAMA", {"period": 10, "slow_period": 100}),
    ("SUPERTREND", {"period": 30, "multiplier": 2.0}),
]


def values_from(name: str, settings: dict, candles: Candles, first: int) -> dict[str, np.ndarray]:
    asked: list[int] = []

    def take(start: int) -> Candles:
        asked.append(start)
        return candles.rows(start, len(candles))

    found = latest_values(name, settings, take, len(candles), first)
    history = history_bars(name, settings)
    assert asked == [0 if history is None else max(0, first - history)]
    return found


@pytest.mark.parametrize(
    ("name", "settings"),
    [(entry.name, {}) for entry in indicator_entries()] + OTHER_SETTINGS,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_last_values_are_those_of_a_computation_over_everything(name, settings):
    whole = compute(name, CANDLES, **settings)
    for first, bars in ((BARS - 3, BARS), (BARS - 400, BARS - 400 + 1), (10, 12)):
        found = values_from(name, settings, CANDLES.rows(0, bars), first)
        for output, values in found.items():
            np.testing.assert_allclose(values, whole[output][first:bars], rtol=1e-9, atol=1e-9, err_msg=output)


def test_averages_look_back_a_limited_way_and_sums_over_everything():
    assert history_bars("EMA", {"period": 20}) == 60 * 20 + 200
    assert history_bars("EMA", {"period": 200}) > history_bars("EMA", {"period": 20})
    assert history_bars("OBV", {}) is None
    assert history_bars("SAR", {}) is None


def test_lines_lie_over_the_candles_or_in_the_pane_they_are_given():
    lines = indicator_lines("BB", {"period": 3}, make_candles([1.0, 2.0, 3.0, 4.0]), "pane-7")
    assert [(line.title, line.pane, line.style) for line in lines] == [
        ("upper", "", "band"), ("middle", "", "line"), ("lower", "", "band"), ("width", "pane-7", "line"),
    ]  # fmt: skip
    assert lines[1].values[2:].tolist() == [2.0, 3.0]


def test_guide_levels_belong_to_the_pane():
    (line,) = indicator_lines("RSI", {}, make_candles(), "pane-1")
    assert line.levels == (30.0, 70.0)
    assert all(not one.levels for one in indicator_lines("SMA", {}, make_candles()))


def test_the_list_holds_every_indicator_with_its_outputs():
    assert len(indicator_entries()) == 88
    entry = indicator_entry("MACD")
    assert entry is not None
    assert [(output.name, output.style, output.is_overlay) for output in entry.outputs] == [
        ("macd", "line", False), ("signal", "line", False), ("histogram", "histogram", False),
    ]  # fmt: skip
    assert indicator_entry("NOTHING") is None


def test_settings_are_checked_and_filled_in():
    assert checked_settings("EMA", {"period": 9}) == {"period": 9, "source": "close"}
    with pytest.raises(InvalidParameter):
        checked_settings("EMA", {"period": 0})
    with pytest.raises(InvalidParameter):
        checked_settings("UNKNOWN", {})


def test_a_short_title_says_what_sets_an_indicator_apart():
    assert short_title("EMA", {"period": 20, "source": "close"}) == "EMA 20"
    assert short_title("EMA", {"period": 20, "source": "hl2"}) == "EMA 20 hl2"
    assert short_title("BB", {"period": 20, "deviations": 2.5}) == "BB 20 2.5"
    assert short_title("ELDER_RAY", {"period": 13}) == "ELDER RAY 13"
