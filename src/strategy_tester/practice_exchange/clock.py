"""The practice exchange's clock: market time runs at a speed of its own, and may be told wrong on purpose."""

import time
from collections.abc import Callable


class MarketClock:
    """Market time.

    Args:
        start_ms: UTC milliseconds at which the market begins.
        speed: Market seconds in a real second.
        end_ms: Where time stops, because the data end.
        real_s: Real seconds; for tests.
    """

    def __init__(
        self, start_ms: int, speed: float = 1.0, end_ms: int | None = None, real_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._real_s = real_s
        self._begun_s = real_s()
        self._begun_ms = float(start_ms)
        self._speed = speed
        self._end_ms = end_ms
        self.skew_ms = 0
        """What the exchange tells is off by this much."""

    @property
    def speed(self) -> float:
        """Market seconds in a real second; 0 while it rests."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Go on faster or slower from now on."""
        now = self._exact_ms()
        self._begun_s, self._begun_ms, self._speed = self._real_s(), now, speed

    def now_ms(self) -> int:
        """Market time, never beyond the end of the data."""
        return int(self._exact_ms())

    def told_ms(self) -> int:
        """Market time as the exchange tells it."""
        return self.now_ms() + self.skew_ms

    @property
    def is_over(self) -> bool:
        """Whether the data have ended."""
        return self._end_ms is not None and self.now_ms() >= self._end_ms

    def _exact_ms(self) -> float:
        now = self._begun_ms + (self._real_s() - self._begun_s) * 1000.0 * self._speed
        return now if self._end_ms is None else min(now, float(self._end_ms))
