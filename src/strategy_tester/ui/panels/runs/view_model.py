"""State of the runs panel: the history, reopening, comparing two."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.results import CONFIG_PARAMETERS
from strategy_tester.services.metric_catalog import metric_infos
from strategy_tester.services.ports import RunSummary
from strategy_tester.services.run_backtest import FinishedBacktest, reopen_run
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.linking import Period
from strategy_tester.ui.panels.results.view_model import format_metric
from strategy_tester.ui.workbench import Workbench

_SETTINGS = {parameter.name: parameter for parameter in CONFIG_PARAMETERS}


@dataclass(frozen=True)
class Difference:
    """One line of a comparison; `is_different` marks what changed."""

    title: str
    first: str
    second: str
    is_different: bool


class RunsViewModel(QObject):
    """Every run that was kept."""

    rows_changed = Signal()
    comparison_changed = Signal()
    failed = Signal(object)

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.rows: list[RunSummary] = []
        self.is_loaded = False
        self.compared: tuple[RunSummary, RunSummary] | None = None
        workbench.runs_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Read the history again."""
        store = self.workbench.services.runs
        self.workbench.jobs.start(
            tr("Reading the runs"),
            lambda _checkpoint: store.list(),
            on_done=self._show,
            on_failed=self.failed.emit,
            group="run-list",
            is_quiet=True,
        )

    def reopen(self, run_id: int) -> None:
        """Put a run back on screen, as when it was made."""
        services = self.workbench.services

        def show(finished: FinishedBacktest) -> None:
            self.workbench.show_backtest(finished)

        self.workbench.jobs.start(
            tr("Opening run {number}", number=run_id),
            lambda _checkpoint: reopen_run(run_id, services.candles, services.runs),
            on_done=show,
            on_failed=self.failed.emit,
            group="reopen",
        )

    def show_period(self, run: RunSummary) -> None:
        """Move the main charts to the period of a run; which market they show stays until the run is opened."""
        period = Period(float(run.description.start_ms), float(run.description.end_ms))
        self.workbench.links.main.period_wanted.emit(period)

    def delete(self, run_ids: list[int]) -> None:
        """Forget runs."""
        store = self.workbench.services.runs
        if self.compared and {run.run_id for run in self.compared} & set(run_ids):
            self.stop_comparing()
        self.workbench.jobs.start(
            tr("Deleting runs"),
            lambda _checkpoint: store.delete(run_ids),
            on_done=lambda _count: self.refresh(),
            on_failed=self.failed.emit,
        )

    def compare(self, first: RunSummary, second: RunSummary) -> None:
        """Lay two runs side by side."""
        self.compared = (first, second)
        self.comparison_changed.emit()

    def stop_comparing(self) -> None:
        """Back to the history."""
        self.compared = None
        self.comparison_changed.emit()

    def differences(self) -> list[Difference]:
        """Settings and metrics of the two compared runs."""
        if self.compared is None:
            return []
        first, second = self.compared
        lines = [_line(title, one, two) for title, one, two in _descriptions(first, second)]
        for info in metric_infos():
            one, two = (run.metrics.get(info.name) for run in (first, second))
            if one is not None and two is not None:
                lines.append(_line(info.title, format_metric(info, one), format_metric(info, two)))
        return lines

    def _show(self, rows: list[RunSummary]) -> None:
        self.rows = rows
        self.is_loaded = True
        self.rows_changed.emit()


def _line(title: str, first: Any, second: Any) -> Difference:
    one, two = str(first), str(second)
    return Difference(tr(title), one, two, one != two)


def _descriptions(first: RunSummary, second: RunSummary) -> list[tuple[str, Any, Any]]:
    one, two = first.description, second.description
    lines: list[tuple[str, Any, Any]] = [
        ("Strategy", one.strategy_name, two.strategy_name),
        ("Market", one.series, two.series),
        ("Data seen (hash)", one.data_hash[:12], two.data_hash[:12]),
        ("Program version", one.engine_version, two.engine_version),
    ]
    lines += [
        (_setting_title(name), _setting_text(name, value), _setting_text(name, two.config.get(name)))
        for name, value in one.config.items()
    ]
    flat_one, flat_two = _flat(one.strategy), _flat(two.strategy)
    places = dict.fromkeys([*flat_one, *flat_two])
    changed = [place for place in places if flat_one.get(place) != flat_two.get(place)]
    return lines + [(place, flat_one.get(place, ""), flat_two.get(place, "")) for place in changed]


def _setting_title(name: str) -> str:
    parameter = _SETTINGS.get(name)
    return parameter.label if parameter is not None else name


def _setting_text(name: str, value: Any) -> str:
    """A setting as its form shows it: rates in percent, with the unit."""
    parameter = _SETTINGS.get(name)
    if value is None:
        return numbers.DASH
    if parameter is None or isinstance(value, str | bool):
        return str(value)
    if name.endswith("_rate"):
        return f"{value * 100:.12g}{numbers.THIN_SPACE}%"
    return f"{value:.12g}{numbers.THIN_SPACE}{tr(parameter.unit)}" if parameter.unit else f"{value:.12g}"


def _flat(value: Any, place: str = "") -> dict[str, Any]:
    """Every leaf of a JSON value under its path."""
    if isinstance(value, dict):
        pairs = [(f"{place}.{key}" if place else str(key), child) for key, child in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{place}[{number}]", child) for number, child in enumerate(value)]
    else:
        return {place: value}
    leaves: dict[str, Any] = {}
    for path, child in pairs:
        leaves |= _flat(child, path)
    return leaves
