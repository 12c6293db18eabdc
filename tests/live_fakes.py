"""Live markets and an exchange by request, in memory: what panels need to be tested without any socket."""

import time
from collections.abc import Callable

import numpy as np

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import ExchangeError, StrategyTesterError
from strategy_tester.domain.listings import Listing, RiskTier
from strategy_tester.domain.market_events import (
    BookChange,
    CandleUpdate,
    Category,
    Market,
    MarketEvent,
    PublicTrade,
    StreamHealth,
    StreamState,
    Ticker,
)
from strategy_tester.domain.order_book import BookState, OrderBook
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.live_candles import LiveCandles
from strategy_tester.services.live_markets import OnChanges, PracticePlan, PracticeState
from strategy_tester.services.market_source import CandlePage, DatedValues, Listener, PriceKind, Topic, TopicKind

LINEAR = Market("bybit", Category.LINEAR, "BTCUSDT")


class MemorySubscription:
    """Cancelling it twice is safe."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel: Callable[[], None] | None = cancel

    def cancel(self) -> None:
        cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()


class MemoryLiveMarkets:
    """A `services.live_markets.LiveMarkets`: tests say what the exchange says.

    `say(name, events)` tells every listener of the events' topics; books and tickers are kept as the real one keeps
    them, and books that lose a change tell nothing until a snapshot. `be(name, state)` changes the connection's health.
    Whoever subscribes makes it LIVE, the last one to leave CLOSED, as long as `be` was not called.
    """

    def __init__(self, sources: Callable[[str], "MemoryMarketSource"] | None = None) -> None:
        self.listeners: dict[str, dict[Topic, list[Listener]]] = {}
        self.clocks: dict[str, int] = {}
        """The exchanges' clocks, UTC milliseconds; this machine's where there is none."""
        self.plan: PracticePlan | None = None
        """What the practice exchange was started with last."""
        self.practice_error: StrategyTesterError | None = None
        """Why the next start of the practice exchange fails."""
        self.is_closed = False
        self._sources = sources
        self._books: dict[tuple[str, Topic], OrderBook] = {}
        self._tickers: dict[tuple[str, Market], Ticker] = {}
        self._watchers: dict[str, list[Callable[[StreamHealth], None]]] = {}
        self._health: dict[str, StreamHealth] = {}
        self._practice: PracticeState | None = None
        self._ports = 40000

    # --- what tests do

    def say(self, name: str, events: list[MarketEvent]) -> None:
        """The exchange tells these, all in one message per topic, in order."""
        by_topic: dict[Topic, list[MarketEvent]] = {}
        for event in events:
            for topic in self._topics_of(name, event):
                if self._is_told(name, topic, event):
                    by_topic.setdefault(topic, []).append(event)
        for topic, told in by_topic.items():
            for listener in list(self.listeners.get(name, {}).get(topic, ())):
                listener(told)

    def be(self, name: str, state: StreamState, **facts) -> None:
        """The connection is in this state from now on; facts are fields of StreamHealth."""
        self._tell(name, StreamHealth(name.partition(":")[0], state, **facts))

    def topics(self, name: str) -> set[Topic]:
        """What somebody listens to."""
        return set(self.listeners.get(name, {}))

    # --- the port

    def subscribe(self, name: str, topic: Topic, listener: Listener) -> MemorySubscription:
        listeners = self.listeners.setdefault(name, {}).setdefault(topic, [])
        listeners.append(listener)
        if topic.kind is TopicKind.BOOK:
            self._books.setdefault((name, topic), OrderBook(topic.depth))
        if topic.kind is TopicKind.TICKER and (known := self._tickers.get((name, topic.market))) is not None:
            listener([known])
        if self._health_of(name).state is StreamState.CLOSED:
            self.be(name, StreamState.LIVE, latency_ms=2.0)
        return MemorySubscription(lambda: self._remove(name, topic, listener))

    def watch_health(self, name: str, listener: Callable[[StreamHealth], None]) -> MemorySubscription:
        self._watchers.setdefault(name, []).append(listener)
        listener(self._health_of(name))
        return MemorySubscription(lambda: self._watchers[name].remove(listener))

    def book(self, name: str, market: Market, depth: int) -> OrderBook | None:
        return self._books.get((name, Topic(TopicKind.BOOK, market, depth=depth)))

    def ticker(self, name: str, market: Market) -> Ticker | None:
        return self._tickers.get((name, market))

    def now_ms(self, name: str) -> int:
        return self.clocks.get(name, round(time.time() * 1000))

    def follow(
        self, name: str, market: Market, timeframe: Timeframe, last_final_ms: int, on_changes: OnChanges
    ) -> MemorySubscription:
        """As the real one, but what is missing is asked for at once and on this thread."""
        state = LiveCandles(market, timeframe, last_final_ms)

        def take(events: list[MarketEvent]) -> None:
            changes = [one for event in events if isinstance(event, CandleUpdate) for one in state.take(event)]
            missing = state.missing()
            if missing is not None and self._sources is not None:
                changes += state.take_page(self._sources(name).candles(market, timeframe, *missing), *missing)
            if changes:
                on_changes(changes)

        return self.subscribe(name, Topic(TopicKind.CANDLE, market, timeframe), take)

    def start_practice(self, plan: PracticePlan, checkpoint: Checkpoint) -> PracticeState:
        checkpoint(0, 1, "loading")
        error, self.practice_error = self.practice_error, None
        if error is not None:
            raise error
        self._ports += 1
        self.plan = plan
        markets = tuple(Market("practice", Category.LINEAR, symbol) for symbol in plan.symbols or ("BTCUSDT",))
        self._practice = PracticeState(
            f"practice:{self._ports}", f"http://127.0.0.1:{self._ports}", markets, plan.start_ms or 0, plan.speed
        )
        return self._practice

    def stop_practice(self) -> None:
        self._practice = None

    def practice(self) -> PracticeState | None:
        return self._practice

    def set_practice(self, state: PracticeState | None) -> None:
        """The practice exchange is like this from now on."""
        self._practice = state

    def set_practice_speed(self, speed: float) -> None:
        if self._practice is not None:
            old = self._practice
            self._practice = PracticeState(old.name, old.address, old.markets, old.now_ms, speed, old.is_over)

    async def close(self) -> None:
        self.is_closed = True
        self.stop_practice()

    # --- inside

    def _topics_of(self, name: str, event: MarketEvent) -> list[Topic]:
        if isinstance(event, CandleUpdate):
            return [Topic(TopicKind.CANDLE, event.market, event.timeframe)]
        if isinstance(event, BookChange):
            return [Topic(TopicKind.BOOK, event.market, depth=event.depth)]
        kinds = {PublicTrade: TopicKind.TRADE, Ticker: TopicKind.TICKER}
        return [Topic(kinds.get(type(event), TopicKind.LIQUIDATION), event.market)]

    def _is_told(self, name: str, topic: Topic, event: MarketEvent) -> bool:
        if isinstance(event, Ticker) and topic in self.topics(name):
            self._tickers[name, event.market] = event
        book = self._books.get((name, topic))
        if isinstance(event, BookChange) and book is not None:
            return book.apply(event) is BookState.IN_SYNC
        return True

    def _remove(self, name: str, topic: Topic, listener: Listener) -> None:
        listeners = self.listeners[name][topic]
        listeners.remove(listener)
        if listeners:
            return
        del self.listeners[name][topic]
        self._books.pop((name, topic), None)
        self._tickers.pop((name, topic.market), None)
        if not self.listeners[name] and self._health_of(name).state is StreamState.LIVE:
            self.be(name, StreamState.CLOSED)

    def _health_of(self, name: str) -> StreamHealth:
        return self._health.get(name, StreamHealth(name.partition(":")[0], StreamState.CLOSED))

    def _tell(self, name: str, health: StreamHealth) -> None:
        self._health[name] = health
        for watcher in list(self._watchers.get(name, ())):
            watcher(health)


class MemoryMarketSource:
    """A `services.market_source.MarketSource` over candles given to it; what is asked for is kept in `asked`.

    Args:
        series: Candles by market and timeframe, as many as the exchange will ever have.
        exchange: Its name.
        now_ms: The exchange's clock: later candles do not exist yet; a function, so that it may run.
    """

    page_limit = 200

    def __init__(
        self,
        series: dict[tuple[Market, Timeframe], Candles] | None = None,
        exchange: str = "bybit",
        now_ms: Callable[[], int] = lambda: 1 << 60,
    ) -> None:
        self.series = series or {}
        self.exchange = exchange
        self.now_ms = now_ms
        self.all_listings: list[Listing] = []
        self.all_tickers: list[Ticker] = []
        self.books: dict[Market, BookChange] = {}
        self.trades: dict[Market, list[PublicTrade]] = {}
        self.asked: list[tuple[Market, Timeframe, int, int]] = []
        self.error: ExchangeError | None = None
        """What every request fails with."""

    def server_time_ms(self) -> int:
        return self.now_ms()

    def listings(self, category: Category, *, include_closed: bool = False) -> list[Listing]:
        self._fail()
        return [listing for listing in self.all_listings if listing.market.category is category]

    def candles(
        self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int, kind: PriceKind = PriceKind.LAST
    ) -> CandlePage:
        self._fail()
        if (end_ms - start_ms) / timeframe.milliseconds > self.page_limit:
            raise AssertionError("more candles than one page holds")
        self.asked.append((market, timeframe, start_ms, end_ms))
        now = self.now_ms()
        found = self.series[market, timeframe].between(start_ms, min(end_ms, now + 1))
        closed = int(np.searchsorted(found.close_time_ms, now, side="right"))
        forming = found.rows(closed, closed + 1) if closed < len(found) else None
        return CandlePage(found.rows(0, closed), forming, now)

    def first_candle_ms(self, market: Market, timeframe: Timeframe) -> int | None:
        self._fail()
        candles = self.series.get((market, timeframe))
        return int(candles.open_time_ms[0]) if candles is not None and len(candles) else None

    def funding(self, market: Market, start_ms: int, end_ms: int) -> FundingRates:
        self._fail()
        return FundingRates(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))

    def open_interest(self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int) -> DatedValues:
        self._fail()
        return DatedValues(np.empty(0, dtype=np.int64), np.empty(0))

    def risk_tiers(self, market: Market) -> list[RiskTier]:
        self._fail()
        return []

    def tickers(self, category: Category) -> list[Ticker]:
        self._fail()
        return [ticker for ticker in self.all_tickers if ticker.market.category is category]

    def order_book(self, market: Market, depth: int) -> BookChange:
        self._fail()
        return self.books[market]

    def recent_trades(self, market: Market, limit: int) -> list[PublicTrade]:
        self._fail()
        return self.trades.get(market, [])[-limit:]

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
