"""The data panel against a practice exchange over real sockets, with real stores."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from live_fakes import MemoryLiveMarkets
from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import Limit, RequestGuard
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.reports import csv_file
from strategy_tester.services.context import Services
from strategy_tester.services.coverage import CoverageState
from strategy_tester.services.jobs import JobRunner
from strategy_tester.services.live_markets import PracticeState
from strategy_tester.services.ports import SeriesKey
from strategy_tester.storage.stores import Stores, open_stores
from strategy_tester.ui.job_bridge import PoolExecutor
from strategy_tester.ui.panels.download.queue import TaskState

BARS = 30_000
SYMBOLS = ("BTCUSDT", "ETHUSDT")
BTC, ETH = (SeriesKey(symbol, Timeframe.M1, "practice-linear") for symbol in SYMBOLS)


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """Two markets; every page of candles takes a quarter of a second."""
    markets = [
        StagedMarket(listing(symbol), minute_candles(BARS + 100, seed, symbol), funding(40))
        for seed, symbol in enumerate(SYMBOLS)
    ]
    slow = FaultScript.parse({"faults": [{"kind": "hang", "path": "/v5/market/kline", "ms": 250}]})
    now_ms = START_MS + BARS * MINUTE_MS + 5_000
    with ServerThread(PracticeExchange(markets, start_ms=now_ms, speed=0.001, faults=slow)) as running:
        yield running


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with open_stores(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def services(settings, stores: Stores, server: ServerThread) -> Iterator[Services]:
    place = practice_place(server.port)
    guard = RequestGuard(place.name, {"": Limit(500, 5.0)}, first_wait_s=0.01)
    source = BybitSource(BybitRest(place, guard=guard), "practice")
    live: Any = MemoryLiveMarkets()
    markets = tuple(Market("practice", Category.LINEAR, symbol) for symbol in SYMBOLS)
    clock_ms = START_MS + BARS * MINUTE_MS
    live.set_practice(PracticeState(f"practice:{server.port}", server.address, markets, clock_ms))
    runner = JobRunner(PoolExecutor(4))
    yield Services(
        stores.candles, stores.strategies, stores.runs, settings, csv_file, runner, stores.drawings, stores.history,
        lambda _name: source, live,
    )  # fmt: skip
    runner.shut_down()


def test_downloads_are_cancelled_resumed_and_their_holes_refilled(open_panels, stores: Stores, qtbot):
    shell = open_panels("data")
    panel = shell.panel("data")
    model = panel.view_model
    panel.download_button.click()
    dialog = panel.dialog
    dialog.exchange.setCurrentIndex(dialog.exchange.findData("practice"))
    dialog.exchange.activated.emit(dialog.exchange.currentIndex())
    dialog.picker.field.setPlainText("btcusdt\nethusdt")
    dialog.timeframes[Timeframe.M1].setChecked(True)
    dialog.timeframes[Timeframe.H1].setChecked(False)
    dialog.period.setCurrentIndex(dialog.period.findData("all"))
    dialog.period.activated.emit(dialog.period.currentIndex())
    qtbot.mouseClick(dialog.download_button, Qt.MouseButton.LeftButton)

    qtbot.waitUntil(lambda: model.row_of(ETH) is not None and (model.row_of(ETH).task.fraction or 0) > 0.1)
    assert [task.key for task in model.queue.active] == [BTC, ETH]
    assert not panel.resume_button.isVisible()
    model.cancel([model.row_of(ETH)])
    shell.come_to_rest()
    assert stores.history.open_times(BTC).size == BARS
    assert 0 < stores.history.open_times(ETH).size < BARS
    assert model.row_of(ETH).task.state is TaskState.STOPPED
    assert model.row_of(BTC).task is None
    assert panel.strip_text.text() == "1 download did not end: what is missing can be had now"

    panel.resume_button.click()
    shell.come_to_rest()
    assert not panel.strip.isVisible()
    assert [row.key for row in model.rows] == [BTC, ETH]
    expected = minute_candles(BARS, 1, "ETHUSDT")
    assert np.array_equal(stores.candles.read(ETH).close, expected.close)

    tear_hole(stores, expected, 7_000, 7_050)
    shell.workbench.data_changed.emit()
    shell.come_to_rest()
    row = model.row_of(ETH)
    assert [(hole.candles, hole.state) for hole in row.facts.holes] == [(50, CoverageState.MISSING)]
    assert row.missing == 50
    panel.table.selectRow(model.rows.index(row))
    assert panel.details.holes.total == 1
    panel.buttons.refill_button.click()
    shell.come_to_rest()
    assert [part.state for part in model.row_of(ETH).facts.parts] == [CoverageState.COMPLETE]
    assert model.row_of(ETH).quality.score == 100.0
    assert panel.details.holes.total == 0


def tear_hole(stores: Stores, candles, first: int, last: int) -> None:
    """Store the series anew without some candles, as if they had been lost."""
    named = dataclasses.replace(candles, source=ETH.source)
    stores.candles.delete(ETH)
    for part in (named.rows(0, first), named.rows(last, BARS)):
        stores.candles.write(part)
