"""Laws that every backtest keeps, whatever the candles, the signals and the account."""

from dataclasses import dataclass, fields, replace
from unittest.mock import patch

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, given, settings

from builders import HOUR_MS, START_MS
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.results import EXIT_REASONS, BacktestConfig, BacktestResult, TradeColumns
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.engine import run as engine_run
from strategy_tester.engine.run import run_signals

ROUNDING = 1e-9
LIQUIDATION = EXIT_REASONS.index("liquidation")
TAKE_PROFIT = EXIT_REASONS.index("take_profit")
lawful = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@dataclass(frozen=True)
class Case:
    """One drawn backtest."""

    candles: Candles
    signals: Signals
    config: BacktestConfig

    def run(self) -> BacktestResult:
        return run_signals(self.candles, self.signals, self.config)


@st.composite
def candles_of(draw: st.DrawFn, smallest: int = 3) -> Candles:
    """Up to 40 hourly candles on whole prices around 100; jumps, dojis and exact touches are common."""
    moves = draw(
        st.lists(
            st.tuples(st.integers(-4, 4), st.integers(-8, 8), st.integers(0, 4), st.integers(0, 4)),
            min_size=smallest, max_size=40,
        )
    )  # fmt: skip
    rows, price = [], 100
    for jump, body, above, below in moves:
        start = max(price + jump, 20)
        end = max(start + body, 20)
        rows.append((start, max(start, end) + above, min(start, end) - below, end))
        price = end
    times = START_MS + np.arange(len(rows)) * HOUR_MS
    return Candles(times, *np.array(rows, dtype=float).T, timeframe=Timeframe.H1, symbol="TESTUSDT", source="test")


@st.composite
def signals_for(draw: st.DrawFn, bars: int) -> Signals:
    """Entries and exits with percent levels."""

    def flags() -> np.ndarray:
        return np.array(draw(st.lists(st.booleans(), min_size=bars, max_size=bars)))

    level = st.one_of(st.none(), st.sampled_from([0.5, 1.0, 2.0, 4.0]))
    return Signals(
        flags(), flags(), flags(), flags(), draw(level), draw(level), draw(level),
        draw(st.sampled_from(["reverse", "close", "ignore"])),
    )  # fmt: skip


@st.composite
def funding_for(draw: st.DrawFn, candles: Candles) -> FundingRates | None:
    """Settlements on the hour and between, of both signs, with and without a mark price."""
    minutes = draw(st.lists(st.integers(-30, 60 * len(candles) + 30), max_size=12, unique=True))
    if not minutes:
        return None
    times = START_MS + np.array(sorted(minutes)) * 60_000
    rates = draw(st.lists(st.sampled_from([-0.01, -0.0001, 0.0001, 0.003]), min_size=times.size, max_size=times.size))
    marks = draw(st.lists(st.sampled_from([np.nan, 96.0, 100.0]), min_size=times.size, max_size=times.size))
    return FundingRates(times, np.array(rates), np.array(marks))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A whole backtest."""
    candles = draw(candles_of())
    config = BacktestConfig(
        initial_capital=draw(st.sampled_from([256.0, 10_000.0])),
        leverage=draw(st.sampled_from([1.0, 3.0, 20.0, 100.0])),
        taker_fee_rate=draw(st.sampled_from([0.0, 0.00055])),
        maker_fee_rate=draw(st.sampled_from([0.0, 0.0002])),
        slippage_rate=draw(st.sampled_from([0.0, 0.001])),
        position_pct=draw(st.sampled_from([100.0, 50.0])),
        quantity_step=draw(st.sampled_from([None, 0.125])),
        min_notional=draw(st.sampled_from([None, 64.0])),
        fill=draw(st.sampled_from(["next_open", "close"])),
        intrabar=draw(st.sampled_from(["worst", "ohlc"])),
        maker_exits=draw(st.booleans()),
        funding=draw(funding_for(candles)),
    )
    return Case(candles, draw(signals_for(len(candles))), config)


def assert_same_bits(one: BacktestResult, other: BacktestResult) -> None:
    assert_same_trades(one.trade_columns, other.trade_columns)
    for name in ("equity_curve", "cash_curve", "position_curve", "ambiguous_bars"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("bar", "reason", "intent"):
        np.testing.assert_array_equal(getattr(one.refusals, name), getattr(other.refusals, name), err_msg=name)
    assert one.conflicting_signals == other.conflicting_signals


def assert_same_trades(one: TradeColumns, other: TradeColumns) -> None:
    for column in fields(TradeColumns):
        np.testing.assert_array_equal(getattr(one, column.name), getattr(other, column.name), err_msg=column.name)


@given(cases())
@lawful
def test_cash_and_the_open_result_are_the_equity_at_every_bar(case: Case) -> None:
    result = case.run()
    trades = result.trade_columns
    open_result, held = np.zeros(len(case.candles)), np.zeros(len(case.candles))
    for trade in range(len(trades)):
        bars = slice(trades.entry_bar[trade], trades.exit_bar[trade])  # at the exit bar's close it is gone
        size = trades.side[trade] * trades.quantity[trade]
        held[bars] += size
        open_result[bars] += size * (case.candles.close[bars] - trades.entry_price[trade])
    np.testing.assert_array_equal(result.position_curve, held)
    np.testing.assert_allclose(
        result.cash_curve + open_result, result.equity_curve, rtol=ROUNDING, atol=ROUNDING * result.equity_curve.max()
    )


@given(cases())
@lawful
def test_every_fill_lies_inside_its_bar_but_for_slippage(case: Case) -> None:
    trades = case.run().trade_columns
    slip = case.config.slippage_rate
    resting = trades.exit_reason == TAKE_PROFIT
    market_entry = trades.entry_price / (1.0 + trades.side * slip)
    market_exit = np.where(resting, trades.exit_price, trades.exit_price / (1.0 - trades.side * slip))
    taken_over = trades.exit_reason == LIQUIDATION
    for price, bars, counts in (
        (market_entry, trades.entry_bar, np.ones(len(trades), dtype=bool)),
        (market_exit, trades.exit_bar, ~taken_over),
    ):
        low, high = case.candles.low[bars][counts], case.candles.high[bars][counts]
        assert np.all(price[counts] >= low * (1.0 - ROUNDING))
        assert np.all(price[counts] <= high * (1.0 + ROUNDING))
    bankruptcy = trades.entry_price * (1.0 - trades.side / case.config.leverage)
    np.testing.assert_allclose(trades.exit_price[taken_over], bankruptcy[taken_over], rtol=ROUNDING)


@given(cases())
@lawful
def test_no_trade_comes_before_its_signal(case: Case) -> None:
    trades = case.run().trade_columns
    delay = 1 if case.config.fill == "next_open" else 0
    np.testing.assert_array_equal(trades.entry_bar, trades.signal_bar + delay)
    wanted = np.where(
        trades.side > 0, case.signals.long_entry[trades.signal_bar], case.signals.short_entry[trades.signal_bar]
    )
    assert np.all(wanted)
    assert np.all(trades.exit_bar >= trades.entry_bar)
    assert np.all(trades.entry_bar[1:] >= trades.exit_bar[:-1])
    assert np.all(trades.exit_time_ms >= trades.entry_time_ms)


@given(cases(), st.integers(2, 40))
@lawful
def test_the_future_does_not_change_the_past(case: Case, bars: int) -> None:
    whole = case.run()
    cut = min(bars, len(case.candles))
    part = Case(case.candles.rows(0, cut), case.signals.rows(0, cut), case.config).run()
    # The part's last bar closes what is open and trades no signal; all before it is the same.
    np.testing.assert_array_equal(part.equity_curve[:-1], whole.equity_curve[: cut - 1])
    assert_same_trades(
        part.trade_columns.where(part.trade_columns.exit_bar < cut - 1),
        whole.trade_columns.where(whole.trade_columns.exit_bar < cut - 1),
    )


@given(cases())
@lawful
def test_results_fees_and_funding_add_up(case: Case) -> None:
    result = case.run()
    trades, config = result.trade_columns, case.config
    rounding = ROUNDING * max(config.initial_capital, result.equity_curve.max())
    gross = trades.side * (trades.exit_price - trades.entry_price) * trades.quantity
    np.testing.assert_allclose(trades.pnl, gross - trades.commission - trades.funding, rtol=ROUNDING, atol=rounding)
    take_profit_rate = config.maker_fee_rate if config.maker_exits else config.taker_fee_rate
    exit_rate = np.select(
        [trades.exit_reason == LIQUIDATION, trades.exit_reason == TAKE_PROFIT], [0.0, take_profit_rate],
        config.taker_fee_rate,
    )  # fmt: skip
    fees = (trades.entry_price * config.taker_fee_rate + trades.exit_price * exit_rate) * trades.quantity
    np.testing.assert_allclose(trades.commission, fees, rtol=ROUNDING, atol=rounding)
    balance = config.initial_capital + np.cumsum(trades.pnl)
    np.testing.assert_allclose(trades.equity_after, balance, rtol=ROUNDING, atol=rounding)
    assert abs(result.equity_curve[-1] - config.initial_capital - trades.pnl.sum()) <= rounding


@given(cases())
@lawful
def test_equity_is_never_negative_with_isolated_margin(case: Case) -> None:
    result = case.run()
    assert result.equity_curve.min() >= 0.0
    assert np.all(result.trade_columns.equity_after >= 0.0)


@given(cases())
@lawful
def test_excursions_hold_the_exit_and_are_not_negative(case: Case) -> None:
    trades = case.run().trade_columns
    counted = trades.exit_reason != LIQUIDATION
    slip = np.where(trades.exit_reason == TAKE_PROFIT, 0.0, case.config.slippage_rate)
    market_exit = trades.exit_price / (1.0 - trades.side * slip)
    move = (trades.side * (market_exit / trades.entry_price - 1.0) * 100.0)[counted]
    assert np.all(trades.mae_pct >= 0.0)
    assert np.all(trades.mfe_pct >= 0.0)
    assert np.all(move <= trades.mfe_pct[counted] + ROUNDING)
    assert np.all(-move <= trades.mae_pct[counted] + ROUNDING)


# A factor of two changes no digit of a binary number, so these laws hold to the last bit.


@given(cases(), st.sampled_from([0.25, 2.0, 1024.0]))
@lawful
def test_scaling_prices_and_capital_scales_money_alone(case: Case, factor: float) -> None:
    candles, config = case.candles, case.config
    funding = config.funding_rates
    dearer = Case(
        Candles(
            candles.open_time_ms, candles.open * factor, candles.high * factor, candles.low * factor,
            candles.close * factor, timeframe=candles.timeframe,
        ),
        case.signals,
        replace(
            config, initial_capital=config.initial_capital * factor,
            min_notional=None if config.min_notional is None else config.min_notional * factor,
            funding=FundingRates(funding.time_ms, funding.rate, funding.mark_price * factor),
        ),
    )  # fmt: skip
    one, scaled = case.run(), dearer.run()
    money = ("entry_price", "exit_price", "pnl", "commission", "funding", "slippage", "equity_after", "stop_price",
             "target_price", "liquidation_price")  # fmt: skip
    trades = replace(one.trade_columns, **{name: getattr(one.trade_columns, name) * factor for name in money})
    assert_same_bits(
        replace(one, trade_columns=trades, equity_curve=one.equity_curve * factor, cash_curve=one.cash_curve * factor),
        scaled,
    )


@given(cases(), st.sampled_from([0.25, 2.0, 1024.0]))
@lawful
def test_dearer_units_are_bought_in_smaller_quantities_for_the_same_money(case: Case, factor: float) -> None:
    candles, config = case.candles, case.config
    funding = config.funding_rates
    dearer = Case(
        Candles(
            candles.open_time_ms, candles.open * factor, candles.high * factor, candles.low * factor,
            candles.close * factor, timeframe=candles.timeframe,
        ),
        case.signals,
        replace(
            config, quantity_step=None if config.quantity_step is None else config.quantity_step / factor,
            funding=FundingRates(funding.time_ms, funding.rate, funding.mark_price * factor),
        ),
    )  # fmt: skip
    one, scaled = case.run(), dearer.run()
    prices = ("entry_price", "exit_price", "stop_price", "target_price", "liquidation_price")
    changed = {name: getattr(one.trade_columns, name) * factor for name in prices}
    changed["quantity"] = one.trade_columns.quantity / factor
    trades = replace(one.trade_columns, **changed)
    assert_same_bits(replace(one, trade_columns=trades, position_curve=one.position_curve / factor), scaled)


@st.composite
def mirrored_pairs(draw: st.DrawFn) -> tuple[Case, Case]:
    """A case and its reflection: prices upside down, long and short exchanged.

    Rates are percents of prices and would break the symmetry, as would a tie of the assumed path; so the pairs have
    none of them, levels in quote currency, and capital enough that nobody is liquidated.
    """
    candles = draw(candles_of())
    bars = len(candles)
    signals = draw(signals_for(bars))

    def distances() -> np.ndarray | None:
        return np.full(bars, draw(st.integers(1, 6)), dtype=float) if draw(st.booleans()) else None

    levels = {name: distances() for name in ("take_profit", "stop_loss", "trailing_stop")}
    config = BacktestConfig(
        initial_capital=2.0**20, taker_fee_rate=0.0, maintenance_margin_rate=0.0, fixed_quantity=1.0,
        fill=draw(st.sampled_from(["next_open", "close"])),
    )  # fmt: skip
    axis = 1_024.0  # far above all moves, so that no short loses its whole margin
    raised = Candles(
        candles.open_time_ms, candles.open + axis, candles.high + axis, candles.low + axis, candles.close + axis,
        timeframe=candles.timeframe,
    )  # fmt: skip
    flipped = Candles(
        raised.open_time_ms, 4 * axis - raised.open, 4 * axis - raised.low, 4 * axis - raised.high,
        4 * axis - raised.close, timeframe=raised.timeframe,
    )  # fmt: skip
    there = replace(signals, **levels)
    back = Signals(
        signals.short_entry, signals.long_entry, signals.short_exit, signals.long_exit, **levels,
        on_opposite_signal=signals.on_opposite_signal,
    )  # fmt: skip
    return Case(raised, there, config), Case(flipped, back, config)


@given(mirrored_pairs())
@lawful
def test_long_and_short_mirror_each_other(pair: tuple[Case, Case]) -> None:
    one, other = (case.run() for case in pair)
    np.testing.assert_array_equal(one.equity_curve, other.equity_curve)
    np.testing.assert_array_equal(one.position_curve, -other.position_curve)
    ours, theirs = one.trade_columns, other.trade_columns
    np.testing.assert_array_equal(ours.side, -theirs.side)
    for name in ("entry_bar", "exit_bar", "exit_reason", "pnl", "ambiguous", "intent"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    for name in ("mae_pct", "mfe_pct"):
        one_way, other_way = getattr(ours, name) * ours.entry_price, getattr(theirs, name) * theirs.entry_price
        np.testing.assert_allclose(one_way, other_way, rtol=ROUNDING, err_msg=name)


@given(cases(), st.integers(1, 9))
@lawful
def test_a_run_in_chunks_is_the_run_in_one_go(case: Case, chunk_bars: int) -> None:
    whole = case.run()
    done: list[tuple[float, float]] = []
    with patch.object(engine_run, "CHUNK_BARS", chunk_bars):
        chunked = run_signals(
            case.candles, case.signals, case.config, checkpoint=lambda bars, total: done.append((bars, total))
        )
    assert_same_bits(whole, chunked)
    assert done[-1] == (len(case.candles), len(case.candles))
    assert len(done) >= len(case.candles) / chunk_bars


@given(cases())
@lawful
def test_the_same_run_twice_is_the_same_and_leaves_its_input_alone(case: Case) -> None:
    columns = (case.candles.open, case.candles.high, case.candles.low, case.candles.close, case.signals.long_entry)
    before = [column.copy() for column in columns]
    assert_same_bits(case.run(), case.run())
    for column, copy in zip(columns, before, strict=True):
        np.testing.assert_array_equal(column, copy)


@settings(lawful, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_bars_of_every_length_charge_the_same_funding(seed: int, leaves_on_signal: bool) -> None:
    """Six days of minutes and what they resample to; held from the second midnight; 8 h, then 4 h, then 1 h funding."""
    rng = np.random.default_rng(seed)
    days, minute = 6, 60_000
    close = 100.0 + np.cumsum(rng.integers(-1, 2, days * 1_440)) * 0.01
    open_ = np.append(100.0, close[:-1])
    hours = np.array([*range(0, 48, 8), *range(48, 96, 4), *range(96, 145)])
    funding = FundingRates(
        START_MS + hours * HOUR_MS, np.round(rng.normal(0.0, 1e-4, hours.size), 6), np.full(hours.size, 100.0)
    )
    last_hour = 120 if leaves_on_signal else 144
    settled = (hours > 24) & (hours <= last_hour)
    expected = funding.rate[settled].sum() * 100.0
    for timeframe in (Timeframe.M1, Timeframe.H1, Timeframe.H4, Timeframe.H6, Timeframe.H12, Timeframe.D1):
        size = timeframe.milliseconds // minute
        rows = np.stack([open_, np.maximum(open_, close), np.minimum(open_, close), close], axis=1)
        groups = rows.reshape(-1, size, 4)
        candles = Candles(
            START_MS + np.arange(len(groups)) * timeframe.milliseconds, groups[:, 0, 0], groups[:, :, 1].max(axis=1),
            groups[:, :, 2].min(axis=1), groups[:, -1, 3], timeframe=timeframe,
        )  # fmt: skip
        day = 1_440 // size
        entry, leave = np.zeros(len(groups), dtype=bool), np.zeros(len(groups), dtype=bool)
        entry[day - 1] = True
        leave[5 * day - 1] = leaves_on_signal
        result = run_signals(
            candles, Signals(entry, long_exit=leave), BacktestConfig(funding=funding, fixed_quantity=1.0)
        )
        assert len(result.trade_columns) == 1
        np.testing.assert_allclose(
            result.trade_columns.funding, expected, rtol=1e-9, atol=1e-12, err_msg=str(timeframe)
        )
