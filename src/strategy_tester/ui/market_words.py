"""Names of exchanges, kinds of markets and sources, in the user's language."""

from strategy_tester.domain.market_events import Category
from strategy_tester.services.market_history import market_of
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.i18n import mark, tr

EXCHANGES = {
    "bybit": mark("Bybit"),
    "bybit-testnet": mark("Bybit testnet"),
    "binance": mark("Binance"),
    "practice": mark("Practice exchange"),
}
CATEGORIES = {Category.LINEAR: mark("perp"), Category.INVERSE: mark("inverse perp"), Category.SPOT: mark("spot")}
_KINDS = {PriceKind.MARK: mark("mark price"), PriceKind.INDEX: mark("index price")}


def source_words(key: SeriesKey) -> str:
    """Where a series comes from: "Bybit perp", "Bybit perp, mark price"; a file's own name as it is."""
    found = market_of(key)
    if found is None:
        return tr("practice market (synthetic)") if key.source == "practice" else key.source
    market, kind = found
    words = f"{tr(EXCHANGES[market.exchange])} {tr(CATEGORIES[market.category])}"
    return f"{words}, {tr(_KINDS[kind])}" if kind in _KINDS else words
