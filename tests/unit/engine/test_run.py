from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from builders import START_MS, make_candles, random_candles
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import InvalidParameter, JobCancelled, MissingCandles
from strategy_tester.domain.results import EXIT_REASONS, BacktestConfig, BacktestResult
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import HOUR_MS, MINUTE_MS, Timeframe
from strategy_tester.engine import run
from strategy_tester.engine.run import run_signals

OPPOSITE = ("reverse", "close", "ignore")


def busy_case(seed: int, bars: int = 400) -> tuple[Candles, Signals, BacktestConfig]:
    """Random candles, signals and settings that between them visit every rule."""
    rng = np.random.default_rng(seed)
    candles = random_candles(bars, seed)
    levels: dict[str, Any] = {
        name: [None, percent, rng.uniform(0.5, 3.0, bars)][int(rng.integers(3))]
        for name, percent in (("take_profit", 2.0), ("stop_loss", 1.0), ("trailing_stop", 1.5))
    }
    signals = Signals(
        *(rng.random(bars) < 0.08 for _ in range(4)), on_opposite_signal=OPPOSITE[seed % 3], **levels
    )  # fmt: skip
    times = START_MS + np.sort(rng.choice(bars * 60, 80, replace=False)) * MINUTE_MS
    funding = {"time_ms": times, "rate": rng.normal(0.0, 5e-4, times.size)}
    config = BacktestConfig(
        leverage=float(rng.choice([1, 3, 20, 50])), slippage_rate=float(rng.choice([0.0, 0.0005])),
        position_pct=float(rng.choice([30.0, 100.0])), fill=("next_open", "close")[seed % 2],
        intrabar=("worst", "ohlc")[seed // 2 % 2], maker_exits=bool(seed % 5), funding=funding,
        quantity_step=[None, 0.001, 0.3][seed % 3],
    )  # fmt: skip
    return candles, signals, config


def same_bits(one: BacktestResult, other: BacktestResult) -> bool:
    columns = [
        (getattr(one.trade_columns, column.name), getattr(other.trade_columns, column.name))
        for column in fields(one.trade_columns)
    ]
    columns += [(getattr(one, name), getattr(other, name)) for name in ("equity_curve", "cash_curve", "position_curve")]
    columns += [(one.refusals.bar, other.refusals.bar), (one.ambiguous_bars, other.ambiguous_bars)]
    return all(a.tobytes() == b.tobytes() for a, b in columns) and one.conflicting_signals == other.conflicting_signals


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("chunk", [1, 2, 7, 100])
def test_chunks_give_the_same_bits_as_the_whole(monkeypatch: pytest.MonkeyPatch, seed: int, chunk: int) -> None:
    case = busy_case(seed)
    whole = run_signals(*case)

    monkeypatch.setattr(run, "CHUNK_BARS", chunk)
    in_chunks = run_signals(*case, checkpoint=lambda done, total: None)

    assert len(whole.trade_columns) > 5
    assert same_bits(whole, in_chunks)


@pytest.mark.parametrize("seed", range(12))
def test_quiet_stretches_change_no_number(seed: int) -> None:
    """A funding of nothing at every open sends every bar with a position the long way."""
    candles, signals, config = busy_case(seed)
    rates = dict.fromkeys(candles.open_time_ms.tolist(), 0.0)
    rates |= dict(zip(config.funding_rates.time_ms.tolist(), config.funding_rates.rate.tolist(), strict=True))
    times = sorted(rates)
    long_way = replace(config, funding={"time_ms": times, "rate": [rates[time] for time in times]})

    assert same_bits(run_signals(candles, signals, config), run_signals(candles, signals, long_way))


def test_tables_that_fill_up_grow_without_a_trace() -> None:
    bars = 2000
    candles = random_candles(bars, 3)
    every_bar = Signals(long_entry=np.arange(bars) % 2 == 0, short_entry=np.arange(bars) % 2 == 1)

    result = run_signals(candles, every_bar, BacktestConfig(taker_fee_rate=0.0))

    trades = result.trade_columns
    assert len(trades) == bars - 1
    assert trades.entry_bar.tolist() == list(range(1, bars))
    assert result.equity_curve[-1] == pytest.approx(10_000.0 + trades.pnl.sum(), rel=1e-12)


def test_refusals_that_fill_the_table_grow_it() -> None:
    bars = 1000
    candles = random_candles(bars, 3)
    config = BacktestConfig(fixed_quantity=1e6)

    result = run_signals(candles, Signals(long_entry=np.ones(bars, dtype=bool)), config)

    assert result.refusals.bar.tolist() == list(range(bars - 1))
    assert result.refusals.intent.tolist() == list(range(1, bars))
    assert len(result.trade_columns) == 0


@pytest.mark.parametrize("seed", range(30))
def test_money_adds_up(seed: int) -> None:
    candles, signals, config = busy_case(seed)

    result = run_signals(candles, signals, config)

    trades = result.trade_columns
    gross = (trades.exit_price - trades.entry_price) * trades.quantity * trades.side
    np.testing.assert_allclose(trades.pnl, gross - trades.commission - trades.funding, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(trades.equity_after, 10_000.0 + np.cumsum(trades.pnl), rtol=1e-9, atol=1e-6)
    assert result.equity_curve[-1] == pytest.approx(10_000.0 + trades.pnl.sum(), abs=1e-6)
    assert result.equity_curve.min() >= 0.0


@pytest.mark.parametrize("seed", range(30))
def test_cash_and_position_make_the_equity_at_every_bar(seed: int) -> None:
    candles, signals, config = busy_case(seed)

    result = run_signals(candles, signals, config)

    trades = result.trade_columns
    unrealized = np.zeros(len(candles))
    held = np.zeros(len(candles))
    for entry, leave, side, quantity, price in zip(
        trades.entry_bar, trades.exit_bar, trades.side, trades.quantity, trades.entry_price, strict=True
    ):
        held[entry:leave] += side * quantity
        unrealized[entry:leave] += side * quantity * (candles.close[entry:leave] - price)
    np.testing.assert_allclose(result.position_curve, held, atol=1e-12)
    np.testing.assert_allclose(result.equity_curve, result.cash_curve + unrealized, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("seed", range(30))
def test_without_slippage_every_fill_lies_inside_its_bar(seed: int) -> None:
    candles, signals, config = busy_case(seed)
    config = replace(config, slippage_rate=0.0)

    trades = run_signals(candles, signals, config).trade_columns

    entry, leave = trades.entry_bar, trades.exit_bar
    assert np.all((trades.entry_price >= candles.low[entry]) & (trades.entry_price <= candles.high[entry]))
    market = trades.exit_reason != EXIT_REASONS.index("liquidation")
    inside = (trades.exit_price >= candles.low[leave]) & (trades.exit_price <= candles.high[leave])
    assert np.all(inside[market])
    assert np.all(trades.signal_bar + (config.fill == "next_open") == entry)


@pytest.mark.parametrize("seed", range(10))
def test_prices_and_capital_times_four_is_money_times_four(seed: int) -> None:
    candles, signals, config = busy_case(seed)
    config = replace(config, quantity_step=None)
    four = Candles(candles.open_time_ms, *(4.0 * candles.column(name) for name in ("open", "high", "low", "close")),
                   timeframe=candles.timeframe)  # fmt: skip
    levels = {name: getattr(signals, name) for name in ("take_profit", "stop_loss", "trailing_stop")}
    levels = {name: 4.0 * level if isinstance(level, np.ndarray) else level for name, level in levels.items()}

    one = run_signals(candles, signals, config)
    other = run_signals(four, replace(signals, **levels), replace(config, initial_capital=40_000.0))

    assert (4.0 * one.equity_curve).tolist() == other.equity_curve.tolist()
    assert one.trade_columns.exit_reason.tolist() == other.trade_columns.exit_reason.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_a_longer_history_changes_no_earlier_trade(seed: int) -> None:
    candles, signals, config = busy_case(seed)

    longer = run_signals(candles, signals, config).trade_columns
    shorter = run_signals(candles.rows(0, 250), signals.rows(0, 250), config).trade_columns

    ended = int(np.count_nonzero(longer.exit_bar < 249))
    assert ended > 3
    for column in fields(longer):
        one, other = getattr(longer, column.name)[:ended], getattr(shorter, column.name)[:ended]
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.H4, Timeframe.H6, Timeframe.H12, Timeframe.D1])
def test_every_timeframe_of_one_history_pays_the_same_fundings(timeframe: Timeframe) -> None:
    """Five days from the second to the fourth midnight, settled every eight hours, then every four, then hourly."""
    hours = [*range(0, 56, 8), *range(56, 80, 4), *range(80, 121)]
    funding = {"time_ms": START_MS + np.array(hours) * HOUR_MS, "rate": np.full(len(hours), 0.001)}
    bars = 5 * 24 * HOUR_MS // timeframe.milliseconds
    flat = np.full(bars, 100.0)
    candles = make_candles(list(flat), timeframe=timeframe)
    day = bars // 5
    entry, leave = np.zeros(bars, dtype=bool), np.zeros(bars, dtype=bool)
    entry[day - 1], leave[4 * day - 1] = True, True

    config = BacktestConfig(initial_capital=1000.0, taker_fee_rate=0.0, fixed_quantity=1.0, funding=funding)
    trades = run_signals(candles, Signals(long_entry=entry, long_exit=leave), config).trade_columns

    # After 24:00, up to 96:00: 32, 40, 48; 56 to 76 by four; 80 to 96 by one.
    assert trades.funding.tolist() == pytest.approx([(3 + 6 + 17) * 0.1])


@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_mirrored_prices_mirror_the_trades(fill: str) -> None:
    """A short in a market is a long in the market seen in the mirror 200 - price."""
    candles, signals, _ = busy_case(4)
    near = {name: 100.0 + (candles.column(name) - 100.0) * 0.2 for name in ("open", "high", "low", "close")}
    market = Candles(candles.open_time_ms, **near)
    mirror = Candles(
        candles.open_time_ms, open=200.0 - near["open"], high=200.0 - near["low"], low=200.0 - near["high"],
        close=200.0 - near["close"],
    )  # fmt: skip
    config = BacktestConfig(fixed_quantity=1.0, taker_fee_rate=0.0, fill=fill)
    distances = {"stop_loss": np.full(400, 0.7), "take_profit": np.full(400, 0.9), "trailing_stop": np.full(400, 0.5)}
    straight = Signals(signals.long_entry, signals.short_entry, signals.long_exit, signals.short_exit, **distances)
    crossed = Signals(signals.short_entry, signals.long_entry, signals.short_exit, signals.long_exit, **distances)

    one = run_signals(market, straight, config).trade_columns
    other = run_signals(mirror, crossed, config).trade_columns

    assert len(one) > 20
    assert one.side.tolist() == (-other.side).tolist()
    assert one.exit_bar.tolist() == other.exit_bar.tolist()
    np.testing.assert_allclose(one.pnl, other.pnl, atol=1e-9)


def test_two_threads_give_the_same_bits() -> None:
    case = busy_case(5, bars=3000)
    alone = run_signals(*case)

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda _: run_signals(*case), range(8)))

    assert all(same_bits(alone, result) for result in together)


def test_inputs_are_not_touched() -> None:
    candles, signals, config = busy_case(7)
    before = candles.content_hash(), [getattr(signals, name).copy() for name in ("long_entry", "short_exit")]

    run_signals(candles, signals, config)

    assert candles.content_hash() == before[0]
    assert [getattr(signals, name).tolist() for name in ("long_entry", "short_exit")] == [
        column.tolist() for column in before[1]
    ]


def test_times_are_those_of_the_fills() -> None:
    candles = make_candles([100.0] * 4)
    signals = Signals(long_entry=[True, False, False, False])

    at_open = run_signals(candles, signals, BacktestConfig()).trade_columns
    at_close = run_signals(candles, signals, BacktestConfig(fill="close")).trade_columns

    assert ((at_open.entry_time_ms - START_MS) // HOUR_MS).tolist() == [1]
    assert ((at_open.exit_time_ms - START_MS) // HOUR_MS).tolist() == [4]
    assert ((at_close.entry_time_ms - START_MS) // HOUR_MS).tolist() == [1]
    assert ((at_close.exit_time_ms - START_MS) // HOUR_MS).tolist() == [4]


def test_a_stop_inside_a_bar_is_dated_at_its_open() -> None:
    candles = make_candles(opens=[100.0, 100.0, 98.0], highs=[100.0, 100.0, 98.0], lows=[100.0, 100.0, 90.0],
                           closes=[100.0, 100.0, 91.0])  # fmt: skip

    trades = run_signals(
        candles, Signals(long_entry=[True, False, False], stop_loss=5.0), BacktestConfig()
    ).trade_columns

    assert ((trades.exit_time_ms - START_MS) // HOUR_MS).tolist() == [2]


def test_a_run_without_trades_has_a_frame_of_the_same_types() -> None:
    candles = make_candles([100.0] * 3)

    none = run_signals(candles, Signals(long_entry=[False] * 3), BacktestConfig()).trades
    one = run_signals(candles, Signals(long_entry=[True] * 3), BacktestConfig()).trades

    assert (none.height, one.height) == (0, 1)
    assert none.schema == one.schema


def test_settings_may_be_numbers_of_numpy() -> None:
    config = BacktestConfig(
        leverage=np.int64(3), initial_capital=np.float32(512.5), maker_exits=np.bool_(True)  # type: ignore[arg-type]
    )  # fmt: skip

    assert (config.leverage, config.initial_capital, config.maker_exits) == (3.0, 512.5, True)
    assert [type(value) for value in (config.leverage, config.initial_capital, config.maker_exits)] == [
        float, float, bool,
    ]  # fmt: skip
    with pytest.raises(InvalidParameter, match="leverage"):
        BacktestConfig(leverage=np.bool_(True))  # type: ignore[arg-type]


def test_the_checkpoint_sees_progress_and_may_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHUNK_BARS", 100)
    seen: list[tuple[float, float]] = []

    def stop_half_way(done: float, total: float) -> None:
        seen.append((done, total))
        if done >= 200:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run_signals(*busy_case(1), checkpoint=stop_half_way)

    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (200, 400)


def test_no_candles_is_said_in_words() -> None:
    with pytest.raises(MissingCandles, match="no candles"):
        run_signals(make_candles([100.0]).rows(0, 0), Signals(long_entry=np.zeros(0, dtype=bool)), BacktestConfig())


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda: {"signals": Signals(long_entry=[True])}, "signals"),
        (lambda: {"config": BacktestConfig(leverage=100.0, maintenance_margin_rate=0.01)}, "leverage"),
        (lambda: {"config": BacktestConfig(intrabar="magnifier"), "lower_candles": make_candles([1.0, 1.0])},
         "lower_candles"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_by_name(change: Callable[[], dict[str, Any]], name: str) -> None:
    asked: dict[str, Any] = {
        "candles": make_candles([100.0, 101.0]),
        "signals": Signals(long_entry=[True, False]),
        "config": BacktestConfig(),
    }  # fmt: skip

    with pytest.raises(InvalidParameter) as refusal:
        run_signals(**(asked | change()))

    assert refusal.value.name == name


def test_a_magnifier_without_lower_candles_is_said_in_words() -> None:
    with pytest.raises(MissingCandles, match="lower timeframe"):
        run_signals(
            make_candles([100.0, 101.0]), Signals(long_entry=[True, False]), BacktestConfig(intrabar="magnifier")
        )


def test_the_magnifier_without_levels_changes_nothing_but_the_path() -> None:
    lower = random_candles(1200, 8, timeframe=Timeframe.M15)
    starts = np.arange(0, 1200, 4)
    bars = Candles(
        lower.open_time_ms[starts], lower.open[starts], np.maximum.reduceat(lower.high, starts),
        np.minimum.reduceat(lower.low, starts), lower.close[starts + 3], timeframe=Timeframe.H1,
    )  # fmt: skip
    rng = np.random.default_rng(8)
    signals = Signals(*(rng.random(300) < 0.1 for _ in range(4)))

    plain = run_signals(bars, signals, BacktestConfig())
    magnified = run_signals(bars, signals, BacktestConfig(intrabar="magnifier"), lower_candles=lower)

    assert len(plain.trade_columns) > 20
    assert same_bits(plain, magnified)
    assert magnified.unmagnified_bars == 0
