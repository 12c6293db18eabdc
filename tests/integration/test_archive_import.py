"""Archives made of the practice exchange's trades give its candles back; stored candles are never replaced."""

import dataclasses
import gzip
from pathlib import Path

import numpy as np
import pytest

from fakes import MemoryCandleStore
from practice_builders import MINUTE_MS, START_MS, minute_candles, staged_market
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InvalidParameter, MissingCandles, UnreadableFile
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.marketdata.archives import read_ticks
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.services.archive_import import ArchiveOptions, import_archive, source_of_symbol, tick_file
from strategy_tester.services.ports import SeriesKey
from terminal import Terminal

KEY = SeriesKey("BTCUSDT", Timeframe.M1, "bybit-linear")
HEADER = "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional,RPI"
BARS = 3000
LATER_MS = START_MS + 99 * DAY_MS


def archive(folder: Path, market: StagedMarket, day: int, *, newest_first: bool = False) -> Path:
    """A day of a market's trades as the exchange publishes them."""
    begin = START_MS + day * DAY_MS
    rows = [
        f"{time_ms / 1000:.4f},BTCUSDT,{'Buy' if is_buy else 'Sell'},{quantity!r},{price!r},PlusTick,{name},1e+10,"
        f"{quantity!r},{quantity * price!r},0"
        for time_ms, price, quantity, is_buy, name in market.trades(begin - 1, begin + DAY_MS - 1)
    ]
    path = folder / f"BTCUSDT{np.datetime64(begin, 'ms').astype('M8[D]')}.csv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADER, *(rows[::-1] if newest_first else rows)]).encode()))
    return path


@pytest.fixture(scope="module")
def market() -> StagedMarket:
    return staged_market(BARS)


def assert_alike(found: Candles, expected: Candles) -> None:
    assert found.open_time_ms.tolist() == expected.open_time_ms.tolist()
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(found.column(name), expected.column(name), err_msg=name)
    np.testing.assert_allclose(found.volume, expected.volume, rtol=1e-12)


@pytest.mark.parametrize("newest_first", [False, True])
def test_candles_of_trades_are_those_of_the_exchange(tmp_path: Path, market: StagedMarket, newest_first: bool):
    store, minutes = MemoryCandleStore(), minute_candles(BARS)
    for day in (0, 1):
        path = archive(tmp_path, market, day, newest_first=newest_first)
        outcome = import_archive(path, tmp_path, store, now_ms=LATER_MS)
        assert (outcome.symbol, outcome.source, outcome.differing) == ("BTCUSDT", "bybit-linear", 0)
        # The very first candle's open cannot be known from trades.
        assert outcome.added == (1439, 1440)[day]
    assert_alike(store.read(KEY), minutes.rows(1, 2880))
    turnover = store.read(KEY).turnover
    bar = 700
    traded = market.tape(bar)
    assert turnover is not None
    assert turnover[bar - 1] == pytest.approx(float((traded.price * traded.quantity).sum()), rel=1e-9)


def test_a_longer_timeframe_can_be_made_at_once(tmp_path: Path, market: StagedMarket):
    from strategy_tester.marketdata.resample import resample

    store = MemoryCandleStore()
    options = ArchiveOptions(timeframes=(Timeframe.M5, Timeframe.H1), keep_trades=False)
    outcome = import_archive(archive(tmp_path, market, 0), tmp_path, store, options, now_ms=LATER_MS)
    assert (outcome.added, outcome.files) == (287 + 23, ())
    hours = resample(minute_candles(BARS), Timeframe.H1).rows(1, 24)
    found = store.read(dataclasses.replace(KEY, timeframe=Timeframe.H1))
    assert_alike(found, hours)


def test_stored_candles_stay_and_differences_are_counted(tmp_path: Path, market: StagedMarket):
    store, minutes = MemoryCandleStore(), minute_candles(BARS)
    known = minutes.rows(100, 200)
    store.write(dataclasses.replace(known, volume=np.append(known.volume[:-1], 1e6)))
    outcome = import_archive(archive(tmp_path, market, 0), tmp_path, store, now_ms=LATER_MS)
    assert (outcome.added, outcome.alike, outcome.differing) == (1339, 99, 1)
    assert store.read(KEY).volume[198] == 1e6


def test_a_day_that_is_not_over_has_no_candles_yet_to_come(tmp_path: Path, market: StagedMarket):
    store = MemoryCandleStore()
    path = archive(tmp_path, market, 2)  # the data end after two hours of that day
    import_archive(path, tmp_path, store, now_ms=START_MS + 2 * DAY_MS + 100 * MINUTE_MS + 7)
    assert store.series()[0].last_open_ms == START_MS + 2 * DAY_MS + 99 * MINUTE_MS


def test_an_unpacked_file_ends_with_its_last_whole_candle(tmp_path: Path, market: StagedMarket):
    store = MemoryCandleStore()
    packed = archive(tmp_path, market, 2)
    plain = tmp_path / "BTCUSDT2025-01-03.csv"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    import_archive(plain, tmp_path, store, now_ms=LATER_MS)
    # The last minute has no trade, and of the one before nobody knows whether it is whole.
    assert store.series()[0].last_open_ms == START_MS + 2997 * MINUTE_MS
    import_archive(packed, tmp_path, store, now_ms=LATER_MS)
    assert store.series()[0].last_open_ms == START_MS + 3 * DAY_MS - MINUTE_MS


def test_trades_are_kept_by_day(tmp_path: Path, market: StagedMarket):
    outcome = import_archive(archive(tmp_path, market, 1), tmp_path, MemoryCandleStore(), now_ms=LATER_MS)
    (path,) = outcome.files
    assert path == tmp_path / "ticks" / "bybit-linear" / "BTCUSDT" / "2025-01-02.parquet"
    assert path == tick_file(tmp_path, "bybit-linear", "BTCUSDT", START_MS + DAY_MS)
    table = read_ticks(path, "BTCUSDT")
    trades = market.trades(START_MS + DAY_MS - 1, START_MS + 2 * DAY_MS - 1)
    assert len(table) == outcome.trades == len(trades)
    assert (table.time_us // 1000).tolist() == [trade[0] for trade in trades]
    assert table.price.tolist() == [trade[1] for trade in trades]
    assert table.is_buy.tolist() == [trade[3] for trade in trades]
    assert outcome.bytes_on_disk < 16 * len(trades)


@pytest.mark.parametrize(
    ("symbol", "is_spot", "source"),
    [
        ("BTCUSDT", False, "bybit-linear"), ("BTCPERP", False, "bybit-linear"), ("BTCUSD", False, "bybit-inverse"),
        ("BTCUSDH23", False, "bybit-inverse"), ("BTC-24MAR23", False, "bybit-linear"),
        ("BTCUSDT-21FEB25", False, "bybit-linear"), ("BTCUSDT", True, "bybit-spot"), ("ETHUSDC", True, "bybit-spot"),
    ],
)  # fmt: skip
def test_markets_are_told_by_their_symbols(symbol: str, is_spot: bool, source: str):
    assert source_of_symbol(symbol, is_spot=is_spot) == source


def test_what_cannot_be_kept_is_refused_before_anything_is_stored(tmp_path: Path, market: StagedMarket):
    store, path = MemoryCandleStore(), archive(tmp_path, market, 0)
    for options, words in (
        (ArchiveOptions(source="../up"), "source"),
        (ArchiveOptions(timeframes=(Timeframe.MO1,)), "timeframe"),
    ):
        with pytest.raises(InvalidParameter, match=words):
            import_archive(path, tmp_path, store, options)
    with pytest.raises(UnreadableFile):
        import_archive(tmp_path / "none.csv.gz", tmp_path, store)
    assert store.series() == []
    assert not (tmp_path / "ticks").exists()
    with pytest.raises(MissingCandles):
        store.read(KEY)


def test_bst_imports_archives_day_by_day(tmp_path: Path, market: StagedMarket, capsys: pytest.CaptureFixture[str]):
    bst = Terminal(tmp_path / "data", capsys)
    files = [archive(tmp_path, market, day) for day in (1, 0)]
    rows = bst.done("import", "--trades", *files, "--json").json
    assert [(row["file"][7:17], row["added"]) for row in rows] == [("2025-01-01", 1439), ("2025-01-02", 1440)]
    assert Path(rows[0]["ticks"][0]).is_relative_to(tmp_path / "data")
    assert (
        "trades, BTCUSDT 1m bybit-linear: 0 candles added, 1439 stored alike, 0 stored"
        in bst.done("import", "--trades", files[1], "--no-ticks").out
    )
    answer = bst("import", "--trades", tmp_path / "missing.csv.gz")
    assert answer.code == 4
    assert "there is no file" in answer.err
    assert bst("import", "--trades", "--check", files[0]).code == 3
