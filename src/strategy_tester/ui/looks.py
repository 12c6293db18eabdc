"""How the program looks: theme, colors of rise and fall, size of the text, language, time zone. Switched live, kept."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.i18n import mark
from strategy_tester.ui.style_sheet import style_sheet

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

THEME_KEY = "window.theme"
COLOR_BLIND_KEY = "window.color_blind_pair"
INVERTED_KEY = "window.inverted_candles"
FONT_SIZE_KEY = "window.font_size"
LANGUAGE_KEY = "window.language"
LOCAL_TIME_KEY = "window.local_time"
THEME_NAMES = {"dark": mark("Dark"), "light": mark("Light"), "system": mark("As the system")}
FONT_SIZES = (80, 90, 100, 110, 125, 150, 175)
"""Sizes of the text, in percent of the system's font."""


class Looks(QObject):
    """The choices, read from the settings and written to them; every setter takes effect at once."""

    changed = Signal()

    def __init__(self, settings: "SettingsStore", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def apply_all(self, app: QApplication) -> None:
        """Everything as it was last time; before the window exists."""
        numbers.set_local_time(bool(self._settings.get(LOCAL_TIME_KEY, False)))
        i18n.set_language(str(self._settings.get(LANGUAGE_KEY) or i18n.system_language()))
        theme.prepare_font(app, self.font_size / 100)
        self._apply_theme()

    def follow_system(self) -> None:
        """Change with the system from now on, where the theme is "as the system"."""
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def _system_changed(self) -> None:
        if self.theme_name == "system":
            self._apply_theme()

    @property
    def theme_name(self) -> str:
        """Key of THEME_NAMES."""
        name = str(self._settings.get(THEME_KEY) or "dark")
        return name if name in THEME_NAMES else "dark"

    @property
    def is_color_blind(self) -> bool:
        """Blue and orange instead of green and red."""
        return bool(self._settings.get(COLOR_BLIND_KEY, False))

    @property
    def is_inverted(self) -> bool:
        """The colors of rise and fall changed over."""
        return bool(self._settings.get(INVERTED_KEY, False))

    @property
    def font_size(self) -> int:
        """One of FONT_SIZES, percent."""
        saved = self._settings.get(FONT_SIZE_KEY)
        return saved if saved in FONT_SIZES else 100

    def set_theme(self, name: str) -> None:
        """Use a theme of THEME_NAMES."""
        self._keep(THEME_KEY, name)

    def set_color_blind(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Blue and orange, or green and red."""
        self._keep(COLOR_BLIND_KEY, wanted)

    def set_inverted(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Rise in the color of fall, as in East Asia, or not."""
        self._keep(INVERTED_KEY, wanted)

    def set_font_size(self, percent: int) -> None:
        """Text in another size; distances follow."""
        app = QApplication.instance()
        if percent in FONT_SIZES and percent != self.font_size and isinstance(app, QApplication):
            from strategy_tester.ui.rescaling import Rescaling

            rescaling = Rescaling()
            app.setStyleSheet("")  # set anew below; with it every widget would be restyled twice
            theme.prepare_font(app, percent / 100)
            self._keep(FONT_SIZE_KEY, percent)
            rescaling.carry_out()

    def change_font_size(self, steps: int) -> None:
        """The next larger or smaller size."""
        place = FONT_SIZES.index(self.font_size) + steps
        self.set_font_size(FONT_SIZES[min(max(place, 0), len(FONT_SIZES) - 1)])

    def set_language(self, code: str) -> None:
        """English ("en") or Russian ("ru")."""
        self._settings.set(LANGUAGE_KEY, code)
        i18n.set_language(code)
        self.changed.emit()

    def set_local_time(self, wanted: bool) -> None:  # noqa: FBT001  a plain switch
        """Times in the machine's zone, or in UTC."""
        numbers.set_local_time(wanted)
        self._settings.set(LOCAL_TIME_KEY, wanted)
        i18n.refresh()
        self.changed.emit()

    def switch_theme(self) -> None:
        """Dark to light and back."""
        self.set_theme("light" if theme.current_theme().is_dark else "dark")

    def switch_color_blind(self) -> None:
        """The other pair of colors."""
        self.set_color_blind(not self.is_color_blind)

    def switch_inverted(self) -> None:
        """Change the colors of rise and fall over."""
        self.set_inverted(not self.is_inverted)

    def switch_language(self) -> None:
        """The other language."""
        self.set_language("ru" if i18n.language() == "en" else "en")

    def switch_local_time(self) -> None:
        """Local time to UTC and back."""
        self.set_local_time(not numbers.is_local_time())

    def _keep(self, key: str, value: object) -> None:
        self._settings.set(key, value)
        self._apply_theme()
        self.changed.emit()

    def _apply_theme(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            name = self.theme_name
            if name == "system":
                name = "light" if _system_is_light() else "dark"
            theme.apply_theme(app, name, style_sheet, color_blind=self.is_color_blind, inverted=self.is_inverted)


def _system_is_light() -> bool:
    from PySide6.QtCore import Qt

    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
