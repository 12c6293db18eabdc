"""One frame of a chart: layout, fitting, grid, layers, axes. Works on any painter whose units are device pixels."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QPainter

from strategy_tester.ui.charts import wall_clock
from strategy_tester.ui.charts.axis_painter import (
    axis_text,
    free_labels,
    paint_dashes,
    paint_grid,
    paint_levels,
    paint_tag,
    paint_time_labels,
    paint_value_labels,
    pane_ticks,
    price_colors,
    tag_rect,
)
from strategy_tester.ui.charts.gap_layer import GapLayer
from strategy_tester.ui.charts.kept_part import KeptPart
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


class _Layout(NamedTuple):
    """Where the panes are, as long as the view and the sizes stay.

    Attributes:
        made_for: What it follows from.
        panes: Every pane with the share of its height that the legend takes; also those out of sight.
        frame: The frame without tags.
    """

    made_for: tuple[Any, ...]
    panes: list[tuple[Pane, float]]
    frame: Frame


class _Marks(NamedTuple):
    """The marks of the value axes, as long as the scales stay.

    Attributes:
        made_for: What they follow from.
        ticks: Of each pane in sight.
        rows: Their rows.
        needed: Width of the widest text beside them.
    """

    made_for: tuple[Any, ...]
    ticks: list[list[ValueTick]]
    rows: list[list[int]]
    needed: int


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
        self._time_marks: list[tuple[int, TimeTick]] = []
        self._zone = ""
        self._layout: _Layout | None = None
        self._layouts = 0
        """Counts them: what was made for another one is out of date."""
        self._value_marks: _Marks | None = None
        self._value_part, self._time_part = KeptPart(), KeptPart()
        self.has_time_left = False
        """Whether the last price's tag has a second line, which others write."""
        self.is_price_old = False
        """The last price may be old: it is gray, not in the color of a rise or a fall."""
        self.is_veiled = False
        """Nothing of the content may be seen now: the skeleton stands in its place."""
        self.kept_free: Callable[[Frame], list[QRect]] = lambda _frame: []
        """Places on the value axes where others draw: no label goes there."""

    def forget_widths(self) -> None:
        """Let the value axis take the width its labels need now; otherwise it only grows."""
        self._axis_width = 0
        self._legend_rows.clear()
        self._layout = None

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
        marks = self._fit(size, ratio, lettering, colors, base)
        frame = self.frame
        if frame is None:
            return
        self._paint_panes(painter, frame, marks)
        self._paint_axes(painter, frame, marks)

    def _letters(self, font: QFont, pixel_size: float, ratio: float) -> Lettering:
        key = (font.key(), pixel_size, ratio)
        if self._lettering is None or key != self._font_key:
            self._lettering = Lettering.of(font, pixel_size, ratio)
            self._font_key = key
            self.forget_widths()
        return self._lettering

    def _fit(self, size, ratio, lettering, colors, base) -> _Marks:
        """Lay out and fit; a second time when the labels turn out wider than the axis."""
        marks, needed = self._fit_once(size, ratio, lettering, colors, base)
        if needed > self._axis_width:
            self._axis_width = needed
            marks, needed = self._fit_once(size, ratio, lettering, colors, base)
            self._axis_width = max(self._axis_width, needed)
        return marks

    def _fit_once(self, size, ratio, lettering, colors, base) -> tuple[_Marks, int]:
        """The marks, and the width that the value axis needs for them and for the tag."""
        frame = self.frame = self._lay_out(size, ratio, lettering, colors, base)
        self._look_at_times(frame, base)
        marks = self._measure(frame)
        if frame.last_tag is None:
            return marks, marks.needed
        return marks, max(marks.needed, lettering.width(self._last_text(frame)) + lettering.px(14))

    def _measure(self, frame: Frame) -> _Marks:
        """The marks of the value axes and the room they need beside the panes."""
        lettering, known = frame.lettering, self._value_marks
        ticks = [pane_ticks(pane, place, lettering) for pane, place in frame.panes]
        ends = [pane.scale.ends for pane, _ in frame.panes]
        # Scales do not move with every price.
        made_for = (self._layouts, [id(row) for row in ticks], ends, self._zone, frame.below_tag is not None)
        if known is not None and known.made_for == made_for:
            return known
        texts = [tick.text for row in ticks for tick in row]
        # What the tag of the crosshair can say: it has more decimals than the marks.
        texts += [axis_text(pane, place, end) for pane, place in frame.panes for end in pane.scale.ends]
        if frame.below_tag is not None:
            texts.append(WIDEST_TIME_LEFT)
        texts.append(self._zone)
        needed = max((lettering.width(text) for text in texts), default=0) + lettering.px(14)
        rows = [[place.row_of(tick.value) for tick in row] for row, (_, place) in zip(ticks, frame.panes, strict=True)]
        self._value_marks = _Marks(made_for, ticks, rows, needed)
        return self._value_marks

    def _lay_out(self, size, ratio, lettering, colors, base) -> Frame:
        axis_width = max(self._axis_width, lettering.px(30))
        self._axis_width = axis_width
        view, model = self.model.view, self.model
        view.set_width(max(1, size[0] - axis_width), keeps_range=self._last_size == size)
        self._last_size = size
        window = window_of(base, view, ratio, model.prepare_frame())
        panes = [(pane, pane.stretch, pane.scale) for pane in model.panes]
        made_for = (size, axis_width, colors, window, model.shown_alone(), panes)
        layout = self._layout
        if layout is None or layout.made_for != made_for:
            layout = self._layout = self._place_panes(made_for, size, axis_width, lettering, colors, window)
        for pane, legend_share in layout.panes:
            _fit_pane(pane, layout.frame.window, legend_share)
        return self._with_tags(layout.frame)

    def _place_panes(self, made_for, size, axis_width, lettering, colors, window) -> _Layout:
        width, height = size
        plot_width = max(1, width - axis_width)
        strip_height = lettering.height + lettering.px(9)
        border = max(1, math.floor(window.ratio))
        shown = from_top(self.model.panes, self.model.shown_alone())
        rows = share_height(shown, max(1, height - strip_height - border), border, lettering.px(SMALLEST_PANE))
        places = dict(zip([pane.key for pane in shown], rows, strict=True))
        frames, shares = [], []
        for pane in self.model.panes:
            if pane.key not in places:
                # Out of sight, but others may draw from what its layers gather: volumes from candles.
                shares.append((pane, 0.0))
                continue
            top, bottom = places[pane.key]
            rows_high = bottom - top + 1
            shares.append((pane, self._legend_height(pane, (plot_width, rows_high), lettering) / rows_high))
            place = PaneFrame(window, 0, top, plot_width - 1, bottom, pane.scale, colors, lettering)
            frames.append((pane, place))
        strip = QRect(0, height - strip_height, plot_width, strip_height)
        is_alone = len(frames) < len(self.model.panes)
        frame = Frame(size, plot_width, frames, strip, lettering, colors, window, is_alone=is_alone)
        self._layouts += 1
        return _Layout(made_for, shares, frame)

    def _with_tags(self, frame: Frame) -> Frame:
        """The frame with the places of the last price's tag and of what is written below it."""
        tag, below = self._tags(frame)
        before = self.frame
        if before is not None and before.panes is frame.panes and (before.last_tag, before.below_tag) == (tag, below):
            return before
        return Frame(
            frame.size, frame.plot_width, frame.panes, frame.strip, frame.lettering, frame.colors, frame.window, tag,
            below, frame.is_alone,
        )  # fmt: skip

    def _tags(self, frame: Frame) -> tuple[QRect | None, QRect | None]:
        """Places of the last price's tag and of what is written below it."""
        last, place = self.model.last_price(), frame.place_of(MAIN)
        if last is None or place is None or not place.top <= (row := place.row_of(last[0])) <= place.bottom:
            return None, None
        tag = tag_rect(place, row, frame.axis_width, frame.lettering, lines=1 + self.has_time_left)
        return tag, tag.translated(0, tag.height()) if self.has_time_left else None

    def _last_text(self, frame: Frame) -> str:
        """What the last price's tag says."""
        last = self.model.last_price()
        if last is None:
            return ""
        pane, place = next(one for one in frame.panes if one[0].key == MAIN)
        return axis_text(pane, place, last[0])

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

    def _look_at_times(self, frame: Frame, base: TimeBase) -> None:
        """The marks of the time axis with their columns, and the zone as it is at the last bar in sight."""
        view = self.model.view
        least = frame.lettering.height * 5.0 / view.pixels_per_slot
        # While only prices change the marks stay: language and clock are part of what they were made for.
        made_for = (base, base.size, view.left, view.right, view.width, least, wall_clock.is_local(base), language())
        if made_for != self._marks_made_for:
            ticks = time_ticks(base, view.left, view.right, least)
            self._marks_made_for, self._time_marks = made_for, [(view.pixel_of(tick.slot), tick) for tick in ticks]
            self._zone = zone_label(base, min(view.right, base.last_slot))

    def _paint_panes(self, painter: QPainter, frame: Frame, marks: _Marks) -> None:
        thickness = max(1, math.floor(frame.lettering.ratio))
        columns = [column for column, _ in self._time_marks]
        for (pane, place), rows in zip(frame.panes, marks.rows, strict=True):
            painter.setClipRect(place.left, place.top, place.right - place.left + 1, place.height)
            for layer in (*self.model.grounds, *pane.under):
                layer.paint(painter, place)
            paint_grid(painter, place, rows, columns, thickness)
            paint_levels(painter, place, pane.levels, frame.lettering)
            for layer in _in_order(pane, place.window):
                layer.paint(painter, place)
        painter.setClipping(False)

    def _paint_axes(self, painter: QPainter, frame: Frame, marks: _Marks) -> None:
        colors, lettering, strip = frame.colors, frame.lettering, frame.strip
        width, height = frame.size
        border = max(1, math.floor(lettering.ratio))
        tags = [tag for tag in (frame.last_tag, frame.below_tag) if tag is not None]
        taken = self.kept_free(frame)
        labels = [
            free_labels(place, ticks, rows, lettering, [*tags, *taken] if pane.key == MAIN else taken)
            for (pane, place), ticks, rows in zip(frame.panes, marks.ticks, marks.rows, strict=True)
        ]
        side = QRect(frame.plot_width, 0, frame.axis_width, height)
        made_for = (self._layouts, labels, self._zone)
        self._value_part.paint(
            painter, side, made_for, colors.ground, lambda painter: self._paint_value_axis(painter, frame, labels)
        )
        made_for = (self._layouts, self._marks_made_for)
        self._time_part.paint(
            painter, strip, made_for, colors.ground,
            lambda painter: paint_time_labels(painter, strip, self._time_marks, lettering, (colors.text, colors.muted)),
        )  # fmt: skip
        self._paint_last_price(painter, frame)
        for _, place in frame.panes:
            painter.fillRect(0, place.bottom + 1, width, border, colors.line)
        painter.fillRect(frame.plot_width, 0, border, height, colors.line)

    def _paint_value_axis(self, painter: QPainter, frame: Frame, labels: list[list[tuple[int, str]]]) -> None:
        lettering = frame.lettering
        for (_, place), texts in zip(frame.panes, labels, strict=True):
            paint_value_labels(painter, place, texts, lettering)
        painter.setFont(lettering.font)
        painter.setPen(frame.colors.muted)
        baseline = lettering.baseline(frame.strip.top() + frame.strip.height() // 2)
        painter.drawText(QPoint(frame.plot_width + lettering.px(7), baseline), self._zone)

    def _paint_last_price(self, painter: QPainter, frame: Frame) -> None:
        """The line at the last price and its tag."""
        last, place = self.model.last_price(), frame.place_of(MAIN)
        if last is None or place is None or frame.last_tag is None:
            return
        value, is_up = last
        color, ink = price_colors(frame.colors, is_up=is_up, is_old=self.is_price_old)
        lettering = frame.lettering
        pattern = (lettering.px(1), lettering.px(3), max(1, math.floor(lettering.ratio)))
        paint_dashes(painter, (place.left, place.right, place.row_of(value)), pattern, color)
        paint_tag(painter, frame.last_tag, self._last_text(frame), (color, ink), lettering)


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
