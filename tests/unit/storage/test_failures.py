"""DuckDB's and the system's errors become sentences of ours. The texts are those of DuckDB 2.0.0."""

import errno
from pathlib import Path

import duckdb
import pytest

from strategy_tester.domain.errors import DatabaseDamaged, DatabaseLocked, DiskFull, SchemaTooNew, StorageError
from strategy_tester.storage.failures import is_damage, is_fatal, translate

PATH = Path("/data/bybit-strategy-tester.duckdb")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (duckdb.IOException('IO Error: Could not set lock on file "x": Conflicting lock is held'), DatabaseLocked),
        (duckdb.IOException("IO Error: Could not write file: No space left on device"), DiskFull),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull),
        (duckdb.IOException("IO Error: Trying to read a database file with storage version number 250, but we can only "
                            "read storage versions between 64 and 69."), SchemaTooNew),
        (duckdb.Error("Corrupt database file: computed checksum 1 does not match stored checksum 2"), DatabaseDamaged),
        (duckdb.IOException('IO Error: "x" exists, but it is not a valid DuckDB database file!'), DatabaseDamaged),
        (duckdb.SerializationException("Serialization Error: field"), DatabaseDamaged),
        (duckdb.ConversionException("Conversion Error: x"), StorageError),
    ],
)  # fmt: skip
def test_an_error_gets_its_kind(error: BaseException, expected: type[StorageError]) -> None:
    assert type(translate(error, PATH)) is expected


def test_a_folder_without_the_right_to_write_is_named_with_a_way_out() -> None:
    found = translate(PermissionError(errno.EACCES, "Permission denied"), PATH)
    assert "/data cannot be written" in found.message
    assert "BST_DATA_DIR" in found.hint


def test_our_own_errors_pass_unchanged() -> None:
    error = DiskFull("full")
    assert translate(error, PATH) is error


def test_a_dead_engine_is_told_from_damage() -> None:
    assert is_fatal(duckdb.FatalException("FATAL Error: database has been invalidated"))
    assert not is_fatal(duckdb.ConversionException("Conversion Error: x"))
    assert not is_damage(duckdb.FatalException("FATAL Error: database has been invalidated"))
