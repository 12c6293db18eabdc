"""Every source of market data keeps the promises of the port, asked over real sockets."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from binance_server import BinanceServer, Fault
from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.errors import ExchangeBusy, ExchangeError, ExchangeRefused, ExchangeUnreachable
from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance.rest import BinanceRest
from strategy_tester.exchange.binance.source import BinanceSource
from strategy_tester.exchange.bybit.rest import BybitRest, Place, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import Limit, RequestGuard
from strategy_tester.marketdata.resample import resample
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services.market_source import MarketSource, PriceKind

NOW_MS = START_MS + 3000 * MINUTE_MS + 30_000
SETTLEMENTS = 1200
LIMITS = {"": Limit(400, 5.0)}


def truth() -> list[StagedMarket]:
    """A market with more settlements than any page holds, and one that was closed."""
    candles = minute_candles(4000)
    return [
        StagedMarket(listing(), candles, funding(SETTLEMENTS, 150_000)),
        StagedMarket(listing("GONEUSDT", status=ListingStatus.CLOSED), candles),
    ]


@dataclass
class Bybit:
    """The practice exchange, and a source that asks it."""

    name = "bybit"

    def serve(self, trouble: str = "") -> AbstractContextManager[Any]:
        faults: dict[str, dict[str, Any]] = {
            "502": {"kind": "status", "path": "/v5/market/kline", "status": 502, "times": 2},
            "page": {"kind": "html", "path": "/v5/market/kline", "times": 2},
            "busy": {"kind": "answer", "path": "/v5/market/kline", "code": 10006, "times": 1, "bare": True},
            "overload": {"kind": "answer", "path": "/v5/market/kline", "code": 10016, "times": 1},
            "ban": {"kind": "ban", "times": 1},
        }
        script = FaultScript.parse({"faults": [faults[trouble]] if trouble else []})
        return ServerThread(PracticeExchange(truth(), start_ms=NOW_MS, speed=0.001, faults=script))

    def source(self, address: str) -> BybitSource:
        place = practice_place(int(address.rpartition(":")[2]))
        return BybitSource(BybitRest(place, guard=RequestGuard(place.name, LIMITS, first_wait_s=0.01)))


@dataclass
class Binance:
    """A server with Binance's forms, and a source that asks it."""

    name = "binance"

    def serve(self, trouble: str = "") -> AbstractContextManager[Any]:
        body = '{"code": -1008, "msg": "Server is currently overloaded"}'
        faults = {
            "502": Fault("/fapi/v1/klines", 502, 2), "page": Fault("/fapi/v1/klines", 200, 2),
            "busy": Fault("/fapi/v1/klines", 429, 1, {"Retry-After": "1"}),
            "overload": Fault("/fapi/v1/klines", 400, 1, body=body),
            "ban": Fault("/", 418, 1, {"Retry-After": "600"}),
        }  # fmt: skip
        return ServerThread(BinanceServer(truth(), NOW_MS, [faults[trouble]] if trouble else []))  # type: ignore[arg-type]

    def source(self, address: str) -> BinanceSource:
        return BinanceSource(BinanceRest(address, RequestGuard("Binance", LIMITS, first_wait_s=0.01)))


@pytest.fixture(params=[Bybit(), Binance()], ids=lambda kind: kind.name, scope="module")
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def source(kind: Any) -> Iterator[MarketSource]:
    with kind.serve() as server:
        yield kind.source(server.address)


@pytest.fixture(scope="module")
def btc(source: MarketSource) -> Market:
    return Market(source.exchange, Category.LINEAR, "BTCUSDT")


def test_source_has_a_name_and_a_clock(source: MarketSource, kind: Any):
    assert source.exchange == kind.name
    assert source.page_limit >= 1000
    assert NOW_MS <= source.server_time_ms() < NOW_MS + 1000


def test_page_is_ascending_unique_and_true(source: MarketSource, btc: Market):
    page = source.candles(btc, Timeframe.M1, START_MS, START_MS + 1000 * MINUTE_MS)
    stored = minute_candles(4000).rows(0, 1000)
    for name in ("open_time_ms", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(page.candles, name), getattr(stored, name), err_msg=name)
    np.testing.assert_allclose(page.candles.turnover, stored.turnover, rtol=1e-12)
    assert (page.candles.symbol, page.candles.timeframe) == ("BTCUSDT", Timeframe.M1)
    assert page.candles.source == btc.source
    assert page.forming is None


def test_unaligned_range_over_pages_has_no_hole_and_no_double(source: MarketSource, btc: Market):
    start, end = START_MS + 12_345, START_MS + 2500 * MINUTE_MS + 7
    times: list[int] = []
    for begin in range(start, end, 700 * MINUTE_MS):
        times += source.candles(
            btc, Timeframe.M1, begin, min(begin + 700 * MINUTE_MS, end)
        ).candles.open_time_ms.tolist()
    assert times == list(range(START_MS + MINUTE_MS, START_MS + 2500 * MINUTE_MS + 1, MINUTE_MS))


def test_end_is_excluded(source: MarketSource, btc: Market):
    page = source.candles(btc, Timeframe.M1, START_MS + 5 * MINUTE_MS, START_MS + 7 * MINUTE_MS)
    assert page.candles.open_time_ms.tolist() == [START_MS + 5 * MINUTE_MS, START_MS + 6 * MINUTE_MS]


def test_running_candle_is_kept_apart(source: MarketSource, btc: Market):
    page = source.candles(btc, Timeframe.M1, NOW_MS - 5 * MINUTE_MS, NOW_MS + 5 * MINUTE_MS)
    assert page.candles.open_time_ms[-1] == START_MS + 2999 * MINUTE_MS
    assert page.forming is not None
    assert page.forming.open_time_ms.tolist() == [START_MS + 3000 * MINUTE_MS]
    assert (page.candles.close_time_ms <= page.server_time_ms).all()


@pytest.mark.parametrize("frame", [Timeframe.H1, Timeframe.D1, Timeframe.W1])
def test_longer_candles_agree_with_the_minutes(source: MarketSource, btc: Market, frame: Timeframe):
    page = source.candles(btc, frame, START_MS - 7 * 86_400_000, NOW_MS)
    made = resample(minute_candles(4000), frame, keep_partial=True)
    closed = int((made.close_time_ms <= NOW_MS).sum())
    assert page.candles.open_time_ms.tolist() == made.open_time_ms[:closed].tolist()
    assert page.candles.close.tolist() == made.close[:closed].tolist()
    assert page.forming is not None


def test_mark_prices_have_no_volume(source: MarketSource, btc: Market):
    page = source.candles(btc, Timeframe.H1, START_MS, START_MS + 10 * 60 * MINUTE_MS, PriceKind.MARK)
    assert page.candles.close.tolist() == resample(minute_candles(4000), Timeframe.H1).close[:10].tolist()
    assert page.candles.volume.sum() == 0.0
    assert page.candles.turnover is None


def test_first_candle_and_the_nothing_before_it(source: MarketSource, btc: Market):
    assert source.first_candle_ms(btc, Timeframe.M1) == START_MS
    page = source.candles(btc, Timeframe.M1, START_MS - 10 * MINUTE_MS, START_MS)
    assert len(page.candles) == 0
    assert page.forming is None


def test_every_settlement_is_found(source: MarketSource, btc: Market):
    found, expected = source.funding(btc, START_MS, NOW_MS), funding(SETTLEMENTS, 150_000)
    assert found.time_ms.tolist() == expected.time_ms.tolist()
    np.testing.assert_allclose(found.rate, expected.rate, atol=1e-9)
    part = source.funding(btc, START_MS + 150_000, START_MS + 600_000)
    assert part.time_ms.tolist() == [START_MS + 150_000, START_MS + 300_000, START_MS + 450_000]
    assert len(source.funding(btc, START_MS - 900_000, START_MS)) == 0


def test_open_interest_is_whole_and_ascending(source: MarketSource, btc: Market):
    values = source.open_interest(btc, Timeframe.M5, START_MS, NOW_MS)
    assert values.time_ms.tolist() == list(range(START_MS, NOW_MS, 5 * MINUTE_MS))
    assert (values.value > 0.0).all()


def test_listings_tell_steps_and_closed_symbols_only_when_asked(source: MarketSource, btc: Market):
    (one,) = source.listings(Category.LINEAR)
    assert one.market == btc
    assert (one.status, one.is_perpetual) == (ListingStatus.TRADING, True)
    steps = one.instrument
    assert (steps.tick_size, steps.quantity_step, steps.min_quantity, steps.min_notional) == (0.1, 0.001, 0.001, 5.0)
    assert (steps.base_currency, steps.quote_currency, steps.source) == ("BTC", "USDT", btc.source)
    assert (one.launch_ms, one.delivery_ms, one.funding_interval_minutes) == (START_MS, 0, 480)
    assert (one.max_quantity, one.max_market_quantity) == (1190.0, 500.0)
    everything = source.listings(Category.LINEAR, include_closed=True)
    assert {item.market.symbol for item in everything} == {"BTCUSDT", "GONEUSDT"}
    assert everything[1].status is not ListingStatus.TRADING


def test_tiers_rise_or_are_not_told(source: MarketSource, btc: Market):
    tiers = source.risk_tiers(btc)
    assert [tier.max_value for tier in tiers] == sorted(tier.max_value for tier in tiers)
    assert all(0.0 < tier.maintenance_margin_rate < tier.initial_margin_rate <= 1.0 for tier in tiers)


def test_book_trades_and_tickers(source: MarketSource, btc: Market):
    book = source.order_book(btc, 50)
    assert book.is_snapshot
    assert len(book.bids) == len(book.asks) == 50
    assert book.bids[0][0] < book.asks[0][0]
    assert book.bids[0][0] > book.bids[1][0]
    trades = source.recent_trades(btc, 30)
    assert len(trades) == 30
    assert [trade.time_ms for trade in trades] == sorted(trade.time_ms for trade in trades)
    assert {trade.is_buy for trade in trades} == {True, False}
    ticker = next(one for one in source.tickers(Category.LINEAR) if one.market == btc)
    assert ticker.bid_price is not None
    assert ticker.ask_price is not None
    assert ticker.last_price is not None
    assert ticker.bid_price < ticker.ask_price
    assert ticker.low_24h <= ticker.last_price <= ticker.high_24h
    assert abs(ticker.change_24h_rate) < 1.0
    assert ticker.next_funding_ms > NOW_MS - 1000


def test_unknown_symbol_is_refused_at_once(source: MarketSource):
    nothing = Market(source.exchange, Category.LINEAR, "NOPEUSDT")
    begun = time.monotonic()
    with pytest.raises(ExchangeRefused, match="refused"):
        source.candles(nothing, Timeframe.M1, START_MS, NOW_MS)
    assert time.monotonic() - begun < 1.0


def test_several_threads_may_ask(source: MarketSource, btc: Market):
    found: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        start = START_MS + number * 100 * MINUTE_MS
        found[number] = source.candles(btc, Timeframe.M1, start, start + 100 * MINUTE_MS).candles.open_time_ms.tolist()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    joined = [moment for number in range(12) for moment in found[number]]
    assert joined == list(range(START_MS, START_MS + 1200 * MINUTE_MS, MINUTE_MS))


@pytest.mark.parametrize("trouble", ["502", "page", "busy", "overload"])
def test_troubles_that_pass_are_survived(kind: Any, trouble: str):
    with kind.serve(trouble) as server:
        source = kind.source(server.address)
        market = Market(source.exchange, Category.LINEAR, "BTCUSDT")
        assert len(source.candles(market, Timeframe.M1, START_MS, START_MS + 5 * MINUTE_MS).candles) == 5


def test_after_a_ban_everything_is_silent(kind: Any):
    with kind.serve("ban") as server:
        source = kind.source(server.address)
        for _ in range(3):
            with pytest.raises(ExchangeBusy, match="shut this address out") as busy:
                source.server_time_ms()
        assert busy.value.wait_s > 500.0
        assert server.exchange.requests == 1


def test_exchange_that_is_not_there_is_named(kind: Any):
    source = kind.source("http://127.0.0.1:9")
    with pytest.raises(ExchangeUnreachable, match="cannot be reached"):
        source.server_time_ms()


def test_nonsense_is_not_taken_for_candles():
    rows = '[[1735689600000, "5", "4", "6", "5", "1", 0, "1", 1, "0", "0", "0"]]'
    server = BinanceServer(truth(), NOW_MS, [Fault("/fapi/v1/klines", 200, 9, body=rows)])
    with ServerThread(server) as thread:  # type: ignore[arg-type]
        source = Binance().source(thread.address)
        with pytest.raises(ExchangeError, match="cannot be one"):
            source.candles(Market("binance", Category.LINEAR, "BTCUSDT"), Timeframe.M1, START_MS, NOW_MS)


def test_practice_and_testnet_are_never_taken_for_the_real_market():
    with Bybit().serve() as server:
        place = practice_place(server.port)
        source = BybitSource(BybitRest(Place(place.name, place.rest, place.stream)), "practice")
        (one,) = source.listings(Category.LINEAR)
        assert (one.market.source, one.instrument.source) == ("practice-linear", "practice-linear")
        assert source.tickers(Category.LINEAR)[0].market.source == "practice-linear"
        page = source.candles(one.market, Timeframe.M1, START_MS, START_MS + MINUTE_MS)
        assert page.candles.source == "practice-linear"
