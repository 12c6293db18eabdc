"""State of the chart panel, without a window."""

import threading

import pytest

from builders import HOUR_MS, START_MS, make_candles, random_candles
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services import edit_strategies
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.run_backtest import BacktestRequest, run_backtest
from strategy_tester.ui.panels.chart.view_model import ChartViewModel


@pytest.fixture
def model(workbench) -> ChartViewModel:
    return ChartViewModel(workbench)


@pytest.fixture
def strategy(services) -> dict:
    return edit_strategies.list_strategies(services.strategies)[0].content


def finished(services, series: SeriesKey, strategy: dict):
    request = BacktestRequest(series, strategy, BacktestConfig())
    return run_backtest(request, services.candles, None, lambda *_: None)


def test_nothing_stored_is_known_only_after_the_list_was_read(model, rest):
    assert model.is_loading
    model.refresh()
    rest()
    assert not model.is_loading
    assert model.candles is None


def test_first_series_is_shown_with_the_lines_of_the_strategy(model, workbench, stored, strategy, rest):
    workbench.set_strategy(strategy)
    model.refresh()
    rest()
    assert len(model.candles) == 400
    assert model.lines
    assert all(len(line.values) == 400 for line in model.lines)
    assert not model.is_loading


def test_candles_added_to_the_shown_series_appear(model, workbench, services, stored, rest):
    model.refresh()
    rest()
    services.candles.write(make_candles([1.0, 2.0], start_ms=START_MS + 400 * HOUR_MS, symbol="TESTUSDT"))
    workbench.data_changed.emit()
    rest()
    assert len(model.candles) == 402


def test_backtest_on_screen_keeps_the_candles_it_saw(model, workbench, services, stored, strategy, rest):
    model.refresh()
    rest()
    workbench.show_backtest(finished(services, stored, strategy))
    services.candles.write(make_candles([1.0, 2.0], start_ms=START_MS + 400 * HOUR_MS, symbol="TESTUSDT"))
    workbench.data_changed.emit()
    rest()
    assert len(model.candles) == 400
    assert model.finished is workbench.shown


def test_candles_read_too_late_do_not_replace_a_backtest(
    model, workbench, services, stored, strategy, rest, monkeypatch
):
    shown, gate = finished(services, stored, strategy), threading.Event()
    read = services.candles.read

    def slow(*arguments):
        gate.wait(10)
        return read(*arguments)

    monkeypatch.setattr(services.candles, "read", slow)
    workbench.select_series(stored)
    workbench.show_backtest(shown)
    gate.set()
    rest()
    assert model.finished is shown


def test_another_market_is_shown_in_the_same_timeframe(model, workbench, services, stored, rest):
    for timeframe in (Timeframe.M5, Timeframe.H1):
        candles = random_candles(50, timeframe=timeframe)
        services.candles.write(type(candles)(
            candles.open_time_ms, candles.open, candles.high, candles.low, candles.close, candles.volume,
            symbol="OTHERUSDT", timeframe=timeframe, source="test",
        ))  # fmt: skip
    workbench.select_series(stored)
    model.refresh()
    rest()
    model.choose_market("OTHERUSDT", "test")
    rest()
    assert workbench.series == SeriesKey("OTHERUSDT", Timeframe.H1, "test")
    assert [str(key.timeframe) for key in model.timeframes()] == ["5m", "1h"]
    assert len(model.candles) == 50


def test_series_that_is_not_stored_is_missing_not_an_error(model, workbench, rest, qtbot):
    with qtbot.assertNotEmitted(model.failed):
        workbench.select_series(SeriesKey("GONEUSDT", Timeframe.H1, "test"))
        assert model.is_loading
        rest()
    assert model.is_missing
    assert not model.is_loading
    assert model.candles is None


def test_series_that_cannot_be_read_is_an_error(model, workbench, services, stored, monkeypatch, qtbot):
    def broken(*_arguments):
        raise OSError("the disk is gone")

    monkeypatch.setattr(services.candles, "read", broken)
    with qtbot.waitSignal(model.failed, timeout=10_000) as told:
        workbench.select_series(stored)
    assert str(told.args[0]) == "the disk is gone"
    assert not model.is_loading
