"""The live desk of a window: which exchange the user listens to, and everybody's wishes to be told.

Nothing connects anywhere unless the user chose an exchange. Panels speak to the desk only; they need not care whether
the exchange is changed, begins anew on another port, or is not there yet.
"""

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from strategy_tester.domain.errors import InvalidParameter, StrategyTesterError
from strategy_tester.domain.market_events import Category, Market, StreamHealth, StreamState, Ticker
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.live_markets import LiveMarkets, OnChanges, PracticePlan, PracticeState
from strategy_tester.services.market_source import Listener, MarketSource, Subscription, Topic, TopicKind
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.live.recent import first_candles

if TYPE_CHECKING:
    from strategy_tester.domain.candles import Candles
    from strategy_tester.domain.order_book import OrderBook
    from strategy_tester.services.context import Services
    from strategy_tester.services.jobs import Checkpoint, Job
    from strategy_tester.services.ports import SettingsStore
    from strategy_tester.ui.job_bridge import JobBridge

OFF, PRACTICE = "off", "practice"
EXCHANGES = {
    OFF: mark("Offline"),
    "bybit": mark("Bybit"),
    "bybit-testnet": mark("Bybit testnet"),
    "binance": mark("Binance"),
    PRACTICE: mark("Practice exchange"),
}
"""What the user can listen to, with its title."""
_EXCHANGE_KEY = "live.exchange"
_TICK_MS = 500


class _Wish:
    """Somebody's wish to hear of a topic, whichever exchange is chosen."""

    def __init__(self, desk: "LiveDesk", topic: Topic, listener: Listener) -> None:
        self._desk, self._topic, self._listener = desk, topic, listener
        self._held: Subscription | None = None

    def attach(self, live: LiveMarkets | None, name: str, exchange: str) -> None:
        """Listen to this exchange from now on; to none when there is no name."""
        held, self._held = self._held, None
        if held is not None:
            held.cancel()
        if live is not None and name:
            topic = replace(self._topic, market=replace(self._topic.market, exchange=exchange))
            self._held = live.subscribe(name, topic, self._listener)

    def cancel(self) -> None:
        """Listen no longer. Safe to call twice."""
        self._desk.forget(self)
        self.attach(None, "", "")


class LiveDesk(QObject):
    """Live data of the exchange that the user chose.

    Args:
        services: Live markets and sources.
        jobs: Runs what takes a moment.
        settings: Remembers the choice.
        parent: Qt's parent.
    """

    exchange_changed = Signal(str)
    """Another exchange is listened to, or the same one anew: a key of EXCHANGES. Follow your series again."""
    health_changed = Signal(object)
    """A StreamHealth: how the connection is doing; twice a second while seconds are counted in it."""
    practice_changed = Signal()
    """The practice exchange was started, stopped, or runs at another speed."""
    practice_wanted = Signal()
    """The user wants to set up a practice exchange."""
    failed = Signal(object)
    """An exchange could not be listened to, or the practice exchange not be started: the exception."""

    def __init__(
        self, services: "Services", jobs: "JobBridge", settings: "SettingsStore", parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._services, self._jobs, self._settings = services, jobs, settings
        self._exchange, self._name = OFF, ""
        self._wishes: list[_Wish] = []
        self._watch: Subscription | None = None
        self._health = StreamHealth(OFF, StreamState.CLOSED)
        self._told_s = 0.0
        self._preparing: Job[Any] | None = None
        self._starting: Job[PracticeState] | None = None
        self._ticks = QTimer(self, interval=_TICK_MS)
        self._ticks.timeout.connect(lambda: self.health_changed.emit(self.health))
        self._before_practice = OFF
        remembered = settings.get(_EXCHANGE_KEY)
        if isinstance(remembered, str) and remembered in EXCHANGES and remembered != PRACTICE:
            self._choose(remembered)

    # --- which exchange

    @property
    def exchange(self) -> str:
        """What the user chose: a key of EXCHANGES."""
        return self._exchange

    @property
    def is_on(self) -> bool:
        """Whether there is an exchange to listen to now."""
        return bool(self._name)

    @property
    def source(self) -> MarketSource | None:
        """The chosen exchange's data by request; calls block, so use it in jobs."""
        return self._services.sources(self._name) if self._name else None

    @property
    def title(self) -> str:
        """The chosen exchange's name, in the user's language."""
        return tr(EXCHANGES[self._exchange])

    def choices(self) -> list[str]:
        """What `choose` takes now."""
        return [OFF] if self._services.live is None else list(EXCHANGES)

    def choose(self, exchange: str) -> None:
        """Listen to another exchange, a key of EXCHANGES, and remember it.

        The practice exchange can be chosen while it runs. `start_practice` chooses it.
        """
        if exchange not in EXCHANGES:
            raise InvalidParameter("exchange", exchange, ", ".join(EXCHANGES))
        if exchange != PRACTICE:
            self._settings.set(_EXCHANGE_KEY, exchange)
        if exchange != self._exchange:
            self._choose(exchange)

    def reconnect(self) -> None:
        """Break the connection off and make it anew."""
        if self._name:
            self._choose(self._exchange)

    def serves(self, market: Market | None) -> bool:
        """Whether a market belongs to the chosen exchange and can be listened to."""
        return self.is_on and market is not None and market.exchange == self._exchange

    def market(self, symbol: str, category: Category = Category.LINEAR) -> Market | None:
        """A market of the chosen exchange; None while offline."""
        return Market(self._exchange, category, symbol) if self.is_on else None

    def _choose(self, exchange: str) -> None:
        self._detach()
        self._exchange = exchange
        self._preparing = None
        live = self._services.live
        if exchange == OFF or live is None:
            self._attach("")
        elif exchange == PRACTICE:
            practice = live.practice()
            self._attach(practice.name if practice is not None else "")
        elif getattr(live, "needs_loading", False):
            self._prepare(exchange)
        else:
            self._attach(exchange)

    def _prepare(self, exchange: str) -> None:
        """Load what speaks to exchanges on another thread: that takes a third of a second."""
        self._tell(StreamHealth(exchange, StreamState.CONNECTING))
        services = self._services
        job = self._jobs.start(
            tr("Preparing live data"),
            lambda _checkpoint: (services.sources(exchange), services.live and services.live.follow),
            on_done=lambda _made: self._attach(exchange) if job is self._preparing else None,
            on_failed=lambda error: self._give_up(error) if job is self._preparing else None,
            group="live-prepare",
        )
        self._preparing = job

    def _give_up(self, error: BaseException) -> None:
        self._exchange = OFF
        self._attach("")
        self.failed.emit(error)

    def _detach(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
        for wish in self._wishes:
            wish.attach(None, "", "")
        self._name = ""

    def _attach(self, name: str) -> None:
        self._name = name
        live = self._services.live
        if live is not None and name:
            try:
                for wish in list(self._wishes):
                    wish.attach(live, name, self._exchange)
                self._watch = live.watch_health(name, self._tell)
            except StrategyTesterError as error:
                self._detach()
                self._give_up(error)
                return
        else:
            self._tell(StreamHealth(self._exchange, StreamState.CLOSED))
        self.exchange_changed.emit(self._exchange)

    # --- how it is doing

    @property
    def health(self) -> StreamHealth:
        """How the connection is doing now; seconds in it count on."""
        passed_s = time.monotonic() - self._told_s
        health = self._health
        if health.state is StreamState.LOST and health.retry_in_s is not None:
            return replace(health, retry_in_s=max(health.retry_in_s - passed_s, 0.0))
        if health.state is StreamState.STALE:
            return replace(health, silent_ms=health.silent_ms + passed_s * 1000.0)
        return health

    @property
    def is_fresh(self) -> bool:
        """Whether what is shown is what the market says now."""
        return self._health.state is StreamState.LIVE

    def _tell(self, health: StreamHealth) -> None:
        self._health, self._told_s = health, time.monotonic()
        if health.state in {StreamState.STALE, StreamState.LOST}:
            self._ticks.start()
        else:
            self._ticks.stop()
        self.health_changed.emit(health)

    # --- to hear and to ask

    def subscribe(self, topic: Topic, listener: Listener) -> Subscription:
        """Hear of a topic of the chosen exchange, now and after every change of it, until cancelled.

        The exchange in the topic's market is replaced by the chosen one. The listener is called on the UI thread.
        """
        wish = _Wish(self, topic, listener)
        self._wishes.append(wish)
        if self._name:
            wish.attach(self._services.live, self._name, self._exchange)
        return wish

    def forget(self, wish: _Wish) -> None:
        """A wish was cancelled."""
        if wish in self._wishes:
            self._wishes.remove(wish)

    def follow(
        self, market: Market, timeframe: Timeframe, last_final_ms: int, on_changes: OnChanges
    ) -> Subscription | None:
        """Follow a series of the chosen exchange, see LiveMarkets.follow; None while it cannot be listened to.

        It ends with the choice: follow again when `exchange_changed` tells.
        """
        live = self._services.live
        if live is None or not self.serves(market):
            return None
        return live.follow(self._name, market, timeframe, last_final_ms, on_changes)

    def book(self, market: Market, depth: int) -> "OrderBook | None":
        """The local copy of a subscribed book; None when there is none."""
        live = self._services.live
        return live.book(self._name, market, depth) if live is not None and self.serves(market) else None

    def ticker(self, market: Market) -> Ticker | None:
        """The latest ticker of a subscribed market."""
        live = self._services.live
        return live.ticker(self._name, market) if live is not None and self.serves(market) else None

    def now_ms(self) -> int:
        """The chosen exchange's clock; this machine's while offline."""
        live = self._services.live
        if live is None or not self._name:
            return round(time.time() * 1000.0)
        if self._exchange == PRACTICE:
            # Its time runs at a speed of its own, which no offset follows.
            practice = live.practice()
            if practice is not None:
                return practice.now_ms
        return live.now_ms(self._name)

    # --- the practice exchange

    @property
    def practice(self) -> PracticeState | None:
        """The practice exchange that runs."""
        return self._services.live.practice() if self._services.live is not None else None

    @property
    def is_practice_starting(self) -> bool:
        """Whether candles for it are being loaded."""
        return self._starting is not None

    def start_practice(self, plan: PracticePlan) -> None:
        """Start the practice exchange in a job and listen to it; the one that runs is stopped first."""
        live = self._services.live
        if live is None:
            return
        if self._exchange == PRACTICE:
            self._detach()
        job = self._jobs.start(
            tr("Starting the practice exchange"),
            lambda checkpoint: self._start_practice(live, plan, checkpoint),
            on_done=self._practice_started,
            on_failed=self._practice_failed,
            on_cancelled=self._practice_ended,
            group="practice-exchange",
        )
        self._starting = job
        self.practice_changed.emit()

    def _start_practice(self, live: LiveMarkets, plan: PracticePlan, checkpoint: "Checkpoint") -> PracticeState:
        """On a worker thread, with all that the first listener would wait for on the UI thread."""
        state = live.start_practice(plan, checkpoint)
        with contextlib.suppress(StrategyTesterError):
            self._services.sources(state.name)
        return state

    def stop_practice(self) -> None:
        """End it; what was listened to before is listened to again."""
        live = self._services.live
        if live is None:
            return
        if self._exchange == PRACTICE:
            self._choose(self._before_practice)
        self._starting = None
        self._jobs.start(
            tr("Stopping the practice exchange"),
            lambda _checkpoint: live.stop_practice(),
            on_done=lambda _none: self.practice_changed.emit(),
            group="practice-exchange",
        )

    def set_practice_speed(self, speed: float) -> None:
        """Let its market time run faster or slower; 0 lets it rest."""
        if self._services.live is not None:
            self._services.live.set_practice_speed(speed)
            self.practice_changed.emit()

    def _practice_started(self, _state: PracticeState) -> None:
        self._starting = None
        if self._exchange != PRACTICE:
            self._before_practice = self._exchange
        self._choose(PRACTICE)
        self.practice_changed.emit()

    def _practice_failed(self, error: BaseException) -> None:
        self._practice_ended()
        self.failed.emit(error)

    def _practice_ended(self) -> None:
        self._starting = None
        if self._exchange == PRACTICE and self.practice is None:
            self._choose(self._before_practice)
        self.practice_changed.emit()

    # --- series

    def series_of(self, market: Market, timeframe: Timeframe) -> SeriesKey:
        """The series under which a chart shows a market; `link.select` it, stored or not."""
        return SeriesKey(market.symbol, timeframe, market.source)

    def market_of(self, series: SeriesKey | None) -> Market | None:
        """The market whose candles a series holds; None for files and the like."""
        return Market.of_source(series.source, series.symbol) if series is not None else None

    def live_series(self, symbol: str, source: str) -> list[SeriesKey]:
        """Every series of a market of the chosen exchange, finest first; none for others."""
        market = Market.of_source(source, symbol)
        if market is None or not self.serves(market):
            return []
        practice = self.practice
        if self._exchange == PRACTICE and (practice is None or market not in practice.markets):
            return []
        return [SeriesKey(symbol, timeframe, source) for timeframe in Timeframe]

    def live_markets(self) -> list[tuple[str, str]]:
        """(symbol, source) of every market of the practice exchange while it is listened to."""
        practice = self.practice if self._exchange == PRACTICE else None
        return [(market.symbol, market.source) for market in practice.markets] if practice is not None else []

    def candles_of(self, series: SeriesKey) -> "Candles | None":
        """The latest candles of a series that is not stored, asked for now; blocks, so use it in jobs.

        None when the chosen exchange does not have it.
        """
        market, source = self.market_of(series), self.source
        if market is None or source is None or not self.serves(market):
            return None
        return first_candles(source, market, series.timeframe)


def ticker_topic(market: Market) -> Topic:
    """The topic of a market's ticker."""
    return Topic(TopicKind.TICKER, market)


def trade_topic(market: Market) -> Topic:
    """The topic of a market's trades."""
    return Topic(TopicKind.TRADE, market)


def book_topic(market: Market, depth: int) -> Topic:
    """The topic of a market's order book."""
    return Topic(TopicKind.BOOK, market, depth=depth)
