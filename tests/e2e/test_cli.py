"""`bst` from a file of candles to a report, command by command."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders import HOUR_MS, START_MS, make_candles, random_candles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.version import VERSION
from terminal import Terminal, write_csv

STRATEGY = "sma-cross-reverse"
BUY_ABOVE_100 = {
    "name": "Above a hundred",
    "indicators": [],
    "entry_conditions": {"long": [{"indicator": "close", "operator": ">", "value": 100}], "short": []},
    "exit_conditions": [{"indicator": "close", "operator": "<", "value": 100}],
}


@pytest.fixture
def bst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path / "data", capsys)


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Four hundred hourly candles."""
    path = tmp_path / "TESTUSDT-1h.csv"
    random_candles(400).frame.write_csv(path)
    return path


@pytest.fixture
def kept_run(bst: Terminal, market: Path) -> int:
    bst.done("import", market)
    return bst.done("backtest", "--strategy", STRATEGY, "--symbol", "TESTUSDT", "--timeframe", "1h", "--json").json[
        "run_id"
    ]


def test_import_stores_what_the_file_holds(bst: Terminal, market: Path):
    answer = bst.done("import", market)

    assert "TESTUSDT-1h.csv: 400 candles, TESTUSDT 1h file, quality 100 of 100" in answer.out
    assert "added 400, replaced 0, unchanged 0" in answer.out
    assert bst.series() == ["TESTUSDT 1h file 400"]


def test_import_a_second_time_changes_nothing(bst: Terminal, market: Path):
    bst.done("import", market)

    again = bst.done("import", market, "--json").json[0]

    assert (again["added"], again["replaced"], again["unchanged"]) == (0, 0, 400)


def test_import_takes_the_names_that_are_given(bst: Terminal, market: Path):
    bst.done("import", market, "--symbol", "ETHUSDT", "--source", "mine", "--timeframe", "1h")

    assert bst.series() == ["ETHUSDT 1h mine 400"]


def test_import_check_reports_and_stores_nothing(bst: Terminal, market: Path):
    answer = bst.done("import", "--check", market, "--json").json[0]

    assert answer["candles"] == 400
    assert answer["quality"] == 100.0
    assert not answer["refusal"]
    assert bst.series() == []


def test_import_of_several_files_keeps_the_sound_ones_and_names_the_others(bst: Terminal, market: Path, tmp_path: Path):
    empty = tmp_path / "empty.csv"
    empty.touch()

    answer = bst("import", empty, market)

    assert answer.code == 4
    assert "empty.csv" in answer.err
    assert "TESTUSDT-1h.csv: 400 candles" in answer.out
    assert bst.series() == ["TESTUSDT 1h file 400"]


def test_import_leaves_faulty_rows_out_when_asked(bst: Terminal, tmp_path: Path):
    rows = [(START_MS + hour * HOUR_MS, 100, 101, 99, 100, 5) for hour in range(10)]
    rows[4] = (START_MS + 4 * HOUR_MS, 100, 101, -99, 100, 5)
    path = write_csv(tmp_path / "BTCUSDT-1h.csv", rows)

    refused = bst("import", path)
    taken = bst("import", path, "--drop-faulty")

    assert refused.code == 4
    assert "--drop-faulty" in refused.err
    assert taken.code == 0
    assert bst.series() == ["BTCUSDT 1h file 9"]


def test_import_of_funding_rates(bst: Terminal, tmp_path: Path):
    path = tmp_path / "bybit-linear-BTCUSDT-funding.csv"
    rows = [f"{START_MS + number * 8 * HOUR_MS},0.0001" for number in range(6)]
    path.write_text("\n".join(["fundingRateTimestamp,fundingRate", *rows]) + "\n", encoding="utf-8")

    answer = bst.done("import", path, "--symbol", "BTCUSDT", "--json").json[0]

    assert (answer["kind"], answer["symbol"], answer["settlements"], answer["added"]) == ("funding", "BTCUSDT", 6, 6)


def test_import_of_open_interest_and_a_file_that_holds_none(bst: Terminal, tmp_path: Path):
    path = tmp_path / "bybit-linear-BTCUSDT-oi.csv"
    path.write_text(f"timestamp,openInterest\n{START_MS},118\n{START_MS + HOUR_MS},120.5\n", encoding="utf-8")

    answer = bst.done("import", path, "--kind", "open-interest", "--json").json[0]

    assert (answer["kind"], answer["symbol"], answer["source"]) == ("open_interest", "BTCUSDT", "bybit-linear")
    assert (answer["values"], answer["added"]) == (2, 2)
    assert (
        "2 values of open interest, BTCUSDT bybit-linear, 0 of them new"
        in bst.done("import", path, "--kind", "open-interest").out
    )
    refused = bst("import", path, "--kind", "mark-price", "--check")
    assert refused.code == 4
    assert "does not look like values of mark price" in refused.err


def test_data_list_of_an_empty_folder_says_what_to_do(bst: Terminal):
    assert "bst import FILE" in bst.done("data", "list").out
    assert bst.done("data", "list", "--json").json == []


def test_data_gaps_names_the_missing_candles(bst: Terminal, tmp_path: Path):
    rows = [(START_MS + hour * HOUR_MS, 100, 101, 99, 100, 5) for hour in range(30) if hour not in {7, 8}]
    bst.done("import", write_csv(tmp_path / "BTCUSDT-1h.csv", rows))

    gaps = bst.done("data", "gaps", "--symbol", "BTCUSDT", "--timeframe", "1h", "--json").json

    assert gaps == [{"first_missing": "2025-01-01 07:00Z", "last_missing": "2025-01-01 08:00Z", "missing": 2}]


def test_data_gaps_of_a_whole_series(bst: Terminal, market: Path):
    bst.done("import", market)

    answer = bst.done("data", "gaps", "--symbol", "TESTUSDT", "--timeframe", "1h")

    assert answer.out.strip() == "TESTUSDT 1h file: no candle is missing."


def test_data_resample_stores_the_higher_timeframe(bst: Terminal, market: Path):
    bst.done("import", market)

    outcome = bst.done("data", "resample", "--symbol", "TESTUSDT", "--timeframe", "1h", "--to", "4h", "--json").json

    assert outcome == [{"added": 100, "replaced": 0, "unchanged": 0}]
    assert bst.series() == ["TESTUSDT 1h file 400", "TESTUSDT 4h file 100"]


def test_data_resample_to_a_lower_timeframe_is_refused(bst: Terminal, market: Path):
    bst.done("import", market)

    answer = bst("data", "resample", "--symbol", "TESTUSDT", "--timeframe", "1h", "--to", "1m")

    assert answer.code == 3
    assert bst.series() == ["TESTUSDT 1h file 400"]


def test_data_delete_removes_the_series(bst: Terminal, market: Path):
    bst.done("import", market)

    answer = bst.done("data", "delete", "--symbol", "TESTUSDT", "--timeframe", "1h", "--json").json

    assert answer == [{"series": "TESTUSDT 1h file", "deleted": 400}]
    assert bst.series() == []


def test_series_of_two_sources_must_be_told_apart(bst: Terminal, market: Path):
    bst.done("import", market)
    bst.done("import", market, "--source", "other")

    answer = bst("data", "gaps", "--symbol", "TESTUSDT", "--timeframe", "1h")

    assert answer.code == 3
    assert "TESTUSDT 1h file, TESTUSDT 1h other" in answer.err
    assert "--source" in answer.err
    assert bst("data", "gaps", "--symbol", "TESTUSDT", "--timeframe", "1h", "--source", "other").code == 0


def test_backtest_on_a_file_by_hand(bst: Terminal, tmp_path: Path):
    # Bought at the third open (101), sold at the fifth open (99): the signals are known one close earlier.
    candles = make_candles([99, 101, 102, 99, 98], opens=[99, 99, 101, 102, 99])
    path = tmp_path / "TESTUSDT-1h.csv"
    candles.frame.write_csv(path)
    strategy = tmp_path / "above.bst.json"
    strategy.write_text(json.dumps(BUY_ABOVE_100), encoding="utf-8")

    answer = bst.done("backtest", "--strategy", strategy, "--data", path, "--taker-fee-rate", 0, "--json").json

    assert answer["strategy"] == "Above a hundred"
    assert answer["bars"] == 5
    assert answer["run_id"] is None
    assert answer["metrics"]["total_trades"] == 1.0
    assert answer["metrics"]["final_capital"] == pytest.approx(10_000.0 * 99.0 / 101.0)
    assert answer["metrics"]["profit_factor"] == 0.0
    assert answer["metrics"]["avg_win"] is None, "no win: not a number, so null"


def test_backtest_on_a_file_keeps_nothing(bst: Terminal, market: Path):
    bst.done("backtest", "--strategy", STRATEGY, "--data", market)

    assert bst.run_count() == 0
    assert bst.series() == []


def test_backtest_prints_a_summary(bst: Terminal, market: Path):
    answer = bst.done("backtest", "--strategy", STRATEGY, "--data", market)

    first, *rows = answer.out.splitlines()
    assert first == "SMA cross, stop and reverse on TESTUSDT 1h, 400 bars, 2025-01-01 00:00Z ... 2025-01-17 15:00Z"
    assert rows[0].split() == ["metric", "value", "unit"]
    assert any(row.startswith("total_return_pct ") for row in rows)


def test_backtest_says_that_funding_is_not_charged(bst: Terminal, market: Path):
    with_note = bst.done("backtest", "--strategy", STRATEGY, "--data", market)
    without = bst.done("backtest", "--strategy", STRATEGY, "--data", market, "--no-funding")

    assert "funding is not charged" in with_note.err
    assert "funding" not in without.err


def test_backtest_charges_funding_from_a_file(bst: Terminal, market: Path, tmp_path: Path):
    path = tmp_path / "TESTUSDT-funding.csv"
    rows = [f"{START_MS + number * 8 * HOUR_MS},0.001" for number in range(50)]
    path.write_text("\n".join(["fundingRateTimestamp,fundingRate", *rows]) + "\n", encoding="utf-8")

    answer = bst.done("backtest", "--strategy", STRATEGY, "--data", market, "--funding", path, "--json").json

    assert answer["metrics"]["total_funding"] != 0.0
    assert not any("funding" in warning for warning in answer["warnings"])


def test_backtest_of_a_period(bst: Terminal, market: Path):
    words = ("--strategy", STRATEGY, "--data", market, "--start", "2025-01-03", "--end", "2025-01-05T12:00", "--json")

    assert bst.done("backtest", *words).json["bars"] == 60


def test_backtest_on_stored_candles_is_kept_and_equals_the_one_on_the_file(bst: Terminal, market: Path):
    bst.done("import", market)
    stored = bst.done("backtest", "--strategy", STRATEGY, "--symbol", "TESTUSDT", "--timeframe", "1h", "--json").json
    direct = bst.done("backtest", "--strategy", STRATEGY, "--data", market, "--json").json

    assert stored["run_id"] == 1
    assert stored["metrics"] == direct["metrics"]
    assert bst.run_count() == 1


def test_backtest_is_not_kept_when_so_asked(bst: Terminal, market: Path):
    bst.done("import", market)

    answer = bst.done(
        "backtest", "--strategy", STRATEGY, "--symbol", "TESTUSDT", "--timeframe", "1h", "--no-keep", "--json"
    )

    assert answer.json["run_id"] is None
    assert bst.run_count() == 0


def test_backtest_writes_trades_and_equity(bst: Terminal, market: Path, tmp_path: Path):
    trades, equity = tmp_path / "trades.csv", tmp_path / "equity.csv"

    bst.done("backtest", "--strategy", STRATEGY, "--data", market, "--trades-csv", trades, "--equity-csv", equity)

    header, *rows = trades.read_text("utf-8").splitlines()
    assert header.startswith(
        "trade,side,entry_time,exit_time,entry_price,exit_price,quantity,position_size,pnl,pnl_pct,"
    )
    assert rows[0].startswith("1,")
    assert len(equity.read_text("utf-8").splitlines()) == 401


def test_backtest_with_the_magnifier_reads_the_lower_timeframe(bst: Terminal, tmp_path: Path):
    minutes = random_candles(50 * 60, timeframe=Timeframe.M1)
    minutes.frame.write_csv(tmp_path / "TESTUSDT-1m.csv")
    bst.done("import", tmp_path / "TESTUSDT-1m.csv")
    bst.done("data", "resample", "--symbol", "TESTUSDT", "--timeframe", "1m", "--to", "1h")
    words = ("--strategy", STRATEGY, "--symbol", "TESTUSDT", "--timeframe", "1h", "--json")

    plain = bst.done("backtest", *words, "--no-keep").json
    magnified = bst.done("backtest", *words, "--intrabar", "magnifier", "--no-keep").json

    assert not any("lower timeframe" in warning for warning in magnified["warnings"])
    assert magnified["metrics"] == plain["metrics"], "no stops: nothing happens inside the bars"


def test_runs_list_is_empty_at_first(bst: Terminal):
    assert "No run is kept yet" in bst.done("runs", "list").out
    assert bst.done("runs", "list", "--json").json == []


def test_runs_list_and_show(bst: Terminal, kept_run: int):
    listed = bst.done("runs", "list", "--json").json
    shown = bst.done("runs", "show", kept_run, "--json").json

    assert [run["run_id"] for run in listed] == [kept_run]
    assert shown["strategy_name"] == "SMA cross, stop and reverse"
    assert shown["series"] == "TESTUSDT 1h file"
    assert shown["config"]["taker_fee_rate"] == 0.00055
    assert len(shown["data_hash"]) == 64
    assert "sharpe_ratio" in bst.done("runs", "show", kept_run).out
    assert "TESTUSDT 1h file" in bst.done("runs", "list").out


def test_runs_compare_marks_what_differs(bst: Terminal, kept_run: int):
    words = ("backtest", "--strategy", STRATEGY, "--symbol", "TESTUSDT", "--timeframe", "1h")
    other = bst.done(*words, "--taker-fee-rate", 0.001, "--json").json["run_id"]

    rows = {
        row.split()[0]: row.split()[1:] for row in bst.done("runs", "compare", kept_run, other).out.splitlines()[1:]
    }

    assert rows["taker_fee_rate"] == ["0.00055", "0.001", "differs"]
    assert rows["leverage"] == ["1.00", "1.00"]
    assert rows["total_commission"][-1] == "differs"
    assert [run["run_id"] for run in bst.done("runs", "compare", kept_run, other, "--json").json] == [kept_run, other]


def test_runs_delete_forgets_a_run(bst: Terminal, kept_run: int):
    assert bst.done("runs", "delete", kept_run, "--json").json == {"deleted": 1}
    assert bst.run_count() == 0
    assert bst("runs", "show", kept_run).code == 3


def test_export_writes_both_separators(bst: Terminal, kept_run: int, tmp_path: Path):
    comma, semicolon = tmp_path / "comma.csv", tmp_path / "semicolon.csv"
    bst.done("export", kept_run, "equity", "--out", comma)
    bst.done("export", kept_run, "equity", "--out", semicolon, "--separator", "semicolon", "--bom")

    plain = [line.split(",") for line in comma.read_text("utf-8").splitlines()]
    russian = [line.split(";") for line in semicolon.read_text("utf-8-sig").splitlines()]
    assert semicolon.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(plain) == len(russian) == 401
    assert [cell.replace(",", ".") for cell in russian[-1]] == plain[-1]


def test_export_equals_the_csv_of_the_backtest_itself(bst: Terminal, market: Path, kept_run: int, tmp_path: Path):
    direct, kept = tmp_path / "direct.csv", tmp_path / "kept.csv"

    bst.done("backtest", "--strategy", STRATEGY, "--data", market, "--csv", direct)
    bst.done("export", kept_run, "trades", "--out", kept)

    assert kept.read_bytes() == direct.read_bytes()


def test_export_of_metrics(bst: Terminal, kept_run: int, tmp_path: Path):
    path = tmp_path / "metrics.csv"
    bst.done("export", kept_run, "metrics", "--out", path)

    values = dict(line.split(",", 1) for line in path.read_text("utf-8").splitlines())
    shown = bst.done("runs", "show", kept_run, "--json").json["metrics"]
    assert float(values["final_capital"]) == shown["final_capital"]


def test_strategies_list_show_and_check(bst: Terminal, tmp_path: Path):
    listed = bst.done("strategies", "list", "--json").json
    shown = bst.done("strategies", "show", STRATEGY)
    file = tmp_path / "mine.bst.json"
    file.write_text(shown.out, encoding="utf-8")

    assert {"key": STRATEGY, "origin": "library"}.items() <= next(
        row for row in listed if row["key"] == STRATEGY
    ).items()
    assert len(listed) >= 12
    assert bst.done("strategies", "check", file).out.strip() == "mine.bst.json: SMA cross, stop and reverse is sound"
    assert bst.done("strategies", "show", file).json == shown.json


def test_strategies_check_looks_at_every_file(bst: Terminal, tmp_path: Path):
    good, bad = tmp_path / "good.bst.json", tmp_path / "bad.bst.json"
    good.write_text(json.dumps(BUY_ABOVE_100), encoding="utf-8")
    bad.write_text(json.dumps({**BUY_ABOVE_100, "take_profit": 0}), encoding="utf-8")

    answer = bst("strategies", "check", bad, good)

    assert answer.code == 3
    assert "bad.bst.json: take_profit" in answer.err
    assert "good.bst.json: Above a hundred is sound" in answer.out


def test_own_strategy_is_found_by_name(bst: Terminal, market: Path):
    from strategy_tester.storage.stores import open_stores

    with open_stores(bst.folder) as stores:
        stores.strategies.save("Above a hundred", BUY_ABOVE_100)

    assert bst.done("backtest", "--strategy", "Above a hundred", "--data", market, "--json").json["bars"] == 400
    assert {"name": "Above a hundred", "origin": "own"}.items() <= bst.done("strategies", "list", "--json").json[
        0
    ].items()


def test_indicators_list_and_explain(bst: Terminal):
    listed = bst.done("indicators", "--json").json
    explained = bst.done("indicators", "rsi")

    assert len(listed) >= 60
    assert {"name": "period", "default": 14}.items() <= next(item for item in listed if item["name"] == "RSI")[
        "parameters"
    ][0].items()
    assert explained.out.startswith("RSI: ")
    assert "Wilder" in explained.out


def test_unknown_indicator_names_the_nearest(bst: Terminal):
    answer = bst("indicators", "RSII")

    assert answer.code == 3
    assert "RSI" in answer.err.replace("RSII", "")


def test_metrics_come_with_formula(bst: Terminal):
    metrics = {item["name"]: item for item in bst.done("metrics", "--json").json}

    assert "365" in metrics["sharpe_ratio"]["formula"]
    assert "sharpe_ratio" in bst.done("metrics").out


def test_wrong_usage_ends_with_two(bst: Terminal):
    assert bst("nonsense").code == 2
    assert bst("backtest").code == 2
    assert bst("backtest", "--strategy", STRATEGY, "--leverage", "much").code == 2
    assert bst().code == 2


def test_help_and_version_end_with_zero(bst: Terminal):
    assert bst("--version").out.strip() == f"bst {VERSION}"
    assert "--strategy" in bst("backtest", "--help").out
    assert "doctor" in bst("--help").out


def test_a_fault_of_the_program_is_written_down_without_a_traceback(bst: Terminal, monkeypatch: pytest.MonkeyPatch):
    from strategy_tester.services import metric_catalog

    monkeypatch.setattr(metric_catalog, "metric_infos", lambda: 1 / 0)

    answer = bst("metrics")

    assert answer.code == 1
    assert "ZeroDivisionError" in answer.err
    report = Path(answer.err.split("the details are in ")[1].strip())
    assert "Traceback" in report.read_text("utf-8")


def test_the_folder_in_use_is_told_and_nothing_else_happens(bst: Terminal, market: Path):
    from strategy_tester.storage.stores import open_stores

    with open_stores(bst.folder):
        answer = bst("import", market)

    assert answer.code == 5
    assert "in use by another window" in answer.err
    assert bst.series() == []


def test_a_window_in_use_does_not_disturb_a_backtest_on_a_file(bst: Terminal, market: Path):
    from strategy_tester.storage.stores import open_stores

    with open_stores(bst.folder):
        assert bst("backtest", "--strategy", STRATEGY, "--data", market).code == 0


def test_data_dir_is_used_instead_of_the_users_own(bst: Terminal, market: Path, tmp_path: Path):
    other = tmp_path / "other"
    bst.done("import", market, "--data-dir", other)

    assert bst.series() == []
    assert len(bst.done("data", "list", "--data-dir", other, "--json").json) == 1


def test_bst_as_a_process_of_its_own(market: Path, tmp_path: Path):
    environment = {**os.environ, "BST_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "strategy_tester.cli"]

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *map(str, words)],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    imported = run("import", market)
    tested = run("backtest", "--strategy", STRATEGY, "--symbol", "TESTUSDT", "--timeframe", "1h", "--json")
    refused = run("backtest", "--strategy", STRATEGY, "--symbol", "TESTUSDT", "--timeframe", "1h", "--leverage", 101)

    assert imported.returncode == 0, imported.stderr
    assert tested.returncode == 0, tested.stderr
    assert math.isfinite(json.loads(tested.stdout)["metrics"]["final_capital"])
    assert refused.returncode == 3
    assert "leverage: 101.0 is not allowed; allowed: a number from 1 to 100" in refused.stderr
    assert "Traceback" not in refused.stderr
