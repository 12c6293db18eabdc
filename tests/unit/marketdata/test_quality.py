"""The quality report: what refuses a table, what leaves rows out, what is only remarked."""

import numpy as np
import pytest

from builders import START_MS, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, MINUTE_MS, Timeframe
from strategy_tester.marketdata.gaps import Gap, gaps_between, gaps_of
from strategy_tester.marketdata.quality import NO_TIME, Checked, RawColumns, Severity, check_frame, to_candles


def table(candles: Candles | None = None, bars: int = 60, timeframe: Timeframe = Timeframe.H1) -> RawColumns:
    """A faultless table; rows count from 1."""
    made = candles or random_candles(bars, timeframe=timeframe)
    columns = [made.column(name).copy() for name in ("open_time_ms", "open", "high", "low", "close", "volume")]
    return RawColumns(*columns, row=np.arange(1, len(made) + 1))


def codes(checked: Checked) -> list[tuple[str, str, int]]:
    return [(finding.severity.value, finding.code, finding.count) for finding in checked.report.findings]


def put(raw: RawColumns, field: str, row: int, value: float) -> RawColumns:
    getattr(raw, field)[row] = value
    return raw


def joined(*parts: RawColumns) -> RawColumns:
    names = ("time_ms", "open", "high", "low", "close", "volume")
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    return RawColumns(*columns, row=np.arange(1, columns[0].size + 1))


def test_a_faultless_table_scores_a_hundred():
    checked = check_frame(table())
    assert codes(checked) == []
    assert checked.report.score == 100.0
    assert checked.report.kept == 60
    assert checked.report.timeframe is Timeframe.H1
    assert checked.report.first_open_ms == START_MS


def test_an_empty_table_is_refused():
    checked = check_frame(table().take(slice(0, 0)))
    assert checked.report.refusal == "The file holds no candles."
    assert checked.report.score == 0.0


def test_one_candle_is_refused():
    assert codes(check_frame(table(bars=1))) == [("refuse", "one_candle", 1)]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("open", float("nan"), "missing_price"),
        ("close", float("inf"), "missing_price"),
        ("low", -1.0, "price_not_positive"),
        ("open", 0.0, "price_not_positive"),
        ("high", 1.0, "impossible_range"),
        ("low", 1e6, "impossible_range"),
        ("volume", -5.0, "bad_volume"),
        ("volume", float("nan"), "bad_volume"),
        ("time_ms", NO_TIME, "bad_time"),
        ("time_ms", 1_000_000, "impossible_time"),
    ],
)
def test_a_faulty_row_refuses_the_table_and_can_be_left_out(field, value, code):
    strict = check_frame(put(table(), field, 20, value))
    assert code in [finding.code for finding in strict.report.refusals]
    assert strict.report.kept == 0
    assert len(strict.columns) == 0
    refusal = next(finding for finding in strict.report.refusals if finding.code == code)
    assert (refusal.examples[0].row, refusal.count) == (21, 1)
    lenient = check_frame(put(table(), field, 20, value), drop_faulty=True)
    assert lenient.report.refusal == ""
    assert lenient.report.kept == 59
    assert 21 not in lenient.columns.row
    assert lenient.report.score < 100.0


def test_a_time_in_the_future_is_a_fault_when_the_present_is_known():
    raw = put(table(), "time_ms", 59, START_MS + 400 * DAY_MS)
    assert "impossible_time" in [
        finding.code for finding in check_frame(raw, now_ms=START_MS + 60 * DAY_MS).report.refusals
    ]


def test_newest_first_is_turned_round():
    checked = check_frame(table().take(slice(None, None, -1)))
    assert codes(checked) == [("warn", "newest_first", 60)]
    assert np.array_equal(checked.columns.time_ms, table().time_ms)


def test_rows_out_of_order_are_refused_and_can_be_sorted():
    order = np.r_[0:10, 30:40, 10:30, 40:60]
    strict = check_frame(table().take(order))
    assert codes(strict) == [("refuse", "unsorted", 1)]
    assert strict.report.can_drop
    lenient = check_frame(table().take(order), drop_faulty=True)
    assert codes(lenient) == [("drop", "unsorted", 1)]
    assert np.array_equal(lenient.columns.time_ms, table().time_ms)


def test_equal_doubles_are_refused_and_can_be_left_out():
    doubled = table().take(np.sort(np.r_[0:60, 5, 6]))
    assert codes(check_frame(doubled)) == [("refuse", "duplicate_rows", 2)]
    lenient = check_frame(doubled, drop_faulty=True)
    assert lenient.report.kept == 60


def test_contradicting_doubles_are_refused_whatever_is_asked():
    doubled = table().take(np.sort(np.r_[0:60, 5]))
    doubled.close[6] = doubled.open[6]
    doubled.volume[6] += 1.0
    for drop_faulty in (False, True):
        checked = check_frame(doubled, drop_faulty=drop_faulty)
        assert codes(checked) == [("refuse", "contradicting_duplicates", 1)]
        assert "cannot be told" in checked.report.refusal
        assert not checked.report.can_drop


def test_two_timeframes_one_after_the_other_are_refused():
    later = random_candles(40, timeframe=Timeframe.M15)
    hours = table()
    quarters = table(later)
    quarters.time_ms[:] += hours.time_ms[-1] + HOUR_MS - quarters.time_ms[0]
    checked = check_frame(joined(hours, quarters))
    assert codes(checked) == [("refuse", "mixed_timeframes", 39)]
    assert "most are 1h, 39 follow one another like 15m" in checked.report.refusal


def test_two_timeframes_of_the_same_days_are_refused():
    assert check_frame(joined(table(), table(timeframe=Timeframe.M5)), drop_faulty=True).report.refusal


def test_missing_minutes_are_gaps_and_no_other_timeframe():
    raw = table(bars=300, timeframe=Timeframe.M1)
    kept = np.flatnonzero(np.arange(300) % 7 != 0)  # every seventh minute without a trade
    checked = check_frame(raw.take(kept))
    assert [code for _, code, _ in codes(checked)] == ["gaps"]
    assert checked.report.timeframe is Timeframe.M1


def test_times_off_the_grid_are_refused_and_can_be_left_out():
    strict = check_frame(put(table(), "time_ms", 7, START_MS + 7 * HOUR_MS + 1234))
    assert codes(strict) == [("refuse", "off_grid", 1)]
    assert check_frame(put(table(), "time_ms", 7, START_MS + 7 * HOUR_MS + 1234), drop_faulty=True).report.kept == 59


def test_a_length_that_bybit_does_not_have_is_refused():
    raw = table(timeframe=Timeframe.M1)
    raw.time_ms[:] = START_MS + np.arange(60) * 8 * HOUR_MS
    assert "every 8 hours, which is none of Bybit's timeframes" in check_frame(raw).report.refusal


def test_gaps_are_counted_and_listed():
    raw = table().take(np.r_[0:10, 12:40, 45:60])
    report = check_frame(raw).report
    assert report.gaps == (
        Gap(START_MS + 10 * HOUR_MS, START_MS + 11 * HOUR_MS, 2),
        Gap(START_MS + 40 * HOUR_MS, START_MS + 44 * HOUR_MS, 5),
    )
    assert report.missing == 7
    assert report.score == 88.3  # 100 - 100 * 7 / 60
    assert report.findings[0].sentence == "7 candles are missing in 2 gaps, first at 2025-01-01 10:00:00 UTC."


def test_missing_months_are_counted_in_months():
    months = np.array(["2024-01", "2024-02", "2024-05"], dtype="datetime64[M]").astype("datetime64[ms]")
    gaps = gaps_between(months.astype(np.int64), Timeframe.MO1)
    assert [str(np.datetime64(time, "ms"))[:7] for time in (gaps[0].first_missing_ms, gaps[0].last_missing_ms)] == [
        "2024-03",
        "2024-04",
    ]
    assert gaps[0].missing == 2


def test_candles_without_gaps_have_none():
    assert gaps_of(random_candles(100)) == []


def test_a_spike_is_pointed_at_and_kept():
    raw = table()
    raw.high[30] = raw.close[30] * 4.0
    checked = check_frame(raw)
    assert codes(checked) == [("warn", "spikes", 1)]
    assert checked.columns.high[30] == raw.close[30] * 4.0
    assert checked.report.findings[0].examples[0].row == 31
    assert checked.report.score == 99.0


def test_a_spike_in_the_first_row_is_seen():
    raw = table()
    raw.open[0] = raw.high[0] = raw.close[0] * 3.7
    assert codes(check_frame(raw)) == [("warn", "spikes", 1)]


def test_a_market_that_moves_to_another_level_has_no_spikes():
    close = np.r_[np.full(30, 100.0), np.full(30, 130.0)] + np.linspace(0.0, 1.0, 60)
    raw = RawColumns(
        START_MS + np.arange(60) * HOUR_MS, np.append(close[:1], close[:-1]), np.append(close[:1], close[1:]) + 0.5,
        np.append(close[:1], close[:-1]) - 0.5, close, np.ones(60), row=np.arange(60),
    )  # fmt: skip
    assert "spikes" not in [code for _, code, _ in codes(check_frame(raw, drop_faulty=True))]


def test_frozen_prices_and_empty_candles_are_remarked():
    raw = table()
    for column in (raw.open, raw.high, raw.low, raw.close):
        column[20:32] = 77.0
    raw.volume[20:32] = 0.0
    checked = check_frame(raw)
    assert ("warn", "frozen", 12) in codes(checked)
    assert ("warn", "zero_volume", 12) in codes(checked)
    assert checked.report.zero_volume_share == 0.2


@pytest.mark.parametrize("known", ["now_ms", "written_ms"])
def test_a_last_candle_that_is_still_open_is_left_out(known):
    half_way = START_MS + 59 * HOUR_MS + 30 * MINUTE_MS
    checked = check_frame(table(), **{known: half_way})
    assert codes(checked) == [("drop", "unfinished", 1)]
    assert checked.report.kept == 59
    assert check_frame(table(), **{known: START_MS + 60 * HOUR_MS}).report.kept == 60


def test_a_last_candle_with_next_to_no_volume_is_pointed_at():
    raw = put(table(), "volume", 59, 0.01)
    checked = check_frame(raw)
    assert codes(checked) == [("warn", "maybe_unfinished", 1)]
    assert checked.report.kept == 60


def test_refusals_come_first_then_left_out_rows_then_remarks():
    raw = put(put(table(), "volume", 3, 0.0), "open", 5, float("nan"))
    raw.take(slice(None))
    severities = [finding.severity for finding in check_frame(raw, now_ms=START_MS + 59 * HOUR_MS).report.findings]
    assert severities == sorted(severities, key=[Severity.REFUSE, Severity.DROP, Severity.WARN].index)


def test_the_input_is_not_touched():
    raw = table().take(slice(None, None, -1))
    before = raw.close.copy()
    check_frame(raw, drop_faulty=True)
    assert np.array_equal(raw.close, before)


def test_what_passes_makes_candles():
    checked = check_frame(table())
    candles = to_candles(checked.columns, checked.report.timeframe, "BTCUSDT", "test")
    assert candles.content_hash() == random_candles(60).content_hash()
