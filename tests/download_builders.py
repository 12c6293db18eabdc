"""Exchanges to download from, and stores to look at, in tests."""

from typing import Any

import numpy as np

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import Limit, RequestGuard
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services.download_history import download_candles
from strategy_tester.services.market_history import WantedSeries
from strategy_tester.services.ports import SeriesKey
from strategy_tester.storage.stores import Stores

BTC = Market("practice", Category.LINEAR, "BTCUSDT")
NOW_MS = START_MS + 9_000 * MINUTE_MS + 30_000
KEY = SeriesKey("BTCUSDT", Timeframe.M1, "practice-linear")
MINUTES = WantedSeries(BTC, Timeframe.M1)


def serve(*faults: dict[str, Any], markets: list[StagedMarket] | None = None, **options: Any) -> ServerThread:
    staged = markets or [StagedMarket(listing(), minute_candles(10_000), funding(40))]
    script = FaultScript.parse({"faults": list(faults)})
    settings = {"start_ms": NOW_MS, "speed": 0.001, "faults": script, **options}
    return ServerThread(PracticeExchange(staged, **settings))


def source_of(server: ServerThread, port: int | None = None) -> BybitSource:
    place = practice_place(port or server.port)
    guard = RequestGuard(place.name, {"": Limit(500, 5.0)}, first_wait_s=0.01)
    return BybitSource(BybitRest(place, guard=guard), "practice")


def download(server: ServerThread, stores: Stores, *wanted: WantedSeries, **options: Any) -> list[Any]:
    options = {"round_waits_s": (0.05, 0.1), **options}
    return download_candles(wanted or (MINUTES,), source_of(server), stores.candles, stores.history, **options)


def assert_true(stores: Stores, expected: Candles, key: SeriesKey = KEY) -> None:
    """Byte for byte what the exchange has."""
    found = stores.candles.read(key)
    assert found.open_time_ms.tolist() == expected.open_time_ms.tolist()
    assert found.content_hash() == expected.content_hash()
    np.testing.assert_array_equal(found.turnover, expected.turnover)


def without(candles: Candles, *bars: tuple[int, int]) -> Candles:
    kept = np.ones(len(candles), dtype=np.bool_)
    for first, last in bars:
        kept[first:last] = False
    names = ("open_time_ms", "open", "high", "low", "close", "volume", "turnover")
    columns = {name: getattr(candles, name)[kept] for name in names}
    return Candles(**columns, symbol=candles.symbol, timeframe=candles.timeframe, source=candles.source)
