"""Every way to show prices, judged by its pixels; Heikin-Ashi that grows against Heikin-Ashi from scratch."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPainter

from builders import START_MS, make_candles, random_candles
from chart_builders import make_line
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import HOUR_MS, Timeframe
from strategy_tester.ui import theme
from strategy_tester.ui.charts.candle_layer import CHART_TYPES, CandleLayer
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.heikin_ashi import HeikinAshi
from strategy_tester.ui.charts.price_layers import price_layer
from strategy_tester.ui.charts.series import PreparedCandles
from strategy_tester.ui.charts.window import PaneFrame

UP, DOWN, ACCENT = (color.upper() for color in (theme.DARK.up, theme.DARK.down, theme.DARK.accent))
PRICE_COLORS = {UP, DOWN, ACCENT}
Shower = Callable[..., ChartWidget]

# Open, high, low, close: up, down, doji, up though it closes below the close before.
BARS = (
    (100.0, 112.0, 98.0, 110.0),
    (110.0, 112.0, 100.0, 102.0),
    (105.0, 112.0, 98.0, 105.0),
    (101.0, 112.0, 98.0, 104.0),
)


def four_bars() -> Candles:
    opens, highs, lows, closes = zip(*BARS, strict=True)
    return make_candles(list(closes), opens=list(opens), highs=list(highs), lows=list(lows))


def shown(
    show_chart: Shower, kind: str, candles: Candles, bars: tuple[float, float]
) -> tuple[QImage, PaneFrame, ChartWidget]:
    chart = show_chart(candles)
    chart.model.set_chart_type(kind)
    chart.model.view.show(*bars)
    chart.canvas.refresh()
    image = chart.grab().toImage()
    frame = chart.canvas.renderer.frame
    assert frame is not None
    return image, frame.panes[0][1], chart


def color_at(image: QImage, x: int, y: int) -> str:
    return QColor(image.pixel(QPoint(x, y))).name().upper()


def is_like(image: QImage, x: int, y: int, color: str) -> bool:
    """Whether a pixel is nearer to a color than a smooth edge would be."""
    pixel, wanted = image.pixelColor(x, y), QColor(color)
    parts = zip(pixel.getRgb(), wanted.getRgb(), strict=True)  # pyright: ignore[reportArgumentType]
    return sum(abs(one - two) for one, two in parts) < 150


def columns_with(image: QImage, place: PaneFrame, colors: set[str], last: float) -> set[int]:
    """Pixel columns of the price pane that show one of these colors: below the legend, beside the last price's line."""
    dashes = place.row_of(last)
    rows = [row for row in range(place.top + 40, place.bottom + 1) if abs(row - dashes) > 1]
    part = colors_of(image)[rows, place.left : place.right]
    wanted = [QColor(color).rgb() & 0xFFFFFF for color in colors]
    return set((np.flatnonzero(np.isin(part, wanted).any(axis=0)) + place.left).tolist())


def colors_of(image: QImage) -> np.ndarray:
    """0xRRGGBB of every pixel."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).view(np.uint32).reshape(image.height(), -1) & 0xFFFFFF


def test_a_hollow_candle_shows_the_ground_inside_and_has_no_wick_there(show_chart: Shower) -> None:
    image, place, chart = shown(show_chart, "hollow", four_bars(), (-2.0, 8.0))
    view = chart.model.view
    middle = view.pixel_of(0)
    assert color_at(image, middle, place.row_of(105.3)) not in PRICE_COLORS
    assert color_at(image, middle, place.row_of(111.0)) == UP
    assert color_at(image, middle, place.row_of(110.0)) == UP
    half = next(x for x in range(1, 60) if color_at(image, middle + x, place.row_of(105.3)) == UP)
    assert color_at(image, middle - half, place.row_of(105.3)) == UP
    # Filled where it closed below its open.
    assert color_at(image, view.pixel_of(1), place.row_of(106.3)) == DOWN
    assert color_at(image, view.pixel_of(1) + half // 2, place.row_of(106.3)) == DOWN


def test_a_hollow_candle_below_the_close_before_is_hollow_and_falling(show_chart: Shower) -> None:
    image, place, chart = shown(show_chart, "hollow", four_bars(), (-2.0, 8.0))
    middle = chart.model.view.pixel_of(3)
    assert color_at(image, middle, place.row_of(111.0)) == DOWN
    assert color_at(image, middle, place.row_of(102.3)) not in PRICE_COLORS


def test_the_color_of_a_hollow_candle_does_not_change_at_the_left_edge(show_chart: Shower) -> None:
    """The close before the first bar in sight counts although it is out of sight."""
    image, place, chart = shown(show_chart, "hollow", four_bars(), (2.6, 8.0))
    assert color_at(image, chart.model.view.pixel_of(3), place.row_of(111.0)) == DOWN
    assert chart.model.panes[0].layers[0].close_before in (110.0, 102.0, 105.0)


def test_a_bar_has_its_open_at_the_left_and_its_close_at_the_right(show_chart: Shower) -> None:
    image, place, chart = shown(show_chart, "bars", four_bars(), (-2.0, 8.0))
    middle, up_row, down_row = chart.model.view.pixel_of(0), place.row_of(110.0), place.row_of(100.0)
    assert color_at(image, middle, place.row_of(105.3)) == UP
    assert [color_at(image, middle + away, up_row) == UP for away in (-5, 5)] == [False, True]
    assert [color_at(image, middle + away, down_row) == UP for away in (-5, 5)] == [True, False]
    assert color_at(image, chart.model.view.pixel_of(1), place.row_of(106.3)) == DOWN


def test_a_doji_is_a_cross_in_every_type_with_bodies(show_chart: Shower) -> None:
    for kind in ("candles", "hollow", "bars"):
        image, place, chart = shown(show_chart, kind, four_bars(), (-2.0, 8.0))
        middle, row = chart.model.view.pixel_of(2), place.row_of(105.0)
        row_colors = [color_at(image, middle + away, row) for away in (-6, 0, 6)]
        assert row_colors in ([UP] * 3, [DOWN] * 3), kind
        assert color_at(image, middle + 6, row - 3) not in PRICE_COLORS


def test_a_line_goes_through_the_closes(show_chart: Shower) -> None:
    image, place, chart = shown(show_chart, "line", four_bars(), (-2.0, 8.0))
    for bar, (*_, close) in enumerate(BARS):
        x, row = chart.model.view.pixel_of(bar), place.row_of(close)
        assert any(is_like(image, x, row + away, ACCENT) for away in (-1, 0, 1)), bar
    # Half way between two closes it lies half way up.
    middle = (chart.model.view.pixel_of(0) + chart.model.view.pixel_of(1)) // 2
    assert any(is_like(image, middle, place.row_of(106.0) + away, ACCENT) for away in range(-4, 5))
    # The highs, which the line never reaches, do not take part in fitting the scale.
    assert place.scale.high < 113.0


def test_an_area_has_a_ground_that_fades_towards_the_bottom(show_chart: Shower) -> None:
    image, place, chart = shown(show_chart, "area", four_bars(), (-2.0, 8.0))
    x = chart.model.view.pixel_of(0) + 3
    ground = QColor(theme.DARK.panel).blue()
    blues = [image.pixelColor(x, row).blue() for row in (place.row_of(107.7), place.row_of(103.3), place.bottom - 2)]
    assert blues[0] > blues[1] > blues[2] >= ground
    above = image.pixelColor(x, place.row_of(110.0) - 6).name().upper()
    assert above in {theme.DARK.panel.upper(), theme.DARK.grid.upper()}
    before = image.pixelColor(chart.model.view.pixel_of(0) - 20, place.bottom - 40).name().upper()
    assert before in {theme.DARK.panel.upper(), theme.DARK.grid.upper()}


def test_heikin_ashi_draws_average_bodies_and_tells_the_real_prices(show_chart: Shower) -> None:
    candles = make_candles([11.0, 13.0, 7.0], opens=[10.0, 12.0, 14.0], highs=[14.0, 16.0, 15.0], lows=[9.0, 11.0, 7.0])
    image, place, chart = shown(show_chart, "heikin_ashi", candles, (-2.0, 8.0))
    # Second bar: body from 10.75 to 13, where the real candle has none below 12.
    middle = chart.model.view.pixel_of(1)
    assert color_at(image, middle + 8, place.row_of(11.2)) == UP
    # Third bar: average close 10.75 below average open 11.875.
    assert color_at(image, chart.model.view.pixel_of(2) + 8, place.row_of(11.3)) == DOWN
    assert color_at(image, chart.model.view.pixel_of(2) + 8, place.row_of(13.5)) not in PRICE_COLORS
    rows = chart.model.legend(chart.model.panes[0], 1)
    assert "O 12 H 16 L 11 C 13" in " ".join(piece.text for piece in rows[0])
    assert chart.model.last_price() == (7.0, False)


@pytest.mark.parametrize("kind", CHART_TYPES)
@pytest.mark.parametrize("bars", [40, 400, 20_000])
def test_missing_candles_leave_a_gap_in_every_type(show_chart: Shower, kind: str, bars: int) -> None:
    """A gap of a tenth of what is seen, from near and from afar."""
    slots = np.arange(bars)
    slots[bars // 2 :] += bars // 10
    prices = (100 + np.arange(bars) % 7).astype(np.float64)
    candles = Candles(
        START_MS + slots * HOUR_MS, prices, prices + 2, prices - 2, prices, np.ones(bars), symbol="GAP",
        timeframe=Timeframe.H1,
    )  # fmt: skip
    image, place, chart = shown(show_chart, kind, candles, (-0.02 * bars, 1.15 * bars))
    view = chart.model.view
    first, last = view.pixel_of(bars // 2 - 1), view.pixel_of(bars // 2 + bars // 10)
    drawn = columns_with(image, place, PRICE_COLORS, prices[-1])
    spare = round(view.pixels_per_slot) + 3
    assert last - first > 20
    assert not drawn & set(range(first + spare, last - spare + 1))
    assert drawn & set(range(first - spare, first + spare))
    assert drawn & set(range(last - spare, last + spare))


@pytest.mark.parametrize("bars", [40, 20_000])
def test_indicator_lines_break_where_candles_are_missing(show_chart: Shower, bars: int) -> None:
    slots = np.arange(bars)
    slots[bars // 2 :] += bars // 10
    prices = np.full(bars, 100.0)
    candles = Candles(
        START_MS + slots * HOUR_MS, prices, prices + 2, prices - 2, prices, np.ones(bars), timeframe=Timeframe.H1
    )
    chart = show_chart(candles)
    chart.set_lines([make_line(list(prices - 4.0))])
    chart.model.view.show(-0.02 * bars, 1.15 * bars)
    chart.canvas.refresh()
    image = chart.grab().toImage()
    frame = chart.canvas.renderer.frame
    assert frame is not None
    place, view = frame.panes[0][1], chart.model.view
    first, last = view.pixel_of(bars // 2 - 1), view.pixel_of(bars // 2 + bars // 10)
    rows = range(place.row_of(96.0) - 1, place.row_of(96.0) + 2)
    color = frame.colors.line_color(0).name()
    drawn = {x for x in range(place.left, place.right) if any(is_like(image, x, row, color) for row in rows)}
    assert not drawn & set(range(first + 4, last - 3))
    assert set(range(view.pixel_of(0) + 4, first - 3)) <= drawn
    assert set(range(last + 4, view.pixel_of(bars + bars // 10 - 1) - 3)) <= drawn


@pytest.mark.parametrize("kind", CHART_TYPES)
def test_a_spike_among_fifty_thousand_bars_is_seen_in_every_type(show_chart: Shower, kind: str) -> None:
    closes = [100.0] * 50_000
    closes[31_234] = 200.0
    candles = make_candles(closes, opens=closes, timeframe=Timeframe.M1)
    image, place, chart = shown(show_chart, kind, candles, (-500.0, 51_000.0))
    x, row = chart.model.view.pixel_of(31_234), place.row_of(150.0)
    # The average of Heikin-Ashi opens keeps a trace for some bars; the spike itself reaches all the way in each type.
    assert {color_at(image, x + away, row) for away in (-1, 0, 1)} & PRICE_COLORS


@pytest.mark.parametrize("kind", CHART_TYPES)
def test_a_painter_of_any_kind_shows_what_the_pixels_show(show_chart: Shower, kind: str) -> None:
    """Pictures for files are drawn by a painter alone: hardly a pixel may differ from the window's."""
    chart = show_chart(random_candles(3000))
    chart.model.set_chart_type(kind)
    chart.set_lines([make_line(list(np.linspace(90.0, 110.0, 3000)))])
    for span in (60.0, 500.0, 3000.0):
        chart.model.view.show(2900.0 - span, 2990.0)
        chart.canvas.refresh()
        window = chart.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        plain = chart.to_image()
        assert window.size() == plain.size()
        one, two = (colors_of(image).view(np.uint8).astype(int) for image in (window, plain))
        different = np.abs(one - two) > 90
        assert different.mean() < 0.01, (kind, span)


def test_the_volumes_stand_whatever_shows_the_prices(show_chart: Shower) -> None:
    for kind in CHART_TYPES:
        image, _, chart = shown(show_chart, kind, random_candles(200), (0.0, 205.0))
        frame = chart.canvas.renderer.frame
        assert frame is not None
        place = frame.panes[-1][1]
        colors = {frame.colors.up_volume.name().upper(), frame.colors.down_volume.name().upper()}
        x = chart.model.view.pixel_of(100)
        assert color_at(image, x, place.bottom - 1) in colors, kind


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="renko"):
        price_layer("renko", PreparedCandles(make_candles()))


def test_every_type_is_a_layer_with_columns_for_the_volumes() -> None:
    candles = PreparedCandles(make_candles())
    layers = [price_layer(kind, candles) for kind in CHART_TYPES]
    assert all(isinstance(layer, CandleLayer) and layer.is_hero for layer in layers)
    assert [kind for kind, layer in zip(CHART_TYPES, layers, strict=True) if layer.under] == ["area"]


def test_what_a_type_needs_can_be_made_ready_before(monkeypatch: pytest.MonkeyPatch) -> None:
    candles = PreparedCandles(random_candles(300))
    assert [kind for kind in CHART_TYPES if not candles.is_ready_for(kind)] == ["line", "area", "heikin_ashi"]
    for kind in CHART_TYPES:
        candles.make_ready_for(kind)
        assert candles.is_ready_for(kind)
    made = candles.heikin_ashi
    candles.make_ready_for("heikin_ashi")
    assert candles.heikin_ashi is made


prices = st.floats(1.0, 100.0)
ticks = st.lists(st.tuples(st.booleans(), prices, prices, prices, prices), max_size=30)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 400), ticks, st.integers(1, 9), st.integers(0, 50))
def test_heikin_ashi_that_grows_equals_heikin_ashi_from_scratch(
    bars: int, changes: list[tuple[bool, float, float, float, float]], every: int, room: int
) -> None:
    candles = PreparedCandles(random_candles(bars), room)
    averages = candles.heikin_ashi
    for number, (is_new, open_, one, two, close) in enumerate(changes):
        high, low = max(open_, one, two, close), min(open_, one, two, close)
        if is_new:
            candles.append(START_MS + (bars + number) * HOUR_MS, open_, high, low, close, 1.0)
        else:
            candles.update_last(high, low, close, 1.0)
        if number % every == 0:
            averages.catch_up()
    averages.catch_up()
    fresh = HeikinAshi(candles)
    for level in range(min(fresh.close.top, averages.close.top, averages.volume.top) + 1):
        for got, expected in zip(averages.columns(level), fresh.columns(level), strict=True):
            np.testing.assert_array_equal(got, expected)


def test_a_live_change_moves_the_average_bar_on_the_chart(show_chart: Shower) -> None:
    _, _, chart = shown(show_chart, "heikin_ashi", four_bars(), (-2.0, 8.0))
    chart.update_last(140.0, 98.0, 130.0, 5.0)
    chart.canvas.refresh()
    chart.grab()
    layer = chart.model.panes[0].layers[0]
    assert layer.columns[4, layer.count - 1] == pytest.approx((101.0 + 140.0 + 98.0 + 130.0) / 4)


def test_a_painter_that_is_no_windows_has_no_pixels(qtbot) -> None:
    """A painter that is no window's: the layers draw with its own means."""
    from strategy_tester.ui.charts.raster import pixels_of

    image = QImage(8, 8, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    assert pixels_of(painter) is None
    painter.end()
