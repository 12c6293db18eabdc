"""Past settlements of funding: stored ones, and what is missing of them from the exchange. Blocks: for jobs."""

from dataclasses import dataclass

from strategy_tester.domain.errors import ExchangeError
from strategy_tester.domain.market_events import Market
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import CandleStore

SETTLEMENTS = 90
"""So many are shown at most."""
USUAL_MINUTES = 480
_REAL = frozenset({"bybit", "bybit-testnet", "binance"})


@dataclass(frozen=True)
class FundingHistory:
    """Settlements, oldest first: UTC milliseconds and rates, fractions. `problem`: why the newest may be missing."""

    times: tuple[int, ...] = ()
    rates: tuple[float, ...] = ()
    problem: str = ""

    def __len__(self) -> int:
        return len(self.times)


def read_funding_history(
    store: CandleStore, source: MarketSource | None, market: Market, interval_minutes: int, now_ms: int
) -> FundingHistory:
    """The latest settlements of a market.

    Args:
        store: Where they may be stored; what a practice exchange made up is never there.
        source: The exchange; None while offline.
        market: Whose.
        interval_minutes: Time between settlements; 0 while unknown.
        now_ms: The exchange's clock.
    """
    length = (interval_minutes or USUAL_MINUTES) * 60_000
    start_ms, end_ms = now_ms - SETTLEMENTS * length, now_ms + 1
    known: dict[int, float] = {}
    if market.exchange in _REAL:
        stored = store.read_funding(market.symbol, market.source, start_ms, end_ms)
        known = dict(zip(stored.time_ms.tolist(), stored.rate.tolist(), strict=True))
    is_whole = bool(known) and min(known) <= start_ms + length
    problem = ""
    if source is not None and (not is_whole or max(known) <= now_ms - length):
        first_ms = max(known) + 1 if is_whole else start_ms
        try:
            asked = source.funding(market, first_ms, end_ms)
        except ExchangeError as error:
            problem = str(error)
        else:
            known.update(zip(asked.time_ms.tolist(), asked.rate.tolist(), strict=True))
    times = sorted(known)[-SETTLEMENTS:]
    return FundingHistory(tuple(times), tuple(known[moment] for moment in times), problem)
