"""Series that are not stored themselves but can be made of finer stored candles, to be looked at."""

import math
from collections.abc import Iterable

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import MissingCandles
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import CandleStore, SeriesKey


def source_of(stored: Iterable[SeriesKey], wanted: SeriesKey) -> SeriesKey | None:
    """The stored series of the same market that `wanted` can be made of, the longest one; None when there is none."""
    from strategy_tester.marketdata.resample import fits_into

    fitting = [key for key in _of_market(stored, wanted) if fits_into(key.timeframe, wanted.timeframe)]
    return max(fitting, key=lambda key: key.timeframe.milliseconds, default=None)


def derived_timeframes(stored: Iterable[SeriesKey], market: SeriesKey) -> list[Timeframe]:
    """Timeframes of a market that are not stored but can be made of what is, finest first."""
    keys = list(stored)
    known = {key.timeframe for key in _of_market(keys, market)}
    wanted = [SeriesKey(market.symbol, frame, market.source) for frame in Timeframe if frame not in known]
    return [key.timeframe for key in wanted if source_of(keys, key) is not None]


def closest_series(stored: Iterable[SeriesKey], wanted: SeriesKey) -> SeriesKey:
    """`wanted` if it is stored or can be made; else the stored series of its market with the nearest timeframe.

    A market of which nothing is stored answers `wanted` itself.
    """
    keys = list(stored)
    if wanted in keys or source_of(keys, wanted) is not None:
        return wanted

    def distance(key: SeriesKey) -> float:
        return abs(math.log(key.timeframe.milliseconds / wanted.timeframe.milliseconds))

    return min(_of_market(keys, wanted), key=distance, default=wanted)


def read_series(candle_store: CandleStore, key: SeriesKey) -> Candles | None:
    """Stored candles, or candles made of finer ones; None when neither can be had.

    Every derived candle is whole: one in which the data begin or end is left out.
    """
    try:
        return candle_store.read(key)
    except MissingCandles:
        source = source_of([summary.key for summary in candle_store.series()], key)
    if source is None:
        return None
    from strategy_tester.marketdata.resample import resample

    return resample(candle_store.read(source), key.timeframe)


def _of_market(stored: Iterable[SeriesKey], market: SeriesKey) -> list[SeriesKey]:
    return [key for key in stored if (key.symbol, key.source) == (market.symbol, market.source)]
