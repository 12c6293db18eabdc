"""One download as the user asks for it: candles and everything dated that belongs to their markets."""

import time
from collections.abc import Callable

from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.services.download_history import WORKERS, download_candles
from strategy_tester.services.download_values import (
    download_funding,
    download_open_interest,
    download_risk_tiers,
    fill_mark_prices,
)
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.market_history import DownloadReport, DownloadRequest
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import CandleStore, HistoryStore


def download_history(
    request: DownloadRequest,
    source: MarketSource,
    candle_store: CandleStore,
    history: HistoryStore,
    checkpoint: Checkpoint = no_checkpoint,
    *,
    workers: int = WORKERS,
) -> DownloadReport:
    """Download candles, then funding, open interest and margin tiers of the same markets.

    What fails beside candles is told in the report; the rest goes on. Safe to repeat: only what is missing is asked.

    Raises:
        JobCancelled: the checkpoint stopped it; what came is kept.
        ExchangeError: the exchange could not be asked at all.
        StorageError: the database could not take it.
        InvalidParameter: a price that a market does not have.
    """
    begun = time.monotonic()
    watch = _Watch(checkpoint)
    outcomes = download_candles(request.series, source, candle_store, history, watch.candles, workers=workers)
    periods = _periods(request)
    problems: list[str] = []

    def tried(work: Callable[[], int]) -> int:
        try:
            return work()
        except ExchangeError as error:
            problems.append(error.message)
            return 0

    settlements = values = 0
    for market, (start, end) in periods.items():
        if request.funding:
            settlements += tried(
                lambda market=market, start=start, end=end: download_funding(
                    market, source, candle_store, history, start, end, watch.rest
                )
            )
            fill_mark_prices(market, candle_store)
        if request.open_interest:
            values += tried(
                lambda market=market, start=start, end=end: download_open_interest(
                    market, source, candle_store, history, start, end, request.open_interest_step, watch.rest
                )
            )
    tiers = 0
    if request.tiers:
        markets = [market for market in periods if market.category is not Category.SPOT]
        tiers = tried(lambda: download_risk_tiers(markets, source, candle_store, history, watch.rest))
    return DownloadReport(
        tuple(outcomes), settlements, values, tiers, time.monotonic() - begun, tuple(dict.fromkeys(problems))
    )


class _Watch:
    """Candles are nearly all of the work: the rest is told in words, and progress does not begin anew for it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._total = 0.0

    def candles(self, done: float, total: float, note: str = "") -> None:
        """Checkpoint of the candles."""
        self._total = total
        self._checkpoint(done, total, note)

    def rest(self, done: float, total: float, note: str = "") -> None:
        """Checkpoint of everything after them."""
        part = f" ({done:.0f} of {total:.0f})" if total > 1 else ""
        self._checkpoint(self._total, self._total, note + part)


def _periods(request: DownloadRequest) -> dict[Market, tuple[int | None, int | None]]:
    """The markets of a request with the longest period asked for; None is everything."""
    periods: dict[Market, tuple[int | None, int | None]] = {}
    for one in request.series:
        start, end = periods.get(one.market, (one.start_ms, one.end_ms))
        earliest = None if start is None or one.start_ms is None else min(start, one.start_ms)
        latest = None if end is None or one.end_ms is None else max(end, one.end_ms)
        periods[one.market] = earliest, latest
    return periods
