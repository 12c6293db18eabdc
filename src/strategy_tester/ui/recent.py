"""What was chosen lately and what is starred, kept in the settings."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

MOST_RECENT = 12


class Remembered:
    """Recent and favorite keys of one list, `search` or `palette`; newest and first starred first."""

    def __init__(self, settings: "SettingsStore", name: str) -> None:
        self._settings = settings
        self._recent_key, self._favorites_key = f"{name}.recent", f"{name}.favorites"

    def recent(self) -> list[str]:
        """Chosen lately, newest first."""
        return self._read(self._recent_key)

    def favorites(self) -> list[str]:
        """Starred, in the order in which they were."""
        return self._read(self._favorites_key)

    def note(self, key: str) -> None:
        """Something was chosen."""
        if key:
            others = [other for other in self.recent() if other != key]
            self._settings.set(self._recent_key, [key, *others][:MOST_RECENT])

    def is_favorite(self, key: str) -> bool:
        """Whether it is starred."""
        return bool(key) and key in self.favorites()

    def switch_favorite(self, key: str) -> None:
        """Give it a star, or take the star away."""
        if key:
            starred = self.favorites()
            kept = [other for other in starred if other != key]
            self._settings.set(self._favorites_key, kept if key in starred else [*starred, key])

    def _read(self, name: str) -> list[str]:
        saved = self._settings.get(name)
        return [str(key) for key in saved] if isinstance(saved, list) else []
