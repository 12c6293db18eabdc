"""Read and keep what the user draws. Writing is gathered: what changes often reaches the disk once."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from strategy_tester.domain.drawings import Drawing, from_content, to_content
from strategy_tester.domain.errors import InvalidDrawing
from strategy_tester.services.ports import DrawingStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedDrawings:
    """The drawings of a symbol from bottom to top. `unread` counts stored ones that this program cannot show."""

    drawings: list[Drawing] = field(default_factory=list)
    unread: int = 0


def load(store: DrawingStore, symbol: str) -> LoadedDrawings:
    """Every drawing of a symbol. One that cannot be read, perhaps of a newer program, stays stored as it is."""
    found: list[Drawing] = []
    unread = 0
    for drawing_id, content in store.load(symbol).items():
        try:
            found.append(from_content(content))
        except InvalidDrawing as error:
            logger.warning("drawing %s of %s is passed over: %s", drawing_id, symbol, error)
            unread += 1
    return LoadedDrawings(sorted(found, key=lambda drawing: (drawing.order, drawing.id)), unread)


class DrawingWriter:
    """Gathers changes and writes them when told to. Safe to call from several threads.

    Args:
        store: Where they go.
    """

    def __init__(self, store: DrawingStore) -> None:
        self._store = store
        self._waiting: dict[str, dict[str, Drawing | None]] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def put(self, symbol: str, changes: Mapping[str, Drawing | None]) -> None:
        """Note drawings to be saved, by id; None for one to be forgotten. Cheap: nothing is written yet."""
        with self._lock:
            self._waiting.setdefault(symbol, {}).update(changes)

    @property
    def has_waiting(self) -> bool:
        """Whether something is noted that is not yet on the disk or on its way there."""
        with self._lock:
            return bool(self._waiting)

    def flush(self) -> int:
        """Write everything noted; returns how many drawings that were. Blocks.

        What cannot be written stays noted, so that the next call tries again; newer changes are not overwritten.

        Raises:
            StorageError: something could not be written.
        """
        with self._writing:  # one writer at a time, or an older content could come after a newer one
            written = 0
            while (batch := self._take()) is not None:
                symbol, changes = batch
                try:
                    self._write(symbol, changes)
                except BaseException:
                    with self._lock:
                        self._waiting[symbol] = {**changes, **self._waiting.get(symbol, {})}
                    raise
                written += len(changes)
            return written

    def _take(self) -> tuple[str, dict[str, Drawing | None]] | None:
        with self._lock:
            return self._waiting.popitem() if self._waiting else None

    def _write(self, symbol: str, changes: dict[str, Drawing | None]) -> None:
        saved = {drawing_id: to_content(drawing) for drawing_id, drawing in changes.items() if drawing is not None}
        self._store.change(symbol, saved, [drawing_id for drawing_id in changes if drawing_id not in saved])
