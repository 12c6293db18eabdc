"""What is painted, where: on the screen, on other charts of the symbol, in exported pictures, at other scalings."""

import pytest
from PySide6.QtGui import QColor, QImage

from builders import random_candles
from strategy_tester.domain.drawings import KINDS, DrawingStyle, PositionTerms
from strategy_tester.ui.charts.drawing.figures import Figure
from strategy_tester.ui.charts.drawing.kinds import figure_of
from strategy_tester.ui.charts.drawing.painter import color_named, ink_on
from ui.charts.drawing.conftest import LEFT, Board, anchor

MAGENTA = DrawingStyle("#FF00FF", 2)


def count(image: QImage, color: str = "#FF00FF") -> int:
    """How many pixels have exactly this color."""
    wanted = QColor(color).rgb()
    return sum(image.pixel(x, y) == wanted for y in range(image.height()) for x in range(0, image.width(), 3))


def said(figure: Figure) -> list[tuple[str, ...]]:
    """The words of a figure with plain spaces."""
    return [tuple(line.replace("\u202f", " ").replace("\u2009", " ") for line in words.lines) for words in figure.words]


def pixel(board: Board, bar: int, price: float) -> QColor:
    image = board.chart.grab().toImage()
    ratio = image.devicePixelRatio()
    x, y = board.place(bar, price)
    return QColor(image.pixel(round(x * ratio - 0.5), round(y * ratio - 0.5)))


def test_a_level_lies_on_its_price_over_the_whole_pane(board: Board) -> None:
    board.add("horizontal_line", anchor(5, 96.0), style=MAGENTA)
    for bar in (0, 20, 59, 62):
        assert pixel(board, bar, 96.0) == QColor("#FF00FF")


def test_a_line_passes_through_its_anchors_and_ends_there(board: Board) -> None:
    board.add("trend_line", anchor(10, 96.0), anchor(30, 96.0), style=MAGENTA)
    assert pixel(board, 10, 96.0) == pixel(board, 20, 96.0) == pixel(board, 30, 96.0) == QColor("#FF00FF")
    assert pixel(board, 32, 96.0) != QColor("#FF00FF")


def test_a_ray_goes_on_and_an_extended_line_goes_both_ways(board: Board) -> None:
    ray = board.add("ray", anchor(20, 96.0), anchor(30, 96.0), style=MAGENTA)
    assert pixel(board, 50, 96.0) == QColor("#FF00FF")
    assert pixel(board, 5, 96.0) != QColor("#FF00FF")
    board.document.edit("x", {ray.id: None})
    board.add("extended_line", anchor(20, 96.0), anchor(30, 96.0), style=MAGENTA)
    assert pixel(board, 5, 96.0) == QColor("#FF00FF")


def test_a_line_is_straight_on_a_log_scale_too(board: Board) -> None:
    board.chart.set_log_scale(True)
    board.chart.grab()
    board.add("trend_line", anchor(10, 96.0), anchor(50, 102.0), style=DrawingStyle("#FF00FF", 3))
    half_way = (96.0 * 102.0) ** 0.5
    assert pixel(board, 30, half_way) == QColor("#FF00FF")


def test_hidden_drawings_are_not_painted(board: Board) -> None:
    board.add("horizontal_line", anchor(5, 96.0), style=MAGENTA, is_hidden=True)
    assert count(board.chart.grab().toImage()) == 0


def test_two_charts_of_a_symbol_show_the_same_at_once_even_while_it_is_dragged(board: Board, show_chart) -> None:
    other = Board(show_chart(random_candles(60, seed=3), 700, 400), board.document)
    board.add("horizontal_line", anchor(5, 96.0), style=MAGENTA)
    assert pixel(other, 20, 96.0) == QColor("#FF00FF")
    board.press(board.place(20, 96.0))
    board.move(board.place(20, 97.0), buttons=LEFT)
    now = board.only().anchors[0].price
    assert pixel(other, 20, now) == QColor("#FF00FF")
    assert pixel(other, 20, 96.0) != QColor("#FF00FF")
    assert other.document.stack.count() == 1
    board.release(board.place(20, 97.0))
    other.document.stack.undo()
    assert pixel(board, 20, 96.0) == QColor("#FF00FF")


def test_charts_of_other_symbols_show_nothing_of_it(board: Board, show_chart, new_document) -> None:
    other = Board(show_chart(random_candles(60, seed=3), 700, 400), new_document("OTHER"))
    board.add("horizontal_line", anchor(5, 96.0), style=MAGENTA)
    assert count(other.chart.grab().toImage()) == 0


@pytest.mark.parametrize("is_selected", [False, True])
@pytest.mark.parametrize("ratio", [1.0, 1.5])
def test_exported_pictures_have_the_drawings_but_no_handles(board: Board, is_selected: bool, ratio: float) -> None:
    drawing = board.add("horizontal_line", anchor(5, 96.0), style=MAGENTA)
    plain = board.chart.to_image(ratio)
    if is_selected:
        board.scene.select(drawing.id)
        board.chart.grab()
    image = board.chart.to_image(ratio)
    assert count(image) > 100 * ratio
    assert image == plain


def test_a_picture_does_not_spoil_what_is_hit_on_the_screen(board: Board) -> None:
    drawing = board.add("horizontal_line", anchor(5, 96.0))
    board.chart.to_image(2.0)
    board.click(board.place(20, 96.0))
    assert board.scene.selected == drawing


def test_a_selected_drawing_has_handles_where_its_anchors_are(board: Board) -> None:
    drawing = board.add("trend_line", anchor(10, 96.0), anchor(30, 96.0), style=MAGENTA)
    assert pixel(board, 10, 96.0) == QColor("#FF00FF")
    board.scene.select(drawing.id)
    ground = board.frame.colors.ground
    assert pixel(board, 10, 96.0) == ground


def anchors_of(kind: str):
    prices = {"long_position": (98.0, 101.0, 97.0), "short_position": (98.0, 97.0, 99.0)}.get(kind, (97.0, 100.0, 98.0))
    return tuple(anchor(20 + 6 * place, price) for place, price in enumerate(prices[: KINDS[kind].anchors]))


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_painted_and_found_where_it_is(board: Board, kind: str) -> None:
    before = board.chart.grab().toImage()
    drawing = board.add(kind, *anchors_of(kind), text="" if kind != "text" else "words")
    assert board.chart.grab().toImage() != before
    figure = figure_of(drawing, board.ground)
    assert figure.handles
    if figure.strokes:
        stroke = figure.strokes[0]
        at = (stroke.start[0] + stroke.end[0]) / 2, (stroke.start[1] + stroke.end[1]) / 2
    else:
        box = figure.words[0].box
        at = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    assert board.scene.hit(at, 4) == drawing
    assert board.scene.hit((at[0], 3.0), 0) in {None, drawing}


def test_drawings_outside_the_visible_time_are_skipped(board: Board) -> None:
    board.add("trend_line", anchor(-500, 96.0), anchor(-400, 99.0))
    board.add("ray", anchor(-500, 96.0), anchor(-400, 99.0))
    inside = board.add("trend_line", anchor(-500, 96.0), anchor(10, 99.0))
    frame = board.frame
    shown = [drawing.kind for drawing, _ in board.scene.figures_of(frame)]
    assert shown == ["ray", "trend_line"]
    assert board.scene.figures_of(frame)[1][0] == inside


def test_fibonacci_levels_stand_at_their_prices_with_words(board: Board) -> None:
    drawing = board.add("fib_retracement", anchor(10, 96.0), anchor(30, 102.0))
    figure = figure_of(drawing, board.ground)
    texts = sorted(words.lines[0] for words in figure.words)
    assert texts == [
        "0 (102.00)", "0.236 (100.58)", "0.382 (99.71)", "0.5 (99.00)", "0.618 (98.29)", "0.786 (97.28)", "1 (96.00)",
    ]  # fmt: skip
    rows = sorted(stroke.start[1] for stroke in figure.strokes[1:])
    expected = sorted(board.ground.projection.y_of(102.0 - 6.0 * level) for level in drawing.style.levels)
    assert rows == pytest.approx(expected)


def test_a_measure_says_bars_time_price_percent_and_ticks(board: Board) -> None:
    drawing = board.add("measure", anchor(10, 100.0), anchor(34, 97.5))
    (words,) = said(figure_of(drawing, board.ground))
    assert words == ("−2.50 (−2.50 %) · 250 ticks", "24 bars · 1 d 0 h")


def test_a_position_says_r_fees_quantity_and_ticks(board: Board) -> None:
    terms = PositionTerms(account=10_000.0, risk_rate=0.01, taker_fee_rate=0.001)
    drawing = board.add("long_position", anchor(10, 100.0), anchor(55, 102.0), anchor(55, 99.0), terms=terms)
    words = said(figure_of(drawing, board.ground, is_active=True))
    assert words == [
        ("Target 102.00 (+2.00 %) · 2.00 · 200 ticks · +149.96",),
        ("Stop 99.00 (−1.00 %) · 1.00 · 100 ticks · −100.00",),
        ("R 2.00 · after fees 1.50", "Quantity 83.4028357 · risk 1.00 %"),
    ]


def test_a_position_with_its_stop_on_the_wrong_side_says_so(board: Board) -> None:
    drawing = board.add("long_position", anchor(10, 100.0), anchor(55, 102.0), anchor(55, 101.0))
    words = said(figure_of(drawing, board.ground, is_active=True))
    assert words[2] == ("Stop or target on the wrong side",)
    assert words[0] == ("Target 102.00",)


@pytest.mark.parametrize("name", ["blue", "up", "muted", "#123456"])
def test_colors_by_name_follow_the_theme(board: Board, name: str) -> None:
    colors = board.frame.colors
    assert color_named(colors, name).isValid()
    assert color_named(colors, "#123456") == QColor("#123456")


def test_ink_is_readable() -> None:
    assert ink_on(QColor("#FFFFFF")) == QColor("#0B0F1A")
    assert ink_on(QColor("#000080")) == QColor("#FFFFFF")
