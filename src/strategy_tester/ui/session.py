"""What the user is working on: the thing panels share instead of knowing each other."""

from typing import Any

from PySide6.QtCore import QObject, Signal


class Session(QObject):
    """The series, strategy and result in hand. A panel changes it, the others listen."""

    series_changed = Signal(object)
    """Another SeriesKey was chosen, or None."""
    strategy_changed = Signal(object)
    """The content (JSON object) of the strategy in hand changed, or None."""
    backtest_finished = Signal(object)
    """A FinishedBacktest, just run or reopened."""
    trade_selected = Signal(int)
    """The position of a trade in the result in hand."""
    data_changed = Signal()
    """Candles were stored or deleted."""
    strategies_changed = Signal()
    """Strategies were saved or deleted."""
    runs_changed = Signal()
    """Runs were stored or deleted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._series: Any = None
        self._strategy: dict[str, Any] | None = None
        self._finished: Any = None
        self._trade = -1

    @property
    def series(self) -> Any:
        """The SeriesKey in hand, or None."""
        return self._series

    @property
    def strategy(self) -> dict[str, Any] | None:
        """The content of the strategy in hand, or None."""
        return self._strategy

    @property
    def finished(self) -> Any:
        """The FinishedBacktest in hand, or None."""
        return self._finished

    @property
    def trade(self) -> int:
        """The selected trade's position in the result, -1 for none."""
        return self._trade

    def choose_series(self, series: Any) -> None:
        """Work on this series from now on."""
        if series != self._series:
            self._series = series
            self.series_changed.emit(series)

    def change_strategy(self, content: dict[str, Any] | None) -> None:
        """Work with this strategy from now on."""
        if content != self._strategy:
            self._strategy = content
            self.strategy_changed.emit(content)

    def show_backtest(self, finished: Any) -> None:
        """Show this result everywhere."""
        self._finished, self._trade = finished, -1
        self.backtest_finished.emit(finished)

    def select_trade(self, number: int) -> None:
        """Show this trade everywhere."""
        self._trade = number
        self.trade_selected.emit(number)
