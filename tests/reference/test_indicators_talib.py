"""Our indicators and TA-Lib's agree on real candles."""

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl
import pytest
import talib

from builders import shared_data
from strategy_tester.domain.candles import Candles
from strategy_tester.indicators.registry import compute

FILE = "bybit-linear-BTCUSDT-5m-20250915_20260721.parquet"
SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA = range(7)  # TA-Lib's numbers of its averages


@cache
def _candles() -> Candles:
    frame = pl.read_parquet(shared_data(FILE))
    columns = {name: frame[name].to_numpy().astype(float) for name in ("open", "high", "low", "close", "volume")}
    return Candles(frame["open_time"].to_numpy(), **columns)


Case = tuple[str, dict[str, object], tuple[str, ...], Callable[[Candles], object]]

CASES: list[Case] = [
    ("SMA", {"period": 20}, ("sma",), lambda c: talib.SMA(c.close, 20)),
    ("SMA", {"period": 1}, ("sma",), lambda c: c.close),
    ("SMA", {"period": 200, "source": "hl2"}, ("sma",), lambda c: talib.SMA((c.high + c.low) / 2, 200)),
    ("EMA", {"period": 20}, ("ema",), lambda c: talib.EMA(c.close, 20)),
    ("EMA", {"period": 200}, ("ema",), lambda c: talib.EMA(c.close, 200)),
    ("WMA", {"period": 20}, ("wma",), lambda c: talib.WMA(c.close, 20)),
    ("WMA", {"period": 301}, ("wma",), lambda c: talib.WMA(c.close, 301)),
    ("DEMA", {"period": 20}, ("dema",), lambda c: talib.DEMA(c.close, 20)),
    ("TEMA", {"period": 20}, ("tema",), lambda c: talib.TEMA(c.close, 20)),
    ("TRIMA", {"period": 20}, ("trima",), lambda c: talib.TRIMA(c.close, 20)),
    ("TRIMA", {"period": 21}, ("trima",), lambda c: talib.TRIMA(c.close, 21)),
    ("T3", {"period": 5}, ("t3",), lambda c: talib.T3(c.close, 5, 0.7)),
    ("KAMA", {"period": 10}, ("kama",), lambda c: talib.KAMA(c.close, 10)),
    ("MA", {"period": 30, "ma_type": "SMA"}, ("ma",), lambda c: talib.MA(c.close, 30, SMA)),
    ("MA", {"period": 30, "ma_type": "EMA"}, ("ma",), lambda c: talib.MA(c.close, 30, EMA)),
    ("MA", {"period": 30, "ma_type": "WMA"}, ("ma",), lambda c: talib.MA(c.close, 30, WMA)),
    ("MA", {"period": 30, "ma_type": "DEMA"}, ("ma",), lambda c: talib.MA(c.close, 30, DEMA)),
    ("MA", {"period": 30, "ma_type": "TEMA"}, ("ma",), lambda c: talib.MA(c.close, 30, TEMA)),
    ("MA", {"period": 30, "ma_type": "TRIMA"}, ("ma",), lambda c: talib.MA(c.close, 30, TRIMA)),
    ("MA", {"period": 30, "ma_type": "KAMA"}, ("ma",), lambda c: talib.MA(c.close, 30, KAMA)),
    ("ADX", {"period": 14}, ("adx",), lambda c: talib.ADX(c.high, c.low, c.close, 14)),
    ("ADX", {"period": 2}, ("adx",), lambda c: talib.ADX(c.high, c.low, c.close, 2)),
    ("DMI", {"period": 14}, ("plus_di",), lambda c: talib.PLUS_DI(c.high, c.low, c.close, 14)),
    ("DMI", {"period": 14}, ("minus_di",), lambda c: talib.MINUS_DI(c.high, c.low, c.close, 14)),
    ("ADXR", {"period": 14}, ("adxr",), lambda c: talib.ADXR(c.high, c.low, c.close, 14)),
    ("AROON", {"period": 14}, ("down", "up"), lambda c: talib.AROON(c.high, c.low, 14)),
    ("AROONOSC", {"period": 25}, ("aroonosc",), lambda c: talib.AROONOSC(c.high, c.low, 25)),
    ("SAR", {}, ("sar",), lambda c: talib.SAR(c.high, c.low, 0.02, 0.2)),
    ("SAR", {"acceleration": 0.05, "maximum": 0.5}, ("sar",), lambda c: talib.SAR(c.high, c.low, 0.05, 0.5)),
    ("RSI", {"period": 14}, ("rsi",), lambda c: talib.RSI(c.close, 14)),
    ("RSI", {"period": 2}, ("rsi",), lambda c: talib.RSI(c.close, 2)),
    ("MACD", {}, ("macd", "signal", "histogram"), lambda c: talib.MACD(c.close, 12, 26, 9)),
    (
        "MACD",
        {"fast_period": 5, "slow_period": 35, "signal_period": 1},
        ("macd", "signal", "histogram"),
        lambda c: talib.MACD(c.close, 5, 35, 1),
    ),
    ("ROC", {"period": 10}, ("roc",), lambda c: talib.ROC(c.close, 10)),
    ("MOM", {"period": 10}, ("momentum",), lambda c: talib.MOM(c.close, 10)),
    ("CMO", {"period": 14}, ("cmo",), lambda c: talib.CMO(c.close, 14)),
    ("TRIX", {"period": 15}, ("trix",), lambda c: talib.TRIX(c.close, 15)),
    ("PPO", {}, ("ppo",), lambda c: talib.PPO(c.close, 12, 26, EMA)),
    ("BOP", {}, ("bop",), lambda c: talib.BOP(c.open, c.high, c.low, c.close)),
    ("STOCH", {}, ("k", "d"), lambda c: talib.STOCH(c.high, c.low, c.close, 14, 3, SMA, 3, SMA)),
    (
        "STOCH",
        {"k_period": 5, "k_smoothing": 1, "d_period": 3},
        ("k", "d"),
        lambda c: talib.STOCHF(c.high, c.low, c.close, 5, 3, SMA),
    ),
    (
        "STOCHRSI",
        {"rsi_period": 14, "k_period": 5, "k_smoothing": 1, "d_period": 3},
        ("k", "d"),
        lambda c: talib.STOCHRSI(c.close, 14, 5, 3, SMA),
    ),
    ("WILLR", {"period": 14}, ("willr",), lambda c: talib.WILLR(c.high, c.low, c.close, 14)),
    ("CCI", {"period": 20}, ("cci",), lambda c: talib.CCI(c.high, c.low, c.close, 20)),
    ("ULTOSC", {}, ("ultosc",), lambda c: talib.ULTOSC(c.high, c.low, c.close, 7, 14, 28)),
    ("TR", {}, ("tr",), lambda c: talib.TRANGE(c.high, c.low, c.close)),
    ("ATR", {"period": 14}, ("atr",), lambda c: talib.ATR(c.high, c.low, c.close, 14)),
    ("ATR", {"period": 1}, ("atr",), lambda c: talib.TRANGE(c.high, c.low, c.close)),
    ("NATR", {"period": 14}, ("natr",), lambda c: talib.NATR(c.high, c.low, c.close, 14)),
    ("BB", {}, ("upper", "middle", "lower"), lambda c: talib.BBANDS(c.close, 20, 2, 2, SMA)),
    (
        "BB",
        {"period": 50, "deviations": 2.5, "source": "hlc3"},
        ("upper", "middle", "lower"),
        lambda c: talib.BBANDS((c.high + c.low + c.close) / 3, 50, 2.5, 2.5, SMA),
    ),
    ("OBV", {}, ("obv",), lambda c: talib.OBV(c.close, c.volume)),
    ("AD", {}, ("ad",), lambda c: talib.AD(c.high, c.low, c.close, c.volume)),
    ("ADOSC", {}, ("adosc",), lambda c: talib.ADOSC(c.high, c.low, c.close, c.volume, 3, 10)),
    ("MFI", {"period": 14}, ("mfi",), lambda c: talib.MFI(c.high, c.low, c.close, c.volume, 14)),
    ("VOLUME_SMA", {"period": 20}, ("volume_sma",), lambda c: talib.SMA(c.volume, 20)),
    ("HIGHEST", {"period": 20}, ("highest",), lambda c: talib.MAX(c.high, 20)),
    ("LOWEST", {"period": 7, "source": "close"}, ("lowest",), lambda c: talib.MIN(c.close, 7)),
    ("MIDPRICE", {"period": 14}, ("midprice",), lambda c: talib.MIDPRICE(c.high, c.low, 14)),
    ("STDDEV", {"period": 20}, ("stddev",), lambda c: talib.STDDEV(c.close, 20)),
    ("LINREG", {"period": 14}, ("value",), lambda c: talib.LINEARREG(c.close, 14)),
    ("LINREG", {"period": 14}, ("slope",), lambda c: talib.LINEARREG_SLOPE(c.close, 14)),
    ("LINREG", {"period": 250}, ("forecast",), lambda c: talib.TSF(c.close, 250)),
    ("AVGPRICE", {}, ("avgprice",), lambda c: talib.AVGPRICE(c.open, c.high, c.low, c.close)),
    ("MEDPRICE", {}, ("medprice",), lambda c: talib.MEDPRICE(c.high, c.low)),
    ("TYPPRICE", {}, ("typprice",), lambda c: talib.TYPPRICE(c.high, c.low, c.close)),
    ("WCLPRICE", {}, ("wclprice",), lambda c: talib.WCLPRICE(c.high, c.low, c.close)),
]

# TA-Lib takes these as differences of large sums (prices squared, prices times bars) and loses digits; ours are
# held to 1e-9 of the exact value in test_indicators_sources.py.
TALIB_ROUNDING = {"STDDEV": 1e-6, "LINREG": 1e-8}


def _difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest difference, relative where the numbers are above 1."""
    return float(np.nanmax(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)))


@pytest.mark.parametrize(
    ("name", "params", "outputs", "theirs"),
    CASES,
    ids=[" ".join([case[0], *case[2], *(str(value) for value in case[1].values())]) for case in CASES],
)
@pytest.mark.parametrize(("first", "last"), [(0, 5_000), (61_237, 64_000)], ids=["beginning", "slice"])
def test_equal_to_talib_on_real_candles(name, params, outputs, theirs, first: int, last: int) -> None:
    candles = _candles().rows(first, last)
    expected = theirs(candles)
    ours = compute(name, candles, **params)
    for output, values in zip(outputs, expected if isinstance(expected, tuple) else (expected,), strict=True):
        np.testing.assert_array_equal(np.isnan(ours[output]), np.isnan(values), err_msg="other bars are NaN")
        assert _difference(ours[output], values) < TALIB_ROUNDING.get(name, 1e-9)
