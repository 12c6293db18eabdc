"""The numbers that measures and positions tell. No Qt here, and nothing is rounded in the user's favor."""

import math
from dataclasses import dataclass

from strategy_tester.domain.drawings import PositionTerms

_WHOLE = 1e-9
"""What a count of steps may be off by because of binary fractions."""


@dataclass(frozen=True)
class MeasureReading:
    """From one point to another: bars, time, price.

    Attributes:
        bars: Bars between them; negative when the second lies before the first.
        duration_ms: Time between them.
        change: Difference of the prices.
        change_rate: The same as a fraction of the first price; NaN when that is not positive.
        ticks: The same in ticks; NaN when the tick is not known.
    """

    bars: int
    duration_ms: int
    change: float
    change_rate: float
    ticks: float


def measure(start: tuple[int, int, float], end: tuple[int, int, float], tick_size: float) -> MeasureReading:
    """What lies between two points, each given as place among the bars, time and price; `tick_size` 0 if unknown."""
    change = end[2] - start[2]
    rate = change / start[2] if start[2] > 0 else math.nan
    return MeasureReading(end[0] - start[0], end[1] - start[1], change, rate, _in_ticks(change, tick_size))


@dataclass(frozen=True)
class PositionReading:
    """What a planned position risks and may win, per unit and, if a risk is given, in money.

    Attributes:
        is_valid: Whether stop and target lie on their right sides of a positive entry; else numbers are NaN.
        entry: Price, on the tick grid; `stop` and `target` likewise.
        stop: Where it is given up.
        target: Where it is closed with a gain.
        risk: Distance of the stop.
        reward: Distance of the target.
        risk_rate: Risk as a fraction of the entry; `reward_rate` likewise.
        reward_rate: Reward as a fraction of the entry.
        risk_ticks: Risk in ticks, NaN when the tick is not known; `reward_ticks` likewise.
        reward_ticks: Reward in ticks.
        ratio: Reward divided by risk: R, before fees.
        net_ratio: The same when taker fees are paid on both sides: what is won at the target over what is lost at
            the stop. NaN without a fee.
        quantity: Units that lose the wanted part of the account at the stop, fees included, rounded down to whole
            steps; NaN when no account or no risk is given.
        loss: Money lost at the stop with that quantity, fees included.
        gain: Money won at the target with that quantity, after fees.
    """

    is_valid: bool
    entry: float
    stop: float
    target: float
    risk: float = math.nan
    reward: float = math.nan
    risk_rate: float = math.nan
    reward_rate: float = math.nan
    risk_ticks: float = math.nan
    reward_ticks: float = math.nan
    ratio: float = math.nan
    net_ratio: float = math.nan
    quantity: float = math.nan
    loss: float = math.nan
    gain: float = math.nan


def read_position(
    prices: tuple[float, float, float],
    terms: PositionTerms,
    *,
    is_long: bool,
    tick_size: float = 0.0,
    quantity_step: float = 0.0,
) -> PositionReading:
    """The numbers of a position.

    Args:
        prices: Entry, stop, target.
        terms: Account, risk, fee.
        is_long: Whether it gains when the price rises.
        tick_size: Prices are rounded to whole ticks; 0 when not known.
        quantity_step: Quantities are rounded down to whole steps; 0 when not known.
    """
    entry, stop, target = (on_grid(price, tick_size) for price in prices)
    sign = 1.0 if is_long else -1.0
    risk, reward = (entry - stop) * sign, (target - entry) * sign
    if not (entry > 0 and risk > 0 and reward > 0):
        return PositionReading(False, entry, stop, target)
    fee = terms.taker_fee_rate
    loss_each, gain_each = risk + fee * (entry + stop), reward - fee * (entry + target)
    quantity = _quantity(terms, loss_each, quantity_step)
    return PositionReading(
        is_valid=True, entry=entry, stop=stop, target=target, risk=risk, reward=reward, risk_rate=risk / entry,
        reward_rate=reward / entry, risk_ticks=_in_ticks(risk, tick_size), reward_ticks=_in_ticks(reward, tick_size),
        ratio=reward / risk, net_ratio=gain_each / loss_each if fee > 0 else math.nan, quantity=quantity,
        loss=quantity * loss_each, gain=quantity * gain_each,
    )  # fmt: skip


def on_grid(price: float, tick_size: float) -> float:
    """The nearest whole tick; the price itself when the tick is not known."""
    if not tick_size > 0:
        return price
    digits = max(0, math.ceil(-math.log10(tick_size)) + 2)
    return round(round(price / tick_size) * tick_size, digits)


def _in_ticks(distance: float, tick_size: float) -> float:
    return float(round(distance / tick_size)) if tick_size > 0 else math.nan


def _quantity(terms: PositionTerms, loss_each: float, step: float) -> float:
    wanted = terms.account * terms.risk_rate
    if not wanted > 0:
        return math.nan
    quantity = wanted / loss_each
    if step > 0:
        digits = max(0, math.ceil(-math.log10(step)) + 2)
        quantity = round(math.floor(quantity / step + _WHOLE) * step, digits)
    return quantity
