"""Public trade archives: every form of them, and everything that is none."""

import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from builders import shared_data
from strategy_tester.domain.errors import CorruptCandles, MissingCandles, UnreadableFile
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.archive_candles import candles_of_trades
from strategy_tester.marketdata.archives import TradeTable, read_archive, read_ticks, symbol_in, write_ticks
from strategy_tester.marketdata.files import read_candles

DAY_S = 1_735_689_600  # 2025-01-01 00:00 UTC
DAY_MS = DAY_S * 1000
HEADER = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional"
ROWS = [
    f"{DAY_S + 1}.2372,BTCUSDT,Buy,0.013,60000.5,PlusTick,a-1,7.8e+10,0.013,780.0",
    f"{DAY_S + 1}.2372,BTCUSDT,Sell,0.1,60000.0,MinusTick,a-2,6e+11,0.1,6000.0",
    f"{DAY_S + 61}.5,BTCUSDT,Buy,2,60010,PlusTick,a-3,1.2e+13,2,120020.0",
]


def written(path: Path, *lines: str, packed: bool = True) -> Path:
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def assert_rows(table: TradeTable) -> None:
    assert table.symbol == "BTCUSDT"
    assert table.time_us.tolist() == [(DAY_S + 1) * 10**6 + 237_200] * 2 + [(DAY_S + 61) * 10**6 + 500_000]
    assert table.price.tolist() == [60000.5, 60000.0, 60010.0]
    assert table.quantity.tolist() == [0.013, 0.1, 2.0]
    assert table.is_buy.tolist() == [True, False, True]


def test_derivatives_with_their_header(tmp_path: Path):
    table = read_archive(written(tmp_path / "BTCUSDT2025-01-01.csv.gz", HEADER, *ROWS))
    assert_rows(table)
    assert (table.is_spot, table.is_whole) == (False, True)


@pytest.mark.parametrize("packed", [True, False], ids=["gz", "plain"])
def test_derivatives_with_a_column_more_or_without_a_header(tmp_path: Path, packed: bool):
    more = written(tmp_path / "a.csv.gz", HEADER + ",RPI", *(row + ",0" for row in ROWS), packed=packed)
    assert_rows(read_archive(more))
    assert_rows(read_archive(written(tmp_path / "b.csv.gz", *ROWS, packed=packed)))
    assert_rows(read_archive(written(tmp_path / "c.csv.gz", *(row + ",0" for row in ROWS), packed=packed)))


def test_columns_are_found_by_name_in_any_order(tmp_path: Path):
    rows = [",".join((row.split(",")[4], row.split(",")[2], row.split(",")[3], row.split(",")[0])) for row in ROWS]
    assert_rows(read_archive(written(tmp_path / "BTCUSDT2025-01-01.csv.gz", "price,side,size,timestamp", *rows)))


def test_old_files_run_from_new_to_old_and_have_whole_seconds(tmp_path: Path):
    rows = [row.replace(".2372,", ",").replace(".5,BTC", ",BTC") for row in ROWS]
    table = read_archive(written(tmp_path / "BTCUSDT2020-03-25.csv.gz", HEADER, *rows[::-1]))
    assert table.time_us.tolist() == [(DAY_S + 1) * 10**6] * 2 + [(DAY_S + 61) * 10**6]
    assert table.price.tolist() == [60000.5, 60000.0, 60010.0]


def test_what_is_out_of_order_is_sorted_and_ties_stay(tmp_path: Path):
    table = read_archive(written(tmp_path / "BTCUSDT2025-01-01.csv.gz", HEADER, ROWS[2], *ROWS[:2], ROWS[2]))
    assert table.price.tolist() == [60000.5, 60000.0, 60010.0, 60010.0]


def test_spot_has_milliseconds_and_small_letters(tmp_path: Path):
    lines = ["id,timestamp,price,volume,side,rpi", f"1,{DAY_MS + 1237},60000.5,0.013,buy,0",
             f"2,{DAY_MS + 1237},60000,0.1,sell,1", f"3,{DAY_MS + 61500},60010,2,buy,0"]  # fmt: skip
    for name, rows in (("BTCUSDT_2025-01-01.csv.gz", lines), ("BTCUSDT-2025-01.csv.gz", lines[1:])):
        table = read_archive(written(tmp_path / name, *rows))
        assert (table.symbol, table.is_spot) == ("BTCUSDT", True)
        assert table.time_us.tolist() == [(DAY_MS + 1237) * 1000] * 2 + [(DAY_MS + 61500) * 1000]
        assert table.is_buy.tolist() == [True, False, True]


def test_several_members_and_padding_are_read(tmp_path: Path):
    path = tmp_path / "BTCUSDT2025-01-01.csv.gz"
    path.write_bytes(
        gzip.compress(f"{HEADER}\n{ROWS[0]}\n{ROWS[1][:20]}".encode())
        + gzip.compress(f"{ROWS[1][20:]}\n{ROWS[2]}".encode()) + b"\0" * 512
    )  # fmt: skip
    assert_rows(read_archive(path))


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTCUSDT2025-01-01.csv.gz", "BTCUSDT"), ("ETHUSDC_2025-01-01.csv.gz", "ETHUSDC"),
        ("1000PEPEUSDT2025-01-01.csv", "1000PEPEUSDT"), ("BTCUSDT-2025-01.csv.gz", "BTCUSDT"),
        ("BTC-24MAR232023-01-01.csv.gz", "BTC-24MAR23"),
    ],
)  # fmt: skip
def test_names_of_files_begin_with_the_symbol(name: str, symbol: str):
    assert symbol_in(name) == symbol


@pytest.mark.parametrize(
    ("lines", "error", "words"),
    [
        ([HEADER], MissingCandles, "holds no trades"),
        ([HEADER, ROWS[0].replace("60000.5", "0")], CorruptCandles, "price is not a number above zero in line 2"),
        ([HEADER, ROWS[0], ROWS[1].replace("Sell", "Left")], CorruptCandles, "neither Buy nor Sell in line 3"),
        ([*ROWS, ROWS[0].replace("0.013,6", "-1,6")], CorruptCandles, "size is not a number above zero in line 4"),
        ([HEADER, ROWS[0].replace(str(DAY_S + 1), "x")], CorruptCandles, "time is none in line 2"),
        ([HEADER, ROWS[0].replace(str(DAY_S + 1), "12")], CorruptCandles, "time is none in line 2"),
        ([HEADER, ROWS[0], "1,2"], CorruptCandles, "line 3"),
        ([HEADER, ROWS[0], ROWS[1].replace("BTCUSDT", "ETHUSDT")], UnreadableFile, "several symbols"),
        (["time,open,high,low,close", "1,2,3,4,5"], UnreadableFile, "no archive of trades"),
        (["hello"], UnreadableFile, "no archive of trades"),
        (["timestamp,side,size,price,price", "1,2,3,4,5"], UnreadableFile, "two columns of one name"),
    ],
)
def test_what_is_no_archive_is_refused_in_words(tmp_path: Path, lines: list[str], error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        read_archive(written(tmp_path / "BTCUSDT2025-01-01.csv.gz", *lines))


def test_whose_trades_must_be_known(tmp_path: Path):
    nameless = [",".join(row.split(",")[i] for i in (0, 2, 3, 4)) for row in ROWS]
    path = written(tmp_path / "trades of may.csv.gz", "timestamp,side,size,price", *nameless)
    with pytest.raises(UnreadableFile, match="does not say whose"):
        read_archive(path)
    assert read_archive(path, "BTCUSDT").symbol == "BTCUSDT"
    with pytest.raises(UnreadableFile, match="trades of BTCUSDT, not of ETHUSDT"):
        read_archive(written(tmp_path / "x.csv.gz", HEADER, *ROWS), "ETHUSDT")


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "a/b", "CON .", "..", "x" * 60, "btc\nusdt"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str):
    with pytest.raises(UnreadableFile, match="whose trades"):
        read_archive(written(tmp_path / "t.csv.gz", "timestamp,side,size,price", f"{DAY_S},Buy,1,2"), name)


def test_a_cut_a_damaged_and_a_foreign_file_are_refused(tmp_path: Path):
    lines = [HEADER, *(ROWS[0].replace("0.013", f"0.{number:03}1") for number in range(999))]
    content = written(tmp_path / "a.csv.gz", *lines).read_bytes()
    for changed, words in (
        (content[: len(content) // 2], "cut off"),
        (content[:-6], "cut off"),
        (content[:200] + b"\xff\x00\xff" + content[203:], "damaged|not text|line"),
        (b"PK\x03\x04" + b"\0" * 99, "not text"),
        (b"x" * (5 << 20), "line of more than"),
    ):
        path = tmp_path / "BTCUSDT2025-01-01.csv.gz"
        path.write_bytes(changed)
        with pytest.raises((UnreadableFile, CorruptCandles), match=words):
            read_archive(path)
    with pytest.raises(UnreadableFile, match="no file"):
        read_archive(tmp_path / "missing.csv.gz")


@pytest.mark.parametrize("line", [b"0" * 1024, f"{ROWS[0]}\n".encode() * 12], ids=["one line", "many lines"])
def test_a_bomb_is_refused_soon_and_without_filling_the_memory(tmp_path: Path, line: bytes):
    import tracemalloc

    path = tmp_path / "BTCUSDT2025-01-01.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(40):
            file.write(line * (1 << 20 >> 10))
    tracemalloc.start()
    begun = time.monotonic()
    with pytest.raises(UnreadableFile, match=r"times its size|line of more than"):
        read_archive(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - begun < 5.0
    assert peak < 150 << 20


def test_trades_come_back_from_their_file(tmp_path: Path):
    table = read_archive(written(tmp_path / "BTCUSDT2025-01-01.csv.gz", HEADER, *ROWS))
    path = tmp_path / "day.parquet"
    path.write_bytes(write_ticks(table))
    assert_rows(read_ticks(path, "BTCUSDT"))
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(UnreadableFile):
        read_ticks(path, "BTCUSDT")


def table_of(*trades: tuple[float, float, float]) -> TradeTable:
    """Seconds after the day's begin, price, quantity."""
    seconds, prices, sizes = (np.array(column, dtype=float) for column in zip(*trades, strict=True))
    time_us = ((DAY_S + seconds) * 1e6).astype(np.int64)
    return TradeTable("BTCUSDT", False, time_us, prices, sizes, np.ones(len(trades), dtype=np.bool_))


def test_candles_open_at_the_close_before_and_minutes_without_trades_are_flat():
    table = table_of((70, 105.0, 0.1), (80, 103.0, 0.2), (90, 104.0, 0.7), (250, 99.5, 1.1))
    candles = candles_of_trades(table, Timeframe.M1, "bybit-linear", (DAY_MS, DAY_MS + 360_000), 101.0)
    assert ((candles.open_time_ms - DAY_MS) // 60_000).tolist() == [0, 1, 2, 3, 4, 5]
    assert candles.open.tolist() == [101.0, 101.0, 104.0, 104.0, 104.0, 99.5]
    assert candles.high.tolist() == [101.0, 105.0, 104.0, 104.0, 104.0, 99.5]
    assert candles.low.tolist() == [101.0, 101.0, 104.0, 104.0, 99.5, 99.5]
    assert candles.close.tolist() == [101.0, 104.0, 104.0, 104.0, 99.5, 99.5]
    assert candles.volume.tolist() == [0.0, 1.0, 0.0, 0.0, 1.1, 0.0]
    assert candles.turnover.tolist() == [0.0, 103.9, 0.0, 0.0, 109.45, 0.0]


def test_without_a_close_before_the_first_candle_is_left_out():
    table = table_of((70, 105.0, 0.1), (130, 103.0, 0.2))
    candles = candles_of_trades(table, Timeframe.M1, "bybit-linear", (DAY_MS, DAY_MS + 240_000))
    assert ((candles.open_time_ms - DAY_MS) // 60_000).tolist() == [2, 3]
    assert candles.open.tolist() == [105.0, 103.0]


def test_a_span_without_trades_is_flat_or_nothing():
    table = table_of((999_999, 105.0, 0.1))
    flat = candles_of_trades(table, Timeframe.M1, "bybit-linear", (DAY_MS, DAY_MS + 120_000), 5.0)
    assert (flat.close.tolist(), flat.volume.tolist()) == ([5.0, 5.0], [0.0, 0.0])
    assert len(candles_of_trades(table, Timeframe.M1, "bybit-linear", (DAY_MS, DAY_MS + 120_000))) == 0


def test_inverse_turnover_is_in_the_base_currency():
    table = table_of((10, 50_000.0, 100.0), (20, 40_000.0, 300.0))
    candles = candles_of_trades(table, Timeframe.M1, "bybit-inverse", (DAY_MS, DAY_MS + 60_000), 1.0, is_inverse=True)
    assert candles.volume.tolist() == [400.0]
    assert candles.turnover.tolist() == [0.0095]


def test_sums_of_decimals_are_exact():
    table = table_of(*((number / 10.0, 100.1, 0.1) for number in range(300)))
    candles = candles_of_trades(table, Timeframe.M1, "bybit-linear", (DAY_MS, DAY_MS + 60_000), 100.0)
    assert candles.volume.tolist() == [30.0]
    assert candles.turnover.tolist() == [3003.0]


def test_real_trades_make_the_candles_that_the_exchange_tells():
    import polars as pl

    frame = pl.read_parquet(shared_data("binance-spot-XRPETH-trades-20191011_20191013.parquet"))
    is_buy = (frame["side"] == "buy").to_numpy()
    times = frame["time"].to_numpy() * 1000
    table = TradeTable("XRPETH", True, times, frame["price"].to_numpy(), frame["qty"].to_numpy(), is_buy)
    made = candles_of_trades(table, Timeframe.M1, "binance-spot", opens_at_close=False)
    told = read_candles(shared_data("binance-spot-XRPETH-1m-20191011_20191013.parquet"))
    # The data begin and end inside a minute.
    first = max(made.open_time_ms[0], told.open_time_ms[0]) + 60_000
    end = min(made.open_time_ms[-1], told.open_time_ms[-1])
    made, told = made.between(first, end), told.between(first, end)
    assert made.open_time_ms.tolist() == told.open_time_ms.tolist()
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(made.column(name), told.column(name), err_msg=name)
    np.testing.assert_allclose(made.volume, told.volume, rtol=1e-12)
    assert len(made) == 2467
