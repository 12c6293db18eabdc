"""The live stream of one exchange: shared by everybody who listens, kept alive, or known to be lost.

Everything here happens on one asyncio loop: that of the window, where qasync lets it live beside Qt, or one of its own.
Slots are short: a message is read, understood and handed on; whoever shows something collects until the next frame.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor

from strategy_tester.domain.market_events import BookChange, Market, StreamHealth, StreamState, Ticker
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.exchange.server_clock import ServerClock
from strategy_tester.exchange.stream_line import StreamLine
from strategy_tester.exchange.wire import Wire
from strategy_tester.services.market_source import Listener, Topic, TopicKind

logger = logging.getLogger(__name__)
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
HealthListener = Callable[[StreamHealth], None]
RequestBook = Callable[[Topic], BookChange]
_WORST_FIRST = (StreamState.LOST, StreamState.CONNECTING, StreamState.STALE, StreamState.LIVE)


class _Registration:
    """One listener's wish; cancelling it twice is safe."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel: Callable[[], None] | None = cancel

    def cancel(self) -> None:
        """Listen no longer."""
        cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()


class StreamHub:
    """A MarketStream over websockets. Use it on its loop's thread.

    Args:
        wire: The exchange's sockets.
        clock: The exchange's clock, shared with the requests.
        loop: Where it lives; the running one by default.
        waits_s: Before the second try to connect, and at most; doubles in between, with jitter.
        request_book: Requests the snapshot of a book, where the stream tells none; blocks.
        executor: Where requests wait for their answer; the loop's own by default.
    """

    def __init__(
        self,
        wire: Wire,
        clock: ServerClock | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        waits_s: tuple[float, float] = (_FIRST_WAIT_S, _LONGEST_WAIT_S),
        request_book: RequestBook | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.wire = wire
        self.clock = clock or ServerClock()
        self.waits_s = waits_s
        self.request_book, self.executor = request_book, executor
        self._loop = loop or asyncio.get_running_loop()
        self._lines: dict[str, StreamLine] = {}
        self._watchers: list[HealthListener] = []
        self._health = StreamHealth(wire.exchange, StreamState.CLOSED)
        self._is_closed = False
        self.messages = 0
        """Messages understood so far."""
        self.faulty = 0
        """Messages, or parts of them, that could not be understood."""
        self.refused = 0
        """Topics that the exchange refused."""

    @property
    def health(self) -> StreamHealth:
        """How the connection is doing; the worst of all of them."""
        return self._health

    def subscribe(self, topic: Topic, listener: Listener) -> _Registration:
        """Listen to a topic from now on; the exchange is asked by the first listener only."""
        whole = self.wire.whole(topic)
        line = self._line(self.wire.route(whole))
        line.add(whole, listener)
        return _Registration(lambda: line.remove(whole, listener))

    def watch_health(self, listener: HealthListener) -> _Registration:
        """Be told how the connection is doing, at once and whenever that changes."""
        self._watchers.append(listener)
        listener(self._health)
        return _Registration(lambda: self._watchers.remove(listener))

    def clock_offset_ms(self) -> float:
        """What to add to this machine's clock to get the exchange's."""
        return self.clock.offset_ms

    def book(self, market: Market, depth: int) -> OrderBook | None:
        """The local copy of a subscribed book; None when nobody listens to it."""
        topic = self.wire.whole(Topic(TopicKind.BOOK, market, depth=depth))
        line = self._lines.get(self.wire.route(topic))
        return line.copies.books.get(topic) if line is not None else None

    def ticker(self, market: Market) -> Ticker | None:
        """The latest ticker of a subscribed market."""
        line = self._lines.get(self.wire.route(Topic(TopicKind.TICKER, market)))
        return line.copies.tickers.get(market) if line is not None else None

    async def close(self) -> None:
        """End every connection."""
        self._is_closed = True
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            await line.close()
        self.tell_health()

    def tell_health(self) -> None:
        """Tell the watchers when something changed; called by the connections."""
        health = self._worst()
        if health == self._health:
            return
        self._health = health
        for watcher in list(self._watchers):
            try:
                watcher(health)
            except Exception:
                logger.exception("a watcher of %s failed", self.wire.name)

    def _worst(self) -> StreamHealth:
        healths = [line.health for line in self._lines.values() if line.is_wanted]
        if not healths:
            return StreamHealth(self.wire.exchange, StreamState.CLOSED)
        return min(healths, key=lambda health: _WORST_FIRST.index(health.state))

    def _line(self, route: str) -> StreamLine:
        if self._is_closed:
            raise RuntimeError("the stream was closed")
        if route not in self._lines:
            self._lines[route] = StreamLine(self, route, self._loop)
        return self._lines[route]
