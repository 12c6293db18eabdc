"""Downloads over real sockets: what is stored is what the exchange has, no more."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from binance_server import BinanceServer
from download_builders import BTC, KEY, MINUTES, NOW_MS, assert_true, download, serve, source_of, without
from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance.rest import BinanceRest
from strategy_tester.exchange.binance.source import BinanceSource
from strategy_tester.exchange.guard import RequestGuard
from strategy_tester.marketdata.resample import resample
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import ServerThread
from strategy_tester.services.coverage import CoverageState, coverage
from strategy_tester.services.download_all import download_history
from strategy_tester.services.download_values import download_funding, download_listings
from strategy_tester.services.market_history import DownloadRequest, WantedSeries, instrument_at
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import SeriesKey
from strategy_tester.storage.stores import Stores, open_stores


@pytest.fixture
def stores(tmp_path: Path) -> Any:
    with open_stores(tmp_path / "store") as opened:
        yield opened


def test_a_whole_series_is_stored_without_the_running_candle(stores: Stores):
    with serve() as server:
        (outcome,) = download(server, stores)
        assert (outcome.added, outcome.replaced, outcome.none, outcome.failed, outcome.problem) == (9000, 0, 0, 0, "")
        assert_true(stores, minute_candles(10_000).rows(0, 9000))
        asked = server.exchange.requests
        (again,) = download(server, stores)
        assert (again.added, again.unchanged) == (0, 0)
        assert server.exchange.requests == asked + 1  # the clock; nothing is missing
    assert [part.state for part in coverage(stores.candles, stores.history, KEY)] == [CoverageState.COMPLETE]


def test_the_rest_follows_when_time_has_gone_on(stores: Stores):
    with serve(start_ms=NOW_MS - 4000 * MINUTE_MS) as server:
        download(server, stores)
    assert stores.candles.series()[0].candles == 5000
    with serve() as server:
        (outcome,) = download(server, stores)
        assert outcome.added == 4000
        assert server.exchange.requests <= 6
    assert_true(stores, minute_candles(10_000).rows(0, 9000))


def test_unaligned_bounds_and_several_lengths_and_prices(stores: Stores):
    start, end = START_MS + 61_234, START_MS + 5000 * MINUTE_MS + 1
    wanted = [WantedSeries(BTC, frame, start, end) for frame in (Timeframe.M1, Timeframe.M5, Timeframe.H1)]
    wanted.append(WantedSeries(BTC, Timeframe.H1, start, end, PriceKind.MARK))
    with serve() as server:
        outcomes = download(server, stores, *wanted)
    assert [outcome.added for outcome in outcomes] == [4999, 1000, 83, 83]
    minutes = minute_candles(10_000)
    assert_true(stores, minutes.rows(2, 5001))
    hours = resample(minutes, Timeframe.H1).rows(1, 84)
    found = stores.candles.read(SeriesKey("BTCUSDT", Timeframe.H1, "practice-linear-mark"))
    assert found.close.tolist() == hours.close.tolist()
    values = stores.candles.read_values("BTCUSDT", "practice-linear", "mark_price")
    assert values.time_ms.tolist() == hours.close_time_ms.tolist()
    assert values.value.tolist() == hours.close.tolist()


@pytest.mark.parametrize("frame", [Timeframe.D1, Timeframe.W1, Timeframe.MO1])
def test_long_candles_are_whole(stores: Stores, frame: Timeframe):
    hours = dataclasses.replace(minute_candles(3000), timeframe=Timeframe.H1)
    candles = dataclasses.replace(hours, open_time_ms=START_MS + np.arange(3000, dtype=np.int64) * 3_600_000)
    now_ms = START_MS + 2800 * 3_600_000 + 5_000
    with serve(markets=[StagedMarket(listing(), candles)], start_ms=now_ms) as server:
        (outcome,) = download(server, stores, WantedSeries(BTC, frame))
    expected = resample(candles, frame, keep_partial=True)
    closed = int((expected.close_time_ms <= now_ms).sum())
    assert outcome.added == closed > 2
    found = stores.candles.read(SeriesKey("BTCUSDT", frame, "practice-linear"))
    assert found.open_time_ms.tolist() == expected.open_time_ms[:closed].tolist()
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(found.column(name), expected.column(name)[:closed], err_msg=name)
    # Sums are told as decimals, without the last binary digits.
    np.testing.assert_allclose(found.volume, expected.volume[:closed], rtol=1e-12)


def test_what_the_exchange_does_not_have_is_asked_twice_and_remembered(stores: Stores):
    holed = without(minute_candles(10_000), (1500, 1510), (4000, 6100))
    with serve(markets=[StagedMarket(listing(), holed)]) as server:
        (outcome,) = download(server, stores)
        assert (outcome.added, outcome.none, outcome.failed, outcome.problem) == (6890, 2110, 0, "")
        assert_true(stores, holed.between(None, START_MS + 9000 * MINUTE_MS))
        states = [(part.state, part.candles) for part in coverage(stores.candles, stores.history, KEY)]
        assert states == [
            (CoverageState.COMPLETE, 1500), (CoverageState.NONE, 10), (CoverageState.COMPLETE, 2490),
            (CoverageState.NONE, 2100), (CoverageState.COMPLETE, 2900),
        ]  # fmt: skip
        asked = server.exchange.requests
        download(server, stores)
        assert server.exchange.requests == asked + 1


def test_stored_candles_that_have_gone_are_asked_for_again(stores: Stores):
    with serve() as server:
        download(server, stores)
        stores.candles.delete(KEY)
        (outcome,) = download(server, stores)
        assert outcome.added == 9000
        stores.history.delete_before(KEY, START_MS + 2000 * MINUTE_MS)
        (outcome,) = download(server, stores, WantedSeries(BTC, Timeframe.M1, START_MS + 1000 * MINUTE_MS))
        assert outcome.added == 1000


def test_candles_from_a_file_are_checked_and_put_right(stores: Stores):
    minutes = minute_candles(10_000)
    spoiled = dataclasses.replace(minutes.rows(100, 200), close=minutes.low[100:200], source="practice-linear")
    stores.candles.write(spoiled)
    with serve() as server:
        (outcome,) = download(server, stores)
    assert outcome.added == 8900
    assert 0 < outcome.replaced <= 100
    assert_true(stores, minutes.rows(0, 9000))


def test_nothing_before_the_listing_is_asked_for(stores: Stores):
    with serve() as server:
        (outcome,) = download(server, stores, WantedSeries(BTC, Timeframe.M1, START_MS - 400_000 * MINUTE_MS))
        assert outcome.added == 9000
        assert server.exchange.requests < 15


def test_symbols_that_are_not_there_or_have_no_candles_are_named_and_others_go_on(stores: Stores):
    nope = WantedSeries(Market("practice", Category.LINEAR, "NOPEUSDT"), Timeframe.M1)
    early = WantedSeries(BTC, Timeframe.M5, 0, START_MS - 5 * MINUTE_MS)
    with serve() as server:
        outcomes = download(server, stores, nope, early, MINUTES)
    assert "Not supported symbols" in outcomes[0].problem
    assert "no candles in this period" in outcomes[1].problem
    assert outcomes[2].added == 9000


def test_a_delisted_symbol_ends_at_its_delisting(stores: Stores):
    ended = minute_candles(3000)
    delisted = START_MS + 3000 * MINUTE_MS
    gone = StagedMarket(listing("GONEUSDT", status=ListingStatus.CLOSED, delivery_ms=delisted), ended)
    markets = [gone, StagedMarket(listing(), minute_candles(10_000))]
    market = Market("practice", Category.LINEAR, "GONEUSDT")
    with serve(markets=markets) as server:
        source = source_of(server)
        report = download_listings(Category.LINEAR, source, stores.candles, stores.history)
        assert (report.source, report.listed, report.changed) == ("practice-linear", 2, 2)
        (outcome,) = download(server, stores, WantedSeries(market, Timeframe.M1))
    assert (outcome.added, outcome.none, outcome.problem) == (3000, 1, "")
    row = stores.history.listing("GONEUSDT", "practice-linear")
    assert row is not None
    assert row.listing.status is ListingStatus.CLOSED


def test_everything_dated_comes_with_the_candles(stores: Stores):
    with serve() as server:
        source = source_of(server)
        download_listings(Category.LINEAR, source, stores.candles, stores.history)
        wanted = (WantedSeries(BTC, Timeframe.H1), WantedSeries(BTC, Timeframe.H1, kind=PriceKind.MARK))
        request = DownloadRequest(wanted, funding=True, open_interest=True, tiers=True)
        told: list[tuple[float, float, str]] = []
        report = download_history(
            request,
            source,
            stores.candles,
            stores.history,
            lambda done, total, note="": told.append((done, total, note)),
        )
        done = [each / total for each, total, _ in told if total]
        assert done == sorted(done)
        assert told[-1] == (300, 300, "BTCUSDT: margin tiers")
        assert report.is_complete
        assert (report.added, report.settlements, report.values, report.tiers) == (300, 19, 151, 1)
        again = download_history(request, source, stores.candles, stores.history)
        assert (again.added, again.settlements, again.values, again.tiers) == (0, 0, 0, 0)
    rates = stores.candles.read_funding("BTCUSDT", "practice-linear")
    assert rates.rate.tolist() == funding(40).rate[:19].tolist()
    opens = resample(minute_candles(10_000), Timeframe.H1).open[::8]
    assert rates.mark_price.tolist() == opens[:19].tolist()
    steps = instrument_at(stores.history, "BTCUSDT", "practice-linear")
    assert steps is not None
    assert (steps.tick_size, steps.maintenance_margin_rate) == (0.1, 0.005)
    assert stores.history.risk_tiers("BTCUSDT", "practice-linear") is not None


def test_a_changed_rule_makes_a_dated_row(stores: Stores):
    changed = listing(instrument=dataclasses.replace(listing().instrument, tick_size=0.5), funding_interval_minutes=240)
    for number, rules in enumerate((listing(), listing(), changed)):
        market = StagedMarket(rules, minute_candles(1000))
        with serve(markets=[market], start_ms=START_MS + (number + 1) * 60 * MINUTE_MS) as server:
            report = download_listings(Category.LINEAR, source_of(server), stores.candles, stores.history)
            assert report.changed == (1, 0, 1)[number]
    assert report.changes == ("BTCUSDT: funding every 240 min instead of 480, tick 0.5 instead of 0.1",)
    rows = stores.history.listing_changes("BTCUSDT", "practice-linear")
    assert [row.listing.funding_interval_minutes for row in rows] == [480, 240]
    before = instrument_at(stores.history, "BTCUSDT", "practice-linear", rows[1].from_ms - 1)
    assert before is not None
    assert before.tick_size == 0.1
    assert stores.candles.instrument("BTCUSDT", "practice-linear").tick_size == 0.5


def test_every_settlement_is_stored_when_the_interval_changes(stores: Stores):
    eight, later = funding(150, 8 * 3_600_000), START_MS + 150 * 8 * 3_600_000
    four = funding(260, 4 * 3_600_000, start_ms=later)
    rates = type(eight)(
        np.concatenate([eight.time_ms, four.time_ms]), np.concatenate([eight.rate, four.rate]), np.full(410, np.nan)
    )
    end_ms = int(rates.time_ms[-1])
    days = minute_candles(120)
    daily = dataclasses.replace(
        days, timeframe=Timeframe.D1, open_time_ms=START_MS + np.arange(120, dtype=np.int64) * 86_400_000
    )
    with serve(markets=[StagedMarket(listing(), daily, rates)], start_ms=end_ms + 60_000) as server:
        source = source_of(server)
        assert download_funding(BTC, source, stores.candles, stores.history) == 410
        asked = server.exchange.requests
        assert download_funding(BTC, source, stores.candles, stores.history) == 0
        assert server.exchange.requests <= asked + 4
    assert stores.candles.read_funding("BTCUSDT", "practice-linear").time_ms.tolist() == rates.time_ms.tolist()


def test_both_sources_fill_the_same_store_through_the_same_code(stores: Stores):
    market = StagedMarket(listing(), minute_candles(10_000), funding(40))
    wanted = WantedSeries(Market("binance", Category.LINEAR, "BTCUSDT"), Timeframe.M1)
    with ServerThread(BinanceServer([market], NOW_MS)) as server:  # type: ignore[arg-type]
        source = BinanceSource(BinanceRest(server.address, RequestGuard("Binance", {}, first_wait_s=0.01)))
        listed = download_listings(Category.LINEAR, source, stores.candles, stores.history)
        assert (listed.source, listed.listed) == ("binance-usdm", 1)
        report = download_history(DownloadRequest((wanted,)), source, stores.candles, stores.history)
        assert (report.added, report.settlements, report.tiers, report.is_complete) == (9000, 19, 0, True)
    assert_true(stores, minute_candles(10_000).rows(0, 9000), SeriesKey("BTCUSDT", Timeframe.M1, "binance-usdm"))


@pytest.mark.parametrize("category", [Category.SPOT, Category.INVERSE])
def test_spot_and_inverse_are_downloaded_too(stores: Stores, category: Category):
    market = StagedMarket(listing("BTCUSD", category), minute_candles(3000, 1, "BTCUSD"), funding(5))
    wanted = WantedSeries(Market("practice", category, "BTCUSD"), Timeframe.M5)
    with serve(markets=[market], start_ms=START_MS + 2000 * MINUTE_MS + 9_000) as server:
        report = download_history(DownloadRequest((wanted,)), source_of(server), stores.candles, stores.history)
    assert (report.added, report.is_complete) == (400, True)
    assert report.settlements == (0 if category is Category.SPOT else 5)
    assert stores.candles.series()[0].key.source == f"practice-{category.value}"
