"""Makers of test data. Everything has a default, so that a test states only what it is about."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig, BacktestResult, Refusals, TradeColumns
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import RunDescription, SeriesKey

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


def make_result(bars: int = 50, seed: int = 1, trades: int = 5) -> BacktestResult:
    """A result with every column filled, seeded; its numbers belong together in length only."""
    rng = np.random.default_rng(seed)
    entry_bar = np.sort(rng.choice(bars - 1, trades, replace=False)).astype(np.int64)
    columns: dict[str, object] = {
        "side": rng.choice([-1, 1], trades).astype(np.int8),
        "entry_bar": entry_bar,
        "exit_bar": entry_bar + 1,
        "entry_time_ms": START_MS + entry_bar * HOUR_MS,
        "exit_time_ms": START_MS + (entry_bar + 1) * HOUR_MS,
        "exit_reason": rng.integers(0, 7, trades).astype(np.int8),
        "signal_bar": entry_bar - 1,
        "intent": np.arange(trades, dtype=np.int64) * 2,
        "ambiguous": rng.random(trades) < 0.5,
        "stop_price": np.full(trades, np.nan),
    }
    for name in ("entry_price", "exit_price", "quantity", "pnl", "commission", "funding", "slippage", "mae_pct",
                 "mfe_pct", "equity_after", "target_price", "liquidation_price"):  # fmt: skip
        columns[name] = rng.normal(100.0, 10.0, trades)
    equity = 10_000.0 + np.cumsum(rng.normal(0.0, 5.0, bars))
    return BacktestResult(
        trade_columns=TradeColumns(**columns),  # type: ignore[arg-type]
        equity_curve=equity,
        cash_curve=np.round(equity),
        position_curve=np.repeat(rng.normal(0.0, 1.0, bars), 1),
        open_time_ms=START_MS + np.arange(bars, dtype=np.int64) * HOUR_MS,
        close=np.round(rng.normal(100.0, 5.0, bars), 2),
        ambiguous_bars=np.array([3, 7], dtype=np.int64),
        refusals=Refusals(np.array([1, 4]), np.array([0, 3], dtype=np.int8), np.array([0, 9])),
        conflicting_signals=2,
        config=BacktestConfig(initial_capital=5_000.0, leverage=3.0),
        metrics={"total_return_pct": 1.25, "profit_factor": float("inf"), "sharpe_ratio": float("nan")},
        strategy_name="Two averages",
        symbol="TESTUSDT",
        timeframe="1h",
    )


def make_description(name: str = "Two averages", **changes: object) -> RunDescription:
    """What belongs to `make_result`."""
    values: dict[str, object] = {
        "strategy_name": name,
        "strategy": {"name": name, "indicators": []},
        "series": SeriesKey("TESTUSDT", Timeframe.H1, "test"),
        "start_ms": START_MS,
        "end_ms": START_MS + 50 * HOUR_MS,
        "config": BacktestConfig(initial_capital=5_000.0, leverage=3.0).to_dict(),
        "data_hash": "0" * 64,
        "engine_version": "1",
        "funding_count": 4,
    }
    return RunDescription(**{**values, **changes})  # type: ignore[arg-type]
