"""Binance's public USD-M data as a MarketSource. Source: Binance USD-M futures, market data endpoints."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.listings import Listing, ListingStatus, RiskTier
from strategy_tester.domain.market_events import BookChange, Category, Market, PublicTrade, Ticker
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.exchange.binance import parse
from strategy_tester.exchange.binance.rest import BinanceRest
from strategy_tester.services.market_source import CandlePage, DatedValues, PriceKind

_PAGE = 1500
_FUNDING_PAGE = 1000
_INTEREST_PAGE = 500
_INTEREST_DAYS = 30
_TRADES_PAGE = 1000
_BOOK_DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
_PATHS = {
    PriceKind.LAST: ("/fapi/v1/klines", "symbol"),
    PriceKind.MARK: ("/fapi/v1/markPriceKlines", "symbol"),
    PriceKind.INDEX: ("/fapi/v1/indexPriceKlines", "pair"),
    PriceKind.PREMIUM: ("/fapi/v1/premiumIndexKlines", "symbol"),
}
_INTEREST_STEPS = {
    Timeframe.M5: "5m", Timeframe.M15: "15m", Timeframe.M30: "30m", Timeframe.H1: "1h", Timeframe.H2: "2h",
    Timeframe.H4: "4h", Timeframe.H6: "6h", Timeframe.H12: "12h", Timeframe.D1: "1d",
}  # fmt: skip


class BinanceSource:
    """Public data of Binance's USD-M futures.

    Args:
        rest: Sends the requests.
    """

    def __init__(self, rest: BinanceRest) -> None:
        self.rest = rest

    @property
    def exchange(self) -> str:
        """Its name."""
        return "binance"

    @property
    def page_limit(self) -> int:
        """Most candles that `candles` may be asked for at once."""
        return _PAGE

    def server_time_ms(self) -> int:
        """The exchange's clock."""
        return self.rest.server_time_ms()

    def listings(self, category: Category, *, include_closed: bool = False) -> list[Listing]:
        """Every symbol. Symbols that were delisted long ago are not told any more."""
        _refuse(category)
        hours = {
            str(item["symbol"]): int(item.get("fundingIntervalHours") or 8)
            for item in self.rest.ask("/fapi/v1/fundingInfo", group="funding")
        }
        items = self.rest.ask("/fapi/v1/exchangeInfo").get("symbols") or []
        listed = [parse.listing_of(item, hours) for item in items]
        found = [one for one in listed if include_closed or one.status is ListingStatus.TRADING]
        return sorted(found, key=lambda listing: listing.market.symbol)

    def candles(
        self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int, kind: PriceKind = PriceKind.LAST
    ) -> CandlePage:
        """Candles that open in start_ms..end_ms (end excluded), at most `page_limit` of them."""
        _refuse(market.category)
        path, name = _PATHS[kind]
        # No answer tells the exchange's time. The moment before asking is the safe one: what had closed by then is
        # final in whatever comes back.
        now_ms = self.rest.now_ms()
        rows = self.rest.ask(
            path,
            {name: market.symbol, "interval": timeframe.value, "startTime": start_ms, "endTime": end_ms - 1,
             "limit": _PAGE},
        )  # fmt: skip
        candles = parse.candles_of(rows, market, timeframe, (start_ms, end_ms), has_volume=kind is PriceKind.LAST)
        return _split(candles, timeframe, now_ms)

    def first_candle_ms(self, market: Market, timeframe: Timeframe) -> int | None:
        """Open time of the very first candle; None when there is none."""
        _refuse(market.category)
        rows = self.rest.ask(
            "/fapi/v1/klines", {"symbol": market.symbol, "interval": timeframe.value, "startTime": 0, "limit": 1}
        )
        return int(rows[0][0]) if rows else None

    def funding(self, market: Market, start_ms: int, end_ms: int) -> FundingRates:
        """Settlements in start_ms..end_ms (end excluded). Pages hold the oldest ones, so they are asked forwards."""
        _refuse(market.category)
        items = self._forwards(
            "/fapi/v1/fundingRate", {"symbol": market.symbol}, (start_ms, end_ms), _FUNDING_PAGE, "fundingTime",
            "funding",
        )  # fmt: skip
        return parse.funding_of(items).between(start_ms, end_ms)

    def open_interest(self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int) -> DatedValues:
        """Open interest in start_ms..end_ms (end excluded); the exchange keeps that of the last 30 days only."""
        _refuse(market.category)
        fitting = [frame for frame in _INTEREST_STEPS if frame.milliseconds <= timeframe.milliseconds]
        frame = max(fitting, key=lambda one: one.milliseconds) if fitting else Timeframe.M5
        oldest_ms = self.rest.now_ms() - _INTEREST_DAYS * DAY_MS + frame.milliseconds
        values: dict[int, float] = {}
        step_ms = frame.milliseconds * _INTEREST_PAGE
        for begin in range(max(start_ms, oldest_ms), end_ms, step_ms):
            items = self.rest.ask(
                "/futures/data/openInterestHist",
                {"symbol": market.symbol, "period": _INTEREST_STEPS[frame], "startTime": begin,
                 "endTime": min(begin + step_ms, end_ms) - 1, "limit": _INTEREST_PAGE},
                group="statistics",
            )  # fmt: skip
            values |= {int(item["timestamp"]): float(item["sumOpenInterest"]) for item in items}
        times = np.array(sorted(moment for moment in values if start_ms <= moment < end_ms), dtype=np.int64)
        return DatedValues(times, np.array([values[moment] for moment in times.tolist()], dtype=np.float64))

    def risk_tiers(self, market: Market) -> list[RiskTier]:
        """Empty: Binance tells margin tiers only to those who have a key."""
        _refuse(market.category)
        return []

    def tickers(self, category: Category) -> list[Ticker]:
        """The latest figures of every symbol that trades."""
        _refuse(category)
        days = self.rest.ask("/fapi/v1/ticker/24hr")
        premiums = _by_symbol(self.rest.ask("/fapi/v1/premiumIndex"))
        books = _by_symbol(self.rest.ask("/fapi/v1/ticker/bookTicker"))
        none: Mapping[str, Any] = {}
        return [
            parse.ticker_of(
                day, premiums.get(symbol, none), books.get(symbol, none), Market("binance", category, symbol)
            )
            for day in days
            for symbol in (str(day["symbol"]),)
        ]

    def order_book(self, market: Market, depth: int) -> BookChange:
        """A snapshot of the order book."""
        _refuse(market.category)
        asked = next((known for known in _BOOK_DEPTHS if known >= depth), _BOOK_DEPTHS[-1])
        return parse.book_of(self.rest.ask("/fapi/v1/depth", {"symbol": market.symbol, "limit": asked}), market, depth)

    def recent_trades(self, market: Market, limit: int) -> list[PublicTrade]:
        """The latest trades, oldest first; those of one order and price are one."""
        _refuse(market.category)
        items = self.rest.ask("/fapi/v1/aggTrades", {"symbol": market.symbol, "limit": min(limit, _TRADES_PAGE)})
        return [parse.trade_of(item, market) for item in items]

    def _forwards(
        self, path: str, parameters: Mapping[str, Any], span: tuple[int, int], page_size: int, field: str, group: str
    ) -> list[Mapping[str, Any]]:
        """All items of a range whose pages hold its oldest ones."""
        items: list[Mapping[str, Any]] = []
        begin, end = span
        while begin < end:
            page = self.rest.ask(
                path, {**parameters, "startTime": begin, "endTime": end - 1, "limit": page_size}, group=group
            )
            items += page
            if len(page) < page_size:
                break
            begin = max(int(item[field]) for item in page) + 1
        return items


def _split(candles: Candles, timeframe: Timeframe, now_ms: int) -> CandlePage:
    closed = int(np.searchsorted(timeframe.closes_of(candles.open_time_ms), now_ms, side="right"))
    if closed == len(candles):
        return CandlePage(candles, None, now_ms)
    forming_ms = int(candles.open_time_ms[closed])
    return CandlePage(candles.between(None, forming_ms), candles.between(forming_ms, forming_ms + 1), now_ms)


def _by_symbol(items: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(item["symbol"]): item for item in items}


def _refuse(category: Category) -> None:
    if category is not Category.LINEAR:
        raise InvalidParameter("category", category.value, "linear: of Binance only USD-M futures are read")
