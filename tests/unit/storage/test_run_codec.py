"""A run's arrays go into bytes and come back bit for bit."""

import numpy as np
import pytest

from builders import make_result
from strategy_tester.storage.run_codec import (
    TABLES,
    arrays_of,
    metrics_from_json,
    metrics_to_json,
    pack,
    unpack,
)


@pytest.mark.parametrize("trades", [0, 1, 9])
def test_arrays_come_back_bit_for_bit(trades: int) -> None:
    arrays = arrays_of(make_result(trades=trades))
    found = unpack(pack(arrays))
    for table, columns in TABLES.items():
        for name in columns:
            assert found[table][name].dtype == arrays[table][name].dtype, name
            assert found[table][name].tobytes() == arrays[table][name].tobytes(), name


def test_extreme_numbers_survive() -> None:
    arrays = arrays_of(make_result(bars=6))
    arrays["equity"]["close"] = np.array([0.0, -0.0, np.inf, -np.inf, 5e-324, np.nan])
    bounds = np.iinfo(np.int64)
    arrays["equity"]["open_time_ms"] = np.array([bounds.min, bounds.max, 0, -1, bounds.max, bounds.min])
    found = unpack(pack(arrays))["equity"]
    assert found["close"].tobytes() == arrays["equity"]["close"].tobytes()
    assert found["open_time_ms"].tolist() == arrays["equity"]["open_time_ms"].tolist()


def test_metrics_go_through_json_without_words_that_json_lacks() -> None:
    stored = metrics_to_json({"a": 1.5, "b": float("nan"), "c": float("inf"), "d": float("-inf")})
    assert stored == {"a": 1.5, "b": "nan", "c": "inf", "d": "-inf"}
    found = metrics_from_json(stored)
    assert np.isnan(found.pop("b"))
    assert found == {"a": 1.5, "c": float("inf"), "d": float("-inf")}


def test_times_and_flat_curves_pack_small() -> None:
    arrays = arrays_of(make_result(bars=50_000))
    arrays["equity"] = {name: np.zeros(50_000) for name in arrays["equity"]}
    arrays["equity"]["open_time_ms"] = np.arange(50_000, dtype=np.int64) * 60_000
    assert len(pack(arrays)) < 20_000
