"""Every action of the window, declared once: menus, bars, shortcuts, palette and key sheet read this list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from strategy_tester.ui import i18n, icons
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.shortcuts import PRESETS, STANDARD, Keymap, native, normal, saved_overrides

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

OVERRIDES_KEY = "shortcuts.overrides"
PRESET_KEY = "shortcuts.preset"
GROUPS = {
    "file": mark("File"),
    "edit": mark("Edit"),
    "run": mark("Test"),
    "chart": mark("Chart"),
    "draw": mark("Draw"),
    "panels": mark("Panels"),
    "workspace": mark("Workspace"),
    "view": mark("View"),
    "help": mark("Help"),
}
"""Menu groups in their order, with their titles."""


@dataclass(frozen=True)
class Action:
    """Something the user can do.

    Attributes:
        id: Stable name, `backtest.run`.
        title: English; translated when shown.
        run: What happens.
        group: Key of GROUPS: the menu it stands in.
        shortcuts: Portable key names; the first is shown. `("Ctrl+R",)`
        icon: Name in `icons.NAMES`, or "".
        is_enabled: Asked by `ActionRegistry.refresh`; None means always.
        is_checked: Makes it a switch; asked by `refresh`.
        synonyms: English words by which the palette also finds it.
        is_in_menu: Whether the menu lists it; the palette always does.
        is_last: Stands at the end of its menu, whatever is declared later.
        text: What menus show instead of the title, in the language in use; asked by `refresh`.
        keeps_title: Lists of commands show the title even where menus show `text`.
        help: A sentence in English that says what it does; the tooltip shows it.
    """

    id: str
    title: str
    run: Callable[[], object]
    group: str = "view"
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    is_enabled: Callable[[], bool] | None = None
    is_checked: Callable[[], bool] | None = None
    synonyms: tuple[str, ...] = ()
    is_in_menu: bool = True
    is_last: bool = False
    text: Callable[[], str] | None = None
    keeps_title: bool = False
    help: str = ""


@dataclass(frozen=True)
class FixedKey:
    """A key or a gesture that a widget takes by itself; the key sheet lists it.

    Attributes:
        group: Key of GROUPS.
        title: English; what it does.
        keys: Portable names of keys; gestures in English words: `("Shift+click",)`.
    """

    group: str
    title: str
    keys: tuple[str, ...]


class ShortcutTaken(ValueError):
    """Two actions want the same keys, or the same id; `owner` is the one that has them."""

    def __init__(self, message: str, owner: str = "") -> None:
        super().__init__(message)
        self.owner = owner


class ActionRegistry(QObject):
    """The list. Actions of panels are added by the panels when they are made."""

    actions_changed = Signal()
    triggered = Signal(str)
    """An action was carried out; its id."""
    shortcuts_changed = Signal()
    """Some actions have other keys than before."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions: dict[str, Action] = {}
        self._qactions: dict[str, QAction] = {}
        self._keymap = Keymap()
        self._settings: SettingsStore | None = None
        self.fixed_keys: list[FixedKey] = []
        i18n.language_changed.connect(self._write_texts)

    def use_settings(self, settings: "SettingsStore") -> None:
        """Take up the keys the user chose, and keep later choices there."""
        self._settings = settings
        preset = str(settings.get(PRESET_KEY) or STANDARD)
        self._keymap.preset = preset if preset in PRESETS else STANDARD
        self._keymap.overrides = saved_overrides(settings.get(OVERRIDES_KEY))
        self._put_keys_in_force()

    def add(self, *actions: Action) -> None:
        """Declare actions.

        Raises:
            ShortcutTaken: an id or a shortcut is in use already.
        """
        for action in actions:
            if action.id in self._actions:
                raise ShortcutTaken(f"there is an action {action.id} already")
            if action.group not in GROUPS:
                raise ValueError(f"{action.id}: there is no menu group {action.group}")
            for keys in action.shortcuts:
                owner = self._keymap.declared_owner(keys)
                if owner is not None:
                    raise ShortcutTaken(f"{action.id}: {keys} belongs to {owner}", owner)
            self._keymap.declare(action.id, action.shortcuts)
            self._actions[action.id] = action
            self._qactions[action.id] = self._make(action)
        self._put_keys_in_force()
        self.actions_changed.emit()

    def note_keys(self, *keys: FixedKey) -> None:
        """List keys on the key sheet that a widget takes by itself; the same one twice is listed once."""
        self.fixed_keys += [key for key in keys if key not in self.fixed_keys]

    def __contains__(self, action_id: object) -> bool:
        return action_id in self._actions

    def all(self) -> list[Action]:
        """Every action, by menu group, in the order they were declared."""
        order = list(GROUPS)
        return sorted(self._actions.values(), key=lambda action: (order.index(action.group), action.is_last))

    def action(self, action_id: str) -> Action:
        """The declaration of an action."""
        return self._actions[action_id]

    def listed_title(self, action_id: str) -> str:
        """What lists of commands call it, in the language in use."""
        action = self._actions[action_id]
        return tr(action.title) if action.text is None or action.keeps_title else action.text()

    def qaction(self, action_id: str) -> QAction:
        """The action for menus and buttons; its text follows the language, its icon the theme."""
        return self._qactions[action_id]

    def trigger(self, action_id: str) -> bool:
        """Carry an action out; False while it is not possible."""
        self._refresh_one(action_id)
        qaction = self._qactions[action_id]
        if not qaction.isEnabled():
            return False
        qaction.trigger()
        return True

    def refresh(self) -> None:
        """Ask every action again whether it is possible and whether it is on."""
        for action_id in self._actions:
            self._refresh_one(action_id)

    def refresh_only(self, *action_ids: str) -> None:
        """Ask some actions again."""
        for action_id in action_ids:
            self._refresh_one(action_id)

    def shortcut_text(self, action_id: str) -> str:
        """The first shortcut in force as this system writes it, or ""."""
        keys = self._keymap.keys(action_id)
        return native(keys[0]) if keys else ""

    def shortcuts_of(self, action_id: str) -> tuple[str, ...]:
        """The keys in force, as portable names; the first is shown."""
        return self._keymap.keys(action_id)

    def default_shortcuts(self, action_id: str) -> tuple[str, ...]:
        """The keys an action has without the user's own choice: the preset's, else the declared ones."""
        return self._keymap.defaults(action_id)

    def has_own_shortcuts(self, action_id: str) -> bool:
        """Whether the user chose the keys of this action."""
        return self._keymap.is_changed(action_id)

    def owner_of(self, keys: str) -> str | None:
        """The id of the action these keys carry out now."""
        return self._keymap.owner(keys)

    @property
    def preset(self) -> str:
        """The preset in use, a key of `shortcuts.PRESETS`."""
        return self._keymap.preset

    def set_shortcuts(self, action_id: str, keys: Sequence[str], *, take: bool = False) -> None:
        """Give an action other keys; none at all is allowed.

        Args:
            action_id: The action.
            keys: Portable names.
            take: Take the keys away from the actions that have them.

        Raises:
            ShortcutTaken: another action has one of the keys and `take` is not set.
        """
        for key in keys:
            owner = self._keymap.owner(key)
            if owner not in {None, action_id}:
                if not take:
                    raise ShortcutTaken(f"{key} belongs to {owner}", str(owner))
                left = [own for own in self._keymap.keys(str(owner)) if normal(own) != normal(key)]
                self._keymap.overrides[str(owner)] = tuple(left)
        self._keymap.overrides[action_id] = tuple(keys)
        self._drop_needless_overrides()
        self._keep_keys()

    def reset_shortcuts(self, action_id: str = "") -> None:
        """Back to the preset's keys: of one action, or of all of them.

        A key that another action was given meanwhile stays there.
        """
        if action_id:
            self._keymap.overrides.pop(action_id, None)
        else:
            self._keymap.overrides.clear()
        self._keep_keys()

    def apply_preset(self, name: str) -> None:
        """Use the keys of another program, a key of `shortcuts.PRESETS`; the user's own choices stay.

        Raises:
            KeyError: there is no such preset.
        """
        if name not in PRESETS:
            raise KeyError(name)
        self._keymap.preset = name
        self._keep_keys()

    def _make(self, action: Action) -> QAction:
        qaction = QAction(self)
        qaction.setObjectName(action.id)
        # Floating panels are windows of their own; the keys work there too.
        qaction.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)
        qaction.setCheckable(action.is_checked is not None)
        if action.icon:
            qaction.setIcon(icons.icon(action.icon))
        qaction.triggered.connect(lambda _on=False, action=action: self._run(action))
        self._write_text(action, qaction)
        return qaction

    def _run(self, action: Action) -> None:
        action.run()
        self.refresh()
        self.triggered.emit(action.id)

    def _refresh_one(self, action_id: str) -> None:
        action, qaction = self._actions[action_id], self._qactions[action_id]
        if action.is_enabled is not None:
            qaction.setEnabled(action.is_enabled())
        if action.is_checked is not None:
            qaction.setChecked(action.is_checked())
        if action.text is not None:
            self._write_text(action, qaction)

    def _drop_needless_overrides(self) -> None:
        """What equals the default is no choice of the user's."""
        keymap = self._keymap
        keymap.overrides = {
            action_id: keys
            for action_id, keys in keymap.overrides.items()
            if action_id not in self._actions
            or list(map(normal, keys)) != list(map(normal, keymap.defaults(action_id)))
        }

    def _keep_keys(self) -> None:
        if self._settings is not None:
            self._settings.set(OVERRIDES_KEY, {name: list(keys) for name, keys in self._keymap.overrides.items()})
            self._settings.set(PRESET_KEY, self._keymap.preset)
        self._put_keys_in_force()
        i18n.refresh()  # buttons and sentences of panels name keys too

    def _put_keys_in_force(self) -> None:
        before = {action_id: self._keymap.keys(action_id) for action_id in self._actions}
        self._keymap.resolve()
        changed = [name for name in self._actions if self._keymap.keys(name) != before.get(name)]
        # Keys are taken away first: two actions with the same keys for a moment would be ambiguous to Qt.
        for action_id in changed:
            self._qactions[action_id].setShortcuts([])
        for action_id in changed:
            self._qactions[action_id].setShortcuts([QKeySequence(keys) for keys in self._keymap.keys(action_id)])
            self._write_text(self._actions[action_id], self._qactions[action_id])
        if changed:
            self.shortcuts_changed.emit()

    def _write_texts(self) -> None:
        for action_id, action in self._actions.items():
            self._write_text(action, self._qactions[action_id])

    def _write_text(self, action: Action, qaction: QAction) -> None:
        title = action.text() if action.text is not None else tr(action.title)
        keys = self.shortcut_text(action.id)
        qaction.setText(title)
        tooltip = f"{title}  {keys}" if keys else title
        qaction.setToolTip(f"{tooltip}\n{tr(action.help)}" if action.help else tooltip)
