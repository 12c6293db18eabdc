import numpy as np
import pytest

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, Timeframe


def ms(text: str) -> int:
    return int(np.datetime64(text, "ms").astype(np.int64))


@pytest.mark.parametrize(
    ("word", "frame"),
    [
        ("1m", Timeframe.M1), ("1", Timeframe.M1), (60, Timeframe.H1), ("60m", Timeframe.H1), ("1h", Timeframe.H1),
        ("240", Timeframe.H4), ("D", Timeframe.D1), ("1D", Timeframe.D1), ("W", Timeframe.W1), ("M", Timeframe.MO1),
        ("1M", Timeframe.MO1), (Timeframe.H6, Timeframe.H6),
    ],
)  # fmt: skip
def test_the_usual_spellings_are_understood(word: object, frame: Timeframe) -> None:
    assert Timeframe.parse(word) is frame  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["7m", "", "hour", "45", "2d"])
def test_a_length_bybit_does_not_have_is_refused_with_the_thirteen_it_has(word: str) -> None:
    with pytest.raises(InvalidParameter, match="1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 12h, 1d, 1w, 1M"):
        Timeframe.parse(word)


def test_there_are_thirteen_and_each_reads_back_from_its_own_and_from_bybits_name() -> None:
    assert len(Timeframe) == 13
    for frame in Timeframe:
        assert Timeframe.parse(frame.value) is frame
        assert Timeframe.parse(frame.bybit) is frame


def test_weeks_open_on_monday_and_months_on_the_first() -> None:
    sunday_evening = ms("2026-11-22T23:59")
    assert Timeframe.W1.open_of(sunday_evening) == ms("2026-11-16")
    assert Timeframe.MO1.open_of(sunday_evening) == ms("2026-11-01")
    assert Timeframe.MO1.next_open(ms("2024-02-01")) == ms("2024-03-01")
    assert Timeframe.MO1.next_open(ms("2025-12-01")) == ms("2026-01-01")


def test_arrays_and_single_moments_agree() -> None:
    moments = ms("2023-12-30T22:17") + np.arange(0, 100 * DAY_MS, 7 * HOUR_MS)
    for frame in Timeframe:
        assert frame.opens_of(moments).tolist() == [frame.open_of(int(moment)) for moment in moments]
        opens = frame.opens_of(moments)
        assert frame.closes_of(opens).tolist() == [frame.next_open(int(moment)) for moment in opens]


def test_a_month_is_recognized_by_any_of_its_lengths() -> None:
    assert Timeframe.from_milliseconds(28 * DAY_MS) is Timeframe.MO1
    assert Timeframe.from_milliseconds(31 * DAY_MS) is Timeframe.MO1
    assert Timeframe.from_milliseconds(7 * DAY_MS) is Timeframe.W1
    assert Timeframe.from_milliseconds(5 * DAY_MS) is None
