"""A small local server that speaks the documented forms of Binance's public USD-M interface, for tests.

Its markets are those of the practice exchange, so both sources can be asked for the same truth.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from aiohttp import web

from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.practice_exchange.clock import MarketClock
from strategy_tester.practice_exchange.market import StagedMarket

_PERIODS_MS = {frame.value: frame.milliseconds for frame in Timeframe}


@dataclass
class Fault:
    """Answers of a path that go wrong: a status, some headers, a body; `times` of them."""

    path: str
    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "<html>no</html>"


class BinanceServer:
    """Requests only; see the module."""

    def __init__(
        self, markets: list[StagedMarket], start_ms: int, faults: list[Fault] | None = None, speed: float = 0.001
    ) -> None:
        self.markets = {market.market.symbol: market for market in markets}
        self.clock = MarketClock(start_ms, speed)
        self.faults = faults or []
        self.requests = 0
        self.paths: deque[str] = deque(maxlen=10_000)
        self.used_weight = 0

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> int:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests += 1
        self.paths.append(request.path)
        for fault in self.faults:
            if fault.times and request.path.startswith(fault.path):
                fault.times -= 1
                return web.Response(status=fault.status, headers=fault.headers, text=fault.body)
        self.used_weight += 10
        headers = {"X-MBX-USED-WEIGHT-1M": str(self.used_weight)}
        routes = {
            "/fapi/v1/time": lambda _: {"serverTime": self.clock.now_ms()},
            "/fapi/v1/exchangeInfo": self._listed, "/fapi/v1/fundingInfo": self._intervals,
            "/fapi/v1/klines": self._klines, "/fapi/v1/markPriceKlines": self._klines,
            "/fapi/v1/indexPriceKlines": self._klines, "/fapi/v1/fundingRate": self._funding,
            "/futures/data/openInterestHist": self._interest, "/fapi/v1/premiumIndex": self._premium,
            "/fapi/v1/ticker/24hr": self._day, "/fapi/v1/ticker/bookTicker": self._best,
            "/fapi/v1/depth": self._depth, "/fapi/v1/aggTrades": self._trades,
        }  # fmt: skip
        if request.path not in routes:
            return web.Response(status=404, text="<html>404</html>")
        query = dict(request.query)
        symbol = query.get("symbol") or query.get("pair")
        if symbol is not None and symbol not in self.markets:
            return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400, headers=headers)
        return web.json_response(routes[request.path](query), headers=headers)

    def _span(self, query: dict[str, str], most: int, default: int) -> tuple[int, int, int]:
        end = int(query["endTime"]) if "endTime" in query else self.clock.now_ms()
        return (
            int(query.get("startTime", -1)),
            min(end, self.clock.now_ms()),
            min(int(query.get("limit", default)), most),
        )

    def _klines(self, query: dict[str, str]) -> list[list[object]]:
        """Anchored at startTime and ascending; endTime is included; the running candle comes with the others."""
        market = self.markets[query.get("symbol") or query["pair"]]
        frame = Timeframe.parse(query["interval"])
        candles = market.candles(frame)
        start, end, limit = self._span(query, 1500, 500)
        first, last = np.searchsorted(candles.open_time_ms, [start, end + 1])
        first = max(first, last - limit) if start < 0 else first
        rows = []
        for bar in range(int(first), int(min(last, first + limit))):
            open_ms = int(candles.open_time_ms[bar])
            values = tuple(float(candles.column(name)[bar]) for name in ("open", "high", "low", "close", "volume"))
            turnover = float(candles.turnover[bar]) if candles.turnover is not None else 0.0
            if frame.next_open(open_ms) > self.clock.now_ms():
                forming = market.forming(frame, self.clock.now_ms())
                assert forming is not None
                *values, turnover = forming[1:]
            texts = [repr(value) for value in values]
            rows.append([open_ms, *texts, frame.next_open(open_ms) - 1, repr(turnover), 10, "0", "0", "0"])
        return rows

    def _funding(self, query: dict[str, str]) -> list[dict[str, object]]:
        """The oldest of a range, ascending; times are some milliseconds late."""
        series = self.markets[query["symbol"]].funding
        start, end, limit = self._span(query, 1000, 100)
        late = series.time_ms + np.arange(len(series)) % 7
        rows = np.flatnonzero((late >= start) & (late <= end))[:limit]
        return [
            {"symbol": query["symbol"], "fundingTime": int(late[row]), "fundingRate": f"{series.rate[row]:.8f}",
             "markPrice": "" if row == 0 else "60000.5"}
            for row in rows
        ]  # fmt: skip

    def _interest(self, query: dict[str, str]) -> list[dict[str, object]]:
        market = self.markets[query["symbol"]]
        step = _PERIODS_MS[query["period"]]
        start, end, limit = self._span(query, 500, 30)
        assert start >= self.clock.now_ms() - 30 * DAY_MS
        times = range(-(-max(start, market.start_ms) // step) * step, end + 1, step)
        return [
            {"symbol": query["symbol"], "sumOpenInterest": str(market.open_interest_at(moment)), "timestamp": moment}
            for moment in list(times)[:limit]
        ]

    def _listed(self, _query: dict[str, str]) -> dict[str, object]:
        return {"symbols": [self._one(market) for market in self.markets.values()]}

    def _one(self, market: StagedMarket) -> dict[str, object]:
        listing, instrument = market.listing, market.listing.instrument
        is_open = listing.status is ListingStatus.TRADING
        return {
            "symbol": market.market.symbol, "contractType": "PERPETUAL", "status": "TRADING" if is_open else "SETTLING",
            "deliveryDate": 4133404800000, "onboardDate": listing.launch_ms, "baseAsset": "BTC", "quoteAsset": "USDT",
            "marginAsset": "USDT",
            "filters": [
                {"filterType": "PRICE_FILTER", "tickSize": str(instrument.tick_size), "minPrice": "1"},
                {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "1190"},
                {"filterType": "MARKET_LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "500"},
                {"filterType": "MIN_NOTIONAL", "notional": "5"},
            ],
        }  # fmt: skip

    def _intervals(self, _query: dict[str, str]) -> list[dict[str, object]]:
        """Only symbols whose interval was changed are told."""
        return [
            {"symbol": name, "fundingIntervalHours": market.listing.funding_interval_minutes // 60}
            for name, market in self.markets.items()
            if market.listing.funding_interval_minutes != 480
        ]

    def _premium(self, _query: dict[str, str]) -> list[dict[str, object]]:
        now = self.clock.now_ms()
        found = []
        for name, market in self.markets.items():
            figures = market.figures(now)
            found.append({
                "symbol": name, "markPrice": str(figures.mark_price), "indexPrice": str(figures.mark_price),
                "lastFundingRate": str(figures.funding_rate), "nextFundingTime": figures.next_funding_ms, "time": now,
            })  # fmt: skip
        return found

    def _day(self, _query: dict[str, str]) -> list[dict[str, object]]:
        now = self.clock.now_ms()
        found = []
        for name, market in self.markets.items():
            figures = market.figures(now)
            change = (figures.last_price / figures.price_24h_ago - 1.0) * 100.0
            found.append({
                "symbol": name, "priceChangePercent": f"{change:.3f}", "lastPrice": str(figures.last_price),
                "highPrice": str(figures.high_24h), "lowPrice": str(figures.low_24h),
                "volume": str(figures.volume_24h), "quoteVolume": str(figures.turnover_24h), "closeTime": now,
            })  # fmt: skip
        return found

    def _best(self, _query: dict[str, str]) -> list[dict[str, object]]:
        found = []
        for name, market in self.markets.items():
            bids, asks = market.book(self.clock.now_ms(), 1)
            (bid, bid_size), (ask, ask_size) = next(iter(bids.items())), next(iter(asks.items()))
            found.append({
                "symbol": name, "bidPrice": str(bid), "bidQty": str(bid_size), "askPrice": str(ask),
                "askQty": str(ask_size), "time": self.clock.now_ms(),
            })  # fmt: skip
        return found

    def _depth(self, query: dict[str, str]) -> dict[str, object]:
        limit = int(query["limit"])
        assert limit in (5, 10, 20, 50, 100, 500, 1000)
        bids, asks = self.markets[query["symbol"]].book(self.clock.now_ms(), limit)
        sides = ([[str(price), str(size)] for price, size in side.items()] for side in (bids, asks))
        return {
            "lastUpdateId": 7,
            "E": self.clock.now_ms(),
            "T": self.clock.now_ms(),
            **dict(zip(("bids", "asks"), sides, strict=True)),
        }

    def _trades(self, query: dict[str, str]) -> list[dict[str, object]]:
        trades = self.markets[query["symbol"]].latest_trades(self.clock.now_ms(), int(query["limit"]))
        return [
            {"a": number, "p": str(price), "q": str(quantity), "T": time_ms, "m": not is_buy}
            for number, (time_ms, price, quantity, is_buy, _) in enumerate(trades)
        ]
