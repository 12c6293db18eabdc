"""The disk fails or is full: nothing acknowledged is lost, nothing is called saved that is not, and work goes on."""

import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import make_description
from integration.storage.support import Truth, Writer, build_fault_library, rounds
from integration.storage.writer import candles_for, result_for
from strategy_tester.domain.errors import DiskFull, StorageError
from strategy_tester.storage.stores import open_stores

KINDS = ["run", "checkpoint", "candles", "strategy", "drawing", "bulk", "forget", "checkpoint"]


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_every_failing_operation_is_survived_in_the_same_process(tmp_path: Path, error: str, lasting: bool) -> None:
    writer = Writer(build_fault_library(tmp_path))
    folder, truth = tmp_path / "store", Truth()
    refused = 0
    points = list(range(1, rounds(60, 300) + 1))
    command = {
        "task": "fail_and_go_on", "folder": str(folder), "seed": 3, "points": points, "lasting": lasting,
        "mode": getattr(errno, error), "kinds": KINDS,
    }  # fmt: skip
    for message in writer.run(command):
        assert "failed" not in message
        refused += "refused" in message
        if "refused" in message:
            assert message["text"]
        truth.hear(message)
    writer.close()
    assert message["ended"] == [0]
    assert refused > 0
    with open_stores(folder) as stores:
        truth.assert_in(stores)
        assert stores.check() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 10 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_said_and_work_goes_on_after_freeing(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    stores = open_stores(small_disk / "store")
    saved: dict[int, int] = {}
    for attempt in range(rounds(4, 10)):
        ballast.write_bytes(b"x" * 4_000_000)
        with pytest.raises(StorageError) as caught:  # noqa: PT012 - the loop is what fills the disk
            for number in range(attempt * 1000 + 1, attempt * 1000 + 900):
                saved[stores.runs.save(make_description(f"run {number}"), result_for(number), 1.0).run_id] = number
                stores.candles.write(candles_for("K0USDT", number * 3000, 3000))
        assert isinstance(caught.value, DiskFull) or "room" in str(caught.value) + caught.value.hint
        ballast.unlink()
        number = attempt * 1000 + 999
        saved[stores.runs.save(make_description(f"run {number}"), result_for(number), 1.0).run_id] = number
        stores.runs.delete([run_id for run_id in saved if run_id not in list(saved)[-3:]])
        saved = dict(list(saved.items())[-3:])
        assert {summary.run_id for summary in stores.runs.list()} >= set(saved)
        assert stores.candles.series()
    stores.close()
    with open_stores(small_disk / "store") as again:
        found = {summary.run_id: summary.description.strategy_name for summary in again.runs.list()}
        assert {run_id: found.get(run_id) for run_id in saved} == {run_id: f"run {n}" for run_id, n in saved.items()}
        assert again.check() == []


def test_a_folder_that_cannot_be_written_is_refused_in_words(small_disk: Path) -> None:
    (small_disk / "store").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError, match="cannot be written"):
        open_stores(small_disk / "store")


def test_a_file_in_place_of_the_folder_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StorageError, match="store"):
        open_stores(tmp_path / "store")
