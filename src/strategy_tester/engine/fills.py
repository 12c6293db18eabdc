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
def orders_of(side, long_entry, short_entry, long_exit, short_exit, on_opposite_signal):
    """What one bar's signals order, given the position after its close.

    Returns:
        The reason to leave or NO_EXIT, the side to enter or FLAT, and whether long and short contradicted each other
        where an entry was possible. Contradicting entries are both void.
    """
    conflict = long_entry and short_entry
    if side == FLAT:
        if conflict or not (long_entry or short_entry):
            return NO_EXIT, FLAT, conflict
        return NO_EXIT, LONG if long_entry else SHORT, False
    leaving = long_exit if side == LONG else short_exit
    opposite = (short_entry if side == LONG else long_entry) and not conflict
    if opposite and on_opposite_signal == REVERSE:
        return OPPOSITE_SIGNAL, -side, False
    if leaving:
        entry = -side if opposite and on_opposite_signal == IGNORE else FLAT
        return SIGNAL, entry, conflict and on_opposite_signal != CLOSE
    if opposite and on_opposite_signal == CLOSE:
        return OPPOSITE_SIGNAL, FLAT, False
    return NO_EXIT, FLAT, conflict and on_opposite_signal == REVERSE


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
    """Which level the open has already passed, or NO_EXIT. Beyond the liquidation price nothing else counts."""
    if opened <= account.liquidation:
        return LIQUIDATION
    if opened <= nearest_loss(account):
        return loss_reason(account)
    if opened >= account.target:
        return TAKE_PROFIT
    return NO_EXIT


@kernel
def live_to(account, price):
    """Remember a price the position lived through."""
    account.worst = min(account.worst, price)
    account.best = max(account.best, price)


@kernel
def live_through(account, opened, high, low, intrabar):
    """Take the position through one bar from its open, until a level is met or to the end.

    Returns:
        The reason of the exit or NO_EXIT, the mirrored price of the level met, and whether a losing and a winning
        level both lay inside the bar.
    """
    losing_level = nearest_loss(account)
    losing = low <= losing_level
    winning = high >= account.target
    live_to(account, opened)
    if not losing and not winning:
        live_to(account, low)
        live_to(account, high)
        if account.trail_distance > 0.0:
            account.trail = max(account.trail, high - account.trail_distance)
        return NO_EXIT, 0.0, False
    high_first = intrabar == OHLC and _high_comes_first(account.side, opened, high, low)
    if losing and not (winning and high_first):
        if high_first:
            live_to(account, high)
        live_to(account, losing_level)
        return loss_reason(account), losing_level, winning
    if not high_first:
        live_to(account, low)
    live_to(account, account.target)
    return TAKE_PROFIT, account.target, losing


@kernel
def _high_comes_first(side, opened, high, low):
    """Whether open-high-low-close is assumed: the open is nearer the high. A tie counts as nearer the real low."""
    if side == LONG:
        return high - opened < opened - low
    return high - opened <= opened - low
