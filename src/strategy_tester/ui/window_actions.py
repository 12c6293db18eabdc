"""The actions of the window itself: panels, looks, help. Panels declare their own."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from strategy_tester.locations import log_folder
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.dialogs import KeySheet
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.style_sheet import style_sheet

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore
    from strategy_tester.ui.main_window import MainWindow

THEME_KEY = "window.theme"
COLOR_BLIND_KEY = "window.color_blind_pair"
LANGUAGE_KEY = "window.language"
LOCAL_TIME_KEY = "window.local_time"


def apply_saved_looks(app: QApplication, settings: "SettingsStore") -> None:
    """Language, time zone and theme as they were last time."""
    numbers.set_local_time(bool(settings.get(LOCAL_TIME_KEY, False)))
    i18n.set_language(str(settings.get(LANGUAGE_KEY) or i18n.system_language()))
    theme.prepare_font(app)
    name, color_blind = str(settings.get(THEME_KEY) or "dark"), bool(settings.get(COLOR_BLIND_KEY))
    theme.apply_theme(app, name, style_sheet, color_blind=color_blind)


def declare_window_actions(window: "MainWindow") -> None:
    """Put the window's own actions into its registry."""
    looks = _Looks(window.settings)
    actions, docks = window.actions_list, window.docks
    actions.add(
        Action(
            "view.palette", mark("Find a command"), window.palette_overlay.toggle, shortcuts=("Ctrl+P", "Ctrl+K"),
            icon="search", synonyms=("palette", "search"),
        ),
        Action("view.menu", mark("Open the menu"), window.top_bar.show_menu, shortcuts=("F10",), is_in_menu=False),
        Action(
            "view.theme", mark("Switch between dark and light"), looks.switch_theme, icon="moon",
            synonyms=("theme", "colors", "night"),
        ),
        Action(
            "view.color_blind", mark("Blue and orange instead of green and red"), looks.switch_color_blind,
            is_checked=looks.is_color_blind, synonyms=("color blind", "colour-blind", "deuteranopia"),
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
        Action("view.reset_layout", mark("Reset the layout"), docks.reset, icon="layout", synonyms=("docks", "panels")),
        Action("file.quit", mark("Quit"), window.close, group="file", shortcuts=("Ctrl+Q",), synonyms=("exit",),
            is_last=True),
        Action(
            "help.keys", mark("Keyboard"), lambda: KeySheet(actions, window).open(), group="help", shortcuts=("F1",),
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


class _Looks:
    """Switches that change every widget at once, and are remembered."""

    def __init__(self, settings: "SettingsStore") -> None:
        self._settings = settings

    def switch_theme(self) -> None:
        self._settings.set(THEME_KEY, "light" if theme.current_theme().is_dark else "dark")
        self._apply()

    def is_color_blind(self) -> bool:
        return bool(self._settings.get(COLOR_BLIND_KEY, False))

    def switch_color_blind(self) -> None:
        self._settings.set(COLOR_BLIND_KEY, not self.is_color_blind())
        self._apply()

    def switch_language(self) -> None:
        code = "ru" if i18n.language() == "en" else "en"
        self._settings.set(LANGUAGE_KEY, code)
        i18n.set_language(code)

    def switch_local_time(self) -> None:
        numbers.set_local_time(not numbers.is_local_time())
        self._settings.set(LOCAL_TIME_KEY, numbers.is_local_time())
        i18n.refresh()

    def _apply(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            name = str(self._settings.get(THEME_KEY) or "dark")
            theme.apply_theme(app, name, style_sheet, color_blind=self.is_color_blind())


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
