"""The key sheet: complete, found, printed, in both languages, with the keys in force."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from fakes import MemorySettings
from strategy_tester.ui import i18n, theme
from strategy_tester.ui.actions import Action, ActionRegistry, FixedKey
from strategy_tester.ui.key_sheet.document import key_document
from strategy_tester.ui.key_sheet.lines import CHART_KEYS, TABLE_KEYS, key_lines
from strategy_tester.ui.key_sheet.sheet import KeySheet


@pytest.fixture
def actions(qapp) -> ActionRegistry:
    actions = ActionRegistry()
    actions.add(
        Action("backtest.run", "Run the backtest", print, "run", ("Ctrl+R", "F5")),
        Action("view.palette", "Find a command", print, shortcuts=("Ctrl+P",)),
        Action("view.theme", "Theme", print),
    )
    return actions


@pytest.fixture
def sheet(actions, qtbot) -> Iterator[KeySheet]:
    page = QWidget()
    qtbot.addWidget(page)
    sheet = KeySheet(actions, page, MemorySettings())
    sheet.show()
    yield sheet
    page.close()


def test_every_shortcut_and_every_key_of_a_widget_is_listed(sheet, actions):
    lines = sheet.lines()
    assert ("Run the backtest", "Ctrl+R  F5") in lines
    assert ("Find a command", "Ctrl+P") in lines
    assert "Theme" not in [title for title, _ in lines]
    assert ("Zoom around the pointer", "Wheel") in lines
    assert len(lines) == 2 + len(CHART_KEYS) + len(TABLE_KEYS)


def test_sheet_follows_keys_and_language(sheet, actions):
    actions.set_shortcuts("backtest.run", ["Ctrl+Return"])
    assert ("Run the backtest", "Ctrl+Return") in sheet.lines()
    i18n.set_language("ru")
    assert ("Найти команду", "Ctrl+P") in sheet.lines()
    assert ("Масштаб вокруг указателя", "Колесо") in sheet.lines()


@pytest.mark.parametrize("text", ["find command", "ctrl+p", "палитра", "найти команду"])
def test_lines_are_found_by_words_and_keys_in_either_language(sheet, text):
    sheet.search.setText(text)
    assert ("Find a command", "Ctrl+P") in sheet.lines()
    assert len(sheet.lines()) < 4


def test_keys_that_a_feature_noted_stand_in_their_group(actions):
    actions.note_keys(FixedKey("chart", "Undo", ("Shift+click",)))
    groups = dict(key_lines(actions))
    assert [line.keys for line in groups["Chart"]][-1] == ("Shift+click",)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_document_holds_everything_and_is_written_as_pdf(sheet, actions, tmp_path, language):
    i18n.set_language(language)
    text = key_document(key_lines(actions), "x").toPlainText()
    assert all(title in text for title, _ in sheet.lines())
    path = tmp_path / "keys.pdf"
    assert sheet.save_pdf(path)
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(content) > 4000


def test_pdf_that_cannot_be_written_is_told(sheet, tmp_path):
    assert not sheet.save_pdf(tmp_path / "no" / "keys.pdf")
    assert "keys.pdf" in sheet.errors.text()


def test_gestures_are_written_in_the_language_in_use(actions):
    actions.note_keys(FixedKey("chart", "Undo", ("Shift+click", "Ctrl+drag")))
    i18n.set_language("ru")
    groups = dict(key_lines(actions))
    assert groups["График"][-1].keys == ("Shift+щелчок", "Ctrl+перетащить")


def test_paper_is_white_and_every_word_on_it_dark(actions):
    """The dark theme's light text must not reach the printer."""
    document = key_document(key_lines(actions), "x")
    block = document.begin()
    colors = set()
    while block.isValid():
        for layout_format in block.textFormats():
            if block.text().strip():
                brush = layout_format.format.foreground()
                assert brush.style() != Qt.BrushStyle.NoBrush, block.text()
                colors.add(brush.color().name())
        block = block.next()
    assert len(colors) >= 2
    assert all(theme.contrast(color, "#FFFFFF") >= 4.5 for color in colors)
