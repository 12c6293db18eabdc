"""Unsaved changes of strategies: kept for each of them until they are saved or taken back, also over the next start."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from strategy_tester.services.edit_strategies import StrategyEntry

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

DRAFTS_KEY = "strategy.drafts"
_WRITE_DELAY_MS = 800


class Drafts(QObject):
    """Changed contents by strategy."""

    marks_changed = Signal()
    """Another set of strategies has unsaved changes."""

    def __init__(self, settings: "SettingsStore", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._contents: dict[str, dict[str, Any]] = {}
        self._timer = QTimer(self, singleShot=True, interval=_WRITE_DELAY_MS)
        self._timer.timeout.connect(self.write)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.write)

    @staticmethod
    def key_of(entry: StrategyEntry) -> str:
        """Names a strategy: a ready-made one and an own one may be called the same."""
        return f"{entry.origin}:{entry.name}"

    def saved(self) -> dict[str, Any]:
        """What the settings hold, unchecked."""
        saved = self._settings.get(DRAFTS_KEY)
        return dict(saved) if isinstance(saved, dict) else {}

    def take_up(self, contents: dict[str, dict[str, Any]]) -> None:
        """Go on with the drafts of the last time; what was changed since then stays."""
        self._contents = {**contents, **self._contents}
        self.marks_changed.emit()

    def get(self, entry: StrategyEntry) -> dict[str, Any] | None:
        """The unsaved content, or None."""
        content = self._contents.get(self.key_of(entry))
        return content if content != entry.content else None

    def put(self, entry: StrategyEntry, content: dict[str, Any]) -> None:
        """Keep a content; one that equals the entry's is no draft."""
        key = self.key_of(entry)
        had_one = key in self._contents
        if content == entry.content:
            self._contents.pop(key, None)
        else:
            self._contents[key] = content
        if had_one or key in self._contents:
            self._timer.start()
        if had_one != (key in self._contents):
            self.marks_changed.emit()

    def drop(self, key: str) -> None:
        """Forget a draft."""
        if self._contents.pop(key, None) is not None:
            self._timer.start()
            self.marks_changed.emit()

    def write(self) -> None:
        """Keep them over the next start."""
        self._timer.stop()
        if self._contents or self.saved():
            self._settings.set(DRAFTS_KEY, self._contents)


def sound_drafts(saved: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The drafts of the settings that are strategies still; for a worker thread."""
    from strategy_tester.domain.errors import InputError
    from strategy_tester.services import edit_strategies

    sound: dict[str, dict[str, Any]] = {}
    for key, content in saved.items():
        try:
            edit_strategies.check(content)
        except (InputError, TypeError, AttributeError):
            continue
        sound[str(key)] = content
    return sound
