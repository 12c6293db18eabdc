"""Downloads from exchanges that fail, hang, restart and tell nothing, and downloads that are stopped or killed."""

import contextlib
import dataclasses
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from download_builders import BTC, KEY, MINUTES, NOW_MS, assert_true, download, serve, source_of, without
from practice_builders import MINUTE_MS, START_MS, listing, minute_candles
from strategy_tester.domain.errors import ExchangeUnreachable, JobCancelled
from strategy_tester.domain.market_events import Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.services.coverage import CoverageState, coverage
from strategy_tester.services.coverage_quality import series_quality
from strategy_tester.services.download_history import download_candles
from strategy_tester.services.jobs import JobRunner, JobState
from strategy_tester.services.market_history import WantedSeries
from strategy_tester.services.market_source import PriceKind
from strategy_tester.storage.stores import Stores, open_stores


@pytest.fixture
def stores(tmp_path: Path) -> Any:
    with open_stores(tmp_path / "store") as opened:
        yield opened


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


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_in_whatever_order_the_series_ends_true(stores: Stores, seed: int):
    chance = random.Random(seed)  # noqa: S311 - a test wants to repeat itself
    faults = [
        {"kind": "status", "path": "/v5/market/kline", "status": chance.choice([500, 502, 429]), "rate": 0.1},
        {"kind": "html", "path": "/v5/market/kline", "rate": 0.05},
        {"kind": "answer", "path": "/v5/market/kline", "code": 10016, "rate": 0.1},
        {"kind": "hang", "path": "/v5/market/kline", "ms": chance.randrange(5, 40), "rate": 0.5},
    ]
    minutes = minute_candles(10_000)
    first = chance.randrange(2000, 6000)
    holed = without(minutes, (first, first + chance.randrange(1, 1500)), (1000, 1001))
    truth = holed.between(None, START_MS + 9000 * MINUTE_MS)
    with serve(*faults, markets=[StagedMarket(listing(), holed)]) as server:
        for _ in range(6):
            begin = START_MS + chance.randrange(-500, 9000) * MINUTE_MS + chance.randrange(60_000)
            end = begin + chance.randrange(1, 4000) * MINUTE_MS
            calls = iter(range(chance.randrange(2, 40)))

            def watch(_done: float, _total: float, _note: str = "", calls: Any = calls) -> None:
                if next(calls, None) is None:
                    raise JobCancelled

            with contextlib.suppress(JobCancelled):
                download(server, stores, WantedSeries(BTC, Timeframe.M1, begin, end), checkpoint=watch)
            if chance.random() < 0.3 and stores.candles.series():
                stores.history.delete_before(KEY, begin)
        for _ in range(8):
            (outcome,) = download(server, stores)
            if not outcome.problem:
                break
        assert outcome.problem == ""
    assert_true(stores, truth)
    states = {part.state for part in coverage(stores.candles, stores.history, KEY)}
    assert states == {CoverageState.COMPLETE, CoverageState.NONE}
    assert series_quality(stores.candles, stores.history, KEY).parts[0].note.count == 9000 - len(truth)
    assert stores.check() == []
