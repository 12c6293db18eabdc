"""The integer codes and record layouts that the kernels share with Python.

Codes are plain integers: an enum compares inside a kernel but does not multiply. They are typed as int64 because numba
would compile a function anew for every literal it is called with. The order of exit and refusal codes is that of
`domain.results.EXIT_REASONS` and `REFUSAL_REASONS`; a unit test holds the two together.
"""

import numpy as np

LONG, SHORT, FLAT = np.int64(1), np.int64(-1), np.int64(0)

# Why a position was closed.
SIGNAL, TAKE_PROFIT, STOP_LOSS, TRAILING_STOP, LIQUIDATION, OPPOSITE_SIGNAL, END_OF_DATA = np.arange(7)
NO_EXIT = np.int64(-1)

# Why an order was refused.
BELOW_MIN_QUANTITY, BELOW_MIN_NOTIONAL, NO_EQUITY, ROUNDED_TO_ZERO, DISTANCE_UNKNOWN = np.arange(5)
ACCEPTED = np.int64(-1)

# What an opposite entry signal does, when signals fill, and what is assumed inside a bar.
REVERSE, CLOSE, IGNORE = np.arange(3)
NEXT_OPEN, AT_CLOSE = np.arange(2)
WORST, OHLC = np.arange(2)

# Where a settlement of funding lies with regard to the bar after whose open it comes.
INSIDE_BAR, AT_BAR_CLOSE, AFTER_BAR = np.arange(3)

RULES = np.dtype(
    [
        ("initial_capital", np.float64),
        ("leverage", np.float64),
        ("taker_fee_rate", np.float64),
        ("take_profit_fee_rate", np.float64),
        ("slippage_rate", np.float64),
        ("position_share", np.float64),  # of the equity, 0..1
        ("maintenance_margin_rate", np.float64),
        ("fixed_quantity", np.float64),  # NaN: sized from equity
        ("quantity_step", np.float64),  # 0: any quantity
        ("steps_per_unit", np.float64),  # whole number of steps in one unit, 0 where that is not whole
        ("min_quantity", np.float64),
        ("min_notional", np.float64),
        ("take_profit_pct", np.float64),  # NaN: none, or one distance per bar; likewise the next two
        ("stop_loss_pct", np.float64),
        ("trailing_stop_pct", np.float64),
        ("on_opposite_signal", np.int64),
        ("fill", np.int64),
        ("intrabar", np.int64),
        ("last_bar", np.int64),
    ]
)
"""What one run is asked, as one record."""

ACCOUNT = np.dtype(
    [
        ("cash", np.float64),  # equity without the unrealized result; the margin counts as cash
        ("side", np.int64),  # LONG, SHORT or FLAT; most fields below mean something only while not FLAT
        ("quantity", np.float64),
        ("entry_price", np.float64),
        ("entry_fee", np.float64),
        ("margin", np.float64),
        ("funding", np.float64),  # paid so far, negative: received
        ("slippage", np.float64),
        ("stop_price", np.float64),  # what the trade list shows: levels at the entry, real prices
        ("target_price", np.float64),
        ("liquidation_price", np.float64),
        # Mirrored prices: price times side, so that a short reads like a long. Minus and plus infinity: no level.
        ("entry", np.float64),
        ("stop", np.float64),
        ("trail", np.float64),
        ("trail_distance", np.float64),  # NaN: no trailing stop
        ("liquidation", np.float64),
        ("target", np.float64),
        ("worst", np.float64),  # extremes the position lived through
        ("best", np.float64),
        ("entry_bar", np.int64),
        ("signal_bar", np.int64),
        ("intent", np.int64),
        # What the signals of a bar ordered: the reason to leave or NO_EXIT, the side to enter or FLAT.
        ("leave", np.int64),
        ("enter", np.int64),
        # The level met inside a bar, mirrored, and whether one of the other kind lay inside the bar as well.
        ("level", np.float64),
        ("ambiguous", np.bool_),
        # Counters of the run.
        ("trades", np.int64),
        ("refusals", np.int64),
        ("intents", np.int64),
        ("next_funding", np.int64),  # row of the first settlement neither settled nor passed
    ],
    align=True,
)
"""The account, its one position and the orders of the moment: all that a run remembers."""

TRADE = np.dtype(
    [
        ("side", np.int8),
        ("exit_reason", np.int8),
        ("ambiguous", np.bool_),
        ("entry_bar", np.int64),
        ("exit_bar", np.int64),
        ("signal_bar", np.int64),
        ("intent", np.int64),
        ("entry_price", np.float64),
        ("exit_price", np.float64),
        ("quantity", np.float64),
        ("pnl", np.float64),
        ("commission", np.float64),
        ("funding", np.float64),
        ("slippage", np.float64),
        ("mae_pct", np.float64),
        ("mfe_pct", np.float64),
        ("equity_after", np.float64),
        ("stop_price", np.float64),
        ("target_price", np.float64),
        ("liquidation_price", np.float64),
    ],
    align=True,
)
"""One closed trade; the fields of `domain.results.TradeColumns` but for the two times."""

REFUSED = np.dtype([("bar", np.int64), ("reason", np.int64), ("intent", np.int64)])
"""One order that was not placed: the bar whose signal asked, why, and the order intent."""

FUNDING = np.dtype(
    [
        ("after_bar", np.int64),  # the bar with the last open before the settlement
        ("place", np.int64),  # where it lies towards that bar's close
        ("rate", np.float64),
        ("price_at_next_open", np.float64),  # mark price, or the open of the next bar
        ("price_inside", np.float64),  # mark price, or the open of the bar itself
    ]
)
"""One settlement of funding."""
