"""What is found out about stored series in the background: coverage, size on disk, quality."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal, Slot

from strategy_tester.domain.errors import MissingCandles
from strategy_tester.services.context import Services
from strategy_tester.services.coverage import CoverageInterval, CoverageState, coverage
from strategy_tester.services.coverage_quality import SeriesQuality, series_quality
from strategy_tester.services.coverage_repair import stored_series
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.market_history import market_of
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.job_bridge import JobBridge

_PACKET_S = 0.1


@dataclass(frozen=True)
class SeriesFacts:
    """What is known of one stored series.

    Attributes:
        parts: Its coverage, oldest first, up to now where it can go on.
        bytes: On the disk.
        holes: Parts where candles are not there though some are before and after.
        missing: Candles that should be there and are not.
    """

    parts: tuple[CoverageInterval, ...]
    bytes: int
    holes: tuple[CoverageInterval, ...]
    missing: int

    @classmethod
    def of(cls, parts: Sequence[CoverageInterval], size: int) -> "SeriesFacts":
        """Facts of a coverage."""
        holes = tuple(part for part in parts if part.state in {CoverageState.MISSING, CoverageState.NONE})
        missing = sum(part.candles for part in holes if part.state is CoverageState.MISSING)
        return cls(tuple(parts), size, holes, missing)


class FactBook(QObject):
    """Facts by series. Quality takes a look at every candle: it is found out one by one, and kept.

    Args:
        services: Stores.
        jobs: Runs the looking.
        now_ms: The clock up to which series of an exchange could go.
        parent: Qt's parent.
    """

    facts_changed = Signal(object)
    """A list of SeriesKeys whose facts or quality are known anew."""
    _found = Signal(object)

    def __init__(
        self,
        services: Services,
        jobs: JobBridge,
        now_ms: Callable[[], int] = lambda: round(time.time() * 1000),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._services, self._jobs, self._now_ms = services, jobs, now_ms
        self.facts: dict[SeriesKey, SeriesFacts] = {}
        self.quality: dict[SeriesKey, SeriesQuality] = {}
        self._found.connect(self._take_packet, Qt.ConnectionType.QueuedConnection)

    def forget(self, keys: Sequence[SeriesKey] | None = None) -> None:
        """These series have changed, or nobody knows which."""
        for key in list(self.quality) if keys is None else keys:
            self.quality.pop(key, None)

    def read(self, wanted: Sequence[SeriesKey]) -> None:
        """Look at the coverage of all stored series, then at the quality of those wanted first."""
        self._jobs.start(
            tr("Looking at what is stored"), self._read, on_done=lambda facts: self._take(facts, wanted),
            on_failed=lambda _error: None, group="data-facts", is_quiet=True,
        )  # fmt: skip

    def judge(self, keys: Sequence[SeriesKey]) -> None:
        """Find out the quality of series that are not judged yet, in this order."""
        todo = [key for key in keys if key not in self.quality and key in self.facts]
        if todo:
            self._jobs.start(
                tr("Judging the quality of what is stored"), lambda checkpoint: self._judge(todo, checkpoint),
                on_failed=lambda _error: None, group="data-quality", is_quiet=True,
            )  # fmt: skip

    def _read(self, checkpoint: Checkpoint) -> dict[SeriesKey, SeriesFacts]:
        services, found = self._services, {}
        rows = stored_series(services.candles, services.history)
        now_ms = self._now_ms()
        for done, row in enumerate(rows):
            checkpoint(done, len(rows), str(row.key))
            end_ms = self._end(row.key, row.last_open_ms, now_ms)
            known = SeriesSummary(row.key, row.candles, row.first_open_ms, row.last_open_ms)
            parts = coverage(services.candles, services.history, row.key, end_ms=end_ms, known=known)
            found[row.key] = SeriesFacts.of(parts, row.bytes_on_disk)
        return found

    def _end(self, key: SeriesKey, last_open_ms: int, now_ms: int) -> int | None:
        """Up to where candles of a series could be by now; None for what does not go on."""
        frame, found = key.timeframe, market_of(key)
        if found is None or found[0].exchange == "practice":
            return None
        row = self._services.history.listing(key.symbol, found[0].source)
        end_ms = frame.open_of(now_ms)
        if row is not None and row.listing.delivery_ms:
            end_ms = min(end_ms, frame.next_open(frame.open_of(row.listing.delivery_ms)))
        return max(end_ms, frame.next_open(last_open_ms))

    def _judge(self, keys: Sequence[SeriesKey], checkpoint: Checkpoint) -> None:
        packet: list[SeriesQuality] = []
        sent_s = time.monotonic()
        for done, key in enumerate(keys):
            checkpoint(done, len(keys), str(key))
            try:
                packet.append(series_quality(self._services.candles, self._services.history, key))
            except MissingCandles:
                continue  # deleted meanwhile
            if time.monotonic() - sent_s > _PACKET_S:
                self._found.emit(packet)
                packet, sent_s = [], time.monotonic()
        self._found.emit(packet)

    def _take(self, facts: dict[SeriesKey, SeriesFacts], wanted: Sequence[SeriesKey]) -> None:
        changed = [key for key, known in facts.items() if self.facts.get(key) != known]
        self.facts = facts
        self.forget([key for key in self.quality if key not in facts or key in changed])
        self.facts_changed.emit(changed)
        first = [key for key in wanted if key in facts]
        self.judge([*first, *(key for key in facts if key not in set(first))])

    @Slot(object)
    def _take_packet(self, packet: list[SeriesQuality]) -> None:
        for quality in packet:
            self.quality[quality.key] = quality
        self.facts_changed.emit([quality.key for quality in packet])
