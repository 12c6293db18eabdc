"""One bar after another: the day in the order in which it happens.

`run_bars` alternates between quiet stretches, in which nothing can happen and only the equity is marked, and eventful
bars: funding, open, inside, close. Where a stretch ends does not change any number: it stops before the first bar
that could hold an event, and an eventful bar in which nothing happens marks the same equity.
"""

from strategy_tester.engine.accounting import (
    close_position,
    next_settlement,
    open_position,
    set_levels,
    settle_inside,
    settle_until_close,
    settle_until_open,
    slipped,
    unrealized,
)
from strategy_tester.engine.fills import exit_at_open, exit_inside, nearest_loss, take_orders
from strategy_tester.engine.records import (
    ACCEPTED,
    AT_CLOSE,
    DISTANCE_UNKNOWN,
    END_OF_DATA,
    FLAT,
    IGNORE,
    LONG,
    NEXT_OPEN,
    NO_EXIT,
)
from strategy_tester.engine.sizing import order_quantity, refusal
from strategy_tester.numeric.jit import kernel

# At most so many trades can close, and orders be refused, on one bar.
PER_BAR = 3


@kernel
def run_bars(
    opens, highs, lows, closes, long_entry, short_entry, long_exit, short_exit,
    take_profits, stop_losses, trailing_stops, funding, rules_row, account_row,
    equity, cash, position, trades, refused, first, last,
):  # fmt: skip
    """Take the account through bars first..last-1.

    Args:
        opens, highs, lows, closes: Prices, shape (bars,).
        long_entry, short_entry, long_exit, short_exit: Signals, Boolean, shape (bars,).
        take_profits, stop_losses, trailing_stops: Distances in quote currency, shape (bars,), or empty where the
            rules hold a percentage.
        funding: Records of FUNDING, oldest first.
        rules_row: One record of RULES.
        account_row: One record of ACCOUNT, changed in place.
        equity, cash, position: Written at each bar, shape (bars,).
        trades, refused: Records of TRADE and REFUSED, written from the account's counters on.
        first: First bar to run.
        last: One past the last bar to run.

    Returns:
        The bar to go on with: `last`, or an earlier one where a table is full and must grow first.
    """
    rules = rules_row[0]
    account = account_row[0]
    bar = first
    while bar < last:
        if account.trades + PER_BAR > trades.size or account.refusals + PER_BAR > refused.size:
            return bar
        if 0 < bar < rules.last_bar:
            until = min(last, rules.last_bar)
            if account.side == FLAT:
                bar = _flat_stretch(account, rules, long_entry, short_entry, equity, cash, position, bar, until)
            else:
                bar = _held_stretch(
                    account, rules, highs, lows, closes, long_entry, short_entry, long_exit, short_exit,
                    equity, cash, position, bar, min(until, next_settlement(account, funding)),
                )  # fmt: skip
            if bar >= until:
                continue

        # 1. Funding.
        settle_until_open(account, funding, bar)

        # 2. Open.
        opened = opens[bar]
        account.leave, account.enter, account.ambiguous = NO_EXIT, FLAT, False
        if rules.fill == NEXT_OPEN and bar > 0:
            order = bar - 1
            take_orders(account, rules, long_entry[order], short_entry[order], long_exit[order], short_exit[order])
        if account.side != FLAT:
            reason = exit_at_open(account, account.side * opened)
            if reason != NO_EXIT:
                close_position(account, rules, opened, reason, bar, trades[account.trades])
        if account.enter != FLAT:
            _enter(account, rules, opened, bar, bar - 1, take_profits, stop_losses, trailing_stops, refused)
            if account.side != FLAT:
                account.leave = NO_EXIT
                reason = exit_at_open(account, account.side * opened)
                if reason != NO_EXIT:
                    close_position(account, rules, opened, reason, bar, trades[account.trades])

        # 3. Inside.
        if account.side != FLAT:
            side = account.side
            if side == LONG:
                reason = exit_inside(account, opened, highs[bar], lows[bar], rules.intrabar)
            else:
                reason = exit_inside(account, -opened, -lows[bar], -highs[bar], rules.intrabar)
            if reason != NO_EXIT:
                settle_inside(account, funding, bar)
                close_position(account, rules, side * account.level, reason, bar, trades[account.trades])

        # 4. Close.
        account.leave, account.enter, account.ambiguous = NO_EXIT, FLAT, False
        if bar == rules.last_bar:
            if account.side != FLAT:
                account.leave = END_OF_DATA
        elif rules.fill == AT_CLOSE:
            take_orders(account, rules, long_entry[bar], short_entry[bar], long_exit[bar], short_exit[bar])
        if account.leave != NO_EXIT or account.enter != FLAT:
            settle_until_close(account, funding, bar)
            if account.leave != NO_EXIT:
                close_position(account, rules, closes[bar], account.leave, bar, trades[account.trades])
            if account.enter != FLAT:
                _enter(account, rules, closes[bar], bar, bar, take_profits, stop_losses, trailing_stops, refused)
        equity[bar] = account.cash + unrealized(account, closes[bar])
        cash[bar] = account.cash
        position[bar] = account.side * account.quantity
        bar += 1
    return bar


@kernel
def _flat_stretch(account, rules, long_entry, short_entry, equity, cash, position, first, last):
    """Mark bars without a position up to the first one with an entry order; returns that bar or `last`."""
    before = 1 if rules.fill == NEXT_OPEN else 0
    money = account.cash
    bar = first
    while bar < last and not (long_entry[bar - before] or short_entry[bar - before]):
        equity[bar] = money
        cash[bar] = money
        position[bar] = 0.0
        bar += 1
    return bar


@kernel
def _held_stretch(
    account, rules, highs, lows, closes, long_entry, short_entry, long_exit, short_exit,
    equity, cash, position, first, last,
):  # fmt: skip
    """Mark bars with a position up to the first one with an order or a level in reach; returns that bar or `last`."""
    is_long = account.side == LONG
    opposite_counts = rules.on_opposite_signal != IGNORE
    trailing = account.trail_distance > 0.0
    before = 1 if rules.fill == NEXT_OPEN else 0
    losing_level, target = nearest_loss(account), account.target
    worst, best = account.worst, account.best
    money, entry, quantity = account.cash, account.entry, account.quantity
    held = account.side * quantity
    bar, quiet = first, True
    while quiet and bar < last:
        order = bar - before
        if is_long:
            ordered = long_exit[order] or (opposite_counts and short_entry[order])
            low, high, close = lows[bar], highs[bar], closes[bar]
        else:
            ordered = short_exit[order] or (opposite_counts and long_entry[order])
            low, high, close = -highs[bar], -lows[bar], -closes[bar]
        quiet = not (ordered or low <= losing_level or high >= target)
        if quiet:
            worst, best = min(worst, low), max(best, high)
            if trailing:
                account.trail = max(account.trail, high - account.trail_distance)
                losing_level = nearest_loss(account)
            equity[bar] = money + (close - entry) * quantity
            cash[bar] = money
            position[bar] = held
            bar += 1
    account.worst, account.best = worst, best
    return bar


@kernel
def _enter(account, rules, price, bar, signal_bar, take_profits, stop_losses, trailing_stops, refused):
    """Place one entry order: it fills at the market or is refused with a reason."""
    account.intents += 1
    fill = slipped(price, account.enter, rules.slippage_rate)
    take_profit = _distance(take_profits, rules.take_profit_pct, signal_bar, fill)
    stop_loss = _distance(stop_losses, rules.stop_loss_pct, signal_bar, fill)
    trailing_stop = _distance(trailing_stops, rules.trailing_stop_pct, signal_bar, fill)
    quantity = order_quantity(account.cash, fill, rules)
    reason = refusal(account.cash, quantity, fill, rules)
    if take_profit < 0.0 or stop_loss < 0.0 or trailing_stop < 0.0:
        reason = DISTANCE_UNKNOWN
    if reason != ACCEPTED:
        order = refused[account.refusals]
        order.bar = signal_bar
        order.reason = reason
        order.intent = account.intents
        account.refusals += 1
    else:
        open_position(account, rules, account.enter, price, quantity)
        set_levels(account, take_profit, stop_loss, trailing_stop)
        account.entry_bar = bar
        account.signal_bar = signal_bar
        account.intent = account.intents


@kernel
def _distance(distances, percent, signal_bar, entry_price):
    """Distance of a level from the entry price; NaN where there is to be none, -1 where it should be but is unknown."""
    if distances.size == 0:
        return entry_price * percent / 100.0
    distance = distances[signal_bar]
    return distance if 0.0 < distance < float("inf") else -1.0
