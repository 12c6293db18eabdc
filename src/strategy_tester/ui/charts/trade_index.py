"""Trades sorted for drawing and for being found under the pointer. No Qt here."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.results import EXIT_REASONS, TradeColumns
from strategy_tester.ui.charts.time_base import TimeBase

Places = NDArray[np.int64]
END_OF_DATA = EXIT_REASONS.index("end_of_data")


class TradeIndex:
    """Closed trades in the order of their entries, with slots instead of bar numbers.

    Args:
        trades: As a backtest returns them.
        base: The time axis of the candles on the chart.
    """

    def __init__(self, trades: TradeColumns, base: TimeBase) -> None:
        self.trades = trades
        entry = _slots(trades.entry_time_ms, trades.entry_bar, base)
        exit_ = np.maximum(_slots(trades.exit_time_ms, trades.exit_bar, base), entry)
        self.order: Places = np.argsort(entry, kind="stable")
        order = self.order
        self.entry, self.exit = np.ascontiguousarray(entry[order]), np.ascontiguousarray(exit_[order])
        self.entry_price = np.ascontiguousarray(trades.entry_price[order])
        self.exit_price = np.ascontiguousarray(trades.exit_price[order])
        self.stop = np.ascontiguousarray(trades.stop_price[order])
        self.target = np.ascontiguousarray(trades.target_price[order])
        self.side = trades.side[order]
        self.result_pct = trades.pnl_pct[order]
        self.is_win = np.ascontiguousarray(trades.pnl[order] > 0.0)
        self.is_loss = ~self.is_win
        self.is_open = trades.exit_reason[order] == END_OF_DATA
        self.win_exits = np.sort(self.exit[self.is_win])
        self.loss_exits = np.sort(self.exit[self.is_loss])
        # The latest exit so far rises, so that the first trade in sight is found by bisection.
        self._latest_exit = np.maximum.accumulate(self.exit) if self.exit.size else self.exit

    def __len__(self) -> int:
        return int(self.entry.size)

    def visible(self, left: float, right: float) -> tuple[int, int]:
        """First and one past the last trade (in order of entry) that may touch these slots."""
        first = int(np.searchsorted(self._latest_exit, np.int64(np.floor(left)), side="left"))
        last = int(np.searchsorted(self.entry, np.int64(np.ceil(right)), side="right"))
        return first, max(first, last)

    def place_of(self, trade: int) -> int | None:
        """Where a trade, by its number in the columns, stands in order of entry."""
        found = np.flatnonzero(self.order == trade)
        return int(found[0]) if found.size else None

    def find(self, slot: float, price: float, slot_reach: float, price_reach: float) -> int | None:
        """Number (in the columns) of the trade whose box is under a point, the smallest box first; None without one.

        The reaches say how far outside a box still counts, so that thin boxes can be hit.
        """
        first, last = self.visible(slot - slot_reach - 1, slot + slot_reach + 1)
        part = slice(first, last)
        low = np.minimum(self.entry_price[part], self.exit_price[part]) - price_reach
        high = np.maximum(self.entry_price[part], self.exit_price[part]) + price_reach
        inside = (
            (self.entry[part] + 0.5 - slot_reach <= slot)
            & (slot <= self.exit[part] + 0.5 + slot_reach)
            & (low <= price)
            & (price <= high)
        )
        hits = np.flatnonzero(inside)
        if not hits.size:
            return None
        size = (self.exit[part] - self.entry[part] + 1)[hits] * (high - low)[hits]
        return int(self.order[first + hits[np.argmin(size)]])


def _slots(times: NDArray[np.int64], bars: Places, base: TimeBase) -> Places:
    """Slots of fills. By time, because the chart may show more bars, or another timeframe, than the backtest saw."""
    if not base.size:
        return np.zeros(times.size, dtype=np.int64)
    # A fill at the close bears the time at which the next bar opens; its bar number knows better where it fits.
    inside = (bars >= 0) & (bars < base.size)
    safe = np.where(inside, bars, 0)
    same_run = inside & (base.times[safe] <= times) & (times <= base.times[safe] + base.step_ms)
    found = np.searchsorted(base.times, times, side="right") - 1
    slots = base.slots[np.where(same_run, safe, np.clip(found, 0, base.size - 1))]
    # A fill at the open of the bar that comes next, as in a replay or on a live chart, stands where that bar will be.
    end = base.times[-1] + base.step_ms
    return np.where(~same_run & (times >= end) & (times < end + base.step_ms), base.last_slot + 1, slots)
