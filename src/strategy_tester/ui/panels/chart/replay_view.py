"""How a chart looked before a replay, to bring it back there."""

from dataclasses import dataclass

from strategy_tester.domain.candles import Candles
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.series import PreparedCandles


@dataclass(frozen=True)
class KeptView:
    """Candles and visible part of a chart at one moment.

    Attributes:
        candles: As they were on the chart; None without any.
        left: Slot at the left edge.
        span: Visible slots.
        follows: Whether the newest candle was followed.
        scales: Bottom, top and whether fitted by itself, by the key of the pane.
    """

    candles: PreparedCandles | None
    left: float
    span: float
    follows: bool
    scales: dict[str, tuple[float, float, bool]]

    @classmethod
    def of(cls, chart: ChartWidget) -> "KeptView":
        """As a chart looks now."""
        model, view = chart.model, chart.model.view
        scales = {pane.key: (pane.scale.low, pane.scale.high, pane.scale.is_auto) for pane in model.panes}
        return cls(model.candles, view.left, view.span, view.follows, scales)

    def fits(self, candles: Candles) -> bool:
        """Whether these candles are the ones that were on the chart."""
        kept = self.candles
        if kept is None or len(kept) != len(candles) or not len(kept):
            return False
        same = (kept.symbol, kept.timeframe, kept.source) == (candles.symbol, candles.timeframe, candles.source)
        return same and int(kept.base.times[0]) == int(candles.open_time_ms[0])

    def put_back(self, chart: ChartWidget) -> None:
        """Show the same part again, if the same candles are on the chart."""
        if self.candles is None or chart.model.candles is not self.candles:
            return
        view = chart.model.view
        view.show(self.left, self.left + self.span)
        view.follows = self.follows
        for pane in chart.model.panes:
            if pane.key in self.scales:
                pane.scale.low, pane.scale.high, pane.scale.is_auto = self.scales[pane.key]
        chart.canvas.refresh()
