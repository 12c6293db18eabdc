"""Whatever stands for a strategy in Python - a dict, a file, an object, ready signals - as a name and signals."""

import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InputError, InvalidParameter, StrategyFailed
from strategy_tester.domain.signals import Signals
from strategy_tester.strategies.evaluate import evaluate
from strategy_tester.strategies.parse import parse_strategy
from strategy_tester.strategies.rules.model import StrategyRules

UNNAMED = "Unnamed strategy"
READY_SIGNALS = "Ready-made signals"


def to_signals(strategy: object, candles: Candles) -> tuple[str, Signals]:
    """The name of a strategy and what it wants on these candles.

    Args:
        strategy: The dict of a strategy file, its path or JSON text, parsed rules, ready signals, or an object with
            `signals(candles)` and, if it likes, `name`.
        candles: The bars.

    Raises:
        InvalidStrategy: a strategy file with a fault.
        InvalidParameter: signals and candles differ in length.
        StrategyFailed: the object's own code raised; the message names file and line.
        InputError: nothing of the kind.
    """
    name, signals = _read(strategy, candles)
    if len(signals) != len(candles):
        raise InvalidParameter(
            "signals", f"{len(signals)} values", f"{len(candles)} values, one per candle",
            hint="Signals must be made for exactly the candles they are tested on.",
        )  # fmt: skip
    return name, signals


def _read(strategy: object, candles: Candles) -> tuple[str, Signals]:
    if isinstance(strategy, Signals):
        return READY_SIGNALS, strategy
    if isinstance(strategy, StrategyRules):
        return strategy.name or UNNAMED, evaluate(strategy, candles)
    if isinstance(strategy, Mapping | str | os.PathLike):
        source: Any = Path(strategy) if isinstance(strategy, os.PathLike) else strategy
        return _read(parse_strategy(source), candles)
    if isinstance(strategy, type) and hasattr(strategy, "signals"):
        raise InputError(f"{strategy.__name__} is a class, not a strategy", hint=f"Pass {strategy.__name__}() instead.")
    if not callable(getattr(strategy, "signals", None)):
        kinds = "a dict, a path, an object with signals(candles), or Signals"
        raise InputError(f"a strategy is {kinds}; this is {type(strategy).__name__}")
    return _run(strategy, candles)


def _run(strategy: Any, candles: Candles) -> tuple[str, Signals]:
    try:
        name = str(getattr(strategy, "name", "") or type(strategy).__name__)
        signals = strategy.signals(candles)
    except Exception as error:  # somebody else's code may raise anything
        where = _place_of(error, strategy)
        raise StrategyFailed(
            f"{type(strategy).__name__} failed in {where}: {type(error).__name__}: {error}",
            hint="The fault is in the strategy's own code, at the line named.",
        ) from error
    if not isinstance(signals, Signals):
        raise StrategyFailed(
            f"{type(strategy).__name__}.signals answered {type(signals).__name__}, not Signals",
            hint="Return strategy_tester.Signals(long_entry=..., short_entry=...).",
        )
    return name, signals


def _place_of(error: BaseException, strategy: object) -> str:
    """File and line of the deepest frame in the file of the strategy's own code, else of the deepest frame at all."""
    frames = traceback.extract_tb(error.__traceback__)[1:] or traceback.extract_tb(error.__traceback__)
    code = getattr(getattr(type(strategy), "signals", None), "__code__", None)
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    frame = (own or frames)[-1]
    return f"{frame.filename}, line {frame.lineno}"
