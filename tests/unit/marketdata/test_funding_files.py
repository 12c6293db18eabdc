"""Funding rates from files."""

import numpy as np
import polars as pl
import pytest

from builders import START_MS, shared_data, shared_fixture
from strategy_tester.domain.errors import CorruptCandles, MissingCandles, UnreadableFile
from strategy_tester.domain.timeframes import HOUR_MS
from strategy_tester.marketdata.funding_files import inspect_funding, is_funding_file, read_funding


def write(folder, text: str):
    path = folder / "bybit-linear-BTCUSDT-funding.csv"
    path.write_text(text)
    return path


def test_rates_newest_first_as_the_exchange_sends_them(tmp_path):
    path = write(tmp_path, f"fundingRateTimestamp,fundingRate\n{START_MS + 8 * HOUR_MS},0.0002\n{START_MS},-0.0001\n")
    found = inspect_funding(path)
    assert found.funding.time_ms.tolist() == [START_MS, START_MS + 8 * HOUR_MS]
    assert found.funding.rate.tolist() == [-0.0001, 0.0002]
    assert np.isnan(found.funding.mark_price).all()
    assert (found.symbol, found.source, found.steps_hours) == ("BTCUSDT", "bybit-linear", (8.0,))


def test_mark_prices_are_read_where_known(tmp_path):
    found = read_funding(write(tmp_path, f"time_ms,rate,mark_price\n{START_MS},0.0001,95000.5\n"))
    assert found.mark_price.tolist() == [95000.5]


def test_milliseconds_off_the_hour_are_taken_as_the_hour_and_said(tmp_path):
    found = inspect_funding(write(tmp_path, f"time,rate\n{START_MS + 3},0.0001\n{START_MS + 8 * HOUR_MS - 2},0.0001\n"))
    assert found.funding.time_ms.tolist() == [START_MS, START_MS + 8 * HOUR_MS]
    assert "2 times within 5 s of a full hour" in found.guesses[2].value


def test_equal_doubles_are_read_once(tmp_path):
    found = read_funding(write(tmp_path, f"time,rate\n{START_MS},0.0001\n{START_MS},0.0001\n"))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("time,rate\n", MissingCandles, "no funding rates"),
        ("time,price\n1735689600000,1\n", UnreadableFile, "does not look like funding"),
        ("time,rate\nsoon,0.0001\nlater,0.0001\n", UnreadableFile, "holds no times"),
        (f"time,rate\n{START_MS},abc\n", CorruptCandles, "the rate is missing or not a number in 1 of the rows"),
        (f"time,rate\n{START_MS},0.5\n", CorruptCandles, "fractions, not percent"),
        (f"time,rate\n{START_MS},0.0001\n{START_MS},0.0002\n", CorruptCandles, "with different rates"),
    ],
)
def test_what_cannot_be_funding_is_refused(tmp_path, text, error, reason):
    with pytest.raises(error, match=reason):
        read_funding(write(tmp_path, text))


def test_candles_are_no_funding(tmp_path):
    path = tmp_path / "x.parquet"
    pl.DataFrame({"time": [START_MS], "open": [1.0], "high": [1.0], "low": [1.0], "close": [1.0]}).write_parquet(path)
    assert not is_funding_file(path)
    assert is_funding_file(write(tmp_path, f"time,rate\n{START_MS},0.0001\n"))


@pytest.mark.parametrize(
    ("name", "settlements", "steps"),
    [
        ("bybit-linear-BTCUSDT-funding-20250924_20260721.parquet", 902, (8.0,)),
        ("bybit-linear-WIFUSDT-funding-20250203_20250523.parquet", 457, (4.0, 804.0)),
        ("binance-usdm-LAYERUSDT-funding-20250316_20250603.parquet", 984, (1.0, 4.0)),
        ("binance-usdm-BTCUSDT-funding-20250306_20250603.parquet", 266, (8.0,)),
    ],
)
def test_real_funding(name, settlements, steps):
    found = inspect_funding(shared_data(name))
    assert (len(found.funding), found.steps_hours) == (settlements, steps)


def test_a_file_without_column_names():
    path = shared_fixture("bybit/funding/BTCUSDT_lean_margin_interest.csv")
    assert read_funding(path).rate.tolist() == [-0.0002016, -0.00022398, -0.00038555]
