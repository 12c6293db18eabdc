"""However the program goes wrong: a report with the stack, and at the next start the offer to go on as it was.

`BST_LONG=1` repeats each kind twenty-five times.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("crash_child.py")
TIMES = 25 if os.environ.get("BST_LONG") else 1


def start(home: Path, kind: str) -> tuple[int, dict[str, Any]]:
    """Run the program once; its exit code and what its window told."""
    done = subprocess.run(
        [sys.executable, str(CHILD), str(home), kind], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "BST_DATA_DIR": str(home)},
    )  # fmt: skip
    told = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert told, done.stderr
    return done.returncode, json.loads(told[0])


def reports(home: Path, pattern: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(home.rglob(pattern))]


@pytest.mark.parametrize("kind", ["slot", "task", "worker"])
@pytest.mark.parametrize("time", range(TIMES))
def test_error_nobody_expected_leaves_a_report_and_the_program_goes_on(tmp_path: Path, kind: str, time: int):
    code, _ = start(tmp_path, kind)
    assert code == 0
    (report,) = reports(tmp_path, "fault-*.txt")
    assert f"ZeroDivisionError: in a {kind}" in report
    assert "crash_child.py" in report
    _, next_start = start(tmp_path, "none")
    assert not any("unexpectedly" in text for text in next_start["toasts"])


@pytest.mark.parametrize("time", range(TIMES))
def test_native_crash_leaves_its_stack_and_the_next_start_says_so(tmp_path: Path, time: int):
    start(tmp_path, "none")  # closed as it should be: there is a layout to lose
    code, _ = start(tmp_path, "native")
    assert code != 0
    _, second = start(tmp_path, "native")
    assert any("ended unexpectedly" in text and "native-crash" in text for text in second["toasts"])
    first_backup = sorted((tmp_path / "recovery").glob("session-*.json"))
    first_reports = reports(tmp_path, "native-crash-*.txt")
    assert len(first_reports) == 1
    assert "go_wrong" in first_reports[0]
    # It happened twice soon after the start: the default layout, and the kept one on offer.
    _, third = start(tmp_path, "none")
    assert any("It happened twice" in text for text in third["toasts"])
    kept = sorted((tmp_path / "recovery").glob("session-*.json"))
    assert len(kept) == len(first_backup) + 1
    assert len(reports(tmp_path, "native-crash-*.txt")) == 2
    _, fourth = start(tmp_path, "none")
    assert not any("unexpectedly" in text for text in fourth["toasts"])


def test_program_that_was_killed_says_so_too(tmp_path: Path):
    start(tmp_path, "kill")
    _, after = start(tmp_path, "none")
    assert any("ended unexpectedly" in text for text in after["toasts"])
