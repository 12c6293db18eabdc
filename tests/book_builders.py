"""Order books and trades, in tests."""

from strategy_tester.domain.market_events import BookChange, Category, Level, Market, PublicTrade

LINEAR = Market("bybit", Category.LINEAR, "BTCUSDT")


def snapshot(
    update_id: int, bids: tuple[Level, ...], asks: tuple[Level, ...], time_ms: int = 1_000_000, market: Market = LINEAR
) -> BookChange:
    return BookChange(market, 200, True, update_id, update_id, bids, asks, time_ms, time_ms)


def change(
    update_id: int,
    bids: tuple[Level, ...] = (),
    asks: tuple[Level, ...] = (),
    time_ms: int = 1_000_000,
    market: Market = LINEAR,
) -> BookChange:
    return BookChange(market, 200, False, update_id, update_id, bids, asks, time_ms, time_ms)


def trade(
    price: float, quantity: float, *, is_buy: bool = True, time_ms: int = 1_000_000, name: str = "",
    market: Market = LINEAR,
) -> PublicTrade:  # fmt: skip
    return PublicTrade(market, time_ms, price, quantity, is_buy, name or f"{price}/{quantity}/{time_ms}")
