"""Small dialogs: questions, a name, files. None of them blocks: the answer comes to a function."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.ui import theme
from strategy_tester.ui.i18n import tr

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

_FOLDER_KEY = "files.last_folder"


class Question(QDialog):
    """A sentence and two buttons; Esc says no. The safe answer has the focus when the other one destroys something."""

    def __init__(self, parent: QWidget, question: str, detail: str, yes: str, *, is_dangerous: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Question"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        head = _sentence(question, "heading")
        self.buttons = QDialogButtonBox()
        self.yes = self.buttons.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
        self.no = self.buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        if is_dangerous:
            self.yes.setProperty("role", "danger")
        layout = _page(self)
        layout.addWidget(head)
        if detail:
            layout.addWidget(_sentence(detail, "muted"))
        layout.addWidget(self.buttons)
        safe = self.no if is_dangerous else self.yes
        safe.setDefault(True)
        safe.setFocus()


def ask(
    parent: QWidget,
    question: str,
    yes: str,
    on_yes: Callable[[], None],
    *,
    detail: str = "",
    is_dangerous: bool = False,
) -> Question:
    """Ask before something is done; texts in the language in use. `yes` names the deed: "Delete 3 runs"."""
    dialog = Question(parent, question, detail, yes, is_dangerous=is_dangerous)
    dialog.accepted.connect(on_yes)
    dialog.open()
    return dialog


class NameQuestion(QDialog):
    """Asks for a name; the button stays off while the name is no good."""

    def __init__(
        self, parent: QWidget, question: str, name: str, button: str, problem: Callable[[str], str] | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(question)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._problem = problem
        self.field = QLineEdit(name)
        self.field.selectAll()
        self.field.setAccessibleName(question)
        self.error = _sentence("", "field-error")
        buttons = QDialogButtonBox()
        self.accept_button = QPushButton(button)
        self.accept_button.setDefault(True)
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = _page(self)
        layout.addWidget(_sentence(question, "heading"))
        layout.addWidget(self.field)
        layout.addWidget(self.error)
        layout.addWidget(buttons)
        self.field.textChanged.connect(self._check)
        self._check()

    def name(self) -> str:
        """The name without blanks around it."""
        return self.field.text().strip()

    def _check(self) -> None:
        problem = "" if self.name() else tr("Give it a name.")
        if not problem and self._problem is not None:
            problem = self._problem(self.name())
        self.error.setText(problem)
        self.accept_button.setEnabled(not problem)


def ask_name(
    parent: QWidget,
    question: str,
    button: str,
    on_name: Callable[[str], object],
    *,
    name: str = "",
    problem: Callable[[str], str] | None = None,
) -> NameQuestion:
    """Ask for a name; `problem(name)` says in a sentence why it cannot be taken, or ""."""
    dialog = NameQuestion(parent, question, name, button, problem)
    dialog.accepted.connect(lambda: on_name(dialog.name()))
    dialog.open()
    return dialog


def choose_file(
    parent: QWidget,
    settings: "SettingsStore",
    title: str,
    filters: str,
    on_path: Callable[[Path], object],
    *,
    mode: Literal["open", "save"] = "open",
    name: str = "",
) -> QFileDialog:
    """The system's file dialog, starting in the folder used last.

    Args:
        parent: Window the dialog belongs to.
        settings: Remembers the folder.
        title: What the file is for, in the language in use.
        filters: Qt's form: `CSV (*.csv);;Parquet (*.parquet)`.
        on_path: Gets the chosen file.
        mode: "open" an existing file or "save" to one.
        name: Suggested file name.
    """
    dialog = QFileDialog(parent, title, str(settings.get(_FOLDER_KEY) or Path.home()), filters)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if mode == "save":
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix.lstrip("."))
    else:
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    if name:
        dialog.selectFile(name)

    def take(file: str) -> None:
        if file:
            settings.set(_FOLDER_KEY, str(Path(file).parent))
            on_path(Path(file))

    dialog.fileSelected.connect(take)
    dialog.open()
    return dialog


def _page(dialog: QDialog) -> QVBoxLayout:
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(theme.step(4), theme.step(4), theme.step(4), theme.step(4))
    layout.setSpacing(theme.step(3))
    dialog.setMinimumWidth(theme.step(100))
    return layout


def _sentence(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
