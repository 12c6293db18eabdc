"""Markets for the practice exchange, in tests."""

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.practice_exchange.market import StagedMarket

START_MS = 1_735_689_600_000  # 2025-01-01 00:00 UTC
MINUTE_MS = 60_000


def minute_candles(bars: int = 600, seed: int = 1, symbol: str = "BTCUSDT", start_ms: int = START_MS) -> Candles:
    """One-minute candles on a grid of 0.1, each opening at the close before it; every 50th without a trade."""
    random = np.random.Generator(np.random.PCG64(seed))
    close = np.round(60_000.0 + np.cumsum(random.normal(0.0, 20.0, bars)), 1)
    open_ = np.concatenate([[60_000.0], close[:-1]])
    high = np.round(np.maximum(open_, close) + random.integers(0, 200, bars) * 0.1, 1)
    low = np.round(np.minimum(open_, close) - random.integers(0, 200, bars) * 0.1, 1)
    volume = np.round(random.integers(1, 40_000, bars) * 0.001, 3)
    flat = np.arange(bars) % 50 == 49
    close[flat] = high[flat] = low[flat] = open_[flat]
    volume[flat] = 0.0
    following = np.flatnonzero(flat) + 1
    following = following[following < bars]
    open_[following] = close[following - 1]
    high, low = np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close))
    turnover = np.round(volume * (high + low) / 2.0, 4)
    times = start_ms + np.arange(bars, dtype=np.int64) * MINUTE_MS
    return Candles(times, open_, high, low, close, volume, turnover, symbol, Timeframe.M1, "bybit-linear")


def listing(symbol: str = "BTCUSDT", category: Category = Category.LINEAR, **changes) -> Listing:
    instrument = Instrument(symbol, 0.1, 0.001, 0.001, 5.0, base_currency="BTC", source=f"bybit-{category.value}")
    settings = {
        "market": Market("bybit", category, symbol), "status": ListingStatus.TRADING, "instrument": instrument,
        "launch_ms": START_MS, "funding_interval_minutes": 480, "max_quantity": 1190.0, "max_market_quantity": 500.0,
        "settle_currency": "USDT", "kind": "LinearPerpetual",
    }  # fmt: skip
    return Listing(**(settings | changes))


def funding(count: int = 10, interval_ms: int = 8 * 3_600_000, start_ms: int = START_MS) -> FundingRates:
    times = start_ms + np.arange(count, dtype=np.int64) * interval_ms
    return FundingRates(times, np.round(np.linspace(-0.0002, 0.0004, count), 8), np.full(count, np.nan))


def staged_market(bars: int = 600, seed: int = 1, symbol: str = "BTCUSDT") -> StagedMarket:
    return StagedMarket(listing(symbol), minute_candles(bars, seed, symbol), funding(), seed=seed)
