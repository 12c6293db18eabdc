"""A socket server that says what it is told to say, in Bybit's public topics, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.server import ServerConnection, serve

from strategy_tester.exchange.bybit.rest import practice_place
from strategy_tester.exchange.bybit.wire import BybitWire
from strategy_tester.exchange.stream_hub import StreamHub


class Feed:
    """See the module.

    `refuses` names topics that are refused, together with everything asked in the same request.
    """

    def __init__(self) -> None:
        self.refuses: set[str] = set()
        self.topics: set[str] = set()
        self.connections = 0
        self.sockets: set[ServerConnection] = set()
        self.port = 0

    async def talk(self, socket: ServerConnection) -> None:
        self.connections += 1
        self.sockets.add(socket)
        self.topics.clear()
        try:
            async for text in socket:
                await self._answer(socket, json.loads(text))
        except websockets.ConnectionClosed:
            return
        finally:
            self.sockets.discard(socket)
            if not self.sockets:
                self.topics.clear()

    async def _answer(self, socket: ServerConnection, request: dict[str, Any]) -> None:
        names = set(request.get("args", ()))
        is_refused = request["op"] == "subscribe" and bool(names & self.refuses)
        if request["op"] == "subscribe" and not is_refused:
            self.topics |= names
        if request["op"] == "unsubscribe":
            self.topics -= names
        answer = {"success": not is_refused, "ret_msg": "error:handler not found" if is_refused else "", "conn_id": "1"}
        await socket.send(json.dumps(answer | {"req_id": request.get("req_id", ""), "op": request["op"]}))

    async def say(self, texts: Iterable[str | bytes]) -> None:
        """Send to everybody who is connected."""
        for socket in list(self.sockets):
            for text in texts:
                await socket.send(text)

    def deafen(self) -> None:
        """Hear nothing more on the connections there are, not even that they are to end."""
        for socket in list(self.sockets):
            socket.transport.pause_reading()

    def cut(self) -> None:
        """End all connections without a word."""
        for socket in list(self.sockets):
            socket.transport.abort()


@asynccontextmanager
async def feed_and_hub(waits_s: tuple[float, float] = (0.01, 0.05)) -> AsyncIterator[tuple[Feed, StreamHub]]:
    """A feed, and a hub that listens to it once somebody subscribes."""
    feed = Feed()
    async with serve(feed.talk, "127.0.0.1", 0, compression=None) as server:
        feed.port = next(iter(server.sockets)).getsockname()[1]
        hub = StreamHub(BybitWire(practice_place(feed.port)), waits_s=waits_s)
        try:
            yield feed, hub
        finally:
            await hub.close()
            feed.cut()


async def until(is_so: Any, seconds: float = 20.0) -> None:
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def best_prices(number: int, symbol: str = "BTCUSDT", time_ms: int = 1_735_689_600_000) -> str:
    """A message of `orderbook.1`."""
    data = {"s": symbol, "b": [["100", str(number)]], "a": [["101", "1"]], "u": number, "seq": number * 3}
    message = {"topic": f"orderbook.1.{symbol}", "type": "snapshot", "ts": time_ms, "data": data, "cts": time_ms}
    return json.dumps(message)


def ticker(price: float, symbol: str = "BTCUSDT", form: str = "snapshot", time_ms: int = 1_735_689_600_000) -> str:
    """A message of `tickers`."""
    data = {"symbol": symbol, "lastPrice": str(price)}
    return json.dumps({"topic": f"tickers.{symbol}", "type": form, "data": data, "cs": 1, "ts": time_ms})
