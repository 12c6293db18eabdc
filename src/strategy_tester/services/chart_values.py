"""Funding, mark price and open interest brought onto the bars of a chart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.candles import Floats, Times
from strategy_tester.services.ports import CandleStore, MarketValues

FUNDING = "funding"
YEAR_MS = 365 * 24 * 3_600_000
_BASED_ON_PRICE = ("mark_price", "index_price")


@dataclass(frozen=True, eq=False)
class BarTimes:
    """When the bars of a chart begin and end, and their closing prices, shape (bars,) each."""

    open_ms: Times
    close_ms: Times
    close: Floats


@dataclass(frozen=True, eq=False)
class BarValues:
    """A kind of value on the bars of a chart, NaN where there is none, shape (bars,) each.

    Attributes:
        kind: `funding` or one of `ports.VALUE_KINDS`.
        values: Funding: the sum of the bar's settlements in percent. Others: the last value known at the bar's end.
        latest: Funding: the last settlement's rate at the bar's end, in percent.
        derived: Funding: that rate in percent a year, not compounded. Prices: difference to the last price in percent
            of it, taken at moments at which both are known and held until the next one.
    """

    kind: str
    values: Floats
    latest: Floats
    derived: Floats


def available_kinds(store: CandleStore, symbol: str, source: str) -> tuple[str, ...]:
    """What can be shown for a market besides its candles."""
    has_funding = len(store.read_funding(symbol, source)) > 0
    return (*((FUNDING,) if has_funding else ()), *store.value_kinds(symbol, source))


def bar_values(store: CandleStore, symbol: str, source: str, kind: str, bars: BarTimes) -> BarValues:
    """Read a kind of value and bring it onto bars."""
    if kind == FUNDING:
        funding = store.read_funding(symbol, source)
        return funding_on_bars(MarketValues(funding.time_ms, funding.rate), bars)
    values = store.read_values(symbol, source, kind)
    nothing = np.full(bars.open_ms.size, np.nan)
    held = last_known(values, bars)
    return BarValues(kind, held, nothing, difference_to_last(values, bars) if kind in _BASED_ON_PRICE else nothing)


def funding_on_bars(funding: MarketValues, bars: BarTimes) -> BarValues:
    """Settlements on the bars that contain them (a settlement at the open of a bar belongs to that bar)."""
    count = bars.open_ms.size
    percent = funding.value * 100.0
    values = np.full(count, np.nan)
    place = np.searchsorted(bars.open_ms, funding.time_ms, side="right") - 1
    inside = (place >= 0) & (funding.time_ms < bars.close_ms[np.maximum(place, 0)]) if count else place >= 0
    sums = np.bincount(place[inside], weights=percent[inside], minlength=count) if count else np.empty(0)
    hit = np.unique(place[inside])
    values[hit] = sums[hit]
    steps = np.diff(funding.time_ms)
    interval = np.append(steps[:1], steps).astype(float) if steps.size else np.full(funding.time_ms.size, np.nan)
    yearly = percent * (YEAR_MS / interval)
    # A settlement that ends the bar belongs to the next one: strictly before the close.
    known = np.searchsorted(funding.time_ms, bars.close_ms, side="left") - 1
    is_known = known >= 0
    held = np.maximum(known, 0)
    if not len(funding):
        return BarValues(FUNDING, values, values.copy(), values.copy())
    return BarValues(
        FUNDING, values, np.where(is_known, percent[held], np.nan), np.where(is_known, yearly[held], np.nan)
    )


def last_known(values: MarketValues, bars: BarTimes) -> Floats:
    """The last value dated up to each bar's end.

    Held no longer than the values' usual step, or the bar where that is longer: a gap in the data shows as a gap.
    """
    if not len(values):
        return np.full(bars.open_ms.size, np.nan)
    step = int(np.median(np.diff(values.time_ms))) if len(values) > 1 else 0
    place = np.searchsorted(values.time_ms, bars.close_ms, side="right") - 1
    age = bars.close_ms - values.time_ms[np.maximum(place, 0)]
    longest = np.maximum(step, bars.close_ms - bars.open_ms)
    return np.where((place >= 0) & (age < longest), values.value[np.maximum(place, 0)], np.nan)


def difference_to_last(values: MarketValues, bars: BarTimes) -> Floats:
    """Value over last price - 1 in percent, at moments at which a bar ends exactly then; held as `last_known` does."""
    place = np.searchsorted(bars.close_ms, values.time_ms)
    place = np.minimum(place, max(bars.close_ms.size - 1, 0))
    meets: NDArray[np.bool_] = (
        bars.close_ms[place] == values.time_ms if bars.close_ms.size else np.zeros(len(values), dtype=np.bool_)
    )
    if not meets.any():
        return np.full(bars.open_ms.size, np.nan)
    percent = (values.value[meets] / bars.close[place[meets]] - 1.0) * 100.0
    return last_known(MarketValues(values.time_ms[meets], percent), bars)
