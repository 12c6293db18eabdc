"""From a message of the exchange to the painted pixel: twelve charts, five hundred messages a second.

Run with `pytest tests/benchmarks/test_live_benchmark.py --benchmark-only -s -n 0` on a machine that nobody else uses.
Goal: p99 below 20 ms. Without a screen the picture is painted into memory; what the screen itself adds is not here.
"""

import time
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QWidget

from live_fakes import MemoryLiveMarkets
from practice_builders import MINUTE_MS, START_MS, minute_candles
from strategy_tester.domain.market_events import CandleUpdate, Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui import theme
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.panels.chart.live_series import ROOM, LiveSeries
from strategy_tester.ui.style_sheet import style_sheet

CHARTS = 12
MESSAGES_A_SECOND = 500
SECONDS = 6.0
BARS = 2000
STEPS = 40
"""Messages from one candle to the next."""


class Painted(QObject):
    """Notes when a chart has been painted."""

    def __init__(self, chart: ChartWidget) -> None:
        super().__init__(chart)
        self.waiting: list[float] = []
        self.latencies: list[float] = []
        self.frames = 0
        chart.canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        if event.type() == QEvent.Type.Paint and self.waiting:
            waiting, self.waiting = self.waiting, []
            self.frames += 1
            # After the paint event itself: what is posted now runs when it is done.
            QTimer.singleShot(0, self, lambda: self._note(waiting))
        return False

    def _note(self, waiting: list[float]) -> None:
        now = time.perf_counter()
        self.latencies += [(now - moment) * 1000.0 for moment in waiting]


def test_message_to_painted_pixel(benchmark, qtbot, qapp):
    qapp.setStyle("Fusion")
    theme.prepare_font(qapp)
    theme.apply_theme(qapp, "dark", style_sheet)
    series.warm_up()
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1920, 1080)
    desk = Desk(window)
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(500)
    benchmark.pedantic(desk.run, (qtbot,), rounds=1)
    latencies = np.array([one for painter in desk.painted for one in painter.latencies])
    p50, p99, worst = (float(np.percentile(latencies, share)) for share in (50, 99, 100))
    frames = sum(painter.frames for painter in desk.painted) / CHARTS / desk.wall_s
    text = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {worst:.1f} ms; UI thread busy {desk.busy_s / desk.wall_s:.0%}"
    print(f"\n{latencies.size} messages over {CHARTS} charts: {text}; {frames:.0f} frames a second")  # noqa: T201
    benchmark.extra_info.update(p50_ms=round(p50, 1), p99_ms=round(p99, 1), busy=round(desk.busy_s / desk.wall_s, 3))
    assert latencies.size >= desk.sent * 0.98
    assert all(len(feed.prepared) > BARS for feed in desk.fed)


class Desk:
    """Twelve charts, each following a market of its own, and an exchange that speaks steadily."""

    def __init__(self, window: QWidget) -> None:
        self.live = MemoryLiveMarkets()
        self.markets, self.painted, self.fed, self.prices = [], [], [], []
        self.sent, self.busy_s, self.wall_s = 0, 0.0, 1.0
        self._forming: dict[int, tuple[int, float, float, float]] = {}
        self._random = np.random.Generator(np.random.PCG64(5))
        grid = QGridLayout(window)
        grid.setContentsMargins(0, 0, 0, 0)
        for number in range(CHARTS):
            self._add(grid, number)

    def _add(self, grid: QGridLayout, number: int) -> None:
        market = Market("bybit", Category.LINEAR, f"C{number}USDT")
        candles = replace(minute_candles(BARS, number + 1), symbol=market.symbol)
        chart = ChartWidget()
        grid.addWidget(chart, number // 4, number % 4)
        prepared = series.prepare(candles, room=ROOM)
        chart.set_candles(prepared)
        feed = LiveSeries(chart, prepared, candles)
        self.live.follow("bybit", market, Timeframe.M1, feed.last_final_ms, feed.take)
        self.markets.append(market)
        self.painted.append(Painted(chart))
        self.fed.append(feed)
        self.prices.append(float(candles.close[-1]))

    def run(self, qtbot) -> None:
        """Speak for a while."""
        due = int(SECONDS * MESSAGES_A_SECOND)
        cpu, wall = time.thread_time(), time.perf_counter()

        def send() -> None:
            while self.sent < min(int((time.perf_counter() - wall) * MESSAGES_A_SECOND), due):
                self._say(self.sent)
                self.sent += 1

        timer = QTimer(interval=1)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(send)
        timer.start()
        qtbot.waitUntil(lambda: self.sent >= due, timeout=60_000)
        self.busy_s, self.wall_s = time.thread_time() - cpu, time.perf_counter() - wall
        timer.stop()
        qtbot.wait(200)

    def _say(self, count: int) -> None:
        number, turn = count % CHARTS, count // CHARTS
        bar, step = BARS + turn // STEPS, turn % STEPS
        price = self.prices[number] = round(self.prices[number] + float(self._random.integers(-5, 6)) * 0.1, 1)
        known = self._forming.get(number)
        open_, high, low = known[1:] if known is not None and known[0] == bar else (price, price, price)
        high, low = max(high, price), min(low, price)
        self._forming[number] = bar, open_, high, low
        self.painted[number].waiting.append(time.perf_counter())
        open_ms = START_MS + bar * MINUTE_MS
        update = CandleUpdate(
            self.markets[number], Timeframe.M1, open_ms, open_, high, low, price, float(step), 0.0, step == STEPS - 1,
            open_ms + step,
        )  # fmt: skip
        self.live.say("bybit", [update])
