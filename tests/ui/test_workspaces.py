"""Workspaces: saved by themselves, switched, exported, damaged; panels that exist several times."""

import json
import subprocess
import sys
import time

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QLabel

from fakes import MemorySettings
from strategy_tester.domain.errors import InvalidSettings
from strategy_tester.services.context import Services
from strategy_tester.system.settings_file import JsonSettings
from strategy_tester.ui import i18n
from strategy_tester.ui.dock_layout import Plan, Split, Tabs, pack, panels_of, unpack
from strategy_tester.ui.dock_layout import draw_up as draw_up_layout
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PanelFactory
from strategy_tester.ui.workspaces.book import Book, read_file
from strategy_tester.ui.workspaces.builtin import builtin_workspaces
from strategy_tester.ui.workspaces.stacking import is_pinned


class ChartLike(QLabel):
    """A panel with a state, as charts have one."""

    title_changed = Signal()

    def __init__(self, context) -> None:
        super().__init__()
        self.context, self.symbol = context, "BTCUSDT"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        context.charts.add(self)

    def save_state(self) -> dict:
        return {"symbol": self.symbol}

    def restore_state(self, state: dict) -> None:
        self.choose(state["symbol"])

    def choose(self, symbol: str) -> None:
        self.symbol = symbol
        self.title_changed.emit()

    def dock_title(self) -> str:
        return f"{self.symbol} 1h"


class Stubborn(QLabel):
    """A panel whose state cannot be had."""

    def __init__(self, _context) -> None:
        super().__init__()

    def save_state(self) -> object:
        raise RuntimeError("not today")


def plain(_context) -> QLabel:
    return QLabel()


PANELS = (
    PanelFactory("chart", "Chart", "chart", "center", ChartLike, "Ctrl+1", is_multiple=True),
    PanelFactory("strategy", "Strategy", "strategy", "right", plain),
    PanelFactory("results", "Results", "results", "bottom", Stubborn),
    PanelFactory("trades", "Trades", "trades", "bottom", plain),
    PanelFactory("jobs", "Jobs", "jobs", "bottom", plain),
)
ALL = [panel.id for panel in PANELS]


@pytest.fixture
def open_window(qtbot, settings: MemorySettings, services: Services):
    windows: list[MainWindow] = []

    def make(*, with_panels: bool = True) -> MainWindow:
        window = MainWindow(settings, PANELS)
        window.restore_layout()
        window.show()
        windows.append(window)
        if with_panels:
            with qtbot.waitSignal(window.panels_created):
                window.attach(services)
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(open_window) -> MainWindow:
    return open_window()


def chart(window: MainWindow, panel_id: str = "chart") -> ChartLike:
    content = window.docks.content(panel_id)
    assert isinstance(content, ChartLike)
    return content


def come_to_rest(window: MainWindow, qtbot) -> None:
    qtbot.waitUntil(lambda: not window.panel_host.is_busy())


def place(window: MainWindow, panel_id: str) -> QRect:
    content = window.docks.content(panel_id)
    return QRect(content.mapTo(content.window(), QPoint(0, 0)), content.size())


def test_each_workspace_keeps_its_own_layout_and_states(window, qtbot):
    chart(window).choose("ETHUSDT")
    window.docks.close_panel("trades")
    window.workspaces.switch("Live")
    assert window.docks.is_open("trades")
    assert not window.docks.is_open("strategy")
    chart(window).choose("SOLUSDT")
    window.workspaces.switch("Research")
    assert not window.docks.is_open("trades")
    assert window.docks.is_open("strategy")
    assert chart(window).symbol == "ETHUSDT"
    window.workspaces.switch("Live")
    assert chart(window).symbol == "SOLUSDT"


def test_keys_switch(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert window.workspaces.current_name() == "Live"
    assert window.top_bar.workspace.text() == "Live ▾"
    assert not window.actions_list.trigger("workspace.9")


def test_panels_are_seen_after_a_switch(window, qapp):
    window.workspaces.switch("Live")
    qapp.processEvents()
    assert chart(window).isVisible()
    assert place(window, "chart").height() > 1.5 * place(window, "trades").height()
    window.workspaces.switch("Research")
    qapp.processEvents()
    assert window.docks.content("strategy").isVisible()
    assert [widget for widget in qapp.topLevelWidgets() if widget.isVisible()] == [window]


def test_grid_has_twelve_charts_in_three_columns(window, qtbot):
    window.resize(1600, 900)
    window.workspaces.switch("Grid")
    come_to_rest(window, qtbot)
    charts = [chart(window, name) for name in ["chart", *(f"chart-{number}" for number in range(2, 13))]]
    assert len({place(window, c.context.panel_id).left() for c in charts}) == 3
    assert len({place(window, c.context.panel_id).top() for c in charts}) == 4
    widths = {place(window, c.context.panel_id).width() for c in charts}
    assert max(widths) - min(widths) <= 3
    assert len(window.context.charts.all()) == 12
    assert not window.docks.is_open("results")
    window.workspaces.switch("Research")
    come_to_rest(window, qtbot)
    assert window.docks.panel_ids() == ALL
    assert window.context.charts.all() == [charts[0]]


def test_copy_stands_beside_its_chart_and_shows_the_same(window, qtbot):
    chart(window).choose("ETHUSDT")
    before = place(window, "chart")
    copy_id = window.add_panel_copy("chart")
    come_to_rest(window, qtbot)
    assert copy_id == "chart-2"
    assert chart(window, copy_id).symbol == "ETHUSDT"
    assert place(window, copy_id).left() > place(window, "chart").right()
    assert place(window, copy_id).right() == pytest.approx(before.right(), abs=6)
    assert place(window, copy_id).width() == pytest.approx(before.width() / 2, abs=6)
    chart(window, copy_id).choose("SOLUSDT")
    assert window.docks.title(copy_id) == "SOLUSDT 1h"
    assert chart(window).symbol == "ETHUSDT"


def test_only_panels_meant_for_it_can_be_copied(window):
    with pytest.raises(ValueError, match="only once"):
        window.add_panel_copy("trades")
    assert window.docks.panel_ids() == ALL


def test_closed_copy_is_gone_and_can_be_reopened_but_the_first_chart_is_only_hidden(window, qtbot):
    copy_id = window.add_panel_copy("chart")
    come_to_rest(window, qtbot)
    chart(window, copy_id).choose("XRPUSDT")
    window.docks.close_panel(copy_id)
    assert copy_id not in window.docks.panel_ids()
    assert len(window.context.charts.all()) == 1
    window.docks.close_panel("chart")
    assert "chart" in window.docks.panel_ids()
    assert chart(window).symbol == "BTCUSDT"
    window.docks.show("chart")
    assert window.actions_list.trigger("chart.reopen")
    come_to_rest(window, qtbot)
    assert chart(window, "chart-2").symbol == "XRPUSDT"
    assert not window.actions_list.trigger("chart.reopen")


def test_copies_come_back_in_the_next_window(window, open_window, qtbot):
    copy_id = window.add_panel_copy("chart")
    come_to_rest(window, qtbot)
    chart(window, copy_id).choose("SOLUSDT")
    window.docks.float(copy_id)
    window.save_layout()
    other = open_window()
    assert chart(other, "chart-2").symbol == "SOLUSDT"
    assert other.docks.is_floating("chart-2")


def test_states_are_not_lost_when_the_window_closes_before_its_panels_were_made(window, open_window):
    chart(window).choose("SOLUSDT")
    window.save_layout()
    open_window(with_panels=False).save_layout()
    assert chart(open_window()).symbol == "SOLUSDT"


def test_save_as_rename_move_and_delete(window):
    spaces = window.workspaces
    window.docks.close_panel("jobs")
    spaces.save_as(" Scalping ")
    assert spaces.names() == ["Research", "Live", "Grid", "Two monitors", "Scalping"]
    with pytest.raises(InvalidSettings, match="already"):
        spaces.save_as("scalping")
    with pytest.raises(InvalidSettings, match="needs a name"):
        spaces.rename("  ")
    spaces.rename("Night")
    spaces.move(-1)
    assert spaces.names() == ["Research", "Live", "Grid", "Night", "Two monitors"]
    spaces.switch("Research")
    assert not spaces.can_delete()
    spaces.delete()
    assert "Research" in spaces.names()
    spaces.switch("Night")
    spaces.delete()
    assert spaces.names() == ["Research", "Live", "Grid", "Two monitors"]
    assert spaces.current_name() == "Grid"


def test_reset_goes_back_to_what_was_saved_and_without_that_to_the_plan(window):
    window.docks.close_panel("jobs")
    window.workspaces.save_for_good()
    window.docks.close_panel("strategy")
    window.actions_list.trigger("view.reset_layout")
    assert window.docks.is_open("strategy")
    assert not window.docks.is_open("jobs")
    window.workspaces.switch("Live")
    window.docks.close_panel("trades")
    window.actions_list.trigger("view.reset_layout")
    assert window.docks.is_open("trades")


def test_export_and_import(window, tmp_path, qtbot):
    window.add_panel_copy("chart")
    come_to_rest(window, qtbot)
    chart(window, "chart-2").choose("ADAUSDT")
    path = tmp_path / "mine.bst-workspace.json"
    window.workspaces.export(path)
    window.docks.close_panel("chart-2")
    assert window.workspaces.import_file(path) == "Research 2"
    come_to_rest(window, qtbot)
    assert chart(window, "chart-2").symbol == "ADAUSDT"
    assert window.workspaces.current_name() == "Research 2"


GOOD = {"kind": "workspace", "version": 1, "name": "Mine"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1 is not JSON"),
        ('{\n"a": }', "line 2 is not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "at workspace, an object"),
        ("{}", "kind"),
        (json.dumps(GOOD | {"version": 9}), "newer version"),
        (json.dumps(GOOD | {"name": 5}), "at name, a text"),
        (json.dumps(GOOD), "at layout"),
        (json.dumps(GOOD | {"layout": {"version": 2, "state": "AAAA"}}), "at layout"),
    ],
)
def test_file_that_is_no_workspace_changes_nothing(window, tmp_path, text, problem):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings, match=problem):
        window.workspaces.import_file(path)
    assert window.workspaces.names() == ["Research", "Live", "Grid", "Two monitors"]
    assert window.docks.is_open("strategy")


@pytest.mark.parametrize(
    ("part", "value", "where"),
    [
        ("main", {"geometry": "wide"}, "main"),
        ("windows", {}, "windows"),
        ("windows", [{"panels": [1]}], r"windows\[0\]\.panels"),
        ("windows", [{"panels": ["chart"], "place": {}}], r"windows\[0\]\.place"),
        ("instances", {"chart-1": "chart"}, r"instances\.chart-1"),
        ("instances", {"../evil-2": "chart"}, "instances"),
        ("instances", {f"chart-{number}": "chart" for number in range(2, 80)}, "more than 64"),
        ("panels", [], "panels"),
    ],
)
def test_fault_in_a_file_is_named(window, tmp_path, part, value, where):
    path = tmp_path / "good.json"
    window.workspaces.export(path)
    good = json.loads(path.read_text(encoding="utf-8"))
    assert read_file(json.dumps(good)).name == "Research"
    with pytest.raises(InvalidSettings, match=where):
        read_file(json.dumps(good | {part: value}))


def test_packed_layout_that_would_swell_without_end_is_refused():
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(b"<?xml" + b" " * 50_000_000)).decode()
    assert unpack(bomb) is None


def test_damaged_workspace_falls_back_with_a_sentence(window, open_window, settings, qtbot):
    window.docks.close_panel("strategy")
    window.save_layout()
    book = settings.get("workspaces")
    book["items"][0]["now"]["layout"]["state"] = "AAAA"
    settings.set("workspaces", book)
    other = open_window()
    qtbot.waitUntil(lambda: "damaged" in other.status.message())
    assert "“Research”" in other.status.message()
    assert other.docks.is_open("strategy")
    assert settings.get("workspaces.damaged") == book


@pytest.mark.parametrize(
    "book", [[], "x", {"version": 99}, {"version": 1}, {"version": 1, "items": [5, {"name": ""}, {"name": "Q"}]}]
)
def test_damaged_book_leaves_the_built_in_workspaces(open_window, settings, book):
    settings.set("workspaces", book)
    window = open_window(with_panels=False)
    assert window.workspaces.names() == ["Research", "Live", "Grid", "Two monitors"]
    assert window.docks.is_open("chart")


def test_workspace_of_a_program_with_other_panels_leaves_them_out(window, open_window, settings):
    window.save_layout()
    book = settings.get("workspaces")
    now = book["items"][0]["now"]
    state = unpack(now["layout"]["state"])
    assert state is not None
    now["layout"]["state"] = pack(state.replace(b'Name="jobs"', b'Name="orders"'))
    now["instances"] = {"ladder-2": "ladder"}
    settings.set("workspaces", book)
    other = open_window()
    assert other.docks.is_open("chart")
    assert "ladder-2" not in other.docks.panel_ids()


def test_layout_of_the_version_before_becomes_research(window, open_window, settings):
    window.docks.close_panel("strategy")
    layout = window.docks.save()
    old = MemorySettings({"window.layout": layout | {"version": 1}})
    settings._values = old._values
    other = open_window()
    assert other.workspaces.current_name() == "Research"
    assert not other.docks.is_open("strategy")


def test_broken_panel_does_not_keep_the_others_from_being_saved(window, caplog):
    chart(window).choose("DOTUSDT")
    assert window.workspaces.arrangement().panels == {"chart": {"symbol": "DOTUSDT"}}
    assert "results" in caplog.text


def test_switch_is_quick(window, qapp):
    spaces, times = window.workspaces, []
    for name in ("Live", "Research") * 3:
        start = time.process_time()
        spaces.switch(name)
        qapp.processEvents()
        times.append(time.process_time() - start)
    assert sorted(times)[2] < 0.3


def test_panel_is_pinned_unpinned_and_remembers_it(window, open_window):
    chart(window).setFocus()
    assert window.actions_list.trigger("panel.pin")
    floating = window.docks.window_of("chart")
    assert window.docks.is_floating("chart")
    assert is_pinned(floating)
    assert floating.windowTitle() == "BTCUSDT 1h (on top)"
    floating.resize(260, 180)
    assert (floating.width(), floating.height()) == (260, 180)
    window.save_layout()
    other = open_window()
    assert is_pinned(other.docks.window_of("chart"))
    window.workspaces.floating.toggle_on_top("chart")
    assert not is_pinned(floating)
    assert window.docks.is_floating("chart")


def test_keys_work_in_floating_windows(window, qtbot):
    window.docks.float("chart")
    floating = window.docks.window_of("chart")
    floating.activateWindow()
    qtbot.waitUntil(floating.isActiveWindow)
    qtbot.keyClick(chart(window), Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert window.workspaces.current_name() == "Live"


def test_menu_lists_workspaces_and_checks_the_one_in_use(window):
    i18n.set_language("ru")
    window._workspace_menu.fill()
    entries = window._workspace_menu.menu.actions()
    assert [entry.text() for entry in entries[:2]] == ["Исследование\tCtrl+Alt+1", "Онлайн\tCtrl+Alt+2"]
    assert [entry.isChecked() for entry in entries[:2]] == [True, False]
    entries[1].trigger()
    assert window.top_bar.workspace.text() == "Онлайн ▾"


def test_several_panels_share_a_floating_window_and_come_back_so(window, open_window, qapp):
    plan = Plan(Split("row", (Tabs(("chart",)),)), (Split("row", (Tabs(("trades", "jobs")), Tabs(("strategy",)))),))
    window.docks.restore(window.docks.draw_up(plan, 1200, 800))
    (floating,) = window.docks.floating_windows()
    assert set(floating.panels) == {"trades", "jobs", "strategy"}
    window.save_layout()
    (again,) = open_window().docks.floating_windows()
    assert set(again.panels) == {"trades", "jobs", "strategy"}


def test_plan_is_drawn_as_the_library_writes_it():
    plan = Plan(Tabs(("a", "b"), current="b"), (Tabs(("c",)),))
    drawn = draw_up_layout(plan, (900, 600), version=1, geometry="01 d9")
    assert panels_of(drawn) == ["a", "b", "c"]
    assert b'<Area Tabs="2" Current="b">' in drawn
    assert b"<Sizes>900 </Sizes>" in drawn
    assert b"<Geometry>01 d9</Geometry>" in drawn


def test_names_that_are_taken_get_a_number():
    book = Book(builtin_workspaces())
    assert book.free_name("Live") == "Live 2"
    assert book.free_name("Own") == "Own"
    i18n.set_language("ru")
    assert book.problem_with_name("сетка")


def test_picture_of_the_program_leaves_the_workspace_alone(window, open_window, settings, services, qtbot):
    chart(window).choose("SOLUSDT")
    window.save_layout()
    before = settings.get("workspaces")
    other = MainWindow(settings, PANELS)
    qtbot.addWidget(other)
    other.show()
    other.save_layout()
    assert settings.get("workspaces") == before


WRITE = """
import sys
from pathlib import Path
from strategy_tester.system.settings_file import JsonSettings

settings = JsonSettings(Path(sys.argv[1]))
book = settings.get("workspaces")
print("ready", flush=True)
for number in range(1_000_000):
    book["items"][0]["now"]["panels"] = {"chart": {"symbol": "BTCUSDT" * (number % 5000)}}
    settings.set("workspaces", book)
"""


def test_program_killed_while_it_saves_keeps_its_workspaces(window, tmp_path, settings):
    window.docks.close_panel("jobs")
    window.workspaces.save_as("Mine")
    path = tmp_path / "settings.json"
    first = JsonSettings(path)
    first.set("workspaces", settings.get("workspaces"))
    assert first.flush()
    for wait_s in (0.01, 0.05, 0.11):
        writer = subprocess.Popen([sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(wait_s)
        writer.kill()
        writer.communicate()
        stored = JsonSettings(path)
        book, problems = Book.from_json(stored.get("workspaces"), builtin_workspaces())
        assert (stored.problem, problems) == ("", [])
        assert book.current.name == "Mine"
