"""State of a chart panel: which market, its candles, the strategy's lines, the trades of the shown backtest."""

from collections.abc import Callable
from itertools import count

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.derived_series import closest_series, derived_timeframes, source_of
from strategy_tester.services.jobs import Job
from strategy_tester.services.load_chart import ChartLine, chart_lines
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.services.run_backtest import FinishedBacktest
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.linking import MAIN, PanelLink
from strategy_tester.ui.workbench import Workbench

_numbers = count(1)


class ChartViewModel(QObject):
    """What one chart shows.

    Args:
        workbench: What the panels share.
        parent: Qt's parent.
        link: The chart's color and its own series; the main group's when left out.
        first_series: Answers what to show while nothing was chosen; the tested series when left out.
    """

    candles_changed = Signal()
    lines_changed = Signal()
    series_changed = Signal()
    """Another series is asked for, or the list of what is stored has changed."""
    trade_wanted = Signal(int)
    time_wanted = Signal(object)
    """A moment (UTC milliseconds) to bring into sight."""
    loading_started = Signal()
    """Candles are being read; what is shown stays until they are there."""
    failed = Signal(object)

    def __init__(
        self,
        workbench: Workbench,
        parent: QObject | None = None,
        link: PanelLink | None = None,
        first_series: Callable[[], SeriesKey | None] | None = None,
    ) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.link = PanelLink(workbench.links, MAIN, self) if link is None else link
        self._first_series = first_series or (lambda: workbench.series)
        self.candles: Candles | None = None
        self.lines: list[ChartLine] = []
        self.finished: FinishedBacktest | None = None
        """The backtest whose candles and trades are shown; None while the chart shows another series."""
        self.is_loading = True
        """Whether candles may still come: the list of series, or a series, is being read."""
        self.is_missing = False
        """Whether the series asked for is not stored and cannot be made of what is."""
        self.is_live = False
        """Whether somebody feeds the chart: what is stored meanwhile is on it already."""
        self._is_closed = False
        self._groups = f"chart-{next(_numbers)}"
        self._read: Job[Candles | None] | None = None
        self._shown_summary: SeriesSummary | None = None
        workbench.data_changed.connect(self.refresh)
        workbench.stored_changed.connect(self._take_stored)
        workbench.stored_failed.connect(self._fail)
        workbench.backtest_shown.connect(self._backtest_shown)
        workbench.strategy_changed.connect(self._strategy_changed)
        workbench.series_selected.connect(self._tested_series_changed)
        workbench.trade_selected.connect(self._trade_selected)
        self.link.series_changed.connect(self._load)
        self.link.time_wanted.connect(self.time_wanted)

    @property
    def series(self) -> SeriesKey | None:
        """What this chart shows, or is about to."""
        return self.link.series

    @property
    def summaries(self) -> list[SeriesSummary]:
        """Everything stored."""
        return self.workbench.stored

    def refresh(self) -> None:
        """Read the list of series again."""
        self.workbench.refresh_stored()

    def reload(self) -> None:
        """Read the candles again: what they were read from is another thing now."""
        self.finished = None
        self._load(self.link.series)

    def take_newer(self, candles: Candles) -> None:
        """More is known of the series shown: the same candles, with those that closed since. Only the owner knows."""
        self.candles = candles
        self._shown_summary = None

    def close(self) -> None:
        """Nothing is read any more, and answers that are still awaited reach nobody."""
        self._is_closed = True
        self._read, self.candles, self.lines, self.finished = None, None, [], None

    # --- what can be chosen

    def markets(self) -> list[tuple[str, str]]:
        """(symbol, source) of everything stored, and of what an exchange on this machine tells."""
        stored = [(item.key.symbol, item.key.source) for item in self.summaries]
        return list(dict.fromkeys(stored + self.workbench.live_markets()))

    def timeframes(self) -> list[SeriesKey]:
        """Stored series of this chart's market, finest first."""
        if self.series is None:
            return []
        market = (self.series.symbol, self.series.source)
        return sorted(item.key for item in self.summaries if (item.key.symbol, item.key.source) == market)

    def derived(self) -> list[SeriesKey]:
        """Series of this chart's market that can be made of finer stored candles, finest first."""
        market = self.series
        if market is None:
            return []
        frames = derived_timeframes([item.key for item in self.summaries], market)
        return [SeriesKey(market.symbol, frame, market.source) for frame in frames]

    def live(self) -> list[SeriesKey]:
        """Series of this chart's market that can be had live though they are not stored, finest first."""
        if self.series is None:
            return []
        known = {*self.timeframes(), *self.derived()}
        keys = self.workbench.live_series(self.series.symbol, self.series.source)
        return [key for key in keys if key not in known]

    def choose_market(self, symbol: str, source: str) -> None:
        """Show another market, in the same timeframe or the nearest there is."""
        stored = [item.key for item in self.summaries]
        of_market = sorted(key for key in stored if (key.symbol, key.source) == (symbol, source))
        if of_market:
            frame = of_market[0].timeframe if self.series is None else self.series.timeframe
            self.link.select(closest_series(stored, SeriesKey(symbol, frame, source)))
        elif live := self.workbench.live_series(symbol, source):
            same = [key for key in live if self.series is not None and key.timeframe is self.series.timeframe]
            self.link.select((same or live)[0])

    def choose_timeframe(self, timeframe: Timeframe) -> bool:
        """Show the same market in another timeframe; False when there are no candles for it."""
        if self.series is None:
            return False
        wanted = SeriesKey(self.series.symbol, timeframe, self.series.source)
        if wanted not in [*self.timeframes(), *self.derived(), *self.live()]:
            return False
        self.link.select(wanted)
        return True

    def source_timeframe(self, key: SeriesKey) -> Timeframe | None:
        """What candles are made of that are not stored themselves; None for stored ones."""
        stored = [item.key for item in self.summaries]
        source = None if key in stored else source_of(stored, key)
        return None if source is None else source.timeframe

    def select_trade(self, position: int) -> None:
        """A trade was clicked on the chart."""
        self.workbench.select_trade(position)

    # --- the list of what is stored

    def _take_stored(self) -> None:
        first = self._first_series() if self.link.series is None else None
        if first is not None:
            self.link.select(first)
            return
        self.series_changed.emit()
        if self._read is not None:
            return
        if self.candles is None or self._has_new_candles():
            self._load(self.link.series)

    def _summary(self) -> SeriesSummary | None:
        """What is stored of the series, or of the one it is made of."""
        key = self.link.series
        known = {item.key: item for item in self.summaries}
        if key is None or key in known:
            return known.get(key) if key is not None else None
        source = source_of(known, key)
        return known[source] if source is not None else None

    def _has_new_candles(self) -> bool:
        """Whether the series grew since it was read; what a backtest saw stays as it was."""
        if self._shown_summary is None or self.is_live:
            self._shown_summary = self._summary()
            return False
        return self.finished is None and self._summary() != self._shown_summary

    # --- candles

    def _load(self, key: SeriesKey | None) -> None:
        if self._is_closed:
            return
        shown = self.workbench.shown
        self._read, self.is_missing = None, False
        if key is None:
            self.series_changed.emit()
            self._show_nothing()
            return
        if shown is not None and shown.request.series == key and len(shown.candles):
            self.series_changed.emit()
            self._show_backtest(shown)
            return
        self.is_loading = True
        shared = self.workbench.candles
        job = self.workbench.jobs.start(
            tr("Loading {series}", series=str(key)),
            lambda _checkpoint: shared.read(key),
            on_done=lambda candles: self._show_candles(job, candles),
            on_failed=lambda error: self._read_failed(job, error),
            group=f"{self._groups}-candles",
        )
        self._read = job
        self.series_changed.emit()
        self.loading_started.emit()

    def _show_nothing(self) -> None:
        self.candles, self.lines, self.finished, self.is_loading = None, [], None, False
        self._shown_summary = None
        self.candles_changed.emit()

    def _fail(self, error: BaseException) -> None:
        self.is_loading, self._read = False, None
        self.failed.emit(error)

    def _read_failed(self, job: Job[Candles | None], error: BaseException) -> None:
        if job is self._read:
            self._fail(error)

    def _show_candles(self, job: Job[Candles | None], candles: Candles | None) -> None:
        if job is not self._read:
            return  # something else was asked for while these were read
        self._read = None
        if candles is None:
            self.is_missing = True
            self._show_nothing()
            return
        self.is_loading, self._shown_summary = False, self._summary()
        self.candles, self.lines, self.finished = candles, [], None
        self.candles_changed.emit()
        self._load_lines()

    # --- lines of the strategy

    def _strategy_changed(self, _content: object) -> None:
        self._load_lines()

    def _tested_series_changed(self, series: SeriesKey | None) -> None:
        """Lines of the strategy stand only on charts of the series it is tested on."""
        if self._read is None and self.finished is None:
            if series == self.link.series:
                self._load_lines()
            elif self.lines:
                self.lines = []
                self.lines_changed.emit()

    def _load_lines(self) -> None:
        content, candles = self.workbench.strategy, self.candles
        if content is None or candles is None or not len(candles) or self.link.series != self.workbench.series:
            return
        if self.finished is not None and self.finished.request.strategy == content:
            return
        self.workbench.jobs.start(
            tr("Computing indicators"),
            lambda _checkpoint: (candles, chart_lines(content, candles)),
            on_done=self._show_lines,
            on_failed=lambda error: self._lines_failed(candles, error),
            group=f"{self._groups}-lines",
        )

    def _lines_failed(self, candles: Candles, error: BaseException) -> None:
        if candles is self.candles:
            self.failed.emit(error)

    def _show_lines(self, found: tuple[Candles, list[ChartLine]]) -> None:
        candles, lines = found
        if candles is self.candles:
            self.lines = lines
            self.lines_changed.emit()

    # --- backtests

    def _backtest_shown(self, finished: FinishedBacktest) -> None:
        if finished.request.series == self.link.series:
            self._show_backtest(finished)
        elif self.finished is not None:
            # The trades shown so far belong to a backtest that is no longer in hand.
            self._load(self.link.series)

    def _show_backtest(self, finished: FinishedBacktest) -> None:
        if self.finished is finished:
            return
        self.finished = finished
        self._read, self.is_loading, self.is_missing = None, False, False
        self.candles, self.lines = finished.candles, finished.lines
        self.candles_changed.emit()

    def _trade_selected(self, position: int) -> None:
        shown = self.workbench.shown
        if shown is None:
            return
        if self.finished is shown:
            self.trade_wanted.emit(position)
        elif self.link.is_main:
            self.time_wanted.emit(int(shown.result.trade_columns.entry_time_ms[position]))
