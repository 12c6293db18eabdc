"""The candles of a chart that is fed live: closed ones for everybody who computes, the forming one only to be seen."""

from collections.abc import Sequence
from copy import copy

from strategy_tester.domain.candles import Candles
from strategy_tester.services.live_candles import CandleChange
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.series import PreparedCandles

ROOM = 4096
"""Bars that may be added before columns move to a larger place: moving them takes time on the UI thread."""


class LiveSeries:
    """Puts what a market says on a chart.

    Args:
        chart: Shows `prepared`.
        prepared: Candles on the chart, all closed, with room for more.
        known: The same candles.
    """

    def __init__(self, chart: ChartWidget, prepared: PreparedCandles, known: Candles) -> None:
        self.prepared = prepared
        self.closed = len(prepared)
        """Bars that are final; one more may be forming."""
        self._chart, self._pattern = chart, known

    @property
    def last_final_ms(self) -> int:
        """Open time of the last closed candle."""
        return int(self.prepared.base.times[self.closed - 1])

    def take(self, changes: Sequence[CandleChange]) -> bool | None:
        """Put changes on the chart.

        Returns:
            Whether a candle has closed; None when what was drawn as forming is not there after all: begin anew.
        """
        has_closed = False
        for change in changes:
            last_ms = int(self.prepared.base.times[-1])
            is_forming = len(self.prepared) > self.closed
            if change.open_time_ms > last_ms:
                if is_forming:
                    return None
                self._chart.append(
                    change.open_time_ms, change.open, change.high, change.low, change.close, change.volume
                )
            elif change.open_time_ms == last_ms and is_forming:
                self._update(change)
            else:
                continue
            if change.is_closed:
                self.closed = len(self.prepared)
                has_closed = True
        return has_closed

    def closed_candles(self) -> Candles:
        """The closed candles; they share the chart's memory and cost nothing: what was closed never changes."""
        prepared, count = self.prepared, self.closed
        columns = {
            "open_time_ms": prepared.base.times, "open": prepared.open.values, "high": prepared.high.values,
            "low": prepared.low.values, "close": prepared.close.values, "volume": prepared.volume.values,
        }  # fmt: skip
        candles = copy(self._pattern)
        for name, column in columns.items():
            object.__setattr__(candles, name, column[:count])
        object.__setattr__(candles, "turnover", None)
        return candles

    def _update(self, change: CandleChange) -> None:
        # The first picture of a candle may have been told before its first trade.
        if self.prepared.open.values[-1] != change.open:
            self.prepared.open.update_last(change.open)
        self._chart.update_last(change.high, change.low, change.close, change.volume)
