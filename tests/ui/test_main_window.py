"""The window as a whole, on stores in memory."""

import base64

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from fakes import MemorySettings
from strategy_tester.services.context import Services
from strategy_tester.ui import i18n, theme
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.panels.registry import PANELS, PanelFactory, from_module
from strategy_tester.ui.style_sheet import style_sheet
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import RecordsModel
from strategy_tester.ui.tables.table_view import RecordTable


class TablePanel(QWidget):
    def __init__(self, _context) -> None:
        super().__init__()
        table = RecordTable(
            RecordsModel([columns.text_column("Symbol", str), columns.text_column("Note", str)], ["a", "b"])
        )
        table.setObjectName("symbols")
        QVBoxLayout(self).addWidget(table)


def broken_panel(_context) -> QWidget:
    raise RuntimeError("no chart today")


SMALL = (
    PanelFactory("chart", "Chart", "chart", "center", broken_panel, "Ctrl+1"),
    PanelFactory("data", "Data", "data", "bottom", TablePanel, "Ctrl+2"),
    PanelFactory("jobs", "Jobs", "jobs", "bottom", from_module("jobs.view:JobsPanel"), "Ctrl+9"),
    PanelFactory("welcome", "Welcome", "welcome", "right", from_module("welcome.view:WelcomePanel"), is_open=False),
)


@pytest.fixture
def open_window(qtbot, settings: MemorySettings):
    windows: list[MainWindow] = []

    def make(panels=SMALL) -> MainWindow:
        window = MainWindow(settings, panels)
        window.restore_layout()
        window.show()
        windows.append(window)
        return window

    yield make
    for window in windows:
        window.close()
        if window.context is not None:
            window.context.jobs.close()
        window.deleteLater()
    # Two windows with the same keys would make them ambiguous.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(open_window, services: Services, qtbot) -> MainWindow:
    window = open_window()
    with qtbot.waitSignal(window.panels_created):
        window.attach(services)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def test_window_is_whole_before_the_services_are(open_window):
    window = open_window()
    assert window.isVisible()
    assert window.docks.is_open("chart")
    assert not window.grab().isNull()


def test_panels_stand_where_they_were_declared(window: MainWindow):
    assert isinstance(window.docks.content("data"), TablePanel)
    assert not window.docks.is_open("welcome")
    assert window.actions_list.trigger("panel.welcome")
    assert window.docks.is_open("welcome")


def test_panel_that_cannot_be_made_says_so_and_spares_the_others(window: MainWindow):
    labels = window.docks.content("chart").findChildren(QLabel)
    assert any("no chart today" in label.text() for label in labels)


def test_keys_bring_panels_to_the_front(window: MainWindow, qtbot):
    window.docks.show("data")
    qtbot.keyClick(window, Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier)
    assert window.docks.is_current("jobs")


def test_palette_opens_finds_and_runs(window: MainWindow, qtbot):
    palette = window.palette_overlay
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert palette.isVisible()
    qtbot.keyClicks(palette.search, "welco")
    assert palette.hits()[0].title == "Welcome"
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.docks.is_open("welcome")
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_theme_and_language_switch_while_the_window_is_open(window: MainWindow, settings: MemorySettings, qapp):
    try:
        window.actions_list.trigger("view.theme")
        assert theme.current_theme().name == "light"
        assert settings.get("window.theme") == "light"
        window.actions_list.trigger("view.color_blind")
        assert theme.current_theme().up == "#1F7FD1"
        window.actions_list.trigger("view.language")
        assert i18n.language() == "ru"
        assert window.top_bar.workspace.text() == "Исследование ▾"
        assert settings.get("window.language") == "ru"
    finally:
        theme.apply_theme(qapp, "dark", style_sheet)


def test_layout_and_columns_come_back_in_the_next_window(window: MainWindow, open_window, services, qtbot):
    window.docks.show("jobs")
    window.actions_list.trigger("panel.welcome")
    window.resize(780, 720)
    window.docks.content("data").findChild(RecordTable).setColumnWidth(0, 321)
    window.save_layout()
    other = open_window()
    assert (other.width(), other.height()) == (780, 720)
    assert other.docks.is_open("welcome")
    assert other.docks.is_current("jobs")
    with qtbot.waitSignal(other.panels_created):
        other.attach(services)
    assert other.docks.content("data").findChild(RecordTable).columnWidth(0) == 321
    other.context.jobs.close()


@pytest.mark.parametrize("layout", [{"version": 1, "state": "AAAA"}, "nonsense", {"version": 7}])
def test_damaged_layout_falls_back_with_a_sentence(open_window, settings: MemorySettings, layout):
    settings.set("window.layout", layout)
    settings.set("window.geometry", base64.b64encode(b"not a geometry").decode())
    window = open_window()
    assert "default" in window.status.message()
    assert window.docks.is_open("chart")


def test_status_bar_shows_jobs_and_cancels_them(window: MainWindow, qtbot):
    import time

    def work(checkpoint):
        for step in range(2000):
            checkpoint(step, 2000)
            time.sleep(0.002)

    job = window.context.jobs.start("Long work", work)
    qtbot.waitUntil(lambda: window.status._job_text.text().startswith("Long work"))
    qtbot.mouseClick(window.status._cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: job.state.is_final)
    qtbot.waitUntil(lambda: not window.status._progress.isVisible())


def test_job_that_fails_unnoticed_is_told(window: MainWindow, qtbot):
    def broken(_checkpoint):
        raise ValueError("disk gone")

    window.context.jobs.start("Backup", broken)
    qtbot.waitUntil(lambda: window.toaster.texts() == ["Backup: disk gone"])


def test_messages_of_the_workbench_reach_the_status_bar(window: MainWindow):
    window.context.workbench.message.emit("3 candles stored")
    assert window.status.message() == "3 candles stored"
    window.context.workbench.panel_wanted.emit("jobs")
    assert window.docks.is_current("jobs")


def test_menu_lists_every_action_of_its_groups(window: MainWindow):
    window.top_bar._fill_menu()
    titles = [action.text() for action in window.top_bar.menu.actions()]
    assert titles == ["File", "Edit", "Chart", "Panels", "Workspace", "View", "Help"]


def test_real_panels_share_no_keys_and_can_all_be_made(open_window, services: Services, qtbot):
    window = open_window(PANELS)
    with qtbot.waitSignal(window.panels_created, timeout=20_000):
        window.attach(services)
    assert window.panel_host.failed == []
    ids = {action.id for action in window.actions_list.all()}
    assert {"backtest.run", "data.import", "view.palette", "help.keys"} <= ids
    assert window.actions_list.action("backtest.run").shortcuts[0] == "Ctrl+R"
    assert window.actions_list.action("data.import").shortcuts[0] == "Ctrl+I"
    qtbot.waitUntil(lambda: not window.context.jobs.unfinished(), timeout=20_000)
