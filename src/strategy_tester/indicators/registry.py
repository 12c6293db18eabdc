"""The only list of indicators there is: find one, describe it, compute it."""

import difflib
from functools import cache
from typing import Any

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.indicators import (
    averages,
    levels,
    momentum,
    oscillators,
    prices,
    profile,
    statistics,
    trend,
    volatility,
    volume,
)
from strategy_tester.indicators.declaration import IndicatorSpec, declared
from strategy_tester.numeric.memory import keep_freed_memory

__all__ = ["IndicatorSpec", "all_indicators", "compute", "find"]

keep_freed_memory()

# Importing them declares their indicators; the order is that of menus.
_MODULES = (averages, trend, momentum, oscillators, volatility, volume, profile, levels, statistics, prices)


def all_indicators() -> tuple[IndicatorSpec, ...]:
    """Every indicator, family by family in declared order."""
    families = [module.__name__.rpartition(".")[2].capitalize() for module in _MODULES]
    return tuple(sorted(declared().values(), key=lambda spec: families.index(spec.group)))


@cache
def _by_word() -> dict[str, IndicatorSpec]:
    words = {spec.name.upper(): spec for spec in all_indicators()}
    return {alias.upper(): spec for spec in all_indicators() for alias in spec.aliases} | words


def find(name: str) -> IndicatorSpec:
    """The indicator of this name or alias, in any case.

    Raises:
        InvalidParameter: there is none; the error names the nearest.
    """
    spec = _by_word().get(str(name).upper())
    if spec is None:
        near = difflib.get_close_matches(str(name).upper(), _by_word(), n=1, cutoff=0.0)
        raise InvalidParameter("indicator", name, f"a name from the list of indicators; nearest: {near[0]}")
    return spec


def compute(name: str, candles: Candles, /, **params: Any) -> dict[str, Floats]:
    """Compute one indicator.

    Args:
        name: Its name or alias, in any case.
        candles: The bars.
        params: Its parameters by name; missing ones take their defaults.

    Returns:
        One array per output, shape (bars,); bars before the first value are NaN.

    Raises:
        InvalidParameter: an unknown indicator or parameter, or a value outside its bounds.
    """
    columns = {name: getattr(candles, name) for name in ("open_time_ms", "open", "high", "low", "close", "volume")}
    return find(name).run(columns, whole=True, **params)
