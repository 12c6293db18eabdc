"""Names of files as exchanges, data sites and chart programs give them."""

import pytest

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.file_names import guess_from_name


@pytest.mark.parametrize(
    ("name", "symbol", "timeframe", "source"),
    [
        ("bybit-linear-BTCUSDT-5m-20250915_20260721.parquet", "BTCUSDT", Timeframe.M5, "bybit-linear"),
        ("bybit-linear-mark-ETHUSDT-1h-20250924_20260721.parquet", "ETHUSDT", Timeframe.H1, "bybit-linear-mark"),
        ("bybit-testnet-BTCUSDT-1m-20240908_20250907.parquet", "BTCUSDT", Timeframe.M1, "bybit-testnet"),
        ("binance-usdm-XRPUSDT-1m-20250504.parquet", "XRPUSDT", Timeframe.M1, "binance-usdm"),
        ("binance-spot-XRPETH-5m-20191011.parquet", "XRPETH", Timeframe.M5, "binance-spot"),
        ("BTCUSDT_15m.csv", "BTCUSDT", Timeframe.M15, ""),
        ("ADAUSDT_240m.csv", "ADAUSDT", Timeframe.H4, ""),
        ("BYBIT_BTCUSDT.P, 60.csv", "BTCUSDT", Timeframe.H1, "bybit-linear"),
        ("BYBIT_BTCUSDT, 240.csv", "BTCUSDT", Timeframe.H4, "bybit"),
        ("BINANCE_ETHUSDT, 1D.csv", "ETHUSDT", Timeframe.D1, "binance"),
        ("Binance_BTCUSDT_1h.csv", "BTCUSDT", Timeframe.H1, "binance"),
        ("Binance_BTCUSDT_d.csv", "BTCUSDT", Timeframe.D1, "binance"),
        ("BTCUSDT-1m-2025-05.csv", "BTCUSDT", Timeframe.M1, ""),
        ("BTCUSDT-1M.csv", "BTCUSDT", Timeframe.MO1, ""),
        ("BTC_USDT_USDT-1h-futures.feather", "BTCUSDT", Timeframe.H1, ""),
        ("1000PEPEUSDT_3m.csv.gz", "1000PEPEUSDT", Timeframe.M3, ""),
        ("candles.csv", "", None, ""),
        ("2025-05-01.csv", "", None, ""),
        (".csv", "", None, ""),
    ],
)
def test_names(name, symbol, timeframe, source):
    guess = guess_from_name(name)
    assert (guess.symbol, guess.timeframe, guess.source) == (symbol, timeframe, source)
