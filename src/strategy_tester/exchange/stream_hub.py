"""The live stream of one exchange: one connection per category for everybody, kept alive, or known to be lost.

Everything here happens on one asyncio loop: that of the window, where qasync lets it live beside Qt, or one of its own.
Slots are short: a message is read, understood and handed on; whoever shows something collects until the next frame.
"""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import websockets
from websockets.asyncio.client import ClientConnection, connect

from strategy_tester.domain.market_events import (
    BookChange,
    Category,
    Market,
    MarketEvent,
    PublicTrade,
    StreamHealth,
    StreamState,
    Ticker,
)
from strategy_tester.domain.order_book import BookState, OrderBook
from strategy_tester.exchange.server_clock import ServerClock
from strategy_tester.exchange.wire import Reading, TickerChange, Wire
from strategy_tester.services.market_source import Listener, Topic, TopicKind

logger = logging.getLogger(__name__)
STALE_S = 4.0
"""Silence after which data count as stale: the sentinel speaks every three seconds."""
SILENT_S = 8.0
"""Silence after which the connection is given up and made anew."""
_WATCH_S = 0.25
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_STEADY_S = 30.0
_OPEN_TIMEOUT_S = 10.0
_RESYNC_EVERY_S = 1.0
_KEPT_TRADES = 4096
HealthListener = Callable[[StreamHealth], None]


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
    """

    def __init__(
        self,
        wire: Wire,
        clock: ServerClock | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        waits_s: tuple[float, float] = (_FIRST_WAIT_S, _LONGEST_WAIT_S),
    ) -> None:
        self.wire = wire
        self.clock = clock or ServerClock()
        self.waits_s = waits_s
        self._loop = loop or asyncio.get_running_loop()
        self._lines: dict[Category, _Line] = {}
        self._watchers: list[HealthListener] = []
        self._health = StreamHealth(wire.exchange, StreamState.CLOSED)
        self._is_closed = False
        self.messages = 0
        """Messages understood so far."""
        self.faulty = 0
        """Messages that could not be understood."""

    @property
    def health(self) -> StreamHealth:
        """How the connection is doing; the worst of all categories."""
        return self._health

    def subscribe(self, topic: Topic, listener: Listener) -> _Registration:
        """Listen to a topic from now on; the exchange is asked by the first listener only."""
        line = self._line(topic.market.category)
        line.add(topic, listener)
        return _Registration(lambda: line.remove(topic, listener))

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
        line = self._lines.get(market.category)
        return line.books.get(Topic(TopicKind.BOOK, market, depth=depth)) if line is not None else None

    def ticker(self, market: Market) -> Ticker | None:
        """The latest ticker of a subscribed market."""
        line = self._lines.get(market.category)
        return line.tickers.get(market) if line is not None else None

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
        if health != self._health:
            self._health = health
            for watcher in list(self._watchers):
                watcher(health)

    def _worst(self) -> StreamHealth:
        order = [StreamState.LOST, StreamState.CONNECTING, StreamState.STALE, StreamState.LIVE]
        healths = [line.health for line in self._lines.values() if line.is_wanted]
        if not healths:
            return StreamHealth(self.wire.exchange, StreamState.CLOSED)
        return min(healths, key=lambda health: order.index(health.state))

    def _line(self, category: Category) -> "_Line":
        if self._is_closed:
            raise RuntimeError("the stream was closed")
        if category not in self._lines:
            self._lines[category] = _Line(self, category, self._loop)
        return self._lines[category]


class _Line:
    """The connection of one category, with everybody who listens to it."""

    def __init__(self, hub: StreamHub, category: Category, loop: asyncio.AbstractEventLoop) -> None:
        self.books: dict[Topic, OrderBook] = {}
        self.tickers: dict[Market, Ticker] = {}
        self.health = StreamHealth(hub.wire.exchange, StreamState.CONNECTING)
        self._hub, self._category, self._loop = hub, category, loop
        self._listeners: dict[Topic, list[Listener]] = {}
        self._topics: dict[str, Topic] = {}
        self._sentinel: Topic | None = None
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._helpers: set[asyncio.Task[None]] = set()
        self._heard_s = 0.0
        self._latency_ms: float | None = None
        self._reconnects = 0
        self._resynced_s: dict[Topic, float] = {}
        self._seen_trades: dict[Topic, OrderedDict[str, None]] = {}
        self._pending: set[str] = set()
        self._flush: asyncio.Handle | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    # --- listeners

    def add(self, topic: Topic, listener: Listener) -> None:
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(listener)
        if len(listeners) == 1:
            self._begin(topic)
        elif topic.kind is TopicKind.TICKER and (known := self.tickers.get(topic.market)) is not None:
            listener([known])
        elif (book := self.books.get(topic)) is not None and book.is_usable:
            listener([_snapshot_of(book, topic)])
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._stay_connected())
        self._hub.tell_health()

    def remove(self, topic: Topic, listener: Listener) -> None:
        listeners = self._listeners.get(topic, [])
        if listener in listeners:
            listeners.remove(listener)
        if listeners:
            return
        self._listeners.pop(topic, None)
        name = self._hub.wire.topic_name(topic)
        if topic != self._sentinel:
            self._topics.pop(name, None)
            self.books.pop(topic, None)
            self._send(self._hub.wire.unsubscribe(self._category, [name]))
        if topic.kind is TopicKind.TICKER:
            self.tickers.pop(topic.market, None)
        if not self._listeners:
            self._rest()
        self._hub.tell_health()

    def _begin(self, topic: Topic) -> None:
        self._listen_to(topic)
        if self._sentinel is None:
            self._sentinel = self._hub.wire.sentinel(topic)
            if self._sentinel is not None:
                self._listen_to(self._sentinel)

    def _listen_to(self, topic: Topic) -> None:
        name = self._hub.wire.topic_name(topic)
        if name in self._topics:
            return
        self._topics[name] = topic
        if topic.kind is TopicKind.BOOK:
            self.books[topic] = OrderBook(topic.depth)
        self._pending.add(name)
        if self._flush is None:
            # Many panels ask in one pass of the loop: the exchange is asked once.
            self._flush = self._loop.call_soon(self._ask_pending)

    def _ask_pending(self) -> None:
        self._flush = None
        names, self._pending = sorted(self._pending), set()
        self._send(self._hub.wire.subscribe(self._category, names))

    def _rest(self) -> None:
        """Nobody listens any more: the connection ends."""
        self._sentinel = None
        self._topics.clear()
        self.books.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        """End the connection and every task."""
        task, self._task = self._task, None
        self._listeners.clear()
        for one in [task, *self._helpers]:
            if one is not None:
                one.cancel()
        await asyncio.gather(*(one for one in [task, *self._helpers] if one is not None), return_exceptions=True)

    # --- the connection

    async def _stay_connected(self) -> None:
        tries = 0
        while self._listeners:
            self._tell(StreamState.CONNECTING)
            begun = self._loop.time()
            reason = ""
            try:
                await self._talk()
                reason = "the exchange closed the connection"
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                reason = _words(error)
            except ValueError as error:  # an address that is none, a handshake that is no answer
                reason = str(error)
            finally:
                self._socket = None
                self._lose_books()
            if self._loop.time() - begun > _STEADY_S:
                tries = 0
            tries += 1
            self._reconnects += 1
            first_s, longest_s = self._hub.waits_s
            wait_s = min(first_s * 2.0 ** min(tries - 1, 30), longest_s)
            wait_s *= 0.5 + random.random() / 2.0  # noqa: S311  spreads the tries of many programs
            logger.info("%s %s: %s; next try in %.1f s", self._hub.wire.name, self._category.value, reason, wait_s)
            self._tell(StreamState.LOST, reason=reason, retry_in_s=round(wait_s, 1))
            await asyncio.sleep(wait_s)

    async def _talk(self) -> None:
        url = self._hub.wire.url(self._category)
        async with connect(
            url, open_timeout=_OPEN_TIMEOUT_S, close_timeout=1.0, max_queue=1024, max_size=4 << 20, compression=None,
            ping_interval=20.0, ping_timeout=20.0, proxy=None if "//127.0.0.1" in url else True,
        ) as socket:  # fmt: skip
            self._socket = socket
            self._heard_s = self._loop.time()
            self._pending.clear()
            for request in self._hub.wire.subscribe(self._category, sorted(self._topics)):
                await socket.send(request)
            helpers = [self._loop.create_task(self._ping()), self._loop.create_task(self._watch(socket))]
            self._helpers.update(helpers)
            try:
                async for text in socket:
                    self._take(text)
            finally:
                for helper in helpers:
                    helper.cancel()
                self._helpers.difference_update(helpers)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._hub.wire.ping_every_s)
            if text := self._hub.wire.ping():
                self._send([text])

    async def _watch(self, socket: ClientConnection) -> None:
        """A socket that is open but tells nothing is as good as lost: pongs are no data."""
        while True:
            await asyncio.sleep(_WATCH_S)
            silent_s = self._loop.time() - self._heard_s
            if silent_s > SILENT_S:
                logger.warning("%s %s: no data for %.0f s", self._hub.wire.name, self._category.value, silent_s)
                self._tell(StreamState.LOST, reason=f"no data for {silent_s:.0f} s")
                socket.transport.abort()
                return
            if silent_s > STALE_S:
                self._tell(StreamState.STALE, reason=f"no data for {silent_s:.0f} s")

    def _send(self, requests: list[str]) -> None:
        socket = self._socket
        if socket is None or not requests:
            return

        async def send() -> None:
            try:
                for request in requests:
                    await socket.send(request)
            except websockets.ConnectionClosed:
                return  # the topics are asked for anew with the next connection

        task = self._loop.create_task(send())
        self._helpers.add(task)
        task.add_done_callback(self._helpers.discard)

    # --- messages

    def _take(self, text: str | bytes) -> None:
        try:
            reading = self._hub.wire.read(text, self._category)
        except (ValueError, KeyError, TypeError, IndexError):
            self._hub.faulty += 1
            if self._hub.faulty in {1, 10, 100, 1000}:
                logger.warning("%s: message %d that is not understood", self._hub.wire.name, self._hub.faulty)
            return
        if reading.failure:
            logger.warning("%s: a subscription was refused: %s", self._hub.wire.name, reading.failure)
        if not reading.topic:
            return
        self._hub.messages += 1
        self._heard_s = self._loop.time()
        if reading.time_ms and self._hub.clock.is_known:
            self._latency_ms = max(self._hub.clock.now_ms() - reading.time_ms, 0)
        if self.health.state is not StreamState.LIVE:
            self._tell(StreamState.LIVE)
        self._hand_on(reading)

    def _hand_on(self, reading: Reading) -> None:
        topic = self._topics.get(reading.topic)
        if topic is None:
            return  # unsubscribed a moment ago
        events = [event for one in reading.events if (event := self._understood(topic, one)) is not None]
        if not events:
            return
        for listener in list(self._listeners.get(topic, ())):
            try:
                listener(events)
            except Exception:
                logger.exception("a listener of %s failed", reading.topic)

    def _understood(self, topic: Topic, event: MarketEvent | TickerChange) -> MarketEvent | None:
        """What listeners are told of an event; None for what is old, doubled or not to be trusted."""
        if isinstance(event, TickerChange):
            return self._merged(event)
        if isinstance(event, BookChange):
            return event if self._keep_book(topic, event) else None
        if isinstance(event, PublicTrade):
            return event if self._is_new(topic, event) else None
        return event

    def _is_new(self, topic: Topic, trade: PublicTrade) -> bool:
        """Whether a trade was not told before: messages may come twice."""
        seen = self._seen_trades.setdefault(topic, OrderedDict())
        if trade.trade_id in seen:
            return False
        seen[trade.trade_id] = None
        if len(seen) > _KEPT_TRADES:
            seen.popitem(last=False)
        return True

    def _merged(self, change: TickerChange) -> Ticker | None:
        """The whole ticker after a change; None for a change that came before the snapshot."""
        known = self.tickers.get(change.market)
        if change.is_snapshot:
            known = Ticker(change.market, change.time_ms)
        elif known is None:
            return None
        values: dict[str, object] = {**change.changes, "time_ms": change.time_ms}
        ticker = replace(known, **values)  # type: ignore[arg-type]
        self.tickers[change.market] = ticker
        return ticker

    def _keep_book(self, topic: Topic, change: BookChange) -> bool:
        """Apply a change to the local book; False when it is unusable and listeners must not draw on."""
        book = self.books.get(topic)
        if book is None:
            return True
        before = book.update_id
        state = book.apply(change)
        if state is BookState.LOST:
            self._resync(topic)
            return False
        return state is BookState.IN_SYNC and (book.update_id != before or change.is_snapshot)

    def _resync(self, topic: Topic) -> None:
        """Ask for a new snapshot, not more often than once a second."""
        now = self._loop.time()
        if now - self._resynced_s.get(topic, -_RESYNC_EVERY_S) < _RESYNC_EVERY_S:
            return
        self._resynced_s[topic] = now
        name = self._hub.wire.topic_name(topic)
        wire = self._hub.wire
        self._send(wire.unsubscribe(self._category, [name]) + wire.subscribe(self._category, [name]))

    def _lose_books(self) -> None:
        for book in self.books.values():
            book.lose()
        self.tickers.clear()

    def _tell(self, state: StreamState, *, reason: str = "", retry_in_s: float | None = None) -> None:
        silent_ms = (self._loop.time() - self._heard_s) * 1000.0 if self._heard_s else 0.0
        self.health = StreamHealth(
            self._hub.wire.exchange, state, self._latency_ms if state is StreamState.LIVE else None,
            round(silent_ms), self._reconnects, retry_in_s, reason,
        )  # fmt: skip
        self._hub.tell_health()


def _snapshot_of(book: OrderBook, topic: Topic) -> BookChange:
    return BookChange(
        topic.market, topic.depth, True, book.update_id, book.sequence, tuple(book.bids()), tuple(book.asks()),
        book.time_ms, book.time_ms,
    )  # fmt: skip


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the exchange did not answer in time"
    if isinstance(error, websockets.InvalidStatus):
        return f"the exchange refused the connection (HTTP {error.response.status_code})"
    if isinstance(error, websockets.ConnectionClosed):
        return "the connection was cut"
    return "the exchange cannot be reached"
