"""A synthetic order book around the last trade.

It is a function of the seed, the moment and the price, so that there is one truth.
Every level keeps its size for some seconds and then takes another; the ladder moves with the price.
"""

from dataclasses import dataclass

import numpy as np

from strategy_tester.domain.candles import Floats

STEP_MS = 100
"""The book changes at most this often, in market time."""
_LIFE_STEPS = 40
Books = tuple[dict[float, float], dict[float, float]]


@dataclass(frozen=True)
class DepthMaker:
    """Makes the book of one market.

    Attributes:
        seed: Of the exchange and the market.
        tick_size: Distance between two levels.
        quantity_step: Sizes are whole multiples of it.
        typical_quantity: Size of a usual level, base units.
    """

    seed: int
    tick_size: float
    quantity_step: float
    typical_quantity: float

    def book(self, now_ms: int, last_price: float, *, last_was_buy: bool, levels: int) -> Books:
        """Sizes by price of both sides, best first: `levels` a side."""
        step = now_ms // STEP_MS
        tick = round(last_price / self.tick_size)
        best_bid = tick - 1 if last_was_buy else tick
        away = np.arange(levels, dtype=np.int64)
        bids = best_bid - away
        bids = bids[bids > 0]
        return self._side(bids, step), self._side(best_bid + 1 + away, step)

    def _side(self, ticks: np.ndarray, step: int) -> dict[float, float]:
        phase = (_mixed(ticks.astype(np.uint64), self.seed) % np.uint64(_LIFE_STEPS)).astype(np.int64)
        age = (step + phase) // _LIFE_STEPS
        chance = _mixed(ticks.astype(np.uint64) * np.uint64(1_000_003) + age.astype(np.uint64), self.seed + 1)
        share = (chance >> np.uint64(11)).astype(np.float64) / 2.0**53
        units = np.maximum(1.0, np.round(-np.log1p(-share) * self.typical_quantity / self.quantity_step))
        prices: Floats = np.round(ticks * self.tick_size, 10)
        sizes: Floats = np.round(units * self.quantity_step, 10)
        return dict(zip(prices.tolist(), sizes.tolist(), strict=True))


def changes(before: dict[float, float], after: dict[float, float]) -> list[tuple[float, float]]:
    """Levels that differ, size 0 for those that are gone, in the order of the new book."""
    changed = [(price, size) for price, size in after.items() if before.get(price) != size]
    return changed + [(price, 0.0) for price in before if price not in after]


def _mixed(values: np.ndarray, seed: int) -> np.ndarray:
    """Every bit of the result depends on every bit of the value (splitmix64)."""
    mixed = values + np.uint64((seed * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
