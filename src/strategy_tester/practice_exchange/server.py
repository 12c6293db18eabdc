"""The practice exchange as a server: requests and sockets of Bybit's v5 on one port of this machine."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable
from typing import Any

import orjson
from aiohttp import web

from strategy_tester.domain.errors import ExchangeError, InvalidParameter
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.practice_exchange.answers import Answers, Refused
from strategy_tester.practice_exchange.channels import (
    BOOK_DEPTHS,
    BookChannel,
    CandleChannel,
    Channel,
    LiquidationChannel,
    TickerChannel,
    TradeChannel,
)
from strategy_tester.practice_exchange.clock import MarketClock
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.gate import Banned, Gate, Keys
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.sessions import Clocks, Session

logger = logging.getLogger(__name__)
TICK_S = 0.01
_PUBLIC_KINDS = ("linear", "inverse", "spot")
_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


class PracticeExchange:
    """Bybit's v5, public part, told from stored candles. No order given here ever reaches a market.

    Args:
        markets: What is traded.
        start_ms: Market time at the start; a day before the end of the shortest data by default.
        speed: Market seconds in a real second, 1 to 1000.
        faults: What goes wrong on purpose.
        keys: Keys of signed requests.
        ban_s: Real seconds for which an address is shut out.
        repeats_last_cursor: Give a cursor with the last page as well.

    Raises:
        InvalidParameter: there are no markets, or the speed is out of its bounds.
    """

    def __init__(
        self,
        markets: Iterable[StagedMarket],
        *,
        start_ms: int | None = None,
        speed: float = 1.0,
        faults: FaultScript | None = None,
        keys: Keys | None = None,
        ban_s: float = 600.0,
        repeats_last_cursor: bool = False,
    ) -> None:
        self.markets = list(markets)
        if not self.markets:
            raise InvalidParameter("markets", 0, "at least one market with candles")
        if not 0.0 < speed <= 1000.0:
            raise InvalidParameter("speed", speed, "more than 0, at most 1000")
        end_ms = max(market.end_ms for market in self.markets)
        first_ms = min(market.start_ms for market in self.markets)
        begin_ms = max(first_ms, end_ms - 86_400_000) if start_ms is None else start_ms
        self.clock = MarketClock(begin_ms, speed, end_ms)
        self.faults = faults or FaultScript()
        self.gate = Gate(keys, ban_s)
        self.answers = Answers(self.markets, repeats_last_cursor=repeats_last_cursor)
        self.channels: dict[tuple[str, str], Channel] = {}
        self.sessions: set[Session] = set()
        self.requests = 0
        """Requests answered so far."""
        self._begun_s = time.monotonic()
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None

    # --- running

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen on a port of this machine; 0 lets the system choose. The port.

        Raises:
            ExchangeError: the port is taken.
        """
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/v5/public/{kind}", self._public_socket)
        app.router.add_get("/v5/private", self._private_socket)
        app.router.add_get("/v5/trade", self._private_socket)
        app.router.add_route("*", "/{path:.*}", self._request)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise ExchangeError(
                f"the practice exchange cannot listen on port {port}: {error.strerror or error}",
                hint="Choose another port.",
            ) from error
        self._ticking = asyncio.create_task(self._tick())
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """End every connection and listen no longer."""
        if self._ticking is not None:
            self._ticking.cancel()
        for session in list(self.sessions):
            session.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    def seconds(self) -> float:
        """Real seconds since the start."""
        return time.monotonic() - self._begun_s

    def told_ms(self) -> int:
        """Market time as the exchange tells it."""
        return self.clock.now_ms() + self.faults.skew_ms(self.seconds())

    def clocks_ms(self) -> tuple[int, int]:
        """Clocks a signed request may go by: market time, and real time for clients that know no other."""
        skew = self.faults.skew_ms(self.seconds())
        return self.clock.now_ms() + skew, round(time.time() * 1000.0) + skew

    # --- sockets

    async def _tick(self) -> None:
        while True:
            try:
                self.advance()
                self._meet_faults()
            except Exception:
                logger.exception("the practice exchange stumbled")
            await asyncio.sleep(TICK_S)

    def advance(self) -> None:
        """Tell everybody what happened since the call before."""
        now = self.clock.now_ms()
        sessions = list(self.sessions)
        for (kind, topic), channel in list(self.channels.items()):
            listeners = [session for session in sessions if session.kind == kind and topic in session.topics]
            messages = channel.advance(now)
            for session in listeners:
                session.tell(topic, messages)

    def _meet_faults(self) -> None:
        now = self.seconds()
        if self.faults.happens("cut", now):
            for session in list(self.sessions):
                session.cut()
        if self.faults.happens("restart", now):
            self.restart()
        elif self.faults.happens("book_restart", now):
            self._restart_books()

    def restart(self) -> None:
        """The exchange begins anew: connections end, books count from 1."""
        for session in list(self.sessions):
            session.cut()
        self._restart_books()

    def _restart_books(self) -> None:
        now = self.clock.now_ms()
        for (kind, topic), channel in self.channels.items():
            if isinstance(channel, BookChannel):
                messages = channel.restart(now)
                for session in self.sessions:
                    if session.kind == kind:
                        session.tell(topic, messages)

    def channel(self, kind: str, topic: str) -> Channel | None:
        """The channel of a topic; None when there is no such topic."""
        known = self.channels.get((kind, topic))
        if known is None:
            known = self._make_channel(kind, topic)
            if known is not None:
                self.channels[kind, topic] = known
        return known

    def _make_channel(self, kind: str, topic: str) -> Channel | None:
        name, _, rest = topic.partition(".")
        detail, _, symbol = rest.rpartition(".")
        found = [market for market in self.markets if market.market.category.value == kind]
        market = next((one for one in found if one.market.symbol == symbol), None)
        if market is None:
            return None
        now = self.clock.now_ms()
        if name == "kline":
            frame = next((frame for frame in Timeframe if frame.bybit == detail), None)
            return CandleChannel(market, frame, now) if frame is not None and market.offers(frame) else None
        if name == "orderbook":
            depth = int(detail) if detail.isdigit() else 0
            return BookChannel(market, depth, now) if depth in BOOK_DEPTHS else None
        makers = {"publicTrade": TradeChannel, "tickers": TickerChannel, "allLiquidation": LiquidationChannel}
        return makers[name](market, now) if name in makers and not detail else None

    async def _public_socket(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]
        if kind not in _PUBLIC_KINDS:
            return web.Response(status=404)
        return await self._talk(request, kind)

    async def _private_socket(self, request: web.Request) -> web.StreamResponse:
        return await self._talk(request, request.path.rpartition("/")[2])

    async def _talk(self, request: web.Request, kind: str) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        session = Session(
            kind, socket, request.transport, self.faults, self.channel,
            lambda args: self.gate.check_socket(args, self.clocks_ms()),
            Clocks(self.seconds, self.clock.now_ms, self.told_ms),
        )  # fmt: skip
        self.sessions.add(session)
        try:
            await session.talk()
        finally:
            self.sessions.discard(session)
        return socket

    # --- requests

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """The limit per address, and the faults that any request may meet."""
        now, path = self.seconds(), request.path
        self.requests += 1
        try:
            if self.faults.happens("ban", now, path):
                self.gate.ban(request.remote or "", now)
            self.gate.pass_address(request.remote or "", now)
        except Banned:
            return web.Response(status=403, text="403, access too frequent")
        late = self.faults.happens("hang", now, path)
        if late is not None:
            await asyncio.sleep(late.ms / 1000.0)
        if fault := self.faults.happens("status", now, path):
            return web.Response(status=int(fault.status), text=fault.message)
        if self.faults.happens("html", now, path):
            return web.Response(status=502, text=_PAGE, content_type="text/html")
        return await handler(request)

    async def _request(self, request: web.Request) -> web.Response:
        if request.method not in ("GET", "POST"):
            return web.Response(status=400)
        body = await request.text()
        if request.method == "GET" and body:
            return web.Response(status=403)
        headers: dict[str, str] = {}
        try:
            if fault := self.faults.happens("answer", self.seconds(), request.path):
                stale = {} if fault.bare else {"X-Bapi-Limit-Reset-Timestamp": str(self.told_ms() - 2000)}
                return self._envelope(int(fault.code), fault.message or "Too many visits!", {}, stale)
            if "X-BAPI-API-KEY" in request.headers:
                headers = self._check_key(request, body)
            if request.path in self.answers.routes:
                result = self.answers.answer(request.path, _query(request), self.clock.now_ms())
            else:
                result = self._account(request)
        except Refused as refusal:
            return self._envelope(refusal.code, refusal.message, {}, refusal.headers)
        except KeyError:
            return web.Response(status=404)
        # Candles are dated by the true clock, and so is their answer: a skewed one would call a running candle closed.
        time_ms = self.clock.now_ms() if request.path.endswith("kline") else self.told_ms()
        return self._envelope(0, "OK", result, headers, time_ms)

    def _check_key(self, request: web.Request, body: str) -> dict[str, str]:
        payload = request.rel_url.raw_query_string if request.method == "GET" else body
        key = self.gate.check_signature(request.headers, payload, self.clocks_ms())
        if request.path in self.answers.routes:
            return {}
        # Moments in headers are of real time: clients wait by their own clock.
        headers = self.gate.pass_key(key, request.path, self.seconds(), self.clocks_ms()[1])
        if headers.pop("refused", ""):
            raise Refused(10006, "Too many visits!", headers)
        return headers

    def _account(self, request: web.Request) -> dict[str, Any]:
        """What little a signed request may ask of the practice account."""
        if "X-BAPI-API-KEY" not in request.headers:
            if request.path.startswith(("/v5/account/", "/v5/user/")):
                raise Refused(10003, "API key is invalid.")
            raise KeyError(request.path)
        accounts: dict[str, dict[str, Any]] = {
            "/v5/account/info": {"unifiedMarginStatus": 5, "marginMode": "ISOLATED_MARGIN", "updatedTime": "0"},
            "/v5/account/fee-rate": {
                "list": [
                    {"symbol": market.market.symbol, "takerFeeRate": "0.00055", "makerFeeRate": "0.0002"}
                    for market in self.markets
                ]
            },
            "/v5/user/query-api": {"readOnly": 1, "permissions": {}, "ips": ["127.0.0.1"], "note": "practice exchange"},
        }
        return accounts[request.path]

    def _envelope(
        self,
        code: int,
        message: str,
        result: dict[str, Any],
        headers: dict[str, str],
        time_ms: int | None = None,
    ) -> web.Response:
        told_ms = self.told_ms() if time_ms is None else time_ms
        answer = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": told_ms}
        return web.Response(body=orjson.dumps(answer), content_type="application/json", headers=headers)


class ServerThread:
    """A practice exchange on a thread and an event loop of its own, so that nothing else waits for it.

    Args:
        exchange: What to run.
        port: Where to listen; 0 lets the system choose.
    """

    def __init__(self, exchange: PracticeExchange, port: int = 0) -> None:
        self.exchange = exchange
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._is_open = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="practice-exchange", daemon=True)

    @property
    def address(self) -> str:
        """Where requests go."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_address(self) -> str:
        """Where sockets connect to; `/v5/public/linear` and the like follow."""
        return f"ws://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; returns when connections are taken.

        Raises:
            ExchangeError: the port is taken.
        """
        self._thread.start()
        self._is_open.wait(10.0)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End everything. Safe to call twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5.0)

    def call(self, work: Any) -> Any:
        """Run a coroutine on the exchange's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self.port = self._loop.run_until_complete(self.exchange.open(port=self.port))
        except Exception as error:  # noqa: BLE001  raised again by `start`, on the thread that waits
            self._failure = error
            return
        finally:
            self._is_open.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self.exchange.close())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def __enter__(self) -> "ServerThread":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _query(request: web.Request) -> dict[str, str]:
    """Parameters as they were sent: a cursor comes encoded and goes back encoded."""
    pairs = (pair.partition("=") for pair in request.rel_url.raw_query_string.split("&") if pair)
    return {name: value for name, _, value in pairs}
