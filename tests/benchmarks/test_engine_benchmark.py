"""How long a backtest takes, given ready signals: the whole engine, trades and equity curve included.

T1 is a moving-average stop-and-reverse on 1-minute candles, fee 0.055 % a side; T2 adds a take-profit of 2 % and
a stop-loss of 1 %. Every figure is set against a minimal kernel that only counts trades and money on the same signals:
the machine's floor. Each test checks that both counted the same trades, so that neither is fast by doing less.

    pytest tests/benchmarks/test_engine_benchmark.py --benchmark-only --benchmark-group-by=param:case,param:bars
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from builders import START_MS
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.engine.run import run_signals

SIZES = (10_000, 100_000, 1_000_000)
CASES = {"T1": {}, "T2": {"take_profit": 2.0, "stop_loss": 1.0}}
# A small share of the equity per trade keeps the account alive through all of them.
CONFIG = BacktestConfig(position_pct=1.0)


FIRST_RESULT = """
import numpy as np
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.signals import Signals
from strategy_tester.engine.run import run_signals
close = 100.0 + 10.0 * np.sin(np.arange(10_000) / 7.0)
total = np.concatenate([[0.0], np.cumsum(close)])
above = (total[50:] - total[30:-20]) / 20.0 > (total[50:] - total[:-50]) / 50.0
turn = np.append(np.zeros(50, dtype=bool), above[1:] != above[:-1])
state = np.append(np.zeros(49, dtype=bool), above)
candles = Candles(np.arange(10_000) * 60_000, close, close, close, close)
signals = Signals(long_entry=turn & state, short_entry=turn & ~state)
assert len(run_signals(candles, signals, BacktestConfig(position_pct=1.0)).trade_columns) > 100
"""


@numba.njit(nogil=True, error_model="numpy")
def limit(opens: Any, highs: Any, lows: Any, long_entry: Any, short_entry: Any, target: float, stop: float) -> Any:
    """Trades and money of stop-and-reverse, nothing else: no equity curve, no trade list, no liquidation."""
    side, entry, money, trades = 0, 0.0, 1.0, 0
    for bar in range(1, opens.size):
        wish = 1 if long_entry[bar - 1] else (-1 if short_entry[bar - 1] else 0)
        if wish != 0 and wish != side:  # noqa: PLR1714 - plain comparisons compile to less
            if side != 0:
                money += side * (opens[bar] / entry - 1.0) - 0.0011
                trades += 1
            side, entry = wish, opens[bar]
        if side != 0 and stop > 0.0:
            losing = lows[bar] <= entry * (1.0 - stop) if side > 0 else highs[bar] >= entry * (1.0 + stop)
            winning = highs[bar] >= entry * (1.0 + target) if side > 0 else lows[bar] <= entry * (1.0 - target)
            if losing or winning:
                money += (-stop if losing else target) - 0.0011
                trades += 1
                side = 0
    return money, trades + (side != 0)


def market(bars: int) -> Candles:
    """A seeded random walk of minutes."""
    rng = np.random.default_rng(11)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0008, bars)))
    opened = np.append(100.0, close[:-1])
    high = np.maximum(opened, close) * (1.0 + np.abs(rng.normal(0.0, 0.0003, bars)))
    low = np.minimum(opened, close) * (1.0 - np.abs(rng.normal(0.0, 0.0003, bars)))
    times = START_MS + np.arange(bars) * MINUTE_MS
    return Candles(times, opened, high, low, close, timeframe=Timeframe.M1)


def crossings(close: np.ndarray, **levels: float) -> Signals:
    """Where the mean of 20 closes crosses the mean of 50."""
    total = np.concatenate([[0.0], np.cumsum(close)])
    above = np.zeros(close.size, dtype=bool)
    above[49:] = (total[50:] - total[30:-20]) / 20.0 > (total[50:] - total[:-50]) / 50.0
    up, down = np.zeros(close.size, dtype=bool), np.zeros(close.size, dtype=bool)
    up[50:], down[50:] = above[50:] & ~above[49:-1], ~above[50:] & above[49:-1]
    return Signals(long_entry=up, short_entry=down, **levels)


def floor_of(candles: Candles, signals: Signals) -> Callable[[], tuple[float, int]]:
    target, stop = (signals.take_profit or 0.0) / 100.0, (signals.stop_loss or 0.0) / 100.0
    entries = signals.long_entry, signals.short_entry
    return lambda: limit(candles.open, candles.high, candles.low, *entries, target, stop)


def shortest_ms(work: Callable[[], Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


@pytest.mark.parametrize("bars", SIZES)
@pytest.mark.parametrize("case", CASES)
def test_whole_engine(benchmark: Any, case: str, bars: int) -> None:
    candles = market(bars)
    signals = crossings(candles.close, **CASES[case])
    floor = floor_of(candles, signals)
    floor_ms = shortest_ms(floor, 10)

    result = benchmark.pedantic(
        run_signals, (candles, signals, CONFIG), rounds=max(20, 2_000_000 // bars), warmup_rounds=3
    )  # fmt: skip

    ours_ms = benchmark.stats.stats.min * 1e3
    benchmark.extra_info |= {
        "trades": len(result.trade_columns), "limit_ms": floor_ms, "times_the_limit": ours_ms / floor_ms,
        "nanoseconds_per_bar": ours_ms * 1e6 / bars,
    }  # fmt: skip
    assert len(result.trade_columns) == pytest.approx(floor()[1], rel=0.002)


@pytest.mark.parametrize("kernels", ["kept", "gone"])
def test_cold_start_to_the_first_result(benchmark: Any, kernels: str, tmp_path: Path) -> None:
    """A new process up to its first T1 result at 10,000 bars, with kernels in the cache and without."""
    folders = iter(range(1000))

    def start() -> None:
        folder = tmp_path / ("cache" if kernels == "kept" else f"cache{next(folders)}")
        own = {"BST_CACHE_DIR": str(folder), "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
        others = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run([sys.executable, "-c", FIRST_RESULT], check=True, env=others | own)

    benchmark.pedantic(start, rounds=10 if kernels == "kept" else 2, warmup_rounds=1)
