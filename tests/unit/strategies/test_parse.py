"""A strategy file either becomes rules, or an error that names the place and the nearest valid word."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rule_trees import condition, original_form, strategy_with
from strategy_tester.domain.errors import InvalidStrategy
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.rules.model import AllOf, AnyOf, AtrDistance, Compare, Cross, Not, Sides
from strategy_tester.strategies.write import to_content

RSI = {"type": "RSI", "params": {"period": 14}}
ABOVE = condition("close", ">", 1)


def test_the_original_form_is_accepted_unchanged() -> None:
    rules = parse_strategy(original_form())

    assert rules.name == "Dip above the average"
    assert rules.indicators[0].params == (("period", 20), ("ma_type", "SMA"))
    assert rules.entry.long == (Compare("close", ">", "SMA_20", "AND"), Compare("RSI_14", "<", 30))
    assert (rules.take_profit, rules.stop_loss, rules.trailing_stop) == (2.0, 1.0, None)
    assert rules.on_opposite_signal == "reverse"


def test_groups_stand_wherever_a_condition_may() -> None:
    groups = {"any": [{"all": [ABOVE, {"not": condition("close", "crosses_below", "open")}]}, ABOVE], "logic": "OR"}
    rules = parse_strategy(strategy_with(ABOVE, groups, exit_conditions={"short": [{"not": groups}]}))

    above = Compare("close", ">", 1)
    inner = AnyOf((AllOf((above, Not(Cross("close", "crosses_below", "open")))), above), "OR")
    assert rules.entry.long == (above, inner)
    assert rules.exit == Sides(short=(Not(inner),))


def test_a_distance_may_be_a_multiple_of_the_atr() -> None:
    rules = parse_strategy(strategy_with(ABOVE, stop_loss={"atr": 2.0}, take_profit={"atr": 3, "period": 7}))

    assert rules.stop_loss == AtrDistance(2.0, 14)
    assert rules.take_profit == AtrDistance(3, 7)


def test_null_distances_are_none_and_stay_written() -> None:
    content = strategy_with(ABOVE, take_profit=None)

    assert parse_strategy(content).take_profit is None
    assert to_content(parse_strategy(content)) == content


def test_numbers_of_numpy_count_as_numbers() -> None:
    content = strategy_with(
        condition("RSI_7", "<", np.float64(30.0)),
        indicators=({"type": "RSI", "params": {"period": np.int64(7)}},),
        stop_loss=np.float32(1.5),
    )

    assert json.loads(json.dumps(to_content(parse_strategy(content))))["indicators"][0]["params"] == {"period": 7}


def _changed(**changes: Any) -> dict[str, Any]:
    return original_form() | changes


def _long(*conditions: object, **more: Any) -> dict[str, Any]:
    return strategy_with(*conditions, indicators=(RSI,), **more)  # type: ignore[arg-type]


def _using(*indicators: object) -> dict[str, Any]:
    return strategy_with(ABOVE, indicators=indicators)  # type: ignore[arg-type]


FAULTS = {
    "a column nobody computes": (
        _long(ABOVE, condition("RSI_15", "<", 30)),
        "entry_conditions.long[1].indicator: 'RSI_15' is not computed here; nearest: 'RSI_14'",
    ),
    "a value nobody computes": (
        _long(condition("close", ">", "SMA_20")),
        "entry_conditions.long[0].value: 'SMA_20' is not computed here; nearest: 'RSI_14'",
    ),
    "a number in quotes": (
        _long(condition("RSI_14", ">", "30")),
        "entry_conditions.long[0].value: '30' is not computed here; nearest: ",
    ),
    "a reference inside a group": (
        _long({"any": [ABOVE, {"not": condition("Rsi_14", "<", 30)}]}),
        "entry_conditions.long[0].any[1].not.indicator: 'Rsi_14' is not computed here; nearest: 'RSI_14'",
    ),
    "a reference in an exit": (
        _long(ABOVE, exit_conditions={"short": [condition("closed", "<", 30)]}),
        "exit_conditions.short[0].indicator: 'closed' is not computed here; nearest: 'close'",
    ),
    "a column compared with itself": (
        _long(condition("RSI_14", ">", "RSI_14")),
        "entry_conditions.long[0].value: 'RSI_14' is compared with itself",
    ),
    "an unknown key at the top": (
        _changed(stoploss=1),
        "stoploss: 'stoploss' is not a known key here; nearest: 'stop_loss'",
    ),
    "an unknown key in a condition": (
        _long({"indicator": "close", "opreator": ">", "value": 1}),
        "entry_conditions.long[0].opreator: 'opreator' is not a known key here; nearest: 'operator'",
    ),
    "an unknown key in an indicator": (
        _using({"type": "RSI", "param": {}}),
        "indicators[0].param: 'param' is not a known key here; nearest: 'params'",
    ),
    "an unknown side": (
        _changed(entry_conditions={"longs": [ABOVE]}),
        "entry_conditions.longs: 'longs' is not a known key here; nearest: 'long'",
    ),
    "an unknown side of an exit": (
        _changed(exit_conditions={"shrt": []}),
        "exit_conditions.shrt: 'shrt' is not a known key here; nearest: 'short'",
    ),
    "an unknown key beside a group": (
        _long({"all": [ABOVE], "any": [ABOVE]}),
        "entry_conditions.long[0].any: 'any' is not a known key here; nearest: 'all'",
    ),
    "an unknown language": (
        _changed(about={"title": {"de": "x"}}),
        "about.title.de: 'de' is not a known key here; nearest: 'en'",
    ),
    "a key that is no text": (_changed(**{"name": "x"}) | {7: 1}, "7: 7 is not a known key here; nearest: "),
    "a missing key": (
        _long({"indicator": "close", "operator": ">"}),
        "entry_conditions.long[0]: the key 'value' is missing",
    ),
    "an indicator without a type": (_using({"params": {}}), "indicators[0]: the key 'type' is missing"),
    "an unknown operator": (
        _long(condition("close", "cross_above", 1)),
        "entry_conditions.long[0].operator: 'cross_above' is not known here; nearest: 'crosses_above'",
    ),
    "an unknown logic word": (
        _long(ABOVE, ABOVE | {"logic": "XOR"}),
        "entry_conditions.long[1].logic: 'XOR' is not known here; nearest: 'OR'",
    ),
    "a logic word against its group": (
        _long({"all": [ABOVE, ABOVE | {"logic": "OR"}]}),
        "entry_conditions.long[0].all[1].logic: 'OR' contradicts the group 'all' it stands in; "
        "leave it out or write 'AND'",
    ),
    "an empty group": (
        _long({"all": []}),
        "entry_conditions.long[0].all: the group is empty: it could be neither met nor refuted",
    ),
    "a list after not": (
        _long({"not": [ABOVE]}),
        "entry_conditions.long[0].not: an object in braces is expected here, not a list",
    ),
    "an unknown indicator": (
        _using({"type": "RSY"}),
        "indicators[0].type: 'RSY' is not a known indicator; nearest: 'RSI'",
    ),
    "an unknown parameter": (
        _using({"type": "RSI", "params": {"perod": 14}}),
        "indicators[0].params.perod: 'perod' is not a parameter of RSI; nearest: 'period'",
    ),
    "a parameter in two spellings": (
        _using({"type": "RSI", "params": {"period": 14, "length": 14}}),
        "indicators[0].params.length: this is 'period' given a second time",
    ),
    "a period of 0": (
        _using({"type": "RSI", "params": {"period": 0}}),
        "indicators[0].params.period: 0 is not allowed; allowed: a whole number from 2 to 5000",
    ),
    "half a bar": (
        _using({"type": "RSI", "params": {"period": 14.5}}),
        "indicators[0].params.period: 14.5 is not allowed; allowed: a whole number from 2 to 5000",
    ),
    "a period in quotes": (
        _using({"type": "RSI", "params": {"period": "14"}}),
        "indicators[0].params.period: '14' is not allowed; allowed: a whole number from 2 to 5000",
    ),
    "an unknown kind of average": (
        _using({"type": "MA", "params": {"ma_type": "SNA"}}),
        "indicators[0].params.ma_type: 'SNA' is not known here; nearest: 'SMA'",
    ),
    "a parameter that is a list": (
        _using({"type": "RSI", "params": {"period": [14]}}),
        "indicators[0].params.period: a number is expected here, not a list",
    ),
    "an unknown timeframe": (
        _using({"type": "RSI", "timeframe": "4hours"}),
        "indicators[0].timeframe: '4hours' is not a timeframe; nearest: '4h'",
    ),
    "the same column twice": (
        _using(RSI, RSI),
        "indicators[1]: the column 'RSI_14' is already made by indicators[0]",
    ),
    "two bands without an id": (
        _using({"type": "BB"}, {"type": "BB", "params": {"period": 50}}),
        "indicators[1]: the column 'BB_Upper' is already made by indicators[0]",
    ),
    "the same id twice": (
        _using(RSI | {"id": "a"}, {"type": "EMA", "id": "a"}),
        "indicators[1].id: 'a' is already the id of indicators[0]",
    ),
    "an id that is another's column": (
        _using(RSI, {"type": "EMA", "id": "RSI_14"}),
        "indicators[1]: the column 'RSI_14' is already made by indicators[0]",
    ),
    "an id that is a candle column": (
        _using(RSI | {"id": "close"}),
        "indicators[0].id: 'close' is a column of the candles already",
    ),
    "an id with a dot": (
        _using(RSI | {"id": "a.b"}),
        "indicators[0].id: 'a.b' is not allowed; allowed: letters, digits, _ and -, not beginning with a digit",
    ),
    "a take-profit of 0": (
        _changed(take_profit=0),
        "take_profit: 0 is not allowed; allowed: a number above 0, or null for none",
    ),
    "a negative take-profit": (
        _changed(take_profit=-2.0),
        "take_profit: -2.0 is not allowed; allowed: a number above 0, or null for none",
    ),
    "a stop of 0 ATR": (
        _changed(stop_loss={"atr": 0}),
        "stop_loss.atr: 0 is not allowed; allowed: a number above 0, or null for none",
    ),
    "an ATR of period 0": (
        _changed(stop_loss={"atr": 2, "period": 0}),
        "stop_loss.period: 0 is not allowed; allowed: a whole number from 1 to 5000",
    ),
    "a stop without its ATR": (_changed(stop_loss={"period": 14}), "stop_loss: the key 'atr' is missing"),
    "a stop in words": (_changed(stop_loss="1%"), "stop_loss: a number is expected here, not the text '1%'"),
    "a stop that is true": (_changed(stop_loss=True), "stop_loss: a number is expected here, not true"),
    "a threshold that is not a number": (
        _long(condition("close", ">", float("nan"))),
        "entry_conditions.long[0].value: nan is not a usable number; allowed: up to 1e+300",
    ),
    "an endless whole number": (
        _long(condition("close", ">", 10**400)),
        "entry_conditions.long[0].value: a whole number that long is not a usable number; allowed: up to 1e+300",
    ),
    "an unknown answer to an opposite signal": (
        _changed(on_opposite_signal="revers"),
        "on_opposite_signal: 'revers' is not known here; nearest: 'reverse'",
    ),
    "conditions that are no list": (
        _changed(entry_conditions={"long": ABOVE}),
        "entry_conditions.long: a list in square brackets is expected here, not an object",
    ),
    "a condition that is a text": (
        _long("close > 1"),
        "entry_conditions.long[0]: an object in braces is expected here, not the text 'close > 1'",
    ),
    "a name that is a number": (_changed(name=5), "name: a text in quotes is expected here, not the number 5"),
    "an empty name": (_changed(name=" "), "name: the text is empty"),
    "half a character": (
        _changed(description="\ud800"),
        "description: the text holds half a character (a lone surrogate)",
    ),
    "no conditions": (
        _changed(entry_conditions={"long": [], "short": []}),
        "entry_conditions: neither long nor short has a condition: this would never trade",
    ),
    "nothing at all": ({}, "the strategy is empty"),
    "a list": ([], "a strategy is an object in braces, not a list"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_place(fault: str) -> None:
    content, message = FAULTS[fault]

    with pytest.raises(InvalidStrategy) as caught:
        parse_strategy(content)  # type: ignore[arg-type]

    assert str(caught.value).startswith(message)
    assert message.endswith("nearest: ") or str(caught.value) == message


def test_the_error_lists_every_word_that_would_do() -> None:
    with pytest.raises(InvalidStrategy) as caught:
        parse_strategy(_long(condition("RSI_15", "<", 30)))

    assert caught.value.where == "entry_conditions.long[0].indicator"
    assert caught.value.hint == "Known here: RSI_14, open, high, low, close, volume."


def test_broken_json_is_told_with_line_and_column() -> None:
    with pytest.raises(InvalidStrategy) as caught:
        parse_strategy('{\n  "name": "x",\n  "take_profit" 2\n}')

    assert str(caught.value) == "line 3, column 17: this is not JSON: expecting ':' delimiter"


def test_a_key_written_twice_is_told_with_its_place() -> None:
    text = json.dumps(_long(ABOVE)).replace('"value": 1', '"value": 1, "operator": "<"')

    with pytest.raises(InvalidStrategy) as caught:
        parse_strategy(text)

    assert str(caught.value) == "entry_conditions.long[0].operator: the key 'operator' stands here twice"


def test_a_parameter_written_twice_is_told_with_its_place() -> None:
    text = json.dumps(_long(ABOVE)).replace('"period": 14', '"period": 14, "period": 15')

    with pytest.raises(InvalidStrategy, match=r"^indicators\[0\]\.params\.period: the key 'period' stands here twice$"):
        parse_strategy(text)


def test_groups_nested_without_end_are_refused() -> None:
    nested: dict[str, Any] = ABOVE
    for _ in range(60):
        nested = {"not": nested}

    with pytest.raises(InvalidStrategy, match="groups are nested more than 50 deep"):
        parse_strategy(strategy_with(nested))


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(InvalidStrategy, match=r"nested too deeply|not JSON"):
        parse_strategy("[" * 100_000)


@pytest.mark.parametrize(
    ("written", "problem"),
    [(None, "there is no such strategy file"), (b"\xff\xfe{", "this is not a text file in UTF-8"), (b"", "not JSON")],
)
def test_an_unreadable_file_is_named(tmp_path: Path, written: bytes | None, problem: str) -> None:
    path = tmp_path / "bad.bst.json"
    if written is not None:
        path.write_bytes(written)

    with pytest.raises(InvalidStrategy, match=problem):
        parse_strategy(path)


def test_a_folder_is_not_a_strategy(tmp_path: Path) -> None:
    with pytest.raises(InvalidStrategy, match="the file cannot be read"):
        parse_strategy(tmp_path)


def test_a_text_is_a_path_unless_it_begins_with_a_bracket(tmp_path: Path) -> None:
    path = tmp_path / "good.bst.json"
    path.write_text(json.dumps(original_form()), encoding="utf-8")

    assert parse_strategy(str(path)) == parse_strategy(" " + json.dumps(original_form())) == parse_strategy(path)
