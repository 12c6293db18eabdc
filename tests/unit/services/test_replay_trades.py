"""Which trades were known at a moment, and what an open one had earned, against the engine's own books."""

from dataclasses import replace

import numpy as np
import pytest

from builders import HOUR_MS, START_MS, make_candles, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.results import BacktestConfig, BacktestResult
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.trades import EXIT_REASONS
from strategy_tester.services.edit_strategies import template
from strategy_tester.services.replay import FormingCandle
from strategy_tester.services.replay_trades import (
    LEAVE,
    LONG,
    REFUSED,
    SHORT,
    DecidedSignals,
    KnownTrades,
    TradeTimeline,
    first_trades,
    trades_until,
)
from strategy_tester.services.run_backtest import backtest_candles

FEE = 0.00055


def at(hours: float) -> int:
    return START_MS + round(hours * HOUR_MS)


def long_run(exit_signal: int | None = None, config: BacktestConfig | None = None, **levels: float) -> BacktestResult:
    """Ten hours rising from 100 by one each; a long signal on bar 1."""
    entry, leave = np.zeros(10, bool), np.zeros(10, bool)
    entry[1] = True
    if exit_signal is not None:
        leave[exit_signal] = True
    none = np.zeros(10, bool)
    signals = Signals(long_entry=entry, short_entry=none, long_exit=leave, short_exit=none, **levels)  # type: ignore[arg-type]
    return backtest_candles(signals, rising(), config or BacktestConfig(fixed_quantity=1.0))


def rising() -> Candles:
    closes = [101.0 + bar for bar in range(10)]
    opens = [100.0 + bar for bar in range(10)]
    return make_candles(closes, opens=opens, highs=[close + 0.5 for close in closes], lows=[x - 0.5 for x in opens])


def forming(bar: int, low: float, high: float) -> FormingCandle:
    return FormingCandle(at(bar), at(bar + 0.5), 100.0 + bar, high, low, high, 1.0)


def numbers(known: KnownTrades) -> tuple[int, list[int]]:
    return known.closed, [trade.number for trade in known.open]


def test_an_entry_is_known_at_its_fill_and_an_exit_at_an_open_likewise() -> None:
    result = long_run(exit_signal=4)
    assert numbers(trades_until(result, at(2) - 1)) == (0, [])
    assert numbers(trades_until(result, at(2))) == (0, [0])
    assert numbers(trades_until(result, at(5) - 1)) == (0, [0])
    assert numbers(trades_until(result, at(5))) == (1, [])


def test_fills_at_the_close_are_known_at_the_close() -> None:
    result = long_run(exit_signal=4, config=BacktestConfig(fixed_quantity=1.0, fill="close"))
    assert numbers(trades_until(result, at(2) - 1)) == (0, [])
    assert numbers(trades_until(result, at(2))) == (0, [0])
    assert numbers(trades_until(result, at(5) - 1)) == (0, [0])
    assert numbers(trades_until(result, at(5))) == (1, [])


def test_the_end_of_the_data_is_known_at_the_last_close() -> None:
    result = long_run()
    assert numbers(trades_until(result, at(10) - 1)) == (0, [0])
    assert numbers(trades_until(result, at(10))) == (1, [])


def test_an_exit_inside_a_bar_is_not_told_at_the_bars_open() -> None:
    result = long_run(take_profit=3.0)
    target = 102.0 * 1.03
    trade = result.trade_columns
    assert (trade.exit_bar.tolist(), trade.exit_time_ms.tolist()) == ([4], [at(4)])
    assert numbers(trades_until(result, at(4))) == (0, [0])
    assert numbers(trades_until(result, at(5) - 1)) == (0, [0])
    assert numbers(trades_until(result, at(5))) == (1, [])
    assert numbers(trades_until(result, at(4.5), forming(4, 103.5, target - 0.01))) == (0, [0])
    assert numbers(trades_until(result, at(4.5), forming(4, 103.5, target))) == (1, [])
    assert numbers(trades_until(result, at(3.5), forming(3, 103.5, target))) == (0, [0])


@pytest.mark.parametrize(("levels", "slippage"), [({"stop_loss": 1.0}, 0.01), ({"trailing_stop": 1.0}, 0.0)])
def test_a_stop_is_known_as_soon_as_lower_candles_have_reached_it(levels: dict[str, float], slippage: float) -> None:
    candles = make_candles(
        [100.0, 100.0, 100.0, 98.0, 98.0], opens=[100.0] * 4 + [98.0], lows=[100.0, 100.0, 100.0, 97.0, 97.0],
        highs=[100.0] * 4 + [98.0],
    )  # fmt: skip
    entry, none = np.array([False, True, False, False, False]), np.zeros(5, bool)
    signals = Signals(long_entry=entry, short_entry=none, long_exit=none, short_exit=none, **levels)  # type: ignore[arg-type]
    config = BacktestConfig(fixed_quantity=1.0, slippage_rate=slippage)
    result = backtest_candles(signals, candles, config)
    assert result.trade_columns.exit_bar.tolist() == [3]
    level = float(result.trade_columns.exit_price[0]) / (1 - slippage)
    assert numbers(trades_until(result, at(3.5), forming(3, level + 0.01, 100.0))) == (0, [0])
    assert numbers(trades_until(result, at(3.5), forming(3, level, 100.0))) == (1, [])


def test_an_open_trade_tells_nothing_of_its_end() -> None:
    one, other = long_run(exit_signal=4), long_run(exit_signal=8)
    assert repr(trades_until(one, at(4.5))) == repr(trades_until(other, at(4.5)))
    [trade] = trades_until(one, at(4.5)).open
    assert (trade.is_long, trade.entry_bar, trade.entry_time_ms, trade.entry_price) == (True, 2, at(2), 102.0)
    assert np.isnan([trade.stop_price, trade.target_price]).all()


def test_a_running_result_has_the_entry_fee_and_the_price_so_far() -> None:
    result = long_run(exit_signal=8)
    [fresh] = trades_until(result, at(2)).open
    assert fresh.result_at(102.0) == pytest.approx(-102.0 * FEE)
    at_close = long_run(exit_signal=8, config=BacktestConfig(fixed_quantity=1.0, fill="close"))
    [fresh] = trades_until(at_close, at(2)).open
    assert fresh.entry_price == 102.0
    assert fresh.result_at(102.0) == pytest.approx(-102.0 * FEE)
    [older] = trades_until(result, at(4)).open
    assert older.booked == pytest.approx(104.0 - 102.0 - 102.0 * FEE)
    assert older.result_at(104.5) == pytest.approx(104.5 - 102.0 - 102.0 * FEE)
    assert older.result_pct_at(104.5) == pytest.approx((2.5 - 102.0 * FEE) / 102.0 * 100)


@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_running_results_are_the_engines_books_at_every_close(fill: str) -> None:
    candles = random_candles(600, seed=8)
    times = START_MS + np.arange(0, 600, 8, dtype=np.int64) * HOUR_MS
    funding = FundingRates(times, np.full(times.size, 0.001), np.full(times.size, np.nan))
    config = BacktestConfig(fill=fill, funding=funding, slippage_rate=0.0003, leverage=2.0)  # type: ignore[arg-type]
    result = backtest_candles({**template("cross"), "stop_loss": 6.0, "take_profit": 9.0}, candles, config)
    timeline, seen = TradeTimeline(result), 0
    for bar in range(600):
        known = timeline.until(int(candles.close_time_ms[bar]))
        before = float(result.trade_columns.equity_after[known.closed - 1]) if known.closed else 10_000.0
        running = sum(trade.result_at(float(candles.close[bar])) for trade in known.open)
        filled_now = [trade for trade in known.open if trade.entry_time_ms == candles.close_time_ms[bar]]
        if filled_now or result.position_curve[bar] == 0.0:
            continue  # the books of this bar were closed before the fill
        assert before + running == pytest.approx(float(result.equity_curve[bar]), rel=1e-12)
        seen += 1
    assert seen > 100


def test_trades_become_known_one_after_the_other() -> None:
    candles = random_candles(600, seed=8)
    result = backtest_candles({**template("cross"), "stop_loss": 2.0}, candles, BacktestConfig())
    timeline, trades = TradeTimeline(result), result.trade_columns
    for now in range(START_MS, at(600) + 1, HOUR_MS // 2):
        known = timeline.until(now)
        assert len(known.open) <= 1
        assert all(trades.exit_time_ms[: known.closed] <= now)
        assert all(trade.entry_time_ms <= now for trade in known.open)
        assert numbers(known)[1] == list(range(known.closed, known.closed + len(known.open)))
    assert timeline.until(at(600)).closed == len(trades) > 10


def test_jumps_go_from_event_to_event() -> None:
    timeline = TradeTimeline(long_run(exit_signal=4))
    assert timeline.moments.tolist() == [at(2), at(5)]
    assert timeline.next_moment(at(2)) == at(5)
    assert timeline.next_moment(at(5)) is None
    assert timeline.previous_moment(at(5)) == at(2)
    assert timeline.previous_moment(at(2)) is None


def test_the_first_trades_keep_their_numbers() -> None:
    columns = backtest_candles(template("cross"), random_candles(600, seed=8), BacktestConfig()).trade_columns
    first = first_trades(columns, 3)
    assert len(first) == 3
    assert first.pnl.tolist() == columns.pnl[:3].tolist()


def test_a_result_without_a_timeframe_takes_the_next_open_as_the_close() -> None:
    result = replace(long_run(take_profit=3.0), timeframe="")
    assert numbers(trades_until(result, at(5) - 1)) == (0, [0])
    assert numbers(trades_until(result, at(5))) == (1, [])


@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_known_trades_are_those_of_a_backtest_that_ends_there(fill: str) -> None:
    candles = random_candles(600, seed=8)
    strategy = {**template("cross"), "stop_loss": 3.0, "take_profit": 4.0}
    config = BacktestConfig(fill=fill, slippage_rate=0.0002)  # type: ignore[arg-type]
    timeline = TradeTimeline(whole := backtest_candles(strategy, candles, config))
    seen_open = 0
    for bars in range(60, 600, 9):
        part = backtest_candles(strategy, candles.rows(0, bars), config)
        columns = part.trade_columns
        is_cut_off = columns.exit_reason == EXIT_REASONS.index("end_of_data")
        known = timeline.until(int(candles.close_time_ms[bars - 1]))
        # What is filled at the very end of the part is ordered there, but never filled in it.
        old = [trade for trade in known.open if trade.entry_bar < bars - (fill == "close")]
        at_open = [
            number
            for number in range(known.closed)
            if whole.trade_columns.exit_time_ms[number] == candles.close_time_ms[bars - 1]
            and whole.trade_columns.exit_bar[number] == bars
        ]
        assert int((~is_cut_off).sum()) == known.closed - len(at_open)
        for name in ("entry_price", "exit_price", "pnl", "equity_after"):
            ours = getattr(first_trades(whole.trade_columns, known.closed - len(at_open)), name)
            assert ours.tolist() == getattr(columns, name)[~is_cut_off].tolist()
        cut_off = columns.where(is_cut_off)
        if not at_open:
            assert [trade.entry_price for trade in old] == cut_off.entry_price.tolist()
            seen_open += len(old)
    assert seen_open > 10


def test_signals_are_those_that_led_to_orders_each_at_the_bar_whose_close_decided() -> None:
    entry, short, leave = (np.zeros(10, bool) for _ in range(3))
    entry[[1, 2]] = True  # the second one finds the position there
    short[5] = leave[8] = True
    signals = Signals(
        long_entry=entry,
        short_entry=short,
        long_exit=np.zeros(10, bool),
        short_exit=leave,
        on_opposite_signal="reverse",
    )
    result = backtest_candles(signals, rising(), BacktestConfig(fixed_quantity=1.0))
    found = TradeTimeline(result).signals
    assert list(zip(found.bar.tolist(), found.kind.tolist(), strict=True)) == [(1, LONG), (5, SHORT), (8, LEAVE)]
    assert TradeTimeline(result).moments.tolist() == [at(2), at(6), at(9)]
    assert found.between(1, 5).bar.tolist() == [1]


def test_an_order_that_was_refused_had_a_signal_too() -> None:
    result = long_run(config=BacktestConfig(initial_capital=1.0, fixed_quantity=1000.0))
    found = DecidedSignals.of(result)
    assert list(zip(found.bar.tolist(), found.kind.tolist(), strict=True)) == [(1, REFUSED)]


def test_signals_filled_at_the_close_stand_at_their_own_bar() -> None:
    result = long_run(exit_signal=4, config=BacktestConfig(fixed_quantity=1.0, fill="close"))
    found = DecidedSignals.of(result)
    assert list(zip(found.bar.tolist(), found.kind.tolist(), strict=True)) == [(1, LONG), (4, LEAVE)]
