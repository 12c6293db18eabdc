"""The journal is kept short, and generations of it are kept."""

from pathlib import Path

import pytest

from builders import make_description, make_result
from strategy_tester.storage import reconcile
from strategy_tester.storage.stores import open_stores


def test_a_journal_of_deleted_runs_is_compacted_and_generations_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "_COMPACT_FROM_BYTES", 10_000)
    for _ in range(5):
        with open_stores(tmp_path) as stores:
            ids = [stores.runs.save(make_description(), make_result(bars=900), 1.0).run_id for _ in range(4)]
            stores.runs.delete(ids)
            kept = stores.runs.save(make_description("kept"), make_result(), 1.0).run_id
    with open_stores(tmp_path) as stores:
        assert stores.notices == []
        assert len(stores.runs.list()) == 5
        assert (tmp_path / "vault.journal").stat().st_size < 70_000
        assert stores.check() == []
    assert len(list((tmp_path / "set-aside").glob("*.generation"))) == 3
    (tmp_path / "bybit-strategy-tester.duckdb").unlink()
    with open_stores(tmp_path) as stores:
        assert stores.runs.load(kept) is not None
        assert stores.runs.save(make_description(), make_result(), 1.0).run_id == kept + 1


def test_a_new_folder_needs_no_notice(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        assert stores.notices == []
        assert stores.check() == []


def test_notices_are_also_told_to_a_listener(tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    (tmp_path / "vault.journal").unlink()
    heard: list[object] = []
    with open_stores(tmp_path, heard.append) as stores:
        assert heard == stores.notices
        assert len(heard) == 1
