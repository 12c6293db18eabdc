"""The practice market: candles and funding made by a seeded recipe, never measured.

It behaves roughly like a Bitcoin perpetual: trends, ranges and panics follow one another, calm and wild hours cluster,
volume has a day and a week, some weeks open with a price gap, funding leans with the trend. No candle is missing.

Only whole random words of PCG64 and the operations that IEEE 754 rounds exactly (+ - * / sqrt, rint) are used, so the
same seed gives the same bits on every machine. The series starts on a fixed Monday; fewer or more bars of one seed
are a shorter or longer piece of the same market, and every timeframe of it agrees with every other.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Floats, Times
from strategy_tester.domain.costs import FundingRates
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.timeframes import DAY_MS, HOUR_MS, MINUTE_MS, Timeframe
from strategy_tester.marketdata.resample import fits_into, resample

SOURCE = "practice"
"""Every practice series carries this as its source, so that nobody takes it for a market."""
START_MS = 1_704_067_200_000
"""Monday 2024-01-01 00:00 UTC."""
DEFAULT_DAYS = 62 * 7
TICK_SIZE = 0.1
_BASE = Timeframe.M5
_STEPS_PER_HOUR = 12
_FUNDING_INTERVAL_HOURS = 8
_LONGEST_DAYS = 20 * 366
_START_PRICE = 42_000.0


@dataclass(frozen=True)
class PracticeMarket:
    """Candles and funding of the practice market."""

    candles: Candles
    funding: FundingRates


@dataclass(frozen=True)
class _Regime:
    """A mood of the market: hourly drift, multiple of the usual volatility, pull to its first price, hours it lasts."""

    drift: float
    wildness: float
    pull: float
    shortest_hours: int
    longest_hours: int
    gap: float


_REGIMES = (
    _Regime(drift=0.00026, wildness=0.9, pull=0.0, shortest_hours=160, longest_hours=700, gap=0.0),  # trend up
    _Regime(drift=-0.00024, wildness=1.1, pull=0.0, shortest_hours=120, longest_hours=500, gap=0.0),  # trend down
    _Regime(drift=0.0, wildness=0.7, pull=0.012, shortest_hours=150, longest_hours=650, gap=0.0),  # range
    _Regime(drift=-0.0028, wildness=2.6, pull=0.0, shortest_hours=10, longest_hours=40, gap=-0.018),  # panic
    _Regime(drift=0.0012, wildness=1.8, pull=0.0, shortest_hours=24, longest_hours=96, gap=0.0),  # rebound
)
# Which mood follows which, cumulative over the five above.
_NEXT_REGIME = (
    (0.10, 0.35, 0.85, 1.00, 1.00),
    (0.25, 0.30, 0.75, 0.95, 1.00),
    (0.48, 0.82, 0.88, 1.00, 1.00),
    (0.10, 0.30, 0.50, 0.50, 1.00),
    (0.45, 0.60, 1.00, 1.00, 1.00),
)
_USUAL_HOURLY_VOLATILITY = 0.0042
# How busy each UTC hour is: a small bump at midnight, the large one when New York opens.
_HOUR_OF_DAY = np.array([
    1.15, 1.05, 0.95, 0.85, 0.78, 0.74, 0.76, 0.90, 1.02, 0.98, 0.92, 0.90,
    0.98, 1.25, 1.55, 1.50, 1.35, 1.22, 1.10, 1.02, 1.00, 0.95, 0.88, 0.95,
])  # fmt: skip


def practice_market(
    seed: int = 7, bars: int | None = None, timeframe: Timeframe | str = Timeframe.H1, symbol: str = "PRACTICE"
) -> PracticeMarket:
    """The practice market of a seed.

    Args:
        seed: Which market; 0 or more.
        bars: Candles of `timeframe` to make; about 14 months when left out.
        timeframe: 5m or any longer one that 5m candles fit into.
        symbol: Name given to the series.

    Returns:
        Candles with volume in base units and turnover, prices on a tick of 0.1, source 'practice'; settlements of
        funding every eight hours over the same period, with mark prices.

    Raises:
        InvalidParameter: a value outside its bounds.
    """
    frame = Timeframe.parse(timeframe)
    if frame is not _BASE and not fits_into(_BASE, frame):
        raise InvalidParameter("timeframe", str(frame), "5m or a longer one")
    if not 0 <= seed < 2**63:
        raise InvalidParameter("seed", seed, "a whole number, 0 or more")
    hours = _hours_for(bars, frame)
    hourly = _hourly_path(seed, hours)
    base = _base_candles(seed, hourly, symbol)
    candles = base if frame is _BASE else resample(base, frame)
    if bars is not None:
        candles = candles.rows(0, bars)
    end_ms = int(candles.close_time_ms[-1])
    return PracticeMarket(candles, _funding(seed, base).between(START_MS, end_ms + 1))


def _hours_for(bars: int | None, frame: Timeframe) -> int:
    if bars is None:
        return DEFAULT_DAYS * 24
    longest = _LONGEST_DAYS * DAY_MS // frame.milliseconds
    if not 1 <= bars <= longest:
        raise InvalidParameter("bars", bars, f"a whole number from 1 to {longest}")
    months = 31 * DAY_MS if frame is Timeframe.MO1 else frame.milliseconds
    return max(2, -(-bars * months // HOUR_MS))


def _uniforms(seed: int, stream: int, count: int) -> Floats:
    """Numbers in 0..1 (1 excluded). Raw words of a bit generator: numpy promises never to change these."""
    words = np.random.PCG64(np.random.SeedSequence([seed, stream])).random_raw(count)
    return (np.asarray(words, dtype=np.uint64) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _bell(seed: int, stream: int, count: int) -> Floats:
    """Nearly normal numbers (mean 0, variance 1) as a sum of six uniforms: no logarithm, no cosine."""
    total = np.zeros(count)
    for part in range(6):
        total += _uniforms(seed, stream * 8 + part, count)
    return (total - 3.0) * math.sqrt(2.0)


@dataclass(frozen=True)
class _HourlyPath:
    """Where each hour starts and ends, how wild it is, and the gap before it."""

    start: Floats
    end: Floats
    volatility: Floats


def _hourly_path(seed: int, hours: int) -> _HourlyPath:
    shocks = _bell(seed, 1, hours).tolist()
    gap_draws = _uniforms(seed, 17, hours).tolist()
    gap_sizes = _bell(seed, 3, hours).tolist()
    moods = _moods(seed)
    price, anchor, variance = _START_PRICE, _START_PRICE, 1.0
    starts, ends, volatilities = np.empty(hours), np.empty(hours), np.empty(hours)
    regime, left = _REGIMES[0], 200
    for hour in range(hours):
        gap = 0.0
        if left == 0:
            regime, left = next(moods)
            anchor, gap = price, regime.gap
        left -= 1
        weekday, hour_of_day = hour // 24 % 7, hour % 24
        if weekday == 0 and hour_of_day == 0 and hour and gap_draws[hour] < 0.6:
            gap += 0.007 * gap_sizes[hour]
        quiet = 0.72 if weekday >= 5 else 1.0
        season = 0.5 + 0.5 * float(_HOUR_OF_DAY[hour_of_day])
        volatility = _USUAL_HOURLY_VOLATILITY * regime.wildness * season * quiet * math.sqrt(variance)
        surprise = shocks[hour]
        change = regime.drift + regime.pull * (anchor / price - 1.0) + volatility * surprise
        variance = 0.06 + 0.16 * variance * surprise * surprise + 0.78 * variance  # GARCH(1,1), mean 1
        starts[hour] = price * (1.0 + gap)
        price = starts[hour] * (1.0 + min(max(change, -0.12), 0.12))
        price = min(max(price, 2_000.0), 900_000.0)
        ends[hour], volatilities[hour] = price, volatility
    return _HourlyPath(starts, ends, volatilities)


def _moods(seed: int) -> Iterator[tuple[_Regime, int]]:
    draws = _uniforms(seed, 31, 40_000).tolist()
    current = 0
    for kind, length in zip(draws[::2], draws[1::2], strict=True):
        current = next(number for number, limit in enumerate(_NEXT_REGIME[current]) if kind < limit)
        regime = _REGIMES[current]
        yield regime, regime.shortest_hours + int(length * (regime.longest_hours - regime.shortest_hours))


def _base_candles(seed: int, hourly: _HourlyPath, symbol: str) -> Candles:
    hours = hourly.start.size
    steps = hours * _STEPS_PER_HOUR
    step_volatility = np.repeat(hourly.volatility / math.sqrt(_STEPS_PER_HOUR), _STEPS_PER_HOUR)
    close = _closes(_bell(seed, 5, steps), hourly, step_volatility)
    open_ = np.append(hourly.start[:1], close[:-1])
    hour_starts = np.arange(0, steps, _STEPS_PER_HOUR)
    gapped = np.append(False, hourly.start[1:] != hourly.end[:-1])
    open_[hour_starts[gapped]] = hourly.start[gapped]
    upper, lower = _uniforms(seed, 61, steps), _uniforms(seed, 62, steps)
    # A wick is short as a rule and long at times: the square of a uniform number.
    high = np.maximum(open_, close) * (1.0 + 1.5 * step_volatility * upper * upper)
    low = np.minimum(open_, close) * (1.0 - 1.5 * step_volatility * lower * lower)
    open_, high, low, close = (_on_tick(column) for column in (open_, high, low, close))
    volume = _volumes(seed, close / open_ - 1.0, step_volatility)
    turnover = np.rint(volume * ((open_ + high + low + close) * 0.25) * 1e4) / 1e4
    times = START_MS + np.arange(steps, dtype=np.int64) * _BASE.milliseconds
    return Candles(times, open_, high, low, close, volume, turnover, symbol, _BASE, SOURCE)


def _closes(shocks: Floats, hourly: _HourlyPath, step_volatility: Floats) -> Floats:
    """Five-minute closes on a random bridge from each hour's start to its end."""
    walk = np.cumsum((shocks * step_volatility).reshape(-1, _STEPS_PER_HOUR), axis=1)
    share = np.arange(1, _STEPS_PER_HOUR + 1) / _STEPS_PER_HOUR
    bridge = walk - walk[:, -1:] * share
    change = (hourly.end / hourly.start - 1.0)[:, None] * share
    close = hourly.start[:, None] * (1.0 + change + bridge)
    close[:, -1] = hourly.end
    return close.reshape(-1)


def _volumes(seed: int, change: Floats, step_volatility: Floats) -> Floats:
    steps = change.size
    hour = np.arange(steps) // _STEPS_PER_HOUR
    busy = _HOUR_OF_DAY[hour % 24] * np.where(hour // 24 % 7 >= 5, 0.6, 1.0)
    usual = _USUAL_HOURLY_VOLATILITY / math.sqrt(_STEPS_PER_HOUR)
    excitement = 0.35 + 0.8 * np.abs(change) / usual + 0.3 * step_volatility / usual
    chance = _uniforms(seed, 63, steps)
    return np.rint(180.0 * busy * excitement * (0.45 + chance + chance * chance) * 1000.0) / 1000.0


def _on_tick(price: Floats) -> Floats:
    return np.rint(price * 10.0) / 10.0


def _funding(seed: int, base: Candles) -> FundingRates:
    """Rates every eight hours: the usual 0.01 %, more while the price runs ahead of its last day, less below it."""
    every = _FUNDING_INTERVAL_HOURS * _STEPS_PER_HOUR
    rows: NDArray[np.int64] = np.arange(every, len(base), every, dtype=np.int64)
    times: Times = base.open_time_ms[rows]
    if len(base) % every == 0:  # the settlement at the very end of the last candle
        times = np.append(times, base.open_time_ms[-1] + 5 * MINUTE_MS)
        rows = np.append(rows, len(base))
    close = base.close[rows - 1]
    day_ago = base.open[np.maximum(rows - 24 * _STEPS_PER_HOUR, 0)]
    premium = 0.006 * (close / day_ago - 1.0)
    noise = 0.00003 * _bell(seed, 9, rows.size)
    rate = np.clip(np.rint((0.0001 + premium + noise) * 1e8) / 1e8, -0.003, 0.003)
    marks = _on_tick(np.append(base.open, base.close[-1:])[rows])
    return FundingRates(times, rate, marks)
