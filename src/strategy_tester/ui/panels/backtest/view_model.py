"""State of the backtest panel: market, period, account, costs, and the run on its way."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.errors import InputError
from strategy_tester.domain.results import CONFIG_PARAMETERS, BacktestConfig
from strategy_tester.services import data_catalog
from strategy_tester.services.jobs import Job
from strategy_tester.services.ports import SeriesKey, SeriesSummary
from strategy_tester.services.run_backtest import BacktestRequest, FinishedBacktest, run_backtest
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.workbench import Workbench

_SETTINGS_KEY = "backtest.settings"
MAIN_PARAMETERS = (
    "initial_capital", "leverage", "position_pct", "taker_fee_rate", "maker_fee_rate", "slippage_rate", "fill",
    "intrabar",
)  # fmt: skip
"""Shown at once; the others under 'More'."""


class BacktestViewModel(QObject):
    """What will be run, and the job that runs it."""

    series_changed = Signal()
    """The list of series, or the chosen one, changed."""
    settings_changed = Signal()
    running_changed = Signal(bool)
    progressed = Signal(object)
    """The running Job made progress."""
    failed = Signal(object)
    finished = Signal(object)
    """A FinishedBacktest."""

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.summaries: list[SeriesSummary] = []
        self.start_ms: int | None = None
        self.end_ms: int | None = None
        self.use_funding = True
        self.values: dict[str, Any] = BacktestConfig().to_dict()
        self.job: Job[FinishedBacktest] | None = None
        self._last_period: dict[str, Any] = {}
        self._restore()
        workbench.data_changed.connect(self.refresh)
        workbench.series_selected.connect(self._series_selected)
        workbench.backtest_shown.connect(self._adopt)
        workbench.jobs.job_changed.connect(self._job_changed)

    @property
    def main_parameters(self) -> list[Any]:
        """Parameters of the first part of the form."""
        return [parameter for parameter in CONFIG_PARAMETERS if parameter.name in MAIN_PARAMETERS]

    @property
    def more_parameters(self) -> list[Any]:
        """Parameters of the second part of the form."""
        return [parameter for parameter in CONFIG_PARAMETERS if parameter.name not in MAIN_PARAMETERS]

    @property
    def summary(self) -> SeriesSummary | None:
        """What is stored of the chosen series."""
        return next((item for item in self.summaries if item.key == self.workbench.series), None)

    @property
    def is_running(self) -> bool:
        """Whether a run is on its way."""
        return self.job is not None and not self.job.state.is_final

    def missing_panel(self) -> str:
        """The panel where what is missing can be had; empty when nothing is."""
        if self.workbench.series is None:
            return "data" if self.summaries else "welcome"
        return "strategy" if self.workbench.strategy is None else ""

    def missing(self) -> str:
        """What still has to be chosen before a run, as a sentence; empty when nothing."""
        if self.workbench.series is None:
            return tr("Choose a market first: import a file or take the practice market.")
        if self.workbench.strategy is None:
            return tr("Choose a strategy first.")
        return ""

    def refresh(self) -> None:
        """Read the list of series again."""
        store = self.workbench.services.candles
        self.workbench.jobs.start(
            tr("Reading the list of data"),
            lambda _checkpoint: data_catalog.list_series(store),
            on_done=self._show_series,
            on_failed=self.failed.emit,
            group="backtest-series",
            is_quiet=True,
        )

    def choose_series(self, key: SeriesKey) -> None:
        """Choose what to test on; the whole period is taken."""
        self._last_period = {}
        self.start_ms = self.end_ms = None
        self.workbench.select_series(key)
        self.settings_changed.emit()

    def set_period(self, start_ms: int | None, end_ms: int | None) -> None:
        """Choose the period, UTC milliseconds, end excluded; None is 'all there is'."""
        self.start_ms, self.end_ms = start_ms, end_ms
        self._remember()
        self.settings_changed.emit()

    def set_values(self, values: dict[str, Any]) -> None:
        """Take settings from the form."""
        self.values = {**self.values, **values}
        self._remember()

    def set_use_funding(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Charge stored funding rates, or not."""
        self.use_funding = wanted
        self._remember()

    def reset(self) -> None:
        """Back to the defaults."""
        self.values = BacktestConfig().to_dict()
        self.start_ms = self.end_ms = None
        self.use_funding = True
        self._remember()
        self.settings_changed.emit()

    def request(self) -> BacktestRequest:
        """What a run would be asked now.

        Raises:
            InputError: something is missing or out of bounds.
        """
        problem = self.missing()
        if problem or self.workbench.series is None or self.workbench.strategy is None:
            raise InputError(problem)
        return BacktestRequest(
            self.workbench.series,
            self.workbench.strategy,
            BacktestConfig.from_dict(self.values),
            self.start_ms,
            self.end_ms,
            self.use_funding,
        )

    def run(self) -> None:
        """Start the run; a former one still on its way is cancelled."""
        try:
            request = self.request()
        except InputError as error:
            self.failed.emit(error)
            return
        services = self.workbench.services
        self.job = self.workbench.jobs.start(
            tr("Backtest of {name}", name=str(request.strategy.get("name", ""))),
            lambda checkpoint: run_backtest(request, services.candles, services.runs, checkpoint),
            on_done=self._done,
            on_failed=self._fail,
            on_cancelled=lambda: self.running_changed.emit(False),
            group="backtest",
        )
        self.running_changed.emit(True)

    def cancel(self) -> None:
        """Ask the run to stop."""
        if self.job is not None:
            self.job.cancel()

    def _done(self, finished: FinishedBacktest) -> None:
        self.running_changed.emit(False)
        self.workbench.show_backtest(finished)
        self.workbench.runs_changed.emit()
        self.finished.emit(finished)

    def _fail(self, error: BaseException) -> None:
        self.running_changed.emit(False)
        self.failed.emit(error)

    def _job_changed(self, job: Job[Any]) -> None:
        if job is self.job:
            self.progressed.emit(job)

    def _show_series(self, summaries: list[SeriesSummary]) -> None:
        self.summaries = summaries
        self.series_changed.emit()

    def _series_selected(self, _key: object) -> None:
        if self.workbench.shown is None or self.workbench.shown.request.series != self.workbench.series:
            self.start_ms, self.end_ms = self._period_of_last_time()
        self.series_changed.emit()

    def _adopt(self, finished: FinishedBacktest) -> None:
        """Show the settings of a reopened run, so that running again repeats it."""
        request = finished.request
        self.values = replace(request.config, funding=None).to_dict()
        self.start_ms, self.end_ms, self.use_funding = request.start_ms, request.end_ms, request.use_funding
        self.settings_changed.emit()

    def _remember(self) -> None:
        self._last_period = {"series": str(self.workbench.series), "start_ms": self.start_ms, "end_ms": self.end_ms}
        settings = {"values": self.values, "use_funding": self.use_funding, "period": self._last_period}
        self.workbench.services.settings.set(_SETTINGS_KEY, settings)

    def _period_of_last_time(self) -> tuple[int | None, int | None]:
        """The period that was last chosen for the series in hand; all there is for another one."""
        if self._last_period.get("series") != str(self.workbench.series):
            return None, None
        start_ms, end_ms = (self._last_period.get(name) for name in ("start_ms", "end_ms"))
        return (start_ms if isinstance(start_ms, int) else None, end_ms if isinstance(end_ms, int) else None)

    def _restore(self) -> None:
        saved = self.workbench.services.settings.get(_SETTINGS_KEY)
        if not isinstance(saved, dict):
            return
        try:
            self.values = BacktestConfig.from_dict(dict(saved.get("values", {}))).to_dict()
        except (InputError, TypeError, ValueError):
            return  # settings of another version: the defaults are right then
        self.use_funding = bool(saved.get("use_funding", True))
        period = saved.get("period")
        self._last_period = period if isinstance(period, dict) else {}
