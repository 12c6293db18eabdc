"""The values behind a strategy's columns: each indicator computed once, on its own timeframe, when first asked for."""

import numpy as np

from strategy_tester.domain.candles import Candles, Floats
from strategy_tester.domain.errors import InvalidStrategy
from strategy_tester.indicators.registry import compute
from strategy_tester.marketdata.resample import closed_higher_bar, fits_into, resample
from strategy_tester.strategies.rules.columns import BoundIndicator, ColumnSource, column_sources
from strategy_tester.strategies.rules.model import CANDLE_COLUMNS, StrategyRules


class ColumnValues:
    """Columns by name for one set of candles.

    A value on a higher timeframe appears on the bar at whose close the higher bar has closed, and stays until the next
    one has. The higher bar in which the candles begin or end is never used: it is not whole.
    """

    def __init__(self, rules: StrategyRules, candles: Candles) -> None:
        self._candles = candles
        self.sources: dict[str, ColumnSource] = column_sources(rules.indicators)
        self._computed: dict[object, dict[str, Floats]] = {}
        self._higher: dict[object, tuple[Candles, np.ndarray]] = {}
        for source in self.sources.values():
            _check_timeframe(source.indicator, candles)

    def of(self, column: str) -> Floats:
        """Values of a column, shape (bars,), NaN where there is none. Not to be written to."""
        if column in CANDLE_COLUMNS:
            return self._candles.column(column)
        source = self.sources[column]
        return self._outputs(source.indicator)[source.output]

    def atr(self, period: int) -> Floats:
        """Average true range of the candles themselves, shape (bars,)."""
        key = ("ATR", (("period", period),), None)
        if key not in self._computed:
            self._computed[key] = compute("ATR", self._candles, period=period)
        return self._computed[key]["atr"]

    def _outputs(self, bound: BoundIndicator) -> dict[str, Floats]:
        key = (bound.spec.name, tuple(bound.settings.items()), bound.timeframe)
        if key not in self._computed:
            self._computed[key] = self._compute(bound)
        return self._computed[key]

    def _compute(self, bound: BoundIndicator) -> dict[str, Floats]:
        if bound.timeframe is None or bound.timeframe is self._candles.timeframe:
            return compute(bound.spec.name, self._candles, **bound.settings)
        higher, last_closed = self._higher_candles(bound)
        outputs = compute(bound.spec.name, higher, **bound.settings)
        # Index -1 means that no higher bar has closed yet, and finds the NaN appended at the end.
        return {name: np.append(values, np.nan)[last_closed] for name, values in outputs.items()}

    def _higher_candles(self, bound: BoundIndicator) -> tuple[Candles, np.ndarray]:
        timeframe, own = bound.timeframe, self._candles.timeframe
        assert timeframe is not None  # noqa: S101 - narrowed by the caller
        assert own is not None  # noqa: S101 - checked at construction
        if timeframe not in self._higher:
            higher = resample(self._candles, timeframe)
            self._higher[timeframe] = higher, closed_higher_bar(self._candles.open_time_ms, own, higher)
        return self._higher[timeframe]


def _check_timeframe(bound: BoundIndicator, candles: Candles) -> None:
    wanted, own, place = bound.timeframe, candles.timeframe, f"{bound.place}.timeframe"
    if wanted is None or wanted is own:
        return
    if own is None:
        raise InvalidStrategy(place, f"{wanted} cannot be made: the candles' own timeframe is unknown")
    if wanted.milliseconds < own.milliseconds:
        raise InvalidStrategy(
            place, f"{wanted} is shorter than the candles' own {own}", hint=f"Use candles of {wanted} or shorter."
        )
    if not fits_into(own, wanted):
        raise InvalidStrategy(place, f"{wanted} is not made of whole candles of {own}")
