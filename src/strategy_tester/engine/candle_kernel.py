"""One bar after another: the day in the order in which it happens.

`run_bars` alternates between quiet stretches, in which nothing can happen and only the equity is marked, and eventful
bars: funding, open, inside, close. Where a stretch ends does not change any number: it stops before the first bar
that could hold an event, and an eventful bar in which nothing happens marks the same equity.
"""

from strategy_tester.engine.accounting import (
    close_position,
    open_position,
    pay_funding,
    set_levels,
    settle_until,
    slipped,
    unrealized,
)
from strategy_tester.engine.fills import exit_at_open, live_through, live_to, nearest_loss, orders_of
from strategy_tester.engine.records import (
    ACCEPTED,
    AFTER_BAR,
    AT_CLOSE,
    DISTANCE_UNKNOWN,
    END_OF_DATA,
    FLAT,
    IGNORE,
    INSIDE_BAR,
    LIQUIDATION,
    LONG,
    LOWER_AFTER,
    LOWER_PLACE,
    MAGNIFIER,
    NEXT_OPEN,
    NO_EXIT,
    PLACE,
    PRICE_INSIDE,
    RATE,
    REFUSED_BAR,
    REFUSED_INTENT,
    REFUSED_REASON,
    SETTLED_AFTER,
    WORST,
)
from strategy_tester.engine.sizing import order_quantity, refusal
from strategy_tester.numeric.jit import kernel

# At most this many trades can close, and orders be refused, on one bar.
PER_BAR = 3


@kernel
def run_bars(
    opens, highs, lows, closes, long_entry, short_entry, long_exit, short_exit,
    take_profits, stop_losses, trailing_stops, funding_numbers, funding_places,
    lower_opens, lower_highs, lower_lows, lower_rows, rules_row, account_row,
    equity, cash, position, numbers, places, refused, first, last,
):  # fmt: skip
    """Take the account through bars first..last-1.

    Args:
        opens: Prices, shape (bars,); `highs`, `lows`, `closes` likewise.
        long_entry: Signals, Boolean, shape (bars,); the other three likewise.
        take_profits: Distances in quote currency, shape (bars,), or empty where the rules hold a percentage;
            `stop_losses`, `trailing_stops` likewise.
        funding_numbers: Rows RATE, PRICE_AT_NEXT_OPEN, PRICE_INSIDE, one column per settlement, oldest first.
        funding_places: Rows SETTLED_AFTER, PLACE, LOWER_AFTER, LOWER_PLACE, one column per settlement.
        lower_opens: Prices of the lower timeframe, empty without the magnifier; `lower_highs`, `lower_lows` likewise.
        lower_rows: First and one past the last lower candle of each bar, shape (2, bars).
        rules_row: One record of RULES.
        account_row: One record of ACCOUNT, changed in place.
        equity: Written at each bar, shape (bars,); `cash`, `position` likewise.
        numbers: Written, one column per trade; `places` likewise; `refused` one column per refused order.
        first: First bar to run.
        last: One past the last bar to run.

    Returns:
        The bar to go on with: `last`, or an earlier one where a table is full and must grow first.
    """
    rules = rules_row[0]
    account = account_row[0]
    bar = first
    while bar < last:
        if account.trades + PER_BAR > numbers.shape[1] or account.refusals + PER_BAR > refused.shape[1]:
            return bar
        if 0 < bar < rules.last_bar:
            start = bar
            until = min(last, rules.last_bar)
            if account.side == FLAT:
                bar = _flat_stretch(account, rules, long_entry, short_entry, equity, bar, until)
            else:
                bar = _held_stretch(
                    account, rules, highs, lows, closes, long_entry, short_entry, long_exit, short_exit,
                    funding_places, equity, bar, until,
                )  # fmt: skip
            held = account.side * account.quantity
            for marked in range(start, bar):
                cash[marked] = account.cash
                position[marked] = held
            if bar >= until:
                continue

        # 1. Funding.
        settle_until(account, bar, funding_numbers, funding_places)

        # 2. Open.
        opened = opens[bar]
        leave, enter = NO_EXIT, FLAT
        if rules.fill == NEXT_OPEN and bar > 0:
            leave, enter, conflict = orders_of(
                account.side, long_entry[bar - 1], short_entry[bar - 1], long_exit[bar - 1], short_exit[bar - 1],
                rules.on_opposite_signal,
            )  # fmt: skip
            account.conflicts += conflict
        if account.side != FLAT:
            _leave_at_open(account, rules, leave, opened, bar, numbers, places)
        if enter != FLAT:
            _enter(account, rules, enter, opened, bar, bar - 1, take_profits, stop_losses, trailing_stops, refused)
            if account.side != FLAT:
                _leave_at_open(account, rules, NO_EXIT, opened, bar, numbers, places)

        # 3. Inside.
        if account.side != FLAT:
            _live_inside(
                account, rules, opened, highs[bar], lows[bar], bar, funding_numbers, funding_places,
                lower_opens, lower_highs, lower_lows, lower_rows, numbers, places,
            )  # fmt: skip

        # 4. Close.
        if bar == rules.last_bar:
            if account.side != FLAT:
                _settle_to_close(account, bar, funding_numbers, funding_places)
                close_position(account, rules, closes[bar], END_OF_DATA, bar, False, numbers, places)
        elif rules.fill == AT_CLOSE:
            leave, enter, conflict = orders_of(
                account.side, long_entry[bar], short_entry[bar], long_exit[bar], short_exit[bar],
                rules.on_opposite_signal,
            )  # fmt: skip
            account.conflicts += conflict
            if leave != NO_EXIT or enter != FLAT:
                _settle_to_close(account, bar, funding_numbers, funding_places)
            if leave != NO_EXIT:
                close_position(account, rules, closes[bar], leave, bar, False, numbers, places)
            if enter != FLAT:
                _enter(account, rules, enter, closes[bar], bar, bar, take_profits, stop_losses, trailing_stops, refused)
        equity[bar] = account.cash + unrealized(account, closes[bar])
        cash[bar] = account.cash
        position[bar] = account.side * account.quantity
        bar += 1
    return bar


@kernel
def _flat_stretch(account, rules, long_entry, short_entry, equity, first, last):
    """Mark bars without a position up to the first one with an entry order; returns that bar or `last`."""
    before = 1 if rules.fill == NEXT_OPEN else 0
    cash = account.cash
    for bar in range(first, last):
        if long_entry[bar - before] or short_entry[bar - before]:
            return bar
        equity[bar] = cash
    return last


@kernel
def _held_stretch(
    account, rules, highs, lows, closes, long_entry, short_entry, long_exit, short_exit,
    funding_places, equity, first, last,
):  # fmt: skip
    """Mark bars with a position up to the first one with an order, a funding or a level in reach."""
    side = float(account.side)
    if account.side == LONG:
        against, along, leaving, opposite = lows, highs, long_exit, short_entry
    else:
        against, along, leaving, opposite = highs, lows, short_exit, long_entry
    opposite_counts = rules.on_opposite_signal != IGNORE
    trailing = account.trail_distance > 0.0
    if trailing and rules.intrabar == MAGNIFIER:
        return first
    row = account.next_funding
    if row < funding_places.shape[1]:
        last = min(last, funding_places[SETTLED_AFTER, row] + 1)
    before = 1 if rules.fill == NEXT_OPEN else 0
    losing_level, target = nearest_loss(account), account.target
    worst, best = account.worst, account.best
    cash, entry, quantity = account.cash, account.entry, account.quantity
    bar = first
    while bar < last:
        if leaving[bar - before] or (opposite_counts and opposite[bar - before]):
            break
        low, high = side * against[bar], side * along[bar]
        if low <= losing_level or high >= target:
            break
        worst, best = min(worst, low), max(best, high)
        if trailing:
            account.trail = max(account.trail, high - account.trail_distance)
            losing_level = nearest_loss(account)
        equity[bar] = cash + (side * closes[bar] - entry) * quantity
        bar += 1
    account.worst, account.best = worst, best
    return bar


@kernel
def _enter(account, rules, side, price, bar, signal_bar, take_profits, stop_losses, trailing_stops, refused):
    """Place one entry order: it fills at the market or is refused with a reason."""
    account.intents += 1
    fill = slipped(price, side, rules.slippage_rate)
    quantity = order_quantity(account.cash, fill, rules)
    reason = refusal(account.cash, quantity, fill, rules)
    take_profit = _distance(take_profits, rules.take_profit_pct, signal_bar, fill)
    stop_loss = _distance(stop_losses, rules.stop_loss_pct, signal_bar, fill)
    trailing_stop = _distance(trailing_stops, rules.trailing_stop_pct, signal_bar, fill)
    if take_profit < 0.0 or stop_loss < 0.0 or trailing_stop < 0.0:
        reason = DISTANCE_UNKNOWN
    if reason != ACCEPTED:
        refused[REFUSED_BAR, account.refusals] = signal_bar
        refused[REFUSED_REASON, account.refusals] = reason
        refused[REFUSED_INTENT, account.refusals] = account.intents
        account.refusals += 1
        return
    open_position(account, rules, side, price, quantity, bar)
    account.signal_bar = signal_bar
    account.intent = account.intents
    set_levels(account, take_profit, stop_loss, trailing_stop)


@kernel
def _distance(distances, percent, signal_bar, entry_price):
    """Distance of a level from the entry price; NaN where there is to be none, -1 where it should be but is unknown."""
    if distances.size == 0:
        return entry_price * percent / 100.0
    distance = distances[signal_bar]
    if 0.0 < distance < float("inf"):
        return distance
    return -1.0


@kernel
def _leave_at_open(account, rules, ordered, opened, bar, numbers, places):
    """Leave where the open is beyond liquidation, an exit was ordered, or another level was jumped, in this order."""
    mirrored = account.side * opened
    reason = exit_at_open(account, mirrored)
    if ordered != NO_EXIT and reason != LIQUIDATION:
        reason = ordered
    if reason != NO_EXIT:
        live_to(account, mirrored)
        close_position(account, rules, opened, reason, bar, False, numbers, places)


@kernel
def _live_inside(
    account, rules, opened, high, low, bar, funding_numbers, funding_places,
    lower_opens, lower_highs, lower_lows, lower_rows, numbers, places,
):  # fmt: skip
    """Check the levels against the bar's range, through the lower timeframe where that is asked and known."""
    side = account.side
    up, down = side * (high if side == LONG else low), side * (low if side == LONG else high)
    first, last = 0, 0
    if rules.intrabar == MAGNIFIER and (
        account.trail_distance > 0.0 or down <= nearest_loss(account) or up >= account.target
    ):
        first, last = lower_rows[0, bar], lower_rows[1, bar]
        if not _agrees(high, low, lower_highs, lower_lows, first, last):
            first, last = 0, 0
            account.unmagnified += 1
    if first == last:
        reason, level, ambiguous = live_through(account, side * opened, up, down, rules.intrabar)
        if reason != NO_EXIT:
            _settle_inside(account, bar, funding_numbers, funding_places)
    else:
        lower_bar, reason, level, ambiguous = _walk(
            account, opened, bar, first, last, lower_opens, lower_highs, lower_lows, funding_numbers, funding_places
        )
    if reason != NO_EXIT:
        close_position(account, rules, side * level, reason, bar, ambiguous, numbers, places)


@kernel
def _agrees(high, low, lower_highs, lower_lows, first, last):
    """Whether the lower candles span exactly the bar's own range (to nine digits); none at all do not."""
    if first >= last:
        return False
    highest, lowest = lower_highs[first], lower_lows[first]
    for row in range(first + 1, last):
        highest = max(highest, lower_highs[row])
        lowest = min(lowest, lower_lows[row])
    return abs(highest - high) <= 1e-9 * high and abs(lowest - low) <= 1e-9 * low


@kernel
def _walk(
    account, opened, bar, first, last, lower_opens, lower_highs, lower_lows, funding_numbers, funding_places
):  # fmt: skip
    """Take the position through the lower candles of one bar; funding settles at its true time if it leaves here."""
    side = account.side
    for row in range(first, last):
        lower_open = side * (opened if row == first else lower_opens[row])
        if row > first:
            reason = exit_at_open(account, lower_open)
            if reason != NO_EXIT:
                live_to(account, lower_open)
                _settle_to_lower(account, bar, row, True, funding_numbers, funding_places)
                return row, reason, lower_open, False
        up = side * (lower_highs[row] if side == LONG else lower_lows[row])
        down = side * (lower_lows[row] if side == LONG else lower_highs[row])
        reason, level, ambiguous = live_through(account, lower_open, up, down, WORST)
        if reason != NO_EXIT:
            _settle_to_lower(account, bar, row, False, funding_numbers, funding_places)
            return row, reason, level, ambiguous
    return last, NO_EXIT, 0.0, False


@kernel
def _settle_inside(account, bar, funding_numbers, funding_places):
    """Leaving inside a bar at an unknown moment: of its fundings pay those that cost, get none that would earn."""
    row = account.next_funding
    while row < funding_places.shape[1] and funding_places[SETTLED_AFTER, row] == bar:
        rate = funding_numbers[RATE, row]
        if funding_places[PLACE, row] == INSIDE_BAR and account.side * rate > 0.0:
            pay_funding(account, rate, funding_numbers[PRICE_INSIDE, row])
        row += 1


@kernel
def _settle_to_lower(account, bar, lower_row, at_open, funding_numbers, funding_places):
    """Leaving inside a known lower candle: what came before is settled, inside it the worst is assumed again."""
    row = account.next_funding
    while row < funding_places.shape[1] and funding_places[SETTLED_AFTER, row] == bar:
        rate = funding_numbers[RATE, row]
        before = funding_places[LOWER_AFTER, row] < lower_row
        within = funding_places[LOWER_AFTER, row] == lower_row and funding_places[LOWER_PLACE, row] == INSIDE_BAR
        if before or (within and not at_open and account.side * rate > 0.0):
            pay_funding(account, rate, funding_numbers[PRICE_INSIDE, row])
        row += 1


@kernel
def _settle_to_close(account, bar, funding_numbers, funding_places):
    """Trading at a bar's close: every funding up to that moment is the old position's, whatever its sign."""
    row = account.next_funding
    while row < funding_places.shape[1] and funding_places[SETTLED_AFTER, row] <= bar:
        if funding_places[SETTLED_AFTER, row] == bar and funding_places[PLACE, row] == AFTER_BAR:
            break
        if account.side != FLAT:
            pay_funding(account, funding_numbers[RATE, row], funding_numbers[PRICE_INSIDE, row])
        row += 1
    account.next_funding = row
