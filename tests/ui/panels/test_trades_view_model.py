"""State of the trades panel, without a window."""

from types import SimpleNamespace

import numpy as np
import pytest

from builders import make_result
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.panels.trades.view_model import TradesViewModel


@pytest.fixture
def model(workbench, stored: SeriesKey) -> TradesViewModel:
    model = TradesViewModel(workbench)
    result = make_result(bars=60, trades=12)
    request = SimpleNamespace(series=stored, strategy={"name": "Two averages"})
    workbench.show_backtest(SimpleNamespace(result=result, request=request, summary=SimpleNamespace(run_id=4)))
    return model


def test_every_trade_is_a_row_that_reads_its_columns(model, workbench):
    assert [row.position for row in model.rows] == list(range(12))
    assert model.rows[3]["pnl"] == pytest.approx(workbench.shown.result.trade_columns.pnl[3])
    assert model.rows[0]["trade"] == 1


def test_filters_narrow_by_side_outcome_and_reason(model, workbench):
    sides = workbench.shown.result.trade_columns.side
    model.set_filter(side="LONG")
    assert sum(map(model.accepts, model.rows)) == int(np.sum(sides == 1))
    model.set_filter(side="all", outcome="losses")
    assert sum(map(model.accepts, model.rows)) == 0  # the made-up trades all win
    reason = model.rows[0]["exit_reason"]
    model.set_filter(outcome="all", reason=reason)
    assert {row["exit_reason"] for row in model.rows if model.accepts(row)} == {reason}


def test_file_is_named_after_market_and_run(model):
    assert model.suggested_file_name() == "trades-TESTUSDT-1h-run-4.csv"


def test_folder_that_cannot_be_written_is_an_error_in_words(model, qtbot, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    with qtbot.waitSignal(model.failed, timeout=10_000) as caught:
        model.export(in_the_way / "trades.csv", "comma")
    assert str(caught.args[0])


def test_export_before_any_run_does_nothing(workbench, tmp_path):
    TradesViewModel(workbench).export(tmp_path / "trades.csv", "comma")
    assert not (tmp_path / "trades.csv").exists()


def test_trade_that_does_not_exist_is_not_selected(model, workbench):
    model.select(12)
    assert workbench.selected_trade == -1
    model.select(11)
    assert workbench.selected_trade == 11
