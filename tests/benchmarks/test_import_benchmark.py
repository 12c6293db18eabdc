"""How long an import takes: 1,000,000 one-minute candles from CSV and Parquet, looked at and stored."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from strategy_tester.services.import_candles import ImportOptions, preview_file, store_preview
from strategy_tester.storage.stores import open_stores

BARS = 1_000_000


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    close = np.round(50_000 * np.exp(np.cumsum(rng.normal(0, 0.0005, BARS))), 1)
    open_ = np.append(close[0], close[:-1])
    times = 1_577_836_800_000 + np.arange(BARS) * 60_000
    high, low = np.maximum(open_, close) + 1.0, np.minimum(open_, close) - 1.0
    return pl.DataFrame(
        {"open_time": times, "open": open_, "high": high, "low": low, "close": close, "volume": rng.uniform(1, 9, BARS)}
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_look_and_store_a_million_candles(
    benchmark: BenchmarkFixture, frame: pl.DataFrame, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"bybit-linear-BTCUSDT-1m.{ending}"
    _ = frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    stores = open_stores(tmp_path / "data")

    def work() -> int:
        preview = preview_file(path, ImportOptions(symbol="BTCUSDT"))
        return store_preview(preview, stores.candles).added

    added = benchmark.pedantic(work, rounds=1, iterations=1)
    stores.close()
    assert added == BARS
