"""The symbol list under load: 700 symbols, 500 tickers a second for the rows in sight, sorted by a figure that moves.

Run with `pytest tests/benchmarks/test_markets_benchmark.py --benchmark-only -s -n 0`. Goal: the UI thread is busy for
less than 30 % of the time, and nothing takes it for longer than 16 ms: neither figures of all symbols at once nor
sorting them.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytest_benchmark.fixture import BenchmarkFixture

from market_builders import listing, market, ticker
from strategy_tester.domain.market_events import Ticker
from strategy_tester.ui import theme
from strategy_tester.ui.panels.markets.model import MarketsModel
from strategy_tester.ui.panels.markets.rows import CHANGE, MarketRow
from strategy_tester.ui.panels.markets.table import MarketsTable
from strategy_tester.ui.style_sheet import style_sheet

ROWS, PER_SECOND, SECONDS = 700, 500, 6.0


@pytest.fixture
def table(qtbot, qapp: QApplication) -> MarketsTable:
    qapp.setStyle("Fusion")
    theme.prepare_font(qapp)
    theme.apply_theme(qapp, "dark", style_sheet)
    model = MarketsModel(time.monotonic)
    made = MarketsTable(model)
    qtbot.addWidget(made)
    made.resize(1000, 1000)
    made.show()
    markets = [market(f"S{number:03d}USDT") for number in range(ROWS)]
    model.set_rows([MarketRow(of, listing(of), ticker(of, 100.0 + number)) for number, of in enumerate(markets)])
    made.sortByColumn(CHANGE, Qt.SortOrder.DescendingOrder)
    made.begin()
    qtbot.wait(300)
    return made


def moved(old: Ticker, random: np.random.Generator) -> Ticker:
    step = random.normal(0.0, 1.0, 5)
    return replace(
        old, time_ms=old.time_ms + 1, last_price=round((old.last_price or 1.0) * (1 + step[0] * 4e-4), 1),
        change_24h_rate=(old.change_24h_rate or 0.0) + step[1] * 5e-4,
        turnover_24h=(old.turnover_24h or 0.0) * (1 + abs(step[2]) * 1e-3),
        mark_price=(old.mark_price or 1.0) * (1 + step[3] * 3e-4),
        open_interest=(old.open_interest or 1.0) * (1 + step[4] * 5e-4),
    )  # fmt: skip


def run(table: MarketsTable, seconds: float) -> float:
    """Let tickers come for a while; the share of the time in which the UI thread worked, without making them up."""
    model = table.records_model()
    assert isinstance(model, MarketsModel)
    random = np.random.default_rng(1)
    making = 0.0
    sent = 0
    beat = QTimer(interval=16, timerType=Qt.TimerType.PreciseTimer)
    begun, worked = time.perf_counter(), time.thread_time()

    def tell() -> None:
        nonlocal making, sent
        before = time.thread_time()
        first, last = table.rows_in_sight()
        tickers = []
        while sent < (time.perf_counter() - begun) * PER_SECOND:
            row = model.record(int(random.integers(first, last + 1)))
            tickers.append(moved(row.ticker, random))
            sent += 1
        making += time.thread_time() - before
        model.take(tickers)

    beat.timeout.connect(tell)
    beat.start()
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
    beat.stop()
    return (time.thread_time() - worked - making) / (time.perf_counter() - begun)


def test_share_of_the_ui_thread(benchmark: BenchmarkFixture, table: MarketsTable):
    share = benchmark.pedantic(run, args=(table, SECONDS), rounds=1, iterations=1)
    benchmark.extra_info["busy share of the UI thread"] = share
    print(f"\n{ROWS} rows, {PER_SECOND} tickers a second: the UI thread is busy {share:.1%} of the time")  # noqa: T201  the figure is the point
    assert share < 0.30


def test_figures_of_all_symbols_at_once(benchmark: BenchmarkFixture, table: MarketsTable):
    model = table.records_model()
    assert isinstance(model, MarketsModel)
    random = np.random.default_rng(1)

    def prepare() -> tuple[tuple[list[Ticker]], dict[str, object]]:
        return ([moved(row.ticker, random) for row in model.rows],), {}

    benchmark.pedantic(model.take, setup=prepare, rounds=20, iterations=1)
    print(f"\nfigures of {ROWS} symbols: median {benchmark.stats['median'] * 1e3:.1f} ms")  # noqa: T201  the figure is the point


def test_sorting_and_painting_everything(benchmark: BenchmarkFixture, table: MarketsTable):
    picture = QImage(table.size(), QImage.Format.Format_RGB32)

    def paint() -> None:
        model = table.records_model()
        model.sort(CHANGE, Qt.SortOrder.AscendingOrder)
        table.render(picture)

    benchmark.pedantic(paint, rounds=20, iterations=1)
    print(f"\nsorted and painted: median {benchmark.stats['median'] * 1e3:.1f} ms")  # noqa: T201  the figure is the point
