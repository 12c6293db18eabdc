"""State of the data panel: what is stored, and an import on its way."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services import data_catalog, practice_market
from strategy_tester.services.data_catalog import StoredGap
from strategy_tester.services.import_candles import ImportOptions, ImportPreview, preview_file, store_preview
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.ports import SeriesKey, SeriesSummary, WriteOutcome
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.workbench import Workbench


@dataclass(frozen=True)
class SeriesRow:
    """One stored series as the table shows it."""

    summary: SeriesSummary

    @property
    def key(self) -> SeriesKey:
        """The series."""
        return self.summary.key

    @property
    def missing(self) -> int:
        """Candles that should lie between the first and the last one but do not."""
        frame = self.key.timeframe
        if not frame.is_fixed:
            return 0
        length = self.summary.last_open_ms - self.summary.first_open_ms
        return max(0, length // frame.milliseconds + 1 - self.summary.candles)


class DataViewModel(QObject):
    """Stored series, imports, resampling."""

    rows_changed = Signal()
    preview_changed = Signal()
    """There is another import preview to look at, or none any more."""
    gaps_found = Signal(object, object)
    """SeriesKey, list of StoredGap."""
    failed = Signal(object)
    """An exception to show in the panel."""
    busy_changed = Signal(bool)

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.rows: list[SeriesRow] = []
        self.is_loaded = False
        self.preview: ImportPreview | None = None
        self.options = ImportOptions()
        self.path: Path | None = None
        workbench.data_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Read the list of stored series again."""
        store = self.workbench.services.candles
        self.workbench.jobs.start(
            tr("Reading the list of data"),
            lambda _checkpoint: data_catalog.list_series(store),
            on_done=self._show_rows,
            on_failed=self.failed.emit,
            group="data-list",
        )

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
            tr("Deleting data"), work, on_done=lambda _count: self._changed(), on_failed=self.failed.emit
        )
        if self.workbench.series in keys:
            self.workbench.select_series(None)

    def resample(self, row: SeriesRow, timeframe: Timeframe) -> None:
        """Store the series once more in a higher timeframe."""
        store, key = self.workbench.services.candles, row.key
        self.workbench.jobs.start(
            tr("Resampling {series} to {timeframe}", series=str(key), timeframe=str(timeframe)),
            lambda checkpoint: data_catalog.resample_series(store, key, timeframe, checkpoint),
            on_done=lambda _outcome: self._changed(),
            on_failed=self.failed.emit,
        )

    def find_gaps(self, row: SeriesRow) -> None:
        """List where candles are missing."""
        store, key = self.workbench.services.candles, row.key

        def show(gaps: list[StoredGap]) -> None:
            self.gaps_found.emit(key, gaps)

        self.workbench.jobs.start(
            tr("Looking for gaps"),
            lambda _checkpoint: data_catalog.series_gaps(store, key),
            on_done=show,
            on_failed=self.failed.emit,
            group="gaps",
        )

    def _show_rows(self, summaries: list[SeriesSummary]) -> None:
        self.rows = [SeriesRow(summary) for summary in summaries]
        self.is_loaded = True
        self.workbench.keep_series_among([row.key for row in self.rows])
        self.rows_changed.emit()

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

    def _changed(self) -> None:
        self.workbench.data_changed.emit()

    def _fail(self, error: BaseException) -> None:
        self.busy_changed.emit(False)
        self.failed.emit(error)
