"""Binance's live stream behind the same port: books by request and change, two addresses, tickers of two streams."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from binance_stream import BinanceStreamServer
from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.market_events import BookChange, Category, Market, PublicTrade, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance.rest import BinanceRest
from strategy_tester.exchange.binance.source import BinanceSource
from strategy_tester.exchange.binance.wire import BinanceWire, stream_address
from strategy_tester.exchange.live import LiveExchanges
from strategy_tester.exchange.stream_hub import StreamHub
from strategy_tester.marketdata.resample import resample
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.services.market_source import Topic, TopicKind

BTC = Market("binance", Category.LINEAR, "BTCUSDT")
FIRST_MS = START_MS + 600 * MINUTE_MS
BARS = 3000


async def until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  what is waited for happens elsewhere
            await asyncio.sleep(0.01)


@asynccontextmanager
async def live(speed: float) -> AsyncIterator[tuple[BinanceStreamServer, LiveExchanges, StreamHub]]:
    """A server, and the program's live markets that call it "binance"."""
    market = StagedMarket(listing(), minute_candles(BARS), funding())
    server = BinanceStreamServer([market], FIRST_MS, speed)
    port = await server.open()
    source = BinanceSource(BinanceRest(f"http://127.0.0.1:{port}"))
    exchanges = LiveExchanges(lambda _name: source, lambda *_: pytest.fail("no practice exchange is wanted"))
    hub = exchanges._hub("binance")
    hub.waits_s = (0.02, 0.1)
    try:
        yield server, exchanges, hub
    finally:
        await exchanges.close()
        await server.close()


def run(work: Callable[[BinanceStreamServer, LiveExchanges, StreamHub], Awaitable[None]], speed: float) -> None:
    async def all_of_it() -> None:
        async with live(speed) as (server, exchanges, hub):
            await work(server, exchanges, hub)

    asyncio.run(all_of_it())


def levels(book: Any, count: int) -> list[list[tuple[float, float]]]:
    return [book.bids(count), book.asks(count)]


def truth(server: BinanceStreamServer, update_id: int, count: int) -> list[list[tuple[float, float]]]:
    return [list(side.items())[:count] for side in server.depths["BTCUSDT"].truth[update_id]]


def test_trades_tickers_and_candles_arrive_on_one_address_and_books_on_another():
    async def work(server: BinanceStreamServer, exchanges: LiveExchanges, _hub: StreamHub) -> None:
        told: dict[TopicKind, list[Any]] = {kind: [] for kind in (TopicKind.TRADE, TopicKind.TICKER, TopicKind.BOOK)}
        for kind, events in told.items():
            exchanges.subscribe("binance", Topic(kind, BTC), events.extend)
        await until(lambda: all(told.values()) and told[TopicKind.TICKER][-1].mark_price is not None)
        assert isinstance(told[TopicKind.TRADE][0], PublicTrade)
        ticker = exchanges.ticker("binance", BTC)
        assert isinstance(ticker, Ticker)
        assert ticker.last_price is not None
        assert ticker.funding_rate == -6.667e-05
        assert ticker.next_funding_ms == START_MS + 16 * 60 * MINUTE_MS
        assert {route: sorted(streams) for route, streams in server.sockets.values()} == {
            "market": ["btcusdt@aggTrade", "btcusdt@markPrice@1s", "btcusdt@ticker"],
            "public": ["btcusdt@bookTicker", "btcusdt@depth@100ms"],
        }

    run(work, speed=60.0)


def test_book_begins_by_request_and_follows_changes_whose_ids_skip():
    async def work(server: BinanceStreamServer, exchanges: LiveExchanges, _hub: StreamHub) -> None:
        events: list[BookChange] = []
        exchanges.subscribe("binance", Topic(TopicKind.BOOK, BTC, depth=50), events.extend)  # type: ignore[arg-type]
        await until(lambda: len(events) > 60)
        book = exchanges.book("binance", BTC, 50)
        assert book is not None
        assert book.losses == 0
        assert levels(book, 50) == truth(server, book.update_id, 50)
        assert [event.is_snapshot for event in events].count(True) == 1
        assert events[0].is_snapshot
        assert server.paths.count("/fapi/v1/depth") == 1

    run(work, speed=5.0)


def test_lost_change_of_a_book_makes_it_unusable_until_a_new_snapshot():
    async def work(server: BinanceStreamServer, exchanges: LiveExchanges, _hub: StreamHub) -> None:
        exchanges.subscribe("binance", Topic(TopicKind.BOOK, BTC, depth=50), lambda _events: None)
        book = exchanges.book("binance", BTC, 50)
        assert book is not None
        await until(lambda: book.is_usable)
        for losses in (1, 2):
            server.lose = 2
            await until(lambda losses=losses: book.losses == losses)
            await until(lambda: book.is_usable)
            assert levels(book, 50) == truth(server, book.update_id, 50)
        assert server.paths.count("/fapi/v1/depth") >= 3

    run(work, speed=5.0)


def test_candles_are_followed_through_cut_connections_without_a_hole():
    async def work(server: BinanceStreamServer, exchanges: LiveExchanges, hub: StreamHub) -> None:
        final: list[Any] = []
        exchanges.follow(
            "binance", BTC, Timeframe.M1, FIRST_MS - MINUTE_MS,
            lambda changes: final.extend(change for change in changes if change.is_closed),
        )  # fmt: skip
        for count in (5, 12, 20):
            await until(lambda count=count: len(final) >= count)
            server.cut()
        await until(lambda: len(final) >= 30)
        candles = resample(minute_candles(BARS), Timeframe.M1)
        begin = int(candles.open_time_ms.searchsorted(FIRST_MS))
        told = [(one.open_time_ms, one.open, one.high, one.low, one.close, one.volume) for one in final[:30]]
        assert told == [
            (
                int(candles.open_time_ms[bar]), candles.open[bar], candles.high[bar], candles.low[bar],
                candles.close[bar], candles.volume[bar],
            )
            for bar in range(begin, begin + 30)
        ]  # fmt: skip
        assert hub.faulty == 0

    run(work, speed=240.0)


def test_symbol_that_does_not_exist_spoils_nothing_for_the_others():
    async def work(_server: BinanceStreamServer, exchanges: LiveExchanges, hub: StreamHub) -> None:
        heard: list[Any] = []
        nothing = Market("binance", Category.LINEAR, "NOPEUSDT")
        exchanges.subscribe("binance", Topic(TopicKind.TRADE, nothing), heard.extend)
        exchanges.subscribe("binance", Topic(TopicKind.TICKER, BTC), heard.extend)
        await until(lambda: bool(heard) and hub.refused == 2)  # its trades, and the sentinel of its market
        assert hub.health.state is StreamState.LIVE
        with pytest.raises(InvalidParameter):
            exchanges.subscribe("binance", Topic(TopicKind.TRADE, Market("binance", Category.SPOT, "BTCUSDT")), print)

    run(work, speed=60.0)


def test_sockets_belong_to_the_address_of_requests():
    assert stream_address("https://fapi.binance.com") == "wss://fstream.binance.com"
    assert stream_address("http://127.0.0.1:81") == "ws://127.0.0.1:81"
    topic = BinanceWire().whole(Topic(TopicKind.BOOK, BTC, depth=200))
    assert BinanceWire().url(BinanceWire().route(topic)) == "wss://fstream.binance.com/public/ws"
