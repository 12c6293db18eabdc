"""Every earlier schema is brought to the newest one, in whole steps, and a newer one is left alone."""

import contextlib
import os
import shutil
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from builders import make_description, make_result
from integration.storage.support import Writer
from strategy_tester.domain.errors import SchemaTooNew
from strategy_tester.storage import schema
from strategy_tester.storage.connection import DATABASE_NAME, attach
from strategy_tester.storage.stores import open_stores

DATABASE = "bybit-strategy-tester.duckdb"
MIGRATIONS = schema.all_migrations()


def make_old_folder(folder: Path, version: int) -> Path:
    """A folder whose database has an earlier schema, with a strategy and, from schema 1 on, a candle and a run."""
    folder.mkdir()
    with contextlib.closing(attach(folder / DATABASE)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER, name VARCHAR)")
        for migration in MIGRATIONS[:version]:
            for statement in migration.statements:
                connection.execute(statement)
            connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", [migration.number, migration.name])
        if version:
            connection.execute("INSERT INTO strategies VALUES ('old', 1, '{\"a\":1}', 5)")
            connection.execute("INSERT INTO series VALUES (1, 'TESTUSDT', '1h', 'test', 1, 0, 0, false)")
            connection.execute("INSERT INTO candles VALUES (1, 0, 1.0, 2.0, 0.5, 1.5, 10.0, NULL)")
            connection.execute("UPDATE vault_state SET store_id = 'abc'")
        connection.execute(f"CHECKPOINT {DATABASE_NAME}")
    return folder


def schema_of(folder: Path) -> tuple[int, bool]:
    """Number of the schema, and whether what its second and third step add is there; neither may be half there."""
    with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
        newest = connection.execute("SELECT coalesce(max(number), 0) FROM schema_migrations").fetchall()[0][0]
        tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        columns = {row[0] for row in connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'runs'").fetchall()}  # fmt: skip
    second = {"funding", "instruments"} <= tables and {"label", "funding_count"} <= columns
    assert second == bool({"funding", "instruments"} & tables or {"label", "funding_count"} & columns), "half a step"
    assert second == (newest >= 2), "the number and the tables tell of different schemas"
    assert ("drawings" in tables) == (newest >= 3), "the number and the tables tell of different schemas"
    assert ("market_values" in tables) == (newest >= 4), "the number and the tables tell of different schemas"
    fifth = {"coverage", "listings", "risk_tiers", "fee_tiers"}
    assert fifth <= tables if newest >= 5 else not fifth & tables, "the number and the tables tell of different schemas"
    return int(newest), second


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_every_earlier_schema_opens_with_its_content(tmp_path: Path, version: int) -> None:
    folder = make_old_folder(tmp_path / "store", version)
    with open_stores(folder) as stores:
        if version:
            assert [stored.name for stored in stores.strategies.list()] == ["old"]
            assert [summary.candles for summary in stores.candles.series()] == [1]
        run_id = stores.runs.save(make_description(), make_result(), 1.0).run_id
        assert stores.runs.load(run_id) is not None
        stores.drawings.change("TESTUSDT", {"one": {"a": 1}})
        assert stores.drawings.load("TESTUSDT") == {"one": {"a": 1}}
        assert stores.check() == []
    assert schema_of(folder) == (len(MIGRATIONS), True)


@pytest.fixture
def writer() -> Iterator[Writer]:
    process = Writer()
    yield process
    process.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_migration_killed_after_any_statement_leaves_the_old_or_the_new_schema(
    writer: Writer, tmp_path: Path, version: int
) -> None:
    statements = sum(len(migration.statements) for migration in MIGRATIONS[version:])
    original = make_old_folder(tmp_path / "old", version)
    for after in range(1, statements + 1):
        folder = tmp_path / f"store{after}"
        shutil.copytree(original, folder)
        ended = list(writer.run({"task": "migrate_and_die", "folder": str(folder), "after": after}))[-1]
        assert ended == {"ended": [-signal.SIGKILL]}
        assert version <= schema_of(folder)[0] < len(MIGRATIONS)
        if after == statements:
            with open_stores(folder) as stores:
                assert stores.check() == []
            assert schema_of(folder) == (len(MIGRATIONS), True)


def test_a_database_of_a_newer_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.strategies.save("mine", {})
    with contextlib.closing(attach(tmp_path / DATABASE)) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (?, 'from_tomorrow')", [len(MIGRATIONS) + 1])
        connection.execute(f"CHECKPOINT {DATABASE_NAME}")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "in-use.lock"}
    with pytest.raises(SchemaTooNew, match="newer version of this program"):
        open_stores(tmp_path)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "in-use.lock"}
    assert after == before


def checksum_of(header: bytes) -> bytes:
    """DuckDB's checksum of a block: every 64-bit word times a constant, all of them and 5381 joined by exclusive or."""
    total = 5381
    for (word,) in struct.iter_unpack("<Q", header):
        total ^= word * 0xBF58476D1CE4E5B9 % (1 << 64)
    return struct.pack("<Q", total)


def test_a_file_of_a_newer_database_engine_is_refused_and_not_touched(tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    database = tmp_path / DATABASE
    content = bytearray(database.read_bytes())
    # The main header: its checksum, the letters DUCK, then the number of the format.
    assert content[8:12] == b"DUCK"
    assert content[:8] == checksum_of(content[8:4096])
    content[12] = 250
    content[:8] = checksum_of(content[8:4096])
    database.write_bytes(content)
    with pytest.raises(SchemaTooNew):
        open_stores(tmp_path)
    assert database.read_bytes() == bytes(content)
    assert not (tmp_path / "set-aside").exists()


def test_the_file_keeps_the_storage_version_we_ask_for(tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    with duckdb.connect(str(tmp_path / DATABASE), read_only=True) as connection:
        tags = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()[0][0]
    assert tags["storage_version"].startswith("v1.5.0")
