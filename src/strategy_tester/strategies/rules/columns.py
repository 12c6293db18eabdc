"""Which columns an indicator declaration makes, and how they are called.

With an `id`, an indicator of one output makes the column `id`, one of several makes `id.output` each. Without an `id`:

- the original form's names: `SMA_20`, `EMA_20`, `WMA_20` (also declared as `MA` with `ma_type`), `RSI_14`, `ATR_14`,
  `ADX_14`, `MACD`, `MACD_Signal`, `MACD_Hist`, `BB_Upper`, `BB_Middle`, `BB_Lower`, `BB_Width`, `STOCH_K`, `STOCH_D`;
- every other: the registry's name and all its parameters in the registry's order, joined by underscores, so that a
  name says what it is whatever was left to the defaults: `CCI_20`, `DMI_14.plus_di`, `SUPERTREND_10_3.direction`.
  Numbers are as short as they can be (3.0 is 3), words as they are. One output: the name alone; several: `.output`.

Neither `source` (the price an indicator is computed from) nor `timeframe` changes a name: the same indicator on two
prices or two timeframes needs an `id` on one of them.

Types and parameters may be spelled as in the original form or as other programs do: the registry's own aliases and
synonyms, and those of `_SPELLINGS`. The spelling that was written is kept on save.
"""

import re
from dataclasses import dataclass
from functools import cache

from strategy_tester.domain.errors import InvalidParameter, InvalidStrategy
from strategy_tester.domain.parameters import Parameter
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.indicators.registry import IndicatorSpec, all_indicators, find
from strategy_tester.strategies.rules.model import CANDLE_COLUMNS, IndicatorUse, ParameterValue
from strategy_tester.strategies.rules.reading import plain, text, unknown_word

_ORIGINAL_NAMES = {
    "MACD": {"macd": "MACD", "signal": "MACD_Signal", "histogram": "MACD_Hist"},
    "BB": {"upper": "BB_Upper", "middle": "BB_Middle", "lower": "BB_Lower", "width": "BB_Width"},
    "STOCH": {"k": "STOCH_K", "d": "STOCH_D"},
}

_SPELLINGS = {
    "MA": {"type": "ma_type", "method": "ma_type", "kind": "ma_type"},
    "MACD": {
        "fast": "fast_period", "slow": "slow_period", "signal": "signal_period",
        "fastperiod": "fast_period", "slowperiod": "slow_period", "signalperiod": "signal_period",
    },
    "BB": {
        "std_dev": "deviations", "std": "deviations", "stddev": "deviations", "num_std": "deviations",
        "nbdev": "deviations", "multiplier": "deviations", "mult": "deviations",
    },
    "STOCH": {
        "period": "k_period", "k": "k_period", "d": "d_period", "fastk_period": "k_period",
        "smooth_k": "k_smoothing", "smooth": "k_smoothing", "slowk_period": "k_smoothing",
        "smooth_d": "d_period", "slowd_period": "d_period",
    },
}  # fmt: skip
_PERIOD_SPELLINGS = ("length", "window", "timeperiod", "time_period")
"""Understood for `period` in every indicator that has one."""

_ID = re.compile(r"(?![\d-])[\w-]+")


@dataclass(frozen=True)
class BoundIndicator:
    """A declaration tied to the registry.

    Attributes:
        place: Where it stands, such as `indicators[0]`.
        use: The declaration.
        spec: What the registry knows about it.
        settings: Every parameter by the registry's name with its checked value.
        timeframe: The higher timeframe, or None for the candles' own.
        columns: The name of the column of each output.
    """

    place: str
    use: IndicatorUse
    spec: IndicatorSpec
    settings: dict[str, ParameterValue]
    timeframe: Timeframe | None
    columns: dict[str, str]

    @property
    def title(self) -> str:
        """How legends call it: its `id`, or the registry's name and its settings."""
        shown = [short(value) for name, value in self.settings.items() if name != "source"]
        suffix = f" {self.timeframe}" if self.timeframe else ""
        return (self.use.id or " ".join([self.spec.name, *shown])) + suffix


@dataclass(frozen=True)
class ColumnSource:
    """What makes a column: one output of a declared indicator."""

    indicator: BoundIndicator
    output: str


def column_sources(uses: tuple[IndicatorUse, ...]) -> dict[str, ColumnSource]:
    """Every column the declarations make, in their order.

    Raises:
        InvalidStrategy: an unknown type or parameter, a value out of bounds, or two columns of one name.
    """
    sources: dict[str, ColumnSource] = {}
    ids: dict[str, str] = {}
    for number, use in enumerate(uses):
        place = f"indicators[{number}]"
        bound = bind(use, place)
        if use.id and use.id in ids:
            raise InvalidStrategy(f"{place}.id", f"{use.id!r} is already the id of {ids[use.id]}")
        ids[use.id] = place
        for output, column in bound.columns.items():
            if column in sources:
                maker = sources[column].indicator.place
                raise InvalidStrategy(
                    place, f"the column {column!r} is already made by {maker}",
                    hint="Give one of the two an \"id\", or remove it.",
                )  # fmt: skip
            sources[column] = ColumnSource(bound, output)
    return sources


def bind(use: IndicatorUse, place: str) -> BoundIndicator:
    """Tie a declaration to the registry.

    Raises:
        InvalidStrategy: an unknown type or parameter, a value out of bounds, a useless id or timeframe.
    """
    spec = _spec(use.type, f"{place}.type")
    settings = _settings(spec, use, f"{place}.params")
    _check_id(use.id, f"{place}.id")
    timeframe = parse_timeframe(use.timeframe, f"{place}.timeframe") if use.timeframe else None
    return BoundIndicator(place, use, spec, settings, timeframe, _columns(use.id, spec, settings))


def parameter_name(spec: IndicatorSpec, word: str) -> str | None:
    """The registry's name of a parameter in any understood spelling, or None."""
    names = [parameter.name for parameter in spec.parameters]
    if word in names:
        return word
    synonyms = {**spec.synonyms, **_SPELLINGS.get(spec.name, {})}
    if "period" in names:
        synonyms = dict.fromkeys(_PERIOD_SPELLINGS, "period") | synonyms
    name = synonyms.get(word)
    return name if name in names else None


def check_setting(parameter: Parameter, value: object, where: str) -> ParameterValue:
    """The value of one parameter in its proper type; words of a choice are understood in any letter case.

    Raises:
        InvalidStrategy: not a value this parameter may have.
    """
    found = plain(value)
    if isinstance(found, str):
        text(found, where)
        if parameter.type == "choice":
            by_folded = {word.casefold(): word for word in parameter.choices}
            if found.casefold() not in by_folded:
                raise unknown_word(where, found, "is not known here", parameter.choices)
            found = by_folded[found.casefold()]
    try:
        return parameter.check(found, where)
    except (InvalidParameter, OverflowError) as error:
        shown = repr(found) if not isinstance(found, int) or abs(found) < 10**20 else "a number that large"
        raise InvalidStrategy(where, f"{shown} is not allowed; allowed: {parameter.allowed()}") from error


def parse_timeframe(word: str, where: str) -> Timeframe:
    """A timeframe by its name.

    Raises:
        InvalidStrategy: none of the thirteen.
    """
    try:
        return Timeframe.parse(word)
    except InvalidParameter as error:
        names = [frame.value for frame in Timeframe]
        raise unknown_word(where, word, "is not a timeframe", names) from error


def short(value: ParameterValue) -> str:
    """A setting as it stands in a column's name: 3.0 is 3."""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    return str(value)


@cache
def _known_types() -> tuple[str, ...]:
    return tuple(word for spec in all_indicators() for word in (spec.name, *spec.aliases))


def _spec(word: str, where: str) -> IndicatorSpec:
    try:
        return find(word)
    except InvalidParameter as error:
        fault = unknown_word(where, word, "is not a known indicator", _known_types())
        fault.hint = "`bst indicators` lists them all."
        raise fault from error


def _settings(spec: IndicatorSpec, use: IndicatorUse, where: str) -> dict[str, ParameterValue]:
    written: dict[str, str] = {}
    settings: dict[str, ParameterValue] = {parameter.name: parameter.default for parameter in spec.parameters}
    for word, value in use.params:
        name = parameter_name(spec, word)
        if name is None:
            words = [parameter.name for parameter in spec.parameters]
            raise unknown_word(f"{where}.{word}", word, f"is not a parameter of {spec.name}", words)
        if name in written:
            raise InvalidStrategy(f"{where}.{word}", f"this is {written[name]!r} given a second time")
        written[name] = word
        settings[name] = check_setting(spec.parameter(name), value, f"{where}.{word}")
    return settings


def _check_id(word: str, where: str) -> None:
    if not word:
        return
    if not _ID.fullmatch(word):
        allowed = "letters, digits, _ and -, not beginning with a digit"
        raise InvalidStrategy(where, f"{word!r} is not allowed; allowed: {allowed}")
    if word in CANDLE_COLUMNS:
        raise InvalidStrategy(where, f"{word!r} is a column of the candles already")


def _columns(word: str, spec: IndicatorSpec, settings: dict[str, ParameterValue]) -> dict[str, str]:
    original = _ORIGINAL_NAMES.get(spec.name)
    if original and not word:
        return {output: original[output] for output in spec.outputs}
    name = word or _canonical_name(spec, settings)
    if len(spec.outputs) == 1:
        return {spec.outputs[0]: name}
    return {output: f"{name}.{output}" for output in spec.outputs}


def _canonical_name(spec: IndicatorSpec, settings: dict[str, ParameterValue]) -> str:
    if spec.name == "MA":
        return f"{settings['ma_type']}_{short(settings['period'])}"
    parts = [short(value) for name, value in settings.items() if name != "source" and value not in {None, ""}]
    return "_".join([spec.name, *parts])
