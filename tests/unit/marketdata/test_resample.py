"""Resampling: the right boundaries, the exchange's own numbers, nothing made of half a bar."""

import numpy as np
import polars as pl
import pytest

from builders import START_MS, make_candles, random_candles, shared_data
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter
from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, MINUTE_MS, Timeframe
from strategy_tester.marketdata.resample import closed_higher_bar, fits_into, resample, resample_counted


def minutes(count: int, start_ms: int = START_MS) -> Candles:
    prices = [100.0 + step for step in range(count)]
    return make_candles(prices, timeframe=Timeframe.M1, start_ms=start_ms)


def moment(text: str) -> int:
    return int(np.datetime64(text, "ms").astype(np.int64))


def real(name: str) -> Candles:
    frame = pl.read_parquet(shared_data(name))
    columns = [frame[column].to_numpy() for column in ("open_time", "open", "high", "low", "close", "volume")]
    return Candles(*columns)


def test_five_minutes_become_one_bar_with_first_open_last_close_and_summed_volume():
    candles = make_candles(
        [10.0, 12.0, 9.0, 11.0, 13.0], opens=[10.0, 10.5, 12.0, 9.0, 11.0], highs=[11.0, 15.0, 12.0, 11.5, 13.0],
        lows=[9.5, 10.0, 8.0, 9.0, 10.5], volumes=[1.0, 2.0, 3.0, 4.0, 5.0], timeframe=Timeframe.M1,
    )  # fmt: skip
    bar = resample(candles, "5m")
    assert (bar.open[0], bar.high[0], bar.low[0], bar.close[0], bar.volume[0]) == (10.0, 15.0, 8.0, 13.0, 15.0)
    assert len(bar) == 1
    assert bar.open_time_ms[0] == START_MS
    assert (bar.symbol, bar.timeframe, bar.source) == ("TESTUSDT", Timeframe.M5, "test")


def test_bars_in_which_the_data_begin_or_end_are_left_out():
    result = resample_counted(minutes(14, START_MS + 2 * MINUTE_MS), "5m")
    assert list(result.candles.open_time_ms) == [START_MS + 5 * MINUTE_MS, START_MS + 10 * MINUTE_MS]
    assert result.dropped_leading
    assert result.dropped_trailing


def test_keep_partial_keeps_them():
    bars = resample(minutes(14, START_MS + 2 * MINUTE_MS), "5m", keep_partial=True)
    assert list(bars.open_time_ms) == [START_MS + five * 5 * MINUTE_MS for five in range(4)]


def test_data_inside_one_higher_bar_give_no_bar():
    assert len(resample(minutes(3, START_MS + MINUTE_MS), "5m")) == 0


def test_no_candles_give_no_bars():
    assert len(resample(minutes(5).rows(0, 0), "1h")) == 0


def test_a_bar_with_a_gap_inside_is_kept_and_counted():
    whole = minutes(15)
    holed = Candles(
        np.delete(whole.open_time_ms, [6, 7]), *(np.delete(whole.column(name), [6, 7]) for name in
        ("open", "high", "low", "close", "volume")), timeframe=Timeframe.M1,
    )  # fmt: skip
    result = resample_counted(holed, "5m")
    assert len(result.candles) == 3
    assert list(result.incomplete_bars) == [1]
    assert list(result.missing) == [0, 2, 0]


def test_a_bar_without_any_candle_does_not_appear():
    whole = minutes(15)
    rows = [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    holed = Candles(
        whole.open_time_ms[rows], *(whole.column(name)[rows] for name in ("open", "high", "low", "close")),
        timeframe=Timeframe.M1,
    )  # fmt: skip
    assert list(resample(holed, "5m").open_time_ms) == [START_MS, START_MS + 10 * MINUTE_MS]


def test_weeks_start_on_monday():
    candles = random_candles(30, timeframe=Timeframe.D1)  # from Wednesday 2025-01-01
    weeks = resample(candles, "1w")
    assert list(weeks.open_time_ms) == [moment("2025-01-06"), moment("2025-01-13"), moment("2025-01-20")]


def test_months_start_on_the_first_and_february_is_short():
    candles = random_candles(59, timeframe=Timeframe.D1)
    months = resample(candles, "1M")
    assert list(months.open_time_ms) == [moment("2025-01-01"), moment("2025-02-01")]
    assert months.close[1] == candles.close[58]


def test_a_month_that_lacks_its_last_day_is_not_complete():
    assert len(resample(random_candles(58, timeframe=Timeframe.D1), "1M")) == 1


@pytest.mark.parametrize("timeframe", [frame for frame in Timeframe if frame is not Timeframe.M1])
def test_every_timeframe_opens_on_its_own_boundary(timeframe):
    candles = random_candles(70 * 24, timeframe=Timeframe.H1) if timeframe.milliseconds > HOUR_MS else minutes(600)
    bars = resample(candles, timeframe)
    assert len(bars) > 0
    assert [timeframe.open_of(int(time)) for time in bars.open_time_ms] == list(bars.open_time_ms)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("3m", "5m"), ("4h", "6h"), ("1w", "1M"), ("1h", "30m"), ("1M", "1w"), ("30m", "1m")],
)
def test_timeframes_that_do_not_nest_are_refused(lower, higher):
    with pytest.raises(InvalidParameter, match="timeframe"):
        resample(random_candles(10, timeframe=Timeframe.parse(lower)), higher)


def test_which_timeframes_nest():
    assert fits_into(Timeframe.M3, Timeframe.M15)
    assert fits_into(Timeframe.D1, Timeframe.MO1)
    assert fits_into(Timeframe.H12, Timeframe.W1)
    assert not fits_into(Timeframe.MO1, Timeframe.MO1)


def test_candles_off_their_grid_are_refused_with_the_row():
    candles = make_candles([1.0] * 6, timeframe=Timeframe.M1, start_ms=START_MS + 17_000)
    with pytest.raises(CorruptCandles, match="row 0"):
        resample(candles, "5m")


def test_the_same_timeframe_changes_nothing():
    candles = minutes(7)
    assert resample(candles, "1m") is candles


def test_resampling_in_two_steps_equals_one():
    candles = random_candles(3 * 1440, timeframe=Timeframe.M1)
    direct, stepwise = resample(candles, "4h"), resample(resample(candles, "30m"), "4h")
    for name in ("open_time_ms", "open", "high", "low", "close"):
        assert np.array_equal(direct.column(name), stepwise.column(name))
    np.testing.assert_allclose(direct.volume, stepwise.volume, rtol=1e-13)


def test_turnover_is_summed():
    candles = minutes(5)
    with_turnover = Candles(*(candles.column(name) for name in ("open_time_ms", "open", "high", "low", "close",
                            "volume")), turnover=np.arange(5.0), timeframe=Timeframe.M1)  # fmt: skip
    bar = resample(with_turnover, "5m")
    assert bar.turnover is not None
    assert bar.turnover[0] == 10.0


def test_a_higher_bar_is_known_only_once_it_has_closed():
    hours = random_candles(9, timeframe=Timeframe.H1)
    index = closed_higher_bar(hours.open_time_ms, Timeframe.H1, resample(hours, "4h"))
    # The bar of 03:00 closes at 04:00 together with the first 4h bar.
    assert list(index) == [-1, -1, -1, 0, 0, 0, 0, 1, 1]


def test_a_month_is_known_at_its_true_end():
    days = random_candles(62, timeframe=Timeframe.D1)
    index = closed_higher_bar(days.open_time_ms, Timeframe.D1, resample(days, "1M"))
    assert list(np.flatnonzero(np.diff(index))) == [29, 57]  # steps at the closes of Jan 31 and Feb 28
    assert days.open_time_ms[30] + DAY_MS == moment("2025-02-01")


@pytest.mark.parametrize(
    ("lower", "higher", "full_candles", "volume_tolerance"),
    [
        ("bybit-linear-ADAUSDT-1m-20250530_20250629", "bybit-linear-ADAUSDT-5m-20250530_20250629", 8638, 0.0),
        ("bybit-linear-ADAUSDT-1m-20250530_20250629", "bybit-linear-ADAUSDT-15m-20250530_20250629", 2878, 0.0),
        ("bybit-linear-ADAUSDT-1m-20250530_20250629", "bybit-linear-ADAUSDT-30m-20250530_20250629", 1438, 0.0),
        ("bybit-linear-ADAUSDT-1m-20250530_20250629", "bybit-linear-ADAUSDT-1h-20250530_20250629", 718, 0.0),
        ("bybit-linear-ADAUSDT-1m-20250530_20250629", "bybit-linear-ADAUSDT-4h-20250530_20250629", 178, 0.0),
        ("bybit-linear-DOGEUSDT-1m-20250530_20250629", "bybit-linear-DOGEUSDT-5m-20250530_20250629", 8638, 0.0),
        ("bybit-linear-DOGEUSDT-1m-20250530_20250629", "bybit-linear-DOGEUSDT-1h-20250530_20250629", 718, 0.0),
        ("bybit-linear-DOGEUSDT-1m-20250530_20250629", "bybit-linear-DOGEUSDT-4h-20250530_20250629", 178, 0.0),
        ("bybit-linear-WIFUSDT-1m-20250423_20250524", "bybit-linear-WIFUSDT-5m-20250101_20250524", 8891, 0.0),
        ("bybit-linear-WIFUSDT-1m-20250423_20250524", "bybit-linear-WIFUSDT-1h-20250101_20250524", 739, 0.0),
        ("bybit-linear-BTCUSDT-5m-20250915_20260721", "bybit-linear-BTCUSDT-4h-20250924_20260721", 1803, 5e-11),
        ("bybit-linear-SOLUSDT-5m-20250924_20260721", "bybit-linear-SOLUSDT-4h-20250924_20260721", 1803, 5e-9),
        ("binance-spot-BTCUSDT-15m-20231230_20241230", "binance-spot-BTCUSDT-1h-20231231_20241231", 8761, 1e-11),
    ],
)
def test_resampled_candles_equal_the_exchanges_own(lower, higher, full_candles, volume_tolerance):
    theirs = real(f"{higher}.parquet")
    theirs = theirs.rows(0, len(theirs) - 1)  # the last one may be unfinished in the source
    assert theirs.timeframe is not None
    lower_candles = real(f"{lower}.parquet")
    ours = resample(lower_candles.rows(0, len(lower_candles) - 1), theirs.timeframe)
    common, mine, other = np.intersect1d(ours.open_time_ms, theirs.open_time_ms, return_indices=True)
    assert common.size in {full_candles, full_candles + 1}
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(ours.column(name)[mine], theirs.column(name)[other]), name
    assert np.max(np.abs(ours.volume[mine] - theirs.volume[other])) <= volume_tolerance
