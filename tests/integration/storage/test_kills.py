"""The program is killed at any moment: what it had acknowledged is there, nothing is half there, it always starts."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.storage.support import Truth, Writer, build_fault_library, rounds
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
    seed = int(os.environ.get("BST_SEED", "20261"))
    print(f"seed {seed}")
    rng = random.Random(seed)
    folder, truth, slowest = tmp_path / "store", Truth(), 0.0
    for _ in range(rounds(5, 100)):
        command = {"task": "work", "folder": str(folder), "seed": seed, "start": truth.last_number, "kind": kind}
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


def test_a_kill_inside_a_write_loses_nothing_of_the_vault(tmp_path: Path) -> None:
    library = build_fault_library(tmp_path)
    rng = random.Random(7)
    writer = Writer(library)
    damaged = 0
    for number in range(rounds(24, 400)):
        folder, truth = tmp_path / f"store{number}", Truth()
        command = {
            "task": "work", "folder": str(folder), "seed": number, "start": 0, "operations": 30, "closes": True,
            "at": rng.randrange(1, 90), "mode": 1, "pages": rng.choice((0, 1, 2, 7, 31, 63)),
        }  # fmt: skip
        for message in writer.run(command):
            truth.hear(message)
            assert "failed" not in message
        with open_stores(folder) as stores:
            if "could not be read" in "".join(notice.text for notice in stores.notices):
                damaged += 1
                truth.assert_in(stores, candles=False)
                truth.assert_candles_right(stores)
            else:
                truth.assert_in(stores)
            assert stores.check() == []
        with open_stores(folder) as stores:
            assert stores.notices == []
    writer.close()
