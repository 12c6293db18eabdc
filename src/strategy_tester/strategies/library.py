"""The ready-made strategies: one file each under `resources/strategies`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from strategy_tester.locations import resource_folder


@dataclass(frozen=True)
class LibraryStrategy:
    """A ready-made strategy.

    Attributes:
        key: Its file's name without the ending.
        content: The JSON object of the strategy file; a copy of one's own.
        title: By language, 'en' and 'ru'.
        description: Two sentences by language: what it wants, when it fails.
    """

    key: str
    content: dict[str, Any]
    title: dict[str, str]
    description: dict[str, str]


def library() -> tuple[LibraryStrategy, ...]:
    """Every ready-made strategy, by title."""
    read = [_read(path.name.removesuffix(".bst.json"), _text(path)) for path in library_files()]
    return tuple(sorted(read, key=lambda strategy: strategy.title["en"]))


def library_files() -> list[Path]:
    """The files of the ready-made strategies, by name."""
    return sorted((resource_folder() / "strategies").glob("*.bst.json"))


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _read(key: str, text: str) -> LibraryStrategy:
    content = json.loads(text)
    about = content["about"]
    return LibraryStrategy(key, content, dict(about["title"]), dict(about["text"]))
