"""A new user's first candles from an exchange: three clicks from the empty window to a chart."""

import dataclasses
import time

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, Qt

from builders import HOUR_MS, random_candles
from live_fakes import LINEAR, MemoryMarketSource
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.ui.main_window import MainWindow

BARS = 366 * 24


def test_a_year_of_bitcoin_is_on_the_chart_after_two_clicks(services: Services, settings, qtbot):
    now_ms = round(time.time() * 1000)
    times = (now_ms // HOUR_MS - BARS + np.arange(BARS, dtype=np.int64)) * HOUR_MS
    candles = dataclasses.replace(random_candles(BARS), open_time_ms=times, symbol="BTCUSDT", source="bybit-linear")
    source = MemoryMarketSource({(LINEAR, Timeframe.H1): candles}, now_ms=lambda: now_ms)
    window = MainWindow(settings)
    window.show()
    try:
        with qtbot.waitSignal(window.panels_created, timeout=30_000):
            context = window.attach(dataclasses.replace(services, sources=lambda _name: source))
        window.show_panel("welcome")
        welcome = window.docks.content("welcome")
        assert welcome.buttons["data.download"].text() == "Download from Bybit"
        qtbot.mouseClick(welcome.buttons["data.download"], Qt.MouseButton.LeftButton)
        dialog = window.docks.content("data").dialog
        assert source.asked == []
        qtbot.mouseClick(dialog.download_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: context.workbench.series is not None, timeout=30_000)
        assert str(context.workbench.series) == "BTCUSDT 1h bybit-linear"
        assert not window.docks.is_open("welcome")
        qtbot.waitUntil(lambda: not context.jobs._handlers, timeout=30_000)
        (stored,) = services.candles.series()
        assert 8760 <= stored.candles <= 8784
        assert window.docks.content("data").view_model.rows[0].missing == 0
    finally:
        window.close()
        if window.context is not None:
            window.context.jobs.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
