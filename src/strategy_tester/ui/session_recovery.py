"""After an unclean end: what was on screen is kept aside before anything may overwrite it, and can be brought back.

A file says that the program runs; a clean end removes it. A program that finds the file of a dead one copies the
settings (layout, workspaces, drafts) into a file of their own, never over an older one: a second crash cannot destroy
what the first one left. When the program ends badly twice in a row soon after its start, the layout may be the reason:
the third start uses the default one and offers the kept one.
"""

import json
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strategy_tester.services.whole_files import write_whole

if TYPE_CHECKING:
    from strategy_tester.services.ports import SettingsStore

logger = logging.getLogger(__name__)
_EARLY_S = 120.0
_FRESH_AFTER = 2
_KEPT_BACKUPS = 20


@dataclass(frozen=True)
class LastEnd:
    """How the program ended before this start.

    Attributes:
        was_clean: Whether it was closed as it should be, or never ran.
        crashes_in_a_row: Unclean ends soon after the start, without a clean one between them.
        backup: The kept settings of the session that ended badly; None when there are none.
        needs_default_layout: Whether the layout should not be taken up again without being asked for.
    """

    was_clean: bool
    crashes_in_a_row: int = 0
    backup: Path | None = None
    needs_default_layout: bool = False


class SessionRecovery:
    """Call `begin` before the layout is taken up and `end` when everything is closed.

    Args:
        folder: The data folder.
        settings: Where the layout is kept.
        keys: The settings that make up a session.
    """

    def __init__(self, folder: Path, settings: "SettingsStore", keys: tuple[str, ...]) -> None:
        self._marker = folder / "running.json"
        self._backups = folder / "recovery"
        self._settings, self._keys = settings, keys
        self._crashes = 0

    def begin(self) -> LastEnd:
        """Look how the last program ended, keep what it left, and say that this one runs."""
        left = self._read_marker()
        found = LastEnd(was_clean=True)
        if left is not None:
            is_early = self._lived_s(left) < _EARLY_S
            self._crashes = _number(left.get("crashes")) + 1 if is_early else 1
            found = LastEnd(False, self._crashes, self._keep(), self._crashes >= _FRESH_AFTER)
        self._write_marker()
        return found

    def still_here(self) -> None:
        """The program runs on; called now and then, so that the next start knows how long it lived."""
        try:
            os.utime(self._marker)
        except OSError:
            logger.debug("the sign of life could not be renewed")

    def end(self) -> None:
        """The program was closed as it should be."""
        self._marker.unlink(missing_ok=True)

    def restore(self, backup: Path) -> bool:
        """Put kept settings back; False when the file cannot be used. The window must be opened anew, or told."""
        try:
            kept = json.loads(backup.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            logger.warning("a kept session cannot be read: %s", backup)
            return False
        if not isinstance(kept, dict):
            return False
        for key in self._keys:
            if key in kept:
                self._settings.set(key, kept[key])
        return True

    def _read_marker(self) -> dict[str, Any] | None:
        try:
            left = json.loads(self._marker.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return {}  # cut while it was written: the program ended there and then
        return left if isinstance(left, dict) else {}

    def _lived_s(self, left: dict[str, Any]) -> float:
        try:
            return self._marker.stat().st_mtime - _number(left.get("began_at"))
        except OSError:
            return 0.0

    def _write_marker(self) -> None:
        content = {"began_at": time.time(), "crashes": self._crashes}
        try:
            self._marker.parent.mkdir(parents=True, exist_ok=True)
            self._marker.write_text(json.dumps(content), encoding="utf-8")
        except OSError:
            logger.warning("an unclean end could not be noticed: %s cannot be written", self._marker)

    def _keep(self) -> Path | None:
        kept = {key: value for key in self._keys if (value := self._settings.get(key)) is not None}
        if not kept:
            return None
        name = f"session-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
        try:
            self._backups.mkdir(parents=True, exist_ok=True)
            number = 0
            while (path := self._backups / f"{name}-{number:02}.json").exists():
                number += 1
            write_whole(path, [json.dumps(kept, ensure_ascii=False).encode("utf-8")])
            for old in sorted(self._backups.glob("session-*.json"))[:-_KEPT_BACKUPS]:
                old.unlink(missing_ok=True)
        except Exception:
            logger.exception("the session that ended badly could not be kept")
            return None
        return path


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
