"""Money: opening and closing positions, fees, funding, margin and liquidation.

Prices called `mirrored` are prices times side, so that a short reads like a long: higher is better for the position.
"""

import numpy as np

from strategy_tester.engine.records import AFTER_BAR, FLAT, INSIDE_BAR, LIQUIDATION, TAKE_PROFIT
from strategy_tester.engine.sizing import DUST_RATE
from strategy_tester.numeric.jit import kernel


@kernel
def slipped(price, side, slippage_rate):
    """What a market order gets: a buyer (side 1) pays more, a seller (side -1) receives less."""
    return price * (1.0 + side * slippage_rate)


@kernel
def open_position(account, rules, side, price, quantity):
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
    account.liquidation_price = fill * (1.0 - side / rules.leverage + side * rules.maintenance_margin_rate)
    account.liquidation = side * account.liquidation_price


@kernel
def set_levels(account, take_profit, stop_loss, trailing_stop):
    """Place the exits at these distances (quote currency, NaN for none) from the entry's fill price."""
    account.target = account.entry + take_profit if take_profit > 0.0 else np.inf
    account.stop = account.entry - stop_loss if stop_loss > 0.0 else -np.inf
    account.trail = account.entry - trailing_stop if trailing_stop > 0.0 else -np.inf
    account.trail_distance = trailing_stop
    shown = account.stop if stop_loss > 0.0 else account.trail
    account.stop_price = shown * account.side if shown > -np.inf else np.nan
    account.target_price = account.target * account.side if take_profit > 0.0 else np.nan


@kernel
def close_position(account, rules, price, reason, bar, trade):
    """Leave at this price and write the trade down.

    A resting take-profit gets its price, all else is worse by slippage. A fill beyond the bankruptcy price, or one that
    would leave the account below zero, is a liquidation instead: isolated margin cannot lose more than there is.
    """
    side = account.side
    resting = reason == TAKE_PROFIT
    fill = price if resting else slipped(price, -side, rules.slippage_rate)
    fee = fill * account.quantity * (rules.take_profit_fee_rate if resting else rules.taker_fee_rate)
    gross = (side * fill - account.entry) * account.quantity
    if reason == LIQUIDATION or gross < -account.margin or account.cash + gross - fee < 0.0:
        reason = LIQUIDATION
        fill, fee, gross = account.entry_price * (1.0 - side / rules.leverage), 0.0, -account.margin
        _lose_margin(account, rules)
    else:
        account.slippage += abs(fill - price) * account.quantity
        account.cash += gross - fee
    trade.side = side
    trade.exit_reason = reason
    trade.ambiguous = account.ambiguous
    trade.entry_bar = account.entry_bar
    trade.exit_bar = bar
    trade.signal_bar = account.signal_bar
    trade.intent = account.intent
    trade.entry_price = account.entry_price
    trade.exit_price = fill
    trade.quantity = account.quantity
    trade.commission = account.entry_fee + fee
    trade.funding = account.funding
    trade.pnl = gross - trade.commission - trade.funding
    trade.slippage = account.slippage
    trade.mae_pct = (account.entry - account.worst) / account.entry_price * 100.0
    trade.mfe_pct = (account.best - account.entry) / account.entry_price * 100.0
    trade.equity_after = account.cash
    trade.stop_price = account.stop_price
    trade.target_price = account.target_price
    trade.liquidation_price = account.liquidation_price
    account.trades += 1
    account.side = FLAT


@kernel
def _lose_margin(account, rules):
    """The exchange takes the position over at its bankruptcy price: the initial margin is lost.

    Funding that has already eaten into the margin cannot be lost twice: what the account cannot bear is taken off
    the trade's funding, so that the account ends at zero and the trade's numbers still add up.
    """
    account.cash -= account.margin
    if account.cash < 0.0:
        account.funding -= min(-account.cash, max(account.funding, 0.0))
    if account.cash < DUST_RATE * rules.initial_capital:
        account.cash = 0.0


@kernel
def unrealized(account, close):
    """Result of the open position at this price; 0 while flat."""
    if account.side == FLAT:
        return 0.0
    return (account.side * close - account.entry) * account.quantity


@kernel
def pay_funding(account, rate, price):
    """One settlement: quantity x price x rate; a long pays when the rate is positive.

    Funding may take more than the cash beside the margin. Where it has taken so much that the equity would be zero
    before the liquidation price is reached, the liquidation price moves up to that point: an account never owes money.
    """
    paid = account.side * account.quantity * price * rate
    account.cash -= paid
    account.funding += paid
    account.liquidation = max(account.liquidation, account.entry - account.cash / account.quantity)


@kernel
def next_settlement(account, funding):
    """The bar at whose open the next settlement is due; far beyond the last bar when there is none."""
    if account.next_funding < funding.size:
        return funding[account.next_funding].after_bar + 1
    return np.int64(2**62)


@kernel
def settle_until_open(account, funding, bar):
    """Settle what came after an earlier bar's open and not after this bar's open; nobody pays while flat."""
    while account.next_funding < funding.size and funding[account.next_funding].after_bar < bar:
        settlement = funding[account.next_funding]
        if account.side != FLAT:
            pay_funding(account, settlement.rate, settlement.price_at_next_open)
        account.next_funding += 1


@kernel
def settle_inside(account, funding, bar):
    """Leaving inside a bar at an unknown moment: of its fundings pay those that cost, get none that would earn."""
    row = account.next_funding
    while row < funding.size and funding[row].after_bar == bar:
        settlement = funding[row]
        if settlement.place == INSIDE_BAR and account.side * settlement.rate > 0.0:
            pay_funding(account, settlement.rate, settlement.price_inside)
        row += 1


@kernel
def settle_until_close(account, funding, bar):
    """Trading at a bar's close: every funding up to that moment is the old position's, whatever its sign."""
    while account.next_funding < funding.size and funding[account.next_funding].after_bar == bar:
        settlement = funding[account.next_funding]
        if settlement.place == AFTER_BAR:
            break
        if account.side != FLAT:
            pay_funding(account, settlement.rate, settlement.price_inside)
        account.next_funding += 1
