"""What the use-cases need from outside, gathered once at start-up and handed to the interface."""

from collections.abc import Callable
from dataclasses import dataclass

from strategy_tester.domain.errors import ExchangeError
from strategy_tester.services.jobs import JobRunner
from strategy_tester.services.live_markets import LiveMarkets
from strategy_tester.services.market_source import MarketSource
from strategy_tester.services.ports import (
    CandleStore,
    DrawingStore,
    HistoryStore,
    ReportWriter,
    RunStore,
    SettingsStore,
    StrategyStore,
)


def no_exchange(name: str) -> MarketSource:
    """Stands in for exchanges where there are none, as in tests of panels."""
    raise ExchangeError(f"no exchange called {name!r} is set up", hint="Choose one of the exchanges in the settings.")


@dataclass(frozen=True)
class Services:
    """The ports and the job runner of one running program.

    `sources` gives the public data of an exchange by name: "bybit", "bybit-testnet", "binance" or "practice:PORT"; it
    is made at the first call and shared from then on. Raises InvalidParameter for an unknown name. `live` gives the
    same exchanges' streams; None where there is no event loop, as on the terminal.
    """

    candles: CandleStore
    strategies: StrategyStore
    runs: RunStore
    settings: SettingsStore
    reports: ReportWriter
    jobs: JobRunner
    drawings: DrawingStore
    history: HistoryStore
    sources: Callable[[str], MarketSource] = no_exchange
    live: LiveMarkets | None = None
