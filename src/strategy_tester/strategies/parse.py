"""Strategy files into rules: JSON text, a file or a dict becomes a typed tree, or one error that names the place.

The form is the strategy file of the contract; the original specification's form is accepted unchanged. Beyond it:

- `about` is an optional key for strategies shown in lists: `{"title": {"en": ..., "ru": ...}, "text": {...}}`;
- `logic` may stand on groups too. Inside `all` and `any` the group's own word rules: a `logic` that says the opposite
  is an error, because obeying or ignoring it would both surprise;
- `take_profit`, `stop_loss` and `trailing_stop` may be null, which is none.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from strategy_tester.domain.errors import InvalidStrategy
from strategy_tester.indicators.registry import find
from strategy_tester.strategies.rules import reading
from strategy_tester.strategies.rules.columns import check_setting, column_sources
from strategy_tester.strategies.rules.model import (
    CANDLE_COLUMNS,
    CROSS_OPERATORS,
    DEFAULT_ATR_PERIOD,
    LOGIC_WORDS,
    OPERATORS,
    OPPOSITE_SIGNALS,
    About,
    AllOf,
    AnyOf,
    AtrDistance,
    Compare,
    Condition,
    Conditions,
    Cross,
    Distance,
    IndicatorUse,
    Not,
    ParameterValue,
    Sides,
    StrategyRules,
    Texts,
    comparisons,
)

STRATEGY_KEYS = (
    "name", "description", "about", "strategy_type", "indicators", "entry_conditions", "exit_conditions",
    "take_profit", "stop_loss", "trailing_stop", "on_opposite_signal",
)  # fmt: skip
INDICATOR_KEYS = ("id", "type", "params", "timeframe")
CONDITION_KEYS = ("indicator", "operator", "value", "logic")
GROUP_KEYS = ("all", "any", "not")
LANGUAGES = ("en", "ru")
DEEPEST_GROUP = 50


def parse_strategy(source: Mapping[str, Any] | str | Path) -> StrategyRules:
    """The rules of a strategy.

    Args:
        source: The JSON object, the path of a file, or (a text that begins with a bracket) the JSON text itself.

    Raises:
        InvalidStrategy: a fault; `where` names the place, the message the nearest valid word.
    """
    if isinstance(source, Path):
        return parse_file(source)
    if isinstance(source, str):
        return parse_text(source) if source.lstrip()[:1] in {"{", "["} else parse_file(Path(source))
    return _parse_content(source)


def parse_text(text: str) -> StrategyRules:
    """The rules of a JSON text.

    Raises:
        InvalidStrategy: broken JSON, with line and column as the place, or a fault inside.
    """
    return _parse_content(reading.load_json(text))


def parse_file(path: Path) -> StrategyRules:
    """The rules of a strategy file (UTF-8).

    Raises:
        InvalidStrategy: the file cannot be read, or what is in it has a fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidStrategy(str(path), "this is not a text file in UTF-8") from error
    except FileNotFoundError as error:
        raise InvalidStrategy(str(path), "there is no such strategy file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidStrategy(str(path), f"the file cannot be read: {reason}") from error
    return parse_text(text)


def _parse_content(content: Any) -> StrategyRules:
    if not isinstance(content, Mapping):
        raise InvalidStrategy("", f"a strategy is an object in braces, not {reading.kind_of(content)}")
    found = reading.mapping(content, "", STRATEGY_KEYS)
    if not found:
        raise InvalidStrategy("", "the strategy is empty", hint="Begin with a ready strategy from the library.")
    rules = StrategyRules(
        name=reading.filled_text(found["name"], "name") if "name" in found else "",
        description=reading.text(found.get("description", ""), "description"),
        about=_about(found["about"]) if "about" in found else None,
        strategy_type=reading.text(found.get("strategy_type", ""), "strategy_type"),
        indicators=_indicators(found.get("indicators", ())),
        entry=_sides(found.get("entry_conditions", {}), "entry_conditions"),
        exit=_exit(found.get("exit_conditions", ())),
        take_profit=_distance(found.get("take_profit"), "take_profit"),
        stop_loss=_distance(found.get("stop_loss"), "stop_loss"),
        trailing_stop=_distance(found.get("trailing_stop"), "trailing_stop"),
        on_opposite_signal=reading.choice(
            found.get("on_opposite_signal", "reverse"), "on_opposite_signal", OPPOSITE_SIGNALS
        ),
        keys=tuple(found),
    )
    if not rules.entry.long and not rules.entry.short:
        raise InvalidStrategy("entry_conditions", "neither long nor short has a condition: this would never trade")
    _check_references(rules)
    return rules


def _about(value: Any) -> About:
    found = reading.mapping(value, "about", ("title", "text"))
    return About(
        _texts(found.get("title", {}), "about.title"), _texts(found.get("text", {}), "about.text"), tuple(found)
    )


def _texts(value: Any, where: str) -> Texts:
    found = reading.mapping(value, where, LANGUAGES)
    return tuple((language, reading.text(text, f"{where}.{language}")) for language, text in found.items())


def _indicators(value: Any) -> tuple[IndicatorUse, ...]:
    uses = reading.items(value, "indicators")
    return tuple(_indicator(use, f"indicators[{number}]") for number, use in enumerate(uses))


def _indicator(value: Any, where: str) -> IndicatorUse:
    found = reading.mapping(value, where, INDICATOR_KEYS, required=("type",))
    params = found.get("params", {})
    if not isinstance(params, Mapping):
        raise InvalidStrategy(f"{where}.params", f"an object in braces is expected here, not {reading.kind_of(params)}")
    reading.mapping(params, f"{where}.params", known=tuple(params))
    return IndicatorUse(
        type=reading.filled_text(found["type"], f"{where}.type"),
        params=tuple(
            (reading.text(name, f"{where}.params"), _param(param, f"{where}.params.{name}"))
            for name, param in params.items()
        ),
        id=reading.filled_text(found["id"], f"{where}.id") if "id" in found else "",
        timeframe=reading.filled_text(found["timeframe"], f"{where}.timeframe") if "timeframe" in found else "",
        keys=tuple(found),
    )


def _param(value: Any, where: str) -> ParameterValue:
    found = reading.plain(value)
    if found is None or isinstance(found, bool | str):
        return found
    return reading.number(found, where)


def _sides(value: Any, where: str) -> Sides:
    found = reading.mapping(value, where, ("long", "short"))
    return Sides(
        long=_conditions(found.get("long", ()), f"{where}.long"),
        short=_conditions(found.get("short", ()), f"{where}.short"),
        keys=tuple(found),
    )


def _exit(value: Any) -> Conditions | Sides:
    if isinstance(value, Mapping):
        return _sides(value, "exit_conditions")
    return _conditions(value, "exit_conditions")


def _conditions(value: Any, where: str, depth: int = 0) -> Conditions:
    found = reading.items(value, where)
    return tuple(_condition(item, f"{where}[{number}]", depth) for number, item in enumerate(found))


def _condition(value: Any, where: str, depth: int) -> Condition:
    if isinstance(value, Mapping) and any(key in value for key in GROUP_KEYS):
        return _group(value, where, depth)
    found = reading.mapping(value, where, CONDITION_KEYS, required=CONDITION_KEYS[:3])
    operator = reading.choice(found["operator"], f"{where}.operator", OPERATORS)
    kind = Cross if operator in CROSS_OPERATORS else Compare
    return kind(
        indicator=reading.filled_text(found["indicator"], f"{where}.indicator"),
        operator=operator,
        value=_operand(found["value"], f"{where}.value"),
        logic=_logic(found, where),
        keys=tuple(found),
    )


def _operand(value: Any, where: str) -> int | float | str:
    if isinstance(value, str):
        return reading.filled_text(value, where)
    return reading.number(value, where)


def _logic(found: Mapping[str, Any], where: str) -> str:
    if "logic" not in found:
        return ""
    word = reading.text(found["logic"], f"{where}.logic")
    if word.upper() not in LOGIC_WORDS:
        raise reading.unknown_word(f"{where}.logic", word, "is not known here", LOGIC_WORDS)
    return word


def _group(value: Mapping[str, Any], where: str, depth: int) -> Condition:
    if depth >= DEEPEST_GROUP:
        raise InvalidStrategy(where, f"groups are nested more than {DEEPEST_GROUP} deep")
    word = next(key for key in GROUP_KEYS if key in value)
    found = reading.mapping(value, where, (word, "logic"))
    logic, keys = _logic(found, where), tuple(found)
    if word == "not":
        return Not(_condition(found["not"], f"{where}.not", depth + 1), logic, keys)
    parts = _conditions(found[word], f"{where}.{word}", depth + 1)
    if not parts:
        raise InvalidStrategy(f"{where}.{word}", "the group is empty: it could be neither met nor refuted")
    _refuse_contrary_logic(parts, word, where)
    return AllOf(parts, logic, keys) if word == "all" else AnyOf(parts, logic, keys)


def _refuse_contrary_logic(parts: Conditions, word: str, where: str) -> None:
    own = "AND" if word == "all" else "OR"
    for number, part in enumerate(parts[1:], start=1):
        if part.logic and part.logic.upper() != own:
            problem = f"{part.logic!r} contradicts the group {word!r} it stands in; leave it out or write {own!r}"
            raise InvalidStrategy(f"{where}.{word}[{number}].logic", problem)


def _distance(value: Any, where: str) -> Distance:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return reading.positive_number(value, where)
    found = reading.mapping(value, where, ("atr", "period"), required=("atr",))
    period = found.get("period", DEFAULT_ATR_PERIOD)
    check_setting(find("ATR").parameter("period"), reading.number(period, f"{where}.period"), f"{where}.period")
    return AtrDistance(reading.positive_number(found["atr"], f"{where}.atr"), reading.plain(period), tuple(found))


def _check_references(rules: StrategyRules) -> None:
    columns = (*column_sources(rules.indicators), *CANDLE_COLUMNS)
    for place, condition in comparisons(rules):
        for key in ("indicator", "value"):
            word = getattr(condition, key)
            if isinstance(word, str) and word not in columns:
                raise reading.unknown_word(f"{place}.{key}", word, "is not computed here", columns)
        if condition.indicator == condition.value:
            raise InvalidStrategy(f"{place}.value", f"{condition.value!r} is compared with itself")
