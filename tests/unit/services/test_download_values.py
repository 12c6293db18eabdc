"""Dated values beside candles: mark prices of settlements and the tiers of fees."""

import numpy as np

from builders import HOUR_MS, START_MS, make_candles
from fakes import MemoryCandleStore, MemoryHistoryStore
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.fees import FeeTier
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.download_values import FEE_NOTE, fee_tiers, fill_mark_prices

MARKET = Market("bybit", Category.LINEAR, "TESTUSDT")


def test_settlements_take_the_open_of_the_finest_mark_candle():
    store = MemoryCandleStore()
    times = START_MS + np.array([0, 4, 8, 12], dtype=np.int64) * HOUR_MS
    known = np.array([np.nan, np.nan, 77.0, np.nan])
    store.write_funding("TESTUSDT", "bybit-linear", FundingRates(times, np.full(4, 0.0001), known))
    for frame, opens in ((Timeframe.H4, [10.0, 11.0, 12.0]), (Timeframe.H1, [20.0, 21.0, 22.0])):
        candles = make_candles(opens, opens=opens, timeframe=frame, symbol="TESTUSDT")
        store.write(_of_source(candles, "bybit-linear-mark"))
    assert fill_mark_prices(MARKET, store) == 2
    marks = store.read_funding("TESTUSDT", "bybit-linear").mark_price
    np.testing.assert_array_equal(marks, [20.0, 11.0, 77.0, np.nan])
    assert fill_mark_prices(MARKET, store) == 0


def _of_source(candles, source):
    from dataclasses import replace

    return replace(candles, source=source)


def test_published_fees_stand_in_until_others_are_stored():
    history = MemoryHistoryStore()
    published = fee_tiers(history, "bybit-linear")
    assert published.tiers[0] == FeeTier("Non-VIP", 0.00055, 0.0002)
    assert [tier.name for tier in published.tiers] == [
        "Non-VIP", "VIP 1", "VIP 2", "VIP 3", "VIP 4", "VIP 5", "Supreme VIP",
    ]  # fmt: skip
    assert published.note == FEE_NOTE
    assert fee_tiers(history, "bybit-spot").tiers[0] == FeeTier("Non-VIP", 0.001, 0.001)
    for tiers in (published.tiers, fee_tiers(history, "bybit-spot").tiers):
        assert [tier.taker_rate for tier in tiers] == sorted((tier.taker_rate for tier in tiers), reverse=True)
        assert all(tier.maker_rate <= tier.taker_rate for tier in tiers)
    history.write_fee_tiers("bybit-linear", [FeeTier("Mine", 0.0003, 0.0)], 5, "as the account says")
    assert fee_tiers(history, "bybit-linear").tiers == (FeeTier("Mine", 0.0003, 0.0),)
