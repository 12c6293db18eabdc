"""Undo and redo: edits, stacks, the two actions of the menu."""

import pytest
from PySide6.QtGui import QUndoGroup
from PySide6.QtWidgets import QDoubleSpinBox, QLineEdit, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, undo
from strategy_tester.ui.actions import ActionRegistry
from strategy_tester.ui.undo import Edit, UndoKeys, declare_undo_actions, new_stack


@pytest.fixture
def group(qapp) -> QUndoGroup:
    return QUndoGroup()


@pytest.fixture
def actions(group: QUndoGroup) -> ActionRegistry:
    actions = ActionRegistry()
    declare_undo_actions(actions, group)
    return actions


def setting(state: dict, value: int, merge_key: str = "") -> Edit:
    before = state["value"]
    return Edit("Theme", lambda: state.update(value=value), lambda: state.update(value=before), merge_key=merge_key)


def test_actions_say_what_they_would_do_in_either_language(group, actions):
    state = {"value": 1}
    assert not actions.qaction("edit.undo").isEnabled()
    assert actions.qaction("edit.undo").text() == "Undo"
    stack = new_stack(group)
    stack.push(setting(state, 2))
    assert state == {"value": 2}
    assert actions.qaction("edit.undo").text() == "Undo: Theme"
    assert actions.trigger("edit.undo")
    assert state == {"value": 1}
    assert actions.qaction("edit.redo").text() == "Redo: Theme"
    i18n.set_language("ru")
    assert actions.qaction("edit.redo").text() == "Повторить: Тема"
    assert actions.trigger("edit.redo")
    assert state == {"value": 2}
    assert not actions.trigger("edit.redo")


def test_quick_changes_of_one_thing_are_one_step(group, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(undo.time, "monotonic", lambda: now[0])
    state, stack = {"value": 0}, new_stack(group)
    for value in (1, 2, 3):
        stack.push(setting(state, value, "a"))
        now[0] += 1.0
    assert stack.count() == 1
    now[0] += 5.0
    stack.push(setting(state, 4, "a"))
    stack.push(setting(state, 5, "b"))
    assert stack.count() == 3
    stack.undo()
    stack.undo()
    assert state == {"value": 3}
    stack.undo()
    assert state == {"value": 0}
    stack.redo()
    assert state == {"value": 3}


def test_change_that_was_made_already_is_not_made_twice(group):
    calls: list[str] = []
    stack = new_stack(group)
    stack.push(Edit("Theme", lambda: calls.append("do"), lambda: calls.append("undo"), is_done=True))
    assert calls == []
    stack.undo()
    stack.redo()
    assert calls == ["undo", "do"]


def test_stack_comes_into_use_with_the_keyboard_and_with_a_change(group, qtbot):
    window, left, right = QWidget(), QLineEdit(), QLineEdit()
    layout = QVBoxLayout(window)
    layout.addWidget(left)
    layout.addWidget(right)
    qtbot.addWidget(window)
    first, second = new_stack(group, left), new_stack(group, right)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    right.setFocus()
    assert group.activeStack() is second
    left.setFocus()
    assert group.activeStack() is first
    second.push(setting({"value": 0}, 1))
    assert group.activeStack() is second


def test_number_field_leaves_ctrl_z_to_the_program_and_text_field_keeps_it(qtbot):
    from PySide6.QtCore import QEvent, Qt
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication

    page = QWidget()
    box, text = QDoubleSpinBox(page), QLineEdit("x", page)
    qtbot.addWidget(page)
    keys = UndoKeys(page)
    keys.watch(page)
    answers = []
    for field in (box, text):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        event.ignore()
        QApplication.sendEvent(field, event)
        answers.append(event.isAccepted())
    assert answers == [False, True]
