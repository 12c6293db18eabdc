"""What an exchange must be able to do for the services: history by request, and a live stream.

Nothing here names Bybit: a second exchange fulfils the same two protocols.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.listings import Listing, RiskTier
from strategy_tester.domain.market_events import (
    BookChange,
    Category,
    Market,
    MarketEvent,
    PublicTrade,
    StreamHealth,
    Ticker,
)
from strategy_tester.domain.timeframes import Timeframe


class PriceKind(Enum):
    """Which price a candle is made of."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"
    PREMIUM = "premium"


@dataclass(frozen=True, eq=False)
class CandlePage:
    """One answer of an exchange.

    Attributes:
        candles: Ascending, unique, only those that were closed by the exchange's own clock.
        forming: The candle that was not closed yet, as a page of one; None when the range did not reach it.
        server_time_ms: The exchange's clock at the answer.
    """

    candles: Candles
    forming: Candles | None
    server_time_ms: int


@dataclass(frozen=True, eq=False)
class DatedValues:
    """A series of single values, oldest first: open interest and the like."""

    time_ms: NDArray[np.int64]
    value: NDArray[np.float64]


class MarketSource(Protocol):
    """Public data of one exchange by request and answer. Calls block and may be made from several threads.

    Every method raises ExchangeError (or one of its kinds) with a sentence for the user when the exchange refuses or
    cannot be reached; retries, waiting for the rate limit and the corrected clock are inside.
    """

    @property
    def exchange(self) -> str:
        """Its name: "bybit" or "binance"."""
        ...

    @property
    def page_limit(self) -> int:
        """Most candles that `candles` may be asked for at once."""
        ...

    def server_time_ms(self) -> int:
        """The exchange's clock."""
        ...

    def listings(self, category: Category, *, include_closed: bool = False) -> list[Listing]:
        """Every symbol of a category."""
        ...

    def candles(
        self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int, kind: PriceKind = PriceKind.LAST
    ) -> CandlePage:
        """Candles that open in start_ms..end_ms (end excluded); the range holds at most `page_limit` of them."""
        ...

    def first_candle_ms(self, market: Market, timeframe: Timeframe) -> int | None:
        """Open time of the very first candle; None when there is none."""
        ...

    def funding(self, market: Market, start_ms: int, end_ms: int) -> FundingRates:
        """Settlements in start_ms..end_ms (end excluded), all of them, however many pages that takes."""
        ...

    def open_interest(self, market: Market, timeframe: Timeframe, start_ms: int, end_ms: int) -> DatedValues:
        """Open interest in start_ms..end_ms (end excluded), all of it."""
        ...

    def risk_tiers(self, market: Market) -> list[RiskTier]:
        """Margin tiers, lowest first; empty where there are none."""
        ...

    def tickers(self, category: Category) -> list[Ticker]:
        """The latest figures of every symbol of a category."""
        ...

    def order_book(self, market: Market, depth: int) -> BookChange:
        """A snapshot of the order book."""
        ...

    def recent_trades(self, market: Market, limit: int) -> list[PublicTrade]:
        """The latest trades, oldest first."""
        ...


class TopicKind(Enum):
    """What can be subscribed to."""

    CANDLE = "candle"
    TRADE = "trade"
    BOOK = "book"
    TICKER = "ticker"
    LIQUIDATION = "liquidation"


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to listen to.

    Attributes:
        kind: What.
        market: Whose.
        timeframe: Of candles; None otherwise.
        depth: Levels a side of a book; 0 otherwise.
    """

    kind: TopicKind
    market: Market
    timeframe: Timeframe | None = None
    depth: int = 0


class Subscription(Protocol):
    """Somebody listens. The exchange is asked once however many listen, and told to stop when the last one leaves."""

    def cancel(self) -> None:
        """Listen no longer. Safe to call twice."""
        ...


Listener = Callable[[list[MarketEvent]], None]
"""Called on the stream's own thread with everything that arrived together, in order."""


class MarketStream(Protocol):
    """The live stream of one exchange. One connection per category serves everybody."""

    def subscribe(self, topic: Topic, listener: Listener) -> Subscription:
        """Listen to a topic from now on."""
        ...

    def watch_health(self, listener: Callable[[StreamHealth], None]) -> Subscription:
        """Be told how the connection is doing, at once and whenever that changes."""
        ...

    def clock_offset_ms(self) -> float:
        """What to add to this machine's clock to get the exchange's."""
        ...
