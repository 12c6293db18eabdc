"""The live stream against the practice exchange, over real sockets, on bad days too."""

import asyncio
import threading
from collections import OrderedDict

import pytest

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.market_events import Category, Market, PublicTrade, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.bybit.wire import BybitWire
from strategy_tester.exchange.candle_feed import CandleFeed
from strategy_tester.exchange.stream_hub import StreamHub
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services.market_source import Topic, TopicKind

BTC = Market("bybit", Category.LINEAR, "BTCUSDT")
ETH = Market("bybit", Category.LINEAR, "ETHUSDT")
FIRST_MS = START_MS + 600 * MINUTE_MS
BARS = 4000


def serve(*faults: dict, speed: float = 1.0) -> ServerThread:
    markets = [
        StagedMarket(listing(), minute_candles(BARS), funding()),
        StagedMarket(listing("ETHUSDT"), minute_candles(BARS, 2, "ETHUSDT"), funding(), seed=2),
    ]
    script = FaultScript.parse({"faults": list(faults)})
    return ServerThread(PracticeExchange(markets, start_ms=FIRST_MS, speed=speed, faults=script))


def hub_of(server: ServerThread) -> StreamHub:
    return StreamHub(BybitWire(practice_place(server.port)), waits_s=(0.02, 0.2))


async def until(is_so, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  what is waited for happens in another thread
            await asyncio.sleep(0.01)


def run(work) -> None:
    asyncio.run(work)


def test_trades_book_and_ticker_arrive():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        told: dict[TopicKind, list] = {kind: [] for kind in (TopicKind.TRADE, TopicKind.BOOK, TopicKind.TICKER)}
        for kind, events in told.items():
            hub.subscribe(Topic(kind, BTC, depth=50 if kind is TopicKind.BOOK else 0), events.extend)
        await until(lambda: min(map(len, told.values())) >= 5)
        assert hub.health.state is StreamState.LIVE
        assert all(isinstance(event, PublicTrade) for event in told[TopicKind.TRADE])
        ticker = told[TopicKind.TICKER][-1]
        assert isinstance(ticker, Ticker)
        assert ticker.bid_price < ticker.ask_price
        assert ticker.funding_interval_minutes == 480
        await hub.close()
        assert hub.health.state is StreamState.CLOSED

    with serve(speed=60.0) as server:
        run(work(server))


def test_exchange_is_asked_once_for_many_listeners_and_told_to_stop_by_the_last():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        topic = Topic(TopicKind.TICKER, BTC)
        heard: list[list] = [[], []]
        subscriptions = [hub.subscribe(topic, events.extend) for events in heard]
        await until(lambda: all(heard))
        (session,) = server.exchange.sessions
        assert sorted(session.topics) == ["orderbook.1.BTCUSDT", "tickers.BTCUSDT"]
        late: list = []
        hub.subscribe(topic, late.extend)
        assert isinstance(late[0], Ticker)  # what is known is told at once
        subscriptions[0].cancel()
        subscriptions[0].cancel()
        await asyncio.sleep(0.1)
        assert "tickers.BTCUSDT" in session.topics
        await hub.close()
        await until(lambda: not server.exchange.sessions)

    with serve() as server:
        run(work(server))


def test_last_listener_ends_the_connection():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        subscription = hub.subscribe(Topic(TopicKind.TRADE, BTC), lambda _events: None)
        await until(lambda: hub.health.state is StreamState.LIVE)
        subscription.cancel()
        await until(lambda: not server.exchange.sessions)
        assert hub.health.state is StreamState.CLOSED
        hub.subscribe(Topic(TopicKind.TRADE, BTC), lambda _events: None)
        await until(lambda: hub.health.state is StreamState.LIVE)
        await hub.close()

    with serve() as server:
        run(work(server))


def test_refused_topic_leaves_the_connection_alive():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        heard: list = []
        hub.subscribe(Topic(TopicKind.TICKER, BTC), heard.extend)
        await until(lambda: bool(heard))
        hub.subscribe(Topic(TopicKind.TICKER, Market("bybit", Category.LINEAR, "NOPEUSDT")), heard.extend)
        await asyncio.sleep(0.2)
        count = len(heard)
        await until(lambda: len(heard) > count)
        assert hub.health.state is StreamState.LIVE
        await hub.close()

    with serve(speed=60.0) as server:
        run(work(server))


def test_cut_connection_is_made_anew_and_asks_for_everything_again():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        states: list[StreamState] = []
        hub.watch_health(lambda health: states.append(health.state))
        heard: list = []
        hub.subscribe(Topic(TopicKind.TICKER, BTC), heard.extend)
        await until(lambda: bool(heard))
        before = threading.active_count()
        for _ in range(20):
            sessions = set(server.exchange.sessions)
            for session in sessions:
                server._loop.call_soon_threadsafe(session.cut)
            await until(lambda old=sessions: bool(server.exchange.sessions - old))
            heard.clear()
            await until(lambda: bool(heard))
        assert StreamState.LOST in states
        assert threading.active_count() <= before
        await hub.close()
        assert len(asyncio.all_tasks()) == 1

    with serve(speed=60.0) as server:
        run(work(server))


def test_silent_socket_is_called_stale_within_five_seconds_and_given_up_within_ten():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        loop = asyncio.get_running_loop()
        told: list[tuple[float, StreamState]] = []
        hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=50), lambda _events: None)
        await until(lambda: hub.health.state is StreamState.LIVE)
        hub.watch_health(lambda health: told.append((loop.time(), health.state)))
        server.exchange.faults.faults.extend(FaultScript.parse({"faults": [{"kind": "silence"}]}).faults)
        begun = loop.time()
        await until(lambda: any(state is StreamState.LOST for _, state in told))
        stale = next(moment for moment, state in told if state is StreamState.STALE)
        lost = next(moment for moment, state in told if state is StreamState.LOST)
        assert stale - begun < 5.0
        assert lost - begun < 10.0
        server.exchange.faults.faults.clear()
        await until(lambda: hub.health.state is StreamState.LIVE)
        await hub.close()

    with serve() as server:
        run(work(server))


def test_lost_book_change_makes_the_book_unusable_until_a_new_snapshot_and_it_equals_the_exchanges_own():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=50), lambda _events: None)
        await until(lambda: (book := hub.book(BTC, 50)) is not None and book.losses >= 3, 30.0)
        book = hub.book(BTC, 50)
        assert book is not None
        await until(lambda: book.is_usable)
        equal = _compare(server, book)
        assert equal
        await hub.close()

    with serve(
        {"kind": "skip_book_delta", "every_s": 0.5}, {"kind": "book_restart", "every_s": 3.0}, speed=5.0
    ) as server:
        run(work(server))


def _compare(server: ServerThread, book) -> bool:
    channel = server.exchange.channels["linear", "orderbook.50.BTCUSDT"]
    truth: OrderedDict = channel.truth  # type: ignore[attr-defined]
    bids, asks = truth[book.update_id]
    return book.bids() == list(bids.items()) and book.asks() == list(asks.items())


def test_change_before_the_snapshot_is_passed_over():
    async def work(server: ServerThread) -> None:
        hub = hub_of(server)
        tickers: list = []
        hub.subscribe(Topic(TopicKind.TICKER, BTC), tickers.extend)
        hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=50), lambda _events: None)
        await until(lambda: bool(tickers))
        book = hub.book(BTC, 50)
        await until(lambda: book is not None and book.is_usable)
        await hub.close()

    with serve({"kind": "delta_first"}, speed=5.0) as server:
        run(work(server))


BAD_DAY = (
    {"kind": "cut", "every_s": 1.5},
    {"kind": "lose_confirm", "rate": 0.15},
    {"kind": "repeat_confirm", "rate": 0.15},
    {"kind": "join_confirm", "rate": 0.3},
    {"kind": "drop", "rate": 0.1},
    {"kind": "duplicate", "rate": 0.1},
    {"kind": "reorder", "rate": 0.1},
    {"kind": "delay", "ms": 30, "rate": 0.05},
    {"kind": "status", "path": "/v5/market/kline", "status": 502, "rate": 0.08},
    {"kind": "answer", "path": "/v5/market/kline", "code": 10016, "rate": 0.05},
)


@pytest.mark.parametrize("frame", [Timeframe.M1, Timeframe.M5])
def test_two_hours_of_a_bad_day_leave_no_wrong_missing_or_double_candle(frame):
    async def work(server: ServerThread) -> None:
        place = practice_place(server.port)
        source = BybitSource(BybitRest(place))
        source.rest.guard._first_wait_s = 0.01
        hub = hub_of(server)
        final = []
        first = frame.open_of(FIRST_MS) - frame.milliseconds
        feeds = [
            CandleFeed(hub, source, market, frame, first, lambda changes, market=market: final.extend(
                (market, change) for change in changes if change.is_closed
            ))
            for market in (BTC, ETH)
        ]  # fmt: skip
        count = 150 * MINUTE_MS // frame.milliseconds
        await until(lambda: all(sum(1 for one, _ in final if one == market) >= count for market in (BTC, ETH)), 120.0)
        for feed in feeds:
            feed.close()
        await hub.close()
        for market, seed in ((BTC, 1), (ETH, 2)):
            _equals_the_truth([change for one, change in final if one == market], frame, seed, market.symbol)
        assert sum(feed.state.mended for feed in feeds) > 0
        assert all(feed.state.skipped == 0 for feed in feeds)

    with serve(*BAD_DAY, speed=900.0) as server:
        run(work(server))


def _equals_the_truth(told, frame: Timeframe, seed: int, symbol: str) -> None:
    from strategy_tester.marketdata.resample import resample

    truth = resample(minute_candles(BARS, seed, symbol), frame)
    begin = int(truth.open_time_ms.searchsorted(told[0].open_time_ms))
    assert told[0].open_time_ms == frame.open_of(FIRST_MS)
    for number, change in enumerate(told):
        bar = begin + number
        assert (change.open_time_ms, change.open, change.high, change.low, change.close) == (
            truth.open_time_ms[bar], truth.open[bar], truth.high[bar], truth.low[bar], truth.close[bar],
        )  # fmt: skip
        assert change.volume == pytest.approx(truth.volume[bar], rel=1e-9)
