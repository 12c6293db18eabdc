"""Puts the program together: the one place that knows which adapter fulfils which port."""

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from strategy_tester.locations import data_folder

if TYPE_CHECKING:
    from strategy_tester.services.context import Services
    from strategy_tester.services.ports import SettingsStore
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
    services = Services(
        stores.candles,
        stores.strategies,
        stores.runs,
        settings or JsonSettings(place / "settings.json"),
        csv_file,
        JobRunner(executor),
        stores.drawings,
    )
    return Assembled(services, stores)
