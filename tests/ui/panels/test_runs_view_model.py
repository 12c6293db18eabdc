"""State of the runs panel, without a window."""

import pytest

from builders import make_description, make_result
from strategy_tester.ui.panels.runs.view_model import RunsViewModel


@pytest.fixture
def model(workbench, services, rest) -> RunsViewModel:
    for leverage in (3.0, 5.0):
        description = make_description(config={**make_description().config, "leverage": leverage})
        services.runs.save(description, make_result(), 1.5)
    model = RunsViewModel(workbench)
    model.refresh()
    rest()
    return model


def test_every_kept_run_is_in_the_history(model):
    assert sorted(run.run_id for run in model.rows) == [1, 2]


def test_comparison_marks_what_differs(model):
    model.compare(*sorted(model.rows, key=lambda run: run.run_id))
    lines = {line.title: line for line in model.differences()}
    assert (lines["Leverage"].first, lines["Leverage"].second) == ("3\u202fx", "5\u202fx")
    assert lines["Taker fee"].first == "0.055\u202f%"
    assert lines["Leverage"].is_different
    assert not lines["Capital"].is_different
    assert not lines["Total return"].is_different
    model.stop_comparing()
    assert model.differences() == []


def test_changed_place_of_the_strategy_is_named(workbench, services, rest):
    for period in (20, 30):
        strategy = {"name": "Two averages", "indicators": [{"name": "SMA", "params": {"period": period}}]}
        services.runs.save(make_description(strategy=strategy), make_result(), 1.5)
    model = RunsViewModel(workbench)
    model.refresh()
    rest()
    model.compare(*sorted(model.rows, key=lambda run: run.run_id))
    lines = {line.title: line for line in model.differences()}
    assert (lines["indicators[0].params.period"].first, lines["indicators[0].params.period"].second) == ("20", "30")
    assert "indicators[0].name" not in lines


def test_deleted_run_leaves_the_history_and_the_comparison(model, services, rest):
    model.compare(*model.rows)
    model.delete([2])
    rest()
    assert [run.run_id for run in model.rows] == [1]
    assert model.compared is None
    assert [run.run_id for run in services.runs.list()] == [1]


def test_run_that_is_gone_is_an_error_in_words(model, qtbot):
    with qtbot.waitSignal(model.failed, timeout=10_000) as caught:
        model.reopen(99)
    assert "99" in str(caught.args[0])


def test_capitals_that_differ_by_a_cent_are_told_apart(workbench, services, rest):
    for capital in (12_345_678.01, 12_345_678.02):
        description = make_description(config={**make_description().config, "initial_capital": capital})
        services.runs.save(description, make_result(), 1.5)
    model = RunsViewModel(workbench)
    model.refresh()
    rest()
    model.compare(*sorted(model.rows, key=lambda run: run.run_id))
    line = next(line for line in model.differences() if line.title == "Capital")
    assert line.is_different
    assert line.first == "12345678.01\u202fUSDT"
