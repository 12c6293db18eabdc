"""Live markets for whoever shows them: streams, local books, followed candles, and the practice exchange."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from strategy_tester.domain.market_events import Market, StreamHealth, Ticker
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.live_candles import CandleChange
from strategy_tester.services.market_source import Listener, Subscription, Topic

OnChanges = Callable[[list[CandleChange]], None]


@dataclass(frozen=True)
class PracticePlan:
    """How the practice exchange is to be.

    Attributes:
        symbols: Which stored symbols are traded; all when empty.
        start_ms: Market time at the start; a day before the end of the data when left out.
        speed: Market seconds in a real second, up to 1000.
        seed: Of trades and books, which are made up.
        faults: A fault script as JSON values; None for a good day.
        port: On this machine; 0 lets the system choose.
    """

    symbols: tuple[str, ...] = ()
    start_ms: int | None = None
    speed: float = 1.0
    seed: int = 7
    faults: dict[str, Any] | None = None
    port: int = 0


@dataclass(frozen=True)
class PracticeState:
    """A practice exchange that runs.

    Attributes:
        name: Under which it is reached: "practice:PORT".
        address: For other programs that speak Bybit v5.
        markets: What is traded there.
        now_ms: Market time.
        speed: Market seconds in a real second.
        is_over: Whether the data have ended.
    """

    name: str
    address: str
    markets: tuple[Market, ...] = field(default=())
    now_ms: int = 0
    speed: float = 1.0
    is_over: bool = False


class LiveMarkets(Protocol):
    """Live data of every exchange by its name, as in `Services.sources`.

    Everything but `start_practice` and `stop_practice` belongs on the thread whose event loop the streams live on, and
    returns at once; listeners are called on that thread.
    """

    def subscribe(self, name: str, topic: Topic, listener: Listener) -> Subscription:
        """Listen to a topic of an exchange; the connection is made by the first listener and ends with the last.

        Raises:
            InvalidParameter: there is no exchange of this name.
        """
        ...

    def watch_health(self, name: str, listener: Callable[[StreamHealth], None]) -> Subscription:
        """Be told how the connection to an exchange is doing, at once and whenever that changes."""
        ...

    def book(self, name: str, market: Market, depth: int) -> OrderBook | None:
        """The local copy of a subscribed book; None when nobody listens to it."""
        ...

    def ticker(self, name: str, market: Market) -> Ticker | None:
        """The latest ticker of a subscribed market."""
        ...

    def now_ms(self, name: str) -> int:
        """The exchange's clock."""
        ...

    def follow(
        self, name: str, market: Market, timeframe: Timeframe, last_final_ms: int, on_changes: OnChanges
    ) -> Subscription:
        """Follow a series: closed candles once and in order, without holes, and the one that forms."""
        ...

    def start_practice(self, plan: PracticePlan, checkpoint: Checkpoint) -> PracticeState:
        """Replay stored candles as a live exchange; the one that runs is stopped first. Blocks: call it in a job.

        Raises:
            MissingCandles: nothing is stored that could be replayed.
            InvalidParameter, InvalidSettings: the plan or its fault script is wrong.
            ExchangeError: the port is taken.
        """
        ...

    def stop_practice(self) -> None:
        """End the practice exchange. Blocks for a moment; safe to call twice."""
        ...

    def practice(self) -> PracticeState | None:
        """The practice exchange that runs."""
        ...

    def set_practice_speed(self, speed: float) -> None:
        """Let its market time run faster or slower; 0 lets it rest."""
        ...

    async def close(self) -> None:
        """End every connection and the practice exchange."""
        ...
