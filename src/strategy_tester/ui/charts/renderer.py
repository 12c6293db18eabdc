"""One frame of a chart: layout, fitting, grid, layers, axes. Works on any painter whose units are device pixels."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QPainter

from strategy_tester.ui.charts import wall_clock
from strategy_tester.ui.charts.axis_painter import (
    axis_text,
    paint_dashes,
    paint_grid,
    paint_levels,
    paint_tag,
    paint_time_labels,
    paint_value_labels,
    pane_ticks,
    tag_rect,
)
from strategy_tester.ui.charts.gap_layer import GapLayer
from strategy_tester.ui.charts.legend import Row, fitted
from strategy_tester.ui.charts.lettering import Lettering
from strategy_tester.ui.charts.palette import ChartColors
from strategy_tester.ui.charts.pane_book import MAIN
from strategy_tester.ui.charts.panes import SMALLEST_PANE, Pane, from_top, share_height
from strategy_tester.ui.charts.time_base import TimeBase
from strategy_tester.ui.charts.time_ticks import TimeTick, time_ticks, zone_label
from strategy_tester.ui.charts.value_ticks import ValueTick
from strategy_tester.ui.charts.view_state import TimeView
from strategy_tester.ui.charts.window import PaneFrame, Window, window_of
from strategy_tester.ui.i18n import language

WIDEST_TIME_LEFT = "00:00:00"


class Drawable(Protocol):
    """What a chart holds, as the renderer sees it."""

    view: TimeView
    panes: list[Pane]
    is_loading: bool
    grounds: list[GapLayer]
    """Painted first, in every pane."""

    @property
    def base(self) -> TimeBase | None: ...
    @property
    def empty_text(self) -> str: ...
    def legend(self, pane: Pane, bar: int | None) -> list[Row]: ...
    def last_price(self) -> tuple[float, bool] | None: ...
    def reset_view(self) -> None: ...
    def shown_alone(self) -> str | None: ...
    def prepare_frame(self) -> float | None: ...


@dataclass(frozen=True)
class Frame:
    """Where everything is in the frame drawn last, in device pixels.

    Attributes:
        size: Width and height.
        plot_width: Width of the panes.
        panes: Each pane in sight with its place, the main one first wherever it stands.
        strip: The time axis.
        lettering: The fonts.
        colors: The colors.
        window: The bars in sight.
        last_tag: The tag of the last price, or None.
        below_tag: Room right below it, for the time left; None when none is wanted.
        is_alone: Whether one pane has the chart to itself while others wait.
    """

    size: tuple[int, int]
    plot_width: int
    panes: list[tuple[Pane, PaneFrame]]
    strip: QRect
    lettering: Lettering
    colors: ChartColors
    window: Window
    last_tag: QRect | None = None
    below_tag: QRect | None = None
    is_alone: bool = False

    @property
    def axis_width(self) -> int:
        """Width of the value axes."""
        return self.size[0] - self.plot_width

    def place_of(self, key: str) -> PaneFrame | None:
        """Where a pane is; None while it is out of sight."""
        return next((place for pane, place in self.panes if pane.key == key), None)

    def from_top(self) -> list[tuple[Pane, PaneFrame]]:
        """The panes in sight from top to bottom."""
        return sorted(self.panes, key=lambda one: one[1].top)

    def pane_at(self, row: float) -> tuple[Pane, PaneFrame] | None:
        """The pane at a row."""
        return next(((pane, frame) for pane, frame in self.panes if frame.top <= row <= frame.bottom), None)

    def border_at(self, row: float, reach: float) -> int | None:
        """Number from the top of the pane whose lower border is near a row; None away from borders."""
        for number, (_, frame) in enumerate(self.from_top()[:-1]):
            if abs(row - frame.bottom - 1) <= reach:
                return number
        return None


class ChartRenderer:
    """Draws a chart's model; remembers the last frame for the pointer to be understood.

    Args:
        model: What to draw.
    """

    def __init__(self, model: Drawable) -> None:
        self.model = model
        self.frame: Frame | None = None
        self._lettering: Lettering | None = None
        self._font_key: tuple[Any, ...] = ()
        self._axis_width = 0
        self._last_size = (0, 0)
        self._legend_rows: dict[tuple[int, int, int], int] = {}
        self._marks_made_for: tuple[Any, ...] = ()
        self._time_ticks: list[TimeTick] = []
        self.has_time_left = False
        """Whether the last price's tag has a second line, which others write."""
        self.is_veiled = False
        """Nothing of the content may be seen now: the skeleton stands in its place."""
        self.kept_free: Callable[[Frame], list[QRect]] = lambda _frame: []
        """Places on the value axes where others draw: no label goes there."""

    def forget_widths(self) -> None:
        """Let the value axis take the width its labels need now; otherwise it only grows."""
        self._axis_width = 0
        self._legend_rows.clear()

    def draw(
        self, painter: QPainter, size: tuple[int, int], ratio: float, style: tuple[QFont, float, ChartColors]
    ) -> None:
        """Draw one frame.

        Args:
            painter: Its units are device pixels; the frame begins at 0, 0.
            size: Width and height in device pixels.
            ratio: Device pixels per logical pixel.
            style: The font, its height in logical pixels, and the colors.
        """
        font, pixel_size, colors = style
        lettering = self._letters(font, pixel_size, ratio)
        painter.fillRect(0, 0, size[0], size[1], colors.ground)
        base = self.model.base
        if base is None or not self.model.panes or self.is_veiled:
            self.frame = None
            if self.model.is_loading or self.is_veiled:
                _paint_skeleton(painter, size, lettering, colors)
            else:
                _paint_empty(painter, size, lettering, colors, self.model.empty_text)
            return
        ticks = self._fit(size, ratio, lettering, colors, base)
        frame = self.frame
        if frame is None:
            return
        marks = self._marks(frame, base)
        self._paint_panes(painter, frame, ticks, marks)
        self._paint_axes(painter, frame, ticks, marks)

    def _letters(self, font: QFont, pixel_size: float, ratio: float) -> Lettering:
        key = (font.key(), pixel_size, ratio)
        if self._lettering is None or key != self._font_key:
            self._lettering = Lettering.of(font, pixel_size, ratio)
            self._font_key = key
            self._legend_rows.clear()
            self._axis_width = 0
        return self._lettering

    def _fit(self, size, ratio, lettering, colors, base) -> list[list[ValueTick]]:
        """Lay out and fit; a second time when the labels turn out wider than the axis."""
        ticks: list[list[ValueTick]] = []
        for _attempt in range(2):
            self.frame = self._lay_out(size, ratio, lettering, colors, base)
            ticks = [pane_ticks(pane, place, lettering) for pane, place in self.frame.panes]
            texts = [tick.text for row in ticks for tick in row] + self._last_text(self.frame)
            # What the tag of the crosshair can say: it has more decimals than the marks.
            texts += [axis_text(pane, place, end) for pane, place in self.frame.panes for end in pane.scale.ends]
            if self.frame.below_tag is not None:
                texts.append(WIDEST_TIME_LEFT)
            texts.append(self._zone(base))
            needed = max((lettering.width(text) for text in texts), default=0) + lettering.px(14)
            if needed <= self._axis_width:
                break
            self._axis_width = needed
        return ticks

    def _lay_out(self, size, ratio, lettering, colors, base) -> Frame:
        width, height = size
        axis_width = max(self._axis_width, lettering.px(30))
        self._axis_width = axis_width
        plot_width = max(1, width - axis_width)
        strip_height = lettering.height + lettering.px(9)
        view = self.model.view
        view.set_width(plot_width, keeps_range=self._last_size == size)
        self._last_size = size
        window = window_of(base, view, ratio, self.model.prepare_frame())
        border = max(1, math.floor(ratio))
        shown = from_top(self.model.panes, self.model.shown_alone())
        rows = share_height(shown, max(1, height - strip_height - border), border, lettering.px(SMALLEST_PANE))
        places = dict(zip([pane.key for pane in shown], rows, strict=True))
        frames = []
        for pane in self.model.panes:
            if pane.key not in places:
                # Out of sight, but others may draw from what its layers gather: volumes from candles.
                _fit_pane(pane, window, 0.0)
                continue
            top, bottom = places[pane.key]
            rows_high = bottom - top + 1
            _fit_pane(pane, window, self._legend_height(pane, (plot_width, rows_high), lettering) / rows_high)
            place = PaneFrame(window, 0, top, plot_width - 1, bottom, pane.scale, colors, lettering)
            frames.append((pane, place))
        strip = QRect(0, height - strip_height, plot_width, strip_height)
        is_alone = len(frames) < len(self.model.panes)
        frame = Frame(size, plot_width, frames, strip, lettering, colors, window, is_alone=is_alone)
        return replace(frame, **self._tags(frame))

    def _zone(self, base: TimeBase) -> str:
        """The zone in the corner, as it is at the last bar in sight."""
        return zone_label(base, min(self.model.view.right, base.last_slot))

    def _tags(self, frame: Frame) -> dict[str, QRect]:
        """Places of the last price's tag and of what is written below it."""
        last, place = self.model.last_price(), frame.place_of(MAIN)
        if last is None or place is None or not place.top <= (row := place.row_of(last[0])) <= place.bottom:
            return {}
        tag = tag_rect(place, row, frame.axis_width, frame.lettering, lines=1 + self.has_time_left)
        below = {"below_tag": tag.translated(0, tag.height())} if self.has_time_left else {}
        return {"last_tag": tag, **below}

    def _last_text(self, frame: Frame) -> list[str]:
        """What the last price's tag says, if there is one."""
        last = self.model.last_price()
        if last is None or frame.last_tag is None:
            return []
        pane, place = next(one for one in frame.panes if one[0].key == MAIN)
        return [axis_text(pane, place, last[0])]

    def _legend_height(self, pane: Pane, size: tuple[int, int], lettering: Lettering) -> int:
        """Device pixels that the legend takes at the top of a pane; counted once, or the scale would tremble."""
        key = (id(pane), *size)
        rows = self._legend_rows.get(key)
        if rows is None:
            if len(self._legend_rows) > 64:
                self._legend_rows.clear()
            last = self.model.base.size - 1 if self.model.base is not None else None
            rows = len(fitted(self.model.legend(pane, last), size, lettering))
            self._legend_rows[key] = rows
        return lettering.px(8) + rows * (lettering.height + lettering.px(3))

    def _marks(self, frame: Frame, base: TimeBase) -> list[tuple[int, TimeTick]]:
        view = self.model.view
        least = frame.lettering.height * 5.0 / view.pixels_per_slot
        # While only prices change the marks stay: language and clock are part of what they were made for.
        made_for = (base, base.size, view.left, view.right, least, wall_clock.is_local(base), language())
        if made_for != self._marks_made_for:
            self._marks_made_for, self._time_ticks = made_for, time_ticks(base, view.left, view.right, least)
        return [(view.pixel_of(tick.slot), tick) for tick in self._time_ticks]

    def _paint_panes(self, painter: QPainter, frame: Frame, ticks, marks) -> None:
        thickness = max(1, math.floor(frame.lettering.ratio))
        columns = [column for column, _ in marks]
        for (pane, place), pane_marks in zip(frame.panes, ticks, strict=True):
            painter.setClipRect(place.left, place.top, place.right - place.left + 1, place.height)
            for layer in (*self.model.grounds, *pane.under):
                layer.paint(painter, place)
            rows = [place.row_of(tick.value) for tick in pane_marks]
            paint_grid(painter, place, rows, columns, thickness)
            paint_levels(painter, place, pane.levels, frame.lettering)
            for layer in _in_order(pane, place.window):
                layer.paint(painter, place)
        painter.setClipping(False)

    def _paint_axes(self, painter: QPainter, frame: Frame, ticks, marks) -> None:
        colors, lettering = frame.colors, frame.lettering
        width, height = frame.size
        border = max(1, math.floor(lettering.ratio))
        tags, taken = self._paint_last_price(painter, frame), self.kept_free(frame)
        for number, (pane, place) in enumerate(frame.panes):
            avoid = [*tags, *taken] if pane.key == MAIN else taken
            paint_value_labels(painter, place, ticks[number], lettering, avoid)
            painter.fillRect(0, place.bottom + 1, width, border, colors.line)
        painter.fillRect(frame.plot_width, 0, border, height, colors.line)
        paint_time_labels(painter, frame.strip, marks, lettering, (colors.text, colors.muted))
        painter.setFont(lettering.font)
        painter.setPen(colors.muted)
        baseline = lettering.baseline(frame.strip.top() + frame.strip.height() // 2)
        painter.drawText(QPoint(frame.plot_width + lettering.px(7), baseline), self._zone(frame.window.base))

    def _paint_last_price(self, painter: QPainter, frame: Frame) -> list[QRect]:
        """The line at the last price and its tag; returns the places that labels should leave free."""
        last, place = self.model.last_price(), frame.place_of(MAIN)
        if last is None or place is None or frame.last_tag is None:
            return []
        value, is_up = last
        color = frame.colors.up if is_up else frame.colors.down
        lettering = frame.lettering
        pattern = (lettering.px(1), lettering.px(3), max(1, math.floor(lettering.ratio)))
        paint_dashes(painter, (place.left, place.right, place.row_of(value)), pattern, color)
        ink = frame.colors.on_up if is_up else frame.colors.on_down
        paint_tag(painter, frame.last_tag, self._last_text(frame)[0], (color, ink), lettering)
        return [tag for tag in (frame.last_tag, frame.below_tag) if tag is not None]


def _in_order(pane: Pane, window: Window) -> list[Any]:
    """Layers from back to front; seen from afar the candles come to the front."""
    if window.pixels_per_slot >= window.ratio:
        return pane.layers
    return sorted(pane.layers, key=lambda layer: getattr(layer, "is_hero", False))


def _fit_pane(pane: Pane, window: Window, legend_share: float) -> None:
    """Gather the layers' columns and fit the scale to their extremes."""
    low, high = math.nan, math.nan
    for layer in (*pane.layers, *pane.under):
        lowest, highest = layer.collect(window)
        if math.isnan(lowest):
            continue
        if pane.scale.wants_log and lowest <= 0 and not getattr(layer, "is_hero", False):
            # A band that dips below zero does not take the logarithmic scale from the prices.
            lowest = highest if math.isnan(low) else low
            if lowest <= 0:
                continue
        low = lowest if math.isnan(low) else min(low, lowest)
        high = highest if math.isnan(high) else max(high, highest)
    pane.scale.fit(low, high, legend_share)


def _paint_skeleton(painter: QPainter, size: tuple[int, int], lettering: Lettering, colors: ChartColors) -> None:
    """Where candles will be, while they are made ready: quiet bars, no words, no flash."""
    width, step = lettering.px(9), lettering.px(16)
    for number, left in enumerate(range(step, size[0] - step, step)):
        middle = 0.5 + 0.16 * math.sin(number / 9.0) + 0.05 * math.sin(number / 2.3)
        half = 0.03 + 0.025 * abs(math.sin(number * 1.7))
        top, bottom = round((middle - half) * size[1]), round((middle + half) * size[1])
        painter.fillRect(left, top, width, bottom - top, colors.grid)


def _paint_empty(
    painter: QPainter, size: tuple[int, int], lettering: Lettering, colors: ChartColors, text: str
) -> None:
    painter.setFont(lettering.font)
    painter.setPen(colors.muted)
    place = QRect(0, 0, size[0], size[1]).adjusted(lettering.px(16), 0, -lettering.px(16), 0)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
