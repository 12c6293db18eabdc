"""Symbols of an exchange, in tests of panels."""

from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus
from strategy_tester.domain.market_events import Category, Market, Ticker

NEXT_FUNDING_MS = 1_735_718_400_000  # 2025-01-01 08:00 UTC


def market(symbol: str, category: Category = Category.LINEAR, exchange: str = "bybit") -> Market:
    return Market(exchange, category, symbol)


def listing(of: Market, *, base: str = "", quote: str = "USDT", tick: float = 0.1, kind: str = "LinearPerpetual"):
    instrument = Instrument(
        of.symbol, tick, 0.001, 0.001, base_currency=base or of.symbol.removesuffix(quote), quote_currency=quote,
        source=of.source,
    )  # fmt: skip
    return Listing(of, ListingStatus.TRADING, instrument, funding_interval_minutes=480, kind=kind)


def ticker(of: Market, last: float = 100.0, time_ms: int = 1000, **figures) -> Ticker:
    usual = {
        "mark_price": 101.0, "index_price": 99.0, "change_24h_rate": 0.25, "high_24h": 110.0, "low_24h": 90.0,
        "volume_24h": 2000.0, "turnover_24h": 200_000.0, "open_interest": 50.0, "funding_rate": 0.0001,
        "next_funding_ms": NEXT_FUNDING_MS, "funding_interval_minutes": 480, "bid_price": 99.9, "bid_size": 1.5,
        "ask_price": 100.1, "ask_size": 2.0,
    }  # fmt: skip
    return Ticker(of, time_ms, last_price=last, **(usual | figures))
