"""Finding and computing by name."""

import subprocess
import sys

import numpy as np
import pytest

from builders import make_candles, random_candles
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.indicators.registry import all_indicators, compute, find


def test_names_and_aliases_are_found_in_any_case() -> None:
    assert find("rsi").name == "RSI"
    assert find("Stochastic").name == "STOCH"
    assert find("bbands").name == "BB"


@pytest.mark.parametrize(("word", "nearest"), [("RSII", "RSI"), ("supertrnd", "SUPERTREND"), ("MACDX", "MACD")])
def test_an_unknown_name_offers_the_nearest(word: str, nearest: str) -> None:
    with pytest.raises(InvalidParameter, match=rf"nearest: {nearest}$"):
        find(word)


def test_no_word_means_two_indicators() -> None:
    words = [word.upper() for spec in all_indicators() for word in (spec.name, *spec.aliases)]
    assert sorted(words) == sorted(set(words))


def test_families_stay_together() -> None:
    groups = [spec.group for spec in all_indicators()]
    assert len({group for place, group in enumerate(groups) if place == 0 or groups[place - 1] != group}) == 10
    assert sum(groups[place] != groups[place - 1] for place in range(1, len(groups))) == 9


def test_compute_on_candles() -> None:
    result = compute("sma", make_candles([1.0, 2.0, 6.0, 7.0]), period=3)
    np.testing.assert_array_equal(result["sma"], [np.nan, np.nan, 3.0, 5.0])


def test_source_chooses_the_price() -> None:
    candles = random_candles(50)
    np.testing.assert_allclose(compute("SMA", candles, period=1, source="hl2")["sma"], (candles.high + candles.low) / 2)


def test_the_list_of_indicators_compiles_nothing() -> None:
    code = (
        "from strategy_tester.indicators.registry import all_indicators\n"
        "assert not any(spec.function.signatures for spec in all_indicators())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
