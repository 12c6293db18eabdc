"""Seeded small backtests that go to the corners: ties, exact touches, gaps, odd funding, tight levels."""

from dataclasses import dataclass, replace

import numpy as np

from builders import START_MS
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.results import BacktestConfig
from strategy_tester.domain.signals import Signals
from strategy_tester.domain.timeframes import Timeframe


@dataclass(frozen=True)
class Run:
    """One random backtest, ready for any engine."""

    candles: Candles
    signals: Signals
    config: BacktestConfig
    lower_candles: Candles | None


def random_run(seed: int) -> Run:
    """The backtest of this seed, always the same one."""
    rng = np.random.default_rng(seed)
    timeframe = rng.choice(np.array([Timeframe.M1, Timeframe.H1, Timeframe.H4, Timeframe.D1], dtype=object))
    bars = int(rng.integers(5, 61))
    lower_bars = 6 if timeframe is Timeframe.D1 and rng.random() < 0.5 else 4
    tick = float(rng.choice([0.01, 0.25, 1.0]))
    lower = _walk(rng, bars * lower_bars, tick)
    opens_ms = _open_times(rng, bars, timeframe)
    candles = _grouped(lower, lower_bars, opens_ms, timeframe)
    config = _config(rng, candles, has_lower=(timeframe, lower_bars) in _LOWER)
    lower_candles = None
    if config.intrabar == "magnifier":
        lower_candles = _lower(lower, lower_bars, opens_ms, timeframe, rng)
    if seed % 29 == 0:
        config = replace(config, taker_fee_rate=-0.0001)
    if seed % 31 == 7:
        leverage = float(1 + seed % 100)
        config = replace(config, leverage=leverage, maintenance_margin_rate=0.4 / leverage)
    return Run(candles, _signals(rng, bars, tick), config, lower_candles)


def _walk(rng: np.random.Generator, bars: int, tick: float) -> np.ndarray:
    """Rows of open, high, low, close in whole ticks around 100; mostly continuous, sometimes with jumps."""
    volatility = float(rng.choice([0.5, 1.5, 4.0]))
    jump_rate = float(rng.choice([0.0, 0.1]))
    rows = np.empty((bars, 4))
    price = 100.0
    for bar in range(bars):
        jump = rng.normal(0.0, 3.0 * volatility) if rng.random() < jump_rate else 0.0
        start = max(price + jump, 10.0)
        end = max(start + rng.normal(0.0, volatility), 10.0)
        high = max(start, end) + abs(rng.normal(0.0, volatility / 2))
        low = max(min(start, end) - abs(rng.normal(0.0, volatility / 2)), 5.0)
        rows[bar] = np.round(np.array([start, high, low, end]) / tick) * tick
        price = rows[bar, 3]
    return rows


def _open_times(rng: np.random.Generator, bars: int, timeframe: Timeframe) -> np.ndarray:
    steps = np.ones(bars, dtype=np.int64)
    if rng.random() < 0.3:
        steps[rng.random(bars) < 0.1] += rng.integers(1, 5)
    return START_MS + (np.cumsum(steps) - 1) * timeframe.milliseconds


def _grouped(rows: np.ndarray, size: int, opens_ms: np.ndarray, timeframe: Timeframe) -> Candles:
    groups = rows.reshape(-1, size, 4)
    return Candles(
        opens_ms, groups[:, 0, 0], groups[:, :, 1].max(axis=1), groups[:, :, 2].min(axis=1), groups[:, -1, 3],
        timeframe=timeframe, symbol="TESTUSDT", source="test",
    )  # fmt: skip


# How long the lower candles of a timeframe cut into 4 or 6 are; Bybit has no length for the others.
_LOWER = {
    (Timeframe.H1, 4): Timeframe.M15, (Timeframe.H4, 4): Timeframe.H1, (Timeframe.D1, 4): Timeframe.H6,
    (Timeframe.D1, 6): Timeframe.H4,
}  # fmt: skip


def _lower(
    rows: np.ndarray, size: int, opens_ms: np.ndarray, timeframe: Timeframe, rng: np.random.Generator
) -> Candles:
    lower_timeframe = _LOWER[timeframe, size]
    times = (opens_ms[:, None] + np.arange(size) * lower_timeframe.milliseconds).ravel()
    kept = np.ones(times.size, dtype=bool)
    if rng.random() < 0.3:  # some bars without their lower candles
        kept = np.repeat(rng.random(opens_ms.size) < 0.8, size)
        kept[:size] = True
    return Candles(times[kept], *rows[kept].T, timeframe=lower_timeframe, symbol="TESTUSDT", source="test")


def _config(rng: np.random.Generator, candles: Candles, *, has_lower: bool) -> BacktestConfig:
    def sometimes(chance: float, value: float) -> float | None:
        return value if rng.random() < chance else None

    leverage = float(rng.choice([1.0, 1.0, 2.0, 3.0, 5.0, 10.0, 25.0, 50.0, 100.0]))
    return BacktestConfig(
        initial_capital=float(rng.choice([100.0, 1_000.0, 10_000.0])),
        leverage=leverage,
        taker_fee_rate=float(rng.choice([0.0, 0.00055, 0.002])),
        maker_fee_rate=float(rng.choice([0.0, 0.0002, -0.0001])),
        slippage_rate=float(rng.choice([0.0, 0.0, 0.0005, 0.01])),
        position_pct=float(rng.choice([100.0, 100.0, 50.0, 10.0])),
        maintenance_margin_rate=float(rng.choice([0.0, 0.005, 0.5 / leverage])),
        fixed_quantity=sometimes(0.15, float(rng.choice([0.1, 1.0, 5.0]))),
        quantity_step=sometimes(0.4, float(rng.choice([0.001, 0.1, 1.0]))),
        min_quantity=sometimes(0.3, float(rng.choice([0.1, 1.0, 10.0]))),
        min_notional=sometimes(0.3, float(rng.choice([5.0, 500.0]))),
        fill=str(rng.choice(["next_open", "next_open", "close"])),  # type: ignore[arg-type]
        intrabar=str(rng.choice(["worst", "worst", "ohlc", "magnifier" if has_lower else "worst"])),  # type: ignore[arg-type]
        maker_exits=bool(rng.random() < 0.5),
        funding=_funding(rng, candles) if rng.random() < 0.6 else None,
    )


def _funding(rng: np.random.Generator, candles: Candles) -> FundingRates:
    """Some on bar opens, some inside bars, some before, after and between; with and without mark prices."""
    first, last = int(candles.open_time_ms[0]), int(candles.close_time_ms[-1])
    length = int(candles.close_time_ms[0]) - first
    at_opens = rng.choice(candles.open_time_ms, rng.integers(0, 8))
    anywhere = rng.integers(first - length, last + length, rng.integers(0, 12))
    times = np.unique(np.concatenate([at_opens, anywhere, [last]]))
    size = float(rng.choice([0.0001, 0.001, 0.01]))
    marks = np.round(rng.normal(100.0, 3.0, times.size), 2)
    marks[rng.random(times.size) < 0.5] = np.nan
    return FundingRates(times, np.round(rng.normal(0.0, size, times.size), 6), marks)


def _signals(rng: np.random.Generator, bars: int, tick: float) -> Signals:
    rate = float(rng.choice([0.1, 0.3, 0.6]))

    def flags(chance: float) -> np.ndarray:
        return rng.random(bars) < chance

    def level(chance: float, percents: list[float]) -> float | np.ndarray | None:
        if rng.random() >= chance:
            return None
        if rng.random() < 0.6:
            return float(rng.choice(percents))
        distances = np.maximum(np.round(rng.uniform(0.5, 6.0, bars) / tick), 1.0) * tick
        distances[rng.random(bars) < 0.1] = np.nan
        return distances

    return Signals(
        long_entry=flags(rate),
        short_entry=flags(rate) if rng.random() < 0.85 else None,
        long_exit=flags(rate / 2) if rng.random() < 0.6 else None,
        short_exit=flags(rate / 2) if rng.random() < 0.6 else None,
        take_profit=level(0.6, [0.5, 1.0, 2.0, 5.0]),
        stop_loss=level(0.6, [0.5, 1.0, 2.0, 5.0]),
        trailing_stop=level(0.35, [0.5, 1.0, 2.0, 3.0]),
        on_opposite_signal=str(rng.choice(["reverse", "close", "ignore"])),  # type: ignore[arg-type]
    )
