"""`bst doctor`: each thing looked at, in a sentence, and an exit code for scripts."""

import sys
from pathlib import Path

import pytest

from builders import random_candles
from terminal import Terminal


@pytest.fixture
def bst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path / "data", capsys)


def statuses(bst: Terminal, *words: object) -> dict[str, str]:
    return {check["name"]: check["status"] for check in bst("doctor", "--json", *words).json["checks"]}


def test_doctor_says_every_check_in_one_line(bst: Terminal):
    answer = bst.done("doctor")

    names = [line[6:].split(":")[0] for line in answer.out.splitlines() if line[:4] in {"ok  ", "warn"}]
    assert {"Python", "Packages", "Data folder", "Disk", "Kernel cache", "Compiler", "Screen", "Database"} <= set(names)
    assert answer.out.splitlines()[-1] == "Everything that is needed works."


def test_doctor_never_loads_qt(bst: Terminal):
    loaded = {name for name in sys.modules if name.startswith("PySide6")}

    bst.done("doctor")

    assert {name for name in sys.modules if name.startswith("PySide6")} == loaded


def test_doctor_leaves_an_empty_folder_without_a_database(bst: Terminal):
    bst.done("doctor")

    assert not list(bst.folder.glob("*.duckdb"))


def test_doctor_fails_when_the_data_folder_is_a_file(bst: Terminal, tmp_path: Path):
    blocked = tmp_path / "blocked"
    blocked.touch()

    answer = bst("doctor", "--data-dir", blocked)

    assert answer.code == 5
    assert f"fail  Data folder: {blocked} cannot be written" in answer.out
    assert answer.out.splitlines()[-1].startswith("Not working: Data folder")


def test_doctor_warns_when_a_window_has_the_database_open(bst: Terminal):
    from strategy_tester.storage.stores import open_stores

    bst.done("data", "list")
    with open_stores(bst.folder):
        assert statuses(bst)["Database"] == "warn"
    assert statuses(bst)["Database"] == "ok"


def test_doctor_tells_of_a_database_that_had_to_be_made_anew(bst: Terminal, tmp_path: Path):
    market = tmp_path / "TESTUSDT-1h.csv"
    random_candles(50).frame.write_csv(market)
    bst.done("import", market)
    (bst.folder / "bybit-strategy-tester.duckdb").write_bytes(b"rubbish" * 1000)

    checks = {check["name"]: check for check in bst("doctor", "--json").json["checks"]}

    assert checks["Database"]["status"] == "warn"
    assert "could not be read" in checks["Database"]["sentence"]


def test_doctor_refuses_a_database_from_tomorrow(bst: Terminal):
    import duckdb

    bst.done("data", "list")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{bst.folder / 'bybit-strategy-tester.duckdb'}' AS later")
        connection.execute("INSERT INTO later.schema_migrations VALUES (999, 'from tomorrow')")
        connection.execute("CHECKPOINT later")

    answer = bst("doctor")

    assert answer.code == 5
    assert "newer version of this program" in answer.out
