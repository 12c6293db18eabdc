"""Which keys belong to which command: as declared, as a preset of habits has it, as the user wants it.

The user's own choice goes before the preset, the preset before the declaration; a key that a stronger one has taken
is missing at the weaker one, so that no key ever means two things.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from PySide6.QtGui import QKeySequence

from strategy_tester.ui.i18n import mark

STANDARD = "standard"
PRESETS: dict[str, str] = {
    STANDARD: mark("Standard"),
    "tradingview": mark("Like TradingView"),
    "metatrader": mark("Like MetaTrader 5"),
}
"""Names of presets, and their titles."""
PRESET_KEYS: dict[str, dict[str, tuple[str, ...]]] = {
    STANDARD: {},
    "tradingview": {
        "search.quick": ("Ctrl+K",),
        "chart.reset": ("Alt+R",),
        "chart.indicators": ("/",),
        "chart.go_to_date": ("Alt+G",),
        "chart.invert": ("Alt+I",),
        "chart.copy": ("Alt+S",),
        "chart.zoom_in": ("Ctrl+Up",),
        "chart.zoom_out": ("Ctrl+Down",),
    },
    "metatrader": {
        "chart.indicators": ("Ctrl+I", "/"),
        "data.import": ("Ctrl+Shift+I",),
        "panel.strategy": ("Ctrl+N", "Ctrl+2"),
        "strategy.new": ("Ctrl+Alt+N",),
        "panel.trades": ("Ctrl+T", "Ctrl+5"),
        "panel.data": ("Ctrl+M", "Ctrl+7"),
        "settings.open": ("Ctrl+O", "Ctrl+,"),
        "workspace.tile": ("Alt+R",),
        "chart.reset": ("Ctrl+Alt+R",),
        "chart.volume": ("Ctrl+L",),
        "chart.zoom_in": ("+", "Ctrl+Up"),
        "chart.zoom_out": ("-", "Ctrl+Down"),
    },
}
"""What a preset changes; commands that it does not name keep the keys they were declared with."""


@dataclass
class Keymap:
    """Keys by command. Knows nothing of widgets; `ActionRegistry` puts it into effect.

    Attributes:
        preset: Key of PRESETS.
        overrides: The user's own keys by command; an empty tuple takes every key away.
    """

    preset: str = STANDARD
    overrides: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _declared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _in_force: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    def declare(self, action_id: str, keys: Iterable[str]) -> None:
        """A command with the keys it was declared with; call `resolve` after the last one."""
        self._declared[action_id] = tuple(keys)

    def declared_owner(self, keys: str) -> str | None:
        """The command that was declared with these keys."""
        wanted = normal(keys)
        return next((name for name, own in self._declared.items() if wanted in map(normal, own)), None)

    def defaults(self, action_id: str) -> tuple[str, ...]:
        """The keys without the user's own choice."""
        return PRESET_KEYS[self.preset].get(action_id, self._declared.get(action_id, ()))

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The keys in force."""
        return self._in_force.get(action_id, ())

    def owner(self, keys: str) -> str | None:
        """The command these keys carry out now."""
        return self._owners.get(normal(keys))

    def is_changed(self, action_id: str) -> bool:
        """Whether the user chose other keys."""
        return action_id in self.overrides

    def resolve(self) -> None:
        """Share the keys out again."""
        preset = PRESET_KEYS[self.preset]
        self._owners = {}
        found: dict[str, tuple[str, ...]] = {}
        for layer in (self.overrides, preset, self._declared):
            for action_id, keys in layer.items():
                if action_id in self._declared and action_id not in found:
                    found[action_id] = tuple(key for key in keys if self._claim(action_id, key))
        self._in_force = found

    def _claim(self, action_id: str, keys: str) -> bool:
        return self._owners.setdefault(normal(keys), action_id) == action_id


def saved_overrides(saved: object) -> dict[str, tuple[str, ...]]:
    """The overrides of a settings file; what has another form is passed over."""
    if not isinstance(saved, Mapping):
        return {}
    return {
        str(action_id): tuple(str(key) for key in keys if normal(str(key)))
        for action_id, keys in saved.items()
        if isinstance(keys, list | tuple)
    }


@cache
def normal(keys: str) -> str:
    """The one way to write a key sequence, for comparing."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText).casefold()


@cache
def native(keys: str) -> str:
    """A key sequence as this system writes it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
