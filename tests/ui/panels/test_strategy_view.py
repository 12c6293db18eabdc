"""The strategy panel in a window."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from strategy_tester.ui.dialogs import NameQuestion, Question
from strategy_tester.ui.panels.parts import BriefLabel


@pytest.fixture
def shell(open_panels):
    return open_panels("strategy")


@pytest.fixture
def panel(shell):
    return shell.panel("strategy")


def dialog(shell, kind):
    found = [child for child in shell.window.findChildren(kind) if child.isVisible()]
    assert len(found) == 1
    return found[0]


def test_period_typed_in_the_form_is_in_the_json(panel, qtbot):
    place = next(place for place in panel.form.places() if place.endswith("period"))
    box = panel.form.field(place).box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "44")
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert json.loads(panel.editor.toPlainText())["indicators"][0]["params"]["period"] == 44
    assert panel.state.text() == "Changed, not saved"
    assert panel.revert_button.isVisible()
    qtbot.mouseClick(panel.revert_button, Qt.MouseButton.LeftButton)
    assert panel.form.field(place).value() != 44


def test_period_of_zero_is_refused_beside_its_field(panel, qtbot):
    place = next(place for place in panel.form.places() if place.endswith("period"))
    before = panel.view_model.json_text()
    box = panel.form.field(place).box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "0")
    assert panel.form._errors[place].isVisible()
    assert panel.view_model.json_text() == before


def test_broken_json_is_explained_with_its_line(panel, qtbot):
    panel.tabs.setCurrentIndex(1)
    panel.editor.setPlainText('{\n  "name": "x",\n  oops\n}')
    qtbot.mouseClick(panel.validate_button, Qt.MouseButton.LeftButton)
    assert "line 3" in panel.errors.text()
    before = panel.view_model.json_text()
    qtbot.mouseClick(panel.apply_button, Qt.MouseButton.LeftButton)
    assert panel.view_model.json_text() == before


def test_sound_json_is_applied_to_the_form(panel, shell, qtbot):
    panel.tabs.setCurrentIndex(1)
    content = json.loads(panel.editor.toPlainText())
    content["take_profit"] = 4.5
    panel.editor.setPlainText(json.dumps(content))
    assert panel.validate()
    assert shell.window.toaster.texts() == ["The strategy is sound."]
    qtbot.mouseClick(panel.apply_button, Qt.MouseButton.LeftButton)
    assert panel.form.raw_values()["take_profit"] == 4.5
    assert panel.errors.text() == ""


def test_duplicate_asks_for_a_free_name(panel, shell):
    panel.duplicate()
    question = dialog(shell, NameQuestion)
    question.field.setText(panel.view_model.entries[1].name)
    assert not question.accept_button.isEnabled()
    question.field.setText("Second")
    question.accept_button.click()
    shell.come_to_rest()
    assert panel.choice.currentText() == "Second  (mine)"
    assert panel.state.text() == "Saved, version 1"
    assert panel.delete_button.isEnabled()


def test_delete_asks_first(panel, shell):
    panel.view_model.new_from_template("Doomed")
    shell.come_to_rest()
    panel.delete()
    dialog(shell, Question).no.click()
    shell.come_to_rest()
    assert panel.view_model.entry.name == "Doomed"
    QApplication.processEvents()
    panel.delete()
    dialog(shell, Question).yes.click()
    shell.come_to_rest()
    assert "Doomed" not in [entry.name for entry in panel.view_model.entries]
    assert panel.choice.currentIndex() == 0


def test_form_has_more_room_than_the_explanation(panel):
    assert panel.explanation.text().count("\n") <= 1
    assert panel.explanation.toolTip() == panel.view_model.description()
    assert panel.explanation.height() < panel.tabs.height()


def test_brief_label_cuts_what_does_not_fit_and_keeps_the_whole_as_its_tooltip(qtbot):
    label = BriefLabel()
    qtbot.addWidget(label)
    label.resize(200, 40)
    label.show()
    label.show_text("word " * 60)
    assert label.text().count("\n") == 1
    assert label.text().endswith("…")
    assert label.toolTip() == "word " * 60
    label.show_text("short")
    assert label.text() == "short"


def period_box(panel):
    place = next(place for place in panel.form.places() if place.endswith("period"))
    return panel.form.field(place).box


def test_ctrl_z_takes_back_what_was_typed_in_the_form(panel, shell, qtbot):
    window = shell.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    box = period_box(panel)
    before = box.value()
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "44")
    assert window.actions_list.qaction("edit.undo").text().endswith("· period")
    qtbot.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert period_box(panel).value() == before
    qtbot.keyClick(box, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert period_box(panel).value() == 44


def test_list_marks_strategies_with_unsaved_changes(panel):
    first = panel.choice.currentText()
    period_box(panel).setValue(44)
    assert panel.choice.itemText(0) == f"{first}  (edited)"
    panel.choice.setCurrentIndex(2)
    panel.choice.activated.emit(2)
    assert panel.choice.itemText(0) == f"{first}  (edited)"
    assert panel.state.text() != "Changed, not saved"
    panel.choice.setCurrentIndex(0)
    panel.choice.activated.emit(0)
    assert period_box(panel).value() == 44
    panel.revert_button.click()
    assert panel.choice.itemText(0) == first


def test_json_that_was_not_applied_waits_for_its_strategy(panel):
    panel.tabs.setCurrentIndex(1)
    panel.editor.setPlainText("{ half")
    panel.choice.activated.emit(2)
    assert panel.editor.toPlainText() == panel.view_model.json_text()
    panel.choice.activated.emit(0)
    assert panel.editor.toPlainText() == "{ half"
    assert panel.apply_button.isEnabled()
