"""Hypothesis strategies for rule trees and the small strategy files the tests begin with."""

from typing import Any

from hypothesis import strategies as st

from strategy_tester.strategies.rules.model import (
    CANDLE_COLUMNS,
    COMPARE_OPERATORS,
    CROSS_OPERATORS,
    About,
    AllOf,
    AnyOf,
    AtrDistance,
    Compare,
    Condition,
    Cross,
    IndicatorUse,
    Not,
    Sides,
    StrategyRules,
)

INDICATORS = (
    IndicatorUse("RSI", (("period", 14),)),
    IndicatorUse("MA", (("period", 20), ("ma_type", "EMA"))),
    IndicatorUse("BB", (("period", 20), ("std_dev", 2.5))),
    IndicatorUse("MACD", (("fast", 8), ("slow", 21)), id="quick"),
    IndicatorUse("EMA", (("length", 50),), id="trend", timeframe="4h"),
)
COLUMNS = ("RSI_14", "EMA_20", "BB_Upper", "BB_Width", "quick.macd", "quick.signal", "trend", *CANDLE_COLUMNS)


def original_form() -> dict[str, Any]:
    """The strategy of the original specification."""
    return {
        "name": "Dip above the average",
        "description": "...",
        "strategy_type": "Indicator-Based",
        "indicators": [
            {"type": "MA", "params": {"period": 20, "ma_type": "SMA"}},
            {"type": "RSI", "params": {"period": 14}},
        ],
        "entry_conditions": {
            "long": [
                {"indicator": "close", "operator": ">", "value": "SMA_20", "logic": "AND"},
                {"indicator": "RSI_14", "operator": "<", "value": 30},
            ],
            "short": [],
        },
        "exit_conditions": [],
        "take_profit": 2.0,
        "stop_loss": 1.0,
    }


def strategy_with(*long: dict[str, Any], indicators: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    """A strategy of these long entries."""
    return {"name": "t", "indicators": list(indicators), "entry_conditions": {"long": list(long)}, **more}


def condition(indicator: str, operator: str, value: object, **more: Any) -> dict[str, Any]:
    return {"indicator": indicator, "operator": operator, "value": value, **more}


_numbers = st.one_of(
    st.integers(-1000, 1000), st.floats(-1e6, 1e6, allow_nan=False).map(float), st.sampled_from((0, 0.0, 30, 30.0))
)
_logic = st.sampled_from(("", "AND", "OR", "and", "or"))


@st.composite
def _leaves(draw: st.DrawFn) -> Condition:
    column = draw(st.sampled_from(COLUMNS))
    value = draw(st.one_of(_numbers, st.sampled_from([other for other in COLUMNS if other != column])))
    operator = draw(st.sampled_from(COMPARE_OPERATORS + CROSS_OPERATORS))
    kind = Cross if operator in CROSS_OPERATORS else Compare
    return kind(column, operator, value)


def _groups(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(parts.map(AllOf), parts.map(AnyOf), inner.map(Not))


conditions = st.recursive(_leaves(), _groups, max_leaves=6)


@st.composite
def _with_logic(draw: st.DrawFn) -> Condition:
    from dataclasses import replace

    return replace(draw(conditions), logic=draw(_logic))


condition_lists = st.lists(_with_logic(), max_size=3).map(tuple)
sides = st.builds(Sides, condition_lists, condition_lists)
_distances = st.one_of(
    st.none(),
    st.floats(0.01, 50.0),
    st.integers(1, 50),
    st.builds(AtrDistance, st.floats(0.1, 10.0), st.integers(1, 200)),
)
_texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
_by_language = st.dictionaries(st.sampled_from(("en", "ru")), _texts, max_size=2).map(
    lambda found: tuple(found.items())
)
rule_trees = st.builds(
    StrategyRules,
    name=st.sampled_from(("", "a", "Дисбаланс «1»", "two words")),
    description=_texts,
    about=st.one_of(st.none(), st.builds(About, _by_language, _by_language)),
    strategy_type=st.sampled_from(("", "Indicator-Based")),
    indicators=st.permutations(INDICATORS).map(tuple),
    entry=sides.filter(lambda entry: bool(entry.long or entry.short)),
    exit=st.one_of(condition_lists, sides),
    take_profit=_distances,
    stop_loss=_distances,
    trailing_stop=_distances,
    on_opposite_signal=st.sampled_from(("reverse", "close", "ignore")),
)
