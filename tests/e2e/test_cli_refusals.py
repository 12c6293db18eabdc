"""Bad input at the terminal: a clear sentence, the right exit code, nothing stored."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from builders import HOUR_MS, START_MS, random_candles
from terminal import Answer, Terminal, write_csv

INPUT, DATA, STORAGE = 3, 4, 5


@pytest.fixture
def bst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path / "data", capsys)


@pytest.fixture
def market(tmp_path: Path) -> Path:
    path = tmp_path / "TESTUSDT-1h.csv"
    random_candles(100).frame.write_csv(path)
    return path


def hourly(bars: int = 30) -> list[tuple[object, ...]]:
    return [(START_MS + bar * HOUR_MS, 100, 101, 99, 100, 5) for bar in range(bars)]


def with_row(number: int, *row: object) -> list[tuple[object, ...]]:
    rows = hourly()
    rows[number] = row
    return rows


def mixed_timeframes() -> list[tuple[object, ...]]:
    minutes = [(START_MS + 30 * HOUR_MS + bar * 60_000, 100, 101, 99, 100, 5) for bar in range(10)]
    return [*hourly(), *minutes]


def swapped() -> list[tuple[object, ...]]:
    rows = hourly()
    rows[10], rows[20] = rows[20], rows[10]
    return rows


BAD_ROWS = {
    "header only": ([], "no rows|no candles|does not look like candles"),
    "one candle": (hourly(1), "Fewer than two candles"),
    "a price is not a number": (
        with_row(4, START_MS + 4 * HOUR_MS, "NaN", 101, 99, 100, 5),
        "not a number: 1 row.*row 6",
    ),
    "a price is negative": (
        with_row(4, START_MS + 4 * HOUR_MS, 100, 101, -99, 100, 5),
        "zero or negative: 1 row.*row 6",
    ),
    "a price is zero": (with_row(4, START_MS + 4 * HOUR_MS, 0, 101, 99, 100, 5), "zero or negative"),
    "a price is infinite": (with_row(4, START_MS + 4 * HOUR_MS, 100, "inf", 99, 100, 5), "row 6"),
    "a price is text": (with_row(4, START_MS + 4 * HOUR_MS, "abc", 101, 99, 100, 5), "row 6|abc"),
    "high below low": (with_row(4, START_MS + 4 * HOUR_MS, 100, 98, 99, 100, 5), "row 6"),
    "volume is negative": (with_row(4, START_MS + 4 * HOUR_MS, 100, 101, 99, 100, -5), "row 6"),
    "rows out of order": (swapped(), "not in the order of time"),
    "two rows of one candle disagree": (with_row(4, START_MS + 3 * HOUR_MS, 100, 105, 95, 101, 5), "same candle"),
    "timeframes are mixed": (mixed_timeframes(), "different length are mixed"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_import_refuses_rows_that_cannot_be_a_market(bst: Terminal, tmp_path: Path, case: str):
    rows, words = BAD_ROWS[case]
    path = write_csv(tmp_path / "BTCUSDT-1h.csv", rows)

    assert_refused(bst("import", "--check", path), DATA, words)


def test_import_stores_nothing_of_any_refused_file(bst: Terminal, tmp_path: Path):
    paths = [write_csv(tmp_path / f"CASE{n}-1h.csv", rows) for n, (rows, _) in enumerate(BAD_ROWS.values())]

    answer = bst("import", *paths, "--json")

    assert answer.code == DATA
    assert [bool(item["refusal"]) for item in answer.json] == [True] * len(paths)
    assert bst.series() == []


@pytest.mark.parametrize("case", BAD_ROWS)
def test_backtest_refuses_a_file_whose_rows_cannot_be_a_market(bst: Terminal, tmp_path: Path, case: str):
    rows, words = BAD_ROWS[case]
    path = write_csv(tmp_path / "BTCUSDT-1h.csv", rows)

    assert_refused(bst("backtest", "--strategy", "sma-cross-reverse", "--data", path), DATA, words)


FILES_OF_NO_USE = {
    "empty.csv": (b"", "empty.csv is empty"),
    "empty.parquet": (b"", "empty.parquet is empty"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture.csv"),
    "broken.parquet": (b"PAR1" + bytes(64), "broken.parquet"),
    "letter.csv": (b"Dear sir,\nno candles here.\n", "does not look like candles"),
    "other.csv": (b"name,age\nAda,36\nAlan,41\n", "does not look like candles"),
}


@pytest.mark.parametrize("name", FILES_OF_NO_USE)
def test_import_refuses_files_without_candles(bst: Terminal, tmp_path: Path, name: str):
    content, words = FILES_OF_NO_USE[name]
    path = tmp_path / name
    path.write_bytes(content)

    assert_refused(bst("import", path), DATA, words)


def test_import_of_a_file_that_is_not_there(bst: Terminal, tmp_path: Path):
    assert_refused(bst("import", tmp_path / "nothing.csv"), DATA, "nothing.csv")


def test_import_of_a_folder(bst: Terminal, tmp_path: Path):
    assert_refused(bst("import", tmp_path), DATA, tmp_path.name)


def test_import_with_a_timeframe_that_does_not_exist(bst: Terminal, market: Path):
    assert_refused(bst("import", market, "--timeframe", "7m"), INPUT, "7m.*1m")
    assert bst.series() == []


def test_import_with_a_timeframe_that_the_rows_contradict(bst: Terminal, market: Path):
    assert_refused(bst("import", market, "--timeframe", "4h"), DATA, "said to be 4h")
    assert bst.series() == []


def rules(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Case",
        "indicators": [{"type": "SMA", "params": {"period": 20}}],
        "entry_conditions": {"long": [{"indicator": "close", "operator": ">", "value": "SMA_20"}], "short": []},
        "exit_conditions": [],
        **changes,
    }


def entry(indicator: object, value: object = 1, operator: object = ">") -> dict[str, Any]:
    return {"long": [{"indicator": indicator, "operator": operator, "value": value}], "short": []}


BAD_STRATEGIES = {
    "refers to nothing": (rules(entry_conditions=entry("SMA_21")), r"\.long\[0\]\.indicator.*SMA_21.*SMA_20"),
    "value refers to nothing": (rules(entry_conditions=entry("close", "EMA_9")), r"\.long\[0\]\.value.*EMA_9"),
    "unknown indicator": (rules(indicators=[{"type": "SMAA", "params": {}}]), r"indicators\[0\]\.type.*SMAA.*SMA"),
    "indicator of itself": (
        rules(indicators=[{"id": "loop", "type": "SMA", "params": {"period": 5, "source": "loop"}}]),
        r"indicators\[0\]\.params\.source",
    ),
    "period 0": (rules(indicators=[{"type": "SMA", "params": {"period": 0}}]), r"indicators\[0\]\.params\.period.*0"),
    "period below zero": (rules(indicators=[{"type": "SMA", "params": {"period": -5}}]), r"params\.period"),
    "period of a half": (rules(indicators=[{"type": "SMA", "params": {"period": 2.5}}]), r"params\.period.*2\.5"),
    "period is text": (rules(indicators=[{"type": "SMA", "params": {"period": "20"}}]), r"params\.period"),
    "unknown parameter": (rules(indicators=[{"type": "SMA", "params": {"speed": 20}}]), r"indicators\[0\].*speed"),
    "unknown operator": (rules(entry_conditions=entry("close", 1, "=>")), r"operator.*=>"),
    "unknown key": (rules(take_profits=2.0), "take_profits.*take_profit"),
    "take-profit 0": (rules(take_profit=0), "take_profit.*0"),
    "take-profit below zero": (rules(take_profit=-1), "take_profit.*-1"),
    "stop-loss 0": (rules(stop_loss=0), "stop_loss.*0"),
    "no conditions at all": (rules(entry_conditions={"long": [], "short": []}), "entry_conditions"),
    "a list instead of an object": ([1, 2, 3], "object"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_STRATEGIES)
def test_strategy_with_a_fault_is_refused_with_its_place(bst: Terminal, market: Path, tmp_path: Path, case: str):
    content, words = BAD_STRATEGIES[case]
    path = tmp_path / "case.bst.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    assert_refused(bst("backtest", "--strategy", path, "--data", market), INPUT, words)
    assert_refused(bst("strategies", "check", path), INPUT, words)


def test_refused_backtest_on_stored_candles_keeps_no_run(bst: Terminal, market: Path, tmp_path: Path):
    path = tmp_path / "case.bst.json"
    path.write_text(json.dumps(rules(take_profit=0)), encoding="utf-8")
    bst.done("import", market)
    series = ("--symbol", "TESTUSDT", "--timeframe", "1h")

    assert_refused(bst("backtest", "--strategy", path, *series), INPUT, "take_profit")
    for options in (("--leverage", 0), ("--leverage", 101), ("--start", "2025-01-04", "--end", "2025-01-02")):
        assert bst("backtest", "--strategy", "sma-cross-reverse", *series, *options).code == INPUT
    assert bst.run_count() == 0


def test_strategy_that_is_broken_json_names_line_and_column(bst: Terminal, market: Path, tmp_path: Path):
    path = tmp_path / "case.bst.json"
    path.write_text('{"name": "Case",\n "indicators": [}', encoding="utf-8")

    assert_refused(bst("backtest", "--strategy", path, "--data", market), INPUT, "line 2")


def test_strategy_file_that_is_not_there(bst: Terminal, market: Path, tmp_path: Path):
    assert_refused(bst("backtest", "--strategy", tmp_path / "no.bst.json", "--data", market), INPUT, "no.bst.json")


def test_unknown_strategy_names_the_nearest(bst: Terminal, market: Path):
    answer = bst("backtest", "--strategy", "sma-cros", "--data", market)

    assert_refused(answer, INPUT, "sma-cros")
    assert "sma-cross-reverse" in answer.err


def test_period_longer_than_the_data_gives_no_trade_and_says_why(bst: Terminal, market: Path, tmp_path: Path):
    path = tmp_path / "case.bst.json"
    content = rules(indicators=[{"type": "SMA", "params": {"period": 500}}], entry_conditions=entry("close", "SMA_500"))
    path.write_text(json.dumps(content), encoding="utf-8")

    told = bst.done("backtest", "--strategy", path, "--data", market)
    answer = bst.done("backtest", "--strategy", path, "--data", market, "--json").json

    assert answer["metrics"]["total_trades"] == 0.0
    assert answer["metrics"]["final_capital"] == 10_000.0
    assert "SMA_500 has no value here: its first needs 500 bars, and there are 100 bars" in told.out
    assert "There was no trade" in told.err


BAD_ACCOUNTS = {
    "leverage 0": (("--leverage", 0), "leverage: 0.0 is not allowed; allowed: a number from 1 to 100"),
    "leverage 101": (("--leverage", 101), "leverage: 101.0 is not allowed"),
    "leverage not a number": (("--leverage", "nan"), "leverage: nan"),
    "capital 0": (("--initial-capital", 0), "initial_capital: 0.0"),
    "capital without end": (("--initial-capital", "inf"), "initial_capital: inf"),
    "position above everything": (("--position-pct", 101), "position_pct: 101.0"),
    "slippage below zero": (("--slippage-rate", -0.1), "slippage_rate: -0.1"),
    "start after end": (("--start", "2025-01-04", "--end", "2025-01-02"), "period.*before the end"),
    "start equals end": (("--start", "2025-01-02", "--end", "2025-01-02"), "period.*before the end"),
    "start is no day": (("--start", "yesterday"), "--start: 'yesterday'.*2025-09-15"),
    "start is a month that is not": (("--start", "2025-13-01"), "--start"),
    "start is nothing": (("--start", ""), "--start"),
}


@pytest.mark.parametrize("case", BAD_ACCOUNTS)
def test_setting_out_of_bounds_is_named(bst: Terminal, market: Path, case: str):
    options, words = BAD_ACCOUNTS[case]

    answer = bst("backtest", "--strategy", "sma-cross-reverse", "--data", market, *options)

    assert_refused(answer, INPUT, words)


def test_magnifier_without_a_lower_timeframe(bst: Terminal, market: Path):
    answer = bst("backtest", "--strategy", "sma-cross-reverse", "--data", market, "--intrabar", "magnifier")

    assert_refused(answer, DATA, "needs candles of a lower timeframe")


def test_period_without_candles(bst: Terminal, market: Path):
    bst.done("import", market)
    period = ("--strategy", "sma-cross-reverse", "--start", "2030-01-01")

    assert_refused(bst("backtest", *period, "--symbol", "TESTUSDT", "--timeframe", "1h"), DATA, "no candles")
    assert_refused(bst("backtest", *period, "--data", market), DATA, "no candles")
    assert bst.run_count() == 0


def test_series_that_is_not_stored(bst: Terminal):
    words = ("--symbol", "BTCUSDT", "--timeframe", "1h")

    for command in (("data", "gaps"), ("data", "delete"), ("backtest", "--strategy", "sma-cross-reverse")):
        assert_refused(bst(*command, *words), INPUT, "BTCUSDT 1h.*nothing is stored yet")


def test_backtest_without_any_candles(bst: Terminal):
    assert_refused(bst("backtest", "--strategy", "sma-cross-reverse"), INPUT, "--data FILE")


def test_run_that_does_not_exist(bst: Terminal, tmp_path: Path):
    target = tmp_path / "out.csv"

    for words in (("runs", "show", 9), ("runs", "compare", 9, 8), ("runs", "delete", 9)):
        assert_refused(bst(*words), INPUT, "run: 9")
    assert_refused(bst("export", 9, "trades", "--out", target), INPUT, "run: 9")
    assert not target.exists()


@pytest.fixture
def kept_run(bst: Terminal, market: Path) -> int:
    bst.done("import", market)
    return bst.done(
        "backtest", "--strategy", "sma-cross-reverse", "--symbol", "TESTUSDT", "--timeframe", "1h", "--json"
    ).json["run_id"]


def test_export_into_a_folder_that_does_not_exist(bst: Terminal, kept_run: int, tmp_path: Path):
    answer = bst("export", kept_run, "trades", "--out", tmp_path / "no" / "trades.csv")

    assert_refused(answer, STORAGE, "there is no folder")


def test_export_onto_a_folder(bst: Terminal, kept_run: int, tmp_path: Path):
    assert_refused(bst("export", kept_run, "trades", "--out", tmp_path), STORAGE, "is a folder")


def test_data_folder_that_is_a_file(bst: Terminal, market: Path, tmp_path: Path):
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder", encoding="utf-8")

    assert_refused(bst("import", market, "--data-dir", blocked), STORAGE, "blocked")
    assert_refused(bst("import", market, "--data-dir", blocked / "inner"), STORAGE, "blocked|inner")
    assert blocked.read_text("utf-8") == "not a folder"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_data_folder_that_is_read_only(bst: Terminal, market: Path, tmp_path: Path):
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o500)

    assert_refused(bst("import", market, "--data-dir", folder), STORAGE, "cannot be written")


def test_report_folder_that_is_a_file(bst: Terminal, market: Path, tmp_path: Path):
    blocked = tmp_path / "blocked"
    blocked.touch()
    words = ("backtest", "--strategy", "sma-cross-reverse", "--data", market)

    assert_refused(bst(*words, "--csv", blocked / "trades.csv"), STORAGE, "blocked")
    assert_refused(bst("demo", "--headless", "--out", blocked), STORAGE, "blocked")


def test_database_from_tomorrow_is_left_as_it_is(bst: Terminal, market: Path):
    bst.done("import", market)
    database = bst.folder / "bybit-strategy-tester.duckdb"
    make_newer(database)
    before = database.read_bytes()

    for words in (("data", "list"), ("import", market), ("runs", "list")):
        assert_refused(bst(*words), STORAGE, "newer version of this program")
    assert database.read_bytes() == before


def test_database_that_is_rubbish_is_kept_aside_and_said(bst: Terminal, market: Path, kept_run: int):
    database = bst.folder / "bybit-strategy-tester.duckdb"
    database.write_bytes(b"rubbish" * 1000)

    answer = bst.done("runs", "list", "--json")

    assert [run["run_id"] for run in answer.json] == [kept_run], "taken from the journal"
    assert "could not be read" in answer.err
    assert any(path.read_bytes().startswith(b"rubbish") for path in bst.folder.rglob("*") if path.is_file())


def make_newer(database: Path) -> None:
    """As a later version of the program would leave it: one more migration."""
    import duckdb

    copy = database.with_suffix(".copy")
    shutil.copyfile(database, copy)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{copy}' AS later")
        connection.execute("INSERT INTO later.schema_migrations VALUES (999, 'from tomorrow')")
        connection.execute("CHECKPOINT later")
    copy.replace(database)


def assert_refused(answer: Answer, code: int, words: str) -> None:
    """Ended with the code and one sentence for people."""
    import re

    assert answer.code == code, answer
    assert answer.err.startswith("error: "), answer
    assert re.search(words, answer.err, re.DOTALL), answer.err
