"""The table of shortcuts: press other keys for a command, see whom they belong to, go back to the preset."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import GROUPS, Action, ActionRegistry
from strategy_tester.ui.command_palette import texts_of
from strategy_tester.ui.forms.fields import ChoiceBox
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.parts import TextButton
from strategy_tester.ui.search.matching import Query
from strategy_tester.ui.shortcuts import PRESETS, native

_ID_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class PresetBox(ChoiceBox):
    """Which program's keys are used."""

    def __init__(self, actions: ActionRegistry) -> None:
        super().__init__()
        self._actions = actions
        for name in PRESETS:
            self.addItem("", name)
        self.activated.connect(lambda _index: actions.apply_preset(str(self.currentData())))
        actions.shortcuts_changed.connect(self._show_preset)
        i18n.retranslate_now_and_later(self._write_texts)

    def _write_texts(self) -> None:
        for number, title in enumerate(PRESETS.values()):
            self.setItemText(number, tr(title))
        self._show_preset()

    def _show_preset(self) -> None:
        self.setCurrentIndex(self.findData(self._actions.preset))


class KeyboardTable(QWidget):
    """Commands by menu with their keys; below it the field that takes other ones."""

    def __init__(self, actions: ActionRegistry) -> None:
        super().__init__()
        self._actions = actions
        self._wanted = ""
        self.search, self.tree = QLineEdit(), QTreeWidget()
        self.command, self.keys, self.keep_others = QLabel(), QKeySequenceEdit(), QCheckBox()
        self.conflict = QLabel()
        self.take = TextButton(mark("Use it here"), self._take, role="primary")
        self.leave = TextButton(mark("Leave it"), self._forget_conflict)
        self.clear = TextButton(mark("No keys"), self._clear)
        self.reset = TextButton(mark("Reset"), self._reset)
        self.reset_all = TextButton(mark("Reset all keys"), self._reset_all, role="quiet", icon="reset")
        self._build()
        i18n.retranslate_now_and_later(self._write_texts)
        actions.shortcuts_changed.connect(self._show_keys)
        theme.theme_changed.connect(self._fill)
        actions.actions_changed.connect(self._fill)
        self._fill()

    def choose(self, action_id: str) -> None:
        """Go to a command."""
        item = self._items.get(action_id)
        if item is not None:
            self.tree.setCurrentItem(item)

    def current_id(self) -> str:
        """The command whose keys are changed, "" while there is none."""
        item = self.tree.currentItem()
        return str(item.data(0, _ID_ROLE) or "") if item is not None else ""

    def _build(self) -> None:
        self._items: dict[str, QTreeWidgetItem] = {}
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._filter)
        self.tree.setColumnCount(2)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(theme.step(3))
        self.tree.setMinimumHeight(theme.step(40))
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        self.tree.currentItemChanged.connect(lambda *_: self._show_command())
        self.tree.itemActivated.connect(lambda *_: self.keys.setFocus())
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.keySequenceChanged.connect(self._pressed)
        self.conflict.setWordWrap(True)
        self.conflict.setProperty("tone", "warn")
        self.command.setWordWrap(True)
        self.command.setProperty("role", "heading")
        conflict_row = _row(self.conflict, self.take, self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.step(1), 0, 0)
        column.setSpacing(theme.step(2))
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addWidget(self.command)
        column.addLayout(_row(self.keys, self.keep_others))
        column.addLayout(conflict_row)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.step(2))
        buttons.addWidget(self.clear)
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        buttons.addWidget(self.reset_all)
        column.addLayout(buttons)
        self.setFocusProxy(self.search)

    def _fill(self) -> None:
        chosen = self.current_id()
        self.tree.clear()
        self._items.clear()
        for group, title in GROUPS.items():
            members = [action for action in self._actions.all() if action.group == group]
            if not members:
                continue
            head = QTreeWidgetItem([tr(title), ""])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = theme.figures_font(bold=True)
            head.setFont(0, font)
            head.setForeground(0, theme.current_theme().color("muted"))
            self.tree.addTopLevelItem(head)
            for action in members:
                head.addChild(self._item(action))
            head.setExpanded(True)
        self._show_keys()
        self._filter(self.search.text())
        self.choose(chosen or next(iter(self._items), ""))

    def _item(self, action: Action) -> QTreeWidgetItem:
        item = QTreeWidgetItem([self._actions.listed_title(action.id), ""])
        item.setData(0, _ID_ROLE, action.id)
        item.setSizeHint(0, QSize(0, theme.step(7)))
        if action.icon:
            item.setIcon(0, icons.icon(action.icon, "muted"))
        self._items[action.id] = item
        return item

    def _show_keys(self) -> None:
        for action_id, item in self._items.items():
            item.setText(1, "   ".join(map(native, self._actions.shortcuts_of(action_id))))
            font = theme.figures_font(bold=self._actions.has_own_shortcuts(action_id))
            item.setFont(1, font)
            item.setToolTip(1, tr("Your own choice") if self._actions.has_own_shortcuts(action_id) else "")
        self._show_command()

    def _show_command(self) -> None:
        action_id = self.current_id()
        for widget in (self.keys, self.keep_others, self.clear, self.reset):
            widget.setEnabled(bool(action_id))
        self._forget_conflict()
        if action_id:
            keys = self._actions.shortcuts_of(action_id)
            self.command.setText(self._actions.listed_title(action_id))
            self.reset.setEnabled(self._actions.has_own_shortcuts(action_id))
            self.clear.setEnabled(bool(keys))
            self.keep_others.setEnabled(bool(keys))

    def _pressed(self, sequence: QKeySequence) -> None:
        keys = sequence.toString(QKeySequence.SequenceFormat.PortableText)
        action_id = self.current_id()
        if not keys or not action_id:
            return
        owner = self._actions.owner_of(keys)
        if owner not in {None, action_id}:
            self._wanted = keys
            title = self._actions.listed_title(str(owner))
            self.conflict.setText(tr("{keys} belongs to “{title}”.", keys=native(keys), title=title))
            self._show_conflict(True)
            return
        self._set(keys)

    def _set(self, keys: str) -> None:
        action_id = self.current_id()
        others = self._actions.shortcuts_of(action_id) if self.keep_others.isChecked() else ()
        self._actions.set_shortcuts(action_id, (*(key for key in others if key != keys), keys), take=True)
        self._show_command()

    def _take(self) -> None:
        self._set(self._wanted)
        self.tree.setFocus()

    def _clear(self) -> None:
        self._actions.set_shortcuts(self.current_id(), ())

    def _reset(self) -> None:
        self._actions.reset_shortcuts(self.current_id())
        self._show_command()

    def _reset_all(self) -> None:
        self._actions.reset_shortcuts()
        self._show_command()

    def _forget_conflict(self) -> None:
        self._wanted = ""
        self.keys.clear()
        self._show_hint()
        self._show_conflict(False)

    def _show_hint(self) -> None:
        field = self.keys.findChild(QLineEdit)  # Qt writes its own English hint at every clearing
        if field is not None:
            field.setPlaceholderText(tr("Press the new keys"))
            field.setAccessibleName(tr("Press the new keys"))

    def _show_conflict(self, is_there: bool) -> None:  # noqa: FBT001  like setVisible
        for widget in (self.conflict, self.take, self.leave):
            widget.setVisible(is_there)

    def _filter(self, text: str) -> None:
        query = Query(text)
        for action_id, item in self._items.items():
            words = [*texts_of(self._actions.action(action_id)), (item.text(1), 1.0)]
            item.setHidden(bool(query) and query.score(words) <= 0)
        for number in range(self.tree.topLevelItemCount()):
            head = self.tree.topLevelItem(number)
            if head is None:
                continue
            children = [head.child(row) for row in range(head.childCount())]
            head.setHidden(all(child is None or child.isHidden() for child in children))

    def _write_texts(self) -> None:
        self.search.setPlaceholderText(tr("Find a command, or keys"))
        self.search.setAccessibleName(tr("Find a command, or keys"))
        self.tree.setHeaderLabels([tr("Command"), tr("Keys")])
        self.tree.setAccessibleName(tr("Shortcuts"))
        self.keys.setAccessibleName(tr("Press the new keys"))
        self._show_hint()
        self.keep_others.setText(tr("Keep the other keys too"))
        if self._items:
            self._fill()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.step(2))
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 0 if number else 1)
    return row
