"""When each series was last brought up to date, as far as this program did it."""

import time
from collections.abc import Iterable
from typing import Any

from strategy_tester.services.ports import SeriesKey, SettingsStore

_KEY = "data.updated"


class UpdatedBook:
    """Moments by series, kept in the settings."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings
        saved: Any = settings.get(_KEY)
        entries = saved.items() if isinstance(saved, dict) else ()
        self._moments = {str(key): int(moment) for key, moment in entries if isinstance(moment, int | float)}

    def get(self, key: SeriesKey) -> int | None:
        """When, UTC milliseconds by this machine's clock; None when nobody noted it."""
        return self._moments.get(str(key))

    def note(self, keys: Iterable[SeriesKey]) -> None:
        """These are up to date now."""
        now_ms = round(time.time() * 1000)
        self._moments |= {str(key): now_ms for key in keys}
        self._settings.set(_KEY, self._moments)

    def forget(self, keys: Iterable[SeriesKey]) -> None:
        """These are gone."""
        for key in keys:
            self._moments.pop(str(key), None)
        self._settings.set(_KEY, self._moments)
