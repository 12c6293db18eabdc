"""What the price axis tells: prices, logarithms, percent, upside down; and who holds the scale."""

import math
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from builders import make_candles, random_candles
from chart_builders import make_line
from strategy_tester.ui import theme
from strategy_tester.ui.charts.axis_painter import axis_text, pane_ticks
from strategy_tester.ui.charts.candle_layer import CHART_TYPES
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.lettering import Lettering
from strategy_tester.ui.charts.line_layer import LineLayer
from strategy_tester.ui.charts.overlay_painter import pointer_text
from strategy_tester.ui.charts.panes import Contribution
from strategy_tester.ui.charts.renderer import Frame
from strategy_tester.ui.charts.series import PreparedLine
from strategy_tester.ui.charts.value_ticks import log_ticks, nice_step, percent_ticks
from strategy_tester.ui.charts.view_state import TimeView, ValueScale
from strategy_tester.ui.charts.window import Window


def drawn(chart: ChartWidget) -> Frame:
    chart.canvas.refresh()
    chart.grab()
    frame = chart.canvas.renderer.frame
    assert frame is not None
    return frame


def labels(chart: ChartWidget) -> list[str]:
    frame = drawn(chart)
    pane, place = frame.panes[0]
    return [tick.text for tick in pane_ticks(pane, place, frame.lettering)]


def told(chart: ChartWidget, value: float) -> str:
    pane, place = drawn(chart).panes[0]
    return axis_text(pane, place, value)


def click(chart: ChartWidget, x: int, y: int) -> None:
    target = chart.canvas.viewport()
    QTest.mouseMove(target, QPoint(x, y))
    QTest.mouseClick(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, y))


# --- percent


def test_percent_counts_from_the_close_of_the_first_candle_in_sight(show_chart) -> None:
    chart = show_chart(make_candles([100.0] * 50 + [200.0] * 50 + [250.0] * 50))
    chart.set_scale("percent")
    chart.model.view.show(60.0, 140.0)
    assert told(chart, 200.0) == "0.00\u202f%"
    assert told(chart, 250.0) == "+25.00\u202f%"
    assert told(chart, 150.0) == "\u221225.00\u202f%"
    chart.model.view.show(10.0, 140.0)
    assert told(chart, 250.0) == "+150.00\u202f%"


def test_the_first_candle_in_sight_is_the_next_one_where_the_left_edge_has_none(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 110.0, 120.0, 130.0]))
    chart.set_scale("percent")
    chart.model.view.left = -1.6
    drawn(chart)
    assert chart.model.panes[0].scale.percent_base == 100.0
    chart.model.view.left = 1.5
    drawn(chart)
    assert chart.model.panes[0].scale.percent_base == 110.0


def test_percent_marks_are_round(show_chart) -> None:
    chart = show_chart(make_candles(list(np.linspace(100.0, 140.0, 100))))
    chart.set_scale("percent")
    chart.show_all()
    assert labels(chart)[:3] == ["0\u202f%", "+5\u202f%", "+10\u202f%"]


def test_percent_marks_have_the_decimals_their_distance_needs() -> None:
    assert [tick.text for tick in percent_ticks(-0.011, 0.012, 0.004)] == [
        "\u22120.010\u202f%", "\u22120.005\u202f%", "0.000\u202f%", "+0.005\u202f%", "+0.010\u202f%",
    ]  # fmt: skip


def test_percent_moves_no_candle(show_chart) -> None:
    chart = show_chart(random_candles(300))
    place = drawn(chart).panes[0][1]
    rows = [place.row_of(value) for value in (80.0, 90.0, 100.0)]
    chart.set_scale("percent")
    after = drawn(chart).panes[0][1]
    assert [after.row_of(value) for value in (80.0, 90.0, 100.0)] == rows


class OtherMarket(LineLayer):
    """A line of another market that begins at 0 % with the chart's own."""

    def __init__(self, values: list[float]) -> None:
        super().__init__(PreparedLine("OTHER", "", "line", (), np.array(values)), 3)
        self.first = math.nan
        self.rows: list[int] = []

    def collect(self, window: Window) -> tuple[float, float]:
        low, high = super().collect(window)
        self.first = self.line.value_at(window.first_bar) if isinstance(self.line, PreparedLine) else math.nan
        factor = (window.percent_base or self.first) / self.first
        return low * factor, high * factor

    def paint(self, painter, pane) -> None:
        own = pane.rebased(self.first)
        self.rows = [own.row_of(self.first), own.row_of(2 * self.first)]
        super().paint(painter, own)


def test_another_market_is_drawn_from_the_same_zero(show_chart) -> None:
    chart = show_chart(make_candles([100.0] * 50 + [150.0] * 50))
    other = OtherMarket([7.0] * 50 + [14.0] * 50)
    chart.contribute("compare", Contribution(layers=[other]))
    chart.set_scale("percent")
    chart.show_all()
    pane, place = drawn(chart).panes[0]
    assert other.rows == [place.row_of(100.0), place.row_of(200.0)]
    assert pane.scale.high > 200.0


def test_values_of_another_market_stay_as_they_are_while_the_axis_tells_prices() -> None:
    scale = ValueScale(low=100.0, high=200.0)
    assert scale.in_units_of(7.0) is scale
    scale.percent_base = 100.0
    other = scale.in_units_of(7.0)
    assert (other.low, other.high) == (pytest.approx(7.0), pytest.approx(14.0))
    assert other.percent_of(10.5) == pytest.approx(50.0)


# --- logarithm


def test_log_and_percent_exclude_each_other(show_chart) -> None:
    chart = show_chart(random_candles(300))
    chart.set_scale("log")
    assert drawn(chart).panes[0][0].scale.is_log
    chart.set_scale("percent")
    scale = drawn(chart).panes[0][0].scale
    assert not scale.is_log
    assert scale.percent_base is not None
    chart.set_scale("log")
    scale = drawn(chart).panes[0][0].scale
    assert scale.is_log
    assert scale.percent_base is None


def test_an_unknown_scale_and_an_unknown_type_are_refused(show_chart) -> None:
    chart = show_chart(random_candles(30))
    with pytest.raises(ValueError, match="unknown scale 'cubic'"):
        chart.set_scale("cubic")
    with pytest.raises(ValueError, match="unknown chart type 'pie'"):
        chart.set_chart_type("pie")


def test_a_line_below_zero_does_not_take_the_logarithmic_scale_from_the_prices(show_chart) -> None:
    chart = show_chart(make_candles([100.0] * 30, highs=[120.0] * 30, lows=[90.0] * 30))
    chart.set_lines([make_line([-5.0] * 15 + [130.0] * 15, "BAND")])
    chart.set_scale("log")
    scale = drawn(chart).panes[0][0].scale
    assert scale.is_log
    assert 50.0 < scale.low < 90.0
    assert scale.high > 130.0


def test_values_that_have_no_logarithm_fall_back_and_the_wish_is_kept() -> None:
    scale = ValueScale(is_log=True)
    scale.fit(-5.0, 100.0)
    assert not scale.is_log
    assert scale.share_of(47.5) == pytest.approx(0.5)
    scale.fit(1.0, 100.0)
    assert scale.is_log
    assert scale.share_of(10.0) == pytest.approx(0.5)


@pytest.mark.parametrize(("low", "high"), [(90.0, 110.0), (1.0, 2.9), (1.0, 4.0), (0.01, 800.0), (3.0, 3.0001)])
@pytest.mark.parametrize("count", [3, 8, 20])
def test_logarithmic_marks_never_overlap(low: float, high: float, count: int) -> None:
    ratio = (high / low) ** (1 / count)
    marks = log_ticks(low, high, ratio)
    assert all(after / before >= ratio * (1 - 1e-6) for before, after in pairwise(marks))
    assert len(marks) >= count // 4


def test_logarithmic_marks_are_whole_ticks() -> None:
    assert log_ticks(97.0, 121.0, 1.04, tick_size=0.5) == [100.0, 105.0, 110.0, 115.0, 120.0]
    assert log_ticks(1.0, 30.0, 1.3, tick_size=1.0) == [1.0, 2.0, 5.0, 10.0, 20.0]


def test_a_tick_that_fits_no_round_number_gives_whole_ticks_all_the_same() -> None:
    assert nice_step(0.1, 0.03) == pytest.approx(0.12)
    assert nice_step(0.2, 0.25) == pytest.approx(0.25)


# --- upside down


def test_an_inverted_scale_puts_high_prices_below() -> None:
    scale = ValueScale(low=10.0, high=20.0, is_inverted=True)
    assert scale.share_of(10.0) == 0.0
    assert scale.share_of(20.0) == 1.0
    assert scale.value_at(0.25) == 12.5


@pytest.mark.parametrize("kind", CHART_TYPES)
@pytest.mark.parametrize("scale", ["linear", "log", "percent"])
def test_upside_down_every_type_shows_the_mirror_of_what_it_showed(show_chart, kind: str, scale: str) -> None:
    chart = show_chart(make_candles([100.0, 108.0, 104.0], opens=[100.0, 100.0, 108.0], highs=[109.0] * 3))
    chart.set_chart_type(kind)
    chart.set_scale(scale)
    held = chart.model.panes[0].scale
    held.is_auto, held.low, held.high = False, 90.0, 120.0
    place = drawn(chart).panes[0][1]
    upright = rows_of_prices(chart)
    chart.set_inverted(True)
    mirrored = [place.top + place.bottom - row for row in reversed(rows_of_prices(chart))]
    assert len(upright) > 30
    assert abs(len(upright) - len(mirrored)) <= 2
    assert abs(upright[0] - mirrored[0]) <= 2
    assert abs(upright[-1] - mirrored[-1]) <= 2


def rows_of_prices(chart: ChartWidget) -> list[int]:
    """Rows of the price pane in which something has the color of the prices."""
    place = drawn(chart).panes[0][1]
    image = chart.grab().toImage()
    colors = {theme.DARK.up.upper(), theme.DARK.down.upper(), theme.DARK.accent.upper()}
    columns = range(chart.model.view.pixel_of(0) + 2, chart.model.view.pixel_of(2) + 1)
    rows = range(place.top, place.bottom + 1)
    return [y for y in rows if any(image.pixelColor(x, y).name().upper() in colors for x in columns)]


def test_dragging_an_inverted_chart_moves_the_candles_with_the_pointer(show_chart) -> None:
    scale = ValueScale(low=0.0, high=100.0, is_auto=False, is_inverted=True)
    scale.pan(-0.1)  # the pointer goes down by a tenth
    assert scale.share_of(50.0) == pytest.approx(0.6)
    upright = ValueScale(low=0.0, high=100.0, is_auto=False)
    upright.pan(-0.1)
    assert upright.share_of(50.0) == pytest.approx(0.6)


# --- who holds the scale


def test_the_mark_at_the_corner_of_the_axis_switches_fitting(show_chart) -> None:
    chart = show_chart(random_candles(300))
    frame = drawn(chart)
    mark = next(one for one in chart.canvas._hand.controls() if one.name == "auto")
    assert mark.is_on
    place = mark.rect.center() / frame.lettering.ratio
    click(chart, place.x(), place.y())
    assert not chart.is_auto_scale
    held = chart.model.panes[0].scale.low
    chart.model.view.show(10, 60)
    drawn(chart)
    assert chart.model.panes[0].scale.low == held
    mark = next(one for one in chart.canvas._hand.controls() if one.name == "auto")
    place = mark.rect.center() / frame.lettering.ratio
    click(chart, place.x(), place.y())
    assert chart.is_auto_scale


def test_marks_that_are_off_are_seen_under_the_pointer_only(show_chart) -> None:
    chart = show_chart(random_candles(300))
    place = drawn(chart).panes[0][1]
    assert [one.name for one in chart.canvas._hand.controls() if one.kind == "scale"] == ["auto"]
    QTest.mouseMove(chart.canvas.viewport(), QPoint(place.right + 20, 100))
    marks = {one.name: one for one in chart.canvas._hand.controls() if one.kind == "scale"}
    assert list(marks) == ["auto", "log", "percent"]
    center = marks["log"].rect.center()
    click(chart, center.x(), center.y())
    assert chart.scale == "log"
    QTest.mouseMove(chart.canvas.viewport(), QPoint(100, 100))
    assert [one.name for one in chart.canvas._hand.controls() if one.kind == "scale"] == ["auto", "log"]


def test_the_other_way_of_showing_prices_is_drawn(show_chart) -> None:
    chart = show_chart(random_candles(300))
    pictures = set()
    for kind in CHART_TYPES:
        chart.set_chart_type(kind)
        pictures.add(bytes(chart.grab().toImage().constBits()))
    assert len(pictures) == len(CHART_TYPES)


def test_a_long_series_is_made_ready_for_a_type_on_a_worker(show_chart, qtbot) -> None:
    candles = random_candles(210_000)
    chart = show_chart(None)
    chart.set_candles(candles)
    qtbot.waitUntil(lambda: not chart.is_loading, timeout=20_000)
    chart.set_chart_type("heikin_ashi")
    assert chart.chart_type == "candles"
    with qtbot.waitSignal(chart.look_changed, timeout=20_000):
        pass
    assert chart.chart_type == "heikin_ashi"


# --- following


def view_at_end() -> TimeView:
    view = TimeView(first=0, last=999, width=800)
    view.show_end(100)
    return view


def test_zooming_at_the_end_goes_on_following_new_bars() -> None:
    view = view_at_end()
    view.zoom(0.9, 700)
    left = view.left
    view.move_data(0, 1000)
    assert view.left == pytest.approx(left + 1)


def test_a_new_bar_does_not_move_a_view_that_is_being_dragged() -> None:
    view = view_at_end()
    view.is_held = True
    left = view.left
    view.move_data(0, 1000)
    assert view.left == left


def test_a_live_tick_while_dragging_does_not_jump(show_chart) -> None:
    candles = random_candles(500)
    chart = show_chart(candles)
    target = chart.canvas.viewport()
    QTest.mousePress(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 200))
    QTest.mouseMove(target, QPoint(310, 200))
    QTest.mouseMove(target, QPoint(320, 200))
    left = chart.model.view.left
    chart.append(int(candles.open_time_ms[-1]) + 3_600_000, 100.0, 101.0, 99.0, 100.0, 1.0)
    assert chart.model.view.left == left
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(320, 200))
    chart.append(int(candles.open_time_ms[-1]) + 7_200_000, 100.0, 101.0, 99.0, 100.0, 1.0)
    assert chart.model.view.left == pytest.approx(left + 1)


def test_two_candles_are_enough_for_percent(show_chart) -> None:
    chart = show_chart(make_candles([1.0, 2.0]))
    chart.set_scale("percent")
    assert told(chart, 2.0) == "+100.00\u202f%"


def test_marks_on_the_axis_never_hide_the_last_price(show_chart) -> None:
    chart = show_chart(make_candles([100.0] * 30 + [60.0]))
    chart.set_auto_scale(False)
    scale = chart.model.panes[0].scale
    for low in np.linspace(58.0, 59.9, 12):
        scale.low, scale.high = float(low), 102.0
        frame = drawn(chart)
        marks = [one.rect for one in chart.canvas._hand.controls() if one.kind == "scale" and one.key == "price"]
        assert len(marks) == 1
        assert frame.last_tag is not None
        assert not marks[0].intersects(frame.last_tag)


def test_marks_are_no_finer_than_what_their_labels_can_tell(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 101.5, 101.0]))
    scale = chart.model.panes[0].scale
    scale.is_auto, scale.low, scale.high = False, 100.0, 100.25
    assert labels(chart) == ["100.0", "100.1", "100.2"]
    chart.set_scale("log")
    scale.is_auto, scale.low, scale.high = False, 100.0, 100.25
    assert labels(chart) == ["100.0", "100.1", "100.2"]


def test_the_tag_under_the_crosshair_names_whole_ticks(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 101.5, 101.0]))
    chart.set_tick_size(0.25)
    assert told(chart, 100.36) == "100.25"
    assert told(chart, 100.38) == "100.50"


@pytest.mark.parametrize("style", ["line", "dots", "histogram"])
def test_lines_are_mirrored_too(show_chart, style: str) -> None:
    chart = show_chart(make_candles([100.0] * 30, highs=[140.0] * 30, lows=[60.0] * 30))
    chart.set_lines([make_line([100.0] * 29 + [130.0], "X", "", style)])
    held = chart.model.panes[0].scale
    held.is_auto, held.low, held.high = False, -20.0 if style == "histogram" else 50.0, 150.0
    colors = drawn(chart).colors
    color = (colors.up_volume if style == "histogram" else colors.line_color(0)).name()
    upright = rows_of(chart, color)
    chart.set_inverted(True)
    place = drawn(chart).panes[0][1]
    mirrored = rows_of(chart, color)
    assert upright
    assert abs(place.top + place.bottom - mirrored[-1] - upright[0]) <= 3
    assert abs(place.top + place.bottom - mirrored[0] - upright[-1]) <= 3


def rows_of(chart: ChartWidget, color: str) -> list[int]:
    """Rows of the price pane, away from the legend, in which a color is seen near the last bar."""
    place, image = drawn(chart).panes[0][1], chart.grab().toImage()
    middle = chart.model.view.pixel_of(29)
    columns = range(middle - 6, middle + 7)
    return [
        y for y in range(place.top, place.bottom + 1) if any(image.pixelColor(x, y).name() == color for x in columns)
    ]


@pytest.mark.parametrize("scale", ["linear", "log", "percent"])
def test_the_axis_is_wide_enough_for_the_tag_of_the_crosshair(show_chart, scale: str) -> None:
    chart = show_chart(make_candles([0.00001] * 20 + [0.00017] * 20))
    chart.set_scale(scale)
    chart.show_all()
    frame = drawn(chart)
    for pane, place in frame.panes:
        for row in range(place.top, place.bottom, 7):
            assert frame.lettering.width(pointer_text(pane, place, row)) + 8 <= frame.axis_width


def test_no_label_of_the_axis_lies_under_the_marks(show_chart, monkeypatch) -> None:
    chart = show_chart(make_candles([100.0, 101.0] * 30), height=400)
    chart.set_auto_scale(False)
    scale, drawn_at = chart.model.panes[0].scale, []
    letters = Lettering.draw
    monkeypatch.setattr(
        Lettering, "draw", lambda self, painter, x, y, text, **rest: (
            drawn_at.append((x, y, text)), letters(self, painter, x, y, text, **rest),
        ),
    )  # fmt: skip
    left_out = 0
    for low in np.linspace(80.0, 90.0, 40):
        scale.low, scale.high = float(low), float(low) + 30.0
        drawn_at.clear()
        frame = drawn(chart)
        (mark,) = (one.rect for one in chart.canvas._hand.controls() if one.kind == "scale" and one.key == "price")
        ticks = pane_ticks(chart.model.panes[0], frame.panes[0][1], frame.lettering)
        texts = {text for x, _, text in drawn_at if x > frame.plot_width}
        left_out += sum(tick.text not in texts for tick in ticks)
        for x, baseline, text in drawn_at:
            width = frame.lettering.width(text)
            label = QRect(x, baseline - frame.lettering.metrics.ascent(), width, frame.lettering.height)
            assert text == "A" or not label.intersects(mark)
    assert left_out > 0
