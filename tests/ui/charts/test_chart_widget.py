"""The real chart, driven as a user drives it, judged by its pixels and its legend."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from builders import START_MS, make_candles, random_candles
from chart_builders import make_line, make_trades
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.timeframes import HOUR_MS, Timeframe
from strategy_tester.ui import theme
from strategy_tester.ui.charts import series
from strategy_tester.ui.charts.candle_layer import body_width
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.legend import wrapped
from strategy_tester.ui.charts.overlay_painter import Pointer
from strategy_tester.ui.charts.renderer import Frame
from strategy_tester.ui.charts.window import PaneFrame


def picture(chart: ChartWidget) -> QImage:
    return chart.grab().toImage()


def drawn_frame(chart: ChartWidget) -> Frame:
    picture(chart)
    frame = chart.canvas.renderer.frame
    assert frame is not None
    return frame


def price_pane(chart: ChartWidget) -> PaneFrame:
    return drawn_frame(chart).panes[0][1]


def color_at(image: QImage, x: int, y: int) -> str:
    return QColor(image.pixel(QPoint(x, y))).name().upper()


def column_colors(image: QImage, x: int, place: PaneFrame) -> set[str]:
    return {color_at(image, x, y) for y in range(place.top, place.bottom + 1)}


def legend_text(chart: ChartWidget, bar: int | None, pane: int = 0) -> str:
    rows = chart.model.legend(chart.model.panes[pane], bar)
    return " | ".join(" ".join(piece.text for piece in row) for row in rows)


def wheel(chart: ChartWidget, notches: int, x: int, y: int = 200) -> None:
    target = chart.canvas.viewport()
    place = QPointF(x, y)
    event = QWheelEvent(
        place, target.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(target, event)


def drag(chart: ChartWidget, start: tuple[int, int], end: tuple[int, int]) -> None:
    target = chart.canvas.viewport()
    QTest.mousePress(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(*start))
    for step in range(1, 6):
        x = start[0] + (end[0] - start[0]) * step // 5
        y = start[1] + (end[1] - start[1]) * step // 5
        QTest.mouseMove(target, QPoint(x, y))
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(*end))


# --- what is drawn


def test_a_rising_candle_is_painted_in_the_color_of_rise_where_its_body_is(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 110.0, 105.0], opens=[100.0, 100.0, 110.0]))
    place, image = price_pane(chart), picture(chart)
    x = chart.model.view.pixel_of(1)
    assert color_at(image, x, place.row_of(104.0)) == theme.DARK.up.upper()
    x = chart.model.view.pixel_of(2)
    assert color_at(image, x, place.row_of(107.0)) == theme.DARK.down.upper()


def test_wicks_are_one_pixel_wide_and_stand_in_the_middle_of_the_body(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 102.0], opens=[100.0, 101.0], highs=[100.0, 109.0], lows=[100.0, 93.0]))
    place, image = price_pane(chart), picture(chart)
    middle, row = chart.model.view.pixel_of(1), place.row_of(106.5)
    assert color_at(image, middle, row) == theme.DARK.up.upper()
    assert theme.DARK.up.upper() not in {color_at(image, middle - 1, row), color_at(image, middle + 1, row)}
    width = body_width(chart.model.view.pixels_per_slot, 1.0)
    body_row = place.row_of(101.5)
    body = [x for x in range(middle - 100, middle + 100) if color_at(image, x, body_row) == theme.DARK.up.upper()]
    assert body == list(range(middle - width // 2, middle + width // 2 + 1))


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("spacing", [3.0, 4.0, 5.5, 8.0, 20.0, 100.0])
def test_bodies_leave_a_gap_and_match_the_wick(spacing: float, ratio: float) -> None:
    width = body_width(spacing * ratio, ratio)
    assert width == 0 or (width < spacing * ratio and (width - int(ratio)) % 2 == 0)


def test_a_spike_of_one_bar_among_fifty_thousand_is_still_seen(show_chart) -> None:
    highs, lows = np.full(50_000, 101.0), np.full(50_000, 99.0)
    highs[31_234], lows[12_345] = 140.0, 70.0
    chart = show_chart(make_candles([100.0] * 50_000, highs=list(highs), lows=list(lows), timeframe=Timeframe.M1))
    chart.show_all()
    place, image = price_pane(chart), picture(chart)
    candle = {theme.DARK.up.upper(), theme.DARK.down.upper()}
    view = chart.model.view
    # A bucket of bars is about a column wide here: its place is right to one column.
    for bar, price in ((31_234, 139.0), (12_345, 71.0)):
        columns = range(view.pixel_of(bar) - 1, view.pixel_of(bar) + 2)
        assert candle & {color_at(image, x, place.row_of(price)) for x in columns}


def test_the_picture_does_not_tremble_while_it_moves_by_whole_pixels(show_chart) -> None:
    chart = show_chart(random_candles(20_000))
    chart.model.shows_volume = False
    chart.model.rebuild()
    chart.model.view.show(5000.0, 9000.0)
    chart.model.panes[0].scale.low, chart.model.panes[0].scale.high = 1.0, 1000.0
    chart.model.panes[0].scale.is_auto = False
    chart.canvas.refresh()
    picture(chart)
    layer = chart.model.panes[0].layers[0]
    before = {int(x): tuple(rest) for x, *rest in layer.columns[:, : layer.count].T}
    chart.model.view.pan(5)
    chart.canvas.refresh()
    picture(chart)
    after = {int(x) - 5: tuple(rest) for x, *rest in layer.columns[:, : layer.count].T}
    shared = [x for x in before if x in after][3:-3]
    assert len(shared) > 600
    assert all(before[x] == after[x] for x in shared)


def test_missing_candles_leave_a_gap(show_chart) -> None:
    times = START_MS + np.array([0, 1, 2, 3, 30, 31, 32, 33]) * HOUR_MS
    prices = np.full(8, 100.0)
    chart = show_chart(
        Candles(times, prices, prices + 5, prices - 5, prices, np.ones(8), symbol="GAP", timeframe=Timeframe.H1)
    )
    place, image = price_pane(chart), picture(chart)
    row = place.row_of(103.0)
    candle = theme.DARK.up.upper()
    view = chart.model.view
    assert color_at(image, view.pixel_of(3), row) == candle
    assert color_at(image, view.pixel_of(30), row) == candle
    between = {color_at(image, x, row) for x in range(view.pixel_of(3) + 3, view.pixel_of(30) - 3)}
    assert candle not in between


def test_a_gap_stays_visible_from_afar(show_chart) -> None:
    bars = 40_000
    times = START_MS + (np.arange(bars) + np.where(np.arange(bars) >= 20_001, 20_000, 0)) * 60_000
    prices = np.full(bars, 100.0)
    chart = show_chart(Candles(times, prices, prices + 5, prices - 5, prices, np.ones(bars), timeframe=Timeframe.M1))
    chart.show_all()
    place, image = price_pane(chart), picture(chart)
    view, row, candle = chart.model.view, place.row_of(103.0), theme.DARK.up.upper()
    last, first = view.pixel_of(20_000), view.pixel_of(40_001)
    assert color_at(image, last, row) == candle
    assert color_at(image, first, row) == candle
    assert all(color_at(image, x, row) != candle for x in range(last + 2, first - 1))


def test_a_line_is_drawn_where_its_values_are_and_broken_where_there_are_none(show_chart) -> None:
    candles = make_candles([100.0] * 30, highs=[110.0] * 30, lows=[90.0] * 30)
    chart = show_chart(candles)
    values = [106.0] * 10 + [float("nan")] * 10 + [106.0] * 10
    chart.set_lines([make_line(values)])
    place, image = price_pane(chart), picture(chart)
    color = chart.canvas._colors.line_color(0).name().upper()
    view, row = chart.model.view, place.row_of(106.0)
    reach = range(row - 1, row + 2)

    def is_line(left: int, right: int) -> bool:
        return any(color_at(image, x, y) == color for x in range(left, right) for y in reach)

    assert is_line(view.pixel_of(5) + 4, view.pixel_of(5) + 8)
    assert not is_line(view.pixel_of(10), view.pixel_of(19))
    assert is_line(view.pixel_of(25) + 4, view.pixel_of(25) + 8)


def test_a_line_s_spike_is_seen_from_afar(show_chart) -> None:
    chart = show_chart(make_candles([100.0] * 40_000, timeframe=Timeframe.M1))
    values = np.full(40_000, 50.0)
    values[23_456] = 95.0
    chart.set_lines([make_line(list(values), "RSI_14", "RSI_14")])
    chart.show_all()
    frame = drawn_frame(chart)
    place = frame.panes[1][1]
    image = picture(chart)
    color = frame.colors.line_color(0).name().upper()
    x = chart.model.view.pixel_of(23_456)
    assert color in {color_at(image, x + away, place.row_of(80.0)) for away in (-1, 0, 1)}


def test_lines_of_a_pane_stand_below_and_share_the_time_axis(show_chart) -> None:
    chart = show_chart(random_candles(300))
    chart.set_lines([make_line(list(np.linspace(0, 100, 300)), "RSI_14", "RSI_14")])
    frame = drawn_frame(chart)
    assert [pane.key for pane, _ in frame.panes] == ["price", "pane:RSI_14", "volume"]
    tops = [place.top for _, place in frame.panes]
    assert tops == sorted(tops)
    assert len({place.right for _, place in frame.panes}) == 1


def test_the_other_styles_of_lines_are_drawn(show_chart) -> None:
    candles = random_candles(200)
    chart = show_chart(candles)
    wave = np.sin(np.arange(200) / 5.0)
    plain = picture(chart)
    chart.set_lines([
        make_line(list(wave), "MACD_Hist", "MACD", "histogram"),
        make_line(list(candles.low * 0.98), "PSAR", "", "dots"),
        make_line(list(candles.high * 1.01), "BB_Upper", "", "band"),
        make_line(list(candles.low * 0.99), "BB_Lower", "", "band"),
    ])  # fmt: skip
    frame, image = drawn_frame(chart), picture(chart)
    assert image != plain
    _, place = frame.panes[1]
    assert frame.colors.up_volume.name().upper() in column_colors(image, chart.model.view.pixel_of(164), place)
    assert frame.colors.band.name().upper() in column_colors(
        image, chart.model.view.pixel_of(150) + 3, frame.panes[0][1]
    )


# --- legend


def test_the_legend_says_the_values_of_the_bar(show_chart) -> None:
    chart = show_chart(
        make_candles([100.0, 110.0], opens=[99.0, 101.0], highs=[120.0, 130.0], lows=[90.0, 80.0], volumes=[5, 1500])
    )
    chart.set_lines([make_line([float("nan"), 105.25])])
    assert legend_text(chart, 1) == (
        "TESTUSDT · 1h · test O 101 H 130 L 80 C 110 +10.00\u202f% Vol 1.50\u202fK | SMA_3 105.2"
    )
    assert "SMA_3 \u2014" in legend_text(chart, 0)


def test_the_legend_calls_the_practice_market_synthetic(show_chart) -> None:
    candles = make_candles([100.0, 101.0])
    practice = Candles(
        candles.open_time_ms, candles.open, candles.high, candles.low, candles.close, candles.volume,
        symbol="PRACTICE", source="practice",
    )  # fmt: skip
    chart = show_chart(practice)
    assert "practice market (synthetic)" in legend_text(chart, 1)


def test_the_legend_follows_the_pointer(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 107.0, 103.0]))
    QTest.mouseMove(chart.canvas.viewport(), QPoint(chart.model.view.pixel_of(1), 200))
    pointer = chart.canvas._pointer
    assert isinstance(pointer, Pointer)
    assert chart.model.base is not None
    assert chart.model.base.bar_at(chart.model.view.slot_at(pointer.x)) == 1


def test_moving_the_pointer_does_not_draw_the_candles_again(show_chart, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = show_chart(random_candles(300))
    QTest.mouseMove(chart.canvas.viewport(), QPoint(200, 200))
    picture(chart)
    picture(chart)
    drawn = []
    monkeypatch.setattr(chart.canvas.renderer, "draw", lambda *arguments: drawn.append(arguments))
    for x in range(210, 260, 10):
        QTest.mouseMove(chart.canvas.viewport(), QPoint(x, 200))
        picture(chart)
    assert drawn == []


# --- moving


def test_dragging_moves_the_bars_with_the_pointer(show_chart) -> None:
    chart = show_chart(random_candles(1000))
    slot = chart.model.view.slot_at(300)
    drag(chart, (300, 200), (400, 200))
    assert chart.model.view.slot_at(400) == pytest.approx(slot, abs=0.2)


def test_the_wheel_zooms_around_the_pointer(show_chart) -> None:
    chart = show_chart(random_candles(1000))
    chart.model.view.show(400, 600)
    chart.canvas.refresh()
    picture(chart)
    slot, span = chart.model.view.slot_at(300), chart.model.view.span
    wheel(chart, 2, 300)
    assert chart.model.view.span == pytest.approx(span * 0.85**2)
    assert chart.model.view.slot_at(300) == pytest.approx(slot, abs=0.5)


@pytest.mark.parametrize(
    ("key", "changes"), [(Qt.Key.Key_Plus, "closer"), (Qt.Key.Key_Up, "closer"), (Qt.Key.Key_Minus, "farther"),
                         (Qt.Key.Key_Down, "farther"), (Qt.Key.Key_Left, "earlier"), (Qt.Key.Key_Right, "later")],
)  # fmt: skip
def test_keys_move_the_view(show_chart, key: Qt.Key, changes: str) -> None:
    chart = show_chart(random_candles(1000))
    view = chart.model.view
    view.show(400, 600)
    QTest.keyClick(chart.canvas, key)
    moved = {
        "closer": view.span < 200, "farther": view.span > 200,
        "earlier": view.left < 400 and view.span == pytest.approx(200),
        "later": view.left > 400 and view.span == pytest.approx(200),
    }  # fmt: skip
    assert moved[changes]


def test_home_and_end_go_to_the_first_and_last_bar(show_chart) -> None:
    chart = show_chart(random_candles(1000))
    view = chart.model.view
    QTest.keyClick(chart.canvas, Qt.Key.Key_Home)
    assert -20 < view.left < 0
    assert view.right > 100
    QTest.keyClick(chart.canvas, Qt.Key.Key_End)
    assert view.left < 999 < view.right


def test_alt_r_resets_view_and_scale(show_chart) -> None:
    chart = show_chart(random_candles(1000))
    wanted = (chart.model.view.left, chart.model.view.span)
    chart.model.view.show(10, 700)
    chart.model.panes[0].scale.zoom(3.0)
    QTest.keyClick(chart.canvas, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    assert (chart.model.view.left, chart.model.view.span) == pytest.approx(wanted)
    assert chart.model.panes[0].scale.is_auto


def test_the_scale_fits_what_is_visible(show_chart) -> None:
    chart = show_chart(make_candles([100.0] * 500 + [200.0] * 500))
    chart.model.view.show(100, 300)
    chart.canvas.refresh()
    assert price_pane(chart).scale.high < 110.0
    chart.model.view.show(600, 800)
    chart.canvas.refresh()
    assert price_pane(chart).scale.low > 190.0


def test_dragging_the_price_axis_takes_the_scale_and_a_double_click_gives_it_back(show_chart) -> None:
    chart = show_chart(random_candles(500))
    place = price_pane(chart)
    scale = chart.model.panes[0].scale
    height = scale.high - scale.low
    x = place.right + 20
    drag(chart, (x, 100), (x, 160))
    assert not scale.is_auto
    assert scale.high - scale.low > height
    QTest.mouseDClick(
        chart.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(x, 100)
    )
    assert scale.is_auto


def test_dragging_a_border_makes_a_pane_higher(show_chart) -> None:
    chart = show_chart(random_candles(500))
    frame = drawn_frame(chart)
    border, height = frame.panes[0][1].bottom + 1, frame.panes[1][1].height
    drag(chart, (300, border), (300, border - 60))
    assert drawn_frame(chart).panes[1][1].height == height + 60


# --- data that grow


def test_the_view_stays_when_candles_are_added(show_chart) -> None:
    candles = random_candles(1000)
    chart = show_chart(candles)
    chart.model.view.show(400, 550)
    chart.model.view.follows = False
    for number in range(3):
        chart.append(int(candles.open_time_ms[-1]) + (number + 1) * HOUR_MS, 100.0, 101.0, 99.0, 100.5, 7.0)
    assert (chart.model.view.left, chart.model.view.right) == (400, 550)


def test_an_added_candle_and_its_changes_are_drawn(show_chart, qtbot: QtBot) -> None:
    chart = show_chart(make_candles([100.0, 101.0, 102.0]))
    chart.append(START_MS + 3 * HOUR_MS, 102.0, 103.0, 102.0, 103.0, 5.0)
    chart.update_last(104.0, 101.0, 101.5, 6.0)
    qtbot.wait(30)
    assert "O 102.0 H 104.0 L 101.0 C 101.5" in legend_text(chart, 3)
    place, image = price_pane(chart), picture(chart)
    assert color_at(image, chart.model.view.pixel_of(3), place.row_of(101.8)) == theme.DARK.down.upper()


def test_growing_equals_showing_everything_at_once() -> None:
    candles = random_candles(900)
    grown = series.PreparedCandles(candles.rows(0, 600))
    for bar in range(600, 900):
        grown.append(
            int(candles.open_time_ms[bar]), candles.open[bar], candles.open[bar], candles.open[bar],
            candles.open[bar], 0.0,
        )  # fmt: skip
        grown.update_last(candles.high[bar], candles.low[bar], candles.close[bar], candles.volume[bar])
    whole = series.PreparedCandles(candles)
    for level in range(whole.close.top + 1):
        for one, two in zip(grown.columns(level), whole.columns(level), strict=True):
            np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(grown.base.slots, whole.base.slots)


def test_the_same_market_read_again_keeps_the_period(show_chart) -> None:
    candles = random_candles(1000)
    chart = show_chart(candles.rows(200, 900))
    chart.model.view.show(300, 400)
    chart.model.view.follows = False
    period = chart.visible_period_ms()
    chart.set_candles(candles)
    assert chart.visible_period_ms() == period


def test_another_market_starts_at_its_end(show_chart) -> None:
    chart = show_chart(random_candles(1000))
    chart.model.view.show(100, 200)
    chart.set_candles(make_candles([5.0] * 400, symbol="OTHERUSDT"))
    assert chart.model.view.left < 399 < chart.model.view.right


# --- trades


def test_a_click_on_a_box_tells_the_trade(show_chart, qtbot: QtBot) -> None:
    candles = make_candles(list(np.linspace(100, 130, 60)))
    chart = show_chart(candles)
    chart.set_trades(make_trades(candles, [(10, 20), (30, 45)]))
    place = price_pane(chart)
    at = QPoint(chart.model.view.pixel_of(36), place.row_of(float(candles.close[36])))
    with qtbot.waitSignal(chart.trade_clicked) as clicked:
        QTest.mouseClick(chart.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert clicked.args == [1]


def test_a_drag_over_a_box_is_no_click(show_chart, qtbot: QtBot) -> None:
    candles = make_candles(list(np.linspace(100, 130, 60)))
    chart = show_chart(candles)
    chart.set_trades(make_trades(candles, [(30, 45)]))
    place = price_pane(chart)
    x, y = chart.model.view.pixel_of(36), place.row_of(float(candles.close[36]))
    with qtbot.assertNotEmitted(chart.trade_clicked):
        drag(chart, (x, y), (x + 50, y))


def test_winners_and_losers_are_filled_in_their_colors(show_chart) -> None:
    candles = make_candles([100.0] * 60, highs=[101.0] * 60, lows=[99.0] * 60)
    rising = Candles(
        candles.open_time_ms, np.where(np.arange(60) == 30, 97.0, 100.0), candles.high,
        np.where(np.arange(60) == 30, 97.0, 99.0), candles.close, candles.volume, symbol="T", timeframe=Timeframe.H1,
    )  # fmt: skip
    chart = show_chart(rising)
    chart.set_trades(make_trades(rising, [(30, 45)]))
    frame, image = drawn_frame(chart), picture(chart)
    x = chart.model.view.pixel_of(40) + 3
    assert frame.colors.win_box.name().upper() in column_colors(image, x, frame.panes[0][1])
    chart.set_trades(make_trades(rising, [(30, 45)], sides=[-1]))
    image = picture(chart)
    assert frame.colors.loss_box.name().upper() in column_colors(image, x, frame.panes[0][1])


def test_going_to_a_trade_brings_it_into_sight_and_frames_it(show_chart) -> None:
    candles = random_candles(5000)
    chart = show_chart(candles)
    trades = make_trades(candles, [(100, 130), (2500, 2520), (4000, 4400)])
    chart.set_trades(trades)
    assert chart.go_to_trade(1)
    view = chart.model.view
    assert view.left < 2500
    assert view.right > 2520
    frame, image = drawn_frame(chart), picture(chart)
    edge = view.pixel_of(2500) - 1
    assert frame.colors.accent.name().upper() in column_colors(image, edge, frame.panes[0][1])
    assert chart.go_to_trade(2)
    assert view.left < 4000
    assert view.right > 4400


def test_going_to_a_trade_that_is_not_there_does_nothing(show_chart) -> None:
    chart = show_chart(random_candles(500))
    assert not chart.go_to_trade(0)


def test_going_to_a_time_centers_it(show_chart) -> None:
    chart = show_chart(random_candles(1000))
    chart.go_to_time(START_MS + 400 * HOUR_MS)
    view = chart.model.view
    assert view.left + view.span / 2 == pytest.approx(400.5)


def test_the_label_of_a_trade_says_side_result_and_reason(show_chart) -> None:
    candles = make_candles(list(np.linspace(100, 130, 60)))
    chart = show_chart(candles)
    chart.set_trades(make_trades(candles, [(30, 45)], reason="take_profit"))
    rows = chart.canvas.label_at(36.0, float(candles.close[36]), 1.0, 1.0)
    text = " ".join(piece.text for row in rows for piece in row)
    assert "▲ LONG" in text
    assert "+7.09" in text
    assert "Take profit" in text
    assert "15 bars" in text


def test_ten_thousand_trades_become_at_most_one_mark_per_column(show_chart) -> None:
    candles = random_candles(50_000, timeframe=Timeframe.M1)
    chart = show_chart(candles)
    chart.set_trades(make_trades(candles, [(bar, bar + 2) for bar in range(10, 49_000, 5)]))
    chart.show_all()
    frame, image = drawn_frame(chart), picture(chart)
    place = frame.panes[0][1]
    wins = [color_at(image, x, place.bottom - 8) == frame.colors.up.name().upper() for x in range(frame.plot_width)]
    assert sum(wins) > 300


# --- the rest


def test_large_candles_are_made_ready_on_a_worker(show_chart, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    from strategy_tester.ui.charts import chart_widget

    monkeypatch.setattr(chart_widget, "SMALL", 100)
    chart = show_chart(None)
    candles = random_candles(3000)
    with qtbot.waitSignal(chart.candles_shown):
        chart.set_candles(candles)
        assert chart.is_loading
        chart.set_lines([make_line([100.0] * 3000)])
        chart.set_trades(make_trades(candles, [(10, 20)]))
        chart.go_to_trade(0)
        skeleton = {color_at(picture(chart), x, 250) for x in range(0, 800, 3)}
        assert theme.DARK.grid.upper() in skeleton
    qtbot.waitUntil(lambda: not chart.is_loading)
    assert "SMA_3" in legend_text(chart, 2999)
    assert chart.model.view.left < 10
    assert chart.model.view.right > 20


def test_candles_given_later_win_over_a_worker_that_is_late(
    show_chart, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from strategy_tester.ui.charts import chart_widget

    chart = show_chart(None)
    monkeypatch.setattr(chart_widget, "SMALL", 100)
    chart.set_candles(random_candles(3000))
    chart.set_candles(make_candles([1.0, 2.0], symbol="NEW"))
    qtbot.wait(100)
    assert legend_text(chart, 1).startswith("NEW")


@pytest.mark.parametrize("candles", [None, Candles(*(np.empty(0) for _ in range(5))), make_candles([100.0])])
def test_little_or_nothing_to_show_is_no_problem(show_chart, candles: Candles | None) -> None:
    chart = show_chart(candles)
    wheel(chart, 3, 300)
    drag(chart, (300, 200), (400, 250))
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Plus, Qt.Key.Key_Left):
        QTest.keyClick(chart.canvas, key)
    assert not picture(chart).isNull()


def test_an_empty_chart_says_what_to_do(show_chart) -> None:
    chart = show_chart(None)
    assert chart.model.empty_text == "No candles to show. Choose or import a market in Data."
    image = picture(chart)
    assert len({color_at(image, x, 250) for x in range(0, 800, 1)} | {color_at(image, x, 245) for x in range(800)}) > 1


def test_the_theme_changes_while_the_chart_is_open(show_chart) -> None:
    chart = show_chart(random_candles(300))
    try:
        theme.theme_changed.emit(theme.LIGHT)
        image = picture(chart)
        assert color_at(image, 400, 2) == theme.LIGHT.panel.upper()
    finally:
        theme.theme_changed.emit(theme.current_theme())


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_the_picture_has_the_asked_resolution_and_leaves_the_view_alone(show_chart, ratio: float) -> None:
    chart = show_chart(random_candles(300))
    view = chart.model.view
    before = (view.left, view.span, view.width)
    image = chart.to_image(ratio)
    assert (image.width(), image.height()) == (int(800 * ratio), int(500 * ratio))
    assert (view.left, view.span, view.width) == before
    candle = theme.DARK.up.upper()
    assert candle in {color_at(image, x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 4)}


def test_the_picture_is_saved(show_chart, tmp_path) -> None:
    chart = show_chart(random_candles(300))
    chart.save_image(tmp_path / "chart.png", 2.0)
    assert QImage(str(tmp_path / "chart.png")).width() == 1600


def test_a_folder_that_is_not_there_is_told(show_chart, tmp_path) -> None:
    chart = show_chart(random_candles(30))
    with pytest.raises(OSError, match="could not be written"):
        chart.save_image(tmp_path / "missing" / "chart.png")


def test_a_logarithmic_scale_draws_candles_where_the_axis_says(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 1000.0, 1000.0], opens=[100.0, 100.0, 1000.0]))
    chart.set_log_scale(wanted=True)
    place, image = price_pane(chart), picture(chart)
    x = chart.model.view.pixel_of(1)
    assert color_at(image, x, place.row_of(316.0)) == theme.DARK.up.upper()
    middle = (place.scale.share_of(100.0) + place.scale.share_of(1000.0)) / 2
    assert place.scale.share_of(316.2) == pytest.approx(middle, abs=1e-3)


def test_the_legend_breaks_between_values_in_a_narrow_chart(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 101.0]), width=330)
    frame = drawn_frame(chart)
    rows = wrapped(chart.model.legend(chart.model.panes[0], 1), frame.plot_width, frame.lettering)
    assert len(rows) > 1
    for row in rows:
        assert sum(frame.lettering.width(piece.text, is_bold=piece.is_bold) + 5 for piece in row) < frame.plot_width
        assert not row[-1].keeps_next
