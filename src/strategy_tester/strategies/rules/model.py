"""The rule tree: what a strategy file says, typed and frozen.

Every node of the tree stands for one JSON object and remembers two things beside its meaning, so that a file comes back
as it was: the values as they were written (2 stays 2, 2.0 stays 2.0), and in `keys` which keys were written in which
order. Nodes made by code leave `keys` empty; they are then written in the order of the file form, defaults left out.
Two nodes are equal when they mean the same; `keys` does not count.

Three-valued logic. A comparison with NaN on either side cannot be decided: it is neither met nor refuted. An undecided
condition is not met, and `not` of it is not met either. `all` is refuted as soon as one part is refuted, `any` is met
as soon as one part is met, whatever the undecided parts (Kleene's logic).
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

Number = int | float
ParameterValue = int | float | str | bool | None
CompareOperator = Literal[">", "<", ">=", "<=", "==", "!="]
CrossOperator = Literal["crosses_above", "crosses_below"]
OppositeSignal = Literal["reverse", "close", "ignore"]

COMPARE_OPERATORS: tuple[str, ...] = get_args(CompareOperator)
CROSS_OPERATORS: tuple[str, ...] = get_args(CrossOperator)
OPERATORS = COMPARE_OPERATORS + CROSS_OPERATORS
CANDLE_COLUMNS = ("open", "high", "low", "close", "volume")
OPPOSITE_SIGNALS: tuple[str, ...] = get_args(OppositeSignal)
LOGIC_WORDS = ("AND", "OR")
DEFAULT_ATR_PERIOD = 14


@dataclass(frozen=True)
class IndicatorUse:
    """One declaration under `indicators`.

    Attributes:
        type: The indicator's name as written, such as 'RSI' or 'MA'.
        params: Names and values as written; what is absent takes the indicator's default.
        id: How its columns are called; empty for the canonical names.
        timeframe: The higher timeframe it is computed on; empty for the candles' own.
    """

    type: str
    params: tuple[tuple[str, ParameterValue], ...] = ()
    id: str = ""
    timeframe: str = ""
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Compare:
    """`indicator operator value`: a column against a number or another column, on the same bar."""

    indicator: str
    operator: str
    value: Number | str
    logic: str = ""
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Cross:
    """A column that was not beyond the value one bar ago and is now.

    `crosses_above`: previous indicator <= previous value and indicator > value; `crosses_below` mirrored.
    """

    indicator: str
    operator: str
    value: Number | str
    logic: str = ""
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class AllOf:
    """Met when every part is met."""

    parts: "tuple[Condition, ...]"
    logic: str = ""
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class AnyOf:
    """Met when one part is met."""

    parts: "tuple[Condition, ...]"
    logic: str = ""
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    """Met when its part is refuted; an undecided part is neither met nor refuted."""

    part: "Condition"
    logic: str = ""
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


Condition = Compare | Cross | AllOf | AnyOf | Not
Conditions = tuple[Condition, ...]
"""A list of the file: joined left to right, each by its own `logic` word (the first one's joins nothing)."""


@dataclass(frozen=True)
class Sides:
    """Conditions of longs and of shorts."""

    long: Conditions = ()
    short: Conditions = ()
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class AtrDistance:
    """A distance of `multiple` times the average true range at the signal's bar."""

    multiple: Number
    period: Number = DEFAULT_ATR_PERIOD
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


Distance = Number | AtrDistance | None
"""Percent of the entry price, a multiple of the ATR, or none."""

Texts = tuple[tuple[str, str], ...]
"""Language and text, in the order of the file."""


@dataclass(frozen=True)
class About:
    """Title and explanation by language, for strategies that are shown in a list."""

    title: Texts = ()
    text: Texts = ()
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class StrategyRules:
    """A whole strategy file.

    `exit` is a plain tuple where the file has a list, which closes either side.
    """

    name: str = ""
    description: str = ""
    about: About | None = None
    strategy_type: str = ""
    indicators: tuple[IndicatorUse, ...] = ()
    entry: Sides = Sides()
    exit: Conditions | Sides = ()
    take_profit: Distance = None
    stop_loss: Distance = None
    trailing_stop: Distance = None
    on_opposite_signal: str = "reverse"
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def long_exit(self) -> tuple[str, Conditions]:
        """Where the exit conditions of longs stand in the file, and the conditions."""
        return self._exit_of("long")

    @property
    def short_exit(self) -> tuple[str, Conditions]:
        """Where the exit conditions of shorts stand in the file, and the conditions."""
        return self._exit_of("short")

    def _exit_of(self, side: Literal["long", "short"]) -> tuple[str, Conditions]:
        if isinstance(self.exit, Sides):
            return f"exit_conditions.{side}", getattr(self.exit, side)
        return "exit_conditions", self.exit

    def condition_lists(self) -> list[tuple[str, Conditions]]:
        """Every list of conditions with its place, in the order of the file form; empty ones left out."""
        lists = [("entry_conditions.long", self.entry.long), ("entry_conditions.short", self.entry.short)]
        if isinstance(self.exit, Sides):
            lists += [self.long_exit, self.short_exit]
        else:
            lists.append(("exit_conditions", self.exit))
        return [(place, conditions) for place, conditions in lists if conditions]


def text_of(condition: Condition) -> str:
    """A condition as one reads it aloud: `RSI_14 < 30`, `any of (close > SMA_20; not (ADX_14 < 20))`."""
    if isinstance(condition, AllOf | AnyOf):
        word = "all" if isinstance(condition, AllOf) else "any"
        return f"{word} of ({'; '.join(text_of(part) for part in condition.parts)})"
    if isinstance(condition, Not):
        return f"not ({text_of(condition.part)})"
    return f"{condition.indicator} {condition.operator.replace('_', ' ')} {condition.value}"


def parts_of(place: str, condition: Condition) -> list[tuple[str, Condition]]:
    """The conditions directly inside a group, with their places; none for a comparison."""
    if isinstance(condition, AllOf | AnyOf):
        word = "all" if isinstance(condition, AllOf) else "any"
        return [(f"{place}.{word}[{number}]", part) for number, part in enumerate(condition.parts)]
    if isinstance(condition, Not):
        return [(f"{place}.not", condition.part)]
    return []


def comparisons(rules: StrategyRules) -> list[tuple[str, Compare | Cross]]:
    """Every comparison and cross of a strategy with its place, in the order of the file form."""
    found: list[tuple[str, Compare | Cross]] = []

    def walk(place: str, condition: Condition) -> None:
        if isinstance(condition, Compare | Cross):
            found.append((place, condition))
        for inner_place, inner in parts_of(place, condition):
            walk(inner_place, inner)

    for place, conditions in rules.condition_lists():
        for number, condition in enumerate(conditions):
            walk(f"{place}[{number}]", condition)
    return found
