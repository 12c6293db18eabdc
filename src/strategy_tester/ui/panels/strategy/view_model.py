"""State of the strategy panel: the list, the chosen strategy, its form and its JSON."""

from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup, QUndoStack

from strategy_tester.domain.errors import InputError
from strategy_tester.services import edit_strategies
from strategy_tester.services.edit_strategies import StrategyEntry, StrategyField
from strategy_tester.services.ports import StoredStrategy
from strategy_tester.ui.i18n import language, mark, tr
from strategy_tester.ui.panels.strategy.drafts import Drafts, sound_drafts
from strategy_tester.ui.undo import Edit, Title, new_stack
from strategy_tester.ui.workbench import Workbench

_STRATEGY_KEY = "strategy.last"


class StrategyViewModel(QObject):
    """The strategy being looked at and changed; `content` is always sound, faulty edits are refused with a reason.

    Unsaved changes stay with their strategy while others are looked at. Every change can be undone; each strategy has
    a stack of its own.
    """

    entries_changed = Signal()
    content_changed = Signal()
    """Another strategy, or another value in it."""
    saved = Signal(str)
    failed = Signal(object)

    def __init__(self, workbench: Workbench, parent: QObject | None = None, undo: QUndoGroup | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.undo_group = undo or QUndoGroup(self)
        self.drafts = Drafts(workbench.services.settings, self)
        self._stacks: dict[str, QUndoStack] = {}
        self._has_old_drafts = False
        self.entries: list[StrategyEntry] = []
        self.entry: StrategyEntry | None = None
        self.content: dict[str, Any] | None = None
        self._wanted_name = ""
        workbench.strategies_changed.connect(self.refresh)
        workbench.backtest_shown.connect(lambda finished: self._adopt(finished.request.strategy))

    @property
    def is_modified(self) -> bool:
        """Whether the content differs from what the chosen entry holds."""
        return self.entry is not None and self.content != self.entry.content

    @property
    def stack(self) -> QUndoStack:
        """Undo and redo of the strategy being looked at."""
        key = self._key()
        if key not in self._stacks:
            self._stacks[key] = new_stack(self.undo_group, parent=self)
        return self._stacks[key]

    def is_edited(self, entry: StrategyEntry) -> bool:
        """Whether an entry has unsaved changes."""
        return self.drafts.get(entry) is not None

    @property
    def can_delete(self) -> bool:
        """Only the user's own strategies can be deleted."""
        return self.entry is not None and self.entry.is_own

    def title_of(self, entry: StrategyEntry) -> str:
        """An entry's title in the language in use."""
        return entry.title.get(language()) or entry.title["en"]

    def description(self) -> str:
        """The chosen entry's explanation in the language in use."""
        if self.entry is None:
            return ""
        return self.entry.description.get(language()) or self.entry.description.get("en", "")

    def refresh(self) -> None:
        """Read the list again."""
        store = self.workbench.services.strategies
        saved = {} if self._has_old_drafts else self.drafts.saved()
        self.workbench.jobs.start(
            tr("Reading the strategies"),
            lambda _checkpoint: (edit_strategies.list_strategies(store), sound_drafts(saved)),
            on_done=self._take_list,
            on_failed=self.failed.emit,
            group="strategy-list",
            is_quiet=True,
        )

    def select(self, entry: StrategyEntry) -> None:
        """Look at another strategy, with the changes it was left with; those of the former one stay with it."""
        self.entry = entry
        self.workbench.services.settings.set(_STRATEGY_KEY, entry.name)
        self.stack.setActive(True)
        self._set_content(self.drafts.get(entry) or entry.content)

    def fields(self) -> list[StrategyField]:
        """The tunable places of the content."""
        return edit_strategies.fields_of(self.content) if self.content else []

    def set_value(self, place: str, value: Any) -> bool:
        """Change one place; False (and `failed`) when the value does not fit."""
        title = next((_field_title(field) for field in self.fields() if field.place == place), mark("a value"))
        return self._try(lambda content: edit_strategies.with_values(content, {place: value}), title, f"value:{place}")

    def json_text(self) -> str:
        """The content as the JSON editor shows it."""
        return edit_strategies.format_content(self.content) if self.content else ""

    def check_text(self, text: str) -> Exception | None:
        """What is wrong with a JSON text, or None."""
        try:
            edit_strategies.parse_text(text)
        except InputError as error:
            return error
        return None

    def apply_text(self, text: str) -> bool:
        """Take the JSON editor's text as the content; False (and `failed`) when it has a fault."""
        return self._try(lambda _content: edit_strategies.parse_text(text), mark("change in the JSON text"))

    def revert(self) -> None:
        """Back to what the chosen entry holds."""
        if self.entry is not None and self.is_modified:
            self._change(self.entry.content, mark("back to what is saved"))

    def save(self) -> None:
        """Keep the content under its name; a ready-made strategy is kept as the user's own copy."""
        if self.content is None:
            return
        content, former = dict(self.content), self._key()
        if self.entry is not None and not self.entry.is_own and content.get("name") == self.entry.name:
            content["name"] = tr("{name} (mine)", name=self.entry.name)
        store, before = self.workbench.services.strategies, self.content

        def forget_draft() -> None:
            if self.content == before:
                self.drafts.drop(former)

        self._keep(lambda: edit_strategies.save(store, content), forget_draft)

    def duplicate(self, new_name: str) -> None:
        """Keep a copy of the content under another name."""
        if self.content is None:
            return
        content, store = dict(self.content), self.workbench.services.strategies
        self._keep(lambda: edit_strategies.duplicate(store, content, new_name))

    def new_from_template(self, name: str) -> None:
        """Keep a small sound strategy to begin with."""
        store = self.workbench.services.strategies
        self._keep(
            lambda: edit_strategies.save(store, edit_strategies.template(edit_strategies.free_name(store, name)))
        )

    def delete(self) -> None:
        """Forget the chosen strategy of the user."""
        if self.entry is None or not self.entry.is_own:
            return
        store, name = self.workbench.services.strategies, self.entry.name
        self.workbench.jobs.start(
            tr("Deleting {name}", name=name),
            lambda _checkpoint: edit_strategies.delete(store, name),
            on_done=lambda _was_there: self._deleted(name),
            on_failed=self.failed.emit,
        )

    def _deleted(self, name: str) -> None:
        if self.entry is not None and self.entry.name == name:
            self._forget(f"own:{name}")
            self.entry = self.content = None  # the first of the list takes its place
        self.workbench.strategies_changed.emit()

    def _keep(self, work: Any, on_kept: Any = None) -> None:
        def take(stored: StoredStrategy) -> None:
            if on_kept is not None:
                on_kept()
            self._kept(stored)

        self.workbench.jobs.start(
            tr("Saving the strategy"), lambda _checkpoint: work(), on_done=take, on_failed=self.failed.emit
        )

    def _kept(self, stored: StoredStrategy) -> None:
        self._wanted_name = stored.name
        self.saved.emit(stored.name)
        self.workbench.message.emit(tr("Saved: {name}, version {version}", name=stored.name, version=stored.version))
        self.workbench.strategies_changed.emit()

    def _take_list(self, found: tuple[list[StrategyEntry], dict[str, dict[str, Any]]]) -> None:
        entries, drafts = found
        if not self._has_old_drafts:
            self._has_old_drafts = True
            self.drafts.take_up(drafts)
        self._show_entries(entries)

    def _show_entries(self, entries: list[StrategyEntry]) -> None:
        self.entries = entries
        found = next((entry for entry in entries if entry.name == self._name_to_show()), None)
        is_new = bool(self._wanted_name) and found is not None
        self._wanted_name = ""
        if entries and (self.content is None or is_new):
            self.entries_changed.emit()
            self.select(found or entries[0])
        else:
            self.entry = found or self.entry
            self.entries_changed.emit()

    def _name_to_show(self) -> str:
        """What was just kept, else what is shown, else what was shown the last time."""
        if self._wanted_name or self.entry is not None:
            return self._wanted_name or str(self.entry and self.entry.name)
        if self.content is not None:
            return str(self.content.get("name"))
        return str(self.workbench.services.settings.get(_STRATEGY_KEY) or "")

    def _adopt(self, content: dict[str, Any]) -> None:
        """Take up the strategy of a run that was reopened; the changes it replaces come back with undo."""
        if content == self.content:
            return
        entry = next((entry for entry in self.entries if entry.name == content.get("name")), None)
        if self.content is None or entry is None:
            self.entry = entry
            self._set_content(content)
            return
        if self.entry is not entry:
            self.select(entry)
        if content != self.content:
            self._change(content, mark("strategy of the run"))

    def _try(self, change: Any, title: Title, merge_key: str = "") -> bool:
        if self.content is None:
            return False
        try:
            content = change(self.content)
        except InputError as error:
            self.failed.emit(error)
            return False
        self._change(content, title, merge_key)
        return True

    def _change(self, content: dict[str, Any], title: Title, merge_key: str = "") -> None:
        before, key = self.content, self._key()
        if before is None or content == before:
            self._set_content(content)
            return
        self.stack.push(
            Edit(
                title,
                lambda: self._put(key, content),
                lambda: self._put(key, before),
                merge_key=f"{key}:{merge_key}" if merge_key else "",
            )
        )

    def _put(self, key: str, content: dict[str, Any]) -> None:
        """Undo or redo: the strategy it belongs to comes back on screen with it."""
        if key != self._key():
            self.entry = next((entry for entry in self.entries if Drafts.key_of(entry) == key), self.entry)
        self._set_content(content)

    def _set_content(self, content: dict[str, Any]) -> None:
        self.content = content
        if self.entry is not None:
            self.drafts.put(self.entry, content)
        self.content_changed.emit()
        self.workbench.set_strategy(content)

    def _key(self) -> str:
        if self.entry is not None:
            return Drafts.key_of(self.entry)
        return f"run:{self.content.get('name') if self.content else ''}"

    def _forget(self, key: str) -> None:
        self.drafts.drop(key)
        stack = self._stacks.pop(key, None)
        if stack is not None:
            self.undo_group.removeStack(stack)
            stack.deleteLater()


def _field_title(field: StrategyField) -> Title:
    """What a change of this field is called, in the language in use then."""
    owner, label = field.owner, field.parameter.label
    return lambda: f"{owner} · {tr(label).lower()}" if owner else tr(label)
