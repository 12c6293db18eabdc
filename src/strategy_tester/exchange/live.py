"""Live markets: a stream hub for every exchange that somebody listens to, and the practice exchange."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.market_events import Market, StreamHealth, StreamState, Ticker
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance.source import BinanceSource
from strategy_tester.exchange.binance.wire import BinanceWire, stream_address
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.bybit.wire import BybitWire
from strategy_tester.exchange.candle_feed import CandleFeed
from strategy_tester.exchange.request_threads import RequestThreads
from strategy_tester.exchange.stream_hub import StreamHub
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.live_markets import OnChanges, PracticePlan, PracticeState
from strategy_tester.services.market_source import Listener, MarketSource, Subscription, Topic

logger = logging.getLogger(__name__)
_REQUEST_THREADS = 4
_CLOCK_EVERY_S = 60.0
_IDLE_S = 1.0


class PracticeServer(Protocol):
    """A practice exchange that runs, as the composition hands it in."""

    def state(self) -> PracticeState:
        """How it is doing."""
        ...

    def set_speed(self, speed: float) -> None:
        """Market seconds in a real second from now on."""
        ...

    def stop(self) -> None:
        """End it; safe to call twice."""
        ...


StartPractice = Callable[[PracticePlan, Checkpoint], PracticeServer]


class LiveExchanges:
    """Live data of every exchange by name. See services.live_markets.LiveMarkets.

    Args:
        sources: Public data by request, by the same names.
        start_practice: Starts a practice exchange.
    """

    def __init__(self, sources: Callable[[str], MarketSource], start_practice: StartPractice) -> None:
        self._sources, self._start_practice = sources, start_practice
        self._hubs: dict[str, StreamHub] = {}
        self._feeds: list[CandleFeed] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._requests = RequestThreads(_REQUEST_THREADS, "candles")
        self._practice: PracticeServer | None = None
        self._lock = threading.Lock()

    def subscribe(self, name: str, topic: Topic, listener: Listener) -> Subscription:
        """Listen to a topic of an exchange."""
        return self._hub(name).subscribe(topic, listener)

    def watch_health(self, name: str, listener: Callable[[StreamHealth], None]) -> Subscription:
        """Be told how the connection to an exchange is doing."""
        return self._hub(name).watch_health(listener)

    def book(self, name: str, market: Market, depth: int) -> OrderBook | None:
        """The local copy of a subscribed book."""
        return self._hub(name).book(market, depth)

    def ticker(self, name: str, market: Market) -> Ticker | None:
        """The latest ticker of a subscribed market."""
        return self._hub(name).ticker(market)

    def now_ms(self, name: str) -> int:
        """The exchange's clock."""
        practice = self.practice()
        if practice is not None and practice.name == name:
            return practice.now_ms  # its time runs at a speed of its own: no offset holds
        return self._hub(name).clock.now_ms()

    def follow(
        self, name: str, market: Market, timeframe: Timeframe, last_final_ms: int, on_changes: OnChanges
    ) -> Subscription:
        """Follow a series from its last known candle on."""
        hub = self._hub(name)
        feed = CandleFeed(hub, self._sources(name), market, timeframe, last_final_ms, on_changes, self._requests)
        self._feeds = [one for one in self._feeds if not one.is_closed]
        self._feeds.append(feed)
        return feed

    def start_practice(self, plan: PracticePlan, checkpoint: Checkpoint) -> PracticeState:
        """Replay stored candles as a live exchange."""
        with self._lock:
            self._stop()
            self._practice = self._start_practice(plan, checkpoint)
            return self._practice.state()

    def stop_practice(self) -> None:
        """End the practice exchange."""
        with self._lock:
            self._stop()

    def practice(self) -> PracticeState | None:
        """The practice exchange that runs."""
        server = self._practice
        return server.state() if server is not None else None

    def set_practice_speed(self, speed: float) -> None:
        """Let its market time run faster or slower."""
        if self._practice is not None:
            self._practice.set_speed(speed)

    async def close(self) -> None:
        """End every connection and the practice exchange."""
        for feed in self._feeds:
            feed.close()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        hubs, self._hubs = list(self._hubs.values()), {}
        for hub in hubs:
            await hub.close()
        self._requests.shutdown(wait=False, cancel_futures=True)
        await asyncio.get_running_loop().run_in_executor(None, self.stop_practice)

    def _stop(self) -> None:
        server, self._practice = self._practice, None
        if server is not None:
            server.stop()

    def _hub(self, name: str) -> StreamHub:
        hub = self._hubs.get(name)
        if hub is None:
            source = self._sources(name)
            hub = self._hubs[name] = self._made(name, source)
            self._keepers.append(asyncio.get_event_loop().create_task(self._keep_clock(name, source)))
        return hub

    def _made(self, name: str, source: MarketSource) -> StreamHub:
        loop = asyncio.get_event_loop()
        if isinstance(source, BybitSource):
            return StreamHub(BybitWire(source.rest.place, source.exchange), source.rest.clock, loop)
        if isinstance(source, BinanceSource):
            return StreamHub(
                BinanceWire(stream_address(source.rest.address)), source.rest.clock, loop,
                request_book=lambda topic: source.order_book(topic.market, topic.depth), executor=self._requests,
            )  # fmt: skip
        raise InvalidParameter("exchange", name, "one with a live stream: Bybit, Binance or the practice exchange")

    async def _keep_clock(self, name: str, source: MarketSource) -> None:
        """Ask for the exchange's clock now and then while anybody listens: clocks drift, and computers sleep."""
        while True:
            if self._hubs[name].health.state is not StreamState.CLOSED:
                try:
                    await asyncio.get_running_loop().run_in_executor(self._requests, source.server_time_ms)
                except Exception as error:  # noqa: BLE001  the stream itself tells the user that something is wrong
                    logger.info("%s: the clock could not be asked for: %s", name, error)
                await asyncio.sleep(_CLOCK_EVERY_S)
            else:
                await asyncio.sleep(_IDLE_S)
