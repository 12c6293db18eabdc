"""Whatever can be written down as rules is read back as it was."""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import random_candles
from rule_trees import original_form, rule_trees
from strategy_tester.domain.errors import InvalidStrategy
from strategy_tester.strategies.evaluate import evaluate
from strategy_tester.strategies.parameters import parameters_of, with_values
from strategy_tester.strategies.parse import parse_strategy, parse_text
from strategy_tester.strategies.rules.model import StrategyRules
from strategy_tester.strategies.write import save_file, to_content, to_text

CANDLES = random_candles(300, seed=5)


@settings(max_examples=150, deadline=None)
@given(rule_trees)
def test_rules_written_and_read_are_the_same_rules(rules: StrategyRules) -> None:
    assert parse_strategy(to_content(rules)) == rules


@settings(max_examples=150, deadline=None)
@given(rule_trees)
def test_text_read_and_written_is_the_same_text(rules: StrategyRules) -> None:
    text = to_text(rules)

    assert to_text(parse_text(text)) == text


@settings(max_examples=100, deadline=None)
@given(rule_trees, st.randoms(use_true_random=False))
def test_the_order_of_keys_survives(rules: StrategyRules, random: Any) -> None:
    content = _shuffled(to_content(rules), random)

    assert json.dumps(to_content(parse_strategy(content))) == json.dumps(content)


@settings(max_examples=100, deadline=None)
@given(rule_trees)
def test_confirming_every_field_changes_nothing(rules: StrategyRules) -> None:
    parsed = parse_strategy(to_content(rules))
    confirmed = with_values(parsed, {place: value for place, _, value in parameters_of(parsed)})

    assert to_text(confirmed) == to_text(parsed)


@settings(max_examples=60, deadline=None)
@given(rule_trees, st.integers(1, 300))
def test_rules_never_look_ahead(rules: StrategyRules, bars: int) -> None:
    whole, part = evaluate(rules, CANDLES), evaluate(rules, CANDLES.rows(0, bars))

    for name in ("long_entry", "short_entry", "long_exit", "short_exit"):
        np.testing.assert_array_equal(getattr(whole, name)[:bars], getattr(part, name), err_msg=name)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_to_a_file_is_a_sentence_and_never_a_crash(data: st.DataObject) -> None:
    content = original_form()
    place, key = data.draw(st.sampled_from(_places(content)))
    junk = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    )  # fmt: skip
    place[key] = data.draw(junk)

    with contextlib.suppress(InvalidStrategy):  # anything else it might raise fails the test
        assert json.dumps(to_content(parse_strategy(content))) == json.dumps(content)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_to_a_text_is_a_sentence_and_never_a_crash(data: st.DataObject) -> None:
    text = json.dumps(original_form())
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first, min(len(text), first + 10)))
    damaged = text[:first] + data.draw(st.text('{}[]",:ab10\\ue', max_size=4)) + text[last:]

    with contextlib.suppress(InvalidStrategy):  # anything else it might raise fails the test
        assert to_content(parse_text(damaged)) == json.loads(damaged)


def test_a_saved_file_is_read_back_byte_for_byte(tmp_path: Path) -> None:
    first, second = tmp_path / "first.bst.json", tmp_path / "second.bst.json"
    save_file(parse_strategy(original_form()), first)
    save_file(parse_strategy(first), second)

    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_line_endings_and_a_byte_order_mark_do_not_matter(tmp_path: Path, ending: bytes) -> None:
    path = tmp_path / "windows.bst.json"
    text = json.dumps(original_form(), indent=1).encode()
    path.write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", ending))

    assert to_content(parse_strategy(path)) == original_form()


def _shuffled(node: Any, random: Any) -> Any:
    if isinstance(node, list):
        return [_shuffled(item, random) for item in node]
    if not isinstance(node, dict):
        return node
    keys = list(node)
    random.shuffle(keys)
    return {key: _shuffled(node[key], random) for key in keys}


def _places(node: Any) -> list[tuple[Any, Any]]:
    inside = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    found = [(node, key) for key, _ in inside]
    for _, value in inside:
        if isinstance(value, dict | list):
            found += _places(value)
    return found
