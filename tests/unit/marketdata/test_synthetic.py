"""The practice market: the same on every machine, whole, and plausible."""

import numpy as np
import pytest

from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.timeframes import HOUR_MS, Timeframe
from strategy_tester.marketdata.gaps import gaps_of
from strategy_tester.marketdata.resample import resample
from strategy_tester.marketdata.synthetic import START_MS, practice_market


def test_the_same_seed_gives_the_same_bits_on_every_machine():
    market = practice_market(seed=7)
    assert market.candles.content_hash() == "4938c831aec2d600fc03bc539299ade4bfcfdf298d1372f08aa9d5cbf8c9ccbe"
    assert market.funding.rate[:3].tolist() == [-2.691e-05, -2.576e-05, 1.442e-05]


def test_it_covers_sixty_two_weeks_from_a_monday_without_a_hole():
    candles = practice_market().candles
    assert len(candles) == 62 * 7 * 24
    assert candles.open_time_ms[0] == START_MS
    assert gaps_of(candles) == []


def test_it_says_that_it_is_practice():
    candles = practice_market().candles
    assert (candles.symbol, candles.source, candles.timeframe) == ("PRACTICE", "practice", Timeframe.H1)


@pytest.mark.parametrize("timeframe", ["15m", "1h", "4h", "1d", "1w", "1M"])
def test_every_timeframe_agrees_with_the_five_minutes_below_it(timeframe):
    five, higher = practice_market(timeframe="5m").candles, practice_market(timeframe=timeframe).candles
    made = resample(five, timeframe)
    assert made.content_hash() == higher.content_hash()


def test_fewer_bars_are_the_beginning_of_the_same_market():
    long, short = practice_market(bars=3000), practice_market(bars=500)
    assert short.candles.content_hash() == long.candles.rows(0, 500).content_hash()
    assert short.funding.rate.tolist() == long.funding.rate[: len(short.funding)].tolist()


def test_more_bars_than_usual_go_on_where_the_usual_end():
    usual, more = practice_market().candles, practice_market(bars=12_000).candles
    assert more.rows(0, len(usual)).content_hash() == usual.content_hash()


def test_prices_sit_on_ticks_of_a_tenth():
    candles = practice_market(timeframe="5m").candles
    for name in ("open", "high", "low", "close"):
        column = candles.column(name)
        assert np.array_equal(column, np.rint(column * 10) / 10)


def test_volatility_clusters_and_tails_are_fat():
    returns = np.diff(np.log(practice_market().candles.close))
    size = np.abs(returns)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.2
    assert np.mean(returns**4) / np.mean(returns**2) ** 2 > 5.0
    assert abs(np.corrcoef(returns[1:], returns[:-1])[0, 1]) < 0.1


def test_some_bars_open_away_from_the_close_before():
    candles = practice_market().candles
    jumps = np.abs(candles.open[1:] / candles.close[:-1] - 1.0)
    assert 10 < np.count_nonzero(jumps) < 100
    assert jumps.max() > 0.01


def test_new_york_is_busier_than_the_asian_morning_and_weekends_are_quiet():
    candles = practice_market().candles
    hour = candles.open_time_ms // HOUR_MS % 24
    weekend = (candles.open_time_ms - START_MS) // (24 * HOUR_MS) % 7 >= 5
    assert candles.volume[hour == 14].mean() > 1.5 * candles.volume[hour == 5].mean()
    assert candles.volume[weekend].mean() < candles.volume[~weekend].mean()


def test_funding_is_settled_every_eight_hours_and_leans_with_the_trend():
    market = practice_market()
    funding = market.funding
    assert set(np.diff(funding.time_ms).tolist()) == {8 * HOUR_MS}
    assert funding.time_ms[0] == START_MS + 8 * HOUR_MS
    assert funding.time_ms[-1] == market.candles.close_time_ms[-1]
    close = market.candles.close[((funding.time_ms - START_MS) // HOUR_MS - 1).astype(int)]
    assert np.corrcoef(funding.rate[3:], close[3:] / close[:-3])[0, 1] > 0.5
    assert np.all(np.isfinite(funding.mark_price))


def test_other_seeds_are_other_markets_and_all_stay_plausible():
    ends = [practice_market(seed=seed).candles.close[-1] for seed in range(1, 6)]
    assert len(set(ends)) == 5
    assert all(5_000 < end < 500_000 for end in ends)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"bars": 0}, "bars"), ({"bars": 10**9}, "bars"), ({"seed": -1}, "seed"), ({"timeframe": "1m"}, "timeframe")],
)
def test_values_out_of_bounds_are_refused_by_name(arguments, named):
    with pytest.raises(InvalidParameter, match=named):
        practice_market(**arguments)
