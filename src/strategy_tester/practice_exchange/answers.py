"""The practice exchange's answers to public requests, in Bybit's v5 form and with its habits.

Pages of candles are newest first and anchored at their end, `end` is inclusive, `start` falls back to the candle that
contains it, and the candle that still forms is told without a mark. Source: Bybit v5 market endpoints.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from strategy_tester.domain.errors import InputError
from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.market_events import Category
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.practice_exchange.channels import ticker_fields
from strategy_tester.practice_exchange.market import Row, StagedMarket
from strategy_tester.practice_exchange.texts import decimal

Query = Mapping[str, str]
Result = dict[str, Any]
_OPEN_INTEREST_STEPS = {
    "5min": 5 * MINUTE_MS, "15min": 15 * MINUTE_MS, "30min": 30 * MINUTE_MS, "1h": 60 * MINUTE_MS,
    "4h": 240 * MINUTE_MS, "1d": 1440 * MINUTE_MS,
}  # fmt: skip
_RISK_PAGE = 15
# Upper position value, maintenance margin rate, leverage: the first tiers of BTCUSDT as once recorded.
_RISK_TIERS = ((2_000_000, 0.005, 100), (2_600_000, 0.0056, 90), (3_200_000, 0.0063, 80), (3_800_000, 0.0067, 75))


class Refused(Exception):
    """A request that the exchange refuses with a code of its own."""

    def __init__(self, code: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.headers = code, message, headers or {}


class Answers:
    """Answers public requests about some markets.

    Args:
        markets: Everything that is traded here, closed symbols too.
        repeats_last_cursor: Give a cursor with the last page as well, as the exchange sometimes does.
    """

    def __init__(self, markets: Iterable[StagedMarket], *, repeats_last_cursor: bool = False) -> None:
        self.markets = {(market.market.category, market.market.symbol): market for market in markets}
        self.repeats_last_cursor = repeats_last_cursor
        self.routes: dict[str, Callable[[Query, int], Result]] = {
            "/v5/market/time": lambda _query, now: {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)},
            "/v5/market/kline": self._candles,
            "/v5/market/mark-price-kline": lambda query, now: self._candles(query, now, of_mark=True),
            "/v5/market/index-price-kline": lambda query, now: self._candles(query, now, of_mark=True),
            "/v5/market/premium-index-price-kline": self._premium,
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/funding/history": self._funding,
            "/v5/market/tickers": self._tickers,
            "/v5/market/orderbook": self._order_book,
            "/v5/market/recent-trade": self._recent_trades,
            "/v5/market/open-interest": self._open_interest,
            "/v5/market/risk-limit": self._risk_limit,
            "/v5/system/status": lambda _query, _now: {"list": []},
        }

    def answer(self, path: str, query: Query, now_ms: int) -> Result:
        """The `result` of a request.

        Raises:
            KeyError: there is no such path.
            Refused: parameters the exchange would refuse.
        """
        return self.routes[path](query, now_ms)

    # --- candles

    def _candles(self, query: Query, now_ms: int, *, of_mark: bool = False) -> Result:
        market = self._market(query, default=Category.LINEAR)
        frame = _timeframe(query.get("interval", ""))
        chosen = self._rows(market, frame, query, now_ms, of_mark=of_mark)
        columns = 5 if of_mark else 7
        return _listed(market, [[str(row[0]), *map(decimal, row[1:columns])] for row in chosen])

    def _rows(
        self, market: StagedMarket, frame: Timeframe, query: Query, now_ms: int, *, of_mark: bool = False
    ) -> list[Row]:
        """The candles of a page, newest first."""
        start, end = _number(query, "start"), _number(query, "end")
        limit = _limit(query, default=200, most=1000)
        if start is not None and end is not None and start > end:
            raise Refused(10001, "params error: start is after end")
        if not market.offers(frame):
            return []
        candles = market.candles(frame, of_mark=of_mark)
        visible = int(np.searchsorted(candles.open_time_ms, now_ms, side="right"))
        first = 0 if start is None else int(np.searchsorted(candles.open_time_ms, frame.open_of(start)))
        last = visible if end is None else min(visible, int(np.searchsorted(candles.open_time_ms, end, side="right")))
        if start is not None and end is None:
            last = min(last, first + limit)
        first = max(first, last - limit)
        rows: list[Row] = [_row(candles, bar) for bar in range(first, last)]
        if rows and frame.next_open(rows[-1][0]) > now_ms:
            forming = _opened(rows[-1]) if of_mark else market.forming(frame, now_ms)
            rows = rows[:-1] + ([forming] if forming is not None else [])
        return rows[::-1]

    def _premium(self, query: Query, now_ms: int) -> Result:
        market = self._market(query, default=Category.LINEAR)
        if market.market.category is not Category.LINEAR:
            raise Refused(10001, "params error: premium index exists for linear contracts only")
        frame = _timeframe(query.get("interval", ""))
        rows = []
        for open_ms, *_ in self._rows(market, frame, query, now_ms):
            values = [0.0003 * np.sin((open_ms + offset) / 7_200_000.0) for offset in (0, 900_000)]
            open_, close = (round(value, 8) for value in values)
            texts = map(decimal, (open_, max(open_, close), min(open_, close), close))
            rows.append([str(open_ms), *texts])
        return _listed(market, rows)

    # --- instruments

    def _instruments(self, query: Query, _now_ms: int) -> Result:
        category = _category(query)
        wanted = query.get("status") or ListingStatus.TRADING.value
        known = sorted(market.market.symbol for kind, market in self._all(category) if kind.status.value == wanted)
        if symbol := query.get("symbol"):
            market = self.markets.get((category, symbol))
            known = [symbol] if market is not None else []
        page, cursor = self._page(known, query, default=500, most=1000, pages=category is not Category.SPOT)
        items = [_instrument(self.markets[category, symbol]) for symbol in page]
        return {"category": category.value, "list": items, "nextPageCursor": cursor}

    def _all(self, category: Category):
        return [(market.listing, market) for (kind, _), market in self.markets.items() if kind is category]

    def _page(self, known: list[str], query: Query, default: int, most: int, *, pages: bool = True):
        """A page of names after the cursor, and the next cursor, encoded as the exchange does."""
        limit = _limit(query, default=default, most=most) if pages else len(known)
        after = query.get("cursor", "").replace("%3D", "=").partition("last=")[2]
        first = next((number for number, name in enumerate(known) if name > after), len(known)) if after else 0
        page = known[first : first + limit]
        has_more = first + limit < len(known)
        if not page or not (has_more or self.repeats_last_cursor) or not pages:
            return page, ""
        return page, f"first%3D{page[0]}%26last%3D{page[-1]}"

    # --- the rest

    def _funding(self, query: Query, now_ms: int) -> Result:
        market = self._market(query)
        start, end = _number(query, "startTime"), _number(query, "endTime")
        if start is not None and end is None:
            raise Refused(10001, "params error: endTime is missing")
        limit = _limit(query, default=200, most=200)
        times = market.funding.time_ms
        first = 0 if start is None else int(np.searchsorted(times, start))
        last = int(np.searchsorted(times, min(now_ms, now_ms if end is None else end), side="right"))
        items = [
            {
                "symbol": market.market.symbol, "fundingRate": decimal(float(market.funding.rate[number])),
                "fundingRateTimestamp": str(int(times[number])),
            }
            for number in range(max(first, last - limit), last)
        ]  # fmt: skip
        return {"category": market.market.category.value, "list": items[::-1]}

    def _tickers(self, query: Query, now_ms: int) -> Result:
        category = _category(query)
        if query.get("symbol"):
            chosen = [self._market(query)]
        else:
            chosen = [market for kind, market in self._all(category) if kind.status is ListingStatus.TRADING]
        return {"category": category.value, "list": [ticker_fields(market, now_ms) for market in chosen]}

    def _order_book(self, query: Query, now_ms: int) -> Result:
        market = self._market(query)
        default = 1 if market.market.category is Category.SPOT else 25
        bids, asks = market.book(now_ms, _limit(query, default=default, most=1000))
        return {
            "s": market.market.symbol, "b": _levels(bids), "a": _levels(asks), "ts": now_ms, "u": now_ms // 200,
            "seq": now_ms, "cts": now_ms - 5,
        }  # fmt: skip

    def _recent_trades(self, query: Query, now_ms: int) -> Result:
        market = self._market(query)
        most = 60 if market.market.category is Category.SPOT else 1000
        trades = market.latest_trades(now_ms, _limit(query, default=min(500, most), most=most))
        items = [
            {
                "execId": name, "symbol": market.market.symbol, "price": decimal(price), "size": decimal(quantity),
                "side": "Buy" if is_buy else "Sell", "time": str(time_ms), "isBlockTrade": False, "isRPITrade": False,
                "seq": str(time_ms),
            }
            for time_ms, price, quantity, is_buy, name in reversed(trades)
        ]  # fmt: skip
        return {"category": market.market.category.value, "list": items}

    def _open_interest(self, query: Query, now_ms: int) -> Result:
        market = self._market(query)
        step = _OPEN_INTEREST_STEPS.get(query.get("intervalTime", ""))
        if step is None:
            raise Refused(10001, "params error: intervalTime invalid")
        start, end = _number(query, "startTime"), _number(query, "endTime")
        limit = _limit(query, default=50, most=200)
        newest = min(now_ms, market.end_ms - 1, now_ms if end is None else end)
        if cursor := query.get("cursor"):
            newest = int(cursor.rpartition("lasttime%3D")[2] or 0) * 1000 - 1
        oldest = max(market.start_ms, market.start_ms if start is None else start)
        times = list(range(newest // step * step, max(oldest - 1, newest - limit * step), -step))[:limit]
        items = [
            {"openInterest": decimal(market.open_interest_at(moment)), "timestamp": str(moment)}
            for moment in times
            if moment >= oldest
        ]
        has_more = bool(items) and int(items[-1]["timestamp"]) - step >= oldest
        cursor = f"lastid%3D1%26lasttime%3D{int(items[-1]['timestamp']) // 1000}" if has_more else ""
        return {
            "symbol": market.market.symbol, "category": market.market.category.value, "list": items,
            "nextPageCursor": cursor,
        }  # fmt: skip

    def _risk_limit(self, query: Query, _now_ms: int) -> Result:
        category = _category(query)
        if query.get("symbol"):
            names, cursor = [self._market(query).market.symbol], ""
        else:
            known = sorted(market.market.symbol for _, market in self._all(category))
            names, cursor = self._page(known, query, default=_RISK_PAGE, most=_RISK_PAGE)
        # The vendor's inverse example tells percents where linear tiers tell fractions.
        unit = 100.0 if category is Category.INVERSE else 1.0
        items = [
            {
                "id": number, "symbol": name, "riskLimitValue": str(value),
                "maintenanceMargin": decimal(round(rate * unit, 8)),
                "initialMargin": decimal(round(unit / leverage, 8)),
                "isLowestRisk": int(number == 1), "maxLeverage": f"{leverage:.2f}", "mmDeduction": "",
            }
            for name in names
            for number, (value, rate, leverage) in enumerate(_RISK_TIERS, start=1)
        ]  # fmt: skip
        return {"category": category.value, "list": items, "nextPageCursor": cursor}

    def _market(self, query: Query, default: Category | None = None) -> StagedMarket:
        market = self.markets.get((_category(query, default), query.get("symbol", "")))
        if market is None:
            raise Refused(10001, "Not supported symbols")
        return market


def signature_of(secret: str, text: str) -> str:
    """HMAC-SHA256 in lower-case hex, as requests and sockets are signed."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _row(candles: Any, bar: int) -> Row:
    turnover = candles.turnover[bar] if candles.turnover is not None else candles.volume[bar] * candles.close[bar]
    return (
        int(candles.open_time_ms[bar]), float(candles.open[bar]), float(candles.high[bar]), float(candles.low[bar]),
        float(candles.close[bar]), round(float(candles.volume[bar]), 10), round(float(turnover), 10),
    )  # fmt: skip


def _opened(row: Row) -> Row:
    """A candle of which only the open may be known yet."""
    return row[0], row[1], row[1], row[1], row[1], 0.0, 0.0


def _listed(market: StagedMarket, rows: list[list[str]]) -> Result:
    return {"category": market.market.category.value, "symbol": market.market.symbol, "list": rows}


def _instrument(market: StagedMarket) -> Result:
    listing, instrument = market.listing, market.listing.instrument
    category = market.market.category
    common: Result = {
        "symbol": market.market.symbol, "status": listing.status.value, "baseCoin": instrument.base_currency,
        "quoteCoin": instrument.quote_currency, "symbolType": "",
    }  # fmt: skip
    tick, step = decimal(instrument.tick_size), decimal(instrument.quantity_step)
    least, most = decimal(instrument.min_quantity), decimal(listing.max_quantity)
    most_market, least_value = decimal(listing.max_market_quantity), decimal(instrument.min_notional)
    if category is Category.SPOT:
        return common | {
            "innovation": "0", "marginTrading": "none", "stTag": "0",
            "lotSizeFilter": {
                "basePrecision": step, "quotePrecision": "0.0000001", "minOrderQty": least, "maxOrderQty": most,
                "minOrderAmt": least_value, "maxLimitOrderQty": most, "maxMarketOrderQty": most_market,
            },
            "priceFilter": {"tickSize": tick},
        }  # fmt: skip
    return common | {
        "contractType": listing.kind or "LinearPerpetual", "launchTime": str(listing.launch_ms),
        "deliveryTime": str(listing.delivery_ms), "deliveryFeeRate": "", "priceScale": str(instrument.price_decimals),
        "leverageFilter": {
            "minLeverage": "1", "maxLeverage": f"{instrument.max_leverage:.2f}", "leverageStep": "0.01",
        },
        "priceFilter": {"minPrice": tick, "maxPrice": "1999999.8", "tickSize": tick},
        "lotSizeFilter": {
            "maxOrderQty": most, "minOrderQty": least, "qtyStep": step, "postOnlyMaxOrderQty": most,
            "maxMktOrderQty": most_market, "minNotionalValue": least_value,
        },
        "unifiedMarginTrade": True, "fundingInterval": listing.funding_interval_minutes,
        "settleCoin": listing.settle_currency, "copyTrading": "none", "upperFundingRate": "0.005",
        "lowerFundingRate": "-0.005", "isPreListing": False, "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    }  # fmt: skip


def _levels(side: dict[float, float]) -> list[list[str]]:
    return [[decimal(price), decimal(size)] for price, size in side.items()]


def _category(query: Query, default: Category | None = None) -> Category:
    text = query.get("category", "")
    if not text and default is not None:
        return default
    try:
        return Category(text)
    except ValueError:
        raise Refused(10001, "params error: category invalid") from None


def _timeframe(text: str) -> Timeframe:
    try:
        frame = Timeframe.parse(text)
    except InputError:
        raise Refused(10001, "params error: interval invalid") from None
    if frame.bybit != text:
        raise Refused(10001, "params error: interval invalid")
    return frame


def _number(query: Query, name: str) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    if not text.isdigit():
        raise Refused(10001, f"params error: {name} invalid")
    return int(text)


def _limit(query: Query, *, default: int, most: int) -> int:
    limit = _number(query, "limit")
    if limit is None:
        return default
    if not 1 <= limit <= most:
        raise Refused(10001, "params error: limit invalid")
    return limit
