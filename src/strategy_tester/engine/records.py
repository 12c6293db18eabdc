"""The integer codes and record layouts that the kernels share with Python.

Codes are plain integers: an enum compares inside a kernel but does not multiply. The order of exit and refusal codes
is that of `domain.results.EXIT_REASONS` and `REFUSAL_REASONS`; a unit test holds the two together.
"""

import numpy as np

LONG, SHORT, FLAT = 1, -1, 0

# Why a position was closed.
SIGNAL, TAKE_PROFIT, STOP_LOSS, TRAILING_STOP, LIQUIDATION, OPPOSITE_SIGNAL, END_OF_DATA = range(7)
NO_EXIT = -1

# Why an order was refused.
BELOW_MIN_QUANTITY, BELOW_MIN_NOTIONAL, NO_EQUITY, ROUNDED_TO_ZERO, DISTANCE_UNKNOWN = range(5)
ACCEPTED = -1

# What an opposite entry signal does, when signals fill, and what is assumed inside a bar.
REVERSE, CLOSE, IGNORE = range(3)
NEXT_OPEN, AT_CLOSE = range(2)
WORST, OHLC, MAGNIFIER = range(3)

# Where a settlement of funding lies with regard to the bar after whose open it comes.
INSIDE_BAR, AT_BAR_CLOSE, AFTER_BAR = range(3)

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
    ],
    align=True,
)
"""What one run is asked, as one record."""

ACCOUNT = np.dtype(
    [
        ("cash", np.float64),  # equity without the unrealized result; the margin counts as cash
        ("side", np.int64),  # LONG, SHORT or FLAT; the fields below mean something only while not FLAT
        ("quantity", np.float64),
        ("entry_price", np.float64),
        ("entry_fee", np.float64),
        ("margin", np.float64),
        ("funding", np.float64),  # paid so far, negative: received
        ("slippage", np.float64),
        ("stop_price", np.float64),  # what the trade list shows: levels at the entry, real prices
        ("target_price", np.float64),
        ("liquidation_price", np.float64),
        # Mirrored prices: price times side, so that a short reads like a long. Minus infinity, plus infinity: no level.
        ("entry", np.float64),
        ("stop", np.float64),
        ("trail", np.float64),
        ("trail_distance", np.float64),
        ("liquidation", np.float64),
        ("target", np.float64),
        ("worst", np.float64),  # extremes the position lived through
        ("best", np.float64),
        ("entry_bar", np.int64),
        ("signal_bar", np.int64),
        ("intent", np.int64),
        # Counters of the run.
        ("trades", np.int64),
        ("refusals", np.int64),
        ("intents", np.int64),
        ("conflicts", np.int64),
        ("unmagnified", np.int64),
        ("next_funding", np.int64),  # row of the first settlement not yet settled or passed
    ],
    align=True,
)
"""The account and its one position between two bars: all that a run remembers."""

# Rows of the trade table: numbers are float64, places int64, one column per trade.
(
    ENTRY_PRICE, EXIT_PRICE, QUANTITY, PNL, COMMISSION, FUNDING, SLIPPAGE, MAE_PCT, MFE_PCT, EQUITY_AFTER,
    STOP_PRICE, TARGET_PRICE, LIQUIDATION_PRICE,
) = range(13)  # fmt: skip
TRADE_NUMBERS = 13
SIDE, ENTRY_BAR, EXIT_BAR, EXIT_REASON, SIGNAL_BAR, INTENT, AMBIGUOUS = range(7)
TRADE_PLACES = 7

# Rows of the table of refused orders, int64.
REFUSED_BAR, REFUSED_REASON, REFUSED_INTENT = range(3)

# Rows of the two tables of funding settlements.
RATE, PRICE_AT_NEXT_OPEN, PRICE_INSIDE = range(3)
SETTLED_AFTER, PLACE, LOWER_AFTER, LOWER_PLACE = range(4)
