"""The user's strategies with all their versions, in DuckDB and the journal."""

import json
from typing import Any

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.services.ports import StoredStrategy
from strategy_tester.storage.connection import Connection, fetch_one
from strategy_tester.storage.vault import Change, Vault
from strategy_tester.storage.vault_tables import STRATEGY_DELETED, STRATEGY_SAVED, insert_strategy, now_ms, to_text

_COLUMNS = "name, version, content, saved_at_ms"


class DuckDbStrategyStore:
    """Fulfils `StrategyStore`."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def save(self, name: str, content: dict[str, Any]) -> StoredStrategy:
        """See `StrategyStore.save`."""
        if not name.strip():
            raise InvalidParameter("name", name, "a name that is not empty")
        text = to_text(content)
        return self._vault.write(lambda connection: _save(connection, name, text))

    def load(self, name: str, version: int | None = None) -> StoredStrategy | None:
        """See `StrategyStore.load`."""
        versions = self.versions(name)
        if version is None:
            return versions[-1] if versions else None
        return next((stored for stored in versions if stored.version == version), None)

    def list(self) -> list[StoredStrategy]:
        """See `StrategyStore.list`."""
        return self._query(
            f"SELECT {_COLUMNS} FROM strategies s WHERE version = (SELECT max(version) FROM strategies t"  # noqa: S608 - ours
            " WHERE t.name = s.name) ORDER BY name"
        )

    def versions(self, name: str) -> "list[StoredStrategy]":
        """See `StrategyStore.versions`."""
        return self._query(f"SELECT {_COLUMNS} FROM strategies WHERE name = ? ORDER BY version", [name])  # noqa: S608 - ours

    def delete(self, name: str) -> bool:
        """See `StrategyStore.delete`."""
        return self._vault.write(lambda connection: _delete(connection, name))

    def _query(self, query: str, values: "list[Any] | None" = None) -> "list[StoredStrategy]":
        rows = self._vault.database.run(lambda connection: connection.execute(query, values or []).fetchall())
        return [StoredStrategy(name, version, json.loads(content), at) for name, version, content, at in rows]


def _save(connection: Connection, name: str, text: str) -> Change[StoredStrategy]:
    newest = fetch_one(
        connection,
        "SELECT version, content, saved_at_ms FROM strategies WHERE name = ? ORDER BY version DESC LIMIT 1",
        [name],
    )
    if newest is not None and _is_same(newest[1], text):
        return Change(StoredStrategy(name, newest[0], json.loads(newest[1]), newest[2]))
    body = {"name": name, "version": newest[0] + 1 if newest else 1, "content": text, "saved_at_ms": now_ms()}
    insert_strategy(connection, body)
    stored = StoredStrategy(name, body["version"], json.loads(text), body["saved_at_ms"])
    return Change(stored, STRATEGY_SAVED, body)


def _is_same(one: str, other: str) -> bool:
    """Whether two JSON texts say the same; the order of keys does not count."""
    if one == other:
        return True
    return json.dumps(json.loads(one), sort_keys=True) == json.dumps(json.loads(other), sort_keys=True)


def _delete(connection: Connection, name: str) -> Change[bool]:
    known = fetch_one(connection, "SELECT count(*) FROM strategies WHERE name = ?", [name])
    if not known or not known[0]:
        return Change(answer=False)
    connection.execute("DELETE FROM strategies WHERE name = ?", [name])
    return Change(True, STRATEGY_DELETED, {"name": name})
