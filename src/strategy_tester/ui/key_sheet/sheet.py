"""The dialog of F1: every key by menu, found by a few letters, printed or saved as PDF."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import ActionRegistry
from strategy_tester.ui.dialogs import choose_file
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.key_sheet.document import key_document, write_pdf
from strategy_tester.ui.key_sheet.lines import KeyLine, key_lines
from strategy_tester.ui.panels.parts import TextButton
from strategy_tester.ui.scrolling import PageScroll
from strategy_tester.ui.shortcuts import PRESETS

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore


class KeySheet(QDialog):
    """Stays open beside the window, follows the language and every change of the keys."""

    def __init__(self, actions: ActionRegistry, parent: QWidget, settings: "SettingsStore") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._actions, self._settings = actions, settings
        self._groups: list[tuple[str, list[KeyLine]]] = []
        self.search, self.nothing, self.errors = QLineEdit(), QLabel(), ErrorStrip()
        self.page = QWidget()
        self._columns = QHBoxLayout(self.page)
        self.print_button = TextButton(mark("Print"), self.print_sheet, icon="printer")
        self.pdf_button = TextButton(mark("Save as PDF"), self.ask_pdf, icon="export")
        self._build()
        actions.shortcuts_changed.connect(self._fill)
        i18n.retranslate_now_and_later(self._write_texts)
        self.resize(theme.step(220), theme.step(170))

    def lines(self) -> list[tuple[str, str]]:
        """What is listed now: titles and keys."""
        text = self.search.text()
        return [(line.title, "  ".join(line.keys)) for _, lines in self._groups for line in lines if line.fits(text)]

    def save_pdf(self, path: Path) -> bool:
        """Write the whole sheet as PDF; False when the file cannot be written."""
        try:
            write_pdf(self._document(), path)
        except OSError as error:
            self.errors.show_error(error)
            return False
        self.errors.clear()
        return True

    def ask_pdf(self) -> None:
        """Ask for a file, then write the sheet."""
        filters = tr("PDF document") + " (*.pdf)"
        name = tr("keys") + ".pdf"
        choose_file(self, self._settings, tr("Save as PDF"), filters, self.save_pdf, mode="save", name=name)

    def print_sheet(self) -> None:
        """Ask for a printer, then print the sheet."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        document = self._document()
        dialog.accepted.connect(lambda: document.print_(printer))
        QDialog.open(dialog)  # the print dialog's own `open` wants a slot by name

    def _document(self) -> QTextDocument:
        title = tr(PRESETS[self._actions.preset])
        return key_document(key_lines(self._actions), f"{tr('Keys')}: {title}")

    def _build(self) -> None:
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(lambda _text: self._show())
        self.nothing.setProperty("role", "empty")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._columns.setContentsMargins(0, 0, theme.step(2), 0)
        self._columns.setSpacing(theme.step(8))
        top = QHBoxLayout()
        top.setSpacing(theme.step(2))
        top.addWidget(self.search, 1)
        top.addWidget(self.print_button)
        top.addWidget(self.pdf_button)
        for button in (self.print_button, self.pdf_button):
            button.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(4), theme.step(4), theme.step(4), theme.step(4))
        layout.setSpacing(theme.step(3))
        layout.addLayout(top)
        layout.addWidget(self.errors)
        layout.addWidget(self.nothing)
        layout.addWidget(PageScroll(self.page), 1)

    def _fill(self) -> None:
        self._groups = key_lines(self._actions)
        self._show()

    def _show(self) -> None:
        while self._columns.count():
            item = self._columns.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        text = self.search.text()
        shown = [(title, [line for line in lines if line.fits(text)]) for title, lines in self._groups]
        shown = [(title, lines) for title, lines in shown if lines]
        for column in _two_columns(shown):
            self._columns.addWidget(_column(column), 1, Qt.AlignmentFlag.AlignTop)
        self.nothing.setVisible(not shown)

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Keyboard"))
        self.search.setPlaceholderText(tr("Find a command, or keys"))
        self.search.setAccessibleName(tr("Find a command, or keys"))
        self.nothing.setText(tr("Nothing found"))
        self._fill()


def _two_columns(groups: list[tuple[str, list[KeyLine]]]) -> list[list[tuple[str, list[KeyLine]]]]:
    """Share the groups out so that both columns are about as long."""
    total = sum(len(lines) + 2 for _, lines in groups)
    left: list[tuple[str, list[KeyLine]]] = []
    used = 0
    for title, lines in groups:
        if left and used + len(lines) / 2 >= total / 2:
            break
        left.append((title, lines))
        used += len(lines) + 2
    return [left, groups[len(left) :]]


def _column(groups: list[tuple[str, list[KeyLine]]]) -> QWidget:
    widget = QFrame()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme.step(4))
    grid.setVerticalSpacing(theme.step(1.25))
    grid.setColumnStretch(0, 1)
    row = 0
    for title, lines in groups:
        head = QLabel(title)
        head.setProperty("role", "section")
        head.setContentsMargins(0, theme.step(2) if row else 0, 0, 0)
        grid.addWidget(head, row, 0, 1, 2)
        row += 1
        for line in lines:
            name = QLabel(line.title)
            name.setWordWrap(True)
            name.setTextFormat(Qt.TextFormat.PlainText)
            grid.addWidget(name, row, 0)
            grid.addLayout(_caps(line.keys), row, 1)
            row += 1
    return widget


def _caps(keys: tuple[str, ...]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.step(1))
    for key in keys:
        cap = QLabel(key)
        cap.setProperty("role", "key")
        row.addWidget(cap, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addStretch(1)
    return row
