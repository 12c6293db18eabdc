"""The main job on the command line: candles in, an honest backtest, CSV out; text for people, JSON for scripts."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import strategy_tester as st
from builders import random_candles
from strategy_tester.cli.main import main
from strategy_tester.domain.timeframes import Timeframe

CANDLES = random_candles(400, seed=3, timeframe=Timeframe.M15)
SERIES = ["--symbol", "BTCUSDT", "--timeframe", "15m"]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "bybit-linear-BTCUSDT-15m.parquet"
    CANDLES.frame.write_parquet(path)
    return str(path)


@pytest.fixture
def bst(capsys: pytest.CaptureFixture[str]):
    def run(*arguments: str) -> str:
        assert main(list(arguments)) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def bst_json(bst):
    def run(*arguments: str) -> Any:
        return json.loads(bst(*arguments, "--json"))

    return run


def test_from_a_file_to_kept_runs_and_reports(tmp_path, file, bst, bst_json):
    imported = bst_json("import", file)[0]
    assert (imported["symbol"], imported["timeframe"], imported["source"]) == ("BTCUSDT", "15m", "bybit-linear")
    assert (imported["added"], imported["quality"]) == (400, 100.0)

    again = bst_json("import", file)[0]
    assert (again["added"], again["unchanged"]) == (0, 400)

    bst("data", "resample", *SERIES, "--to", "1h")
    assert [(item["timeframe"], item["candles"]) for item in bst_json("data", "list")] == [("15m", 400), ("1h", 100)]

    first = bst_json("backtest", *SERIES, "--strategy", "sma-cross-reverse")
    second = bst_json("backtest", *SERIES, "--strategy", "sma-cross-reverse", "--leverage", "3")
    assert (first["run_id"], second["run_id"]) == (1, 2)
    assert first["metrics"]["total_trades"] > 0

    kept = bst_json("runs", "list")
    assert [run["run_id"] for run in kept] == [2, 1]
    assert bst_json("runs", "show", "1")["metrics"] == kept[1]["metrics"]
    assert "leverage" in bst("runs", "compare", "1", "2")

    out = tmp_path / "trades.csv"
    bst("export", "1", "trades", "--out", str(out))
    with out.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == first["metrics"]["total_trades"]
    assert float(rows[-1]["equity_after"]) == pytest.approx(first["metrics"]["final_capital"], abs=1e-9)

    assert bst_json("runs", "delete", "1")["deleted"] == 1
    assert [run["run_id"] for run in bst_json("runs", "list")] == [2]
    bst("data", "delete", *SERIES)
    assert [item["timeframe"] for item in bst_json("data", "list")] == ["1h"]


def test_the_command_and_the_python_face_agree_to_the_last_digit(tmp_path, file, bst_json):
    out = tmp_path / "t.csv"
    answer = bst_json(
        "backtest", "--data", file, "--strategy", "rsi-reversion-with-trend", "--leverage", "2", "--slippage-rate",
        "0.0005", "--csv", str(out),
    )  # fmt: skip
    strategy = Path(__file__).resolve().parents[2] / "resources" / "strategies" / "rsi-reversion-with-trend.bst.json"
    config = st.BacktestConfig(leverage=2.0, slippage_rate=0.0005)
    result = st.backtest(strategy, st.read_candles(file), config)
    assert answer["metrics"]["final_capital"] == result.metrics["final_capital"]
    with out.open(encoding="utf-8", newline="") as opened:
        assert [float(row["pnl"]) for row in csv.DictReader(opened)] == result.trades["pnl"].to_list()


def test_a_file_is_backtested_without_touching_any_database(file, bst_json, tmp_path):
    assert bst_json("backtest", "--data", file, "--strategy", "sma-cross-reverse")["run_id"] is None
    assert not (tmp_path / "data").exists()


def test_gaps_are_listed(tmp_path, bst_json):
    path = tmp_path / "bybit-linear-BTCUSDT-15m.parquet"
    pl.concat([CANDLES.frame.head(100), CANDLES.frame.slice(105)]).write_parquet(path)
    imported = bst_json("import", str(path))[0]
    assert imported["missing"] == 5
    gaps = bst_json("data", "gaps", *SERIES)
    assert gaps == [{"first_missing": "2025-01-02 01:00Z", "last_missing": "2025-01-02 02:00Z", "missing": 5}]


def test_funding_is_imported_and_charged(tmp_path, file, bst_json):
    path = tmp_path / "bybit-linear-BTCUSDT-funding.parquet"
    hours = range(0, 100, 8)
    times = [int(CANDLES.open_time_ms[0]) + hour * 3_600_000 for hour in hours]
    pl.DataFrame({"funding_time": times, "funding_rate": [0.0005] * len(times)}).write_parquet(path)
    bst_json("import", file)
    assert bst_json("import", str(path))[0]["settlements"] == len(times)
    charged = bst_json("backtest", *SERIES, "--strategy", "sma-cross-reverse")
    free = bst_json("backtest", *SERIES, "--strategy", "sma-cross-reverse", "--no-funding")
    assert charged["metrics"]["total_funding"] != 0.0
    assert free["metrics"]["total_funding"] == 0.0


def test_a_look_without_storing(file, bst_json):
    assert bst_json("import", file, "--check")[0]["candles"] == 400
    assert bst_json("data", "list") == []


def test_lists_for_people_and_for_scripts(bst, bst_json):
    assert "RSI" in bst("indicators")
    assert "period" in bst("indicators", "rsi")
    assert len(bst_json("indicators")) >= 60
    assert {"name", "formula", "unit"} <= bst_json("metrics")[0].keys()
    keys = [entry["key"] for entry in bst_json("strategies", "list")]
    assert len(keys) >= 12
    assert json.loads(bst("strategies", "show", keys[0]))["name"]


def test_the_doctor_finds_this_machine_in_order(bst_json):
    answer = bst_json("doctor")
    assert answer["ok"]
    assert [check["name"] for check in answer["checks"]][-1] == "Database"


def test_the_doctor_reads_what_is_stored(file, bst, bst_json):
    bst("import", file)
    assert bst_json("doctor")["checks"][-1]["sentence"] == "1 series and 0 runs were read without a fault"


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"bst {st.__version__}"


def test_a_real_process_loads_neither_qt_nor_the_database_for_a_file(file):
    code = (
        "import sys; from strategy_tester.cli.main import main; "
        f"code = main(['backtest', '--data', {file!r}, '--strategy', 'sma-cross-reverse', '--json']); "
        "print([name for name in ('PySide6', 'duckdb', 'rich') if name in sys.modules], file=sys.stderr); "
        "sys.exit(code)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.splitlines()[-1] == "[]"
    assert json.loads(answer.stdout)["symbol"] == "BTCUSDT"
