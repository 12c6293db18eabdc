"""What is known of the markets on one connection: books and tickers kept from changes, trades told once."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace

from strategy_tester.domain.market_events import BookChange, Market, MarketEvent, PublicTrade, Ticker
from strategy_tester.domain.order_book import BookState, OrderBook
from strategy_tester.exchange.wire import TickerChange
from strategy_tester.services.market_source import Topic, TopicKind

_KEPT_TRADES = 4096
_KEPT_CHANGES = 2000
_ANEW_EVERY_S = 1.0


class LocalCopies:
    """Books and tickers of one connection. What is not certain is not told.

    Args:
        ask_anew: Asks the exchange for a new beginning of a topic; not more often than once a second and topic.
        now_s: A clock that only goes forward.
        is_requested: Whether the snapshot of a book is requested: its changes wait for it, and every level is kept.
    """

    def __init__(
        self,
        ask_anew: Callable[[Topic], None],
        now_s: Callable[[], float],
        is_requested: Callable[[Topic], bool] = lambda _topic: False,
    ) -> None:
        self.books: dict[Topic, OrderBook] = {}
        self.tickers: dict[Market, Ticker] = {}
        self._ask_anew, self._now_s = ask_anew, now_s
        self._is_requested = is_requested
        self._asked_s: dict[Topic, float] = {}
        self._seen: dict[Topic, OrderedDict[str, None]] = {}
        self._waiting: dict[Topic, deque[BookChange]] = {}

    def begin(self, topic: Topic) -> None:
        """Somebody listens to a topic from now on; its beginning is on the way."""
        if topic.kind is TopicKind.BOOK and topic not in self.books:
            self.books[topic] = OrderBook(0 if self._is_requested(topic) else topic.depth)
        if not self._is_requested(topic):  # its first change asks for its beginning
            self._asked_s[topic] = self._now_s()

    def forget(self, topic: Topic) -> None:
        """Nobody listens to a topic any more."""
        for known in (self.books, self._asked_s, self._seen, self._waiting):
            known.pop(topic, None)
        if topic.kind is TopicKind.TICKER:
            self.tickers.pop(topic.market, None)

    def lose(self) -> None:
        """The connection is gone: what is here may be old."""
        self.lose_books()
        self.tickers.clear()
        self._waiting.clear()
        # With a new connection everything begins anew by itself; it is given the time for that.
        now = self._now_s()
        self._asked_s = {topic: now for topic in self._asked_s if not self._is_requested(topic)}

    def lose_books(self) -> None:
        """Something may have been missed: no book is to be trusted until its next beginning."""
        for book in self.books.values():
            book.lose()

    def known(self, topic: Topic) -> MarketEvent | None:
        """What a listener who comes later is told first."""
        if topic.kind is TopicKind.TICKER:
            return self.tickers.get(topic.market)
        book = self.books.get(topic)
        return _snapshot_of(book, topic) if book is not None and book.is_usable else None

    def understood(self, topic: Topic, event: MarketEvent | TickerChange) -> list[MarketEvent]:
        """What listeners are told of an event; nothing for what is old, doubled or not to be trusted."""
        if isinstance(event, TickerChange):
            ticker = self._merged(topic, event)
            return [ticker] if ticker is not None else []
        if isinstance(event, BookChange):
            return self._of_book(topic, event)
        if isinstance(event, PublicTrade):
            return [event] if self._is_new(topic, event) else []
        return [event]

    def _is_new(self, topic: Topic, trade: PublicTrade) -> bool:
        """Whether a trade was not told before: messages may come twice."""
        if not trade.trade_id:
            return True
        seen = self._seen.setdefault(topic, OrderedDict())
        if trade.trade_id in seen:
            return False
        seen[trade.trade_id] = None
        if len(seen) > _KEPT_TRADES:
            seen.popitem(last=False)
        return True

    def _merged(self, topic: Topic, change: TickerChange) -> Ticker | None:
        """The whole ticker after a change; None for a change that came before the snapshot."""
        known = self.tickers.get(change.market)
        if change.is_snapshot or (known is None and not change.needs_snapshot):
            known = Ticker(change.market, change.time_ms)
        elif known is None:
            self._anew(topic)  # the snapshot should have come first: it may be lost
            return None
        values: dict[str, object] = {**change.changes, "time_ms": change.time_ms or known.time_ms}
        ticker = replace(known, **values)  # type: ignore[arg-type]
        self.tickers[change.market] = ticker
        return ticker

    def _of_book(self, topic: Topic, change: BookChange) -> list[MarketEvent]:
        """Apply a change to the local book; nothing while it is unusable and listeners must not draw on."""
        book = self.books.get(topic)
        if book is None:
            return [change]
        if change.is_whole:
            change = replace(change, is_snapshot=True)
        before, was_usable = book.update_id, book.is_usable
        if not was_usable and not change.is_snapshot and self._is_requested(topic):
            self._waiting.setdefault(topic, deque(maxlen=_KEPT_CHANGES)).append(change)
        if book.apply(change) is not BookState.IN_SYNC:
            self._anew(topic)
            return []
        told: list[MarketEvent] = [change] if change.is_snapshot or book.update_id != before else []
        for later in self._waiting.pop(topic, ()):
            told += self._of_book(topic, later)
        return told

    def _anew(self, topic: Topic) -> None:
        now = self._now_s()
        if now - self._asked_s.get(topic, now - _ANEW_EVERY_S) >= _ANEW_EVERY_S:
            self._asked_s[topic] = now
            self._ask_anew(topic)


def _snapshot_of(book: OrderBook, topic: Topic) -> BookChange:
    return BookChange(
        topic.market, topic.depth, True, book.update_id, book.sequence, tuple(book.bids()), tuple(book.asks()),
        book.time_ms, book.time_ms,
    )  # fmt: skip
