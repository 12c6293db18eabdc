"""What the panels remember from one start of the program to the next."""

from PySide6.QtCore import QDate

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.data_catalog import resample_series


def test_series_strategy_and_period_are_as_they_were(stored, services, open_panels):
    resample_series(services.candles, stored, Timeframe.H4, lambda *_: None)
    shell = open_panels("strategy", "backtest", "data")
    strategy, backtest = shell.panel("strategy"), shell.panel("backtest")
    series = next(row.key for row in shell.panel("data").view_model.rows if row.key.timeframe is Timeframe.H4)
    backtest.view_model.choose_series(series)
    backtest.start.setDate(QDate(2025, 1, 3))
    backtest.end.setDate(QDate(2025, 1, 9))
    strategy._chosen(4)
    name = strategy.view_model.entry.name
    shell.window.hide()

    again = open_panels("strategy", "backtest", "data")
    backtest = again.panel("backtest")
    assert again.workbench.series == series
    assert again.panel("strategy").view_model.entry.name == name
    assert again.panel("strategy").choice.currentIndex() == 4
    assert (backtest.start.date(), backtest.end.date()) == (QDate(2025, 1, 3), QDate(2025, 1, 9))
    assert backtest.series.currentText() == "TESTUSDT · 4h · test"
