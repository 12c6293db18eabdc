import numpy as np

from builders import START_MS, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import MINUTE_MS, Timeframe
from strategy_tester.engine.magnifier import magnify


def bars_from(lower: Candles, each: int, timeframe: Timeframe) -> Candles:
    """Bars made of every `each` lower candles."""
    starts = np.arange(0, len(lower), each)
    return Candles(
        lower.open_time_ms[starts], lower.open[starts], np.maximum.reduceat(lower.high, starts),
        np.minimum.reduceat(lower.low, starts), lower.close[starts + each - 1], timeframe=timeframe,
    )  # fmt: skip


def lower_and_bars() -> tuple[Candles, Candles]:
    lower = random_candles(48, timeframe=Timeframe.M15)
    return lower, bars_from(lower, 4, Timeframe.H1)


def test_every_bar_becomes_its_own_lower_candles() -> None:
    lower, bars = lower_and_bars()

    steps = magnify(bars, Signals(long_entry=np.arange(12) == 3), lower)

    assert steps.candles.open_time_ms.tolist() == lower.open_time_ms.tolist()
    assert steps.bar_of_step.tolist() == np.repeat(np.arange(12), 4).tolist()
    assert not steps.whole.any()


def test_signals_stand_on_the_last_step_of_their_bar() -> None:
    lower, bars = lower_and_bars()
    distances = np.linspace(1.0, 2.0, 12)

    steps = magnify(bars, Signals(long_entry=np.arange(12) == 3, stop_loss=distances), lower)

    assert np.flatnonzero(steps.signals.long_entry).tolist() == [15]
    assert steps.signals.stop_loss[15] == distances[3]
    assert np.isnan(steps.signals.stop_loss[14])


def test_a_bar_with_missing_lower_candles_stays_whole() -> None:
    lower, bars = lower_and_bars()
    kept = np.ones(48, dtype=bool)
    kept[[8, 20, 21, 22, 23]] = False
    thinned = Candles(*(getattr(lower, name)[kept] for name in ("open_time_ms", "open", "high", "low", "close")))

    steps = magnify(bars, Signals(long_entry=np.zeros(12, dtype=bool)), thinned)

    assert np.flatnonzero(steps.whole).tolist() == [2, 5]
    assert steps.candles.close[steps.last_step].tolist() == bars.close.tolist()
    whole_closes = steps.close_time_ms[steps.last_step][[2, 5]]
    assert ((whole_closes - START_MS) // MINUTE_MS).tolist() == [180, 360]


def test_lower_candles_of_another_market_are_not_used() -> None:
    bars = lower_and_bars()[1]
    other = random_candles(48, seed=9, timeframe=Timeframe.M15)

    steps = magnify(bars, Signals(long_entry=np.zeros(12, dtype=bool)), other)

    assert steps.whole.all()
    assert steps.candles.open.tolist() == bars.open.tolist()


def test_prices_that_differ_in_the_tenth_digit_are_the_same_market() -> None:
    lower, bars = lower_and_bars()
    rounded = Candles(bars.open_time_ms, bars.open * (1 + 1e-11), bars.high * (1 + 2e-11), bars.low, bars.close,
                      timeframe=Timeframe.H1)  # fmt: skip

    assert not magnify(rounded, Signals(long_entry=np.zeros(12, dtype=bool)), lower).whole.any()


def test_lower_candles_that_end_early_leave_the_later_bars_whole() -> None:
    lower, bars = lower_and_bars()

    steps = magnify(bars, Signals(long_entry=np.zeros(12, dtype=bool)), lower.rows(0, 8))

    assert np.flatnonzero(~steps.whole).tolist() == [0, 1]
    assert len(steps.candles) == 18
