"""The history of runs, in DuckDB and the journal."""

import json
from typing import Any

from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import RunDescription, RunSummary, SeriesKey, StoredRun
from strategy_tester.storage.connection import Connection, fetch_one
from strategy_tester.storage.run_codec import (
    Arrays,
    arrays_of,
    metrics_from_json,
    metrics_to_json,
    pack,
    rest_of,
    result_from,
)
from strategy_tester.storage.vault import Change, Vault
from strategy_tester.storage.vault_tables import (
    RUN_COLUMNS,
    RUN_SAVED,
    RUNS_DELETED,
    delete_runs,
    insert_run,
    now_ms,
    read_arrays,
    read_state,
    to_text,
)

_SELECT = f"SELECT {', '.join(RUN_COLUMNS)} FROM runs"  # noqa: S608 - names are ours


class DuckDbRunStore:
    """Fulfils `RunStore`."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def save(self, description: RunDescription, result: BacktestResult, duration_ms: float) -> RunSummary:
        """See `RunStore.save`."""
        arrays = arrays_of(result)
        packed = pack(arrays)  # on the caller's thread: the database's has other work
        body = _body_of(description, result, duration_ms)
        return self._vault.write(lambda connection: _save(connection, body, arrays, packed))

    def list(self) -> list[RunSummary]:
        """See `RunStore.list`."""
        rows = self._vault.database.run(
            lambda connection: connection.execute(f"{_SELECT} ORDER BY run_id DESC").fetchall()
        )
        return [_summary_of(dict(zip(RUN_COLUMNS, row, strict=True))) for row in rows]

    def load(self, run_id: int) -> StoredRun | None:
        """See `RunStore.load`."""

        def work(connection: Connection) -> tuple[dict[str, Any], Arrays] | None:
            row = fetch_one(connection, f"{_SELECT} WHERE run_id = ?", [run_id])
            if row is None:
                return None
            return dict(zip(RUN_COLUMNS, row, strict=True)), read_arrays(connection, run_id)

        found = self._vault.database.run(work)
        if found is None:
            return None
        body, arrays = found
        summary = _summary_of(body)
        return StoredRun(summary, result_from(arrays, json.loads(body["result"]), dict(summary.metrics)))

    def delete(self, run_ids: "list[int]") -> int:
        """See `RunStore.delete`."""
        wanted = sorted({int(run_id) for run_id in run_ids})
        return self._vault.write(lambda connection: _delete(connection, wanted)) if wanted else 0


def _body_of(description: RunDescription, result: BacktestResult, duration_ms: float) -> dict[str, Any]:
    return {
        "run_id": 0,
        "created_at_ms": now_ms(),
        "strategy_name": description.strategy_name,
        "strategy": to_text(description.strategy),
        "symbol": description.series.symbol,
        "timeframe": str(description.series.timeframe),
        "source": description.series.source,
        "start_ms": int(description.start_ms),
        "end_ms": int(description.end_ms),
        "config": to_text(description.config),
        "data_hash": description.data_hash,
        "engine_version": description.engine_version,
        "metrics": to_text(metrics_to_json(result.metrics)),
        "duration_ms": float(duration_ms),
        "result": to_text(rest_of(result)),
        "label": "",
        "funding_count": int(description.funding_count),
    }


def _save(connection: Connection, body: dict[str, Any], arrays: Arrays, packed: bytes) -> Change[RunSummary]:
    numbered = {**body, "run_id": read_state(connection)[2] + 1}
    insert_run(connection, numbered, arrays)
    return Change(_summary_of(numbered), RUN_SAVED, numbered, packed)


def _delete(connection: Connection, run_ids: list[int]) -> Change[int]:
    deleted = delete_runs(connection, run_ids)
    return Change(deleted, RUNS_DELETED, {"run_ids": run_ids}) if deleted else Change(0)


def _summary_of(body: dict[str, Any]) -> RunSummary:
    description = RunDescription(
        strategy_name=body["strategy_name"],
        strategy=json.loads(body["strategy"]),
        series=SeriesKey(body["symbol"], Timeframe.parse(body["timeframe"]), body["source"]),
        start_ms=body["start_ms"],
        end_ms=body["end_ms"],
        config=json.loads(body["config"]),
        data_hash=body["data_hash"],
        engine_version=body["engine_version"],
        funding_count=body["funding_count"],
    )
    return RunSummary(
        run_id=body["run_id"],
        created_at_ms=body["created_at_ms"],
        description=description,
        metrics=metrics_from_json(json.loads(body["metrics"])),
        duration_ms=body["duration_ms"],
        label=body["label"],
    )
