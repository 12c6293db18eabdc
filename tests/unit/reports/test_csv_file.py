"""CSV reports: the contract's columns, every digit, nothing a spreadsheet would run."""

import csv
import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from builders import START_MS, make_result
from strategy_tester.domain.errors import DiskFull, InvalidParameter, StorageError
from strategy_tester.domain.trades import TRADE_COLUMNS
from strategy_tester.reports.csv_file import cell_text, iso_times, safe_text, write_equity, write_metrics, write_trades

CONTRACT_COLUMNS = (
    "trade,side,entry_time,exit_time,entry_price,exit_price,quantity,position_size,pnl,pnl_pct,commission,funding,"
    "exit_reason,duration_candles,mae_pct,mfe_pct,equity_after"
)


def read(path: Path, separator: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def test_the_header_is_the_contracts(tmp_path):
    write_trades(tmp_path / "t.csv", make_result())
    header = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith(CONTRACT_COLUMNS)
    assert header.split(",") == list(TRADE_COLUMNS)


def test_every_number_reads_back_to_the_last_bit(tmp_path):
    result = make_result(bars=200, trades=40)
    write_trades(tmp_path / "t.csv", result)
    rows, trades = read(tmp_path / "t.csv"), result.trade_columns
    assert len(rows) == 40
    for name in ("entry_price", "exit_price", "quantity", "pnl", "pnl_pct", "commission", "equity_after", "mae_pct"):
        assert [float(row[name]) for row in rows] == getattr(trades, name).tolist()


def test_times_sides_and_reasons_are_words(tmp_path):
    result = make_result()
    write_trades(tmp_path / "t.csv", result)
    row = read(tmp_path / "t.csv")[0]
    assert row["trade"] == "1"
    assert row["side"] in {"LONG", "SHORT"}
    assert row["entry_time"] == iso_times(result.trade_columns.entry_time_ms[:1])[0]
    assert row["entry_time"].endswith(":00Z")
    assert row["ambiguous"] in {"true", "false"}


def test_polars_reads_it_without_help(tmp_path):
    write_trades(tmp_path / "t.csv", make_result(trades=7))
    frame = pl.read_csv(tmp_path / "t.csv", try_parse_dates=True)
    assert frame.schema["entry_time"] == pl.Datetime("us", "UTC")
    assert frame.schema["pnl"] == pl.Float64
    assert len(frame) == 7


def test_semicolons_come_with_decimal_commas(tmp_path):
    result = make_result()
    write_trades(tmp_path / "t.csv", result, separator="semicolon")
    row = read(tmp_path / "t.csv", ";")[0]
    assert row["pnl"] == repr(float(result.trade_columns.pnl[0])).replace(".", ",")
    assert row["entry_time"].count(",") == 0


def test_the_utf8_mark_is_off_unless_asked_for(tmp_path):
    write_trades(tmp_path / "a.csv", make_result())
    write_trades(tmp_path / "b.csv", make_result(), bom=True)
    plain, marked = (tmp_path / "a.csv").read_bytes(), (tmp_path / "b.csv").read_bytes()
    assert plain.startswith(b"trade,")
    assert marked == b"\xef\xbb\xbf" + plain


def test_without_trades_there_is_the_header_alone(tmp_path):
    result = make_result()
    nothing = replace(result, trade_columns=result.trade_columns.where(np.zeros(len(result.trade_columns), bool)))
    write_trades(tmp_path / "t.csv", nothing)
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").count("\n") == 1


def test_equity_has_one_row_per_bar(tmp_path):
    result = make_result(bars=30)
    write_equity(tmp_path / "e.csv", result)
    rows = read(tmp_path / "e.csv")
    assert list(rows[0]) == ["open_time", "equity", "drawdown_rate"]
    assert [float(row["equity"]) for row in rows] == result.equity_curve.tolist()
    assert [float(row["drawdown_rate"]) for row in rows] == result.drawdown_rate.tolist()


def test_metrics_that_cannot_be_computed_are_empty(tmp_path):
    result = replace(make_result(), metrics={"sharpe_ratio": float("nan"), "total_trades": 5.0, "win_rate_pct": 1 / 3})
    write_metrics(tmp_path / "m.csv", result)
    assert (tmp_path / "m.csv").read_text(encoding="utf-8") == (
        "metric,value\nsharpe_ratio,\ntotal_trades,5.0\nwin_rate_pct,0.3333333333333333\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1.5, "-1.5"), (1e-7, "1e-07"), (float("nan"), ""), (None, ""), (True, "true"), (np.False_, "false"),
        (np.int64(-3), "-3"), (0.1 + 0.2, "0.30000000000000004"), (float("inf"), "inf"), ("LONG", "LONG"),
    ],
)  # fmt: skip
def test_cells(value, text):
    assert cell_text(value) == text


@pytest.mark.parametrize("sign", list("=+-@\t\r\n\0＝＋－＠"))
@pytest.mark.parametrize("rest", ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("x")', ""])
@pytest.mark.parametrize("lead", ["", " ", "\u00a0 "])
def test_no_text_cell_starts_like_a_formula(sign, rest, lead):
    text = safe_text(lead + sign + rest)
    assert text[0] == "'"
    assert "\0" not in text


@pytest.mark.parametrize("text", ["LONG", "take_profit", "a=b", "", "SMA-cross", "имя"])
def test_harmless_text_stays_as_it_is(text):
    assert safe_text(text) == text


def test_formulas_in_metric_names_are_disarmed_and_negative_numbers_stay_numbers(tmp_path):
    write_metrics(tmp_path / "m.csv", replace(make_result(), metrics={"=1+1": -2.5}))
    assert (tmp_path / "m.csv").read_text(encoding="utf-8") == "metric,value\n'=1+1,-2.5\n"


def test_milliseconds_are_written_where_there_are_some():
    assert iso_times([START_MS, START_MS + 1]) == ["2025-01-01T00:00:00.000Z", "2025-01-01T00:00:00.001Z"]


def test_an_unknown_separator_is_refused(tmp_path):
    with pytest.raises(InvalidParameter, match="separator"):
        write_trades(tmp_path / "t.csv", make_result(), separator="tab")  # type: ignore[arg-type]


# What can go wrong on the disk.


def test_an_existing_file_is_replaced_whole(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("old")
    write_trades(path, make_result())
    assert path.read_text(encoding="utf-8").startswith("trade,")
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_a_full_disk_leaves_the_old_file_and_no_remains(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("old")

    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(DiskFull, match="no room left"):
        write_trades(path, make_result())
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match="there is no folder"):
        write_trades(tmp_path / "missing" / "t.csv", make_result())


def test_a_name_that_is_a_folders(tmp_path):
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(StorageError, match="is a folder"):
        write_trades(tmp_path / "t.csv", make_result())
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_a_read_only_folder(tmp_path, monkeypatch):
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(StorageError, match="read-only") as refusal:
        write_trades(tmp_path / "t.csv", make_result())
    assert refusal.value.hint == "Choose a folder you may write to."


def test_a_file_open_in_another_program(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("old")

    def in_use(self: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(Path, "replace", in_use)
    with pytest.raises(StorageError, match="open in another program"):
        write_trades(path, make_result())
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]
