"""What the panels share: the chosen market, strategy, run and trade. Panels talk to it, never to each other."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.errors import InputError
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.context import Services
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.run_backtest import FinishedBacktest
from strategy_tester.ui.job_bridge import JobBridge

_SERIES_KEY = "workbench.series"


class Workbench(QObject):
    """State of one window that more than one panel needs. No widgets."""

    series_selected = Signal(object)
    """A SeriesKey was chosen, or None."""
    strategy_changed = Signal(object)
    """The strategy to be tested, a strategy file's content as a dict."""
    backtest_shown = Signal(object)
    """A FinishedBacktest is what chart, results and trades show now."""
    trade_selected = Signal(int)
    """Position of a trade in the shown backtest."""
    data_changed = Signal()
    """Stored candles were added or removed."""
    strategies_changed = Signal()
    """The list of strategies changed."""
    runs_changed = Signal()
    """The history of runs changed."""
    message = Signal(str)
    """A fact for the status bar, in the user's language."""
    panel_wanted = Signal(str)
    """A panel that should come to the front, by its id."""

    def __init__(self, services: Services, jobs: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.services = services
        self.jobs = jobs
        self.series: SeriesKey | None = None
        self.strategy: dict[str, Any] | None = None
        self.shown: FinishedBacktest | None = None
        self.selected_trade = -1

    def select_series(self, series: SeriesKey | None) -> None:
        """Choose the market that charts and backtests use."""
        if series != self.series:
            self.series = series
            self._remember_series()
            self.series_selected.emit(series)

    def keep_series_among(self, stored: Sequence[SeriesKey]) -> None:
        """Choose among what is stored, unless that is so already: the series of the last time, else the first."""
        if self.series not in stored:
            last = self._last_series()
            self.select_series(last if last in stored else next(iter(stored), None))

    def set_strategy(self, content: dict[str, Any] | None) -> None:
        """Choose what will be tested."""
        if content != self.strategy:
            self.strategy = content
            self.strategy_changed.emit(content)

    def show_backtest(self, finished: FinishedBacktest) -> None:
        """Put a finished or reopened backtest on screen."""
        self.shown = finished
        self.selected_trade = -1
        self.series = finished.request.series
        self._remember_series()
        self.series_selected.emit(self.series)
        self.backtest_shown.emit(finished)

    def select_trade(self, position: int) -> None:
        """Choose a trade of the shown backtest; chart and table follow."""
        if self.shown is not None and 0 <= position < len(self.shown.result.trade_columns):
            self.selected_trade = position
            self.trade_selected.emit(position)

    def _remember_series(self) -> None:
        if self.series is not None:
            saved = [self.series.symbol, str(self.series.timeframe), self.series.source]
            self.services.settings.set(_SERIES_KEY, saved)

    def _last_series(self) -> SeriesKey | None:
        saved = self.services.settings.get(_SERIES_KEY)
        if not isinstance(saved, list) or len(saved) != 3:
            return None
        symbol, timeframe, source = map(str, saved)
        try:
            return SeriesKey(symbol, Timeframe.parse(timeframe), source)
        except InputError:
            return None
