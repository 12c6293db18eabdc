"""The database's thread: limits set, requests served in turn, a dead engine opened again."""

import threading
from pathlib import Path

import duckdb
import numpy as np
import pytest

from strategy_tester.domain.errors import StorageError
from strategy_tester.storage.connection import Connection, fetch_columns, fetch_one, insert_columns
from strategy_tester.storage.database import Database
from strategy_tester.storage.stores import Stores, open_stores


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    opened = open_stores(tmp_path)
    yield opened
    opened.close()


def setting(connection: Connection, name: str) -> str:
    row = fetch_one(connection, "SELECT value FROM duckdb_settings() WHERE name = ?", [name])
    assert row is not None
    return str(row[0])


def test_the_limits_are_set_and_locked(stores: Stores, tmp_path: Path) -> None:
    database = stores.vault.database
    names = ("memory_limit", "temp_directory", "max_temp_directory_size", "autoload_known_extensions",
             "autoinstall_known_extensions", "enable_external_access", "lock_configuration")  # fmt: skip
    found = dict(zip(names, database.run(lambda open_: [setting(open_, name) for name in names]), strict=True))
    assert found["memory_limit"].endswith("GiB")
    assert float(found["memory_limit"].split()[0]) <= 2.0
    assert found["temp_directory"] == str(tmp_path / "temporary")
    assert found["max_temp_directory_size"] == "2.0 GiB"
    switches = [found[name] for name in names[3:]]
    assert switches == ["false", "false", "false", "true"]


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM read_csv('/etc/hostname')", "COPY series TO '{folder}/out.csv'", "ATTACH '{folder}/other.duckdb'",
     "SET memory_limit = '20GB'", "SET enable_external_access = true", "INSTALL httpfs"],
)  # fmt: skip
def test_nothing_outside_can_be_reached_or_changed(stores: Stores, tmp_path: Path, statement: str) -> None:
    with pytest.raises(StorageError):
        stores.vault.database.run(lambda open_: open_.execute(statement.format(folder=tmp_path)))


def test_requests_of_many_threads_are_served_on_one(stores: Stores) -> None:
    names: set[str] = set()
    threads = [
        threading.Thread(target=lambda: names.add(stores.vault.database.run(lambda _: threading.current_thread().name)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == {"database"}


def test_an_invalid_statement_is_an_error_of_ours_and_the_next_one_works(stores: Stores) -> None:
    with pytest.raises(StorageError):
        stores.vault.database.run(lambda open_: open_.execute("SELECT nothing FROM nowhere"))
    assert stores.vault.database.run(lambda open_: fetch_one(open_, "SELECT 1")) == (1,)


def test_work_on_a_dead_engine_is_done_again_after_reopening(stores: Stores) -> None:
    calls = 0

    def work(connection: Connection) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise duckdb.FatalException("FATAL Error: database has been invalidated")
        return len(connection.execute("SELECT * FROM schema_migrations").fetchall())

    assert stores.vault.database.run(work) >= 2
    assert calls == 2


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    stores = open_stores(tmp_path)
    stores.close()
    stores.close()
    with pytest.raises(StorageError, match="closed"):
        stores.candles.series()


def test_a_failed_write_leaves_nothing_behind(stores: Stores) -> None:
    def work(connection: Connection) -> object:
        connection.execute("INSERT INTO strategies VALUES ('half', 1, '{}', 0)")
        raise StorageError("stopped")

    with pytest.raises(StorageError, match="stopped"):
        stores.vault.write(work)  # type: ignore[arg-type]
    assert stores.strategies.list() == []
    assert stores.vault.journal.last_number == 1


def test_columns_go_in_and_out_with_their_types(stores: Stores) -> None:
    columns = {"bar": np.array([3, 1]), "reason": np.array([1, 2], dtype=np.int8), "intent": np.array([0, 9])}

    def work(connection: Connection) -> dict[str, object]:
        insert_columns(connection, "refusals", {"item": np.arange(2), **columns}, run_id=5)
        return dict(fetch_columns(connection, "SELECT bar, reason, intent FROM refusals WHERE run_id = 5"))

    found = stores.vault.database.run(work)
    for name, values in columns.items():
        np.testing.assert_array_equal(found[name], values)  # type: ignore[arg-type]


def test_closing_checkpoints_and_clears_the_temporary_folder(tmp_path: Path) -> None:
    stores = open_stores(tmp_path)
    stores.strategies.save("mine", {})
    assert (tmp_path / "bybit-strategy-tester.duckdb.wal").exists()
    stores.close()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"bybit-strategy-tester.duckdb", "vault.journal", "in-use.lock", "closed-cleanly.json"}


def test_a_database_object_without_a_caller_ends_its_thread(tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    database = Database(tmp_path / "bybit-strategy-tester.duckdb")
    database.close()
    assert not database._thread.is_alive()
