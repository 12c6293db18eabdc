"""Bybit's public data as a MarketSource."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.listings import Listing, ListingStatus, RiskTier
from strategy_tester.domain.market_events import BookChange, Category, Market, PublicTrade, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit import parse
from strategy_tester.exchange.bybit.rest import BybitRest
from strategy_tester.exchange.values import finite
from strategy_tester.services.market_source import CandlePage, DatedValues, PriceKind

_PAGE = 1000
_FUNDING_PAGE = 200
_INTEREST_PAGE = 200
_MOST_PAGES = 10_000
_METHODS = {
    PriceKind.LAST: "get_kline", PriceKind.MARK: "get_mark_price_kline", PriceKind.INDEX: "get_index_price_kline",
    PriceKind.PREMIUM: "get_premium_index_price_kline",
}  # fmt: skip
_INTEREST_STEPS = {
    Timeframe.M5: "5min", Timeframe.M15: "15min", Timeframe.M30: "30min", Timeframe.H1: "1h", Timeframe.H4: "4h",
    Timeframe.D1: "1d",
}  # fmt: skip


class BybitSource:
    """Public data of Bybit, or of a place that speaks like it.

    Args:
        rest: Sends the requests.
        exchange: Under which name its markets are known and stored: what a practice exchange or the testnet tells
            must never be taken for the real market.
    """

    def __init__(self, rest: BybitRest, exchange: str = "bybit") -> None:
        self.rest = rest
        self._exchange = exchange

    @property
    def exchange(self) -> str:
        """Its name."""
        return self._exchange

    @property
    def page_limit(self) -> int:
        """Most candles that `candles` may be asked for at once."""
        return _PAGE

    @parse.understanding("a time")
    def server_time_ms(self) -> int:
        """The exchange's clock."""
        return self.rest.server_time_ms()

    @parse.understanding("symbols")
    def listings(self, category: Category, *, include_closed: bool = False) -> list[Listing]:
        """Every symbol of a category; without being asked the exchange tells only those that trade."""
        states = list(ListingStatus) if include_closed and category is not Category.SPOT else [ListingStatus.TRADING]
        found: dict[str, Listing] = {}
        for state in states:
            items = self._pages(
                "get_instruments_info", {"category": category.value, "status": state.value, "limit": _PAGE}
            )
            for listing in parse.each(items, lambda item: self._own(parse.listing_of(item, category))):
                found.setdefault(listing.market.symbol, listing)
        return sorted(found.values(), key=lambda listing: listing.market.symbol)

    @parse.understanding("candles")
    def candles(
        self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int, kind: PriceKind = PriceKind.LAST
    ) -> CandlePage:
        """Candles that open in start_ms..end_ms (end excluded), at most `page_limit` of them."""
        answer = self.rest.ask(
            _METHODS[kind],
            _of(market) | {"interval": timeframe.bybit, "start": start_ms, "end": end_ms - 1, "limit": _PAGE},
        )
        now_ms = int(answer.get("time") or self.rest.clock.now_ms())
        candles = parse.candles_of(answer["result"].get("list") or [], market, timeframe, start_ms, end_ms)
        return split_page(candles, timeframe, now_ms)

    @parse.understanding("candles")
    def first_candle_ms(self, market: Market, timeframe: Timeframe) -> int | None:
        """Open time of the very first candle; None when there is none."""
        answer = self.rest.ask("get_kline", _of(market) | {"interval": timeframe.bybit, "start": 1, "limit": 1})
        rows = answer["result"].get("list") or []
        return int(rows[-1][0]) if rows else None

    @parse.understanding("funding rates")
    def funding(self, market: Market, start_ms: int, end_ms: int) -> FundingRates:
        """Settlements in start_ms..end_ms (end excluded). Pages hold the newest ones, so they are asked backwards."""
        items = self._backwards(
            start_ms, end_ms, _FUNDING_PAGE, lambda item: int(item["fundingRateTimestamp"]), "get_funding_rate_history",
            _of(market),
        )  # fmt: skip
        return parse.funding_of(items)

    @parse.understanding("open interest")
    def open_interest(self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int) -> DatedValues:
        """Open interest in start_ms..end_ms (end excluded); the step nearest below the timeframe that is offered."""
        fitting = [frame for frame in _INTEREST_STEPS if frame.milliseconds <= timeframe.milliseconds]
        step = _INTEREST_STEPS[max(fitting, key=lambda frame: frame.milliseconds) if fitting else Timeframe.M5]
        items = self._backwards(
            start_ms, end_ms, _INTEREST_PAGE, lambda item: int(item["timestamp"]), "get_open_interest",
            _of(market) | {"intervalTime": step},
        )  # fmt: skip
        values = {int(item["timestamp"]): finite(item["openInterest"]) for item in items}
        times = np.array(sorted(values), dtype=np.int64)
        return DatedValues(times, np.array([values[moment] for moment in times.tolist()], dtype=np.float64))

    @parse.understanding("margin tiers")
    def risk_tiers(self, market: Market) -> list[RiskTier]:
        """Margin tiers, lowest first; empty for spot."""
        if market.category is Category.SPOT:
            return []
        items = self._pages("get_risk_limit", _of(market))
        return parse.risk_tiers_of(items)

    @parse.understanding("tickers")
    def tickers(self, category: Category) -> list[Ticker]:
        """The latest figures of every symbol of a category."""
        answer = self.rest.ask("get_tickers", {"category": category.value})
        time_ms = int(answer.get("time") or 0)
        tickers = parse.each(answer["result"].get("list"), lambda item: parse.ticker_of(item, category, time_ms))
        return [replace(ticker, market=replace(ticker.market, exchange=self._exchange)) for ticker in tickers]

    @parse.understanding("a book")
    def order_book(self, market: Market, depth: int) -> BookChange:
        """A snapshot of the order book."""
        answer = self.rest.ask("get_orderbook", _of(market) | {"limit": depth})
        result = answer["result"]
        return parse.book_of(result, market, depth, is_snapshot=True, time_ms=int(result.get("ts", 0)))

    @parse.understanding("trades")
    def recent_trades(self, market: Market, limit: int) -> list[PublicTrade]:
        """The latest trades, oldest first."""
        answer = self.rest.ask("get_public_trade_history", _of(market) | {"limit": limit})
        return parse.each(answer["result"].get("list"), lambda item: parse.trade_of_answer(item, market))[::-1]

    def _own(self, listing: Listing) -> Listing:
        if self._exchange == "bybit":
            return listing
        market = replace(listing.market, exchange=self._exchange)
        return replace(listing, market=market, instrument=replace(listing.instrument, source=market.source))

    def _pages(self, method: str, parameters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """All items of a listing with cursors; the last page may carry one, and the same may come again."""
        items: list[Mapping[str, Any]] = []
        seen: set[str] = set()
        cursor = ""
        for _ in range(_MOST_PAGES):
            given = {**parameters, "cursor": cursor} if cursor else parameters
            result = self.rest.ask(method, given)["result"]
            page = result.get("list") or []
            items += page
            cursor = str(result.get("nextPageCursor") or "")
            if not page or not cursor or cursor in seen:
                break
            seen.add(cursor)
        return items

    def _backwards(
        self, start_ms: int, end_ms: int, page_size: int, time_of: Callable[[Mapping[str, Any]], int], method: str,
        parameters: Mapping[str, Any],
    ) -> list[Mapping[str, Any]]:  # fmt: skip
        """All items of a range whose pages hold its newest ones."""
        items: list[Mapping[str, Any]] = []
        last_ms = end_ms - 1
        while last_ms >= start_ms:
            answer = self.rest.ask(
                method, {**parameters, "startTime": start_ms, "endTime": last_ms, "limit": page_size}
            )
            page = [item for item in answer["result"].get("list") or [] if start_ms <= time_of(item) <= last_ms]
            items += page
            if len(page) < page_size:
                break
            last_ms = min(map(time_of, page)) - 1
        return items


def split_page(candles: Candles, timeframe: Timeframe, now_ms: int) -> CandlePage:
    """Part candles into those that have closed by the exchange's clock and the one that has not."""
    closed = int(np.searchsorted(timeframe.closes_of(candles.open_time_ms), now_ms, side="right"))
    if closed == len(candles):
        return CandlePage(candles, None, now_ms)
    forming_ms = int(candles.open_time_ms[closed])
    return CandlePage(candles.between(None, forming_ms), candles.between(forming_ms, forming_ms + 1), now_ms)


def _of(market: Market) -> dict[str, Any]:
    return {"category": market.category.value, "symbol": market.symbol}
