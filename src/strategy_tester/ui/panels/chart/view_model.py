"""State of the chart panel: which market, its candles, the strategy's lines, the trades of the shown backtest."""

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.candles import Candles
from strategy_tester.services import data_catalog
from strategy_tester.services.jobs import Job
from strategy_tester.services.load_chart import ChartLine, chart_lines
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.services.run_backtest import FinishedBacktest
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.workbench import Workbench


class ChartViewModel(QObject):
    """What the chart shows."""

    candles_changed = Signal()
    lines_changed = Signal()
    series_changed = Signal()
    trade_wanted = Signal(int)
    loading_started = Signal()
    """Candles are being read; what is shown stays until they are there."""
    failed = Signal(object)

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.summaries: list[SeriesSummary] = []
        self.candles: Candles | None = None
        self.lines: list[ChartLine] = []
        self.finished: FinishedBacktest | None = None
        self.is_loading = True
        """Whether candles may still come: the list of series, or a series, is being read."""
        self._read: Job[Candles] | None = None
        self._shown_summary: SeriesSummary | None = None
        workbench.data_changed.connect(self.refresh)
        workbench.series_selected.connect(self._series_selected)
        workbench.backtest_shown.connect(self._show_backtest)
        workbench.strategy_changed.connect(lambda _content: self._load_lines())
        workbench.trade_selected.connect(self.trade_wanted)

    def refresh(self) -> None:
        """Read the list of series again."""
        store = self.workbench.services.candles
        self.workbench.jobs.start(
            tr("Reading the list of data"),
            lambda _checkpoint: data_catalog.list_series(store),
            on_done=self._show_series,
            on_failed=self._fail,
            group="chart-series",
        )

    def markets(self) -> list[tuple[str, str]]:
        """(symbol, source) of everything stored."""
        return list(dict.fromkeys((item.key.symbol, item.key.source) for item in self.summaries))

    def timeframes(self) -> list[SeriesKey]:
        """Series of the chosen market, finest first."""
        chosen = self.workbench.series
        if chosen is None:
            return []
        market = (chosen.symbol, chosen.source)
        return sorted(item.key for item in self.summaries if (item.key.symbol, item.key.source) == market)

    def choose_market(self, symbol: str, source: str) -> None:
        """Show another market, in the same timeframe if it is stored."""
        keys = sorted(item.key for item in self.summaries if (item.key.symbol, item.key.source) == (symbol, source))
        current = self.workbench.series
        same = [key for key in keys if current is not None and key.timeframe is current.timeframe]
        if keys:
            self.workbench.select_series((same or keys)[0])

    def select_trade(self, position: int) -> None:
        """A trade was clicked on the chart."""
        self.workbench.select_trade(position)

    def _show_series(self, summaries: list[SeriesSummary]) -> None:
        self.summaries = summaries
        self.series_changed.emit()
        before = self.workbench.series
        self.workbench.keep_series_among([item.key for item in summaries])
        key = self.workbench.series
        is_told = key != before and key is not None
        if not is_told and (self.candles is None or self._has_new_candles()) and self._read is None:
            self._series_selected(key)

    def _summary(self) -> SeriesSummary | None:
        return next((item for item in self.summaries if item.key == self.workbench.series), None)

    def _has_new_candles(self) -> bool:
        """Whether the series grew since it was read; what a backtest saw stays as it was."""
        return self.finished is None and self._summary() != self._shown_summary

    def _series_selected(self, key: SeriesKey | None) -> None:
        self.series_changed.emit()
        shown = self.workbench.shown
        self._read = None
        if key is None:
            self.candles, self.lines, self.finished, self.is_loading = None, [], None, False
            self.candles_changed.emit()
            return
        if shown is not None and shown.request.series == key and len(shown.candles):
            self._show_backtest(shown)
            return
        store = self.workbench.services.candles
        self.is_loading = True
        job = self.workbench.jobs.start(
            tr("Loading {series}", series=str(key)),
            lambda _checkpoint: store.read(key),
            on_done=lambda candles: self._show_candles(job, candles),
            on_failed=self._fail,
            group="chart-candles",
        )
        self._read = job
        self.loading_started.emit()

    def _fail(self, error: BaseException) -> None:
        self.is_loading, self._read = False, None
        self.failed.emit(error)

    def _show_candles(self, job: Job[Candles], candles: Candles) -> None:
        if job is not self._read:
            return  # something else was asked for while these were read
        self._read, self.is_loading, self._shown_summary = None, False, self._summary()
        self.candles, self.lines, self.finished = candles, [], None
        self.candles_changed.emit()
        self._load_lines()

    def _load_lines(self) -> None:
        content, candles = self.workbench.strategy, self.candles
        if content is None or candles is None or not len(candles):
            return
        if self.finished is not None and self.finished.request.strategy == content:
            return
        self.workbench.jobs.start(
            tr("Computing indicators"),
            lambda _checkpoint: (candles, chart_lines(content, candles)),
            on_done=self._show_lines,
            on_failed=self.failed.emit,
            group="chart-lines",
        )

    def _show_lines(self, found: tuple[Candles, list[ChartLine]]) -> None:
        candles, lines = found
        if candles is self.candles:
            self.lines = lines
            self.lines_changed.emit()

    def _show_backtest(self, finished: FinishedBacktest) -> None:
        if self.finished is finished:
            return
        self.finished = finished
        self._read, self.is_loading = None, False
        self.candles, self.lines = finished.candles, finished.lines
        self.candles_changed.emit()
