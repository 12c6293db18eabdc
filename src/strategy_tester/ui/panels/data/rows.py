"""One row per series: what is stored of it, what is known of it, what is being done with it."""

from dataclasses import dataclass

from strategy_tester.services.coverage_quality import SeriesQuality
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.services.scheduled_updates import PinnedSeries
from strategy_tester.ui.panels.data.facts import SeriesFacts
from strategy_tester.ui.panels.download.queue import Task


@dataclass(eq=False)
class SeriesRow:
    """One series as the table shows it; it changes in place as more becomes known.

    Attributes:
        key: The series.
        summary: What is stored; None while a first download has brought nothing yet.
        facts: Coverage and size; None until looked at.
        quality: None until looked at.
        task: Work that is going on, or did not end well.
        pin: Its place among the series that are updated by themselves.
        updated_ms: When it was last brought up to date, UTC milliseconds; None when nobody noted that.
    """

    key: SeriesKey
    summary: SeriesSummary | None = None
    facts: SeriesFacts | None = None
    quality: SeriesQuality | None = None
    task: Task | None = None
    pin: PinnedSeries | None = None
    updated_ms: int | None = None

    @property
    def candles(self) -> int:
        """Stored ones."""
        return self.summary.candles if self.summary is not None else 0

    @property
    def first_ms(self) -> int | None:
        """Open time of the first candle."""
        return self.summary.first_open_ms if self.summary is not None else None

    @property
    def last_ms(self) -> int | None:
        """Open time of the last candle."""
        return self.summary.last_open_ms if self.summary is not None else None

    @property
    def missing(self) -> int:
        """Candles that should lie between the first and the last one but do not.

        What the exchange has not either does not count, once that is known.
        """
        if self.facts is not None:
            return self.facts.missing
        frame = self.key.timeframe
        if self.summary is None or not frame.is_fixed:
            return 0
        length = self.summary.last_open_ms - self.summary.first_open_ms
        return max(0, length // frame.milliseconds + 1 - self.summary.candles)

    @property
    def bytes(self) -> int | None:
        """About how much of the disk it takes."""
        return self.facts.bytes if self.facts is not None else None

    @property
    def score(self) -> float | None:
        """Quality, 0 to 100."""
        return self.quality.score if self.quality is not None else None
