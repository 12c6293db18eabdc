"""The tunable places of a strategy, and what follows when one is changed."""

from typing import Any

import pytest

from rule_trees import condition, original_form, strategy_with
from strategy_tester.domain.errors import InvalidStrategy
from strategy_tester.strategies.parameters import parameters_of, with_values
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.write import to_content


def _sma(period: int) -> dict[str, Any]:
    return {"type": "SMA", "params": {"period": period}}


CROSS = strategy_with(condition("SMA_20", "crosses_above", "SMA_50"), indicators=(_sma(20), _sma(50)))


def _changed(content: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return to_content(with_values(parse_strategy(content), values))


def _long(content: dict[str, Any]) -> list[dict[str, Any]]:
    return content["entry_conditions"]["long"]


def test_every_tunable_place_is_listed_with_its_value() -> None:
    fields = [(place, value) for place, _, value in parameters_of(parse_strategy(original_form()))]

    assert fields == [
        ("indicators[0].params.period", 20),
        ("indicators[0].params.ma_type", "SMA"),
        ("indicators[0].params.source", "close"),
        ("indicators[1].params.period", 14),
        ("indicators[1].params.source", "close"),
        ("entry_conditions.long[1].value", 30),
        ("take_profit", 2.0),
        ("stop_loss", 1.0),
        ("trailing_stop", None),
        ("on_opposite_signal", "reverse"),
    ]


def test_places_go_into_groups_exits_timeframes_and_spellings() -> None:
    content = strategy_with(
        {"any": [condition("close", ">", 5), {"not": condition("b.width", "<", 0.1)}]},
        indicators=({"type": "BB", "id": "b", "timeframe": "4h", "params": {"std": 2.5}},),
        exit_conditions={"short": [condition("close", "<", 7)]},
        stop_loss={"atr": 2},
    )
    places = {place: value for place, _, value in parameters_of(parse_strategy(content))}

    assert places == {
        "indicators[0].params.period": 20,
        "indicators[0].params.std": 2.5,
        "indicators[0].params.source": "close",
        "indicators[0].timeframe": "4h",
        "entry_conditions.long[0].any[0].value": 5,
        "entry_conditions.long[0].any[1].not.value": 0.1,
        "exit_conditions.short[0].value": 7,
        "take_profit": None,
        "stop_loss.atr": 2,
        "stop_loss.period": 14,
        "trailing_stop": None,
        "on_opposite_signal": "reverse",
    }


def test_the_registry_says_what_may_stand_in_a_place() -> None:
    period = next(parameter for place, parameter, _ in parameters_of(parse_strategy(CROSS)) if "period" in place)

    assert (period.type, period.minimum, period.maximum, period.unit) == ("int", 1, 5000, "bars")


def test_a_new_period_renames_the_column_where_it_is_used() -> None:
    changed = _changed(CROSS, {"indicators[0].params.period": 30})

    assert changed["indicators"] == [_sma(30), _sma(50)]
    assert _long(changed) == [condition("SMA_30", "crosses_above", "SMA_50")]


def test_two_averages_may_change_places() -> None:
    changed = _changed(CROSS, {"indicators[0].params.period": 50, "indicators[1].params.period": 20})

    assert changed["indicators"] == [_sma(50), _sma(20)]
    assert _long(changed) == [condition("SMA_50", "crosses_above", "SMA_20")]


def test_a_new_period_reaches_into_groups_and_exits() -> None:
    content = CROSS | {"exit_conditions": {"long": [{"not": {"all": [condition("close", ">", "SMA_20")]}}]}}
    changed = _changed(content, {"indicators[0].params.period": 5})

    assert changed["exit_conditions"] == {"long": [{"not": {"all": [condition("close", ">", "SMA_5")]}}]}


def test_columns_with_an_id_keep_their_name() -> None:
    content = strategy_with(condition("slow", "<", "close"), indicators=(_sma(50) | {"id": "slow"},))
    changed = _changed(content, {"indicators[0].params.period": 60})

    assert changed["indicators"] == [_sma(60) | {"id": "slow"}]
    assert _long(changed) == _long(content)


def test_another_kind_of_average_renames_the_column() -> None:
    changed = _changed(original_form(), {"indicators[0].params.ma_type": "EMA"})

    assert _long(changed)[0] == condition("close", ">", "EMA_20", logic="AND")


def test_a_default_that_is_changed_gets_written() -> None:
    content = strategy_with(condition("RSI_14", "<", 30), indicators=({"type": "RSI"},))
    changed = _changed(content, {"indicators[0].params.period": 7})

    assert changed["indicators"] == [{"type": "RSI", "params": {"period": 7}}]
    assert _long(changed) == [condition("RSI_7", "<", 30)]


def test_a_whole_threshold_stays_whole() -> None:
    changed = _changed(original_form(), {"entry_conditions.long[1].value": 25.0})

    assert repr(_long(changed)[1]["value"]) == "25"


def test_distances_are_set_taken_away_and_turned_into_atr() -> None:
    changed = _changed(
        original_form(), {"take_profit": None, "stop_loss": {"atr": 2.0, "period": 10}, "trailing_stop": 1.5}
    )

    assert changed["take_profit"] is None
    assert changed["stop_loss"] == {"atr": 2.0, "period": 10}
    assert changed["trailing_stop"] == 1.5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"indicators[0].params.period": 50}, "indicators[1]: the column 'SMA_50' is already made by indicators[0]"),
        (
            {"indicators[0].params.period": 0},
            "indicators[0].params.period: 0 is not allowed; allowed: a whole number from 1 to 5000",
        ),
        (
            {"indicators[0].params.perod": 5},
            "indicators[0].params.perod: there is nothing to set here; nearest: 'indicators[0].params.period'",
        ),
        ({"take_profit": 0}, "take_profit: 0 is not allowed; allowed: a number, 0.001 or more"),
        (
            {"take_profit": {"atr": -1}},
            "take_profit.atr: -1 is not allowed; allowed: a number above 0, or null for none",
        ),
        ({"on_opposite_signal": "revers"}, "on_opposite_signal: 'revers' is not known here; nearest: 'reverse'"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_place(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStrategy) as caught:
        with_values(parse_strategy(CROSS), values)

    assert str(caught.value) == message
