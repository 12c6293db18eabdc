"""Every ready-made strategy is sound, explained, alive on a real market and blind to the future."""

import re
from pathlib import Path

import numpy as np
import pytest

from builders import random_candles, shared_data
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.signals import Signals
from strategy_tester.strategies.evaluate import evaluate
from strategy_tester.strategies.library import library, library_files
from strategy_tester.strategies.parameters import parameters_of, with_values
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.write import save_file, to_content

FILES = library_files()
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".bst.json"))
RANDOM = random_candles(1500, seed=11)
CUTS = (1, 2, 60, 251, 700, 1203)


@pytest.fixture(scope="module")
def bitcoin() -> Candles:
    import polars as pl

    frame = pl.read_parquet(shared_data("binance-spot-BTCUSDT-1h-20231231_20241231.parquet"))
    return Candles(*(frame[name].to_numpy() for name in ("open_time", "open", "high", "low", "close", "volume")))


def _assert_prefix(part: Signals, whole: Signals, bars: int) -> None:
    for name in ("long_entry", "short_entry", "long_exit", "short_exit", "take_profit", "stop_loss", "trailing_stop"):
        expected, found = getattr(whole, name), getattr(part, name)
        if isinstance(expected, np.ndarray):
            np.testing.assert_array_equal(found, expected[:bars], err_msg=f"{name} of the first {bars} bars")
        else:
            assert found == expected, name


def test_the_library_is_large_and_its_titles_differ() -> None:
    ready = library()

    assert len(ready) >= 14
    assert len({strategy.title["en"] for strategy in ready}) == len({s.title["ru"] for s in ready}) == len(ready)


def test_a_reader_gets_a_copy_of_their_own() -> None:
    library()[0].content["name"] = "spoilt"

    assert library()[0].content["name"] != "spoilt"


@each_file
def test_it_comes_back_byte_for_byte(path: Path, tmp_path: Path) -> None:
    save_file(parse_strategy(path), tmp_path / path.name)

    assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@each_file
def test_it_is_explained_in_two_sentences_per_language(path: Path) -> None:
    content = to_content(parse_strategy(path))
    about = content["about"]

    assert content["name"] == about["title"]["en"]
    assert content["description"] == about["text"]["en"]
    assert re.search("[а-я]", about["title"]["ru"])
    for language, alphabet in (("en", "A-Za-z"), ("ru", "А-Яа-яё")):
        text = about["text"][language]
        assert len(re.findall(r"[.!?](?= |$)", text)) == 2, text
        assert text.endswith(".")
        assert len(re.findall(f"[{alphabet}]", text)) > 0.6 * len(text)


@each_file
def test_it_trades_both_sides_of_a_real_market(path: Path, bitcoin: Candles) -> None:
    signals = evaluate(parse_strategy(path), bitcoin)

    assert np.count_nonzero(signals.long_entry) >= 5
    assert np.count_nonzero(signals.short_entry) >= 5


@each_file
def test_it_never_looks_ahead_on_random_candles(path: Path) -> None:
    rules = parse_strategy(path)
    whole = evaluate(rules, RANDOM)

    for bars in CUTS:
        _assert_prefix(evaluate(rules, RANDOM.rows(0, bars)), whole, bars)


@each_file
def test_it_never_looks_ahead_on_a_real_market(path: Path, bitcoin: Candles) -> None:
    rules, candles = parse_strategy(path), bitcoin.rows(0, 4000)
    whole = evaluate(rules, candles)

    for bars in (1001, 2502, 3999):
        _assert_prefix(evaluate(rules, candles.rows(0, bars)), whole, bars)


@each_file
def test_its_future_may_be_anything(path: Path) -> None:
    """Other candles after a bar change nothing at or before that bar."""
    rules, other = parse_strategy(path), random_candles(1500, seed=12, start=300.0)
    columns = [np.append(getattr(RANDOM, name)[:900], getattr(other, name)[900:]) for name in
               ("open_time_ms", "open", "high", "low", "close", "volume")]  # fmt: skip
    changed = Candles(*columns, timeframe=RANDOM.timeframe)

    _assert_prefix(evaluate(rules, RANDOM).rows(0, 900), evaluate(rules, changed), 900)


@each_file
def test_its_fields_can_be_confirmed_and_changed(path: Path) -> None:
    rules = parse_strategy(path)
    fields = parameters_of(rules)
    periods = {place: value + 1 for place, parameter, value in fields if parameter.unit == "bars" and value > 2}

    assert to_content(with_values(rules, {place: value for place, _, value in fields})) == to_content(rules)
    changed = {place: value for place, _, value in parameters_of(with_values(rules, periods))}
    assert periods.items() <= changed.items()
