"""Small preferences in one JSON file: written at once and never half; a damaged file is kept aside and said so."""

import json
import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


class JsonSettings:
    """A SettingsStore over one file. Safe to use from several threads; reading never touches the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        """What was wrong with the file, as a sentence; empty when all was well."""
        self._lock = threading.Lock()
        self._values = self._read()

    def get(self, key: str, default: Any = None) -> Any:
        """The stored value, or the default."""
        with self._lock:
            return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Store a JSON value. What cannot be written is kept for this session and logged."""
        with self._lock:
            if key in self._values and self._values[key] == value:
                return
            self._values = {**self._values, key: value}
            text = json.dumps(self._values, ensure_ascii=False, indent=1, sort_keys=True)
            try:
                self._write(text)
            except OSError as error:
                logger.warning("settings cannot be written to %s: %s", self.path, error)

    def _read(self) -> dict[str, Any]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            return self._keep_aside(str(error))
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            return self._keep_aside(str(error))
        return values if isinstance(values, dict) else self._keep_aside("it is not a JSON object")

    def _keep_aside(self, reason: str) -> dict[str, Any]:
        aside = self.path.with_name(f"{self.path.stem}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}{self.path.suffix}")
        self.problem = f"The settings file was damaged ({reason}); the defaults are used. It was kept as {aside.name}."
        logger.warning(self.problem)
        try:
            self.path.replace(aside)
        except OSError as error:
            logger.warning("the damaged settings file cannot be moved: %s", error)
        return {}

    def _write(self, text: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".new")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
