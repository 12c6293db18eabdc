"""The eight everybody uses, on a million candles. Goal: 20 ms together on one core (TA-Lib: 37.6)."""

import numpy as np
import pytest

from strategy_tester.domain.candles import Candles
from strategy_tester.indicators.registry import compute

EIGHT = ("SMA", "EMA", "RSI", "MACD", "BB", "ATR", "ADX", "STOCH")
BARS = 1_000_000


@pytest.fixture(scope="module")
def candles() -> Candles:
    rng = np.random.default_rng(1)
    close = 50_000.0 * np.exp(np.cumsum(rng.normal(0.0, 5e-4, BARS)))
    open_ = np.append(close[:1], close[:-1])
    high = np.maximum(open_, close) * (1.0 + np.abs(rng.normal(0.0, 2e-4, BARS)))
    low = np.minimum(open_, close) * (1.0 - np.abs(rng.normal(0.0, 2e-4, BARS)))
    return Candles(np.arange(BARS) * 60_000, open_, high, low, close, rng.uniform(1.0, 100.0, BARS))


def test_eight_indicators_on_a_million_candles(benchmark, candles: Candles) -> None:
    def eight() -> None:
        for name in EIGHT:
            compute(name, candles)

    benchmark.pedantic(eight, rounds=7, iterations=1, warmup_rounds=2)


@pytest.mark.parametrize("name", EIGHT)
def test_one_indicator_on_a_million_candles(benchmark, candles: Candles, name: str) -> None:
    benchmark.pedantic(compute, args=(name, candles), rounds=7, iterations=1, warmup_rounds=2)


def test_eight_by_talib(benchmark, candles: Candles) -> None:
    import talib

    high, low, close = candles.high, candles.low, candles.close

    def eight() -> None:
        talib.SMA(close, 20)
        talib.EMA(close, 20)
        talib.RSI(close, 14)
        talib.MACD(close)
        talib.BBANDS(close, 20, 2, 2)
        talib.ATR(high, low, close, 14)
        talib.ADX(high, low, close, 14)
        talib.STOCH(high, low, close, 14, 3, 0, 3, 0)

    benchmark.pedantic(eight, rounds=7, iterations=1, warmup_rounds=2)
