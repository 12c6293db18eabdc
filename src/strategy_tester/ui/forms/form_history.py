"""Undo of what is typed in a form."""

from PySide6.QtGui import QUndoStack

from strategy_tester.ui.forms.parameter_form import ParameterForm
from strategy_tester.ui.undo import Edit, UndoKeys


def watch_form(form: ParameterForm, stack: QUndoStack) -> None:
    """Make every change that the user makes in a form undoable; the numbers in it leave Ctrl+Z to the program."""
    keys = UndoKeys(form)
    keys.watch(form)

    def push(place: str, before: object, after: object) -> None:
        stack.push(
            Edit(
                lambda: form.title(place) if place in form.places() else "",
                lambda: form.edit(place, after),
                lambda: form.edit(place, before),
                merge_key=f"{id(form)}:{place}",
                is_done=True,
            )
        )

    form.edited.connect(push)
