"""Puts the program together: the one place that knows which adapter fulfils which port."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.locations import data_folder

if TYPE_CHECKING:
    from strategy_tester.exchange.live import PracticeServer
    from strategy_tester.services.context import Services
    from strategy_tester.services.jobs import Checkpoint
    from strategy_tester.services.live_markets import LiveMarkets, PracticePlan, PracticeState
    from strategy_tester.services.market_source import MarketSource
    from strategy_tester.services.ports import CandleStore, SettingsStore
    from strategy_tester.storage.notices import Notice
    from strategy_tester.storage.stores import Stores


@dataclass(frozen=True)
class Assembled:
    """A running program's services and the stores behind them; `notices` says what happened while opening."""

    services: "Services"
    stores: "Stores"

    @property
    def notices(self) -> "list[Notice]":
        """What happened to the stores so far; show each once."""
        return self.stores.notices

    def close(self) -> None:
        """Stop the jobs, then close the database."""
        self.services.jobs.shut_down()
        self.stores.close()


def assemble(
    folder: Path | None = None, executor: Executor | None = None, settings: "SettingsStore | None" = None
) -> Assembled:
    """Open the stores of a data folder and wire the services to them. Blocks; not for the UI thread.

    Args:
        folder: The data folder; the user's own by default.
        executor: Where jobs run; a pool of threads by default.
        settings: Preferences that are open already; those of the folder by default.

    Raises:
        DatabaseLocked: another program has this folder's database open.
        StorageError: the folder cannot be used; the message says why.
    """
    from strategy_tester.reports import csv_file
    from strategy_tester.services.context import Services
    from strategy_tester.services.jobs import JobRunner
    from strategy_tester.storage.stores import open_stores
    from strategy_tester.system.settings_file import JsonSettings

    place = folder or data_folder()
    stores = open_stores(place)
    sources = market_sources()
    services = Services(
        stores.candles,
        stores.strategies,
        stores.runs,
        settings or JsonSettings(place / "settings.json"),
        csv_file,
        JobRunner(executor),
        stores.drawings,
        stores.history,
        sources,
        cast("LiveMarkets", _LazyLive(sources, stores.candles)),
    )
    return Assembled(services, stores)


class _LazyLive:
    """Live markets made at their first use: pybit, websockets and aiohttp cost start-up time."""

    def __init__(self, sources: "Callable[[str], MarketSource]", candles: "CandleStore") -> None:
        self._sources, self._candles = sources, candles
        self._made: LiveMarkets | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._live(), name)

    @property
    def needs_loading(self) -> bool:
        """Whether the first use will take a moment: let it happen on a worker thread."""
        return self._made is None

    async def close(self) -> None:
        """End what was made; nothing where nothing was."""
        if self._made is not None:
            await self._made.close()

    def practice(self) -> "PracticeState | None":
        """The practice exchange that runs; asking for it loads nothing."""
        return self._made.practice() if self._made is not None else None

    def _live(self) -> "LiveMarkets":
        if self._made is None:
            from strategy_tester.exchange.live import LiveExchanges

            self._made = LiveExchanges(self._sources, self._start_practice)
        return self._made

    def _start_practice(self, plan: "PracticePlan", checkpoint: "Checkpoint") -> "PracticeServer":
        from strategy_tester.practice_exchange.runner import start

        return start(plan, self._candles, checkpoint)


EXCHANGES = "bybit, bybit-testnet, binance, practice:PORT"


def market_sources() -> "Callable[[str], MarketSource]":
    """The public data of exchanges by name, each made at its first use and then shared: limits count for all.

    Names: "bybit", "bybit-testnet", "binance" (USD-M), "practice:PORT" for a practice exchange of this machine.
    """
    made: dict[str, MarketSource] = {}
    lock = threading.Lock()

    def source(name: str) -> "MarketSource":
        with lock:
            if name not in made:
                made[name] = _make_source(name)
            return made[name]

    return source


def _make_source(name: str) -> "MarketSource":
    if name == "binance":
        from strategy_tester.exchange.binance.rest import BinanceRest
        from strategy_tester.exchange.binance.source import BinanceSource

        return BinanceSource(BinanceRest())
    kind, _, port = name.partition(":")
    is_practice = kind == "practice" and port.isdigit() and 0 < int(port) < 65536
    if name not in {"bybit", "bybit-testnet"} and not is_practice:
        raise InvalidParameter("exchange", name, EXCHANGES)
    # pybit takes a third of a second to import: only who asks an exchange pays for it.
    from strategy_tester.exchange.bybit.rest import MAINNET, TESTNET, BybitRest, practice_place
    from strategy_tester.exchange.bybit.source import BybitSource

    if is_practice:
        return BybitSource(BybitRest(practice_place(int(port))), "practice")
    return BybitSource(BybitRest(MAINNET if name == "bybit" else TESTNET), name)
