"""Rows and model of the symbol list: figures, what is told of them, and an order that changes only when asked."""

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from market_builders import listing, market, ticker
from strategy_tester.domain.market_events import Category
from strategy_tester.ui.panels.markets.filters import FAVORITES, Filter
from strategy_tester.ui.panels.markets.model import MarketsModel
from strategy_tester.ui.panels.markets.rows import (
    CHANGE,
    FUNDING,
    INTEREST,
    LAST,
    RANGE,
    SYMBOL,
    TURNOVER,
    MarketRow,
    give_quote_rates,
)


def row(symbol: str, last: float = 100.0, **figures) -> MarketRow:
    of = market(symbol)
    return MarketRow(of, listing(of), ticker(of, last, **figures))


@pytest.fixture
def model() -> MarketsModel:
    made = MarketsModel(lambda: 5.0)
    made.set_rows([row("AAAUSDT", 3.0), row("BBBUSDT", 2.0), row("CCCUSDT", 1.0)])
    return made


@pytest.fixture
def told(model: MarketsModel) -> list[tuple[int, int, int]]:
    """(row, first column, last column) of every change."""
    changes: list[tuple[int, int, int]] = []
    model.dataChanged.connect(lambda top, bottom: changes.append((top.row(), top.column(), bottom.column())))
    return changes


def symbols(model: MarketsModel) -> list[str]:
    return [model.record(place).name for place in range(model.rowCount())]


def test_cells_of_a_contract():
    shown = row("BTCUSDT", 105.0)
    assert [shown.text(column) for column in range(8)] == [
        "", "BTCUSDT", "105.0", "▲\u202f+25.00\u202f%", "200.0\u202fK\u202fUSDT", "+0.0100\u202f%",
        "5.05\u202fK\u202fUSDT", "90.0 – 110.0",
    ]  # fmt: skip
    assert shown.range_place == 0.75


def test_fall_and_standstill_are_told_by_sign_and_arrow():
    assert row("A", change_24h_rate=-0.0123).text(CHANGE) == "▼\u202f−1.23\u202f%"
    assert row("A", change_24h_rate=0.0).text(CHANGE) == "0.00\u202f%"
    assert row("A", change_24h_rate=None).text(CHANGE) == "—"


def test_amounts_of_an_inverse_contract_are_dollars():
    of = market("BTCUSD", Category.INVERSE)
    inverse = MarketRow(
        of, listing(of, base="BTC", quote="USD"),
        ticker(of, 50_000.0, volume_24h=3e6, turnover_24h=60.0, open_interest=2e6),
    )  # fmt: skip
    assert (inverse.turnover, inverse.interest) == (3e6, 2e6)
    assert inverse.text(INTEREST) == "2.00\u202fM\u202fUSD"


def test_turnover_in_other_currencies_is_sorted_by_its_worth():
    btc, pair, lost = market("BTCUSDT", Category.SPOT), market("ETHBTC", Category.SPOT), market("XBRL", Category.SPOT)
    rows = [
        MarketRow(btc, listing(btc, base="BTC"), ticker(btc, 50_000.0, turnover_24h=1000.0)),
        MarketRow(pair, listing(pair, base="ETH", quote="BTC"), ticker(pair, 0.05, turnover_24h=3.0)),
        MarketRow(lost, listing(lost, base="X", quote="BRL"), ticker(lost, 1.0, turnover_24h=9.0)),
    ]
    give_quote_rates(rows)
    assert [rows[0].turnover_dollars, rows[1].turnover_dollars] == [1000.0, 150_000.0]
    assert math.isnan(rows[2].turnover_dollars or 0.0)
    assert rows[1].text(TURNOVER) == "3\u202fBTC"


def test_only_cells_that_look_different_are_told(model: MarketsModel, told):
    first = model.record(0)
    [first.text(column) for column in range(8)]
    model.take([replace(first.ticker, mark_price=101.00000001)])
    assert told == []
    model.take([replace(first.ticker, last_price=91.0, funding_rate=0.0002)])
    assert told == [(0, LAST, LAST), (0, FUNDING, FUNDING), (0, RANGE, RANGE)]
    told.clear()
    model.take([ticker(market("UNKNOWN"))])
    assert told == []


def test_changed_price_flashes_in_its_direction_and_others_do_not(model: MarketsModel):
    up, down, still = (model.record(place) for place in range(3))
    model.take([
        replace(up.ticker, last_price=4.0), replace(down.ticker, last_price=1.5), replace(still.ticker, volume_24h=1.0)
    ])  # fmt: skip
    assert model.flashing == {up, down}
    assert (up.flash, up.is_rise, down.flash, down.is_rise, still.flash) == (5.0, True, 5.0, False, 0.0)
    model.flashing.clear()
    model.wants_flash = False
    model.take([replace(up.ticker, last_price=5.0)])
    assert model.flashing == set()


def test_rows_do_not_jump_until_they_are_sorted_again(model: MarketsModel):
    model.sort(LAST, Qt.SortOrder.DescendingOrder)
    model.take([replace(model.record(2).ticker, last_price=9.0)])
    assert symbols(model) == ["AAAUSDT", "BBBUSDT", "CCCUSDT"]
    assert model.sort_again() is True
    assert symbols(model) == ["CCCUSDT", "AAAUSDT", "BBBUSDT"]
    assert model.sort_again() is False


def test_rows_of_equal_value_stay_in_their_order(model: MarketsModel):
    model.set_rows([row(name, 7.0) for name in ("AAAUSDT", "BBBUSDT", "CCCUSDT")])
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        model.sort(LAST, order)
        assert symbols(model) == ["AAAUSDT", "BBBUSDT", "CCCUSDT"]


def test_changes_reach_the_right_row_after_sorting_and_filtering(model: MarketsModel, told):
    model.sort(SYMBOL, Qt.SortOrder.DescendingOrder)
    model.take([ticker(market("AAAUSDT"), 50.0)])
    assert {place for place, _first, _last in told} == {2}
    told.clear()
    model.set_filter("bbb")
    model.take([ticker(market("AAAUSDT"), 51.0), ticker(market("BBBUSDT"), 52.0)])
    assert {place for place, _first, _last in told} == {0}
    assert model.place_of(market("AAAUSDT")) is None


@pytest.mark.parametrize(("text", "found"), [("bbb", ["BBBUSDT"]), ("aaa/usdt", ["AAAUSDT"]), ("3.0", []), ("", 3)])
def test_search_looks_at_names_not_at_figures(model: MarketsModel, text: str, found):
    model.set_filter(text)
    assert (symbols(model) if isinstance(found, list) else model.rowCount()) == found


def test_watch_list_is_shown_in_its_own_order_while_nothing_sorts(model: MarketsModel):
    model.show_only(["linear:CCCUSDT", "linear:GONEUSDT", "spot:AAAUSDT", "linear:AAAUSDT"])
    assert symbols(model) == ["CCCUSDT", "AAAUSDT"]
    model.sort(SYMBOL)
    assert symbols(model) == ["AAAUSDT", "CCCUSDT"]
    model.show_only(None)
    assert model.rowCount() == 3


def test_rows_that_come_to_fit_are_shown_when_it_is_looked_again(model: MarketsModel):
    model.set_predicate(Filter(min_turnover=1e6).fits)
    model.sort(LAST, Qt.SortOrder.DescendingOrder)
    model.take([ticker(market("BBBUSDT"), 2.0, turnover_24h=2e6), ticker(market("CCCUSDT"), 9.0, turnover_24h=3e6)])
    assert model.rowCount() == 0
    assert model.sort_again() is False
    assert model.filter_again() is True
    assert symbols(model) == ["CCCUSDT", "BBBUSDT"]
    assert model.filter_again() is False
    model.take([ticker(market("CCCUSDT"), 1.0, turnover_24h=1.0)])
    assert model.sort_again() is True
    assert symbols(model) == ["BBBUSDT", "CCCUSDT"]
    model.set_predicate(None)
    assert model.filter_again() is False


def test_filter_by_kind_and_turnover():
    dated, small = row("OLDUSDT"), row("TINYUSDT", turnover_24h=99_000.0)
    dated.is_perpetual = False
    assert not Filter(perpetual_only=True).fits(dated)
    assert Filter(perpetual_only=True).fits(small)
    assert [Filter(min_turnover=1e5).fits(item) for item in (dated, small)] == [True, False]


@pytest.mark.parametrize("saved", [None, [], {"turnover": 17.0}, {"turnover": "x", "place": None}])
def test_filter_that_makes_no_sense_shows_everything(saved: object):
    assert Filter.restored(saved) == Filter()


def test_filter_is_remembered():
    chosen = Filter(FAVORITES, perpetual_only=True, min_turnover=1e6)
    assert Filter.restored(chosen.save()) == chosen
