"""Candles between what is known and now, asked for in pages. Blocks: for jobs.

Candles of real exchanges that are stored already are stored on through the downloader; all others live in memory only,
those of a practice exchange always: what is made up must never be taken for the market.
"""

from dataclasses import dataclass

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.market_events import Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import SeriesKey

FIRST_BARS = 2000
"""So many candles a chart begins with when nothing of its series is stored."""
SETTLE_MS = 1_000
"""Requests may be answered from a copy that is a moment behind: a candle counts so long after its end."""
MOST_BARS = 40_000
"""A longer hole is left open, and seen as one: closing it is a download of its own."""


@dataclass(frozen=True, eq=False)
class Recent:
    """Candles up to now.

    Attributes:
        candles: All of them: what was known before, and what came.
        is_stored: Whether candles were added to the store.
        hole_bars: Candles left out between what is stored and what came; 0 as a rule.
        is_kept: Whether what closes from now on belongs into the store: the series is stored up to now.
    """

    candles: Candles
    is_stored: bool = False
    hole_bars: int = 0
    is_kept: bool = False


def first_candles(
    source: MarketSource, market: Market, timeframe: Timeframe, checkpoint: Checkpoint = no_checkpoint
) -> Candles | None:
    """The latest closed candles of a series of which nothing is known; None when the exchange has none."""
    now_ms = source.server_time_ms()
    parts = _pages(source, market, timeframe, now_ms - FIRST_BARS * timeframe.milliseconds, now_ms, checkpoint)
    return _joined(parts, market, timeframe) if parts else None


def bring_up_to_now(
    services: Services,
    source: MarketSource,
    market: Market,
    known: Candles,
    *,
    can_store: bool,
    checkpoint: Checkpoint = no_checkpoint,
) -> Recent:
    """What is known, with every candle closed since.

    Args:
        services: Stores.
        source: The market's exchange.
        market: Whose candles.
        known: At least one candle of the market, with its timeframe.
        can_store: Whether the exchange is a real one.
        checkpoint: Told how far it is.

    Raises:
        ExchangeError: the exchange cannot be asked.
    """
    frame = known.timeframe
    if frame is None or not len(known):
        raise ValueError("candles with a timeframe are needed")
    now_ms = source.server_time_ms()
    last_ms = int(known.open_time_ms[-1])
    hole = max((now_ms - last_ms) // frame.milliseconds - MOST_BARS, 0)
    key = SeriesKey(market.symbol, frame, market.source)
    is_stored = False
    is_kept = can_store and not hole and any(summary.key == key for summary in services.candles.series())
    if is_kept:
        is_stored = _store(services, source, market, frame, last_ms, checkpoint)
        known = _over(known, services.candles.read(key, last_ms))
        last_ms = int(known.open_time_ms[-1])
    # The last known one is asked for again: a file may end with a candle that was not closed yet.
    begin_ms = last_ms if not hole else frame.open_of(now_ms) - MOST_BARS * frame.milliseconds
    parts = _pages(source, market, frame, begin_ms, now_ms, checkpoint)
    return Recent(_over(known, _joined(parts, market, frame)) if parts else known, is_stored, int(hole), is_kept)


def _store(
    services: Services, source: MarketSource, market: Market, frame: Timeframe, from_ms: int, checkpoint: Checkpoint
) -> bool:
    from strategy_tester.services.download_history import download_candles
    from strategy_tester.services.market_history import WantedSeries

    wanted = WantedSeries(market, frame, from_ms)
    outcomes = download_candles([wanted], source, services.candles, services.history, checkpoint)
    for outcome in outcomes:
        if outcome.problem:
            raise ExchangeError(outcome.problem, hint=outcome.hint)
    return any(outcome.added or outcome.replaced for outcome in outcomes)


def _pages(
    source: MarketSource, market: Market, frame: Timeframe, begin_ms: int, now_ms: int, checkpoint: Checkpoint
) -> list[Candles]:
    """Closed candles from a moment on, oldest first; time goes on while they are asked for."""
    begin_ms = frame.open_of(max(begin_ms, 0))
    total = max((now_ms - begin_ms) // frame.milliseconds, 1)
    parts: list[Candles] = []
    done = 0
    while begin_ms < now_ms:
        checkpoint(done, total, str(market))
        end_ms = begin_ms + source.page_limit * frame.milliseconds
        page = source.candles(market, frame, begin_ms, end_ms)
        # What has ended just now may be told as it was a moment before its end: the stream tells it anew.
        settled = page.candles.between(None, frame.open_of(page.server_time_ms - SETTLE_MS))
        if len(settled):
            parts.append(settled)
        done += source.page_limit
        begin_ms, now_ms = end_ms, page.server_time_ms
    return parts


def _joined(parts: list[Candles], market: Market, frame: Timeframe) -> Candles:
    def column(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    return Candles(
        column("open_time_ms"), column("open"), column("high"), column("low"), column("close"), column("volume"),
        symbol=market.symbol, timeframe=frame, source=market.source,
    )  # fmt: skip


def _over(known: Candles, newer: Candles) -> Candles:
    """Known candles up to where newer ones begin, then those."""
    if not len(newer):
        return known
    old = known.between(None, int(newer.open_time_ms[0]))

    def column(name: str) -> np.ndarray:
        return np.concatenate([getattr(old, name), getattr(newer, name)])

    return Candles(
        column("open_time_ms"), column("open"), column("high"), column("low"), column("close"), column("volume"),
        symbol=known.symbol, timeframe=known.timeframe, source=known.source,
    )  # fmt: skip
