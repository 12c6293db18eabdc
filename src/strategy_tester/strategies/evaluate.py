"""Rules and candles into signals: whole columns at a time, every indicator computed once.

A comparison with NaN cannot be decided; what cannot be decided is not met, and `not` of it is not met either. So that
one Boolean column per condition is enough, `not` is carried down to the comparisons (not all = any not, `not >` is
`<=`), where both a comparison and its contrary are False on NaN. This is Kleene's three-valued logic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.signals import Booleans, Signals
from strategy_tester.strategies.rules.columns import ColumnSource
from strategy_tester.strategies.rules.model import (
    AllOf,
    AnyOf,
    AtrDistance,
    Compare,
    Condition,
    Conditions,
    Cross,
    Distance,
    Not,
    ParameterValue,
    StrategyRules,
    parts_of,
    text_of,
)
from strategy_tester.strategies.rules.values import ColumnValues

Operand = Floats | float
_Comparison = Callable[[Operand, Operand], Any]


def _differs(left: Operand, right: Operand) -> Any:
    # numpy's own != calls NaN different from everything.
    return np.less(left, right) | np.greater(left, right)


_COMPARISONS: Mapping[str, _Comparison] = {
    ">": np.greater, "<": np.less, ">=": np.greater_equal, "<=": np.less_equal, "==": np.equal, "!=": _differs,
}  # fmt: skip
_CONTRARY = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}


@dataclass(frozen=True, eq=False)
class IndicatorColumn:
    """One output of a declared indicator, ready to draw.

    Attributes:
        column: The name conditions use.
        indicator: The registry's name.
        params: Every parameter with its value.
        pane: 'overlay' or 'pane'.
        style: 'line', 'histogram', 'dots' or 'band'.
        levels: Horizontal guides of the pane.
        values: Shape (bars,), NaN where there is none.
        title: What all outputs of one declaration share, such as 'MACD 12 26 9': the name of their pane.
    """

    column: str
    indicator: str
    params: dict[str, ParameterValue]
    pane: str
    style: str
    levels: tuple[float, ...]
    values: Floats
    title: str


@dataclass(frozen=True)
class ConditionCount:
    """How often something was met; what explains a run without trades.

    Attributes:
        place: Where it stands in the strategy, such as `entry_conditions.long[1]`.
        text: What it says.
        hits: Bars on which it was met.
        undecided: Bars on which it could not be decided, because a value was missing.
    """

    place: str
    text: str
    hits: int
    undecided: int


def evaluate(rules: StrategyRules, candles: Candles) -> Signals:
    """What the rules want on each bar, known at that bar's close.

    An entry whose ATR distance is not known yet, or is zero, is left out: a position is never opened without the stop
    or target its strategy asks for.

    Raises:
        InvalidStrategy: an indicator's timeframe cannot be made of these candles.
    """
    bars = len(candles)
    if bars == 0:
        return Signals(long_entry=np.zeros(0, dtype=np.bool_), on_opposite_signal=_opposite(rules))
    values = ColumnValues(rules, candles)
    distances = {name: _distance(getattr(rules, name), values) for name in _DISTANCES}
    guarded = _guarded(distances, bars)
    return Signals(
        long_entry=_joined(rules.entry.long, values, bars) & guarded,
        short_entry=_joined(rules.entry.short, values, bars) & guarded,
        long_exit=_joined(rules.long_exit[1], values, bars),
        short_exit=_joined(rules.short_exit[1], values, bars),
        **distances,
        on_opposite_signal=_opposite(rules),
    )


def indicator_columns(rules: StrategyRules, candles: Candles) -> list[IndicatorColumn]:
    """Every column the strategy's indicators make, in the order of their declaration.

    Raises:
        InvalidStrategy: an indicator's timeframe cannot be made of these candles.
    """
    values = ColumnValues(rules, candles)
    return [_indicator_column(name, source, values) for name, source in values.sources.items()]


def diagnose(rules: StrategyRules, candles: Candles) -> list[ConditionCount]:
    """Facts that explain how many signals there are: indicators without values, then every condition's count.

    First every indicator column that has no value at all (its warm-up is longer than the data), then, list by list,
    the list as a whole, each condition and what is inside groups.

    Raises:
        InvalidStrategy: an indicator's timeframe cannot be made of these candles.
    """
    values, bars = ColumnValues(rules, candles), len(candles)
    facts = _columns_without_values(values, bars)
    for place, conditions in rules.condition_lists():
        met, refuted = _joined(conditions, values, bars), _joined(conditions, values, bars, negated=True)
        facts.append(_count(place, "all conditions of this list together", met, refuted))
        for number, condition in enumerate(conditions):
            facts += _counts(f"{place}[{number}]", condition, values, bars)
    return facts + _unguarded(rules, values, bars)


_DISTANCES = ("take_profit", "stop_loss", "trailing_stop")


def _opposite(rules: StrategyRules) -> Any:
    return rules.on_opposite_signal


def _distance(distance: Distance, values: ColumnValues) -> Any:
    if isinstance(distance, AtrDistance):
        return distance.multiple * values.atr(int(distance.period))
    return distance


def _guarded(distances: Mapping[str, Any], bars: int) -> Booleans:
    """Where every distance that is wanted is a positive number."""
    guarded = np.ones(bars, dtype=np.bool_)
    for distance in distances.values():
        if isinstance(distance, np.ndarray):
            guarded &= distance > 0.0
    return guarded


def _joined(conditions: Conditions, values: ColumnValues, bars: int, *, negated: bool = False) -> Booleans:
    """The list joined left to right: each condition's own word joins it with everything before it."""
    result = np.zeros(bars, dtype=np.bool_)
    for number, condition in enumerate(conditions):
        met = _met(condition, values, negated=negated)
        is_or = condition.logic.upper() == "OR"
        if number == 0:
            result = met
        elif is_or != negated:
            result |= met
        else:
            result &= met
    return result


def _met(condition: Condition, values: ColumnValues, *, negated: bool) -> Booleans:
    """Where the condition is met or, `negated`, where it is refuted. A new array."""
    if isinstance(condition, Not):
        return _met(condition.part, values, negated=not negated)
    if isinstance(condition, AllOf | AnyOf):
        parts = [_met(part, values, negated=negated) for part in condition.parts]
        join = np.logical_and if isinstance(condition, AllOf) != negated else np.logical_or
        return join.reduce(parts)
    left = values.of(condition.indicator)
    right = values.of(condition.value) if isinstance(condition.value, str) else float(condition.value)
    if isinstance(condition, Compare):
        operator = _CONTRARY[condition.operator] if negated else condition.operator
        return _COMPARISONS[operator](left, right)
    return _crossed(condition, left, right, negated=negated)


def _crossed(condition: Cross, left: Floats, right: Operand, *, negated: bool) -> Booleans:
    """Where left has passed to the other side of right; the first bar has no bar before it and is undecided."""
    before, now = (np.less_equal, np.greater) if condition.operator == "crosses_above" else (np.greater_equal, np.less)
    right_before, right_now = (right[:-1], right[1:]) if isinstance(right, np.ndarray) else (right, right)
    result = np.zeros(left.size, dtype=np.bool_)
    result[1:] = before(left[:-1], right_before) & now(left[1:], right_now)
    if negated:
        known = ~np.isnan(left) & ~np.isnan(right)
        result[1:] = ~result[1:] & known[1:] & known[:-1]
    return result


def _indicator_column(name: str, source: ColumnSource, values: ColumnValues) -> IndicatorColumn:
    bound = source.indicator
    position = bound.spec.outputs.index(source.output)
    return IndicatorColumn(
        column=name,
        indicator=bound.spec.name,
        params=dict(bound.settings),
        pane=bound.spec.output_panes[position],
        style=bound.spec.output_styles[position],
        levels=bound.spec.levels,
        values=values.of(name),
        title=bound.title,
    )


def _count(place: str, text: str, met: Booleans, refuted: Booleans) -> ConditionCount:
    hits = int(np.count_nonzero(met))
    return ConditionCount(place, text, hits, met.size - hits - int(np.count_nonzero(refuted)))


def _counts(place: str, condition: Condition, values: ColumnValues, bars: int) -> list[ConditionCount]:
    met, refuted = (_met(condition, values, negated=negated) for negated in (False, True))
    counts = [_count(place, text_of(condition), met, refuted)]
    for inner_place, inner in parts_of(place, condition):
        counts += _counts(inner_place, inner, values, bars)
    return counts


def _columns_without_values(values: ColumnValues, bars: int) -> list[ConditionCount]:
    facts = []
    for name, source in values.sources.items():
        if np.isnan(values.of(name)).all():
            bound = source.indicator
            needed = bound.spec.warm_ups(**bound.settings)[source.output] + 1
            unit = f"bars of {bound.timeframe}" if bound.timeframe else "bars"
            text = f"{name} has no value here: its first needs {needed} {unit}, and there are {bars} bars"
            facts.append(ConditionCount(bound.place, text, 0, bars))
    return facts


def _unguarded(rules: StrategyRules, values: ColumnValues, bars: int) -> list[ConditionCount]:
    """Entries that were met but left out, because an ATR distance was not known."""
    facts = []
    for name in _DISTANCES:
        distance = _distance(getattr(rules, name), values)
        if isinstance(distance, np.ndarray):
            entries = _joined(rules.entry.long, values, bars) | _joined(rules.entry.short, values, bars)
            usable, known = distance > 0.0, ~np.isnan(distance)
            text = "entries whose distance in ATR is known"
            facts.append(ConditionCount(name, text, int((entries & usable).sum()), int((entries & ~known).sum())))
    return facts
