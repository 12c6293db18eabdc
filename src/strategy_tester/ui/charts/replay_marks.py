"""What a replay draws on a chart: its frame and word, the trade that is open, the line at which it will begin."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter

from strategy_tester.services.replay_trades import OpenTrade
from strategy_tester.ui.charts.axis_painter import paint_dashes, paint_tag
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.charts.marks import ARROW_DOWN, ARROW_UP, paint_mark
from strategy_tester.ui.charts.replay_player import ReplayPlayer
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.tools import PointerTool, Spot
from strategy_tester.ui.charts.window import PaneFrame, Window
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import format_money, format_percent, format_price, format_time
from strategy_tester.ui.theme import current_theme, readable

if TYPE_CHECKING:
    from strategy_tester.ui.charts.canvas import ChartCanvas
    from strategy_tester.ui.charts.renderer import Frame

WORD = mark("REPLAY")
SHADE = 0.62
"""How much of the future the ground covers while a moment is chosen."""


def replay_fill() -> QColor:
    """The color of the replay, dark enough for white text."""
    return QColor(readable(current_theme().replay, "#FFFFFF"))


class ReplayFrame:
    """A frame around the chart and the word: nobody takes a replay for the market."""

    def paint(self, painter: QPainter, frame: "Frame") -> None:
        """Draw over the candles, also in pictures made of the chart."""
        width, height = frame.size
        lettering, thick = frame.lettering, frame.lettering.px(2)
        color = current_theme().color("replay")
        for side in (
            (0, 0, width, thick), (0, height - thick, width, thick),
            (0, 0, thick, height), (width - thick, 0, thick, height),
        ):  # fmt: skip
            painter.fillRect(*side, color)
        text = tr(WORD)
        size = lettering.width(text) + lettering.px(12), lettering.height + lettering.px(4)
        # At the foot of the prices: at the top are the legend and the pane's buttons.
        bottom = frame.panes[0][1].bottom
        rect = QRect(thick + lettering.px(6), bottom - size[1] - lettering.px(6), *size)
        paint_tag(painter, rect, text, (replay_fill(), QColor("#FFFFFF")), lettering)


class OpenTradeBox:
    """The ground from the entry of an open trade to the last price: drawn beneath the candles."""

    def __init__(self, player: ReplayPlayer) -> None:
        self._player = player

    def collect(self, _window: Window) -> tuple[float, float]:
        """Trades do not take part in fitting the scale."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """A box in the color of the result so far."""
        price = self._player.last_price()
        if price is None:
            return
        for trade in self._player.known.open:
            is_win = trade.result_at(price) > 0.0
            painter.fillRect(_box(trade, price, pane), pane.colors.win_box if is_win else pane.colors.loss_box)


class OpenTradeMarks:
    """Entry, stop and target of an open trade, and its result so far: drawn above the candles."""

    def __init__(self, player: ReplayPlayer) -> None:
        self._player = player

    def collect(self, _window: Window) -> tuple[float, float]:
        """Trades do not take part in fitting the scale."""
        return np.nan, np.nan

    def paint(self, painter: QPainter, pane: PaneFrame) -> None:
        """An arrow at the entry, dashes at the entry's price and its levels, the result at the right."""
        price = self._player.last_price()
        if price is None:
            return
        for trade in self._player.known.open:
            box = _box(trade, price, pane)
            self._paint_levels(painter, pane, trade, box)
            self._paint_entry(painter, pane, trade, box)
            self._paint_result(painter, pane, trade, price, box)

    def _paint_levels(self, painter: QPainter, pane: PaneFrame, trade: OpenTrade, box: QRect) -> None:
        lettering, colors = pane.lettering, pane.colors
        pattern = lettering.px(4), lettering.px(3), max(1, math.floor(lettering.ratio))
        levels = (
            (trade.entry_price, colors.muted), (trade.stop_price, colors.stop), (trade.target_price, colors.target),
        )  # fmt: skip
        right = max(box.right(), box.left() + lettering.px(24))
        for price, color in levels:
            row = pane.row_of(price) if not math.isnan(price) else -1
            if pane.top <= row <= pane.bottom:
                paint_dashes(painter, (max(box.left(), pane.left), min(right, pane.right), row), pattern, color)

    def _paint_entry(self, painter: QPainter, pane: PaneFrame, trade: OpenTrade, box: QRect) -> None:
        colors, ratio = pane.colors, pane.lettering.ratio
        half = max(4, round(5.5 * ratio))
        away = half + round(4 * ratio)
        row = pane.row_of(_edge(self._player, trade, pane.window.base)) + (
            away if trade.is_long != pane.scale.is_inverted else -away
        )
        shape, color = (ARROW_UP, colors.up) if trade.is_long else (ARROW_DOWN, colors.down)
        if pane.left <= box.left() <= pane.right:
            paint_mark(painter, (box.left(), row), shape, half, (color, colors.ground))

    def _paint_result(self, painter: QPainter, pane: PaneFrame, trade: OpenTrade, price: float, box: QRect) -> None:
        lettering, colors = pane.lettering, pane.colors
        percent = trade.result_pct_at(price)
        text = tr(OPEN_TEXT, result=format_percent(percent, sign=True))
        gap, width = lettering.px(4), lettering.width(text)
        left = min(box.right() + 2 * gap, pane.right - width - gap)
        is_below = trade.is_long == (price < trade.entry_price)
        top = box.bottom() + gap if is_below else box.top() - gap - lettering.height
        top = min(max(top, pane.top), pane.bottom - lettering.height)
        if left < pane.left:
            return
        painter.fillRect(left - gap, top, width + 2 * gap, lettering.height, colors.ground)
        painter.setPen(colors.up_text if percent > 0 else colors.down_text)
        lettering.draw(painter, left, top + lettering.metrics.ascent(), text)

    def legend(self, _bar: int | None) -> list[Row]:
        """The open trade in words: its result is told as what it is, before the costs of leaving."""
        price = self._player.last_price()
        model = self._player.chart.model
        if price is None or model.candles is None:
            return []
        return [self._row(trade, price, model.candles.decimals) for trade in self._player.known.open]

    def _row(self, trade: OpenTrade, price: float, decimals: int) -> Row:
        result = trade.result_at(price)
        color = "up_text" if result > 0 else "down_text"
        return (
            Piece(f"#{trade.number + 1}", "muted"),
            Piece(f"\u25b2 {tr('LONG')}" if trade.is_long else f"\u25bc {tr('SHORT')}",
                  "up_text" if trade.is_long else "down_text", is_bold=True),
            Piece(tr("open since {price}", price=format_price(trade.entry_price, decimals)), "muted"),
            Piece(format_money(result, "USDT", sign=True), color, is_bold=True, keeps_next=True),
            Piece(tr(SO_FAR), "muted"),
        )  # fmt: skip


OPEN_TEXT = mark("open {result}")
SO_FAR = mark("so far, before the costs of leaving")


def _slot_of(trade: OpenTrade, base: TimeBase) -> int:
    """Where the entry stands: a fill at the close belongs to the bar that closed."""
    bar = trade.entry_bar
    if bar < base.size and base.times[bar] <= trade.entry_time_ms <= base.times[bar] + base.step_ms:
        return int(base.slots[bar])
    return base.slot_of(trade.entry_time_ms)


def _box(trade: OpenTrade, price: float, pane: PaneFrame) -> QRect:
    """From the entry to the last price, device pixels; columns far out of sight are cut."""
    window = pane.window
    slots = (first := _slot_of(trade, window.base)), max(window.base.last_slot, first)
    left, right = (math.floor((slot + 0.5) * window.pixels_per_slot) - window.shift + pane.left for slot in slots)
    top, bottom = sorted((pane.row_of(trade.entry_price), pane.row_of(price)))
    left, right = max(left, pane.left - 4000), min(right, pane.right + 4000)
    return QRect(left, top, max(right - left, 1), max(bottom - top, 1))


def _edge(player: ReplayPlayer, trade: OpenTrade, base: TimeBase) -> float:
    """The low (of a purchase) or high (of a sale) beside which the arrow stands."""
    candles = player.chart.model.candles
    bar = base.bar_at(_slot_of(trade, base))
    if candles is None or bar is None:
        return trade.entry_price
    return float((candles.low if trade.is_long else candles.high).values[bar])


class MomentPicker(PointerTool):
    """A line that follows the pointer; a click chooses the candle it stands behind.

    Args:
        canvas: The chart's canvas.
        chosen: Told the moment, UTC milliseconds.
        given_up: Told that nothing was chosen.
    """

    def __init__(self, canvas: "ChartCanvas", chosen: Callable[[int], object], given_up: Callable[[], object]) -> None:
        self._canvas, self._chosen, self._given_up = canvas, chosen, given_up
        self._slot: int | None = None

    def hover(self, spot: Spot, modifiers: Qt.KeyboardModifier) -> Qt.CursorShape | None:
        """The line follows."""
        self._slot = self._slot_in_reach(spot)
        return Qt.CursorShape.SplitHCursor

    def press(self, spot: Spot, event: QMouseEvent) -> bool:
        """The candle is chosen; with another button nothing is."""
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        slot, base = self._slot_in_reach(spot), self._canvas.model.base
        if slot is not None and base is not None:
            self._chosen(base.time_of(slot + 1))
        return True

    def leave(self) -> None:
        """No line without a pointer."""
        self._slot = None

    def key(self, event: QKeyEvent) -> bool:
        """Esc gives up."""
        if event.key() != Qt.Key.Key_Escape:
            return False
        self._given_up()
        return True

    def _slot_in_reach(self, spot: Spot) -> int | None:
        base = self._canvas.model.base
        return None if base is None else min(max(math.floor(spot.slot), 0), base.last_slot)

    def paint(self, painter: QPainter, frame: "Frame") -> None:
        """The line behind the chosen candle, the future shaded, and the moment."""
        base = self._canvas.model.base
        if self._slot is None or base is None:
            return
        view, lettering = self._canvas.model.view, frame.lettering
        column = math.floor((self._slot + 1) * view.pixels_per_slot) - view.shift
        bottom = frame.strip.top()
        shade = QColor(frame.colors.ground)
        shade.setAlphaF(SHADE)
        painter.fillRect(max(column, 0), 0, max(frame.plot_width - max(column, 0), 0), bottom, shade)
        if not 0 <= column < frame.plot_width:
            return
        painter.fillRect(column, 0, lettering.px(2), bottom, current_theme().color("replay"))
        text = tr("Replay from {time}", time=format_time(base.time_of(self._slot + 1)))
        size = lettering.width(text) + lettering.px(12), lettering.height + lettering.px(6)
        left = column + lettering.px(6)
        if left + size[0] > frame.plot_width:
            left = column - lettering.px(6) - size[0]
        rect = QRect(left, bottom // 3, *size)
        paint_tag(painter, rect, text, (replay_fill(), QColor("#FFFFFF")), lettering)
