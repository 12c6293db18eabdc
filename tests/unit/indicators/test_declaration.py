"""What the decorator makes of a kernel and its docstring."""

import numpy as np
import pytest

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.indicators.declaration import moment_ms, price_source
from strategy_tester.indicators.registry import find

COLUMNS = {
    "open": np.array([1.0, 2.0]),
    "high": np.array([4.0, 6.0]),
    "low": np.array([1.0, 2.0]),
    "close": np.array([3.0, 4.0]),
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("open", [1, 2]), ("hl2", [2.5, 4]), ("hlc3", [8 / 3, 4]), ("ohlc4", [2.25, 3.5])],
)
def test_prices_to_choose_from(word: str, expected: list[float]) -> None:
    assert price_source(COLUMNS, word) == pytest.approx(expected)


def test_summary_and_source_come_from_the_docstring() -> None:
    spec = find("RSI")
    assert spec.summary == "Share of gains in the smoothed price moves."
    assert spec.source.startswith("Wilder, New Concepts in Technical Trading Systems (1978);")
    assert spec.group == "Momentum"


def test_a_source_among_the_inputs_makes_a_parameter() -> None:
    assert [parameter.name for parameter in find("EMA").parameters] == ["period", "source"]
    assert find("HIGHEST").parameter("source").default == "high"


def test_settings_fill_in_defaults_and_know_synonyms() -> None:
    assert find("BB").settings(std_dev=3) == {"period": 20, "deviations": 3.0, "source": "close"}
    assert find("MACD").settings(fast=5)["fast_period"] == 5


def test_an_unknown_parameter_names_those_there_are() -> None:
    with pytest.raises(InvalidParameter, match=r"RSI: 'length' is not allowed; allowed: period, source"):
        find("RSI").settings(length=3)


def test_warm_up_is_that_of_the_slowest_output() -> None:
    assert find("DMI").warm_ups(period=10) == {"plus_di": 10, "minus_di": 10, "adx": 19}
    assert find("DMI").warm_up(period=10) == 19
    assert find("MACD").warm_up() == 33


def test_moments_are_utc_unless_they_say_otherwise() -> None:
    assert moment_ms("2025-01-01", "anchor") == 1_735_689_600_000
    assert moment_ms("2025-01-01T03:00+03:00", "anchor") == 1_735_689_600_000
    assert moment_ms("", "anchor") == 0


def test_infinite_values_break_a_run_as_nan_does() -> None:
    values = np.array([1.0, 2.0, np.inf, 4.0, 6.0])
    result = find("SMA").run({"close": values}, period=2)["sma"]
    np.testing.assert_array_equal(result, [np.nan, 1.5, np.nan, np.nan, 5.0])


def test_columns_of_a_data_frame_may_be_read_only() -> None:
    values = np.arange(10.0)
    values.flags.writeable = False
    assert find("SMA").run({"close": values}, period=2)["sma"][-1] == 8.5
    assert len(find("SMA").function.signatures) == 1
