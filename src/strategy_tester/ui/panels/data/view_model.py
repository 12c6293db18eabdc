"""State of the data panel: what is stored and known of it, what is being done with it, an import on its way."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.services import data_catalog, practice_market
from strategy_tester.services.coverage_repair import keep_only_latest
from strategy_tester.services.import_candles import ImportOptions, ImportPreview, preview_file, store_preview
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.market_history import SeriesOutcome, market_of
from strategy_tester.services.ports import SeriesKey, SeriesSummary, WriteOutcome
from strategy_tester.ui.i18n import plural, tr
from strategy_tester.ui.live.desk import LiveDesk
from strategy_tester.ui.panels.data.facts import FactBook
from strategy_tester.ui.panels.data.rows import SeriesRow
from strategy_tester.ui.panels.data.updated import UpdatedBook
from strategy_tester.ui.panels.data.updates import AutoUpdates, outcome_words
from strategy_tester.ui.panels.download.queue import DownloadQueue, Task, TaskState
from strategy_tester.ui.panels.download.tasks import Planned, TaskMaker
from strategy_tester.ui.workbench import Workbench

_TELL_MS = 1_500
"""Charts read their candles anew whenever the data change: a hundred downloads must not make them do it each time."""


class DataViewModel(QObject):
    """Stored series, work on them, imports.

    Args:
        workbench: What the panels share.
        parent: Qt's parent.
        desk: The live desk of the window; None in tests.
    """

    rows_changed = Signal()
    """There are other rows."""
    rows_told = Signal(object)
    """Rows at these positions of `rows`, a list, changed."""
    preview_changed = Signal()
    """There is another import preview to look at, or none any more."""
    retention_counted = Signal(int, int, int)
    """For a number of days: candles that would go, and candles there are."""
    failed = Signal(object)
    """An exception to show in the panel."""
    busy_changed = Signal(bool)

    def __init__(self, workbench: Workbench, parent: QObject | None = None, desk: LiveDesk | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.rows: list[SeriesRow] = []
        self.is_loaded = False
        self.preview: ImportPreview | None = None
        self.options = ImportOptions()
        self.path: Path | None = None
        self._summaries: list[SeriesSummary] = []
        self._changed_keys: set[SeriesKey] = set()
        services, jobs = workbench.services, workbench.jobs
        self.maker = TaskMaker(services, self._practice_name)
        self.queue = DownloadQueue(jobs, services.settings, self.maker.remake, self)
        self.updates = AutoUpdates(services, jobs, self.maker, desk, self)
        self.facts = FactBook(services, jobs, parent=self)
        self._updated = UpdatedBook(services.settings)
        self._tell = QTimer(self, singleShot=True, interval=_TELL_MS)
        self._tell.timeout.connect(self._tell_changed)
        workbench.data_changed.connect(self._data_changed)
        self.queue.changed.connect(self._show_tasks)
        self.queue.task_changed.connect(lambda task: self._tell_rows([task.key]))
        self.queue.task_ended.connect(self._task_ended)
        self.queue.all_ended.connect(self._queue_ended)
        self.updates.changed.connect(self._show_pins)
        self.updates.ended.connect(self._updates_ended)
        self.facts.facts_changed.connect(self._show_facts)

    # --- the list

    def refresh(self) -> None:
        """Read the list of stored series again."""
        store = self.workbench.services.candles
        self.workbench.jobs.start(
            tr("Reading the list of data"),
            lambda _checkpoint: data_catalog.list_series(store),
            on_done=self._show_stored,
            on_failed=self.failed.emit,
            group="data-list",
            is_quiet=True,
        )

    def look(self, wanted: Sequence[SeriesKey] = ()) -> None:
        """Find out what is known of the stored series, of those wanted first."""
        self.facts.read(wanted)

    def row_of(self, key: SeriesKey) -> SeriesRow | None:
        """The row of a series."""
        return next((row for row in self.rows if row.key == key), None)

    # --- work with exchanges

    def download(self, planned: Iterable[Planned]) -> None:
        """Bring series up to what is wanted, some at once."""
        self.queue.add(self.maker.download(one) for one in planned)

    def update_now(self, rows: Iterable[SeriesRow]) -> None:
        """Bring series up to the last closed candle."""
        self.queue.add(self.maker.update(row.key) for row in rows if can_be_asked(row))

    def repair(self, rows: Iterable[SeriesRow], *, compare: bool) -> None:
        """Refill holes; with `compare` also compare with the exchange."""
        self.queue.add(self.maker.repair(row.key, compare=compare) for row in rows if can_be_asked(row))

    def cancel(self, rows: Iterable[SeriesRow]) -> None:
        """Stop work on series; what has come stays."""
        self.queue.cancel(row.task for row in rows if row.task is not None)

    def turn_pin(self, row: SeriesRow) -> None:
        """Keep a series up to date by itself, or let it rest."""
        try:
            self.updates.turn_pin(row.key)
        except StrategyTesterError as error:
            self.failed.emit(error)

    # --- retention

    def count_older(self, rows: Sequence[SeriesRow], days: int) -> None:
        """Count what `delete_older` would remove; `retention_counted` tells."""
        history = self.workbench.services.history
        limits = [(row.key, row.key.timeframe.open_of(_end(row) - days * DAY_MS), row.candles) for row in rows]

        def count(_checkpoint: Checkpoint) -> int:
            return sum(int(history.open_times(key, None, before_ms).size) for key, before_ms, _all in limits)

        whole = sum(candles for _key, _limit, candles in limits)
        self.workbench.jobs.start(
            tr("Counting old candles"),
            count,
            on_done=lambda gone: self.retention_counted.emit(days, gone, whole),
            on_failed=self.failed.emit,
            group="data-retention",
            is_quiet=True,
        )

    def delete_older(self, rows: Sequence[SeriesRow], days: int) -> None:
        """Remove candles older than some days before the last one of each series."""
        services, keys = self.workbench.services, [row.key for row in rows]

        def work(checkpoint: Checkpoint) -> int:
            removed = 0
            for done, key in enumerate(keys):
                checkpoint(done, len(keys), str(key))
                removed += keep_only_latest(key, days, services.candles, services.history)
            return removed

        def told(removed: int) -> None:
            self.workbench.message.emit(plural("{count} candle deleted|{count} candles deleted", removed))
            self._changed(keys)

        self.workbench.jobs.start(tr("Deleting data"), work, on_done=told, on_failed=self.failed.emit)

    def select(self, row: SeriesRow) -> None:
        """Make this series the one charts and backtests use."""
        self.workbench.select_series(row.key)

    def open_file(self, path: Path, options: ImportOptions | None = None) -> None:
        """Look at a file and prepare a quality report; nothing is stored yet."""
        self.path, self.options = path, options or ImportOptions()
        chosen = self.options
        self.busy_changed.emit(True)
        self.workbench.jobs.start(
            tr("Checking {file}", file=path.name),
            lambda checkpoint: preview_file(path, chosen, checkpoint),
            on_done=self._show_preview,
            on_failed=self._fail,
            on_cancelled=lambda: self.busy_changed.emit(False),
            group="import-preview",
        )

    def change_options(self, options: ImportOptions) -> None:
        """Look at the same file again under other guesses."""
        if self.path is not None:
            self.open_file(self.path, options)

    def discard_preview(self) -> None:
        """Forget the file that was looked at."""
        self.preview, self.path = None, None
        self.preview_changed.emit()

    def store(self) -> None:
        """Store the candles of the preview."""
        preview, store = self.preview, self.workbench.services.candles
        if preview is None or preview.candles is None:
            return
        self.busy_changed.emit(True)
        self.workbench.jobs.start(
            tr("Importing {file}", file=preview.path.name),
            lambda checkpoint: store_preview(preview, store, checkpoint),
            on_done=self._stored,
            on_failed=self._fail,
            on_cancelled=lambda: self.busy_changed.emit(False),
            group="import",
        )

    def add_practice_market(self) -> None:
        """Make the practice market and choose it."""
        store = self.workbench.services.candles
        self.workbench.jobs.start(
            tr("Making the practice market"),
            lambda checkpoint: practice_market.ensure_practice_market(store, checkpoint),
            on_done=self._choose,
            on_failed=self.failed.emit,
            group="practice",
        )

    def delete(self, rows: list[SeriesRow]) -> None:
        """Remove series from the database."""
        store, keys = self.workbench.services.candles, [row.key for row in rows]

        def work(checkpoint: Checkpoint) -> int:
            removed = 0
            for done, key in enumerate(keys):
                checkpoint(done, len(keys), str(key))
                removed += data_catalog.delete_series(store, key)
            return removed

        self.workbench.jobs.start(
            tr("Deleting data"), work, on_done=lambda _count: self._changed(keys), on_failed=self.failed.emit
        )
        self.queue.cancel([row.task for row in rows if row.task is not None])
        self.queue.forget([row.task for row in rows if row.task is not None])
        self.updates.unpin(keys)
        self._updated.forget(keys)
        if self.workbench.series in keys:
            self.workbench.select_series(None)

    def resample(self, row: SeriesRow, timeframe: Timeframe) -> None:
        """Store the series once more in a higher timeframe."""
        store, key = self.workbench.services.candles, row.key
        self.workbench.jobs.start(
            tr("Resampling {series} to {timeframe}", series=str(key), timeframe=str(timeframe)),
            lambda checkpoint: data_catalog.resample_series(store, key, timeframe, checkpoint),
            on_done=lambda _outcome: self._changed([SeriesKey(key.symbol, timeframe, key.source)]),
            on_failed=self.failed.emit,
        )

    def _practice_name(self) -> str:
        live = self.workbench.services.live
        practice = live.practice() if live is not None else None
        return practice.name if practice is not None else ""

    def _show_stored(self, summaries: list[SeriesSummary]) -> None:
        self._summaries = summaries
        self.is_loaded = True
        self.workbench.keep_series_among([item.key for item in summaries])
        self._show_tasks(is_new=True)

    def _show_tasks(self, *, is_new: bool = False) -> None:
        """Rows are what is stored, and what is being downloaded for the first time."""
        stored = {item.key: item for item in self._summaries}
        tasks = {task.key: task for task in self.queue.tasks}
        known = {row.key: row for row in self.rows}
        keys = sorted(stored.keys() | tasks.keys())
        changed: list[SeriesKey] = []
        rows: list[SeriesRow] = []
        pins = self.updates.pins
        for key in keys:
            row = known.get(key) or SeriesRow(key)
            before = row.summary, row.task
            row.summary, row.task = stored.get(key), tasks.get(key)
            row.facts, row.quality = self.facts.facts.get(key), self.facts.quality.get(key)
            row.pin, row.updated_ms = pins.get(key), self._updated.get(key)
            if before != (row.summary, row.task):
                changed.append(key)
            rows.append(row)
        if is_new or [row.key for row in self.rows] != keys:
            self.rows = rows
            self.rows_changed.emit()
        else:
            self._tell_rows(changed)

    def _show_facts(self, keys: Sequence[SeriesKey]) -> None:
        for row in self.rows:
            row.facts, row.quality = self.facts.facts.get(row.key), self.facts.quality.get(row.key)
        self._tell_rows(keys)

    def _show_pins(self) -> None:
        pins = self.updates.pins
        changed = [row for row in self.rows if row.pin != pins.get(row.key)]
        for row in changed:
            row.pin = pins.get(row.key)
        self._tell_rows([row.key for row in changed])

    def _tell_rows(self, keys: Sequence[SeriesKey]) -> None:
        wanted = set(keys)
        places = [place for place, row in enumerate(self.rows) if row.key in wanted]
        if places:
            self.rows_told.emit(places)

    def _task_ended(self, task: Task) -> None:
        if task.state is TaskState.DONE:
            self._updated.note([task.key])
        self._tell_rows([task.key])
        self._changed_keys.add(task.key)
        if not self._tell.isActive():
            self._tell.start()

    def _queue_ended(self, ended: Sequence[Task]) -> None:
        self._tell.stop()
        self._tell_changed()
        if len(ended) == 1:
            task = ended[0]
            self.workbench.message.emit(task.problem or task.text or f"{task.title}: {tr(task.state.value)}")
            return
        good = [task for task in ended if task.state is TaskState.DONE]
        self.workbench.message.emit(tr("{good} of {count} series are done.", good=len(good), count=len(ended)))

    def _updates_ended(self, outcomes: Sequence[SeriesOutcome]) -> None:
        good = [outcome.key for outcome in outcomes if not outcome.problem]
        self._updated.note(good)
        self._show_pins()
        self.workbench.message.emit(outcome_words(outcomes))
        if any(outcome.added or outcome.replaced for outcome in outcomes):
            self._changed([outcome.key for outcome in outcomes])

    def _tell_changed(self) -> None:
        """Series have changed: tell everybody, once for all of them."""
        if self._changed_keys:
            self.workbench.data_changed.emit()

    def _data_changed(self) -> None:
        changed, self._changed_keys = self._changed_keys, set()
        self.facts.forget(list(changed) or None)
        self.refresh()

    def _show_preview(self, preview: ImportPreview) -> None:
        self.busy_changed.emit(False)
        self.preview = preview
        self.preview_changed.emit()

    def _stored(self, outcome: WriteOutcome) -> None:
        self.busy_changed.emit(False)
        preview = self.preview
        self.discard_preview()
        self.workbench.message.emit(
            tr(
                "Import: {added} candles added, {replaced} replaced, {unchanged} were there already",
                added=outcome.added,
                replaced=outcome.replaced,
                unchanged=outcome.unchanged,
            )
        )
        self.workbench.data_changed.emit()
        if preview is not None and preview.series is not None:
            self.workbench.select_series(preview.series)

    def _choose(self, series: SeriesKey) -> None:
        self.workbench.data_changed.emit()
        self.workbench.select_series(series)

    def _changed(self, keys: Iterable[SeriesKey]) -> None:
        self._changed_keys.update(keys)
        self.workbench.data_changed.emit()

    def _fail(self, error: BaseException) -> None:
        self.busy_changed.emit(False)
        self.failed.emit(error)


def can_be_asked(row: SeriesRow) -> bool:
    """Whether there is an exchange that knows this series."""
    return row.summary is not None and market_of(row.key) is not None


def _end(row: SeriesRow) -> int:
    """End of the last stored candle, UTC milliseconds."""
    return row.key.timeframe.next_open(row.summary.last_open_ms) if row.summary is not None else 0
