"""What the panels share: the chosen market, strategy, run and trade. Panels talk to it, never to each other."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from strategy_tester.services import data_catalog
from strategy_tester.services.context import Services
from strategy_tester.services.derived_series import source_of
from strategy_tester.services.jobs import Job, JobState
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.services.run_backtest import FinishedBacktest
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.job_bridge import JobBridge
from strategy_tester.ui.linking import LinkGroups, series_from_json, series_to_json
from strategy_tester.ui.shared_candles import SharedCandles

_SERIES_KEY = "workbench.series"


class Workbench(QObject):
    """State of one window that more than one panel needs. No widgets."""

    series_selected = Signal(object)
    """A SeriesKey was chosen for backtests, or None: always one that is stored."""
    strategy_changed = Signal(object)
    """The strategy to be tested, a strategy file's content as a dict."""
    backtest_shown = Signal(object)
    """A FinishedBacktest is what chart, results and trades show now."""
    trade_selected = Signal(int)
    """Position of a trade in the shown backtest."""
    data_changed = Signal()
    """Stored candles were added or removed."""
    stored_changed = Signal()
    """The list of stored series was read."""
    stored_failed = Signal(object)
    """The list of stored series could not be read: the exception."""
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
        self.links = LinkGroups(self)
        """Panels joined by colors; the main group's series is the one that backtests use, as long as it is stored."""
        self.stored: list[SeriesSummary] = []
        """What is stored, as read last by `refresh_stored`."""
        self.candles = SharedCandles(services.candles)
        """Candles as charts read them: one copy however many charts show them."""
        self.live_series: Callable[[str, str], list[SeriesKey]] = lambda _symbol, _source: []
        """Series of a symbol and source that the exchange listened to can tell, stored or not."""
        self.live_markets: Callable[[], list[tuple[str, str]]] = list
        """(symbol, source) of live markets to choose from beside what is stored."""
        self._list_job: Job[list[SeriesSummary]] | None = None
        self.links.main.series_changed.connect(self._take_main_series)
        self.data_changed.connect(self.candles.forget)

    def select_series(self, series: SeriesKey | None) -> None:
        """Choose the market that the main charts and backtests use; it is stored."""
        if series is not None:
            self.links.stored.add(series)
        self._use_series(series)
        self.links.main.select(series)

    def keep_series_among(self, stored: Sequence[SeriesKey]) -> None:
        """Choose among what is stored, unless that is so already: the series of the last time, else the first."""
        self.links.know(stored)
        if self.series in stored:
            return
        shown = self.links.main.series
        source = source_of(stored, shown) if shown is not None and shown not in stored else None
        last = series_from_json(self.services.settings.get(_SERIES_KEY))
        if shown in stored:
            self.select_series(shown)
        elif source is not None:
            # The charts were left with derived candles: they stay, backtests use stored ones.
            self._use_series(last if last in stored else source)
        elif shown is not None and self.live_series(shown.symbol, shown.source):
            # A live market of which nothing is stored stays on the charts.
            self._use_series(last if last in stored else next(iter(stored), None))
        else:
            self.select_series(last if last in stored else next(iter(stored), None))

    def refresh_stored(self) -> None:
        """Read the list of stored series again; a reading that has not begun yet will do."""
        if self._list_job is not None and self._list_job.state is JobState.PENDING:
            return
        store = self.services.candles
        self._list_job = self.jobs.start(
            tr("Reading the list of data"),
            lambda _checkpoint: data_catalog.list_series(store),
            on_done=self._take_stored,
            on_failed=self.stored_failed.emit,
            group="stored-series",
            is_quiet=True,
        )

    def set_strategy(self, content: dict[str, Any] | None) -> None:
        """Choose what will be tested."""
        if content != self.strategy:
            self.strategy = content
            self.strategy_changed.emit(content)

    def show_backtest(self, finished: FinishedBacktest) -> None:
        """Put a finished or reopened backtest on screen."""
        self.shown = finished
        self.selected_trade = -1
        series = finished.request.series
        self.series = series
        self._remember_series()
        self.links.stored.add(series)
        self.links.main.select(series)
        self.series_selected.emit(series)
        self.backtest_shown.emit(finished)

    def select_trade(self, position: int) -> None:
        """Choose a trade of the shown backtest; chart and table follow."""
        if self.shown is not None and 0 <= position < len(self.shown.result.trade_columns):
            self.selected_trade = position
            self.trade_selected.emit(position)

    def _take_main_series(self, origin: object, series: SeriesKey | None) -> None:
        """A chart of the main group chose a series: backtests use it if it is stored."""
        if origin is not None and series is not None and series in self.links.stored:
            self._use_series(series)

    def _use_series(self, series: SeriesKey | None) -> None:
        if series != self.series:
            self.series = series
            self._remember_series()
            self.series_selected.emit(series)

    def _take_stored(self, summaries: list[SeriesSummary]) -> None:
        self.stored = summaries
        self.keep_series_among([item.key for item in summaries])
        self.stored_changed.emit()

    def _remember_series(self) -> None:
        if self.series is not None:
            self.services.settings.set(_SERIES_KEY, series_to_json(self.series))
