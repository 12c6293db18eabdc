"""The dialog of templates: apply, rename, delete, star, choose the one for new charts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.dialogs import ask, ask_name
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.templates_book import LONGEST_NAME
from strategy_tester.ui.panels.parts import TextButton, row_layout

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.templates import TemplatesFeature


class TemplatesDialog(QDialog):
    """Lists the templates; a double click puts one on the chart.

    Args:
        feature: The templates of the chart it was opened from.
    """

    def __init__(self, feature: "TemplatesFeature") -> None:
        super().__init__(feature.panel)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._feature = feature
        self.list, self.hint = QListWidget(), QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.apply_button = self._button(mark("Put on the chart"), self._apply, role="primary")
        self.buttons = [
            self._button(mark("Rename"), self._rename),
            self._button(mark("Star"), self._star, icon="star_outline"),
            self._button(mark("For new charts"), self._choose_default),
            self._button(mark("Delete"), self._delete, role="danger"),
        ]
        self._build()
        self.list.itemActivated.connect(lambda _item: self._apply())
        self.list.currentRowChanged.connect(lambda _row: self._enable())
        i18n.retranslate_now_and_later(self._write_texts)

    def _button(self, text: str, act: Callable[[], object], *, icon: str = "", role: str = "") -> TextButton:
        button = TextButton(text, act, icon=icon, role=role)
        button.setAutoDefault(False)
        return button

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.step(2))
        for button in (self.apply_button, *self.buttons):
            row.addWidget(button)
        row.addStretch(1)
        self.close_buttons = QDialogButtonBox()
        self._close = self.close_buttons.addButton("", QDialogButtonBox.ButtonRole.RejectRole)
        self._close.setAutoDefault(False)
        self.close_buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(3), theme.step(3), theme.step(3), theme.step(3))
        layout.setSpacing(theme.step(2))
        layout.addWidget(self.list, 1)
        layout.addWidget(self.hint)
        layout.addLayout(row)
        layout.addLayout(row_layout(self._add_button(), stretch=True))
        layout.addWidget(self.close_buttons)
        self.resize(theme.step(150), theme.step(110))

    def _add_button(self) -> TextButton:
        return self._button(mark("Save the chart as a template…"), self._feature.ask_name, icon="add")

    def name(self) -> str:
        """The chosen template; "" for none."""
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else ""

    def show_templates(self) -> None:
        """Read the list anew."""
        chosen, default = self.name(), self._feature.book.default()
        self.list.clear()
        for template in self._feature.book.all():
            is_default = default is not None and default.name == template.name
            text = tr("{name} (for new charts)", name=template.name) if is_default else template.name
            item = QListWidgetItem(icons.icon("star" if template.is_favorite else "template"), text, self.list)
            item.setData(Qt.ItemDataRole.UserRole, template.name)
            if template.name == chosen:
                self.list.setCurrentItem(item)
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        self.hint.setText("" if self.list.count() else tr("No templates yet. Save the chart as one."))
        self.hint.setVisible(not self.list.count())
        self._enable()

    def _enable(self) -> None:
        for button in (self.apply_button, *self.buttons):
            button.setEnabled(bool(self.name()))

    def _apply(self) -> None:
        if self.name():
            self._feature.apply_named(self.name())

    def _rename(self) -> None:
        old = self.name()

        def rename(new: str) -> None:
            self._feature.book.rename(old, new)
            self.show_templates()

        def problem(new: str) -> str:
            is_taken = new != old and self._feature.book.find(new) is not None
            return tr("There is a template of this name already.") if is_taken else name_problem(new)

        ask_name(self, tr("Rename"), tr("Rename"), rename, name=old, problem=problem)

    def _star(self) -> None:
        template = self._feature.book.find(self.name())
        if template is not None:
            self._feature.book.set_favorite(template.name, is_favorite=not template.is_favorite)
            self.show_templates()

    def _choose_default(self) -> None:
        default = self._feature.book.default()
        is_default = default is not None and default.name == self.name()
        self._feature.book.set_default(None if is_default else self.name())
        self.show_templates()

    def _delete(self) -> None:
        name = self.name()

        def delete() -> None:
            self._feature.book.delete(name)
            self.show_templates()

        ask(self, tr("Delete the template “{name}”?", name=name), tr("Delete"), delete, is_dangerous=True)

    def changeEvent(self, event) -> None:
        """Coming back from the dialog that saves: there may be one more."""
        super().changeEvent(event)
        if event.type() == event.Type.ActivationChange and self.isActiveWindow():
            self.show_templates()

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Templates of charts"))
        self.list.setAccessibleName(tr("Templates of charts"))
        self._close.setText(tr("Close"))
        self.show_templates()


def name_problem(name: str) -> str:
    """Why a name cannot be taken, or ""."""
    return tr("At most {count} letters.", count=LONGEST_NAME) if len(name) > LONGEST_NAME else ""
