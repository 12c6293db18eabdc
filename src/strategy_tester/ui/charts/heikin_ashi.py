"""Heikin-Ashi bars with pyramids of their own, following the real candles they are made from."""

from typing import TYPE_CHECKING

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.ui.charts.kernels import KERNELS

if TYPE_CHECKING:
    from strategy_tester.numeric.pyramid import Pyramid
    from strategy_tester.ui.charts.series import PreparedCandles


class HeikinAshi:
    """Average bars of candles; volumes are those of the candles.

    Args:
        candles: The real ones.
    """

    def __init__(self, candles: "PreparedCandles") -> None:
        from strategy_tester.numeric.pyramid import FIRST, HIGHEST, LAST, LOWEST, Pyramid

        self._candles = candles
        real = _real_columns(candles)
        size = real[3].size
        # With the candles' own room to grow, so that both move to a larger place equally seldom.
        values = np.empty((4, max(candles.close.capacity, size)))
        KERNELS.averages.heikin_ashi(real, 0, (0.0, 0.0), values)
        self.open, self.high, self.low, self.close = (
            Pyramid.owning(row, size, rule) for row, rule in zip(values, (FIRST, HIGHEST, LOWEST, LAST), strict=True)
        )

    def __len__(self) -> int:
        return self.close.size

    @property
    def base(self):
        """The time axis of the candles."""
        return self._candles.base

    @property
    def volume(self) -> "Pyramid":
        """The volumes of the candles."""
        return self._candles.volume

    def columns(self, level: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Open, high, low, close, volume of each bucket of a level."""
        return (
            self.open.level(level), self.high.level(level), self.low.level(level), self.close.level(level),
            self.volume.level(level),
        )  # fmt: skip

    def catch_up(self) -> None:
        """Take over the bars added to the candles since, and changes of the bar that was last: nothing before it."""
        real = _real_columns(self._candles)
        first = max(min(len(self), real[3].size) - 1, 0)
        before = (float(self.open.values[first - 1]), float(self.close.values[first - 1])) if first else (0.0, 0.0)
        fresh = np.empty((4, real[3].size - first))
        KERNELS.averages.heikin_ashi(real, first, before, fresh)
        for pyramid, values in zip((self.open, self.high, self.low, self.close), fresh, strict=True):
            pyramid.put(first, values)


def _real_columns(candles: "PreparedCandles") -> tuple[Floats, Floats, Floats, Floats]:
    columns = candles.open.values, candles.high.values, candles.low.values, candles.close.values
    # Made on a worker while the UI thread may be adding a bar: only bars that are there in full count.
    size = min(column.size for column in columns)
    open_, high, low, close = (column[:size] for column in columns)
    return open_, high, low, close
