"""The exchange's clock as seen from here: the offset that the quickest answers show."""

import threading
import time
from collections import deque
from collections.abc import Callable

_KEPT = 16
_DRIFT_MS = 50.0


class ServerClock:
    """Learns from answers how far this machine's clock is off.

    An answer that was on its way for long says little: of the latest ones the quickest is believed, until an answer
    shows that a clock was set meanwhile, or that the computer has slept.

    Args:
        now_ms: This machine's clock.
    """

    def __init__(self, now_ms: Callable[[], float] = lambda: time.time() * 1000.0) -> None:
        self._now_ms = now_ms
        self._seen: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def learn(self, sent_ms: float, received_ms: float, server_ms: float) -> None:
        """An answer came: when it was asked for, when it came, and what the exchange's clock said."""
        way_ms, offset_ms = received_ms - sent_ms, server_ms - (sent_ms + received_ms) / 2.0
        with self._lock:
            if self._seen:
                known_way_ms, known_ms = min(self._seen)
                # Each answer is off by half its way at most. Two that exclude each other: one of the clocks was set.
                if abs(offset_ms - known_ms) > (way_ms + known_way_ms) / 2.0 + _DRIFT_MS:
                    self._seen.clear()
            self._seen.append((way_ms, offset_ms))

    def forget(self) -> None:
        """What was learned no longer holds, as after a change of this machine's clock."""
        with self._lock:
            self._seen.clear()

    @property
    def is_known(self) -> bool:
        """Whether an answer has come yet."""
        return bool(self._seen)

    @property
    def offset_ms(self) -> float:
        """What to add to this machine's clock; 0 while unknown."""
        with self._lock:
            return min(self._seen)[1] if self._seen else 0.0

    def now_ms(self) -> int:
        """The exchange's clock now."""
        return round(self._now_ms() + self.offset_ms)
