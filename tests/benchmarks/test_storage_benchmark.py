"""Storage figures: inserts, range reads, the size of the file, the start. Goals stand in the design's table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from builders import START_MS, make_description, make_result
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.storage.stores import Stores, open_stores

KEY = SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")
MILLION = 1_000_000


def minute_candles(first: int, bars: int, symbol: str = "BTCUSDT") -> Candles:
    """Prices like Bitcoin's: one decimal, three in the volume."""
    rng = np.random.default_rng(first + 1)
    close = np.round(60_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0004, bars))), 1)
    open_ = np.append(close[:1], close[:-1])
    high = np.maximum(open_, close) + np.round(rng.exponential(8.0, bars), 1)
    low = np.minimum(open_, close) - np.round(rng.exponential(8.0, bars), 1)
    volume = np.round(rng.exponential(9.0, bars), 3)
    return Candles(
        START_MS + (first + np.arange(bars)) * MINUTE_MS, open_, high, low, close, volume,
        symbol=symbol, timeframe=Timeframe.M1, source="bybit-linear",
    )  # fmt: skip


@pytest.fixture(scope="module")
def ten_million(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    folder = tmp_path_factory.mktemp("large")
    with open_stores(folder) as stores:
        for part in range(10):
            stores.candles.write(minute_candles(part * MILLION, MILLION))
    size = (folder / "bybit-strategy-tester.duckdb").stat().st_size
    assert size < 170e6, f"the file has {size / 1e6:.0f} MB"
    with open_stores(folder) as stores:
        yield stores


def test_read_a_million_candles_out_of_ten(benchmark: Any, ten_million: Stores) -> None:
    start = START_MS + 4_500_000 * MINUTE_MS
    found = benchmark(ten_million.candles.read, KEY, start, start + MILLION * MINUTE_MS)
    assert len(found) == MILLION


def test_read_ten_thousand_candles_out_of_ten_million(benchmark: Any, ten_million: Stores) -> None:
    start = START_MS + 4_500_000 * MINUTE_MS
    found = benchmark(ten_million.candles.read, KEY, start, start + 10_000 * MINUTE_MS)
    assert len(found) == 10_000


def test_list_the_series(benchmark: Any, ten_million: Stores) -> None:
    assert len(benchmark(ten_million.candles.series)) == 1


def test_insert_a_million_candles(benchmark: Any, tmp_path: Path) -> None:
    parts = iter([minute_candles(part * MILLION, MILLION) for part in range(4)])
    with open_stores(tmp_path) as stores:
        benchmark.pedantic(stores.candles.write, setup=lambda: ((next(parts),), {}), rounds=4)


def test_append_one_candle(benchmark: Any, tmp_path: Path) -> None:
    candles = minute_candles(0, 1000)
    places = iter(range(1, 1000))

    def next_candle() -> tuple[tuple[Candles], dict[str, Any]]:
        place = next(places)
        return (candles.rows(place, place + 1),), {}

    with open_stores(tmp_path) as stores:
        stores.candles.write(candles.rows(0, 1))
        benchmark.pedantic(stores.candles.write, setup=next_candle, rounds=100)


@pytest.mark.parametrize("bars", [1000, 100_000])
def test_save_a_run(benchmark: Any, tmp_path: Path, bars: int) -> None:
    result = make_result(bars=bars, trades=bars // 50)
    with open_stores(tmp_path) as stores:
        benchmark.pedantic(stores.runs.save, (make_description(), result, 1.0), rounds=5)
        journal_bytes = (tmp_path / "vault.journal").stat().st_size / 5
    benchmark.extra_info["journal_bytes_per_run"] = int(journal_bytes)


def test_load_a_run_of_a_hundred_thousand_bars(benchmark: Any, tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        run_id = stores.runs.save(make_description(), make_result(bars=100_000, trades=2000), 1.0).run_id
        assert benchmark(stores.runs.load, run_id) is not None


def test_open_and_close_after_a_clean_end(benchmark: Any, tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    benchmark(lambda: open_stores(tmp_path).close())


def test_open_after_a_surprise(benchmark: Any, tmp_path: Path) -> None:
    open_stores(tmp_path).close()

    def surprise() -> None:
        (tmp_path / "closed-cleanly.json").unlink(missing_ok=True)

    benchmark.pedantic(lambda: open_stores(tmp_path).close(), setup=surprise, rounds=5)
