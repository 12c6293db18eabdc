"""State of the download dialog: the form, the exchange's list, the forecast."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.listings import ListingStatus
from strategy_tester.domain.market_events import Category
from strategy_tester.services.context import Services
from strategy_tester.services.download_values import download_listings
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.live_markets import PracticeState
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.job_bridge import JobBridge
from strategy_tester.ui.panels.download.form import (
    EXCHANGES,
    Forecast,
    forecast,
    form_from_json,
    form_to_json,
    planned_series,
    problem_of,
)
from strategy_tester.ui.panels.download.symbols import ListedSymbol
from strategy_tester.ui.panels.download.tasks import PRACTICE, Planned, TaskMaker

_KEY = "data.download_form"
_PAUSE_MS = 250
STATUSES = {
    ListingStatus.PRE_LAUNCH: mark("not yet trading"),
    ListingStatus.TRADING: mark("trading"),
    ListingStatus.DELIVERING: mark("being delivered"),
    ListingStatus.CLOSED: mark("delisted"),
}


class DownloadViewModel(QObject):
    """What the dialog shows. Only `load_list` and `take_top` ask the exchange.

    Args:
        services: Stores and exchanges.
        jobs: Runs the asking.
        maker: Gives exchanges.
        parent: Qt's parent.
    """

    form_changed = Signal()
    list_changed = Signal()
    """`listed` is another list."""
    top_ready = Signal(int)
    """The list has turnovers: so many symbols may be chosen by them."""
    forecast_changed = Signal()
    """`forecast` was counted, or is unknown again."""
    busy_changed = Signal(bool)
    """The exchange is being asked for its list."""
    failed = Signal(object)
    """An exception to show in the dialog."""

    def __init__(self, services: Services, jobs: JobBridge, maker: TaskMaker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services, self._jobs, self._maker = services, jobs, maker
        self.form = form_from_json(services.settings.get(_KEY))
        if self.form.exchange not in self.exchanges:
            self.form = replace(self.form, exchange="bybit")
        self.listed: list[ListedSymbol] = []
        self.forecast: Forecast | None = None
        self._is_closed = False
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._count)

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Exchanges that can be asked now; the practice exchange only while it runs."""
        return tuple(name for name in EXCHANGES if name != PRACTICE or self._practice is not None)

    @property
    def categories(self) -> tuple[Category, ...]:
        """Kinds of markets of the chosen exchange."""
        if self.form.exchange == "binance":
            return (Category.LINEAR,)
        practice = self._practice
        if self.form.exchange == PRACTICE and practice is not None:
            return tuple(dict.fromkeys(market.category for market in practice.markets)) or (Category.LINEAR,)
        return tuple(Category)

    @property
    def problem(self) -> str:
        """Why the form cannot be downloaded, in the language in use."""
        return tr(problem_of(self.form)) if problem_of(self.form) else ""

    def change(self, **values: Any) -> None:
        """The user changed fields of the form."""
        form = replace(self.form, **values)
        if form == self.form:
            return
        is_elsewhere = (form.exchange, form.category) != (self.form.exchange, self.form.category)
        self.form = form
        if form.category not in self.categories:
            self.form = replace(form, category=self.categories[0])
        self._services.settings.set(_KEY, form_to_json(self.form))
        self.form_changed.emit()
        if is_elsewhere:
            self.read_list()
        self.forecast = None
        self.forecast_changed.emit()
        self._pause.start()

    def begin(self) -> None:
        """The dialog was opened: read what is stored of the list, and count."""
        self.read_list()
        self._pause.start()

    def close(self) -> None:
        """The dialog is gone, and this soon too: answers that are still to come are for nobody."""
        self._is_closed = True
        self._pause.stop()

    def planned(self) -> list[Planned]:
        """The tasks of the form as it is."""
        return planned_series(self.form, self.now_ms())

    def now_ms(self) -> int:
        """The clock of the chosen exchange, as well as it is known without asking."""
        practice = self._practice
        if self.form.exchange == PRACTICE and practice is not None:
            return practice.now_ms
        return round(time.time() * 1000)

    # --- the list

    def read_list(self) -> None:
        """Take what is stored of the exchange's list."""
        source, history = self.form.source, self._services.history
        self._jobs.start(
            tr("Reading the list of symbols"),
            lambda _checkpoint: [
                ListedSymbol(row.listing.market.symbol, row.listing.launch_ms, STATUSES[row.listing.status])
                for row in history.listings(source)
            ],
            on_done=self._take_list,
            on_failed=self._fail,
            group="download-list",
            is_quiet=True,
        )

    def load_list(self, top: int = 0) -> None:
        """Ask the exchange for its list and today's turnovers; choose the top ones when `top` is given."""
        form, services = self.form, self._services
        self.busy_changed.emit(True)

        def work(checkpoint: Checkpoint) -> list[ListedSymbol]:
            checkpoint(0, 2)
            source = self._maker.source(form.exchange)
            download_listings(form.category, source, services.candles, services.history)
            checkpoint(1, 2)
            turnovers = {ticker.market.symbol: ticker.turnover_24h for ticker in source.tickers(form.category)}
            return [
                ListedSymbol(
                    row.listing.market.symbol, row.listing.launch_ms, STATUSES[row.listing.status],
                    turnovers.get(row.listing.market.symbol),
                )
                for row in services.history.listings(form.source)
            ]  # fmt: skip

        def take(rows: list[ListedSymbol]) -> None:
            if not self._is_closed:
                self._take_loaded(sorted(rows, key=lambda row: (-(row.turnover or 0.0), row.symbol)), top)

        self._jobs.start(
            tr("Loading the list of symbols"),
            work,
            on_done=take,
            on_failed=self._fail,
            on_cancelled=lambda: None if self._is_closed else self.busy_changed.emit(False),
            group="download-list",
        )

    def _take_loaded(self, rows: list[ListedSymbol], top: int) -> None:
        self.busy_changed.emit(False)
        self._take_list(rows)
        if top:
            self.top_ready.emit(top)
        self._pause.start()

    def _take_list(self, rows: Sequence[ListedSymbol]) -> None:
        if self._is_closed:
            return
        self.listed = list(rows)
        self.list_changed.emit()

    def _fail(self, error: BaseException) -> None:
        if self._is_closed:
            return
        self.busy_changed.emit(False)
        self.failed.emit(error)

    # --- the forecast

    def _count(self) -> None:
        if self.problem:
            return
        planned, now_ms, services = self.planned(), self.now_ms(), self._services
        self._jobs.start(
            tr("Counting what is missing"),
            lambda checkpoint: forecast(planned, services.candles, services.history, now_ms, checkpoint),
            on_done=self._take_forecast,
            on_failed=self._fail,
            group="download-forecast",
            is_quiet=True,
        )

    def _take_forecast(self, counted: Forecast) -> None:
        if not self._is_closed and not self._pause.isActive():
            self.forecast = counted
            self.forecast_changed.emit()

    @property
    def _practice(self) -> PracticeState | None:
        live = self._services.live
        return live.practice() if live is not None else None
