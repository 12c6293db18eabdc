"""What is there of a series and what is not: one truth for downloads, strips, gaps and repair.

The store keeps spans that the exchange was asked for (`CoveredSpan`); the candles themselves say what is there. Both
together make the coverage: a candle that is stored counts as there, whoever brought it, and a hole is named by what
is known of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from strategy_tester.domain.candles import Times
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import CandleStore, CoveredSpan, HistoryKey, HistoryStore, SeriesKey, SeriesSummary

Span = tuple[int, int]
"""Start and end (excluded), UTC milliseconds."""


class CoverageState(Enum):
    """What is known of a part of a series."""

    COMPLETE = "complete"
    """Every candle is stored."""
    MISSING = "missing"
    """Candles should be there and are not."""
    NONE = "exchange has none"
    """The exchange was asked twice and has nothing."""
    NOT_ASKED = "not asked"
    """Outside of what is stored, and never asked for."""


@dataclass(frozen=True, slots=True)
class CoverageInterval:
    """A part of a series in one state.

    Attributes:
        start_ms: First open time, UTC milliseconds.
        end_ms: End, excluded.
        state: See CoverageState.
        candles: How many candles are there, or are missing.
    """

    start_ms: int
    end_ms: int
    state: CoverageState
    candles: int


def coverage(
    candle_store: CandleStore,
    history: HistoryStore,
    key: SeriesKey,
    start_ms: int | None = None,
    end_ms: int | None = None,
    known: SeriesSummary | None = None,
) -> list[CoverageInterval]:
    """The parts of a series, oldest first, without holes between them.

    Args:
        candle_store: Where the candles are.
        history: Knows what was asked for.
        key: The series.
        start_ms: Begin of the view; the first thing known by default.
        end_ms: Its end, excluded; the end of the last thing known by default.
        known: What is stored of the series, for whoever has the whole list in hand.
    """
    spans = history.covered(HistoryKey.of(key))
    if known is None:
        known = next((item for item in candle_store.series() if item.key == key), None)
    runs = stored_runs(history, key, known)
    # The long nothing before a listing is shown to those who ask for it.
    edges = [*runs, *((span.start_ms, span.end_ms) for span in spans if not span.is_empty)]
    edges = edges or [(span.start_ms, span.end_ms) for span in spans]
    if not edges and (start_ms is None or end_ms is None):
        return []
    begin = min(edge[0] for edge in edges) if start_ms is None else start_ms
    end = max(edge[1] for edge in edges) if end_ms is None else end_ms
    found = [(first, last, CoverageState.COMPLETE) for first, last in clip(runs, begin, end)]
    for hole in subtract((begin, end), runs):
        found += _name_hole(hole, spans, runs)
    return [_counted(key.timeframe, part) for part in _joined(sorted(found, key=lambda part: part[0]))]


def stored_runs(history: HistoryStore, key: SeriesKey, known: SeriesSummary | None) -> list[Span]:
    """Stretches of stored candles that follow one another without a hole, oldest first."""
    if known is None:
        return []
    frame = key.timeframe
    end_ms = frame.next_open(known.last_open_ms)
    if frame.is_fixed and (end_ms - known.first_open_ms) // frame.milliseconds == known.candles:
        return [(known.first_open_ms, end_ms)]  # nothing is missing: no need to look at every candle
    return runs_of(history.open_times(key), frame)


def runs_of(times: Times, timeframe: Timeframe) -> list[Span]:
    """Stretches of rising open times that follow one another without a hole."""
    if not times.size:
        return []
    ends = timeframe.closes_of(times)
    breaks = np.flatnonzero(ends[:-1] < times[1:])
    starts = times[np.append(0, breaks + 1)].tolist()
    stops = ends[np.append(breaks, times.size - 1)].tolist()
    return list(zip(starts, stops, strict=True))


def to_ask(wanted: Span, runs: Sequence[Span], spans: Sequence[CoveredSpan]) -> list[Span]:
    """What of a range must be asked for: all that was never checked, and checked candles that have gone missing."""
    unchecked = subtract(wanted, [(span.start_ms, span.end_ms) for span in spans])
    lost = [
        hole
        for span in spans
        if not span.is_empty
        for part in clip([(span.start_ms, span.end_ms)], *wanted)
        for hole in subtract(part, runs)
    ]
    return join([*unchecked, *lost])


def subtract(whole: Span, parts: Iterable[Span]) -> list[Span]:
    """What of a span is in none of the parts."""
    left: list[Span] = []
    begin, end = whole
    for first, last in sorted(parts):
        if first > begin:
            left.append((begin, min(first, end)))
        begin = max(begin, last)
        if begin >= end:
            break
    if begin < end:
        left.append((begin, end))
    return [part for part in left if part[0] < part[1]]


def clip(parts: Iterable[Span], start_ms: int, end_ms: int) -> list[Span]:
    """Parts cut to a range."""
    cut = ((max(first, start_ms), min(last, end_ms)) for first, last in parts)
    return [part for part in cut if part[0] < part[1]]


def join(parts: Iterable[Span]) -> list[Span]:
    """The same as few spans as possible, oldest first."""
    joined: list[Span] = []
    for first, last in sorted(parts):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


def put_over(older: Iterable[CoveredSpan], newer: Iterable[CoveredSpan]) -> list[CoveredSpan]:
    """Spans with newer ones put over older ones; neighbors that say the same become one."""
    fresh = sorted((span for span in newer if span.start_ms < span.end_ms), key=lambda span: span.start_ms)
    covered = [(span.start_ms, span.end_ms) for span in fresh]
    kept = [
        replace(span, start_ms=first, end_ms=last)
        for span in older
        for first, last in subtract((span.start_ms, span.end_ms), covered)
    ]
    return _merged(sorted([*kept, *fresh], key=lambda span: span.start_ms))


def take_out(older: Iterable[CoveredSpan], start_ms: int, end_ms: int) -> list[CoveredSpan]:
    """Spans without a range."""
    return [
        replace(span, start_ms=first, end_ms=last)
        for span in older
        for first, last in subtract((span.start_ms, span.end_ms), [(start_ms, end_ms)])
    ]


def _merged(spans: Sequence[CoveredSpan]) -> list[CoveredSpan]:
    merged: list[CoveredSpan] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last is not None and last.end_ms >= span.start_ms and last.is_empty == span.is_empty:
            merged[-1] = replace(
                last, end_ms=max(last.end_ms, span.end_ms), checked_at_ms=min(last.checked_at_ms, span.checked_at_ms)
            )
        else:
            merged.append(span)
    return merged


def _name_hole(hole: Span, spans: Sequence[CoveredSpan], runs: Sequence[Span]) -> list[tuple[int, int, CoverageState]]:
    """A hole in parts, each named by what is known of it."""
    none = clip([(span.start_ms, span.end_ms) for span in spans if span.is_empty], *hole)
    checked = [(span.start_ms, span.end_ms) for span in spans if not span.is_empty]
    inside = [(runs[0][0], runs[-1][1])] if runs else []
    named = [(first, last, CoverageState.NONE) for first, last in none]
    for part in subtract(hole, none):
        missing = join(clip([*checked, *inside], *part))
        named += [(first, last, CoverageState.MISSING) for first, last in missing]
        named += [(first, last, CoverageState.NOT_ASKED) for first, last in subtract(part, missing)]
    return named


def _joined(parts: Iterable[tuple[int, int, CoverageState]]) -> list[tuple[int, int, CoverageState]]:
    joined: list[tuple[int, int, CoverageState]] = []
    for first, last, state in parts:
        if joined and joined[-1][1] == first and joined[-1][2] is state:
            joined[-1] = joined[-1][0], last, state
        else:
            joined.append((first, last, state))
    return joined


def _counted(timeframe: Timeframe, part: tuple[int, int, CoverageState]) -> CoverageInterval:
    first, last, state = part
    return CoverageInterval(first, last, state, candles_in(timeframe, first, last))


def candles_in(timeframe: Timeframe, start_ms: int, end_ms: int) -> int:
    """How many candles open in a range, end excluded."""
    if end_ms <= start_ms:
        return 0
    first = timeframe.open_of(start_ms)
    first = first if first == start_ms else timeframe.next_open(first)
    last = timeframe.open_of(end_ms - 1)
    if last < first:
        return 0
    if timeframe.is_fixed:
        return (last - first) // timeframe.milliseconds + 1
    months = np.array([first, last]).astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    return int(months[1] - months[0]) + 1
