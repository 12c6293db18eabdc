"""From the start of a process to the first result, beside a process that only loads numba and one cached kernel.

    pytest tests/benchmarks/test_cold_start_benchmark.py --benchmark-only -n 0 -s

The two are started in turn, so that a busy machine slows both; the shortest time of each counts.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from strategy_tester.api import synthetic_candles

BARE = """
import sys; sys.path.insert(0, {folder!r})
from bare_kernel import total
import numpy as np
total(np.ones(10_000))
"""
BARE_KERNEL = """
import numba

@numba.njit(cache=True, nogil=True)
def total(values):
    result = 0.0
    for value in values:
        result += value
    return result
"""

SIGNALS = """
import numpy as np
import strategy_tester as st

times, *columns = np.load({columns!r})
candles = st.Candles(times.astype(np.int64), *columns)
close = candles.close

def mean(period):
    sums = np.cumsum(np.insert(close, 0, 0.0))
    return (sums[period:] - sums[:-period])[50 - period :] / period

above = np.zeros(close.size, bool)
above[49:] = mean(20) > mean(50)
crossed = np.insert(above[1:] != above[:-1], 0, False)
result = st.backtest(st.Signals(long_entry=crossed & above, short_entry=crossed & ~above), candles)
assert result.metrics["total_trades"] > 100
"""

RULES = """
import json
import numpy as np
import strategy_tester as st

times, *columns = np.load({columns!r})
result = st.backtest(json.loads({rules!r}), st.Candles(times.astype(np.int64), *columns))
assert result.metrics["total_trades"] > 100
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 10,000 candles in two forms, and the bare kernel."""
    made = tmp_path_factory.mktemp("cold")
    candles = synthetic_candles("1h", bars=10_000)
    columns = [candles.open_time_ms, candles.open, candles.high, candles.low, candles.close, candles.volume]
    np.save(made / "columns.npy", np.array(columns))
    names = ("timestamp", "open", "high", "low", "close", "volume")
    pl.DataFrame(dict(zip(names, columns, strict=True))).write_parquet(made / "candles.parquet")
    (made / "bare_kernel.py").write_text(BARE_KERNEL, encoding="utf-8")
    return made


def command(case: str, folder: Path) -> list[str]:
    if case == "terminal":
        data = ["--data", str(folder / "candles.parquet"), "--strategy", "sma-cross-reverse"]
        return [sys.executable, "-m", "strategy_tester.cli.main", "backtest", *data]
    from strategy_tester.strategies.library import library

    rules = next(ready.content for ready in library() if ready.key == "sma-cross-reverse")
    code = {"bare": BARE, "signals": SIGNALS, "rules": RULES}[case]
    return [
        sys.executable, "-c",
        code.format(folder=str(folder), columns=str(folder / "columns.npy"), rules=json.dumps(rules)),
    ]  # fmt: skip


def environment(folder: Path, cache: str) -> dict[str, str]:
    """Private caches, and bytecode kept as in every installed program."""
    others = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = {"BST_CACHE_DIR": cache, "NUMBA_CACHE_DIR": cache, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    return others | own


@pytest.mark.parametrize("kernels", ["kept", "gone"])
@pytest.mark.parametrize("case", ["signals", "rules", "terminal"])
def test_cold_start(benchmark: Any, case: str, kernels: str, folder: Path) -> None:
    bare, ours = command("bare", folder), command(case, folder)
    bare_times = []
    folders = iter(range(1000))

    def prepare() -> tuple[tuple[str], dict[str, str]]:
        kept = environment(folder, str(folder / "kept"))
        began = time.perf_counter()
        subprocess.run(bare, check=True, env=kept)
        bare_times.append(time.perf_counter() - began)
        return (str(folder / ("kept" if kernels == "kept" else f"{case}-{next(folders)}")),), {}

    def start(cache: str) -> None:
        subprocess.run(ours, check=True, capture_output=True, env=environment(folder, cache))

    benchmark.pedantic(start, setup=prepare, rounds=15 if kernels == "kept" else 2, warmup_rounds=1)

    shortest, floor = benchmark.stats.stats.min, min(bare_times)
    benchmark.extra_info |= {"bare_numba_s": floor, "times_bare_numba": shortest / floor}
    report = f"{case}, kernels {kernels}: {shortest:.3f} s, {shortest / floor:.2f} times a bare numba process"
    print(f"\n{report}")  # noqa: T201 - what the benchmark is run for
