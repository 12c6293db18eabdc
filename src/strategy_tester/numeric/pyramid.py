"""Level-of-detail pyramids: a long series seen from afar, with no extreme lost.

Level 0 is the series itself; each level above sums up four neighbors of the level below. Buckets are counted from
index 0, never from what is visible, so that a picture does not shimmer while it moves.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from strategy_tester.numeric.jit import kernel

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

FACTOR = 4
SMALLEST_LEVEL = 64
"""No level is made above one of this many values."""
FIRST, LAST, HIGHEST, LOWEST = 0, 1, 2, 3
"""What stands for a bucket: its first or last value, or its extreme. NaN counts only where nothing else is there."""


@kernel
def _bucket_value(values: Floats, first: int, last: int, rule: int) -> float:
    """The value of rule over values[first:last], last > first."""
    if rule == FIRST:
        return values[first]
    if rule == LAST:
        return values[last - 1]
    chosen = values[first]
    for index in range(first + 1, last):
        value = values[index]
        if np.isnan(chosen) or (value > chosen if rule == HIGHEST else value < chosen):
            chosen = value
    return chosen


@kernel
def refresh_levels(base: Floats, size: int, levels: Floats, starts: Places, changed: int, rule: int) -> None:
    """Write again every bucket above base[changed:size].

    Args:
        base: The series; values from `size` on are room to grow.
        size: How many values count.
        levels: All levels above the base, one behind the other, written here.
        starts: Where each level begins in `levels`, shape (levels + 1,).
        changed: First index whose value is new.
        rule: FIRST, LAST, HIGHEST or LOWEST.
    """
    below = base[:size]
    first = changed
    for level in range(starts.size - 1):
        length = (below.size + FACTOR - 1) // FACTOR
        above = levels[starts[level] : starts[level] + length]
        first //= FACTOR
        for bucket in range(first, length):
            end = min((bucket + 1) * FACTOR, below.size)
            above[bucket] = _bucket_value(below, bucket * FACTOR, end, rule)
        below = above


def level_starts(capacity: int) -> Places:
    """Where each level above a base of `capacity` values begins; the last entry is the total length."""
    starts = [0]
    length = capacity
    while length > SMALLEST_LEVEL:
        length = -(-length // FACTOR)
        starts.append(starts[-1] + length)
    return np.array(starts, dtype=np.int64)


class Pyramid:
    """One series with its levels; values may be added or the last ones changed, at a cost of a few buckets.

    Args:
        values: The series, float64, shape (n,). It is read in place until values are added.
        rule: What stands for a bucket: FIRST, LAST, HIGHEST or LOWEST.
        room: How many values may be added before the series is copied to a larger place.
    """

    def __init__(self, values: Floats, rule: int, room: int = 0) -> None:
        self.rule = rule
        self.size = int(values.size)
        self._base = np.ascontiguousarray(values, dtype=np.float64)
        self._owns_base = False
        if room:
            self._make_room(self.size + room)
        else:
            self._build()

    def _build(self) -> None:
        self._starts = level_starts(self._base.size)
        self._levels = np.empty(int(self._starts[-1]))
        refresh_levels(self._base, self.size, self._levels, self._starts, 0, self.rule)

    def _make_room(self, capacity: int) -> None:
        base = np.empty(capacity)
        base[: self.size] = self._base[: self.size]
        self._base, self._owns_base = base, True
        self._build()

    @property
    def top(self) -> int:
        """Number of the coarsest level; 0 when there is only the series."""
        return int(self._starts.size) - 1

    @property
    def values(self) -> Floats:
        """The series, shape (size,), as a view."""
        return self._base[: self.size]

    def level(self, number: int) -> Floats:
        """Buckets of FACTOR ** number values each, as a view; level 0 is the series."""
        if number == 0:
            return self.values
        length = -(-self.size // FACTOR**number)
        start = int(self._starts[number - 1])
        return self._levels[start : start + length]

    def append(self, value: float) -> None:
        """Add one value at the end."""
        if self.size == self._base.size or not self._owns_base:
            self._make_room(self.size + max(1024, self.size // 8))
        self.size += 1
        self._put_last(value)

    def update_last(self, value: float) -> None:
        """Change the last value; ignored when there is none."""
        if not self.size:
            return
        if not self._owns_base:
            self._make_room(self.size + max(1024, self.size // 8))
        self._put_last(value)

    def _put_last(self, value: float) -> None:
        self._base[self.size - 1] = value
        refresh_levels(self._base, self.size, self._levels, self._starts, self.size - 1, self.rule)


def level_for(values_per_pixel: float, top: int) -> int:
    """The coarsest level, `top` at most, whose bucket is no wider than one pixel."""
    level = 0
    while level < top and FACTOR ** (level + 1) <= values_per_pixel:
        level += 1
    return level


def warm_up(run: Callable[[], object] | None = None) -> None:
    """Compile this module's kernels (or load them from the cache) by using them once."""
    for rule in (FIRST, LAST, HIGHEST, LOWEST):
        Pyramid(np.arange(SMALLEST_LEVEL * FACTOR, dtype=np.float64), rule)
    if run is not None:
        run()
