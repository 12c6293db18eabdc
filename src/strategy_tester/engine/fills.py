"""What is met on the way through a bar, in which order, and what orders a bar's signals give.

Prices are mirrored (price times side): the low is where the position suffers, the high where it earns.
"""

from strategy_tester.engine.records import (
    CLOSE,
    FLAT,
    IGNORE,
    LIQUIDATION,
    LONG,
    NO_EXIT,
    OHLC,
    OPPOSITE_SIGNAL,
    REVERSE,
    SHORT,
    SIGNAL,
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING_STOP,
)
from strategy_tester.numeric.jit import kernel


@kernel
def take_orders(account, rules, long_entry, short_entry, long_exit, short_exit):
    """Put down what one bar's signals order: `account.leave` and `account.enter`.

    Entries to both sides contradict each other: both are void, in a position too.
    """
    account.leave, account.enter = NO_EXIT, FLAT
    conflict = long_entry and short_entry
    if account.side == FLAT:
        if not conflict and (long_entry or short_entry):
            account.enter = LONG if long_entry else SHORT
        return
    on_opposite = rules.on_opposite_signal
    leaving = long_exit if account.side == LONG else short_exit
    opposite = (short_entry if account.side == LONG else long_entry) and not conflict
    if opposite and on_opposite == REVERSE:
        account.leave, account.enter = OPPOSITE_SIGNAL, -account.side
    elif leaving:
        account.leave = SIGNAL
        if opposite and on_opposite == IGNORE:
            account.enter = -account.side
    elif opposite and on_opposite == CLOSE:
        account.leave = OPPOSITE_SIGNAL


@kernel
def nearest_loss(account):
    """The losing level that a falling price meets first."""
    return max(account.stop, account.trail, account.liquidation)


@kernel
def loss_reason(account):
    """Which level that is. Of equally near ones the liquidation counts first, then the stop-loss."""
    if account.liquidation >= max(account.stop, account.trail):
        return LIQUIDATION
    return STOP_LOSS if account.stop >= account.trail else TRAILING_STOP


@kernel
def exit_at_open(account, opened):
    """Why to leave at this mirrored open, or NO_EXIT.

    Beyond the liquidation price nothing else counts; then the market order that a signal gave; then the levels that
    the open has already passed.
    """
    live_to(account, opened)
    if opened <= account.liquidation:
        return LIQUIDATION
    if account.leave != NO_EXIT:
        return account.leave
    if opened <= nearest_loss(account):
        return loss_reason(account)
    if opened >= account.target:
        return TAKE_PROFIT
    return NO_EXIT


@kernel
def exit_inside(account, opened, high, low, intrabar):
    """Take the position through one bar, from its open until a level is met (`account.level`) or to the end.

    Returns:
        The reason of the exit or NO_EXIT. `account.ambiguous` tells whether a losing and a winning level both lay
        inside the bar, so that the answer depends on `intrabar`.
    """
    losing_level = nearest_loss(account)
    losing, winning = low <= losing_level, high >= account.target
    if not losing and not winning:
        live_to(account, low)
        live_to(account, high)
        if account.trail_distance > 0.0:
            account.trail = max(account.trail, high - account.trail_distance)
        return NO_EXIT
    high_first = intrabar == OHLC and _high_comes_first(account, opened, high, low)
    account.ambiguous = losing and winning
    if losing and not (winning and high_first):
        if high_first:
            live_to(account, high)
        live_to(account, losing_level)
        account.level = losing_level
        return loss_reason(account)
    if not high_first:
        live_to(account, low)
    live_to(account, account.target)
    account.level = account.target
    return TAKE_PROFIT


@kernel
def _high_comes_first(account, opened, high, low):
    """Whether the path is open-high-low-close, mirrored. A tie counts as nearer the real low, a short's high."""
    if account.side == LONG:
        return high - opened < opened - low
    return high - opened <= opened - low


@kernel
def live_to(account, price):
    """Remember a price the position lived through."""
    account.worst = min(account.worst, price)
    account.best = max(account.best, price)
