"""Errors where they happened: a strip in the panel for what we expect, a dialog with a report for what we do not."""

import platform
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.domain.errors import StrategyTesterError
from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.exchange_words import exchange_words
from strategy_tester.ui.i18n import tr


@dataclass(frozen=True)
class ErrorText:
    """An error as the user reads it: what went wrong, what to do, and the details to copy."""

    what: str
    hint: str
    details: str
    is_expected: bool


def describe(error: BaseException) -> ErrorText:
    """What to say about an exception."""
    details = "".join(traceback.format_exception(error)).rstrip()
    if isinstance(error, StrategyTesterError):
        return ErrorText(exchange_words(error.message), exchange_words(error.hint), details, is_expected=True)
    if isinstance(error, MemoryError):
        what = tr("The machine ran out of memory.")
        return ErrorText(what, tr("Close other programs or use fewer candles."), details, is_expected=True)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    what = tr("Something unexpected happened: {problem}", problem=text)
    hint = tr("This is a fault of the program. Copy the details and report them, please.")
    return ErrorText(what, hint, details, is_expected=False)


def report(details: str) -> str:
    """The text of a fault report: versions, machine, what happened."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("bybit-strategy-tester")
    except PackageNotFoundError:
        own = "?"
    head = [
        f"Bybit Strategy Tester {own}",
        f"Python {sys.version.split()[0]}, Qt {qVersion()}, {platform.platform()}",
        f"platform plugin: {QGuiApplication.platformName()}",
    ]
    return "\n".join([*head, "", details])


class ErrorStrip(QFrame):
    """A line at the top of a panel: what went wrong, what to do, copy details. Hidden while all is well."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "error-strip")
        self._details = ""
        self._picture, self._what, self._hint = QLabel(), QLabel(), QLabel()
        self._copy, self._close = QPushButton(), QToolButton()
        self.remedy = QPushButton()
        self._offered: Callable[[], None] | None = None
        self._build()
        self.hide()
        theme.theme_changed.connect(self._draw_icon)
        self._draw_icon()
        i18n.retranslate_now_and_later(self._write_texts)

    def show_error(self, error: BaseException) -> None:
        """Show an exception."""
        text = describe(error)
        self.show_text(text.what, text.hint, text.details)

    def show_text(self, what: str, hint: str = "", details: str = "") -> None:
        """Show sentences, already in the language in use."""
        self._details = details or "\n".join(filter(None, (what, hint)))
        self._what.setText(what)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.show()

    def clear(self) -> None:
        """All is well again."""
        self._details = ""
        self._offered = None
        self.remedy.hide()
        self.hide()

    def text(self) -> str:
        """What is shown, "" while hidden."""
        return "" if self.isHidden() else " ".join(filter(None, (self._what.text(), self._hint.text())))

    def offer(self, text: str, on_click: Callable[[], None]) -> None:
        """Add one button that may mend it, until the strip is cleared."""
        self._offered = on_click
        self.remedy.setText(text)
        self.remedy.show()

    def copy_details(self) -> None:
        """Put the whole story on the clipboard."""
        QGuiApplication.clipboard().setText(report(self._details))

    def _build(self) -> None:
        for label in (self._what, self._hint):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._what.setProperty("role", "error-what")
        self._hint.setProperty("role", "muted")
        self._copy.setProperty("role", "quiet")
        self._copy.setIcon(icons.icon("copy"))
        self._copy.clicked.connect(self.copy_details)
        self._close.setIcon(icons.icon("close", "muted"))
        self._close.setAutoRaise(True)
        self._close.clicked.connect(self._dismiss)
        words = QVBoxLayout()
        words.setSpacing(theme.step(0.5))
        words.addWidget(self._what)
        words.addWidget(self._hint)
        buttons = QHBoxLayout()
        self.remedy.hide()
        self.remedy.clicked.connect(self._try_remedy)
        buttons.addWidget(self.remedy)
        buttons.addWidget(self._copy)
        buttons.addStretch(1)
        words.addLayout(buttons)
        layout = QGridLayout(self)
        layout.setContentsMargins(theme.step(2), theme.step(2), theme.step(1), theme.step(2))
        layout.setHorizontalSpacing(theme.step(2))
        layout.addWidget(self._picture, 0, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 0, 1)
        layout.addWidget(self._close, 0, 2, Qt.AlignmentFlag.AlignTop)
        layout.setColumnStretch(1, 1)

    def _try_remedy(self) -> None:
        if self._offered is not None:
            self._offered()

    def _dismiss(self) -> None:
        self.clear()
        self.dismissed.emit()

    def _draw_icon(self) -> None:
        self._picture.setPixmap(icons.pixmap("error", theme.step(4.5), "danger", self.devicePixelRatioF()))

    def _write_texts(self) -> None:
        self._copy.setText(tr("Copy details"))
        self._close.setToolTip(tr("Close"))
        self._close.setAccessibleName(tr("Close"))


class FaultDialog(QDialog):
    """The last resort: something nobody expected reached the top. Shows a report to copy; the program goes on."""

    def __init__(self, details: str, folder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("A fault of the program"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._report = report(details)
        head = QLabel(tr("Something went wrong that should not have."))
        head.setProperty("role", "heading")
        sentence = QLabel(
            tr("Your data are safe: everything is stored when it is made. Copy the report and send it, please.")
        )
        sentence.setWordWrap(True)
        self.text = QPlainTextEdit(self._report)
        self.text.setReadOnly(True)
        self.text.setFont(theme.fixed_font())
        buttons = QDialogButtonBox()
        copy = buttons.addButton(tr("Copy report"), QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.addButton(tr("Go on"), QDialogButtonBox.ButtonRole.AcceptRole)
        copy.clicked.connect(self.copy_report)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.step(2))
        layout.addWidget(head)
        layout.addWidget(sentence)
        layout.addWidget(self.text, 1)
        if folder:
            place = QLabel(tr("The report is also in {folder}", folder=folder))
            place.setProperty("role", "muted")
            place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            place.setWordWrap(True)
            layout.addWidget(place)
        layout.addWidget(buttons)
        self.resize(theme.step(180), theme.step(110))

    def copy_report(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self._report)
