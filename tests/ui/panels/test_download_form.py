"""What a download form means: its tasks, its forecast, its memory."""

import pytest

from fakes import MemoryCandleStore, MemoryHistoryStore
from practice_builders import MINUTE_MS, START_MS, listing, minute_candles
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import DAY_MS, Timeframe
from strategy_tester.services.market_source import PriceKind
from strategy_tester.services.ports import CoveredSpan, HistoryKey
from strategy_tester.ui.panels.download.form import (
    DownloadForm,
    forecast,
    form_from_json,
    form_to_json,
    planned_series,
    problem_of,
    symbols_of,
)
from strategy_tester.ui.panels.download.tasks import planned_from_json, planned_to_json

NOW_MS = START_MS + 400 * DAY_MS + 5 * 3_600_000


def test_pasted_symbols_are_found_in_any_form():
    assert symbols_of('btcusdt, "ETHUSDT";\n solusdt\tBTCUSDT |XRPUSDT,') == (
        "BTCUSDT",
        "ETHUSDT",
        "SOLUSDT",
        "XRPUSDT",
    )
    assert symbols_of("  ") == ()


def test_first_form_is_one_year_of_hours_of_bitcoin():
    (one,) = planned_series(DownloadForm(), NOW_MS)
    wanted = one.wanted
    assert (wanted.market, wanted.timeframe) == (Market("bybit", Category.LINEAR, "BTCUSDT"), Timeframe.H1)
    assert (wanted.start_ms, wanted.end_ms) == (START_MS + 35 * DAY_MS, None)
    assert (one.with_rules, one.request.funding, one.request.open_interest, one.request.tiers) == (
        True, True, False, True,
    )  # fmt: skip


def test_what_belongs_to_a_market_goes_with_its_first_series():
    form = DownloadForm(
        symbols=("A", "B"), timeframes=(Timeframe.M1, Timeframe.H1), mark_price=True, open_interest=True, period="all"
    )
    planned = planned_series(form, NOW_MS)
    assert [(one.wanted.market.symbol, str(one.wanted.timeframe), one.wanted.kind) for one in planned[:5]] == [
        ("A", "1m", PriceKind.LAST), ("A", "1m", PriceKind.MARK), ("A", "1h", PriceKind.LAST),
        ("A", "1h", PriceKind.MARK), ("B", "1m", PriceKind.LAST),
    ]  # fmt: skip
    assert [one.request.funding for one in planned] == [True, False, False, False] * 2
    assert [one.request.open_interest for one in planned] == [True, False, False, False] * 2
    assert [one.with_rules for one in planned] == [True] + [False] * 7
    assert {one.wanted.start_ms for one in planned} == {None}


def test_spot_has_no_mark_price_and_no_funding():
    form = DownloadForm(category=Category.SPOT, mark_price=True, open_interest=True)
    (one,) = planned_series(form, NOW_MS)
    assert one.wanted.kind is PriceKind.LAST
    assert (one.request.funding, one.request.open_interest, one.request.tiers) == (False, False, False)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        (DownloadForm(), ""),
        (DownloadForm(symbols=()), "Choose at least one symbol."),
        (DownloadForm(timeframes=()), "Choose at least one timeframe."),
        (DownloadForm(period="dates", start_ms=5, end_ms=5), "The period ends before it begins."),
        (DownloadForm(period="dates", start_ms=5), ""),
    ],
)
def test_what_cannot_be_downloaded_is_said(form: DownloadForm, problem: str):
    assert problem_of(form) == problem


def test_form_and_tasks_survive_the_settings():
    form = DownloadForm(
        "binance", Category.LINEAR, ("A", "B"), (Timeframe.M1, Timeframe.D1), "dates", 5, 9, funding=False,
        mark_price=True, open_interest=True, rules=False, top=7,
    )  # fmt: skip
    assert form_from_json(form_to_json(form)) == form
    for planned in planned_series(form, NOW_MS):
        assert planned_from_json(planned_to_json(planned)) == planned


@pytest.mark.parametrize("saved", [None, 7, {"exchange": "moon", "symbols": 3, "period": "soon", "top": "many"}])
def test_settings_that_cannot_be_read_give_the_first_form(saved: object):
    assert form_from_json(saved) == DownloadForm()


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"exchange": "moon", "category": "linear", "symbol": "A", "timeframe": "1h", "price": "last"},
        {"exchange": "bybit", "category": "x", "symbol": "A", "timeframe": "1h", "price": "last"},
        {"exchange": "bybit", "category": "linear", "symbol": "", "timeframe": "1h", "price": "last"},
    ],
)
def test_tasks_that_cannot_be_read_are_none(saved: dict):
    assert planned_from_json(saved) is None


def test_forecast_counts_what_is_missing_only():
    store = MemoryCandleStore()
    history = MemoryHistoryStore(store)
    form = DownloadForm(timeframes=(Timeframe.M1,), period="dates", start_ms=START_MS, funding=False, rules=False)
    now_ms = START_MS + 10_000 * MINUTE_MS
    counted = forecast(planned_series(form, now_ms), store, history, now_ms)
    assert (counted.series, counted.candles, counted.requests) == (1, 10_000, 10)
    assert (counted.seconds, counted.bytes, counted.is_rough) == (10 / 80, 200_000.0, False)
    candles = minute_candles(4000)
    span = CoveredSpan(START_MS, START_MS + 4000 * MINUTE_MS, now_ms)
    history.append(candles, [span])
    history.cover(HistoryKey("BTCUSDT", "bybit-linear", "1m"), [span])
    counted = forecast(planned_series(form, now_ms), store, history, now_ms)
    assert (counted.candles, counted.requests) == (6_000, 6)
    history.append(minute_candles(10_000), [CoveredSpan(START_MS, now_ms, now_ms)])
    assert forecast(planned_series(form, now_ms), store, history, now_ms).series == 0


def test_forecast_begins_at_the_listing_and_says_when_it_guesses():
    store = MemoryCandleStore()
    history = MemoryHistoryStore(store)
    form = DownloadForm(period="all", funding=False, rules=False)
    assert forecast(planned_series(form, NOW_MS), store, history, NOW_MS).is_rough
    history.write_listings([listing(launch_ms=NOW_MS - 50 * 3_600_000)], NOW_MS)
    counted = forecast(planned_series(form, NOW_MS), store, history, NOW_MS)
    assert (counted.candles, counted.is_rough) == (50, False)


def test_what_is_dated_beside_candles_costs_requests():
    store = MemoryCandleStore()
    form = DownloadForm(open_interest=True)
    counted = forecast(planned_series(form, NOW_MS), store, MemoryHistoryStore(store), NOW_MS)
    # 8765 candles in 9 pages, 1095 settlements in 6, 8765 hours of open interest in 44, margin tiers and listings.
    assert (counted.candles, counted.requests) == (8765, 9 + 6 + 44 + 1 + 1)
