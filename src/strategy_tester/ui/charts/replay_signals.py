"""The strategy's signals in a replay: a small mark at the bar whose close decided, seen from that close on."""

import math

import numpy as np
from PySide6.QtGui import QColor, QPainter

from strategy_tester.services.replay_trades import LEAVE, LONG, REFUSED, SHORT, DecidedSignals
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.charts.marks import DIAMOND, Corners, paint_mark
from strategy_tester.ui.charts.palette import ChartColors
from strategy_tester.ui.charts.replay_player import ReplayPlayer
from strategy_tester.ui.charts.window import PaneFrame, Window
from strategy_tester.ui.i18n import mark, tr

TRIANGLE_UP: Corners = ((0.0, -1.0), (1.0, 0.8), (-1.0, 0.8))
TRIANGLE_DOWN: Corners = ((0.0, 1.0), (1.0, -0.8), (-1.0, -0.8))
CROSS: Corners = (
    (-1.0, -0.6), (-0.6, -1.0), (0.0, -0.4), (0.6, -1.0), (1.0, -0.6), (0.4, 0.0),
    (1.0, 0.6), (0.6, 1.0), (0.0, 0.4), (-0.6, 1.0), (-1.0, 0.6), (-0.4, 0.0),
)  # fmt: skip
MOST_IN_SIGHT = 500
"""More of them would hide the candles: then none are drawn."""
WORDS = {LONG: mark("LONG"), SHORT: mark("SHORT"), LEAVE: mark("leave"), REFUSED: mark("refused")}
_SIGNS = {LONG: "\u25b2", SHORT: "\u25bc", LEAVE: "\u25c6", REFUSED: "\u00d7"}


class SignalMarks:
    """Layer of one replay; signals of bars that have not closed do not exist for it.

    Args:
        player: The replay of the chart.
    """

    def __init__(self, player: ReplayPlayer) -> None:
        self._player = player

    def known(self, first: int, last: int) -> DecidedSignals | None:
        """Signals of some bars (`last` is one past the last) that had closed; None without a backtest."""
        timeline = self._player.played.timeline
        if timeline is None:
            return None
        return timeline.signals.between(first, min(last, self._player.state.closed))

    def collect(self, _window: Window) -> tuple[float, float]:
        """Signals do not take part in fitting the scale."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """Triangles below (long) and above (short) the bar, a diamond to leave, a cross for a refused order."""
        window, candles = pane.window, self._player.chart.model.candles
        found = self.known(window.first_bar, window.last_bar)
        if found is None or candles is None or found.bar.size > MOST_IN_SIGHT:
            return
        half = max(3, round(3.5 * window.ratio))
        # The arrow of a fill stands right beside its bar, which may be the same one: signals stand further out.
        away = half + round(19 * window.ratio)
        for bar, kind in zip(found.bar.tolist(), found.kind.tolist(), strict=True):
            slot = int(window.base.slots[bar])
            column = math.floor((slot + 0.5) * window.pixels_per_slot) - window.shift + pane.left
            is_below = (kind == LONG) != pane.scale.is_inverted
            edge = candles.low.values[bar] if kind == LONG else candles.high.values[bar]
            row = pane.row_of(float(edge)) + (away if is_below else -away)
            shape, color = _looks(kind, pane.colors)
            paint_mark(painter, (column, row), shape, half, (color, pane.colors.ground))

    def legend(self, bar: int | None) -> list[Row]:
        """What was decided at the close of the bar told."""
        found = self.known(bar, bar + 1) if bar is not None else None
        if found is None:
            return []
        return [
            (
                Piece(tr("Signal at the close"), "muted"),
                Piece(f"{_SIGNS[kind]} {tr(WORDS[kind])}", _INKS[kind], is_bold=True),
            )
            for kind in found.kind.tolist()
        ]


_INKS = {LONG: "up_text", SHORT: "down_text", LEAVE: "muted", REFUSED: "muted"}


def _looks(kind: int, colors: ChartColors) -> tuple[Corners, QColor]:
    if kind == LEAVE:
        return DIAMOND, colors.muted
    if kind == REFUSED:
        return CROSS, colors.muted
    return (TRIANGLE_UP, colors.up) if kind == LONG else (TRIANGLE_DOWN, colors.down)
