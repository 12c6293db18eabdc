"""One folder, one owner: a second start explains itself at once and touches nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from integration.storage.support import Writer, rounds, seeded
from strategy_tester.domain.errors import DatabaseLocked
from strategy_tester.storage.schema import newest_schema
from strategy_tester.storage.stores import open_stores


@pytest.fixture
def writer() -> Iterator[Writer]:
    process = Writer()
    yield process
    process.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_of_two_starts_at_once_exactly_one_owns_the_folder(writer: Writer, tmp_path: Path) -> None:
    rng = seeded(8)
    for number in range(rounds(10, 100)):
        folder = str(tmp_path / f"store{number % 3}")
        delays = (0.0, rng.uniform(0.0, 0.05))
        messages = list(
            writer.run(*({"task": "own", "folder": folder, "delay": delay, "stay": 0.5} for delay in delays))
        )
        refused = [message for message in messages if "refused" in message]
        assert sum("owner" in message for message in messages) == 1
        assert [message["refused"] for message in refused] == ["DatabaseLocked"]
        assert "in use by another window" in refused[0]["text"]
        assert refused[0]["seconds"] < 1.0


def test_a_second_opening_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with open_stores(tmp_path), pytest.raises(DatabaseLocked, match=f"process {os.getpid()}"):
        open_stores(tmp_path)


def test_a_refused_start_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.strategies.save("mine", {})
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
        with pytest.raises(DatabaseLocked):
            open_stores(tmp_path)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_database_that_another_program_has_open_is_locked_not_damaged(tmp_path: Path, writer: Writer) -> None:
    open_stores(tmp_path).close()
    (tmp_path / "in-use.lock").unlink()
    messages = writer.run({"task": "own", "folder": str(tmp_path), "delay": 0.0, "stay": 1.5})
    for message in messages:
        if "owner" in message:
            (tmp_path / "in-use.lock").unlink()
            with pytest.raises(DatabaseLocked):
                open_stores(tmp_path)
    assert not (tmp_path / "set-aside").exists()


def test_the_folder_is_free_again_after_closing(tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    with open_stores(tmp_path) as stores:
        assert stores.notices == []
    with duckdb.connect(str(tmp_path / "bybit-strategy-tester.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM schema_migrations").fetchall() == [(newest_schema(),)]
