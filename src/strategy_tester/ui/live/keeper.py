"""Candles that close while charts are live are stored from time to time, by request and with their coverage.

What the stream tells is seen at once; what is kept is what the exchange answers when it is asked for closed candles,
as in every download. So the store has one truth, and its coverage stays true whatever a stream leaves out.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.market_events import Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.i18n import tr

if TYPE_CHECKING:
    from strategy_tester.services.context import Services
    from strategy_tester.ui.job_bridge import JobBridge
    from strategy_tester.ui.view_context import ViewContext
    from strategy_tester.ui.workbench import Workbench

BATCH_MS = 120_000
"""Closed candles wait so long for others: one job, and one request for each series."""
ROUND_WAITS_S = (2.0,)
"""A page that fails is asked for once more; then it is left to the next batch."""


class LiveKeeper(QObject):
    """Stores what has closed since the last batch. Never for a practice exchange: whoever notes a series sees to it.

    Args:
        services: Sources and stores.
        jobs: Asks and stores on a worker thread.
        workbench: Is told that more is stored.
        parent: Qt's parent.
    """

    def __init__(
        self, services: "Services", jobs: "JobBridge", workbench: "Workbench", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._services, self._jobs, self._workbench = services, jobs, workbench
        self._due: dict[SeriesKey, Market] = {}
        self._is_storing = False
        self.timer = QTimer(self, singleShot=True, interval=BATCH_MS)
        self.timer.timeout.connect(self.store)

    @classmethod
    def of(cls, context: "ViewContext") -> "LiveKeeper":
        """The program's keeper; made at the first use."""
        found = context.live.findChild(cls)
        return found or cls(context.services, context.jobs, context.workbench, context.live)

    def note(self, market: Market, timeframe: Timeframe) -> None:
        """A candle of a stored series has closed."""
        self._due[SeriesKey(market.symbol, timeframe, market.source)] = market
        if not self.timer.isActive():
            self.timer.start()

    def store(self) -> None:
        """Store now what was noted."""
        if self._is_storing or not self._due:
            return
        due, self._due = self._due, {}
        services = self._services
        self._is_storing = True
        self._jobs.start(
            tr("Storing live candles"),
            lambda checkpoint: store_closed(services, due, checkpoint),
            on_done=self._take_stored,
            on_failed=self._fail,
            on_cancelled=self._rest,
            group=f"live-keeper-{id(self)}",
            is_quiet=True,
        )

    def _take_stored(self, has_more: bool) -> None:  # noqa: FBT001  the job's answer
        self._rest()
        if has_more:
            self._workbench.candles.forget()
            self._workbench.refresh_stored()

    def _fail(self, error: BaseException) -> None:
        self._rest()
        if not isinstance(error, ExchangeError):  # the connection's own words tell of the exchange; the next batch asks
            self._workbench.stored_failed.emit(error)

    def _rest(self) -> None:
        self._is_storing = False
        if self._due:
            self.timer.start()


def store_closed(services: "Services", due: dict[SeriesKey, Market], checkpoint: Checkpoint) -> bool:
    """Bring stored series from their last candle up to the last closed one. Blocks: for jobs.

    Returns:
        Whether there were any.

    Raises:
        ExchangeError: an exchange cannot be asked.
        StorageError: the database could not take it.
    """
    from strategy_tester.services.download_history import download_candles
    from strategy_tester.services.market_history import WantedSeries

    stored = {item.key: item.last_open_ms for item in services.candles.series()}
    wanted: dict[str, list[WantedSeries]] = {}
    for key, market in due.items():
        if key in stored:  # it may have been deleted meanwhile
            wanted.setdefault(market.exchange, []).append(WantedSeries(market, key.timeframe, stored[key]))
    has_more = False
    for exchange, series in wanted.items():
        source: MarketSource = services.sources(exchange)
        outcomes = download_candles(
            series, source, services.candles, services.history, checkpoint, round_waits_s=ROUND_WAITS_S
        )
        has_more = has_more or any(outcome.added or outcome.replaced for outcome in outcomes)
    return has_more
