"""Synthetic trades inside a candle: they touch its high and its low, end at its close and sum up to its volume.

The path is made from a seed and the candle alone, so that whoever asks, and however often, sees the same market. A
minute in which nothing was traded has no trades. As on the exchange, a candle that opens at the close before it needs
no trade at its open.
"""

from dataclasses import dataclass

import numpy as np

from strategy_tester.domain.candles import Candles, Floats, Times

_FEWEST, _MOST = 6, 40
_KEY_POINTS = 4


@dataclass(frozen=True, eq=False)
class Tape:
    """Trades of one candle, in order, shape (n,) each.

    Attributes:
        time_ms: UTC milliseconds, not falling.
        price: Quote currency, within the candle.
        quantity: Base units; their sum is the candle's volume.
        is_buy: Whether the taker bought.
    """

    time_ms: Times
    price: Floats
    quantity: Floats
    is_buy: np.ndarray

    def __len__(self) -> int:
        return int(self.time_ms.size)


NO_TRADES = Tape(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.bool_))


def tape_of(candles: Candles, bar: int, close_ms: int, tick_size: float, quantity_step: float, seed: int) -> Tape:
    """The trades of one candle.

    Args:
        candles: The series.
        bar: Number of the candle.
        close_ms: When it ends.
        tick_size: Prices between the extremes are rounded to it.
        quantity_step: Quantities are whole multiples of it where the volume allows.
        seed: Of the whole exchange.
    """
    volume = float(candles.volume[bar])
    if volume <= 0.0:
        return NO_TRADES
    open_ms = int(candles.open_time_ms[bar])
    random = np.random.Generator(np.random.PCG64([seed, open_ms, len(candles.symbol)]))
    count = int(random.integers(_FEWEST, _MOST))
    open_, high, low, close = (
        float(column[bar]) for column in (candles.open, candles.high, candles.low, candles.close)
    )
    opens_elsewhere = bar == 0 or float(candles.close[bar - 1]) != open_
    price, keys = _path(random, count, (open_, high, low, close), tick_size, starts_at_open=opens_elsewhere)
    time_ms = np.sort(random.integers(open_ms, close_ms, count))
    quantity = _quantities(random, count, keys, volume, quantity_step)
    traded = quantity > 0.0
    rising = np.diff(price, prepend=open_)
    is_buy = np.where(rising == 0.0, random.random(count) < 0.5, rising > 0.0)
    return Tape(time_ms[traded], price[traded], quantity[traded], is_buy[traded])


def _path(
    random: np.random.Generator,
    count: int,
    prices: tuple[float, float, float, float],
    tick_size: float,
    *,
    starts_at_open: bool,
) -> tuple[Floats, np.ndarray]:
    """Prices of `count` points, and the numbers of those that must be traded."""
    open_, high, low, close = prices
    turns = (low, high) if (close >= open_) == (random.random() < 0.75) else (high, low)
    inner = np.sort(random.choice(np.arange(1, count - 1), 2, replace=False))
    places = np.array([0, inner[0], inner[1], count - 1])
    values = np.array([open_, *turns, close])
    price = np.interp(np.arange(count), places, values)
    noise = random.normal(0.0, (high - low) * 0.12, count)
    noise[places] = 0.0
    price = np.clip(np.round((price + noise) / tick_size) * tick_size, low, high) if tick_size > 0 else price
    price = np.round(price, 10)
    price[places[1:]] = values[1:]
    if starts_at_open:
        price[0] = open_
        return price, places
    return price, places[1:]


def _quantities(random: np.random.Generator, count: int, keys: np.ndarray, volume: float, step: float) -> Floats:
    """Sizes that sum up to the volume; the key points get something in any case."""
    units = round(volume / step) if step > 0 else 0
    quantity = np.zeros(count)
    if units < count:
        quantity[keys] = volume / keys.size
        return quantity
    shares = random.exponential(1.0, count)
    whole = np.floor(shares / shares.sum() * (units - count)) + 1.0
    quantity = np.round(whole * step, 10)
    quantity[keys[-1]] += volume - quantity.sum()
    if quantity[keys[-1]] <= 0.0:
        quantity[:] = volume / count
    return quantity
