"""Undo and redo of edits: one stack per thing that is edited, the window's QUndoGroup says which one is in use.

A panel makes a stack with `new_stack(context.undo, widget)` and pushes `Edit`s. The stack comes into use when the
keyboard goes into the panel, and when something is pushed to it.
"""

import time
from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence, QUndoCommand, QUndoGroup, QUndoStack
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QWidget

from strategy_tester.ui.actions import Action, ActionRegistry
from strategy_tester.ui.i18n import mark, tr

MOST_STEPS = 500
MERGE_WITHIN_S = 2.0
Title = str | Callable[[], str]
"""English text of `mark`, or a function that gives the text in the language in use."""


class Edit(QUndoCommand):
    """One undoable change.

    Args:
        title: What was done: `mark("move trend line")`. Menus show "Undo: move trend line".
        do: Does it; called when the edit is pushed, and on redo.
        undo: Takes it back.
        merge_key: Edits with the same non-empty key that follow each other quickly are one step: dragging, typing.
        is_done: The change was made already; pushing does not do it again.
    """

    def __init__(
        self,
        title: Title,
        do: Callable[[], object],
        undo: Callable[[], object],
        *,
        merge_key: str = "",
        is_done: bool = False,
    ) -> None:
        super().__init__(title if isinstance(title, str) else "")
        self.title = title
        self.merge_key = merge_key
        self._time = time.monotonic()
        self._do, self._undo = do, undo
        self._skip_next = is_done

    def title_text(self) -> str:
        """What was done, in the language in use."""
        return tr(self.title) if isinstance(self.title, str) else self.title()

    def redo(self) -> None:
        if self._skip_next:
            self._skip_next = False
        else:
            self._do()

    def undo(self) -> None:
        self._undo()

    def id(self) -> int:
        return 1 if self.merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Edit) or other.merge_key != self.merge_key:
            return False
        if other._time - self._time > MERGE_WITHIN_S:
            return False
        self._do, self._time = other._do, other._time
        return True


def new_stack(group: QUndoGroup, widget: QWidget | None = None, parent: QObject | None = None) -> QUndoStack:
    """A stack of the group, in use while the keyboard is in `widget` and after every push."""
    stack = QUndoStack(parent or widget)
    stack.setUndoLimit(MOST_STEPS)
    group.addStack(stack)
    stack.indexChanged.connect(lambda _index: _take_into_use(stack))
    if widget is not None:
        follow_focus(widget, lambda: stack)
    return stack


def _take_into_use(stack: QUndoStack) -> None:
    if shiboken6.isValid(stack):  # a stack that is being deleted empties itself first
        stack.setActive(True)


def follow_focus(widget: QWidget, stack: Callable[[], QUndoStack | None]) -> None:
    """Take a stack into use whenever the keyboard comes into a widget; asked each time."""
    _FocusFollower(widget, stack)


class _FocusFollower(QObject):
    def __init__(self, widget: QWidget, stack: Callable[[], QUndoStack | None]) -> None:
        super().__init__(widget)
        self._widget, self._stack = widget, stack
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is None or not shiboken6.isValid(self._widget):
            return
        stack = self._stack() if new is self._widget or self._widget.isAncestorOf(new) else None
        if stack is not None:
            stack.setActive(True)


class UndoKeys(QObject):
    """Lets Ctrl+Z in number fields undo the edit, not the typing: a field writes its text anew at every change."""

    def watch(self, page: QWidget) -> None:
        """Look after every number field inside a widget."""
        for box in page.findChildren(QAbstractSpinBox):
            box.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard = QKeySequence.StandardKey
            if event.matches(standard.Undo) or event.matches(standard.Redo):
                event.ignore()
                return True
        return super().eventFilter(watched, event)


def declare_undo_actions(actions: ActionRegistry, group: QUndoGroup) -> None:
    """Put "Undo" and "Redo" into the menu; their texts say what they would do."""
    actions.add(
        Action(
            "edit.undo", mark("Undo"), group.undo, "edit", ("Ctrl+Z",), "undo", is_enabled=group.canUndo,
            synonyms=("back", "revert"), text=lambda: _text(tr("Undo"), group, 0), keeps_title=True,
        ),
        Action(
            "edit.redo", mark("Redo"), group.redo, "edit", ("Ctrl+Y", "Ctrl+Shift+Z"), "redo",
            is_enabled=group.canRedo, synonyms=("repeat", "forward"), keeps_title=True,
            text=lambda: _text(tr("Redo"), group, 1),
        ),
    )  # fmt: skip

    _Refresher(actions, group)


class _Refresher(QObject):
    """Asks both actions again whenever the stacks change; goes with the registry."""

    def __init__(self, actions: ActionRegistry, group: QUndoGroup) -> None:
        super().__init__(actions)
        self._actions = actions
        group.activeStackChanged.connect(self._refresh)
        group.canUndoChanged.connect(self._refresh)
        group.canRedoChanged.connect(self._refresh)
        group.indexChanged.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self._actions.refresh_only("edit.undo", "edit.redo")


def _text(word: str, group: QUndoGroup, ahead: int) -> str:
    stack = group.activeStack()
    place = stack.index() - 1 + ahead if stack is not None else -1
    if stack is None or not 0 <= place < stack.count():
        return word
    command = stack.command(place)
    title = command.title_text() if isinstance(command, Edit) else command.text()
    return tr("{word}: {deed}", word=word, deed=title) if title else word
