"""The practice exchange's market: whatever is made up agrees with the stored candles."""

import numpy as np
import pytest

from builders import shared_data
from practice_builders import MINUTE_MS, START_MS, listing, minute_candles, staged_market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.files import read_candles
from strategy_tester.marketdata.resample import resample
from strategy_tester.practice_exchange.depth import changes
from strategy_tester.practice_exchange.market import StagedMarket


@pytest.fixture(scope="module")
def market() -> StagedMarket:
    return staged_market()


@pytest.mark.parametrize("bar", range(0, 600, 7))
def test_trades_of_a_candle_touch_its_extremes_end_at_its_close_and_sum_up_to_its_volume(market, bar):
    candles, tape = market.base, market.tape(bar)
    if candles.volume[bar] == 0.0:
        assert len(tape) == 0
        return
    prices = np.append(candles.open[bar], tape.price)
    assert prices.max() == candles.high[bar]
    assert prices.min() == candles.low[bar]
    assert tape.price[-1] == candles.close[bar]
    assert tape.quantity.sum() == pytest.approx(candles.volume[bar], abs=1e-9)
    assert (tape.quantity > 0.0).all()
    assert (np.diff(tape.time_ms) >= 0).all()
    assert candles.open_time_ms[bar] <= tape.time_ms[0]
    assert tape.time_ms[-1] < candles.open_time_ms[bar] + MINUTE_MS


def test_trades_are_the_same_whoever_asks(market):
    again = staged_market()
    assert again.trades(START_MS, START_MS + 20 * MINUTE_MS) == market.trades(START_MS, START_MS + 20 * MINUTE_MS)


def test_trades_asked_for_in_pieces_are_all_of_them_once(market):
    whole = market.trades(START_MS - 1, START_MS + 30 * MINUTE_MS)
    pieces = []
    for second in range(0, 30 * 60, 7):
        until = min(START_MS + (second + 7) * 1000, START_MS + 30 * MINUTE_MS)
        pieces += market.trades(START_MS + second * 1000 - (second == 0), until)
    assert pieces == whole
    assert len({trade[4] for trade in whole}) == len(whole)


@pytest.mark.parametrize("frame", [Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1])
def test_forming_candle_ends_as_the_stored_one(market, frame):
    stored = resample(market.base, frame)
    for bar in range(0, len(stored), 3):
        open_ms = int(stored.open_time_ms[bar])
        row = market.forming(frame, frame.next_open(open_ms) - 1)
        assert row[:5] == (open_ms, stored.open[bar], stored.high[bar], stored.low[bar], stored.close[bar])
        assert row[5] == pytest.approx(stored.volume[bar], rel=1e-9)


def test_forming_candle_only_widens(market):
    high, low, volume = 0.0, np.inf, 0.0
    for second in range(0, 900, 5):
        _, _, new_high, new_low, _, new_volume, _ = market.forming(Timeframe.M15, START_MS + second * 1000)
        assert new_high >= high
        assert new_low <= low
        assert new_volume >= volume - 1e-9
        high, low, volume = new_high, new_low, new_volume


def test_nothing_is_told_outside_the_data(market):
    assert market.forming(Timeframe.M1, START_MS - 1) is None
    assert market.forming(Timeframe.M1, market.end_ms) is None


def test_book_stands_around_the_last_trade_and_is_never_crossed(market):
    for second in range(0, 600, 11):
        now = START_MS + second * 1000
        bids, asks = market.book(now, 50)
        price, _ = market.price_at(now)
        assert max(bids) < min(asks)
        assert max(bids) <= price <= min(asks)
        assert len(bids) == len(asks) == 50
        assert min(*bids.values(), *asks.values()) > 0.0


def test_changes_lead_from_one_book_to_the_next(market):
    before, _ = market.book(START_MS + 1000, 50)
    after, _ = market.book(START_MS + 9000, 50)
    book = dict(before)
    for price, size in changes(before, after):
        if size:
            book[price] = size
        else:
            del book[price]
    assert book == after


def test_latest_trades_reach_back_over_candles(market):
    now = START_MS + 10 * MINUTE_MS + 500
    latest = market.latest_trades(now, 100)
    assert len(latest) == 100
    assert latest == market.trades(START_MS - 1, now)[-100:]


def test_figures_count_the_last_day(market):
    figures = market.figures(START_MS + 500 * MINUTE_MS)
    assert figures.price_24h_ago == market.base.open[0]
    assert figures.volume_24h == pytest.approx(market.base.volume[:500].sum())
    assert figures.next_funding_ms == START_MS + 16 * 3_600_000
    assert figures.funding_rate == pytest.approx(-0.0002 + 2 * 0.0006 / 9, abs=1e-8)


def test_market_whose_candles_ended_long_ago_has_not_changed_since(market):
    last_ms = int(market.base.open_time_ms[-1])
    figures = market.figures(last_ms + 30 * 86_400_000)
    assert figures.price_24h_ago == figures.price_1h_ago == figures.last_price == market.base.close[-1]
    assert figures.volume_24h == 0.0


def test_real_candles_are_told_trade_by_trade():
    candles = read_candles(shared_data("bybit-linear-WIFUSDT-1m-20250423_20250524.parquet"))
    market = StagedMarket(listing("WIFUSDT"), candles, seed=3)
    for bar in range(1000, 1400):
        tape = market.tape(bar)
        if not len(tape):
            assert candles.volume[bar] == 0.0
            continue
        prices = np.append(candles.open[bar], tape.price)
        assert (prices.max(), prices.min(), prices[-1]) == (candles.high[bar], candles.low[bar], candles.close[bar])
        assert tape.quantity.sum() == pytest.approx(candles.volume[bar], rel=1e-9)


def test_without_trades_the_candle_stays_where_the_last_one_closed():
    candles = minute_candles(60)
    market = StagedMarket(listing(), candles)
    assert market.forming(Timeframe.M1, START_MS + 49 * MINUTE_MS + 30_000)[1:6] == (*([candles.close[48]] * 4), 0.0)
