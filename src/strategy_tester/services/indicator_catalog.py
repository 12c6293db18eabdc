"""What each indicator is called, needs and gives, for lists and help."""

import inspect
from dataclasses import dataclass
from typing import Any

from strategy_tester.domain.parameters import Parameter


@dataclass(frozen=True)
class IndicatorInfo:
    """One indicator as lists and help show it."""

    name: str
    title: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    pane: str
    parameters: tuple[Parameter, ...]
    source: str
    explanation: str

    def parameters_text(self) -> str:
        """Parameters with their defaults, on one line."""
        return ", ".join(f"{parameter.name}={parameter.default}" for parameter in self.parameters)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "pane": self.pane,
            "source": self.source,
            "parameters": [
                {"name": item.name, "type": item.type, "default": item.default, "allowed": item.allowed()}
                for item in self.parameters
            ],
        }


def indicator_infos() -> list[IndicatorInfo]:
    """Every indicator of the registry."""
    from strategy_tester.indicators.registry import all_indicators

    return [_info(spec) for spec in all_indicators()]


def indicator_info(name: str) -> IndicatorInfo:
    """One indicator by name.

    Raises:
        InvalidParameter: there is none; the message names the nearest.
    """
    from strategy_tester.indicators.registry import find

    return _info(find(name))


def _info(spec: Any) -> IndicatorInfo:
    return IndicatorInfo(
        spec.name,
        spec.title,
        spec.inputs,
        spec.outputs,
        spec.pane,
        spec.parameters,
        spec.source,
        inspect.getdoc(spec.function) or "",
    )
