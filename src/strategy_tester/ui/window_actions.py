"""The actions of the window itself: panels, looks, help. Panels declare their own."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from strategy_tester.locations import log_folder
from strategy_tester.ui import numbers
from strategy_tester.ui.actions import Action
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.looks import Looks
from strategy_tester.ui.recent import Remembered

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore
    from strategy_tester.ui.main_window import MainWindow


def apply_saved_looks(app: QApplication, settings: "SettingsStore") -> None:
    """Language, time zone, font and theme as they were last time."""
    Looks(settings).apply_all(app)


def declare_window_actions(window: "MainWindow") -> None:
    """Put the window's own actions into its registry."""
    looks = Looks(window.settings, window)
    looks.follow_system()
    actions, docks = window.actions_list, window.docks
    actions.use_settings(window.settings)
    window.palette_overlay.remember(Remembered(window.settings, "palette"))
    has_services = lambda: window.context is not None  # noqa: E731  a one-line rule
    actions.add(
        Action(
            "view.palette", mark("Find a command"), window.palette_overlay.toggle, shortcuts=("Ctrl+P",),
            icon="search", synonyms=("palette", "search"),
            help=mark("Every command by a few letters of its name, in English or Russian."),
        ),
        Action(
            "search.quick", mark("Search everything"), lambda: _open_quick_search(window, looks),
            shortcuts=("Ctrl+K",), icon="search", is_enabled=has_services, synonyms=("quick search", "find"),
            help=mark("Markets, strategies, runs, panels, settings and indicators in one field."),
        ),
        Action(
            "settings.open", mark("Settings"), lambda: _open_settings(window, looks), "file", ("Ctrl+,",), "settings",
            is_enabled=has_services, synonyms=("preferences", "options"),
        ),
        Action("view.menu", mark("Open the menu"), window.top_bar.show_menu, shortcuts=("F10",), is_in_menu=False),
        Action(
            "view.theme", mark("Switch between dark and light"), looks.switch_theme, icon="moon",
            synonyms=("theme", "colors", "night"),
        ),
        Action(
            "view.color_blind", mark("Blue and orange instead of green and red"), looks.switch_color_blind,
            is_checked=lambda: looks.is_color_blind, synonyms=("color blind", "colour-blind", "deuteranopia"),
        ),
        Action(
            "view.inverted", mark("Rise in red, fall in green"), looks.switch_inverted,
            is_checked=lambda: looks.is_inverted, synonyms=("inverted candles",),
            help=mark("The colors of rise and fall changed over, as charts in East Asia have them."),
        ),
        Action(
            "view.larger", mark("Larger text"), lambda: looks.change_font_size(1), shortcuts=("Ctrl+=", "Ctrl++"),
            synonyms=("font size", "zoom"),
        ),
        Action(
            "view.smaller", mark("Smaller text"), lambda: looks.change_font_size(-1), shortcuts=("Ctrl+-",),
            synonyms=("font size", "zoom"),
        ),
        Action(
            "view.text_100", mark("Text in its usual size"), lambda: looks.set_font_size(100), shortcuts=("Ctrl+0",),
            synonyms=("font size", "reset zoom"),
        ),
        Action(
            "view.language", mark("Switch language (English, Russian)"), looks.switch_language, icon="language",
            synonyms=("english", "русский", "russian", "язык"),
        ),
        Action(
            "view.local_time", mark("Local time instead of UTC"), looks.switch_local_time,
            is_checked=numbers.is_local_time, synonyms=("time zone", "utc"),
        ),
        Action(
            "view.full_screen", mark("Full screen"), lambda: _switch_full_screen(window), shortcuts=("F11",),
            is_checked=window.isFullScreen,
        ),
        Action("view.reset_layout", mark("Reset the layout"), window.workspaces.reset,
            group="workspace", icon="reset", synonyms=("docks", "panels", "reset to saved")),
        Action(
            "workspace.tile", mark("Tile the charts"), lambda: _tile_charts(window), "workspace", icon="layout",
            is_enabled=lambda: _grid_name(window) is not None, synonyms=("grid", "tile windows", "multichart"),
            help=mark("Changes to the workspace with a grid of charts."),
        ),
        Action("file.quit", mark("Quit"), window.close, group="file", shortcuts=("Ctrl+Q",), synonyms=("exit",),
            is_last=True),
        Action(
            "help.keys", mark("Keyboard"), lambda: _show_keys(window), group="help", shortcuts=("F1",),
            icon="keyboard", synonyms=("shortcuts", "hotkeys"),
        ),
        Action("help.logs", mark("Open the log folder"), _open_log_folder, group="help", icon="folder"),
        Action("help.about", mark("About"), lambda: _show_about(window), group="help", icon="info"),
    )  # fmt: skip
    for panel in window.panels.values():
        actions.add(
            Action(
                f"panel.{panel.id}",
                panel.title,
                lambda panel_id=panel.id: docks.show(panel_id, focus=True),
                group="panels",
                shortcuts=(panel.shortcut,) if panel.shortcut else (),
                icon=panel.icon,
            )
        )
    actions.add(
        Action(
            "panel.float_current", mark("Float the panel, or dock it again"), lambda: _float_current(window),
            group="panels", shortcuts=("Ctrl+Shift+F",), icon="detach", is_enabled=lambda: _has_current(window),
            synonyms=("undock", "detach", "window"),
        ),
        Action(
            "panel.close_current", mark("Close the panel"), lambda: _close_current(window), group="panels",
            shortcuts=("Ctrl+W",), icon="close", is_enabled=lambda: _has_current(window),
        ),
    )  # fmt: skip


def _open_quick_search(window: "MainWindow", looks: Looks) -> None:
    from strategy_tester.ui.quick_search.wiring import quick_search

    if window.context is not None:
        quick_search(window.context, looks, list(window.panels.values())).toggle()


def _open_settings(window: "MainWindow", looks: Looks, entry_id: str = "") -> None:
    from strategy_tester.ui.settings_dialog.wiring import open_settings

    if window.context is not None:
        open_settings(window.context, looks, entry_id)


def _show_keys(window: "MainWindow") -> None:
    from strategy_tester.ui.key_sheet.sheet import KeySheet

    KeySheet(window.actions_list, window, window.settings).show()


def _grid_name(window: "MainWindow") -> str | None:
    return next((item.name for item in window.workspaces.book.items if item.builtin == "grid"), None)


def _tile_charts(window: "MainWindow") -> None:
    name = _grid_name(window)
    if name is not None:
        window.workspaces.switch(name)


def _switch_full_screen(window: "MainWindow") -> None:
    if window.isFullScreen():
        window.showNormal()
    else:
        window.showFullScreen()


def _has_current(window: "MainWindow") -> bool:
    return window.docks.current_panel() is not None


def _float_current(window: "MainWindow") -> None:
    panel_id = window.docks.current_panel()
    if panel_id is not None:
        window.docks.float(panel_id)


def _close_current(window: "MainWindow") -> None:
    panel_id = window.docks.current_panel()
    if panel_id is not None:
        window.docks.close_panel(panel_id)


def _open_log_folder() -> None:
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _show_about(window: "MainWindow") -> None:
    try:
        number = version("bybit-strategy-tester")
    except PackageNotFoundError:
        number = "?"
    window.toaster(
        tr("Bybit Strategy Tester {version}. Honest backtests on your own desktop.", version=number), kind="info"
    )
