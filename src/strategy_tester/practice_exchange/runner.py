"""The practice exchange inside the program: started by a plan, reached on a port of this machine."""

from strategy_tester.domain.market_events import Market
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from strategy_tester.practice_exchange.staging import stage_stored
from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.live_markets import PracticePlan, PracticeState
from strategy_tester.services.ports import CandleStore


class RunningPractice:
    """A practice exchange on a thread of its own.

    Args:
        thread: The server; running.
    """

    def __init__(self, thread: ServerThread) -> None:
        self._thread = thread
        self._markets = tuple(
            Market("practice", market.market.category, market.market.symbol) for market in thread.exchange.markets
        )

    def state(self) -> PracticeState:
        """How it is doing."""
        clock = self._thread.exchange.clock
        return PracticeState(
            f"practice:{self._thread.port}", self._thread.address, self._markets, clock.now_ms(), clock.speed,
            clock.is_over,
        )  # fmt: skip

    def set_speed(self, speed: float) -> None:
        """Market seconds in a real second from now on; 0 lets it rest."""
        self._thread.exchange.clock.set_speed(max(speed, 0.0))

    def stop(self) -> None:
        """End it; safe to call twice."""
        self._thread.stop()


def start(plan: PracticePlan, store: CandleStore, checkpoint: Checkpoint) -> RunningPractice:
    """Start a practice exchange. Blocks while candles are loaded.

    Raises:
        MissingCandles, InvalidParameter, InvalidSettings, ExchangeError: see LiveMarkets.start_practice.
    """
    faults = FaultScript.parse(plan.faults) if plan.faults is not None else None
    markets = stage_stored(store, symbols=plan.symbols, seed=plan.seed, checkpoint=checkpoint)
    exchange = PracticeExchange(markets, start_ms=plan.start_ms, speed=plan.speed, faults=faults)
    thread = ServerThread(exchange, plan.port)
    thread.start()
    return RunningPractice(thread)
