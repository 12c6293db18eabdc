"""Everything that may stand for a strategy in Python."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builders import make_candles
from rule_trees import condition, strategy_with
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InputError, InvalidParameter, InvalidStrategy, StrategyFailed
from strategy_tester.domain.signals import Signals
from strategy_tester.strategies.coerce import to_signals
from strategy_tester.strategies.parse import parse_strategy

CANDLES = make_candles([10, 11, 12])
CONTENT = strategy_with(condition("close", ">", 10)) | {"name": "Above ten"}


def _entries(strategy: object) -> tuple[str, list[bool]]:
    name, signals = to_signals(strategy, CANDLES)
    assert signals.long_entry is not None
    return name, signals.long_entry.tolist()


class Momentum:
    """A strategy in Python."""

    name = "Own momentum"

    def signals(self, candles: Candles) -> Signals:
        return Signals(long_entry=candles.close > candles.open)


class Broken:
    """A strategy whose code raises, two calls down."""

    def signals(self, candles: Candles) -> Signals:
        return self._look(candles)

    def _look(self, candles: Candles) -> Signals:
        return candles.close[99]  # RAISES HERE


def test_a_dict_its_text_its_file_and_its_rules_are_the_same_strategy(tmp_path: Path) -> None:
    path = tmp_path / "a.bst.json"
    path.write_text(json.dumps(CONTENT), encoding="utf-8")

    for strategy in (CONTENT, json.dumps(CONTENT), path, str(path), parse_strategy(CONTENT)):
        assert _entries(strategy) == ("Above ten", [False, True, True])


def test_an_object_is_asked_for_its_signals() -> None:
    assert _entries(Momentum()) == ("Own momentum", [False, True, True])


def test_ready_signals_are_taken_as_they_are() -> None:
    assert _entries(Signals(long_entry=[True, False, True])) == ("Ready-made signals", [True, False, True])  # type: ignore[arg-type]


def test_a_strategy_without_a_name_is_called_so() -> None:
    assert _entries({"entry_conditions": CONTENT["entry_conditions"]})[0] == "Unnamed strategy"


@pytest.mark.parametrize("bars", [2, 4])
def test_signals_of_another_length_are_refused(bars: int) -> None:
    with pytest.raises(InvalidParameter, match=f"signals: '{bars} values' is not allowed; allowed: 3 values, one per"):
        to_signals(Signals(long_entry=np.ones(bars, dtype=bool)), CANDLES)


def test_a_fault_in_a_dict_keeps_its_place() -> None:
    with pytest.raises(InvalidStrategy, match=r"^entry_conditions\.long\[0\]\.value: 'SMA_9' is not computed here"):
        to_signals(strategy_with(condition("close", ">", "SMA_9")), CANDLES)


def test_code_that_raises_is_told_with_file_line_and_message() -> None:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if text.endswith("# RAISES HERE"))

    with pytest.raises(StrategyFailed) as caught:
        to_signals(Broken(), CANDLES)

    assert str(caught.value) == (
        f"Broken failed in {__file__}, line {line}: IndexError: index 99 is out of bounds for axis 0 with size 3"
    )
    assert isinstance(caught.value.__cause__, IndexError)


def test_an_error_of_ours_raised_in_user_code_is_told_with_its_line_too() -> None:
    class Wrong(Momentum):
        def signals(self, candles: Candles) -> Signals:
            return Signals(long_entry=np.ones(len(candles), dtype=bool), take_profit=-1.0)

    with pytest.raises(StrategyFailed, match=r"Wrong failed in .*test_coerce\.py, line \d+: InvalidParameter: take_p"):
        to_signals(Wrong(), CANDLES)


def test_an_answer_that_is_no_signals_is_refused() -> None:
    class Silent(Momentum):
        def signals(self, candles: Candles) -> Any:
            return candles.close > 1

    with pytest.raises(StrategyFailed, match=r"Silent\.signals answered ndarray, not Signals"):
        to_signals(Silent(), CANDLES)


def test_a_class_instead_of_an_object_is_explained() -> None:
    with pytest.raises(InputError, match="Momentum is a class, not a strategy") as caught:
        to_signals(Momentum, CANDLES)

    assert caught.value.hint == "Pass Momentum() instead."


@pytest.mark.parametrize("strategy", [None, 5, [1]])
def test_anything_else_is_refused(strategy: object) -> None:
    with pytest.raises(InputError, match="a strategy is a dict, a path, an object with signals"):
        to_signals(strategy, CANDLES)
