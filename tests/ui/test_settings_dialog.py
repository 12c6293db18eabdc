"""The settings dialog and the looks it switches: live, kept, found in either language."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit

from fakes import MemorySettings
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.looks import FONT_SIZES, Looks
from strategy_tester.ui.main_window import MainWindow
from strategy_tester.ui.preferences import SettingEntries, SettingEntry
from strategy_tester.ui.settings_dialog.dialog import SettingsDialog
from strategy_tester.ui.settings_dialog.keyboard_page import KeyboardTable
from strategy_tester.ui.style_sheet import style_sheet


@pytest.fixture
def window(services, settings, qtbot, qapp: QApplication):
    font = qapp.font()
    window = MainWindow(settings, [])
    window.resize(1200, 800)
    window.show()
    window.attach(services)
    yield window
    window.close()
    window.context.jobs.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setFont(font)
    theme.apply_theme(qapp, "dark", style_sheet)


@pytest.fixture
def dialog(window: MainWindow) -> SettingsDialog:
    assert window.actions_list.trigger("settings.open")
    dialog = window.findChild(SettingsDialog)
    assert dialog is not None
    return dialog


def choose(dialog: SettingsDialog, entry_id: str, value: str) -> None:
    box = dialog.rows[entry_id].control
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_looks_change_at_once_and_are_kept(dialog, settings, qapp):
    choose(dialog, "theme", "light")
    assert theme.current_theme().name == "light"
    assert settings.get("window.theme") == "light"
    choose(dialog, "color_pair", "blue")
    assert theme.current_theme().up == "#1F7FD1"
    inverted = dialog.rows["inverted"].control
    assert isinstance(inverted, QCheckBox)
    inverted.click()
    assert (theme.current_theme().up, theme.current_theme().down) == ("#D97B00", "#1F7FD1")
    choose(dialog, "color_pair", "green")
    assert (theme.current_theme().up, theme.current_theme().down) == ("#F23645", "#089981")
    assert settings.get("window.inverted_candles") is True
    choose(dialog, "language", "ru")
    assert i18n.language() == "ru"
    assert dialog.windowTitle() == "Настройки"
    assert dialog.rows["theme"].title.text() == "Тема"
    dialog.rows["local_time"].control.click()
    assert numbers.is_local_time()
    assert settings.get("window.local_time") is True
    again = Looks(settings)
    again.apply_all(qapp)
    assert theme.current_theme().up == "#F23645"


def test_what_is_switched_elsewhere_is_shown_in_the_dialog(dialog, window):
    window.actions_list.trigger("view.theme")
    assert dialog.rows["theme"].control.currentText() == "Light"
    window.actions_list.trigger("view.inverted")
    assert dialog.rows["inverted"].control.isChecked()
    assert window.actions_list.qaction("view.inverted").isChecked()


def test_text_grows_with_everything_around_it_and_comes_back(dialog, window, settings, qapp):
    points, step = qapp.font().pointSizeF(), theme.step(10)
    margins, icon = window.top_bar.layout().contentsMargins(), window.top_bar.theme.iconSize()
    choose(dialog, "font_size", "150")
    assert qapp.font().pointSizeF() == pytest.approx(points * 1.5)
    assert theme.step(10) == pytest.approx(step * 1.5, abs=1)
    assert window.top_bar.layout().contentsMargins().left() == pytest.approx(margins.left() * 1.5, abs=1)
    assert window.top_bar.theme.iconSize().width() == pytest.approx(icon.width() * 1.5, abs=1)
    assert dialog.layout().contentsMargins().left() == theme.step(3)
    assert settings.get("window.font_size") == 150
    for _ in range(8):
        window.actions_list.trigger("view.smaller")
    assert settings.get("window.font_size") == FONT_SIZES[0]
    window.actions_list.trigger("view.text_100")
    assert qapp.font().pointSizeF() == pytest.approx(points)
    assert window.top_bar.layout().contentsMargins() == margins
    assert window.top_bar.theme.iconSize() == icon


@pytest.mark.parametrize(("size", "points"), [(90, 0.9), ("huge", 1.0), (5000, 1.0)])
def test_saved_size_is_taken_up_at_the_start(qapp, size, points):
    font = qapp.font()
    try:
        Looks(MemorySettings()).apply_all(qapp)
        usual = qapp.font().pointSizeF()
        Looks(MemorySettings({"window.font_size": size})).apply_all(qapp)
        assert qapp.font().pointSizeF() == pytest.approx(usual * points)
    finally:
        qapp.setFont(font)
        i18n.set_language("en")


@pytest.mark.parametrize(
    ("text", "entry"),
    [("dark mode", "theme"), ("тёмная", "theme"), ("hotkeys", "shortcuts"), ("MT5", "preset"), ("шрифт", "font_size"),
     ("база данных", "data_folder"), ("time zone", "local_time")],
)  # fmt: skip
def test_settings_are_found_in_either_language(dialog, text, entry):
    dialog.search.setText(text)
    assert entry in dialog.visible_entries()
    assert len(dialog.visible_entries()) < len(dialog.rows)
    page = dialog.page_ids()[dialog.pages.currentRow()]
    assert any(dialog.rows[found].entry.page == page for found in dialog.visible_entries())


def test_nothing_found_says_so(dialog):
    dialog.search.setText("qqqq")
    assert dialog.visible_entries() == []
    assert not dialog.nothing.isHidden()
    dialog.search.clear()
    assert len(dialog.visible_entries()) == len(dialog.rows)


def test_feature_adds_its_setting(dialog, window):
    assert "charts" not in dialog.page_ids()
    window.context.preferences.add(SettingEntry("grid", "charts", "Theme", ("lines",), QCheckBox))
    assert "charts" in dialog.page_ids()
    dialog.show_entry("grid")
    assert dialog.page_ids()[dialog.pages.currentRow()] == "charts"
    assert dialog.rows["grid"].control.accessibleName() == "Theme"
    with pytest.raises(ValueError, match="no page"):
        SettingEntries().add(SettingEntry("x", "nowhere", "X", (), QLabel))


def test_dialog_does_not_block_and_there_is_one(dialog, window):
    assert not dialog.isModal()
    window.actions_list.trigger("settings.open")
    assert len(window.findChildren(SettingsDialog)) == 1
    dialog.close()
    window.actions_list.trigger("settings.open")
    assert window.findChildren(SettingsDialog) == [dialog]
    assert dialog.isVisible()


@pytest.fixture
def table(dialog) -> KeyboardTable:
    table = dialog.rows["shortcuts"].control
    dialog.show_entry("shortcuts")
    return table


def test_pressed_keys_are_the_commands_keys(table, window, settings, qtbot):
    table.choose("view.full_screen")
    assert table.command.text() == "Full screen"
    table.keys.setFocus()
    qtbot.keyClick(table.keys.findChild(QLineEdit), Qt.Key.Key_F12, Qt.KeyboardModifier.ShiftModifier)
    assert window.actions_list.shortcuts_of("view.full_screen") == ("Shift+F12",)
    assert settings.get("shortcuts.overrides") == {"view.full_screen": ["Shift+F12"]}
    assert table.tree.currentItem().text(1) == "Shift+F12"
    table.reset.click()
    assert window.actions_list.shortcuts_of("view.full_screen") == ("F11",)
    table.clear.click()
    assert window.actions_list.shortcuts_of("view.full_screen") == ()
    table.reset_all.click()
    assert window.actions_list.shortcuts_of("view.full_screen") == ("F11",)


def test_taken_keys_are_named_with_a_choice(table, window, qtbot):
    actions = window.actions_list
    table.choose("view.full_screen")
    qtbot.keyClick(table.keys.findChild(QLineEdit), Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert table.conflict.text() == "Ctrl+P belongs to “Find a command”."
    table.leave.click()
    assert table.conflict.isHidden()
    assert actions.shortcuts_of("view.full_screen") == ("F11",)
    table.keep_others.setChecked(True)
    qtbot.keyClick(table.keys.findChild(QLineEdit), Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    table.take.click()
    assert actions.shortcuts_of("view.full_screen") == ("F11", "Ctrl+P")
    assert actions.shortcuts_of("view.palette") == ()


def test_preset_is_chosen_and_shown_in_the_table(dialog, table, window):
    choose(dialog, "preset", "metatrader")
    assert window.actions_list.preset == "metatrader"
    assert "Ctrl+O" in table._items["settings.open"].text(1)
    table.search.setText("настройки")
    assert not table._items["settings.open"].isHidden()
    assert table._items["view.full_screen"].isHidden()
    table.search.setText("F11")
    assert not table._items["view.full_screen"].isHidden()


def test_fonts_of_their_own_grow_too(window, qapp):
    label = QLabel("12:00", window)
    label.setFont(theme.figures_font())
    before = label.font().pointSizeF()
    for ratio in (1.1, 1.25, 1.5):
        window.actions_list.trigger("view.larger")
        assert label.font().pointSizeF() == pytest.approx(before * ratio)
    window.actions_list.trigger("view.text_100")
    assert label.font().pointSizeF() == pytest.approx(before)
