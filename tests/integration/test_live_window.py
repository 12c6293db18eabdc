"""The whole window on its event loop, fed by a practice exchange over real sockets, on a bad day."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import qasync
from PySide6.QtCore import QCoreApplication, QEvent

from fakes import (
    MemoryCandleStore,
    MemoryDrawingStore,
    MemoryHistoryStore,
    MemoryRunStore,
    MemorySettings,
    MemoryStrategyStore,
)
from practice_builders import MINUTE_MS, START_MS, minute_candles
from strategy_tester.composition import market_sources
from strategy_tester.domain.market_events import StreamHealth, StreamState
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.live import LiveExchanges
from strategy_tester.practice_exchange import runner
from strategy_tester.services.context import Services
from strategy_tester.services.jobs import JobRunner
from strategy_tester.services.live_markets import PracticePlan
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import application, theme
from strategy_tester.ui.application import RunningProgram
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.chart.live import LiveFeature
from strategy_tester.ui.panels.registry import PANELS
from strategy_tester.ui.style_sheet import style_sheet

BARS = 6000
FIRST_MS = START_MS + 1500 * MINUTE_MS
TRUTH = minute_candles(BARS)
FAULTS = {
    "seed": 3,
    "faults": [
        {"kind": "cut", "every_s": 2.0, "times": 3, "from_s": 2.0},
        {"kind": "lose_confirm", "rate": 0.15}, {"kind": "drop", "rate": 0.1}, {"kind": "duplicate", "rate": 0.1},
        {"kind": "reorder", "rate": 0.1}, {"kind": "join_confirm", "rate": 0.2},
    ],
}  # fmt: skip


class Opened:
    """A program over stores in memory, with the real exchanges."""

    def __init__(self, executor: Any, settings: MemorySettings) -> None:
        from strategy_tester.reports import csv_file

        candles = MemoryCandleStore()
        candles.write(TRUTH)
        sources = market_sources()
        self.live = LiveExchanges(sources, lambda plan, checkpoint: runner.start(plan, candles, checkpoint))
        self.services = Services(
            candles, MemoryStrategyStore(), MemoryRunStore(), settings, csv_file, JobRunner(executor),
            MemoryDrawingStore(), MemoryHistoryStore(candles), sources, self.live,
        )  # fmt: skip
        self.notices: list[Any] = []

    def close(self) -> None:
        self.services.jobs.shut_down()


@pytest.fixture
def loop(qapp) -> Iterator[qasync.QEventLoop]:
    qapp.setQuitOnLastWindowClosed(False)  # as in the program
    qapp.setStyle("Fusion")
    theme.prepare_font(qapp)
    theme.apply_theme(qapp, "dark", style_sheet)
    loop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()
    qapp.setQuitOnLastWindowClosed(True)
    asyncio.set_event_loop(None)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def until(is_so: Callable[[], Any], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  Qt does what is waited for
            await asyncio.sleep(0.02)


def test_window_shows_the_truth_after_cuts_says_so_when_it_is_silent_and_ends_clean(
    qapp, loop, monkeypatch: pytest.MonkeyPatch
):
    settings = MemorySettings()
    settings.set("window.welcomed", True)
    panels = [panel for panel in PANELS if panel.id == "chart"]
    quits: list[float] = []
    monkeypatch.setattr(application, "MainWindow", lambda settings: MainWindow(settings, panels))
    monkeypatch.setattr(qapp, "quit", lambda: quits.append(time.monotonic()))
    program = RunningProgram(qapp, lambda executor: Opened(executor, settings), settings)

    async def work() -> None:
        program.start()
        await until(lambda: program.window.context is not None and program.window.context.charts.all())
        context = program.window.context
        assert context is not None
        opened = program.program
        assert isinstance(opened, Opened)
        desk, panel = context.live, context.charts.all()[0]
        healths: list[tuple[float, StreamHealth]] = []
        desk.health_changed.connect(lambda health: healths.append((time.monotonic(), health)))
        desk.start_practice(PracticePlan(("BTCUSDT",), FIRST_MS, 300.0, faults=FAULTS))
        await until(lambda: desk.exchange == "practice")
        opened.live._hub(desk._name).waits_s = (0.05, 0.3)
        panel.view_model.link.select(SeriesKey("BTCUSDT", TRUTH.timeframe, "practice-linear"))
        feature = panel.feature(LiveFeature)
        await until(lambda: feature.is_fed)
        await _open_two_more(program, opened)
        context.docks.show("chart")
        await until(lambda: feature.is_fed)
        first_ms = feature.live.last_final_ms
        await until(lambda: feature.live is not None and feature.live.last_final_ms >= first_ms + 40 * MINUTE_MS)
        assert sum(health.state is StreamState.LOST for _, health in healths) >= 2
        _equals_the_truth(panel.chart.model.candles, feature.live.closed)
        assert len(panel.view_model.candles) == feature.live.closed
        assert feature.badge.text() == "Live"
        await _falls_silent(opened, feature)
        _equals_the_truth(panel.chart.model.candles, feature.live.closed)
        begun = time.monotonic()
        program.window.close()
        await until(lambda: bool(quits), 5.0)
        assert quits[0] - begun < 2.0
        assert opened.live.practice() is None
        assert len(asyncio.all_tasks()) == 1

    try:
        loop.run_until_complete(work())
    finally:
        if isinstance(program.program, Opened):
            loop.run_until_complete(program.program.live.close())
        program.shut_down()
        program.window.deleteLater()


async def _open_two_more(program: RunningProgram, opened: Opened) -> None:
    """Two charts more, one of them in another timeframe: still one connection."""
    context = program.window.context
    assert context is not None
    others = [program.window.add_panel_copy("chart") for _ in range(2)]
    await until(lambda: len(context.charts.all()) == 3)
    for other, frame in zip(others, (Timeframe.M5, Timeframe.M1), strict=True):
        copy: Any = context.docks.content(other)
        copy.link.join("")
        copy.link.select(SeriesKey("BTCUSDT", frame, "practice-linear"))
        context.docks.show(other)
        await until(lambda copy=copy: copy.feature(LiveFeature).is_fed)
    server = opened.live._practice._thread.exchange  # type: ignore[union-attr]
    assert len(server.sessions) <= 1  # none in the moment after a cut


async def _falls_silent(opened: Opened, feature: LiveFeature) -> None:
    from strategy_tester.practice_exchange.faults import FaultScript

    server = opened.live._practice._thread.exchange  # type: ignore[union-attr]
    server.faults.faults[:] = FaultScript.parse({"faults": [{"kind": "silence"}]}).faults
    begun = time.monotonic()
    await until(lambda: feature.badge.text().startswith("No data for"), 6.0)
    assert time.monotonic() - begun < 5.0
    server.faults.faults.clear()
    closed = feature.live.closed  # type: ignore[union-attr]
    await until(lambda: feature.live is not None and feature.live.closed > closed and feature.badge.text() == "Live")


def _equals_the_truth(shown, closed: int) -> None:
    begin = int(TRUTH.open_time_ms.searchsorted(shown.base.times[0]))
    truth = TRUTH.rows(begin, begin + closed)
    assert closed > 1500
    assert list(shown.base.times[:closed]) == list(truth.open_time_ms)
    for name in ("open", "high", "low", "close", "volume"):
        values = getattr(shown, name).values[:closed]
        np.testing.assert_allclose(values, getattr(truth, name), rtol=1e-9, err_msg=name)
