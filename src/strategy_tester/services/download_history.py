"""Downloads candles: whole, closed, ascending, in pages, several at once; goes on where it stopped.

What is asked for follows from what is stored and what was verified (see `coverage`). So a download that was
cancelled, crashed or met a restart of the exchange needs no memory of its own: the next one asks for the rest.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import (
    ExchangeBusy,
    ExchangeError,
    ExchangeRefused,
    MissingCandles,
    StrategyTesterError,
)
from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.coverage import Span, candles_in, clip, stored_runs, subtract, to_ask
from strategy_tester.services.download_pages import SETTLE_MS, Fetched, Pool, fetch_page, joined, pages_of
from strategy_tester.services.jobs import Checkpoint, no_checkpoint, pause
from strategy_tester.services.market_history import SeriesOutcome, WantedSeries, refuse_kind
from strategy_tester.services.market_source import MarketSource, PriceKind
from strategy_tester.services.ports import CandleStore, CoveredSpan, HistoryKey, HistoryStore

WORKERS = 10
BATCH_ROWS = 20_000
"""Rows of one transaction: larger ones are hardly faster, and cancelling would take longer."""
ROUND_WAITS_S = (2.0, 21.0)
"""Before pages that failed are asked for again; the second wait outlasts the pause of a broken connection."""
_BATCH_S = 5.0
_TIDY_ROWS = 500_000
_STOP_AFTER = 8
_LONGEST_WAIT_S = 60.0
_SLICE_S = 0.05
_VALUE_KINDS = {PriceKind.MARK: "mark_price", PriceKind.INDEX: "index_price"}


@dataclass(eq=False)
class _Series:
    """One series under way; `pages` are those that are still to be had."""

    wanted: WantedSeries
    pages: dict[Span, None] = field(default_factory=dict)
    is_given_up: bool = False
    outcome: SeriesOutcome = field(init=False)

    def __post_init__(self) -> None:
        self.outcome = SeriesOutcome(self.wanted.key)

    def count(self, **more: int) -> None:
        changed = {name: getattr(self.outcome, name) + number for name, number in more.items()}
        self.outcome = replace(self.outcome, **changed)

    def blame(self, error: StrategyTesterError | None) -> None:
        message, hint = (error.message, error.hint) if error is not None else ("", "")
        self.outcome = replace(self.outcome, problem=message, hint=hint)

    def bars(self, spans: Iterable[Span]) -> int:
        return sum(candles_in(self.wanted.timeframe, *span) for span in spans)


@dataclass(frozen=True, eq=False)
class _Question:
    """Something to ask the exchange on another thread; of a page also whose it is."""

    ask: Callable[[], Any]
    series: _Series | None = None
    page: Span = (0, 0)


def download_candles(
    wanted: Sequence[WantedSeries],
    source: MarketSource,
    candle_store: CandleStore,
    history: HistoryStore,
    checkpoint: Checkpoint = no_checkpoint,
    *,
    workers: int = WORKERS,
    round_waits_s: Sequence[float] = ROUND_WAITS_S,
) -> list[SeriesOutcome]:
    """Bring series up to what is wanted.

    Only closed candles are stored. What the exchange does not have is asked for twice and then remembered; a page
    without any candle once more after the others, because exchanges have been seen to answer with nothing for a
    moment. Pages that fail are asked for again after the others; what still fails is told in the outcome, everything
    else is kept.

    Args:
        wanted: What to download.
        source: The exchange.
        candle_store: Where candles go.
        history: Knows what was verified.
        checkpoint: Told candles done and wanted; may stop the download at any moment, nothing that came is lost.
        workers: Requests at once; the exchange's limits hold all the same.
        round_waits_s: Seconds before each further round of pages that failed.

    Returns:
        What came of each series, in the order of `wanted`.

    Raises:
        JobCancelled: the checkpoint stopped it.
        ExchangeError: the exchange could not be asked at all.
        StorageError: the database could not take it.
        InvalidParameter: a price that a market does not have.
    """
    for one in wanted:
        refuse_kind(one.market, one.kind)
    download = _Download(source, candle_store, history, checkpoint, workers)
    return download.run(wanted, round_waits_s)


class _Download:
    """One run over all series."""

    def __init__(
        self, source: MarketSource, store: CandleStore, history: HistoryStore, checkpoint: Checkpoint, workers: int
    ) -> None:
        self._source, self._store, self._history = source, store, history
        self._checkpoint = checkpoint
        self._pool = Pool[_Question, Any](lambda question: question.ask(), workers)
        self._writer = _Writer(store, history)
        self._done, self._total, self._note = 0, 0, "asking the exchange for its time"
        self._is_shut_out = False
        self._begun = time.monotonic()

    def run(self, wanted: Sequence[WantedSeries], waits_s: Sequence[float]) -> list[SeriesOutcome]:
        """See `download_candles`."""
        try:
            now_ms = self._asked(self._source.server_time_ms)
            every = [self._planned(one, now_ms) for one in wanted]
            self._total = sum(series.bars(series.pages) for series in every)
            for number, wait_s in enumerate((0.0, *waits_s)):
                tasks = [(series, page) for series in every if not series.is_given_up for page in series.pages]
                if not tasks or self._is_shut_out:
                    break
                self._wait(wait_s)
                self._round(tasks, believes_nothing=number > 0 or not waits_s)
        finally:
            self._pool.close()
            self._writer.flush()  # also when stopped: what has come is kept, and not asked for again
        self._history.tidy()
        for series in every:
            series.count(failed=series.bars(series.pages))
        return [series.outcome for series in every]

    def _asked(self, work: Callable[[], Any]) -> Any:
        """The answer to one question; a cancelled download does not wait for it."""
        for _, answer in self._pool.answers([_Question(work)], self._watch):
            if isinstance(answer, ExchangeError):
                raise answer
            return answer
        return None

    def _watch(self) -> None:
        self._checkpoint(self._done, self._total, self._note)

    def _planned(self, wanted: WantedSeries, now_ms: int) -> _Series:
        self._tell(f"{wanted.key}: what is missing?")
        series = _Series(wanted)
        try:
            todo = self._todo(wanted, now_ms)
        except (ExchangeError, MissingCandles) as error:
            series.blame(error)
            return series
        series.pages = dict.fromkeys(pages_of(wanted.timeframe, todo, self._source.page_limit))
        return series

    def _todo(self, wanted: WantedSeries, now_ms: int) -> list[Span]:
        """What has to be asked for. What lies before the very first candle is noted as not there."""
        key, frame = wanted.key, wanted.timeframe
        start_ms, end_ms = self._bounds(wanted, now_ms)
        if start_ms >= end_ms:
            return []
        known = next((item for item in self._store.series() if item.key == key), None)
        spans = self._history.covered(HistoryKey.of(key))
        todo = to_ask((start_ms, end_ms), stored_runs(self._history, key, known), spans)
        if not todo or (known is not None and todo[0][0] >= known.first_open_ms):
            return todo
        first_ms = self._asked(lambda: self._source.first_candle_ms(wanted.market, frame))
        if first_ms is None or first_ms >= end_ms:
            raise MissingCandles(f"{key}: the exchange has no candles in this period", hint="When was it listed?")
        nothing = [CoveredSpan(*span, now_ms, is_empty=True) for span in clip(todo, 0, first_ms)]
        self._history.cover(HistoryKey.of(key), nothing)
        return clip(todo, first_ms, end_ms)

    def _bounds(self, wanted: WantedSeries, now_ms: int) -> Span:
        """The wanted period on the grid, up to the last closed candle or the end of trading."""
        frame = wanted.timeframe
        end_ms = frame.open_of(now_ms - SETTLE_MS)
        if wanted.end_ms is not None:
            end_ms = min(end_ms, _grid_up(frame, wanted.end_ms))
        row = self._history.listing(wanted.market.symbol, wanted.market.source)
        if row is not None and row.listing.status is ListingStatus.CLOSED and row.listing.delivery_ms:
            end_ms = min(end_ms, frame.next_open(frame.open_of(row.listing.delivery_ms)))
        return (0 if wanted.start_ms is None else _grid_up(frame, wanted.start_ms)), end_ms

    def _round(self, tasks: Sequence[tuple[_Series, Span]], *, believes_nothing: bool) -> None:
        """Ask for pages; those that fail, and at first those that hold nothing, stay to be had."""
        failed_in_a_row = 0
        questions = (
            _Question(partial(fetch_page, self._source, series.wanted, page), series, page)
            for series, page in tasks
            if not series.is_given_up
        )
        answers = self._pool.answers(questions, self._watch)
        for question, answer in answers:
            series, page = question.series, question.page
            if series is None:
                continue
            if isinstance(answer, Fetched):
                failed_in_a_row = 0
                if believes_nothing or len(answer.candles) or not answer.none:
                    self._take(series, page, answer)
                continue
            failed_in_a_row += 1
            series.blame(answer)
            series.is_given_up = isinstance(answer, ExchangeRefused)
            self._is_shut_out = isinstance(answer, ExchangeBusy) and answer.wait_s > _LONGEST_WAIT_S
            if self._is_shut_out or failed_in_a_row >= _STOP_AFTER:
                break
        answers.close()

    def _take(self, series: _Series, page: Span, fetched: Fetched) -> None:
        del series.pages[page]
        if not series.pages:
            series.blame(None)
        self._writer.put(series, page, fetched)
        self._done += series.bars([page])
        rate = self._done / max(time.monotonic() - self._begun, 0.001)
        self._tell(f"{series.wanted.key}: {self._done:,} of {self._total:,} candles, {rate:,.0f} a second")

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0.0:
            self._tell(f"some pages failed or were empty; they are asked for again in {left:.0f} s")
            pause(min(left, _SLICE_S))

    def _tell(self, note: str) -> None:
        self._note = note
        self._checkpoint(self._done, self._total, note)


class _Writer:
    """Brings pages into the store, some at a time."""

    def __init__(self, store: CandleStore, history: HistoryStore) -> None:
        self._store, self._history = store, history
        self._series: _Series | None = None
        self._parts: list[Candles] = []
        self._spans: list[CoveredSpan] = []
        self._rows, self._since_tidy = 0, 0
        self._written_s = time.monotonic()

    def put(self, series: _Series, page: Span, fetched: Fetched) -> None:
        """Take a page; it is stored now or with the next ones."""
        if series is not self._series:
            self.flush()
            self._series = series
        self._parts.append(fetched.candles)
        self._rows += len(fetched.candles)
        at_ms = fetched.server_time_ms
        self._spans += [CoveredSpan(*span, at_ms) for span in subtract((page[0], fetched.end_ms), fetched.none)]
        self._spans += [CoveredSpan(*span, at_ms, is_empty=True) for span in fetched.none]
        series.count(none=series.bars(fetched.none))
        if self._rows >= BATCH_ROWS or time.monotonic() - self._written_s > _BATCH_S:
            self.flush()

    def flush(self) -> None:
        """Store what was taken, candles and verified spans in one transaction."""
        series, parts, spans = self._series, self._parts, self._spans
        self._parts, self._spans, self._rows = [], [], 0
        self._written_s = time.monotonic()
        if series is None or not parts:
            return
        candles = joined(parts)
        outcome = self._history.append(candles, spans)
        series.count(added=outcome.added, replaced=outcome.replaced, unchanged=outcome.unchanged)
        self._also_as_values(series.wanted, candles)
        self._since_tidy += len(candles)
        if self._since_tidy >= _TIDY_ROWS:
            self._since_tidy = 0
            self._history.tidy()

    def _also_as_values(self, wanted: WantedSeries, candles: Candles) -> None:
        """Charts show mark and index prices as lines; a close is known when its candle ends."""
        kind = _VALUE_KINDS.get(wanted.kind)
        if kind is not None and len(candles):
            times, market = candles.close_time_ms, wanted.market
            self._store.write_values(market.symbol, market.source, kind, times, candles.close)


def _grid_up(frame: Timeframe, time_ms: int) -> int:
    """The first open time at or after a moment."""
    open_ms = frame.open_of(time_ms)
    return open_ms if open_ms == time_ms else frame.next_open(open_ms)
