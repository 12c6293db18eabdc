"""Where bars lie on the time axis: one slot per step of the timeframe, so that missing candles leave room."""

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Times
from strategy_tester.domain.timeframes import Timeframe

Slots = NDArray[np.int64]


class TimeBase:
    """Open times as slots: whole steps since the first bar.

    Where the times fit no regular grid, each bar simply takes the next slot (`is_regular` is False) and gaps cannot
    be seen.

    Args:
        open_time_ms: UTC milliseconds, strictly rising, shape (bars,).
        timeframe: Length of a bar, or None when it is not known.
        room: How many bars may be added before the arrays move to a larger place.
    """

    def __init__(self, open_time_ms: Times, timeframe: Timeframe | None, room: int = 0) -> None:
        self.timeframe = timeframe
        self.size = int(open_time_ms.size)
        self.first_ms = int(open_time_ms[0]) if self.size else 0
        self.is_regular = timeframe is not None
        self._times = open_time_ms
        slots = self._grid_slots(open_time_ms) if timeframe is not None else None
        if slots is None:
            self.is_regular = False
            slots = np.arange(self.size, dtype=np.int64)
        self._slots: Slots = slots
        if room:
            self._make_room(self.size + room)

    def _grid_slots(self, times: Times) -> Slots | None:
        if self.timeframe is Timeframe.MO1:
            months = times.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
            slots = months - (months[0] if months.size else 0)
        else:
            slots = (times - self.first_ms) // self.step_ms
        rises = bool(np.all(slots[1:] > slots[:-1])) if slots.size > 1 else True
        return slots if rises else None

    @property
    def step_ms(self) -> int:
        """Length of a slot in milliseconds; a month counts 30 days."""
        if self.timeframe is not None:
            return self.timeframe.milliseconds
        if self.size < 2:
            return 60_000
        return max(1, int(self._times[self.size - 1] - self._times[0]) // (self.size - 1))

    @property
    def slots(self) -> Slots:
        """Slot of each bar, strictly rising, shape (bars,)."""
        return self._slots[: self.size]

    @property
    def times(self) -> Times:
        """Open time of each bar, UTC milliseconds, shape (bars,)."""
        return self._times[: self.size]

    @property
    def last_slot(self) -> int:
        """Slot of the last bar; -1 when there are none."""
        return int(self._slots[self.size - 1]) if self.size else -1

    def time_of(self, slot: float) -> int:
        """UTC milliseconds at which a slot opens, also outside the bars."""
        whole = int(np.floor(slot))
        if self.timeframe is Timeframe.MO1 and self.is_regular:
            start = np.datetime64(self.first_ms, "ms").astype("datetime64[M]")
            return int((start + whole).astype("datetime64[ms]").astype(np.int64))
        if self.is_regular:
            return self.first_ms + whole * self.step_ms
        if 0 <= whole < self.size:
            return int(self._times[whole])
        edge = 0 if whole < 0 else self.size - 1
        return int(self._times[edge]) + (whole - edge) * self.step_ms if self.size else 0

    def slot_of(self, time_ms: float) -> int:
        """Slot that contains a moment, also outside the bars."""
        if self.timeframe is Timeframe.MO1 and self.is_regular:
            month = np.datetime64(int(time_ms), "ms").astype("datetime64[M]")
            return int((month - np.datetime64(self.first_ms, "ms").astype("datetime64[M]")).astype(np.int64))
        if self.is_regular or not self.size:
            return int((int(time_ms) - self.first_ms) // self.step_ms)
        return int(np.searchsorted(self.times, np.int64(time_ms), side="right")) - 1

    def bar_at(self, slot: float) -> int | None:
        """Number of the bar in a slot, or None where none is."""
        whole = int(np.floor(slot))
        bar = self.bars_before(whole)
        return bar if bar < self.size and self._slots[bar] == whole else None

    def bars_before(self, slot: int) -> int:
        """How many bars lie in earlier slots."""
        return int(np.searchsorted(self.slots, np.int64(slot)))

    def append(self, open_time_ms: int) -> None:
        """Add a bar after the last one. Its time must be later."""
        slot = self.slot_of(open_time_ms) if self.is_regular and self.size else self.last_slot + 1
        if self.size and (open_time_ms <= self._times[self.size - 1] or slot <= self.last_slot):
            raise ValueError(f"the bar at {open_time_ms} does not come after the last one")
        if not self.size:
            self.first_ms = open_time_ms
        if self.size == self._times.size:
            self._make_room(self.size + max(1024, self.size // 8))
        self._times[self.size] = open_time_ms
        self._slots[self.size] = slot
        self.size += 1

    def _make_room(self, capacity: int) -> None:
        times, slots = np.empty(capacity, dtype=np.int64), np.empty(capacity, dtype=np.int64)
        times[: self.size], slots[: self.size] = self.times, self.slots
        self._times, self._slots = times, slots
