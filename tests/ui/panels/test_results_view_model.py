"""State of the results panel, without a window."""

import math
from types import SimpleNamespace

import pytest

from builders import make_result
from strategy_tester.services.metric_catalog import metric_info
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui.panels.results.view_model import ResultsViewModel, format_metric


@pytest.fixture
def model(workbench, stored: SeriesKey) -> ResultsViewModel:
    model = ResultsViewModel(workbench)
    metrics = {"total_return_pct": -1.25, "net_profit": 12.5, "profit_factor": math.nan, "total_trades": 5.0,
               "winning_trades": 5.0, "cagr_pct": 900.0, "sharpe_ratio": math.nan}  # fmt: skip
    result = make_result()
    result.metrics.clear()
    result.metrics.update(metrics)
    sides = {"all": metrics, "long": {"net_profit": 10.0}, "short": {"net_profit": 2.5}}
    monthly = [(2024, 12, 10.0), (2025, 1, 10.0), (2025, 2, -50.0)]
    request = SimpleNamespace(series=stored)
    workbench.show_backtest(SimpleNamespace(result=result, request=request, sides=sides, monthly=monthly))
    return model


def plain(text: str) -> str:
    return text.replace("\u202f", "").replace("\u2009", "").replace("\u2212", "-")


def test_nothing_is_shown_before_the_first_run(workbench):
    model = ResultsViewModel(workbench)
    assert (model.cards(), model.rows(), model.months()) == ([], [], [])


def test_cards_show_sign_unit_and_tone(model):
    cards = {card.title: card for card in model.cards()}
    assert (plain(cards["Net profit"].text), cards["Net profit"].tone) == ("+12.50USDT", 1)
    assert (plain(cards["Total return"].text), cards["Total return"].tone) == ("-1.25%", -1)
    assert (cards["Trades"].text, cards["Trades"].tone) == ("5", 0)


def test_profit_factor_without_losses_says_so_and_others_show_a_dash(model):
    cards = {card.title: card.text for card in model.cards()}
    assert cards["Profit factor"] == "no losses"
    assert cards["Sharpe ratio"] == "—"


def test_yearly_growth_of_a_few_days_is_not_shown(model):
    info = metric_info("cagr_pct")
    assert model.days() < 90
    assert model.text_of(info, 900.0) == "—"


def test_every_metric_has_a_row_by_side(model):
    row = next(row for row in model.rows() if row.info.name == "net_profit")
    assert (row.all, row.long, row.short) == (12.5, 10.0, 2.5)
    other = next(row for row in model.rows() if row.info.name == "sharpe_ratio")
    assert math.isnan(other.long)


def test_months_are_compounded_to_years_newest_first(model):
    (year, months, total), (before, _months, total_before) = model.months()
    assert (year, before) == (2025, 2024)
    assert months[:2] == [10.0, -50.0]
    assert all(math.isnan(value) for value in months[2:])
    assert total == pytest.approx(-45.0)
    assert total_before == pytest.approx(10.0)


def test_unit_stands_behind_every_figure():
    assert plain(format_metric(metric_info("max_drawdown_pct"), 51.534)) == "51.53%"
    assert plain(format_metric(metric_info("total_commission"), 1980.256)) == "1980.26USDT"
