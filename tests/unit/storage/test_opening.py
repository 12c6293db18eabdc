"""What a start looks at, and what it can skip."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from strategy_tester.domain.errors import DatabaseDamaged
from strategy_tester.storage import child, opening, probe
from strategy_tester.storage.schema import newest_schema
from strategy_tester.storage.stores import open_stores

DATABASE = "bybit-strategy-tester.duckdb"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that the child process was asked about."""
    asked: list[Path] = []
    genuine = child.schema_in

    def schema_in(path: Path) -> int:
        asked.append(path)
        return genuine(path)

    monkeypatch.setattr(opening, "schema_in", schema_in)
    return asked


def test_after_a_clean_end_no_child_is_asked(tmp_path: Path, looks: list[Path]) -> None:
    open_stores(tmp_path).close()
    open_stores(tmp_path).close()
    assert looks == []


def test_a_changed_file_is_looked_at_by_a_child(tmp_path: Path, looks: list[Path]) -> None:
    open_stores(tmp_path).close()
    os.utime(tmp_path / DATABASE, ns=(1, 1))
    open_stores(tmp_path).close()
    assert looks == [tmp_path / DATABASE]


@pytest.mark.parametrize("mark", ["", "{}", "[1]", '{"size": 1}', "\x00"])
def test_a_broken_mark_only_costs_a_look(tmp_path: Path, looks: list[Path], mark: str) -> None:
    open_stores(tmp_path).close()
    (tmp_path / "closed-cleanly.json").write_text(mark)
    with open_stores(tmp_path) as stores:
        assert stores.notices == []
    assert len(looks) == 1


def test_the_child_tells_the_schema_and_changes_nothing(tmp_path: Path) -> None:
    open_stores(tmp_path).close()
    before = (tmp_path / DATABASE).read_bytes()
    assert child.schema_in(tmp_path / DATABASE) == newest_schema()
    assert (tmp_path / DATABASE).read_bytes() == before


def test_an_engine_that_dies_in_the_child_is_damage_not_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "aborting"
    fake.write_text("#!/bin/sh\nkill -ABRT $$\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(DatabaseDamaged, match="ended with code -6"):
        child.schema_in(tmp_path / DATABASE)


def test_the_probe_answers_in_one_json_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "garbage").write_bytes(b"garbage" * 1000)
    assert probe.main([str(tmp_path / "garbage")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert "not a valid DuckDB database" in answer["error"]


def test_the_probe_loads_the_engine_and_nothing_of_the_program() -> None:
    code = "import runpy, sys; sys.argv = ['probe', '/nowhere']\n"
    code += f"try: runpy.run_path({str(Path(probe.__file__))!r}, run_name='__main__')\nexcept SystemExit: pass\n"
    code += "assert not {'numpy', 'polars', 'strategy_tester'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_half_made_database_of_an_earlier_start_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / (DATABASE + ".new")).write_bytes(b"half")
    with open_stores(tmp_path) as stores:
        assert stores.notices == []
    assert not (tmp_path / (DATABASE + ".new")).exists()


def test_a_folder_is_made_with_its_parents_and_names_with_quotes_are_no_trouble(tmp_path: Path) -> None:
    folder = tmp_path / "it's a folder" / "данные"
    with open_stores(folder) as stores:
        stores.strategies.save("mine", {})
    with open_stores(folder) as stores:
        assert [stored.name for stored in stores.strategies.list()] == ["mine"]


def test_a_rescue_cut_between_its_two_moves_is_finished(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.strategies.save("mine", {})
    (tmp_path / DATABASE).rename(tmp_path / (DATABASE + ".rescued"))
    (tmp_path / "repair-at-next-start.txt").write_text("a part was damaged")
    with open_stores(tmp_path) as stores:
        assert [stored.name for stored in stores.strategies.list()] == ["mine"]
        assert stores.notices == []
    assert not (tmp_path / "repair-at-next-start.txt").exists()
