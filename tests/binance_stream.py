"""The local Binance server with its sockets: documented forms of the public USD-M streams, for tests."""

import asyncio
import itertools
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from binance_server import BinanceServer
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.practice_exchange.depth import Books, changes
from strategy_tester.practice_exchange.market import StagedMarket

_TICK_S = 0.02
_LEVELS = 60


class Depth:
    """One book as the stream tells it; ids skip, and only `pu` ties one change to the one before."""

    def __init__(self, market: StagedMarket, now_ms: int) -> None:
        self.market = market
        self.book: Books = market.book(now_ms, _LEVELS)
        self.last = 5000
        self.truth: dict[int, Books] = {self.last: self.book}

    def advance(self, now_ms: int) -> dict[str, Any] | None:
        book = self.market.book(now_ms, _LEVELS)
        if book == self.book:
            return None
        sides = [
            [[str(price), str(size)] for price, size in changes(old, new)]
            for old, new in zip(self.book, book, strict=True)
        ]
        before, self.book = self.last, book
        self.last = before + 3 + now_ms % 5
        self.truth[self.last] = book
        return {
            "e": "depthUpdate", "E": now_ms, "T": now_ms - 3, "s": self.market.market.symbol, "U": before + 2,
            "u": self.last, "pu": before, "b": sides[0], "a": sides[1],
        }  # fmt: skip


class BinanceStreamServer(BinanceServer):
    """Requests and sockets on one port.

    `lose` counts down over changes of books that are lost on the way.
    """

    def __init__(self, markets: list[StagedMarket], start_ms: int, speed: float = 1.0) -> None:
        super().__init__(markets, start_ms, speed=speed)
        self.depths = {name: Depth(market, start_ms) for name, market in self.markets.items()}
        self.sockets: dict[web.WebSocketResponse, tuple[str, set[str]]] = {}
        self.lose = 0
        self.is_silent = False
        self._told_ms = start_ms
        self._opens: dict[tuple[str, Timeframe], int] = {}

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> int:
        app = web.Application()
        app.router.add_get("/{route:public|market}/ws", self._socket)
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self._ticking = asyncio.create_task(self._tick())
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        self._ticking.cancel()
        self.cut()
        await super().close()

    def cut(self) -> None:
        for socket in list(self.sockets):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        streams: set[str] = set()
        self.sockets[socket] = request.match_info["route"], streams
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                wish = orjson.loads(message.data)
                bad = [one for one in wish["params"] if one.partition("@")[0].upper() not in self.markets]
                if bad:
                    answer: dict[str, Any] = {"error": {"code": 2, "msg": f"Invalid request: {bad[0]}"}}
                    await socket.send_str(orjson.dumps({**answer, "id": wish["id"]}).decode())
                    continue
                (streams.update if wish["method"] == "SUBSCRIBE" else streams.difference_update)(wish["params"])
                await socket.send_str(orjson.dumps({"result": None, "id": wish["id"]}).decode())
        finally:
            self.sockets.pop(socket, None)
        return socket

    async def _tick(self) -> None:
        for number in itertools.count():
            await asyncio.sleep(_TICK_S)
            now = self.clock.now_ms()
            messages = [one for name in self.markets for one in self._of(name, now, is_second=number % 20 == 0)]
            self._told_ms = now
            for socket, (route, streams) in list(self.sockets.items()):
                for stream, message in messages:
                    is_book = stream.endswith(("@depth@100ms", "@bookTicker"))
                    if stream in streams and is_book == (route == "public") and not self.is_silent:
                        await self._tell(socket, message)

    async def _tell(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        if message["e"] == "depthUpdate" and self.lose:
            self.lose -= 1
            return
        try:
            await socket.send_str(orjson.dumps(message).decode())
        except ConnectionError:
            self.sockets.pop(socket, None)

    def _of(self, name: str, now: int, *, is_second: bool) -> list[tuple[str, dict[str, Any]]]:
        market, lower = self.markets[name], name.lower()
        told: list[tuple[str, dict[str, Any]]] = []
        for frame in (Timeframe.M1, Timeframe.M5):
            told += [(f"{lower}@kline_{frame.value}", one) for one in self._candles(market, frame, now)]
        for time_ms, price, quantity, is_buy, trade in market.trades(self._told_ms, now):
            told.append((f"{lower}@aggTrade", {
                "e": "aggTrade", "E": now, "s": name, "a": int(trade.replace("-", ""), 16) % 2**53, "p": str(price),
                "q": str(quantity), "f": 1, "l": 2, "T": time_ms, "m": not is_buy,
            }))  # fmt: skip
        change = self.depths[name].advance(now)
        if change is not None:
            told.append((f"{lower}@depth@100ms", change))
            bids, asks = self.depths[name].book
            (bid, bid_size), (ask, ask_size) = next(iter(bids.items())), next(iter(asks.items()))
            told.append((f"{lower}@bookTicker", {
                "e": "bookTicker", "u": self.depths[name].last, "s": name, "b": str(bid), "B": str(bid_size),
                "a": str(ask), "A": str(ask_size), "T": now, "E": now,
            }))  # fmt: skip
        if is_second:
            told += [(f"{lower}@ticker", self._figures(name, now)), (f"{lower}@markPrice@1s", self._mark(name, now))]
        return told

    def _candles(self, market: StagedMarket, frame: Timeframe, now: int) -> list[dict[str, Any]]:
        name = market.market.symbol
        opened = self._opens.setdefault((name, frame), frame.open_of(now))
        told: list[dict[str, Any]] = []
        candles = market.candles(frame)
        while frame.next_open(opened) <= now:
            bar = int(candles.open_time_ms.searchsorted(opened))
            values = [float(candles.column(one)[bar]) for one in ("open", "high", "low", "close", "volume", "turnover")]
            told.append(self._candle(name, frame, opened, values, now, is_closed=True))
            opened = self._opens[name, frame] = frame.next_open(opened)
        forming = market.forming(frame, now)
        if forming is not None:
            told.append(self._candle(name, frame, opened, list(forming[1:]), now, is_closed=False))
        return told

    def _candle(
        self, name: str, frame: Timeframe, open_ms: int, values: list[float], now: int, *, is_closed: bool
    ) -> dict[str, Any]:
        fields = dict(zip(("o", "h", "l", "c", "v", "q"), map(repr, values), strict=True))
        item = {"t": open_ms, "T": frame.next_open(open_ms) - 1, "s": name, "i": frame.value, "f": 1, "L": 9, "n": 9}
        return {"e": "kline", "E": now, "s": name, "k": item | fields | {"x": is_closed, "V": "0", "Q": "0", "B": "0"}}

    def _figures(self, name: str, now: int) -> dict[str, Any]:
        figures = self.markets[name].figures(now)
        change = (figures.last_price / figures.price_24h_ago - 1.0) * 100.0
        return {
            "e": "24hrTicker", "E": now, "s": name, "p": "0", "P": f"{change:.3f}", "w": "0", "Q": "1",
            "c": str(figures.last_price), "o": "0", "h": str(figures.high_24h), "l": str(figures.low_24h),
            "v": str(figures.volume_24h), "q": str(figures.turnover_24h), "O": 0, "C": now, "F": 1, "L": 2, "n": 3,
        }  # fmt: skip

    def _mark(self, name: str, now: int) -> dict[str, Any]:
        figures = self.markets[name].figures(now)
        return {
            "e": "markPriceUpdate", "E": now, "s": name, "p": str(figures.mark_price), "i": str(figures.mark_price),
            "P": "0", "r": str(figures.funding_rate), "T": figures.next_funding_ms,
        }  # fmt: skip

    def _depth(self, query: dict[str, str]) -> dict[str, object]:
        depth = self.depths[query["symbol"]]
        limit = int(query["limit"])
        bids, asks = ([[str(price), str(size)] for price, size in side.items()][:limit] for side in depth.book)
        now = self.clock.now_ms()
        return {"lastUpdateId": depth.last, "E": now, "T": now, "bids": bids, "asks": asks}
