"""The program is killed at any moment: what it had acknowledged is there, nothing is half there, it always starts."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.storage.support import Truth, Writer, build_fault_library, rounds, seeded, texts
from strategy_tester.storage.stores import open_stores


@pytest.fixture
def writer() -> Iterator[Writer]:
    process = Writer()
    yield process
    process.close()


def kill_later(process_id: int, seconds: float) -> None:
    def kill() -> None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("kind", ["", "run", "bulk"])
def test_a_random_kill_loses_nothing_acknowledged(writer: Writer, tmp_path: Path, kind: str) -> None:
    rng = seeded(20261)
    folder, truth, slowest = tmp_path / "store", Truth(), 0.0
    for _ in range(rounds(34, 350)):
        command = {"task": "work", "folder": str(folder), "seed": 5, "start": truth.last_number, "kind": kind}
        for message in writer.run(command):
            truth.hear(message)
            if "process" in message:
                process_id = message["process"]
            if "ready" in message:
                kill_later(process_id, rng.uniform(0.0, 0.5))
            if "ended" in message:
                assert message["ended"] == [-signal.SIGKILL]
        began = time.monotonic()
        with open_stores(folder) as stores:
            slowest = max(slowest, time.monotonic() - began)
            truth.assert_in(stores)
            assert stores.check() == []
    assert truth.runs or kind == "bulk"
    assert slowest < 5.0


METADATA_PLACE = 12_288  # DuckDB rewrites this block in place at every checkpoint: the one write that a cut can ruin


@pytest.fixture
def breaking_writer(tmp_path: Path) -> Iterator[Writer]:
    process = Writer(build_fault_library(tmp_path))
    yield process
    process.close()


def cut_and_compare(writer: Writer, folder: Path, command: dict[str, Any]) -> bool:
    """Let a child be killed inside a write, start again and compare; returns whether the database was lost."""
    truth = Truth()
    for message in writer.run({"task": "work", "folder": str(folder), "mode": 1, "start": 0, **command}):
        truth.hear(message)
        assert "failed" not in message
    with open_stores(folder) as stores:
        was_lost = "The database could not be read" in texts(stores.notices)
        truth.assert_in(stores, candles=not was_lost)
        truth.assert_candles_right(stores)
        if was_lost and truth.totals:
            assert "Import or download them again." in {notice.hint for notice in stores.notices}
        assert stores.check() == []
    with open_stores(folder) as stores:
        assert stores.notices == []
    return was_lost


def test_a_kill_inside_any_write_loses_nothing_of_the_vault(breaking_writer: Writer, tmp_path: Path) -> None:
    rng = seeded(7)
    for number in range(rounds(20, 300)):
        command = {
            "seed": number, "operations": 30, "closes": True,
            "at": rng.randrange(1, 120), "pages": rng.choice((0, 1, 2, 7, 31, 63)),
        }  # fmt: skip
        cut_and_compare(breaking_writer, tmp_path / f"store{number}", command)


def test_a_kill_inside_a_checkpoint_loses_nothing_of_the_vault(breaking_writer: Writer, tmp_path: Path) -> None:
    rng = seeded(8)
    lost = 0
    for number in range(rounds(20, 300)):
        place = METADATA_PLACE if number % 2 else -1
        command = {
            "seed": number, "operations": 15, "closes": True, "at_checkpoint": rng.choice((7, 14)), "place": place,
            "at": 1 if place >= 0 else rng.randrange(1, 18), "pages": rng.randrange(0, 16),
        }  # fmt: skip
        lost += cut_and_compare(breaking_writer, tmp_path / f"store{number}", command)
    # A test in which nothing breaks would prove nothing.
    assert lost > 0
