"""Which trades of a backtest were known at a moment, and how an open one stood.

An entry is known at its fill. An exit at an open or a close is known then. An exit inside a bar bears the time at which
the bar opened, so it is known only when the bar has closed, or as soon as lower candles have shown that the price got
to its level.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Times
from strategy_tester.domain.errors import InputError
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.domain.trades import EXIT_REASONS, TradeColumns
from strategy_tester.services.replay import FormingCandle

_AT_FILL = tuple(EXIT_REASONS.index(name) for name in ("signal", "opposite_signal", "end_of_data"))
_TAKE_PROFIT, _LIQUIDATION = EXIT_REASONS.index("take_profit"), EXIT_REASONS.index("liquidation")
_BY_SIGNAL = tuple(EXIT_REASONS.index(name) for name in ("signal", "opposite_signal"))
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class OpenTrade:
    """A trade that was open: nothing of how it ended.

    Attributes:
        number: Place in the columns of the result.
        is_long: Side.
        entry_bar: Number of the bar of the fill.
        entry_time_ms: When it was filled, UTC milliseconds.
        entry_price: Quote currency per base unit.
        quantity: Base units.
        stop_price: Level at the entry, NaN without one; `target_price` likewise.
        booked: Its result at `booked_price` by the engine's books: with the entry's fee and the funding paid so far,
            without the costs of leaving. Quote currency.
        booked_price: The close of the last bar that had closed; the entry's price before the first one.
    """

    number: int
    is_long: bool
    entry_bar: int
    entry_time_ms: int
    entry_price: float
    quantity: float
    stop_price: float
    target_price: float
    booked: float
    booked_price: float

    def result_at(self, price: float) -> float:
        """Net result if the price is this one: fees and funding up to the last closed bar, no costs of leaving."""
        move = (price - self.booked_price) * self.quantity
        return self.booked + (move if self.is_long else -move)

    def result_pct_at(self, price: float) -> float:
        """The same in percent of the position's size."""
        return self.result_at(price) / (self.entry_price * self.quantity) * 100.0


@dataclass(frozen=True)
class KnownTrades:
    """The trades known at a moment: the first `closed` of the columns, and those still open."""

    closed: int
    open: tuple[OpenTrade, ...] = ()


LONG, SHORT, LEAVE, REFUSED = range(4)
"""What a signal asked for; of a refused order only that there was one."""


@dataclass(frozen=True, eq=False)
class DecidedSignals:
    """The signals that led to orders: each is known from the close of its bar on.

    Attributes:
        bar: Number of the bar whose close decided, in rising order; shape (n,).
        kind: LONG, SHORT, LEAVE or REFUSED; shape (n,).
    """

    bar: NDArray[np.int64]
    kind: NDArray[np.int8]

    @classmethod
    def of(cls, result: BacktestResult) -> "DecidedSignals":
        """The signals of a result."""
        trades = result.trade_columns
        entries = trades.signal_bar, np.where(trades.side > 0, LONG, SHORT)
        refused = result.refusals.bar, np.full(len(result.refusals), REFUSED)
        leaving = np.isin(trades.exit_reason, _BY_SIGNAL)
        # An order filled at the open was decided at the close before.
        exit_bar, exit_time = trades.exit_bar[leaving], trades.exit_time_ms[leaving]
        leave_bar = exit_bar - (exit_time == result.open_time_ms[exit_bar])
        # A reversal is one signal: the entry's.
        alone = ~np.isin(leave_bar, entries[0])
        leave = leave_bar[alone], np.full(int(alone.sum()), LEAVE)
        bar, kind = (np.concatenate(columns) for columns in zip(entries, refused, leave, strict=True))
        order = np.argsort(bar, kind="stable")
        order = order[bar[order] >= 0]
        return cls(bar[order].astype(np.int64), kind[order].astype(np.int8))

    def between(self, first: int, last: int) -> "DecidedSignals":
        """Those of some bars; `last` is one past the last."""
        start, end = np.searchsorted(self.bar, (first, last))
        return DecidedSignals(self.bar[start:end], self.kind[start:end])


class TradeTimeline:
    """When each trade of a result became known.

    Args:
        result: A finished backtest.
    """

    def __init__(self, result: BacktestResult) -> None:
        self._result = result
        trades = result.trade_columns
        self._frame = _timeframe_of(result)
        self._closes = _closes_of(result, self._frame)
        exit_known = trades.exit_time_ms.copy()
        inside = ~np.isin(trades.exit_reason, _AT_FILL)
        exit_known[inside] = np.maximum(exit_known[inside], self._closes[trades.exit_bar[inside]])
        # Trades stand in the order they were closed; one at a time is open.
        self._exit_known: Times = np.maximum.accumulate(exit_known) if exit_known.size else exit_known
        self._entry_known: Times = np.maximum.accumulate(trades.entry_time_ms) if len(trades) else trades.entry_time_ms
        self.signals = DecidedSignals.of(result)
        decided = self._closes[self.signals.bar]
        self.moments: Times = np.unique(np.concatenate([self._entry_known, self._exit_known, decided]))
        """Every moment at which something of the strategy becomes known: signals, fills, exits, refused orders."""

    def next_moment(self, now_ms: int) -> int | None:
        """The next moment at which something happens; None after the last."""
        place = int(np.searchsorted(self.moments, now_ms, side="right"))
        return int(self.moments[place]) if place < self.moments.size else None

    def previous_moment(self, now_ms: int) -> int | None:
        """The last moment before this one at which something happened; None before the first."""
        place = int(np.searchsorted(self.moments, now_ms))
        return int(self.moments[place - 1]) if place else None

    def until(self, now_ms: int, forming: FormingCandle | None = None) -> KnownTrades:
        """The trades known at a moment.

        Args:
            now_ms: UTC milliseconds.
            forming: The candle of the result's own series that is forming then, made of lower candles.
        """
        closed = int(np.searchsorted(self._exit_known, now_ms, side="right"))
        entered = int(np.searchsorted(self._entry_known, now_ms, side="right"))
        while forming is not None and closed < entered and self._was_reached(closed, forming):
            closed += 1
        return KnownTrades(closed, tuple(self._open(number, now_ms) for number in range(closed, entered)))

    def _was_reached(self, number: int, forming: FormingCandle) -> bool:
        """Whether the price has been at the level of an exit inside the forming bar."""
        trades = self._result.trade_columns
        reason = int(trades.exit_reason[number])
        if reason in _AT_FILL or int(self._result.open_time_ms[trades.exit_bar[number]]) != forming.open_time_ms:
            return False
        is_long = bool(trades.side[number] > 0)
        level = float(trades.exit_price[number])
        if reason == _LIQUIDATION:
            level = float(trades.liquidation_price[number])
        elif reason != _TAKE_PROFIT:
            # The fill is worse than the level by the slippage.
            slippage = self._result.config.slippage_rate
            level /= 1.0 - slippage if is_long else 1.0 + slippage
        if is_long == (reason == _TAKE_PROFIT):
            return forming.high >= level * (1.0 - _TOLERANCE)
        return forming.low <= level * (1.0 + _TOLERANCE)

    def _open(self, number: int, now_ms: int) -> OpenTrade:
        result, trades = self._result, self._result.trade_columns
        is_long = bool(trades.side[number] > 0)
        entry_price, quantity = float(trades.entry_price[number]), float(trades.quantity[number])
        entry_bar = int(trades.entry_bar[number])
        bar = int(np.searchsorted(self._closes, now_ms, side="right")) - 1
        # Up to here the engine's books hold this position and nothing else.
        if entry_bar <= bar < int(trades.exit_bar[number]):
            before = float(trades.equity_after[number - 1]) if number else result.config.initial_capital
            booked, booked_price = float(result.equity_curve[bar]) - before, float(result.close[bar])
        else:
            booked, booked_price = -entry_price * quantity * result.config.taker_fee_rate, entry_price
        return OpenTrade(
            number, is_long, entry_bar, int(trades.entry_time_ms[number]), entry_price, quantity,
            float(trades.stop_price[number]), float(trades.target_price[number]), booked, booked_price,
        )  # fmt: skip


def trades_until(result: BacktestResult, now_ms: int, forming: FormingCandle | None = None) -> KnownTrades:
    """The trades of a result known at a moment; for many moments make a `TradeTimeline` once."""
    return TradeTimeline(result).until(now_ms, forming)


def first_trades(trades: TradeColumns, count: int) -> TradeColumns:
    """The first trades of the columns; numbers stay what they were."""
    chosen: NDArray[np.bool_] = np.arange(len(trades)) < count
    return trades.where(chosen)


def _timeframe_of(result: BacktestResult) -> Timeframe | None:
    try:
        return Timeframe.parse(result.timeframe) if result.timeframe else None
    except InputError:
        return None


def _closes_of(result: BacktestResult, frame: Timeframe | None) -> Times:
    """Close time of each bar; without a timeframe the open of the next one."""
    opens = result.open_time_ms
    if frame is not None:
        return frame.closes_of(opens)
    return np.append(opens[1:], opens[-1:])
