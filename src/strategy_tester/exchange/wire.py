"""What the stream hub must know of an exchange's sockets: addresses, requests, and how to read a message."""

from dataclasses import dataclass, field
from typing import Protocol

from strategy_tester.domain.market_events import Market, MarketEvent
from strategy_tester.services.market_source import Topic


@dataclass(frozen=True, slots=True)
class TickerChange:
    """Fields of a ticker that a message holds; the hub keeps the others.

    Attributes:
        needs_snapshot: Whether it says nothing before a snapshot has come; an exchange may know no snapshots.
    """

    market: Market
    is_snapshot: bool
    changes: dict[str, float | int]
    time_ms: int
    needs_snapshot: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A message, understood.

    Attributes:
        topic: The exchange's name of the topic; empty for answers and pongs.
        events: What it says.
        time_ms: The exchange's clock when it was sent; 0 when it does not say.
        failure: Why a subscription was refused; empty otherwise.
        refused: The topics of the request that was refused; one of them may be the only reason.
        odd: Parts of the message that could not be understood and were left out.
    """

    topic: str = ""
    events: list[MarketEvent | TickerChange] = field(default_factory=list)
    time_ms: int = 0
    failure: str = ""
    refused: tuple[str, ...] = ()
    odd: int = 0


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

    def requests_book(self, topic: Topic) -> bool:
        """Whether the stream tells changes of this book only, so that the snapshot has to be requested."""
        ...

    def whole(self, topic: Topic) -> Topic:
        """The topic as the exchange offers it: what it was left to decide filled in, what it ignores left out."""
        ...

    def route(self, topic: Topic) -> str:
        """Which of the exchange's addresses tells a topic; each is a connection of its own."""
        ...

    def url(self, route: str) -> str:
        """Where the streams of a route are."""
        ...

    def topic_name(self, topic: Topic) -> str:
        """The exchange's name of a topic."""
        ...

    def sentinel(self, topic: Topic) -> Topic | None:
        """A topic of the same route that speaks at least every few seconds, so that silence means trouble."""
        ...

    def subscribe(self, route: str, names: list[str]) -> list[str]:
        """Requests to listen, as many messages as the exchange's limits ask for."""
        ...

    def unsubscribe(self, route: str, names: list[str]) -> list[str]:
        """Requests to listen no longer."""
        ...

    def ping(self) -> str:
        """A sign of life; empty when the socket's own pings are enough."""
        ...

    def read(self, text: str | bytes, route: str) -> Reading:
        """Understand a message.

        Raises:
            ValueError: it is none.
        """
        ...
