"""The storage opened as a whole: what the services' ports are made of."""

from dataclasses import dataclass
from pathlib import Path

from strategy_tester.services.ports import CandleStore, DrawingStore, HistoryStore, RunStore, StrategyStore
from strategy_tester.storage.backup import back_up
from strategy_tester.storage.candle_store import DuckDbCandleStore
from strategy_tester.storage.drawing_store import DuckDbDrawingStore
from strategy_tester.storage.folder_lock import FolderLock
from strategy_tester.storage.health import check
from strategy_tester.storage.history_store import DuckDbHistoryStore
from strategy_tester.storage.notices import Notice, NoticeListener
from strategy_tester.storage.opening import mark_clean, open_vault
from strategy_tester.storage.run_store import DuckDbRunStore
from strategy_tester.storage.strategy_store import DuckDbStrategyStore
from strategy_tester.storage.vault import Vault


@dataclass(eq=False)
class Stores:
    """The open stores. `notices` grows while the program runs; show each once."""

    candles: CandleStore
    strategies: StrategyStore
    runs: RunStore
    drawings: DrawingStore
    history: HistoryStore
    notices: list[Notice]
    vault: Vault
    lock: FolderLock

    def close(self) -> None:
        """Checkpoint and close everything. Safe to call twice."""
        if self.lock.is_released:
            return
        try:
            self.vault.close()
            mark_clean(self.vault.database.path)
        finally:
            self.lock.release()

    def check(self) -> list[Notice]:
        """Read everything that is stored and say what is wrong; empty when all is well. Takes seconds."""
        return check(self.vault)

    def back_up(self) -> Path:
        """Write a dated copy of database and journal into the folder `backups`; returns its folder."""
        return back_up(self.vault)

    def __enter__(self) -> "Stores":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_stores(folder: Path, listen: NoticeListener | None = None) -> Stores:
    """Open, or make, the database and the journal in a folder; repairs what can be repaired and says so.

    Args:
        folder: The data folder; made when missing.
        listen: Called with every notice, also later ones, on the database's thread.

    Raises:
        DatabaseLocked: the folder is in use by another process.
        SchemaTooNew: the database is from a newer version; nothing was changed.
        DiskFull, StorageError: the folder cannot be written.
    """
    notices: list[Notice] = []

    def notify(notice: Notice) -> None:
        notices.append(notice)
        if listen is not None:
            listen(notice)

    vault, lock = open_vault(folder, notify)
    return Stores(
        DuckDbCandleStore(vault), DuckDbStrategyStore(vault), DuckDbRunStore(vault), DuckDbDrawingStore(vault),
        DuckDbHistoryStore(vault), notices, vault, lock,
    )  # fmt: skip
