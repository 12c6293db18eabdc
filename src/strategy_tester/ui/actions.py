"""Every action of the window, declared once: menus, bars, shortcuts, palette and key sheet read this list."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from strategy_tester.ui import i18n, icons
from strategy_tester.ui.i18n import mark, tr

GROUPS = {
    "file": mark("File"),
    "run": mark("Test"),
    "chart": mark("Chart"),
    "panels": mark("Panels"),
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


class ShortcutTaken(ValueError):
    """Two actions want the same keys, or the same id."""


class ActionRegistry(QObject):
    """The list. Actions of panels are added by the panels when they are made."""

    actions_changed = Signal()
    triggered = Signal(str)
    """An action was carried out; its id."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions: dict[str, Action] = {}
        self._qactions: dict[str, QAction] = {}
        self._keys: dict[str, str] = {}
        i18n.language_changed.connect(self._write_texts)

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
                known = _normal(keys)
                if known in self._keys:
                    raise ShortcutTaken(f"{action.id}: {keys} belongs to {self._keys[known]}")
                self._keys[known] = action.id
            self._actions[action.id] = action
            self._qactions[action.id] = self._make(action)
        self.actions_changed.emit()

    def __contains__(self, action_id: object) -> bool:
        return action_id in self._actions

    def all(self) -> list[Action]:
        """Every action, by menu group, in the order they were declared."""
        order = list(GROUPS)
        return sorted(self._actions.values(), key=lambda action: (order.index(action.group), action.is_last))

    def action(self, action_id: str) -> Action:
        """The declaration of an action."""
        return self._actions[action_id]

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

    def shortcut_text(self, action_id: str) -> str:
        """The first shortcut as this system writes it, or ""."""
        return _native(self._actions[action_id])

    def _make(self, action: Action) -> QAction:
        qaction = QAction(self)
        qaction.setObjectName(action.id)
        qaction.setShortcuts([QKeySequence(keys) for keys in action.shortcuts])
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

    def _write_texts(self) -> None:
        for action_id, action in self._actions.items():
            self._write_text(action, self._qactions[action_id])

    def _write_text(self, action: Action, qaction: QAction) -> None:
        title = tr(action.title)
        keys = _native(action)
        qaction.setText(title)
        qaction.setToolTip(f"{title}  {keys}" if keys else title)


def _native(action: Action) -> str:
    return (
        QKeySequence(action.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText) if action.shortcuts else ""
    )


def _normal(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText).casefold()
