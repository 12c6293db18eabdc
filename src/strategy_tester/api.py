"""The Python face: `import strategy_tester as st`. No window, no database, no socket."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.results import BacktestConfig, BacktestResult
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import Timeframe

__all__ = [
    "BacktestConfig",
    "BacktestResult",
    "Candles",
    "FundingRates",
    "Signals",
    "Timeframe",
    "backtest",
    "indicator",
    "list_indicators",
    "list_metrics",
    "read_candles",
    "resample",
    "synthetic_candles",
]


def read_candles(
    path: str | Path, *, symbol: str | None = None, timeframe: str | None = None, source: str | None = None
) -> Candles:
    """Candles from a CSV or Parquet file; columns, time unit, symbol and timeframe are guessed unless given.

    Raises:
        UnreadableFile: not a file of candles; the message says what was found.
        CorruptCandles: rows that cannot be a market's.
    """
    from strategy_tester.marketdata.files import read_candles as read

    frame = None if timeframe is None else Timeframe.parse(timeframe)
    return read(Path(path), symbol=symbol, timeframe=frame, source=source)


def backtest(
    strategy: Any,
    candles: Candles,
    config: BacktestConfig | None = None,
    *,
    lower_candles: Candles | None = None,
) -> BacktestResult:
    """What a strategy would have done on these candles.

    Args:
        strategy: A strategy dict, the path of a strategy file, an object with `.signals(candles)`, or Signals.
        candles: What it trades on.
        config: Account, costs and rules; `BacktestConfig()` when left out.
        lower_candles: The same market in a lower timeframe, for `intrabar="magnifier"`.

    Returns:
        A result with `.trades` and `.equity` (polars frames) and `.metrics` (name to value, NaN where undefined).

    Raises:
        InvalidStrategy, InvalidParameter, MissingCandles: as their messages say.
    """
    from strategy_tester.services.run_backtest import backtest_candles

    return backtest_candles(strategy, candles, config, lower_candles=lower_candles)


def indicator(name: str, candles: Candles, **parameters: Any) -> dict[str, NDArray[np.float64]]:
    """One indicator by name: output name to values of shape (bars,), NaN during the warm-up.

    Raises:
        InvalidParameter: unknown name or parameter, or a value outside its bounds.
    """
    from strategy_tester.indicators.registry import compute

    return compute(name, candles, **parameters)


def list_indicators() -> list[str]:
    """The names of all indicators."""
    from strategy_tester.indicators.registry import all_indicators

    return [spec.name for spec in all_indicators()]


def list_metrics() -> list[str]:
    """The names of all metrics, in report order."""
    from strategy_tester.metrics.registry import all_metrics

    return [spec.name for spec in all_metrics()]


def resample(candles: Candles, timeframe: str | Timeframe) -> Candles:
    """The same market in a higher timeframe, with Bybit's UTC boundaries.

    Raises:
        InvalidParameter: the timeframe is unknown or not higher.
    """
    from strategy_tester.marketdata.resample import resample as to_higher

    return to_higher(candles, Timeframe.parse(timeframe))


def synthetic_candles(timeframe: str | Timeframe = "1h", *, bars: int | None = None, seed: int = 7) -> Candles:
    """The practice market: made from a seed, the same on every machine, labeled `source="practice"`."""
    from strategy_tester.marketdata.synthetic import practice_market

    frame = Timeframe.parse(timeframe)
    if bars is None:
        return practice_market(seed=seed, timeframe=frame).candles
    return practice_market(seed=seed, timeframe=frame, bars=bars).candles
