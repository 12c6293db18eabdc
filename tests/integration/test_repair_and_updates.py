"""Stored series that are measured, put right and kept up to date, against the practice exchange."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import MemorySettings
from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import ExchangeUnreachable, InvalidParameter, MissingCandles
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import Limit, RequestGuard
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services import scheduled_updates
from strategy_tester.services.coverage import CoverageState, coverage
from strategy_tester.services.coverage_quality import series_quality
from strategy_tester.services.coverage_repair import keep_only_latest, repair_series, stored_series
from strategy_tester.services.download_history import download_candles
from strategy_tester.services.market_history import market_of, wanted_series
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import CoveredSpan, HistoryKey, SeriesKey
from strategy_tester.storage.stores import Stores, open_stores

KEY = SeriesKey("BTCUSDT", Timeframe.M1, "practice-linear")
MARKET = market_of(KEY)
BARS = 5000


def serve(candles: Candles | None = None, bars: int = BARS) -> ServerThread:
    market = StagedMarket(listing(), minute_candles(BARS + 3000) if candles is None else candles, funding(40))
    return ServerThread(PracticeExchange([market], start_ms=START_MS + bars * MINUTE_MS + 5_000, speed=0.001))


def source_of(server: ServerThread) -> BybitSource:
    place = practice_place(server.port)
    guard = RequestGuard(place.name, {"": Limit(500, 5.0)}, first_wait_s=0.01)
    return BybitSource(BybitRest(place, guard=guard), "practice")


def download(server: ServerThread, stores: Stores) -> None:
    assert MARKET is not None
    wanted = wanted_series([MARKET[0]], [Timeframe.M1])
    (outcome,) = download_candles(wanted, source_of(server), stores.candles, stores.history)
    assert outcome.problem == ""


@pytest.fixture
def stores(tmp_path: Path) -> Any:
    with open_stores(tmp_path / "store") as opened:
        yield opened


def changed(candles: Candles, **columns: np.ndarray) -> Candles:
    return dataclasses.replace(candles, source="practice-linear", **columns)


def test_a_true_series_has_all_points(stores: Stores):
    with serve() as server:
        download(server, stores)
    quality = series_quality(stores.candles, stores.history, KEY)
    assert (quality.score, quality.candles, quality.parts) == (100.0, BARS, ())


def test_points_are_lost_for_what_is_wrong_and_the_parts_say_so(stores: Stores):
    minutes = minute_candles(1000)
    kept = np.ones(1000, dtype=np.bool_)
    kept[300:340], kept[500:520] = False, False
    names = ("open_time_ms", "open", "high", "low", "close", "volume", "turnover")
    columns = {name: getattr(minutes, name)[kept].copy() for name in names}
    columns["high"][100] *= 3.0
    columns["open"][200] = columns["low"][200]
    holed = Candles(**columns, symbol="BTCUSDT", timeframe=Timeframe.M1, source="practice-linear")
    stores.candles.write(holed)
    bounds = [START_MS + bar * MINUTE_MS for bar in (500, 520)]
    stores.history.cover(HistoryKey.of(KEY), [CoveredSpan(*bounds, 1, is_empty=True)])
    quality = series_quality(stores.candles, stores.history, KEY)
    assert [(str(part.note), part.lost) for part in quality.parts] == [
        ("40 candles are missing.", 4.0),
        ("1 candle reaches far away from its neighbors.", 1.0),
        ("20 candles do not exist at the exchange either.", 0.4),
        ("1 candle does not open at the close before it, as this exchange's candles do.", 0.11),
        ("940 candles were never compared with the exchange.", 0.0),
    ]
    assert quality.score == 94.5


def test_other_exchanges_need_not_open_at_the_close_before(stores: Stores):
    minutes = minute_candles(100)
    opens = minutes.open.copy()
    opens[50] = minutes.low[50]
    stores.candles.write(dataclasses.replace(minutes, open=opens, source="binance-usdm"))
    key = SeriesKey("BTCUSDT", Timeframe.M1, "binance-usdm")
    assert series_quality(stores.candles, stores.history, key).score == 100.0


def test_repair_refills_holes_and_mends_what_differs(stores: Stores):
    minutes = minute_candles(BARS + 3000)
    with serve() as server:
        download(server, stores)
        spoiled = changed(minutes.rows(1000, 1300), volume=minutes.volume[1000:1300] + 1.0)
        stores.history.append(spoiled, [])
        stores.candles.delete(KEY)
        for first, last in ((0, 2000), (2050, BARS)):
            part = changed(minutes.rows(first, last))
            stores.candles.write(part)
        stores.candles.write(spoiled)
        report = repair_series(KEY, source_of(server), stores.candles, stores.history, seed=3, sample_pages=20)
        assert (report.refilled, report.none, report.mended, report.vanished) == (50, 0, 300, 0)
        assert report.compared >= BARS - 50
        again = repair_series(KEY, source_of(server), stores.candles, stores.history, seed=4, sample_pages=3)
        assert (again.refilled, again.compared, again.mended) == (0, 600, 0)
    expected = changed(minutes.rows(0, BARS))
    assert stores.candles.read(KEY).content_hash() == expected.content_hash()
    assert series_quality(stores.candles, stores.history, KEY).score == 100.0


def test_repair_asks_once_more_for_what_the_exchange_did_not_have(stores: Stores):
    minutes = minute_candles(BARS + 3000)
    kept = np.ones(len(minutes), dtype=np.bool_)
    kept[700:720] = False
    names = ("open_time_ms", "open", "high", "low", "close", "volume", "turnover")
    columns = {name: getattr(minutes, name)[kept] for name in names}
    holed = Candles(**columns, symbol="BTCUSDT", timeframe=Timeframe.M1, source="bybit-linear")
    with serve(holed) as server:
        download(server, stores)
        report = repair_series(KEY, source_of(server), stores.candles, stores.history, sample_pages=0)
        assert (report.refilled, report.none) == (0, 20)
    with serve() as server:  # meanwhile the exchange has found them
        left = repair_series(KEY, source_of(server), stores.candles, stores.history, sample_pages=0, ask_again=False)
        assert left.refilled == 0
        report = repair_series(KEY, source_of(server), stores.candles, stores.history, sample_pages=0)
        assert (report.refilled, report.none) == (20, 0)
    assert [part.state for part in coverage(stores.candles, stores.history, KEY)] == [CoverageState.COMPLETE]


def test_candles_that_the_exchange_no_longer_has_are_counted_and_kept(stores: Stores):
    minutes = minute_candles(BARS + 3000)
    stores.candles.write(changed(minutes.rows(0, BARS)))
    with serve(minutes.rows(2000, BARS + 3000)) as server:
        report = repair_series(KEY, source_of(server), stores.candles, stores.history, sample_pages=99)
    assert (report.compared, report.vanished, report.mended) == (BARS, 2000, 0)
    assert stores.candles.series()[0].candles == BARS


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (SeriesKey("BTCUSDT", Timeframe.M1, "file"), InvalidParameter, "downloaded from an exchange"),
        (SeriesKey("BTCUSDT", Timeframe.M1, "binance-usdm"), InvalidParameter, "binance, where"),
        (KEY, MissingCandles, "no candles"),
    ],
)
def test_what_cannot_be_repaired_is_said(stores: Stores, key: SeriesKey, error: type[Exception], words: str):
    with serve() as server, pytest.raises(error, match=words):
        repair_series(key, source_of(server), stores.candles, stores.history)


def test_sizes_and_retention(stores: Stores):
    with serve() as server:
        download(server, stores)
    (row,) = stored_series(stores.candles, stores.history)
    assert (row.key, row.candles) == (KEY, BARS)
    assert 10 * BARS < row.bytes_on_disk < 400 * BARS
    gone = keep_only_latest(KEY, 2, stores.candles, stores.history)
    assert gone == BARS - 2 * 1440
    assert stores.candles.series()[0].candles == 2 * 1440
    assert keep_only_latest(KEY, 2, stores.candles, stores.history) == 0
    with pytest.raises(InvalidParameter, match="at least 1"):
        keep_only_latest(KEY, 0, stores.candles, stores.history)


def test_names_of_stored_series_lead_back_to_their_market():
    for source, exchange, category, kind in (
        ("bybit-linear", "bybit", "linear", PriceKind.LAST),
        ("bybit-linear-mark", "bybit", "linear", PriceKind.MARK),
        ("bybit-inverse-index", "bybit", "inverse", PriceKind.INDEX),
        ("bybit-spot", "bybit", "spot", PriceKind.LAST),
        ("bybit-testnet-linear", "bybit-testnet", "linear", PriceKind.LAST),
        ("binance-usdm", "binance", "linear", PriceKind.LAST),
        ("practice-linear", "practice", "linear", PriceKind.LAST),
    ):
        found = market_of(SeriesKey("BTCUSDT", Timeframe.H1, source))
        assert found is not None, source
        market, found_kind = found
        assert (market.exchange, market.category.value, found_kind) == (exchange, category, kind)
    for source in ("practice", "file", "test", "binance", "kraken-spot", "bybit-option", "binance-linear"):
        assert market_of(SeriesKey("BTCUSDT", Timeframe.H1, source)) is None, source


def test_pinned_series_are_kept_in_the_settings():
    settings = MemorySettings()
    scheduled_updates.pin(settings, KEY, 30)
    hourly = dataclasses.replace(KEY, timeframe=Timeframe.H1)
    scheduled_updates.pin(settings, hourly)
    scheduled_updates.pin(settings, KEY, 15)
    assert [(one.key, one.every_minutes) for one in scheduled_updates.pinned(settings)] == [(KEY, 15), (hourly, 60)]
    scheduled_updates.unpin(settings, hourly)
    assert [one.key for one in scheduled_updates.pinned(settings)] == [KEY]
    with pytest.raises(InvalidParameter):
        scheduled_updates.pin(settings, dataclasses.replace(KEY, source="file"))
    for unusual in ({"every_minutes": 0}, {"keep_days": -1}):
        with pytest.raises(InvalidParameter):
            scheduled_updates.pin(settings, KEY, **unusual)


@pytest.mark.parametrize("broken", [7, {"series": 7}, {"series": [3, {"symbol": "A"}]}, "x", {}])
def test_broken_settings_pin_nothing(broken: Any):
    assert scheduled_updates.pinned(MemorySettings({scheduled_updates.SETTING: broken})) == []


def test_only_what_is_due_is_updated(stores: Stores):
    settings = MemorySettings()
    scheduled_updates.pin(settings, KEY, 60)
    with serve() as server:
        download(server, stores)
    now_ms = 50 * DAY_MS
    with serve(bars=BARS + 2000) as server:
        source = source_of(server)
        update = scheduled_updates.update_all
        (outcome,) = update(settings, lambda _: source, stores.candles, stores.history, now_ms)
        assert (outcome.added, outcome.problem) == (2000, "")
        assert update(settings, lambda _: source, stores.candles, stores.history, now_ms + 59 * MINUTE_MS) == []
        assert len(update(settings, lambda _: source, stores.candles, stores.history, now_ms + 60 * MINUTE_MS)) == 1
        assert len(update(settings, lambda _: source, stores.candles, stores.history, now_ms - DAY_MS)) == 1
    (one,) = scheduled_updates.pinned(settings)
    assert (one.updated_ms, one.problem) == (now_ms - DAY_MS, "")
    assert stores.candles.series()[0].candles == BARS + 2000
    assert len(stores.candles.read_funding("BTCUSDT", "practice-linear")) > 0


def test_pinned_series_may_be_kept_for_some_days_only(stores: Stores):
    settings = MemorySettings()
    scheduled_updates.pin(settings, KEY, 60, keep_days=1)
    with serve() as server:
        source = source_of(server)
        for now_ms in (DAY_MS, 2 * DAY_MS):
            scheduled_updates.update_all(settings, lambda _: source, stores.candles, stores.history, now_ms)
            assert stores.candles.series()[0].candles == 1440


def test_an_exchange_that_cannot_be_asked_is_a_problem_of_its_series(stores: Stores):
    settings = MemorySettings()
    stores.candles.write(changed(minute_candles(100)))
    scheduled_updates.pin(settings, KEY)

    def no_source(_name: str) -> Any:
        raise ExchangeUnreachable("the line is cut")

    (outcome,) = scheduled_updates.update_all(settings, no_source, stores.candles, stores.history, DAY_MS)
    assert outcome.problem == "the line is cut"
    assert scheduled_updates.pinned(settings)[0].problem == "the line is cut"
    nowhere = dataclasses.replace(KEY, source="file")
    (outcome,) = scheduled_updates.update_series([nowhere], no_source, stores.candles, stores.history)
    assert "no exchange" in outcome.problem
