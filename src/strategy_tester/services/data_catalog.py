"""What is stored: list, gaps, resample, delete."""

from dataclasses import dataclass

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.ports import CandleStore, SeriesKey, SeriesSummary, WriteOutcome


@dataclass(frozen=True)
class StoredGap:
    """Missing candles of a stored series; times are open times of the first and last missing one, UTC ms."""

    first_missing_ms: int
    last_missing_ms: int
    missing: int


def list_series(candle_store: CandleStore) -> list[SeriesSummary]:
    """All stored series."""
    return sorted(candle_store.series(), key=lambda summary: summary.key)


def series_gaps(candle_store: CandleStore, key: SeriesKey) -> list[StoredGap]:
    """Where candles are missing inside a stored series."""
    from strategy_tester.marketdata.quality import gaps_of

    gaps = gaps_of(candle_store.read(key))
    return [StoredGap(gap.first_missing_ms, gap.last_missing_ms, gap.missing) for gap in gaps]


def delete_series(candle_store: CandleStore, key: SeriesKey) -> int:
    """Remove a stored series; returns how many candles went."""
    return candle_store.delete(key)


def resample_series(
    candle_store: CandleStore, key: SeriesKey, timeframe: Timeframe, checkpoint: Checkpoint = no_checkpoint
) -> WriteOutcome:
    """Store the series once more in a higher timeframe.

    Raises:
        InvalidParameter: the timeframe is not higher.
        MissingCandles: the series is not stored, or is too short for one higher candle.
    """
    from strategy_tester.marketdata.resample import resample

    checkpoint(0, 3, "reading candles")
    candles = candle_store.read(key)
    checkpoint(1, 3, "resampling")
    higher = resample(candles, timeframe)
    checkpoint(2, 3, "saving")
    return candle_store.write(higher)
