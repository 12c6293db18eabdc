"""Two hours of the market on a bad day, in two minutes; the full form is `python packaging/dev.py soak`.

Other tests run beside it on the same cores: what the machine's load can break, the loop's lag, is printed only.
"""

import subprocess
import sys
from pathlib import Path

import pytest


def test_two_hours_of_faults_lose_double_and_spoil_nothing():
    pytest.importorskip("psutil")
    arguments = ["--minutes", "2", "--speed", "60", "--tick", "0.05", "--sample", "1", "--frames", "3"]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("soak.py")), *arguments], capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok     final candles lost: 0" in done.stdout
