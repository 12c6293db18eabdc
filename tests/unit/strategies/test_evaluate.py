"""Rules and candles into signals: every expected bar is written down by hand."""

from typing import Any, ClassVar

import numpy as np
import pytest

from builders import START_MS, make_candles, random_candles
from rule_trees import condition, strategy_with
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InvalidStrategy
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.indicators.registry import compute
from strategy_tester.strategies import evaluate as evaluation
from strategy_tester.strategies.evaluate import ConditionCount, diagnose, evaluate, indicator_columns
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.rules import values as column_values

SMA_2 = {"type": "SMA", "params": {"period": 2}, "id": "mean"}
# The mean of two closes: nan, 10.5, 11.5, 11.5, 10.5, 10.0
CANDLES = make_candles([10, 11, 12, 11, 10, 10])


def _entries(*conditions: dict[str, Any], candles: Candles = CANDLES) -> list[int]:
    """The bars on which these long conditions are met."""
    signals = evaluate(parse_strategy(strategy_with(*conditions, indicators=(SMA_2,))), candles)
    assert signals.long_entry is not None
    return [int(bar) for bar in np.flatnonzero(signals.long_entry)]


@pytest.mark.parametrize(
    ("operator", "bars"),
    [(">", [2]), (">=", [1, 2, 3]), ("<", [0, 4, 5]), ("<=", [0, 1, 3, 4, 5]), ("==", [1, 3]), ("!=", [0, 2, 4, 5])],
)
def test_a_column_is_compared_with_a_number(operator: str, bars: list[int]) -> None:
    assert _entries(condition("close", operator, 11)) == bars


@pytest.mark.parametrize(
    ("operator", "bars"),
    [(">", [1, 2]), (">=", [1, 2, 5]), ("<", [3, 4]), ("<=", [3, 4, 5]), ("==", [5]), ("!=", [1, 2, 3, 4])],
)
def test_a_comparison_with_a_missing_value_is_not_met(operator: str, bars: list[int]) -> None:
    assert _entries(condition("close", operator, "mean")) == bars


@pytest.mark.parametrize(
    ("operator", "bars"),
    [(">", [3, 4, 5]), (">=", [3, 4]), ("<", [1, 2, 5]), ("<=", [1, 2]), ("==", [1, 2, 3, 4]), ("!=", [5])],
)
def test_not_of_a_comparison_with_a_missing_value_is_not_met_either(operator: str, bars: list[int]) -> None:
    assert _entries({"not": condition("close", operator, "mean")}) == bars


def test_a_cross_needs_the_other_side_or_equality_on_the_bar_before() -> None:
    candles = make_candles([10, 11, 12, 11, 12, 10, 11, 9])

    assert _entries(condition("close", "crosses_above", 11), candles=candles) == [2, 4]
    assert _entries(condition("close", "crosses_below", 11), candles=candles) == [5, 7]


def test_a_cross_of_two_columns_is_undecided_until_both_have_two_values() -> None:
    candles = make_candles([10, 12, 9, 12, 12])  # the mean: nan, 11, 10.5, 10.5, 12

    assert _entries(condition("close", "crosses_above", "mean"), candles=candles) == [3]
    assert _entries({"not": condition("close", "crosses_above", "mean")}, candles=candles) == [2, 4]
    assert _entries(condition("close", "crosses_below", "mean"), candles=candles) == [2]
    assert _entries({"not": condition("close", "crosses_below", "mean")}, candles=candles) == [3, 4]


def test_a_cross_of_a_number_is_undecided_on_the_first_bar() -> None:
    assert _entries({"not": condition("close", "crosses_above", 1)}) == [1, 2, 3, 4, 5]


ALWAYS, NEVER = condition("close", ">", 0), condition("close", "<", 0)
UNDECIDED_AT_0 = condition("mean", ">", 0)


@pytest.mark.parametrize(
    ("words", "is_met"),
    [
        ((ALWAYS, NEVER), False),  # AND is the default
        ((ALWAYS, NEVER | {"logic": "OR"}), True),
        ((NEVER | {"logic": "OR"}, ALWAYS), False),  # the first word joins nothing
        ((ALWAYS | {"logic": "OR"}, NEVER | {"logic": "AND"}), False),
        ((ALWAYS, ALWAYS | {"logic": "OR"}, NEVER), False),  # (always OR always) AND never: no precedence of AND
        ((NEVER, NEVER, ALWAYS | {"logic": "OR"}), True),  # (never AND never) OR always
        ((ALWAYS, NEVER | {"logic": "or"}), True),
        ((NEVER, {"any": [NEVER, ALWAYS], "logic": "OR"}), True),
        ((NEVER, {"not": NEVER, "logic": "OR"}), True),
        ((ALWAYS, {"all": [ALWAYS, NEVER], "logic": "OR"}, {"not": ALWAYS}), False),
    ],
)
def test_conditions_are_joined_left_to_right_by_their_own_word(words: tuple[dict[str, Any]], is_met: bool) -> None:
    assert (_entries(*words) == [0, 1, 2, 3, 4, 5]) is is_met


@pytest.mark.parametrize(
    ("group", "is_met_at_0"),
    [
        ({"all": [ALWAYS, UNDECIDED_AT_0]}, False),
        ({"any": [ALWAYS, UNDECIDED_AT_0]}, True),
        ({"any": [NEVER, UNDECIDED_AT_0]}, False),
        ({"not": {"any": [NEVER, UNDECIDED_AT_0]}}, False),
        ({"not": {"all": [ALWAYS, UNDECIDED_AT_0]}}, False),
        ({"not": {"all": [NEVER, UNDECIDED_AT_0]}}, True),  # refuted by its first part, whatever the second
        ({"not": {"not": UNDECIDED_AT_0}}, False),
    ],
)
def test_what_cannot_be_decided_is_neither_met_nor_refuted(group: dict[str, Any], is_met_at_0: bool) -> None:
    assert (0 in _entries(group)) is is_met_at_0


def test_a_list_of_exits_closes_either_side() -> None:
    content = strategy_with(ALWAYS, exit_conditions=[condition("close", "==", 12)])
    signals = evaluate(parse_strategy(content), CANDLES)

    assert np.flatnonzero(signals.long_exit).tolist() == np.flatnonzero(signals.short_exit).tolist() == [2]


def test_exits_of_one_side_leave_the_other_alone() -> None:
    content = strategy_with(ALWAYS, exit_conditions={"short": [condition("close", "==", 12)]})
    signals = evaluate(parse_strategy(content), CANDLES)

    assert np.flatnonzero(signals.long_exit).tolist() == []
    assert np.flatnonzero(signals.short_exit).tolist() == [2]


def test_distances_in_percent_and_the_answer_to_opposite_signals_are_passed_on() -> None:
    content = strategy_with(ALWAYS, take_profit=2, trailing_stop=0.5, on_opposite_signal="ignore")
    signals = evaluate(parse_strategy(content), CANDLES)

    assert (signals.take_profit, signals.stop_loss, signals.trailing_stop) == (2.0, None, 0.5)
    assert signals.on_opposite_signal == "ignore"


def test_a_distance_in_atr_is_a_price_per_bar_and_entries_wait_for_it() -> None:
    # True ranges from bar 1 on: 1, 1, 1, 1, 0; their mean over one bar is the range itself.
    signals = evaluate(parse_strategy(strategy_with(ALWAYS, stop_loss={"atr": 3.0, "period": 1})), CANDLES)

    np.testing.assert_array_equal(signals.stop_loss, [np.nan, 3.0, 3.0, 3.0, 3.0, 0.0])  # type: ignore[arg-type]
    assert np.flatnonzero(signals.long_entry).tolist() == [1, 2, 3, 4]


def test_an_indicator_used_twice_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counting(name: str, candles: Candles, /, **params: Any) -> dict[str, np.ndarray]:
        calls.append(name)
        return compute(name, candles, **params)

    monkeypatch.setattr(column_values, "compute", counting)
    twice = (SMA_2, {"type": "SMA", "params": {"length": 2}, "id": "again"})
    conditions = (condition("close", ">", "mean"), condition("open", ">", "again"), condition("low", "<", "mean"))
    evaluate(parse_strategy(strategy_with(*conditions, indicators=twice)), CANDLES)

    assert calls == ["SMA"]


def test_an_indicator_nobody_uses_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_values, "compute", lambda *_, **__: pytest.fail("computed"))

    assert _entries(ALWAYS) == [0, 1, 2, 3, 4, 5]


def test_a_warm_up_longer_than_the_data_gives_no_signal_and_says_so() -> None:
    rules = parse_strategy(
        strategy_with(condition("close", ">", "SMA_10"), indicators=({"type": "SMA", "params": {"period": 10}},))
    )

    assert not evaluate(rules, CANDLES).long_entry.any()  # type: ignore[union-attr]
    assert diagnose(rules, CANDLES) == [
        ConditionCount(
            "indicators[0]", "SMA_10 has no value here: its first needs 10 bars, and there are 6 bars", 0, 6
        ),
        ConditionCount("entry_conditions.long", "all conditions of this list together", 0, 6),
        ConditionCount("entry_conditions.long[0]", "close > SMA_10", 0, 6),
    ]


def test_diagnose_counts_every_condition_and_every_part_of_a_group() -> None:
    content = strategy_with(
        condition("close", ">", "mean"),
        {"any": [condition("close", "==", 12), {"not": condition("mean", "<", 11)}]},
        indicators=(SMA_2,),
        exit_conditions=[condition("close", "crosses_below", 11)],
    )

    assert diagnose(parse_strategy(content), CANDLES) == [
        ConditionCount("entry_conditions.long", "all conditions of this list together", 1, 1),
        ConditionCount("entry_conditions.long[0]", "close > mean", 2, 1),
        ConditionCount("entry_conditions.long[1]", "any of (close == 12; not (mean < 11))", 2, 1),
        ConditionCount("entry_conditions.long[1].any[0]", "close == 12", 1, 0),
        ConditionCount("entry_conditions.long[1].any[1]", "not (mean < 11)", 2, 1),
        ConditionCount("entry_conditions.long[1].any[1].not", "mean < 11", 3, 1),
        ConditionCount("exit_conditions", "all conditions of this list together", 1, 1),
        ConditionCount("exit_conditions[0]", "close crosses below 11", 1, 1),
    ]


def test_diagnose_counts_the_entries_that_lack_an_atr() -> None:
    rules = parse_strategy(strategy_with(ALWAYS, stop_loss={"atr": 3.0, "period": 4}))

    assert diagnose(rules, CANDLES)[-1] == ConditionCount("stop_loss", "entries whose distance in ATR is known", 2, 4)


@pytest.mark.parametrize("bars", [0, 1])
def test_hardly_any_candles_give_hardly_any_signals(bars: int) -> None:
    content = strategy_with(condition("close", ">", "mean"), indicators=(SMA_2,), stop_loss={"atr": 1})
    rules = parse_strategy(content)

    assert evaluate(rules, CANDLES.rows(0, bars)).long_entry.tolist() == [False] * bars  # type: ignore[union-attr]
    assert len(diagnose(rules, CANDLES.rows(0, bars))) >= 2


def test_candles_are_left_as_they_were() -> None:
    before = CANDLES.content_hash()
    _entries({"any": [condition("close", "crosses_above", "mean"), {"not": condition("close", "!=", "open")}]})

    assert CANDLES.content_hash() == before


class TestHigherTimeframe:
    """Hourly closes 1..12 from midnight: the 4-hour bars close at 4, 8 and 12."""

    CANDLES = make_candles(list(range(1, 13)), timeframe=Timeframe.H1)
    FOUR_HOURS: ClassVar[dict[str, Any]] = {"type": "SMA", "params": {"period": 1}, "id": "big", "timeframe": "4h"}

    def _values(self, candles: Candles) -> list[float]:
        rules = parse_strategy(strategy_with(ALWAYS, indicators=(self.FOUR_HOURS,)))
        return indicator_columns(rules, candles)[0].values.tolist()

    def test_a_value_is_seen_from_the_close_of_its_bar_on(self) -> None:
        nan = pytest.approx(np.nan, nan_ok=True)

        assert self._values(self.CANDLES) == [nan, nan, nan, 4, 4, 4, 4, 8, 8, 8, 8, 12]

    def test_a_bar_that_is_not_finished_is_never_seen(self) -> None:
        for bars in range(1, 13):
            part, whole = self._values(self.CANDLES.rows(0, bars)), self._values(self.CANDLES)
            np.testing.assert_array_equal(part, whole[:bars])

    def test_a_bar_in_which_the_data_begin_is_not_used(self) -> None:
        candles = make_candles(list(range(1, 13)), start_ms=START_MS + 3_600_000)

        np.testing.assert_array_equal(self._values(candles)[:7], [np.nan] * 6 + [7])

    def test_a_gap_does_not_hold_a_closed_bar_back(self) -> None:
        times = np.delete(self.CANDLES.open_time_ms, [3, 4, 5])
        closes = np.delete(self.CANDLES.close, [3, 4, 5])
        candles = Candles(times, closes, closes, closes, closes, timeframe=Timeframe.H1)

        np.testing.assert_array_equal(self._values(candles), [np.nan] * 3 + [3, 8, 8, 8, 8, 12])

    def test_the_candles_own_timeframe_is_no_higher_one(self) -> None:
        own = self.FOUR_HOURS | {"timeframe": "1h"}
        rules = parse_strategy(strategy_with(ALWAYS, indicators=(own,)))

        assert indicator_columns(rules, self.CANDLES)[0].values.tolist() == list(range(1, 13))

    @pytest.mark.parametrize(
        ("timeframe", "candles", "message"),
        [
            ("30m", CANDLES, "indicators[0].timeframe: 30m is shorter than the candles' own 1h"),
            (
                "6h",
                make_candles(timeframe=Timeframe.H4),
                "indicators[0].timeframe: 6h is not made of whole candles of 4h",
            ),
            (
                "1M",
                make_candles(start_ms=1_736_121_600_000, timeframe=Timeframe.W1),
                "indicators[0].timeframe: 1M is not made of whole candles of 1w",
            ),
            (
                "1h",
                Candles([0, 7, 11], *([np.ones(3)] * 4)),  # type: ignore[arg-type]
                "indicators[0].timeframe: 1h cannot be made: the candles' own timeframe is unknown",
            ),
        ],
    )
    def test_a_timeframe_that_cannot_be_made_is_named(self, timeframe: str, candles: Candles, message: str) -> None:
        rules = parse_strategy(strategy_with(ALWAYS, indicators=(self.FOUR_HOURS | {"timeframe": timeframe},)))

        with pytest.raises(InvalidStrategy) as caught:
            evaluate(rules, candles)

        assert str(caught.value) == message


def test_columns_to_draw_come_with_all_that_drawing_needs() -> None:
    indicators = ({"type": "MACD", "params": {"fast": 3, "slow": 6}}, {"type": "RSI", "timeframe": "4h"})
    columns = indicator_columns(parse_strategy(strategy_with(ALWAYS, indicators=indicators)), random_candles(100))

    assert [(column.column, column.title, column.pane, column.style) for column in columns] == [
        ("MACD", "MACD 3 6 9", "pane", "line"),
        ("MACD_Signal", "MACD 3 6 9", "pane", "line"),
        ("MACD_Hist", "MACD 3 6 9", "pane", "histogram"),
        ("RSI_14", "RSI 14 4h", "pane", "line"),
    ]
    assert columns[0].params == {"fast_period": 3, "slow_period": 6, "signal_period": 9, "source": "close"}
    assert columns[3].levels == (30, 70)
    assert all(column.values.shape == (100,) for column in columns)


def test_every_comparison_has_its_contrary() -> None:
    assert set(evaluation._CONTRARY) == set(evaluation._COMPARISONS)
