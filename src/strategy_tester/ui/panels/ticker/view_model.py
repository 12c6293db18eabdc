"""State of the ticker card: the linked market's figures, its steps, its past funding."""

from itertools import count

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.market_events import Category, Market, MarketEvent, StreamHealth, StreamState, Ticker
from strategy_tester.services.jobs import Job
from strategy_tester.services.market_source import Subscription
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.live.desk import LiveDesk, ticker_topic
from strategy_tester.ui.live.visible import OncePerFrame
from strategy_tester.ui.panels.books.feed import find_instrument
from strategy_tester.ui.panels.ticker.facts import Reading, countdown
from strategy_tester.ui.panels.ticker.funding_history import FundingHistory, read_funding_history
from strategy_tester.ui.workbench import Workbench

_SECOND_MS = 1000
_LEAST_WAIT_MS = 50
_numbers = count(1)


class TickerViewModel(QObject):
    """What the card shows.

    Args:
        workbench: Stores and jobs.
        desk: Live data of the chosen exchange.
        parent: Qt's parent.
    """

    market_changed = Signal()
    """Another market, or none."""
    figures_changed = Signal()
    """At most once a frame."""
    history_changed = Signal()
    clock_ticked = Signal()
    """Another second of the exchange's clock has begun."""

    def __init__(self, workbench: Workbench, desk: LiveDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench, self.desk = workbench, desk
        self.market: Market | None = None
        self.ticker: Ticker | None = None
        self.instrument: Instrument | None = None
        self.history = FundingHistory()
        self._series: SeriesKey | None = None
        self._is_shown = False
        self._group = f"ticker-{next(_numbers)}"
        self._wish: Subscription | None = None
        self._job: Job[tuple[Instrument | None, FundingHistory]] | None = None
        self._settlement_ms = 0
        self._has_asked = False
        self._beat = OncePerFrame(self.figures_changed.emit, self)
        self._seconds = QTimer(self, singleShot=True)
        self._seconds.timeout.connect(self._tick)
        desk.exchange_changed.connect(self._take_up)
        desk.health_changed.connect(self._take_health)

    @property
    def reading(self) -> Reading | None:
        """What facts are made of; None before the first figures."""
        if self.ticker is None:
            return None
        return Reading(self.ticker, self.instrument, self.ticker.funding_interval_minutes or 0)

    @property
    def is_doubtful(self) -> bool:
        """Whether the figures may be old."""
        return self.ticker is not None and self.desk.health.state in {
            StreamState.STALE, StreamState.LOST, StreamState.CONNECTING,
        }  # fmt: skip

    @property
    def is_unknown(self) -> bool:
        """Whether the exchange was asked for the market and does not list it."""
        # An exchange out of reach lists nothing either, which says nothing.
        has_answer = self._has_asked and self.desk.is_fresh
        return has_answer and self.instrument is None and self.ticker is None

    def countdown(self) -> str:
        """Time left to the next settlement, by the exchange's clock."""
        ticker = self.ticker
        return countdown(ticker.next_funding_ms if ticker is not None else None, self.desk.now_ms())

    def show(self, series: SeriesKey | None) -> None:
        """Show the market of a series; on the chosen exchange, whichever the series came from."""
        self._series = series
        self._take_up()

    def begin(self) -> None:
        """The card is in sight."""
        self._is_shown = True
        self._take_up()
        self._tick()

    def end(self) -> None:
        """Nobody sees it: nothing is listened to, no second is counted."""
        self._is_shown = False
        self._seconds.stop()
        self._leave()

    def close(self) -> None:
        """The panel is about to be deleted."""
        self.end()
        self._job = None

    def _wanted(self) -> Market | None:
        series = self._series
        if series is None:
            return None
        own = self.desk.market_of(series)
        return self.desk.market(series.symbol, own.category if own is not None else Category.LINEAR)

    def _take_up(self, _exchange: str = "") -> None:
        market = self._wanted()
        if market != self.market:
            self._leave()
            self._job, self._settlement_ms, self._has_asked = None, 0, False
            self.market, self.ticker, self.instrument, self.history = market, None, None, FundingHistory()
            self.market_changed.emit()
            self.history_changed.emit()
        if self._is_shown and market is not None and self._wish is None:
            self._wish = self.desk.subscribe(ticker_topic(market), self._hear)
            if self._job is None and self.instrument is None:
                self._read_facts(market)

    def _take_health(self, health: StreamHealth) -> None:
        self._beat.wish()
        is_back = health.state is StreamState.LIVE and self._wish is not None
        if is_back and self.market is not None and self.instrument is None and self._job is None:
            self._has_asked = False
            self._read_facts(self.market)

    def _leave(self) -> None:
        wish, self._wish = self._wish, None
        if wish is not None:
            wish.cancel()

    def _hear(self, events: list[MarketEvent]) -> None:
        for event in events:
            if isinstance(event, Ticker) and event.market == self.market:
                self.ticker = event
        self._beat.wish()
        next_ms = self.ticker.next_funding_ms if self.ticker is not None else None
        if next_ms and next_ms > self._settlement_ms:
            # A settlement has passed, or its time is known for the first time: the past is longer now.
            is_known, self._settlement_ms = self._settlement_ms > 0, next_ms
            if is_known and self.market is not None:
                self._read_facts(self.market)

    def _tick(self) -> None:
        if self._is_shown:
            now_ms = self.desk.now_ms()
            self._seconds.start(max(_SECOND_MS - now_ms % _SECOND_MS, _LEAST_WAIT_MS))
            self.clock_ticked.emit()

    def _read_facts(self, market: Market) -> None:
        services, source, now_ms = self.workbench.services, self.desk.source, self.desk.now_ms()
        known = self.instrument
        minutes = (self.ticker.funding_interval_minutes if self.ticker is not None else None) or 0
        has_funding = market.category is not Category.SPOT

        def work() -> tuple[Instrument | None, FundingHistory]:
            instrument = known or find_instrument(services, source, market)
            if not has_funding:
                return instrument, FundingHistory()
            return instrument, read_funding_history(services.candles, source, market, minutes, now_ms)

        job = self.workbench.jobs.start(
            tr("Reading the funding of {symbol}", symbol=market.symbol),
            lambda _checkpoint: work(),
            on_done=lambda answer: self._take_facts(job, answer),
            on_failed=lambda _error: self._take_facts(job, None),
            group=self._group,
            is_quiet=True,
        )
        self._job = job

    def _take_facts(
        self,
        job: Job[tuple[Instrument | None, FundingHistory]],
        answer: tuple[Instrument | None, FundingHistory] | None,
    ) -> None:
        """The answer; None when nobody gave one: then the exchange has not said that it lacks the market."""
        if job is self._job:
            self._job, self._has_asked = None, answer is not None
            self.instrument, self.history = answer or (self.instrument, FundingHistory())
            self.figures_changed.emit()
            self.history_changed.emit()
