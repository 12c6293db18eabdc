"""The practice exchange over real sockets, in tests: served on a thread, asked through pybit."""

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.exchange.bybit.rest import BybitRest, practice_place
from strategy_tester.exchange.bybit.source import BybitSource
from strategy_tester.exchange.guard import Limit, RequestGuard
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread

NOW_MS = START_MS + 3000 * MINUTE_MS + 30_000


def serve(*faults: dict, markets: list[StagedMarket] | None = None, **options) -> ServerThread:
    """One market of 4,000 minutes at minute 3,000 and a half, its clock nearly at rest."""
    staged = markets or [StagedMarket(listing(), minute_candles(4000), funding(400, 3_600_000 // 4))]
    script = FaultScript.parse({"faults": list(faults)})
    settings = {"start_ms": NOW_MS, "speed": 0.001, "faults": script} | options
    return ServerThread(PracticeExchange(staged, **settings))


def source_of(server: ServerThread, **options) -> BybitSource:
    """Asks a served exchange, and does not wait long before it tries again."""
    place = practice_place(server.port)
    rest = BybitRest(place, **options)
    rest.guard = RequestGuard(place.name, {"": Limit(400, 5.0)}, resync=rest._resync, first_wait_s=0.01)
    return BybitSource(rest)
