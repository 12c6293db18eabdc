"""Small preferences in one JSON file: written at once and never half; a damaged file is kept aside and said so."""

import atexit
import json
import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


class JsonSettings:
    """A SettingsStore over one file. Safe to use from several threads; neither reading nor setting waits for the disk.

    A thread of its own writes the file, at once but never more often than it can; `flush` waits for it. The program's
    end flushes by itself.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        """What was wrong with the file, as a sentence; empty when all was well."""
        self._lock = threading.Condition()
        self._values = self._read()
        self._texts = {key: _text(value) for key, value in self._values.items()}
        self._is_dirty = self._is_writing = False
        self._writer: threading.Thread | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """The stored value, or the default."""
        with self._lock:
            return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Store a JSON value. What cannot be written is kept for this session and logged."""
        text = _text(value)
        with self._lock:
            if self._texts.get(key) == text:
                return
            self._values = {**self._values, key: value}
            self._texts[key] = text
            self._is_dirty = True
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_on, name="settings", daemon=True)
                self._writer.start()
                atexit.register(self.flush)
            self._lock.notify_all()

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait until everything that was set is in the file; False when that took too long."""
        with self._lock:
            return self._lock.wait_for(lambda: not (self._is_dirty or self._is_writing), seconds)

    def _write_on(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._is_dirty)
                texts = dict(self._texts)
                self._is_dirty, self._is_writing = False, True
            try:
                lines = ",\n".join(f" {_text(key)}: {text}" for key, text in sorted(texts.items()))
                self._write(f"{{\n{lines}\n}}")
            except OSError as error:
                logger.warning("settings cannot be written to %s: %s", self.path, error)
            finally:
                with self._lock:
                    self._is_writing = False
                    self._lock.notify_all()

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


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
