"""Bybit's thirteen candle lengths and their UTC boundaries."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

import numpy as np

from strategy_tester.domain.errors import InvalidParameter

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
# 1970-01-05 was a Monday: weeks counted from there start on Mondays.
FIRST_MONDAY_MS = 4 * DAY_MS


class Timeframe(Enum):
    """A candle length. The value is the name users read; `bybit` is the name in Bybit's interface."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H6 = "6h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"
    MO1 = "1M"

    @property
    def bybit(self) -> str:
        """The name of this interval in Bybit's v5 interface: minutes, or D, W, M."""
        letters = {Timeframe.D1: "D", Timeframe.W1: "W", Timeframe.MO1: "M"}
        return letters.get(self) or str(self.milliseconds // MINUTE_MS)

    @property
    def milliseconds(self) -> int:
        """Length in milliseconds; a month counts 30 days here, use `next_open` for its true end."""
        return _MILLISECONDS[self]

    @property
    def is_fixed(self) -> bool:
        """Whether every candle of it is equally long; only the month is not."""
        return self is not Timeframe.MO1

    @classmethod
    def parse(cls, text: "str | int | Timeframe") -> "Timeframe":
        """Read '1h', '60', 60, 'D', '1D', '60m' and the like; the month is 'M' or '1M', minutes are 'm'.

        Raises:
            InvalidParameter: none of the thirteen is meant.
        """
        if isinstance(text, Timeframe):
            return text
        word = str(text).strip()
        found = _ALIASES.get(word) or _ALIASES.get(word.lower() if word not in {"M", "1M"} else word)
        if found is None:
            raise InvalidParameter("timeframe", text, ", ".join(frame.value for frame in cls))
        return found

    @classmethod
    def from_milliseconds(cls, length_ms: int) -> "Timeframe | None":
        """The timeframe of this exact length, or None; 28 to 31 days are a month."""
        for frame, known in _MILLISECONDS.items():
            if known == length_ms and frame is not cls.MO1:
                return frame
        return cls.MO1 if 28 * DAY_MS <= length_ms <= 31 * DAY_MS else None

    def open_of(self, time_ms: int) -> int:
        """Open time of the candle that contains this moment (UTC; weeks start on Monday, months on the 1st)."""
        if self is Timeframe.MO1:
            moment = datetime.fromtimestamp(time_ms / 1000, UTC)
            return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1000
        origin = FIRST_MONDAY_MS if self is Timeframe.W1 else 0
        return (time_ms - origin) // self.milliseconds * self.milliseconds + origin

    def next_open(self, open_time_ms: int) -> int:
        """Open time of the candle after the one that opens here: this candle's close time."""
        if self is Timeframe.MO1:
            return self.open_of(self.open_of(open_time_ms) + 32 * DAY_MS)
        return open_time_ms + self.milliseconds

    def opens_of(self, time_ms: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, np.dtype[np.int64]]":
        """`open_of` for a whole array, shape (n,)."""
        if self is Timeframe.MO1:
            months = time_ms.astype("datetime64[ms]").astype("datetime64[M]")
            return months.astype("datetime64[ms]").astype(np.int64)
        origin = FIRST_MONDAY_MS if self is Timeframe.W1 else 0
        return (time_ms - origin) // self.milliseconds * self.milliseconds + origin

    def closes_of(self, open_time_ms: "np.ndarray[Any, np.dtype[np.int64]]") -> "np.ndarray[Any, np.dtype[np.int64]]":
        """Close time of each candle that opens at these times, shape (n,)."""
        if self is Timeframe.MO1:
            months = open_time_ms.astype("datetime64[ms]").astype("datetime64[M]")
            return (months + 1).astype("datetime64[ms]").astype(np.int64)
        return open_time_ms + self.milliseconds

    def __str__(self) -> str:
        return self.value


_MILLISECONDS = {
    Timeframe.M1: MINUTE_MS,
    Timeframe.M3: 3 * MINUTE_MS,
    Timeframe.M5: 5 * MINUTE_MS,
    Timeframe.M15: 15 * MINUTE_MS,
    Timeframe.M30: 30 * MINUTE_MS,
    Timeframe.H1: HOUR_MS,
    Timeframe.H2: 2 * HOUR_MS,
    Timeframe.H4: 4 * HOUR_MS,
    Timeframe.H6: 6 * HOUR_MS,
    Timeframe.H12: 12 * HOUR_MS,
    Timeframe.D1: DAY_MS,
    Timeframe.W1: WEEK_MS,
    Timeframe.MO1: 30 * DAY_MS,
}


def _aliases() -> dict[str, Timeframe]:
    names: dict[str, Timeframe] = {}
    for frame in Timeframe:
        names[frame.value] = frame
        if frame.milliseconds < DAY_MS:
            minutes = frame.milliseconds // MINUTE_MS
            names |= {str(minutes): frame, f"{minutes}m": frame, f"{minutes}min": frame}
    names |= {"d": Timeframe.D1, "1d": Timeframe.D1, "w": Timeframe.W1, "1w": Timeframe.W1}
    names |= {
        "M": Timeframe.MO1,
        "1M": Timeframe.MO1,
        "1mo": Timeframe.MO1,
        "1month": Timeframe.MO1,
    }
    return names


_ALIASES = _aliases()
