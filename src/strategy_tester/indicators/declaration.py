"""How an indicator is declared: `@indicator(...)` above a kernel makes an `IndicatorSpec`.

The kernel's docstring supplies the summary (first line) and the source (section `Source:`); everything else that
charts, forms and strategies need to know stands in the decorator.
"""

import inspect
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.parameters import Parameter

Style = Literal["line", "histogram", "dots", "band"]
Place = Literal["overlay", "pane"]

NAN_RULE = "A bar with a NaN gives NaN; what follows is computed as if the data began after it."

PRICE_SOURCES = ("close", "open", "high", "low", "hl2", "hlc3", "ohlc4")

_DECLARED: dict[str, "IndicatorSpec"] = {}


@dataclass(frozen=True)
class IndicatorSpec:
    """One indicator: what it reads, what may be set, what it gives, and how it is drawn.

    Attributes:
        name: Key in strategy files, upper case, such as RSI.
        title: English name in full.
        group: Family for menus: Averages, Momentum, Volatility, Volume, Trend, Levels, Statistics.
        inputs: Candle columns in the kernel's order; `source` is the price that the parameter `source` chooses.
        parameters: In the kernel's order (`source` excepted, it only chooses an input).
        outputs: Names of the results, lower case.
        pane: Where it is drawn: over the candles or in a pane of its own.
        output_panes: The same per output, for the few indicators that need both.
        output_styles: How each output is drawn.
        levels: Horizontal guides in the pane, such as 30 and 70.
        summary: One sentence, from the docstring.
        source: Where the formula comes from, from the docstring.
        nan_rule: What a NaN in the input does.
        warm_up_is_exact: False where the first value depends on the data (a day must end, a fractal must form);
            `warm_up` is then the smallest number of leading NaN.
        aliases: Other names `find` understands.
        synonyms: Other names of parameters.
        function: The kernel; `function.py_func` is the same code uncompiled.
        leading: Leading NaN bars from the parameters: one number, or one per output.
    """

    name: str
    title: str
    group: str
    inputs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]
    pane: Place
    output_panes: tuple[Place, ...]
    output_styles: tuple[Style, ...]
    levels: tuple[float, ...]
    summary: str
    source: str
    nan_rule: str
    warm_up_is_exact: bool
    aliases: tuple[str, ...]
    synonyms: Mapping[str, str]
    function: Callable[..., Any]
    leading: Callable[..., int | tuple[int, ...]]

    def parameter(self, word: str) -> Parameter:
        """The parameter of this name or synonym.

        Raises:
            InvalidParameter: there is none; the error lists those there are.
        """
        name = self.synonyms.get(word, word)
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        names = ", ".join(parameter.name for parameter in self.parameters) or "no parameters"
        raise InvalidParameter(self.name, word, names)

    def settings(self, **params: Any) -> dict[str, Any]:
        """Every parameter with its checked value, defaults filled in, in declared order.

        Raises:
            InvalidParameter: an unknown name, a wrong type, or a value outside its bounds.
        """
        given = {self.parameter(word).name: value for word, value in params.items()}
        return {
            parameter.name: parameter.check(
                given.get(parameter.name, parameter.default), where=f"{self.name}.{parameter.name}"
            )
            for parameter in self.parameters
        }

    def warm_ups(self, **params: Any) -> dict[str, int]:
        """Leading NaN bars of each output."""
        settings = self.settings(**params)
        settings.pop("source", None)
        leading = self.leading(*settings.values())
        counts = leading if isinstance(leading, tuple) else (leading,) * len(self.outputs)
        return dict(zip(self.outputs, counts, strict=True))

    def warm_up(self, **params: Any) -> int:
        """Leading NaN bars of the slowest output."""
        return max(self.warm_ups(**params).values())

    def run(self, columns: Mapping[str, np.ndarray], *, whole: bool = False, **params: Any) -> dict[str, Floats]:
        """Compute from plain columns.

        Args:
            columns: open, high, low, close, volume (float64) and open_time_ms (int64), as far as `inputs` and
                the chosen source need them, shape (bars,) each.
            whole: The columns are known to hold no NaN.
            params: Parameters by name; missing ones take their defaults.

        Returns:
            One array per output, shape (bars,).

        Raises:
            InvalidParameter: an unknown parameter or a value outside its bounds.
        """
        settings = self.settings(**params)
        chosen = settings.pop("source", "")
        inputs = [price_source(columns, chosen) if name == "source" else columns[name] for name in self.inputs]
        arguments = [self._scalar(name, value) for name, value in settings.items()]
        if whole or all(map(_is_whole, inputs)):
            results = self._call(inputs, arguments)
        else:
            results = self._by_runs(inputs, arguments)
        return dict(zip(self.outputs, results, strict=True))

    def _scalar(self, name: str, value: Any) -> Any:
        parameter = self.parameter(name)
        # Kernels know no words: a choice is handed over as its position, a moment as milliseconds.
        if parameter.type == "choice":
            return parameter.choices.index(value)
        return moment_ms(value, f"{self.name}.{name}") if parameter.type == "text" else value

    def _call(self, inputs: list[np.ndarray], arguments: list[Any]) -> tuple[Floats, ...]:
        result = self.function(*map(_locked, inputs), *arguments)
        return result if isinstance(result, tuple) else (result,)

    def _by_runs(self, inputs: list[np.ndarray], arguments: list[Any]) -> tuple[Floats, ...]:
        faulty = np.zeros(inputs[0].size + 2, dtype=np.bool_)
        faulty[[0, -1]] = True
        for column in inputs:
            faulty[1:-1] |= ~np.isfinite(column)
        results = tuple(np.full(inputs[0].size, np.nan) for _ in self.outputs)
        borders = np.flatnonzero(faulty) - 1
        for before, after in itertools.pairwise(borders):
            if after - before > 1:
                part = slice(before + 1, after)
                values = self._call([column[part] for column in inputs], arguments)
                for result, run in zip(results, values, strict=True):
                    result[part] = run
        return results


def _locked(column: np.ndarray) -> np.ndarray:
    # Kernels are compiled for read-only inputs alone: they cannot change them, and columns that come read-only
    # from a data frame do not need a second machine code.
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view


def _is_whole(column: np.ndarray) -> bool:
    # One NaN or infinity makes the sum one, and summing costs less than looking at each value.
    return column.dtype.kind == "i" or bool(np.isfinite(column.sum()))


def price_source(columns: Mapping[str, np.ndarray], word: str) -> Floats:
    """The price a choice of PRICE_SOURCES means, shape (bars,)."""
    if word == "hl2":
        return (columns["high"] + columns["low"]) / 2.0
    if word == "hlc3":
        return (columns["high"] + columns["low"] + columns["close"]) / 3.0
    if word == "ohlc4":
        return (columns["open"] + columns["high"] + columns["low"] + columns["close"]) / 4.0
    return columns[word]


def moment_ms(text: str, where: str) -> int:
    """UTC milliseconds of an ISO date or time; the beginning of all data for an empty text.

    Raises:
        InvalidParameter: the text is no date.
    """
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidParameter(where, text, "a UTC date such as 2025-01-31 or 2025-01-31T08:00") from None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def indicator(
    name: str,
    title: str,
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    warm_up: Callable[..., int | tuple[int, ...]],
    parameters: tuple[Parameter, ...] = (),
    pane: Place = "pane",
    panes: tuple[Place, ...] = (),
    styles: tuple[Style, ...] = (),
    levels: tuple[float, ...] = (),
    aliases: tuple[str, ...] = (),
    synonyms: Mapping[str, str] | None = None,
    warm_up_is_exact: bool = True,
    default_source: str = "close",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter the kernel below into the registry, and leave the kernel itself as it is.

    See `IndicatorSpec` for the meaning of each argument. `panes` and `styles` default to `pane` and "line" for
    every output; a `source` among the inputs adds the parameter that chooses the price.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        summary, source = _read_docstring(function)
        _DECLARED[name] = IndicatorSpec(
            name=name,
            title=title,
            group=function.__module__.rpartition(".")[2].capitalize(),
            inputs=inputs,
            parameters=(*parameters, _source(default_source)) if "source" in inputs else parameters,
            outputs=outputs,
            pane=pane,
            output_panes=panes or (pane,) * len(outputs),
            output_styles=styles or ("line",) * len(outputs),
            levels=levels,
            summary=summary,
            source=source,
            nan_rule=NAN_RULE,
            warm_up_is_exact=warm_up_is_exact,
            aliases=aliases,
            synonyms=synonyms or {},
            function=function,
            leading=warm_up,
        )
        return function

    return declare


def declared() -> Mapping[str, IndicatorSpec]:
    """Every indicator declared by the modules imported so far, by name."""
    return _DECLARED


def _read_docstring(function: Callable[..., Any]) -> tuple[str, str]:
    text = inspect.cleandoc(function.__doc__ or "")
    found = re.search(r"^Source:\n((?:    .*\n?)+)", text, flags=re.MULTILINE)
    return text.partition("\n")[0], " ".join(found.group(1).split()) if found else ""


def bars(default: int, name: str = "period", *, minimum: int = 1, help: str = "") -> Parameter:  # noqa: A002 - as the field
    """A length in bars."""
    return Parameter(name, "int", default, minimum=minimum, maximum=5000, step=1, unit="bars", help=help)


def number(
    default: float,
    name: str,
    *,
    minimum: float = 0.0,
    maximum: float = 100.0,
    step: float = 0.1,
    unit: str = "",
    help: str = "",  # noqa: A002
) -> Parameter:
    """A plain number such as a multiple."""
    return Parameter(name, "float", default, minimum=minimum, maximum=maximum, step=step, unit=unit, help=help)


def choice(default: str, name: str, choices: tuple[str, ...], *, help: str = "") -> Parameter:  # noqa: A002
    """One word of several; the kernel gets its position."""
    return Parameter(name, "choice", default, choices=choices, help=help)


def _source(default: str) -> Parameter:
    return choice(default, "source", PRICE_SOURCES, help="The price it is computed from.")
