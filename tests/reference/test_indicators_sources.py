"""Indicators TA-Lib does not have, against their source's formula written out plainly, window by window."""

from functools import cache

import numpy as np
import polars as pl
import pytest
import talib
from numpy.lib.stride_tricks import sliding_window_view

from builders import make_candles, shared_data
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.indicators.registry import all_indicators, compute

FILE = "bybit-linear-BTCUSDT-5m-20250915_20260721.parquet"


@cache
def _candles() -> Candles:
    frame = pl.read_parquet(shared_data(FILE)).head(1_500)
    columns = {name: frame[name].to_numpy().astype(float) for name in ("open", "high", "low", "close", "volume")}
    return Candles(frame["open_time"].to_numpy(), **columns, timeframe=Timeframe.M5)


@pytest.fixture
def c() -> Candles:
    return _candles()


def padded(values: np.ndarray, bars: int) -> np.ndarray:
    return np.concatenate([np.full(bars - len(values), np.nan), values])


def rolled(function, values: np.ndarray, period: int) -> np.ndarray:
    """`function` of each window of `period` values, NaN before the first."""
    return padded(function(sliding_window_view(values, period), axis=1), len(values))


def mean(values: np.ndarray, period: int) -> np.ndarray:
    return rolled(np.mean, values, period)


def weighted(values: np.ndarray, period: int) -> np.ndarray:
    return rolled(
        lambda windows, axis: windows @ np.arange(1, period + 1) / (period * (period + 1) / 2), values, period
    )


def exponential(values: np.ndarray, period: int, share: float | None = None) -> np.ndarray:
    """Seeded with the mean of the first `period` numbers after the leading NaN."""
    share = 2 / (period + 1) if share is None else share
    first = int(np.isnan(values).sum())
    seed = first + period - 1
    result = np.full(len(values), np.nan)
    result[seed] = values[first : seed + 1].mean()
    for bar in range(seed + 1, len(values)):
        result[bar] = (1 - share) * result[bar - 1] + share * values[bar]
    return result


def before(values: np.ndarray, bars: int) -> np.ndarray:
    return padded(values[: len(values) - bars], len(values))


def same(ours: np.ndarray, expected: np.ndarray, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=tolerance)


def test_every_indicator_has_a_reference() -> None:
    from pathlib import Path

    folder = Path(__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_indicators_*.py"))
    assert [spec.name for spec in all_indicators() if f'"{spec.name}"' not in text] == []


def test_wilders_average(c: Candles) -> None:
    same(compute("RMA", c, period=14)["rma"], exponential(c.close, 14, 1 / 14))
    same(compute("MA", c, period=14, ma_type="RMA")["ma"], exponential(c.close, 14, 1 / 14))


@pytest.mark.parametrize(("period", "half", "root"), [(20, 10, 4), (9, 4, 3), (2, 1, 1)])
def test_hull(c: Candles, period: int, half: int, root: int) -> None:
    raw = 2 * weighted(c.close, half) - weighted(c.close, period)
    expected = padded(weighted(raw[period - 1 :], root), len(c))
    same(compute("HMA", c, period=period)["hma"], expected)
    same(compute("MA", c, period=period, ma_type="HMA")["ma"], expected)


def test_legoux(c: Candles) -> None:
    peak, width = 0.85 * 8, 9 / 6
    weights = np.exp(-((np.arange(9) - peak) ** 2) / (2 * width**2))
    same(compute("ALMA", c)["alma"], rolled(lambda windows, axis: windows @ weights / weights.sum(), c.close, 9))


def test_volume_weighted_average(c: Candles) -> None:
    expected = rolled(np.sum, c.close * c.volume, 20) / rolled(np.sum, c.volume, 20)
    same(compute("VWMA", c)["vwma"], expected)


def test_zero_lag(c: Candles) -> None:
    same(compute("ZLEMA", c, period=20)["zlema"], exponential(c.close + (c.close - before(c.close, 9)), 20))


def test_vortex(c: Candles) -> None:
    ranges = rolled(np.sum, talib.TRANGE(c.high, c.low, c.close), 14)
    ours = compute("VORTEX", c)
    same(ours["plus"], rolled(np.sum, np.abs(c.high - before(c.low, 1)), 14) / ranges)
    same(ours["minus"], rolled(np.sum, np.abs(c.low - before(c.high, 1)), 14) / ranges)


def test_supertrend(c: Candles) -> None:
    reach = 3 * talib.ATR(c.high, c.low, c.close, 10)
    upper, lower = (c.high + c.low) / 2 + reach, (c.high + c.low) / 2 - reach
    line, direction = np.full(len(c), np.nan), np.full(len(c), np.nan)
    for bar in range(10, len(c)):
        if bar == 10:
            direction[bar] = -1
        else:
            if not (upper[bar] < upper[bar - 1] or c.close[bar - 1] > upper[bar - 1]):
                upper[bar] = upper[bar - 1]
            if not (lower[bar] > lower[bar - 1] or c.close[bar - 1] < lower[bar - 1]):
                lower[bar] = lower[bar - 1]
            if line[bar - 1] == upper[bar - 1]:
                direction[bar] = 1 if c.close[bar] > upper[bar] else -1
            else:
                direction[bar] = -1 if c.close[bar] < lower[bar] else 1
        line[bar] = lower[bar] if direction[bar] > 0 else upper[bar]
    ours = compute("SUPERTREND", c)
    np.testing.assert_array_equal(ours["direction"], direction)
    same(ours["supertrend"], line)
    assert np.count_nonzero(np.diff(direction[10:])) > 10


def test_ichimoku(c: Candles) -> None:
    def middle(period: int) -> np.ndarray:
        return (rolled(np.max, c.high, period) + rolled(np.min, c.low, period)) / 2

    ours = compute("ICHIMOKU", c)
    same(ours["conversion"], middle(9))
    same(ours["base"], middle(26))
    same(ours["span_a"], before((middle(9) + middle(26)) / 2, 25))
    same(ours["span_b"], before(middle(52), 25))


def test_alligator(c: Candles) -> None:
    price = (c.high + c.low) / 2
    ours = compute("ALLIGATOR", c)
    for name, period, shift in (("jaw", 13, 8), ("teeth", 8, 5), ("lips", 5, 3)):
        same(ours[name], before(exponential(price, period, 1 / period), shift))


def test_signal_of_the_percentage_price_oscillator(c: Candles) -> None:
    line = 100 * (exponential(c.close, 12) / exponential(c.close, 26) - 1)
    ours = compute("PPO", c)
    same(ours["signal"], exponential(line, 9))
    same(ours["histogram"], line - exponential(line, 9))


def test_true_strength(c: Candles) -> None:
    moves = c.close - before(c.close, 1)
    line = 100 * exponential(exponential(moves, 25), 13) / exponential(exponential(np.abs(moves), 25), 13)
    same(compute("TSI", c)["tsi"], line)
    same(compute("TSI", c)["signal"], exponential(line, 13))


def test_awesome_and_accelerator(c: Candles) -> None:
    price = (c.high + c.low) / 2
    awesome = mean(price, 5) - mean(price, 34)
    same(compute("AO", c)["ao"], awesome)
    same(compute("AC", c)["ac"], awesome - padded(mean(awesome[33:], 5), len(c)))


def test_coppock(c: Candles) -> None:
    sums = 100 * (c.close / before(c.close, 14) - 1) + 100 * (c.close / before(c.close, 11) - 1)
    same(compute("COPPOCK", c)["coppock"], padded(weighted(sums[14:], 10), len(c)))


@pytest.mark.parametrize(("period", "back"), [(21, 11), (20, 11)])
def test_detrended_price(c: Candles, period: int, back: int) -> None:
    same(compute("DPO", c, period=period)["dpo"], c.close - before(mean(c.close, period), back))


def test_elder_ray(c: Candles) -> None:
    ours = compute("ELDER_RAY", c)
    same(ours["bull_power"], c.high - exponential(c.close, 13))
    same(ours["bear_power"], c.low - exponential(c.close, 13))


def test_fisher(c: Candles) -> None:
    price = (c.high + c.low) / 2
    top, floor = rolled(np.max, price, 10), rolled(np.min, price, 10)
    place, fisher, expected = 0.0, 0.0, np.full(len(c), np.nan)
    for bar in range(9, len(c)):
        place = 0.33 * 2 * ((price[bar] - floor[bar]) / (top[bar] - floor[bar]) - 0.5) + 0.67 * place
        place = float(np.clip(place, -0.999, 0.999))
        fisher = 0.5 * np.log((1 + place) / (1 - place)) + 0.5 * fisher
        expected[bar] = fisher
    same(compute("FISHER", c)["fisher"], expected)
    same(compute("FISHER", c)["trigger"], before(expected, 1))


def test_keltner(c: Candles) -> None:
    middle, reach = exponential(c.close, 20), 2 * talib.ATR(c.high, c.low, c.close, 10)
    ours = compute("KC", c)
    same(ours["upper"], middle + reach)
    same(ours["middle"], middle)
    same(ours["lower"], middle - reach)


def test_volatilities_per_year(c: Candles) -> None:
    per_year = 365 * 288
    u, d, k = np.log(c.high / c.open), np.log(c.low / c.open), np.log(c.close / c.open)
    returns = np.log(c.close[1:] / c.close[:-1])
    sample = padded(rolled(lambda windows, axis: windows.std(axis=axis, ddof=1), returns, 20), len(c))
    expected = {
        "HV": sample,
        "PARKINSON": np.sqrt(mean((u - d) ** 2, 20) / (4 * np.log(2))),
        "GARMAN_KLASS": np.sqrt(mean(0.5 * (u - d) ** 2 - (2 * np.log(2) - 1) * k**2, 20)),
        "ROGERS_SATCHELL": np.sqrt(mean(u * (u - k) + d * (d - k), 20)),
    }
    for name, values in expected.items():
        ours = compute(name, c, period=20, bars_per_year=per_year)[name.lower()]
        same(ours, 100 * np.sqrt(per_year) * values)


def test_choppiness(c: Candles) -> None:
    ways = rolled(np.sum, talib.TRANGE(c.high, c.low, c.close), 14)
    spread = rolled(np.max, c.high, 14) - rolled(np.min, c.low, 14)
    same(compute("CHOP", c)["chop"], 100 * np.log10(ways / spread) / np.log10(14))


def test_mass(c: Candles) -> None:
    once = exponential(c.high - c.low, 9)
    ratios = once / exponential(once, 9)
    same(compute("MASS", c)["mass"], padded(rolled(np.sum, ratios[16:], 25), len(c)))


def test_ulcer(c: Candles) -> None:
    falls = 100 * (c.close / rolled(np.max, c.close, 14) - 1)
    same(compute("ULCER", c)["ulcer"], padded(np.sqrt(mean(falls[13:] ** 2, 14)), len(c)))


def test_chaikin_money_flow(c: Candles) -> None:
    spread = np.where(c.high > c.low, c.high - c.low, 1.0)
    flow = (2 * c.close - c.high - c.low) / spread * c.volume
    same(compute("CMF", c)["cmf"], rolled(np.sum, flow, 20) / rolled(np.sum, c.volume, 20))


def test_running_totals_of_volume(c: Candles) -> None:
    growth = c.close[1:] / c.close[:-1]
    same(compute("VPT", c)["vpt"], np.append(0.0, np.cumsum(c.volume[1:] * (growth - 1))), 1e-8)
    quiet, busy = np.diff(c.volume) < 0, np.diff(c.volume) > 0
    same(compute("NVI", c)["nvi"], 1000 * np.append(1.0, np.cumprod(np.where(quiet, growth, 1.0))))
    same(compute("PVI", c)["pvi"], 1000 * np.append(1.0, np.cumprod(np.where(busy, growth, 1.0))))


def test_force_and_ease(c: Candles) -> None:
    same(compute("FORCE", c)["force"], exponential((c.close - before(c.close, 1)) * c.volume, 13), 1e-8)
    middle = (c.high + c.low) / 2
    ease = (middle - before(middle, 1)) / ((c.volume / 10_000) / (c.high - c.low))
    same(compute("EOM", c)["eom"], padded(mean(ease[1:], 14), len(c)))


def test_relative_volume(c: Candles) -> None:
    same(compute("VOLUME_SMA", c)["relative"], c.volume / mean(c.volume, 20))


@pytest.mark.parametrize(("session", "unit"), [("day", "1d"), ("week", "1w"), ("month", "1mo")])
def test_session_vwap(session: str, unit: str) -> None:
    rng = np.random.default_rng(5)
    c = make_candles(list(rng.uniform(90, 110, 400)), volumes=list(rng.uniform(1, 9, 400)), timeframe=Timeframe.H4)
    frame = c.frame.with_columns(
        pl.from_epoch("open_time_ms", "ms").dt.truncate(unit).alias("session"),
        ((pl.col("high") + pl.col("low") + pl.col("close")) / 3).alias("typical"),
    )
    expected = frame.select(
        (pl.col("typical") * pl.col("volume")).cum_sum().over("session") / pl.col("volume").cum_sum().over("session")
    ).to_series()
    same(compute("VWAP", c, session=session)["vwap"], expected.to_numpy())


def test_anchored_vwap(c: Candles) -> None:
    first = 412
    moment = str(np.datetime64(int(c.open_time_ms[first]), "ms"))
    typical = (c.high + c.low + c.close)[first:] / 3
    expected = np.cumsum(typical * c.volume[first:]) / np.cumsum(c.volume[first:])
    same(compute("AVWAP", c, anchor=moment)["avwap"], padded(expected, len(c)))


def test_volume_profile_of_a_small_market_by_hand() -> None:
    # Ten rows of 1 between 100 and 110: 30 on rows 0-2, 8 on row 5, 10 on rows 5-9.
    c = make_candles(
        [101, 105.5, 107], opens=[101, 105.5, 107], highs=[103, 105.9, 110], lows=[100, 105.1, 105],
        volumes=[30, 8, 10],
    )  # fmt: skip
    ours = compute("VOLUME_PROFILE", c, period=3, rows=10, value_area=60.0)
    # Rows: 10 10 10 0 0 10 2 2 2 2. The lowest of the fullest is row 0; 60 % of 48 is 28.8: rows 0 to 2.
    assert [ours[name][2] for name in ours] == pytest.approx([100.5, 103.0, 100.0])


def test_volume_profile_grows_towards_the_fuller_neighbour(c: Candles) -> None:
    ours = compute("VOLUME_PROFILE", c, period=50, rows=24)
    for bar in range(49, len(c), 97):
        high, low, volume = c.high[bar - 49 : bar + 1], c.low[bar - 49 : bar + 1], c.volume[bar - 49 : bar + 1]
        edges = np.linspace(low.min(), high.max(), 25)
        covered = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
        rows = (np.clip(covered, 0, None) / (high - low)[:, None] * volume[:, None]).sum(axis=0)
        chosen = [int(rows.argmax())]
        while rows[chosen].sum() < 0.7 * volume.sum():
            beside = [row for row in (max(chosen) + 1, min(chosen) - 1) if 0 <= row < 24]
            chosen.append(max(beside, key=lambda row: rows[row]))
        assert ours["poc"][bar] == pytest.approx(edges[rows.argmax()] + (edges[1] - edges[0]) / 2)
        assert ours["value_area_high"][bar] == pytest.approx(edges[max(chosen) + 1])
        assert ours["value_area_low"][bar] == pytest.approx(edges[min(chosen)])


@pytest.mark.parametrize("skip", [0, 1, 5])
def test_donchian(c: Candles, skip: int) -> None:
    ours = compute("DONCHIAN", c, period=20, skip=skip)
    upper, lower = before(rolled(np.max, c.high, 20), skip), before(rolled(np.min, c.low, 20), skip)
    same(ours["upper"], upper)
    same(ours["middle"], (upper + lower) / 2)
    same(ours["lower"], lower)


def test_chandelier(c: Candles) -> None:
    reach = 3 * talib.ATR(c.high, c.low, c.close, 22)
    ours = compute("CHANDELIER", c)
    same(ours["long_stop"], rolled(np.max, c.high, 22) - reach)
    same(ours["short_stop"], rolled(np.min, c.low, 22) + reach)


def test_fractals(c: Candles) -> None:
    up, down = np.full(len(c), np.nan), np.full(len(c), np.nan)
    for bar in range(2, len(c) - 2):
        if c.high[bar] > max(*c.high[bar - 2 : bar], *c.high[bar + 1 : bar + 3]):
            up[bar + 2] = c.high[bar]
        if c.low[bar] < min(*c.low[bar - 2 : bar], *c.low[bar + 1 : bar + 3]):
            down[bar + 2] = c.low[bar]
    ours = compute("FRACTALS", c)
    np.testing.assert_array_equal(ours["up"], up)
    np.testing.assert_array_equal(ours["down"], down)
    np.testing.assert_array_equal(ours["last_up"], pl.Series(up).fill_nan(None).forward_fill().to_numpy())
    np.testing.assert_array_equal(ours["last_down"], pl.Series(down).fill_nan(None).forward_fill().to_numpy())


def test_pivots_hold_for_the_day_after(c: Candles) -> None:
    # The file begins at midnight: 288 candles of 5 minutes a day.
    for method in ("classic", "fibonacci", "camarilla"):
        ours = compute("PIVOTS", c, method=method)
        assert np.isnan(ours["pivot"][:288]).all()
        for day in range(1, len(c) // 288):
            past, now = slice((day - 1) * 288, day * 288), slice(day * 288, (day + 1) * 288)
            high, low, close = c.high[past].max(), c.low[past].min(), c.close[past][-1]
            pivot, spread = (high + low + close) / 3, high - low
            expected = {
                "classic": (2 * pivot - low, pivot + spread, high + 2 * (pivot - low), 2 * pivot - high),
                "fibonacci": (pivot + 0.382 * spread, pivot + 0.618 * spread, pivot + spread, pivot - 0.382 * spread),
                "camarilla": (
                    close + 1.1 * spread / 12, close + 1.1 * spread / 6, close + 1.1 * spread / 4,
                    close - 1.1 * spread / 12,
                ),
            }[method]  # fmt: skip
            for name, value in zip(("pivot", "r1", "r2", "r3", "s1"), (pivot, *expected), strict=True):
                np.testing.assert_allclose(ours[name][now], value, rtol=1e-12)


def test_pivots_skip_a_first_day_that_was_not_seen_whole(c: Candles) -> None:
    ours = compute("PIVOTS", c.rows(10, 1_000))
    assert np.isnan(ours["pivot"][: 2 * 288 - 10]).all()
    assert not np.isnan(ours["pivot"][2 * 288 - 10 :]).any()


def test_deviation_and_what_is_made_of_it(c: Candles) -> None:
    deviation, middle = rolled(np.std, c.close, 20), mean(c.close, 20)
    same(compute("STDDEV", c)["stddev"], deviation, 1e-10)
    same(compute("ZSCORE", c)["zscore"], (c.close - middle) / deviation)
    same(compute("PERCENT_B", c)["percent_b"], (c.close - (middle - 2 * deviation)) / (4 * deviation))
    same(compute("BB", c)["width"], 4 * deviation / middle)


def test_regression_line(c: Candles) -> None:
    ours = compute("LINREG", c, period=30)
    for bar in range(29, len(c), 61):
        slope, start = np.polyfit(np.arange(30.0), c.close[bar - 29 : bar + 1] - c.close[bar], 1)
        assert ours["slope"][bar] == pytest.approx(slope, rel=1e-9, abs=1e-9)
        assert ours["value"][bar] == pytest.approx(c.close[bar] + start + 29 * slope, rel=1e-12)


def test_efficiency_and_rank(c: Candles) -> None:
    way = padded(rolled(np.sum, np.abs(np.diff(c.close)), 10), len(c))
    same(compute("ER", c)["er"], np.abs(c.close - before(c.close, 10)) / way)
    ranks = [np.mean(c.close[bar - 100 : bar] <= c.close[bar]) * 100 for bar in range(100, len(c))]
    same(compute("PERCENT_RANK", c)["percent_rank"], padded(np.array(ranks), len(c)))


def test_heikin_ashi_of_three_candles_by_hand() -> None:
    c = make_candles([12, 11, 15], opens=[10, 12, 11], highs=[13, 14, 16], lows=[9, 10, 11])
    ours = compute("HEIKIN_ASHI", c)
    assert ours["open"].tolist() == [11.0, 11.0, 11.375]
    assert ours["close"].tolist() == [11.0, 11.75, 13.25]
    assert ours["high"].tolist() == [13.0, 14.0, 16.0]
    assert ours["low"].tolist() == [9.0, 10.0, 11.0]


def test_strength_of_a_price_that_never_moved_is_in_the_middle() -> None:
    still = make_candles([5.0] * 60)
    assert compute("RSI", still)["rsi"][-1] == 50.0
    assert compute("STOCH", still)["k"][-1] == 50.0
    assert compute("STOCHRSI", still)["d"][-1] == 50.0
    assert compute("WILLR", still)["willr"][-1] == -50.0
    assert compute("MFI", still)["mfi"][-1] == 50.0
    assert compute("ULTOSC", still)["ultosc"][-1] == pytest.approx(50.0)
    assert compute("CCI", still)["cci"][-1] == 0.0
    assert compute("MACD", still)["histogram"][-1] == 0.0
    assert compute("BB", still)["width"][-1] == 0.0


def test_a_price_that_stopped_moving_leaves_no_rounding_noise() -> None:
    moved = [100.0, 101.3, 99.7, 102.1, 100.9, 103.3, 101.7, 102.9] * 3
    stopped = make_candles(moved + [102.9] * 60)
    assert (compute("STOCHRSI", stopped)["k"][-30:] == 50.0).all()
    assert (compute("CCI", stopped)["cci"][-30:] == 0.0).all()
    assert (compute("ZSCORE", stopped)["zscore"][-30:] == 0.0).all()


def test_equal_typical_prices_move_no_money() -> None:
    # 0.5434 + 0.5414 + 0.5427 and 0.5431 + 0.5422 + 0.5422 are equal, though not in binary.
    highs, lows, closes = [0.55, 0.5434, 0.5431, 0.55], [0.53, 0.5414, 0.5422, 0.53], [0.54, 0.5427, 0.5422, 0.53]
    c = make_candles(closes, opens=closes, highs=highs, lows=lows, volumes=[1.0, 10.0, 1000.0, 10.0])
    rise, fall = 10 * 0.5425, 10 * (0.55 + 0.53 + 0.53) / 3
    assert compute("MFI", c, period=3)["mfi"][3] == pytest.approx(100 * rise / (rise + fall))
