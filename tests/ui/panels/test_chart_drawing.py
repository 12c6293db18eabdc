"""Drawing on the chart panel: keys, rail, strip, list, saving."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTreeWidgetItem

from builders import HOUR_MS, START_MS
from strategy_tester.domain.drawings import KINDS, Anchor, DrawingStyle, PositionTerms, new_drawing, to_content
from strategy_tester.domain.errors import StorageError
from strategy_tester.domain.instruments import Instrument
from strategy_tester.ui import i18n
from strategy_tester.ui.panels.chart.drawing import DrawingFeature
from strategy_tester.ui.panels.chart.drawing_library import library_of
from strategy_tester.ui.panels.chart.drawing_list import DrawingList
from strategy_tester.ui.panels.chart.drawing_menu import drawing_menu
from strategy_tester.ui.panels.chart.drawing_text import TextField
from strategy_tester.ui.panels.chart.drawing_values import LevelsForm, TermsForm, parse_levels
from strategy_tester.ui.panels.chart.view import ChartPanel


def line(price: float = 100.0, **fields):
    """A trend line from bar 300 to bar 380."""
    anchors = Anchor(START_MS + 300 * HOUR_MS, price), Anchor(START_MS + 380 * HOUR_MS, price)
    return new_drawing("trend_line", anchors, **fields)


class Desk:
    """A window with a chart that is drawn on."""

    def __init__(self, shell) -> None:
        self.shell, self.context = shell, shell.context
        self.panel = shell.panel("chart")
        self.panel.chart.wait_until_shown()
        shell.come_to_rest()
        self.feature: DrawingFeature = self.panel.feature(DrawingFeature)
        self.scene, self.library = self.feature.scene, self.feature.library
        self.panel.chart.grab()

    @property
    def document(self):
        assert self.scene.document is not None
        return self.scene.document

    def price(self) -> float:
        scale = self.panel.chart.model.panes[0].scale
        return round((scale.low + scale.high) / 2, 2)

    def save(self) -> None:
        """Write what waits, as the timer would."""
        self.library.save_now()
        self.shell.come_to_rest()


@pytest.fixture
def desk(stored, open_panels) -> Desk:
    return Desk(open_panels("chart"))


# --- keys and actions


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ("Alt+T", "trend_line"), ("Alt+H", "horizontal_line"), ("Alt+V", "vertical_line"), ("Alt+C", "cross_line"),
        ("Alt+F", "fib_retracement"),
    ],
)  # fmt: skip
def test_keys_take_tools_into_the_hand(desk: Desk, keys: str, kind: str) -> None:
    assert desk.context.actions.owner_of(keys) == f"draw.{kind}"
    desk.context.actions.trigger(f"draw.{kind}")
    assert desk.scene.kind == kind
    desk.context.actions.trigger(f"draw.{kind}")
    assert desk.scene.kind is None


def test_every_kind_has_an_action_with_an_icon_and_a_place_on_the_rail(desk: Desk, qtbot) -> None:
    qtbot.waitUntil(lambda: not desk.context.actions.qaction("draw.ray").icon().isNull())
    on_rail = {kind for tool in desk.feature.rail.tools for kind in tool.kinds}
    assert on_rail == set(KINDS)
    for kind in KINDS:
        assert desk.context.actions.action(f"draw.{kind}").title == KINDS[kind].title


def test_magnet_and_keep_drawing_are_remembered(desk: Desk) -> None:
    desk.context.actions.trigger("draw.magnet")
    desk.context.actions.trigger("draw.keep")
    assert desk.scene.has_magnet
    assert desk.feature.rail.magnet.isChecked()
    assert desk.context.settings.get("drawing.magnet") is True
    assert desk.context.settings.get("drawing.keep") is True
    desk.feature.rail.magnet.click()
    assert not desk.scene.has_magnet


def test_keys_that_the_chart_takes_itself_are_on_the_key_sheet(desk: Desk) -> None:
    listed = {keys for fixed in desk.context.actions.fixed_keys if fixed.group == "draw" for keys in fixed.keys}
    assert {"Shift+click", "Ctrl+drag", "Shift+drag", "Ctrl+C", "Ctrl+V", "Del", "Esc"} <= listed


# --- saving


def test_a_drawing_is_saved_shortly_after_and_once(desk: Desk, qtbot) -> None:
    drawing = line()
    desk.scene.add(drawing)
    for price in (101.0, 102.0):
        desk.scene.change_selected("x", anchors=(Anchor(START_MS, price), Anchor(START_MS + 1, price)))
    assert desk.context.services.drawings.load("TESTUSDT") == {}
    qtbot.waitUntil(lambda: bool(desk.context.services.drawings.load("TESTUSDT")), timeout=5_000)
    stored = desk.context.services.drawings.load("TESTUSDT")
    assert stored == {drawing.id: to_content(desk.document.drawings[0])}
    assert stored[drawing.id]["anchors"][0] == [START_MS, 102.0]
    assert not desk.library.has_unsaved


def test_stored_drawings_appear_whatever_the_source_and_unread_ones_are_counted(stored, services, open_panels) -> None:
    drawing = line(order=4)
    services.drawings.change("TESTUSDT", {drawing.id: to_content(drawing), "odd": {"kind": "hologram"}})
    desk = Desk(open_panels("chart"))
    assert desk.document.drawings == [drawing]
    assert desk.document.unread == 1
    desk.scene.add(line())
    desk.save()
    assert services.drawings.load("TESTUSDT")["odd"] == {"kind": "hologram"}


def test_a_deleted_drawing_is_deleted_on_the_disk_and_undo_stores_it_again(desk: Desk) -> None:
    drawing = line()
    desk.scene.add(drawing)
    desk.save()
    desk.scene.delete_selected()
    desk.save()
    assert desk.context.services.drawings.load("TESTUSDT") == {}
    desk.context.actions.trigger("edit.undo") if "edit.undo" in desk.context.actions else desk.context.undo.undo()
    desk.save()
    assert list(desk.context.services.drawings.load("TESTUSDT")) == [drawing.id]


def test_a_failed_save_says_so_keeps_the_drawing_and_is_tried_again(desk: Desk, monkeypatch) -> None:
    told: list[tuple[str, str]] = []
    again = []

    def toast(text, *, kind="good", button="", on_click=None):
        told.append((text, kind))
        again.append(on_click)

    object.__setattr__(desk.library._context, "toast", toast)
    store = desk.context.services.drawings
    with monkeypatch.context() as patch:
        patch.setattr(store, "change", lambda *_args: (_ for _ in ()).throw(StorageError("the disk is full")))
        drawing = line()
        desk.scene.add(drawing)
        desk.save()
    assert told == [("Drawings could not be saved: the disk is full", "danger")]
    assert desk.document.drawings[0].id == drawing.id
    assert desk.library.has_unsaved
    again[0]()
    desk.shell.come_to_rest()
    assert list(store.load("TESTUSDT")) == [drawing.id]


def test_closing_the_window_writes_what_waits(desk: Desk) -> None:
    drawing = line()
    desk.scene.add(drawing)
    desk.shell.window.close()
    assert list(desk.context.services.drawings.load("TESTUSDT")) == [drawing.id]


def test_all_charts_of_a_window_share_one_library(desk: Desk) -> None:
    assert library_of(desk.context) is desk.library
    assert desk.library.document("TESTUSDT") is desk.document
    assert desk.library.document("OTHER") is not desk.document


# --- the market


def test_ticks_and_units_come_from_the_instrument(stored, services, open_panels) -> None:
    services.candles.write_instruments(
        [Instrument("TESTUSDT", 0.5, 0.01, 0.01, base_currency="TEST", quote_currency="USDT", source="test")]
    )
    desk = Desk(open_panels("chart"))
    market = desk.scene.market
    assert (market.tick_size, market.decimals, market.quantity_step) == (0.5, 1, 0.01)
    assert (market.quote, market.base) == ("USDT", "TEST")
    assert desk.scene.rounded(100.26) == 100.5


def test_another_symbol_has_other_drawings_and_another_history(desk: Desk) -> None:
    desk.scene.add(line())
    first = desk.document
    assert first.stack.isActive()
    desk.feature._take_document("OTHER")
    assert desk.scene.document is not first
    assert desk.document.drawings == []
    assert not first.stack.isActive()
    desk.feature._take_document("TESTUSDT")
    assert desk.document is first


def test_what_undo_changes_out_of_sight_is_brought_into_sight(desk: Desk) -> None:
    far = new_drawing("trend_line", (Anchor(START_MS, 100.0), Anchor(START_MS + HOUR_MS, 101.0)))
    desk.scene.add(far)
    desk.scene.delete_selected()
    desk.panel.chart.reset_view()
    assert desk.panel.chart.model.view.left > 2
    desk.document.stack.undo()
    assert desk.panel.chart.model.view.left < 2
    assert desk.scene.selected is not None


# --- the strip


def test_the_strip_shows_and_changes_the_selected_drawing(desk: Desk) -> None:
    strip = desk.feature.strip
    assert not strip.isVisible()
    desk.scene.add(line(desk.price()))
    assert strip.isVisible()
    strip._take_color("orange")
    strip._restyle("x", width=3, line="dashed")
    assert desk.document.drawings[0].style == DrawingStyle("orange", 3, "dashed")
    strip.lock.click()
    assert desk.document.drawings[0].is_locked
    assert not strip.color.isEnabled()
    assert strip.lock.isEnabled()
    strip.lock.click()
    strip.delete.click()
    assert desk.document.drawings == []
    assert not strip.isVisible()


def test_new_drawings_look_like_the_last_one_of_their_kind(desk: Desk) -> None:
    desk.scene.add(line())
    desk.feature.strip._take_color("#112233")
    assert desk.scene.make("trend_line", line().anchors).style.color == "#112233"
    assert desk.scene.make("ray", line().anchors).style == KINDS["ray"].style
    desk.context.settings.set("drawing.looks", {"trend_line": {"style": {"color": "no such"}}, "ray": 5})
    assert desk.scene.make("trend_line", line().anchors).style == KINDS["trend_line"].style


def test_a_hidden_drawing_is_deselected(desk: Desk) -> None:
    desk.scene.add(line())
    desk.feature.strip.hide_button.click()
    assert desk.document.drawings[0].is_hidden
    assert desk.scene.selected is None


def test_levels_are_typed(desk: Desk, qtbot) -> None:
    drawing = desk.scene.make("fib_retracement", line().anchors)
    desk.scene.add(drawing)
    form = LevelsForm(desk.scene, lambda: None, desk.feature.strip)
    form.field.clear()
    QTest.keyClicks(form.field, "0, 0.5, 1")
    assert desk.document.drawings[0].style.levels == (0.0, 0.5, 1.0)
    QTest.keyClicks(form.field, "x")
    assert not form.error.isHidden()
    assert desk.document.drawings[0].style.levels == (0.0, 0.5, 1.0)
    desk.document.stack.undo()
    assert desk.document.drawings[0].style.levels == KINDS["fib_retracement"].style.levels
    form.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0 0.5;1", (0.0, 0.5, 1.0)), ("-0.5, 1.618", (-0.5, 1.618)), ("", None), ("a", None), ("101", None),
     ("nan", None), ("1," * 25, None)],
)  # fmt: skip
def test_parsing_of_levels(text: str, expected: tuple[float, ...] | None) -> None:
    assert parse_levels(text) == expected


def test_the_numbers_of_a_position_are_typed(desk: Desk) -> None:
    anchors = tuple(Anchor(START_MS + 300 * HOUR_MS, price) for price in (100.0, 110.0, 95.0))
    desk.scene.add(desk.scene.make("long_position", anchors))
    form = TermsForm(desk.scene, lambda: None, desk.feature.strip)
    assert form.fee.value() == 0.055
    form.account.setValue(5_000.0)
    form.risk.setValue(2.0)
    form.fee.setValue(0.0)
    assert desk.document.drawings[0].terms == PositionTerms(5_000.0, 0.02, 0.0)
    form.prices[2].setValue(96.5)
    assert desk.document.drawings[0].anchors[2].price == 96.5
    form.close()


# --- text


def test_text_is_typed_on_the_chart(desk: Desk, qtbot) -> None:
    drawing = desk.scene.make("text", (Anchor(START_MS + 350 * HOUR_MS, desk.price()),))
    desk.scene.add(drawing)
    desk.scene.text_wanted.emit(drawing.id)
    field = desk.panel.chart.findChild(TextField)
    QTest.keyClicks(field, "Support")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "here")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert desk.document.drawings[0].text == "Support\nhere"
    assert not field.isVisible()


def test_a_text_left_empty_goes_away(desk: Desk) -> None:
    drawing = desk.scene.make("text", (Anchor(START_MS + 350 * HOUR_MS, desk.price()),))
    desk.scene.add(drawing)
    desk.scene.text_wanted.emit(drawing.id)
    QTest.keyClick(desk.panel.chart.findChild(TextField), Qt.Key.Key_Escape)
    assert desk.document.drawings == []


# --- the list


def row(popup: DrawingList, number: int) -> QTreeWidgetItem:
    item = popup.tree.topLevelItem(number)
    assert item is not None
    return item


def test_the_list_hides_locks_and_deletes(desk: Desk, qtbot) -> None:
    for price in (99.0, 100.0, 101.0):
        desk.scene.add(line(price))
    popup = desk.feature.open_list()
    assert popup.tree.topLevelItemCount() == 3
    assert row(popup, 0).text(0).startswith("Trend line  101")
    popup._clicked(row(popup, 0), 1)
    popup._clicked(row(popup, 1), 2)
    popup._clicked(row(popup, 2), 3)
    first, second = desk.document.drawings
    assert (first.is_locked, second.is_hidden) == (True, True)
    popup.delete_all.click()
    assert desk.document.drawings == [first]
    desk.document.stack.undo()
    assert len(desk.document.drawings) == 2
    popup.hide_all.click()
    assert all(drawing.is_hidden for drawing in desk.document.drawings)
    popup.hide_all.click()
    assert not any(drawing.is_hidden for drawing in desk.document.drawings)
    popup.lock_all.click()
    assert all(drawing.is_locked for drawing in desk.document.drawings)
    popup.close()


def test_a_click_in_the_list_goes_to_the_drawing(desk: Desk) -> None:
    far = new_drawing("trend_line", (Anchor(START_MS, 100.0), Anchor(START_MS + HOUR_MS, 101.0)))
    desk.scene.add(far)
    desk.scene.select(None)
    desk.panel.chart.reset_view()
    popup = desk.feature.open_list()
    popup._clicked(row(popup, 0), 0)
    assert desk.scene.selected is not None
    assert desk.panel.chart.model.view.left < 2
    popup.close()


# --- the rail


def test_the_rail_shows_the_tool_in_hand_and_its_group_remembers_it(desk: Desk) -> None:
    desk.scene.set_kind("arrow")
    button = desk.feature.rail.tools[0]
    assert (button.kind, button.isChecked()) == ("arrow", True)
    desk.scene.set_kind(None)
    assert (button.kind, button.isChecked()) == ("arrow", False)
    state = desk.feature.save_state()
    desk.scene.set_kind("ray")
    desk.scene.set_kind(None)
    assert button.kind == "ray"
    desk.feature.restore_state(state)
    assert button.kind == "arrow"
    button.click()
    assert desk.scene.kind == "arrow"


def test_a_state_that_does_not_fit_is_passed_over(desk: Desk) -> None:
    for state in (None, [], {"tools": 5}, {"tools": ["spiral", 3]}, {"rail": "x"}):
        desk.feature.restore_state(state)
    assert desk.feature.rail.isVisible()


def test_the_rail_goes_when_it_is_not_wanted_or_has_no_room(desk: Desk, qtbot) -> None:
    assert desk.feature.rail.isVisible()
    desk.context.actions.trigger("draw.rail")
    assert not desk.feature.rail.isVisible()
    desk.feature.restore_state({"rail": True})
    assert desk.feature.rail.isVisible()
    desk.shell.window.resize(1600, 420)
    qtbot.waitUntil(lambda: desk.feature.rail_area.height() < desk.feature.rail.sizeHint().height())
    assert desk.feature.rail.isVisible()  # the wheel moves it
    desk.feature._fit_rail_to(300, 600)
    assert not desk.feature.rail.isVisible()
    desk.feature._fit_rail_to(800, 150)
    assert not desk.feature.rail.isVisible()
    desk.shell.window.resize(1600, 900)
    qtbot.waitUntil(desk.feature.rail.isVisible)


def test_texts_follow_the_language(desk: Desk) -> None:
    i18n.set_language("ru")
    assert "Линия тренда" in desk.feature.rail.tools[0].toolTip()
    assert desk.feature.strip.delete.toolTip() == "Удалить рисунок"


def test_a_click_on_a_drawing_under_the_pointer_selects_it_in_the_window(desk: Desk) -> None:
    drawing = line(desk.price())
    desk.scene.add(drawing)
    desk.scene.select(None)
    desk.panel.chart.grab()
    canvas = desk.panel.chart.canvas
    figure = desk.scene.figure_now(drawing)
    assert figure is not None
    stroke = figure.strokes[0]
    at = QPoint(round((stroke.start[0] + stroke.end[0]) / 2), round(stroke.start[1]))
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert desk.scene.selected == desk.document.drawings[0]
    assert desk.context.charts.current is desk.panel


# --- the menu


def test_a_right_click_on_a_drawing_opens_its_menu(desk: Desk) -> None:
    lower, upper = line(desk.price()), line(desk.price() + 1)
    desk.scene.add(lower)
    desk.scene.add(upper)
    desk.scene.select(None)
    desk.panel.chart.grab()
    figure = desk.scene.figure_now(lower)
    assert figure is not None
    canvas, stroke = desk.panel.chart.canvas, figure.strokes[0]
    at = QPoint(round((stroke.start[0] + stroke.end[0]) / 2), round(stroke.start[1]))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, canvas.viewport().mapToGlobal(at))
    QApplication.sendEvent(canvas.viewport(), event)
    (menu,) = canvas.findChildren(QMenu)
    titles = [action.text().partition("\t")[0] for action in menu.actions() if not action.isSeparator()]
    assert titles == [
        "Text of the drawing", "Clone drawing", "Copy drawing", "Bring to the front", "Send to the back",
        "Lock drawing", "Hide drawing", "Delete drawing",
    ]  # fmt: skip
    next(action for action in menu.actions() if action.text() == "Bring to the front").trigger()
    assert [drawing.id for drawing in desk.document.drawings] == [upper.id, lower.id]
    menu.close()


def test_a_locked_drawing_can_only_be_unlocked_copied_and_hidden(desk: Desk) -> None:
    desk.scene.add(line(is_locked=True))
    menu = drawing_menu(desk.scene, desk.feature.drawing.tool, desk.panel)
    assert menu is not None
    off = [action.text().partition("\t")[0] for action in menu.actions() if not action.isEnabled()]
    assert off == ["Text of the drawing", "Delete drawing"]
    desk.scene.select(None)
    assert drawing_menu(desk.scene, desk.feature.drawing.tool, desk.panel) is None


# --- several charts


@pytest.fixture
def second(desk: Desk, qtbot):
    """Another chart panel of the same window and market."""
    panel = ChartPanel(replace(desk.context, panel_id="chart-2"))
    qtbot.addWidget(panel, before_close_func=desk.context.charts.remove)
    panel.resize(900, 600)
    panel.show()
    desk.shell.come_to_rest()
    panel.chart.wait_until_shown()
    desk.shell.come_to_rest()
    panel.chart.grab()
    return panel.feature(DrawingFeature)


def test_two_charts_of_a_symbol_share_drawings_history_and_tool(desk: Desk, second: DrawingFeature) -> None:
    document = desk.document
    assert second.scene.document is document
    drawing = line(desk.price())
    desk.scene.add(drawing)
    assert document.drawings == [desk.document.get(drawing.id)]
    second.scene.set_kind("ray")
    assert desk.scene.kind == "ray"
    second.scene.set_magnet(True)
    assert desk.scene.has_magnet
    desk.scene.set_kind(None)
    assert second.scene.kind is None
    document.stack.undo()
    assert desk.document.drawings == []


def test_actions_go_to_the_chart_used_last(desk: Desk, second: DrawingFeature) -> None:
    desk.context.charts.set_current(second.panel)
    desk.scene.add(line(99.0))
    second.scene.select(desk.document.drawings[0].id)
    assert desk.scene.selected is not None
    popup = second.open_list()
    assert popup.parentWidget() is second.panel
    popup.close()


def test_a_history_stays_in_use_while_another_chart_shows_its_drawings(desk: Desk, second: DrawingFeature) -> None:
    desk.scene.add(line())
    assert desk.document.stack.isActive()
    second._take_document("OTHER")
    assert desk.document.stack.isActive()
    desk.feature._take_document("OTHER")
    assert not desk.library.document("TESTUSDT").stack.isActive()
