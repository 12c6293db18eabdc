"""Panes moved, resized, closed and maximized with the mouse; and what is remembered of them."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from builders import make_candles, random_candles
from chart_builders import make_line
from strategy_tester.domain.candles import Candles
from strategy_tester.ui import i18n
from strategy_tester.ui.charts.chart_widget import ChartWidget
from strategy_tester.ui.charts.controls import controls_at
from strategy_tester.ui.charts.legend import Piece
from strategy_tester.ui.charts.pane_book import PaneBook
from strategy_tester.ui.charts.panes import Contribution, Pane
from strategy_tester.ui.charts.renderer import ChartRenderer, Frame

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drawn(chart: ChartWidget) -> Frame:
    chart.canvas.refresh()
    chart.grab()
    frame = chart.canvas.renderer.frame
    assert frame is not None
    return frame


def from_top(chart: ChartWidget) -> list[str]:
    return [pane.key for pane, _ in drawn(chart).from_top()]


@pytest.fixture
def chart(show_chart) -> ChartWidget:
    """Prices, RSI, MACD and volume, one above the other."""
    made = show_chart(random_candles(300))
    wave = list(50 + 30 * np.sin(np.arange(300) / 9))
    made.set_lines([make_line(wave, "RSI_14", "RSI_14"), make_line(wave, "MACD", "MACD")])
    assert from_top(made) == ["price", "pane:RSI_14", "pane:MACD", "volume"]
    return made


def height_of(chart: ChartWidget, key: str) -> int:
    place = drawn(chart).place_of(key)
    assert place is not None
    return place.height


def point_at(chart: ChartWidget, x: float, y: float) -> QPoint:
    point = QPoint(round(x), round(y))
    QTest.mouseMove(chart.canvas.viewport(), point)
    return point


def over(chart: ChartWidget, key: str) -> QPoint:
    place = drawn(chart).place_of(key)
    assert place is not None
    return point_at(chart, 300, (place.top + place.bottom) / 2)


def press_button(chart: ChartWidget, key: str, name: str) -> None:
    over(chart, key)
    button = next(one for one in chart.canvas._hand.controls() if (one.kind, one.name) == ("pane", name))
    point = point_at(chart, button.rect.center().x(), button.rect.center().y())
    QTest.mouseClick(chart.canvas.viewport(), LEFT, NONE, point)


def title_of(chart: ChartWidget, key: str) -> QPoint:
    frame = drawn(chart)
    row = next(row for row in chart.canvas._hand.rows if row.key == key)
    return row.pieces(frame)[0][1].center()


def drag(chart: ChartWidget, start: QPoint, end: QPoint) -> None:
    target = chart.canvas.viewport()
    QTest.mouseMove(target, start)
    QTest.mousePress(target, LEFT, NONE, start)
    for step in range(1, 6):
        QTest.mouseMove(target, start + (end - start) * step / 5)
    QTest.mouseRelease(target, LEFT, NONE, end)


def test_buttons_of_a_pane_move_it_up_and_down(chart: ChartWidget) -> None:
    press_button(chart, "pane:MACD", "up")
    assert from_top(chart) == ["price", "pane:MACD", "pane:RSI_14", "volume"]
    press_button(chart, "pane:MACD", "up")
    assert from_top(chart) == ["pane:MACD", "price", "pane:RSI_14", "volume"]
    press_button(chart, "price", "up")
    assert from_top(chart) == ["price", "pane:MACD", "pane:RSI_14", "volume"]
    press_button(chart, "pane:RSI_14", "down")
    assert from_top(chart) == ["price", "pane:MACD", "volume", "pane:RSI_14"]


def test_the_price_pane_is_the_first_of_the_model_wherever_it_stands(chart: ChartWidget) -> None:
    chart.move_pane("volume", 0)
    frame = drawn(chart)
    assert chart.model.panes[0].key == "price"
    assert frame.panes[0][0].key == "price"
    assert frame.panes[0][1].top > 0
    place = frame.panes[0][1]
    found = chart.canvas.point_at(QPointF(200, place.top + 30))
    assert found is not None
    assert place.scale.low < found[1] < place.scale.high


def test_only_what_is_possible_is_offered(chart: ChartWidget) -> None:
    offered = {}
    for key in from_top(chart):
        over(chart, key)
        offered[key] = [one.name for one in chart.canvas._hand.controls() if one.kind == "pane"]
    assert offered == {
        "price": ["down", "maximize"],
        "pane:RSI_14": ["up", "down", "maximize", "close"],
        "pane:MACD": ["up", "down", "maximize", "close"],
        "volume": ["up", "maximize", "close"],
    }


def test_a_title_is_dragged_to_another_place(chart: ChartWidget) -> None:
    drag(chart, title_of(chart, "volume"), QPoint(60, 8))
    assert from_top(chart) == ["volume", "price", "pane:RSI_14", "pane:MACD"]
    drag(chart, title_of(chart, "volume"), QPoint(60, 495))
    assert from_top(chart) == ["price", "pane:RSI_14", "pane:MACD", "volume"]


def test_a_drag_of_a_title_is_given_up_with_escape(chart: ChartWidget) -> None:
    target, start = chart.canvas.viewport(), title_of(chart, "volume")
    QTest.mouseMove(target, start)
    QTest.mousePress(target, LEFT, NONE, start)
    QTest.mouseMove(target, QPoint(60, 200))
    QTest.mouseMove(target, QPoint(60, 8))
    QTest.keyClick(chart.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(target, LEFT, NONE, QPoint(60, 8))
    assert from_top(chart) == ["price", "pane:RSI_14", "pane:MACD", "volume"]


def test_closing_a_pane_tells_and_the_volume_comes_back_as_high_as_it_was(chart: ChartWidget, qtbot) -> None:
    height = height_of(chart, "volume")
    with qtbot.waitSignal(chart.pane_closed) as told:
        press_button(chart, "volume", "close")
    assert told.args == ["volume"]
    assert from_top(chart) == ["price", "pane:RSI_14", "pane:MACD"]
    assert chart.model.pane_titles()["volume"] == "Volume"
    chart.set_volume(True)
    assert from_top(chart)[-1] == "volume"
    assert height_of(chart, "volume") == pytest.approx(height, abs=1)


def test_the_price_pane_cannot_be_closed(chart: ChartWidget) -> None:
    chart.close_pane("price")
    assert from_top(chart)[0] == "price"


def test_a_double_click_gives_the_chart_to_a_pane_and_another_one_gives_it_back(chart: ChartWidget) -> None:
    QTest.mouseDClick(chart.canvas.viewport(), LEFT, NONE, over(chart, "pane:RSI_14"))
    assert from_top(chart) == ["pane:RSI_14"]
    assert height_of(chart, "pane:RSI_14") > 450
    press_button(chart, "pane:RSI_14", "restore")
    assert len(from_top(chart)) == 4
    chart.maximize_pane("volume")
    picture = chart.grab().toImage()
    colors = {picture.pixelColor(x, 420).name() for x in range(0, 700)}
    assert drawn(chart).colors.up_volume.name() in colors
    QTest.mouseDClick(chart.canvas.viewport(), LEFT, NONE, over(chart, "volume"))
    assert len(from_top(chart)) == 4


def test_borders_are_those_between_the_panes_in_sight(chart: ChartWidget, qtbot) -> None:
    chart.move_pane("volume", 0)
    frame = drawn(chart)
    upper, lower = (place for _, place in frame.from_top()[:2])
    before = upper.height
    with qtbot.waitSignal(chart.panes_changed):
        drag(chart, QPoint(300, upper.bottom + 1), QPoint(300, upper.bottom + 41))
    assert height_of(chart, "volume") == before + 40
    assert height_of(chart, "price") == lower.height - 40


def test_order_heights_and_closed_panes_come_back_in_another_chart(chart: ChartWidget, show_chart) -> None:
    chart.move_pane("pane:MACD", 0)
    chart.close_pane("volume")
    upper = drawn(chart).from_top()[0][1]
    drag(chart, QPoint(300, upper.bottom + 1), QPoint(300, upper.bottom + 51))
    wanted = {pane.key: place.height for pane, place in drawn(chart).panes}
    state = chart.save_panes()
    other = show_chart(random_candles(300))
    other.restore_panes(state)
    other.set_lines([make_line([50.0] * 300, "RSI_14", "RSI_14"), make_line([50.0] * 300, "MACD", "MACD")])
    assert from_top(other) == ["pane:MACD", "price", "pane:RSI_14"]
    assert {pane.key: place.height for pane, place in drawn(other).panes} == pytest.approx(wanted, abs=2)


@pytest.mark.parametrize(
    "state", [None, 7, [], {"order": 3, "heights": [1], "closed": "x"}, {"heights": {"volume": float("nan")}},
              {"order": ["volume"], "closed": ["price"], "maximized": "nowhere"}],
)  # fmt: skip
def test_a_state_of_another_form_does_no_harm(chart: ChartWidget, state: object) -> None:
    chart.restore_panes(state)
    assert set(from_top(chart)) == {"price", "pane:RSI_14", "pane:MACD", "volume"}


def test_a_closed_contributed_pane_may_come_again_once_its_owner_took_it_away(chart: ChartWidget) -> None:
    def add() -> None:
        chart.contribute("me", Contribution(panes=[Pane("mine", "Mine")]))

    add()
    assert "mine" in from_top(chart)
    chart.close_pane("mine")
    add()
    assert "mine" not in from_top(chart)
    assert "mine" not in chart.save_panes()["closed"]
    chart.contribute("me", None)
    add()
    assert "mine" in from_top(chart)


def test_a_new_pane_stands_below_what_it_follows_and_never_above_the_prices() -> None:
    book = PaneBook()
    price, one, volume = Pane("price"), Pane("one"), Pane("volume")
    book.arrange([price, volume])
    book.arrange([price, one, volume])
    assert book.order == ["price", "one", "volume"]
    book.move("one", 0, ["price", "one", "volume"])
    book.arrange([price, one, Pane("two"), volume])
    assert book.order == ["one", "price", "two", "volume"]


# --- buttons in the legend


def test_the_eye_beside_a_line_hides_it_and_brings_it_back(chart: ChartWidget, qtbot) -> None:
    drawn(chart)
    place = title_of(chart, "pane:RSI_14")
    for name in ("hide", "show"):
        point_at(chart, place.x(), place.y())
        chart.grab()
        button = next(one for one in chart.canvas._hand.controls() if one.kind == "legend")
        assert (button.name, button.key) == (name, "line:RSI_14")
        point = point_at(chart, button.rect.center().x(), button.rect.center().y())
        with qtbot.waitSignal(chart.legend_button) as told:
            QTest.mouseClick(chart.canvas.viewport(), LEFT, NONE, point)
        assert told.args == ["line:RSI_14", name]
        assert len(chart.model.panes[1].layers) == (0 if name == "hide" else 1)
        drawn(chart)


def test_buttons_of_a_contribution_tell_their_owner(show_chart, qtbot) -> None:
    chart = show_chart(make_candles([100.0] * 50))
    pieces = (Piece("EMA 20", owner="ema", buttons=("hide", "settings", "remove")), Piece("100.00", 1, owner="ema"))
    chart.contribute("indicators", Contribution(legend=lambda _bar: [pieces]))
    drawn(chart)
    row = next(row for row in chart.canvas._hand.rows if row.row == pieces)
    middle = row.rect(drawn(chart)).center()
    assert [one for one in chart.canvas._hand.controls() if one.kind == "legend"] == []
    point_at(chart, middle.x(), middle.y())
    buttons = [one for one in chart.canvas._hand.controls() if one.kind == "legend"]
    assert [one.name for one in buttons] == ["hide", "settings", "remove"]
    point = point_at(chart, buttons[2].rect.center().x(), buttons[2].rect.center().y())
    with qtbot.waitSignal(chart.legend_button) as told:
        QTest.mouseClick(chart.canvas.viewport(), LEFT, NONE, point)
    assert told.args == ["ema", "remove"]


def test_a_contributed_line_without_a_legend_is_told_all_the_same(show_chart) -> None:
    from strategy_tester.ui.charts.line_layer import LineLayer
    from strategy_tester.ui.charts.series import PreparedLine

    chart = show_chart(make_candles([100.0, 101.0, 102.0]))
    line = PreparedLine("VWAP", "", "line", (), np.array([100.0, 100.5, 101.25]))
    chart.contribute("extra", Contribution(layers=[LineLayer(line, 2)]))
    rows = chart.model.legend(chart.model.panes[0], 2)
    assert [piece.text for piece in rows[1]] == ["VWAP", "101.2"]


def test_a_narrow_chart_has_one_short_row(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 110.0]), 300, 200)
    chart.set_lines([make_line([float("nan"), 105.25])])
    drawn(chart)
    rows = [row for row in chart.canvas._hand.rows if row.key == "price"]
    assert [[piece.text for piece in row.row] for row in rows] == [["TESTUSDT", "· 1h", "110", "+10.00\u202f%"]]
    chart.resize(900, 300)
    drawn(chart)
    assert len([row for row in chart.canvas._hand.rows if row.key == "price"]) == 2


def test_the_legend_of_the_volume_tells_the_volume(show_chart) -> None:
    chart = show_chart(make_candles([100.0, 110.0], volumes=[5.0, 1500.0]))
    volume = chart.model.panes[1]
    assert [piece.text for piece in chart.model.legend(volume, 1)[0]] == ["Volume", "1.50\u202fK"]
    assert [piece.text for piece in chart.model.legend(volume, None)[0]] == ["Volume"]


def test_a_market_that_is_made_up_says_so_in_the_smallest_chart(show_chart) -> None:
    candles = make_candles([100.0, 101.0])
    practice = Candles(
        candles.open_time_ms, candles.open, candles.high, candles.low, candles.close, candles.volume,
        symbol="PRACTICE", source="practice",
    )  # fmt: skip
    chart = show_chart(practice, 300, 180)
    drawn(chart)
    texts = [piece.text for row in chart.canvas._hand.rows for piece in row.row if row.key == "price"]
    assert "· practice market (synthetic)" in texts


# --- other buttons


def test_a_click_into_the_corner_asks_for_the_other_zone(chart: ChartWidget, qtbot) -> None:
    frame = drawn(chart)
    corner = point_at(chart, frame.plot_width + 12, frame.strip.center().y())
    assert chart.canvas.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    with qtbot.waitSignal(chart.zone_clicked):
        QTest.mouseClick(chart.canvas.viewport(), LEFT, NONE, corner)


def test_a_press_that_leaves_the_button_does_nothing(chart: ChartWidget) -> None:
    over(chart, "volume")
    close = next(one for one in chart.canvas._hand.controls() if one.name == "close")
    point = point_at(chart, close.rect.center().x(), close.rect.center().y())
    QTest.mousePress(chart.canvas.viewport(), LEFT, NONE, point)
    QTest.mouseMove(chart.canvas.viewport(), QPoint(200, 200))
    QTest.mouseRelease(chart.canvas.viewport(), LEFT, NONE, QPoint(200, 200))
    assert "volume" in from_top(chart)


@pytest.mark.parametrize(("language", "tip"), [("en", "Close the pane"), ("ru", "Закрыть панель")])
def test_buttons_have_tooltips_in_the_language_in_use(chart: ChartWidget, language: str, tip: str) -> None:
    i18n.set_language(language)
    over(chart, "volume")
    assert [one.tip for one in chart.canvas._hand.controls() if one.name == "close"] == [tip]


def test_buttons_lie_in_their_places_at_any_scaling(show_chart) -> None:
    chart = show_chart(random_candles(100))
    image = QImage(1600, 1000, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    renderer = ChartRenderer(chart.model)
    renderer.draw(painter, (1600, 1000), 2.0, chart.canvas._style())
    painter.end()
    frame = renderer.frame
    assert frame is not None
    place = frame.place_of("volume")
    assert place is not None
    found = controls_at(frame, [], QPoint(300, place.top + 20), "linear")
    strip = [one for one in found if one.kind == "pane"]
    assert [one.name for one in strip] == ["up", "maximize", "close"]
    assert strip[-1].rect.right() < frame.plot_width
    assert strip[0].rect.height() > 30
    assert all(place.top <= one.rect.top() and one.rect.bottom() <= place.bottom for one in strip)
