"""What the stream hub must know of an exchange's sockets: addresses, requests, and how to read a message."""

from dataclasses import dataclass, field
from typing import Protocol

from strategy_tester.domain.market_events import Category, Market, MarketEvent
from strategy_tester.services.market_source import Topic


@dataclass(frozen=True, slots=True)
class TickerChange:
    """Fields of a ticker that a message holds; the hub keeps the others."""

    market: Market
    is_snapshot: bool
    changes: dict[str, float | int]
    time_ms: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A message, understood.

    Attributes:
        topic: The exchange's name of the topic; empty for answers and pongs.
        events: What it says.
        time_ms: The exchange's clock when it was sent; 0 when it does not say.
        failure: Why a subscription was refused; empty otherwise.
    """

    topic: str = ""
    events: list[MarketEvent | TickerChange] = field(default_factory=list)
    time_ms: int = 0
    failure: str = ""


class Wire(Protocol):
    """One exchange's sockets."""

    @property
    def name(self) -> str:
        """The exchange, as the user reads it."""
        ...

    @property
    def exchange(self) -> str:
        """Its short name: "bybit"."""
        ...

    @property
    def ping_every_s(self) -> float:
        """Seconds between two pings of ours."""
        ...

    def url(self, category: Category) -> str:
        """Where the streams of a category are."""
        ...

    def topic_name(self, topic: Topic) -> str:
        """The exchange's name of a topic."""
        ...

    def sentinel(self, topic: Topic) -> Topic | None:
        """A topic of the same market that speaks at least every few seconds, so that silence means trouble."""
        ...

    def subscribe(self, category: Category, names: list[str]) -> list[str]:
        """Requests to listen, as many messages as the exchange's limits ask for."""
        ...

    def unsubscribe(self, category: Category, names: list[str]) -> list[str]:
        """Requests to listen no longer."""
        ...

    def ping(self) -> str:
        """A sign of life; empty when the socket's own pings are enough."""
        ...

    def read(self, text: str | bytes, category: Category) -> Reading:
        """Understand a message.

        Raises:
            ValueError: it is none.
        """
        ...
