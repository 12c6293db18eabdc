"""`bst exchange serve` from outside: it listens, answers, stops, and refuses what it cannot replay."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from practice_builders import START_MS, minute_candles


@pytest.fixture
def candle_file(tmp_path: Path) -> Path:
    candles = minute_candles(2000)
    rows = zip(
        candles.open_time_ms, candles.open, candles.high, candles.low, candles.close, candles.volume, strict=True
    )
    lines = ["open_time,open,high,low,close,volume", *(",".join(map(str, row)) for row in rows)]
    path = tmp_path / "BTCUSDT_1m.csv"
    path.write_text("\n".join(lines))
    return path


def bst(*arguments: object, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "strategy_tester.cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "BST_DATA_DIR": str(home)},
    )  # fmt: skip


def test_served_candles_are_those_of_the_file(candle_file: Path, tmp_path: Path):
    server = bst("exchange", "serve", candle_file, "--port", "0", "--json", home=tmp_path)
    try:
        assert server.stdout is not None
        told = ""
        while "}" not in told:
            told += server.stdout.readline()
        address = json.loads(told)["address"]
        url = f"{address}/v5/market/kline?category=linear&symbol=BTCUSDT&interval=1&start={START_MS}&limit=3"
        rows = requests.get(url, timeout=10).json()["result"]["list"]
        assert [int(row[0]) for row in rows] == [START_MS + 120_000, START_MS + 60_000, START_MS]
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=10)
    assert server.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 4, "there are no stored candles to replay"),
        (("--symbol", "NOPE"), 4, "no stored candles of NOPE"),
        (("missing.csv",), 4, "missing.csv"),
        (("{file}", "--speed", "5000"), 3, "speed"),
        (("{file}", "--faults", "{bad}"), 3, "faults[0].kind: 'earthquake' is unknown"),
        (("{file}", "--from", "yesterday"), 3, "--from"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_words(candle_file: Path, tmp_path: Path, arguments, code, words):
    bad = tmp_path / "bad.json"
    bad.write_text('{"faults": [{"kind": "earthquake"}]}')
    given = [text.format(file=candle_file, bad=bad) for text in arguments]
    process = bst("exchange", "serve", *given, "--port", "0", "--seconds", "5", home=tmp_path)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert words in errors
