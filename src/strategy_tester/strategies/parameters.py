"""The places of a strategy a user may tune, and strategies with other values there.

A place is the path of a value in the file: `indicators[0].params.period`, `entry_conditions.long[1].value`,
`exit_conditions[0].any[1].value`, `take_profit`, `stop_loss.atr`, `on_opposite_signal`. Places stay the same when
values change. Changing a parameter of an indicator without an `id` renames its columns, and the conditions that use
them follow.
"""

import re
from collections.abc import Mapping
from typing import Any

from strategy_tester.domain.errors import InvalidStrategy
from strategy_tester.domain.parameters import Parameter
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.indicators.registry import find
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.rules.columns import BoundIndicator, bind, check_setting, column_sources, parameter_name
from strategy_tester.strategies.rules.model import (
    OPPOSITE_SIGNALS,
    AtrDistance,
    Distance,
    IndicatorUse,
    StrategyRules,
    comparisons,
)
from strategy_tester.strategies.rules.reading import nearest
from strategy_tester.strategies.write import to_content

Field = tuple[str, Parameter, Any]

_DISTANCES = {
    "take_profit": "Leave with a gain at this distance from the entry price.",
    "stop_loss": "Leave with a loss at this distance from the entry price.",
    "trailing_stop": "Leave this far behind the best price since the entry.",
}
_SMALLEST_DISTANCE = 0.001
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


def parameters_of(rules: StrategyRules) -> list[Field]:
    """Every tunable place with what may stand there and what stands there now, in the order of the file form.

    Indicator parameters that the file leaves out are listed too, with their defaults.
    """
    fields: list[Field] = []
    for number, use in enumerate(rules.indicators):
        fields += _indicator_fields(bind(use, f"indicators[{number}]"))
    for place, condition in comparisons(rules):
        if not isinstance(condition.value, str):
            title = f"{condition.indicator} {condition.operator.replace('_', ' ')}"
            threshold = Parameter("value", "float", condition.value, title=title, help="The level compared with.")
            fields.append((f"{place}.value", threshold, condition.value))
    for name in _DISTANCES:
        fields += _distance_fields(name, getattr(rules, name))
    opposite = Parameter(
        "on_opposite_signal", "choice", "reverse", choices=OPPOSITE_SIGNALS,
        help="What an entry signal of the other side does to an open position.",
    )  # fmt: skip
    return [*fields, ("on_opposite_signal", opposite, rules.on_opposite_signal)]


def with_values(rules: StrategyRules, values: Mapping[str, Any]) -> StrategyRules:
    """The strategy with these values in these places; everything else stays as it was written.

    A value equal to the one that is there changes nothing, so a default is not written down by being confirmed.
    None in `take_profit`, `stop_loss` or `trailing_stop` is none.

    Raises:
        InvalidStrategy: a place that is not there, a value that does not fit, or two indicators that would make
            columns of the same name; `where` is the place.
    """
    fields = {place: (parameter, value) for place, parameter, value in parameters_of(rules)}
    content = to_content(rules)
    for place, value in values.items():
        if place not in fields:
            raise InvalidStrategy(place, f"there is nothing to set here; nearest: {nearest(place, fields)!r}")
        parameter, old = fields[place]
        new = _checked(parameter, value, place)
        if new != old:
            _put(content, place, _as_written(new, old))
    _rename(content, rules)
    return parse_strategy(content)


def _indicator_fields(bound: BoundIndicator) -> list[Field]:
    spellings = {parameter_name(bound.spec, word): word for word, _ in bound.use.params}
    fields: list[Field] = [
        (f"{bound.place}.params.{spellings.get(parameter.name, parameter.name)}", parameter, settings)
        for parameter in bound.spec.parameters
        for settings in (bound.settings[parameter.name],)
    ]
    if bound.timeframe is not None:
        frames = tuple(frame.value for frame in Timeframe)
        parameter = Parameter(
            "timeframe", "choice", bound.timeframe.value, choices=frames, help="Where it is computed."
        )
        fields.append((f"{bound.place}.timeframe", parameter, bound.timeframe.value))
    return fields


def _distance_fields(name: str, distance: Distance) -> list[Field]:
    text = _DISTANCES[name]
    if isinstance(distance, AtrDistance):
        title = name.replace("_", " ").capitalize()
        multiple = Parameter(
            "atr", "float", distance.multiple, minimum=_SMALLEST_DISTANCE, step=0.1, unit="ATR", title=title, help=text
        )
        period = find("ATR").parameter("period")
        return [(f"{name}.atr", multiple, distance.multiple), (f"{name}.period", period, distance.period)]
    percent = Parameter(name, "float", None, minimum=_SMALLEST_DISTANCE, step=0.1, unit="%", help=text)
    return [(name, percent, distance)]


def _checked(parameter: Parameter, value: Any, place: str) -> Any:
    if parameter.name in _DISTANCES and isinstance(value, Mapping):
        return dict(value)  # percent becomes {"atr": ..}; parsing checks it
    return check_setting(parameter, value, place)


def _as_written(new: Any, old: Any) -> Any:
    """A whole number stays one where one stood, so that 30 does not become 30.0 on its way through a form."""
    if isinstance(new, float) and new.is_integer() and isinstance(old, int):
        return int(new)
    return new


def _put(content: dict[str, Any], place: str, value: Any) -> None:
    steps = [int(step[1:-1]) if step.startswith("[") else step for step in _STEP.findall(place)]
    target: Any = content
    for step in steps[:-1]:
        if isinstance(target, dict):
            target.setdefault(step, {})
        target = target[step]
    target[steps[-1]] = value


def _rename(content: dict[str, Any], rules: StrategyRules) -> None:
    """Carry changed column names into the conditions, all at once: two averages may change places."""
    uses = tuple(
        IndicatorUse(use["type"], tuple(use.get("params", {}).items()), use.get("id", ""), use.get("timeframe", ""))
        for use in content.get("indicators", ())
    )
    old = list(column_sources(rules.indicators))
    new = list(column_sources(uses))
    names = {before: after for before, after in zip(old, new, strict=True) if before != after}
    for key in ("entry_conditions", "exit_conditions"):
        _rename_in(content.get(key, ()), names)


def _rename_in(node: Any, names: Mapping[str, str]) -> None:
    if isinstance(node, list):
        for item in node:
            _rename_in(item, names)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"indicator", "value"} and isinstance(value, str):
                node[key] = names.get(value, value)
            elif isinstance(value, list | dict):
                _rename_in(value, names)
