"""What a panel of the order book listens to: one market's book and trades, and how far they can be trusted."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.market_events import BookChange, Category, Market, PublicTrade, StreamState
from strategy_tester.domain.order_book import BookState, OrderBook
from strategy_tester.numeric import book_warm_up
from strategy_tester.services.market_source import MarketSource, Subscription
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import numbers
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.live.desk import book_topic, trade_topic
from strategy_tester.ui.live.visible import Visible

if TYPE_CHECKING:
    from strategy_tester.services.context import Services
    from strategy_tester.ui.view_context import ViewContext

BOOK_DEPTH = 200
"""Levels a side: all panels share one subscription."""
LINGER_MS = 600_000
"""A panel that goes out of sight listens on for so long: what it gathers over time has no hole after another tab."""
_WATCH_MS = 250


class FeedState(Enum):
    """How far what is shown can be trusted."""

    OFFLINE = "offline"
    NO_MARKET = "no market"
    WAITING = "waiting"
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"


WORDS = {
    FeedState.OFFLINE: mark("Offline"),
    FeedState.NO_MARKET: mark("No market"),
    FeedState.WAITING: mark("Waiting for data"),
    FeedState.LIVE: mark("Live"),
    FeedState.STALE: mark("Old data"),
    FeedState.LOST: mark("Data lost"),
}
KINDS = {FeedState.LIVE: "good", FeedState.STALE: "warn", FeedState.LOST: "danger"}
"""The color of a state; muted for all others."""


class MarketFeed(QObject):
    """Listens to the market a panel shows while somebody can see it, and for a while after.

    Args:
        context: The window's parts.
        widget: Whose sight counts.
        on_book: Told of changes of the book; None when the book is not wanted.
        on_trades: Told of trades; None when they are not wanted.
    """

    market_changed = Signal()
    """Another market, or the same one anew: everything gathered so far belongs to the past."""
    steps_known = Signal()
    """`instrument` is known from now on."""
    state_changed = Signal()

    def __init__(
        self,
        context: "ViewContext",
        widget: QWidget,
        *,
        on_book: Callable[[list[BookChange]], object] | None = None,
        on_trades: Callable[[list[PublicTrade]], object] | None = None,
    ) -> None:
        super().__init__(widget)
        self.desk = context.live
        self.instrument: Instrument | None = None
        """Steps of the market; None until they are known."""
        self.state = FeedState.OFFLINE
        self._context, self._on_book, self._on_trades = context, on_book, on_trades
        self._series: SeriesKey | None = None
        self._market: Market | None = None
        self._held: list[Subscription] = []
        self._begun_ms = 0
        self._must_guess, self._was_live = False, False
        self._watch = QTimer(self, interval=_WATCH_MS)
        self._watch.timeout.connect(self._check)
        self._linger = QTimer(self, singleShot=True, interval=LINGER_MS)
        self._linger.timeout.connect(self._end)
        self.desk.exchange_changed.connect(self._exchange_changed)
        self.desk.health_changed.connect(self._check)
        self.sight = Visible(widget, self._come, self._go)

    @property
    def market(self) -> Market | None:
        """What is shown; None while offline or without a symbol."""
        return self._market

    @property
    def is_live(self) -> bool:
        """Whether what is shown is what the market says now."""
        return self.state is FeedState.LIVE

    @property
    def is_listening(self) -> bool:
        """Whether the market is listened to."""
        return bool(self._held)

    @property
    def begun_ms(self) -> int:
        """Market time at which listening began."""
        return self._begun_ms

    @property
    def price_decimals(self) -> int:
        """Digits after the point of prices."""
        return self.instrument.price_decimals if self.instrument is not None else 2

    @property
    def size_decimals(self) -> int:
        """Digits after the point of sizes."""
        return self.instrument.quantity_decimals if self.instrument is not None else 3

    def show(self, series: SeriesKey | None) -> None:
        """Listen to the market of a series from now on."""
        if series is None or self._series is None or _place(series) != _place(self._series):
            self._series = series
            self._begin_anew()
        self._series = series

    def book(self) -> OrderBook | None:
        """The local book; it may be unusable."""
        return self.desk.book(self._market, BOOK_DEPTH) if self._market is not None else None

    def usable_book(self) -> OrderBook | None:
        """The local book while prices may be read from it and the steps are known."""
        book = self.book()
        return book if book is not None and book.is_usable and self.instrument is not None else None

    def words(self) -> str:
        """The state in words, with the reason if there is one."""
        is_preparing = self.state is FeedState.WAITING and self.instrument is None and not self._must_guess
        text = tr("Preparing the order book") if is_preparing else tr(WORDS[self.state])
        health = self.desk.health
        if self.state is FeedState.STALE:
            text += " · " + numbers.format_duration(health.silent_ms)
        if self.state is FeedState.LOST:
            is_cut = health.state in {StreamState.LOST, StreamState.CONNECTING}
            text += " · " + (tr("reconnecting") if is_cut else tr("fetching the book anew"))
        return text

    def _come(self) -> None:
        self._linger.stop()
        self._watch.start()
        if not self._held:
            self._begin_anew()
        self._check()

    def _go(self) -> None:
        self._watch.stop()
        self._linger.start()

    def _end(self) -> None:
        held, self._held = self._held, []
        for subscription in held:
            subscription.cancel()

    def shut_down(self) -> None:
        """The panel is about to be deleted."""
        self._watch.stop()
        self._linger.stop()
        self._end()

    def _exchange_changed(self, _exchange: str) -> None:
        self.instrument = None  # another practice exchange may trade the same symbol in other steps
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._end()
        market, self._was_live = self._wanted_market(), False
        if market != self._market:
            self.instrument = None
        self._market = market
        self._begun_ms = self.desk.now_ms()
        self.market_changed.emit()
        if market is not None and (self.sight.is_shown or self._linger.isActive()):
            self._find_steps(market)
            if self._on_trades is not None:
                self._held.append(self.desk.subscribe(trade_topic(market), self._hear_trades))
            if self._on_book is not None:
                self._held.append(self.desk.subscribe(book_topic(market, BOOK_DEPTH), self._hear_book))
        self._check()

    def _wanted_market(self) -> Market | None:
        series = self._series
        if series is None:
            return None
        own = self.desk.market_of(series)
        return self.desk.market(series.symbol, own.category if own is not None else Category.LINEAR)

    def _hear_book(self, events: list[Any]) -> None:
        if self.instrument is None:
            return
        if self.state is not FeedState.LIVE:
            self._check()
        if self._on_book is not None:
            self._on_book(events)

    def _hear_trades(self, events: list[Any]) -> None:
        if self._on_trades is not None:
            self._on_trades(events)

    def _take_steps(self, instrument: Instrument | None) -> None:
        if instrument is not None:
            self.instrument, self._must_guess = instrument, False
            self.steps_known.emit()
        self._check()

    def _check(self, _health: object = None) -> None:
        if self._must_guess and self.instrument is None and self._market is not None:
            book = self.book()
            if book is not None and book.is_usable:
                self._take_steps(guessed_instrument(self._market.symbol, book))
                return
        state = self._state_now()
        self._was_live = self._was_live or state is FeedState.LIVE
        if state is FeedState.WAITING and self._was_live:
            state = FeedState.LOST  # what is on the screen is old, whatever is being done about it
        if state is not self.state or state in {FeedState.STALE, FeedState.LOST}:
            self.state = state
            self.state_changed.emit()

    def _state_now(self) -> FeedState:
        if not self.desk.is_on:
            return FeedState.OFFLINE
        if self._market is None:
            return FeedState.NO_MARKET
        stream = self.desk.health.state
        if stream in {StreamState.STALE, StreamState.LOST}:
            return FeedState.STALE if stream is StreamState.STALE else FeedState.LOST
        if stream is not StreamState.LIVE or self.instrument is None:
            return FeedState.WAITING
        if self._on_book is None:
            return FeedState.LIVE
        book = self.book()
        if book is None or book.state is BookState.WAITING:
            return FeedState.WAITING
        return FeedState.LIVE if book.is_usable else FeedState.LOST

    def _find_steps(self, market: Market) -> None:
        if self.instrument is not None:
            return
        services, source = self._context.services, self.desk.source

        def done(instrument: Instrument | None) -> None:
            if isValid(self) and self._market == market:
                self._must_guess = instrument is None
                self._take_steps(instrument)

        self._context.jobs.start(
            tr("Preparing the order book"),
            lambda _checkpoint: _prepare(services, source, market),
            on_done=done,
            on_failed=lambda _error: done(None),
            is_quiet=True,
        )


def _prepare(services: "Services", source: MarketSource | None, market: Market) -> Instrument | None:
    """Steps of a market, and kernels that are compiled: nothing is painted before both are there."""
    book_warm_up.run()
    return find_instrument(services, source, market)


def find_instrument(services: "Services", source: MarketSource | None, market: Market) -> Instrument | None:
    """Steps of a market: as stored, else as its exchange lists it. Blocks: call it in a job."""
    if market.exchange != "practice":
        dated = services.history.listing(market.symbol, market.source)
        if dated is not None:
            return dated.listing.instrument
        stored = services.candles.instrument(market.symbol, market.source)
        if stored is not None:
            return stored
    if source is None:
        return None
    try:
        listings = source.listings(market.category)
    except StrategyTesterError:
        return None
    return next((one.instrument for one in listings if one.market.symbol == market.symbol), None)


def guessed_instrument(symbol: str, book: OrderBook) -> Instrument:
    """Steps that fit a book when nobody knows the real ones: the finest decimals in it, so that no level is hidden."""
    levels = book.bids() + book.asks()
    tick = _finest(price for price, _ in levels)
    step = _finest(size for _, size in levels)
    return Instrument(symbol, tick, step, step)


def _finest(values: Iterable[float]) -> float:
    decimals = max((len(f"{value:.10f}".rstrip("0").partition(".")[2]) for value in values), default=2)
    return round(10.0**-decimals, 10)


def _place(series: SeriesKey) -> tuple[str, str]:
    return series.symbol, series.source
