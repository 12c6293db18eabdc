"""Bybit's public data through pybit, from the practice exchange over real sockets: its forms and its troubles.

The facts that simple clients get wrong are in test_hard_facts.py.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from practice_builders import MINUTE_MS, START_MS, minute_candles
from practice_servers import NOW_MS, serve, source_of
from strategy_tester.domain.errors import ExchangeRefused, ExchangeUnreachable
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit.rest import BybitRest, Place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import RequestGuard
from strategy_tester.marketdata.resample import resample
from strategy_tester.services.market_source import PriceKind

BTC = Market("bybit", Category.LINEAR, "BTCUSDT")


@pytest.fixture(scope="module")
def source() -> Iterator[BybitSource]:
    with serve() as server:
        yield source_of(server)


def test_page_is_ascending_unique_and_within_its_range(source: BybitSource):
    page = source.candles(BTC, Timeframe.M1, START_MS, START_MS + 1000 * MINUTE_MS)
    stored = minute_candles(4000).between(START_MS, START_MS + 1000 * MINUTE_MS)
    assert page.forming is None
    for name in ("open_time_ms", "open", "high", "low", "close", "volume"):
        assert np.array_equal(getattr(page.candles, name), getattr(stored, name)), name
    assert (page.candles.symbol, page.candles.source) == ("BTCUSDT", "bybit-linear")


def test_running_candle_is_kept_apart(source: BybitSource):
    page = source.candles(BTC, Timeframe.M1, NOW_MS - 5 * MINUTE_MS, NOW_MS + MINUTE_MS)
    assert page.candles.open_time_ms[-1] == START_MS + 2999 * MINUTE_MS
    assert page.forming is not None
    assert page.forming.open_time_ms.tolist() == [START_MS + 3000 * MINUTE_MS]


def test_first_candle_and_empty_ranges(source: BybitSource):
    assert source.first_candle_ms(BTC, Timeframe.M1) == START_MS
    page = source.candles(BTC, Timeframe.M1, START_MS - 10 * MINUTE_MS, START_MS)
    assert len(page.candles) == 0


def test_mark_prices_come_as_candles_without_volume(source: BybitSource):
    page = source.candles(BTC, Timeframe.H1, START_MS, START_MS + 10 * 60 * MINUTE_MS, PriceKind.MARK)
    stored = resample(minute_candles(4000), Timeframe.H1)
    assert np.array_equal(page.candles.close, stored.close[:10])
    assert page.candles.volume.sum() == 0.0


def test_open_interest_is_whole_and_ascending(source: BybitSource):
    values = source.open_interest(BTC, Timeframe.M5, START_MS, START_MS + 2400 * MINUTE_MS)
    assert values.time_ms.tolist() == list(range(START_MS, START_MS + 2400 * MINUTE_MS, 5 * MINUTE_MS))
    assert (values.value > 0.0).all()


def test_book_trades_and_tickers(source: BybitSource):
    book = source.order_book(BTC, 50)
    assert book.is_snapshot
    assert len(book.bids) == len(book.asks) == 50
    trades = source.recent_trades(BTC, 30)
    assert [trade.time_ms for trade in trades] == sorted(trade.time_ms for trade in trades)
    (ticker,) = source.tickers(Category.LINEAR)
    assert ticker.market == BTC
    assert ticker.bid_price < ticker.ask_price
    assert ticker.funding_interval_minutes == 480


def test_unknown_symbol_is_refused_at_once(source: BybitSource):
    sent = source.rest.guard.sent
    with pytest.raises(ExchangeRefused) as refused:
        source.candles(Market("bybit", Category.LINEAR, "NOPEUSDT"), Timeframe.M1, START_MS, NOW_MS)
    assert refused.value.code == 10001
    assert source.rest.guard.sent == sent + 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "answer", "path": "/v5/market/kline", "code": 10016, "times": 2},
        {"kind": "status", "path": "/v5/market/kline", "status": 502, "times": 2},
        {"kind": "html", "path": "/v5/market/kline", "times": 2},
        {"kind": "status", "path": "/v5/market/kline", "status": 429, "times": 1},
    ],
    ids=["busy", "502", "a page instead of an answer", "429"],
)
def test_troubles_that_pass_are_survived(fault):
    with serve(fault) as server:
        assert len(source_of(server).candles(BTC, Timeframe.M1, START_MS, START_MS + 5 * MINUTE_MS).candles) == 5


def test_exchange_that_is_not_there_is_named():
    source = BybitSource(BybitRest(Place("Bybit", "http://127.0.0.1:9", "ws://127.0.0.1:9")))
    source.rest.guard = RequestGuard("Bybit", {}, first_wait_s=0.001)
    with pytest.raises(ExchangeUnreachable, match="Bybit cannot be reached"):
        source.server_time_ms()


def test_skewed_clock_makes_no_running_candle_a_closed_one():
    with serve({"kind": "skew_clock", "ms": 90_000}) as server:
        page = source_of(server).candles(BTC, Timeframe.M1, NOW_MS - 5 * MINUTE_MS, NOW_MS + MINUTE_MS)
    assert page.candles.open_time_ms[-1] == START_MS + 2999 * MINUTE_MS
    assert page.forming is not None
