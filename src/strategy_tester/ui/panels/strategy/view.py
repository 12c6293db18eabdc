"""The strategy panel: choose one, tune it in a form, or edit its JSON."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent, QTextCursor
from PySide6.QtWidgets import QBoxLayout, QComboBox, QLabel, QPlainTextEdit, QTabWidget, QWidget

from strategy_tester.domain.errors import InputError
from strategy_tester.services.edit_strategies import StrategyEntry
from strategy_tester.ui import i18n, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.dialogs import ask, ask_name
from strategy_tester.ui.errors import ErrorStrip
from strategy_tester.ui.forms.parameter_form import ParameterForm
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.parts import BriefLabel, Chooser, IconButton, TextButton, page_layout, row_layout
from strategy_tester.ui.panels.strategy.drafts import Drafts
from strategy_tester.ui.panels.strategy.search import StrategySearch
from strategy_tester.ui.panels.strategy.view_model import StrategyViewModel
from strategy_tester.ui.scrolling import PageScroll
from strategy_tester.ui.undo import UndoKeys, follow_focus
from strategy_tester.ui.view_context import ViewContext

_NARROW_STEPS = 80


class StrategyPanel(QWidget):
    """The list, the form built from the parameters, the JSON view."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = StrategyViewModel(context.workbench, self, context.undo)
        self._undo_keys = UndoKeys(self)
        self._typed_texts: dict[str, str] = {}
        self.errors = ErrorStrip()
        self.choice, self.explanation, self.state = Chooser(), BriefLabel(), QLabel()
        self.form = ParameterForm()
        self.editor = QPlainTextEdit()
        self._form_places: list[str] = []
        self._build()
        self._declare_actions()
        self._connect()
        i18n.retranslate_now_and_later(self._write_texts)
        self.view_model.refresh()

    def _build(self) -> None:
        self.state.setProperty("role", "muted")
        self.state.setWordWrap(True)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.choice.setMinimumContentsLength(14)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setObjectName("strategy-choice")
        model = self.view_model
        self.save_button = IconButton("save", mark("Save the strategy"), model.save)
        self.duplicate_button = IconButton("duplicate", mark("Duplicate the strategy"), self.duplicate)
        self.new_button = IconButton("template", mark("New strategy from the template"), self.new)
        self.delete_button = IconButton("delete", mark("Delete the strategy"), self.delete)
        self.revert_button = TextButton(mark("Undo all changes"), model.revert, role="quiet", icon="reset")
        self._bar = row_layout(self.choice, stretch=False)
        self._bar.setStretch(0, 1)
        self._bar.addLayout(
            row_layout(self.save_button, self.duplicate_button, self.new_button, self.delete_button, stretch=False)
        )
        page = QWidget()
        form_column = page_layout(page)
        form_column.addWidget(self.form)
        form_column.addStretch(1)
        text_page = QWidget()
        text_column = page_layout(text_page)
        self.validate_button = TextButton(mark("Validate"), self.validate, icon="validate")
        self.apply_button = TextButton(mark("Apply"), self.apply_text, icon="check", role="primary")
        self.editor.setFont(theme.fixed_font())
        self.editor.setTabChangesFocus(True)
        self.editor.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text_column.addWidget(self.editor, 1)
        text_column.addLayout(row_layout(self.validate_button, self.apply_button))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(PageScroll(page), "")
        self.tabs.addTab(text_page, "")
        layout = page_layout(self)
        layout.addLayout(self._bar)
        layout.addWidget(self.explanation)
        layout.addWidget(self.errors)
        layout.addWidget(self.tabs, 1)
        state_row = row_layout(self.state, stretch=False)
        state_row.setStretch(0, 1)
        state_row.addWidget(self.revert_button)
        layout.addLayout(state_row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The name of the strategy has a line of its own where the panel is narrow."""
        super().resizeEvent(event)
        is_narrow = self.width() < theme.step(_NARROW_STEPS)
        direction = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        if self._bar.direction() != direction:
            self._bar.setDirection(direction)

    def _declare_actions(self) -> None:
        model = self.view_model
        has_content = lambda: model.content is not None  # noqa: E731  a one-line rule
        self._context.actions.add(
            Action("strategy.save", mark("Save the strategy"), model.save, "file", ("Ctrl+S",), "save",
                   is_enabled=has_content),
            Action("strategy.duplicate", mark("Duplicate the strategy"), self.duplicate, "file", ("Ctrl+D",),
                   "duplicate", is_enabled=has_content),
            Action("strategy.new", mark("New strategy from the template"), self.new, "file", ("Ctrl+N",), "template"),
            Action("strategy.validate", mark("Validate the strategy"), self.validate, "file", ("Ctrl+Shift+V",),
                   "validate", is_enabled=has_content),
            Action("strategy.delete", mark("Delete the strategy"), self.delete, "file", (), "delete",
                   is_enabled=lambda: model.can_delete),
        )  # fmt: skip

    def _connect(self) -> None:
        model = self.view_model
        model.entries_changed.connect(self._show_entries)
        model.content_changed.connect(self._show_content)
        model.failed.connect(self.errors.show_error)
        model.saved.connect(lambda _name: self.errors.clear())
        model.drafts.marks_changed.connect(self._show_marks)
        follow_focus(self, lambda: model.stack)
        self._context.search.add(StrategySearch(self._context, model))
        self.choice.activated.connect(self._chosen)
        self.form.changed.connect(self._typed)
        self.editor.textChanged.connect(self._show_apply)

    def validate(self) -> bool:
        """Say whether the JSON text is a sound strategy."""
        error = self.view_model.check_text(self.editor.toPlainText())
        if error is not None:
            self.errors.show_error(error)
            return False
        self.errors.clear()
        self._context.toast(tr("The strategy is sound."), kind="good")
        return True

    def apply_text(self) -> None:
        """Take the JSON text as the strategy."""
        if self.view_model.apply_text(self.editor.toPlainText()):
            self.errors.clear()

    def duplicate(self) -> None:
        """Ask for a name, then keep a copy."""
        entry = self.view_model.entry
        taken = {other.name for other in self.view_model.entries}
        ask_name(
            self._context.window,
            tr("Name of the copy"),
            tr("Duplicate"),
            self.view_model.duplicate,
            name=tr("{name} copy", name=entry.name if entry else ""),
            problem=lambda name: tr("There is a strategy of that name already.") if name in taken else "",
        )

    def new(self) -> None:
        """Ask for a name, then begin with the template."""
        ask_name(
            self._context.window,
            tr("Name of the new strategy"),
            tr("Create"),
            self.view_model.new_from_template,
            name=tr("My strategy"),
        )

    def delete(self) -> None:
        """Ask, then forget the user's own strategy."""
        entry = self.view_model.entry
        if entry is not None and entry.is_own:
            ask(
                self._context.window,
                tr("Delete the strategy {name}?", name=entry.name),
                tr("Delete"),
                self.view_model.delete,
                detail=tr("All its versions go with it. Runs made with it stay."),
                is_dangerous=True,
            )

    def _chosen(self, index: int) -> None:
        self.errors.clear()
        self._keep_typed_text()
        self.view_model.select(self.view_model.entries[self.choice.itemData(index)])

    def _keep_typed_text(self) -> None:
        """JSON that was typed but not applied waits until its strategy is looked at again."""
        model = self.view_model
        if model.entry is not None and self.editor.toPlainText() != model.json_text():
            self._typed_texts[Drafts.key_of(model.entry)] = self.editor.toPlainText()

    def _typed(self) -> None:
        shown = {field.place: field.value for field in self.view_model.fields()}
        for place, value in self.form.raw_values().items():
            if place not in shown or value == shown[place]:
                continue
            try:
                self.form.field(place).checked_value()
            except InputError:
                continue  # the form says so beside the field
            if self.view_model.set_value(place, value):
                self.errors.clear()

    def _show_entries(self) -> None:
        model = self.view_model
        with QSignalBlocker(self.choice):
            self.choice.clear()
            for number, entry in enumerate(model.entries):
                self.choice.addItem(self._choice_text(entry), number)
        self._show_choice()

    def _choice_text(self, entry: StrategyEntry) -> str:
        marks = [tr("mine")] * entry.is_own + [tr("edited")] * self.view_model.is_edited(entry)
        title = self.view_model.title_of(entry)
        return f"{title}  ({', '.join(marks)})" if marks else title

    def _show_marks(self) -> None:
        entries = self.view_model.entries
        if self.choice.count() == len(entries):
            for number, entry in enumerate(entries):
                self.choice.setItemText(number, self._choice_text(entry))

    def _show_choice(self) -> None:
        model = self.view_model
        if model.entry is None:
            self.choice.setPlaceholderText(str(model.content.get("name", "")) if model.content else "")
            self.choice.setCurrentIndex(-1)
        for number, entry in enumerate(model.entries):
            if model.entry is not None and (entry.name, entry.origin) == (model.entry.name, model.entry.origin):
                self.choice.setCurrentIndex(number)
        self.explanation.show_text(model.description())
        self.explanation.setVisible(bool(model.description()))

    def _show_content(self) -> None:
        fields = self.view_model.fields()
        places = [field.place for field in fields]
        if places != self._form_places or [field.parameter for field in fields] != self._parameters():
            self._form_places = places
            self.form.set_entries(
                [(field.place, field.parameter, field.value) for field in fields],
                {field.place: field.owner for field in fields if field.owner},
            )
        else:
            self.form.set_values({field.place: field.value for field in fields})
        self._undo_keys.watch(self.form)
        self._show_json()
        self._show_choice()
        self._show_apply()
        self._show_state()

    def _show_json(self) -> None:
        """The content as text, or what was typed for this strategy; typing that it replaces comes back with undo."""
        entry = self.view_model.entry
        typed = self._typed_texts.pop(Drafts.key_of(entry), "") if entry is not None else ""
        text = typed or self.view_model.json_text()
        if self.editor.toPlainText() != text:
            with QSignalBlocker(self.editor):
                cursor = QTextCursor(self.editor.document())
                cursor.select(QTextCursor.SelectionType.Document)
                cursor.insertText(text)

    def _parameters(self) -> list:
        return [self.form.field(place).parameter for place in self.form.places()]

    def _show_apply(self) -> None:
        self.apply_button.setEnabled(self.editor.toPlainText() != self.view_model.json_text())

    def _show_state(self) -> None:
        model = self.view_model
        entry = model.entry
        self.revert_button.setVisible(model.is_modified)
        self.delete_button.setEnabled(model.can_delete)
        if entry is None:
            self.state.setText("")
        elif model.is_modified:
            self.state.setText(tr("Changed, not saved"))
        elif entry.is_own:
            self.state.setText(tr("Saved, version {version}", version=entry.version))
        else:
            self.state.setText(tr("Ready-made; saving makes a copy of your own"))
        self._context.actions.refresh()

    def _write_texts(self) -> None:
        self.tabs.setTabText(0, tr("Inputs"))
        self.tabs.setTabText(1, tr("JSON"))
        self.choice.setAccessibleName(tr("Strategy"))
        self.editor.setAccessibleName(tr("JSON"))
        self._show_entries()
        self._show_state()
