"""How good a stored series is: a score from 0 to 100, and what it lost its points for.

It starts at 100 and loses: the percentage of candles that are missing; 0.2 points per percent that the exchange has
not; 1 point per percent of candles that do not open at the close before them, at most 10, where the exchange promises
that; 0.2 points per percent of frozen candles, at most 10; 1 point per spike, at most 10.
"""

from dataclasses import dataclass

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.services.coverage import CoverageState, candles_in, clip, coverage
from strategy_tester.services.notes import Note
from strategy_tester.services.ports import CandleStore, HistoryKey, HistoryStore, SeriesKey

MISSING = "{count} candle is missing.|{count} candles are missing."
NONE = "{count} candle does not exist at the exchange either.|{count} candles do not exist at the exchange either."
OPENS = (
    "{count} candle does not open at the close before it, as this exchange's candles do."
    "|{count} candles do not open at the close before them, as this exchange's candles do."
)
FROZEN = (
    "{count} candle stands in a run of ten or more with one and the same price."
    "|{count} candles stand in runs of ten or more with one and the same price."
)
SPIKES = "{count} candle reaches far away from its neighbors.|{count} candles reach far away from their neighbors."
UNCHECKED = (
    "{count} candle was never compared with the exchange.|{count} candles were never compared with the exchange."
)
ALL = (MISSING, NONE, OPENS, FROZEN, SPIKES, UNCHECKED)
"""For whoever translates them."""
_OPENS_AT_CLOSE = ("bybit", "practice")
_MOST = 10.0


@dataclass(frozen=True, slots=True)
class QualityPart:
    """One thing found: what in words, and how many points it cost."""

    note: Note
    lost: float


@dataclass(frozen=True, slots=True)
class SeriesQuality:
    """How good a stored series is.

    Attributes:
        key: The series.
        score: 0 to 100.
        candles: How many are stored.
        parts: What was found, the dearest first; empty when all is well.
    """

    key: SeriesKey
    score: float
    candles: int
    parts: tuple[QualityPart, ...]


def series_quality(candle_store: CandleStore, history: HistoryStore, key: SeriesKey) -> SeriesQuality:
    """Look at every candle of a stored series. Takes some hundredths of a second per year of minutes.

    Raises:
        MissingCandles: the series is not stored.
    """
    from strategy_tester.marketdata.oddities import frozen_rows, spikes

    candles = candle_store.read(key)
    prices = candles.open, candles.high, candles.low, candles.close
    counts = dict.fromkeys(CoverageState, 0)
    for part in coverage(candle_store, history, key):
        counts[part.state] += part.candles
    stored = max(len(candles), 1)
    expected = max(stored + counts[CoverageState.MISSING] + counts[CoverageState.NONE], 1)
    missing, none = counts[CoverageState.MISSING], counts[CoverageState.NONE]
    opens = _other_opens(candles) if key.source.startswith(_OPENS_AT_CLOSE) else 0
    frozen, far = int(frozen_rows(*prices).size), int(spikes(*prices).size)
    found = (
        (MISSING, missing, 100.0 * missing / expected),
        (NONE, none, 20.0 * none / expected),
        (OPENS, opens, min(100.0 * opens / stored, _MOST)),
        (FROZEN, frozen, min(20.0 * frozen / stored, _MOST)),
        (SPIKES, far, min(float(far), _MOST)),
        (UNCHECKED, _unchecked(history, key, candles), 0.0),
    )
    parts = [QualityPart(Note(text, count), round(lost, 2)) for text, count, lost in found if count]
    score = round(max(100.0 - sum(lost for _, _, lost in found), 0.0), 1)
    return SeriesQuality(key, score, len(candles), tuple(sorted(parts, key=lambda part: -part.lost)))


def _other_opens(candles: Candles) -> int:
    """Candles that follow another one without a gap and open elsewhere."""
    follows = candles.open_time_ms[1:] == candles.close_time_ms[:-1]
    return int(np.count_nonzero(follows & (candles.open[1:] != candles.close[:-1])))


def _unchecked(history: HistoryStore, key: SeriesKey, candles: Candles) -> int:
    """Stored candles outside of every verified span."""
    if not len(candles):
        return 0
    first, end = int(candles.open_time_ms[0]), int(candles.close_time_ms[-1])
    spans = [(span.start_ms, span.end_ms) for span in history.covered(HistoryKey.of(key)) if not span.is_empty]
    checked = 0
    for part in clip(spans, first, end):
        begin, stop = np.searchsorted(candles.open_time_ms, part)
        checked += min(int(stop - begin), candles_in(key.timeframe, *part))
    return len(candles) - checked
