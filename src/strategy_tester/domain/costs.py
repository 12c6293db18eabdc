"""Funding: what a perpetual's holders pay each other, as a dated series."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.errors import CorruptCandles

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True, eq=False)
class FundingRates:
    """Funding settlements, oldest first, shape (n,) each.

    Args:
        time_ms: UTC milliseconds of the settlement, strictly rising.
        rate: Fraction of the position's value; a long pays when it is positive.
        mark_price: Mark price at the settlement, NaN where unknown.

    Raises:
        CorruptCandles: columns of different length, times that do not rise, a rate that is not a number.
    """

    time_ms: NDArray[np.int64]
    rate: NDArray[np.float64]
    mark_price: NDArray[np.float64]

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "time_ms", np.ascontiguousarray(self.time_ms, dtype=np.int64))
        put(self, "rate", np.ascontiguousarray(self.rate, dtype=np.float64))
        put(self, "mark_price", np.ascontiguousarray(self.mark_price, dtype=np.float64))
        if not self.time_ms.size == self.rate.size == self.mark_price.size:
            raise CorruptCandles("funding: time_ms, rate and mark_price differ in length")
        if np.any(np.diff(self.time_ms) <= 0):
            raise CorruptCandles("funding: times do not rise")
        if not np.all(np.isfinite(self.rate)):
            raise CorruptCandles("funding: a rate is not a number")

    def __len__(self) -> int:
        return int(self.time_ms.size)

    @classmethod
    def empty(cls) -> "FundingRates":
        """No settlements at all."""
        return cls(np.empty(0, np.int64), np.empty(0), np.empty(0))

    @classmethod
    def of(cls, table: "FundingRates | polars.DataFrame | dict[str, Any] | None") -> "FundingRates":
        """Funding from a frame or mapping with columns time_ms, rate and, if known, mark_price."""
        if table is None:
            return cls.empty()
        if isinstance(table, FundingRates):
            return table
        names = list(table.keys()) if isinstance(table, dict) else list(table.columns)
        for name in ("time_ms", "rate"):
            if name not in names:
                raise CorruptCandles(f"funding: there is no column {name}; columns: {', '.join(names)}")
        time_ms = np.asarray(table["time_ms"])
        if np.issubdtype(time_ms.dtype, np.datetime64):
            time_ms = time_ms.astype("datetime64[ms]").astype(np.int64)
        marks = np.asarray(table["mark_price"], dtype=np.float64) if "mark_price" in names else None
        return cls(
            time_ms, np.asarray(table["rate"], dtype=np.float64),
            np.full(time_ms.size, np.nan) if marks is None else marks,
        )  # fmt: skip

    def between(self, start_ms: int, end_ms: int) -> "FundingRates":
        """Settlements at or after `start_ms` and before `end_ms`."""
        part = slice(*np.searchsorted(self.time_ms, [start_ms, end_ms]))
        return FundingRates(self.time_ms[part], self.rate[part], self.mark_price[part])
