"""A strategy is written as it was read, and a crash while saving never costs the old file."""

import json
import os
from pathlib import Path

import pytest

from rule_trees import original_form
from strategy_tester.domain.errors import DiskFull, StorageError
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.rules.model import Compare, Sides, StrategyRules
from strategy_tester.strategies.write import save_file, to_content, to_text

RULES = parse_strategy(original_form())


def test_rules_made_by_code_are_written_without_their_defaults() -> None:
    rules = StrategyRules(name="x", entry=Sides(long=(Compare("close", ">", 1.0),)), stop_loss=2)

    assert to_content(rules) == {
        "name": "x",
        "entry_conditions": {"long": [{"indicator": "close", "operator": ">", "value": 1.0}]},
        "stop_loss": 2,
    }


def test_defaults_that_were_written_stay_written() -> None:
    content = {
        "on_opposite_signal": "reverse", "exit_conditions": {}, "trailing_stop": None, "description": "", "about": {},
        "stop_loss": {"period": 14.0, "atr": 1},
        "indicators": [{"params": {}, "type": "rsi"}],
        "entry_conditions": {
            "short": [],
            "long": [{"value": 30.0, "logic": "and", "operator": "<", "indicator": "RSI_14"}],
        },
    }  # fmt: skip

    assert json.dumps(to_content(parse_strategy(content))) == json.dumps(content)


def test_the_content_is_a_copy_of_its_own() -> None:
    to_content(RULES)["indicators"][0]["params"]["period"] = 99

    assert to_content(RULES) == original_form()


def test_the_text_is_readable_in_any_language() -> None:
    content = original_form() | {"name": "Пробой"}

    assert to_text(parse_strategy(content)).startswith('{\n  "name": "Пробой",\n')
    assert to_text(parse_strategy(content)).endswith("}\n")


def test_saving_leaves_nothing_but_the_file(tmp_path: Path) -> None:
    save_file(RULES, tmp_path / "a.bst.json")
    save_file(RULES, tmp_path / "a.bst.json")

    assert [path.name for path in tmp_path.iterdir()] == ["a.bst.json"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_while_saving_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "a.bst.json"
    path.write_text("old", encoding="utf-8")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
    with pytest.raises(DiskFull, match="no room left on the disk"):
        save_file(RULES, path)

    assert path.read_text(encoding="utf-8") == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["a.bst.json"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="the file cannot be written: No such file or directory"):
        save_file(RULES, tmp_path / "nowhere" / "a.bst.json")
