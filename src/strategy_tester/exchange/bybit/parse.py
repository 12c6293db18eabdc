"""Bybit's v5 answers and messages as domain values. Texts are decimals, an empty text means "no value"."""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import CorruptCandles, ExchangeError, StrategyTesterError
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus, RiskTier
from strategy_tester.domain.market_events import BookChange, Category, Market, PublicTrade, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.values import ODD, finite, levels, moment

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)
_PERCENT_ABOVE = 10.0
"""initial margin x leverage is 1 for fractions and 100 for percents."""


def number(text: Any, default: float = 0.0) -> float:
    """A decimal text as a number; the default for an empty one or none."""
    if text is None or text == "":
        return default
    return finite(text)


def optional(text: Any) -> float | None:
    """A decimal text as a number; None for an empty one or none."""
    return None if text is None or text == "" else finite(text)


def candles_of(
    rows: Sequence[Sequence[str]], market: Market, timeframe: Timeframe, start_ms: int, end_ms: int
) -> Candles:
    """Rows of `kline`, in whatever order, as candles that open in start_ms..end_ms, ascending and unique.

    Mark, index and premium rows have no volume; it is 0.

    Raises:
        ExchangeError: a row that cannot be a candle.
    """
    try:
        table = np.array([[float(value) for value in row] for row in rows], dtype=np.float64)
        if table.size == 0:
            return _empty(market, timeframe)
        times = np.array([int(row[0]) for row in rows], dtype=np.int64)
        # Of a start that comes twice the later row is newer: pages overlap, and a running candle grows.
        order = np.argsort(times, kind="stable")
        times, table = times[order], table[order]
        kept = np.append(times[1:] != times[:-1], True) & (times >= start_ms) & (times < end_ms)
        times, table = times[kept], table[kept]
        has_volume = table.shape[1] >= 7
        return Candles(
            times, table[:, 1], table[:, 2], table[:, 3], table[:, 4],
            table[:, 5] if has_volume else np.zeros(times.size), table[:, 6] if has_volume else None,
            market.symbol, timeframe, market.source,
        )  # fmt: skip
    except (*ODD, CorruptCandles) as error:
        raise ExchangeError(
            f"{market}: the exchange answered with a candle that cannot be one ({error})",
            hint="Try again later; nothing was stored.",
        ) from error


def _empty(market: Market, timeframe: Timeframe) -> Candles:
    none = np.empty(0)
    return Candles(np.empty(0, np.int64), none, none, none, none, none, none, market.symbol, timeframe, market.source)


def understanding(what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Names an answer that is not what the exchange promises, where a part of it would be worse than nothing.

    What is decorated raises ExchangeError then.
    """

    def decorate(call: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(call)
        def understood(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return call(*args, **kwargs)
            except StrategyTesterError:
                raise
            except ODD as error:
                raise ExchangeError(
                    f"the exchange answered with {what} that cannot be understood ({type(error).__name__}: {error})",
                    hint="Try again later; nothing was stored.",
                ) from error

        return understood

    return decorate


def each(items: Any, make: Callable[[Any], T]) -> list[T]:
    """Everything in a list that can be understood; what cannot is counted in the log and must not cost the others."""
    made: list[T] = []
    odd = 0
    for item in items or ():
        try:
            made.append(make(item))
        except ODD:
            odd += 1
    if odd:
        logger.warning("%d of %d parts of an answer are not understood", odd, odd + len(made))
    return made


def listing_of(item: Mapping[str, Any], category: Category) -> Listing:
    """One symbol of `instruments-info`."""
    prices, lots = item.get("priceFilter") or {}, item.get("lotSizeFilter") or {}
    leverage = item.get("leverageFilter") or {}
    is_spot = category is Category.SPOT
    market = Market("bybit", category, str(item["symbol"]))
    instrument = Instrument(
        market.symbol,
        tick_size=number(prices.get("tickSize")),
        quantity_step=number(lots.get("basePrecision" if is_spot else "qtyStep")),
        min_quantity=number(lots.get("minOrderQty")),
        min_notional=number(lots.get("minOrderAmt" if is_spot else "minNotionalValue")),
        max_leverage=number(leverage.get("maxLeverage"), 1.0),
        base_currency=str(item.get("baseCoin", "")), quote_currency=str(item.get("quoteCoin", "")),
        source=market.source,
    )  # fmt: skip
    most, most_market = ("maxLimitOrderQty", "maxMarketOrderQty") if is_spot else ("maxOrderQty", "maxMktOrderQty")
    return Listing(
        market, _status(item.get("status")), instrument,
        launch_ms=int(number(item.get("launchTime"))), delivery_ms=int(number(item.get("deliveryTime"))),
        funding_interval_minutes=int(number(item.get("fundingInterval"))), max_quantity=number(lots.get(most)),
        max_market_quantity=number(lots.get(most_market)), settle_currency=str(item.get("settleCoin", "")),
        kind=str(item.get("contractType") or ("spot" if is_spot else "")),
    )  # fmt: skip


def _status(text: Any) -> ListingStatus:
    try:
        return ListingStatus(text)
    except ValueError:
        return ListingStatus.CLOSED  # an unknown state is not one to trade in


def funding_of(items: Sequence[Mapping[str, Any]]) -> FundingRates:
    """Settlements of `funding/history`, in whatever order, doubled or not."""
    rates = {moment(item["fundingRateTimestamp"]): finite(item["fundingRate"]) for item in items}
    times = np.array(sorted(rates), dtype=np.int64)
    return FundingRates(times, np.array([rates[time_ms] for time_ms in times.tolist()]), np.full(times.size, np.nan))


def risk_tiers_of(items: Sequence[Mapping[str, Any]]) -> list[RiskTier]:
    """Tiers of `risk-limit`, lowest first; percents become fractions, a missing deduction is worked out."""
    tiers: list[RiskTier] = []
    for item in sorted(items, key=lambda item: finite(item["riskLimitValue"])):
        leverage = finite(item["maxLeverage"])
        initial, maintenance = finite(item["initialMargin"]), finite(item["maintenanceMargin"])
        if initial * leverage > _PERCENT_ABOVE:
            initial, maintenance = initial / 100.0, maintenance / 100.0
        deduction = optional(item.get("mmDeduction"))
        if deduction is None:
            before = tiers[-1] if tiers else None
            deduction = (
                0.0
                if before is None
                else before.maintenance_deduction + before.max_value * (maintenance - before.maintenance_margin_rate)
            )
        tiers.append(RiskTier(finite(item["riskLimitValue"]), initial, maintenance, leverage, round(deduction, 8)))
    return tiers


_TICKER_NUMBERS = {
    "lastPrice": "last_price", "markPrice": "mark_price", "indexPrice": "index_price",
    "price24hPcnt": "change_24h_rate", "highPrice24h": "high_24h", "lowPrice24h": "low_24h",
    "volume24h": "volume_24h", "turnover24h": "turnover_24h", "openInterest": "open_interest",
    "fundingRate": "funding_rate", "bid1Price": "bid_price", "bid1Size": "bid_size", "ask1Price": "ask_price",
    "ask1Size": "ask_size",
}  # fmt: skip
_TICKER_FIELDS: dict[str, tuple[str, Callable[[Any], float | int]]] = {
    **{theirs: (ours, finite) for theirs, ours in _TICKER_NUMBERS.items()},
    "nextFundingTime": ("next_funding_ms", moment),
    "fundingIntervalHour": ("funding_interval_minutes", lambda hours: round(finite(hours) * 60)),
}


def ticker_changes(item: Mapping[str, Any]) -> tuple[dict[str, float | int], int]:
    """The fields of a ticker that a message holds, under our names, and how many of them could not be read.

    Absent and empty ones are left out; one that is odd must not cost the others.
    """
    changes: dict[str, float | int] = {}
    odd = 0
    for theirs, (ours, read) in _TICKER_FIELDS.items():
        value = item.get(theirs)
        if value is None or value == "":
            continue
        try:
            changes[ours] = read(value)
        except ODD:
            odd += 1
    return changes, odd


def ticker_of(item: Mapping[str, Any], category: Category, time_ms: int) -> Ticker:
    """One ticker of `tickers`."""
    changes: dict[str, Any] = dict(ticker_changes(item)[0])
    return Ticker(Market("bybit", category, str(item["symbol"])), time_ms, **changes)


def book_of(result: Mapping[str, Any], market: Market, depth: int, *, is_snapshot: bool, time_ms: int) -> BookChange:
    """A book of `orderbook`, or the `data` of a message."""
    return BookChange(
        market, depth, is_snapshot, int(result["u"]), int(result.get("seq", 0)), levels(result.get("b") or ()),
        levels(result.get("a") or ()), time_ms, int(result.get("cts", time_ms)),
    )  # fmt: skip


def trade_of_answer(item: Mapping[str, Any], market: Market) -> PublicTrade:
    """One trade of `recent-trade`."""
    return PublicTrade(
        market, moment(item["time"]), finite(item["price"]), finite(item["size"]), item["side"] == "Buy",
        str(item["execId"]), int(number(item.get("seq"))),
    )  # fmt: skip
