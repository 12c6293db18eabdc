"""State of the backtest panel, without a window."""

import threading

import pytest

from builders import START_MS
from strategy_tester.services import edit_strategies
from strategy_tester.ui.panels.backtest import view_model as backtest
from strategy_tester.ui.panels.backtest.view_model import BacktestViewModel

DAY_MS = 86_400_000


@pytest.fixture
def model(workbench, stored, rest) -> BacktestViewModel:
    model = BacktestViewModel(workbench)
    model.refresh()
    rest()
    return model


@pytest.fixture
def ready(model, workbench, stored) -> BacktestViewModel:
    workbench.select_series(stored)
    workbench.set_strategy(edit_strategies.list_strategies(workbench.services.strategies)[0].content)
    return model


def test_what_is_missing_is_said_in_order(model, workbench, stored):
    assert model.missing().startswith("Choose a market first")
    assert model.missing_panel() == "data"
    workbench.select_series(stored)
    assert model.missing() == "Choose a strategy first."
    assert model.missing_panel() == "strategy"


def test_without_any_data_the_welcome_panel_helps(workbench):
    assert BacktestViewModel(workbench).missing_panel() == "welcome"


def test_run_without_a_market_is_refused_in_words(model, workbench, qtbot):
    with qtbot.waitSignal(model.failed) as caught:
        model.run()
    assert "Choose a market first" in str(caught.args[0])
    assert workbench.services.runs.list() == []


def test_run_is_shown_and_kept(ready, workbench, qtbot, rest):
    with qtbot.waitSignal(ready.finished, timeout=60_000):
        ready.run()
    rest()
    assert not ready.is_running
    assert workbench.shown.request.series == workbench.series
    assert len(workbench.services.runs.list()) == 1


def test_period_limits_what_is_tested(ready, workbench, qtbot):
    ready.set_period(START_MS + 2 * DAY_MS, START_MS + 5 * DAY_MS)
    with qtbot.waitSignal(ready.finished, timeout=60_000):
        ready.run()
    times = workbench.shown.result.open_time_ms
    assert (int(times[0]), len(times)) == (START_MS + 2 * DAY_MS, 72)


def test_start_after_the_end_is_refused_in_words(ready, workbench, qtbot):
    ready.set_period(START_MS + 5 * DAY_MS, START_MS + 2 * DAY_MS)
    with qtbot.waitSignal(ready.failed, timeout=10_000) as caught:
        ready.run()
    assert "before the end" in str(caught.args[0])
    assert not ready.is_running
    assert workbench.services.runs.list() == []


def test_cancelled_run_shows_and_keeps_nothing(ready, workbench, qtbot, monkeypatch):
    is_in = threading.Event()

    def endless(_request, _candles, _runs, checkpoint):
        is_in.set()
        while True:
            checkpoint(0, 1, "")

    monkeypatch.setattr(backtest, "run_backtest", endless)
    ready.run()
    assert is_in.wait(10)
    assert ready.is_running
    with qtbot.waitSignal(ready.running_changed, timeout=10_000) as caught:
        ready.cancel()
    assert caught.args == [False]
    assert workbench.shown is None
    assert workbench.services.runs.list() == []


def test_settings_and_period_are_there_the_next_time(ready, workbench, stored):
    ready.set_values({"leverage": 7.0})
    ready.set_use_funding(False)
    ready.set_period(START_MS, START_MS + DAY_MS)
    workbench.series = None
    again = BacktestViewModel(workbench)
    workbench.select_series(stored)
    assert again.values["leverage"] == 7.0
    assert not again.use_funding
    assert (again.start_ms, again.end_ms) == (START_MS, START_MS + DAY_MS)


def test_another_series_is_tested_whole(ready, workbench):
    ready.set_period(START_MS, START_MS + DAY_MS)
    workbench.select_series(None)
    assert (ready.start_ms, ready.end_ms) == (None, None)


def test_settings_of_another_version_are_passed_over(workbench):
    workbench.services.settings.set("backtest.settings", {"values": {"leverage": 1000.0}, "period": 5})
    assert BacktestViewModel(workbench).values["leverage"] == 1.0


def test_reset_brings_the_defaults_back(ready):
    ready.set_values({"leverage": 7.0})
    ready.set_period(START_MS, START_MS + DAY_MS)
    ready.reset()
    assert ready.values["leverage"] == 1.0
    assert ready.start_ms is None
