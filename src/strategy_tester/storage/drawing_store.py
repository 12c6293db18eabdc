"""The user's drawings by symbol, in DuckDB and the journal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.storage.connection import Connection
from strategy_tester.storage.vault import Change, Vault
from strategy_tester.storage.vault_tables import DRAWINGS_CHANGED, change_drawings, now_ms, to_text


class DuckDbDrawingStore:
    """Fulfils `DrawingStore`."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def change(self, symbol: str, saved: Mapping[str, dict[str, Any]], deleted: Sequence[str] = ()) -> None:
        """See `DrawingStore.change`."""
        if not symbol.strip():
            raise InvalidParameter("symbol", symbol, "a symbol that is not empty")
        body = {
            "symbol": symbol,
            "saved": {drawing_id: to_text(content) for drawing_id, content in saved.items()},
            "deleted": [drawing_id for drawing_id in deleted if drawing_id not in saved],
            "saved_at_ms": now_ms(),
        }
        if body["saved"] or body["deleted"]:
            self._vault.write(lambda connection: _change(connection, body))

    def load(self, symbol: str) -> dict[str, dict[str, Any]]:
        """See `DrawingStore.load`."""
        query = "SELECT drawing_id, content FROM drawings WHERE symbol = ? ORDER BY drawing_id"
        rows = self._vault.database.run(lambda connection: connection.execute(query, [symbol]).fetchall())
        return {drawing_id: json.loads(content) for drawing_id, content in rows}

    def symbols(self) -> dict[str, int]:
        """See `DrawingStore.symbols`."""
        query = "SELECT symbol, count(*) FROM drawings GROUP BY symbol ORDER BY symbol"
        return dict(self._vault.database.run(lambda connection: connection.execute(query).fetchall()))


def _change(connection: Connection, body: dict[str, Any]) -> Change[None]:
    change_drawings(connection, body)
    return Change(None, DRAWINGS_CHANGED, body)
