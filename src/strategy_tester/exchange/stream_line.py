"""One connection of a stream, with everybody who listens to it: kept alive, watched for silence, asked again."""

import asyncio
import logging
import random
from typing import TYPE_CHECKING

import websockets
from websockets.asyncio.client import ClientConnection, connect

from strategy_tester.domain.market_events import MarketEvent, StreamHealth, StreamState
from strategy_tester.exchange.local_copies import LocalCopies
from strategy_tester.exchange.wire import Reading
from strategy_tester.services.market_source import Listener, Topic

if TYPE_CHECKING:
    from strategy_tester.exchange.stream_hub import StreamHub

logger = logging.getLogger(__name__)
STALE_S = 4.0
"""Silence after which data count as stale: the sentinel speaks every three seconds."""
SILENT_S = 8.0
"""Silence after which the connection is given up and made anew."""
_WATCH_S = 0.25
_TELL_EVERY_S = 1.0
_STEADY_S = 30.0
_OPEN_TIMEOUT_S = 10.0
_LONGEST_TURN_S = 0.004
"""Messages that wait are read on for so long; then the loop's other work has its turn: painting, keys, the mouse."""


class StreamLine:
    """One connection. Made and driven by the hub.

    Args:
        hub: Whom it belongs to.
        route: Which of the exchange's addresses.
        loop: Where it lives.
    """

    def __init__(self, hub: "StreamHub", route: str, loop: asyncio.AbstractEventLoop) -> None:
        wire = hub.wire
        self.copies = LocalCopies(self._ask_anew, loop.time, wire.requests_book)
        self.health = StreamHealth(wire.exchange, StreamState.CONNECTING)
        self._hub, self._route, self._loop = hub, route, loop
        self._listeners: dict[Topic, list[Listener]] = {}
        self._topics: dict[str, Topic] = {}
        self._sentinel: Topic | None = None
        self._refused: set[str] = set()
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._helpers: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()
        self._requested: set[Topic] = set()
        self._heard_s = 0.0
        self._told_s = 0.0
        self._latency_ms: float | None = None
        self._reconnects = 0
        self._given_up = ""
        self._pending: set[str] = set()
        self._flush: asyncio.Handle | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    # --- listeners

    def add(self, topic: Topic, listener: Listener) -> None:
        """Somebody listens to a topic."""
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(listener)
        if len(listeners) == 1:
            self._listen_to(topic)
            self._choose_sentinel()
        if (known := self.copies.known(topic)) is not None:
            listener([known])
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._stay_connected())
        self._hub.tell_health()

    def remove(self, topic: Topic, listener: Listener) -> None:
        """Somebody listens no longer."""
        listeners = self._listeners.get(topic, [])
        if listener in listeners:
            listeners.remove(listener)
        if listeners or topic not in self._listeners:
            return
        del self._listeners[topic]
        if not self._listeners:
            self._rest()
        elif topic != self._sentinel:
            self._stop_listening_to(topic)
        self._hub.tell_health()

    def _listen_to(self, topic: Topic) -> None:
        name = self._hub.wire.topic_name(topic)
        if name in self._topics:
            return
        self._topics[name] = topic
        self.copies.begin(topic)
        self._pending.add(name)
        if self._flush is None:
            # Many panels ask in one pass of the loop: the exchange is asked once.
            self._flush = self._loop.call_soon(self._ask_pending)

    def _stop_listening_to(self, topic: Topic) -> None:
        name = self._hub.wire.topic_name(topic)
        self._topics.pop(name, None)
        self._refused.discard(name)
        self.copies.forget(topic)
        if name in self._pending:
            self._pending.discard(name)
        else:
            self._send(self._hub.wire.unsubscribe(self._route, [name]))

    def _choose_sentinel(self) -> None:
        """A topic that speaks every few seconds, of a market that the exchange has not refused."""
        if self._sentinel is not None:
            return
        for topic in self._listeners:
            sentinel = self._hub.wire.sentinel(topic)
            if sentinel is not None and self._hub.wire.topic_name(sentinel) not in self._refused:
                self._sentinel = sentinel
                self._listen_to(sentinel)
                return

    def _ask_pending(self) -> None:
        self._flush = None
        names, self._pending = sorted(self._pending), set()
        self._send(self._hub.wire.subscribe(self._route, names))

    def _rest(self) -> None:
        """Nobody listens any more: the connection ends."""
        self._sentinel = None
        for topic in self._topics.values():
            self.copies.forget(topic)
        self._topics.clear()
        self._pending.clear()
        self._refused.clear()
        self.health = StreamHealth(self._hub.wire.exchange, StreamState.CONNECTING, reconnects=self._reconnects)
        task, self._task = self._task, None
        self._socket = None
        if task is not None:
            self._keep(task)
            task.cancel()

    async def close(self) -> None:
        """End the connection and every task."""
        self._listeners.clear()
        self._rest()
        tasks = list(self._helpers)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- the connection

    async def _stay_connected(self) -> None:
        tries = 0
        while self._listeners:
            self._tell(StreamState.CONNECTING)
            begun = self._loop.time()
            self._given_up = ""
            reason = "the exchange closed the connection"
            try:
                await self._talk()
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                reason = _words(error)
            except ValueError as error:  # an address that is none, a handshake that is no answer
                reason = str(error)
            except Exception as error:
                logger.exception("%s %s: the stream stumbled", self._hub.wire.name, self._route)
                reason = f"the connection failed ({type(error).__name__})"
            finally:
                if self._task is asyncio.current_task():  # else its place is taken already
                    self._socket = None
                    self.copies.lose()
            reason = self._given_up or reason
            tries = 1 if self._loop.time() - begun > _STEADY_S else tries + 1
            self._reconnects += 1
            wait_s = self._wait_s(tries)
            logger.info("%s %s: %s; next try in %.1f s", self._hub.wire.name, self._route, reason, wait_s)
            self._tell(StreamState.LOST, reason=reason, retry_in_s=round(wait_s, 1))
            await asyncio.sleep(wait_s)

    def _wait_s(self, tries: int) -> float:
        first_s, longest_s = self._hub.waits_s
        wait_s = min(first_s * 2.0 ** min(tries - 1, 30), longest_s)
        return wait_s * (0.5 + random.random() / 2.0)  # noqa: S311  spreads the tries of many programs

    async def _talk(self) -> None:
        url = self._hub.wire.url(self._route)
        async with connect(
            url, open_timeout=_OPEN_TIMEOUT_S, close_timeout=1.0, max_queue=1024, max_size=4 << 20, compression=None,
            ping_interval=20.0, ping_timeout=20.0, proxy=None if "//127.0.0.1" in url else True,
        ) as socket:  # fmt: skip
            self._socket = socket
            self._heard_s = self._loop.time()
            self._ask_everything()
            helpers = [self._loop.create_task(self._ping()), self._loop.create_task(self._watch(socket))]
            for helper in helpers:
                self._keep(helper)
            try:
                turn_s = self._loop.time()
                async for text in socket:
                    self._take(text)
                    if self._loop.time() - turn_s > _LONGEST_TURN_S:
                        # Reading a message that is already here does not give way by itself.
                        await asyncio.sleep(0)
                        turn_s = self._loop.time()
            finally:
                for helper in helpers:
                    helper.cancel()

    def _ask_everything(self) -> None:
        """With a new connection everything is asked for again; what was refused before must not spoil the rest."""
        self._pending.clear()
        wire = self._hub.wire
        welcome = sorted(set(self._topics) - self._refused)
        requests = wire.subscribe(self._route, welcome)
        for name in sorted(self._refused & set(self._topics)):
            requests += wire.subscribe(self._route, [name])
        self._send(requests)

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
                self._given_up = f"no data for {silent_s:.0f} s"
                logger.warning("%s %s: %s", self._hub.wire.name, self._route, self._given_up)
                self._tell(StreamState.LOST, reason=self._given_up)
                socket.transport.abort()
                return
            if silent_s > STALE_S:
                self.copies.lose_books()  # what was not told meanwhile may never be
                self._tell(StreamState.STALE, reason=f"no data for {silent_s:.0f} s")
            elif self.health.state is StreamState.LIVE and self._loop.time() - self._told_s >= _TELL_EVERY_S:
                self._tell(StreamState.LIVE)

    def _send(self, requests: list[str]) -> None:
        """Send requests in the order of the calls."""
        socket = self._socket
        if socket is None or not requests:
            return

        async def send() -> None:
            async with self._sending:
                try:
                    for request in requests:
                        await socket.send(request)
                except websockets.ConnectionClosed:
                    return  # the topics are asked for anew with the next connection

        self._keep(self._loop.create_task(send()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._helpers.add(task)
        task.add_done_callback(self._helpers.discard)

    # --- messages

    def _take(self, text: str | bytes) -> None:
        try:
            reading = self._hub.wire.read(text, self._route)
        except Exception as error:  # noqa: BLE001  whatever a message holds, it must not end the stream
            self._count_odd(1, type(error).__name__)
            return
        if reading.odd:
            self._count_odd(reading.odd, reading.topic)
        if reading.failure:
            self._meet_refusal(reading)
        if not reading.topic:
            return
        self._hub.messages += 1
        self._heard_s = self._loop.time()
        if reading.time_ms and self._hub.clock.is_known:
            self._latency_ms = max(self._hub.clock.now_ms() - reading.time_ms, 0)
        if self.health.state is not StreamState.LIVE:
            self._tell(StreamState.LIVE)
        topic = self._topics.get(reading.topic)
        if topic is None:
            return  # unsubscribed a moment ago
        self._hand_on(topic, [told for event in reading.events for told in self.copies.understood(topic, event)])

    def _count_odd(self, count: int, what: str) -> None:
        before = self._hub.faulty
        self._hub.faulty += count
        if len(str(before)) < len(str(self._hub.faulty)) or not before:
            logger.warning("%s: message %d that is not understood (%s)", self._hub.wire.name, self._hub.faulty, what)

    def _hand_on(self, topic: Topic, events: list[MarketEvent]) -> None:
        if not events:
            return
        for listener in list(self._listeners.get(topic, ())):
            try:
                listener(events)
            except Exception:
                logger.exception("a listener of %s failed", topic)

    def _meet_refusal(self, reading: Reading) -> None:
        """One topic that the exchange does not know spoils a whole request: the halves are asked for on their own."""
        names = [name for name in reading.refused if name in self._topics]
        if len(names) > 1:
            middle = len(names) // 2
            for half in (names[:middle], names[middle:]):
                self._send(self._hub.wire.subscribe(self._route, half))
            return
        logger.warning("%s: a subscription was refused: %s", self._hub.wire.name, reading.failure)
        self._hub.refused += len(set(names) - self._refused)
        self._refused.update(names)
        if self._sentinel is not None and self._hub.wire.topic_name(self._sentinel) in self._refused:
            self._sentinel = None
            self._choose_sentinel()

    # --- beginnings

    def _ask_anew(self, topic: Topic) -> None:
        """Ask for a new snapshot."""
        wire, name = self._hub.wire, self._hub.wire.topic_name(topic)
        if wire.requests_book(topic):
            if topic not in self._requested:
                self._requested.add(topic)
                self._keep(self._loop.create_task(self._request_book(topic)))
        else:
            self._send(wire.unsubscribe(self._route, [name]) + wire.subscribe(self._route, [name]))

    async def _request_book(self, topic: Topic) -> None:
        request = self._hub.request_book
        try:
            if request is not None:
                change = await self._loop.run_in_executor(self._hub.executor, request, topic)
                if topic in self.copies.books and self._socket is not None:
                    self._hand_on(topic, self.copies.understood(topic, change))
        except Exception as error:  # noqa: BLE001  the next change asks again
            logger.warning("%s: no snapshot of %s: %s", self._hub.wire.name, topic.market, error)
        finally:
            self._requested.discard(topic)

    def _tell(self, state: StreamState, *, reason: str = "", retry_in_s: float | None = None) -> None:
        self._told_s = self._loop.time()
        silent_ms = (self._told_s - self._heard_s) * 1000.0 if self._heard_s else 0.0
        self.health = StreamHealth(
            self._hub.wire.exchange, state, self._latency_ms if state is StreamState.LIVE else None,
            round(silent_ms), self._reconnects, retry_in_s, reason,
        )  # fmt: skip
        self._hub.tell_health()


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the exchange did not answer in time"
    if isinstance(error, websockets.InvalidStatus):
        return f"the exchange refused the connection (HTTP {error.response.status_code})"
    if isinstance(error, websockets.ConnectionClosed):
        return "the connection was cut"
    return "the exchange cannot be reached"
