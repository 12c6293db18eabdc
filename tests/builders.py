"""Makers of test data. Everything has a default, so that a test states only what it is about."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import Timeframe

SHARED = Path(__file__).resolve().parents[2] / "shared"
START_MS = 1_735_689_600_000  # 2025-01-01 00:00 UTC
HOUR_MS = 3_600_000


def shared_data(name: str) -> Path:
    """A file of real market data; the test is skipped where the folder is not at hand."""
    return _shared("data", name)


def shared_fixture(name: str) -> Path:
    """A file of recorded messages or published cases; the test is skipped where the folder is not at hand."""
    return _shared("fixtures", name)


def _shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the shared test data are not here: {'/'.join(parts)}")
    return path


def make_candles(
    closes: Sequence[float] | None = None,
    *,
    opens: Sequence[float] | None = None,
    highs: Sequence[float] | None = None,
    lows: Sequence[float] | None = None,
    volumes: Sequence[float] | None = None,
    start_ms: int = START_MS,
    timeframe: Timeframe = Timeframe.H1,
    symbol: str = "TESTUSDT",
) -> Candles:
    """Candles from closes alone (each opens at the previous close), or with any column given."""
    close = np.asarray([100.0, 101.0, 102.0] if closes is None else closes, dtype=float)
    open_ = np.append(close[:1], close[:-1]) if opens is None else np.asarray(opens, dtype=float)
    high = np.maximum(open_, close) if highs is None else np.asarray(highs, dtype=float)
    low = np.minimum(open_, close) if lows is None else np.asarray(lows, dtype=float)
    volume = np.full(close.size, 10.0) if volumes is None else np.asarray(volumes, dtype=float)
    times = start_ms + np.arange(close.size) * timeframe.milliseconds
    return Candles(times, open_, high, low, close, volume, symbol=symbol, timeframe=timeframe, source="test")


def random_candles(
    bars: int = 500, seed: int = 1, timeframe: Timeframe = Timeframe.H1, start: float = 100.0
) -> Candles:
    """A seeded random walk with honest highs and lows and some volume."""
    rng = np.random.default_rng(seed)
    close = start * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars)))
    open_ = np.append(start, close[:-1]) * np.exp(rng.normal(0.0, 0.001, bars))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0.0, 0.004, bars)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, bars)))
    return make_candles(
        list(close), opens=list(open_), highs=list(high), lows=list(low),
        volumes=list(rng.uniform(1.0, 100.0, bars)), timeframe=timeframe,
    )  # fmt: skip
