"""How much to order: quantity from equity or fixed, in whole steps, and the reasons to refuse."""

import numpy as np

from strategy_tester.engine.records import (
    ACCEPTED,
    BELOW_MIN_NOTIONAL,
    BELOW_MIN_QUANTITY,
    NO_EQUITY,
    ROUNDED_TO_ZERO,
)
from strategy_tester.numeric.jit import kernel

# Equity below this share of the initial capital is the rounding error of a lost account, not money.
DUST_RATE = 1e-9
# 0.3 / 0.1 is 2.9999999999999996: a quotient this close below a whole number is that number.
STEP_TOLERANCE = 1e-12


@kernel
def whole_steps(quantity, step, steps_per_unit):
    """The largest whole number of steps in a quantity, as a quantity.

    Args:
        quantity: Base units.
        step: Base units per step, above 0.
        steps_per_unit: Steps in one unit where that is a whole number (10 for 0.1), else 0. Dividing by it gives
            the decimal nearest to the truth: 3 / 10 is 0.3 where 3 * 0.1 is 0.30000000000000004.
    """
    if steps_per_unit > 0.0:
        steps = np.floor(quantity * steps_per_unit * (1.0 + STEP_TOLERANCE))
        return steps / steps_per_unit
    return np.floor(quantity / step * (1.0 + STEP_TOLERANCE)) * step


@kernel
def order_quantity(equity, price, rules):
    """Base units to order at this fill price, before any minimum is looked at.

    All of the equity times the position's share with leverage, less what the entry fee will need:
    notional = equity x share x leverage / (1 + fee rate x leverage). A rebate is not there before the fill, so it
    is not put up as margin.
    """
    if rules.fixed_quantity > 0.0:
        quantity = rules.fixed_quantity
    else:
        reserved = 1.0 + max(rules.taker_fee_rate, 0.0) * rules.leverage
        quantity = equity * rules.position_share * rules.leverage / reserved / price
    if rules.quantity_step > 0.0:
        quantity = whole_steps(quantity, rules.quantity_step, rules.steps_per_unit)
    return quantity


@kernel
def refusal(equity, quantity, price, rules):
    """The code of the first reason not to place this order, or ACCEPTED.

    A fixed quantity whose margin and entry fee exceed the equity is refused for want of equity.
    """
    if equity <= DUST_RATE * rules.initial_capital:
        return NO_EQUITY
    if quantity <= 0.0:
        return ROUNDED_TO_ZERO
    if quantity < rules.min_quantity:
        return BELOW_MIN_QUANTITY
    notional = quantity * price
    if notional < rules.min_notional:
        return BELOW_MIN_NOTIONAL
    needed = notional / rules.leverage + notional * max(rules.taker_fee_rate, 0.0)
    if rules.fixed_quantity > 0.0 and needed > equity:
        return NO_EQUITY
    return ACCEPTED
