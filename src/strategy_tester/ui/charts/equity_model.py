"""What the equity chart holds: the account, buy and hold beside it, drawdowns below."""

import math
from dataclasses import dataclass

import numpy as np

from strategy_tester.domain.candles import Floats
from strategy_tester.domain.errors import InvalidParameter
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.ui.charts.gap_layer import GapLayer
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.charts.line_layer import AreaLayer, LineLayer
from strategy_tester.ui.charts.panes import Pane
from strategy_tester.ui.charts.series import PreparedLine, warm_up
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.view_state import TimeView, ValueScale
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import format_money, format_percent

EQUITY, DRAWDOWN = "equity", "drawdown"
NO_RESULT = mark("The equity curve appears here after a backtest.")


@dataclass(eq=False)
class PreparedEquity:
    """Curves with their pyramids.

    Attributes:
        base: The time axis.
        equity: Equity after each bar.
        hold: The capital put into the first close and held.
        drawdown: Distance below the highest equity so far, percent, 0 or less.
        initial: Capital at the start.
    """

    base: TimeBase
    equity: PreparedLine
    hold: PreparedLine
    drawdown: PreparedLine
    initial: float


def prepare_equity(result: BacktestResult) -> PreparedEquity:
    """Curves ready to draw; work for a thread when there are many bars."""
    warm_up()
    initial = result.config.initial_capital
    close = result.close
    hold = initial * close / close[0] if close.size else close
    return PreparedEquity(
        TimeBase(result.open_time_ms, _timeframe(result.timeframe)),
        _line("Equity", result.equity_curve),
        _line("Buy and hold", hold),
        _line("Drawdown", -100.0 * result.drawdown_rate),
        initial,
    )


def _timeframe(text: str) -> Timeframe | None:
    try:
        return Timeframe.parse(text)
    except InvalidParameter:
        return None


def _line(title: str, values: Floats) -> PreparedLine:
    return PreparedLine(title, "", "line", (), np.ascontiguousarray(values, dtype=np.float64))


class EquityModel:
    """Two panes over one time axis: money above, drawdown below."""

    def __init__(self) -> None:
        self.view = TimeView()
        self.panes: list[Pane] = []
        self.content: PreparedEquity | None = None
        self.is_loading = False
        self.grounds: list[GapLayer] = []

    @property
    def base(self) -> TimeBase | None:
        """The time axis; None while there is no result."""
        return self.content.base if self.content is not None and self.content.base.size else None

    @property
    def empty_text(self) -> str:
        """What to say while there is nothing to show."""
        return tr(NO_RESULT)

    def set_content(self, content: PreparedEquity | None) -> None:
        """Show these curves, all of them."""
        self.content = content
        self.is_loading = False
        self.rebuild()
        if content is not None and content.base.size:
            self.view.first, self.view.last = 0, content.base.last_slot
            self.reset_view()

    def rebuild(self) -> None:
        """Panes anew, titles in the language in use."""
        content, old = self.content, {pane.key: pane for pane in self.panes}
        self.panes = []
        if content is None:
            return
        money = Pane(EQUITY, tr("Equity"), stretch=2.6)
        money.is_compact = content.initial >= 1e6
        money.layers = [
            LineLayer(content.hold, 1, 1.0, is_smooth=True),
            LineLayer(content.equity, 0, 1.3, is_smooth=True),
        ]
        money.levels = (content.initial,)
        below = Pane(DRAWDOWN, tr("Drawdown"), stretch=1.0, scale=ValueScale(), unit="\u202f%")
        below.layers = [AreaLayer(content.drawdown, is_loss=True)]
        self.panes = [money, below]
        for pane in self.panes:
            if pane.key in old:
                pane.stretch, pane.scale = old[pane.key].stretch, old[pane.key].scale

    def shown_alone(self) -> str | None:
        """Every pane is always shown."""
        return None

    def prepare_frame(self) -> float | None:
        """The axes tell money and percent of their own."""
        return None

    def reset_view(self) -> None:
        """The whole run."""
        self.view.show_all()

    def last_price(self) -> tuple[float, bool] | None:
        """No tag for the last value: the results beside say it."""
        return None

    def legend(self, pane: Pane, bar: int | None) -> list[Row]:
        """Title and values at a bar."""
        if self.content is None:
            return []
        if pane.key == DRAWDOWN:
            value = self._value(self.content.drawdown, bar)
            return [(Piece(tr("Drawdown"), "text", is_bold=True), Piece(format_percent(value), "down_text"))]
        equity, hold = self._value(self.content.equity, bar), self._value(self.content.hold, bar)
        change = (equity / self.content.initial - 1.0) * 100.0
        return [
            (
                Piece(tr("Equity"), "text", is_bold=True, keeps_next=True),
                Piece(format_money(equity, "USDT"), 0),
                Piece(format_percent(change, sign=True), "up_text" if change >= 0 else "down_text"),
                Piece(tr("Buy and hold"), "muted", keeps_next=True),
                Piece(format_money(hold, "USDT"), 1),
            )
        ]

    @staticmethod
    def _value(line: PreparedLine, bar: int | None) -> float:
        return math.nan if bar is None else line.value_at(bar)
