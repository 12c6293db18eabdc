"""Drawing with a real pointer on a real chart."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from builders import random_candles
from strategy_tester.domain.drawings import Anchor, PositionTerms
from strategy_tester.ui.charts.drawing.tool import CLIPBOARD_FORMAT
from ui.charts.drawing.conftest import CTRL, LEFT, SHIFT, Board, anchor


def test_two_clicks_make_a_trend_line_on_bars_and_ticks(board: Board, kept) -> None:
    board.scene.set_kind("trend_line")
    board.click(board.place(10, 98.0))
    assert board.document.drawings == []
    board.click(board.place(40, 101.0))
    drawing = board.only()
    assert drawing.kind == "trend_line"
    assert [one.time_ms for one in drawing.anchors] == [anchor(10, 0).time_ms, anchor(40, 0).time_ms]
    for one, price in zip(drawing.anchors, (98.0, 101.0), strict=True):
        assert one.price == pytest.approx(price, abs=0.03)
        assert round(one.price, 2) == one.price
    assert board.scene.kind is None
    assert board.scene.selected == drawing
    assert kept == {"TESTUSDT": {drawing.id: drawing}}


def test_a_drag_makes_a_line_too(board: Board) -> None:
    board.scene.set_kind("ray")
    board.drag(board.place(10, 98.0), board.place(40, 101.0))
    assert [one.time_ms for one in board.only().anchors] == [anchor(10, 0).time_ms, anchor(40, 0).time_ms]


def test_one_click_makes_a_level_at_the_price(board: Board) -> None:
    board.scene.set_kind("horizontal_line")
    board.click(board.place(20, 99.5))
    assert board.only().anchors[0].price == pytest.approx(99.5, abs=0.03)


def test_three_clicks_make_a_channel(board: Board) -> None:
    board.scene.set_kind("channel")
    for bar, price in ((10, 98.0), (30, 100.0), (20, 101.0)):
        board.click(board.place(bar, price))
    assert [one.time_ms for one in board.only().anchors] == [anchor(bar, 0).time_ms for bar in (10, 30, 20)]


def test_anchors_may_lie_in_the_future(board: Board) -> None:
    board.scene.set_kind("trend_line")
    board.click(board.place(50, 98.0))
    board.click(board.place(63, 99.0))
    assert board.only().anchors[1].time_ms == anchor(63, 0).time_ms


def test_a_second_click_on_the_same_place_is_no_point(board: Board) -> None:
    board.scene.set_kind("trend_line")
    board.double_click(board.place(10, 98.0))
    assert board.document.drawings == []
    board.click(board.place(30, 99.0))
    assert len(board.document.drawings) == 1


def test_esc_gives_up_the_half_made_drawing_then_the_tool(board: Board) -> None:
    board.scene.set_kind("trend_line")
    board.click(board.place(10, 98.0))
    board.move(board.place(20, 99.0))
    assert board.scene.draft is not None
    board.key(Qt.Key.Key_Escape)
    assert board.scene.draft is None
    assert board.scene.kind == "trend_line"
    board.key(Qt.Key.Key_Escape)
    assert board.scene.kind is None
    assert board.document.drawings == []


def test_the_tool_stays_in_hand_when_asked(board: Board) -> None:
    board.scene.set_keeps_drawing(True)
    board.scene.set_kind("horizontal_line")
    board.click(board.place(20, 99.0))
    board.click(board.place(20, 101.0))
    assert len(board.document.drawings) == 2
    assert board.scene.kind == "horizontal_line"


def test_shift_makes_whole_angles(board: Board) -> None:
    board.scene.set_kind("trend_line")
    start = board.place(10, 98.0)
    board.click(start)
    board.click((start[0] + 200, start[1] + 12), SHIFT)
    one, other = board.only().anchors
    assert one.price == other.price
    assert other.time_ms > one.time_ms


def test_shift_makes_squares(board: Board) -> None:
    board.scene.set_kind("rectangle")
    start = board.place(20, 101.0)
    board.click(start)
    board.click((start[0] + 30, start[1] + 120), SHIFT)
    corners = [board.ground.projection.point_of(one) for one in board.only().anchors]
    width, height = corners[1][0] - corners[0][0], corners[1][1] - corners[0][1]
    assert width == pytest.approx(height, abs=2)
    assert width == pytest.approx(120, abs=10)


def test_the_magnet_takes_the_nearest_price_of_the_bar(board: Board) -> None:
    high = float(random_candles(60, seed=3).high[30])
    x, y = board.place(30, high)
    board.scene.set_magnet(True)
    board.scene.set_kind("horizontal_line")
    board.click((x, y - 6))
    assert board.only().anchors[0].price == high


def test_ctrl_turns_the_magnet_round_while_drawing(board: Board) -> None:
    high = float(random_candles(60, seed=3).high[30])
    x, y = board.place(30, high)
    board.scene.set_kind("horizontal_line")
    board.click((x, y - 6), CTRL)
    assert board.only().anchors[0].price == high
    board.scene.set_magnet(True)
    board.scene.set_kind("horizontal_line")
    board.click((x, y - 6), CTRL)
    assert board.document.drawings[1].anchors[0].price == pytest.approx(
        board.ground.projection.price_at(y - 6), abs=0.02
    )
    assert board.document.drawings[1].anchors[0].price != high


def test_far_from_the_bar_the_magnet_takes_nothing(board: Board) -> None:
    board.scene.set_magnet(True)
    board.scene.set_kind("horizontal_line")
    board.click(board.place(30, 96.0))
    assert board.only().anchors[0].price == pytest.approx(96.0, abs=0.03)


def test_a_click_selects_and_a_click_elsewhere_deselects(board: Board) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0))
    board.click(board.place(25, 99.5))
    assert board.scene.selected == drawing
    board.click(board.place(25, 96.0))
    assert board.scene.selected is None


def test_the_topmost_drawing_is_hit_first(board: Board) -> None:
    board.add("horizontal_line", anchor(10, 99.0))
    above = board.add("horizontal_line", anchor(20, 99.0))
    board.click(board.place(30, 99.0))
    assert board.scene.selected == above


def test_a_drag_moves_the_whole_drawing_and_not_the_chart(board: Board, kept) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0))
    left = board.chart.model.view.left
    board.drag(board.place(25, 99.5), board.place(30, 98.5))
    moved = board.only()
    assert [one.time_ms for one in moved.anchors] == [anchor(15, 0).time_ms, anchor(45, 0).time_ms]
    assert [one.price for one in moved.anchors] == pytest.approx([97.0, 100.0], abs=0.03)
    assert board.chart.model.view.left == left
    assert kept["TESTUSDT"][drawing.id] == moved


def test_a_level_move_keeps_every_price_to_the_last_digit(board: Board) -> None:
    board.add("trend_line", anchor(10, 98.0123456), anchor(40, 101.0))
    x, y = board.place(25, 99.506)
    board.drag((x, y), (x + 100, y + 20), SHIFT)
    assert board.only().anchors[0].price == 98.0123456
    assert board.only().anchors[0].time_ms > anchor(10, 0).time_ms


def test_a_handle_moves_its_anchor_alone(board: Board) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0))
    board.scene.select(drawing.id)
    board.chart.grab()
    board.drag(board.place(40, 101.0), board.place(45, 99.0))
    one, other = board.only().anchors
    assert one == drawing.anchors[0]
    assert other.time_ms == anchor(45, 0).time_ms
    assert other.price == pytest.approx(99.0, abs=0.03)


def test_a_corner_of_a_rectangle_mixes_two_anchors(board: Board) -> None:
    drawing = board.add("rectangle", anchor(10, 98.0), anchor(40, 101.0))
    board.scene.select(drawing.id)
    board.chart.grab()
    board.drag(board.place(40, 98.0), board.place(35, 97.0))
    one, other = board.only().anchors
    assert (one.time_ms, other.price) == (anchor(10, 0).time_ms, 101.0)
    assert other.time_ms == anchor(35, 0).time_ms
    assert one.price == pytest.approx(97.0, abs=0.03)


def test_a_channel_stays_as_wide_when_its_end_moves(board: Board) -> None:
    drawing = board.add("channel", anchor(10, 98.0), anchor(30, 98.0), anchor(20, 100.0))
    board.scene.select(drawing.id)
    board.chart.grab()
    board.drag(board.place(30, 98.0), board.place(30, 99.0))
    one, other, third = board.only().anchors
    assert other.price == pytest.approx(99.0, abs=0.03)
    share = (third.time_ms - one.time_ms) / (other.time_ms - one.time_ms)
    assert third.price - (one.price + (other.price - one.price) * share) == pytest.approx(2.0, abs=0.05)


def test_the_stop_of_a_position_moves_alone(board: Board) -> None:
    anchors = anchor(20, 99.0), anchor(40, 102.0), anchor(40, 98.0)
    drawing = board.add("long_position", *anchors, terms=PositionTerms())
    board.scene.select(drawing.id)
    board.chart.grab()
    board.drag(board.place(20, 98.0), board.place(25, 97.0))
    assert board.only().anchors[:2] == anchors[:2]
    assert board.only().anchors[2].time_ms == anchors[2].time_ms
    assert board.only().anchors[2].price == pytest.approx(97.0, abs=0.03)


@pytest.mark.parametrize(("kind", "sign"), [("long_position", 1), ("short_position", -1)])
@pytest.mark.parametrize("is_inverted", [False, True])
def test_one_click_makes_a_position_of_two_to_one(board: Board, kind: str, sign: int, is_inverted: bool) -> None:
    board.chart.model.panes[0].scale.is_inverted = is_inverted
    board.chart.canvas.refresh()
    board.chart.grab()
    board.scene.set_kind(kind)
    board.click(board.place(30, 99.0))
    entry, target, stop = board.only().anchors
    assert (target.price - entry.price) * sign > 0
    assert (entry.price - stop.price) * sign > 0
    assert (target.price - entry.price) / (entry.price - stop.price) == pytest.approx(2.0, abs=0.05)
    assert target.time_ms == stop.time_ms > entry.time_ms


def test_ctrl_drag_leaves_the_original_and_moves_a_copy(board: Board) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0))
    board.drag(board.place(25, 99.5), board.place(25, 97.5), CTRL)
    first, copy = board.document.drawings
    assert first == drawing
    assert copy.id != drawing.id
    assert copy.anchors[0].price == pytest.approx(96.0, abs=0.03)
    assert board.scene.selected == copy
    board.document.stack.undo()
    assert board.document.drawings == [drawing]


def test_a_locked_drawing_is_selected_but_not_moved_nor_deleted(board: Board, qtbot) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0), is_locked=True)
    board.drag(board.place(25, 99.5), board.place(30, 97.0))
    assert board.scene.selected == drawing
    assert board.only() == drawing
    with qtbot.waitSignal(board.scene.hint):
        board.key(Qt.Key.Key_Delete)
    assert board.only() == drawing


def test_del_deletes_and_undo_brings_back(board: Board, kept) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0))
    board.click(board.place(25, 99.5))
    board.key(Qt.Key.Key_Delete)
    assert board.document.drawings == []
    assert kept["TESTUSDT"] == {drawing.id: None}
    board.document.stack.undo()
    assert board.only() == drawing
    assert kept["TESTUSDT"] == {drawing.id: drawing}


def test_every_step_is_undone_and_redone(board: Board) -> None:
    board.scene.set_kind("trend_line")
    board.drag(board.place(10, 98.0), board.place(40, 101.0))
    made = board.only()
    board.drag(board.place(25, 99.5), board.place(30, 98.5))
    moved = board.only()
    stack = board.document.stack
    assert [stack.text(place) for place in range(stack.count())] == ["Draw", "Move drawing"]
    stack.undo()
    assert board.only() == made
    stack.undo()
    assert board.document.drawings == []
    stack.redo()
    stack.redo()
    assert board.only() == moved


def test_esc_during_a_drag_puts_the_drawing_back(board: Board) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0))
    steps = board.document.stack.count()
    start, end = board.place(25, 99.5), board.place(30, 97.0)
    board.press(start)
    board.move(end, buttons=LEFT)
    assert board.only() != drawing
    board.key(Qt.Key.Key_Escape)
    assert board.only() == drawing
    board.move((end[0] + 40, end[1]), buttons=LEFT)
    board.release(end)
    assert board.only() == drawing
    assert board.document.stack.count() == steps


def test_copy_and_paste_make_another_drawing_aside(board: Board) -> None:
    drawing = board.add("rectangle", anchor(10, 98.0), anchor(20, 101.0))
    board.scene.select(drawing.id)
    board.key(Qt.Key.Key_C, CTRL)
    assert QApplication.clipboard().mimeData().hasFormat(CLIPBOARD_FORMAT)
    board.key(Qt.Key.Key_V, CTRL)
    first, copy = board.document.drawings
    assert (first, copy.kind) == (drawing, "rectangle")
    assert copy.anchors[0].time_ms > drawing.anchors[0].time_ms
    assert copy.anchors[0].price < 98.0
    assert copy.anchors[1].time_ms - copy.anchors[0].time_ms == 10 * 3_600_000
    assert board.scene.selected == copy


def test_shift_click_measures_and_keeps_nothing(board: Board) -> None:
    board.click(board.place(10, 98.0), SHIFT)
    board.move(board.place(30, 100.0))
    assert board.scene.ruler is not None
    board.click(board.place(40, 101.0))
    ruler = board.scene.ruler
    assert [one.time_ms for one in ruler.anchors] == [anchor(10, 0).time_ms, anchor(40, 0).time_ms]
    assert board.document.drawings == []
    board.click(board.place(20, 96.0))
    assert board.scene.ruler is None


def test_the_wheel_still_zooms_while_drawing_and_points_stay(board: Board) -> None:
    board.scene.set_kind("trend_line")
    board.click(board.place(30, 98.0))
    board.chart.zoom_in()
    board.chart.grab()
    board.click(board.place(40, 99.0))
    assert board.only().anchors[0].time_ms == anchor(30, 0).time_ms


def test_without_a_drawing_under_it_the_pointer_pans_and_keys_go_on(board: Board) -> None:
    left = board.chart.model.view.left
    board.drag(board.place(40, 96.0), board.place(30, 96.0))
    assert board.chart.model.view.left != left
    assert not board.scene.delete_selected()


def test_other_panes_take_no_drawings(board: Board) -> None:
    board.scene.set_kind("horizontal_line")
    volume = board.canvas.visible_rect_of(board.chart.model.panes[-1])
    board.click((volume.center().x(), volume.center().y()))
    assert board.document.drawings == []


def test_a_double_click_asks_for_the_text(board: Board, qtbot) -> None:
    drawing = board.add("trend_line", anchor(10, 98.0), anchor(40, 101.0))
    with qtbot.waitSignal(board.scene.text_wanted) as asked:
        board.double_click(board.place(25, 99.5))
    assert asked.args == [drawing.id]


def test_on_a_log_scale_points_and_moves_follow_the_pointer(board: Board) -> None:
    board.chart.set_log_scale(True)
    board.chart.grab()
    board.scene.set_kind("trend_line")
    board.drag(board.place(10, 98.0), board.place(40, 101.0))
    assert [one.price for one in board.only().anchors] == pytest.approx([98.0, 101.0], abs=0.03)
    start = board.place(25, 99.489)  # half-way on the screen is the geometric mean
    end = start[0], start[1] + 60
    board.drag(start, end)
    ground = board.ground
    before, after = ground.projection.y_of(98.0), ground.projection.y_of(board.only().anchors[0].price)
    assert after - before == pytest.approx(60, abs=1.5)
    low, high = (one.price for one in board.only().anchors)
    assert high / low == pytest.approx(101.0 / 98.0, rel=2e-4)


def test_a_moment_inside_a_bar_keeps_its_distance_when_moved(board: Board) -> None:
    inside = Anchor(anchor(10, 0).time_ms + 17 * 60_000, 98.0)
    board.add("trend_line", inside, anchor(40, 101.0))
    x, y = board.place(25, 99.5)
    board.drag((x, y), (board.place(28, 99.5)[0], y))
    assert board.only().anchors[0].time_ms == inside.time_ms + 3 * 3_600_000


def test_a_right_click_puts_the_tool_away(board: Board) -> None:
    board.scene.set_kind("trend_line")
    board.press(board.place(20, 99.0), button=Qt.MouseButton.RightButton)
    assert board.scene.kind is None
