"""What the tests of the order book's panels share: a window on a live market in memory."""

import dataclasses

from book_builders import snapshot
from live_fakes import MemoryLiveMarkets, MemoryMarketSource
from practice_builders import listing
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.ports import SeriesKey

SERIES = SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")
OTHER = SeriesKey("ETHUSDT", Timeframe.M1, "bybit-linear")
BIDS = ((100.0, 1.0), (99.9, 2.0), (99.7, 4.0))
ASKS = ((100.2, 3.0), (100.3, 5.0), (100.6, 7.0))
START_MS = 1_000_000


def with_live(services: Services, live: MemoryLiveMarkets) -> Services:
    source = MemoryMarketSource()
    source.all_listings = [listing(), listing("ETHUSDT")]
    live.clocks["bybit"] = START_MS
    return dataclasses.replace(services, live=live, sources=lambda _name: source)


def show_panel(shell, live: MemoryLiveMarkets, panel_id: str, qtbot):
    """The panel in sight, on a market whose book is known."""
    shell.context.live.choose("bybit")
    shell.workbench.links.main.select(SERIES)
    shell.window.docks.show(panel_id)
    panel = shell.panel(panel_id)
    qtbot.waitUntil(lambda: panel.feed.instrument is not None, timeout=60_000)
    live.say("bybit", [snapshot(10, BIDS, ASKS, START_MS)])
    qtbot.waitUntil(lambda: panel.feed.is_live)
    return panel
