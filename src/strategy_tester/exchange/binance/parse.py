"""Binance USD-M answers as domain values. Prices are decimal texts; times are numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import CorruptCandles, ExchangeError
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus
from strategy_tester.domain.market_events import BookChange, Category, Market, PublicTrade, Ticker
from strategy_tester.domain.timeframes import Timeframe

_STATES = {
    "PENDING_TRADING": ListingStatus.PRE_LAUNCH, "TRADING": ListingStatus.TRADING,
    "PRE_DELIVERING": ListingStatus.DELIVERING, "DELIVERING": ListingStatus.DELIVERING,
    "PRE_SETTLE": ListingStatus.DELIVERING, "SETTLING": ListingStatus.DELIVERING,
}  # fmt: skip
_FOR_EVER_MS = 4_102_444_800_000
"""Perpetuals carry a delivery date in the year 2100."""
_STEP_AND_LIMIT = {"PRICE_FILTER": "tickSize", "LOT_SIZE": "stepSize", "MIN_NOTIONAL": "notional"}


def candles_of(
    rows: Sequence[Sequence[Any]], market: Market, timeframe: Timeframe, span: tuple[int, int], *, has_volume: bool
) -> Candles:
    """Rows of `klines` as candles that open in a span (end excluded), ascending and unique.

    Raises:
        ExchangeError: a row that cannot be a candle.
    """
    try:
        times = np.array([int(row[0]) for row in rows], dtype=np.int64)
        table = np.array(
            [[float(row[column]) for column in (1, 2, 3, 4, 5, 7)] for row in rows], dtype=np.float64
        ).reshape(-1, 6)
        order = np.argsort(times, kind="stable")
        times, table = times[order], table[order]
        kept = (times >= span[0]) & (times < span[1])
        kept[:-1] &= times[1:] != times[:-1]
        times, table = times[kept], table[kept]
        return Candles(
            times, table[:, 0], table[:, 1], table[:, 2], table[:, 3],
            table[:, 4] if has_volume else np.zeros(times.size), table[:, 5] if has_volume else None,
            market.symbol, timeframe, market.source,
        )  # fmt: skip
    except (ValueError, TypeError, IndexError, CorruptCandles) as error:
        raise ExchangeError(
            f"{market}: the exchange answered with a candle that cannot be one ({error})",
            hint="Try again later; nothing was stored.",
        ) from error


def listing_of(item: Mapping[str, Any], funding_hours: Mapping[str, int]) -> Listing:
    """One symbol of `exchangeInfo`; intervals of funding come from a list of their own, 8 h where not named."""
    filters = {str(entry["filterType"]): entry for entry in item.get("filters") or ()}
    market = Market("binance", Category.LINEAR, str(item["symbol"]))
    lots, market_lots = filters.get("LOT_SIZE", {}), filters.get("MARKET_LOT_SIZE", {})
    tick, step, notional = (float(filters.get(name, {}).get(field) or 0.0) for name, field in _STEP_AND_LIMIT.items())
    is_perpetual = str(item.get("contractType", "")).endswith("PERPETUAL")
    delivery_ms = int(item.get("deliveryDate") or 0)
    instrument = Instrument(
        market.symbol, tick_size=tick, quantity_step=step, min_quantity=float(lots.get("minQty") or 0.0),
        min_notional=notional, base_currency=str(item.get("baseAsset", "")),
        quote_currency=str(item.get("quoteAsset", "")), source=market.source,
    )  # fmt: skip
    return Listing(
        market, _STATES.get(str(item.get("status") or item.get("contractStatus")), ListingStatus.CLOSED), instrument,
        launch_ms=int(item.get("onboardDate") or 0), delivery_ms=delivery_ms if delivery_ms < _FOR_EVER_MS else 0,
        funding_interval_minutes=60 * funding_hours.get(market.symbol, 8) if is_perpetual else 0,
        max_quantity=float(lots.get("maxQty") or 0.0), max_market_quantity=float(market_lots.get("maxQty") or 0.0),
        settle_currency=str(item.get("marginAsset", "")), kind="LinearPerpetual" if is_perpetual else "LinearFutures",
    )  # fmt: skip


def funding_of(items: Sequence[Mapping[str, Any]]) -> FundingRates:
    """Settlements of `fundingRate`; their times lie some milliseconds beside the full second and are put on it."""
    found = {
        round(int(item["fundingTime"]) / 1000) * 1000: (float(item["fundingRate"]), _number(item.get("markPrice")))
        for item in items
    }
    times = np.array(sorted(found), dtype=np.int64)
    rates = np.array([found[moment] for moment in times.tolist()], dtype=np.float64).reshape(-1, 2)
    return FundingRates(times, rates[:, 0], rates[:, 1])


def _number(text: Any) -> float:
    return float("nan") if text is None or text == "" else float(text)


def ticker_of(day: Mapping[str, Any], premium: Mapping[str, Any], book: Mapping[str, Any], market: Market) -> Ticker:
    """What three lists tell of one symbol: `ticker/24hr`, `premiumIndex` and `ticker/bookTicker`."""

    def told(item: Mapping[str, Any], name: str) -> float | None:
        text = item.get(name)
        return None if text is None or text == "" else float(text)

    change = told(day, "priceChangePercent")
    next_ms = int(premium.get("nextFundingTime") or 0)
    return Ticker(
        market, int(day.get("closeTime") or premium.get("time") or 0), last_price=told(day, "lastPrice"),
        mark_price=told(premium, "markPrice"), index_price=told(premium, "indexPrice"),
        change_24h_rate=None if change is None else change / 100.0, high_24h=told(day, "highPrice"),
        low_24h=told(day, "lowPrice"), volume_24h=told(day, "volume"), turnover_24h=told(day, "quoteVolume"),
        funding_rate=told(premium, "lastFundingRate") if next_ms else None, next_funding_ms=next_ms or None,
        bid_price=told(book, "bidPrice"), bid_size=told(book, "bidQty"), ask_price=told(book, "askPrice"),
        ask_size=told(book, "askQty"),
    )  # fmt: skip


def book_of(answer: Mapping[str, Any], market: Market, depth: int) -> BookChange:
    """A snapshot of `depth`."""
    bids, asks = (
        tuple((float(price), float(size)) for price, size in answer.get(side) or ()) for side in ("bids", "asks")
    )
    number = int(answer["lastUpdateId"])
    return BookChange(
        market, depth, True, number, number, bids[:depth], asks[:depth], int(answer.get("E") or 0),
        int(answer.get("T") or 0),
    )  # fmt: skip


def trade_of(item: Mapping[str, Any], market: Market) -> PublicTrade:
    """One of `aggTrades`; `m` says that the buyer was the maker, so that the taker sold."""
    return PublicTrade(
        market, int(item["T"]), float(item["p"]), float(item["q"]), not item["m"], str(item["a"]), int(item["a"])
    )
