from dataclasses import replace

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, random_candles
from fakes import MemoryCandleStore, MemoryHistoryStore, MemoryRunStore
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import InvalidParameter, MissingCandles
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus, RiskTier
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.edit_strategies import template
from strategy_tester.services.ports import SeriesKey
from strategy_tester.services.run_backtest import BacktestRequest, reopen_run, run_backtest

SERIES = SeriesKey("TESTUSDT", Timeframe.H1, "test")


def stored(bars: int = 400) -> MemoryCandleStore:
    store = MemoryCandleStore()
    store.write(random_candles(bars, seed=5))
    return store


def request(**changes: object) -> BacktestRequest:
    return replace(BacktestRequest(SERIES, template("cross"), BacktestConfig()), **changes)  # type: ignore[arg-type]


def notes(finished: object) -> str:
    return " ".join(map(str, finished.warnings))  # type: ignore[attr-defined]


def test_a_run_is_measured_kept_and_reopened_as_it_was() -> None:
    candles, runs = stored(), MemoryRunStore()
    finished = run_backtest(request(), candles, runs)
    assert finished.summary is not None
    assert finished.result.metrics["total_trades"] == len(finished.result.trade_columns) > 0
    assert set(finished.sides) == {"all", "long", "short"}
    assert [line.title for line in finished.lines] == ["fast", "slow"]
    again = reopen_run(finished.summary.run_id, candles, runs)
    assert again.result.metrics == pytest.approx(finished.result.metrics, nan_ok=True)
    assert again.result.trade_columns.pnl.tolist() == finished.result.trade_columns.pnl.tolist()
    assert len(again.candles) == 400
    assert again.warnings == []


def test_a_reopened_run_shows_no_candles_that_it_did_not_see() -> None:
    candles, runs = stored(), MemoryRunStore()
    finished = run_backtest(request(), candles, runs)
    assert finished.summary is not None
    candles.write(random_candles(400, seed=6))
    changed = reopen_run(finished.summary.run_id, candles, runs)
    assert len(changed.candles) == 0
    assert "differ from what this run saw" in notes(changed)
    candles.delete(SERIES)
    gone = reopen_run(finished.summary.run_id, candles, runs)
    assert len(gone.candles) == 0
    assert "no longer stored" in notes(gone)


def test_stored_funding_is_charged_unless_it_is_not_wanted() -> None:
    candles = stored()
    times = START_MS + np.arange(1, 50) * 8 * HOUR_MS
    candles.write_funding("TESTUSDT", "test", FundingRates(times, np.full(49, 0.001), np.full(49, np.nan)))
    charged = run_backtest(request(), candles)
    free = run_backtest(request(use_funding=False), candles)
    assert charged.result.metrics["total_funding"] != 0.0
    assert free.result.metrics["total_funding"] == 0.0
    assert charged.summary is None


def test_a_run_without_known_funding_says_so() -> None:
    assert "funding is not charged" in notes(run_backtest(request(), stored()))


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"period: .* a start that lies before the end"):
        run_backtest(request(start_ms=START_MS + HOUR_MS, end_ms=START_MS), stored())


def test_a_period_without_candles_is_refused_in_words() -> None:
    with pytest.raises(MissingCandles, match="no candles of TESTUSDT 1h test lie in this period"):
        run_backtest(request(start_ms=0, end_ms=1), stored())


def test_a_run_that_is_not_there_is_said() -> None:
    with pytest.raises(MissingCandles, match="run 7 is not there"):
        reopen_run(7, stored(), MemoryRunStore())


def test_zero_trades_come_with_the_counts_of_every_condition() -> None:
    content = {
        "name": "never",
        "indicators": [{"type": "RSI", "params": {"period": 14}}],
        "entry_conditions": {"long": [{"indicator": "RSI_14", "operator": ">", "value": 100}], "short": []},
    }
    finished = run_backtest(request(strategy=content), stored())
    assert len(finished.result.trade_columns) == 0
    assert "There was no trade" in notes(finished)
    assert any(hit.place == "entry_conditions.long[0]" and hit.hits == 0 for hit in finished.conditions)


def test_the_listing_of_the_period_gives_steps_only_when_asked_for() -> None:
    key = replace(SERIES, source="bybit-linear")
    store, history = MemoryCandleStore(), MemoryHistoryStore()
    store.write(replace(random_candles(400, seed=5), source="bybit-linear"))
    market = Market("bybit", Category.LINEAR, "TESTUSDT")
    for at_ms, step in ((START_MS - 5, 0.5), (START_MS + HOUR_MS, 2.0)):
        steps = Instrument("TESTUSDT", 0.1, step, 1.0, 5.0)
        history.write_listings([Listing(market, ListingStatus.TRADING, steps)], at_ms)
    history.write_risk_tiers("TESTUSDT", "bybit-linear", [RiskTier(1e6, 0.02, 0.0125, 50.0, 0.0)], START_MS - 5)
    plain = run_backtest(request(series=key), store, None, history=history)
    assert plain.result.config.quantity_step is None
    asked = run_backtest(request(series=key, use_instrument=True), store, None, history=history)
    config = asked.result.config
    assert (config.quantity_step, config.min_quantity, config.min_notional) == (0.5, 1.0, 5.0)
    assert config.maintenance_margin_rate == 0.0125
    assert all((asked.result.trade_columns.quantity % 0.5) == 0.0)
    with pytest.raises(InvalidParameter, match="listing is stored"):
        run_backtest(request(use_instrument=True), stored(), None, history=history)
