"""Parameter: one declaration that forms, JSON, validation and (later) optimizers read."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from strategy_tester.domain.errors import InvalidParameter

ParameterType = Literal["int", "float", "choice", "bool", "text"]
_ABBREVIATIONS = {"atr", "ema", "ma", "rsi", "sma", "wma"}


@dataclass(frozen=True)
class Parameter:
    """A named value a user may set.

    Attributes:
        name: Key in files and code, snake case.
        type: Kind of value.
        default: What it is when nobody says otherwise; None means 'not set' and is then allowed.
        minimum: Smallest value allowed (numbers), inclusive.
        maximum: Largest value allowed (numbers), inclusive.
        step: What one click of a spin box changes; None lets the form choose.
        choices: Allowed words (type choice).
        unit: Shown behind the value: bars, %, x, USDT.
        title: Short name on screen, English; the interface translates it.
        help: One sentence for the tooltip.
    """

    name: str
    type: ParameterType
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    title: str = ""
    help: str = ""

    @property
    def label(self) -> str:
        """The title, or the name made readable."""
        if self.title:
            return self.title
        words = [word.upper() if word in _ABBREVIATIONS else word for word in self.name.split("_")]
        return " ".join(words)[:1].upper() + " ".join(words)[1:]

    def allowed(self) -> str:
        """What may stand here, in words."""
        if self.type == "choice":
            return ", ".join(self.choices)
        if self.type == "bool":
            return "true, false"
        if self.type == "text":
            return "text"
        kind = "a whole number" if self.type == "int" else "a number"
        if self.minimum is not None and self.maximum is not None:
            return f"{kind} from {self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"{kind}, {self.minimum:g} or more"
        if self.maximum is not None:
            return f"{kind}, {self.maximum:g} or less"
        return kind

    def check(self, value: Any, where: str = "") -> Any:
        """The value in its proper type.

        Args:
            value: What the user gave.
            where: How the error names the place; the parameter's name when empty.

        Raises:
            InvalidParameter: wrong type or outside the bounds.
        """
        if value is None and self.default is None:
            return None
        converted = self._converted(value)
        if converted is None or not self._inside(converted):
            raise InvalidParameter(where or self.name, value, self.allowed())
        return converted

    def _converted(self, value: Any) -> Any:
        # A number of numpy counts as a number: a period may come out of np.arange.
        return self._converted_plain(value.item() if isinstance(value, np.generic) else value)

    def _converted_plain(self, value: Any) -> Any:
        if self.type == "bool":
            return value if isinstance(value, bool) else None
        if self.type in {"choice", "text"}:
            return value if isinstance(value, str) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if self.type == "int":
            return int(value) if float(value).is_integer() else None
        return float(value) if abs(float(value)) < float("inf") else None

    def _inside(self, value: Any) -> bool:
        if self.type == "choice":
            return value in self.choices
        if self.type in {"int", "float"}:
            above = self.minimum is None or value >= self.minimum
            return above and (self.maximum is None or value <= self.maximum)
        return True
