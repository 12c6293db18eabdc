"""Pages of candles: how a range is cut into them, how one is asked for, and several at once in order."""

import contextvars
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.services.coverage import Span, runs_of, subtract
from strategy_tester.services.market_history import WantedSeries
from strategy_tester.services.market_source import CandlePage, MarketSource

Task = TypeVar("Task")
Answer = TypeVar("Answer")
SETTLE_MS = 1_000
"""A candle counts as closed this long after its end: on the very edge an answer may be older than its time stamp."""
FRESH_MS = 10 * MINUTE_MS
"""What is missing this close to the present may still come; it is not taken for missing at the exchange."""
_LOOK_S = 0.03
_AHEAD = 3
_MOST_HOLES = 4


@dataclass(frozen=True, eq=False)
class Fetched:
    """A page, looked at.

    Attributes:
        candles: Closed ones, ascending.
        end_ms: Up to where the page is settled; what opens later is to be asked for another time.
        none: Spans in which the exchange has nothing, asked twice.
        server_time_ms: The exchange's clock at the answer.
    """

    candles: Candles
    end_ms: int
    none: tuple[Span, ...]
    server_time_ms: int


def pages_of(timeframe: Timeframe, spans: Iterable[Span], limit: int) -> list[Span]:
    """Spans on the grid of the timeframe, cut into pages of at most `limit` candles, oldest first."""
    pages: list[Span] = []
    for start, end in spans:
        first = timeframe.open_of(start)
        first = first if first == start else timeframe.next_open(first)
        while first < end:
            stop = _after(timeframe, first, limit)
            pages.append((first, min(stop, end)))
            first = stop
    return pages


def _after(timeframe: Timeframe, open_ms: int, candles: int) -> int:
    """Open time of the candle that comes some candles later."""
    if timeframe.is_fixed:
        return open_ms + candles * timeframe.milliseconds
    month = np.int64(open_ms).astype("datetime64[ms]").astype("datetime64[M]") + candles
    return int(month.astype("datetime64[ms]").astype(np.int64))


def fetch_page(source: MarketSource, wanted: WantedSeries, span: Span) -> Fetched:
    """Ask for a page; holes in it are asked for a second time.

    Raises:
        ExchangeError: the exchange refused, could not be reached, or told nonsense.
    """
    page = _ask(source, wanted, span)
    frame = wanted.timeframe
    end_ms = min(span[1], frame.open_of(page.server_time_ms - SETTLE_MS))
    candles = page.candles.between(span[0], max(end_ms, span[0]))
    holes = subtract((span[0], end_ms), runs_of(candles.open_time_ms, frame))
    for hole in _to_look_at_again(holes):
        candles = joined([candles, _ask(source, wanted, hole).candles.between(*hole)])
    if holes:
        holes = subtract((span[0], end_ms), runs_of(candles.open_time_ms, frame))
    if holes and holes[-1][1] == end_ms and end_ms > page.server_time_ms - FRESH_MS - frame.milliseconds:
        end_ms = holes.pop()[0]
    return Fetched(candles, end_ms, tuple(holes), page.server_time_ms)


def _to_look_at_again(holes: Sequence[Span]) -> Sequence[Span]:
    return holes if len(holes) <= _MOST_HOLES else [(holes[0][0], holes[-1][1])]


def _ask(source: MarketSource, wanted: WantedSeries, span: Span) -> CandlePage:
    page = source.candles(wanted.market, wanted.timeframe, *span, wanted.kind)
    if page.candles.source != wanted.key.source:
        # Other prices must never come among the last prices of the same market.
        page = replace(page, candles=replace(page.candles, source=wanted.key.source))
    times = page.candles.open_time_ms
    if np.any(wanted.timeframe.opens_of(times) != times):
        raise ExchangeError(
            f"{wanted.key}: the exchange answered with candles that do not open on a boundary of {wanted.timeframe}",
            hint="They were not stored. Download a shorter timeframe and resample it.",
        )
    return page


def joined(parts: Sequence[Candles]) -> Candles:
    """Candles of one series as one, ascending; of the same open time the later part counts."""
    filled = [part for part in parts if len(part)] or list(parts[:1])
    if len(filled) == 1:
        return filled[0]
    times = np.concatenate([part.open_time_ms for part in filled])
    order = np.argsort(times, kind="stable")
    times = times[order]
    kept = np.append(times[1:] != times[:-1], True)

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in filled])[order][kept]

    has_turnover = all(part.turnover is not None for part in filled)
    first = filled[0]
    return Candles(
        times[kept], *(column(name) for name in ("open", "high", "low", "close", "volume")),
        turnover=column("turnover") if has_turnover else None,
        symbol=first.symbol, timeframe=first.timeframe, source=first.source,
    )  # fmt: skip


class Pool(Generic[Task, Answer]):
    """Does a piece of work for many tasks on a few threads, and gives the answers in the order of the tasks.

    A thread is begun only when the others are busy: each has connections of its own to the exchange, and making one
    takes longer than a request. The threads end with the program: a request that hangs must not keep it open.

    Args:
        work: Done for each task, on several threads at once.
        workers: How many threads at most.
    """

    def __init__(self, work: Callable[[Task], Answer], workers: int) -> None:
        self._work, self._workers = work, max(workers, 1)
        self._is_closed = False
        self._waiting: queue.SimpleQueue[tuple[contextvars.Context, Task, Future[Answer]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = self._begun = 0

    def answers(
        self, tasks: Iterable[Task], watch: Callable[[], None]
    ) -> Generator[tuple[Task, Answer | ExchangeError], None, None]:
        """Each task with its answer, or with the error the exchange gave.

        Args:
            tasks: Taken as needed, a few ahead of the answers.
            watch: Called all the time while waiting; may raise to stop everything.
        """
        source, under_way = iter(tasks), deque[tuple[Task, Future[Answer]]]()
        try:
            while True:
                while len(under_way) < self._workers * _AHEAD:
                    task = next(source, None)
                    if task is None:
                        break
                    under_way.append((task, self._submit(task)))
                if not under_way:
                    return
                task, future = under_way.popleft()
                yield task, _result(future, watch)
        finally:
            for _, future in under_way:
                future.cancel()

    def close(self) -> None:
        """Start nothing more; the threads end when they are done with what they do."""
        self._is_closed = True
        for _ in range(self._begun):
            self._waiting.put(None)

    def _submit(self, task: Task) -> Future[Answer]:
        future: Future[Answer] = Future()
        # The job of this thread is the job of the work, too: waiting for a limit ends when it is cancelled.
        self._waiting.put((contextvars.copy_context(), task, future))
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._begun < self._workers:
                self._begun += 1
                threading.Thread(target=self._serve, name=f"download-{self._begun}", daemon=True).start()
        return future

    def _serve(self) -> None:
        while (item := self._waiting.get()) is not None:
            context, task, future = item
            if self._is_closed or not future.set_running_or_notify_cancel():
                with self._lock:
                    self._idle += 1
                continue
            answer: Answer | None = None
            failure: BaseException | None = None
            try:
                answer = context.run(self._work, task)
            except BaseException as error:  # noqa: BLE001 - belongs to whoever waits for the answer
                failure = error
            with self._lock:
                self._idle += 1  # before the answer is known: whoever waits for it may have the next task at hand
            if failure is not None:
                future.set_exception(failure)
            else:
                future.set_result(cast("Answer", answer))


def _result(future: Future[Answer], watch: Callable[[], None]) -> Answer | ExchangeError:
    while True:
        watch()
        try:
            return future.result(timeout=_LOOK_S)
        except ExchangeError as error:
            return error
        except (NotYet, CancelledError):
            continue
