"""The entries of the program itself: appearance, keyboard, data folder."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from strategy_tester.locations import data_folder
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.forms.fields import ChoiceBox
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.looks import FONT_SIZES, THEME_NAMES, Looks
from strategy_tester.ui.panels.parts import TextButton
from strategy_tester.ui.preferences import SettingEntry
from strategy_tester.ui.settings_dialog.keyboard_page import KeyboardTable, PresetBox
from strategy_tester.ui.view_context import ViewContext


def own_entries(context: ViewContext, looks: Looks) -> list[SettingEntry]:
    """Entries in the order of their pages."""
    pairs = {"green": mark("Green and red"), "blue": mark("Blue and orange")}
    return [
        SettingEntry(
            "theme", "appearance", mark("Theme"), ("colors", "цвета"),
            lambda: ChoiceSetting(THEME_NAMES, lambda: looks.theme_name, looks.set_theme, looks),
        ),
        SettingEntry(
            "color_pair", "appearance", mark("Colors of rise and fall"), ("candles", "свечи"),
            lambda: ChoiceSetting(
                pairs, lambda: "blue" if looks.is_color_blind else "green",
                lambda name: looks.set_color_blind(name == "blue"), looks,
            ),
            mark("Blue and orange can be told apart by everybody."),
        ),
        SettingEntry(
            "inverted", "appearance", mark("Change the two colors over"), ("inverted candles", "инверсия свечей"),
            lambda: SwitchSetting(lambda: looks.is_inverted, looks.set_inverted, looks),
            mark("Red rises and green falls, as charts in East Asia have it."),
        ),
        SettingEntry(
            "font_size", "appearance", mark("Size of the text"), ("font", "шрифт"),
            lambda: ChoiceSetting(
                {str(size): f"{size} %" for size in FONT_SIZES}, lambda: str(looks.font_size),
                lambda size: looks.set_font_size(int(size)), looks,
            ),
            mark("Everything in the window grows with it."),
        ),
        SettingEntry(
            "language", "appearance", mark("Language"), ("english", "russian", "русский", "английский"),
            lambda: ChoiceSetting(i18n.LANGUAGES, i18n.language, looks.set_language, looks),
        ),
        SettingEntry(
            "local_time", "appearance", mark("Times in the zone of this computer"), ("time zone", "UTC"),
            lambda: SwitchSetting(numbers.is_local_time, looks.set_local_time, looks),
            mark("Otherwise in UTC, as the exchange counts. The zone is always written beside the time."),
        ),
        SettingEntry(
            "preset", "keyboard", mark("Keys as in another program"), ("preset", "набор клавиш"),
            lambda: PresetBox(context.actions),
            mark("Keys that you choose yourself below go before those of the preset."),
        ),
        SettingEntry(
            "shortcuts", "keyboard", mark("Shortcuts"), (), lambda: KeyboardTable(context.actions), is_wide=True,
        ),
        SettingEntry(
            "data_folder", "data", mark("Data folder"), (), FolderSetting,
            mark("Candles, strategies, runs and settings of this computer. The program sends nothing anywhere."),
        ),
    ]  # fmt: skip


class ChoiceSetting(ChoiceBox):
    """One of several words, applied when it is chosen."""

    def __init__(
        self, names: Mapping[str, str], value: Callable[[], str], choose: Callable[[str], object], looks: Looks
    ) -> None:
        super().__init__()
        self._names, self._value = names, value
        for name in names:
            self.addItem("", name)
        self.activated.connect(lambda _index: choose(str(self.currentData())))
        looks.changed.connect(self._show_value)
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        for number, title in enumerate(self._names.values()):
            self.setItemText(number, tr(title))
        self._show_value()

    def _show_value(self) -> None:
        self.setCurrentIndex(self.findData(self._value()))


class SwitchSetting(QCheckBox):
    """On or off, applied at once."""

    def __init__(self, value: Callable[[], bool], choose: Callable[[bool], object], looks: Looks) -> None:
        super().__init__()
        self._value = value
        self._show_value()
        self.clicked.connect(choose)
        looks.changed.connect(self._show_value)

    def _show_value(self) -> None:
        self.setChecked(self._value())


class FolderSetting(QWidget):
    """Where the data are, and a button that opens the folder."""

    def __init__(self) -> None:
        super().__init__()
        folder = data_folder()
        path = QLabel(str(folder))
        path.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        path.setWordWrap(True)
        path.setAccessibleName(str(folder))
        url = QUrl.fromLocalFile(str(folder))
        self.button = TextButton(mark("Open the folder"), lambda: QDesktopServices.openUrl(url), icon="folder")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.step(2))
        row.addWidget(path, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.button)
