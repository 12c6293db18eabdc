"""Money: opening and closing positions, fees, funding, margin and liquidation.

Prices called `mirrored` are prices times side, so that a short reads like a long: higher is better for the position.
"""

import numpy as np

from strategy_tester.engine.records import (
    AMBIGUOUS,
    COMMISSION,
    ENTRY_BAR,
    ENTRY_PRICE,
    EQUITY_AFTER,
    EXIT_BAR,
    EXIT_PRICE,
    EXIT_REASON,
    FLAT,
    FUNDING,
    INTENT,
    LIQUIDATION,
    LIQUIDATION_PRICE,
    MAE_PCT,
    MFE_PCT,
    PNL,
    PRICE_AT_NEXT_OPEN,
    QUANTITY,
    RATE,
    SETTLED_AFTER,
    SIDE,
    SIGNAL_BAR,
    SLIPPAGE,
    STOP_PRICE,
    TAKE_PROFIT,
    TARGET_PRICE,
)
from strategy_tester.engine.sizing import DUST_RATE
from strategy_tester.numeric.jit import kernel


@kernel
def slipped(price, side, slippage_rate):
    """What a market order gets: a buyer (side 1) pays more, a seller (side -1) receives less."""
    return price * (1.0 + side * slippage_rate)


@kernel
def open_position(account, rules, side, price, quantity, bar):
    """Enter at the market; `price` is the market's, the fill is worse by slippage. Levels are set by the caller."""
    fill = slipped(price, side, rules.slippage_rate)
    account.side = side
    account.quantity = quantity
    account.entry_price = fill
    account.entry = side * fill
    account.entry_fee = fill * quantity * rules.taker_fee_rate
    account.margin = fill * quantity / rules.leverage
    account.slippage = abs(fill - price) * quantity
    account.funding = 0.0
    account.cash -= account.entry_fee
    account.worst = account.entry
    account.best = account.entry
    account.entry_bar = bar
    account.liquidation_price = fill * (1.0 - side / rules.leverage + side * rules.maintenance_margin_rate)
    account.liquidation = side * account.liquidation_price


@kernel
def close_position(account, rules, price, reason, bar, ambiguous, numbers, places):
    """Leave at a market price (a resting take-profit gets it without slippage) and write the trade down.

    A fill that would leave the account below zero is a liquidation instead: isolated margin cannot lose more.
    """
    side = account.side
    resting = reason == TAKE_PROFIT
    fill = price if resting else slipped(price, -side, rules.slippage_rate)
    fee = fill * account.quantity * (rules.take_profit_fee_rate if resting else rules.taker_fee_rate)
    gross = (side * fill - account.entry) * account.quantity
    if reason == LIQUIDATION or account.cash + gross - fee < 0.0:
        _liquidate(account, rules, bar, ambiguous, numbers, places)
        return
    account.slippage += abs(fill - price) * account.quantity
    account.cash += gross - fee
    _write_trade(account, fill, gross, fee, reason, bar, ambiguous, numbers, places)


@kernel
def _liquidate(account, rules, bar, ambiguous, numbers, places):
    """The exchange takes the position over at its bankruptcy price: the initial margin is lost, no exit fee.

    Funding that has already eaten into the margin cannot be lost twice: what the account cannot bear is taken off
    the trade's funding, so that the account ends at zero and the trade's numbers still add up.
    """
    bankruptcy_price = account.entry_price * (1.0 - account.side / rules.leverage)
    account.cash -= account.margin
    if account.cash < 0.0:
        account.funding -= min(-account.cash, max(account.funding, 0.0))
        account.cash = 0.0
    if account.cash < DUST_RATE * rules.initial_capital:
        account.cash = 0.0
    _write_trade(
        account, bankruptcy_price, -account.margin, 0.0, LIQUIDATION, bar, ambiguous, numbers, places
    )  # fmt: skip


@kernel
def _write_trade(account, fill, gross, exit_fee, reason, bar, ambiguous, numbers, places):
    trade = account.trades
    commission = account.entry_fee + exit_fee
    numbers[ENTRY_PRICE, trade] = account.entry_price
    numbers[EXIT_PRICE, trade] = fill
    numbers[QUANTITY, trade] = account.quantity
    numbers[PNL, trade] = gross - commission - account.funding
    numbers[COMMISSION, trade] = commission
    numbers[FUNDING, trade] = account.funding
    numbers[SLIPPAGE, trade] = account.slippage
    numbers[MAE_PCT, trade] = (account.entry - account.worst) / account.entry_price * 100.0
    numbers[MFE_PCT, trade] = (account.best - account.entry) / account.entry_price * 100.0
    numbers[EQUITY_AFTER, trade] = account.cash
    numbers[STOP_PRICE, trade] = account.stop_price
    numbers[TARGET_PRICE, trade] = account.target_price
    numbers[LIQUIDATION_PRICE, trade] = account.liquidation_price
    places[SIDE, trade] = account.side
    places[ENTRY_BAR, trade] = account.entry_bar
    places[EXIT_BAR, trade] = bar
    places[EXIT_REASON, trade] = reason
    places[SIGNAL_BAR, trade] = account.signal_bar
    places[INTENT, trade] = account.intent
    places[AMBIGUOUS, trade] = ambiguous
    account.trades = trade + 1
    account.side = FLAT


@kernel
def pay_funding(account, rate, price):
    """One settlement: quantity x price x rate; a long pays when the rate is positive.

    Funding may take more than the cash beside the margin. Then the liquidation price moves up to where the equity
    would be zero, if that is nearer: an account never owes money.
    """
    paid = account.side * account.quantity * price * rate
    account.cash -= paid
    account.funding += paid
    account.liquidation = max(account.liquidation, account.entry - account.cash / account.quantity)


@kernel
def settle_until(account, bar, funding_numbers, funding_places):
    """Settle what came after an earlier bar's open and not after this bar's open; nobody pays while flat."""
    row = account.next_funding
    while row < funding_places.shape[1] and funding_places[SETTLED_AFTER, row] < bar:
        if account.side != FLAT:
            pay_funding(account, funding_numbers[RATE, row], funding_numbers[PRICE_AT_NEXT_OPEN, row])
        row += 1
    account.next_funding = row


@kernel
def unrealized(account, close):
    """Result of the open position at this price; 0 while flat."""
    if account.side == FLAT:
        return 0.0
    return (account.side * close - account.entry) * account.quantity


@kernel
def set_levels(account, take_profit, stop_loss, trailing_stop):
    """Place the exits at these distances (quote currency, NaN for none) from the entry's fill price."""
    account.target = np.inf
    account.target_price = np.nan
    account.stop = -np.inf
    account.stop_price = np.nan
    account.trail = -np.inf
    account.trail_distance = trailing_stop
    if take_profit > 0.0:
        account.target = account.entry + take_profit
        account.target_price = account.target * account.side
    if trailing_stop > 0.0:
        account.trail = account.entry - trailing_stop
        account.stop_price = account.trail * account.side
    if stop_loss > 0.0:
        account.stop = account.entry - stop_loss
        account.stop_price = account.stop * account.side
