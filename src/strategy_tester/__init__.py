"""Bybit Strategy Tester: honest backtests of perpetuals.

The public face is small and loads lazily: `import strategy_tester as st` costs nothing until a name is used.
Nothing here opens a window, a database or a socket.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from strategy_tester.version import VERSION

if TYPE_CHECKING:
    from strategy_tester.api import (
        BacktestConfig,
        BacktestResult,
        Candles,
        FundingRates,
        Signals,
        backtest,
        indicator,
        list_indicators,
        list_metrics,
        read_candles,
        resample,
        synthetic_candles,
    )

__version__ = VERSION
__all__ = [
    "BacktestConfig",
    "BacktestResult",
    "Candles",
    "FundingRates",
    "Signals",
    "backtest",
    "indicator",
    "list_indicators",
    "list_metrics",
    "read_candles",
    "resample",
    "synthetic_candles",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("strategy_tester.api"), name)
    raise AttributeError(f"module 'strategy_tester' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
