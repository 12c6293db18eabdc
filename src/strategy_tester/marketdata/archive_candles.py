"""Candles made of trades as the exchange makes them.

Bybit's candles open at the close before them, whatever the first trade costs, and a minute without trades is a flat
candle. High and low therefore include the open. A plain exchange opens at the first trade and skips empty minutes.
"""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Candles, Floats, Times
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.archives import TradeTable

Prices = tuple[Floats, Floats, Floats, Floats]
"""Open, high, low, close."""
_MOST_DECIMALS = 10


def candles_of_trades(
    table: TradeTable,
    timeframe: Timeframe,
    source: str,
    span: tuple[int, int] | None = None,
    close_before: float | None = None,
    *,
    opens_at_close: bool = True,
    is_inverse: bool = False,
) -> Candles:
    """Candles of a fixed timeframe.

    Args:
        table: Trades, oldest first.
        timeframe: Any but the month.
        source: Under which name they are to be stored.
        span: Which candles, by open time, end excluded; from the first to the last trade's candle by default.
        close_before: Close of the candle before the span. Without it, and by Bybit's rule, the candle of the first
            trade is left out: where it opened cannot be known.
        opens_at_close: Bybit's rule; else candles open at their first trade and empty ones are left out.
        is_inverse: Quantities are US dollars: turnover is in the base currency.
    """
    times = table.time_us // 1000
    opens = timeframe.opens_of(times)
    if span is None:
        span = (int(opens[0]), timeframe.next_open(int(opens[-1]))) if len(table) else (0, 0)
    inside = slice(*np.searchsorted(times, span))
    opens, price, quantity = opens[inside], table.price[inside], table.quantity[inside]
    first_of, starts = np.unique(opens, return_index=True)
    none = np.empty(0)
    if not first_of.size and (close_before is None or not opens_at_close):
        return _candles(first_of, (none, none, none, none), (none, none), (table, timeframe, source))
    value = quantity / price if is_inverse else quantity * price
    volume = _exact_sums(quantity, starts)
    turnover = _sums(value, starts, 8 if is_inverse else _digits_of_product(price, quantity))
    ends = np.append(starts, opens.size)[1:] - 1
    traded = (price[starts], _over(np.maximum, price, starts), _over(np.minimum, price, starts), price[ends])
    if not opens_at_close:
        return _candles(first_of, traded, (volume, turnover), (table, timeframe, source))
    begin = timeframe.open_of(span[0]) if close_before is not None else int(first_of[0])
    grid = np.arange(begin, span[1], timeframe.milliseconds, dtype=np.int64)
    made = _with_flat_ones(grid, first_of, traded, (volume, turnover), close_before, (table, timeframe, source))
    return made if close_before is not None else made.rows(1, len(made))


def _with_flat_ones(
    grid: Times,
    first_of: Times,
    traded: Prices,
    sums: tuple[Floats, Floats],
    close_before: float | None,
    names: tuple[TradeTable, Timeframe, str],
) -> Candles:
    """Every candle of a grid: each opens at the close before it, and those without trades are flat."""
    place = np.searchsorted(grid, first_of)
    has_trades = np.zeros(grid.size, dtype=np.bool_)
    has_trades[place] = True
    latest = np.cumsum(has_trades) - 1  # number of the traded candle that was last up to here, -1 before the first
    before = np.nan if close_before is None else close_before
    close = np.append(before, traded[3])[latest + 1]
    open_ = np.append(before, close[:-1])
    if close_before is None:
        open_[0] = traded[0][0]  # only for now: this candle is not kept
    high, low = close.copy(), close.copy()
    high[place], low[place] = traded[1], traded[2]
    high, low = np.maximum(high, open_), np.minimum(low, open_)
    volume, turnover = np.zeros(grid.size), np.zeros(grid.size)
    volume[place], turnover[place] = sums
    return _candles(grid, (open_, high, low, close), (volume, turnover), names)


def _candles(
    times: Times, prices: Prices, sums: tuple[Floats, Floats], names: tuple[TradeTable, Timeframe, str]
) -> Candles:
    table, timeframe, source = names
    open_, high, low, close = prices
    return Candles(times, open_, high, low, close, *sums, symbol=table.symbol, timeframe=timeframe, source=source)


def _over(operation: np.ufunc, values: Floats, starts: NDArray[np.intp]) -> Floats:
    return operation.reduceat(values, starts) if starts.size else np.empty(0)


def _exact_sums(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """Sums of decimal numbers without the errors of adding binary ones: counted in their smallest unit."""
    digits = _decimals(values)
    if digits is None or not starts.size or np.abs(values).sum() * 10.0**digits > 2.0**62:
        return _sums(values, starts, digits)
    units = np.rint(values * 10.0**digits).astype(np.int64)
    return np.round(np.add.reduceat(units, starts) / 10.0**digits, digits)


def _sums(values: Floats, starts: NDArray[np.intp], digits: int | None) -> Floats:
    sums = np.add.reduceat(values, starts) if starts.size else np.empty(0)
    return sums if digits is None else np.round(sums, digits)


def _decimals(values: Floats) -> int | None:
    """Digits after the point that all values need; None when they are no decimal numbers of a market."""
    for digits in range(_MOST_DECIMALS):
        scaled = values * 10.0**digits
        if np.all(np.abs(scaled - np.rint(scaled)) <= 1e-6):
            return digits
    return None


def _digits_of_product(price: Floats, quantity: Floats) -> int | None:
    ours, theirs = _decimals(price), _decimals(quantity)
    return None if ours is None or theirs is None else ours + theirs
