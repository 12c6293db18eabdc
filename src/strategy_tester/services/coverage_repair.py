"""Puts stored series right: refills holes, compares samples with the exchange, and forgets what is too old."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from strategy_tester.domain.errors import InvalidParameter, MissingCandles
from strategy_tester.domain.timeframes import DAY_MS
from strategy_tester.services.coverage import CoverageState, Span, coverage, subtract
from strategy_tester.services.download_history import download_candles
from strategy_tester.services.download_pages import fetch_page, pages_of
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.market_history import WantedSeries, market_of
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import CandleStore, CoveredSpan, HistoryKey, HistoryStore, SeriesKey

SAMPLE_PAGES = 10
_SAMPLE_BARS = 200
_MOST_PIECES = 20


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did.

    Attributes:
        key: The series.
        refilled: Missing candles that are there now.
        none: Missing candles that the exchange does not have.
        compared: Stored candles that were compared with the exchange.
        mended: Those of them that differed and were replaced.
        vanished: Those of them that the exchange does not tell any more. They are kept.
        failed: Candles that could not be had now.
        problem: Why, for the user; empty when nothing failed.
    """

    key: SeriesKey
    refilled: int = 0
    none: int = 0
    compared: int = 0
    mended: int = 0
    vanished: int = 0
    failed: int = 0
    problem: str = ""


def repair_series(
    key: SeriesKey,
    source: MarketSource,
    candle_store: CandleStore,
    history: HistoryStore,
    checkpoint: Checkpoint = no_checkpoint,
    *,
    sample_pages: int = SAMPLE_PAGES,
    ask_again: bool = True,
    seed: int | None = None,
) -> RepairReport:
    """Refill the holes of a series, then compare a random sample of it with the exchange and mend what differs.

    When a sample differs, everything stored is compared: one wrong page is seldom alone.

    Args:
        key: The series.
        source: The exchange it came from.
        candle_store: Where the candles are.
        history: Knows what was asked for.
        checkpoint: Progress and cancellation.
        sample_pages: How many stretches of 200 candles are compared.
        ask_again: Also ask once more for what the exchange did not have before.
        seed: Of the sample; for tests.

    Raises:
        InvalidParameter: the series came from no exchange that can be asked, or from another one.
        MissingCandles: nothing is stored of it.
        ExchangeError, StorageError, JobCancelled: as their names say.
    """
    wanted = _wanted(key, source)
    parts = [part for part in coverage(candle_store, history, key) if part.candles]
    stored = [(part.start_ms, part.end_ms) for part in parts if part.state is CoverageState.COMPLETE]
    if not stored:
        raise MissingCandles(f"There are no candles of {key}.", hint="Download them first.")
    asked = (CoverageState.MISSING, CoverageState.NONE) if ask_again else (CoverageState.MISSING,)
    holes = [(part.start_ms, part.end_ms) for part in parts if part.state in asked]
    report = _refill(wanted, holes, source, candle_store, history, checkpoint)
    sample = _sample(key, stored, sample_pages, random.Random(seed))  # noqa: S311  a sample, not a secret
    found = _compare(wanted, sample, source, candle_store, history, checkpoint)
    if found.mended:
        rest = _compare(wanted, pages_of(key.timeframe, stored, source.page_limit), source, candle_store, history,
                        checkpoint)  # fmt: skip
        found = replace(rest, mended=found.mended + rest.mended)
    return replace(report, compared=found.compared, mended=found.mended, vanished=found.vanished)


def _wanted(key: SeriesKey, source: MarketSource) -> WantedSeries:
    found = market_of(key)
    if found is None:
        raise InvalidParameter("series", str(key), "one that was downloaded from an exchange")
    market, kind = found
    if market.exchange != source.exchange:
        raise InvalidParameter("exchange", source.exchange, f"{market.exchange}, where {key} comes from")
    return WantedSeries(market, key.timeframe, kind=kind)


def _refill(
    wanted: WantedSeries, holes: Sequence[Span], source: MarketSource, store: CandleStore, history: HistoryStore,
    checkpoint: Checkpoint,
) -> RepairReport:  # fmt: skip
    covered = HistoryKey.of(wanted.key)
    for hole in holes:
        history.uncover(covered, *hole)
    if len(holes) > _MOST_PIECES:
        holes = [(holes[0][0], holes[-1][1])]  # what is verified in between is not asked for all the same
    pieces = [replace(wanted, start_ms=first, end_ms=last) for first, last in holes]
    outcomes = download_candles(pieces, source, store, history, checkpoint) if pieces else []
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    return RepairReport(
        wanted.key, sum(outcome.added for outcome in outcomes), sum(outcome.none for outcome in outcomes),
        failed=sum(outcome.failed for outcome in outcomes), problem=problems[0] if problems else "",
    )  # fmt: skip


def _compare(
    wanted: WantedSeries, spans: Sequence[Span], source: MarketSource, store: CandleStore, history: HistoryStore,
    checkpoint: Checkpoint,
) -> RepairReport:  # fmt: skip
    """Ask for spans once more and store what differs."""
    compared = mended = vanished = 0
    for done, span in enumerate(spans):
        checkpoint(done, len(spans), f"{wanted.key}: comparing with the exchange")
        fetched = fetch_page(source, wanted, span)
        mine = store.read(wanted.key, span[0], fetched.end_ms)
        checked = [
            CoveredSpan(*part, fetched.server_time_ms) for part in subtract((span[0], fetched.end_ms), fetched.none)
        ]
        mended += history.append(fetched.candles, checked).replaced
        compared += len(mine)
        vanished += np.setdiff1d(mine.open_time_ms, fetched.candles.open_time_ms, assume_unique=True).size
    return RepairReport(wanted.key, compared=compared, mended=mended, vanished=vanished)


def _sample(key: SeriesKey, stored: Sequence[Span], pages: int, chance: random.Random) -> list[Span]:
    every = pages_of(key.timeframe, stored, _SAMPLE_BARS)
    return sorted(chance.sample(every, min(pages, len(every))))


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """One row of a list of what is stored: the series, its size on disk and how long it is kept."""

    key: SeriesKey
    candles: int
    first_open_ms: int
    last_open_ms: int
    bytes_on_disk: int


def stored_series(candle_store: CandleStore, history: HistoryStore) -> list[StoredSeries]:
    """Everything stored with its size on disk. Quick: no candle is read."""
    sizes = history.stored_bytes()
    return [
        StoredSeries(item.key, item.candles, item.first_open_ms, item.last_open_ms, sizes.get(item.key, 0))
        for item in sorted(candle_store.series(), key=lambda summary: summary.key)
    ]


def keep_only_latest(
    key: SeriesKey, days: int, candle_store: CandleStore, history: HistoryStore, *, end_ms: int | None = None
) -> int:
    """Remove candles older than some days before the last stored one; returns how many went.

    Raises:
        InvalidParameter: fewer than one day.
    """
    if days < 1:
        raise InvalidParameter("days", days, "at least 1")
    known = next((item for item in candle_store.series() if item.key == key), None)
    if known is None:
        return 0
    end = key.timeframe.next_open(known.last_open_ms) if end_ms is None else end_ms
    return history.delete_before(key, key.timeframe.open_of(end - days * DAY_MS))
