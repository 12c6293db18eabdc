"""The symbols of the chosen exchange, for the quick search: choosing one shows it live in the chart used last."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from strategy_tester.domain.listings import Listing
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.search.hits import Entry, Hit, best_hits
from strategy_tester.ui.view_context import ViewContext

KIND = "market"
CATEGORY_WORDS = {
    Category.LINEAR: mark("Linear"),
    Category.INVERSE: mark("Inverse"),
    Category.SPOT: mark("Spot"),
}
_WEIGHTS = {Category.LINEAR: 1.0, Category.INVERSE: 0.9, Category.SPOT: 0.9}


class SymbolProvider(QObject):
    """What the exchange lists, asked for once per exchange when the search is opened."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context.window)
        self._context = context
        self._exchange = ""
        self._entries: list[Entry] = []
        context.live.exchange_changed.connect(self._forget)

    def find(self, text: str) -> list[Hit]:
        """Symbols by name, or written with a stroke: "BTC/USDT"."""
        return best_hits(self._entries, text)

    def refresh(self, found_more: Callable[[], None]) -> None:
        """Ask the exchange unless it was asked already."""
        desk = self._context.live
        source = desk.source
        if source is None or self._exchange == desk.exchange:
            return
        self._exchange = exchange = desk.exchange

        def take(listings: list[Listing]) -> None:
            if exchange == self._exchange:
                self._entries = [self._entry(listing) for listing in listings]
                found_more()

        self._context.jobs.start(
            tr("Reading the symbols of {exchange}", exchange=desk.title),
            lambda checkpoint: _all_listings(source, checkpoint),
            on_done=take,
            on_failed=lambda _error: self._forget(),
            on_cancelled=self._forget,
            group="search:markets",
            is_quiet=True,
        )

    def _forget(self, _exchange: str = "") -> None:
        self._exchange, self._entries = "", []

    def _entry(self, listing: Listing) -> Entry:
        market, instrument = listing.market, listing.instrument
        hint = f"{self._context.live.title} · {tr(CATEGORY_WORDS[market.category])}"
        hit = Hit(KIND, market.symbol, hint, "market", lambda: show_market(self._context, market), str(market))
        weight = _WEIGHTS[market.category]
        pair = f"{instrument.base_currency}/{instrument.quote_currency}"
        return Entry(hit, [(market.symbol, weight), (pair, 0.9 * weight), (f"{market.symbol} {market.source}", 0.7)])


def show_market(context: ViewContext, market: Market) -> None:
    """Show a market in the chart used last, in that chart's timeframe."""
    chart = context.charts.current
    if chart is None:
        context.workbench.panel_wanted.emit("chart")
        return
    shown = chart.link.series
    frame = Timeframe.H1 if shown is None else shown.timeframe
    chart.link.select(SeriesKey(market.symbol, frame, market.source))
    context.docks.show(chart.context.panel_id or "chart", focus=True)


def add_symbol_search(context: ViewContext) -> None:
    """Let the quick search of this window find the exchange's symbols."""
    context.search.add(SymbolProvider(context), kind=KIND, title=mark("Symbols of the exchange"))


def _all_listings(source: MarketSource, checkpoint: Checkpoint) -> list[Listing]:
    found: list[Listing] = []
    for done, category in enumerate(Category):
        checkpoint(done, len(Category), category.value)
        found += source.listings(category)
    return found
