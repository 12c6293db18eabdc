"""Tasks of the queue: a download, an update, a repair; each a use-case with what it needs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from strategy_tester.domain.errors import ExchangeError, StrategyTesterError
from strategy_tester.domain.market_events import EXCHANGES, Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.coverage_repair import SAMPLE_PAGES, RepairReport, repair_series
from strategy_tester.services.download_all import download_history
from strategy_tester.services.download_values import download_listings
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.market_history import (
    DownloadReport,
    DownloadRequest,
    SeriesOutcome,
    WantedSeries,
    market_of,
)
from strategy_tester.services.market_source import MarketSource, PriceKind
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.scheduled_updates import update_series
from strategy_tester.ui.exchange_words import exchange_words
from strategy_tester.ui.i18n import plural, tr
from strategy_tester.ui.panels.download.queue import Task, TaskOutcome

PRACTICE = "practice"


@dataclass(frozen=True)
class Planned:
    """One task of a download: a series, what is dated beside it, and whether the listings are asked for first."""

    request: DownloadRequest
    with_rules: bool = False

    @property
    def wanted(self) -> WantedSeries:
        """The one series."""
        return self.request.series[0]


class TaskMaker:
    """Makes tasks.

    Args:
        services: Stores and exchanges.
        practice_name: Under which name the practice exchange that runs is reached; "" while none runs.
    """

    def __init__(self, services: Services, practice_name: Callable[[], str]) -> None:
        self._services, self._practice_name = services, practice_name

    def source(self, exchange: str) -> MarketSource:
        """The data of an exchange; for worker threads.

        Raises:
            ExchangeError: the practice exchange does not run.
        """
        if not exchange.startswith(PRACTICE):
            return self._services.sources(exchange)
        name = self._practice_name()
        if not name:
            raise ExchangeError(
                tr("The practice exchange is not running."), hint=tr("Start it in the panel of the practice exchange.")
            )
        return self._services.sources(name)

    def download(self, planned: Planned) -> Task:
        """Bring a series up to what is wanted."""
        key = planned.wanted.key
        title = tr("Downloading {series}", series=str(key))
        return Task(key, title, lambda checkpoint: self._download(planned, checkpoint), planned_to_json(planned))

    def remake(self, saved: dict[str, Any]) -> Task | None:
        """A download as it was remembered; None when that cannot be read."""
        planned = planned_from_json(saved)
        return self.download(planned) if planned is not None else None

    def update(self, key: SeriesKey) -> Task:
        """Bring a stored series up to the last closed candle."""
        services = self._services

        def work(checkpoint: Checkpoint) -> TaskOutcome:
            (outcome,) = update_series([key], self.source, services.candles, services.history, checkpoint)
            return _told(key, outcome)

        return Task(key, tr("Updating {series}", series=str(key)), work)

    def repair(self, key: SeriesKey, *, compare: bool) -> Task:
        """Refill the holes of a series; with `compare` also compare a sample of it with the exchange."""
        services = self._services

        def work(checkpoint: Checkpoint) -> TaskOutcome:
            found = market_of(key)
            source = self.source(found[0].exchange if found is not None else key.source)
            report = repair_series(
                key, source, services.candles, services.history, checkpoint,
                sample_pages=SAMPLE_PAGES if compare else 0,
            )  # fmt: skip
            return TaskOutcome(f"{key}: {repair_words(report, compare=compare)}", tr(report.problem))

        title = tr("Checking {series}", series=str(key)) if compare else tr("Refilling {series}", series=str(key))
        return Task(key, title, work)

    def _download(self, planned: Planned, checkpoint: Checkpoint) -> TaskOutcome:
        services, wanted = self._services, planned.wanted
        source = self.source(wanted.market.exchange)
        problems: list[str] = []
        if planned.with_rules:
            try:
                download_listings(wanted.market.category, source, services.candles, services.history)
            except ExchangeError as error:
                problems.append(exchange_words(error.message))
        report = download_history(planned.request, source, services.candles, services.history, checkpoint)
        return _told_all(wanted.key, report, problems)


def repair_words(report: RepairReport, *, compare: bool) -> str:
    """What a repair did, in words."""
    parts = [plural("{count} candle refilled|{count} candles refilled", report.refilled)]
    if report.none:
        parts.append(plural("{count} candle the exchange has not|{count} candles the exchange has not", report.none))
    if compare:
        parts.append(plural("{count} candle compared|{count} candles compared", report.compared))
        parts.append(plural("{count} candle mended|{count} candles mended", report.mended))
    if report.vanished:
        parts.append(
            plural("{count} candle the exchange no longer has|{count} candles the exchange no longer has",
                   report.vanished)
        )  # fmt: skip
    return ", ".join(parts)


def _told(key: SeriesKey, outcome: SeriesOutcome) -> TaskOutcome:
    text = f"{key}: {plural('{count} new candle|{count} new candles', outcome.added)}"
    if outcome.replaced:
        text += f", {plural('{count} candle replaced|{count} candles replaced', outcome.replaced)}"
    problem = " ".join(filter(None, (tr(outcome.problem), tr(outcome.hint)))) if outcome.problem else ""
    if not problem and outcome.failed:
        problem = plural("{count} candle could not be had|{count} candles could not be had", outcome.failed)
    return TaskOutcome(text, problem)


def _told_all(key: SeriesKey, report: DownloadReport, problems: list[str]) -> TaskOutcome:
    """The outcome of the one series of a report, with what failed beside it."""
    told = _told(key, report.series[0])
    every = [told.problem, *problems, *(tr(problem) for problem in report.problems)]
    return replace(told, problem=" ".join(dict.fromkeys(filter(None, every))))


def planned_to_json(planned: Planned) -> dict[str, Any]:
    """A planned download as a JSON object."""
    wanted, request = planned.wanted, planned.request
    return {
        "exchange": wanted.market.exchange,
        "category": wanted.market.category.value,
        "symbol": wanted.market.symbol,
        "timeframe": str(wanted.timeframe),
        "price": wanted.kind.value,
        "start_ms": wanted.start_ms,
        "end_ms": wanted.end_ms,
        "funding": request.funding,
        "open_interest": request.open_interest,
        "tiers": request.tiers,
        "rules": planned.with_rules,
    }


def planned_from_json(saved: dict[str, Any]) -> Planned | None:
    """The planned download of a JSON object; None when it is none."""
    try:
        exchange, symbol = str(saved["exchange"]), str(saved["symbol"])
        start_ms, end_ms = (None if saved.get(name) is None else int(saved[name]) for name in ("start_ms", "end_ms"))
        market = Market(exchange, Category(saved["category"]), symbol)
        wanted = WantedSeries(market, Timeframe.parse(saved["timeframe"]), start_ms, end_ms, PriceKind(saved["price"]))
    except (KeyError, TypeError, ValueError, StrategyTesterError):
        return None
    if exchange not in EXCHANGES or not symbol:
        return None
    extras = [bool(saved.get(name)) for name in ("funding", "open_interest", "tiers")]
    request = DownloadRequest((wanted,), extras[0], extras[1], tiers=extras[2])
    return Planned(request, bool(saved.get("rules")))
