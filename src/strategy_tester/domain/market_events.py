"""What a live market says: candles that form, trades, changes of the order book, tickers. Whoever says it."""

from dataclasses import dataclass
from enum import Enum

from strategy_tester.domain.timeframes import Timeframe

EXCHANGES = ("bybit", "bybit-testnet", "binance", "practice")
"""Names under which markets are known and stored. What a practice exchange tells is never called Bybit's."""
Level = tuple[float, float]
"""Price and size; a size of 0 takes the level away."""


class Category(Enum):
    """A kind of market of an exchange; the value is Bybit's name of it."""

    LINEAR = "linear"
    INVERSE = "inverse"
    SPOT = "spot"


@dataclass(frozen=True, slots=True)
class Market:
    """One symbol of one exchange.

    Attributes:
        exchange: A name of EXCHANGES.
        category: The kind of market.
        symbol: The exchange's own name, in capitals.
    """

    exchange: str
    category: Category
    symbol: str

    @property
    def source(self) -> str:
        """The name under which its candles are stored: "bybit-linear", "binance-usdm"."""
        names = {("binance", Category.LINEAR): "binance-usdm", ("binance", Category.INVERSE): "binance-coinm"}
        return names.get((self.exchange, self.category), f"{self.exchange}-{self.category.value}")

    @classmethod
    def of_source(cls, source: str, symbol: str) -> "Market | None":
        """The market whose candles are stored under a source; None for files, practice and the like."""
        exchange, _, kind = source.rpartition("-")
        kinds = {"usdm": Category.LINEAR, "coinm": Category.INVERSE}
        try:
            category = kinds.get(kind) or Category(kind)
        except ValueError:
            return None
        return cls(exchange, category, symbol) if exchange in EXCHANGES else None

    def __str__(self) -> str:
        return f"{self.symbol} ({self.source})"


@dataclass(frozen=True, slots=True)
class CandleUpdate:
    """One candle as the stream tells it. Prices in quote currency.

    Attributes:
        market: Whose.
        timeframe: Its length.
        open_time_ms: UTC milliseconds; names the candle.
        is_closed: Whether the exchange says that it is final.
        time_ms: The exchange's clock when it was said.
    """

    market: Market
    timeframe: Timeframe
    open_time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    is_closed: bool
    time_ms: int


@dataclass(frozen=True, slots=True)
class PublicTrade:
    """One trade of the market.

    Attributes:
        market: Whose.
        time_ms: UTC milliseconds of the match.
        price: Quote currency.
        quantity: Base units; US dollars for inverse contracts.
        is_buy: Whether the taker bought.
        trade_id: The exchange's own name of it.
        sequence: Cross sequence of the exchange, 0 where there is none.
    """

    market: Market
    time_ms: int
    price: float
    quantity: float
    is_buy: bool
    trade_id: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class BookChange:
    """A snapshot of the order book, or what changed since the update before.

    Attributes:
        market: Whose.
        depth: Levels a side of the subscribed book.
        is_snapshot: Whether it replaces everything.
        update_id: Rises from message to message; 1 is a snapshot after a restart of the exchange.
        sequence: Comparable between depths and with trades.
        bids: Changed levels of buyers.
        asks: Changed levels of sellers.
        time_ms: The exchange's clock when it was sent.
        engine_time_ms: The matching engine's clock; equals the time of the trades that caused it.
        previous_id: The update before this change, where the exchange tells it; None where ids rise by exactly one.
    """

    market: Market
    depth: int
    is_snapshot: bool
    update_id: int
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ms: int
    engine_time_ms: int
    previous_id: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it stands alone, whatever it is called: what begins anew at 1 replaces everything before."""
        return self.is_snapshot or self.update_id == 1


@dataclass(frozen=True, slots=True)
class Ticker:
    """The latest figures of a market; None where the exchange does not say.

    Attributes:
        market: Whose.
        time_ms: The exchange's clock of the latest change.
        change_24h_rate: Fraction of the price 24 hours ago.
        funding_rate: Estimate for the next settlement, a fraction.
        next_funding_ms: UTC milliseconds of the next settlement.
        funding_interval_minutes: Time between settlements now.
        volume_24h: Base units.
        turnover_24h: Quote currency.
        open_interest: Base units; US dollars for inverse contracts.
    """

    market: Market
    time_ms: int
    last_price: float | None = None
    mark_price: float | None = None
    index_price: float | None = None
    change_24h_rate: float | None = None
    high_24h: float | None = None
    low_24h: float | None = None
    volume_24h: float | None = None
    turnover_24h: float | None = None
    open_interest: float | None = None
    funding_rate: float | None = None
    next_funding_ms: int | None = None
    funding_interval_minutes: int | None = None
    bid_price: float | None = None
    bid_size: float | None = None
    ask_price: float | None = None
    ask_size: float | None = None


@dataclass(frozen=True, slots=True)
class Liquidation:
    """A position that was taken over by the exchange.

    Attributes:
        market: Whose.
        time_ms: UTC milliseconds.
        is_long: Whether a long was liquidated.
        quantity: Base units.
        bankruptcy_price: Quote currency.
    """

    market: Market
    time_ms: int
    is_long: bool
    quantity: float
    bankruptcy_price: float


class StreamState(Enum):
    """How a live connection is doing."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    """Connected, but nothing arrived for longer than it should take."""
    LOST = "lost"
    """Cut; the next try is planned."""
    CLOSED = "closed"
    """Nobody wants it."""


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """How the connection to one exchange is doing.

    Attributes:
        exchange: Which.
        state: See StreamState.
        latency_ms: Age of the latest message by the corrected clock; None while unknown.
        silent_ms: Time since the latest message.
        reconnects: Connections that were lost since the start.
        retry_in_s: Seconds until the next try; None when none is planned.
        reason: Why it is not live, for the user; empty while it is.
    """

    exchange: str
    state: StreamState
    latency_ms: float | None = None
    silent_ms: float = 0.0
    reconnects: int = 0
    retry_in_s: float | None = None
    reason: str = ""


MarketEvent = CandleUpdate | PublicTrade | BookChange | Ticker | Liquidation
