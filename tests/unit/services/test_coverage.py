"""What is there of a series: spans, runs, holes and their names."""

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, make_candles
from fakes import MemoryCandleStore, MemoryHistoryStore
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.coverage import (
    CoverageState,
    candles_in,
    clip,
    coverage,
    join,
    put_over,
    runs_of,
    subtract,
    take_out,
    to_ask,
)
from strategy_tester.services.ports import CoveredSpan, HistoryKey, SeriesKey

KEY = SeriesKey("TESTUSDT", Timeframe.H1, "test")
COMPLETE, MISSING, NONE, NOT_ASKED = CoverageState


def hours(*values: int) -> tuple[int, ...]:
    return tuple(START_MS + value * HOUR_MS for value in values)


def span(first: int, last: int, *, is_empty: bool = False, at: int = 1) -> CoveredSpan:
    return CoveredSpan(*hours(first, last), at, is_empty)


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ([], [(0, 10)]),
        ([(0, 10)], []),
        ([(-5, 20)], []),
        ([(2, 4), (6, 8)], [(0, 2), (4, 6), (8, 10)]),
        ([(6, 8), (2, 7)], [(0, 2), (8, 10)]),
        ([(10, 20), (-9, 0)], [(0, 10)]),
        ([(3, 3)], [(0, 3), (3, 10)]),
    ],
)
def test_what_is_left_of_a_span(parts, left):
    assert join(subtract((0, 10), parts)) == join(left)


def test_spans_are_cut_and_joined():
    assert clip([(0, 5), (7, 9), (20, 30)], 3, 8) == [(3, 5), (7, 8)]
    assert join([(5, 7), (0, 3), (3, 4), (6, 9)]) == [(0, 4), (5, 9)]


def test_newer_spans_lie_over_older_ones():
    older = [CoveredSpan(0, 10, 5), CoveredSpan(10, 20, 7, is_empty=True)]
    newer = [CoveredSpan(8, 12, 9)]
    assert put_over(older, newer) == [CoveredSpan(0, 12, 5), CoveredSpan(12, 20, 7, is_empty=True)]
    assert put_over([], [CoveredSpan(3, 3, 1)]) == []
    assert take_out(older, 5, 15) == [CoveredSpan(0, 5, 5), CoveredSpan(15, 20, 7, is_empty=True)]


def test_runs_end_at_holes_and_months_have_their_own_length():
    times = np.array(hours(0, 1, 2, 5, 6), dtype=np.int64)
    assert runs_of(times, Timeframe.H1) == [hours(0, 3), hours(5, 7)]
    months = np.array(["2024-01", "2024-02", "2024-03", "2024-05"], "M8[M]").astype("M8[ms]").astype(np.int64)
    ends = np.array(["2024-04", "2024-06"], "M8[M]").astype("M8[ms]").astype(np.int64).tolist()
    assert runs_of(months, Timeframe.MO1) == [(months[0], ends[0]), (months[3], ends[1])]
    assert runs_of(times[:0], Timeframe.H1) == []


def test_candles_are_counted_on_the_grid():
    assert candles_in(Timeframe.H1, *hours(0, 5)) == 5
    assert candles_in(Timeframe.H1, START_MS + 1, START_MS + 3 * HOUR_MS + 1) == 3
    assert candles_in(Timeframe.H1, START_MS + 1, START_MS + 2) == 0
    january, june = (int(np.datetime64(month, "ms").astype(np.int64)) for month in ("2024-01-01", "2024-06-02"))
    assert candles_in(Timeframe.MO1, january, june) == 6


def test_only_what_was_not_checked_or_has_gone_missing_is_asked_for():
    spans = [span(0, 10), span(10, 12, is_empty=True)]
    runs = [hours(0, 4), hours(5, 10)]
    assert to_ask(hours(0, 20), runs, spans) == [hours(4, 5), hours(12, 20)]
    assert to_ask(hours(0, 4), runs, spans) == []
    # Stored but never checked, as from a file: asked for.
    assert to_ask(hours(0, 4), runs, []) == [hours(0, 4)]


def stored(*bars: int) -> tuple[MemoryCandleStore, MemoryHistoryStore]:
    store = MemoryCandleStore()
    for bar in bars:
        store.write(make_candles([1.0], start_ms=START_MS + bar * HOUR_MS, timeframe=Timeframe.H1))
    return store, MemoryHistoryStore(store)


def test_every_part_of_a_series_has_a_name():
    store, history = stored(0, 1, 2, 5, 6)
    history.cover(HistoryKey.of(KEY), [span(0, 7), span(4, 5, is_empty=True)])
    found = [(part.start_ms, part.end_ms, part.state) for part in coverage(store, history, KEY, *hours(-2, 9))]
    assert found == [
        (*hours(-2, 0), NOT_ASKED), (*hours(0, 3), COMPLETE), (*hours(3, 4), MISSING), (*hours(4, 5), NONE),
        (*hours(5, 7), COMPLETE), (*hours(7, 9), NOT_ASKED),
    ]  # fmt: skip
    assert [part.candles for part in coverage(store, history, KEY)] == [3, 1, 1, 2]


def test_a_hole_inside_imported_candles_is_missing():
    store, history = stored(0, 1, 4)
    states = [(part.state, part.candles) for part in coverage(store, history, KEY)]
    assert states == [(COMPLETE, 2), (MISSING, 2), (COMPLETE, 1)]


def test_a_whole_series_is_one_part_and_nothing_is_none():
    store, history = stored(0, 1, 2)
    (part,) = coverage(store, history, KEY)
    assert (part.start_ms, part.end_ms, part.state, part.candles) == (*hours(0, 3), COMPLETE, 3)
    assert coverage(store, history, SeriesKey("NONE", Timeframe.H1, "test")) == []


def test_the_long_nothing_before_a_listing_is_shown_only_when_asked_for():
    store, history = stored(0, 1)
    history.cover(HistoryKey.of(KEY), [CoveredSpan(0, START_MS, 1, is_empty=True), span(0, 2)])
    assert [part.state for part in coverage(store, history, KEY)] == [COMPLETE]
    assert [part.state for part in coverage(store, history, KEY, START_MS - HOUR_MS)] == [NONE, COMPLETE]
