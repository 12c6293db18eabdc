"""Downloads over real sockets from exchanges that misbehave: what is stored is what the exchange has, no more."""

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from binance_server import BinanceServer
from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import ExchangeUnreachable
from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance.rest import BinanceRest
from strategy_tester.exchange.binance.source import BinanceSource
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import Limit, RequestGuard
from strategy_tester.marketdata.resample import resample
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services.coverage import CoverageState, coverage
from strategy_tester.services.download_all import download_history
from strategy_tester.services.download_history import download_candles
from strategy_tester.services.download_values import download_funding, download_listings
from strategy_tester.services.jobs import JobRunner, JobState
from strategy_tester.services.market_history import DownloadRequest, WantedSeries, instrument_at
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import SeriesKey
from strategy_tester.storage.stores import Stores, open_stores

BTC = Market("practice", Category.LINEAR, "BTCUSDT")
NOW_MS = START_MS + 9_000 * MINUTE_MS + 30_000
KEY = SeriesKey("BTCUSDT", Timeframe.M1, "practice-linear")
MINUTES = WantedSeries(BTC, Timeframe.M1)


def serve(*faults: dict[str, Any], markets: list[StagedMarket] | None = None, **options: Any) -> ServerThread:
    staged = markets or [StagedMarket(listing(), minute_candles(10_000), funding(40))]
    script = FaultScript.parse({"faults": list(faults)})
    settings = {"start_ms": NOW_MS, "speed": 0.001, "faults": script, **options}
    return ServerThread(PracticeExchange(staged, **settings))


def source_of(server: ServerThread, port: int | None = None) -> BybitSource:
    place = practice_place(port or server.port)
    guard = RequestGuard(place.name, {"": Limit(500, 5.0)}, first_wait_s=0.01)
    return BybitSource(BybitRest(place, guard=guard), "practice")


@pytest.fixture
def stores(tmp_path: Path) -> Any:
    with open_stores(tmp_path / "store") as opened:
        yield opened


def download(server: ServerThread, stores: Stores, *wanted: WantedSeries, **options: Any) -> list[Any]:
    options = {"round_waits_s": (0.05, 0.1), **options}
    return download_candles(wanted or (MINUTES,), source_of(server), stores.candles, stores.history, **options)


def assert_true(stores: Stores, expected: Candles, key: SeriesKey = KEY) -> None:
    """Byte for byte what the exchange has."""
    found = stores.candles.read(key)
    assert found.open_time_ms.tolist() == expected.open_time_ms.tolist()
    assert found.content_hash() == expected.content_hash()
    np.testing.assert_array_equal(found.turnover, expected.turnover)


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


@pytest.mark.parametrize(
    "faults",
    [
        [{"kind": "status", "path": "/v5/market/kline", "status": 502, "rate": 0.3}],
        [{"kind": "html", "path": "/v5/market/kline", "rate": 0.3}],
        [{"kind": "answer", "path": "/v5/market/kline", "code": 10016, "rate": 0.3}],
        [{"kind": "answer", "path": "/v5/market/kline", "code": 10006, "times": 2, "bare": True}],
        [{"kind": "hang", "path": "/v5/market/kline", "ms": 300, "rate": 0.4}],
        [{"kind": "skew_clock", "ms": 3000}],
        [{"kind": "status", "path": "/v5/market/kline", "status": 500, "times": 12}],
    ],
    ids=["502", "a page", "overload", "too many", "slow", "clock ahead", "out for a while"],
)
def test_the_series_is_true_whatever_happens_to_its_pages(stores: Stores, faults: list[dict[str, Any]]):
    with serve(*faults) as server:
        for _ in range(4):  # what a long outage left is asked for by the next download
            (outcome,) = download(server, stores)
            if not outcome.problem:
                break
            time.sleep(0.2)
            source_of(server)
        assert outcome.problem == ""
    assert_true(stores, minute_candles(10_000).rows(0, 9000))


def test_a_failed_page_does_not_lose_the_others(stores: Stores):
    class Stumbling(BybitSource):
        def candles(self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int, kind=PriceKind.LAST):
            if start_ms == START_MS + 3000 * MINUTE_MS:
                raise ExchangeUnreachable("the line is cut")
            return super().candles(market, timeframe, start_ms, end_ms, kind)

    with serve() as server:
        source = Stumbling(source_of(server).rest, "practice")
        (outcome,) = download_candles([MINUTES], source, stores.candles, stores.history, round_waits_s=(0.01,))
        assert (outcome.added, outcome.failed, outcome.problem) == (8000, 1000, "the line is cut")
        states = [(part.state, part.candles) for part in coverage(stores.candles, stores.history, KEY)]
        assert states == [
            (CoverageState.COMPLETE, 3000), (CoverageState.MISSING, 1000), (CoverageState.COMPLETE, 5000),
        ]  # fmt: skip
        (outcome,) = download(server, stores)
        assert (outcome.added, outcome.failed, outcome.problem) == (1000, 0, "")
    assert_true(stores, minute_candles(10_000).rows(0, 9000))


def test_after_a_ban_nothing_more_is_asked_and_what_came_is_kept(stores: Stores):
    with serve() as server:
        gate, passed = server.exchange.gate, server.exchange.gate.pass_address

        def pass_seven(address: str, now_s: float) -> None:
            if server.exchange.requests > 7:
                gate.ban(address, now_s)
            passed(address, now_s)

        gate.pass_address = pass_seven  # type: ignore[method-assign]
        (outcome,) = download(server, stores, workers=2)
        assert "shut this address out" in outcome.problem
        assert server.exchange.requests <= 9
        # The clock and the first candle were asked for before the pages.
        assert outcome.added >= 4000
        assert outcome.added + outcome.failed == 9000
    stored = stores.candles.read(KEY)
    places = (stored.open_time_ms - START_MS) // MINUTE_MS
    assert len(stored) == outcome.added
    assert stored.close.tolist() == minute_candles(10_000).close[places].tolist()


def test_an_exchange_that_restarts_in_the_middle_is_waited_for(stores: Stores):
    exchange = PracticeExchange(
        [StagedMarket(listing(), minute_candles(10_000))], start_ms=NOW_MS, speed=0.001,
        faults=FaultScript.parse({"faults": [{"kind": "hang", "path": "/v5/market/kline", "ms": 60}]}),
    )  # fmt: skip
    first = ServerThread(exchange)
    first.start()
    port, second = first.port, ServerThread(PracticeExchange(exchange.markets, start_ms=NOW_MS, speed=0.001), 0)
    second.port = port

    def restart() -> None:
        while exchange.requests < 5:
            time.sleep(0.005)
        first.stop()
        time.sleep(0.3)
        second.start()

    restarter = threading.Thread(target=restart)
    restarter.start()
    try:
        for _ in range(5):
            (outcome,) = download_candles(
                [MINUTES], source_of(first, port), stores.candles, stores.history, workers=2, round_waits_s=(0.2, 0.4)
            )
            if not outcome.problem:
                break
        assert outcome.problem == ""
    finally:
        restarter.join()
        second.stop()
    assert_true(stores, minute_candles(10_000).rows(0, 9000))


def without(candles: Candles, *bars: tuple[int, int]) -> Candles:
    kept = np.ones(len(candles), dtype=np.bool_)
    for first, last in bars:
        kept[first:last] = False
    names = ("open_time_ms", "open", "high", "low", "close", "volume", "turnover")
    columns = {name: getattr(candles, name)[kept] for name in names}
    return Candles(**columns, symbol=candles.symbol, timeframe=candles.timeframe, source=candles.source)


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


def test_a_page_that_is_empty_for_a_moment_is_not_taken_for_nothing(stores: Stores):
    calls: list[int] = []

    class Stumbling(BybitSource):
        def candles(self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int, kind=PriceKind.LAST):
            page = super().candles(market, timeframe, start_ms, end_ms, kind)
            if START_MS + 3000 * MINUTE_MS <= start_ms < START_MS + 5000 * MINUTE_MS:
                calls.append(start_ms)
                if len(calls) <= 4:
                    return dataclasses.replace(page, candles=page.candles.rows(0, 0))
            return page

    with serve() as server:
        source = Stumbling(source_of(server).rest, "practice")
        (outcome,) = download_candles([MINUTES], source, stores.candles, stores.history, round_waits_s=(0.01,))
    assert (outcome.added, outcome.none, outcome.failed, outcome.problem) == (9000, 0, 0, "")
    assert len(calls) == 6
    assert_true(stores, minute_candles(10_000).rows(0, 9000))


def test_a_hanging_exchange_does_not_keep_a_cancelled_download(stores: Stores):
    for path in ("/v5/market/time", "/v5/market/kline"):
        with serve({"kind": "hang", "path": path, "ms": 3000}) as server:
            source, runner = source_of(server), JobRunner()
            job = runner.start(
                "download",
                lambda checkpoint, source=source: download_candles(
                    [MINUTES], source, stores.candles, stores.history, checkpoint
                ),
            )
            time.sleep(0.2)
            begun = time.monotonic()
            job.cancel()
            assert job.wait(1.0)
            assert time.monotonic() - begun < 0.1
            assert job.state is JobState.CANCELLED
            runner.shut_down()


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


def test_cancelling_takes_effect_at_once_and_keeps_what_came(stores: Stores):
    with serve({"kind": "hang", "path": "/v5/market/kline", "ms": 250}) as server:
        source, runner = source_of(server), JobRunner()
        job = runner.start(
            "download",
            lambda checkpoint: download_candles(
                [MINUTES], source, stores.candles, stores.history, checkpoint, workers=2
            ),
        )
        while job.done < 2000:
            time.sleep(0.005)
        assert job.total == 9000
        assert "BTCUSDT 1m practice-linear" in job.note
        begun = time.monotonic()
        job.cancel()
        assert job.wait(2.0)
        assert time.monotonic() - begun < 0.2
        assert job.state is JobState.CANCELLED
        runner.shut_down()
        stored = stores.candles.series()[0].candles
        assert stored >= 2000
        asked = server.exchange.requests
        (outcome,) = download(server, stores)
        assert outcome.added == 9000 - stored
        assert server.exchange.requests - asked <= (9000 - stored) // 1000 + 2
    assert_true(stores, minute_candles(10_000).rows(0, 9000))


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


PROGRAM = """
import sys
from pathlib import Path
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance.rest import BinanceRest
from strategy_tester.exchange.binance.source import BinanceSource
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.services import download_history
from strategy_tester.services.market_history import WantedSeries
from strategy_tester.storage.stores import open_stores
download_history.BATCH_ROWS = 1000
stores = open_stores(Path(sys.argv[1]))
source = BybitSource(BybitRest(practice_place(int(sys.argv[2]))), "practice")
wanted = [WantedSeries(Market("practice", Category.LINEAR, "BTCUSDT"), Timeframe.M1)]
def told(done, total, note=""):
    print(int(done), flush=True)
download_history.download_candles(wanted, source, stores.candles, stores.history, told, workers=2)
stores.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_download_goes_on_where_it_stopped(tmp_path: Path):
    folder = tmp_path / "killed"
    with serve({"kind": "hang", "path": "/v5/market/kline", "ms": 40}) as server:
        stored = 0
        for at_least in (2000, 5000):
            program = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(folder), str(server.port)], stdout=subprocess.PIPE, text=True
            )
            assert program.stdout is not None
            for line in program.stdout:
                if stored + int(line) >= at_least:
                    break
            program.send_signal(signal.SIGKILL)
            program.wait()
            program.stdout.close()
            with open_stores(folder) as stores:
                before, stored = stored, stores.candles.series()[0].candles
                assert stored >= max(before, at_least - 2000)
                # Candles and what is said of them are stored together.
                (part,) = coverage(stores.candles, stores.history, KEY)
                assert (part.state, part.candles) == (CoverageState.COMPLETE, stored)
                assert stores.check() == []
        with open_stores(folder) as stores:
            asked = server.exchange.requests
            (outcome,) = download(server, stores)
            assert outcome.added == 9000 - stored
            assert server.exchange.requests - asked <= -(-(9000 - stored) // 1000) + 2
            assert_true(stores, minute_candles(10_000).rows(0, 9000))


class CuttingProxy:
    """Stands between a program and an exchange and ends every third connection in the middle of an answer."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.cuts = 0
        self._connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self._connections += 1
            cuts = self._connections % 3 == 0
            threading.Thread(target=self._serve, args=(client,), kwargs={"cuts": cuts}, daemon=True).start()

    def _serve(self, client: socket.socket, *, cuts: bool) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
            passed = 0
            with contextlib.suppress(OSError):
                # A connection serves one request: the next one meets its own fate.
                while piece := server.recv(4096):
                    passed += len(piece)
                    if cuts and passed > 20_000:
                        self.cuts += 1
                        client.shutdown(socket.SHUT_RDWR)
                        return
                    client.sendall(piece)
                    if len(piece) < 4096 and passed > 4096:
                        time.sleep(0.005)
                        client.shutdown(socket.SHUT_RDWR)
                        return

    @staticmethod
    def _pass_on(client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := client.recv(4096):
                server.sendall(piece)

    def close(self) -> None:
        self._socket.close()


def test_answers_that_are_cut_in_the_middle_are_asked_for_again(stores: Stores):
    with serve() as server:
        proxy = CuttingProxy(server.port)
        for _ in range(5):
            (outcome,) = download_candles(
                [MINUTES], source_of(server, proxy.port), stores.candles, stores.history, round_waits_s=(0.05, 0.05)
            )
            if not outcome.problem:
                break
        proxy.close()
        assert outcome.problem == ""
        assert proxy.cuts > 0
    assert_true(stores, minute_candles(10_000).rows(0, 9000))


def test_no_candle_is_stored_before_it_has_closed(stores: Stores):
    with serve(start_ms=START_MS + 100 * MINUTE_MS, speed=900.0) as server:
        source = source_of(server)
        until = time.monotonic() + 2.0
        downloads = 0
        while time.monotonic() < until:
            (outcome,) = download_candles([MINUTES], source, stores.candles, stores.history)
            assert (outcome.replaced, outcome.none, outcome.problem) == (0, 0, "")
            downloads += 1
    stored = stores.candles.series()[0].candles
    assert downloads > 3
    assert stored > 115
    assert_true(stores, minute_candles(10_000).rows(0, stored))


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
