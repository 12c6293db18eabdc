"""Keeps one chart at the moment of a replay: it is given what had closed by then, and nothing else."""

from collections.abc import Sequence

from strategy_tester.domain.candles import Candles
from strategy_tester.domain.results import BacktestResult
from strategy_tester.services.replay import ReplayFeed, ReplayState, first_candles
from strategy_tester.services.replay_trades import KnownTrades, TradeTimeline, first_trades
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.replay_series import ReplayCandles, ReplayLine
from strategy_tester.ui.charts.series import LineLike

MOST_STEPS = 64
"""So many candles are added to the chart one by one; a longer way is a jump."""


class PlayedSeries:
    """What a player needs, made ready on a worker thread.

    Args:
        feed: The series.
        lines: The strategy's lines over the whole series; each value depends on candles up to its own only.
        result: The backtest whose trades are shown, or None.
        now_ms: Where the replay is now.
        chart_type: How the chart shows prices.
    """

    def __init__(
        self,
        feed: ReplayFeed,
        lines: Sequence[LineLike],
        result: BacktestResult | None,
        now_ms: int,
        chart_type: str = "candles",
    ) -> None:
        series.warm_up()
        self.feed, self.result = feed, result
        self.timeline = TradeTimeline(result) if result is not None else None
        self.candles: ReplayCandles | None = None
        if len(feed.candles):
            closed = max(feed.at(now_ms).closed, 1)
            self.candles = ReplayCandles(feed.candles, closed)
            self.candles.make_ready_for(chart_type)
        self.lines: list[ReplayLine] = []
        self.replace_lines(lines, now_ms)

    def replace_lines(self, lines: Sequence[LineLike], now_ms: int) -> None:
        """Show other lines from now on."""
        closed = self.feed.at(now_ms).closed
        self.lines = [ReplayLine.of(line, closed) for line in lines]


class ReplayPlayer:
    """Shows a series on a chart as it was known at a moment, and goes from moment to moment.

    Args:
        chart: Where.
        played: What.

    Attributes:
        now_ms: The moment.
        state: What of the series is shown.
        known: The trades known.
    """

    def __init__(self, chart: ChartWidget, played: PlayedSeries) -> None:
        self.chart, self.played = chart, played
        self.now_ms = 0
        self.state = ReplayState(0, None)
        self.known = KnownTrades(0)
        self._is_fill_ahead = False

    @property
    def closed_candles(self) -> Candles:
        """The candles that had closed."""
        return first_candles(self.played.feed.candles, self.state.closed)

    def last_price(self) -> float | None:
        """The last price known; None before the first candle."""
        if self.state.forming is not None:
            return self.state.forming.close
        return float(self.played.feed.candles.close[self.state.closed - 1]) if self.state.closed else None

    def show(self, now_ms: int) -> None:
        """Put everything known at a moment on the chart, whatever is there."""
        candles = self.played.candles
        self.now_ms, self.state = now_ms, self.played.feed.at(now_ms)
        if candles is None or not self.state.closed:
            self.known = KnownTrades(0)
            self.chart.set_candles(None)
            return
        candles.recut(self.state.closed, self.state.forming)
        self.played.candles = candles.renewed(self.closed_candles)
        self.chart.set_candles(self.played.candles)
        self._show_lines()
        self._know_trades(is_forced=True)

    def show_lines(self) -> None:
        """Other lines were given."""
        if self.state.closed:
            self._show_lines()

    def _show_lines(self) -> None:
        for line in self.played.lines:
            line.show(self.state.closed)
        self.chart.set_lines(self.played.lines)

    def go_to(self, now_ms: int) -> bool:
        """Show another moment; a step forward changes the last candles only. Answers whether all were shown anew."""
        before, after = self.state, self.played.feed.at(now_ms)
        if now_ms == self.now_ms or (after == before and not self._trades_changed(now_ms, after)):
            self.now_ms = now_ms
            return False
        if not before.closed or not 0 <= after.closed - before.closed <= MOST_STEPS or _vanishes(self, before, after):
            self.show(now_ms)
            return True
        self.now_ms, self.state = now_ms, after
        self._add_candles(before, after)
        for line in self.played.lines:
            line.show(after.closed)
        self._know_trades(is_forced=False)
        return False

    def _add_candles(self, before: ReplayState, after: ReplayState) -> None:
        whole, chart = self.played.feed.candles, self.chart
        for bar in range(before.closed, after.closed):
            values = tuple(
                float(column[bar]) for column in (whole.open, whole.high, whole.low, whole.close, whole.volume)
            )
            if bar == before.closed and before.forming is not None:
                if self.played.candles is not None:
                    self.played.candles.open.update_last(values[0])
                chart.update_last(*values[1:])
            else:
                chart.append(int(whole.open_time_ms[bar]), *values)
        forming = after.forming
        if forming is None:
            return
        values = (forming.open, forming.high, forming.low, forming.close, forming.volume)
        if before.forming is not None and before.forming.open_time_ms == forming.open_time_ms:
            chart.update_last(*values[1:])
        else:
            chart.append(forming.open_time_ms, *values)

    # --- trades

    def _trades_at(self, now_ms: int, state: ReplayState) -> KnownTrades:
        timeline = self.played.timeline
        return KnownTrades(0) if timeline is None else timeline.until(now_ms, state.forming)

    def _trades_changed(self, now_ms: int, state: ReplayState) -> bool:
        found = self._trades_at(now_ms, state)
        return (found.closed, len(found.open)) != (self.known.closed, len(self.known.open))

    def _know_trades(self, *, is_forced: bool) -> None:
        before, self.known = self.known, self._trades_at(self.now_ms, self.state)
        result, count = self.played.result, self.known.closed
        # A fill at the open of a bar that was not there yet gets its right place once the bar is.
        if not (is_forced or count != before.closed or self._is_fill_ahead):
            return
        trades = first_trades(result.trade_columns, count) if result is not None and count else None
        self.chart.set_trades(trades)
        last_open = int(self.played.feed.candles.open_time_ms[self.state.closed - 1])
        if self.state.forming is not None:
            last_open = self.state.forming.open_time_ms
        self._is_fill_ahead = trades is not None and int(trades.exit_time_ms[-1]) > last_open


def _vanishes(player: ReplayPlayer, before: ReplayState, after: ReplayState) -> bool:
    """Whether the forming candle shown did not become a candle of the series: it has a hole there."""
    if before.forming is None:
        return False
    if after.closed == before.closed:
        return after.forming is None or after.forming.open_time_ms != before.forming.open_time_ms
    return int(player.played.feed.candles.open_time_ms[before.closed]) != before.forming.open_time_ms
