"""`bst` as a test types it: in this process, on a private data folder, with everything it prints."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strategy_tester.cli.main import main


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value; fails when it is anything else."""
        return json.loads(self.out)


class Terminal:
    """Runs commands on one data folder."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def __call__(self, *words: object) -> Answer:
        self._capture.readouterr()
        code = main([str(word) for word in words])
        written = self._capture.readouterr()
        assert "Traceback" not in written.err
        return Answer(code, written.out, written.err)

    def done(self, *words: object) -> Answer:
        """The same for a command that must end well."""
        answer = self(*words)
        assert answer.code == 0, answer.err
        return answer

    def series(self) -> list[str]:
        """What is stored, as 'symbol timeframe source candles'."""
        rows = self.done("data", "list", "--json").json
        return [f"{row['symbol']} {row['timeframe']} {row['source']} {row['candles']}" for row in rows]

    def run_count(self) -> int:
        """How many runs are kept."""
        return len(self.done("runs", "list", "--json").json)


def write_csv(
    path: Path, rows: list[tuple[object, ...]], header: str = "open_time_ms,open,high,low,close,volume"
) -> Path:
    """A CSV file of candles."""
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
