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
            self._take_place(self._moved_base(self.size + room))
        self._build()

    @classmethod
    def owning(cls, place: Floats, size: int, rule: int) -> "Pyramid":
        """A pyramid over the first `size` values of an array that is its own from now on; the rest is room to grow."""
        pyramid = cls(place[:0], rule)
        pyramid.size = size
        pyramid._take_place(place)
        pyramid._build()
        return pyramid

    def _build(self) -> None:
        self._starts = level_starts(self._base.size)
        self._levels = np.empty(int(self._starts[-1]))
        refresh_levels(self._base, self.size, self._levels, self._starts, 0, self.rule)

    def _moved_base(self, capacity: int) -> Floats:
        base = np.empty(capacity)
        base[: self.size] = self._base[: self.size]
        return base

    def _take_place(self, base: Floats) -> None:
        self._base, self._owns_base = base, True

    def _make_room(self, capacity: int) -> None:
        """Move to a larger place; the levels are copied, not worked out again."""
        levels = [self.level(number) for number in range(1, self.top + 1)]
        self._take_place(self._moved_base(capacity))
        self._place_levels(levels)

    def _place_levels(self, levels: list[Floats]) -> None:
        self._starts = level_starts(self._base.size)
        self._levels = np.empty(int(self._starts[-1]))
        for start, level in zip(self._starts[:-1], levels, strict=False):
            self._levels[start : start + level.size] = level
        if len(levels) < self.top:
            refresh_levels(self._base, self.size, self._levels, self._starts, 0, self.rule)

    @property
    def top(self) -> int:
        """Number of the coarsest level; 0 when there is only the series."""
        return int(self._starts.size) - 1

    @property
    def capacity(self) -> int:
        """How many values fit before the series moves to a larger place."""
        return int(self._base.size)

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
        self._reserve(self.size + 1)
        self.size += 1
        self._put_last(value)

    def update_last(self, value: float) -> None:
        """Change the last value; ignored when there is none."""
        if not self.size:
            return
        self._reserve(self.size)
        self._put_last(value)

    def put(self, first: int, values: Floats) -> None:
        """Values from index `first` (at most the size) on; they become the end of the series."""
        self._reserve(first + values.size)
        self.size = first + values.size
        self._base[first : self.size] = values
        refresh_levels(self._base, self.size, self._levels, self._starts, first, self.rule)

    def recut(self, size: int, known: Floats) -> None:
        """Hold the first `size` values of the series it was made of in full, however many it holds now.

        All buckets but those at the two ends are right already, so this costs the same for any distance.

        Args:
            size: How many values; at most as many as the series has.
            known: The series. The last value held now may be another one: it is set back.
        """
        end = min(self.size, known.size)
        self._base[end - 1 : end] = known[end - 1 : end]
        self._move_end(size, known.size)

    def _move_end(self, size: int, whole: int) -> None:
        """From its present end to another one, over a base that is right everywhere."""
        last, reach = max(min(self.size, whole) - 1, 0), FACTOR**self.top
        end = min((last // reach + 1) * reach, whole)
        refresh_levels(self._base, end, self._levels, self._starts, last, self.rule)
        self.size = size
        refresh_levels(self._base, size, self._levels, self._starts, max(size - 1, 0), self.rule)

    def _reserve(self, size: int) -> None:
        if size > self._base.size or not self._owns_base:
            self._make_room(max(size, self.size + max(1024, self.size // 8)))

    def _put_last(self, value: float) -> None:
        self._base[self.size - 1] = value
        refresh_levels(self._base, self.size, self._levels, self._starts, self.size - 1, self.rule)


class FollowingPyramid(Pyramid):
    """Other levels over the series of another pyramid: the values are kept once.

    Args:
        source: Whose series; after it has changed, `catch_up` brings the levels up to date.
        rule: What stands for a bucket.
    """

    def __init__(self, source: Pyramid, rule: int) -> None:
        self._source = source
        self.rule = rule
        self.size = source.size
        self._base, self._owns_base = source._base, False
        self._build()

    def catch_up(self) -> None:
        """Take over what was added to the source since, and its last value."""
        changed = max(min(self.size, self._source.size) - 1, 0)
        if self._source._base is not self._base:
            levels = [self.level(number) for number in range(1, self.top + 1)]
            self._base = self._source._base
            self._place_levels(levels)
        self.size = self._source.size
        refresh_levels(self._base, self.size, self._levels, self._starts, changed, self.rule)

    def recut(self, size: int, known: Floats) -> None:
        """As the source, which goes first."""
        self._move_end(size, known.size)

    def _reserve(self, size: int) -> None:
        raise TypeError("the source of a following pyramid grows, not the pyramid")


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
