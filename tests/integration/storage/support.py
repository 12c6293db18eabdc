"""What the tests of durability share: the writer, and the comparison of a folder with what was acknowledged."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integration.storage.writer import candles_for, drawing_for, result_for
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.storage.notices import Notice
from strategy_tester.storage.stores import Stores, open_stores

HERE = Path(__file__).resolve().parent
TESTS = HERE.parents[1]
LONG = bool(os.environ.get("BST_LONG"))
Message = dict[str, Any]


def rounds(short: int, full: int) -> int:
    """How often a random test repeats: the full number only when BST_LONG is set."""
    return full if LONG else short


def seeded(seed: int) -> random.Random:
    """Chance that repeats itself; BST_SEED shifts all of it."""
    return random.Random(seed + int(os.environ.get("BST_SEED", "0")))  # noqa: S311 - not for secrets


class Writer:
    """The writer's process. `run` gives it commands and yields what its children say."""

    def __init__(self, preloaded: Path | None = None) -> None:
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        if preloaded is not None:
            environment["LD_PRELOAD"] = str(preloaded)
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "writer.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def run(self, *commands: Message) -> Iterator[Message]:
        """Messages of the children in the order they came, up to and with `ended`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(commands).encode() + b"\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            message = json.loads(line)
            yield message
            if "ended" in message:
                return
        raise AssertionError("the writer itself ended")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


def build_fault_library(folder: Path) -> Path:
    """Compile fault.c; the test is skipped where that is not possible."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    library = folder / "fault.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "fault.c"), "-ldl"], check=True)
    return library


@dataclass
class Truth:
    """What has been acknowledged so far, and what may or may not be there because its answer was cut off."""

    totals: dict[str, int] = field(default_factory=dict)
    strategies: dict[str, int] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)
    drawings: dict[str, dict[str, int]] = field(default_factory=dict)
    last_number: int = 0
    maybe_total: dict[str, int] = field(default_factory=dict)
    maybe_strategy: dict[str, int] = field(default_factory=dict)
    maybe_run: int = 0
    maybe_drawing: tuple[str, int] = ("", 0)
    maybe_forgotten: bool = False

    def hear(self, message: Message) -> None:
        """Take in one message of a writer."""
        if "begun" in message:
            self._begin(message["begun"])
        if "refused" in message and isinstance(message["refused"], dict):
            self._begin(message["refused"])
        if "done" in message:
            self._finish(message["done"])

    def _begin(self, operation: Message) -> None:
        self.last_number = operation["number"]
        kind, symbol = operation["kind"], operation["symbol"]
        if kind in {"candles", "bulk"}:
            self.maybe_total[symbol] = self.totals.get(symbol, 0) + operation["count"]
        elif kind == "strategy":
            self.maybe_strategy[f"strategy {operation['number'] % 5}"] = operation["number"]
        elif kind == "drawing":
            self.maybe_drawing = symbol, operation["number"]
        elif kind == "run":
            self.maybe_run = operation["number"]
        elif kind == "forget":
            self.maybe_forgotten = True

    def _finish(self, operation: Message) -> None:
        self.last_number = operation["number"]
        if "total" in operation:
            self.totals[operation["symbol"]] = operation["total"]
            self.maybe_total.pop(operation["symbol"], None)
        if "name" in operation:
            self.strategies[operation["name"]] = operation["number"]
            self.maybe_strategy.pop(operation["name"], None)
        if "drawn" in operation:
            self.drawings[operation["symbol"]] = self._drawn(operation["symbol"], operation["number"])
            self.maybe_drawing = "", 0
        if "run_id" in operation:
            self.runs[operation["run_id"]] = operation["number"]
            self.maybe_run = 0
        if "run_ids" in operation:
            for run_id in operation["run_ids"]:
                self.runs.pop(run_id, None)
            self.maybe_forgotten = False

    def assert_in(self, stores: Stores, *, candles: bool = True) -> None:
        """Everything acknowledged is there, whole and right; afterwards what was found is the truth.

        `candles=False` when the candles may be lost, which is allowed if it was said.
        """
        self._assert_strategies(stores)
        self._assert_runs(stores)
        self._assert_drawings(stores)
        if candles:
            self._assert_candles(stores)

    def _assert_strategies(self, stores: Stores) -> None:
        found = {stored.name: stored.content["number"] for stored in stores.strategies.list()}
        for name, number in self.strategies.items():
            assert found.get(name) in {number, self.maybe_strategy.get(name, number)}, name
        self.strategies, self.maybe_strategy = found, {}

    def _drawn(self, symbol: str, number: int) -> dict[str, int]:
        """The drawings of a symbol after the drawing operation `number`: one saved, one forgotten."""
        before = self.drawings.get(symbol, {})
        kept = {name: old for name, old in before.items() if name != f"drawing {(number + 3) % 7}"}
        return {**kept, f"drawing {number % 7}": number}

    def _assert_drawings(self, stores: Stores) -> None:
        symbol, number = self.maybe_drawing
        found: dict[str, dict[str, int]] = {}
        for one in {*self.drawings, *stores.drawings.symbols()}:
            contents = stores.drawings.load(one)
            found[one] = {name: content["number"] for name, content in contents.items()}
            assert contents == {name: drawing_for(its_number) for name, its_number in found[one].items()}
            expected = [self.drawings.get(one, {})]
            expected += [self._drawn(one, number)] if one == symbol else []
            assert found[one] in expected, one
        self.drawings, self.maybe_drawing = found, ("", 0)

    def _assert_runs(self, stores: Stores) -> None:
        found = {
            summary.run_id: int(summary.description.strategy_name.removeprefix("run "))
            for summary in stores.runs.list()
        }
        missing = [run_id for run_id in self.runs if run_id not in found]
        assert len(missing) <= int(self.maybe_forgotten), f"lost runs {missing}"
        extra = {number for run_id, number in found.items() if run_id not in self.runs}
        assert extra <= {self.maybe_run}, f"runs from nowhere {extra}"
        for run_id in sorted(found)[-6:]:
            stored = stores.runs.load(run_id)
            expected = result_for(found[run_id])
            assert stored is not None
            np.testing.assert_array_equal(stored.result.equity_curve, expected.equity_curve)
            np.testing.assert_array_equal(stored.result.trade_columns.pnl, expected.trade_columns.pnl)
            assert len(stored.result.refusals) == 2
        self.runs, self.maybe_run, self.maybe_forgotten = found, 0, False

    def _assert_candles(self, stores: Stores) -> None:
        found = {summary.key.symbol: summary.candles for summary in stores.candles.series()}
        for symbol, total in self.totals.items():
            assert found.get(symbol) in {total, self.maybe_total.get(symbol, total)}, symbol
        self.assert_candles_right(stores)
        self.totals, self.maybe_total = found, {}

    def assert_candles_right(self, stores: Stores) -> None:
        """Whatever candles are there have the right values."""
        for summary in stores.candles.series():
            stored = stores.candles.read(summary.key)
            assert stored.content_hash() == candles_for(summary.key.symbol, 0, summary.candles).content_hash()


def key_of(symbol: str) -> SeriesKey:
    return SeriesKey(symbol, Timeframe.H1, "test")


def fill(folder: Path, *, closes: bool = True) -> Truth:
    """A folder with two series, three strategies and four runs."""
    truth = Truth()
    stores = open_stores(folder)
    kinds = ("candles", "strategy", "run", "candles", "drawing", "strategy", "run", "strategy", "run", "bulk", "run")
    kinds += ("drawing", "drawing")
    from integration.storage.writer import perform

    for number, kind in enumerate(kinds, start=1):
        symbol = f"K{number % 2}USDT"
        operation = {"number": number, "kind": kind, "symbol": symbol, "count": 30_000 if kind == "bulk" else 700}
        truth.hear({"done": perform(stores, operation)})
    if closes:
        stores.close()
    return truth


def texts(notices: list[Notice]) -> str:
    """All notices in one text."""
    return "\n".join(notice.text for notice in notices)
