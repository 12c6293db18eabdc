"""Recording of a market's order book and trades to Parquet, and reading it back.

Events are gathered on the thread that hears them and written by a thread of their own, every two seconds, each time as
a whole file: a kill loses what was said since, never more, and every file on the disk can be read. Small files are
joined to larger ones now and then. One folder per day (of the market's clock, UTC) and symbol:

    2025-06-29/ADAUSDT.bybit-linear/20250629T140501-000001-000060.parquet

A name holds the start of the recording and the first and last number of the pieces in the file. A crash between
joining and deleting leaves pieces twice; whoever reads passes over those that a larger file holds.
"""

import contextlib
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from strategy_tester.domain.errors import DiskFull, MissingCandles, StorageError, StrategyTesterError
from strategy_tester.domain.market_events import BookChange, Market, MarketEvent, PublicTrade
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.marketdata import event_files
from strategy_tester.marketdata.event_files import RecordedEvent, RecordingGap
from strategy_tester.services.whole_files import write_whole

FLUSH_S = 2.0
"""Pieces are written this often."""
MOST_PIECES = 60
"""Small files that are joined at the latest."""
MOST_FILE_BYTES = 8_000_000
"""Small files are joined when they are this large together; no file is much larger."""
LEAST_FREE_BYTES = 200_000_000
"""With less room on the disk nothing more is recorded: the database needs some, too."""
MOST_WAITING = 500_000
"""Events that may wait for a slow disk."""
_RATE_S = 10.0
_OLD_PART_S = 60.0
_NAME = re.compile(r"(\d{8}T\d{6})-(\d{6})-(\d{6})\.parquet")


@dataclass(frozen=True)
class RecordingState:
    """How a recording is doing.

    Attributes:
        market: What is recorded.
        folder: Where the newest file is; None before the first.
        is_running: Whether it goes on.
        events: Messages written.
        bytes: Size of the files written.
        bytes_per_s: Over the last ten seconds.
        seconds: Since the start.
        gaps: Interruptions that were noted.
        error: Why it ended, if not by wish.
    """

    market: Market
    folder: Path | None = None
    is_running: bool = True
    events: int = 0
    bytes: int = 0
    bytes_per_s: float = 0.0
    seconds: float = 0.0
    gaps: int = 0
    error: StrategyTesterError | None = None


class MarketRecorder:
    """Records one market. `take` and `note_gap` may be called on any thread and return at once.

    Args:
        root: The folder of all recordings.
        market: What is recorded.
        flush_s: Pieces are written this often.
        free_bytes: Room on the disk of a folder; for tests.
    """

    def __init__(
        self,
        root: Path,
        market: Market,
        *,
        flush_s: float = FLUSH_S,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._root, self._market = root, market
        self._flush_s, self._free_bytes = flush_s, free_bytes
        self._lock = threading.Lock()
        self._waiting: list[RecordedEvent] = []
        self._state = RecordingState(market)
        self._begun_s = time.monotonic()
        self._session = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        self._written: deque[tuple[float, int]] = deque()
        self._book = OrderBook()
        self._last_ms = 0
        self._day: _DayFolder | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"record-{market.symbol}", daemon=True)
        self._thread.start()

    def take(self, events: Sequence[MarketEvent]) -> None:
        """These were heard."""
        mine = [event for event in events if isinstance(event, PublicTrade | BookChange)]
        with self._lock:
            if not self._state.is_running:
                return
            self._waiting += mine
            is_too_much = len(self._waiting) > MOST_WAITING
        if is_too_much:
            self._fail(StorageError("the disk is too slow for the recording", hint="Record fewer markets."))

    def note_gap(self, reason: str) -> None:
        """Something may not have been heard from here on."""
        with self._lock:
            if self._state.is_running:
                self._waiting.append(RecordingGap(self._market, 0, reason))

    def state(self) -> RecordingState:
        """How it is doing."""
        now = time.monotonic()
        with self._lock:
            recent = sum(size for moment, size in self._written if now - moment <= _RATE_S)
            seconds = now - self._begun_s
            rate = recent / max(min(seconds, _RATE_S), 1.0)
            return replace(self._state, seconds=seconds, bytes_per_s=rate)

    def stop(self) -> RecordingState:
        """Write what is left and end. Blocks for a moment; safe to call twice."""
        self._ending.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        return self.state()

    def ask_to_stop(self) -> None:
        """End soon; what is left is still written."""
        self._ending.set()

    # --- the writer's thread

    def _run(self) -> None:
        while True:
            is_last = self._ending.wait(self._flush_s)
            try:
                self._flush()
                if is_last and self._day is not None:
                    self._day.close()
            except StrategyTesterError as error:
                self._fail(error)
            except OSError as error:
                self._fail(StorageError(f"the recording cannot be written: {error}"))
            if is_last or not self._state.is_running:
                break
        with self._lock:
            self._state = replace(self._state, is_running=False)

    def _flush(self) -> None:
        with self._lock:
            events, self._waiting = self._waiting, []
        if not events:
            return
        for day, group in self._by_day(events):
            folder = self._folder_of(day)
            starts_folder = folder.is_new
            chunk = [self._snapshot(), *group] if starts_folder and self._must_begin_with_book(group) else group
            self._guard_space()
            size = folder.write(chunk)
            self._follow(group)
            gaps = sum(isinstance(event, RecordingGap) for event in group)
            with self._lock:
                self._written.append((time.monotonic(), size))
                while self._written and time.monotonic() - self._written[0][0] > _RATE_S:
                    self._written.popleft()
                state = self._state
                self._state = replace(
                    state, folder=folder.path, events=state.events + len(group), bytes=state.bytes + size,
                    gaps=state.gaps + gaps,
                )  # fmt: skip

    def _by_day(self, events: list[RecordedEvent]) -> Iterator[tuple[str, list[RecordedEvent]]]:
        """Events in their order, cut where the market's day changes; times never run backwards across midnight."""
        group: list[RecordedEvent] = []
        current = ""
        for heard in events:
            event = heard
            if isinstance(event, RecordingGap):
                if not self._last_ms:
                    continue  # before the first event nothing can be missing
                event = replace(event, time_ms=self._last_ms)
            self._last_ms = max(self._last_ms, event.time_ms)
            day = _day_of(self._last_ms)
            if group and day != current:
                yield current, group
                group = []
            current = day
            group.append(event)
        if group:
            yield current, group

    def _folder_of(self, day: str) -> "_DayFolder":
        if self._day is None or self._day.day != day:
            if self._day is not None:
                self._day.close()
            self._day = _DayFolder(recording_folder(self._root, day, self._market), day, self._session)
        return self._day

    def _must_begin_with_book(self, group: list[RecordedEvent]) -> bool:
        """Every folder can be read by itself: it begins with the whole book, unless its first change is one."""
        first = next((event for event in group if isinstance(event, BookChange)), None)
        return self._book.is_usable and not (first is not None and first.is_snapshot)

    def _snapshot(self) -> BookChange:
        book = self._book
        return BookChange(
            self._market, book.depth, True, book.update_id, book.sequence, tuple(book.bids()), tuple(book.asks()),
            book.time_ms, book.time_ms,
        )  # fmt: skip

    def _follow(self, group: list[RecordedEvent]) -> None:
        for event in group:
            if isinstance(event, BookChange):
                self._book.depth = event.depth
                self._book.apply(event)

    def _guard_space(self) -> None:
        folder = self._root
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if self._free_bytes(folder) < LEAST_FREE_BYTES:
            raise DiskFull(
                f"there is too little room left on the disk for the recording in {self._root}",
                hint="Free some space and start the recording again.",
            )

    def _fail(self, error: StrategyTesterError) -> None:
        with self._lock:
            self._waiting = []
            self._state = replace(self._state, is_running=False, error=self._state.error or error)
        self._ending.set()


class _DayFolder:
    """The files of one day of one recording."""

    def __init__(self, path: Path, day: str, session: str) -> None:
        self.path, self.day, self._session = path, day, session
        self._pieces: list[tuple[int, int, Path]] = []
        self._number = 0
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"there can be no folder {path}: {error.strerror}") from error
        self._sweep()

    @property
    def is_new(self) -> bool:
        """Whether nothing was written yet."""
        return self._number == 0

    def write(self, events: Sequence[RecordedEvent]) -> int:
        """Write a piece; its size."""
        content = event_files.encode(events)
        self._number += 1
        path = self._name(self._number, self._number)
        write_whole(path, [content])
        self._pieces.append((self._number, len(content), path))
        if len(self._pieces) >= MOST_PIECES or sum(size for _, size, _ in self._pieces) >= MOST_FILE_BYTES:
            self.close()
        return len(content)

    def close(self) -> None:
        """Join the pieces."""
        pieces, self._pieces = self._pieces, []
        if len(pieces) < 2:
            return
        paths = [path for _, _, path in pieces]
        write_whole(self._name(pieces[0][0], pieces[-1][0]), [event_files.merge(paths)])
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink()

    def _name(self, first: int, last: int) -> Path:
        return self.path / f"{self._session}-{first:06d}-{last:06d}.parquet"

    def _sweep(self) -> None:
        """What a kill left half written."""
        now = time.time()
        for path in self.path.glob(".*.part"):
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > _OLD_PART_S:
                    path.unlink()


def recording_folder(root: Path, day: str, market: Market) -> Path:
    """Where a market's events of a day (`2025-06-29`, UTC) are recorded."""
    return root / day / f"{market.symbol}.{market.source}"


def recording_files(folder: Path) -> list[Path]:
    """The files of a recording in the order of their events, each piece once."""
    found: dict[str, list[tuple[int, int, Path]]] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match is not None:
            found.setdefault(match[1], []).append((int(match[2]), int(match[3]), path))
    files: list[Path] = []
    for _, pieces in sorted(found.items()):
        seen = 0
        for _first, last, path in sorted(pieces, key=lambda piece: (piece[0], -piece[1])):
            if last > seen:
                files.append(path)
                seen = last
    return files


def read_recording(folder: Path) -> Iterator[RecordedEvent]:
    """The recorded events of a day and symbol, in the order in which they were told; one file in memory at a time.

    Book changes go through an OrderBook as live ones do. A RecordingGap says that something was not heard.

    Raises:
        MissingCandles: there is no recording in the folder.
        UnreadableFile: a file is damaged.
    """
    files = recording_files(folder)
    if not files:
        raise MissingCandles(f"there is no recording in {folder}")
    for path in files:
        yield from event_files.decode(path)


def _day_of(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000.0, UTC).strftime("%Y-%m-%d")
