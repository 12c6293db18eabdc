"""The stream's connection on bad days: silence, hundreds of cuts, bursts, refusals, and the cleanups in between."""

import asyncio
import gc
import itertools
import json
import os
import threading
import time
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from practice_builders import MINUTE_MS, START_MS, minute_candles
from strategy_tester.domain.errors import ExchangeBusy, ExchangeError, ExchangeUnreachable
from strategy_tester.domain.market_events import Category, Market, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange import stream_line
from strategy_tester.exchange.candle_feed import CandleFeed
from strategy_tester.exchange.guard import Limit, Remedy, RequestGuard, Trouble
from strategy_tester.exchange.stream_hub import StreamHub
from strategy_tester.services.market_source import CandlePage, Topic, TopicKind
from stream_feed import best_prices, feed_and_hub, ticker, until

IS_LONG = bool(os.environ.get("BST_LONG"))
BTC = Market("bybit", Category.LINEAR, "BTCUSDT")
ETH = Market("bybit", Category.LINEAR, "ETHUSDT")
NOPE = Market("bybit", Category.LINEAR, "NOPEUSDT")
BEST = Topic(TopicKind.BOOK, BTC, depth=1)


def nothing(_events: list[Any]) -> None:
    """Listens without interest."""


# --- R12: silence


def test_silent_socket_is_called_stale_then_given_up_every_time(monkeypatch: pytest.MonkeyPatch):
    """The true limits, 4 and 8 s, are under test in test_stream.py; here they are short, and met again and again."""
    monkeypatch.setattr(stream_line, "STALE_S", 0.2)
    monkeypatch.setattr(stream_line, "SILENT_S", 0.4)
    monkeypatch.setattr(stream_line, "_WATCH_S", 0.02)
    rounds = 500 if IS_LONG else 20

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            told: list[StreamState] = []
            hub.watch_health(lambda health: told.append(health.state))
            hub.subscribe(BEST, nothing)
            for number in range(1, rounds + 1):
                await until(lambda: bool(feed.sockets and feed.topics))
                await feed.say([best_prices(number)])
                await until(lambda: hub.health.state is StreamState.LIVE)
                begun = time.monotonic()
                await until(lambda number=number: feed.connections > number)
                assert 0.35 < time.monotonic() - begun < 2.5
            assert told.count(StreamState.STALE) >= rounds
            assert told.count(StreamState.LOST) >= rounds

    asyncio.run(work())


def test_reason_of_the_loss_is_the_silence_and_not_the_cut_that_ended_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_line, "STALE_S", 0.1)
    monkeypatch.setattr(stream_line, "SILENT_S", 0.2)
    monkeypatch.setattr(stream_line, "_WATCH_S", 0.02)

    async def work() -> None:
        async with feed_and_hub((0.5, 0.5)) as (_feed, hub):
            hub.subscribe(BEST, nothing)
            await until(lambda: hub.health.retry_in_s is not None)
            assert hub.health.reason == "no data for 0 s"

    asyncio.run(work())


def test_book_that_was_silent_for_too_long_is_not_trusted_before_its_next_snapshot(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_line, "STALE_S", 0.2)
    monkeypatch.setattr(stream_line, "_WATCH_S", 0.02)

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=50), nothing)
            await until(lambda: bool(feed.topics))
            book = hub.book(BTC, 50)
            assert book is not None

            def said(form: str, number: int) -> str:
                data = {"s": "BTCUSDT", "b": [["1", "1"]], "a": [["2", "1"]], "u": number, "seq": number}
                message = {"topic": "orderbook.50.BTCUSDT", "type": form, "ts": START_MS, "data": data}
                return json.dumps(message)

            await feed.say([said("snapshot", 900)])
            await until(lambda: book.is_usable)
            await until(lambda: hub.health.state is StreamState.STALE)
            assert not book.is_usable
            await feed.say([said("delta", 901)])
            await until(lambda: hub.health.state is StreamState.LIVE)
            assert not book.is_usable
            await feed.say([said("snapshot", 902)])
            await until(lambda: book.is_usable)

    asyncio.run(work())


# --- R13: forced disconnects


def test_hundreds_of_cuts_leave_everything_subscribed_and_nothing_behind():
    cuts = 500 if IS_LONG else 100
    process = psutil.Process()

    async def work() -> None:
        async with feed_and_hub((0.001, 0.002)) as (feed, hub):
            prices: list[Any] = []
            topics = [Topic(TopicKind.TICKER, market) for market in (BTC, ETH)]
            for topic in [*topics, BEST, Topic(TopicKind.CANDLE, BTC, Timeframe.M1), Topic(TopicKind.TRADE, ETH)]:
                hub.subscribe(topic, prices.extend)
            wanted = {"tickers.BTCUSDT", "tickers.ETHUSDT", "orderbook.1.BTCUSDT", "kline.1.BTCUSDT",
                      "publicTrade.ETHUSDT"}  # fmt: skip
            await until(lambda: feed.topics == wanted)
            gc.collect()
            before = threading.active_count(), process.num_fds(), len(asyncio.all_tasks())
            for number in range(1, cuts + 1):
                feed.cut()
                await until(lambda number=number: feed.connections > number and feed.topics == wanted)
                prices.clear()
                await feed.say([ticker(number)])
                await until(lambda: bool(prices))
                assert prices[-1].last_price == number
            gc.collect()
            await asyncio.sleep(0.1)
            after = threading.active_count(), process.num_fds(), len(asyncio.all_tasks())
            assert after[0] <= before[0]
            assert after[1] <= before[1] + 1
            assert after[2] <= before[2] + 1
            assert hub.health.reconnects == cuts

    asyncio.run(work())


def test_waits_double_up_to_a_minute_with_jitter():
    async def work() -> None:
        hub = StreamHub(SimpleNamespace(exchange="bybit", requests_book=lambda _topic: False))  # type: ignore[arg-type]
        line = stream_line.StreamLine(hub, "linear", asyncio.get_running_loop())
        waits = [[line._wait_s(tries) for _ in range(200)] for tries in (1, 2, 5, 7, 40)]
        assert [round(max(some)) for some in waits] == [1, 2, 16, 60, 60]
        assert all(0.5 <= min(some) / (top) < 0.6 for some, top in zip(waits, (1, 2, 16, 60, 60), strict=True))
        assert len({round(wait, 6) for wait in waits[3]}) > 150

    asyncio.run(work())


# --- R14 and throughput


def candle(bar: int, *, is_closed: bool, symbol: str = "BTCUSDT") -> str:
    open_ms = START_MS + bar * MINUTE_MS
    item = {
        "start": open_ms, "end": open_ms + MINUTE_MS - 1, "interval": "1", "open": "1", "close": "2", "high": "3",
        "low": "1", "volume": str(bar), "turnover": "1", "confirm": is_closed, "timestamp": open_ms + MINUTE_MS,
    }  # fmt: skip
    return json.dumps({"topic": f"kline.1.{symbol}", "type": "snapshot", "ts": open_ms + MINUTE_MS, "data": [item]})


def mixed(count: int, symbols: list[str], first_bar: int) -> list[str]:
    """Messages of an ordinary moment: books, tickers, trades, candles that form, and now and then one that closes."""
    texts = []
    for number in range(count):
        symbol = symbols[number % len(symbols)]
        kind = number // len(symbols) % 4
        if kind == 0:
            texts.append(best_prices(first_bar * 100_000 + number + 2, symbol))
        elif kind == 1:
            texts.append(ticker(100.0 + number, symbol, time_ms=START_MS + number))
        elif kind == 2:
            data = [
                {"T": START_MS, "s": symbol, "S": "Buy", "v": "1", "p": "2", "i": f"{first_bar}-{number}-{one}"}
                for one in range(3)
            ]
            texts.append(json.dumps({"topic": f"publicTrade.{symbol}", "ts": START_MS, "data": data}))
        else:
            texts.append(candle(first_bar + number // (len(symbols) * 4), is_closed=True, symbol=symbol))
    return texts


def listen(hub: StreamHub, symbols: list[str], heard: dict[str, int]) -> None:
    for symbol in symbols:
        market = Market("bybit", Category.LINEAR, symbol)
        for topic in (
            Topic(TopicKind.BOOK, market, depth=1), Topic(TopicKind.TICKER, market), Topic(TopicKind.TRADE, market),
            Topic(TopicKind.CANDLE, market, Timeframe.M1),
        ):  # fmt: skip

            def take(events: list[Any], topic: Topic = topic) -> None:
                heard[topic.kind.value] = heard.get(topic.kind.value, 0) + len(events)

            hub.subscribe(topic, take)


def test_five_hundred_messages_a_second_of_twelve_symbols_leave_the_loop_idle():
    symbols = [f"COIN{number}USDT" for number in range(12)]
    seconds = 4

    async def work() -> float:
        async with feed_and_hub() as (feed, hub):
            heard: dict[str, int] = {}
            listen(hub, symbols, heard)
            await until(lambda: len(feed.topics) == 48)
            texts = mixed(500 * seconds, symbols, 1)
            await feed.say(texts[:50])
            await until(lambda: hub.messages == 50)
            begun = time.thread_time()
            for first in range(50, len(texts), 25):
                await feed.say(texts[first : first + 25])
                await asyncio.sleep(0.05)
            await until(lambda: hub.messages == len(texts))
            return time.thread_time() - begun

    spent = asyncio.run(work())
    share = spent / seconds
    print(f"\n500 messages a second of 12 symbols: {share:.1%} of a core, the sender included")  # noqa: T201
    assert share < 0.5


def test_burst_of_fifty_times_the_usual_costs_little_memory_and_loses_no_candle():
    """The sender fills the socket as fast as it takes messages: what waits, waits in the kernel, not in our memory."""
    seconds = 60 if IS_LONG else 4
    symbols = [f"COIN{number}USDT" for number in range(12)]
    process = psutil.Process()

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            heard: dict[str, int] = {}
            listen(hub, symbols, heard)
            await until(lambda: len(feed.topics) == 48)
            rounds = [mixed(4800, symbols, 1 + 100 * number) for number in range(4)]
            await feed.say(rounds[0])
            await until(lambda: hub.messages == 4800)
            memory = process.memory_info().rss / 1e6
            longest = lag = 0.0
            sent, closed = 4800, 1200
            begun = time.monotonic()
            for number in itertools.count(1):
                task = asyncio.create_task(feed.say(rounds[number % 4]))
                while not task.done():
                    moment = time.perf_counter()
                    await asyncio.sleep(0)
                    lag = max(lag, time.perf_counter() - moment)
                sent, closed = sent + 4800, closed + 1200
                longest = max(longest, process.memory_info().rss / 1e6)
                if time.monotonic() - begun > seconds:
                    break
            await until(lambda: hub.messages == sent)
            rate = (sent - 4800) / (time.monotonic() - begun)
            print(f"\nburst: {rate:.0f} messages a second, memory {longest - memory:+.1f} MB, "  # noqa: T201
                  f"longest turn {lag * 1000:.1f} ms")  # fmt: skip
            assert longest - memory < 50.0
            assert heard["candle"] == closed
            assert hub.faulty == 0
            newest = hub.ticker(Market("bybit", Category.LINEAR, "COIN0USDT"))
            assert newest is not None
            assert newest.last_price == 100.0 + 4800 - 36

    asyncio.run(work())


def test_waiting_messages_leave_the_loop_its_turns():
    """Reading a message that is already there does not give way by itself: thousands would hold up the window."""

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):

            def slow(_events: list[Any]) -> None:
                time.sleep(0.002)

            hub.subscribe(Topic(TopicKind.TICKER, BTC), slow)
            await until(lambda: bool(feed.topics))
            sender = asyncio.create_task(feed.say([ticker(number + 1.0) for number in range(300)]))
            longest = 0.0
            while hub.messages < 300:
                moment = time.perf_counter()
                await asyncio.sleep(0)
                longest = max(longest, time.perf_counter() - moment)
            await sender
            assert longest < 0.15  # 300 messages in one turn would be 0.6 s

    asyncio.run(work())


# --- refusals


def test_one_refused_topic_does_not_silence_the_others_not_even_after_a_cut():
    """One unknown symbol spoils the whole request: at a reconnect that was everything."""

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            feed.refuses = {"tickers.NOPEUSDT", "orderbook.1.NOPEUSDT"}
            heard: list[Any] = []
            for market in (NOPE, BTC, ETH):
                hub.subscribe(Topic(TopicKind.TICKER, market), heard.extend)
            for connection in (1, 2, 3):
                await until(
                    lambda connection=connection: (
                        feed.connections == connection and {"tickers.BTCUSDT", "tickers.ETHUSDT"} <= feed.topics
                    )
                )
                heard.clear()
                await feed.say([ticker(5.0), ticker(6.0, "ETHUSDT")])
                await until(lambda: len(heard) == 2)
                feed.cut()
            assert hub.refused == 2
            # The sentinel has moved to a market that exists.
            await until(lambda: feed.connections == 4 and bool(feed.topics & {"orderbook.1.BTCUSDT"}))

    asyncio.run(work())


# --- cleanups


def test_new_listener_right_after_the_last_one_left_keeps_its_connection():
    """The old connection takes a second to end; its cleanup must not take the new one's socket, nor its books."""

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            subscription = hub.subscribe(Topic(TopicKind.TICKER, BTC), nothing)
            await until(lambda: bool(feed.topics))
            feed.deafen()
            subscription.cancel()
            heard: list[Any] = []
            hub.subscribe(Topic(TopicKind.TICKER, ETH), heard.extend)
            await until(lambda: "tickers.ETHUSDT" in feed.topics)
            await feed.say([ticker(7.0, "ETHUSDT")])
            await until(lambda: hub.ticker(ETH) is not None)
            await asyncio.sleep(1.3)
            assert hub.ticker(ETH) is not None
            hub.subscribe(Topic(TopicKind.TRADE, ETH), nothing)
            await until(lambda: "publicTrade.ETHUSDT" in feed.topics, 3.0)
            assert feed.connections == 2

    asyncio.run(work())


def test_topic_that_was_wanted_for_a_moment_only_is_never_asked_for():
    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            hub.subscribe(Topic(TopicKind.TICKER, BTC), nothing)
            await until(lambda: bool(feed.topics))
            hub.subscribe(Topic(TopicKind.TRADE, ETH), nothing).cancel()
            hub.subscribe(Topic(TopicKind.TICKER, ETH), nothing)
            await until(lambda: "tickers.ETHUSDT" in feed.topics)
            assert feed.topics == {"tickers.BTCUSDT", "orderbook.1.BTCUSDT", "tickers.ETHUSDT"}

    asyncio.run(work())


@pytest.mark.parametrize("kind", [TopicKind.TICKER, TopicKind.BOOK])
def test_lost_snapshot_is_asked_for_again(kind: TopicKind, monkeypatch: pytest.MonkeyPatch):
    """Changes without a beginning say nothing: without asking anew the panel would stay empty for ever."""
    monkeypatch.setattr("strategy_tester.exchange.local_copies._ANEW_EVERY_S", 0.1)

    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            heard: list[Any] = []
            topic = Topic(kind, BTC, depth=50 if kind is TopicKind.BOOK else 0)
            hub.subscribe(topic, heard.extend)
            await until(lambda: bool(feed.topics))
            asked: list[str] = []
            answer = feed._answer

            async def listen(socket: Any, request: dict[str, Any]) -> None:
                asked.append(request["op"])
                await answer(socket, request)

            feed._answer = listen  # type: ignore[method-assign]
            await asyncio.sleep(0.12)
            data = {"s": "BTCUSDT", "b": [["1", "1"]], "a": [], "u": 5, "seq": 7}
            change = {"topic": "orderbook.50.BTCUSDT", "type": "delta", "ts": START_MS, "data": data}
            await feed.say([ticker(1.0, form="delta") if kind is TopicKind.TICKER else json.dumps(change)])
            await until(lambda: asked == ["unsubscribe", "subscribe"])
            assert heard == []

    asyncio.run(work())


def test_listener_and_watcher_that_fail_harm_nobody_else():
    async def work() -> None:
        async with feed_and_hub() as (feed, hub):

            def fail(*_: Any) -> None:
                raise RuntimeError("a panel's mistake")

            heard: list[Any] = []
            hub._watchers.append(fail)
            hub.subscribe(Topic(TopicKind.TICKER, BTC), fail)
            hub.subscribe(Topic(TopicKind.TICKER, BTC), heard.extend)
            await until(lambda: bool(feed.topics))
            await feed.say([ticker(1.0), ticker(2.0)])
            await until(lambda: len(heard) == 2)
            assert isinstance(heard[-1], Ticker)
            assert feed.connections == 1

    asyncio.run(work())


def test_topics_left_vague_are_one_topic():
    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            heard: list[Any] = []
            hub.subscribe(Topic(TopicKind.CANDLE, BTC), heard.extend)
            hub.subscribe(Topic(TopicKind.CANDLE, BTC, Timeframe.M1, depth=50), heard.extend)
            await until(lambda: "kline.1.BTCUSDT" in feed.topics)
            await feed.say([candle(1, is_closed=False)])
            await until(lambda: len(heard) == 2)
            hub.subscribe(Topic(TopicKind.BOOK, BTC), nothing)
            assert hub.book(BTC, 50) is hub.book(BTC, 0)
            assert hub.book(BTC, 50) is not None

    asyncio.run(work())


def test_book_that_began_anew_is_told_as_a_snapshot():
    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            heard: list[Any] = []
            hub.subscribe(Topic(TopicKind.BOOK, BTC, depth=50), heard.extend)
            await until(lambda: bool(feed.topics))
            for form, number in (("snapshot", 900), ("delta", 1)):
                data = {"s": "BTCUSDT", "b": [["1", "1"]], "a": [["2", "1"]], "u": number, "seq": 1000 - number}
                message = {"topic": "orderbook.50.BTCUSDT", "type": form, "ts": START_MS, "data": data}
                await feed.say([json.dumps(message)])
            await until(lambda: len(heard) == 2)
            assert [event.is_snapshot for event in heard] == [True, True]

    asyncio.run(work())


# --- requests


class Source:
    """Answers pages of candles; fails first, in whatever way."""

    page_limit = 1000

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked: list[tuple[int, int]] = []

    def candles(self, _market: Market, _frame: Timeframe, start_ms: int, end_ms: int) -> CandlePage:
        self.asked.append((start_ms, end_ms))
        if self.failures:
            raise self.failures.pop(0)
        return CandlePage(minute_candles(60).between(start_ms, end_ms), None, START_MS + 100 * MINUTE_MS)


def test_feed_goes_on_after_whatever_a_request_ends_with():
    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            source = Source(ExchangeError("no"), KeyError("list"), RuntimeError("odd"))
            final: list[int] = []
            CandleFeed(
                hub, source, BTC, Timeframe.M1, START_MS,  # type: ignore[arg-type]
                lambda changes: final.extend(change.open_time_ms for change in changes if change.is_closed),
            )  # fmt: skip
            await until(lambda: bool(feed.topics))
            await feed.say([candle(5, is_closed=False)])
            await until(lambda: len(final) == 4)
            assert final == [START_MS + bar * MINUTE_MS for bar in (1, 2, 3, 4)]
            assert len(source.asked) == 4

    asyncio.run(work())


def test_confirm_that_is_only_late_needs_no_request():
    async def work() -> None:
        async with feed_and_hub() as (feed, hub):
            source = Source()
            final: list[int] = []
            CandleFeed(
                hub, source, BTC, Timeframe.M1, START_MS,  # type: ignore[arg-type]
                lambda changes: final.extend(change.open_time_ms for change in changes if change.is_closed),
            )  # fmt: skip
            await until(lambda: bool(feed.topics))
            await feed.say([candle(1, is_closed=False), candle(2, is_closed=False)])
            await asyncio.sleep(0.05)
            await feed.say([candle(1, is_closed=True)])
            await until(lambda: bool(final))
            await asyncio.sleep(0.4)
            assert source.asked == []

    asyncio.run(work())


def test_requests_of_one_exchange_run_side_by_side():
    """The circuit breaker holds a lock while it calls: eight threads would wait for each other's answers."""
    guard = RequestGuard("Bybit", {"": Limit(1000)})
    threads = [threading.Thread(target=guard.call, args=(lambda: time.sleep(0.2),)) for _ in range(8)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun < 0.9


def test_requests_that_wait_for_their_turn_are_not_sent_once_the_address_is_shut_out():
    waited: list[float] = []
    guard = RequestGuard(
        "Bybit", {"": Limit(1, 0.3)}, wait=lambda seconds: (waited.append(seconds), time.sleep(seconds))
    )
    guard.call(lambda: None)

    def shut_out() -> None:
        guard._silent_until_s = time.monotonic() + 600.0

    timer = threading.Timer(0.1, shut_out)
    timer.start()
    with pytest.raises(ExchangeBusy):
        guard.call(lambda: pytest.fail("sent in spite of the ban"))
    assert waited
    timer.join()


def test_broken_way_is_found_by_many_threads_together_and_tried_again_by_one():
    guard = RequestGuard("Bybit", {"": Limit(1000)}, wait=lambda _seconds: None)

    def fail() -> None:
        raise Trouble(ExchangeUnreachable("no answer"), Remedy.AGAIN)

    for _ in range(2):
        with pytest.raises(ExchangeUnreachable):
            guard.call(fail)
    sent = guard.sent
    with pytest.raises(ExchangeUnreachable, match="several times in a row"):
        guard.call(lambda: pytest.fail("sent though the way is broken"))
    assert guard.sent == sent + 1
    guard._breaker.reset_timeout = 0
    assert guard.call(lambda: "answer") == "answer"
    assert guard.call(lambda: "answer") == "answer"
