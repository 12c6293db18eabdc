"""Files of every common form are understood; what is not a table of candles is refused with a reason."""

import gzip
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from builders import START_MS, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import CorruptCandles, InvalidParameter, MissingCandles, UnreadableFile
from strategy_tester.domain.timeframes import HOUR_MS, Timeframe
from strategy_tester.marketdata import tables
from strategy_tester.marketdata.files import inspect_file, read_candles

CANDLES = random_candles(30)
HEADER = "open_time,open,high,low,close,volume\n"


def iso(time_ms: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime(form)


def rows(candles: Candles = CANDLES, time=str, number=repr) -> list[list[str]]:
    names = ("open", "high", "low", "close", "volume")
    return [
        [time(int(candles.open_time_ms[bar])), *(number(float(candles.column(name)[bar])) for name in names)]
        for bar in range(len(candles))
    ]


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def csv_text(header: str | None, cells: list[list[str]], separator: str = ",") -> str:
    lines = [separator.join(row) for row in cells]
    return "\n".join(([header] if header else []) + lines) + "\n"


def assert_same(read: Candles, expected: Candles = CANDLES) -> None:
    for name in ("open_time_ms", "open", "high", "low", "close", "volume"):
        assert np.array_equal(read.column(name), expected.column(name)), name


def test_plain_csv(tmp_path):
    path = write(tmp_path, "BTCUSDT_1h.csv", csv_text(HEADER.strip(), rows()))
    candles = read_candles(path)
    assert_same(candles)
    assert (candles.symbol, candles.timeframe, candles.source) == ("BTCUSDT", Timeframe.H1, "file")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators(tmp_path, separator):
    header = HEADER.strip().replace(",", separator)
    assert_same(read_candles(write(tmp_path, "x.csv", csv_text(header, rows(), separator))))


def test_semicolons_with_decimal_commas(tmp_path):
    cells = rows(number=lambda value: repr(value).replace(".", ","))
    path = write(tmp_path, "x.csv", csv_text("Time;Open;High;Low;Close;Volume", cells, ";"))
    found = inspect_file(path)
    assert found.guesses[0].value == "CSV, separated by semicolon, decimal comma, header in line 1"
    assert found.candles is not None
    assert_same(found.candles)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (lambda ms: str(ms // 1000), "seconds since 1970 (UTC)"),
        (str, "milliseconds since 1970 (UTC)"),
        (lambda ms: str(ms * 1000), "microseconds since 1970 (UTC)"),
        (lambda ms: str(ms * 1_000_000), "nanoseconds since 1970 (UTC)"),
        (lambda ms: f"{ms // 1000}.0", "seconds since 1970 (UTC)"),
        (iso, "dates without a time zone, taken as UTC"),
        (lambda ms: iso(ms, "%Y-%m-%dT%H:%M:%SZ"), "dates in UTC"),
        (lambda ms: iso(ms, "%Y-%m-%dT%H:%M:%S.000Z"), "dates in UTC"),
        (lambda ms: iso(ms + 3 * HOUR_MS, "%Y-%m-%dT%H:%M:%S+03:00"), "dates with an offset from UTC"),
        (lambda ms: iso(ms - 5 * HOUR_MS, "%Y-%m-%d %H:%M:%S-0500"), "dates with an offset from UTC"),
        (lambda ms: iso(ms, "%Y-%m-%d %H:%M"), "dates without a time zone, taken as UTC"),
        (lambda ms: iso(ms, "%Y-%m-%d %H:%M UTC"), "dates in UTC"),
        (lambda ms: iso(ms, "%Y.%m.%d %H:%M"), "dates (year first) without a time zone, taken as UTC"),
        (lambda ms: iso(ms, "%Y%m%d %H:%M:%S"), "dates (YYYYMMDD) without a time zone, taken as UTC"),
        (lambda ms: iso(ms + 20 * 24 * HOUR_MS, "%d.%m.%Y %H:%M"), "dates (day.month.year)"),
        (lambda ms: iso(ms + 20 * 24 * HOUR_MS, "%m/%d/%Y %H:%M"), "dates (month/day/year)"),
        (lambda ms: iso(ms, "%Y-%m-%d %I-%p"), "hours without a time zone, taken as UTC"),
    ],
)
def test_forms_of_time(tmp_path, form, words):
    found = inspect_file(write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows(time=form))))
    assert found.candles is not None, found.refusal
    assert found.guesses[2].value.startswith(words)
    shift = 20 * 24 * HOUR_MS if "month" in words else 0
    assert np.array_equal(found.candles.open_time_ms, CANDLES.open_time_ms + shift)


def test_days_that_could_be_months_are_refused(tmp_path):
    path = write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows(time=lambda ms: iso(ms, "%m/%d/%Y %H:%M"))))
    with pytest.raises(UnreadableFile, match="cannot be told apart"):
        read_candles(path)


def test_milliseconds_and_microseconds_in_one_file_as_binance_joined(tmp_path):
    cells = rows()
    for row in cells[15:]:
        row[0] += "000"
    found = inspect_file(write(tmp_path, "x.csv", csv_text(HEADER.strip(), cells)))
    assert found.guesses[2].value == "milliseconds and microseconds since 1970 (UTC)"
    assert found.candles is not None
    assert_same(found.candles)


def test_bybit_arrays_without_header_and_newest_first(tmp_path):
    cells = [[*row, repr(float(row[5]) * float(row[4]))] for row in reversed(rows())]
    found = inspect_file(write(tmp_path, "bybit-linear-BTCUSDT-60.csv", csv_text(None, cells)))
    assert found.candles is not None
    assert_same(found.candles)
    assert found.candles.turnover is not None
    assert found.candles.source == "bybit-linear"
    assert [finding.code for finding in found.report.findings] == ["newest_first"]


@pytest.mark.parametrize("with_header", [False, True])
def test_binance_klines_of_twelve_columns(tmp_path, with_header):
    header = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,"
        "ignore"
    )
    cells = [[*row, str(int(row[0]) + HOUR_MS - 1), "1000.5", "12", "1.0", "2.0", "0"] for row in rows()]
    candles = read_candles(write(tmp_path, "BTCUSDT-1h-2025-05.csv", csv_text(header if with_header else None, cells)))
    assert_same(candles)
    assert candles.turnover is not None
    assert candles.turnover[0] == 1000.5
    assert candles.symbol == "BTCUSDT"


def test_crypto_data_download_with_its_comment_line_and_newest_first(tmp_path):
    cells = [[iso(int(row[0]), "%Y-%m-%d %I-%p"), "BTCUSDT", *row[1:5], row[5], "12345.0"] for row in reversed(rows())]
    text = "https://www.CryptoDataDownload.com\n" + csv_text(
        "Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT", cells
    )
    found = inspect_file(write(tmp_path, "Binance_BTCUSDT_1h.csv", text))
    assert found.candles is not None
    assert_same(found.candles)
    assert found.columns["volume"] == "Volume BTC"
    assert found.columns["turnover"] == "Volume USDT"
    assert (found.symbol, found.source) == ("BTCUSDT", "binance")


def test_crypto_data_download_of_today_with_unix_and_a_comment_of_two_cells(tmp_path):
    cells = [[row[0], iso(int(row[0])), "BTC/USDT", *row[1:5], row[5], "1.5", "9"] for row in reversed(rows())]
    text = "Timestamps are UTC timezone,https://www.CryptoDataDownload.com\n" + csv_text(
        "unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT,tradecount", cells
    )
    found = inspect_file(write(tmp_path, "Binance_BTCUSDT_1h.csv", text))
    assert found.candles is not None
    assert_same(found.candles)
    assert found.columns["open_time"] == "unix"
    assert found.symbol == "BTCUSDT"


def test_trading_view_export(tmp_path):
    cells = rows(time=lambda ms: iso(ms, "%Y-%m-%dT%H:%M:%SZ"))
    found = inspect_file(write(tmp_path, "BYBIT_BTCUSDT.P, 60.csv", csv_text("time,open,high,low,close,Volume", cells)))
    assert found.candles is not None
    assert_same(found.candles)
    assert (found.symbol, found.timeframe, found.source) == ("BTCUSDT", Timeframe.H1, "bybit-linear")


def test_metatrader_export_with_date_and_time_apart(tmp_path):
    cells = [[iso(int(row[0]), "%Y.%m.%d"), iso(int(row[0]), "%H:%M:%S"), *row[1:5], "7", "0", "3"] for row in rows()]
    header = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    candles = read_candles(write(tmp_path, "BTCUSD_H1.csv", csv_text(header, cells, "\t")))
    assert np.array_equal(candles.open_time_ms, CANDLES.open_time_ms)


@pytest.mark.parametrize(
    "time",
    [
        pl.Series(CANDLES.open_time_ms),
        pl.Series(CANDLES.open_time_ms).cast(pl.Datetime("ms")),
        pl.Series(CANDLES.open_time_ms).cast(pl.Datetime("ms")).dt.cast_time_unit("ns").dt.replace_time_zone("UTC"),
        pl.Series(CANDLES.open_time_ms).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
        .dt.convert_time_zone("Europe/Moscow"),
        pl.Series([iso(int(moment)) for moment in CANDLES.open_time_ms]),
        pl.Series(CANDLES.open_time_ms / 1000.0),
    ],
    ids=["int64", "datetime", "nanoseconds", "moscow", "text", "float seconds"],
)  # fmt: skip
def test_parquet_with_every_type_of_time(tmp_path, time):
    path = tmp_path / "BTCUSDT.parquet"
    CANDLES.frame.with_columns(time.alias("open_time_ms")).write_parquet(path)
    assert_same(read_candles(path))


def test_a_parquet_file_is_known_by_its_content_not_its_name(tmp_path):
    path = tmp_path / "BTCUSDT-1h.csv"
    CANDLES.frame.write_parquet(path)
    assert_same(read_candles(path))


def test_bom_blank_lines_and_a_missing_line_end_do_no_harm(tmp_path):
    text = "\ufeff" + csv_text(HEADER.strip(), rows()).replace("\n", "\r\n\r\n").rstrip()
    assert_same(read_candles(write(tmp_path, "x.csv", text)))


def test_pandas_index_without_a_name_is_the_time(tmp_path):
    path = write(tmp_path, "x.csv", csv_text(",open,high,low,close,volume", rows(time=iso)))
    assert_same(read_candles(path))


def test_without_volume_it_counts_as_zero(tmp_path):
    cells = [row[:5] for row in rows()]
    found = inspect_file(write(tmp_path, "x.csv", csv_text("time,open,high,low,close", cells)))
    assert found.candles is not None
    assert found.candles.volume.sum() == 0.0
    assert [finding.code for finding in found.report.findings] == ["no_volume"]


def test_every_guess_can_be_overridden(tmp_path):
    text = csv_text("a,b,c,d,e,f", [[row[5], *row[:5]] for row in rows()])
    columns = {"open_time": "b", "open": "c", "high": "d", "low": "e", "close": "f", "volume": "a"}
    found = inspect_file(
        write(tmp_path, "x.csv", text), symbol="ETHUSDT", timeframe="1h", source="bybit-spot", columns=columns
    )
    assert found.candles is not None
    assert_same(found.candles)
    assert (found.symbol, str(found.timeframe), found.source) == ("ETHUSDT", "1h", "bybit-spot")
    assert [guess.what for guess in found.guesses if guess.given] == ["columns", "symbol", "timeframe", "source"]


def test_several_symbols_need_a_choice(tmp_path):
    cells = [["BTCUSDT", *row] for row in rows()] + [["ETHUSDT", *row] for row in rows()]
    path = write(tmp_path, "x.csv", csv_text("symbol," + HEADER.strip(), cells))
    with pytest.raises(UnreadableFile, match="BTCUSDT, ETHUSDT"):
        read_candles(path)
    assert_same(read_candles(path, symbol="ETHUSDT"))


def test_the_last_candle_can_be_left_out_on_request(tmp_path):
    path = write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows()))
    found = inspect_file(path, drop_last=True)
    assert found.candles is not None
    assert len(found.candles) == 29


def test_a_last_candle_that_closes_after_the_file_was_written_is_left_out(tmp_path):
    path = write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows()))
    written = (START_MS + 29 * HOUR_MS + HOUR_MS // 2) / 1000  # half way through the last candle
    os.utime(path, (written, written))
    found = inspect_file(path)
    assert found.candles is not None
    assert len(found.candles) == 29
    assert [finding.code for finding in found.report.findings] == ["unfinished"]


def test_a_name_that_says_something_else_is_only_remarked(tmp_path):
    found = inspect_file(write(tmp_path, "BTCUSDT_15m.csv", csv_text(HEADER.strip(), rows())))
    assert found.timeframe is Timeframe.H1
    assert found.report.findings[0].code == "name_differs"


# What is refused.


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "ZIP archive or an Excel"),
        (gzip.compress(b"open,high", mtime=0), "gzip"),
        (b"\x00\x01\x02\x03" * 100, "not text and not Parquet"),
        (bytes(range(256)) * 20, "not text and not Parquet"),
        (b"PAR1 nonsense that was cut", "cut off"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "damaged"),
        (b"just a sentence without any table", "is not a table"),
        (b"\xff\xfeo\x00p\x00", "UTF-16"),
        (b"name,price\nBTC,1\nETH,2\n", "no column for open_time, open, high, low, close"),
        (b"<html><body>Not Found, sorry, no, data</body></html>", "does not look like candles|not a table"),
        (b"open_time,open,high,low,close,volume\n", "no candles"),
        (b"start_ms,open,high,low,close,volume\n", "no candles"),
        (b"open_time,open,high,low,close,volume\nabc,1,1,1,1,1\nabd,1,1,1,1,1\n", "holds no times"),
    ],
)
def test_what_is_not_a_table_of_candles_is_refused_with_the_reason(tmp_path, content, reason):
    path = write(tmp_path, "x.csv", content)
    with pytest.raises((UnreadableFile, MissingCandles), match=reason) as refusal:
        read_candles(path)
    assert refusal.value.hint


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableFile, match="there is no file"):
        read_candles(tmp_path / "nothing.csv")


def test_a_folder(tmp_path):
    with pytest.raises(UnreadableFile, match="is a folder"):
        read_candles(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_one_may_not_read(tmp_path):
    path = write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows()))
    path.chmod(0)
    with pytest.raises(UnreadableFile, match="may not be read"):
        read_candles(path)


def test_one_candle(tmp_path):
    path = write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows()[:1]))
    with pytest.raises(MissingCandles, match="Fewer than two candles"):
        read_candles(path)


def test_words_where_numbers_belong_are_pointed_at_by_line(tmp_path):
    cells = rows()
    cells[10][2] = "oops"
    with pytest.raises(CorruptCandles, match="missing or not a number: 1 row, first in row 12"):
        read_candles(write(tmp_path, "x.csv", csv_text(HEADER.strip(), cells)))


def test_a_row_that_was_cut_off_is_pointed_at(tmp_path):
    text = csv_text(HEADER.strip(), rows())[:-30]
    with pytest.raises(CorruptCandles, match="first in row 31"):
        read_candles(write(tmp_path, "x.csv", text))


def test_faulty_rows_are_left_out_when_asked(tmp_path):
    cells = rows()
    cells[10][2] = "oops"
    found = inspect_file(write(tmp_path, "x.csv", csv_text(HEADER.strip(), cells)), drop_faulty=True)
    assert found.candles is not None
    assert len(found.candles) == 29
    assert [(finding.code, finding.count) for finding in found.report.findings] == [("missing_price", 1), ("gaps", 1)]


def test_an_endless_line_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_CHUNK_BYTES", 64 * 1024)
    path = write(tmp_path, "x.csv", b"open_time,open,high,low,close\n1,2,3,4,5\n" + b"1" * 300_000)
    with pytest.raises(UnreadableFile, match="a line of more than"):
        read_candles(path)


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_ROWS", 20)
    with pytest.raises(UnreadableFile, match="at most 20 are read"):
        read_candles(write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows())))


def test_a_parquet_bomb_is_refused_without_unpacking_it(tmp_path):
    zeros = pl.zeros(2_000_000, dtype=pl.Float64, eager=True)
    path = tmp_path / "bomb.parquet"
    pl.DataFrame(dict.fromkeys(("open_time", "open", "high", "low", "close"), zeros)).write_parquet(path)
    assert path.stat().st_size < 100_000
    with pytest.raises(UnreadableFile, match="500 times its size"):
        read_candles(path)


def test_nested_columns_are_passed_over(tmp_path):
    path = tmp_path / "x.parquet"
    CANDLES.frame.with_columns(pl.Series("book", [[1.0, 2.0]] * 30)).write_parquet(path)
    assert_same(read_candles(path))
    pl.DataFrame({"open": [[1.0]], "high": [[2.0]]}).write_parquet(path)
    with pytest.raises(UnreadableFile, match="no plain columns"):
        read_candles(path)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"timeframe": "7m"}, "timeframe"),
        ({"symbol": "../etc"}, "symbol"),
        ({"symbol": ""}, "symbol"),
        ({"source": "a b"}, "source"),
        ({"columns": {"open": "missing"}}, "columns.open"),
        ({"columns": {"colour": "open"}}, "columns"),
    ],
)
def test_values_that_do_not_exist_are_refused_by_name(tmp_path, arguments, named):
    path = write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows()))
    with pytest.raises(InvalidParameter, match=named):
        inspect_file(path, **arguments)


def test_a_timeframe_that_the_times_contradict_is_refused(tmp_path):
    with pytest.raises(CorruptCandles, match="said to be 4h, but the candles follow one another every 1 hour"):
        read_candles(write(tmp_path, "x.csv", csv_text(HEADER.strip(), rows())), timeframe="4h")


def test_mutated_files_never_do_worse_than_a_refusal(tmp_path):
    rng = np.random.default_rng(5)
    parquet = tmp_path / "good.parquet"
    CANDLES.frame.write_parquet(parquet)
    seeds = (parquet.read_bytes(), csv_text(HEADER.strip(), rows()).encode())
    for number in range(60):
        data = bytearray(seeds[number % 2])
        for _ in range(rng.integers(1, 6)):
            data[rng.integers(0, len(data))] = rng.integers(0, 256)
        path = write(tmp_path, "mutated.bin", bytes(data[: rng.integers(len(data) // 2, len(data) + 1)]))
        try:
            read_candles(path)
        except (UnreadableFile, CorruptCandles, MissingCandles):
            continue
