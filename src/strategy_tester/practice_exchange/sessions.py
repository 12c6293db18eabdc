"""One socket's side of a conversation: subscriptions, pings, and the faults its messages meet on the way."""

import asyncio
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from strategy_tester.practice_exchange.channels import Channel, Message
from strategy_tester.practice_exchange.faults import FaultScript

_LONGEST_ARGS = 21_000
_MOST_SPOT_ARGS = 10
FindChannel = Callable[[str, str], Channel | None]
CheckAuth = Callable[[list[object]], bool]


@dataclass(frozen=True)
class Clocks:
    """What time it is.

    Attributes:
        seconds: Real seconds since the exchange began.
        market_ms: Market time.
        told_ms: Market time as the exchange tells it, which may be off on purpose.
    """

    seconds: Callable[[], float]
    market_ms: Callable[[], int]
    told_ms: Callable[[], int]


class Session:
    """A connected socket.

    Args:
        kind: "linear", "inverse", "spot", "private" or "trade".
        socket: The connection.
        transport: What it runs on.
        faults: What goes wrong.
        find_channel: Gives the channel of a category and topic, or None.
        check_auth: Whether the arguments of `auth` are right.
        clocks: What time it is.
    """

    def __init__(
        self,
        kind: str,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        faults: FaultScript,
        find_channel: FindChannel,
        check_auth: CheckAuth,
        clocks: Clocks,
    ) -> None:
        self.kind = kind
        self.topics: dict[str, Channel] = {}
        self.is_authenticated = False
        self._socket, self._transport, self._faults = socket, transport, faults
        self._find_channel, self._check_auth = find_channel, check_auth
        self._seconds, self._market_ms, self._told_ms = clocks.seconds, clocks.market_ms, clocks.told_ms
        self._name = str(uuid.uuid4())
        self._outbox: asyncio.Queue[tuple[float, int, bytes]] = asyncio.Queue(maxsize=20_000)
        self._numbers = itertools.count()
        self._held_back: dict[str, Message] = {}
        self._length_of_args = 0

    async def talk(self) -> None:
        """Answer until the connection ends."""
        sender = asyncio.ensure_future(self._send_all())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._answer(message.data)
        finally:
            sender.cancel()

    def cut(self) -> None:
        """End the connection without a word, as a broken line does."""
        if self._transport is not None:
            self._transport.abort()

    def tell(self, topic: str, messages: list[Message]) -> None:
        """Send messages of a topic, through whatever goes wrong now."""
        now = self._seconds()
        if topic not in self.topics or self._faults.is_silent(now):
            return
        for message in self._confirms(topic, messages, now):
            self._tell_one(topic, message, now)

    # --- requests

    def _answer(self, text: str) -> None:
        try:
            request = orjson.loads(text)
        except ValueError:
            self._put({"success": False, "ret_msg": "Params Error", "conn_id": self._name, "op": ""})
            return
        operation = request.get("op") if isinstance(request, dict) else None
        args = request.get("args") if isinstance(request, dict) else None
        handlers = {
            "ping": self._ping,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "auth": self._auth,
        }
        handler = handlers.get(str(operation))
        if handler is None:
            self._put(
                {"success": False, "ret_msg": "Request not authorized", "conn_id": self._name, "op": str(operation)}
            )
            return
        handler(request, args if isinstance(args, list) else [])

    def _ping(self, request: Message, _args: list[Any]) -> None:
        stamp = str(self._told_ms())
        if self.kind == "private":
            self._put({"req_id": request.get("req_id", ""), "op": "pong", "args": [stamp], "conn_id": self._name})
        elif self.kind == "trade":
            self._put({"retCode": 0, "retMsg": "OK", "op": "pong", "data": [stamp], "connId": self._name})
        else:
            pong: Message = {"success": True, "ret_msg": "pong", "conn_id": self._name, "op": "ping"}
            if self.kind != "spot":
                pong["req_id"] = request.get("req_id", "")
            self._put(pong)

    def _auth(self, request: Message, args: list[Any]) -> None:
        self.is_authenticated = self._check_auth(args)
        if self.kind == "trade":
            code = 0 if self.is_authenticated else 10004
            self._put(
                {"retCode": code, "retMsg": "OK" if not code else "error sign", "op": "auth", "connId": self._name}
            )
            return
        message = "" if self.is_authenticated else "Params Error"
        self._put({"success": self.is_authenticated, "ret_msg": message, "op": "auth", "conn_id": self._name})

    def _subscribe(self, request: Message, args: list[Any]) -> None:
        topics = [str(topic) for topic in args]
        problem = self._problem_of(topics)
        if problem:
            self._acknowledge(request, "subscribe", problem)
            return
        if self.kind in ("private", "trade"):
            self._acknowledge(request, "subscribe", "" if self.is_authenticated else "Request not authorized")
            return
        found = [(topic, self._find_channel(self.kind, topic)) for topic in topics]
        missing = next((topic for topic, channel in found if channel is None), None)
        if missing is not None:
            self._acknowledge(request, "subscribe", f"error:handler not found,topic:{missing}")
            return
        self._length_of_args += sum(map(len, topics))
        self._acknowledge(request, "subscribe", "")
        for topic, channel in found:
            if channel is not None and topic not in self.topics:
                self._greet(topic, channel)

    def _greet(self, topic: str, channel: Channel) -> None:
        self.topics[topic] = channel
        now = self._seconds()
        early = self._faults.happens("delta_first", now, topic)
        greeting = channel.greet(self._market_ms())
        if early is not None:
            for message in greeting:
                self._put(message | {"type": "delta"})
        if not self._faults.is_silent(now):
            for message in greeting:
                self._put(message)

    def _problem_of(self, topics: list[str]) -> str:
        if self.kind == "spot" and len(topics) > _MOST_SPOT_ARGS:
            return "args size >10"
        if self._length_of_args + sum(map(len, topics)) > _LONGEST_ARGS:
            return "args length exceeds 21000"
        return "" if topics else "Params Error"

    def _unsubscribe(self, request: Message, args: list[Any]) -> None:
        for topic in map(str, args):
            if self.topics.pop(topic, None) is not None:
                self._length_of_args -= len(topic)
        self._acknowledge(request, "unsubscribe", "")

    def _acknowledge(self, request: Message, operation: str, problem: str) -> None:
        self._put({
            "success": not problem, "ret_msg": problem, "conn_id": self._name, "req_id": request.get("req_id", ""),
            "op": operation,
        })  # fmt: skip

    # --- faults on the way

    def _confirms(self, topic: str, messages: list[Message], now: float) -> list[Message]:
        """The messages of a candle's topic with its closing ones lost, doubled or joined."""
        if not topic.startswith("kline."):
            return messages
        told: list[Message] = []
        for message in messages:
            is_closing = message["data"][-1]["confirm"]
            if is_closing and self._faults.happens("lose_confirm", now, topic):
                continue
            told.append(message)
            if is_closing and self._faults.happens("repeat_confirm", now, topic):
                told.append(message)
        if len(told) > 1 and self._faults.happens("join_confirm", now, topic):
            return [told[0] | {"data": [item for message in told for item in message["data"]]}]
        return told

    def _tell_one(self, topic: str, message: Message, now: float) -> None:
        is_change = topic.startswith("orderbook.") and message["type"] == "delta"
        if self._faults.happens("drop", now, topic):
            return
        if is_change and self._faults.happens("skip_book_delta", now, topic):
            return
        held = self._held_back.pop(topic, None)
        if held is None and self._faults.happens("reorder", now, topic):
            self._held_back[topic] = message
            return
        late = self._faults.happens("delay", now, topic)
        self._put(message, late.ms / 1000.0 if late is not None else 0.0)
        if self._faults.happens("duplicate", now, topic):
            self._put(message)
        if held is not None:
            self._put(held)

    def _put(self, message: Message, late_s: float = 0.0) -> None:
        try:
            self._outbox.put_nowait((self._seconds() + late_s, next(self._numbers), orjson.dumps(message)))
        except asyncio.QueueFull:  # a listener that does not listen
            self.cut()

    async def _send_all(self) -> None:
        while True:
            due, _, text = await self._outbox.get()
            wait = due - self._seconds()
            if wait > 0.0:
                await asyncio.sleep(wait)
            try:
                await self._socket.send_str(text.decode())
            except ConnectionError:
                return
